/* SPDX-License-Identifier: Apache-2.0
 *
 * macros - what happens when a WR_REQUIRE does not hold: one line on standard error, then abort.
 */
#include "base/macros.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void wr_require_failed(const char *cond, const char *file, int line)
{
	fprintf(stderr, "weir: internal error: %s:%d: %s does not hold; please report this\n", file,
		line, cond);
	abort();
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * spill_place - where the tests of states let rows spill: not into the folder they run in.
 */
#ifndef WR_TESTS_SPILL_PLACE_H
#define WR_TESTS_SPILL_PLACE_H

#include <stdlib.h>

/* The folder for temporary files; what is made in it goes when its state is closed. */
static inline const char *spill_place(void)
{
	const char *place = getenv("TMPDIR");

	return place != NULL && *place != '\0' ? place : "/tmp";
}

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * utf8 - the boundary to simdjson, of which only the UTF-8 validator is used.
 *
 * Why not its JSON parser: see json_scan.h.
 */
#include "data/utf8.h"

#include <simdjson.h>

bool wr_utf8_valid(const char *data, size_t len)
{
	return simdjson::validate_utf8(data, len);
}

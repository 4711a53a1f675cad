/* SPDX-License-Identifier: Apache-2.0
 *
 * json_nested - arrays and maps, and a set of the keys seen in one.
 */
#ifndef WR_FORMATS_JSON_NESTED_H
#define WR_FORMATS_JSON_NESTED_H

#include "formats/json_read.h"

/* `p` is at the bracket or brace. As wr_json_read. */
const char *wr_json_read_array(struct wr_json_reader *reader, struct wr_json_node *node,
			       const char *p, uint32_t row);
const char *wr_json_read_map(struct wr_json_reader *reader, struct wr_json_node *node,
			     const char *p, uint32_t row);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * json_schema - the JSON Schema of what the format 'json' writes for a table's columns.
 */
#ifndef WR_FORMATS_JSON_SCHEMA_H
#define WR_FORMATS_JSON_SCHEMA_H

#include "base/text.h"
#include "data/type.h"

void wr_json_derive_schema(struct wr_text *out, const struct wr_schema *schema);

#endif

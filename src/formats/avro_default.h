/* SPDX-License-Identifier: Apache-2.0
 *
 * avro_default - the default of a field, JSON, as the bytes that Avro writes for such a value.
 */
#ifndef WR_FORMATS_AVRO_DEFAULT_H
#define WR_FORMATS_AVRO_DEFAULT_H

#include "base/text.h"
#include "expr/json_doc.h"
#include "formats/avro_schema.h"

/* Appends the value of node `index` as a value of `type` (a union: of its first branch that takes
 * it). false: it is none. */
bool wr_avro_default(struct wr_text *out, const struct wr_json_doc *doc, uint32_t index,
		     const struct wr_avro_type *type);

#endif

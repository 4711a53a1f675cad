/* SPDX-License-Identifier: Apache-2.0
 *
 * proto_derive - the text of a .proto file with the type that a table's columns have in Protobuf.
 */
#ifndef WR_FORMATS_PROTO_DERIVE_H
#define WR_FORMATS_PROTO_DERIVE_H

#include "base/text.h"
#include "data/type.h"

/* A column that Protobuf has no type for is a user error that names it. */
wr_status *wr_proto_derive(struct wr_text *out, const struct wr_schema *schema);

#endif

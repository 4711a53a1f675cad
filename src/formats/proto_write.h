/* SPDX-License-Identifier: Apache-2.0
 *
 * proto_write - rows of columns as Protobuf messages.
 *
 * Fields are written by rising numbers, repeated numbers packed where the schema says so. A column
 * that is NULL is not written; neither is, in proto3, a number, text or enum that is its default
 * and whose presence nobody could tell. NULL within an array or map, which Protobuf does not have,
 * is the default; of texts it is 'write-null-string-literal'. All of that as Flink does it.
 *
 * Thread: one owner; the schema is shared and must outlive the writer.
 */
#ifndef WR_FORMATS_PROTO_WRITE_H
#define WR_FORMATS_PROTO_WRITE_H

#include "data/batch.h"
#include "formats/proto_schema.h"

struct wr_proto_writer;

/* The columns must have passed wr_proto_check_column. `null_text` must outlive the writer. */
struct wr_proto_writer *wr_proto_writer_new(const struct wr_proto_message *message,
					    const struct wr_schema *columns, const char *null_text);
void wr_proto_writer_free(struct wr_proto_writer *writer); /* NULL allowed */
/* Appends the message of one row. A value that cannot be written is a user error that names the
 * column. */
wr_status *wr_proto_write_row(struct wr_proto_writer *writer, struct wr_text *out,
			      struct wr_column *const *column, uint32_t row);

#endif

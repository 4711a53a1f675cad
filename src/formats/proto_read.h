/* SPDX-License-Identifier: Apache-2.0
 *
 * proto_read - Protobuf messages of one type straight into columns.
 *
 * The type is matched once with the wanted columns, by name; what comes out is, for each message
 * type on the way, a table from the number of a field to a step that reads it. Fields that nobody
 * wants are skipped by their wire type alone.
 *
 * Fields come in any order, more than once, or not at all. So a message is read in three moves: its
 * fields as they come, each noting that it was there (`stamp`); then the lists are closed; then
 * what was not there becomes NULL or its default.
 *
 * Which of the two: what proto3 has no presence for (a number, text or enum that is neither
 * optional nor in a oneof) always has its default, as nobody can tell; everything else is NULL,
 * unless 'read-default-values' says otherwise. (Flink does so for "optional" and oneofs of proto3,
 * too.)
 *
 * Order of calls: new -> row* -> free. Thread: one owner; the schema is shared.
 */
#ifndef WR_FORMATS_PROTO_READ_H
#define WR_FORMATS_PROTO_READ_H

#include "formats/json_read.h"
#include "formats/messages.h"
#include "formats/proto_schema.h"

struct wr_proto_program;

/* A column that is wanted. */
struct wr_proto_want {
	const char *name;
	const struct wr_type *type;
	struct wr_vec *vec;
};

/* `defaults`: read-default-values. The columns must have passed wr_proto_check_column, but for
 * those that the message has no field for: they are NULL. */
struct wr_proto_program *wr_proto_program_new(const struct wr_proto_message *message, bool defaults,
					      const struct wr_proto_want *want, uint32_t count);
void wr_proto_program_free(struct wr_proto_program *program); /* NULL allowed */
/* Reads one message into row `row`; `data` is readable for 64 bytes behind `end`. */
bool wr_proto_read_row(struct wr_proto_program *program, const char *data, const char *end,
		       uint32_t row, struct wr_message_fault *fault);

/* Whether a column can be read from and written as the field of its name; a user error that names
 * both if not. */
wr_status *wr_proto_check_column(const struct wr_proto_message *message, const char *name,
				 const struct wr_type *type);
/* A message of seconds = 1 and nanos = 2 that is a moment: google.protobuf.Timestamp. */
bool wr_proto_is_timestamp(const struct wr_proto_message *message);

#endif

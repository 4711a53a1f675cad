/* SPDX-License-Identifier: Apache-2.0
 *
 * json_write - values as JSON text: what json and the changelog formats share when they write.
 *
 * A writer appends to a wr_text through a bare pointer: begin gives it, every put moves it on, end
 * hands it back. A put returns NULL when the value cannot be written (writer->fault says why).
 * Thread: one owner.
 */
#ifndef WR_FORMATS_JSON_WRITE_H
#define WR_FORMATS_JSON_WRITE_H

#include "formats/fast_print.h"
#include "formats/json.h"

/* Text before a value. */
struct wr_json_field_out {
	const char *key;  /* `,"name":` */
	uint32_t key_len; /* bytes of it */
};

struct wr_json_node_out {
	const struct wr_type *type;
	struct wr_json_node_out **child; /* as the type's */
	struct wr_json_field_out *field; /* ROW: per child */
};

struct wr_json_writer {
	struct wr_arena *arena;
	char separator; /* between date and time */
	bool plain;     /* encode.decimal-as-plain-number */
	bool skip_null; /* encode.ignore-null-fields */
	enum wr_json_null_key null_key;
	const char *null_literal;
	struct wr_print_day day; /* of the timestamp written last */
	struct wr_text *out;     /* between begin and end */
	char *end;               /* of its memory, less the NUL */
	const char *fault;       /* NULL: none */
};

void wr_json_writer_init(struct wr_json_writer *writer, struct wr_arena *arena,
			 const struct wr_options *options);
struct wr_json_node_out *wr_json_node_out_new(struct wr_json_writer *writer,
					      const struct wr_type *type);
struct wr_json_field_out *wr_json_fields_new(struct wr_json_writer *writer,
					     const struct wr_schema *schema);

char *wr_json_writer_begin(struct wr_json_writer *writer, struct wr_text *out);
char *wr_json_writer_room(struct wr_json_writer *writer, char *p, size_t more);
void wr_json_writer_end(struct wr_json_writer *writer, char *p);
wr_status *wr_json_writer_fault(const struct wr_json_writer *writer);

char *wr_json_put_value(struct wr_json_writer *writer, char *p, const struct wr_json_node_out *node,
			const struct wr_column *column, uint32_t row);
/* An object of row `row` of the columns. */
char *wr_json_put_fields(struct wr_json_writer *writer, char *p,
			 const struct wr_json_field_out *field,
			 struct wr_json_node_out *const *node, struct wr_column *const *column,
			 uint32_t count, uint32_t row);

#endif

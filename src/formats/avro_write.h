/* SPDX-License-Identifier: Apache-2.0
 *
 * avro_write - rows of columns as Avro records.
 *
 * The schema to write is matched once with the columns, by name; fields without a column are
 * written with their default. What comes out is a tree of steps that is walked for every row.
 *
 * Thread: one owner; the schema is shared and must outlive the writer.
 */
#ifndef WR_FORMATS_AVRO_WRITE_H
#define WR_FORMATS_AVRO_WRITE_H

#include "data/batch.h"
#include "formats/avro_schema.h"

struct wr_avro_writer;

/* The schema's root must be a record (or, as some have it, a union of null and one). A column that
 * the schema has no field for, or a field that takes neither the column nor a default, is a user
 * error. */
wr_status *wr_avro_writer_new(const struct wr_avro_type *type, const struct wr_schema *columns,
			      struct wr_avro_writer **out);
void wr_avro_writer_free(struct wr_avro_writer *writer); /* NULL allowed */
/* Appends the record of one row. A value that cannot be written is a user error that names the
 * column. */
wr_status *wr_avro_write_row(struct wr_avro_writer *writer, struct wr_text *out,
			     struct wr_column *const *column, uint32_t row);

#endif

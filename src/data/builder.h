/* SPDX-License-Identifier: Apache-2.0
 *
 * builder - a column that grows row by row, for whatever is not made by a vector kernel: rows out
 * of state, decoded messages, collected aggregates, nested values.
 *
 * Order of calls: new -> (append...)* -> finish -> (append...)* ... -> free. Every append adds
 * exactly one row. A list or map row is begun with wr_builder_list after its elements have been
 * appended to the children; a ROW row with wr_builder_row after one row has been appended to every
 * child.
 *
 * Memory: columns start at the capacity given and double; string bytes are copied into chunks that
 * the finished column keeps. Thread: one owner.
 */
#ifndef WR_DATA_BUILDER_H
#define WR_DATA_BUILDER_H

#include "data/column.h"

struct wr_builder {
	const struct wr_type *type; /* of the column; lives as long as the plan */
	enum wr_phys phys;          /* = wr_type_phys(type) */
	uint32_t width;             /* bytes per row of data; 0 for ROW */
	uint32_t len;               /* rows appended since the last finish */
	uint32_t capacity;          /* rows that fit before growing */
	struct wr_buf *data;        /* rows; NULL for ROW and while empty */
	struct wr_buf *valid;       /* a byte per row; NULL: no NULL so far */
	uint32_t child_count;       /* as the type's */
	struct wr_builder **child;  /* owned */
	uint32_t chunk_count;       /* buffers of string bytes */
	uint32_t chunk_capacity;    /* slots at chunk */
	struct wr_buf **chunk;      /* references held; the last one is being filled */
	char *next;                 /* free bytes in the last chunk */
	char *end;                  /* of the last chunk */
};

struct wr_builder *wr_builder_new(const struct wr_type *type, uint32_t capacity);
void wr_builder_free(struct wr_builder *builder); /* NULL allowed */
/* The rows appended so far as a column (one reference, the caller's); the builder is empty again.
 */
struct wr_column *wr_builder_finish(struct wr_builder *builder);
/* Forgets the rows appended so far. */
void wr_builder_reset(struct wr_builder *builder);
/* Forgets the rows from `len` on, and elements that belong to no row; there are at least `len`. */
void wr_builder_truncate(struct wr_builder *builder, uint32_t len);

void wr_builder_null(struct wr_builder *builder);
/* One value of the physical layout of the type; the caller picks the right one (asserted). */
void wr_builder_bool(struct wr_builder *builder, bool value);
void wr_builder_i8(struct wr_builder *builder, int8_t value);
void wr_builder_i16(struct wr_builder *builder, int16_t value);
void wr_builder_i32(struct wr_builder *builder, int32_t value);
void wr_builder_i64(struct wr_builder *builder, int64_t value);
void wr_builder_i128(struct wr_builder *builder, wr_i128 value);
void wr_builder_f32(struct wr_builder *builder, float value);
void wr_builder_f64(struct wr_builder *builder, double value);
/* Copies the bytes. */
void wr_builder_str(struct wr_builder *builder, const char *data, size_t len);
/* A list or map row of the last `count` elements appended to the children since the row before. */
void wr_builder_list(struct wr_builder *builder, uint32_t count);
/* A ROW row whose fields have been appended to the children. */
void wr_builder_row(struct wr_builder *builder);

/* Appends all rows of a builder of the same type, which is empty then and keeps its memory. */
void wr_builder_move(struct wr_builder *to, struct wr_builder *from);
/* Row `row` of a column of the same type (string bytes are copied). */
void wr_builder_append(struct wr_builder *builder, const struct wr_column *column, uint32_t row);
/* Rows row[0..count); row NULL: rows 0..count-1. */
void wr_builder_append_rows(struct wr_builder *builder, const struct wr_column *column,
			    const uint32_t *row, uint32_t count);

#endif

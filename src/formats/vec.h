/* SPDX-License-Identifier: Apache-2.0
 *
 * vec - columns while a decoder fills them: rows are written at any index below the capacity.
 *
 * A vec is the builder for decoders: it writes straight into the buffers of the column that it will
 * hand on, and lets a row be written twice (a duplicate key) or taken back (a bad record). Strings
 * are views into the decoded block, or copies where they had to be changed.
 *
 * Order of calls: init -> (begin -> fill -> finish)* -> release. Children of a ROW have the rows of
 * their parent; children of an ARRAY or MAP count their own elements in `len`.
 *
 * Thread: one owner. Memory: the buffers of one column; the vecs themselves lie in an arena.
 */
#ifndef WR_FORMATS_VEC_H
#define WR_FORMATS_VEC_H

#include "base/arena.h"
#include "data/column.h"

struct wr_vec {
	const struct wr_type *type; /* of the column */
	enum wr_phys phys;          /* its layout */
	uint32_t width;             /* bytes per row; 0 for ROW */
	uint32_t capacity;          /* rows that may be written */
	uint32_t len;               /* elements used, when this is the child of a list; else 0 */
	void *data;                 /* = column->data */
	uint8_t *valid;             /* = column->valid; NULL: no NULL so far */
	bool borrows;               /* a view points into the decoded bytes */
	struct wr_column *column;   /* being filled; NULL outside of begin..finish */
	struct wr_strout out;       /* copies of strings */
	uint32_t child_count;       /* as the type's */
	struct wr_vec *child;       /* array in the arena */
};

void wr_vec_init(struct wr_vec *vec, struct wr_arena *arena, const struct wr_type *type);
void wr_vec_begin(struct wr_vec *vec, uint32_t capacity);
/* At least `capacity` rows; keeps those that are there. */
void wr_vec_grow(struct wr_vec *vec, uint32_t capacity);
/* The first `rows` rows as a column (one reference). Views may point into `block` and `tail` (NULL
 * allowed). */
struct wr_column *wr_vec_finish(struct wr_vec *vec, uint32_t rows, struct wr_buf *block,
				struct wr_buf *tail);
/* Drops what has been begun. */
void wr_vec_release(struct wr_vec *vec);

/* Makes row `row` NULL, with all its fields when it is a ROW. */
void wr_vec_null(struct wr_vec *vec, uint32_t row);
static inline void wr_vec_valid(struct wr_vec *vec, uint32_t row)
{
	if (WR_UNLIKELY(vec->valid != NULL))
		vec->valid[row] = 1;
}
/* A string that stays where it is. */
static inline void wr_vec_view(struct wr_vec *vec, uint32_t row, const char *data, size_t len)
{
	((struct wr_view *)vec->data)[row] = wr_view_of(data, (uint32_t)len);
	vec->borrows |= len > WR_VIEW_INLINE;
	wr_vec_valid(vec, row);
}
/* A string that is copied. */
static inline void wr_vec_copy(struct wr_vec *vec, uint32_t row, const char *data, size_t len)
{
	wr_strout_put(&vec->out, row, data, (uint32_t)len);
	wr_vec_valid(vec, row);
}
/* Index of a new element of a list's child. */
static inline uint32_t wr_vec_add(struct wr_vec *vec)
{
	if (WR_UNLIKELY(vec->len == vec->capacity))
		wr_vec_grow(vec, vec->capacity * 2);
	return vec->len++;
}

/* The lengths of all list children below a set of vecs, so that a bad record leaves nothing. */
void wr_vec_save(const struct wr_vec *vec, uint32_t *len, uint32_t *count);
void wr_vec_restore(struct wr_vec *vec, const uint32_t *len, uint32_t *count);
/* How many lengths wr_vec_save stores for a vec. */
uint32_t wr_vec_list_count(const struct wr_vec *vec);

#endif

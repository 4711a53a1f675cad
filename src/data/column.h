/* SPDX-License-Identifier: Apache-2.0
 *
 * column - one typed vector of a batch.
 *
 * Layout: Arrow's, with two measured differences: validity and booleans take a byte per row
 * (kernels over them vectorise without bit twiddling and gathers stay simple), and string views
 * hold a pointer in place of a buffer index. A column is immutable once it has been handed on; it
 * is shared by reference, never copied to be projected.
 *
 * Constant columns (is_const): physical length 1, stands for any number of rows. Kernels read row i
 * at `i & col->mask`: mask is 0 for constants and UINT32_MAX otherwise.
 *
 * Values of invalid rows are unspecified but initialised (0 / empty view), so kernels may compute
 * on them blindly.
 *
 * Ownership: wr_column_new returns one reference. Data a column points into (string bytes) lies in
 * buffers that the column holds references to (`keep`). Thread: refcounts are atomic; content is
 * read-only after hand-over.
 *
 * Invariants
 *   C1  data has at least `len` rows of wr_phys_size(phys) bytes (ROW: none); children as in
 * type.h. C2  valid is NULL when no row is NULL; else len bytes of 0/1. For is_const, length is 1.
 *   C3  a view with len <= 12 is inline and its unused bytes are 0; longer ones carry the first
 * four bytes as prefix. C4  list spans of valid rows lie within child[0]->len (and child[1]->len);
 * spans of NULL rows are {0,0}.
 */
#ifndef WR_DATA_COLUMN_H
#define WR_DATA_COLUMN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/macros.h"
#include "data/type.h"

/* A string: Umbra/DuckDB/Arrow "string view". */
struct wr_view {
	uint32_t len; /* bytes */
	union {
		char inlined[12]; /* len <= 12, rest zero */
		struct {
			char prefix[4]; /* first bytes, for quick comparison */
			const char *ptr __attribute__((packed)); /* all bytes */
		} ref;
	} u;
};
_Static_assert(sizeof(struct wr_view) == 16, "a view is 16 bytes");

#define WR_VIEW_INLINE 12

/* Elements of one list row. */
struct wr_span {
	uint32_t start; /* first element in the child column */
	uint32_t len;   /* number of elements */
};

struct wr_column {
	atomic_uint refs;           /* holders */
	bool is_const;              /* one physical row stands for all */
	enum wr_phys phys;          /* = wr_type_phys(type) */
	uint32_t mask;              /* row index mask: 0 when is_const, else UINT32_MAX */
	uint32_t len;               /* physical rows (1 when is_const) */
	const struct wr_type *type; /* lives as long as the plan */
	uint8_t *valid;             /* NULL: no row is NULL; else one byte per row */
	void *data;                 /* rows; NULL for ROW */
	uint32_t child_count;       /* as the type's */
	struct wr_column **child;   /* references held */
	struct wr_buf *data_buf;    /* holds `data`; NULL: `data` is inside another column's or a
				       caller's buffer in keep */
	struct wr_buf *valid_buf;   /* holds `valid`; NULL when valid is NULL */
	uint32_t keep_count;        /* buffers that views point into */
	uint32_t keep_capacity;     /* slots at keep */
	struct wr_buf **keep;       /* references held */
};

/* A column with room for `len` rows: data uninitialised, valid NULL, children absent for
 * LIST/MAP/ROW (set them with wr_column_set_child). For is_const make it with len 1 and call
 * wr_column_make_const. */
struct wr_column *wr_column_new(const struct wr_type *type, uint32_t len);
/* Allocates `valid` (all 1) if it is NULL and returns it. Only the maker may call it. */
uint8_t *wr_column_validity(struct wr_column *column);
void wr_column_set_child(struct wr_column *column, uint32_t index, struct wr_column *child_moved);
/* Takes a reference on `buf` so that views of this column may point into it. Duplicates are dropped
 * cheaply. */
void wr_column_keep(struct wr_column *column, struct wr_buf *buf);
/* Keeps everything that `from` keeps (recursively for nested children is not needed: children keep
 * their own). */
void wr_column_keep_all(struct wr_column *column, const struct wr_column *from);
void wr_column_make_const(struct wr_column *column);
struct wr_column *wr_column_ref(struct wr_column *column);
void wr_column_unref(struct wr_column *column); /* NULL allowed */

/* A constant column of NULL. */
struct wr_column *wr_column_null(const struct wr_type *type);
/* A new column with rows index[0..count) of `column` (which may be const). Shares string bytes and
 * list children. */
struct wr_column *wr_column_gather(const struct wr_column *column, const uint32_t *index,
				   uint32_t count);
/* Rows [start, start+count) without copying where possible. */
struct wr_column *wr_column_slice(struct wr_column *column, uint32_t start, uint32_t count);
/* A dense (non-const) column of `count` rows; returns a new reference to `column` itself when it is
 * dense already. */
struct wr_column *wr_column_flatten(struct wr_column *column, uint32_t count);
/* The rows of `count` columns one after another (types equal). */
struct wr_column *wr_column_concat(struct wr_column *const *columns, const uint32_t *lens,
				   uint32_t count);
/* The same data under another type of the same physical layout (shares buffers). */
struct wr_column *wr_column_retype(struct wr_column *column, const struct wr_type *type);

static inline bool wr_column_is_valid(const struct wr_column *column, uint32_t row)
{
	return column->valid == NULL || column->valid[row & column->mask] != 0;
}

#define WR_DATA(column, ctype) ((ctype *)(column)->data)

/* --- views */

static inline const char *wr_view_data(const struct wr_view *view)
{
	return view->len <= WR_VIEW_INLINE ? view->u.inlined : view->u.ref.ptr;
}
/* A view of bytes that stay where they are (copied inline when short). */
static inline struct wr_view wr_view_of(const char *data, uint32_t len)
{
	struct wr_view view = {.len = len};
	if (len <= WR_VIEW_INLINE) {
		memcpy(view.u.inlined, data, len);
	} else {
		memcpy(view.u.ref.prefix, data, 4);
		view.u.ref.ptr = data;
	}
	return view;
}
static inline bool wr_view_equal(const struct wr_view *a, const struct wr_view *b)
{
	if (a->len != b->len)
		return false;
	if (a->len <= WR_VIEW_INLINE)
		return memcmp(a, b, sizeof *a) == 0;
	return memcmp(a->u.ref.prefix, b->u.ref.prefix, 4) == 0 &&
	       memcmp(a->u.ref.ptr, b->u.ref.ptr, a->len) == 0;
}
/* Byte order (which is code point order for UTF-8): <0, 0, >0. */
int wr_view_compare(const struct wr_view *a, const struct wr_view *b);

/* --- a writer of string results --- */

/* Collects the bytes of a string column's results in chunks and puts views of them into the column.
 * Usage per row: p = wr_strout_reserve(&out, max_len); write; wr_strout_commit(&out, row, len).
 * Short results are inlined. */
struct wr_strout {
	struct wr_column *column; /* being written; borrowed */
	struct wr_buf *chunk;     /* current; its reference is the column's */
	char *next;               /* free bytes */
	char *end;                /* of the chunk */
};
void wr_strout_init(struct wr_strout *out, struct wr_column *column);
char *wr_strout_reserve(struct wr_strout *out, size_t max_len);
void wr_strout_commit(struct wr_strout *out, uint32_t row, uint32_t len);
/* Copies `len` bytes. */
void wr_strout_put(struct wr_strout *out, uint32_t row, const char *data, uint32_t len);

/* --- values */

/* Compares two values of equal type (physical layouts equal): <0, 0, >0; NULLs first, NULL equals
 * NULL. DOUBLE: NaN equals NaN and is the largest, -0.0 equals 0.0 as in Flink's comparison
 * operators. Nested types lexically; maps by their entries in stored order. */
int wr_value_compare(const struct wr_column *a, uint32_t row_a, const struct wr_column *b,
		     uint32_t row_b);
/* Equality with the same rules (grouping semantics: NULL equals NULL). */
bool wr_value_equal(const struct wr_column *a, uint32_t row_a, const struct wr_column *b,
		    uint32_t row_b);
/* Hash of each of `rows` rows, mixed into hash[] (start with hash[i] = seed). Equal values hash
 * equally. */
void wr_column_hash(const struct wr_column *column, uint32_t rows, uint64_t *hash);

#endif

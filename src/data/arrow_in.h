/* SPDX-License-Identifier: Apache-2.0
 *
 * arrow_in - the parts of the import between each other: one array becomes one column.
 *
 * wr_arrow_in_column looks at the array, reads its validity and hands it to the reader of the
 * target's kind; the readers of nested kinds come back for their children.
 *
 * Positions: an array's values lie in its buffers from array->offset on. `start` is the position in
 * the buffers (offset added), `rows` how many are read; the one who makes a source has checked that
 * they lie within the array's length.
 *
 * Invariants
 *   A1  buffers are read within what lengths, offsets and sizes of the array declare
 *   A2  `valid` is NULL or has a byte for each of `rows`; values of other rows are not looked at by
 * checks, and are 0 in the column
 */
#ifndef WR_DATA_ARROW_IN_H
#define WR_DATA_ARROW_IN_H

#include "data/arrow_format.h"
#include "data/column.h"

/* One import. */
struct wr_arrow_in {
	struct wr_buf *owner; /* what columns hold that point into the array; borrowed */
	struct wr_text path;  /* the column that is read, for messages: "a.b" */
};

/* One array on its way to a column. */
struct wr_arrow_source {
	struct wr_arrow_in *in;           /* borrowed */
	const struct ArrowSchema *schema; /* of the array */
	const struct ArrowArray *array;   /* borrowed */
	struct wr_arrow_format format;    /* the schema's */
	const struct wr_type *type;       /* the column's */
	int64_t start;                    /* position of the first row in the buffers */
	uint32_t rows;                    /* that are read */
	struct wr_buf *valid_buf;         /* holds `valid`; owned; NULL: no row is NULL */
	uint8_t *valid;                   /* a byte for each row; NULL: no row is NULL */
};

static inline bool wr_arrow_is_valid(const struct wr_arrow_source *source, uint32_t row)
{
	return source->valid == NULL || source->valid[row] != 0;
}

/* --- what readers use (arrow_in.c) --- */

/* A column of the elements [first, first + rows) of an array, counted without its offset. `care`: a
 * byte for each, 0 where a NULL lies above (the value is NULL then, whatever it says); NULL: all
 * count. */
wr_status *wr_arrow_in_column(struct wr_arrow_in *in, const struct ArrowSchema *schema,
			      const struct ArrowArray *array, int64_t first, uint32_t rows,
			      const uint8_t *care, const struct wr_type *type,
			      struct wr_column **column);
/* The same for a part of a nested value, whose name stands in messages behind what it is a part of.
 * The column is dense. */
wr_status *wr_arrow_in_child(const struct wr_arrow_source *source, uint32_t child, const char *name,
			     int64_t first, uint32_t rows, const uint8_t *care,
			     const struct wr_type *type, struct wr_column **column);
/* Buffer i, which holds the fixed-width values; a mistake when it is not there. */
wr_status *wr_arrow_in_buffer(const struct wr_arrow_source *source, uint32_t i, const void **data);
/* A column of the source's rows whose values are where Arrow has them (of the column's width, from
 * the first row on): shared when they are aligned, and 0 in NULL rows, else copied. */
struct wr_column *wr_arrow_in_share(const struct wr_arrow_source *source, const void *values);
/* A column with room for the source's rows, not initialised. */
struct wr_column *wr_arrow_in_new(const struct wr_arrow_source *source);
/* Sets the values of NULL rows to 0. */
void wr_arrow_in_clear(const struct wr_arrow_source *source, struct wr_column *column);

/* The array contradicts itself: `what` (printf's) says how. */
wr_status *wr_arrow_in_broken(const struct wr_arrow_source *source, const char *what, ...)
    __attribute__((format(printf, 2, 3)));
/* Values of this format are not taken for the column's type; `hint` may be NULL. */
wr_status *wr_arrow_in_refuse(const struct wr_arrow_source *source, const char *hint);
/* A value does not fit the column's type: `what` is the value, or says what is wrong with it. */
wr_status *wr_arrow_in_misfit(const struct wr_arrow_source *source, uint32_t row, const char *what);

/* --- the readers: *column without validity; refuse formats that they do not take --- */

wr_status *wr_arrow_in_bool(const struct wr_arrow_source *source, struct wr_column **column);
wr_status *wr_arrow_in_integer(const struct wr_arrow_source *source, struct wr_column **column);
wr_status *wr_arrow_in_approx(const struct wr_arrow_source *source, struct wr_column **column);
wr_status *wr_arrow_in_decimal(const struct wr_arrow_source *source, struct wr_column **column);
wr_status *wr_arrow_in_date(const struct wr_arrow_source *source, struct wr_column **column);
wr_status *wr_arrow_in_time(const struct wr_arrow_source *source, struct wr_column **column);
wr_status *wr_arrow_in_timestamp(const struct wr_arrow_source *source, struct wr_column **column);
wr_status *wr_arrow_in_months(const struct wr_arrow_source *source, struct wr_column **column);
wr_status *wr_arrow_in_duration(const struct wr_arrow_source *source, struct wr_column **column);
wr_status *wr_arrow_in_string(const struct wr_arrow_source *source, struct wr_column **column);
wr_status *wr_arrow_in_list(const struct wr_arrow_source *source, struct wr_column **column);
wr_status *wr_arrow_in_map(const struct wr_arrow_source *source, struct wr_column **column);
wr_status *wr_arrow_in_struct(const struct wr_arrow_source *source, struct wr_column **column);

/* Which child of a struct is which of `count` names (NULL-terminated texts): found[i] is the child,
 * or -1 where there is none. Children that are none of them are a mistake, but for `kind` (NULL:
 * none such), whose child is put into *kind_child (or -1). */
wr_status *wr_arrow_in_match(const struct wr_arrow_source *source, uint32_t count,
			     const char *const *names, const char *kind, int64_t *kind_child,
			     int64_t *found);

#endif

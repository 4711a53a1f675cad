/* SPDX-License-Identifier: Apache-2.0
 *
 * appender - what weir_append_* writes to: rows become batches, values are converted to the types
 * of their columns, the first mistake is kept and its row dropped.
 *
 * Order of calls for a row: weir_append_* per column, weir_append_end. When a batch is full the
 * owner's `full` takes it; what is left is taken by wr_appender_take.
 *
 * Memory: builders of one batch. Thread: one owner.
 *
 * Invariants
 *   A1  every builder has exactly `rows` values but those of columns before `column` and of open
 * nested values, which have one more
 *   A2  a row in which a mistake was made takes nothing more and is undone when it is closed
 */
#ifndef WR_EXPR_APPENDER_H
#define WR_EXPR_APPENDER_H

#include "data/batch.h"
#include "data/builder.h"
#include "data/view.h"

#define WR_APPEND_DEPTH_MAX 32 /* nested values within each other */

/* A nested value that is being written. */
struct wr_append_nest {
	struct wr_builder *builder; /* of the value */
	uint32_t count;             /* values appended to it so far */
};

struct weir_appender {
	struct weir_result result;  /* its columns */
	struct wr_builder **column; /* a builder for each; owned */
	uint32_t at;                /* the column that comes next */
	uint32_t rows;              /* closed */
	uint32_t rows_max;          /* of a batch */
	uint32_t depth;             /* of nest */
	struct wr_append_nest nest[WR_APPEND_DEPTH_MAX];
	uint32_t room;       /* rows that `kind` and `marks` have room for, where they are there */
	uint8_t *kind;       /* per row; owned; NULL: all inserts so far */
	bool changes;        /* kinds other than +I may be written */
	bool mark_rows;      /* `mark` is kept for every row */
	int64_t mark;        /* the owner's: noted with each row that is closed */
	int64_t *marks;      /* per row; owned; with mark_rows */
	bool bad;            /* the row that is open has a mistake (A2) */
	uint64_t bad_rows;   /* dropped since wr_appender_mistake */
	wr_status *mistake;  /* the first one; owned; NULL: none */
	const char *zone_id; /* for texts of TIMESTAMP_LTZ */
	struct wr_append_cast *casts; /* how values of other types are read; owned; NULL: none */
	/* The first prefix_count columns of each row are those of the row that `prefix` gives,
	 * again and again. */
	const struct weir_row *(*prefix)(void *prefix_user);
	void *prefix_user;
	uint32_t prefix_count; /* 0: `prefix` is not called */
	/* The last column of each row, where there is a suffix. */
	void (*suffix)(void *prefix_user, struct wr_builder *column);
	uint32_t suffix_count; /* 1: there is one */
	/* A batch has become full; MAY: rows then stay until they are taken, beyond rows_max. */
	wr_status *(*full)(void *user, struct weir_appender *out);
	void *user; /* of `full` */
};

/* The schema and zone_id (session time zone) outlive the appender. */
wr_status *wr_appender_init(struct weir_appender *out, const struct wr_schema *schema,
			    const char *zone_id, uint32_t rows_max);
void wr_appender_release(struct weir_appender *out); /* zeroed is allowed */
/* The rows so far as a batch of the schema, with kinds; NULL: there are none. */
struct wr_batch *wr_appender_take(struct weir_appender *out);
/* The first mistake since the last call, the caller's; a row that is not closed is one and is
 * undone. NULL: none. */
wr_status *wr_appender_mistake(struct weir_appender *out);
/* Notes a mistake in the open row (taken over; the first one stays); false. */
bool wr_appender_fail(struct weir_appender *out, wr_status *mistake_moved);
/* A column of a row of `batch` as it is: of the column's type, as wr_type_equal without null. */
void wr_appender_copy(struct weir_appender *out, const struct wr_column *column, uint32_t row);
/* Moves the closed rows of `from`, of the same schema, behind those of `out`, all of one kind;
 * `from` is empty then and keeps its memory. No row is open; `full` is not called. */
void wr_appender_move(struct weir_appender *out, struct weir_appender *from,
		      enum weir_row_kind kind);
/* Forgets all rows and mistakes. */
void wr_appender_reset(struct weir_appender *out);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * rows - what the decoders of text share: the wanted columns under construction, the lines or
 * messages of a range, and the list of bad records.
 *
 * A range's last line may lack its line end. Scanners rely on one as their stop byte, so that line
 * alone is copied into a buffer of its own with a '\n' behind it (`tail`).
 *
 * A message may have line ends within. JSON is scanned as if there were none; only where that
 * fails, the messages from there on are copied with '\r' in place of '\n', which JSON takes for the
 * same: space between values, not allowed in a text (`tail`, too; see wr_rows_smooth).
 *
 * Order of calls: init -> (begin -> (row, keep or bad)... -> finish)* -> release. Thread: one
 * owner.
 */
#ifndef WR_FORMATS_ROWS_H
#define WR_FORMATS_ROWS_H

#include "catalog/format.h"
#include "formats/vec.h"

struct wr_rows {
	struct wr_arena arena; /* of the decoder: nodes, vecs */
	const struct wr_schema *schema;
	uint32_t count;         /* wanted columns */
	const uint32_t *wanted; /* their indexes in the schema */
	struct wr_vec *vec;     /* of them */
	uint32_t capacity;      /* rows that the vecs have room for */
	uint32_t rows;          /* rows so far */
	uint32_t max_rows;      /* of this batch */
	uint32_t list_count;    /* lengths to save before a record; 0: no lists */
	uint32_t *list_len;     /* saved */
	uint8_t *kind;          /* change kinds of the rows, or NULL */
	struct wr_buf *tail;    /* copy of the last line with a line end, or of messages; or NULL */
	const char *tail_of;    /* where the copied bytes lie in their range */
	const char *tail_end;   /* messages: the byte behind them there */
	bool active;            /* between begin and finish */
};

void wr_rows_init(struct wr_rows *rows, const struct wr_format_args *args, bool kinds);
void wr_rows_release(struct wr_rows *rows);
/* Starts a batch. `estimate`: rows that are likely enough. */
void wr_rows_begin(struct wr_rows *rows, uint32_t max_rows, size_t estimate);
void wr_rows_grow(struct wr_rows *rows);
/* Room for row rows->rows, and a note of what to take back when it turns out bad. */
static inline void wr_rows_next(struct wr_rows *rows)
{
	if (WR_UNLIKELY(rows->rows == rows->capacity))
		wr_rows_grow(rows);
	if (WR_UNLIKELY(rows->list_count != 0)) {
		uint32_t count = 0;
		for (uint32_t i = 0; i < rows->count; i++)
			wr_vec_save(&rows->vec[i], rows->list_len, &count);
	}
}
/* Forgets what was written into row rows->rows. */
void wr_rows_take_back(struct wr_rows *rows);
/* The rows as a batch; NULL when there are none. */
struct wr_batch *wr_rows_finish(struct wr_rows *rows, struct wr_buf *block);

/* First call of a decode: at the start of a range skips the byte order mark of a file and forgets
 * the range before. */
void wr_rows_start(struct wr_rows *rows, struct wr_decode_range *range);

/* Nothing of the range has been decoded yet. */
static inline bool wr_rows_fresh(const struct wr_decode_range *range)
{
	return (range->span != NULL ? range->span_next == 0 : range->pos == 0) && range->rows == 0;
}
/* A guess at the rows that are left, for wr_rows_begin. */
static inline size_t wr_rows_left(const struct wr_decode_range *range)
{
	return range->span != NULL ? range->span_count - range->span_next : range->len - range->pos;
}
/* Row `row` comes from the next message. */
static inline void wr_rows_note(const struct wr_decode_range *range, uint32_t row)
{
	if (range->row_span != NULL)
		range->row_span[row] = range->span_next;
}

/* Text in memory that ends with a line end. */
struct wr_rows_text {
	const char *at;    /* = range->pos */
	const char *limit; /* behind the last line end */
	const char *base;  /* at - base is the offset in the range */
};
/* What is left of the range, less its last line when that has no line end; then that line. */
struct wr_rows_text wr_rows_text(struct wr_rows *rows, const struct wr_decode_range *range);
/* Makes all that is left the copy with a line end: for a last record with line ends within. */
void wr_rows_tail(struct wr_rows *rows, const struct wr_decode_range *range);

/* The next message of the range and the '\n' behind it. */
static inline struct wr_rows_text wr_rows_message(const struct wr_rows *rows,
						  const struct wr_decode_range *range)
{
	const struct wr_record_span *span = &range->span[range->span_next];
	const char *at = range->data + span->start;
	const char *base = range->data;

	if (WR_UNLIKELY(rows->tail != NULL) && at >= rows->tail_of && at < rows->tail_end) {
		base = rows->tail->data - (rows->tail_of - range->data);
		at = base + span->start;
	}
	return (struct wr_rows_text){at, at + span->size + 1, base};
}
/* Whether the next message has line ends within; then it and those behind it are read from a copy
 * without. */
bool wr_rows_smooth(struct wr_rows *rows, const struct wr_decode_range *range);

/* Notes a bad record [record, end); the caller fills in the rest. */
struct wr_bad_record *wr_rows_bad(struct wr_rows *rows, struct wr_decode_range *range,
				  const struct wr_rows_text *text, const char *record,
				  const char *end);

#endif

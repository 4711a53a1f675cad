/* SPDX-License-Identifier: Apache-2.0
 *
 * match_codec - see match_codec.h.
 */
#include "op/match_codec.h"

#include "base/mem.h"

enum { FIELD_ROWS, FIELD_FIRST, FIELD_PARTIAL, FIELD_COMPLETE, FIELDS };

/* --- writing */

static void save_rows(struct wr_match_saver *saver, const struct wr_match_rows *rows,
		      struct wr_text *out)
{
	const struct wr_match_layout *layout = &saver->matcher->eval.layout;
	struct wr_column **column = wr_calloc((size_t)layout->count + 1, sizeof *column);
	size_t begin;

	for (uint32_t c = 0; c < layout->count; c++) {
		for (uint32_t i = 0; i < rows->count; i++)
			wr_match_row_append(layout, rows->row[rows->head + i], c,
					    saver->builder[c]);
		column[c] = wr_builder_finish(saver->builder[c]);
	}
	begin = wr_value_begin(out);
	for (uint32_t i = 0; i < rows->count; i++) {
		wr_text_clear(&saver->scratch);
		wr_codec_encode(&saver->row, &saver->scratch, column, i);
		wr_value_entry_number(out, rows->row[rows->head + i]->ms);
		wr_value_entry_row(out, wr_text_str(&saver->scratch), saver->scratch.len);
	}
	wr_value_end(out, begin);
	wr_field_columns_drop(&saver->row, column);
	wr_free(column);
}

static void save_runs(struct wr_match_run *const *run, uint32_t count, struct wr_text *out)
{
	size_t begin = wr_value_begin(out);

	for (uint32_t i = 0; i < count; i++) {
		wr_varint_put(out, run[i]->start + 1);
		if (run[i]->start == WR_MATCH_START)
			continue;
		wr_varint_put(out, wr_zigzag(run[i]->start_ms));
		wr_varint_put(out, run[i]->state);
		wr_varint_put(out, (uint64_t)(run[i]->variable + 1));
		wr_varint_put(out, run[i]->len);
		for (int32_t v = 0; v < run[i]->variable; v++)
			wr_varint_put(out, run[i]->end[v]);
	}
	wr_value_end(out, begin);
}

static void key_save(void *ctx, const uint8_t *slot, struct wr_text *out)
{
	const struct wr_match_key *key = (const struct wr_match_key *)slot;

	WR_ASSERT(!key->busy && !key->doomed);
	save_rows(ctx, &key->rows, out);
	wr_value_put_number(out, (int64_t)key->rows.first);
	save_runs(key->partial, key->partial_count, out);
	save_runs(key->complete, key->complete_count, out);
}

/* --- reading */

static bool load_rows(struct wr_match_saver *saver, struct wr_agg_pool *pool,
		      struct wr_match_rows *rows, struct wr_str field)
{
	struct wr_match_layout *layout = &saver->matcher->eval.layout;
	struct wr_column **column;
	struct wr_batch *batch;
	const char *at = field.data;
	struct wr_str row;
	uint32_t i = 0;
	int64_t ms;

	if (at == NULL)
		return true;
	column = wr_calloc((size_t)layout->count + 1, sizeof *column);
	if (!wr_field_columns(&saver->row, field, 1, saver->builder, column)) {
		wr_free(column);
		return false;
	}
	batch = wr_batch_new(saver->schema->count, 0);
	for (uint32_t c = 0; c < layout->count; c++)
		batch->column[layout->column[c]] = column[c];
	while (wr_value_next_row(field, &at, &ms, 1, &row))
		wr_match_rows_push(rows, pool, wr_match_row_new(layout, pool, batch, i++, ms));
	wr_batch_free(batch);
	wr_free(column);
	return true;
}

/* Reads numbers one after the other. */
struct reader {
	const char *at, *end; /* at NULL: damaged */
};

static uint64_t next_number(struct reader *reader, uint64_t most)
{
	uint64_t number = 0;

	if (reader->at != NULL)
		reader->at = wr_varint_get(reader->at, reader->end, &number);
	if (number > most)
		reader->at = NULL;
	return reader->at != NULL ? number : 0;
}

/* Reads what follows the start of a match; its rows must be there. */
static bool load_run(const struct wr_matcher *matcher, struct reader *reader,
		     const struct wr_match_rows *rows, struct wr_match_run *run)
{
	uint64_t number;

	if (run->start < rows->first || run->start - rows->first >= rows->count)
		return false;
	number = next_number(reader, UINT64_MAX);
	run->start_ms = wr_unzigzag(number);
	run->state = (uint32_t)next_number(reader, matcher->nfa.count - 1);
	run->variable = (int32_t)next_number(reader, matcher->eval.match->variable_count) - 1;
	run->len = (uint32_t)next_number(reader, rows->count - (run->start - rows->first));
	for (int32_t v = 0; v < run->variable; v++) {
		run->end[v] = (uint32_t)next_number(reader, run->len);
		if (v > 0 && run->end[v] < run->end[v - 1])
			return false;
	}
	return reader->at != NULL && run->variable >= 0 && run->len > 0;
}

/* The matches of a heap, in its order. */
static bool load_runs(const struct wr_matcher *matcher, struct wr_agg_pool *pool,
		      const struct wr_match_rows *rows, struct wr_str field,
		      struct wr_match_heap *heap)
{
	struct reader reader = {field.data, field.data + field.len};

	heap->count = 0;
	while (reader.at != NULL && reader.at < reader.end) {
		uint64_t start = next_number(&reader, UINT64_MAX);
		struct wr_match_run *run = matcher->nothing;

		if (reader.at == NULL)
			return false;
		if (start != 0) {
			run = wr_agg_pool_alloc(pool, matcher->eval.run_bytes);
			run->start = start - 1;
			if (!load_run(matcher, &reader, rows, run)) {
				wr_agg_pool_drop(pool, run, matcher->eval.run_bytes);
				return false;
			}
		}
		wr_match_heap_reserve(heap, heap->count + 1);
		heap->run[heap->count++] = run;
	}
	return field.data == NULL || reader.at != NULL;
}

static void key_drop(void *ctx, struct wr_agg_pool *pool, uint8_t *slot)
{
	const struct wr_match_saver *saver = ctx;

	wr_match_key_drop(saver->matcher, pool, (struct wr_match_key *)slot);
}

static bool key_load(void *ctx, struct wr_agg_pool *pool, uint8_t *slot,
		     const struct wr_value *value)
{
	struct wr_match_saver *saver = ctx;
	struct wr_matcher *matcher = saver->matcher;
	struct wr_match_key *key = (struct wr_match_key *)slot;
	int64_t first;
	bool good;

	if (!wr_value_number(value->field[FIELD_FIRST], &first) || first < 0)
		return false;
	key->rows.first = (uint64_t)first;
	good = load_rows(saver, pool, &key->rows, value->field[FIELD_ROWS]) &&
	       load_runs(matcher, pool, &key->rows, value->field[FIELD_PARTIAL], &matcher->partial);
	wr_match_key_take(matcher, pool, key, false);
	if (good)
		good = load_runs(matcher, pool, &key->rows, value->field[FIELD_COMPLETE],
				 &matcher->complete);
	wr_match_key_take(matcher, pool, key, true);
	/* K1: with no row yet it cannot be the first one. */
	if (good && (key->partial_count == 0 || key->partial[0] != matcher->nothing))
		return true;
	key_drop(ctx, pool, slot);
	return false;
}

/* --- set up */

void wr_match_saver_init(struct wr_match_saver *saver, struct wr_matcher *matcher,
			 struct wr_arena *arena, const struct wr_schema *input)
{
	static const char *const numbers[] = {"time_ms"};
	const struct wr_match_layout *layout = &matcher->eval.layout;
	struct wr_field *field = WR_NEW_ARRAY(arena, struct wr_field, layout->count + 1);
	struct wr_schema kept = {.count = layout->count, .field = field};

	saver->matcher = matcher;
	saver->schema = input;
	wr_text_init(&saver->scratch);
	saver->builder = wr_calloc((size_t)layout->count + 1, sizeof(struct wr_builder *));
	for (uint32_t i = 0; i < layout->count; i++) {
		field[i] = input->field[layout->column[i]];
		saver->builder[i] = wr_builder_new(field[i].type, 64);
	}
	saver->field[FIELD_ROWS] = wr_field_rows(arena, "rows", &kept, numbers, 1);
	saver->field[FIELD_FIRST] =
	    (struct wr_state_field){.name = "first", .kind = WR_FIELD_NUMBER};
	saver->field[FIELD_PARTIAL] =
	    (struct wr_state_field){.name = "partial", .kind = WR_FIELD_BYTES};
	saver->field[FIELD_COMPLETE] =
	    (struct wr_state_field){.name = "complete", .kind = WR_FIELD_BYTES};
	wr_codec_init(&saver->row, arena, saver->field[FIELD_ROWS].type, layout->count);
	saver->codec = (struct wr_state_codec){FIELDS, saver->field, key_save, key_load, key_drop};
}

void wr_match_saver_release(struct wr_match_saver *saver)
{
	for (uint32_t i = 0; saver->builder != NULL && i < saver->row.count; i++)
		wr_builder_free(saver->builder[i]);
	wr_free(saver->builder);
	wr_text_release(&saver->scratch);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * row_list - see row_list.h.
 */
#include "op/row_list.h"

#include "base/mem.h"

struct wr_kept_row *wr_row_list_add(struct wr_row_list *list, struct wr_agg_pool *pool,
				    const char *bytes, uint32_t len)
{
	struct wr_kept_row *row;

	if (list->count == list->capacity) {
		uint32_t capacity = list->capacity == 0 ? 2 : 2 * list->capacity;
		struct wr_kept_row *grown = wr_agg_pool_alloc(pool, capacity * sizeof *grown);

		if (list->count > 0) {
			memcpy(grown, list->row, list->count * sizeof *grown);
			wr_agg_pool_drop(pool, list->row, list->capacity * sizeof *grown);
		}
		list->row = grown;
		list->capacity = capacity;
	}
	row = &list->row[list->count++];
	*row = (struct wr_kept_row){.bytes = wr_agg_pool_alloc(pool, len + 8),
				    .len = len,
				    .hash = (uint32_t)wr_codec_hash(bytes, len)};
	memcpy(row->bytes, bytes, len);
	return row;
}

int64_t wr_row_list_find(const struct wr_row_list *list, const char *bytes, uint32_t len)
{
	uint32_t hash = (uint32_t)wr_codec_hash(bytes, len);

	for (uint32_t i = 0; i < list->count; i++)
		if (list->row[i].hash == hash && list->row[i].len == len &&
		    memcmp(list->row[i].bytes, bytes, len) == 0)
			return i;
	return -1;
}

void wr_row_list_remove(struct wr_row_list *list, struct wr_agg_pool *pool, uint32_t index)
{
	WR_ASSERT(index < list->count);
	wr_agg_pool_drop(pool, list->row[index].bytes, list->row[index].len + 8);
	memmove(list->row + index, list->row + index + 1,
		(list->count - index - 1) * sizeof *list->row);
	if (--list->count > 0)
		return;
	wr_agg_pool_drop(pool, list->row, list->capacity * sizeof *list->row);
	*list = (struct wr_row_list){0};
}

void wr_row_list_expire(struct wr_row_list *list, struct wr_agg_pool *pool,
			const struct wr_ttl *ttl)
{
	uint32_t gone = 0;

	while (gone < list->count && wr_ttl_expired(ttl, list->row[gone].stamp)) {
		wr_agg_pool_drop(pool, list->row[gone].bytes, list->row[gone].len + 8);
		gone++;
	}
	if (gone == 0)
		return;
	list->count -= gone;
	memmove(list->row, list->row + gone, list->count * sizeof *list->row);
	if (list->count > 0)
		return;
	wr_agg_pool_drop(pool, list->row, list->capacity * sizeof *list->row);
	*list = (struct wr_row_list){0};
}

void wr_row_list_drop(struct wr_row_list *list, struct wr_agg_pool *pool)
{
	for (uint32_t i = 0; i < list->count; i++)
		wr_agg_pool_drop(pool, list->row[i].bytes, list->row[i].len + 8);
	if (list->capacity > 0)
		wr_agg_pool_drop(pool, list->row, list->capacity * sizeof *list->row);
	*list = (struct wr_row_list){0};
}

static const char *const saved_numbers[] = {"matches", "added_ms"};

struct wr_state_field wr_row_list_field(struct wr_arena *arena, const char *name,
					const struct wr_schema *schema)
{
	return wr_field_rows(arena, name, schema, saved_numbers, WR_COUNT(saved_numbers));
}

static int64_t saved_matches(uint32_t matches, enum wr_saved_matches mean)
{
	if (mean == WR_MATCHES_COUNTED)
		return matches;
	return mean == WR_MATCHES_NO_KEY && matches == UINT32_MAX ? UINT32_MAX : 0;
}

void wr_row_list_save(const struct wr_row_list *list, enum wr_saved_matches matches,
		      const struct wr_ttl *ttl, struct wr_text *out)
{
	bool expires = ttl != NULL && ttl->unit_ms > 0;
	size_t begin = wr_value_begin(out);

	for (uint32_t i = 0; i < list->count; i++) {
		const struct wr_kept_row *row = &list->row[i];

		wr_value_entry_number(out, saved_matches(row->matches, matches));
		wr_value_entry_number(out, expires ? wr_ttl_save(ttl, row->stamp) : 0);
		wr_value_entry_row(out, row->bytes, row->len);
	}
	wr_value_end(out, begin);
}

bool wr_row_list_load(struct wr_row_list *list, struct wr_agg_pool *pool,
		      const struct wr_codec *codec, const struct wr_ttl *ttl, struct wr_str field)
{
	const char *at = field.data;
	int64_t number[2];
	struct wr_str row;

	if (field.data == NULL)
		return true;
	while (wr_value_next_row(field, &at, number, 2, &row)) {
		struct wr_kept_row *kept;

		if (number[0] < 0 || number[0] > UINT32_MAX || !wr_value_is_row(codec, row)) {
			at = NULL;
			break;
		}
		kept = wr_row_list_add(list, pool, row.data, (uint32_t)row.len);
		kept->matches = (uint32_t)number[0];
		if (ttl != NULL) /* rows of a time without a time to live begin it now */
			kept->stamp = number[1] > 0 ? wr_ttl_load(ttl, number[1]) : ttl->now;
	}
	if (at == NULL)
		wr_row_list_drop(list, pool);
	return at != NULL;
}

static void side_init(struct wr_join_writer *writer, struct wr_join_side *side,
		      const struct wr_schema *schema, bool shown, const bool *tested)
{
	const struct wr_type **types =
	    WR_NEW_ARRAY(&writer->arena, const struct wr_type *, schema->count + 1);

	side->columns = schema->count;
	side->shown = shown;
	for (uint32_t i = 0; i < schema->count; i++)
		types[i] = schema->field[i].type;
	wr_codec_init(&side->codec, &writer->arena, types, schema->count);
	side->builder = wr_calloc(schema->count + 1, sizeof *side->builder);
	side->candidate = wr_calloc(schema->count + 1, sizeof *side->candidate);
	for (uint32_t i = 0; i < schema->count; i++) {
		if (shown)
			side->builder[i] = wr_builder_new(types[i], 64);
		if (tested[i])
			side->candidate[i] = wr_builder_new(types[i], 64);
	}
}

wr_status *wr_join_writer_init(struct wr_join_writer *writer, struct wr_op *op)
{
	return wr_join_writer_open(writer, op, op->node->u.join.join, op->node->u.join.condition);
}

wr_status *wr_join_writer_open(struct wr_join_writer *writer, struct wr_op *op,
			       enum wr_join_kind join, struct wr_expr *condition)
{
	const struct wr_node *node = op->node;
	bool left_only = join == WR_J_SEMI || join == WR_J_ANTI;
	uint32_t left = node->input[0]->schema.count, columns = left + node->input[1]->schema.count;
	bool *tested;

	writer->op = op;
	writer->watermark = WR_WATERMARK_MIN;
	writer->limit = WR_MIN(op->env->batch_rows_max, WR_BATCH_ROWS_MAX);
	wr_arena_init(&writer->arena);
	tested = WR_NEW_ARRAY(&writer->arena, bool, columns + 1);
	if (condition != NULL)
		wr_expr_columns(condition, tested);
	side_init(writer, &writer->side[0], &node->input[0]->schema, true, tested);
	side_init(writer, &writer->side[1], &node->input[1]->schema, !left_only, tested + left);
	writer->kind = wr_malloc(writer->limit + 1);
	if (condition == NULL)
		return NULL;
	for (uint32_t s = 0; s < 2; s++)
		writer->pair[s] = wr_malloc(WR_BATCH_ROWS_MAX * sizeof *writer->pair[s]);
	return wr_program_clocked(&condition, 1, columns, op->env->zone_id, op->env->env,
				  &writer->condition);
}

void wr_join_writer_release(struct wr_join_writer *writer)
{
	for (uint32_t s = 0; s < 2; s++) {
		struct wr_join_side *side = &writer->side[s];

		for (uint32_t i = 0; side->builder != NULL && i < side->columns; i++) {
			wr_builder_free(side->builder[i]);
			wr_builder_free(side->candidate[i]);
		}
		wr_free(side->builder);
		wr_free(side->candidate);
		wr_free(writer->pair[s]);
	}
	wr_program_free(writer->condition);
	wr_free(writer->matched);
	wr_free(writer->kind);
	wr_arena_release(&writer->arena);
}

static void decode(const struct wr_join_side *side, const struct wr_kept_row *row,
		   struct wr_builder *const *builder)
{
	if (row == NULL) {
		for (uint32_t i = 0; i < side->columns; i++)
			wr_builder_null(builder[i]);
		return;
	}
	WR_REQUIRE(wr_codec_decode(&side->codec, row->bytes, row->bytes + row->len, builder) !=
		   NULL);
}

wr_status *wr_join_writer_put(struct wr_join_writer *writer, const struct wr_kept_row *left,
			      const struct wr_kept_row *right, uint8_t kind)
{
	decode(&writer->side[0], left, writer->side[0].builder);
	if (writer->side[1].shown)
		decode(&writer->side[1], right, writer->side[1].builder);
	writer->kind[writer->rows++] = kind;
	return writer->rows == writer->limit ? wr_join_writer_flush(writer) : NULL;
}

wr_status *wr_join_writer_flush(struct wr_join_writer *writer)
{
	struct wr_batch *batch;
	uint32_t at = 0, columns = 0;
	bool inserts = true;

	if (writer->rows == 0)
		return NULL;
	for (uint32_t s = 0; s < 2; s++)
		columns += writer->side[s].shown ? writer->side[s].columns : 0;
	batch = wr_batch_new(columns, writer->rows);
	for (uint32_t s = 0; s < 2; s++)
		for (uint32_t i = 0; writer->side[s].shown && i < writer->side[s].columns; i++)
			batch->column[at++] = wr_builder_finish(writer->side[s].builder[i]);
	for (uint32_t i = 0; i < writer->rows; i++)
		inserts = inserts && writer->kind[i] == WR_INSERT;
	if (!inserts)
		memcpy(wr_batch_kinds(batch), writer->kind, writer->rows);
	writer->rows = 0;
	batch->watermark = writer->watermark;
	return writer->take != NULL ? writer->take(writer, batch)
				    : wr_out_emit(&writer->op->out, batch);
}

uint8_t *wr_join_writer_matched(struct wr_join_writer *writer, uint32_t pairs)
{
	if (writer->matched_capacity < pairs) {
		writer->matched_capacity = WR_MAX(2 * writer->matched_capacity, pairs);
		writer->matched = wr_realloc(writer->matched, writer->matched_capacity);
	}
	return writer->matched;
}

bool wr_join_writer_pair(struct wr_join_writer *writer, uint32_t s, const struct wr_kept_row *one,
			 const struct wr_kept_row *others, uint32_t count)
{
	if (count > WR_BATCH_ROWS_MAX - writer->pairs)
		return false;
	for (uint32_t i = 0; i < count; i++) {
		writer->pair[s][writer->pairs] = one;
		writer->pair[1 - s][writer->pairs++] = &others[i];
	}
	return true;
}

/* The pairs as rows, of the columns that the condition reads. */
static struct wr_batch *pair_batch(struct wr_join_writer *writer)
{
	uint32_t at = 0;
	struct wr_batch *batch =
	    wr_batch_new(writer->side[0].columns + writer->side[1].columns, writer->pairs);

	for (uint32_t s = 0; s < 2; s++) {
		struct wr_join_side *side = &writer->side[s];
		bool needed = false;

		for (uint32_t i = 0; i < side->columns; i++)
			needed = needed || side->candidate[i] != NULL;
		for (uint32_t r = 0; needed && r < writer->pairs; r++)
			decode(side, writer->pair[s][r], side->candidate);
		for (uint32_t i = 0; i < side->columns; i++, at++)
			if (side->candidate[i] != NULL)
				batch->column[at] = wr_builder_finish(side->candidate[i]);
	}
	return batch;
}

wr_status *wr_join_writer_test(struct wr_join_writer *writer, uint8_t *matched)
{
	uint32_t sel[WR_BATCH_ROWS_MAX], kept = 0;
	struct wr_eval *eval;
	struct wr_batch *batch;
	wr_status *status;

	if (writer->pairs == 0)
		return NULL;
	eval = wr_program_eval(writer->condition);
	batch = pair_batch(writer);
	memset(matched, 0, writer->pairs);
	writer->pairs = 0;
	status = wr_program_filter(writer->condition, batch, sel, &kept);
	for (uint32_t i = 0; i < kept && status == NULL; i++)
		matched[sel[i]] = 1;
	for (uint32_t i = 0; i < eval->error_count && status == NULL; i++)
		status = writer->op->env->row_error(writer->op->env, writer->op, &eval->error[i]);
	wr_batch_free(batch);
	return status;
}

wr_status *wr_join_writer_match(struct wr_join_writer *writer, uint32_t s,
				const struct wr_kept_row *one, const struct wr_row_list *others,
				uint8_t *matched)
{
	WR_ASSERT(writer->pairs == 0);
	if (writer->condition == NULL) {
		memset(matched, 1, others->count);
		return NULL;
	}
	for (uint32_t from = 0; from < others->count; from += WR_BATCH_ROWS_MAX) {
		WR_REQUIRE(wr_join_writer_pair(writer, s, one, others->row + from,
					       WR_MIN(others->count - from, WR_BATCH_ROWS_MAX)));
		WR_TRY(wr_join_writer_test(writer, matched + from));
	}
	return NULL;
}

wr_status *wr_join_writer_probe(struct wr_join_writer *writer, const struct wr_join_probe *probe,
				uint32_t from, uint32_t *to, const uint8_t **matched)
{
	const struct wr_row_list *others = &probe->others[from];
	uint32_t at = from;

	*to = probe->count;
	*matched = NULL;
	if (writer->condition == NULL)
		return NULL;
	while (at < probe->count &&
	       wr_join_writer_pair(writer, probe->side, &probe->row[at], probe->others[at].row,
				   probe->others[at].count))
		at++;
	*to = WR_MAX(at, from + 1);
	*matched = wr_join_writer_matched(writer, WR_MAX(others->count, WR_BATCH_ROWS_MAX));
	if (at > from)
		return wr_join_writer_test(writer, writer->matched);
	return wr_join_writer_match(writer, probe->side, &probe->row[at], others, writer->matched);
}

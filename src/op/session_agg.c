/* SPDX-License-Identifier: Apache-2.0
 *
 * session_agg - aggregates per session window: rows of a key that lie less than a gap apart.
 *
 * Sessions come from sessions.h; each holds one accumulator. A session is shown (+I) when it is
 * due; a late row within the allowed lateness takes it back (-D), and the new one is shown at the
 * next mark.
 *
 * Saved are, per aggregate, the accumulators of all sessions of a key one after the other, each as
 * a field of state/value.h.
 *
 * Output: keys, aggregates, window_start, window_end, window_time.
 */
#include "base/mem.h"
#include "op/aggregate_codec.h"
#include "op/sessions.h"

/* Rows not yet folded: one accumulator and one row each, in order. */
struct pending {
	uint8_t **acc;    /* of the session */
	uint32_t *row;    /* of the batch */
	uint8_t *retract; /* 1: the row is taken back */
	uint32_t count;   /* rows */
};

struct op_session_agg {
	struct wr_op op;
	struct wr_sessions sessions;
	struct wr_aggs aggs;
	struct wr_arena arena;  /* of the names of fields */
	struct pending pending; /* of the batch at hand */
};

static uint8_t *load_open(struct wr_op *op)
{
	struct op_session_agg *self = (struct op_session_agg *)op;
	uint8_t *acc = wr_agg_pool_alloc(wr_sessions_pool(&self->sessions), self->aggs.slot_size);

	wr_aggs_start(&self->aggs, acc);
	return acc;
}

static void load_add(struct wr_op *op, const struct wr_batch *batch, uint32_t row, uint8_t *load)
{
	struct pending *pending = &((struct op_session_agg *)op)->pending;

	pending->retract[pending->count] = !wr_kind_is_add(wr_batch_kind(batch, row));
	pending->acc[pending->count] = load;
	pending->row[pending->count++] = row;
}

static void load_flush(struct wr_op *op, const struct wr_batch *batch)
{
	struct op_session_agg *self = (struct op_session_agg *)op;
	struct pending *pending = &self->pending;

	if (pending->count > 0)
		wr_aggs_update(&self->aggs, wr_sessions_pool(&self->sessions), pending->acc, batch,
			       pending->row, batch->kind != NULL ? pending->retract : NULL,
			       pending->count);
	pending->count = 0;
}

static void load_merge(struct wr_op *op, uint8_t *into, uint8_t *from)
{
	struct op_session_agg *self = (struct op_session_agg *)op;

	wr_aggs_merge(&self->aggs, wr_sessions_pool(&self->sessions), &into, &from, 1);
}

static void load_drop(struct wr_op *op, uint8_t *load)
{
	struct op_session_agg *self = (struct op_session_agg *)op;
	struct wr_agg_pool *pool = wr_sessions_pool(&self->sessions);

	wr_aggs_drop(&self->aggs, pool, load);
	wr_agg_pool_drop(pool, load, self->aggs.slot_size);
}

/* Emits the picked sessions as rows of one kind. */
static wr_status *session_emit(struct op_session_agg *self, const struct wr_picked *picked,
			       enum wr_row_kind kind)
{
	const struct wr_node *node = self->op.node;
	uint32_t keys = node->u.agg.key_count, at = keys + self->aggs.count;
	struct wr_batch *batch = wr_batch_new(at + 3, picked->count);
	int64_t *time_ms = wr_malloc((picked->count + 1) * sizeof *time_ms);

	for (uint32_t i = 0; i < picked->count; i++)
		time_ms[i] = wr_sessions_time(&self->sessions, picked->end[i]);
	wr_state_slot_keys(self->sessions.state, 0, picked->slot, picked->count, batch->column);
	wr_aggs_values(&self->aggs, picked->load, picked->count, batch->column + keys);
	batch->column[at] =
	    wr_window_time_column(node->schema.field[at].type, picked->start, picked->count);
	batch->column[at + 1] =
	    wr_window_time_column(node->schema.field[at + 1].type, picked->end, picked->count);
	batch->column[at + 2] =
	    wr_window_time_column(node->schema.field[at + 2].type, time_ms, picked->count);
	wr_free(time_ms);
	if (kind != WR_INSERT)
		memset(wr_batch_kinds(batch), kind, picked->count);
	batch->watermark = self->sessions.sent_ms;
	return wr_out_emit(&self->op.out, batch);
}

static wr_status *load_take_back(struct wr_op *op, const struct wr_picked *picked)
{
	return session_emit((struct op_session_agg *)op, picked, WR_DELETE);
}

static void load_save(struct wr_op *op, const struct wr_session *session, uint32_t count,
		      struct wr_text *out)
{
	const struct wr_aggs *aggs = &((struct op_session_agg *)op)->aggs;

	for (uint32_t i = 0; i < aggs->count; i++) {
		size_t begin = wr_value_begin(out);

		for (uint32_t s = 0; s < count; s++)
			wr_aggs_save_item(aggs, i, session[s].load, out);
		wr_value_end(out, begin);
	}
}

/* Takes the next accumulator off what is left of an aggregate's. */
static bool take_accumulator(struct wr_str *left, struct wr_str *out)
{
	const char *end = left->data + left->len, *at;
	uint64_t size;

	*out = (struct wr_str){NULL, 0};
	if (left->data == NULL)
		return true; /* a new aggregate */
	at = wr_varint_get(left->data, end, &size);
	if (at == NULL || size == 0 || size - 1 > (uint64_t)(end - at))
		return false;
	*out = (struct wr_str){at, size - 1};
	*left = (struct wr_str){at + out->len, (size_t)(end - at) - out->len};
	return true;
}

static bool load_fill(struct wr_op *op, const struct wr_session *session, uint32_t count,
		      const struct wr_str *field)
{
	struct op_session_agg *self = (struct op_session_agg *)op;
	uint32_t items = self->aggs.count;
	struct wr_str *left = wr_calloc(2 * (size_t)items + 1, sizeof *left), *one = left + items;
	bool good = true;

	if (items > 0)
		memcpy(left, field, items * sizeof *left);
	for (uint32_t s = 0; s < count && good; s++) {
		for (uint32_t i = 0; i < items && good; i++)
			good = take_accumulator(&left[i], &one[i]);
		good = good && wr_aggs_load(&self->aggs, wr_sessions_pool(&self->sessions),
					    session[s].load, one);
	}
	for (uint32_t i = 0; i < items; i++)
		good = good && left[i].len == 0;
	wr_free(left);
	return good;
}

static const struct wr_session_load agg_load = {
    .open = load_open,
    .add = load_add,
    .flush = load_flush,
    .merge = load_merge,
    .drop = load_drop,
    .take_back = load_take_back,
    .save = load_save,
    .fill = load_fill,
};

/* As nobody looks into these fields, their names say how the bytes are made, too. */
static struct wr_state_field *session_fields(struct op_session_agg *self, struct wr_arena *arena)
{
	uint32_t count = self->aggs.count;
	struct wr_state_field *field = WR_NEW_ARRAY(arena, struct wr_state_field, count + 1);

	wr_aggs_fields(&self->aggs, arena, field);
	for (uint32_t i = 0; i < count; i++) {
		const struct wr_agg_call *call = field[i].call;
		struct wr_text name;

		wr_text_init(&name);
		wr_text_printf(&name, "%s by %s", field[i].name, call->agg->name);
		if (call->inner != NULL)
			wr_text_printf(&name, " %s", call->inner->agg->name);
		for (uint32_t a = 0; a < call->arg_count; a++) {
			wr_text_putc(&name, ' ');
			wr_type_print(&name, call->arg_type[a]);
		}
		field[i] = (struct wr_state_field){
		    .name = wr_arena_strdup(arena, wr_text_str(&name)), .kind = WR_FIELD_BYTES};
		wr_text_release(&name);
	}
	return field;
}

static wr_status *session_init(struct wr_op *op)
{
	struct op_session_agg *self = (struct op_session_agg *)op;
	const struct wr_node *node = op->node;
	struct wr_sessions_config config;

	wr_aggs_init(&self->aggs, node, 0);
	self->pending.acc = wr_malloc(WR_BATCH_ROWS_MAX * sizeof *self->pending.acc);
	self->pending.row = wr_malloc(WR_BATCH_ROWS_MAX * sizeof *self->pending.row);
	self->pending.retract = wr_malloc(WR_BATCH_ROWS_MAX);
	wr_arena_init(&self->arena);
	config = (struct wr_sessions_config){.load = &agg_load,
					     .window = node->u.agg.window,
					     .key = node->u.agg.key,
					     .key_count = node->u.agg.key_count,
					     .allowed_ms = node->u.agg.allowed_lateness_ms,
					     .field = session_fields(self, &self->arena),
					     .field_count = self->aggs.count};
	return wr_sessions_init(&self->sessions, op, &config);
}

static wr_status *session_process(struct wr_op *op, uint32_t input, struct wr_batch *batch)
{
	WR_ASSERT(input == 0);
	return wr_sessions_process(&((struct op_session_agg *)op)->sessions, batch);
}

static wr_status *session_on_mark(struct wr_op *op, const struct wr_mark *mark, bool *more)
{
	struct op_session_agg *self = (struct op_session_agg *)op;
	int64_t watermark_ms = wr_sessions_watermark(&self->sessions, mark);
	uint32_t emitted = 0;
	struct wr_picked picked;
	wr_status *status = NULL;

	if (watermark_ms == WR_WATERMARK_MIN)
		return NULL;
	wr_picked_init(&picked, WR_MIN(op->env->batch_rows_max, WR_BATCH_ROWS_MAX));
	while (status == NULL && emitted < WR_OP_EMIT_ROWS) {
		status = wr_sessions_due(&self->sessions, watermark_ms, &picked);
		if (status != NULL || picked.count == 0)
			break;
		emitted += picked.count;
		status = wr_aggs_fault(&self->aggs, picked.load, picked.count);
		if (status == NULL)
			status = session_emit(self, &picked, WR_INSERT);
		if (status == NULL)
			status = wr_sessions_shown(&self->sessions, watermark_ms, &picked);
	}
	wr_picked_release(&picked);
	*more = wr_sessions_more(&self->sessions, watermark_ms);
	if (!*more)
		self->sessions.sent_ms = mark->watermark_ms;
	return status;
}

static void session_release(struct wr_op *op)
{
	struct op_session_agg *self = (struct op_session_agg *)op;

	wr_sessions_release(&self->sessions);
	wr_aggs_release(&self->aggs);
	wr_arena_release(&self->arena);
	wr_free(self->pending.acc);
	wr_free(self->pending.row);
	wr_free(self->pending.retract);
}

static wr_status *session_restored(struct wr_op *op)
{
	return wr_sessions_restored(&((struct op_session_agg *)op)->sessions);
}

static uint64_t session_state_bytes(const struct wr_op *op)
{
	return wr_sessions_bytes(&((const struct op_session_agg *)op)->sessions);
}

static int64_t session_next_ms(const struct wr_op *op)
{
	return wr_sessions_next_ms(&((const struct op_session_agg *)op)->sessions);
}

const struct wr_op_type wr_op_session_agg = {
    .name = "session_agg",
    .version = 1,
    .size = sizeof(struct op_session_agg),
    .init = session_init,
    .process = session_process,
    .on_mark = session_on_mark,
    .release = session_release,
    .state_bytes = session_state_bytes,
    .next_ms = session_next_ms,
    .restored = session_restored,
};

/* SPDX-License-Identifier: Apache-2.0
 *
 * window_join - joins rows of two inputs that lie in the same window.
 *
 * Both inputs carry their windows; window_start and window_end are among the join keys. Rows wait
 * under their key in the namespace of their window's end. When the watermark (the lower one of both
 * inputs) reaches window_end - 1 the window is complete: every key's rows are joined once, all
 * kinds of joins emit inserts only, and the namespace is freed. A row is late when its window had
 * closed at the watermark of its own input just before it (P1), or has fired here.
 *
 * Saved: per key and window the rows of both sides, and which have a NULL in their key. What has
 * matched is known only while a window fires, which no checkpoint sees.
 *
 * Memory: the rows of the open windows of both inputs.
 */
#include "base/mem.h"
#include "op/aggregate.h"
#include "op/row_list.h"
#include "op/windowing.h"

#define NO_MATCH                                                                                   \
	UINT32_MAX /* as `matches` of a kept row: its key has a NULL; right rows: 1 once one       \
		      matched */

/* A left row and the right rows of its key and window. */
struct pending {
	const struct wr_kept_row *left;
	struct wr_row_list *right;
};

struct op_window_join {
	struct wr_op op;
	struct wr_join_writer writer;
	struct wr_state *state;         /* namespace: window end; key -> two row lists */
	struct wr_state_field field[2]; /* of a saved slot: a list per side */
	struct wr_state_codec saved;
	struct wr_text scratch;
	struct pending *pending; /* left rows whose pairs are being collected */
	uint32_t pending_count;  /* at most WR_BATCH_ROWS_MAX */
	int64_t fired_ms;        /* windows with end - 1 <= fired_ms are gone */
	bool firing;
	int64_t firing_end;
	uint64_t cursor;
};

static void join_save(void *ctx, const uint8_t *slot, struct wr_text *out)
{
	const struct wr_row_list *list = (const struct wr_row_list *)slot;

	(void)ctx;
	for (uint32_t s = 0; s < 2; s++)
		wr_row_list_save(&list[s], WR_MATCHES_NO_KEY, NULL, out);
}

static void join_drop(void *ctx, struct wr_agg_pool *pool, uint8_t *slot)
{
	struct wr_row_list *list = (struct wr_row_list *)slot;

	(void)ctx;
	for (uint32_t s = 0; s < 2; s++)
		wr_row_list_drop(&list[s], pool);
}

static bool join_load(void *ctx, struct wr_agg_pool *pool, uint8_t *slot,
		      const struct wr_value *value)
{
	struct op_window_join *self = ctx;
	struct wr_row_list *list = (struct wr_row_list *)slot;

	for (uint32_t s = 0; s < 2; s++)
		if (!wr_row_list_load(&list[s], pool, &self->writer.side[s].codec, NULL,
				      value->field[s])) {
			join_drop(ctx, pool, slot);
			return false;
		}
	return true;
}

static wr_status *join_init(struct wr_op *op)
{
	struct op_window_join *self = (struct op_window_join *)op;
	const struct wr_node *node = op->node;
	struct wr_state_decl decl = {.name = "windows",
				     .meaning = node->state_name,
				     .value_size = 2 * sizeof(struct wr_row_list),
				     .codec = &self->saved,
				     .codec_ctx = self};

	wr_text_init(&self->scratch);
	self->fired_ms = WR_WATERMARK_MIN;
	WR_TRY(wr_join_writer_init(&self->writer, op));
	for (uint32_t s = 0; s < 2; s++)
		self->field[s] = wr_row_list_field(&self->writer.arena, s == 0 ? "left" : "right",
						   &node->input[s]->schema);
	self->saved = (struct wr_state_codec){2, self->field, join_save, join_load, join_drop};
	self->pending = wr_malloc(WR_BATCH_ROWS_MAX * sizeof *self->pending);
	wr_op_key_columns(op, 0, node->u.join.left_key, node->u.join.key_count, &self->writer.arena,
			  &decl);
	wr_op_clock(op, "fired_ms", &self->fired_ms);
	wr_op_clock(op, "sent_ms", &self->writer.watermark);
	return wr_op_state_open(op, &decl, &self->state);
}

/* Keeps rows of one window; a NULL in the key keeps a row from matching, which only INNER and SEMI
 * can forget at once. */
static wr_status *keep_rows(struct op_window_join *self, uint32_t input,
			    const struct wr_batch *batch, int64_t end, const uint32_t *row,
			    uint32_t count)
{
	const struct wr_node *node = self->op.node;
	const uint32_t *key = input == 0 ? node->u.join.left_key : node->u.join.right_key;
	struct wr_agg_pool *pool;
	struct wr_op_keys keys;
	uint8_t **slot = wr_malloc((count + 1) * sizeof *slot);
	wr_status *status;

	wr_op_keys_take(&keys, batch, key, node->u.join.key_count, row, count, false);
	status = wr_state_upsert(self->state, end, &keys.keys, slot, NULL);
	pool = status == NULL ? wr_state_pool(self->state, end) : NULL;
	for (uint32_t i = 0; i < count && status == NULL; i++) {
		struct wr_kept_row *kept;

		wr_text_clear(&self->scratch);
		wr_codec_encode(&self->writer.side[input].codec, &self->scratch, batch->column,
				row[i]);
		kept = wr_row_list_add((struct wr_row_list *)slot[i] + input, pool,
				       self->scratch.data, (uint32_t)self->scratch.len);
		kept->matches =
		    !node->u.join.null_equal && wr_op_keys_have_null(&keys, i) ? NO_MATCH : 0;
	}
	wr_op_keys_release(&keys);
	wr_free(slot);
	return status;
}

static wr_status *join_process(struct wr_op *op, uint32_t input, struct wr_batch *batch)
{
	struct op_window_join *self = (struct op_window_join *)op;
	int32_t end_column = op->node->input[input]->traits.window_end;
	size_t room;
	int64_t *end, *late_end;
	uint32_t *left, *some, *late, count = 0, late_count = 0;
	wr_status *status = NULL;

	WR_REQUIRE(end_column >= 0);
	wr_batch_compact(batch);
	room = (size_t)batch->rows + 1;
	end = wr_malloc(2 * room * sizeof *end);
	late_end = end + room;
	left = wr_malloc(3 * room * sizeof *left);
	some = left + room;
	late = some + room;
	wr_window_times(batch->column[end_column], batch->rows, end);
	for (uint32_t i = 0; i < batch->rows; i++) {
		if (wr_window_fired(end[i], WR_MAX(self->fired_ms, wr_batch_watermark(batch, i)))) {
			late_end[late_count] = end[i];
			late[late_count++] = i;
		} else {
			left[count++] = i;
		}
	}
	while (count > 0 && status == NULL) {
		int64_t one = end[left[0]];
		uint32_t picked = wr_window_pick(end, left, &count, some);

		status = keep_rows(self, input, batch, one, some, picked);
	}
	if (status == NULL && late_count > 0) {
		wr_count(&op->late_rows, late_count);
		status = op->env->late(op->env, op, batch, late, late_end, late_count);
	}
	wr_free(end);
	wr_free(left);
	wr_batch_free(batch);
	return status;
}

/* Emits what becomes of one left row; right rows that match are marked. */
static wr_status *emit_left(struct op_window_join *self, const struct pending *one,
			    const uint8_t *matched)
{
	enum wr_join_kind join = self->op.node->u.join.join;
	bool pairs = join != WR_J_SEMI && join != WR_J_ANTI, any = false;

	for (uint32_t i = 0; one->left->matches != NO_MATCH && i < one->right->count; i++) {
		struct wr_kept_row *right = &one->right->row[i];

		if ((matched != NULL && !matched[i]) || right->matches == NO_MATCH)
			continue;
		any = true;
		right->matches = 1;
		if (pairs)
			WR_TRY(wr_join_writer_put(&self->writer, one->left, right, WR_INSERT));
	}
	if ((!any && (join == WR_J_LEFT || join == WR_J_FULL || join == WR_J_ANTI)) ||
	    (any && join == WR_J_SEMI))
		return wr_join_writer_put(&self->writer, one->left, NULL, WR_INSERT);
	return NULL;
}

/* Tests the pairs collected so far and emits their left rows. */
static wr_status *emit_pending(struct op_window_join *self)
{
	uint8_t *matched = NULL;

	if (self->writer.condition != NULL) {
		matched = wr_join_writer_matched(&self->writer, WR_BATCH_ROWS_MAX);
		WR_TRY(wr_join_writer_test(&self->writer, matched));
	}
	for (uint32_t i = 0; i < self->pending_count; i++) {
		const struct pending *one = &self->pending[i];

		WR_TRY(emit_left(self, one, matched));
		if (matched != NULL && one->left->matches != NO_MATCH)
			matched += one->right->count;
	}
	self->pending_count = 0;
	return NULL;
}

/* Joins one left row with the right rows of its key: now, or together with those of others. */
static wr_status *join_left(struct op_window_join *self, const struct pending *one)
{
	bool tested = self->writer.condition != NULL && one->left->matches != NO_MATCH;
	uint8_t *matched;

	if (self->pending_count == WR_BATCH_ROWS_MAX)
		WR_TRY(emit_pending(self));
	if (tested && one->right->count > WR_BATCH_ROWS_MAX) {
		WR_TRY(emit_pending(self));
		matched = wr_join_writer_matched(&self->writer, one->right->count);
		WR_TRY(wr_join_writer_match(&self->writer, 0, one->left, one->right, matched));
		return emit_left(self, one, matched);
	}
	if (tested &&
	    !wr_join_writer_pair(&self->writer, 0, one->left, one->right->row, one->right->count)) {
		WR_TRY(emit_pending(self));
		WR_REQUIRE(wr_join_writer_pair(&self->writer, 0, one->left, one->right->row,
					       one->right->count));
	}
	self->pending[self->pending_count++] = *one;
	return NULL;
}

/* Joins the rows of some keys. */
static wr_status *join_keys(struct op_window_join *self, uint8_t *const *slot, uint32_t count)
{
	enum wr_join_kind join = self->op.node->u.join.join;

	for (uint32_t k = 0; k < count; k++) {
		struct wr_row_list *list = (struct wr_row_list *)slot[k];

		for (uint32_t i = 0; i < list[0].count; i++)
			WR_TRY(join_left(self, &(struct pending){&list[0].row[i], &list[1]}));
	}
	WR_TRY(emit_pending(self));
	if (join != WR_J_RIGHT && join != WR_J_FULL)
		return NULL;
	for (uint32_t k = 0; k < count; k++) {
		struct wr_row_list *right = (struct wr_row_list *)slot[k] + 1;

		for (uint32_t i = 0; i < right->count; i++)
			if (right->row[i].matches != 1)
				WR_TRY(wr_join_writer_put(&self->writer, NULL, &right->row[i],
							  WR_INSERT));
	}
	return NULL;
}

static wr_status *join_on_mark(struct wr_op *op, const struct wr_mark *mark, bool *more)
{
	struct op_window_join *self = (struct op_window_join *)op;
	uint64_t emitted = op->out.rows;
	uint8_t *slot[64];
	int64_t end;

	while (op->out.rows - emitted < WR_OP_EMIT_ROWS) {
		uint32_t count;

		if (!self->firing) {
			if (!wr_state_first_namespace(self->state, INT64_MIN, &end) ||
			    !wr_window_fired(end, mark->watermark_ms))
				break;
			self->firing = true;
			self->firing_end = end;
			self->cursor = 0;
		}
		count = wr_state_scan(self->state, self->firing_end, &self->cursor, slot, 64);
		WR_TRY(join_keys(self, slot, count));
		if (count == 0) {
			self->firing = false;
			wr_state_drop_namespace(self->state, self->firing_end);
		}
	}
	WR_TRY(wr_join_writer_flush(&self->writer));
	*more = self->firing || (wr_state_first_namespace(self->state, INT64_MIN, &end) &&
				 wr_window_fired(end, mark->watermark_ms));
	if (!*more) {
		self->fired_ms = WR_MAX(self->fired_ms, mark->watermark_ms);
		self->writer.watermark = mark->watermark_ms;
	}
	return NULL;
}

static void join_release(struct wr_op *op)
{
	struct op_window_join *self = (struct op_window_join *)op;

	wr_join_writer_release(&self->writer);
	wr_state_close(self->state);
	wr_text_release(&self->scratch);
	wr_free(self->pending);
}

static uint64_t join_state_bytes(const struct wr_op *op)
{
	return wr_state_bytes(((const struct op_window_join *)op)->state);
}

static int64_t join_next_ms(const struct wr_op *op)
{
	int64_t end;

	return wr_state_first_namespace(((const struct op_window_join *)op)->state, INT64_MIN, &end)
		   ? end - 1
		   : INT64_MAX;
}

const struct wr_op_type wr_op_window_join = {
    .name = "window_join",
    .version = 1,
    .size = sizeof(struct op_window_join),
    .init = join_init,
    .process = join_process,
    .on_mark = join_on_mark,
    .release = join_release,
    .state_bytes = join_state_bytes,
    .next_ms = join_next_ms,
};

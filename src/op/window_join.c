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
 * Memory: the rows of the open windows of both inputs.
 */
#include "base/mem.h"
#include "op/aggregate.h"
#include "op/row_list.h"
#include "op/windowing.h"

struct op_window_join {
	struct wr_op op;
	struct wr_join_writer writer;
	const struct wr_type **key_type; /* owned array */
	struct wr_state *state;          /* namespace: window end; key -> two row lists */
	struct wr_text scratch;
	uint8_t *matched, *right_matched; /* per row while a key is joined */
	uint32_t matched_capacity;
	int64_t fired_ms; /* windows with end - 1 <= fired_ms are gone */
	bool firing;
	int64_t firing_end;
	uint64_t cursor;
};

static wr_status *join_init(struct wr_op *op)
{
	struct op_window_join *self = (struct op_window_join *)op;
	const struct wr_node *node = op->node;
	struct wr_state_decl decl = {
	    .name = "windows", .meaning = node->state_name, .key_count = node->u.join.key_count};

	wr_text_init(&self->scratch);
	self->fired_ms = WR_WATERMARK_MIN;
	WR_TRY(wr_join_writer_init(&self->writer, op));
	self->key_type = wr_calloc(decl.key_count + 1, sizeof *self->key_type);
	for (uint32_t i = 0; i < decl.key_count; i++)
		self->key_type[i] = node->input[0]->schema.field[node->u.join.left_key[i]].type;
	decl.key_type = self->key_type;
	decl.value_size = 2 * sizeof(struct wr_row_list);
	return wr_state_open(op->env->backend, &decl, &self->state);
}

static bool key_has_null(const struct wr_op_keys *keys, uint32_t row)
{
	for (uint32_t i = 0; i < keys->count; i++)
		if (!wr_column_is_valid(keys->column[i], row))
			return true;
	return false;
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
		kept->matches = !node->u.join.null_equal && key_has_null(&keys, i) ? UINT32_MAX : 0;
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
		uint32_t picked = 0, rest = 0;

		for (uint32_t i = 0; i < count; i++) {
			if (end[left[i]] == one)
				some[picked++] = left[i];
			else
				left[rest++] = left[i];
		}
		status = keep_rows(self, input, batch, one, some, picked);
		count = rest;
	}
	if (status == NULL && late_count > 0) {
		op->late_rows += late_count;
		status = op->env->late(op->env, op, batch, late, late_end, late_count);
	}
	wr_free(end);
	wr_free(left);
	wr_batch_free(batch);
	return status;
}

/* Joins one left row with the right rows; notes which of them matched. */
static wr_status *join_left_row(struct op_window_join *self, const struct wr_kept_row *left,
				const struct wr_row_list *right)
{
	enum wr_join_kind join = self->op.node->u.join.join;
	bool pairs = join != WR_J_SEMI && join != WR_J_ANTI, any = false;

	memset(self->matched, 0, right->count);
	if (left->matches != UINT32_MAX && right->count > 0)
		WR_TRY(wr_join_writer_match(&self->writer, 0, left, right, self->matched));
	for (uint32_t i = 0; i < right->count; i++) {
		if (!self->matched[i] || right->row[i].matches == UINT32_MAX)
			continue;
		any = true;
		self->right_matched[i] = 1;
		if (pairs)
			WR_TRY(wr_join_writer_put(&self->writer, left, &right->row[i], WR_INSERT));
	}
	if ((!any && (join == WR_J_LEFT || join == WR_J_FULL || join == WR_J_ANTI)) ||
	    (any && join == WR_J_SEMI))
		return wr_join_writer_put(&self->writer, left, NULL, WR_INSERT);
	return NULL;
}

/* Joins the rows of one key. */
static wr_status *join_key(struct op_window_join *self, const struct wr_row_list *left,
			   const struct wr_row_list *right)
{
	enum wr_join_kind join = self->op.node->u.join.join;

	if (self->matched_capacity < right->count + 1) {
		self->matched_capacity = WR_MAX(2 * self->matched_capacity, right->count + 1);
		self->matched = wr_realloc(self->matched, self->matched_capacity);
		self->right_matched = wr_realloc(self->right_matched, self->matched_capacity);
	}
	memset(self->right_matched, 0, right->count);
	for (uint32_t i = 0; i < left->count; i++)
		WR_TRY(join_left_row(self, &left->row[i], right));
	if (join != WR_J_RIGHT && join != WR_J_FULL)
		return NULL;
	for (uint32_t i = 0; i < right->count; i++)
		if (!self->right_matched[i])
			WR_TRY(wr_join_writer_put(&self->writer, NULL, &right->row[i], WR_INSERT));
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
		for (uint32_t i = 0; i < count; i++)
			WR_TRY(join_key(self, (struct wr_row_list *)slot[i],
					(struct wr_row_list *)slot[i] + 1));
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
	wr_free(self->matched);
	wr_free(self->right_matched);
	wr_free(self->key_type);
}

static uint64_t join_state_bytes(const struct wr_op *op)
{
	return wr_state_bytes(((const struct op_window_join *)op)->state);
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
};

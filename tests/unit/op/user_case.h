/* SPDX-License-Identifier: Apache-2.0
 *
 * user_case - process functions without a planner: a node made by hand, its operators on some
 * workers, rows that are commands for the function, a clock that the test sets, and what came out,
 * a line per row.
 *
 * Rows are (k BIGINT, cmd STRING, ts TIMESTAMP(3) with a watermark `delay_ms` behind the highest).
 * They are fed as one source would be read: cut into epochs, each row with the watermark before it,
 * rows of a key to the worker that owns it.
 */
#ifndef WR_TEST_OP_USER_CASE_H
#define WR_TEST_OP_USER_CASE_H

#include "analyze/columns.h"
#include "restore_case.h"

#define UC_WORKERS 8

struct uc_row {
	int64_t k, ts;
	char cmd[56];
	uint32_t input;
};

struct uc_clock {
	struct wr_env env;
	struct wr_env_ops ops;
	int64_t ms;
};

/* The program's side and the plan's. */
struct uc {
	struct wr_arena arena;
	struct wr_user_op user;
	struct wr_node scan[2], *inputs[2], node;
	struct uc_clock clock;
	int64_t delay_ms;
	uint32_t key[1];
};

/* Operators at work. */
struct uc_run {
	struct uc *uc;
	uint32_t workers, batch, epoch_rows;
	struct wr_op_env env[UC_WORKERS];
	struct wr_op *op[UC_WORKERS];
	int64_t watermark_ms;
	uint64_t epoch;
	struct wr_text *line; /* owned */
	uint32_t count, capacity;
};

static int64_t uc_now_us(struct wr_env *env)
{
	return ((struct uc_clock *)env)->ms * 1000;
}

static inline void uc_schema(struct uc *uc, const char *columns, struct wr_schema *out)
{
	must(wr_columns_parse(&uc->arena, columns, "The columns", out));
}

/* Makes the node; process->columns and the states' are resolved as a flow does. */
static inline void uc_open(struct uc *uc, const struct weir_process *process, bool keyed,
			   uint32_t inputs, bool broadcast)
{
	*uc = (struct uc){.delay_ms = 0};
	wr_arena_init(&uc->arena);
	uc->clock.ops = *wr_env_system()->ops;
	uc->clock.ops.mono_us = uc->clock.ops.wall_us = uc_now_us;
	uc->clock.env.ops = &uc->clock.ops;
	uc->clock.ms = 1000000;
	uc->user = (struct wr_user_op){.kind = WR_U_PROCESS,
				       .name = process->name,
				       .second = inputs > 1,
				       .broadcast = broadcast,
				       .changes = process->changes,
				       .state_count = process->state_count,
				       .side_count = process->side_count,
				       .u.process = *process};
	uc_schema(uc, process->columns, &uc->user.main);
	uc->user.output = uc->user.main;
	uc->user.side = WR_NEW_ARRAY(&uc->arena, struct wr_schema, process->side_count + 1);
	if (process->side_count > 0) {
		struct wr_text text;

		wr_text_init(&text);
		wr_text_printf(&text, "`$side` INT NOT NULL, %s", process->columns);
		for (uint32_t i = 0; i < process->side_count; i++) {
			uc_schema(uc, process->side[i].columns, &uc->user.side[i]);
			wr_text_printf(&text, ", %s", process->side[i].columns);
		}
		uc_schema(uc, wr_text_str(&text), &uc->user.output);
		wr_text_release(&text);
	}
	uc->user.state = WR_NEW_ARRAY(&uc->arena, struct wr_user_state, process->state_count + 1);
	for (uint32_t i = 0; i < process->state_count; i++) {
		struct wr_user_state *state = &uc->user.state[i];

		state->given = process->state[i];
		must(wr_layout_parse(&uc->arena, state->given.columns, "A state",
				     state->given.value_size, true, &state->value));
		if (state->given.kind == WEIR_MAP)
			must(wr_layout_parse(&uc->arena, state->given.key_columns, "A key",
					     state->given.key_size, true, &state->key));
	}
	for (uint32_t i = 0; i < inputs; i++) {
		struct wr_traits *traits = &uc->scan[i].traits;
		struct wr_type *time;

		uc->inputs[i] = &uc->scan[i];
		uc->scan[i].kind = WR_N_SCAN;
		uc_schema(uc, "k BIGINT, cmd STRING, ts TIMESTAMP(3)", &uc->scan[i].schema);
		time = WR_NEW(&uc->arena, struct wr_type);
		*time = *uc->scan[i].schema.field[2].type;
		time->time = WR_TIME_EVENT;
		uc->scan[i].schema.field[2].type = time;
		traits->distribution = WR_D_KEYS;
		traits->keys = (struct wr_column_set){1, uc->key};
	}
	uc->node = (struct wr_node){
	    .kind = WR_N_USER,
	    .schema = uc->user.output,
	    .input = uc->inputs,
	    .input_count = inputs,
	    .state_name = "test",
	    .u.user = {.op = &uc->user, .key = {uc->key, uc->key}, .key_count = keyed ? 1 : 0}};
}

static inline void uc_close(struct uc *uc)
{
	wr_arena_release(&uc->arena);
}

static inline wr_status *uc_emit(struct wr_out *out, struct wr_batch *batch)
{
	struct uc_run *run = out->target;

	out->rows += wr_batch_count(batch);
	for (uint32_t i = 0; i < wr_batch_count(batch); i++) {
		struct wr_text *text;
		bool first = true;

		if (run->count == run->capacity) {
			run->capacity = WR_MAX(64, 2 * run->capacity);
			run->line = wr_realloc(run->line, run->capacity * sizeof *run->line);
		}
		text = &run->line[run->count++];
		wr_text_init(text);
		if (wr_batch_kind(batch, i) != WR_INSERT)
			wr_text_printf(text, "%s ", wr_row_kind_str(wr_batch_kind(batch, i)));
		for (uint32_t c = 0; c < batch->column_count; c++) {
			if (!wr_column_is_valid(batch->column[c], i))
				continue;
			wr_text_puts(text, first ? "" : " ");
			wr_value_print(text, batch->column[c], i, NULL);
			first = false;
		}
	}
	wr_batch_free(batch);
	return NULL;
}

/* Makes operators; why one cannot be made, or NULL. */
static inline wr_status *uc_try(struct uc_run *run, struct uc *uc, uint32_t workers, uint32_t batch,
				uint32_t epoch_rows)
{
	*run = (struct uc_run){.uc = uc,
			       .workers = workers,
			       .batch = batch,
			       .epoch_rows = epoch_rows,
			       .watermark_ms = WR_WATERMARK_MIN};
	for (uint32_t w = 0; w < workers; w++) {
		run->env[w] = (struct wr_op_env){.worker = w,
						 .workers = workers,
						 .batch_rows_max = WR_MIN(batch, 4096),
						 .max_parallelism = 128,
						 .zone_id = "UTC",
						 .backend = &wr_state_memory,
						 .track = true,
						 .env = &uc->clock.env};
		WR_TRY(wr_op_new(&uc->node, &run->env[w], &run->op[w]));
		run->op[w]->out = (struct wr_out){.emit = uc_emit, .target = run};
	}
	return NULL;
}

static inline void uc_start(struct uc_run *run, struct uc *uc, uint32_t workers, uint32_t batch,
			    uint32_t epoch_rows)
{
	must(uc_try(run, uc, workers, batch, epoch_rows));
}

static inline void uc_forget_lines(struct uc_run *run)
{
	for (uint32_t i = 0; i < run->count; i++)
		wr_text_release(&run->line[i]);
	run->count = 0;
}

static inline void uc_stop_ops(struct uc_run *run)
{
	for (uint32_t w = 0; w < run->workers; w++) {
		wr_op_free(run->op[w]);
		run->op[w] = NULL;
	}
}

static inline void uc_stop(struct uc_run *run)
{
	uc_stop_ops(run);
	uc_forget_lines(run);
	wr_free(run->line);
}

static inline uint32_t uc_owner(int64_t k, uint32_t workers)
{
	struct wr_column *column = wr_column_new(&WR_T_BIGINT, 1);
	uint64_t hash;

	WR_DATA(column, int64_t)[0] = k;
	wr_keys_hash(&column, 1, 1, &hash);
	wr_column_unref(column);
	return wr_key_group_worker(wr_key_group(hash, 128), 128, workers);
}

/* A batch of the rows row[0..count) with the watermark before each. */
static inline struct wr_batch *uc_batch(const struct uc *uc, const struct uc_row *const *row,
					const int64_t *watermark_ms, uint32_t count)
{
	const struct wr_schema *schema = &uc->scan[0].schema;
	struct wr_batch *batch = wr_batch_new(3, count);
	struct wr_builder *builder[3];

	for (uint32_t c = 0; c < 3; c++)
		builder[c] = wr_builder_new(schema->field[c].type, count);
	batch->row_watermark = wr_malloc((count + 1) * sizeof(int64_t));
	for (uint32_t i = 0; i < count; i++) {
		wr_builder_i64(builder[0], row[i]->k);
		wr_builder_str(builder[1], row[i]->cmd, strlen(row[i]->cmd));
		wr_builder_i64(builder[2], row[i]->ts);
		batch->row_watermark[i] = watermark_ms[i];
	}
	for (uint32_t c = 0; c < 3; c++) {
		batch->column[c] = wr_builder_finish(builder[c]);
		wr_builder_free(builder[c]);
	}
	return batch;
}

static inline wr_status *uc_process(struct uc_run *run, uint32_t w, uint32_t input,
				    struct wr_batch *batch)
{
	struct wr_op *op = run->op[w];
	wr_status *status = op->type->process(op, input, batch);

	while (status == NULL && op->pending)
		status = op->type->resume(op);
	return status;
}

static inline wr_status *uc_mark(struct uc_run *run, int64_t watermark_ms, uint32_t flags)
{
	struct wr_mark mark = {.epoch = run->epoch++, .watermark_ms = watermark_ms, .flags = flags};

	for (uint32_t w = 0; w < run->workers; w++) {
		bool more = true;

		while (more) {
			more = false;
			WR_TRY(run->op[w]->type->on_mark(run->op[w], &mark, &more));
		}
	}
	return NULL;
}

/* Feeds one epoch of rows and its mark. */
static inline wr_status *uc_epoch(struct uc_run *run, const struct uc_row *rows, uint32_t count)
{
	const struct uc_row **row = wr_malloc((count + 1) * sizeof *row);
	int64_t *watermark_ms = wr_malloc((count + 1) * sizeof *watermark_ms);
	int64_t *before = wr_malloc((count + 1) * sizeof *before);
	wr_status *status = NULL;

	for (uint32_t i = 0; i < count; i++) {
		before[i] = run->watermark_ms;
		run->watermark_ms = WR_MAX(run->watermark_ms, rows[i].ts - run->uc->delay_ms);
	}
	for (uint32_t w = 0; w < run->workers; w++) {
		uint32_t n = 0;

		for (uint32_t i = 0; i <= count && status == NULL; i++) {
			bool mine = i < count && ((run->uc->user.broadcast && rows[i].input == 1) ||
						  uc_owner(rows[i].k, run->workers) == w);

			if (n > 0 && (i == count || n == run->batch ||
				      (mine && rows[i].input != row[n - 1]->input))) {
				status = uc_process(run, w, row[n - 1]->input,
						    uc_batch(run->uc, row, watermark_ms, n));
				n = 0;
			}
			if (!mine)
				continue;
			row[n] = &rows[i];
			watermark_ms[n++] = before[i];
		}
	}
	wr_free(row);
	wr_free(watermark_ms);
	wr_free(before);
	return status != NULL ? status : uc_mark(run, run->watermark_ms, 0);
}

/* Feeds all rows. */
static inline wr_status *uc_feed(struct uc_run *run, const struct uc_row *rows, uint32_t count)
{
	for (uint32_t from = 0; from < count; from += run->epoch_rows)
		WR_TRY(uc_epoch(run, rows + from, WR_MIN(run->epoch_rows, count - from)));
	return NULL;
}

static inline wr_status *uc_end(struct uc_run *run)
{
	return uc_mark(run, WR_WATERMARK_MAX, WR_MARK_END);
}

/* Saves all operators and goes on with others, on `workers`, of the plan `uc`. */
static inline void uc_restore(struct uc_run *run, struct uc *uc, uint32_t workers)
{
	struct saved_op saved[UC_WORKERS];
	uint32_t old = run->workers;
	struct uc_run next;

	for (uint32_t w = 0; w < old; w++)
		save_op(&saved[w], run->op[w]);
	uc_stop_ops(run);
	uc_start(&next, uc, workers, run->batch, run->epoch_rows);
	next.line = run->line;
	next.count = run->count;
	next.capacity = run->capacity;
	next.epoch = run->epoch;
	next.watermark_ms = run->watermark_ms;
	for (uint32_t from = 0; from < old; from++)
		for (uint32_t i = 0; i < saved[from].count; i++) {
			const struct saved_entry *entry = &saved[from].entry[i];

			for (uint32_t w = 0; w < workers; w++) {
				struct wr_column *key = entry->key[0];
				bool mine =
				    key == NULL || uc_owner(WR_DATA(key, int64_t)[0], workers) == w;

				if (mine)
					assert_true(load_entry(next.op[w], entry,
							       wr_text_str(&entry->value),
							       entry->value.len));
			}
		}
	*run = next;
	for (uint32_t w = 0; w < workers; w++) {
		run->op[w]->out.target = run;
		run->op[w]->env = &run->env[w];
		must(run->op[w]->type->restored(run->op[w]));
	}
	for (uint32_t w = 0; w < old; w++)
		saved_release(&saved[w]);
}

/* Keys in all states. */
static inline uint64_t uc_keys(const struct uc_run *run)
{
	uint64_t count = 0;

	for (uint32_t w = 0; w < run->workers; w++)
		for (uint32_t k = 0; k < run->op[w]->kept_count; k++)
			if (run->op[w]->kept[k].state != NULL)
				count += wr_state_count(run->op[w]->kept[k].state, 0);
	return count;
}

struct uc_line {
	int64_t key;
	uint32_t at; /* among those of the run */
};

static inline int uc_compare_lines(const void *a, const void *b)
{
	const struct uc_line *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->at < y->at ? -1 : 1;
}

/* The lines since the last call, joined by '|', those of a key in their order. */
static inline const char *uc_lines(struct uc_run *run, struct wr_text *out)
{
	struct uc_line *line = wr_malloc((run->count + 1) * sizeof *line);

	wr_text_clear(out);
	for (uint32_t i = 0; i < run->count; i++)
		line[i] = (struct uc_line){strtoll(wr_text_str(&run->line[i]), NULL, 10), i};
	if (run->count > 0)
		qsort(line, run->count, sizeof *line, uc_compare_lines);
	for (uint32_t i = 0; i < run->count; i++) {
		if (i > 0)
			wr_text_putc(out, '|');
		wr_text_puts(out, wr_text_str(&run->line[line[i].at]));
	}
	wr_free(line);
	uc_forget_lines(run);
	return wr_text_str(out);
}

#endif

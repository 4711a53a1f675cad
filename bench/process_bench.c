/* SPDX-License-Identifier: Apache-2.0
 *
 * process_bench - what a keyed process function in C costs: `process_bench [operator | job] [ROWS
 * [KEYS [WORKERS]]]`.
 *
 * The function does for every element what a fraud detector does: it reads the amount, has a value
 * state, deletes the timer of the element before and sets one a minute later. `operator` feeds the
 * operator alone from batches in memory; `job` runs a flow of the C API: a source by callback,
 * key_by, process, a sink by callback. Prints elements per second of CPU time, to be compared with
 * the target of 5 million on one core.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "analyze/columns.h"
#include "base/mem.h"
#include "op/op.h"

#define BATCHES     64u  /* of random keys, used over and over */
#define ROWS_PER_MS 100u /* of event time */
#define HOLD_MS     60000
#define TARGET      5e6

struct flag {
	int64_t timer;
	bool small;
};

static uint64_t alerts, fired;

static int on_payment(void *self, struct weir_context *context, const struct weir_row *row)
{
	struct flag *flag = weir_state_make(context, 0);
	int64_t at = weir_timestamp(context);
	double amount = 0;

	(void)self;
	weir_get_f64(row, 1, &amount);
	if (flag->small && amount > 500) {
		struct weir_appender *out = weir_output(context);

		weir_append_value(out, row, 0);
		weir_append_f64(out, amount);
		weir_append_end(out);
		__atomic_fetch_add(&alerts, 1, __ATOMIC_RELAXED);
	}
	if (flag->timer != 0)
		weir_timer_delete(context, WEIR_EVENT_TIME, flag->timer);
	flag->small = amount < 1;
	flag->timer = at + HOLD_MS;
	weir_timer_set(context, WEIR_EVENT_TIME, flag->timer);
	return 0;
}

static int on_timer(void *self, struct weir_context *context, int64_t time_ms, enum weir_time time)
{
	(void)self;
	(void)time_ms;
	(void)time;
	weir_state_clear(context, 0);
	__atomic_fetch_add(&fired, 1, __ATOMIC_RELAXED);
	return 0;
}

static const struct weir_state states[] = {{.size = sizeof(struct weir_state),
					    .name = "flag",
					    .kind = WEIR_VALUE,
					    .columns = "timer BIGINT, small BOOLEAN",
					    .value_size = sizeof(struct flag)}};
static const struct weir_process detector = {.size = sizeof detector,
					     .name = "detector",
					     .columns = "account BIGINT, amount DOUBLE",
					     .state = states,
					     .state_count = 1,
					     .element = on_payment,
					     .timer = on_timer};

static double cpu_seconds(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

static double wall_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static uint64_t random_of(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed >> 11;
}

static void report(const char *what, uint64_t rows, double cpu, double wall)
{
	printf("%-9s %6.2f million elements/s of CPU (%5.1f ns each, %3.0f %% of the target), "
	       "%6.2f million/s by the clock; %llu alerts, %llu timers fired\n",
	       what, (double)rows / cpu * 1e-6, cpu / (double)rows * 1e9,
	       (double)rows / cpu / TARGET * 100, (double)rows / wall * 1e-6,
	       (unsigned long long)alerts, (unsigned long long)fired);
	alerts = fired = 0;
}

static void must(wr_status *status)
{
	if (status == NULL)
		return;
	fprintf(stderr, "%s\n", status->text);
	exit(1);
}

/* --- the operator alone */

static wr_status *drop(struct wr_out *out, struct wr_batch *batch)
{
	out->rows += wr_batch_count(batch);
	wr_batch_free(batch);
	return NULL;
}

/* What a flow would make of it. */
struct plan {
	struct wr_arena arena;
	struct wr_node scan, *input[1], node;
	struct wr_user_state state;
	struct wr_user_op user;
	uint32_t key[1];
	struct wr_column *account[BATCHES], *amount[BATCHES];
	uint64_t *hash[BATCHES];
};

static void make_plan(struct plan *plan)
{
	struct wr_type *time;

	wr_arena_init(&plan->arena);
	plan->user = (struct wr_user_op){.kind = WR_U_PROCESS,
					 .name = detector.name,
					 .state = &plan->state,
					 .state_count = 1,
					 .u.process = detector};
	must(wr_columns_parse(&plan->arena, detector.columns, "Columns", &plan->user.main));
	plan->user.output = plan->user.main;
	plan->state.given = states[0];
	must(wr_layout_parse(&plan->arena, states[0].columns, "State", states[0].value_size, true,
			     &plan->state.value));
	plan->scan.kind = WR_N_SCAN;
	must(wr_columns_parse(&plan->arena,
			      "account BIGINT NOT NULL, amount DOUBLE NOT NULL, `at` TIMESTAMP(3) "
			      "NOT NULL",
			      "Columns", &plan->scan.schema));
	time = WR_NEW(&plan->arena, struct wr_type);
	*time = *plan->scan.schema.field[2].type;
	time->time = WR_TIME_EVENT;
	plan->scan.schema.field[2].type = time;
	plan->scan.traits.distribution = WR_D_KEYS;
	plan->scan.traits.keys = (struct wr_column_set){1, plan->key};
	plan->input[0] = &plan->scan;
	plan->node = (struct wr_node){
	    .kind = WR_N_USER,
	    .schema = plan->user.output,
	    .input = plan->input,
	    .input_count = 1,
	    .u.user = {.op = &plan->user, .key = {plan->key, plan->key}, .key_count = 1}};
}

static void make_batches(struct plan *plan, uint64_t keys)
{
	uint64_t seed = 88172645463325252ull;

	for (uint32_t b = 0; b < BATCHES; b++) {
		plan->account[b] = wr_column_new(plan->scan.schema.field[0].type, 4096);
		plan->amount[b] = wr_column_new(plan->scan.schema.field[1].type, 4096);
		plan->hash[b] = wr_malloc(4096 * sizeof(uint64_t));
		for (uint32_t i = 0; i < 4096; i++) {
			WR_DATA(plan->account[b], int64_t)[i] = (int64_t)(random_of(&seed) % keys);
			WR_DATA(plan->amount[b], double)[i] = (double)(random_of(&seed) % 520);
		}
		wr_keys_hash(&plan->account[b], 1, 4096, plan->hash[b]);
	}
}

/* A batch of row number `from` on: keys move on with each round. */
static struct wr_batch *make_batch(const struct plan *plan, uint64_t from, uint64_t keys)
{
	uint32_t b = (uint32_t)(from / 4096 % BATCHES);
	uint64_t shift = from / 4096 / BATCHES * 7919 % keys;
	struct wr_batch *batch = wr_batch_new(3, 4096);
	const int64_t *account = WR_DATA(plan->account[b], int64_t);
	int64_t *at, *moved;

	batch->column[0] = wr_column_new(plan->scan.schema.field[0].type, 4096);
	batch->column[1] = wr_column_ref(plan->amount[b]);
	batch->column[2] = wr_column_new(plan->scan.schema.field[2].type, 4096);
	batch->row_watermark = wr_malloc(4096 * sizeof(int64_t));
	moved = WR_DATA(batch->column[0], int64_t);
	at = WR_DATA(batch->column[2], int64_t);
	for (uint32_t i = 0; i < 4096; i++) {
		uint64_t key = (uint64_t)account[i] + shift;

		moved[i] = (int64_t)(key < keys ? key : key - keys);
		at[i] = 1700000000000 + (int64_t)((from + i) / ROWS_PER_MS);
		batch->row_watermark[i] = at[i] - 1;
	}
	return batch;
}

static void run_operator(uint64_t rows, uint64_t keys)
{
	static struct plan plan;
	struct wr_op_env env = {.workers = 1,
				.batch_rows_max = 4096,
				.max_parallelism = 128,
				.zone_id = "UTC",
				.backend = &wr_state_memory,
				.env = wr_env_system()};
	struct wr_mark mark = {0};
	double cpu = 0, wall = 0;
	struct wr_op *op;

	make_plan(&plan);
	make_batches(&plan, keys);
	must(wr_op_new(&plan.node, &env, &op));
	op->out = (struct wr_out){.emit = drop};
	for (uint64_t from = 0; from < rows + 4 * keys; from += 4096) {
		struct wr_batch *batch = make_batch(&plan, from, keys);

		if (from / 4096 == 4 * keys / 4096) { /* all keys are there */
			alerts = fired = 0;
			cpu = cpu_seconds();
			wall = wall_seconds();
		}
		must(op->type->process(op, 0, batch));
		if (from / 4096 % 16 == 15) {
			bool more = true;

			mark.watermark_ms = 1700000000000 + (int64_t)(from / ROWS_PER_MS) - 1;
			while (more) {
				more = false;
				must(op->type->on_mark(op, &mark, &more));
			}
			mark.epoch++;
		}
	}
	report("operator", rows, cpu_seconds() - cpu, wall_seconds() - wall);
	printf("          state: %.0f MB\n", (double)wr_op_state_bytes(op) * 1e-6);
	wr_op_free(op);
	for (uint32_t b = 0; b < BATCHES; b++) {
		wr_column_unref(plan.account[b]);
		wr_column_unref(plan.amount[b]);
		wr_free(plan.hash[b]);
	}
	wr_arena_release(&plan.arena);
}

/* --- the whole way */

struct source {
	uint64_t rows, keys, next, seed;
};

static enum weir_code read_rows(void *self, struct weir_appender *out, uint32_t max_rows,
				int64_t *watermark_ms, int64_t *wait_ms)
{
	struct source *source = self;

	(void)wait_ms;
	if (source->next == source->rows)
		return WEIR_END;
	for (uint32_t i = 0; i < max_rows && source->next < source->rows; i++) {
		int64_t at = 1700000000000 + (int64_t)(source->next++ / ROWS_PER_MS);

		weir_append_i64(out, (int64_t)(random_of(&source->seed) % source->keys));
		weir_append_f64(out, (double)(random_of(&source->seed) % 520));
		weir_append_timestamp(out, at, 0);
		weir_append_end(out);
		*watermark_ms = at - 1;
	}
	return WEIR_OK;
}

static int write_rows(void *self, const struct weir_batch *batch)
{
	(void)self;
	(void)batch;
	return 0;
}

static int run_job(uint64_t rows, uint64_t keys, const char *workers)
{
	struct source given = {.rows = rows, .keys = keys, .seed = 88172645463325252ull};
	struct weir_source source = {
	    .size = sizeof source,
	    .name = "payments",
	    .columns = "account BIGINT NOT NULL, amount DOUBLE NOT NULL, `at` TIMESTAMP(3) NOT "
		       "NULL, WATERMARK FOR `at` AS SOURCE_WATERMARK()",
	    .user = &given,
	    .read = read_rows};
	struct weir_sink sink = {.size = sizeof sink, .name = "alerts", .write = write_rows};
	struct weir_session *session = weir_session_new();
	struct weir_error *error = NULL;
	struct weir_flow *flow;
	double cpu, wall;

	weir_set_option(session, "parallelism.default", workers, NULL);
	flow = weir_flow_new(session, "fraud");
	weir_sink_to(
	    weir_process(weir_key_by(weir_from_source(flow, &source), "account"), &detector),
	    &sink);
	cpu = cpu_seconds();
	wall = wall_seconds();
	if (weir_flow_run(flow, NULL, &error) != WEIR_OK) {
		fprintf(stderr, "%s\n", weir_error_report(error));
		weir_error_free(error);
		return 1;
	}
	report("job", rows, cpu_seconds() - cpu, wall_seconds() - wall);
	weir_flow_free(flow);
	weir_session_free(session);
	return 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "all";
	uint64_t rows = argc > 2 ? strtoull(argv[2], NULL, 10) : 20000000;
	uint64_t keys = argc > 3 ? strtoull(argv[3], NULL, 10) : 1000000;
	const char *workers = argc > 4 ? argv[4] : "1";

	if (strcmp(what, "job") != 0)
		run_operator(rows, keys);
	return strcmp(what, "operator") != 0 ? run_job(rows, keys, workers) : 0;
}

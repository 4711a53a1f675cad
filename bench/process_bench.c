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
#include <sys/resource.h>
#include <time.h>

#include "user_op.h"

#define BATCHES 64u /* of random keys, used over and over */
#define HOLD_MS 60000
#define TARGET  5e6

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

static void report(const char *what, uint64_t rows, double cpu, double wall)
{
	printf("%-9s %6.2f million elements/s of CPU (%5.1f ns each, %3.0f %% of the target), "
	       "%6.2f million/s by the clock; %llu alerts, %llu timers fired\n",
	       what, (double)rows / cpu * 1e-6, cpu / (double)rows * 1e9,
	       (double)rows / cpu / TARGET * 100, (double)rows / wall * 1e-6,
	       (unsigned long long)alerts, (unsigned long long)fired);
	alerts = fired = 0;
}

/* --- the operator alone */

struct payments {
	struct plan plan;
	struct wr_column *account[BATCHES], *amount[BATCHES];
};

static void make_plan(struct plan *plan)
{
	plan_make(plan, WR_U_PROCESS,
		  "account BIGINT NOT NULL, amount DOUBLE NOT NULL, `at` TIMESTAMP(3) NOT NULL",
		  detector.columns);
	plan->user.u.process = detector;
	plan_state(plan, &states[0]);
}

static void make_batches(struct payments *self, uint64_t keys)
{
	const struct wr_schema *schema = &self->plan.scan.schema;
	uint64_t seed = 88172645463325252ull;

	for (uint32_t b = 0; b < BATCHES; b++) {
		self->account[b] = wr_column_new(schema->field[0].type, BATCH);
		self->amount[b] = wr_column_new(schema->field[1].type, BATCH);
		for (uint32_t i = 0; i < BATCH; i++) {
			WR_DATA(self->account[b], int64_t)[i] = (int64_t)(random_of(&seed) % keys);
			WR_DATA(self->amount[b], double)[i] = (double)(random_of(&seed) % 520);
		}
	}
}

/* A batch of row number `from` on: keys move on with each round. */
static struct wr_batch *make_batch(const struct payments *self, uint64_t from, uint64_t keys)
{
	const struct wr_schema *schema = &self->plan.scan.schema;
	uint32_t b = (uint32_t)(from / BATCH % BATCHES);
	uint64_t shift = from / BATCH / BATCHES * 7919 % keys;
	struct wr_batch *batch = wr_batch_new(3, BATCH);
	const int64_t *account = WR_DATA(self->account[b], int64_t);
	int64_t *at, *moved;

	batch->column[0] = wr_column_new(schema->field[0].type, BATCH);
	batch->column[1] = wr_column_ref(self->amount[b]);
	batch->column[2] = wr_column_new(schema->field[2].type, BATCH);
	batch->row_watermark = wr_malloc(BATCH * sizeof(int64_t));
	moved = WR_DATA(batch->column[0], int64_t);
	at = WR_DATA(batch->column[2], int64_t);
	for (uint32_t i = 0; i < BATCH; i++) {
		uint64_t key = (uint64_t)account[i] + shift;

		moved[i] = (int64_t)(key < keys ? key : key - keys);
		at[i] = START_MS + (int64_t)((from + i) / ROWS_PER_MS);
		batch->row_watermark[i] = at[i] - 1;
	}
	return batch;
}

static void run_operator(uint64_t rows, uint64_t keys)
{
	static struct payments self;
	struct wr_mark mark = {0};
	double cpu = 0, wall = 0;
	struct wr_op *op;

	make_plan(&self.plan);
	make_batches(&self, keys);
	op = plan_op(&self.plan);
	for (uint64_t from = 0; from < rows + 4 * keys; from += BATCH) {
		struct wr_batch *batch = make_batch(&self, from, keys);

		if (from / BATCH == 4 * keys / BATCH) { /* all keys are there */
			alerts = fired = 0;
			cpu = cpu_seconds();
			wall = wall_seconds();
		}
		must(op->type->process(op, 0, batch));
		if (from / BATCH % 16 == 15) {
			mark.watermark_ms = START_MS + (int64_t)(from / ROWS_PER_MS) - 1;
			mark_all(op, &mark);
			mark.epoch++;
		}
	}
	report("operator", rows, cpu_seconds() - cpu, wall_seconds() - wall);
	printf("          state: %.0f MB\n", (double)wr_op_state_bytes(op) * 1e-6);
	wr_op_free(op);
	for (uint32_t b = 0; b < BATCHES; b++) {
		wr_column_unref(self.account[b]);
		wr_column_unref(self.amount[b]);
	}
	wr_arena_release(&self.plan.arena);
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

/* SPDX-License-Identifier: Apache-2.0
 *
 * window_bench - what windows and asynchronous calls in C cost: `window_bench [ROWS [KEYS]]`.
 *
 * Operators alone, fed from batches in memory. Windows of 50 seconds (5 million elements) over
 * random keys: count and sum in an accumulator, or all rows kept and gone through. Asynchronous
 * calls that are answered before `start` returns. Prints elements per second of CPU time; targets
 * on one core: 2 million a second for windows with an accumulator and a million keys, 1 million a
 * second for calls.
 */
#include <time.h>

#include "user_op.h"

#define WINDOW_MS 50000

struct total {
	int64_t n, sum;
};

static int add(void *user, struct weir_context *context, void *accumulator,
	       const struct weir_row *row)
{
	struct total *total = accumulator;
	int64_t v = 0;

	(void)user;
	(void)context;
	weir_get_i64(row, 1, &v);
	total->n++;
	total->sum += v;
	return 0;
}

static void put(struct weir_context *context, const struct weir_span *window, int64_t n,
		int64_t sum)
{
	struct weir_appender *out = weir_output(context);

	weir_append_value(out, weir_key(context), 0);
	weir_append_i64(out, window->end);
	weir_append_i64(out, n);
	weir_append_i64(out, sum);
	weir_append_end(out);
}

static int show(void *user, struct weir_context *context, const struct weir_span *window,
		const void *accumulator)
{
	const struct total *total = accumulator;

	(void)user;
	put(context, window, total->n, total->sum);
	return 0;
}

static void merge(void *user, void *into, const void *from)
{
	(void)user;
	((struct total *)into)->n += ((const struct total *)from)->n;
	((struct total *)into)->sum += ((const struct total *)from)->sum;
}

static int show_all(void *user, struct weir_context *context, const struct weir_span *window,
		    struct weir_elements *elements)
{
	const struct weir_row *row;
	int64_t sum = 0, v = 0;
	uint64_t at = 0;

	(void)user;
	while ((row = weir_elements_next(elements, &at)) != NULL) {
		weir_get_i64(row, 1, &v);
		sum += v;
	}
	put(context, window, (int64_t)weir_elements_count(elements), sum);
	return 0;
}

static int answer(void *user, struct weir_request *request, const struct weir_row *row)
{
	struct weir_appender *out = weir_request_output(request);

	(void)user;
	for (uint32_t i = 0; i < 4; i++)
		weir_append_value(out, row, i == 3 ? 1 : i % 2);
	weir_append_end(out);
	weir_request_done(request);
	return 0;
}

static double cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* --- an operator and its input */

static void make_plan(struct plan *plan, enum wr_user_kind kind)
{
	plan_make(plan, kind, "k BIGINT NOT NULL, v BIGINT NOT NULL, ts TIMESTAMP(3) NOT NULL",
		  "k BIGINT, e BIGINT, n BIGINT, s BIGINT");
}

static struct wr_batch *make_batch(const struct plan *plan, uint64_t from, uint64_t keys,
				   uint64_t *seed)
{
	struct wr_batch *batch = wr_batch_new(3, BATCH);

	for (uint32_t c = 0; c < 3; c++)
		batch->column[c] = wr_column_new(plan->scan.schema.field[c].type, BATCH);
	batch->row_watermark = wr_malloc(BATCH * sizeof(int64_t));
	for (uint32_t i = 0; i < BATCH; i++) {
		int64_t at = START_MS + (int64_t)((from + i) / ROWS_PER_MS);

		WR_DATA(batch->column[0], int64_t)[i] = (int64_t)(random_of(seed) % keys);
		WR_DATA(batch->column[1], int64_t)[i] = i;
		WR_DATA(batch->column[2], int64_t)[i] = at;
		batch->row_watermark[i] = at - 1;
	}
	return batch;
}

static void run(const char *what, struct plan *plan, uint64_t rows, uint64_t keys)
{
	uint64_t seed = 88172645463325252ull, bytes = 0;
	struct wr_mark mark = {0};
	struct wr_op *op = plan_op(plan);
	double cpu = 0;

	for (uint64_t from = 0; from < rows; from += BATCH) {
		struct wr_batch *batch = make_batch(plan, from, keys, &seed);
		double begin = cpu_seconds();

		must(op->type->process(op, 0, batch));
		mark.watermark_ms = START_MS + (int64_t)((from + BATCH) / ROWS_PER_MS) - 1;
		if (from / BATCH % 16 == 15)
			mark_all(op, &mark);
		cpu += cpu_seconds() - begin;
		if (wr_op_state_bytes(op) > bytes)
			bytes = wr_op_state_bytes(op);
	}
	printf("%-28s %6.2f million elements/s of CPU (%5.1f ns each), %llu results, %.0f MB\n",
	       what, (double)rows / cpu * 1e-6, cpu / (double)rows * 1e9,
	       (unsigned long long)op->out.rows, (double)bytes * 1e-6);
	wr_op_free(op);
	wr_arena_release(&plan->arena);
}

static void run_window(const char *what, struct weir_window window, uint64_t rows, uint64_t keys)
{
	struct plan plan;

	make_plan(&plan, WR_U_WINDOW);
	window.name = "bench";
	plan.user.u.window = window;
	if (window.accumulate != NULL) {
		plan_state(&plan, &(struct weir_state){.name = "accumulator",
						       .kind = WEIR_VALUE,
						       .columns = "n BIGINT, `sum` BIGINT",
						       .value_size = sizeof(struct total)});
	}
	run(what, &plan, rows, keys);
}

int main(int argc, char **argv)
{
	uint64_t rows = argc > 1 ? strtoull(argv[1], NULL, 10) : 20000000;
	uint64_t keys = argc > 2 ? strtoull(argv[2], NULL, 10) : 1000000;
	struct weir_window folded = {.size_ms = WINDOW_MS,
				     .slide_ms = WINDOW_MS / 5,
				     .gap_ms = WINDOW_MS / 5,
				     .count = 10,
				     .accumulate = add,
				     .merge = merge,
				     .result = show};
	struct weir_window kept = {.size_ms = WINDOW_MS, .process = show_all};
	struct plan plan;

	folded.assigner = WEIR_TUMBLING;
	run_window("tumbling, accumulator", folded, rows, keys);
	run_window("tumbling, 1000 keys", folded, rows, 1000);
	folded.assigner = WEIR_SLIDING;
	run_window("sliding by 5, accumulator", folded, rows / 4, keys);
	folded.assigner = WEIR_SESSION;
	run_window("sessions, accumulator", folded, rows / 2, keys);
	folded.assigner = WEIR_COUNT;
	run_window("count of 10, accumulator", folded, rows, keys);
	run_window("tumbling, all rows", kept, rows / 2, keys);
	make_plan(&plan, WR_U_ASYNC);
	plan.user.u.async.start = answer;
	run("async, answered at once", &plan, rows / 4, keys);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * embed_bench - what the engine costs inside a program: `embed_bench
 * [latency|push|memory|sessions]...`;
 * without words all of them. Uses weir.h alone.
 *
 *   latency   a row is pushed into a table of the program, its result comes to a callback: time
 *             between the two, of a filter and of a grouped sum, inline (weir_job_poll) and with
 *             the engine's own threads
 *   push      rows per second into SELECT SUM: one push for each row, for 4,096, and as record
 *             batches of Arrow
 *   memory    1,000 sessions with a query each that has rows in its state: resident memory
 *   sessions  open, SELECT 1, close: per second
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "weir/weir.h"

#define ROWS     200000 /* of a latency measurement, one after the other */
#define WARM     20000  /* before them, not counted */
#define ENGINES  1000   /* of the memory measurement */
#define IDLE_S   2      /* in which they have nothing to do */
#define SESSIONS 2000   /* of the sessions measurement */

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* Ends the program when a call has failed. */
static void must(enum weir_code code, struct weir_error *error)
{
	if (code == WEIR_OK)
		return;
	fprintf(stderr, "%s\n", error != NULL ? weir_error_report(error) : "a call failed");
	exit(1);
}

/* What the callback has seen. */
struct seen {
	atomic_ullong rows;
	atomic_llong at_ns; /* of the last one */
};

static int on_row(void *user, const struct weir_row *row)
{
	struct seen *seen = user;

	atomic_store(&seen->at_ns, now_ns());
	atomic_fetch_add(&seen->rows, 1);
	return 0;
}

/* A session, its table of the program, and a query over it. */
struct engine {
	struct weir_session *session;
	struct weir_input *input;
	struct weir_job *job;
	struct seen seen;
};

static const char table[] =
    "CREATE TABLE payments (account BIGINT, amount DOUBLE) WITH ('connector' = 'input')";

static void engine_open(struct engine *engine, const char *query, uint32_t flags)
{
	struct weir_handler handler = {
	    .size = sizeof handler, .row = on_row, .user = &engine->seen};
	struct weir_error *error = NULL;
	enum weir_code code;

	memset(engine, 0, sizeof *engine);
	engine->session = weir_session_new();
	code = weir_execute(engine->session, table, NULL, &error);
	must(code, error);
	code = weir_input_open(engine->session, "payments", &engine->input, &error);
	must(code, error);
	code = weir_submit(engine->session, query, flags, &handler, &engine->job, &error);
	must(code, error);
}

static void engine_close(struct engine *engine)
{
	weir_job_free(engine->job);
	weir_input_free(engine->input);
	weir_session_free(engine->session);
}

static void push(struct engine *engine, int64_t account, double amount)
{
	struct weir_appender *out = weir_input_appender(engine->input);
	struct weir_error *error = NULL;
	enum weir_code code;

	weir_append_i64(out, account);
	weir_append_f64(out, amount);
	weir_append_end(out);
	code = weir_input_push(engine->input, WEIR_INPUT_WAIT, &error);
	must(code, error);
}

static int by_size(const void *a, const void *b)
{
	int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

	return (left > right) - (left < right);
}

/* Pushes a row and waits for `results` rows of its result; the time until the first of them. */
static int64_t one_row(struct engine *engine, uint32_t flags, uint64_t i, uint64_t results)
{
	uint64_t before = atomic_load(&engine->seen.rows);
	int64_t begin_ns = now_ns();

	push(engine, (int64_t)(i % 1000), 1.5);
	while (atomic_load(&engine->seen.rows) < before + results)
		if (flags & WEIR_JOB_INLINE)
			must(weir_job_poll(engine->job, NULL), NULL);
	return atomic_load(&engine->seen.at_ns) - begin_ns;
}

static void latency(const char *name, const char *query, uint32_t flags, bool updates)
{
	int64_t *times = calloc(ROWS, sizeof *times);
	struct engine engine;

	engine_open(&engine, query, flags);
	for (uint64_t i = 0; i < WARM; i++)
		(void)one_row(&engine, flags, i, updates && i >= 1000 ? 2 : 1);
	for (uint64_t i = 0; i < ROWS; i++)
		times[i] = one_row(&engine, flags, i, updates ? 2 : 1);
	qsort(times, ROWS, sizeof *times, by_size);
	printf("%-22s %-8s p50 %6.2f us   p99 %6.2f us   p99.9 %7.2f us   max %8.2f us\n", name,
	       flags & WEIR_JOB_INLINE ? "inline" : "threads", (double)times[ROWS / 2] / 1e3,
	       (double)times[ROWS * 99 / 100] / 1e3, (double)times[ROWS * 999 / 1000] / 1e3,
	       (double)times[ROWS - 1] / 1e3);
	engine_close(&engine);
	free(times);
}

/* A poll that finds nothing to do. */
static void idle_poll(void)
{
	struct engine engine;
	int64_t begin_ns;

	engine_open(&engine, "SELECT * FROM payments WHERE amount > 1", WEIR_JOB_INLINE);
	(void)one_row(&engine, WEIR_JOB_INLINE, 0, 1);
	begin_ns = now_ns();
	for (int i = 0; i < ROWS; i++)
		must(weir_job_poll(engine.job, NULL), NULL);
	printf("%-22s %-8s %.3f us\n", "a poll without rows", "inline",
	       (double)(now_ns() - begin_ns) / ROWS / 1e3);
	engine_close(&engine);
}

#define FILTER  "SELECT account, amount * 2 FROM payments WHERE amount > 1"
#define GROUPED "SELECT account, SUM(amount), COUNT(*) FROM payments GROUP BY account"

static void latencies(void)
{
	latency("filter", FILTER, WEIR_JOB_INLINE, false);
	latency("grouped sum", GROUPED, WEIR_JOB_INLINE, true);
	latency("filter", FILTER, 0, false);
	latency("grouped sum", GROUPED, 0, true);
	idle_poll();
}

/* --- pushing */

#define PUSHED     20000000 /* rows of a measurement */
#define ARROW_ROWS 65536    /* of a record batch */

static void leave_array(struct ArrowArray *array)
{
	array->release = NULL;
}

static void leave_schema(struct ArrowSchema *schema)
{
	schema->release = NULL;
}

/* Pushes a record batch whose buffers stay where they are. */
static void push_arrow(struct engine *engine, const int64_t *account, const double *amount)
{
	const void *buffers[2][2] = {{NULL, account}, {NULL, amount}}, *none[1] = {NULL};
	struct ArrowSchema field[2] = {{.format = "l", .name = "account", .release = leave_schema},
				       {.format = "g", .name = "amount", .release = leave_schema}};
	struct ArrowSchema *fields[2] = {&field[0], &field[1]};
	struct ArrowSchema schema = {.format = "+s",
				     .name = "",
				     .n_children = 2,
				     .children = fields,
				     .release = leave_schema};
	/* Moved with the batch: they live until the job has let go of it. */
	struct ArrowArray *child = calloc(2, sizeof *child);
	struct ArrowArray **children = calloc(2, sizeof *children);
	const void **places = calloc(5, sizeof *places);
	struct ArrowArray array = {.length = ARROW_ROWS,
				   .n_buffers = 1,
				   .n_children = 2,
				   .buffers = &places[4],
				   .children = children,
				   .release = leave_array};
	struct weir_error *error = NULL;
	enum weir_code code;

	places[4] = none[0];
	for (int i = 0; i < 2; i++) {
		places[2 * i] = buffers[i][0];
		places[2 * i + 1] = buffers[i][1];
		children[i] = &child[i];
		child[i] = (struct ArrowArray){.length = ARROW_ROWS,
					       .n_buffers = 2,
					       .buffers = &places[2 * i],
					       .release = leave_array};
	}
	code = weir_input_push_arrow(engine->input, &array, &schema, 0, &error);
	must(code, error);
}

/* Appends rows and pushes every `each` of them; 0: as record batches. */
static void push_rate(const char *name, uint64_t each)
{
	uint64_t rows = each == 1 ? PUSHED / 4 : PUSHED;
	int64_t *account = calloc(ARROW_ROWS, sizeof *account);
	double *amount = calloc(ARROW_ROWS, sizeof *amount);
	struct weir_appender *out;
	struct engine engine;
	int64_t begin_ns;

	for (int i = 0; i < ARROW_ROWS; i++)
		account[i] = i % 1000;
	engine_open(&engine, "SELECT SUM(amount), SUM(account) FROM payments", 0);
	out = weir_input_appender(engine.input);
	must(weir_input_wait(engine.input, -1), NULL);
	begin_ns = now_ns();
	for (uint64_t i = 0; each == 0 && i < rows; i += ARROW_ROWS)
		push_arrow(&engine, account, amount);
	for (uint64_t i = 0; each > 0 && i < rows; i++) {
		weir_append_i64(out, (int64_t)(i % 1000));
		weir_append_f64(out, 1.5);
		weir_append_end(out);
		if ((i + 1) % each == 0)
			must(weir_input_push(engine.input, WEIR_INPUT_WAIT, NULL), NULL);
	}
	weir_input_end(engine.input);
	must(weir_job_wait(engine.job, -1, NULL), NULL);
	printf("%-22s %-8s %.1f million rows per second\n", name, "threads",
	       (double)rows / ((double)(now_ns() - begin_ns) / 1e3));
	engine_close(&engine);
	free(account);
	free(amount);
}

static void pushes(void)
{
	push_rate("a push for each row", 1);
	push_rate("a push for 4,096", 4096);
	push_rate("record batches", 0);
}

/* Resident memory of the process in MB. */
static double resident_mb(void)
{
	long pages = 0;
	FILE *file = fopen("/proc/self/statm", "r");

	if (file == NULL || fscanf(file, "%*d %ld", &pages) != 1)
		pages = 0;
	if (file != NULL)
		fclose(file);
	return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1e6;
}

static void memory(uint32_t flags)
{
	struct engine *engines = calloc(ENGINES, sizeof *engines);
	double before_mb = resident_mb();
	int64_t begin_ns = now_ns(), started_ns;
	clock_t cpu;

	for (int i = 0; i < ENGINES; i++) {
		engine_open(&engines[i], GROUPED, flags);
		for (uint64_t k = 0; k < 100; k++)
			(void)one_row(&engines[i], flags, k, 1);
	}
	started_ns = now_ns();
	cpu = clock();
	sleep(IDLE_S);
	cpu = clock() - cpu;
	printf("%-22s %-8s %.1f MB (%.0f kB each), started in %.1f s, idle: %.1f %% of a core\n",
	       "1,000 engines", flags & WEIR_JOB_INLINE ? "inline" : "threads",
	       resident_mb() - before_mb, (resident_mb() - before_mb) * 1e3 / ENGINES,
	       (double)(started_ns - begin_ns) / 1e9, (double)cpu / CLOCKS_PER_SEC / IDLE_S * 100);
	for (int i = 0; i < ENGINES; i++)
		engine_close(&engines[i]);
	free(engines);
}

static void sessions(void)
{
	int64_t begin_ns = now_ns();

	for (int i = 0; i < SESSIONS; i++) {
		struct weir_session *session = weir_session_new();
		struct weir_handler handler = {.size = sizeof handler};

		must(weir_execute(session, "SELECT 1", &handler, NULL), NULL);
		weir_session_free(session);
	}
	printf("%-22s %-8s %.0f per second (%.0f us each)\n", "open, SELECT 1, close", "",
	       SESSIONS / ((double)(now_ns() - begin_ns) / 1e9),
	       (double)(now_ns() - begin_ns) / SESSIONS / 1e3);
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = argc > 1 ? 1 : 0; i < argc; i++) {
		const char *what = i == 0 ? "" : argv[i];

		if (*what == '\0' || strcmp(what, "latency") == 0)
			latencies();
		if (*what == '\0' || strcmp(what, "push") == 0)
			pushes();
		if (*what == '\0' || strcmp(what, "memory") == 0) {
			memory(WEIR_JOB_INLINE);
			memory(0);
		}
		if (*what == '\0' || strcmp(what, "sessions") == 0)
			sessions();
	}
	return 0;
}

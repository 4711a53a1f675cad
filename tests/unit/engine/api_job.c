/* SPDX-License-Identifier: Apache-2.0
 *
 * api_job - weir.h: prepared scripts, jobs beside the program and inline, their ends and figures.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../slow.h"
#include "weir/weir.h"

#define SECONDS 20 /* after which a test has failed */

/* 100,000 numbers at once, then the end. */
#define NUMBERS                                                                                    \
	"CREATE TEMPORARY TABLE IF NOT EXISTS numbers (a BIGINT) WITH ('connector' = 'datagen', "  \
	"'rows-per-second' = '50000000', 'number-of-rows' = '100000', 'fields.a.kind' = "          \
	"'sequence', 'fields.a.start' = '1', 'fields.a.end' = '100000');"
/* Rows that never end. */
#define ENDLESS                                                                                    \
	"CREATE TEMPORARY TABLE IF NOT EXISTS endless (a BIGINT) WITH ('connector' = 'datagen', "  \
	"'rows-per-second' = '1000');"

/* What the callbacks heard. */
struct heard {
	atomic_uint begun, ended, rows, batches, notices;
	atomic_llong sum; /* of the first column */
	pthread_t thread; /* that the last row came on */
	unsigned stop_at; /* row at which to stop; 0: never */
	char text[4096];  /* lines */
	char thread_name[32];
};

static int hear_begin(void *user, const struct weir_result *result)
{
	((struct heard *)user)->begun++;
	return 0;
}

static int hear_row(void *user, const struct weir_row *row)
{
	struct heard *heard = user;
	int64_t value = 0;

	(void)weir_get_i64(row, 0, &value);
	heard->sum += value;
	heard->thread = pthread_self();
	pthread_getname_np(pthread_self(), heard->thread_name, sizeof heard->thread_name);
	return ++heard->rows == heard->stop_at;
}

static int hear_batch(void *user, const struct weir_batch *batch)
{
	struct heard *heard = user;
	struct weir_column column;

	heard->batches++;
	heard->rows += weir_batch_rows(batch);
	assert_true(weir_batch_column(batch, 0, &column));
	assert_int_equal(column.layout, WEIR_LAYOUT_I64);
	for (uint32_t i = 0; i < weir_batch_rows(batch); i++)
		heard->sum +=
		    ((const int64_t *)column.data)[weir_batch_index(batch, i) & column.mask];
	return 0;
}

static int hear_end(void *user, const struct weir_result *result)
{
	((struct heard *)user)->ended++;
	return 0;
}

static int hear_text(void *user, const char *text)
{
	struct heard *heard = user;
	size_t used = strlen(heard->text);

	snprintf(heard->text + used, sizeof heard->text - used, "%s", text);
	return 0;
}

static void hear_notice(void *user, const char *text)
{
	((struct heard *)user)->notices++;
}

static struct weir_handler rows_to(struct heard *heard)
{
	return (struct weir_handler){.size = sizeof(struct weir_handler),
				     .begin = hear_begin,
				     .row = hear_row,
				     .end = hear_end,
				     .text = hear_text,
				     .notice = hear_notice,
				     .user = heard};
}

/* Fails with the error's report unless the code is as expected. */
static void expect(enum weir_code got, enum weir_code want, struct weir_error **error)
{
	if (got != want)
		fail_msg("code %d, not %d: %s", got, want,
			 *error != NULL ? weir_error_report(*error) : "no error");
	weir_error_free(*error);
	*error = NULL;
}

static struct weir_job *submit(struct weir_session *session, const char *sql, uint32_t flags,
			       struct heard *heard)
{
	struct weir_handler handler = rows_to(heard);
	struct weir_error *error = NULL;
	struct weir_job *job;

	expect(weir_submit(session, sql, flags, &handler, &job, &error), WEIR_OK, &error);
	return job;
}

static struct weir_job_metrics metrics_of(struct weir_job *job)
{
	struct weir_job_metrics metrics = {.size = sizeof metrics};

	weir_job_metrics(job, &metrics);
	return metrics;
}

/* Waits until `what` holds. */
#define UNTIL(what)                                                                                \
	do {                                                                                       \
		for (int waited = 0; !(what); waited++) {                                          \
			assert_true(waited < SECONDS * 1000);                                      \
			usleep(1000);                                                              \
		}                                                                                  \
	} while (0)

/* --- sizes and misuse ---------------------------------------------------------------------------
 */

static void test_sizes(void **state)
{
	struct weir_session *session = weir_session_new();
	struct heard heard = {0};
	struct {
		struct weir_handler handler;
		void *later; /* of a version to come */
	} large = {.handler = rows_to(&heard)};
	struct weir_handler none = {.row = hear_row, .user = &heard};
	struct weir_error *error = NULL;
	struct weir_job *job = (struct weir_job *)&none;

	assert_int_equal(weir_execute(session, "SELECT 1", &none, &error), WEIR_MISUSE);
	assert_non_null(strstr(weir_error_text(error), "sizeof(struct weir_handler)"));
	weir_error_free(error);
	assert_int_equal(weir_submit(session, "SELECT 1", 0, &none, &job, NULL), WEIR_MISUSE);
	assert_null(job);
	assert_int_equal(weir_submit(session, "SELECT 1", 64, NULL, &job, NULL), WEIR_MISUSE);
	large.handler.size = sizeof large;
	assert_int_equal(weir_execute(session, "SELECT 1", &large.handler, NULL), WEIR_OK);
	assert_int_equal(heard.rows, 1);
	/* A program built before `batch` and `notice`: what lies behind is not looked at. */
	large.handler.size = offsetof(struct weir_handler, batch);
	large.handler.batch = hear_batch;
	assert_int_equal(weir_execute(session, "SELECT CAST(1 AS BIGINT)", &large.handler, NULL),
			 WEIR_OK);
	assert_int_equal(heard.rows, 2);
	assert_int_equal(heard.batches, 0);
	weir_session_free(session);
}

static void test_batches(void **state)
{
	struct weir_session *session = weir_session_new();
	struct heard heard = {0};
	struct weir_handler handler = rows_to(&heard);

	handler.batch = hear_batch;
	assert_int_equal(
	    weir_execute(session, NUMBERS "SELECT a FROM numbers WHERE a > 10", &handler, NULL),
	    WEIR_OK);
	assert_int_equal(heard.rows, 99990);
	assert_true(heard.batches < 1000);
	assert_true(heard.sum == INT64_C(5000050000) - 55);
	weir_session_free(session);
}

/* --- prepared scripts ---------------------------------------------------------------------------
 */

static void test_prepare(void **state)
{
	struct weir_session *session = weir_session_new();
	struct weir_statement *statement;
	struct weir_error *error = NULL;
	struct heard heard = {0};
	struct weir_handler handler = rows_to(&heard);

	expect(
	    weir_prepare(session, NUMBERS "SELECT a, a + 1 AS b FROM numbers", &statement, &error),
	    WEIR_OK, &error);
	assert_int_equal(heard.rows, 0);
	assert_int_equal(weir_column_count(weir_statement_result(statement)), 2);
	assert_string_equal(weir_column_name(weir_statement_result(statement), 1), "b");
	for (unsigned i = 1; i <= 3; i++) {
		expect(weir_statement_execute(statement, &handler, &error), WEIR_OK, &error);
		assert_int_equal(heard.rows, i * 100000);
		assert_int_equal(weir_session_stats(session).rows_out, 100000);
	}
	/* The table goes and comes back as another: the statement has its own. */
	expect(weir_execute(session,
			    "DROP TEMPORARY TABLE numbers; CREATE TABLE numbers (b STRING) WITH "
			    "('connector' = 'datagen', 'number-of-rows' = '1')",
			    NULL, &error),
	       WEIR_OK, &error);
	expect(weir_statement_execute(statement, &handler, &error), WEIR_OK, &error);
	assert_int_equal(heard.rows, 400000);
	weir_session_free(session); /* the statement keeps what it needs */
	expect(weir_statement_execute(statement, &handler, &error), WEIR_OK, &error);
	assert_int_equal(heard.rows, 500000);
	weir_statement_free(statement);
	weir_statement_free(NULL);
}

static void test_prepare_errors(void **state)
{
	struct weir_session *session = weir_session_new();
	struct weir_statement *statement = (struct weir_statement *)session;
	struct weir_error *error = NULL;

	assert_int_equal(weir_prepare(session, "SELECT\n nothing", &statement, &error),
			 WEIR_ERROR_SCRIPT);
	assert_null(statement);
	assert_int_equal(weir_error_line(error), 2);
	weir_error_free(error);
	/* Failures of the job have their places in the script, too. */
	expect(weir_prepare(session, "SELECT\n CAST(a AS INT) FROM (VALUES ('x')) AS t (a)",
			    &statement, &error),
	       WEIR_OK, &error);
	assert_int_equal(weir_statement_execute(statement, NULL, &error), WEIR_ERROR_JOB);
	assert_int_equal(weir_error_line(error), 2);
	assert_non_null(strstr(weir_error_report(error), "^"));
	weir_error_free(error);
	weir_statement_free(statement);
	/* What is shown is a result, a declaration has none, several have no one. */
	expect(weir_prepare(session, "SHOW TABLES", &statement, &error), WEIR_OK, &error);
	assert_string_equal(weir_column_name(weir_statement_result(statement), 0), "table name");
	weir_statement_free(statement);
	expect(weir_prepare(session, "CREATE VIEW v AS SELECT 1", &statement, &error), WEIR_OK,
	       &error);
	assert_null(weir_statement_result(statement));
	weir_statement_free(statement);
	expect(weir_prepare(session, "SELECT 1; SELECT 2", &statement, &error), WEIR_OK, &error);
	assert_null(weir_statement_result(statement));
	weir_statement_free(statement);
	weir_session_free(session);
}

/* --- jobs with threads --------------------------------------------------------------------------
 */

static void test_submit(void **state)
{
	struct weir_session *session = weir_session_new();
	struct heard heard = {0};
	struct weir_error *error = NULL;
	struct weir_job_metrics metrics;
	struct weir_job *job;
	char *json;

	job = submit(session, NUMBERS "SELECT a FROM numbers; SHOW TABLES; SELECT 7", 0, &heard);
	expect(weir_job_wait(job, -1, &error), WEIR_OK, &error);
	expect(weir_job_wait(job, 0, &error), WEIR_OK, &error);
	assert_int_equal(heard.begun, 2);
	assert_int_equal(heard.ended, 2);
	assert_int_equal(heard.rows, 100001);
	assert_string_equal(heard.text, "numbers\n");
	assert_int_equal(strncmp(heard.thread_name, "weir-", 5), 0);
	metrics = metrics_of(job);
	assert_int_equal(metrics.state, WEIR_JOB_FINISHED);
	assert_int_equal(metrics.rows_in, 100000);
	assert_int_equal(metrics.rows_out, 100001);
	assert_true(metrics.elapsed_us > 0);
	assert_true(metrics.busy_us > 0);
	json = weir_job_metrics_json(job);
	assert_non_null(strstr(json, "{\"state\":\"finished\""));
	assert_non_null(strstr(json, "\"rows_out\":100001"));
	assert_non_null(strstr(json, "\"stages\":[{\"name\":"));
	weir_free(json);
	weir_job_free(job);
	weir_job_free(NULL);
	weir_session_free(session);
}

static void test_submit_errors(void **state)
{
	struct weir_session *session = weir_session_new();
	struct heard heard = {.stop_at = 10};
	struct weir_error *error = NULL;
	struct weir_job *job = (struct weir_job *)&heard;

	assert_int_equal(weir_submit(session, "SELECT 1 FROM nowhere", 0, NULL, &job, &error),
			 WEIR_ERROR_SCRIPT);
	assert_null(job);
	assert_non_null(strstr(weir_error_report(error), "^^^^^^^"));
	weir_error_free(error);
	expect(weir_submit(session, "SELECT CAST(a AS INT) FROM (VALUES ('x')) AS t (a)", 0, NULL,
			   &job, &error),
	       WEIR_OK, &error);
	for (int i = 0; i < 2; i++) { /* everybody who asks gets an error of his own */
		assert_int_equal(weir_job_wait(job, -1, &error), WEIR_ERROR_JOB);
		assert_non_null(strstr(weir_error_text(error), "'x'"));
		assert_int_equal(weir_error_line(error), 1);
		weir_error_free(error);
	}
	assert_int_equal(metrics_of(job).state, WEIR_JOB_FAILED);
	assert_int_equal(weir_job_poll(job, &error), WEIR_MISUSE);
	weir_error_free(error);
	weir_job_free(job);
	job = submit(session, NUMBERS "SELECT a FROM numbers", 0, &heard);
	assert_int_equal(weir_job_wait(job, -1, NULL), WEIR_STOPPED);
	assert_int_equal(heard.rows, 10);
	weir_job_free(job);
	weir_session_free(session);
}

/* Several at once, and declarations that change under them. */
static void test_beside_each_other(void **state)
{
	struct weir_session *session = weir_session_new();
	struct heard heard[4] = {0};
	struct weir_job *job[4];
	struct weir_error *error = NULL;

	for (int i = 0; i < 4; i++) {
		job[i] =
		    submit(session,
			   ENDLESS "CREATE TEMPORARY VIEW v AS SELECT a, a * 2 AS b FROM endless;"
				   "SELECT a, b FROM v WHERE a IS NOT NULL",
			   0, &heard[i]);
		expect(weir_execute(session, "DROP TEMPORARY VIEW v; DROP TEMPORARY TABLE endless",
				    NULL, &error),
		       WEIR_OK, &error);
	}
	for (int i = 0; i < 4; i++) {
		UNTIL(heard[i].rows > 50);
		assert_int_equal(metrics_of(job[i]).state, WEIR_JOB_RUNNING);
		assert_int_equal(weir_job_wait(job[i], 1, NULL), WEIR_TIMEOUT);
	}
	weir_job_cancel(job[0]);
	assert_int_equal(weir_job_wait(job[0], -1, &error), WEIR_CANCELLED);
	weir_error_free(error);
	assert_int_equal(metrics_of(job[0]).state, WEIR_JOB_CANCELLED);
	weir_job_drain(job[1]);
	expect(weir_job_wait(job[1], -1, &error), WEIR_OK, &error);
	assert_int_equal(heard[1].ended, 1);
	weir_session_free(session); /* before its jobs */
	for (int i = 0; i < 4; i++)
		weir_job_free(job[i]); /* two of them still run */
}

/* Threads of the process that are the library's. */
static int count_named(void)
{
	DIR *tasks = opendir("/proc/self/task");
	struct dirent *entry;
	int named = 0;

	while ((entry = readdir(tasks)) != NULL) {
		char path[300], name[64] = "";
		FILE *file;

		snprintf(path, sizeof path, "/proc/self/task/%s/comm", entry->d_name);
		file = entry->d_name[0] != '.' ? fopen(path, "r") : NULL;
		if (file == NULL)
			continue;
		if (fgets(name, sizeof name, file) != NULL)
			named += strncmp(name, "weir-", 5) == 0;
		fclose(file);
	}
	closedir(tasks);
	return named;
}

/* The library's threads have names; an inline job has none. */
static void test_threads(void **state)
{
	struct weir_session *session = weir_session_new();
	struct heard heard = {0};
	struct weir_job *job;

	assert_int_equal(weir_set_option(session, "parallelism.default", "3", NULL), WEIR_OK);
	job = submit(session, ENDLESS "SELECT a FROM endless", WEIR_JOB_INLINE, &heard);
	UNTIL(weir_job_poll(job, NULL) == WEIR_OK && heard.rows > 0);
	assert_int_equal(count_named(), 0);
	weir_job_free(job);
	job = submit(session, ENDLESS "SELECT a FROM endless", 0, &heard);
	UNTIL(count_named() == 3); /* weir-run is the first worker */
	weir_job_free(job);
	assert_int_equal(count_named(), 0);
	weir_session_free(session);
}

/* --- checkpoints --------------------------------------------------------------------------------
 */

static char folder[] = "/tmp/weir-api-XXXXXX";

static int make_folder(void **state)
{
	memcpy(folder + strlen(folder) - 6, "XXXXXX", 6);
	return mkdtemp(folder) == NULL;
}

static int remove_folder(void **state)
{
	char command[100];

	snprintf(command, sizeof command, "rm -r '%s'", folder);
	return system(command);
}

static void set_checkpoints(struct weir_session *session)
{
	assert_int_equal(
	    weir_set_option(session, "execution.checkpointing.interval", "100 ms", NULL), WEIR_OK);
	assert_int_equal(weir_set_option(session, "execution.checkpointing.dir", folder, NULL),
			 WEIR_OK);
}

#define COUNTING                                                                                   \
	ENDLESS "CREATE TEMPORARY TABLE IF NOT EXISTS hole (a BIGINT, n BIGINT) WITH "             \
		"('connector' = 'blackhole');"                                                     \
		"INSERT INTO hole SELECT a, COUNT(*) FROM endless GROUP BY a;"

/* A savepoint that the job goes on behind, then one that ends it. */
static void savepoints(uint32_t flags)
{
	struct weir_session *session = weir_session_new();
	struct weir_error *error = NULL;
	struct heard heard = {0};
	struct weir_job_metrics metrics;
	struct weir_job *job;
	char *path;

	set_checkpoints(session);
	job = submit(session, COUNTING "SELECT 1", flags, &heard);
	do {
		if (flags != 0)
			expect(weir_job_poll(job, &error), WEIR_OK, &error);
		metrics = metrics_of(job);
	} while (metrics.checkpoints == 0 || metrics.rows_in < 10);
	assert_true(metrics.checkpoint_bytes > 0);
	expect(weir_job_savepoint(job, NULL, false, &path, &error), WEIR_OK, &error);
	assert_non_null(strstr(path, "savepoint-1"));
	assert_int_equal(access(path, R_OK), 0);
	weir_free(path);
	assert_int_equal(metrics_of(job).state, WEIR_JOB_RUNNING);
	expect(weir_job_savepoint(job, NULL, true, &path, &error), WEIR_OK, &error);
	assert_non_null(strstr(path, "savepoint-2"));
	expect(weir_job_wait(job, -1, &error), WEIR_OK, &error);
	assert_int_equal(metrics_of(job).state, WEIR_JOB_FINISHED);
	assert_int_equal(heard.rows, 0); /* nothing begins behind it */
	assert_int_equal(weir_job_savepoint(job, NULL, true, NULL, &error), WEIR_ERROR_JOB);
	weir_error_free(error);
	weir_job_free(job);
	/* Another job goes on from there. */
	expect(weir_set_option(session, "execution.state-recovery.path", path, &error), WEIR_OK,
	       &error);
	weir_free(path);
	job = submit(session, COUNTING, flags, &heard);
	do {
		if (flags != 0)
			expect(weir_job_poll(job, &error), WEIR_OK, &error);
	} while (metrics_of(job).rows_in < 10);
	assert_true(heard.notices > 0);
	weir_job_free(job);
	weir_session_free(session);
}

static void test_savepoints(void **state)
{
	savepoints(0);
}

static void test_savepoints_inline(void **state)
{
	savepoints(WEIR_JOB_INLINE);
}

static void test_no_savepoint(void **state)
{
	struct weir_session *session = weir_session_new();
	struct weir_error *error = NULL;
	struct heard heard = {0};
	struct weir_job *job = submit(session, ENDLESS "SELECT a FROM endless", 0, &heard);

	/* The job that is about to begin is waited for. */
	assert_int_equal(weir_job_savepoint(job, NULL, false, NULL, &error), WEIR_ERROR_JOB);
	assert_non_null(weir_error_hint(error));
	assert_non_null(strstr(weir_error_hint(error), "execution.checkpointing.interval"));
	weir_error_free(error);
	weir_job_free(job);
	weir_session_free(session);
}

/* --- inline jobs --------------------------------------------------------------------------------
 */

static void test_inline(void **state)
{
	struct weir_session *session = weir_session_new();
	struct weir_error *error = NULL;
	struct heard heard = {0};
	struct weir_job *job;
	enum weir_code code;

	job =
	    submit(session,
		   NUMBERS "SELECT a, COUNT(*) FROM numbers WHERE a < 100 GROUP BY a; SHOW TABLES; "
			   "SELECT 7",
		   WEIR_JOB_INLINE, &heard);
	assert_int_equal(heard.begun, 0);
	while ((code = weir_job_poll(job, &error)) == WEIR_OK)
		;
	expect(code, WEIR_END, &error);
	assert_int_equal(weir_job_poll(job, NULL), WEIR_END);
	assert_int_equal(weir_job_wait(job, 0, NULL), WEIR_OK);
	assert_true(pthread_equal(heard.thread, pthread_self()));
	assert_int_equal(heard.rows, 100);
	assert_int_equal(heard.ended, 2);
	assert_int_equal(metrics_of(job).state, WEIR_JOB_FINISHED);
	assert_int_equal(metrics_of(job).rows_in, 100000);
	weir_job_free(job);
	/* No thread at all, and several beside each other. */
	weir_session_free(session);
}

static void test_inline_ends(void **state)
{
	struct weir_session *session = weir_session_new();
	struct weir_error *error = NULL;
	struct heard heard = {0}, other = {0};
	struct weir_job *job, *job2;
	char *json;

	job = submit(session, ENDLESS "SELECT a FROM endless", WEIR_JOB_INLINE, &heard);
	job2 = submit(session, ENDLESS "SELECT a FROM endless", WEIR_JOB_INLINE, &other);
	assert_int_equal(weir_job_wait(job, 20, NULL), WEIR_TIMEOUT);
	UNTIL(weir_job_poll(job, NULL) == WEIR_OK && heard.rows > 20);
	assert_int_equal(other.rows, 0);
	UNTIL(weir_job_poll(job2, NULL) == WEIR_OK && other.rows > 20);
	json = weir_job_metrics_json(job);
	assert_non_null(strstr(json, "{\"state\":\"running\",\"job\":\"SELECT\""));
	assert_non_null(strstr(json, "{\"table\":\"endless\",\"rows_in\":"));
	weir_free(json);
	weir_job_drain(job);
	expect(weir_job_wait(job, -1, &error), WEIR_OK, &error);
	assert_int_equal(heard.ended, 1);
	weir_job_cancel(job2);
	assert_int_equal(weir_job_wait(job2, -1, NULL), WEIR_CANCELLED);
	weir_job_free(job);
	weir_job_free(job2);
	/* Freed in the middle, and before the first poll. */
	job = submit(session, ENDLESS "SELECT a FROM endless", WEIR_JOB_INLINE, &heard);
	UNTIL(weir_job_poll(job, NULL) == WEIR_OK && heard.rows > 40);
	weir_job_free(job);
	weir_job_free(submit(session, ENDLESS "SELECT a FROM endless", WEIR_JOB_INLINE, &heard));
	weir_session_free(session);
}

static void test_inline_errors(void **state)
{
	struct weir_session *session = weir_session_new();
	struct weir_error *error = NULL;
	struct heard heard = {.stop_at = 3};
	struct weir_job *job;
	enum weir_code code;

	job = submit(session, "SELECT CAST(a AS INT) FROM (VALUES ('x')) AS t (a)", WEIR_JOB_INLINE,
		     &heard);
	while ((code = weir_job_poll(job, &error)) == WEIR_OK)
		;
	assert_int_equal(code, WEIR_ERROR_JOB);
	assert_non_null(strstr(weir_error_text(error), "'x'"));
	weir_error_free(error);
	assert_int_equal(weir_job_wait(job, -1, NULL), WEIR_ERROR_JOB);
	weir_job_free(job);
	job = submit(session, ENDLESS "SELECT a FROM endless", WEIR_JOB_INLINE, &heard);
	assert_int_equal(weir_job_wait(job, -1, NULL), WEIR_STOPPED);
	assert_int_equal(heard.rows, 3);
	weir_job_free(job);
	weir_session_free(session);
}

/* Checkpoints are made in the polls, and a run that is restored in the middle again and again gives
 * the same. */
static void test_inline_checkpoints(void **state)
{
	struct weir_session *session = weir_session_new();
	struct weir_error *error = NULL;
	struct heard heard = {0};
	struct weir_job *job;

	set_checkpoints(session);
	assert_int_equal(weir_set_option(session, "weir.test.restore-every", "2", NULL), WEIR_OK);
	job = submit(session, NUMBERS "SELECT SUM(a) FROM numbers WHERE a > 99990 GROUP BY 1 = 1",
		     WEIR_JOB_INLINE, &heard);
	expect(weir_job_wait(job, -1, &error), WEIR_OK, &error);
	assert_true(metrics_of(job).checkpoints > 2);
	assert_true(heard.rows >= 1);
	weir_job_free(job);
	weir_session_free(session);
}

/* --- many sessions ------------------------------------------------------------------------------
 */

#define OPENED       10000 /* sessions, one after the other */
#define OPENED_SLOW  200
#define ENGINES      1000 /* at once */
#define ENGINES_SLOW 50

/* Resident memory of the process in kB. */
static long resident_kb(void)
{
	long pages = 0;
	FILE *file = fopen("/proc/self/statm", "r");

	assert_non_null(file);
	assert_int_equal(fscanf(file, "%*d %ld", &pages), 1);
	fclose(file);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static void test_open_and_close(void **state)
{
	int count = is_slow() ? OPENED_SLOW : OPENED;
	long before_kb = 0;

	for (int i = 0; i < count; i++) {
		struct weir_session *session = weir_session_new();
		struct heard heard = {0};
		struct weir_handler handler = rows_to(&heard);

		assert_int_equal(weir_execute(session, "SELECT 1", &handler, NULL), WEIR_OK);
		assert_int_equal(heard.rows, 1);
		weir_session_free(session);
		if (i == count / 10)
			before_kb = resident_kb();
	}
	assert_true(is_slow() || resident_kb() - before_kb < 4096);
}

/* Many engines with a query each in one process. */
static void many(uint32_t flags, int count)
{
	struct weir_session **session = calloc((size_t)count, sizeof *session);
	struct weir_job **job = calloc((size_t)count, sizeof *job);
	struct heard *heard = calloc((size_t)count, sizeof *heard);
	long before_kb = resident_kb();

	for (int i = 0; i < count; i++) {
		session[i] = weir_session_new();
		job[i] =
		    submit(session[i],
			   "CREATE TABLE slow (a BIGINT) WITH ('connector' = 'datagen', "
			   "'rows-per-second' = '10'); SELECT a, COUNT(*) FROM slow GROUP BY a",
			   flags, &heard[i]);
	}
	for (int i = 0; i < count; i++)
		UNTIL((flags == 0 || weir_job_poll(job[i], NULL) == WEIR_OK) && heard[i].rows > 0);
	assert_true(is_slow() || resident_kb() - before_kb < count * 512);
	for (int i = 0; i < count; i++) {
		weir_job_free(job[i]);
		weir_session_free(session[i]);
	}
	free(session);
	free(job);
	free(heard);
}

static void test_many_engines(void **state)
{
	int count = is_slow() ? ENGINES_SLOW : ENGINES;

	many(WEIR_JOB_INLINE, count);
	many(0, count / 10);
}

static void test_fork(void **state)
{
	struct weir_session *session = weir_session_new();
	struct heard heard = {0};
	struct weir_handler handler = rows_to(&heard);
	pid_t child;
	int ended;

	assert_int_equal(weir_execute(session, "SELECT 1", &handler, NULL), WEIR_OK);
	child = fork();
	if (child == 0) {
		struct weir_session *own = weir_session_new();
		struct weir_job *job = NULL;
		int good = weir_submit(own, NUMBERS "SELECT a FROM numbers", 0, &handler, &job,
				       NULL) == WEIR_OK &&
			   weir_job_wait(job, -1, NULL) == WEIR_OK && heard.rows == 100001;

		weir_job_free(job);
		weir_session_free(own);
		_exit(good ? 42 : 1);
	}
	assert_int_equal(waitpid(child, &ended, 0), child);
	assert_true(WIFEXITED(ended) && WEXITSTATUS(ended) == 42);
	assert_int_equal(weir_execute(session, "SELECT 1", &handler, NULL), WEIR_OK);
	weir_session_free(session);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sizes),
	    cmocka_unit_test(test_batches),
	    cmocka_unit_test(test_prepare),
	    cmocka_unit_test(test_prepare_errors),
	    cmocka_unit_test(test_submit),
	    cmocka_unit_test(test_submit_errors),
	    cmocka_unit_test(test_beside_each_other),
	    cmocka_unit_test(test_threads),
	    cmocka_unit_test_setup_teardown(test_savepoints, make_folder, remove_folder),
	    cmocka_unit_test_setup_teardown(test_savepoints_inline, make_folder, remove_folder),
	    cmocka_unit_test(test_no_savepoint),
	    cmocka_unit_test(test_inline),
	    cmocka_unit_test(test_inline_ends),
	    cmocka_unit_test(test_inline_errors),
	    cmocka_unit_test_setup_teardown(test_inline_checkpoints, make_folder, remove_folder),
	    cmocka_unit_test(test_open_and_close),
	    cmocka_unit_test(test_many_engines),
	    cmocka_unit_test(test_fork),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

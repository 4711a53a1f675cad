/* SPDX-License-Identifier: Apache-2.0
 *
 * inside - calls that would wait for a job, made by a callback of that job: they are refused, or
 * done later, and nothing waits for itself.
 */
#include "embedded.h"

#define ENDLESS                                                                                    \
	"CREATE TEMPORARY TABLE endless (a BIGINT) WITH ('connector' = 'datagen', "                \
	"'rows-per-second' = '1000');"

enum what { FREE, WAIT, SAVEPOINT };

struct inside {
	enum what what;
	_Atomic(struct weir_job *) job;
	_Atomic(struct weir_cursor *) cursor;
	enum weir_code code; /* of what was called */
	atomic_bool called;
	atomic_bool gone; /* the function of the cursor's query has been closed */
};

static void call(struct inside *inside, struct weir_job *job)
{
	if (inside->what == FREE)
		weir_job_free(job);
	else if (inside->what == WAIT)
		inside->code = weir_job_wait(job, -1, NULL);
	else
		inside->code = weir_job_savepoint(job, NULL, false, NULL, NULL);
	atomic_store(&inside->called, true);
}

static int on_row(void *user, const struct weir_row *row)
{
	struct inside *inside = user;
	struct weir_job *job;

	while ((job = atomic_load(&inside->job)) == NULL) /* weir_submit is about to return */
		usleep(100);
	if (!atomic_load(&inside->called))
		call(inside, job);
	return 0;
}

static struct weir_job *submit(struct inside *inside, struct weir_session *session, uint32_t flags)
{
	struct weir_handler handler = {.size = sizeof handler, .row = on_row, .user = inside};
	struct weir_error *error = NULL;
	struct weir_job *job = NULL;

	if (weir_submit(session, ENDLESS "SELECT a FROM endless", flags, &handler, &job, &error) !=
	    WEIR_OK)
		fail_msg("%s", weir_error_report(error));
	return job;
}

static void test_misuse(void **state)
{
	for (int i = 0; i < 4; i++) {
		struct weir_session *session = weir_session_new();
		struct inside inside = {.what = i % 2 == 0 ? WAIT : SAVEPOINT};
		uint32_t flags = i < 2 ? 0 : WEIR_JOB_INLINE;
		struct weir_job *job = submit(&inside, session, flags);

		atomic_store(&inside.job, job);
		while (!atomic_load(&inside.called))
			if (flags != 0)
				assert_int_equal(weir_job_poll(job, NULL), WEIR_OK);
			else
				usleep(100);
		assert_int_equal(inside.code, WEIR_MISUSE);
		weir_job_free(job);
		weir_session_free(session);
	}
}

/* The job goes when it has ended; what it keeps of the session stays until then. */
static void frees_later(void **state)
{
	static struct inside inside = {.what = FREE}; /* rows of the last batch may still come */
	struct weir_session *session = weir_session_new();

	atomic_store(&inside.job, submit(&inside, session, 0));
	while (!atomic_load(&inside.called))
		usleep(100);
	weir_session_free(session);
	usleep(50000); /* its end, for leak checkers */
}

static void test_free_inline(void **state)
{
	struct weir_session *session = weir_session_new();
	struct inside inside = {.what = FREE};
	struct weir_job *job = submit(&inside, session, WEIR_JOB_INLINE);
	enum weir_code code;

	atomic_store(&inside.job, job);
	while ((code = weir_job_poll(job, NULL)) == WEIR_OK)
		assert_false(atomic_load(&inside.called));
	assert_int_equal(code, WEIR_CANCELLED);
	assert_true(atomic_load(&inside.called));
	weir_session_free(session);
}

/* --- a cursor ------------------------------------------------------------------------------- */

static int free_cursor(void *self, const struct weir_row *args, struct weir_appender *out)
{
	struct inside *inside = self;
	struct weir_cursor *cursor;

	while ((cursor = atomic_load(&inside->cursor)) == NULL)
		usleep(100);
	if (!atomic_exchange(&inside->called, true))
		weir_cursor_free(cursor);
	return weir_append_i64(out, 1) ? 0 : -1;
}

static void on_close(void *self)
{
	atomic_store(&((struct inside *)self)->gone, true);
}

static void test_free_cursor(void **state)
{
	struct weir_session *session = weir_session_new();
	struct inside inside = {0};
	struct weir_function function = {.size = sizeof function,
					 .kind = WEIR_SCALAR,
					 .flags = WEIR_NOT_DETERMINISTIC,
					 .arguments = "a BIGINT",
					 .result = "BIGINT",
					 .user = &inside,
					 .eval = free_cursor,
					 .close = on_close};
	struct weir_cursor *cursor;

	assert_int_equal(weir_register_function(session, "f", &function, NULL), WEIR_OK);
	assert_int_equal(weir_query(session, ENDLESS "SELECT f(a) FROM endless", &cursor, NULL),
			 WEIR_OK);
	atomic_store(&inside.cursor, cursor);
	while (!atomic_load(&inside.called))
		usleep(100);
	weir_session_free(session);
	for (int i = 0; i < 100000 && !atomic_load(&inside.gone); i++)
		usleep(100);
	assert_true(atomic_load(&inside.gone));
	usleep(50000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_misuse),
	    cmocka_unit_test(frees_later),
	    cmocka_unit_test(test_free_inline),
	    cmocka_unit_test(test_free_cursor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * api_threads - weir.h from many threads at once: what the header says any thread may call, while
 * others push rows; inputs that end under those who push; engines that come and go side by side;
 * forks of a process whose jobs run. Most of its worth it has under the thread sanitizer.
 */
#include "embedded.h"

#include <dirent.h>
#include <sys/wait.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED
#define ROUNDS 16
#define OPENED 20 /* engines of each thread, one after the other */
#else
#define ROUNDS 40
#define OPENED 200
#endif
#define PUSHERS 2
#define LOOKERS 3
#define OPENERS 4
#define KEYS    7
#define ENOUGH  500 /* rows after which a round may end */

#define TABLE "CREATE TABLE t (k BIGINT) WITH ('connector' = 'input', 'input.capacity' = '1000')"

/* How a round ends. */
enum ending { BY_CANCEL, BY_DRAIN, BY_SAVEPOINT, BY_END, ENDINGS };

/* A job and those around it. */
struct shared {
	struct weir_session *session;
	struct weir_flow *flow;
	struct weir_job *job;
	bool is_inline;
	atomic_ullong count[KEYS]; /* of rows of the key, as it came out last */
	atomic_uint pushed;        /* rows that were taken */
	atomic_uint savepoints;    /* that were made */
	atomic_uint told;          /* jobs' figures that were looked at */
	atomic_bool over;          /* nobody looks or pushes any more */
};

/* One who pushes. */
struct pusher {
	struct shared *shared;
	struct weir_input *input;
	pthread_t thread;
	enum weir_code code; /* of the push that nothing came behind */
};

static char folder[] = "/tmp/weir-threads-XXXXXX";

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

/* The sink: what the counts are now. */
static int keep_counts(void *user, const struct weir_batch *batch)
{
	struct shared *self = user;

	for (uint32_t i = 0; i < weir_batch_rows(batch); i++) {
		const struct weir_row *row = weir_batch_row(batch, i);
		int64_t key, count;

		if (weir_row_kind(row) == WEIR_UPDATE_BEFORE)
			continue;
		if (!weir_get_i64(row, 0, &key) || !weir_get_i64(row, 1, &count))
			return -1;
		atomic_store(&self->count[key], (unsigned long long)count);
	}
	return 0;
}

static uint64_t counted(struct shared *self)
{
	uint64_t sum = 0;

	for (int i = 0; i < KEYS; i++)
		sum += atomic_load(&self->count[i]);
	return sum;
}

/* Row by row until it is told to stop, or nothing is taken any more. */
static void *push_main(void *argument)
{
	struct pusher *self = argument;
	struct weir_appender *out = weir_input_appender(self->input);

	for (uint32_t i = 0; !atomic_load(&self->shared->over); i++) {
		weir_append_i64(out, i % KEYS);
		weir_append_end(out);
		self->code = weir_input_push(
		    self->input, i % 3 == 0 ? WEIR_INPUT_NO_WAIT : WEIR_INPUT_WAIT, NULL);
		if (self->code == WEIR_WOULD_BLOCK)
			self->code = weir_input_push(self->input, WEIR_INPUT_WAIT, NULL);
		if (self->code != WEIR_OK)
			break;
		atomic_fetch_add(&self->shared->pushed, 1);
	}
	return NULL;
}

/* Calls what any thread may call. */
static void *look_main(void *argument)
{
	struct shared *self = argument;

	for (uint32_t i = 0; !atomic_load(&self->over); i++) {
		struct weir_job_metrics metrics = {.size = sizeof metrics};
		struct weir_error *error = NULL;
		enum weir_code code;
		char *text;

		weir_job_metrics(self->job, &metrics);
		text = weir_job_metrics_json(self->job);
		atomic_fetch_add(&self->told, strstr(text, "\"state\":\"") != NULL);
		weir_free(text);
		if (self->is_inline) {
			usleep(200);
			continue;
		}
		code = weir_job_wait(self->job, i % 3, &error);
		assert_true(code == WEIR_TIMEOUT || code == WEIR_OK || code == WEIR_CANCELLED);
		weir_error_free(error);
		if (i % 4 != 0)
			continue;
		text = NULL;
		if (weir_job_savepoint(self->job, NULL, false, &text, NULL) == WEIR_OK)
			atomic_fetch_add(&self->savepoints, 1);
		weir_free(text);
	}
	return NULL;
}

/* Savepoints that are in the folder. */
static unsigned count_savepoints(void)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	unsigned count = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL)
		count += strstr(entry->d_name, "-savepoint-") != NULL;
	closedir(dir);
	return count;
}

/* Counts the rows of the table by key. */
static void submit(struct shared *self, uint32_t flags)
{
	struct weir_sink sink = {.size = sizeof sink,
				 .name = "counts",
				 .user = self,
				 .write = keep_counts,
				 .accepts_changes = true};
	struct weir_error *error = NULL;

	self->flow = weir_flow_new(self->session, "counts");
	weir_sink_to(weir_from_sql(self->flow, "SELECT k, COUNT(*) FROM t GROUP BY k"), &sink);
	if (weir_flow_submit(self->flow, flags, NULL, &self->job, &error) != WEIR_OK)
		fail_msg("%s", weir_error_report(error));
}

/* A session whose job makes checkpoints all the time. */
static void start(struct shared *self, uint32_t flags)
{
	self->session = session_with(
	    (const char *const[]){"execution.checkpointing.interval=10 ms", "parallelism.default=2",
				  "execution.checkpointing.min-pause=0 ms", NULL});
	assert_int_equal(
	    weir_set_option(self->session, "execution.checkpointing.dir", folder, NULL), WEIR_OK);
	run_ok(self->session, TABLE);
	submit(self, flags);
}

static void finish(struct shared *self)
{
	weir_job_free(self->job);
	weir_flow_free(self->flow);
	weir_session_free(self->session);
}

static void end_round(struct shared *self, struct weir_input *input, enum ending ending)
{
	struct weir_error *error = NULL;

	switch (ending) {
	case BY_CANCEL: weir_job_cancel(self->job); break;
	case BY_DRAIN: weir_job_drain(self->job); break;
	case BY_SAVEPOINT:
		if (weir_job_savepoint(self->job, NULL, true, NULL, &error) != WEIR_OK)
			fail_msg("%s", weir_error_report(error));
		atomic_fetch_add(&self->savepoints, 1);
		break;
	default: weir_input_end(input);
	}
}

/* Two push, three look, and meanwhile the job ends in one of the ways. */
static void one_round(enum ending ending, uint32_t flags)
{
	struct shared self = {.is_inline = flags != 0};
	struct pusher pusher[PUSHERS] = {0};
	struct weir_error *error = NULL;
	struct weir_input *third;
	pthread_t looker[LOOKERS];
	enum weir_code code;

	start(&self, flags);
	third = open_ok(self.session, "t");
	for (int i = 0; i < PUSHERS; i++) {
		pusher[i] = (struct pusher){.shared = &self, .input = open_ok(self.session, "t")};
		assert_int_equal(pthread_create(&pusher[i].thread, NULL, push_main, &pusher[i]), 0);
	}
	for (int i = 0; i < LOOKERS; i++)
		assert_int_equal(pthread_create(&looker[i], NULL, look_main, &self), 0);
	while (counted(&self) < ENOUGH || atomic_load(&self.told) < 10) {
		if (flags != 0)
			assert_int_equal(weir_job_poll(self.job, NULL), WEIR_OK);
		else
			usleep(100);
	}
	end_round(&self, third, ending);
	code = weir_job_wait(self.job, -1, &error);
	assert_int_equal(code, ending == BY_CANCEL ? WEIR_CANCELLED : WEIR_OK);
	weir_error_free(error);
	if (ending == BY_END) /* those who push find out by themselves */
		for (int i = 0; i < PUSHERS; i++)
			pthread_join(pusher[i].thread, NULL);
	atomic_store(&self.over, true);
	for (int i = 0; i < PUSHERS && ending != BY_END; i++)
		pthread_join(pusher[i].thread, NULL);
	for (int i = 0; i < LOOKERS; i++)
		pthread_join(looker[i], NULL);
	if (ending == BY_END) {
		assert_int_equal(counted(&self), atomic_load(&self.pushed));
		for (int i = 0; i < PUSHERS; i++)
			assert_int_equal(pusher[i].code, WEIR_MISUSE);
	} else {
		assert_true(counted(&self) <= atomic_load(&self.pushed));
	}
	assert_int_equal(count_savepoints(), atomic_load(&self.savepoints));
	for (int i = 0; i < PUSHERS; i++)
		weir_input_free(pusher[i].input);
	weir_input_free(third);
	finish(&self);
}

static void test_all_at_once(void **state)
{
	for (int i = 0; i < ROUNDS; i++) {
		one_round(i % ENDINGS, 0);
		assert_int_equal(remove_folder(NULL), 0);
		assert_int_equal(make_folder(NULL), 0);
	}
}

static void test_all_at_once_inline(void **state)
{
	for (int i = 0; i < ROUNDS; i++) {
		one_round(i % ENDINGS, WEIR_JOB_INLINE);
		assert_int_equal(remove_folder(NULL), 0);
		assert_int_equal(make_folder(NULL), 0);
	}
}

/* A savepoint of a job that has just been submitted is waited for, wherever the job is. */
static void test_savepoint_at_once(void **state)
{
	for (int i = 0; i < ROUNDS; i++) {
		struct shared self = {0};
		struct weir_error *error = NULL;

		start(&self, 0);
		if (weir_job_savepoint(self.job, NULL, true, NULL, &error) != WEIR_OK)
			fail_msg("%s", weir_error_report(error));
		assert_int_equal(weir_job_wait(self.job, -1, NULL), WEIR_OK);
		assert_int_equal(count_savepoints(), i + 1);
		finish(&self);
	}
}

/* --- engines side by side -----------------------------------------------------------------------
 */

static int count_row(void *user, const struct weir_row *row)
{
	++*(unsigned *)user;
	return 0;
}

/* Opens an engine, uses most parts of it and closes it, again and again. */
static void *open_main(void *argument)
{
	unsigned *good = argument;

	for (int i = 0; i < OPENED; i++) {
		struct weir_session *session = weir_session_new();
		unsigned rows = 0;
		struct weir_handler handler = {
		    .size = sizeof handler, .row = count_row, .user = &rows};
		struct weir_error *error = NULL;
		struct weir_job *job = NULL;

		if (weir_execute(session,
				 "SELECT UPPER(x), COUNT(*) FROM (VALUES ('a'), ('b'), ('a')) "
				 "AS v (x) GROUP BY x",
				 &handler, NULL) == WEIR_OK &&
		    weir_execute(session, "SELECT nothing", &handler, &error) ==
			WEIR_ERROR_SCRIPT &&
		    weir_submit(session,
				"SELECT TIMESTAMP '2024-03-01 10:00:00' + INTERVAL '1' DAY", 0,
				&handler, &job, NULL) == WEIR_OK &&
		    weir_job_wait(job, -1, NULL) == WEIR_OK && rows == 3)
			++*good;
		weir_error_free(error);
		weir_session_free(session);
		weir_job_free(job);
	}
	return NULL;
}

static void test_engines_in_threads(void **state)
{
	pthread_t thread[OPENERS];
	unsigned good[OPENERS] = {0};

	for (int i = 0; i < OPENERS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, open_main, &good[i]), 0);
	for (int i = 0; i < OPENERS; i++) {
		pthread_join(thread[i], NULL);
		assert_int_equal(good[i], OPENED);
	}
}

/* --- fork ---------------------------------------------------------------------------------------
 */

/* What the child does: uses the idle session of its parent, and one of its own; 0: as it should. */
static int child_main(struct weir_session *idle)
{
	unsigned good = 0, rows = 0;
	struct weir_handler handler = {.size = sizeof handler, .row = count_row, .user = &rows};
	pthread_t thread;

	if (weir_execute(idle, "SELECT k FROM (VALUES (1), (2)) AS v (k)", &handler, NULL) !=
		WEIR_OK ||
	    rows != 2)
		return 1;
	weir_session_free(idle);
	if (pthread_create(&thread, NULL, open_main, &good) != 0)
		return 2;
	pthread_join(thread, NULL);
	return good == OPENED ? 0 : 3;
}

/* Children of a process whose jobs run, and whose threads open engines in this very moment, do not
 * touch these: they go on with a session that has no job, and with engines of their own. */
static void test_fork_beside_jobs(void **state)
{
#ifdef SANITIZED /* their allocators lock, and do not let go for the child */
	skip();
#endif
	struct shared self = {0};
	struct weir_session *idle = weir_session_new();
	struct pusher pusher = {.shared = &self};
	struct weir_input *second;
	unsigned good = 0;
	pthread_t opener;

	run_ok(idle, "CREATE TEMPORARY VIEW v AS SELECT 1");
	self.session = weir_session_new();
	run_ok(self.session, TABLE);
	pusher.input = open_ok(self.session, "t");
	second = open_ok(self.session, "t");
	submit(&self, 0);
	assert_int_equal(pthread_create(&pusher.thread, NULL, push_main, &pusher), 0);
	assert_int_equal(pthread_create(&opener, NULL, open_main, &good), 0);
	for (int i = 0; i < 5; i++) {
		pid_t child = fork();
		int ended;

		if (child == 0) {
			alarm(120);
			_exit(child_main(idle));
		}
		assert_int_equal(waitpid(child, &ended, 0), child);
		assert_true(WIFEXITED(ended));
		assert_int_equal(WEXITSTATUS(ended), 0);
	}
	run_ok(idle, "SELECT 1");
	pthread_join(opener, NULL);
	assert_int_equal(good, OPENED);
	weir_input_end(second);
	pthread_join(pusher.thread, NULL);
	assert_int_equal(weir_job_wait(self.job, -1, NULL), WEIR_OK);
	assert_int_equal(counted(&self), atomic_load(&self.pushed));
	weir_input_free(pusher.input);
	weir_input_free(second);
	finish(&self);
	weir_session_free(idle);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_all_at_once, make_folder, remove_folder),
	    cmocka_unit_test_setup_teardown(test_all_at_once_inline, make_folder, remove_folder),
	    cmocka_unit_test_setup_teardown(test_savepoint_at_once, make_folder, remove_folder),
	    cmocka_unit_test(test_engines_in_threads),
	    cmocka_unit_test(test_fork_beside_jobs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

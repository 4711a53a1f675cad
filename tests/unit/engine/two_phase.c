/* SPDX-License-Identifier: Apache-2.0
 *
 * two_phase - a sink of callbacks in two phases through kill -9: a child process runs the flow and
 * dies at each step of the protocol in turn, before and after what the step does; the next child
 * goes on from the checkpoints. What is visible in the end is every row once.
 *
 * The sink is files of the test: rows are appended to "tail", prepare renames that to "part-N",
 * commit renames part-N to "out-N". restore removes what is behind the checkpoint.
 */
#include "ledger.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#define ROWS  500
#define EVERY 100 /* rows between two waits for a checkpoint */

enum step { NOWHERE, OPEN, WRITE, PREPARE, COMMIT, RESTORE, CLOSE, STEPS };

/* The sink, in the child. */
struct vault {
	const char *folder;
	enum step die_in;
	bool die_after;   /* what the step does; else before it */
	uint32_t die_nth; /* call of that step, from 1 */
	uint32_t calls[STEPS];
	FILE *tail;    /* rows that no prepare has taken */
	uint32_t part; /* number of the next one */
};

static void die(struct vault *vault, enum step step, bool after)
{
	if (!after)
		vault->calls[step]++;
	if (vault->die_in == step && vault->die_after == after &&
	    vault->calls[step] == vault->die_nth)
		kill(getpid(), SIGKILL);
}

static const char *path_of(const struct vault *vault, const char *name, uint32_t part, char *path)
{
	snprintf(path, 256, "%s/%s-%05u", vault->folder, name, part);
	return path;
}

static void tail_open(struct vault *vault)
{
	char path[256];

	vault->tail = fopen(path_of(vault, "tail", 0, path), "w");
}

static int vault_open(void *user, const struct weir_result *result, void **self)
{
	struct vault *vault = user;

	die(vault, OPEN, false);
	tail_open(vault);
	die(vault, OPEN, true);
	return vault->tail != NULL ? 0 : -1;
}

static int vault_write(void *self, const struct weir_batch *batch)
{
	struct vault *vault = self;

	die(vault, WRITE, false);
	for (uint32_t i = 0; i < weir_batch_rows(batch); i++)
		fprintf(vault->tail, "%s\n", weir_get_text(weir_batch_row(batch, i), 0));
	die(vault, WRITE, true);
	return 0;
}

static int vault_prepare(void *self, bool last, struct weir_bytes_out *out)
{
	struct vault *vault = self;
	char tail[256], part[256];

	die(vault, PREPARE, false);
	if (fclose(vault->tail) != 0 ||
	    rename(path_of(vault, "tail", 0, tail), path_of(vault, "part", vault->part, part)) != 0)
		return -1;
	tail_open(vault);
	weir_put(out, &vault->part, sizeof vault->part);
	vault->part++;
	die(vault, PREPARE, true);
	return 0;
}

/* Makes a part visible, and those before it that a checkpoint which was given up has left. */
static int vault_commit(void *self, const char *bytes, size_t len)
{
	struct vault *vault = self;
	char from[256], to[256];
	uint32_t part;

	memcpy(&part, bytes, sizeof part);
	die(vault, COMMIT, false);
	for (uint32_t i = 0; len == sizeof part && i <= part; i++)
		if (rename(path_of(vault, "part", i, from), path_of(vault, "out", i, to)) != 0 &&
		    errno != ENOENT)
			return -1;
	die(vault, COMMIT, true);
	return len == sizeof part ? 0 : -1;
}

static int vault_restore(void *self, const char *bytes, size_t len)
{
	struct vault *vault = self;
	char path[256];
	uint32_t part;

	memcpy(&part, bytes, sizeof part);
	die(vault, RESTORE, false);
	for (uint32_t i = part + 1; i < part + 1000; i++)
		(void)unlink(path_of(vault, "part", i, path));
	vault->part = part + 1;
	die(vault, RESTORE, true);
	return 0;
}

static int vault_close(void *self, bool good)
{
	struct vault *vault = self;
	char from[256], to[256];

	die(vault, CLOSE, false);
	if (vault->tail == NULL)
		return 0;
	fclose(vault->tail);
	path_of(vault, "tail", 0, from);
	if (good)
		rename(from, path_of(vault, "out", vault->part, to));
	else
		unlink(from);
	die(vault, CLOSE, true);
	return 0;
}

/* The child: rows behind the checkpoint are pushed again, with a checkpoint every now and then. 0:
 * it has come to the end. */
static int child_main(const char *folder, struct vault *vault)
{
	struct weir_session *session = session_kept(folder, "10 ms");
	struct weir_sink sink = {.size = sizeof sink,
				 .name = "vault",
				 .user = vault,
				 .open = vault_open,
				 .write = vault_write,
				 .prepare = vault_prepare,
				 .commit = vault_commit,
				 .restore = vault_restore,
				 .close = vault_close};
	struct weir_flow *flow = weir_flow_new(session, "vault");
	struct weir_input *input;
	struct weir_job *job;
	bool began = false;
	enum weir_code code;

	weir_set_option(session, "execution.state-recovery.path", "latest", NULL);
	weir_execute(session, "CREATE TABLE t (id BIGINT) WITH ('connector' = 'input')", NULL,
		     NULL);
	if (weir_input_open(session, "t", &input, NULL) != WEIR_OK)
		return 2;
	weir_sink_to(weir_from_sql(flow, "SELECT id FROM t"), &sink);
	if (weir_flow_submit(flow, 0, NULL, &job, NULL) != WEIR_OK)
		return 3;
	while (!began && weir_job_wait(job, 0, NULL) == WEIR_TIMEOUT)
		began = weir_input_wait(input, 5) == WEIR_OK;
	/* The last checkpoint may be behind the end: nothing is read then. */
	for (uint64_t i = weir_input_restored(input); began && i < ROWS; i++) {
		weir_append_i64(weir_input_appender(input), (int64_t)i);
		weir_append_end(weir_input_appender(input));
		if (i % EVERY != EVERY - 1)
			continue;
		if (weir_input_push(input, WEIR_INPUT_WAIT, NULL) != WEIR_OK)
			return 4;
		for (int n = 0; n < 60000 && weir_input_confirmed(input) < i + 1; n++)
			usleep(1000);
	}
	weir_input_end(input);
	code = weir_job_wait(job, 60000, NULL);
	weir_job_free(job);
	weir_input_free(input);
	weir_flow_free(flow);
	weir_session_free(session);
	return code == WEIR_OK ? 0 : 5;
}

/* Whether the child was killed. */
static bool live(const char *state, struct vault vault)
{
	pid_t child = fork();
	int ended;

	assert_true(child >= 0);
	if (child == 0)
		_exit(child_main(state, &vault));
	assert_int_equal(waitpid(child, &ended, 0), child);
	if (WIFEXITED(ended))
		assert_int_equal(WEXITSTATUS(ended), 0);
	else
		assert_int_equal(WTERMSIG(ended), SIGKILL);
	return WIFSIGNALED(ended);
}

/* Every row is in the visible files once. */
static void expect_all(const char *folder)
{
	static uint8_t seen[ROWS];
	struct dirent *entry;
	DIR *dir = opendir(folder);

	assert_non_null(dir);
	memset(seen, 0, sizeof seen);
	while ((entry = readdir(dir)) != NULL) {
		char path[512];
		unsigned row;
		FILE *file;

		if (strncmp(entry->d_name, "out-", 4) != 0)
			continue;
		snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
		file = fopen(path, "r");
		assert_non_null(file);
		while (fscanf(file, "%u", &row) == 1) {
			assert_true(row < ROWS);
			if (seen[row]++ != 0)
				fail_msg("row %u is there twice", row);
		}
		fclose(file);
	}
	closedir(dir);
	for (unsigned i = 0; i < ROWS; i++)
		if (seen[i] != 1)
			fail_msg("row %u is missing", i);
}

/* Dies in the nth call of a step; a second time in what restoring calls; and ends. */
static void through(enum step step, bool after, uint32_t nth)
{
	char state[] = "/tmp/weir-vault-XXXXXX", out[] = "/tmp/weir-vault-XXXXXX";
	struct vault vault = {.folder = out, .die_in = step, .die_after = after, .die_nth = nth};
	bool killed;

	assert_non_null(mkdtemp(state));
	assert_non_null(mkdtemp(out));
	if (step == RESTORE) { /* needs something to be restored */
		vault.die_in = WRITE;
		vault.die_nth = 4;
		assert_true(live(state, vault));
		vault.die_in = RESTORE;
		vault.die_nth = nth;
	}
	killed = live(state, vault);
	if (!killed)
		fail_msg("nothing died in step %d (%d, %u)", step, after, nth);
	vault.die_in = COMMIT; /* the first of the new life is that of the checkpoint */
	vault.die_nth = 1;
	killed = live(state, vault);
	vault.die_in = NOWHERE;
	if (killed)
		assert_false(live(state, vault));
	expect_all(out);
	remove_folder(state);
	remove_folder(out);
}

static void test_each_step(void **state)
{
	for (enum step step = OPEN; step < STEPS; step++)
		for (int after = 0; after < 2; after++)
			through(step, after != 0, 1);
}

static void test_in_the_middle(void **state)
{
	for (enum step step = WRITE; step <= COMMIT; step++)
		for (int after = 0; after < 2; after++)
			through(step, after != 0, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_each_step),
	    cmocka_unit_test(test_in_the_middle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

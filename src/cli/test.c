/* SPDX-License-Identifier: Apache-2.0
 *
 * test - weir test: see test.h. This file has the command line, finds the cases, and starts and
 * waits for the runs.
 */
#include "cli/test.h"

#include <fcntl.h>
#include <fnmatch.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/macros.h"
#include "base/mem.h"
#include "cli/command.h"
#include "engine/recovery.h"
#include "state/store_files.h"

#define CASES_MAX 10000
#define DEPTH_MAX 20 /* folders in folders */
#define SUFFIX    ".test"
#define POLL_US   2000
#define JOBS_MAX  64
#define TIMEOUT_S 60

struct tests {
	struct wr_test_wishes wishes;
	struct wr_test_case *test[CASES_MAX]; /* owned */
	uint32_t test_count;
	struct wr_test_item *item; /* owned */
	uint32_t item_count;
	const char *folder; /* being looked through */
	uint32_t depth;
	uint32_t count[4]; /* of items, by outcome */
};

void wr_test_help(FILE *file)
{
	fputs(
	    "usage: weir test [options] DIR | CASE.test\n"
	    "\n"
	    "Runs the tests of SQL scripts below a folder: files *.test, which say what a script's "
	    "tables\nget and what is to come out. docs/TESTING.md tells how they are written.\n"
	    "\n"
	    "  --only PATTERN    cases whose name has this in it, or matches it ('*' is anything)\n"
	    "  --shuffle SEED    each case once more, its inputs in another order of arrival\n"
	    "                    within what their watermarks allow\n"
	    "  --crash           each case once more, its job failing and restarting in every\n"
	    "                    epoch\n"
	    "  --batch N         rows of a batch; 1 is the strictest\n"
	    "  --parallelism N   workers of a job (default: 1)\n"
	    "  --update          what comes out is written as what is expected\n"
	    "  --junit FILE      the results as JUnit's XML\n"
	    "  --jobs N          runs at a time (default: one per core)\n"
	    "  --timeout SECONDS of a run (default: 60)\n"
	    "  -v NAME=VALUE     replaces ${NAME} in scripts; may be repeated\n"
	    "  --set KEY=VALUE   as SET 'KEY' = 'VALUE' before each script; may be repeated\n"
	    "  --help            this text\n"
	    "\n"
	    "Exit codes: 0 all pass, 1 some do not, 2 there are none or the command line is "
	    "wrong,\n"
	    "130 interrupted.\n",
	    file);
}

/* --- the command line ---------------------------------------------------------------------------
 */

static int complain(const char *format, const char *what)
{
	fputs("weir: ", stderr);
	fprintf(stderr, format, what);
	fputs("\nhint: weir help test shows what is there.\n", stderr);
	return WR_EXIT_SCRIPT;
}

static void add(const char ***list, uint32_t *count, const char *value)
{
	*list = wr_realloc(*list, (*count + 1) * sizeof **list);
	(*list)[(*count)++] = value;
}

static int read_number(const char *option, const char *value, uint64_t least, uint64_t most,
		       uint64_t *number)
{
	char *end;

	*number = strtoull(value, &end, 10);
	if (end != value && *end == '\0' && *value != '-' && *number >= least && *number <= most)
		return 0;
	fprintf(stderr, "weir: '%s' takes a number from %llu to %llu, not '%s'\n", option,
		(unsigned long long)least, (unsigned long long)most, value);
	return WR_EXIT_SCRIPT;
}

/* An option with a number. */
static int read_numeric(struct wr_test_wishes *wishes, const char *option, const char *value)
{
	uint64_t number = 0;
	int code;

	if (strcmp(option, "--shuffle") == 0) {
		wishes->shuffle = true;
		return read_number(option, value, 0, UINT32_MAX, &wishes->seed);
	}
	if (strcmp(option, "--batch") == 0)
		return read_number(option, value, 1, 4096, &wishes->batch);
	if (strcmp(option, "--parallelism") == 0) {
		code = read_number(option, value, 1, 128, &number);
		wishes->workers = (uint32_t)number;
	} else if (strcmp(option, "--jobs") == 0) {
		code = read_number(option, value, 1, JOBS_MAX, &number);
		wishes->jobs = (uint32_t)number;
	} else {
		code = read_number(option, value, 1, 86400, &number);
		wishes->timeout_s = (int64_t)number;
	}
	return code;
}

static int read_valued(struct wr_test_wishes *wishes, const char *option, const char *value)
{
	bool pair = strcmp(option, "-v") == 0 || strcmp(option, "--set") == 0;

	if (pair && (strchr(value, '=') == NULL || *value == '='))
		return complain("-v and --set take NAME=VALUE, not '%s'", value);
	if (strcmp(option, "-v") == 0)
		add(&wishes->variable, &wishes->variable_count, value);
	else if (strcmp(option, "--set") == 0)
		add(&wishes->setting, &wishes->setting_count, value);
	else if (strcmp(option, "--only") == 0)
		wishes->only = value;
	else if (strcmp(option, "--junit") == 0)
		wishes->junit = value;
	else
		return read_numeric(wishes, option, value);
	return 0;
}

static int read_option(struct wr_test_wishes *wishes, char **argv, int *at)
{
	static const char *const valued[] = {"-v",        "--set",   "--only",        "--junit",
					     "--shuffle", "--batch", "--parallelism", "--jobs",
					     "--timeout"};
	char *option = argv[*at], *value = NULL;

	if (strcmp(option, "--crash") == 0) {
		wishes->crash = true;
		return 0;
	}
	if (strcmp(option, "--update") == 0) {
		wishes->update = true;
		return 0;
	}
	if (strncmp(option, "--", 2) == 0 && (value = strchr(option, '=')) != NULL)
		*value++ = '\0';
	for (size_t i = 0; i < WR_COUNT(valued); i++) {
		if (strcmp(option, valued[i]) != 0)
			continue;
		if (value == NULL && argv[*at + 1] != NULL)
			value = argv[++*at];
		return value != NULL ? read_valued(wishes, option, value)
				     : complain("'%s' needs a value", option);
	}
	return complain("There is no option '%s'", option);
}

static int read_command(struct wr_test_wishes *wishes, char **argv)
{
	for (int i = 1; argv[i] != NULL; i++) {
		int code = 0;

		if (argv[i][0] == '-' && argv[i][1] != '\0')
			code = read_option(wishes, argv, &i);
		else if (wishes->folder != NULL)
			code = complain("One folder is enough: what is '%s'?", argv[i]);
		else
			wishes->folder = argv[i];
		if (code != 0)
			return code;
	}
	return wishes->folder != NULL ? 0 : complain("'%s' needs a folder, or a case", "test");
}

/* --- cases --------------------------------------------------------------------------------------
 */

static void add_item(struct tests *tests, struct wr_test_case *test, struct wr_test_way way,
		     wr_status *status)
{
	struct wr_test_item *item;

	tests->item = wr_realloc(tests->item, (tests->item_count + 1) * sizeof *tests->item);
	item = &tests->item[tests->item_count++];
	way.batch = tests->wishes.batch;
	way.workers = tests->wishes.workers;
	*item = (struct wr_test_item){.test = test, .way = way};
	wr_text_init(&item->report);
	if (status == NULL)
		return;
	item->outcome = WR_TEST_BROKEN;
	wr_text_printf(&item->report, "%s\n", status->text);
	if (status->hint != NULL)
		wr_text_printf(&item->report, "hint: %s\n", status->hint);
}

/* NAME=VALUE of the command line, in front of the case's own. */
static void add_pairs(struct wr_test_case *test, const char *const *from, uint32_t count,
		      struct wr_test_pair **list)
{
	for (uint32_t i = count; i-- > 0;) {
		struct wr_test_pair *pair = WR_NEW(&test->arena, struct wr_test_pair);
		size_t len = strcspn(from[i], "=");

		pair->name = wr_arena_strndup(&test->arena, from[i], len);
		pair->value = wr_arena_strdup(&test->arena, from[i] + len + 1);
		pair->next = *list;
		*list = pair;
	}
}

static bool is_wanted(const struct wr_test_wishes *wishes, const char *name)
{
	return wishes->only == NULL || strstr(name, wishes->only) != NULL ||
	       fnmatch(wishes->only, name, 0) == 0;
}

static wr_status *add_case(struct tests *tests, const char *path)
{
	const struct wr_test_wishes *wishes = &tests->wishes;
	size_t root = strlen(wishes->folder);
	const char *name = strcmp(path, wishes->folder) == 0
			       ? (strrchr(path, '/') != NULL ? strrchr(path, '/') + 1 : path)
			       : path + root + strspn(path + root, "/");
	struct wr_test_way shuffled = {.name = "shuffled", .shuffle = true, .seed = wishes->seed};
	char *short_name = wr_strndup(name, strlen(name) - strlen(SUFFIX));
	struct wr_test_case *test;
	wr_status *status;

	if (!is_wanted(wishes, short_name)) {
		wr_free(short_name);
		return NULL;
	}
	if (tests->test_count == CASES_MAX) {
		wr_free(short_name);
		return wr_status_new(WR_USER_ERROR, "There are more than %u cases", CASES_MAX);
	}
	test = tests->test[tests->test_count++] = wr_calloc(1, sizeof *test);
	status = wr_test_case_read(test, path, short_name);
	add_pairs(test, wishes->variable, wishes->variable_count, &test->variable);
	add_pairs(test, wishes->setting, wishes->setting_count, &test->setting);
	add_item(tests, test, (struct wr_test_way){.name = ""}, status);
	if (status == NULL && wishes->shuffle && !test->no_shuffle)
		add_item(tests, test, shuffled, NULL);
	if (status == NULL && wishes->crash && !test->no_crash)
		add_item(tests, test, (struct wr_test_way){.name = "crash", .crash = true}, NULL);
	wr_status_free(status);
	wr_free(short_name);
	return NULL;
}

static wr_status *look_at(void *ctx, const char *name)
{
	struct wr_env *env = wr_env_system();
	struct tests *tests = ctx;
	const char *folder = tests->folder;
	size_t len = strlen(name);
	struct wr_file_info info;
	wr_status *status;
	struct wr_text path;

	wr_text_init(&path);
	wr_text_printf(&path, "%s/%s", folder, name);
	status = env->ops->stat(env, path.data, &info);
	if (status == NULL && info.is_dir && name[0] != '.' && tests->depth < DEPTH_MAX) {
		tests->folder = path.data;
		tests->depth++;
		status = env->ops->list(env, path.data, look_at, tests);
		tests->depth--;
		tests->folder = folder;
	} else if (status == NULL && info.is_regular && len > strlen(SUFFIX) &&
		   strcmp(name + len - strlen(SUFFIX), SUFFIX) == 0) {
		status = add_case(tests, path.data);
	}
	wr_text_release(&path);
	return status;
}

/* Finds the cases, in order of their names. */
static wr_status *find_cases(struct tests *tests)
{
	struct wr_env *env = wr_env_system();
	const char *folder = tests->wishes.folder;
	size_t len = strlen(folder);
	struct wr_file_info info;

	WR_TRY(env->ops->stat(env, folder, &info));
	if (!info.exists)
		return wr_status_new(WR_USER_ERROR, "There is no '%s'", folder);
	if (!info.is_dir &&
	    (len <= strlen(SUFFIX) || strcmp(folder + len - strlen(SUFFIX), SUFFIX) != 0))
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR, "'%s' is neither a folder nor a case", folder),
		    "The names of cases end with '" SUFFIX "'");
	if (!info.is_dir)
		return add_case(tests, folder);
	tests->folder = folder;
	WR_TRY(env->ops->list(env, folder, look_at, tests));
	if (tests->item_count > 0)
		return NULL;
	return wr_status_hint(wr_status_new(WR_USER_ERROR, "There is no case in '%s'%s%s", folder,
					    tests->wishes.only != NULL ? " with a name like " : "",
					    tests->wishes.only != NULL ? tests->wishes.only : ""),
			      "The names of cases end with '" SUFFIX
			      "'; docs/TESTING.md tells how they are written");
}

/* --- runs ---------------------------------------------------------------------------------------
 */

/* What interrupts: a handler has no other way to say it. */
static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
	interrupted = number;
}

/* In the process of the run: what it says goes to a file. */
static void run_here(const struct wr_test_item *item)
{
	struct wr_text path;
	int file;

	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	wr_text_init(&path);
	wr_text_printf(&path, "%s/messages", item->folder);
	file = open(path.data, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (file < 0 || dup2(file, STDERR_FILENO) < 0 || dup2(file, STDOUT_FILENO) < 0)
		_exit(WR_EXIT_FAILED);
	wr_text_release(&path);
	wr_test_run(item->test, &item->way, item->folder);
	fflush(NULL);
	_exit(0);
}

static void item_done(struct tests *tests, struct wr_test_item *item)
{
	struct wr_env *env = wr_env_system();

	item->elapsed_us = wr_mono_us(env) - item->began_us;
	item->pid = 0;
	if (item->folder != NULL)
		wr_store_remove(env, item->folder);
	tests->count[item->outcome]++;
	wr_test_show(item);
}

static void start(struct tests *tests, struct wr_test_item *item)
{
	struct wr_env *env = wr_env_system();
	wr_status *status = NULL;

	item->began_us = wr_mono_us(env);
	if (item->outcome != WR_TEST_PASSED) { /* could not be read */
		item_done(tests, item);
		return;
	}
	status = wr_recovery_temporary(env, &item->folder);
	fflush(NULL);
	if (status == NULL)
		item->pid = fork();
	if (item->pid == 0 && status == NULL)
		run_here(item);
	if (item->pid > 0)
		return;
	item->outcome = WR_TEST_BROKEN;
	wr_text_printf(&item->report, "%s\n",
		       status != NULL ? status->text : "The system has no process for the run");
	wr_status_free(status);
	item_done(tests, item);
}

/* Looks whether a run has ended; ends one that takes too long. */
static void look(struct tests *tests, struct wr_test_item *item)
{
	int64_t age_us = wr_mono_us(wr_env_system()) - item->began_us;
	bool late = age_us > tests->wishes.timeout_s * 1000000 || interrupted != 0;
	int ended = 0;

	if (late)
		kill(item->pid, SIGKILL);
	if (waitpid(item->pid, &ended, late ? 0 : WNOHANG) != item->pid)
		return;
	wr_test_check(item, &tests->wishes, ended, late);
	item_done(tests, item);
}

static void run_all(struct tests *tests)
{
	uint32_t next = 0, running;

	do {
		running = 0;
		for (uint32_t i = 0; i < next; i++) {
			if (tests->item[i].pid > 0)
				look(tests, &tests->item[i]);
			running += tests->item[i].pid > 0;
		}
		for (; next < tests->item_count && running < tests->wishes.jobs && interrupted == 0;
		     next++) {
			start(tests, &tests->item[next]);
			running += tests->item[next].pid > 0;
		}
		if (running > 0)
			usleep(POLL_US);
	} while (running > 0 || (next < tests->item_count && interrupted == 0));
}

static int report(struct tests *tests)
{
	wr_status *status = NULL;
	uint32_t passed = tests->count[WR_TEST_PASSED], updated = tests->count[WR_TEST_UPDATED];

	printf("%u passed, %u failed, %u broken", passed, tests->count[WR_TEST_FAILED],
	       tests->count[WR_TEST_BROKEN]);
	if (updated > 0)
		printf(", %u updated", updated);
	printf("\n");
	if (tests->wishes.junit != NULL)
		status = wr_test_junit(tests->wishes.junit, tests->item, tests->item_count);
	if (status != NULL)
		fprintf(stderr, "weir: %s\n", status->text);
	if (interrupted != 0 || status != NULL) {
		wr_status_free(status);
		return interrupted != 0 ? WR_EXIT_INTERRUPTED : WR_EXIT_FAILED;
	}
	return passed + updated == tests->item_count ? WR_EXIT_DONE : WR_EXIT_FAILED;
}

static void tests_release(struct tests *tests)
{
	for (uint32_t i = 0; i < tests->item_count; i++) {
		wr_text_release(&tests->item[i].report);
		wr_free(tests->item[i].folder);
	}
	for (uint32_t i = 0; i < tests->test_count; i++) {
		wr_test_case_release(tests->test[i]);
		wr_free(tests->test[i]);
	}
	wr_free(tests->item);
	wr_free(tests->wishes.variable);
	wr_free(tests->wishes.setting);
	wr_free(tests);
}

int wr_test_main(int argc, char **argv)
{
	struct sigaction action = {.sa_handler = on_signal};
	struct tests *tests = wr_calloc(1, sizeof *tests);
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	wr_status *status = NULL;
	int code;

	tests->wishes = (struct wr_test_wishes){
	    .workers = 1,
	    .jobs = (uint32_t)WR_MIN(WR_MAX(cores, 1), JOBS_MAX),
	    .timeout_s = TIMEOUT_S,
	};
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
			wr_test_help(stdout);
			tests_release(tests);
			return WR_EXIT_DONE;
		}
	}
	code = read_command(&tests->wishes, argv);
	if (code == 0)
		status = find_cases(tests);
	if (status != NULL) {
		fprintf(stderr, "weir: %s\n", status->text);
		if (status->hint != NULL)
			fprintf(stderr, "hint: %s\n", status->hint);
		wr_status_free(status);
		code = WR_EXIT_SCRIPT;
	}
	if (code == 0) {
		sigemptyset(&action.sa_mask);
		sigaction(SIGINT, &action, NULL);
		sigaction(SIGTERM, &action, NULL);
		run_all(tests);
		code = report(tests);
	}
	tests_release(tests);
	return code;
}

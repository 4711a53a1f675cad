/* SPDX-License-Identifier: Apache-2.0
 *
 * flink_schemas - output schemas against those that real Flink inferred: the recorded cases and the
 * expressions of Flink's own tests, where the folder of shared material is there.
 *
 * WEIR_SHARED names that folder; without it ../shared and the like are tried. With
 * WEIR_VERBOSE every difference is printed. Known differences are counted, so that a new one fails.
 */
#include "script.h"

#include <dirent.h>

#include "base/env.h"
#include "base/mem.h"

static const char *shared_folder(void)
{
	static const char *const guess[] = {"../shared", "../../shared", "../../../shared"};
	const char *folder = getenv("WEIR_SHARED");

	for (size_t i = 0; folder == NULL && i < WR_COUNT(guess); i++) {
		DIR *dir = opendir(guess[i]);
		if (dir == NULL)
			continue;
		closedir(dir);
		folder = guess[i];
	}
	return folder != NULL ? folder : "../shared";
}

static char *read_all(const char *path)
{
	char *data = NULL;
	size_t len;
	wr_status *status = wr_env_read_file(wr_env_system(), path, 64u << 20, &data, &len);

	wr_status_free(status);
	return data;
}

/* A script with ${DATA} replaced by nothing. */
static void strip_variables(char *sql)
{
	size_t to = 0;

	for (size_t from = 0; sql[from] != '\0';) {
		if (strncmp(sql + from, "${DATA}", 7) == 0)
			from += 7;
		else
			sql[to++] = sql[from++];
	}
	sql[to] = '\0';
}

/* Whether "name TYPE" lists are equal but for NOT NULL at the top, which is informative. */
static bool same_header(const char *ours, const char *theirs)
{
	for (;;) {
		size_t a = strcspn(ours, "\t"), b = strcspn(theirs, "\t");
		size_t x = a, y = b;
		if (x > 9 && memcmp(ours + x - 9, " NOT NULL", 9) == 0)
			x -= 9;
		if (y > 9 && memcmp(theirs + y - 9, " NOT NULL", 9) == 0)
			y -= 9;
		if (x != y || memcmp(ours, theirs, x) != 0)
			return false;
		if (ours[a] == '\0' || theirs[b] == '\0')
			return ours[a] == theirs[b];
		ours += a + 1;
		theirs += b + 1;
	}
}

struct tally {
	uint32_t total;  /* compared */
	uint32_t failed; /* errors */
	uint32_t types;  /* other names or types */
	uint32_t nulls;  /* same but for NOT NULL */
	bool verbose;
};

static void compare(struct tally *tally, const char *label, const char *sql, const char *header)
{
	struct script script;
	wr_status *status;

	script_init(&script);
	tally->total++;
	status = script_run(&script, sql);
	if (status != NULL) {
		tally->failed++;
		if (tally->verbose)
			printf("%s: %s\n", label, script_error(&script, status));
		else
			wr_status_free(status);
	} else {
		const char *ours = script_schema(&script, "\t");
		bool same = same_header(ours, header);
		tally->types += !same;
		tally->nulls += same && strcmp(ours, header) != 0;
		if (tally->verbose && strcmp(ours, header) != 0)
			printf("%s:%s\n  ours   %s\n  theirs %s\n", label, same ? " (nulls)" : "",
			       ours, header);
	}
	script_release(&script);
}

/* One script and the recorded result whose first line is its header. */
static void compare_files(struct tally *tally, const char *script, const char *result)
{
	char *sql = read_all(script);
	char *final = read_all(result);

	if (sql != NULL && final != NULL && strncmp(final, "# ", 2) == 0) {
		final[strcspn(final, "\n")] = '\0';
		strip_variables(sql);
		compare(tally, script, sql, final + 2);
	}
	wr_free(sql);
	wr_free(final);
}

/* All scripts of a folder against the results of the same names in another one. */
static bool compare_group(struct tally *tally, const char *scripts, const char *results)
{
	char folder[3000], script[4096], result[4096];
	struct dirent *entry;
	DIR *dir;

	snprintf(folder, sizeof folder, "%s/%s", shared_folder(), scripts);
	dir = opendir(folder);
	if (dir == NULL)
		return false;
	while ((entry = readdir(dir)) != NULL) {
		int len = (int)strlen(entry->d_name) - 4;
		if (len <= 0 || strcmp(entry->d_name + len, ".sql") != 0)
			continue;
		snprintf(script, sizeof script, "%s/%s", folder, entry->d_name);
		snprintf(result, sizeof result, "%s/%s/%.*s.final", shared_folder(), results, len,
			 entry->d_name);
		compare_files(tally, script, result);
	}
	closedir(dir);
	return true;
}

static void report(const char *what, const struct tally *tally)
{
	printf("%s: %u compared, %u errors, %u other types, %u other NOT NULL\n", what,
	       tally->total, tally->failed, tally->types, tally->nulls);
}

static void test_cases(void **state)
{
	static const char *const groups[] = {"scalar", "group", "window", "set",
					     "rank",   "over",  "join",   "semantics"};
	struct tally tally = {.verbose = getenv("WEIR_VERBOSE") != NULL};

	for (size_t i = 0; i < WR_COUNT(groups); i++) {
		char folder[100];
		snprintf(folder, sizeof folder, "oracle/cases/%s", groups[i]);
		if (!compare_group(&tally, folder, folder))
			skip();
	}
	compare_group(&tally, "nexmark/queries", "nexmark/expected");
	report("cases", &tally);
	assert_true(tally.total > 60);
	assert_int_equal(tally.types, 0);
	/* Temporal join, MATCH_RECOGNIZE over late rows. */
	assert_true(tally.failed <= 2);
}

/* The string value of `key` in a line of JSON, in place; NULL: not there. */
static char *json_string(char *line, const char *key)
{
	char pattern[32];
	char *from, *to, *start;

	snprintf(pattern, sizeof pattern, "\"%s\": \"", key);
	from = strstr(line, pattern);
	if (from == NULL)
		return NULL;
	start = to = from += strlen(pattern);
	for (; *from != '"' && *from != '\0'; from++) {
		if (*from != '\\') {
			*to++ = *from;
			continue;
		}
		from++;
		if (*from == 'u') {
			unsigned code = 0;
			sscanf(from + 1, "%4x", &code);
			from += 4;
			if (code >= 0x800) {
				*to++ = (char)(0xE0 | code >> 12);
				*to++ = (char)(0x80 | (code >> 6 & 0x3F));
				*to++ = (char)(0x80 | (code & 0x3F));
			} else if (code >= 0x80) {
				*to++ = (char)(0xC0 | code >> 6);
				*to++ = (char)(0x80 | (code & 0x3F));
			} else {
				*to++ = (char)code;
			}
		} else {
			*to++ = *from == 'n'   ? '\n'
				: *from == 't' ? '\t'
				: *from == 'r' ? '\r'
					       : *from;
		}
	}
	*to = '\0';
	return start;
}

static void test_expressions(void **state)
{
	struct tally tally = {.verbose = getenv("WEIR_VERBOSE") != NULL};
	char path[4096];
	char *data, *line, *next;

	snprintf(path, sizeof path, "%s/flink-tests/expressions.jsonl", shared_folder());
	data = read_all(path);
	if (data == NULL)
		skip();
	for (line = data; *line != '\0'; line = next) {
		size_t len = strcspn(line, "\n");
		next = line + len + (line[len] == '\n');
		line[len] = '\0';
		char *copy = wr_strndup(line, len), *copy2 = wr_strndup(line, len);
		char *id = json_string(copy2, "id");
		char *sql = json_string(copy, "sql");
		char *header = json_string(line, "header");
		if (sql != NULL && header != NULL && strncmp(header, "# ", 2) == 0)
			compare(&tally, id, sql, header + 2);
		wr_free(copy);
		wr_free(copy2);
	}
	wr_free(data);
	report("expressions", &tally);
	assert_true(tally.total > 1500);
	assert_int_equal(tally.types, 0);
	assert_int_equal(tally.failed, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cases),
	    cmocka_unit_test(test_expressions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * test_check - whether a run gave what its case expects; and with --update, what it gave becomes
 * what is expected.
 */
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "base/mem.h"
#include "cli/test.h"
#include "cli/test_compare.h"

static void fail(struct wr_test_item *item, enum wr_test_outcome outcome)
{
	if (item->outcome != WR_TEST_BROKEN)
		item->outcome = outcome;
}

/* Takes the status over. */
static void broken(struct wr_test_item *item, wr_status *status)
{
	if (status == NULL)
		return;
	fail(item, WR_TEST_BROKEN);
	wr_text_printf(&item->report, "%s\n", status->text);
	if (status->hint != NULL)
		wr_text_printf(&item->report, "hint: %s\n", status->hint);
	wr_status_free(status);
}

/* What the run said before it died. */
static void add_messages(struct wr_test_item *item)
{
	struct wr_text path;
	char *text = NULL;
	size_t len;

	wr_text_init(&path);
	wr_text_printf(&path, "%s/messages", item->folder);
	wr_status_free(wr_env_read_file(wr_env_system(), path.data, WR_TEST_FILE_MAX, &text, &len));
	if (text != NULL)
		wr_text_puts(&item->report, text);
	wr_free(text);
	wr_text_release(&path);
}

static void check_error(struct wr_test_item *item, const struct wr_test_result *result)
{
	const struct wr_test_case *test = item->test;

	if (test->error == NULL) {
		fail(item, WR_TEST_FAILED);
		wr_text_printf(&item->report, "The script failed:\n%s", result->error);
	} else if (result->error == NULL) {
		fail(item, WR_TEST_FAILED);
		wr_text_printf(&item->report, "An error was expected, and none came:\n  - %s\n",
			       test->error);
	} else if (strstr(result->cause, test->error) == NULL) {
		fail(item, WR_TEST_FAILED);
		wr_text_printf(&item->report, "Another error was expected:\n  - %s\n  + %s\n",
			       test->error, result->cause);
	} else if (test->error_line > 0 && test->error_line != result->line) {
		fail(item, WR_TEST_FAILED);
		wr_text_printf(&item->report,
			       "The error was expected in line %u of the script, and came in line "
			       "%u\n",
			       test->error_line, result->line);
	}
}

static void check_count(struct wr_test_item *item, const char *word, int64_t want, uint64_t came)
{
	if (want < 0 || (uint64_t)want == came)
		return;
	fail(item, WR_TEST_FAILED);
	wr_text_printf(&item->report,
		       "%lld %s row%s expected, and %llu came; if that is right, write '%s %llu' "
		       "into the case\n",
		       (long long)want, word, want == 1 ? " was" : "s were",
		       (unsigned long long)came, word, (unsigned long long)came);
}

static void check_output(struct wr_test_item *item, const struct wr_test_output *output)
{
	struct wr_test_lines lines;
	struct wr_text report;

	wr_text_init(&report);
	broken(item, wr_test_lines_kept(&lines, item->folder, output->table, output->changelog));
	broken(item, wr_test_compare(output, &lines, &report));
	if (report.len > 0) {
		fail(item, WR_TEST_FAILED);
		wr_text_puts(&item->report, report.data);
	}
	wr_test_lines_release(&lines);
	wr_text_release(&report);
}

/* An output that nobody wrote to is a name that is spelled wrong, if it is not to be empty. */
static void check_names(struct wr_test_item *item, const struct wr_test_result *result)
{
	for (const struct wr_test_output *output = item->test->output; output != NULL;
	     output = output->next) {
		const char *near;
		uint32_t i = 0;

		while (i < result->name_count && strcmp(result->name[i], output->table) != 0)
			i++;
		if (i < result->name_count)
			continue;
		near = wr_nearest(output->table, (const char *const *)result->name,
				  result->name_count);
		fail(item, WR_TEST_BROKEN);
		wr_text_printf(&item->report, "The script does not write to '%s'%s%s%s\n",
			       output->table, near != NULL ? "; did you mean '" : "",
			       near != NULL ? near : "", near != NULL ? "'?" : "");
	}
}

/* --- --update -----------------------------------------------------------------------------------
 */

static void add_lines(const struct wr_test_item *item, const struct wr_test_output *output,
		      struct wr_text *out)
{
	struct wr_test_lines lines;

	wr_status_free(wr_test_lines_kept(&lines, item->folder, output->table, output->changelog));
	for (uint32_t i = 0; i < lines.count; i++)
		wr_text_printf(out, "%s\n", lines.line[i]);
	wr_test_lines_release(&lines);
}

/* Writes what came out where it is expected: into the case, its other lines as they are, or into
 * the file. */
static wr_status *update(struct wr_test_item *item)
{
	struct wr_env *env = wr_env_system();
	const struct wr_test_case *test = item->test;
	size_t done = 0, len = strlen(test->text);
	wr_status *status = NULL;
	struct wr_text text, file;

	wr_text_init(&text);
	for (const struct wr_test_output *output = test->output; output != NULL && status == NULL;
	     output = output->next) {
		if (output->file != NULL) {
			wr_text_init(&file);
			add_lines(item, output, &file);
			status = wr_env_write_file(env, output->file, wr_text_str(&file), file.len);
			wr_text_release(&file);
			continue;
		}
		wr_text_add(&text, test->text + done, output->from - done);
		if (text.len > 0 && text.data[text.len - 1] != '\n')
			wr_text_putc(&text, '\n');
		add_lines(item, output, &text);
		if (output->to < len)
			wr_text_putc(&text, '\n');
		done = output->to;
	}
	wr_text_add(&text, test->text + done, len - done);
	if (status == NULL && strcmp(wr_text_str(&text), test->text) != 0)
		status = wr_env_write_file(env, test->path, text.data, text.len);
	wr_text_release(&text);
	return status;
}

static void check_result(struct wr_test_item *item, const struct wr_test_wishes *wishes)
{
	const struct wr_test_case *test = item->test;
	struct wr_test_result result;
	bool straight = item->way.name[0] == '\0';

	broken(item, wr_test_result_read(&result, item->folder));
	if (item->outcome == WR_TEST_BROKEN)
		return;
	if (result.error != NULL || test->error != NULL) {
		check_error(item, &result);
	} else {
		check_names(item, &result);
		for (const struct wr_test_output *output = test->output; output != NULL;
		     output = output->next)
			if (item->outcome != WR_TEST_BROKEN)
				check_output(item, output);
		if (wishes->update && straight && item->outcome == WR_TEST_FAILED) {
			item->outcome = WR_TEST_UPDATED;
			wr_text_clear(&item->report);
			broken(item, update(item));
		}
		if (!item->way.crash) { /* rows that come again are counted again */
			check_count(item, "late", test->late, result.late);
			check_count(item, "bad", test->bad, result.bad);
		}
	}
	wr_test_result_release(&result);
}

void wr_test_check(struct wr_test_item *item, const struct wr_test_wishes *wishes, int ended,
		   bool late)
{
	if (late) {
		fail(item, WR_TEST_BROKEN);
		wr_text_printf(&item->report,
			       "The run did not end within %lld seconds (--timeout)\n",
			       (long long)wishes->timeout_s);
		add_messages(item);
	} else if (!WIFEXITED(ended) || WEXITSTATUS(ended) != 0) {
		fail(item, WR_TEST_BROKEN);
		wr_text_printf(&item->report, "The engine ended with %s %d\n",
			       WIFSIGNALED(ended) ? "signal" : "exit code",
			       WIFSIGNALED(ended) ? WTERMSIG(ended) : WEXITSTATUS(ended));
		add_messages(item);
	} else {
		check_result(item, wishes);
	}
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * flow - what the tests of flows share: a session with tables in a folder of its own, runs of flows
 * into it, and results of SQL as sorted lines.
 */
#ifndef WR_TEST_FLOW_H
#define WR_TEST_FLOW_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "weir/weir.h"

#define FLOW_LINES_MAX 20000

struct flow_test {
	struct weir_session *session;
	char folder[64];
	char *line[FLOW_LINES_MAX]; /* of the last flow_select; owned */
	uint32_t lines;
	size_t text_len;    /* bytes of text, without its end */
	char text[1 << 20]; /* all of them, sorted, or the lines of a text */
};

/* The session's tables are below `folder`, as ${DIR}. */
static inline int flow_open(void **state)
{
	struct flow_test *test = calloc(1, sizeof *test);

	snprintf(test->folder, sizeof test->folder, "/tmp/weir-flow-XXXXXX");
	assert_non_null(mkdtemp(test->folder));
	test->session = weir_session_new();
	weir_set_variable(test->session, "DIR", test->folder);
	*state = test;
	return 0;
}

static inline void flow_forget(struct flow_test *test)
{
	for (uint32_t i = 0; i < test->lines; i++)
		free(test->line[i]);
	test->lines = 0;
	test->text_len = 0;
	test->text[0] = '\0';
}

static inline int flow_close(void **state)
{
	struct flow_test *test = *state;
	char command[128];

	flow_forget(test);
	weir_session_free(test->session);
	snprintf(command, sizeof command, "rm -rf %s", test->folder);
	assert_int_equal(system(command), 0);
	free(test);
	return 0;
}

static inline int flow_hear_row(void *user, const struct weir_row *row)
{
	static const char *const kinds[] = {"+I", "-U", "+U", "-D"};
	struct flow_test *test = user;
	uint32_t count = weir_column_count(weir_row_result(row));
	char line[4096];
	size_t len = (size_t)snprintf(line, sizeof line, "%s", kinds[weir_row_kind(row)]);

	for (uint32_t i = 0; i < count; i++) {
		const char *text = weir_get_text(row, i);

		len += (size_t)snprintf(line + len, sizeof line - len, "%c%s", i == 0 ? ' ' : ',',
					text != NULL ? text : "NULL");
	}
	assert_true(test->lines < FLOW_LINES_MAX);
	test->line[test->lines++] = strdup(line);
	return 0;
}

static inline int flow_hear_text(void *user, const char *text)
{
	struct flow_test *test = user;
	size_t len = strlen(text);

	assert_true(len < sizeof test->text - test->text_len);
	memcpy(test->text + test->text_len, text, len + 1);
	test->text_len += len;
	return 0;
}

static inline int flow_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Runs a script; rows are in test->text as sorted lines "+I a,b". */
static inline const char *flow_sql(struct flow_test *test, const char *sql)
{
	struct weir_handler handler = {
	    .size = sizeof handler, .row = flow_hear_row, .text = flow_hear_text, .user = test};
	struct weir_error *error = NULL;

	flow_forget(test);
	if (weir_execute(test->session, sql, &handler, &error) != WEIR_OK)
		fail_msg("%s", weir_error_report(error));
	qsort(test->line, test->lines, sizeof test->line[0], flow_compare);
	for (uint32_t i = 0; i < test->lines; i++) {
		flow_hear_text(test, test->line[i]);
		flow_hear_text(test, "\n");
	}
	return test->text;
}

/* Runs a flow that has no mistakes. */
static inline void flow_run(struct weir_flow *flow)
{
	struct weir_error *error = NULL;

	if (weir_flow_run(flow, NULL, &error) != WEIR_OK)
		fail_msg("%s", weir_error_report(error));
}

/* The flow's mistake. */
static inline void flow_expect(struct weir_flow *flow, const char *text)
{
	struct weir_error *error = NULL;

	assert_int_equal(weir_flow_check(flow, &error), WEIR_ERROR_SCRIPT);
	assert_string_equal(weir_error_text(error), text);
	weir_error_free(error);
}

#endif

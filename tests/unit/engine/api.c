/* SPDX-License-Identifier: Apache-2.0
 *
 * api - weir.h as a caller uses it: results, getters, errors, variables, stopping and cancelling.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <pthread.h>

#include <cmocka.h>

#include "weir/weir.h"

/* What the callbacks heard. */
struct heard {
	struct weir_session *session; /* to be cancelled at row `cancel_at` */
	uint32_t begun, ended, rows;  /* calls */
	uint32_t stop_at, cancel_at;  /* row at which to do so; 0: never */
	bool updating;                /* of the last result */
	char types[256];              /* of the last result, with commas */
	char text[2048];              /* rows as "+I(a,b)", and lines */
};

static void append(char *to, size_t size, const char *text)
{
	size_t used = strlen(to);

	snprintf(to + used, size - used, "%s", text);
}

static int hear_begin(void *user, const struct weir_result *result)
{
	struct heard *heard = user;

	heard->begun++;
	heard->updating = weir_result_updating(result);
	heard->types[0] = '\0';
	for (uint32_t i = 0; i < weir_column_count(result); i++) {
		append(heard->types, sizeof heard->types, i > 0 ? "," : "");
		append(heard->types, sizeof heard->types, weir_column_name(result, i));
		append(heard->types, sizeof heard->types, " ");
		append(heard->types, sizeof heard->types, weir_column_type_text(result, i));
	}
	return 0;
}

static int hear_row(void *user, const struct weir_row *row)
{
	static const char *const kinds[] = {"+I", "-U", "+U", "-D"};
	struct heard *heard = user;
	uint32_t count = weir_column_count(weir_row_result(row));

	heard->rows++;
	if (heard->rows < 20) {
		append(heard->text, sizeof heard->text, kinds[weir_row_kind(row)]);
		for (uint32_t i = 0; i < count; i++) {
			const char *text = weir_get_text(row, i);

			append(heard->text, sizeof heard->text, i == 0 ? "(" : ",");
			append(heard->text, sizeof heard->text, text != NULL ? text : "NULL");
		}
		append(heard->text, sizeof heard->text, ")");
	}
	if (heard->rows == heard->cancel_at)
		weir_cancel(heard->session);
	return heard->rows == heard->stop_at;
}

static int hear_end(void *user, const struct weir_result *result)
{
	((struct heard *)user)->ended++;
	return 0;
}

static int hear_text(void *user, const char *text)
{
	struct heard *heard = user;

	append(heard->text, sizeof heard->text, text);
	return 0;
}

static enum weir_code execute(struct weir_session *session, const char *sql, struct heard *heard,
			      struct weir_error **error)
{
	struct weir_handler handler = {.size = sizeof handler,
				       .begin = hear_begin,
				       .row = hear_row,
				       .end = hear_end,
				       .text = hear_text,
				       .user = heard};

	return weir_execute(session, sql, &handler, error);
}

static void test_rows(void **state)
{
	struct weir_session *session = weir_session_new();
	struct weir_error *error = NULL;
	struct heard heard = {0};

	assert_int_equal(
	    execute(
		session,
		"SELECT a, a * 2 AS b, CAST(NULL AS STRING) AS c FROM (VALUES (1), (2)) AS t (a)",
		&heard, &error),
	    WEIR_OK);
	assert_null(error);
	assert_string_equal(heard.types, "a INT NOT NULL,b INT NOT NULL,c STRING");
	assert_string_equal(heard.text, "+I(1,2,NULL)+I(2,4,NULL)");
	assert_int_equal(heard.begun, 1);
	assert_int_equal(heard.ended, 1);
	assert_false(heard.updating);
	assert_int_equal(weir_session_stats(session).rows_out, 2);
	weir_session_free(session);
}

static void test_changes(void **state)
{
	struct weir_session *session = weir_session_new();
	struct heard heard = {0};

	assert_int_equal(weir_set_option(session, "weir.batch.max-rows", "1", NULL), WEIR_OK);
	assert_int_equal(weir_set_option(session, "parallelism.default", "2", NULL), WEIR_OK);
	assert_int_equal(
	    execute(session,
		    "SELECT k, COUNT(*) FROM (VALUES ('x'), ('y'), ('x')) AS t (k) GROUP BY k",
		    &heard, NULL),
	    WEIR_OK);
	assert_true(heard.updating);
	assert_non_null(strstr(heard.text, "(x,2)"));
	assert_non_null(strstr(heard.text, "+I(y,1)"));
	weir_session_free(session);
}

/* Checks one row of many types; `user` counts it. */
static int check_getters(void *user, const struct weir_row *row)
{
	bool yes = false;
	int64_t number = 0, ms = 0;
	int32_t nanos = -1;
	double real = 0;
	const char *bytes = NULL;
	size_t len = 0;

	++*(int *)user;
	assert_true(weir_get_bool(row, 0, &yes));
	assert_true(yes);
	for (uint32_t i = 1; i <= 4; i++) {
		assert_true(weir_get_i64(row, i, &number));
		assert_int_equal(number, -(int64_t)i);
	}
	assert_true(weir_get_f64(row, 5, &real));
	assert_true(real == 0.5);
	assert_true(weir_get_f64(row, 6, &real));
	assert_true(real == 0.25);
	assert_true(weir_get_bytes(row, 7, &bytes, &len));
	assert_int_equal(len, 26);
	assert_memory_equal(bytes, "a text that is not inlined", 26);
	assert_true(weir_get_bytes(row, 8, &bytes, &len));
	assert_memory_equal(bytes, "\x0a\xff", 2);
	assert_true(weir_get_i64(row, 9, &number));
	assert_int_equal(number, 1);
	assert_true(weir_get_timestamp(row, 10, &ms, NULL));
	assert_int_equal(ms, 1001);
	assert_true(weir_get_timestamp(row, 11, &ms, &nanos));
	assert_int_equal(ms, -1);
	assert_int_equal(nanos, 999999);
	assert_string_equal(weir_get_text(row, 12), "1.50");
	assert_string_equal(weir_get_text(row, 13), "[1, 2]");
	assert_true(weir_is_null(row, 14));
	assert_null(weir_get_text(row, 14));
	assert_false(weir_get_i64(row, 14, &number));
	/* Another type, or no column at all. */
	assert_false(weir_get_bool(row, 1, &yes));
	assert_false(weir_get_i64(row, 0, &number));
	assert_false(weir_get_i64(row, 10, &number));
	assert_false(weir_get_i64(row, 12, &number));
	assert_false(weir_get_f64(row, 1, &real));
	assert_false(weir_get_bytes(row, 1, &bytes, &len));
	assert_false(weir_get_timestamp(row, 9, &ms, NULL));
	assert_true(weir_is_null(row, 99));
	assert_null(weir_column_name(weir_row_result(row), 99));
	return 0;
}

static void test_getters(void **state)
{
	static const char sql[] = "SELECT TRUE, CAST(-1 AS TINYINT), CAST(-2 AS SMALLINT), -3, "
				  "CAST(-4 AS BIGINT), CAST(0.5 AS FLOAT), 0.25E0,"
				  " 'a text that is not inlined', x'0aff', DATE '1970-01-02', "
				  "TIMESTAMP '1970-01-01 00:00:01.001',"
				  " TIMESTAMP '1969-12-31 23:59:59.999999999', CAST(1.5 AS "
				  "DECIMAL(4, 2)), ARRAY[1, 2], CAST(NULL AS INT)";
	struct weir_session *session = weir_session_new();
	struct weir_error *error = NULL;
	int rows = 0;
	struct weir_handler handler = {.size = sizeof handler, .row = check_getters, .user = &rows};

	if (weir_execute(session, sql, &handler, &error) != WEIR_OK)
		fail_msg("%s", weir_error_report(error));
	assert_int_equal(rows, 1);
	weir_session_free(session);
}

static void test_text(void **state)
{
	struct weir_session *session = weir_session_new();
	struct heard heard = {0};

	assert_int_equal(
	    execute(session, "CREATE VIEW v AS SELECT 1 AS a; SHOW TABLES;", &heard, NULL),
	    WEIR_OK);
	assert_string_equal(heard.text, "v\n");
	/* The view is there for the next script. */
	heard.text[0] = '\0';
	assert_int_equal(execute(session, "SELECT a + 1 FROM v", &heard, NULL), WEIR_OK);
	assert_string_equal(heard.text, "+I(2)");
	weir_session_free(session);
}

static void test_script_error(void **state)
{
	struct weir_session *session = weir_session_new();
	struct weir_error *error = NULL;
	struct heard heard = {0};

	assert_int_equal(execute(session,
				 "SELECT 1;\nSELECT\n  amuont FROM (VALUES (1)) AS t (amount)",
				 &heard, &error),
			 WEIR_ERROR_SCRIPT);
	assert_int_equal(weir_error_code(error), WEIR_ERROR_SCRIPT);
	assert_int_equal(weir_error_line(error), 3);
	assert_int_equal(weir_error_column(error), 3);
	assert_non_null(strstr(weir_error_text(error), "amuont"));
	assert_non_null(strstr(weir_error_report(error), "^^^^^^"));
	assert_int_equal(heard.begun, 0);
	weir_error_free(error);
	assert_int_equal(weir_execute(session, NULL, NULL, &error), WEIR_MISUSE);
	weir_error_free(error);
	/* Nobody asked for the error. */
	assert_int_equal(weir_execute(session, "SELEC 1", NULL, NULL), WEIR_ERROR_SCRIPT);
	assert_int_equal(weir_execute(session, "SELECT 1", NULL, NULL), WEIR_OK);
	weir_session_free(session);
}

static void test_job_error(void **state)
{
	struct weir_session *session = weir_session_new();
	struct weir_error *error = NULL;
	struct heard heard = {0};

	assert_int_equal(execute(session,
				 "SELECT CAST(a AS INT) FROM (VALUES ('1'), ('x')) AS t (a)",
				 &heard, &error),
			 WEIR_ERROR_JOB);
	assert_int_equal(weir_error_code(error), WEIR_ERROR_JOB);
	assert_non_null(strstr(weir_error_text(error), "'x'"));
	assert_int_equal(heard.ended, 0);
	weir_error_free(error);
	weir_session_free(session);
}

/* A table or view of an earlier script has its place there: it is not shown in another text. */
static void test_error_of_an_earlier_script(void **state)
{
	struct weir_session *session = weir_session_new();
	struct weir_error *error = NULL;

	assert_int_equal(weir_execute(session,
				      "CREATE TABLE t (a INT) WITH ('connector' = 'filesystem', "
				      "'path' = '/nowhere/t.json', 'format' = 'json');\n"
				      "CREATE VIEW v AS\n  SELECT CAST(b AS INT) AS c FROM (VALUES "
				      "('1'), ('x')) AS w (b)",
				      NULL, NULL),
			 WEIR_OK);
	assert_int_equal(weir_execute(session, "\n\nSELECT a FROM t", NULL, &error),
			 WEIR_ERROR_SCRIPT);
	assert_non_null(strstr(weir_error_text(error), "/nowhere/t.json"));
	assert_int_equal(weir_error_line(error), 3);
	assert_non_null(strstr(weir_error_report(error), "SELECT a FROM t"));
	weir_error_free(error);
	assert_int_equal(weir_execute(session, "SELECT c FROM v", NULL, &error), WEIR_ERROR_JOB);
	assert_non_null(strstr(weir_error_text(error), "'x'"));
	assert_int_equal(weir_error_line(error), 0);
	assert_null(strchr(weir_error_report(error), '^'));
	weir_error_free(error);
	weir_session_free(session);
}

static void test_option_error(void **state)
{
	struct weir_session *session = weir_session_new();
	struct weir_error *error = NULL;

	assert_int_equal(weir_set_option(session, "parallelism.default", NULL, &error),
			 WEIR_MISUSE);
	weir_error_free(error);
	assert_int_equal(weir_set_option(session, "weir.late-rows.alowed", "1 min", &error),
			 WEIR_ERROR_SCRIPT);
	assert_non_null(strstr(weir_error_hint(error), "weir.late-rows.allowed"));
	assert_int_equal(weir_error_line(error), 0);
	assert_int_equal(weir_error_column(error), 0);
	weir_error_free(error);
	assert_int_equal(weir_set_option(session, "parallelism.default", "many", NULL),
			 WEIR_ERROR_SCRIPT);
	weir_session_free(session);
}

static void test_variables(void **state)
{
	struct weir_session *session = weir_session_new();
	struct heard heard = {0};

	weir_set_variable(session, "A", "1");
	weir_set_variable(session, "B", "2");
	weir_set_variable(session, "A", "10");
	assert_int_equal(execute(session, "SELECT ${A}, ${B}", &heard, NULL), WEIR_OK);
	assert_string_equal(heard.text, "+I(10,2)");
	weir_set_variable(session, "A", NULL);
	assert_int_equal(execute(session, "SELECT ${A}", &heard, NULL), WEIR_ERROR_SCRIPT);
	weir_session_free(session);
}

static void test_stop(void **state)
{
	struct weir_session *session = weir_session_new();
	struct weir_error *error = NULL;
	struct heard heard = {.stop_at = 2};

	assert_int_equal(execute(session, "SELECT a FROM (VALUES (1), (2), (3)) AS t (a); SELECT 4",
				 &heard, &error),
			 WEIR_STOPPED);
	assert_int_equal(weir_error_code(error), WEIR_STOPPED);
	assert_int_equal(heard.rows, 2);
	assert_int_equal(heard.ended, 0);
	weir_error_free(error);
	heard = (struct heard){0};
	assert_int_equal(execute(session, "SELECT 5", &heard, NULL), WEIR_OK);
	assert_string_equal(heard.text, "+I(5)");
	weir_session_free(session);
}

static void test_cancel(void **state)
{
	struct weir_session *session = weir_session_new();
	struct weir_error *error = NULL;
	struct heard heard = {.session = session, .cancel_at = 1};

	/* From a callback: what follows the running job does not begin. */
	assert_int_equal(execute(session, "SELECT 1; SELECT 2; SELECT 3", &heard, &error),
			 WEIR_CANCELLED);
	assert_int_equal(weir_error_code(error), WEIR_CANCELLED);
	assert_int_equal(heard.begun, 1);
	weir_error_free(error);
	/* Before a script: that script. After it the session is as before. */
	weir_cancel(session);
	heard = (struct heard){0};
	assert_int_equal(execute(session, "SELECT 1", &heard, NULL), WEIR_CANCELLED);
	assert_int_equal(heard.begun, 0);
	assert_int_equal(execute(session, "SELECT 1", &heard, NULL), WEIR_OK);
	assert_int_equal(heard.begun, 1);
	weir_session_free(session);
}

static void *cancel_often(void *user)
{
	for (int i = 0; i < 2000; i++)
		weir_cancel(user);
	return NULL;
}

/* Cancels that come at any moment, also while jobs end, leave the session usable. */
static void test_cancel_from_thread(void **state)
{
	struct weir_session *session = weir_session_new();
	pthread_t thread;
	struct heard heard = {0};

	assert_int_equal(pthread_create(&thread, NULL, cancel_often, session), 0);
	for (int i = 0; i < 50; i++) {
		enum weir_code code = weir_execute(session, "SELECT 1; SELECT 2", NULL, NULL);

		assert_true(code == WEIR_OK || code == WEIR_CANCELLED);
	}
	pthread_join(thread, NULL);
	weir_execute(session, "SELECT 1", NULL, NULL); /* takes what is left of the last cancel */
	assert_int_equal(execute(session, "SELECT 1", &heard, NULL), WEIR_OK);
	weir_session_free(session);
}

static void test_nothing(void **state)
{
	struct weir_session *session = weir_session_new();

	assert_string_equal(weir_version(), WEIR_VERSION);
	assert_int_equal(weir_execute(session, "", NULL, NULL), WEIR_OK);
	assert_int_equal(weir_session_stats(session).rows_in, 0);
	weir_session_free(session);
	weir_session_free(NULL);
	weir_error_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rows),
	    cmocka_unit_test(test_changes),
	    cmocka_unit_test(test_getters),
	    cmocka_unit_test(test_text),
	    cmocka_unit_test(test_script_error),
	    cmocka_unit_test(test_job_error),
	    cmocka_unit_test(test_error_of_an_earlier_script),
	    cmocka_unit_test(test_option_error),
	    cmocka_unit_test(test_variables),
	    cmocka_unit_test(test_stop),
	    cmocka_unit_test(test_cancel),
	    cmocka_unit_test(test_cancel_from_thread),
	    cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

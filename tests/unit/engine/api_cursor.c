/* SPDX-License-Identifier: Apache-2.0
 *
 * api_cursor - weir.h: results that are pulled, as batches and as rows, whole, in part and not at
 * all.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <unistd.h>

#include <cmocka.h>

#include "engine/api_cursor.h"

#define NUMBERS                                                                                    \
	"CREATE TEMPORARY TABLE IF NOT EXISTS numbers (a BIGINT) WITH ('connector' = 'datagen', "  \
	"'rows-per-second' = '50000000', 'number-of-rows' = '1000000', 'fields.a.kind' = "         \
	"'sequence', 'fields.a.start' = '1', 'fields.a.end' = '1000000');"
#define ENDLESS                                                                                    \
	"CREATE TEMPORARY TABLE IF NOT EXISTS endless (a BIGINT) WITH ('connector' = 'datagen', "  \
	"'rows-per-second' = '50000000');"

static struct weir_cursor *query(struct weir_session *session, const char *sql)
{
	struct weir_cursor *cursor = NULL;
	struct weir_error *error = NULL;

	if (weir_query(session, sql, &cursor, &error) != WEIR_OK)
		fail_msg("%s", weir_error_report(error));
	return cursor;
}

static void test_batches(void **state)
{
	struct weir_session *session = weir_session_new();
	struct weir_cursor *cursor = query(session, NUMBERS "SELECT a, a * 2 AS b FROM numbers");
	const struct weir_batch *batch;
	enum weir_code code;
	int64_t rows = 0, sum = 0;

	assert_string_equal(weir_column_name(weir_cursor_result(cursor), 1), "b");
	usleep(20000); /* the job comes to a full queue and waits */
	while ((code = weir_cursor_batch(cursor, -1, &batch, NULL)) == WEIR_OK) {
		struct weir_column column;

		assert_ptr_equal(weir_batch_result(batch), weir_cursor_result(cursor));
		assert_in_range(weir_batch_rows(batch), 1, 4096);
		assert_true(weir_batch_column(batch, 1, &column));
		rows += weir_batch_rows(batch);
		for (uint32_t i = 0; i < weir_batch_rows(batch); i++)
			sum += ((const int64_t *)
				    column.data)[weir_batch_index(batch, i) & column.mask];
	}
	assert_int_equal(code, WEIR_END);
	assert_int_equal(rows, 1000000);
	assert_true(sum == INT64_C(1000001000000));
	assert_int_equal(weir_cursor_batch(cursor, -1, &batch, NULL), WEIR_END);
	assert_null(batch);
	weir_cursor_free(cursor);
	weir_session_free(session);
}

/* Rows one by one, and what is left of a batch as a batch. */
static void test_rows(void **state)
{
	struct weir_session *session = weir_session_new();
	struct weir_cursor *cursor = query(session, NUMBERS "SELECT a FROM numbers WHERE a <> 3");
	const struct weir_batch *batch;
	const struct weir_row *row;
	int64_t value, expected = 0;

	for (int i = 0; i < 5000; i++) {
		assert_int_equal(weir_cursor_row(cursor, -1, &row, NULL), WEIR_OK);
		assert_true(weir_get_i64(row, 0, &value));
		expected += expected == 2 ? 2 : 1;
		assert_int_equal(value, expected);
	}
	while (weir_cursor_batch(cursor, -1, &batch, NULL) == WEIR_OK)
		for (uint32_t i = 0; i < weir_batch_rows(batch); i++) {
			assert_true(weir_get_i64(weir_batch_row(batch, i), 0, &value));
			assert_int_equal(value, ++expected);
		}
	assert_int_equal(expected, 1000000);
	assert_int_equal(weir_cursor_row(cursor, 0, &row, NULL), WEIR_END);
	assert_null(row);
	weir_cursor_free(cursor);
	weir_session_free(session);
}

/* What SHOW and the like give: columns as "name TYPE|...", and the first row. */
static void test_shown(void **state)
{
	static const struct {
		const char *sql, *columns;
		int rows;          /* -1: some */
		const char *first; /* cells with | behind them; NULL: not looked at */
	} cases[] = {
	    {"SHOW TABLES", "table name STRING|", 1, "numbers|"},
	    {"SHOW VIEWS", "view name STRING|", 0, NULL},
	    {"SHOW TABLES LIKE 'x%'", "table name STRING|", 0, NULL},
	    {"SHOW FUNCTIONS LIKE 'UPPER'", "function name STRING|", 1, "UPPER|"},
	    {"SHOW CATALOGS", "catalog name STRING|", 1, "default_catalog|"},
	    {"SHOW CURRENT CATALOG", "current catalog name STRING|", 1, "default_catalog|"},
	    {"SHOW DATABASES", "database name STRING|", 1, "default_database|"},
	    {"SHOW CURRENT DATABASE", "current database name STRING|", 1, "default_database|"},
	    {"SHOW MODULES", "module name STRING|", 1, "core|"},
	    {"SHOW CREATE VIEW v", "result STRING|", 1, NULL},
	    {"EXPLAIN SELECT a FROM numbers", "result STRING|", 1, NULL},
	    {"DESCRIBE numbers",
	     "name STRING|type STRING|null BOOLEAN|key STRING|extras STRING|watermark STRING|", 1,
	     "a|BIGINT|TRUE|NULL|NULL|NULL|"},
	    {"CREATE TABLE c (a INT NOT NULL COMMENT 'x', b AS a + 1, PRIMARY KEY (a) NOT ENFORCED)"
	     " WITH ('connector' = 'datagen'); DESCRIBE c",
	     "name STRING|type STRING|null BOOLEAN|key STRING|extras STRING|watermark "
	     "STRING|comment STRING|",
	     2, "a|INT|FALSE|PRI(a)|NULL|NULL|x|"},
	    {"DESCRIBE FUNCTION CONCAT_WS", "info name STRING|info value STRING|", 4,
	     "is system function|TRUE|"},
	    {"SET", "key STRING|value STRING|", -1, NULL},
	};

	for (size_t i = 0; i < WR_COUNT(cases); i++) {
		struct weir_session *session = weir_session_new();
		const struct weir_result *result;
		const struct weir_row *row;
		struct weir_cursor *cursor;
		struct wr_text sql, text;
		int rows = 0;

		wr_text_init(&sql);
		wr_text_init(&text);
		wr_text_printf(&sql, NUMBERS "%s%s",
			       strstr(cases[i].sql, "VIEW v") != NULL
				   ? "CREATE VIEW v AS SELECT a FROM numbers;"
				   : "",
			       cases[i].sql);
		cursor = query(session, sql.data);
		result = weir_cursor_result(cursor);
		for (uint32_t c = 0; c < weir_column_count(result); c++)
			wr_text_printf(&text, "%s %s|", weir_column_name(result, c),
				       weir_column_type_text(result, c));
		assert_string_equal(text.data, cases[i].columns);
		wr_text_clear(&text);
		while (weir_cursor_row(cursor, -1, &row, NULL) == WEIR_OK) {
			for (uint32_t c = 0; rows == 0 && c < weir_column_count(result); c++)
				wr_text_printf(&text, "%s|",
					       weir_is_null(row, c) ? "NULL"
								    : weir_get_text(row, c));
			rows++;
		}
		assert_true(cases[i].rows < 0 ? rows > 0 : rows == cases[i].rows);
		if (cases[i].first != NULL)
			assert_string_equal(text.data, cases[i].first);
		weir_cursor_free(cursor);
		wr_text_release(&sql);
		wr_text_release(&text);
		weir_session_free(session);
	}
}

/* Nobody takes the rows, or not all of them: the job waits, and is freed all the same. */
static void test_left(void **state)
{
	struct weir_session *session = weir_session_new();
	struct weir_cursor *cursor = query(session, ENDLESS "SELECT a FROM endless");
	struct weir_cursor *other = query(session, ENDLESS "SELECT a + 1 FROM endless");
	const struct weir_batch *batch;

	assert_int_equal(weir_cursor_batch(cursor, -1, &batch, NULL), WEIR_OK);
	usleep(50000);
	assert_int_equal(weir_cursor_batch(cursor, 1000, &batch, NULL), WEIR_OK);
	weir_cursor_free(cursor);
	weir_session_free(session);
	weir_cursor_free(other);
	weir_cursor_free(NULL);
}

/* What was taken outlives the cursor. */
static void test_take(void **state)
{
	struct weir_session *session = weir_session_new();
	struct weir_cursor *cursor =
	    query(session, "SELECT a FROM (VALUES ('a text that is not inlined')) AS t (a)");
	struct wr_batch *batch, *none;
	const struct wr_view *view;

	assert_int_equal(wr_cursor_schema(cursor)->count, 1);
	assert_int_equal(wr_cursor_take(cursor, -1, &batch, NULL), WEIR_OK);
	assert_int_equal(wr_cursor_take(cursor, -1, &none, NULL), WEIR_END);
	weir_cursor_free(cursor);
	weir_session_free(session);
	assert_int_equal(wr_batch_count(batch), 1);
	view = (const struct wr_view *)batch->column[0]->data;
	assert_memory_equal(wr_view_data(view), "a text that is not inlined", 26);
	wr_batch_free(batch);
}

static void test_errors(void **state)
{
	struct weir_session *session = weir_session_new();
	struct weir_error *error = NULL;
	const struct weir_row *row;
	struct weir_cursor *cursor;

	assert_int_equal(weir_query(session, "SELECT nothing", &cursor, &error), WEIR_ERROR_SCRIPT);
	assert_null(cursor);
	weir_error_free(error);
	assert_int_equal(weir_query(session, "SELECT 1; SELECT 2", &cursor, &error),
			 WEIR_ERROR_SCRIPT);
	assert_non_null(strstr(weir_error_text(error), "several results"));
	weir_error_free(error);
	assert_int_equal(weir_query(session, "SET 'parallelism.default' = '1'", &cursor, &error),
			 WEIR_ERROR_SCRIPT);
	assert_non_null(strstr(weir_error_hint(error), "weir_submit"));
	weir_error_free(error);
	cursor = query(session, "SELECT CAST(a AS INT) FROM (VALUES ('1'), ('x')) AS t (a)");
	while (weir_cursor_row(cursor, -1, &row, &error) == WEIR_OK)
		;
	assert_int_equal(weir_error_code(error), WEIR_ERROR_JOB);
	assert_non_null(strstr(weir_error_text(error), "'x'"));
	weir_error_free(error);
	weir_cursor_free(cursor);
	/* Nothing comes for the moment. */
	cursor = query(session, "CREATE TABLE slow (a INT) WITH ('connector' = 'datagen', "
				"'rows-per-second' = '1'); SELECT a FROM slow WHERE a IS NULL");
	assert_int_equal(weir_cursor_row(cursor, 0, &row, NULL), WEIR_TIMEOUT);
	assert_int_equal(weir_cursor_row(cursor, 10, &row, NULL), WEIR_TIMEOUT);
	weir_cursor_free(cursor);
	weir_session_free(session);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_batches), cmocka_unit_test(test_rows),
	    cmocka_unit_test(test_shown),   cmocka_unit_test(test_left),
	    cmocka_unit_test(test_take),    cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

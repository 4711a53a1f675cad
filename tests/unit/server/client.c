/* SPDX-License-Identifier: Apache-2.0
 *
 * client - sessions of a server: their statements, what they see of each other, who may what.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "server/server.h"

static const struct wr_principal admin = {"ann", WR_ROLE_ADMIN};
static const struct wr_principal operator= {"olga", WR_ROLE_OPERATOR};
static const struct wr_principal viewer = {"vera", WR_ROLE_VIEWER};

#define NUMBERS                                                                                    \
	" (a BIGINT) WITH ('connector' = 'datagen', 'number-of-rows' = '10', "                     \
	"'fields.a.kind' = 'sequence', 'fields.a.start' = '1', 'fields.a.end' = '10')"

struct fixture {
	char folder[64];
	struct wr_config config;
	struct wr_server *server;
};

static void serve(struct fixture *fixture)
{
	wr_status *status = wr_server_open(&fixture->config, &fixture->server);

	if (status != NULL)
		fail_msg("%s", status->text);
}

static void open_fixture(struct fixture *fixture)
{
	snprintf(fixture->folder, sizeof fixture->folder, "/tmp/weir-client-XXXXXX");
	assert_non_null(mkdtemp(fixture->folder));
	wr_config_init(&fixture->config);
	assert_null(wr_config_set(&fixture->config, "server.data", fixture->folder));
	assert_null(wr_config_set(&fixture->config, "server.http.port", "0"));
	assert_null(wr_config_set(&fixture->config, "server.sessions.max", "3"));
	assert_null(wr_config_set(&fixture->config, "parallelism.default", "1"));
	assert_null(wr_config_finish(&fixture->config, wr_env_system()));
	serve(fixture);
}

static void close_fixture(struct fixture *fixture)
{
	char command[128];

	wr_server_close(fixture->server);
	wr_config_release(&fixture->config);
	snprintf(command, sizeof command, "rm -rf %s", fixture->folder);
	assert_int_equal(system(command), 0);
}

static struct wr_client *open_client(struct fixture *fixture, const struct wr_principal *who)
{
	struct wr_client *client = NULL;
	wr_status *status =
	    wr_client_open(fixture->server->clients, who, "test", NULL, NULL, 0, &client);

	if (status != NULL)
		fail_msg("%s", status->text);
	return client;
}

/* The rows with | behind cells and ; behind rows; "OK"; "JOB"; or the error. */
static const char *run(struct wr_client *client, const char *sql)
{
	static char text[4096];
	struct wr_outcome outcome;
	struct weir_error *error = NULL;
	const struct weir_row *row;
	enum weir_code code = wr_client_execute(client, sql, NULL, &outcome, &error);
	size_t len = 0;

	text[0] = '\0';
	if (code != WEIR_OK) {
		snprintf(text, sizeof text, "%u:%u %s", weir_error_line(error),
			 weir_error_column(error), weir_error_text(error));
		weir_error_free(error);
		return text;
	}
	if (outcome.kind == WR_OUTCOME_DONE)
		return "OK";
	if (outcome.kind == WR_OUTCOME_JOB)
		return "JOB";
	while ((code = weir_cursor_row(outcome.cursor, -1, &row, &error)) == WEIR_OK) {
		for (uint32_t c = 0; c < weir_column_count(weir_row_result(row)); c++)
			len +=
			    (size_t)snprintf(text + len, sizeof text - len, "%s|",
					     weir_is_null(row, c) ? "NULL" : weir_get_text(row, c));
		len += (size_t)snprintf(text + len, sizeof text - len, ";");
	}
	assert_int_equal(code, WEIR_END);
	wr_client_done(client, outcome.cursor);
	return text;
}

static void test_statements(void **state)
{
	struct fixture fixture = {0};
	struct wr_client *client;

	open_fixture(&fixture);
	client = open_client(&fixture, &admin);
	assert_string_equal(run(client, "SELECT 1 + 1"), "2|;");
	assert_string_equal(run(client, "CREATE TABLE t" NUMBERS ";"), "OK");
	assert_string_equal(run(client, "SELECT a FROM t WHERE a > 8"), "9|;10|;");
	assert_string_equal(run(client, "SHOW TABLES"), "t|;");
	assert_string_equal(run(client, "DESCRIBE t"), "a|BIGINT|TRUE|NULL|NULL|NULL|;");
	assert_string_equal(run(client, "SET 'sql-client.verbose' = 'true'"), "OK");
	assert_string_equal(wr_client_get(client, "sql-client.verbose"), "true");
	assert_string_equal(run(client, "SET 'table.local-time-zone' = 'Asia/Tokyo'"), "OK");
	assert_string_equal(wr_client_get(client, "table.local-time-zone"), "Asia/Tokyo");
	assert_string_equal(wr_client_get(client, "parallelism.default"), "1");
	assert_string_equal(run(client, "SET 'parallelism.default' = '2'"), "OK");
	assert_string_equal(run(client, "RESET"), "OK");
	assert_string_equal(wr_client_get(client, "parallelism.default"), "1");
	assert_null(wr_client_get(client, "sql-client.verbose"));
	assert_string_equal(run(client, "SELECT 1; SELECT 2"),
			    "1:11 There are 2 statements, and one is executed at a time");
	assert_string_equal(run(client, "  -- nothing"), "0:0 There is no statement");
	assert_non_null(strstr(run(client, "SELECT a,\n  b FROM t"), "2:3 "));
	assert_string_equal(run(client, "CREATE TABLE s (a BIGINT) WITH ('connector'='blackhole')"),
			    "OK");
	assert_string_equal(run(client, "CREATE TEMPORARY VIEW v AS SELECT a + 1 AS a FROM t"),
			    "OK");
	assert_string_equal(run(client, "INSERT INTO s SELECT a FROM v"), "JOB");
	assert_string_equal(run(client, "SET 'table.dml-sync' = 'true'"), "OK");
	assert_string_equal(run(client,
				"EXECUTE STATEMENT SET BEGIN INSERT INTO s SELECT a FROM t; "
				"INSERT INTO s SELECT a FROM v; END"),
			    "JOB");
	wr_client_close(client);
	close_fixture(&fixture);
}

static void test_catalog(void **state)
{
	struct fixture fixture = {0};
	struct wr_client *one, *two;

	open_fixture(&fixture);
	one = open_client(&fixture, &admin);
	two = open_client(&fixture, &admin);
	assert_string_equal(run(one, "CREATE TABLE t" NUMBERS), "OK");
	assert_string_equal(run(one, "CREATE VIEW v AS SELECT a * 2 AS b FROM t"), "OK");
	assert_string_equal(run(one, "CREATE TEMPORARY TABLE mine" NUMBERS), "OK");
	assert_string_equal(run(two, "SHOW TABLES"), "t|;v|;");
	assert_string_equal(run(one, "SHOW TABLES"), "mine|;t|;v|;");
	assert_non_null(strstr(run(two, "CREATE TABLE t" NUMBERS), "exists"));
	assert_string_equal(run(two, "CREATE TABLE IF NOT EXISTS t (other INT) WITH ('connector' = "
				     "'datagen')"),
			    "OK");
	assert_string_equal(run(two, "DROP VIEW v"), "OK");
	assert_non_null(strstr(run(one, "SELECT * FROM v"), "v"));
	assert_string_equal(run(one, "SHOW TABLES"), "mine|;t|;");
	assert_string_equal(run(two, "CREATE VIEW v AS SELECT 7 AS c"), "OK");
	assert_string_equal(run(one, "SELECT * FROM v"), "7|;");
	assert_string_equal(run(one, "CREATE DATABASE shop"), "OK");
	assert_string_equal(run(two, "USE shop"), "OK");
	assert_string_equal(run(two, "CREATE TABLE u" NUMBERS), "OK");
	assert_string_equal(run(one, "SHOW TABLES FROM shop"), "u|;");
	assert_string_equal(run(one, "SHOW TABLES"), "mine|;t|;v|;");
	wr_client_close(two);
	wr_client_unref(one);
	wr_server_close(fixture.server);
	serve(&fixture);
	one = open_client(&fixture, &admin);
	assert_string_equal(run(one, "SHOW TABLES"), "t|;v|;");
	assert_string_equal(run(one, "SELECT a FROM t WHERE a < 2"), "1|;");
	assert_string_equal(run(one, "SELECT a FROM shop.u WHERE a < 2"), "1|;");
	assert_string_equal(run(one, "DROP DATABASE shop CASCADE"), "OK");
	two = open_client(&fixture, &admin);
	assert_string_equal(run(two, "SHOW DATABASES"), "default_database|;");
	wr_client_close(one);
	wr_client_close(two);
	close_fixture(&fixture);
}

static void test_roles(void **state)
{
	struct fixture fixture = {0};
	struct wr_client *client;
	char *id;

	open_fixture(&fixture);
	client = open_client(&fixture, &viewer);
	assert_string_equal(run(client, "SELECT 1"), "1|;");
	assert_non_null(strstr(run(client, "CREATE TABLE t" NUMBERS), "needs the role 'admin'"));
	assert_non_null(
	    strstr(run(client, "CREATE TEMPORARY TABLE t" NUMBERS), "needs the role 'operator'"));
	assert_string_equal(run(client, "CREATE TEMPORARY VIEW v AS SELECT 1 AS a"), "OK");
	assert_non_null(
	    strstr(run(client, "SET 'weir.plugins' = '/tmp/x.so'"), "not for the role"));
	assert_null(wr_client_find(fixture.server->clients, &operator, wr_client_id(client)));
	id = wr_strdup(wr_client_id(client));
	wr_client_close(client);
	assert_null(wr_client_find(fixture.server->clients, &viewer, id));
	wr_free(id);
	client = open_client(&fixture, &operator);
	assert_string_equal(run(client, "CREATE TEMPORARY TABLE t" NUMBERS), "OK");
	assert_string_equal(run(client, "CREATE TEMPORARY TABLE s (a BIGINT) WITH ('connector' = "
					"'blackhole')"),
			    "OK");
	assert_string_equal(run(client, "INSERT INTO s SELECT a FROM t"), "JOB");
	assert_non_null(strstr(run(client, "CREATE DATABASE d"), "needs the role 'admin'"));
	wr_client_close(client);
	close_fixture(&fixture);
}

static void test_limits(void **state)
{
	struct fixture fixture = {0};
	struct wr_client *client[3], *more = NULL;
	struct wr_outcome outcome;
	const struct weir_row *row;
	wr_status *status;

	open_fixture(&fixture);
	for (int i = 0; i < 3; i++)
		client[i] = open_client(&fixture, &admin);
	status = wr_client_open(fixture.server->clients, &admin, NULL, NULL, NULL, 0, &more);
	assert_non_null(strstr(status->text, "3 sessions already"));
	wr_status_free(status);
	wr_client_close(client[2]);
	assert_string_equal(run(client[0], "CREATE TABLE endless (a BIGINT) WITH ('connector' = "
					   "'datagen')"),
			    "OK");
	assert_int_equal(
	    wr_client_execute(client[1], "SELECT a FROM endless", NULL, &outcome, NULL), WEIR_OK);
	assert_false(outcome.bounded);
	assert_int_equal(weir_cursor_row(outcome.cursor, -1, &row, NULL), WEIR_OK);
	wr_client_cancel(client[1]);
	while (weir_cursor_row(outcome.cursor, -1, &row, NULL) == WEIR_OK)
		;
	assert_int_equal(weir_cursor_row(outcome.cursor, -1, &row, NULL), WEIR_CANCELLED);
	wr_client_done(client[1], outcome.cursor);
	wr_client_close(client[0]);
	wr_client_close(client[1]);
	close_fixture(&fixture);
}

static void test_split(void **state)
{
	const char *script = "SELECT ';'; -- one;\n SELECT 2 ;; SELECT 3";
	uint32_t *begin, *end, count;

	assert_null(wr_client_split(script, &begin, &end, &count));
	assert_int_equal(count, 3);
	assert_memory_equal(script + begin[0], "SELECT ';'; --", 14);
	assert_memory_equal(script + begin[1], "SELECT 2", 8);
	assert_int_equal(end[1], begin[2]);
	assert_int_equal(end[2], strlen(script));
	wr_free(begin);
	wr_free(end);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_statements), cmocka_unit_test(test_catalog),
	    cmocka_unit_test(test_roles),      cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_split),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

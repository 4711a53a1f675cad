/* SPDX-License-Identifier: Apache-2.0
 *
 * details - what stands inside the nodes: windows, keys, conditions, sort keys, time attributes,
 * and the arguments of connectors.
 */
#include "script.h"

#include "analyze/describe.h"
#include "expr/function.h"

static const char setup[] =
    "CREATE TABLE t (a INT, b BIGINT NOT NULL, s STRING, ts TIMESTAMP(3), pt AS PROCTIME(), "
    "WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'fake', "
    "'scan.watermark.idle-timeout' = '1 min');"
    "CREATE TABLE u (a INT, c STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) "
    "WITH ('connector' = 'fake');"
    "CREATE TABLE k (id INT, v STRING NOT NULL, PRIMARY KEY (id) NOT ENFORCED) "
    "WITH ('connector' = 'fake');";

struct fixture {
	struct script script; /* with `setup` run */
};

static int open_fixture(void **state)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);

	script_init(&fixture->script);
	assert_null(script_run(&fixture->script, setup));
	*state = fixture;
	return 0;
}

static int close_fixture(void **state)
{
	struct fixture *fixture = *state;

	script_release(&fixture->script);
	free(fixture);
	return 0;
}

/* Plans a statement and returns its first node of a kind. */
static struct wr_node *plan(struct fixture *fixture, const char *sql, enum wr_node_kind kind)
{
	wr_status *status = script_run(&fixture->script, sql);

	if (status != NULL)
		fail_msg("%s: %s", sql, script_error(&fixture->script, status));
	struct wr_node *node = script_find(fixture->script.plan->root[0], kind);
	assert_non_null(node);
	return node;
}

static const char *print(struct fixture *fixture, const struct wr_expr *expr)
{
	struct wr_text *text = &fixture->script.text;

	wr_text_clear(text);
	if (expr == NULL)
		return "none";
	wr_expr_print(text, expr, NULL);
	return wr_text_str(text);
}

static void test_window(void **state)
{
	struct wr_node *node =
	    plan(*state,
		 "SELECT * FROM TABLE(HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND, "
		 "INTERVAL '1' MINUTE, INTERVAL '3' SECOND))",
		 WR_N_WINDOW);
	const struct wr_window *window = node->u.window;

	assert_int_equal(window->kind, WR_W_HOP);
	assert_int_equal(window->size_ms, 60000);
	assert_int_equal(window->slide_ms, 10000);
	assert_int_equal(window->offset_ms, 3000);
	assert_int_equal(window->time_column, 3);
	assert_false(window->processing_time);
	assert_false(window->legacy);
	assert_int_equal(node->schema.count, 8);
	assert_string_equal(node->schema.field[5].name, "window_start");
	assert_int_equal(node->schema.field[7].type->time, WR_TIME_EVENT);
	assert_int_equal(node->traits.window_start, 5);
	assert_int_equal(node->traits.rowtime, 7);
}

static void test_window_kinds(void **state)
{
	struct wr_node *node = plan(*state,
				    "SELECT * FROM TABLE(CUMULATE(TABLE t, DESCRIPTOR(pt), "
				    "INTERVAL '10' SECOND, INTERVAL '1' MINUTE))",
				    WR_N_WINDOW);

	assert_int_equal(node->u.window->kind, WR_W_CUMULATE);
	assert_int_equal(node->u.window->slide_ms, 10000);
	assert_int_equal(node->u.window->size_ms, 60000);
	assert_true(node->u.window->processing_time);
	assert_int_equal(node->schema.field[7].type->time, WR_TIME_PROC);
	node = plan(*state,
		    "SELECT * FROM TABLE(SESSION(DATA => TABLE t PARTITION BY (s, a), "
		    "TIMECOL => DESCRIPTOR(ts), GAP => INTERVAL '7' SECOND))",
		    WR_N_WINDOW);
	assert_int_equal(node->u.window->kind, WR_W_SESSION);
	assert_int_equal(node->u.window->size_ms, 7000);
	assert_int_equal(node->u.window->partition_count, 2);
	assert_int_equal(node->u.window->partition[0], 2);
	assert_int_equal(node->u.window->partition[1], 0);
	node = plan(*state,
		    "SELECT COUNT(*) FROM t GROUP BY UPPER(s), SESSION(ts, INTERVAL '7' SECOND)",
		    WR_N_WINDOW);
	assert_true(node->u.window->legacy);
	assert_int_equal(node->u.window->partition_count, 1);
	assert_int_equal(node->u.window->partition[0], 5);
}

/* The older window groups by its three columns, and by the session's key only once. */
static void test_legacy_keys(void **state)
{
	struct wr_node *node =
	    plan(*state,
		 "SELECT COUNT(*), SESSION_ROWTIME(ts, INTERVAL '7' SECOND) FROM t "
		 "GROUP BY UPPER(s), SESSION(ts, INTERVAL '7' SECOND)",
		 WR_N_AGGREGATE);

	assert_int_equal(node->u.agg.key_count, 4);
	assert_int_equal(node->u.agg.key[0], 5);
	assert_int_equal(node->u.agg.key[1], 6);
	assert_int_equal(node->u.agg.key[3], 8);
	assert_int_equal(node->schema.field[3].type->time, WR_TIME_EVENT);
	assert_int_equal(node->input[0]->kind, WR_N_WINDOW);
}

static void test_items(void **state)
{
	struct wr_node *node = plan(*state,
				    "SELECT SUM(a), COUNT(*), SUM(a) + SUM(a), SUM(DISTINCT a), "
				    "SUM(a) FILTER (WHERE b > 1) FROM t GROUP BY s, s, UPPER(s)",
				    WR_N_AGGREGATE);

	assert_int_equal(node->u.agg.key_count, 2);
	assert_int_equal(node->u.agg.item_count, 4);
	assert_string_equal(node->u.agg.item[0].name, "SUM(a)");
	assert_int_equal(node->u.agg.item[1].arg_count, 0);
	assert_true(node->u.agg.item[2].distinct);
	assert_non_null(node->u.agg.item[3].filter);
	assert_null(node->u.agg.set);
	assert_int_equal(node->input[0]->kind, WR_N_PROJECT);
}

static void test_sets(void **state)
{
	struct wr_node *node = plan(
	    *state, "SELECT a, s, COUNT(*), GROUPING(s) FROM t GROUP BY a, CUBE (s, b), ROLLUP (s)",
	    WR_N_AGGREGATE);
	const char *end;

	/* a with {s b, s, b, -} x {s, -}: four sets once equal ones are dropped. */
	assert_int_equal(node->u.agg.key_count, 3);
	assert_int_equal(node->u.agg.set_count, 4);
	assert_int_equal(node->u.agg.set[0], 7);
	assert_int_equal(node->u.agg.set[1], 3);
	for (uint32_t i = 0; i < node->u.agg.set_count; i++)
		assert_true(node->u.agg.set[i] & 1);
	end = node->schema.field[node->schema.count - 1].name;
	assert_string_equal(end, "$e");
	assert_true(node->schema.field[1].type->nullable);
	node =
	    plan(*state, "SELECT b, COUNT(*) FROM t GROUP BY GROUPING SETS ((b))", WR_N_AGGREGATE);
	assert_null(node->u.agg.set);
	assert_false(node->schema.field[0].type->nullable);
}

static void test_time_attributes(void **state)
{
	struct wr_node *node = plan(*state,
				    "SELECT ts, ts AS x, CAST(ts AS TIMESTAMP(3)) AS y, pt "
				    "FROM t WHERE a > 1",
				    WR_N_PROJECT);

	assert_int_equal(node->schema.field[0].type->time, WR_TIME_EVENT);
	assert_int_equal(node->schema.field[1].type->time, WR_TIME_EVENT);
	assert_int_equal(node->schema.field[2].type->time, WR_TIME_NONE);
	assert_int_equal(node->schema.field[3].type->time, WR_TIME_PROC);
	node = plan(*state, "SELECT ts FROM t UNION ALL SELECT ts FROM u", WR_N_UNION_ALL);
	assert_int_equal(node->schema.field[0].type->time, WR_TIME_EVENT);
	node = plan(*state, "SELECT ts, COUNT(*) FROM t GROUP BY ts", WR_N_AGGREGATE);
	assert_int_equal(node->schema.field[0].type->time, WR_TIME_NONE);
	node = plan(*state, "SELECT * FROM t JOIN u ON t.a = u.a", WR_N_JOIN);
	assert_int_equal(node->schema.field[3].type->time, WR_TIME_NONE);
	node =
	    plan(*state,
		 "SELECT * FROM t JOIN u ON t.a = u.a AND t.ts BETWEEN u.ts - INTERVAL '1' MINUTE "
		 "AND u.ts",
		 WR_N_JOIN);
	assert_int_equal(node->schema.field[3].type->time, WR_TIME_EVENT);
	assert_int_equal(node->schema.field[7].type->time, WR_TIME_EVENT);
}

static void test_joins(void **state)
{
	struct wr_node *node =
	    plan(*state, "SELECT * FROM t LEFT JOIN u ON t.a = u.a AND c = 'x'", WR_N_JOIN);

	assert_int_equal(node->u.join.join, WR_J_LEFT);
	assert_string_equal(print(*state, node->u.join.condition), "($0 = $5) AND ($6 = 'x')");
	node = plan(*state, "SELECT a FROM t WHERE a IN (SELECT a + 1 FROM u)", WR_N_JOIN);
	assert_int_equal(node->u.join.join, WR_J_SEMI);
	assert_string_equal(print(*state, node->u.join.condition), "$0 = $8");
	node = plan(*state, "SELECT a FROM t WHERE NOT EXISTS (SELECT * FROM u WHERE u.a > t.b)",
		    WR_N_JOIN);
	assert_int_equal(node->u.join.join, WR_J_ANTI);
	assert_string_equal(print(*state, node->u.join.condition), "CAST($5 AS BIGINT) > $1");
	node = plan(*state, "SELECT a FROM t WHERE a NOT IN (SELECT a FROM u)", WR_N_JOIN);
	assert_int_equal(node->u.join.join, WR_J_ANTI);
	assert_string_equal(print(*state, node->u.join.condition),
			    "($0 = $5) OR ($0 = $5) IS NULL");
	node = plan(*state, "SELECT * FROM t, u", WR_N_JOIN);
	assert_null(node->u.join.condition);
	node = plan(*state, "SELECT * FROM u AS x RIGHT JOIN u AS y USING (a, c)", WR_N_JOIN);
	assert_int_equal(node->u.join.join, WR_J_RIGHT);
	assert_string_equal(print(*state, node->u.join.condition), "($0 = $3) AND ($1 = $4)");
}

static void test_state_ttl(void **state)
{
	struct fixture *fixture = *state;
	struct wr_node *node;

	fixture->script.env.state_ttl_ms = 5;
	node = plan(fixture,
		    "SELECT /*+ STATE_TTL('x' = '2 min') */ * FROM u AS x JOIN u AS y ON x.a = y.a",
		    WR_N_JOIN);
	assert_int_equal(node->u.join.left_ttl_ms, 120000);
	assert_int_equal(node->u.join.right_ttl_ms, 5);
}

static void test_sort(void **state)
{
	struct wr_node *node =
	    plan(*state, "SELECT a, s FROM t ORDER BY s DESC, 1, b NULLS LAST LIMIT 7 OFFSET 2",
		 WR_N_SORT);

	assert_int_equal(node->u.sort.order_count, 3);
	assert_int_equal(node->u.sort.order[0].column, 1);
	assert_true(node->u.sort.order[0].descending);
	assert_false(node->u.sort.order[0].nulls_first);
	assert_int_equal(node->u.sort.order[1].column, 0);
	assert_true(node->u.sort.order[1].nulls_first);
	assert_int_equal(node->u.sort.order[2].column, 2);
	assert_false(node->u.sort.order[2].nulls_first);
	assert_int_equal(node->u.sort.fetch, 7);
	assert_int_equal(node->u.sort.offset, 2);
}

static void test_over(void **state)
{
	struct wr_node *node =
	    plan(*state,
		 "SELECT SUM(a) OVER (PARTITION BY s ORDER BY ts ROWS BETWEEN 4 "
		 "PRECEDING AND CURRENT ROW), COUNT(*) OVER (PARTITION BY s ORDER BY "
		 "ts RANGE BETWEEN INTERVAL '2' SECOND PRECEDING AND CURRENT ROW), "
		 "ROW_NUMBER() OVER (PARTITION BY s ORDER BY ts) FROM t",
		 WR_N_OVER);

	assert_int_equal(node->u.over.item_count, 3);
	assert_int_equal(node->u.over.partition[0], 2);
	assert_int_equal(node->u.over.order[0].column, 3);
	assert_true(node->u.over.item[0].rows);
	assert_int_equal(node->u.over.item[0].preceding, 4);
	assert_false(node->u.over.item[1].rows);
	assert_int_equal(node->u.over.item[1].preceding, 2000);
	assert_int_equal(node->u.over.item[2].what, WR_OVER_ROW_NUMBER);
	assert_int_equal(node->u.over.item[2].preceding, INT64_MAX);
	assert_int_equal(node->schema.count, 8);
}

static void test_scan(void **state)
{
	struct wr_node *node =
	    plan(*state, "SELECT * FROM t /*+ OPTIONS('path' = 'p') */ AS q", WR_N_SCAN);
	const struct wr_connector_args *args = node->u.scan.args;

	assert_string_equal(node->u.scan.alias, "q");
	assert_int_equal(node->u.scan.rowtime, 3);
	assert_string_equal(print(*state, node->u.scan.watermark),
			    "$3 - INTERVAL '+0 00:00:05.000'");
	assert_int_equal(node->u.scan.pace.idle_timeout_ms, 60000);
	assert_int_equal(args->physical_count, 4);
	assert_int_equal(args->wanted_count, 4);
	assert_string_equal(wr_options_str(args->options, "path"), "p");
	assert_int_equal(node->schema.field[3].type->time, WR_TIME_EVENT);
	assert_int_equal(node->u.scan.expr[4]->kind, WR_E_CALL);
}

/* Computed and metadata columns between physical ones: the connector sees physical ones first. */
static void test_scan_columns(void **state)
{
	struct wr_node *node = plan(
	    *state,
	    "CREATE TABLE x (f STRING METADATA FROM 'file.path', c AS a + o, a INT, o INT METADATA "
	    "FROM 'offset') WITH ('connector' = 'fake'); SELECT * FROM x",
	    WR_N_SCAN);
	const struct wr_connector_args *args = node->u.scan.args;

	assert_int_equal(args->physical_count, 1);
	assert_int_equal(args->schema->count, 3);
	assert_string_equal(args->schema->field[0].name, "a");
	assert_string_equal(args->metadata_key[0], "file.path");
	assert_string_equal(args->metadata_key[1], "offset");
	assert_string_equal(print(*state, node->u.scan.expr[0]), "$1");
	assert_string_equal(print(*state, node->u.scan.expr[1]), "$0 + $2");
	assert_string_equal(print(*state, node->u.scan.expr[2]), "$0");
	assert_string_equal(print(*state, node->u.scan.expr[3]), "CAST($2 AS INT)");
}

static void test_insert(void **state)
{
	struct fixture *fixture = *state;
	struct wr_node *node = plan(fixture, "INSERT INTO k SELECT a, s FROM t", WR_N_PROJECT);
	struct wr_node *sink = fixture->script.plan->root[0];

	assert_int_equal(sink->kind, WR_N_SINK);
	assert_string_equal(sink->u.sink.table->name, "k");
	assert_int_equal(sink->u.sink.args->primary_key_count, 1);
	assert_int_equal(node->u.calc.expr[0]->kind, WR_E_CALL);
	assert_string_equal(node->u.calc.expr[0]->function->name, "NOT NULL CHECK");
	assert_false(node->u.calc.expr[0]->type->nullable);
	fixture->script.env.not_null_drop = true;
	node = plan(fixture, "INSERT INTO k SELECT a, s FROM t", WR_N_FILTER);
	assert_string_equal(print(fixture, node->u.calc.condition),
			    "$0 IS NOT NULL AND $1 IS NOT NULL");
	node = plan(fixture, "INSERT INTO k (v, id) SELECT c, 5 FROM u", WR_N_PROJECT);
	assert_int_equal(node->u.calc.expr[0]->column, 1);
}

static void test_describe(void **state)
{
	struct fixture *fixture = *state;
	struct wr_analyze_env *env = &fixture->script.env;
	struct wr_describe_row *row =
	    wr_describe_table(&fixture->script.arena, wr_catalog_find(env->catalog, "t"));

	assert_string_equal(row[1].type, "BIGINT");
	assert_false(row[1].nullable);
	assert_string_equal(row[3].type, "TIMESTAMP(3) *ROWTIME*");
	assert_string_equal(row[3].watermark, "ts - INTERVAL '5' SECOND");
	assert_string_equal(row[4].type, "TIMESTAMP_LTZ(3) *PROCTIME*");
	assert_string_equal(row[4].extras, "AS PROCTIME()");
	assert_null(row[0].key);
	row = wr_describe_table(&fixture->script.arena, wr_catalog_find(env->catalog, "k"));
	assert_string_equal(row[0].key, "PRI(id)");
	assert_false(row[0].nullable);
}

static void test_show_create(void **state)
{
	struct fixture *fixture = *state;
	struct wr_text *text = &fixture->script.text;

	assert_null(
	    script_run(&fixture->script,
		       "CREATE TABLE x (a INT COMMENT 'it''s', b AS a + 1, o BIGINT METADATA FROM "
		       "'offset' VIRTUAL, ts TIMESTAMP(3) NOT NULL, WATERMARK FOR ts AS ts, "
		       "CONSTRAINT pk PRIMARY KEY (a) NOT ENFORCED) COMMENT 'c' PARTITIONED BY "
		       "(a) WITH ('connector' = 'fake', 'path' = 'p');"
		       "CREATE VIEW v (n) AS SELECT a FROM x;"));
	wr_text_clear(text);
	wr_show_create(text, wr_catalog_find(fixture->script.env.catalog, "x"));
	assert_string_equal(wr_text_str(text),
			    "CREATE TABLE `default_catalog`.`default_database`.`x` (\n"
			    "  `a` INT NOT NULL COMMENT 'it''s',\n"
			    "  `b` AS a + 1,\n"
			    "  `o` BIGINT METADATA FROM 'offset' VIRTUAL,\n"
			    "  `ts` TIMESTAMP(3) NOT NULL,\n"
			    "  WATERMARK FOR `ts` AS ts,\n"
			    "  CONSTRAINT `pk` PRIMARY KEY (`a`) NOT ENFORCED\n"
			    ")\n"
			    "COMMENT 'c'\n"
			    "PARTITIONED BY (`a`)\n"
			    "WITH (\n"
			    "  'connector' = 'fake',\n"
			    "  'path' = 'p'\n"
			    ")");
	wr_text_clear(text);
	wr_show_create(text, wr_catalog_find(fixture->script.env.catalog, "v"));
	assert_string_equal(wr_text_str(text),
			    "CREATE VIEW `default_catalog`.`default_database`.`v` (\n"
			    "  `n`\n"
			    ")\n"
			    "AS SELECT a FROM x");
}

/* What SHOW CREATE prints declares the same table again, and LIKE copies it. */
static void test_show_create_again(void **state)
{
	struct fixture *fixture = *state;
	struct script *script = &fixture->script;
	struct wr_text text, again;

	wr_text_init(&text);
	wr_text_init(&again);
	assert_null(script_run(script, "CREATE TABLE x (z INT) LIKE t"));
	wr_show_create(&text, wr_catalog_find(script->env.catalog, "x"));
	assert_null(wr_catalog_drop(script->env.catalog, "x"));
	wr_status *status = script_run(script, wr_text_str(&text));
	if (status != NULL)
		fail_msg("%s", script_error(script, status));
	wr_show_create(&again, wr_catalog_find(script->env.catalog, "x"));
	assert_string_equal(wr_text_str(&text), wr_text_str(&again));
	wr_text_release(&text);
	wr_text_release(&again);
}

/* Views of views multiply their plans; the limit stops them before memory does. */
static void test_growth(void **state)
{
	struct fixture *fixture = *state;
	wr_status *status = NULL;
	char sql[200];

	assert_null(script_run(&fixture->script, "CREATE VIEW v0 AS SELECT a FROM t"));
	for (int i = 1; i < 40 && status == NULL; i++) {
		snprintf(sql, sizeof sql,
			 "CREATE VIEW v%d AS SELECT x.a FROM v%d AS x JOIN v%d AS y ON x.a = y.a",
			 i, i - 1, i - 1);
		status = script_run(&fixture->script, sql);
	}
	assert_non_null(status);
	assert_non_null(strstr(status->text, "too large"));
	wr_status_free(status);
}

/* Text of `count` pieces, with %u in a piece standing for its number. */
static char *repeat(struct fixture *fixture, const char *start, const char *piece, uint32_t count,
		    const char *end)
{
	struct wr_text text;
	char *copy;

	wr_text_init(&text);
	wr_text_puts(&text, start);
	for (uint32_t i = 0; i < count; i++) {
		const char *number = strstr(piece, "%u");
		if (number == NULL)
			wr_text_puts(&text, piece);
		else
			wr_text_printf(&text, "%.*s%u%s", (int)(number - piece), piece, i,
				       number + 2);
	}
	wr_text_puts(&text, end);
	copy = wr_arena_strdup(&fixture->script.arena, wr_text_str(&text));
	wr_text_release(&text);
	return copy;
}

static void expect_error(struct fixture *fixture, const char *sql, const char *part)
{
	wr_status *status = script_run(&fixture->script, sql);

	assert_non_null(status);
	if (strstr(status->text, part) == NULL)
		fail_msg("'%s' is not in: %s", part, status->text);
	wr_status_free(status);
}

/* Widths at and past the limit. */
static void test_limits(void **state)
{
	struct fixture *fixture = *state;
	struct script *script = &fixture->script;

	assert_null(script_run(script, repeat(fixture, "SELECT b", ", a", 1999, " FROM t")));
	assert_int_equal(script->plan->root[0]->schema.count, 2000);
	assert_string_equal(script->plan->root[0]->schema.field[1999].name, "a1997");
	expect_error(fixture, repeat(fixture, "SELECT b", ", a", 2000, " FROM t"),
		     "at most 2000 columns");
	expect_error(fixture,
		     repeat(fixture, "CREATE TABLE w (a INT", ", c%u INT", 2000,
			    ") WITH ('connector' = 'fake')"),
		     "at most 2000 columns");
	assert_null(script_run(script, repeat(fixture, "CREATE TABLE w (a INT", ", c%u INT", 1500,
					      ") WITH ('connector' = 'fake')")));
	expect_error(fixture, "SELECT 1 FROM w AS x, w AS y", "at most 2000 columns");
	expect_error(
	    fixture,
	    "SELECT 1 FROM t GROUP BY CUBE (a, b, s, ts), CUBE (a + 1, b + 1, a + 2, b + 2), "
	    "CUBE (a + 3, b + 3, a + 4, b + 4, a + 5)",
	    "grouping sets");
	assert_null(script_run(
	    script, repeat(fixture, "SELECT a FROM t WHERE a IN (0", ", %u", 20000, ")")));
	assert_null(
	    script_run(script, repeat(fixture, "VALUES (0, 'x')", ", (%u, 'y')", 5000, "")));
	assert_int_equal(script_find(script->plan->root[0], WR_N_VALUES)->u.values.row_count, 5001);
}

/* A subquery that selects a value of the query around it. */
static void test_outer_value(void **state)
{
	struct wr_node *node =
	    plan(*state, "SELECT a FROM t WHERE a IN (SELECT b FROM u)", WR_N_JOIN);

	assert_string_equal(print(*state, node->u.join.condition), "CAST($0 AS BIGINT) = $1");
	assert_int_equal(node->input[1]->kind, WR_N_SCAN);
}

/* Nodes of a view know where the view was written. */
static void test_view_places(void **state)
{
	struct wr_node *node =
	    plan(*state,
		 "SELECT 1;\n\nCREATE VIEW v AS\n  SELECT a FROM t\n  WHERE a > 1;\n"
		 "SELECT * FROM v",
		 WR_N_FILTER);

	assert_int_equal(node->pos.line, 5);
	assert_int_equal(node->pos.column, 9);
	assert_int_equal(node->pos.offset, 54);
	assert_int_equal(node->input[0]->pos.line, 4);
	assert_int_equal(node->input[0]->pos.column, 17);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fixture, close_fixture)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_window),      TEST(test_window_kinds),
	    TEST(test_legacy_keys), TEST(test_items),
	    TEST(test_sets),        TEST(test_time_attributes),
	    TEST(test_joins),       TEST(test_state_ttl),
	    TEST(test_sort),        TEST(test_over),
	    TEST(test_scan),        TEST(test_scan_columns),
	    TEST(test_insert),      TEST(test_describe),
	    TEST(test_show_create), TEST(test_show_create_again),
	    TEST(test_growth),      TEST(test_view_places),
	    TEST(test_limits),      TEST(test_outer_value),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

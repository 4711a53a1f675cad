/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of statements: DDL, INSERT, statement sets, SHOW, EXPLAIN, SET; scripts of several.
 */
#include "sql_test.h"

/* ---- CREATE, DROP ---------------------------------------------------------------------------- */

static void test_create_table(void **state)
{
	static const struct round_trip cases[] = {
	    {"CREATE TABLE t", "CREATE TABLE `t`"},
	    {"CREATE TEMPORARY TABLE IF NOT EXISTS c.d.t (a INT) WITH ()",
	     "CREATE TEMPORARY TABLE IF NOT EXISTS `c`.`d`.`t` (\n  `a` INT\n)"},
	    {"CREATE TABLE t (a INT NOT NULL, b AS a + 1 COMMENT 'x', c STRING METADATA FROM 'k' "
	     "VIRTUAL, "
	     "d INT METADATA, e BYTES NOT NULL METADATA FROM 'v' COMMENT 'it''s', "
	     "WATERMARK FOR ts AS ts - INTERVAL '5' SECOND, PRIMARY KEY (a, d) NOT ENFORCED) "
	     "COMMENT 'tbl' PARTITIONED BY (a, b) WITH ('connector' = 'x', 'x''y' = '')",
	     "CREATE TABLE `t` (\n  `a` INT NOT NULL,\n  `b` AS `a` + 1 COMMENT 'x',\n"
	     "  `c` STRING METADATA FROM 'k' VIRTUAL,\n  `d` INT METADATA,\n"
	     "  `e` BYTES NOT NULL METADATA FROM 'v' COMMENT 'it''s',\n"
	     "  WATERMARK FOR `ts` AS `ts` - INTERVAL '5' SECOND,\n"
	     "  CONSTRAINT `PK_a_d` PRIMARY KEY (`a`, `d`) NOT ENFORCED\n)\n"
	     "COMMENT 'tbl'\nPARTITIONED BY (`a`, `b`)\nWITH (\n  'connector' = 'x',\n  'x''y' = "
	     "''\n)"},
	    {"CREATE TABLE t (a INT PRIMARY KEY NOT ENFORCED COMMENT 'c')",
	     "CREATE TABLE `t` (\n  `a` INT COMMENT 'c',\n  CONSTRAINT `PK_a` PRIMARY KEY (`a`) "
	     "NOT ENFORCED\n)"},
	    {"CREATE TABLE t (CONSTRAINT k PRIMARY KEY (a), WATERMARK FOR a.b AS c)",
	     "CREATE TABLE `t` (\n  WATERMARK FOR `a`.`b` AS `c`,\n  CONSTRAINT `k` PRIMARY KEY "
	     "(`a`)\n)"},
	    {"CREATE TABLE t (a INT) DISTRIBUTED BY HASH(a) INTO 3 BUCKETS PARTITIONED BY (a)",
	     "CREATE TABLE `t` (\n  `a` INT\n)\nDISTRIBUTED BY HASH(`a`) INTO 3 "
	     "BUCKETS\nPARTITIONED BY (`a`)"},
	    {"CREATE TABLE t (a INT) DISTRIBUTED BY (a)",
	     "CREATE TABLE `t` (\n  `a` INT\n)\nDISTRIBUTED BY (`a`)"},
	    {"CREATE TABLE t (a INT) DISTRIBUTED INTO 3 BUCKETS",
	     "CREATE TABLE `t` (\n  `a` INT\n)\nDISTRIBUTED INTO 3 BUCKETS"},
	    {"CREATE TABLE t LIKE u", "CREATE TABLE `t`\nLIKE `u`"},
	    {"CREATE TABLE t WITH ('a'='b') LIKE u (INCLUDING ALL EXCLUDING OPTIONS OVERWRITING "
	     "WATERMARKS "
	     "INCLUDING CONSTRAINTS INCLUDING DISTRIBUTION INCLUDING GENERATED INCLUDING METADATA "
	     "INCLUDING PARTITIONS)",
	     "CREATE TABLE `t`\nWITH (\n  'a' = 'b'\n)\nLIKE `u` (\n  INCLUDING ALL\n  EXCLUDING "
	     "OPTIONS\n"
	     "  OVERWRITING WATERMARKS\n  INCLUDING CONSTRAINTS\n  INCLUDING DISTRIBUTION\n"
	     "  INCLUDING GENERATED\n  INCLUDING METADATA\n  INCLUDING PARTITIONS\n)"},
	    {"CREATE TABLE t (a, b) WITH ('a'='b') AS SELECT 1, 2",
	     "CREATE TABLE `t` (\n  `a`,\n  `b`\n)\nWITH (\n  'a' = 'b'\n)\nAS SELECT 1, 2"},
	    {"CREATE OR REPLACE TABLE t AS (SELECT 1)", "CREATE OR REPLACE TABLE `t`\nAS SELECT 1"},
	};
	check_round_trips(cases, WR_COUNT(cases));
}

static void test_parts_of_create_table(void **state)
{
	struct wr_arena arena;
	wr_arena_init(&arena);
	struct wr_ast_stmt *stmt = parse_one(
	    &arena, "CREATE TABLE t (a INT,\n  b AS a, c INT METADATA FROM 'k' VIRTUAL,\n"
		    "  WATERMARK FOR ts AS ts,\n  PRIMARY KEY (a) NOT ENFORCED) WITH ('x' = 'y')");
	assert_int_equal(stmt->kind, WR_AST_CREATE_TABLE);
	const struct wr_ast_create_table *create = &stmt->create_table;
	assert_int_equal(create->column_count, 3);
	assert_int_equal(create->columns[0].kind, WR_AST_COLUMN_PHYSICAL);
	assert_int_equal(create->columns[1].kind, WR_AST_COLUMN_COMPUTED);
	assert_int_equal(create->columns[2].kind, WR_AST_COLUMN_METADATA);
	assert_string_equal(create->columns[2].metadata_key, "k");
	assert_true(create->columns[2].is_virtual);
	assert_int_equal(create->columns[2].pos.line, 2);
	assert_int_equal(create->columns[2].pos.column, 11);
	assert_string_equal(create->watermark_column.parts[0].text, "ts");
	assert_int_equal(create->watermark_pos.line, 3);
	assert_int_equal(create->watermark_pos.length, 22);
	assert_true(create->has_primary_key);
	assert_false(create->primary_key_enforced);
	assert_int_equal(create->primary_key_pos.length, 28);
	assert_true(create->has_with);
	assert_string_equal(create->options.items[0].key, "x");
	assert_string_equal(create->options.items[0].value, "y");
	assert_int_equal(create->options.items[0].value_pos.column, 45);
	wr_arena_release(&arena);
}

static void test_views_and_drop(void **state)
{
	static const struct round_trip cases[] = {
	    {"CREATE TEMPORARY VIEW IF NOT EXISTS v (x, y) COMMENT 'c' AS SELECT 1, 2",
	     "CREATE TEMPORARY VIEW IF NOT EXISTS `v` (\n  `x`,\n  `y`\n)\nCOMMENT 'c'\nAS SELECT "
	     "1, 2"},
	    {"CREATE VIEW a.v AS WITH b AS (SELECT 1) SELECT * FROM b",
	     "CREATE VIEW `a`.`v`\nAS WITH `b` AS (SELECT 1)\nSELECT *\nFROM `b`"},
	    {"DROP TABLE t", "DROP TABLE `t`"},
	    {"ALTER TABLE IF EXISTS t ADD a INT AFTER b",
	     "ALTER TABLE IF EXISTS `t` ADD (`a` INT AFTER `b`)"},
	    {"ALTER TABLE t MODIFY (a INT FIRST, WATERMARK FOR ts AS ts, PRIMARY KEY (a) NOT "
	     "ENFORCED)",
	     "ALTER TABLE `t` MODIFY (`a` INT FIRST, WATERMARK FOR `ts` AS `ts`, CONSTRAINT `PK_a` "
	     "PRIMARY KEY (`a`) NOT ENFORCED)"},
	    {"ALTER TABLE t DROP a", "ALTER TABLE `t` DROP (`a`)"},
	    {"ALTER TABLE t DROP PRIMARY KEY", "ALTER TABLE `t` DROP PRIMARY KEY"},
	    {"ALTER TABLE t DROP CONSTRAINT k", "ALTER TABLE `t` DROP CONSTRAINT `k`"},
	    {"ALTER TABLE t DROP WATERMARK", "ALTER TABLE `t` DROP WATERMARK"},
	    {"ALTER TABLE t RENAME a TO b", "ALTER TABLE `t` RENAME `a` TO `b`"},
	    {"ALTER TABLE t RENAME TO d.u", "ALTER TABLE `t` RENAME TO `d`.`u`"},
	    {"ALTER TABLE t SET ('a' = 'b')", "ALTER TABLE `t` SET ('a' = 'b')"},
	    {"ALTER TABLE t RESET ('a', 'b')", "ALTER TABLE `t` RESET ('a', 'b')"},
	    {"ALTER VIEW v RENAME TO d.w", "ALTER VIEW `v` RENAME TO `d`.`w`"},
	    {"ALTER VIEW c.d.v AS SELECT 1", "ALTER VIEW `c`.`d`.`v` AS SELECT 1"},
	    {"ALTER DATABASE c.d SET ('a' = 'b', 'c' = 'd')",
	     "ALTER DATABASE `c`.`d` SET ('a' = 'b', 'c' = 'd')"},
	    {"DROP TEMPORARY TABLE IF EXISTS a.t", "DROP TEMPORARY TABLE IF EXISTS `a`.`t`"},
	    {"DROP VIEW IF EXISTS v", "DROP VIEW IF EXISTS `v`"},
	};
	check_round_trips(cases, WR_COUNT(cases));
	struct wr_arena arena;
	wr_arena_init(&arena);
	const char *sql = "CREATE VIEW v AS (SELECT 1  + 2) -- end";
	const struct wr_ast_create_view *view = &parse_one(&arena, sql)->create_view;
	assert_int_equal(view->query->text.len, 13);
	assert_memory_equal(view->query->text.data, "SELECT 1  + 2", 13);
	wr_arena_release(&arena);
}

static void test_a_name_can_replace_the_written_one(void **state)
{
	struct wr_arena arena;
	struct wr_text text;
	wr_arena_init(&arena);
	wr_text_init(&text);
	struct wr_ast_ident parts[2] = {{.text = "cat"}, {.text = "t"}};
	struct wr_ast_name name = {parts, 2, {0}};
	wr_unparse_create_table(&parse_one(&arena, "CREATE TABLE x (a INT)")->create_table, &name,
				&text);
	assert_string_equal(wr_text_str(&text), "CREATE TABLE `cat`.`t` (\n  `a` INT\n)");
	wr_text_clear(&text);
	wr_unparse_create_view(&parse_one(&arena, "CREATE VIEW x AS SELECT 1")->create_view, &name,
			       &text);
	assert_string_equal(wr_text_str(&text), "CREATE VIEW `cat`.`t`\nAS SELECT 1");
	wr_text_release(&text);
	wr_arena_release(&arena);
}

/* ---- INSERT ---------------------------------------------------------------------------------- */

static void test_insert(void **state)
{
	static const struct round_trip cases[] = {
	    {"INSERT INTO t SELECT 1", "INSERT INTO `t`\nSELECT 1"},
	    {"INSERT OVERWRITE a.t VALUES (1, 2), (DEFAULT, 3)",
	     "INSERT OVERWRITE `a`.`t`\nVALUES ROW(1, 2), ROW(DEFAULT, 3)"},
	    {"INSERT INTO t /*+ OPTIONS('k'='v') */ PARTITION (a = 'x', b = 1) (c, d) (SELECT 1, "
	     "2)",
	     "INSERT INTO `t` /*+ `OPTIONS`('k' = 'v') */ PARTITION (`a` = 'x', `b` = '1') (`c`, "
	     "`d`)\nSELECT 1, 2"},
	    {"INSERT INTO t TABLE u", "INSERT INTO `t`\nTABLE `u`"},
	    {"INSERT INTO t WITH a AS (SELECT 1) SELECT * FROM a",
	     "INSERT INTO `t`\nWITH `a` AS (SELECT 1)\nSELECT *\nFROM `a`"},
	    {"INSERT INTO t SELECT * FROM a JOIN b ON c ON CONFLICT DO NOTHING",
	     "INSERT INTO `t`\nSELECT *\nFROM `a`\nINNER JOIN `b` ON `c`\nON CONFLICT DO NOTHING"},
	    {"INSERT INTO t SELECT 1 ON CONFLICT DO ERROR",
	     "INSERT INTO `t`\nSELECT 1\nON CONFLICT DO ERROR"},
	    {"INSERT INTO t SELECT 1 ON CONFLICT DO DEDUPLICATE",
	     "INSERT INTO `t`\nSELECT 1\nON CONFLICT DO DEDUPLICATE"},
	    {"EXECUTE INSERT INTO t SELECT 1", "INSERT INTO `t`\nSELECT 1"},
	    {"EXECUTE SELECT 1", "SELECT 1"},
	};
	check_round_trips(cases, WR_COUNT(cases));
}

static void test_statement_sets(void **state)
{
	static const struct round_trip cases[] = {
	    {"EXECUTE STATEMENT SET BEGIN INSERT INTO t SELECT 1; INSERT INTO u SELECT 2;; END;",
	     "EXECUTE STATEMENT SET BEGIN\nINSERT INTO `t`\nSELECT 1;\nINSERT INTO `u`\nSELECT "
	     "2;\nEND"},
	    {"BEGIN STATEMENT SET; INSERT INTO t SELECT 1; END; SELECT 2",
	     "EXECUTE STATEMENT SET BEGIN\nINSERT INTO `t`\nSELECT 1;\nEND;\nSELECT 2"},
	    {"EXPLAIN STATEMENT SET BEGIN INSERT INTO t SELECT 1; END",
	     "EXPLAIN STATEMENT SET BEGIN\nINSERT INTO `t`\nSELECT 1;\nEND"},
	};
	check_round_trips(cases, WR_COUNT(cases));
	struct wr_arena arena;
	wr_arena_init(&arena);
	struct wr_ast_stmt *stmt = parse_one(
	    &arena,
	    "EXECUTE STATEMENT SET BEGIN\n INSERT INTO t SELECT 1;\n INSERT INTO u SELECT 2; END");
	assert_int_equal(stmt->statement_set.count, 2);
	assert_int_equal(stmt->statement_set.items[1]->kind, WR_AST_INSERT);
	assert_int_equal(stmt->statement_set.items[1]->pos.line, 3);
	assert_int_equal(stmt->statement_set.items[1]->text.len, 22);
	wr_arena_release(&arena);
}

/* ---- the others ------------------------------------------------------------------------------ */

static void test_other_statements(void **state)
{
	static const struct round_trip cases[] = {
	    {"EXPLAIN SELECT 1", NULL},
	    {"EXPLAIN PLAN FOR INSERT INTO t SELECT 1", "EXPLAIN INSERT INTO `t`\nSELECT 1"},
	    {"EXPLAIN COLUMN_LINEAGE, JSON_EXECUTION_PLAN SELECT 1",
	     "EXPLAIN JSON_EXECUTION_PLAN, COLUMN_LINEAGE SELECT 1"},
	    {"EXPLAIN PLAN_ADVICE, CHANGELOG_MODE SELECT 1",
	     "EXPLAIN CHANGELOG_MODE, PLAN_ADVICE SELECT 1"},
	    {"EXPLAIN ESTIMATED_COST, JSON_EXECUTION_PLAN (SELECT 1)",
	     "EXPLAIN ESTIMATED_COST, JSON_EXECUTION_PLAN SELECT 1"},
	    {"EXPLAIN CREATE TABLE t AS SELECT 1", "EXPLAIN CREATE TABLE `t`\nAS SELECT 1"},
	    {"SHOW TABLES", NULL},
	    {"SHOW TABLES IN c.d NOT LIKE 'x%'", "SHOW TABLES FROM `c`.`d` NOT LIKE 'x%'"},
	    {"SHOW VIEWS LIKE 'x'", NULL},
	    {"SHOW FUNCTIONS", NULL},
	    {"SHOW USER FUNCTIONS ILIKE 'x'", NULL},
	    {"SHOW COLUMNS FROM t", "SHOW COLUMNS FROM `t`"},
	    {"SHOW CREATE TABLE t", "SHOW CREATE TABLE `t`"},
	    {"SHOW CREATE VIEW v", "SHOW CREATE VIEW `v`"},
	    {"SHOW CATALOGS", NULL},
	    {"CREATE CATALOG IF NOT EXISTS `c` WITH ('type' = 'x', 'a' = 'it''s')", NULL},
	    {"CREATE CATALOG c WITH ('type' = 'x')", "CREATE CATALOG `c` WITH ('type' = 'x')"},
	    {"DROP CATALOG IF EXISTS `c`", NULL},
	    {"DROP CATALOG `c`", NULL},
	    {"USE CATALOG c", "USE CATALOG `c`"},
	    {"USE `c`.`d`", NULL},
	    {"USE catalog", "USE `catalog`"},
	    {"CREATE DATABASE IF NOT EXISTS `c`.`d` COMMENT 'it''s' WITH ('a' = 'b')", NULL},
	    {"CREATE DATABASE d", "CREATE DATABASE `d`"},
	    {"DROP DATABASE IF EXISTS `d` CASCADE", NULL},
	    {"DROP DATABASE c.d RESTRICT", "DROP DATABASE `c`.`d`"},
	    {"SHOW DATABASES", NULL},
	    {"SHOW CURRENT CATALOG", NULL},
	    {"SHOW CURRENT DATABASE", NULL},
	    {"SHOW FULL MODULES", NULL},
	    {"SHOW JOBS", NULL},
	    {"DESC t", "DESCRIBE `t`"},
	    {"DESCRIBE TABLE a.t", "DESCRIBE `a`.`t`"},
	    {"DESCRIBE EXTENDED t", "DESCRIBE EXTENDED `t`"},
	    {"SET", NULL},
	    {"SET 'a' = 'it''s'", NULL},
	    {"RESET", NULL},
	    {"RESET 'a'", NULL},
	};
	check_round_trips(cases, WR_COUNT(cases));
}

static void test_set_keeps_places(void **state)
{
	struct wr_arena arena;
	wr_arena_init(&arena);
	struct wr_ast_stmt *stmt = parse_one(&arena, "SET 'key' = 'value';");
	assert_string_equal(stmt->set.key, "key");
	assert_int_equal(stmt->set.key_pos.column, 5);
	assert_int_equal(stmt->set.key_pos.length, 5);
	assert_int_equal(stmt->set.value_pos.column, 13);
	assert_null(parse_one(&arena, "SET")->set.key);
	assert_null(parse_one(&arena, "RESET;")->set.key);
	wr_arena_release(&arena);
}

/* ---- scripts --------------------------------------------------------------------------------- */

static void test_scripts(void **state)
{
	struct wr_arena arena;
	wr_arena_init(&arena);
	assert_int_equal(parse_ok(&arena, "").count, 0);
	assert_int_equal(parse_ok(&arena, "-- nothing\n;;/* a */;").count, 0);
	struct wr_ast_script script =
	    parse_ok(&arena, "SET 'a' = 'b;';\n -- c;\nSELECT 1 ;; SELECT 2");
	assert_int_equal(script.count, 3);
	assert_int_equal(script.items[1]->pos.line, 3);
	assert_int_equal(script.items[1]->text.len, 8);
	assert_string_equal(wr_ast_stmt_name(script.items[0]->kind), "SET");
	wr_arena_release(&arena);
}

static void test_the_parser_goes_on_behind_an_error(void **state)
{
	struct wr_arena arena;
	struct wr_parser *parser = NULL;
	struct wr_ast_stmt *stmt = NULL;
	wr_arena_init(&arena);
	assert_null(wr_parser_open(
	    &arena, wr_str_of("SELECT 1; SELECT FROM t; SELECT (1; SELECT 4"), NULL, 0, &parser));
	assert_null(wr_parser_next(parser, &stmt));
	assert_non_null(stmt);
	for (int i = 0; i < 2; i++) {
		wr_status *status = wr_parser_next(parser, &stmt);
		assert_non_null(status);
		assert_null(stmt);
		wr_status_free(status);
	}
	assert_null(wr_parser_next(parser, &stmt));
	assert_int_equal(stmt->pos.column, 37);
	assert_null(wr_parser_next(parser, &stmt));
	assert_null(stmt);
	wr_arena_release(&arena);
}

static void test_single_constructs(void **state)
{
	struct wr_arena arena;
	struct wr_ast_query *query = NULL;
	struct wr_ast_expr *expr = NULL;
	wr_arena_init(&arena);
	assert_null(wr_parse_query_text(&arena, wr_str_of("VALUES 1"), 0, &query));
	assert_int_equal(query->kind, WR_AST_QUERY_VALUES);
	wr_status *status = wr_parse_query_text(&arena, wr_str_of("VALUES 1;"), 0, &query);
	assert_string_equal(
	    status->text,
	    "Expected a comma, ORDER BY, LIMIT or the end of the query, found the end of "
	    "the statement");
	wr_status_free(status);
	status = wr_parse_expr_text(&arena, wr_str_of("a b"), &expr);
	assert_string_equal(status->text,
			    "Expected an operator or the end of the expression, found \"b\"");
	wr_status_free(status);
	wr_arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_create_table),
	    cmocka_unit_test(test_parts_of_create_table),
	    cmocka_unit_test(test_views_and_drop),
	    cmocka_unit_test(test_a_name_can_replace_the_written_one),
	    cmocka_unit_test(test_insert),
	    cmocka_unit_test(test_statement_sets),
	    cmocka_unit_test(test_other_statements),
	    cmocka_unit_test(test_set_keeps_places),
	    cmocka_unit_test(test_scripts),
	    cmocka_unit_test(test_the_parser_goes_on_behind_an_error),
	    cmocka_unit_test(test_single_constructs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of error messages: each names what was found and what could stand there, at its place, with
 * a next action where there is one. A change of wording is meant to be seen here.
 */
#include "sql_test.h"

static void test_expressions(void **state)
{
	static const struct sql_error cases[] = {
	    {"SELECT a FORM t", 1, 15, "t",
	     "Expected an operator, a comma, FROM or the end of the statement, found \"t\"",
	     "Did you mean FROM instead of FORM?"},
	    {"SELECT 1 AS year", 1, 13, "year", "Expected a name behind AS, found YEAR",
	     "YEAR is a reserved word; as a name it is written in backquotes: `year`"},
	    {"SELECT f(1 2)", 1, 12, "2",
	     "Expected an operator, a comma or \")\", found the number 2", NULL},
	    {"SELECT CASE WHEN a THEN 1 ELSE 2", 1, 33, "",
	     "Expected END, found the end of the script", NULL},
	    {"SELECT CASE a THEN 1 END", 1, 15, "THEN", "Expected WHEN, found THEN", NULL},
	    {"SELECT CASE WHEN a, b THEN 1 END", 1, 21, "b",
	     "Several values behind WHEN need an operand behind CASE", NULL},
	    {"SELECT CAST(a INT)", 1, 15, "INT", "Expected AS and a data type, found INT", NULL},
	    {"SELECT CAST(a AS INT NOT NULL)", 1, 22, "NOT", "Expected \")\", found NOT",
	     "CAST takes a type without NOT NULL; the result is nullable if its input is"},
	    {"SELECT CAST(a AS TEXT)", 1, 18, "TEXT", "TEXT is not a data type",
	     "Did you mean STRING?"},
	    {"SELECT CAST(a AS INTT)", 1, 18, "INTT", "INTT is not a data type",
	     "Did you mean INT?"},
	    {"SELECT CAST(a AS RAW('x', 'y'))", 1, 18, "RAW", "The type RAW is not supported",
	     NULL},
	    {"SELECT CAST(a AS TIMESTAMP WITH TIME ZONE)", 1, 18, "TIMESTAMP WITH TIME ZONE",
	     "The type TIMESTAMP WITH TIME ZONE is not supported",
	     "Use TIMESTAMP_LTZ, the same as TIMESTAMP WITH LOCAL TIME ZONE"},
	    {"SELECT CAST(a AS VARCHAR(99999999999))", 1, 26, "99999999999",
	     "99999999999 is too large here: at most 2147483647 is allowed", NULL},
	    {"SELECT CAST(a AS ROW<INT>)", 1, 22, "INT", "Expected a field's name, found INT",
	     "INT is a reserved word; as a name it is written in backquotes: `INT`"},
	    {"SELECT INTERVAL '1'", 1, 20, "",
	     "Expected YEAR, QUARTER, MONTH, WEEK, DAY, HOUR, MINUTE or SECOND, found the end of "
	     "the script",
	     "The unit stands behind the length: INTERVAL '5' MINUTE"},
	    {"SELECT INTERVAL '1' MILLISECOND", 1, 21, "MILLISECOND",
	     "Expected YEAR, QUARTER, MONTH, WEEK, DAY, HOUR, MINUTE or SECOND, found "
	     "\"MILLISECOND\"",
	     "Write milliseconds as a fraction: INTERVAL '0.001' SECOND"},
	    {"SELECT INTERVAL '1' MONTH TO DAY", 1, 30, "DAY",
	     "An interval cannot go from MONTH to DAY",
	     "The ranges are YEAR TO MONTH and those from DAY to SECOND"},
	    {"SELECT INTERVAL", 1, 16, "",
	     "Expected the length of the interval between single quotes, found the end of the "
	     "script",
	     "Write it as INTERVAL '5' MINUTE"},
	    {"SELECT POSITION('a', b)", 1, 20, ",",
	     "Expected IN and the string to search, found \",\"", NULL},
	    {"SELECT SUBSTRING(a)", 1, 19, ")",
	     "Expected FROM or a comma, and where to begin, found \")\"", NULL},
	    {"SELECT TIMESTAMPADD(DAY, 1)", 1, 27, ")",
	     "Expected a comma and the next argument, found \")\"", NULL},
	    {"SELECT a BETWEEN 1", 1, 19, "",
	     "Expected AND and the upper bound of BETWEEN, found the end of the script", NULL},
	    {"SELECT a IS b", 1, 13, "b",
	     "Expected NULL, TRUE, FALSE, UNKNOWN, DISTINCT FROM or JSON, found \"b\"", NULL},
	    {"SELECT a IS DISTINCT b", 1, 22, "b", "Expected FROM behind IS DISTINCT, found \"b\"",
	     NULL},
	    {"SELECT a IN 1", 1, 13, "1",
	     "Expected \"(\" with a list or a query, found the number 1", NULL},
	    {"SELECT a ILIKE 'x'", 1, 10, "ILIKE", "The operator ILIKE is not supported", NULL},
	    {"SELECT a NOT RLIKE 'x'", 1, 10, "NOT RLIKE", "The operator RLIKE is not supported",
	     NULL},
	    {"SELECT EXISTS a", 1, 15, "a",
	     "Expected a query in parentheses behind EXISTS, found \"a\"", NULL},
	    {"SELECT MAP['a']", 1, 8, "MAP['a']", "The last key of MAP has no value",
	     "Write keys and values in turn: MAP['k1', 1, 'k2', 2]"},
	    {"SELECT MAP(1, 2)", 1, 11, "(", "Expected \"[\", found \"(\"",
	     "Elements stand in brackets: ARRAY[1, 2], MAP['k', 1]"},
	    {"SELECT [1, 2]", 1, 8, "[", "Expected an expression, found \"[\"",
	     "An array is written ARRAY[1, 2]"},
	    {"SELECT ?", 1, 8, "?", "The parameter ? is not supported",
	     "Write ${NAME} and set it: weir run -v NAME=VALUE; in a program weir_set_variable"},
	    {"SELECT {fn ABS(1)}", 1, 8, "{", "The escape syntax of JDBC, {...}, is not supported",
	     NULL},
	    {"SELECT x'0'", 1, 8, "x'0'", "The binary string has an odd number of digits",
	     "Each byte is two hexadecimal digits: x'0aff'"},
	    {"SELECT x'zz'", 1, 8, "x'zz'", "The binary string holds something else than digits",
	     "Each byte is two hexadecimal digits: x'0aff'"},
	    {"SELECT U&'\\00'", 1, 8, "U&'\\00'", "The string holds an escape that is no character",
	     "\\ is followed by four hexadecimal digits (not 0000), or by \\"},
	    {"SELECT 'a' 'b'", 1, 12, "'b'",
	     "Expected a comma or an operator between the strings, found the string 'b'",
	     "Strings are joined with ||; a quote inside a string is written twice"},
	    {"SELECT SELECT 1", 1, 8, "SELECT", "Expected an expression, found SELECT",
	     "A query inside an expression stands in parentheses"},
	    {"SELECT f(a ORDER BY b)", 1, 12, "ORDER",
	     "ORDER BY among the arguments is not supported",
	     "Write it behind the call: WITHIN GROUP (ORDER BY ...)"},
	    {"SELECT SUM(a) OVER", 1, 19, "",
	     "Expected a window's name or \"(\" behind OVER, found the end of the script", NULL},
	    {"SELECT SUM(a) OVER (ORDER BY b GROUPS 1 PRECEDING)", 1, 32, "GROUPS",
	     "GROUPS in a window's frame is not supported", "Use ROWS or RANGE"},
	    {"SELECT SUM(a) OVER (ORDER BY b ROWS 1)", 1, 38, ")",
	     "Expected PRECEDING or FOLLOWING, found \")\"", NULL},
	    {"SELECT JSON_OBJECT('a', 1)", 1, 23, ",",
	     "Expected VALUE and the key's value, found \",\"", "Write KEY 'k' VALUE v"},
	    {"SELECT JSON_VALUE(a)", 1, 20, ")", "Expected a comma and the JSON path, found \")\"",
	     NULL},
	    {"SELECT JSON_ARRAY(1 FORMAT JSON)", 1, 21, "FORMAT",
	     "The operator FORMAT JSON is not supported", NULL},
	    {"SELECT NEXT VALUE FOR s", 1, 8, "NEXT", "NEXT VALUE FOR is not supported", NULL},
	    {"SELECT a COLLATE b", 1, 10, "COLLATE", "The operator COLLATE is not supported", NULL},
	    {"SELECT /*+ A( */ 1", 1, 15, "*/",
	     "Expected a name, number or string, found the end of the hint", NULL},
	    {"SELECT 1 /*+ A */", 1, 10, "/*+",
	     "Expected an operator, a comma, FROM or the end of the statement, found a hint",
	     "Hints stand directly behind SELECT or behind a table's name"},
	    {"SELECT f(x => )", 1, 15, ")", "Expected an expression, found \")\"", NULL},
	    {"SELECT a.", 1, 10, "",
	     "Expected a name behind the point, found the end of the script", NULL},
	};
	check_errors(cases, WR_COUNT(cases));
}

static void test_queries(void **state)
{
	static const struct sql_error cases[] = {
	    {"SELECT a FROM t WERE a = 1", 1, 22, "a",
	     "Expected a comma, JOIN, WHERE, GROUP BY, ORDER BY, LIMIT or the end of the "
	     "statement, found \"a\"",
	     "Did you mean WHERE instead of WERE?"},
	    {"SELECT a, FROM t", 1, 11, "FROM", "Expected an expression, found FROM",
	     "Remove the comma in front of it"},
	    {"SELECT FROM t", 1, 8, "FROM", "Expected an expression, found FROM", NULL},
	    {"SELECT value FROM t", 1, 8, "value", "Expected an expression, found VALUE",
	     "VALUE is a reserved word; as a name it is written in backquotes: `value`"},
	    {"SELECT t.value FROM t", 1, 10, "value",
	     "Expected a name behind the point, found VALUE",
	     "VALUE is a reserved word; as a name it is written in backquotes: `value`"},
	    {"SELECT a AS 'x' FROM t", 1, 13, "'x'", "Expected a name, found the string 'x'",
	     "Names are written in backquotes: `name`"},
	    {"SELECT (1 + 2 FROM t", 1, 15, "FROM",
	     "Expected an operator, a comma or \")\", found FROM", NULL},
	    {"SELECT a[1 FROM t", 1, 12, "FROM", "Expected an operator or \"]\", found FROM", NULL},
	    {"SELECT EXTRACT(DAYS FROM a)", 1, 16, "DAYS", "DAYS is not a unit of time",
	     "Did you mean DAY?"},
	    {"SELECT EXTRACT(foo FROM a)", 1, 16, "foo", "foo is not a unit of time",
	     "Units are YEAR, QUARTER, MONTH, WEEK, DAY, HOUR, MINUTE, SECOND, MILLISECOND, "
	     "MICROSECOND, NANOSECOND, DOY, DOW, ISODOW, ISOYEAR, EPOCH, DECADE, CENTURY, "
	     "MILLENNIUM"},
	    {"SELECT * EXCEPT (a) FROM t", 1, 10, "EXCEPT", "* EXCEPT (...) is not supported",
	     NULL},
	    {"SELECT DISTINCT ON (a) b FROM t", 1, 8, "DISTINCT", "DISTINCT ON is not supported",
	     "Number the rows with ROW_NUMBER() OVER (...) and keep the first"},
	    {"SELECT 1 FROM t JOIN u", 1, 23, "",
	     "Expected ON or USING with the condition of the join, found the end of the script",
	     "A join of every row with every row is written CROSS JOIN"},
	    {"SELECT 1 FROM t CROSS JOIN u ON a = b", 1, 30, "ON", "CROSS JOIN takes no condition",
	     "Write INNER JOIN, or put the condition into WHERE"},
	    {"SELECT 1 FROM (t)", 1, 15, "(",
	     "Expected a query or a join in the parentheses, found one table",
	     "Remove the parentheses"},
	    {"SELECT 1 FROM (t, u)", 1, 17, ",", "Expected JOIN or \")\", found \",\"",
	     "Write CROSS JOIN inside parentheses"},
	    {"SELECT 1 FROM VALUES (1)", 1, 15, "VALUES", "Expected a table, found VALUES",
	     "A query in FROM stands in parentheses"},
	    {"SELECT 1 FROM TABLE t", 1, 21, "t",
	     "Expected \"(\" and a table function behind TABLE, found \"t\"",
	     "A plain table is written by its name alone"},
	    {"SELECT 1 FROM TABLE(t)", 1, 22, ")",
	     "Expected \"(\" and the arguments of the table function, found \")\"", NULL},
	    {"SELECT 1 FROM t AS x /*+ OPTIONS('a'='b') */", 1, 22, "/*+",
	     "Expected the end of the table reference, found a hint",
	     "A hint stands between the table's name and AS"},
	    {"SELECT 1 FROM t TABLESAMPLE BERNOULLI(1)", 1, 17, "TABLESAMPLE",
	     "TABLESAMPLE is not supported", NULL},
	    {"SELECT 1 FROM t CROSS APPLY u", 1, 17, "CROSS", "APPLY is not supported",
	     "Write JOIN LATERAL"},
	    {"SELECT 1 FROM t PIVOT (x)", 1, 17, "PIVOT", "PIVOT is not supported", NULL},
	    {"SELECT 1 FROM LATERAL t", 1, 23, "t",
	     "Expected TABLE(function(...)), UNNEST(...) or a query in parentheses behind LATERAL, "
	     "found \"t\"",
	     NULL},
	    {"SELECT 1 FROM (SELECT 1", 1, 24, "",
	     "Expected an operator, a comma, FROM or \")\", found the end of the script", NULL},
	    {"SELECT 1 FROM t GROUP a", 1, 23, "a", "Expected BY, found \"a\"", NULL},
	    {"SELECT 1 FROM t LIMIT a", 1, 23, "a", "Expected a number of rows, found \"a\"", NULL},
	    {"SELECT 1 FROM t LIMIT 1, 2", 1, 24, ",", "LIMIT start, count is not supported",
	     "Write LIMIT count OFFSET start"},
	    {"SELECT 1 FROM t OFFSET 1 LIMIT 2", 1, 26, "LIMIT",
	     "Expected the end of the query, found LIMIT", "Write LIMIT in front of OFFSET"},
	    {"SELECT 1 FROM t ORDER BY a NULLS", 1, 33, "",
	     "Expected FIRST or LAST, found the end of the script", NULL},
	    {"SELECT 1 MINUS SELECT 2", 1, 10, "MINUS", "MINUS is not supported", "Write EXCEPT"},
	    {"WITH RECURSIVE a AS (SELECT 1) SELECT 1", 1, 6, "RECURSIVE",
	     "WITH RECURSIVE is not supported", NULL},
	    {"WITH a SELECT 1", 1, 8, "SELECT", "Expected AS, found SELECT", NULL},
	    {"SELECT 1 WHERE TRUE", 1, 10, "WHERE", "Expected FROM in front of it, found WHERE",
	     "For one row without a table write FROM (VALUES (1)) AS t (x)"},
	    {"SELECT 1 FROM t MATCH_RECOGNIZE (DEFINE A AS TRUE)", 1, 34, "DEFINE",
	     "Expected PATTERN, found DEFINE", NULL},
	    {"SELECT 1 FROM t MATCH_RECOGNIZE (PATTERN () DEFINE A AS TRUE)", 1, 43, ")",
	     "Expected a pattern variable, found \")\"", NULL},
	    {"SELECT 1 FROM t MATCH_RECOGNIZE (PATTERN (A{3,2}) DEFINE A AS TRUE)", 1, 44, "{3,2}",
	     "The quantifier matches no number of rows", NULL},
	    {"SELECT 1 FROM t MATCH_RECOGNIZE (PATTERN (A) WITHIN '1' DEFINE A AS TRUE)", 1, 53,
	     "'1'", "Expected an interval such as INTERVAL '1' HOUR, found the string '1'", NULL},
	    {"SELECT 1 FROM t MATCH_RECOGNIZE (PATTERN (A))", 1, 45, ")",
	     "Expected DEFINE and the conditions of the pattern variables, found \")\"", NULL},
	    {"SELECT 1 SELECT 2", 1, 10, "SELECT",
	     "Expected an operator, a comma, FROM or the end of the statement, found SELECT",
	     "End the statement in front of it with a semicolon"},
	    {"SELECT 1 FROM t INSERT INTO u SELECT 2", 1, 17, "INSERT",
	     "Expected a comma, JOIN, WHERE, GROUP BY, ORDER BY, LIMIT or the end of the "
	     "statement, found INSERT",
	     "End the statement in front of it with a semicolon"},
	    {"SELECT a FROM t GROUP BY a WHERE b", 1, 28, "WHERE",
	     "Expected an operator, a comma, HAVING, ORDER BY, LIMIT or the end of the statement, "
	     "found WHERE",
	     NULL},
	    {"SELECT a FROM t WHERE", 1, 22, "",
	     "Expected an expression, found the end of the script", NULL},
	    {"SELECT COUNT(* FROM t", 1, 16, "FROM",
	     "Expected an operator, a comma or \")\", found FROM", NULL},
	    {"SELECT 1 FROM t AS", 1, 19, "",
	     "Expected a name behind AS, found the end of the script", NULL},
	    {"SELECT 1 FROM a.b.", 1, 19, "",
	     "Expected a name behind the point, found the end of the script", NULL},
	};
	check_errors(cases, WR_COUNT(cases));
}

static void test_ddl(void **state)
{
	static const struct sql_error cases[] = {
	    {"CREATE TABLE t ()", 1, 17, ")", "Expected a column's name, found \")\"", NULL},
	    {"CREATE TABLE t (a)", 1, 17, "a", "The column a has no data type", NULL},
	    {"CREATE TABLE t (a INT,)", 1, 23, ")", "Expected a column's name, found \")\"",
	     "Remove the comma in front of it"},
	    {"CREATE TABLE t (a INT b INT)", 1, 23, "b",
	     "Expected a comma or \")\" behind the column, found \"b\"", NULL},
	    {"CREATE TABLE t (date INT)", 1, 17, "date", "Expected a column's name, found DATE",
	     "DATE is a reserved word; as a name it is written in backquotes: `date`"},
	    {"CREATE TABLE t (a INT) WITH (a = 'b')", 1, 30, "a",
	     "Expected an option's key between single quotes, found \"a\"", "Write 'a' = '...'"},
	    {"CREATE TABLE t (a INT) WITH ('a' = 1)", 1, 36, "1",
	     "Expected the option's value between single quotes, found the number 1",
	     "Write 'a' = '1'"},
	    {"CREATE TABLE t (a INT) WITH ('a' = 'b' 'c' = 'd')", 1, 40, "'c'",
	     "Expected a comma or an operator between the strings, found the string 'c'",
	     "Strings are joined with ||; a quote inside a string is written twice"},
	    {"CREATE TABLE t (a INT) WITH ('a' = 'b') COMMENT 'c'", 1, 41, "COMMENT",
	     "Expected LIKE, AS or the end of the statement, found COMMENT",
	     "The order is (...) COMMENT '...' PARTITIONED BY (...) WITH (...)"},
	    {"CREATE TABLE t (a INT PRIMARY KEY, PRIMARY KEY (a))", 1, 36, "PRIMARY KEY (a)",
	     "The table has two primary keys", NULL},
	    {"CREATE TABLE t (WATERMARK FOR a AS a, WATERMARK FOR b AS b)", 1, 39, "WATERMARK",
	     "The table has two watermarks", NULL},
	    {"CREATE TABLE t (a INT UNIQUE)", 1, 23, "UNIQUE",
	     "A UNIQUE constraint is not supported", NULL},
	    {"CREATE TABLE t (LIKE u)", 1, 17, "LIKE", "Expected a column's name, found LIKE",
	     "LIKE stands behind the parentheses: CREATE TABLE t (...) LIKE other"},
	    {"CREATE TABLE t LIKE u (INCLUDING ALL, EXCLUDING OPTIONS)", 1, 37, ",",
	     "Expected INCLUDING, EXCLUDING, OVERWRITING or \")\", found \",\"",
	     "The options of LIKE stand without commas between them"},
	    {"CREATE TABLE t LIKE u (INCLUDING COLUMNS)", 1, 34, "COLUMNS",
	     "Expected ALL, CONSTRAINTS, DISTRIBUTION, GENERATED, METADATA, OPTIONS, PARTITIONS or "
	     "WATERMARKS, found \"COLUMNS\"",
	     NULL},
	    {"CREATE OR REPLACE TABLE t (a INT)", 1, 34, "",
	     "Expected AS and a query, which CREATE OR REPLACE TABLE needs, found the end of the "
	     "script",
	     NULL},
	    {"CREATE OR REPLACE VIEW v AS SELECT 1", 1, 8, "OR REPLACE VIEW",
	     "CREATE OR REPLACE VIEW is not supported",
	     "Write DROP VIEW IF EXISTS in front of CREATE VIEW"},
	    {"CREATE CATALOG c", 1, 17, "", "Expected WITH, found the end of the script", NULL},
	    {"CREATE TEMPORARY CATALOG c", 1, 18, "CATALOG",
	     "Expected TABLE, VIEW or FUNCTION, found \"CATALOG\"", NULL},
	    {"CREATE TEMPORARY SYSTEM TABLE f", 1, 25, "TABLE", "Expected FUNCTION, found TABLE",
	     NULL},
	    {"CREATE FUNCTION f LANGUAGE C", 1, 19, "LANGUAGE", "Expected AS, found LANGUAGE",
	     NULL},
	    {"CREATE FUNCTION f AS x", 1, 22, "x",
	     "Expected the symbol between single quotes, found \"x\"", NULL},
	    {"CREATE INDEX i", 1, 8, "INDEX",
	     "Expected TABLE, VIEW, FUNCTION, CATALOG, DATABASE, TEMPORARY or OR REPLACE, found "
	     "\"INDEX\"",
	     NULL},
	    {"CREATE TEMPORARY DATABASE d", 1, 18, "DATABASE",
	     "Expected TABLE, VIEW or FUNCTION, found \"DATABASE\"", NULL},
	    {"CREATE DATABASE d COMMENT c", 1, 27, "c",
	     "Expected the database's comment between single quotes, found \"c\"", NULL},
	    {"USE", 1, 4, "",
	     "Expected CATALOG, or the database's name, found the end of the script", NULL},
	    {"DROP i", 1, 6, "i",
	     "Expected TABLE, VIEW, FUNCTION, CATALOG or DATABASE, found \"i\"", NULL},
	};
	check_errors(cases, WR_COUNT(cases));
}

static void test_statements(void **state)
{
	static const struct sql_error cases[] = {
	    {"SELEC 1", 1, 1, "SELEC",
	     "Expected a statement (SELECT, INSERT, CREATE, DROP, SET, SHOW, DESCRIBE, EXPLAIN, "
	     "EXECUTE), found \"SELEC\"",
	     "Did you mean SELECT?"},
	    {"ALTER VIEW t RENAME u", 1, 14, "RENAME",
	     "Expected RENAME TO and a name, or AS and a query, found RENAME",
	     "RENAME is a reserved word; as a name it is written in backquotes: `RENAME`"},
	    {"ALTER DATABASE d", 1, 17, "", "Expected SET, found the end of the script", NULL},
	    {"UPDATE t SET a = 1", 1, 1, "UPDATE", "UPDATE is not supported", NULL},
	    {"INSERT t SELECT 1", 1, 8, "t", "Expected INTO or OVERWRITE, found \"t\"", NULL},
	    {"INSERT INTO t", 1, 14, "",
	     "Expected SELECT, VALUES or a list of columns, found the end of the script", NULL},
	    {"INSERT INTO t (a) b", 1, 19, "b", "Expected SELECT or VALUES, found \"b\"", NULL},
	    {"INSERT INTO t PARTITION (a) SELECT 1", 1, 27, ")", "Expected \"=\", found \")\"",
	     NULL},
	    {"INSERT INTO t SELECT 1 ON CONFLICT DO UPDATE", 1, 39, "UPDATE",
	     "Expected ERROR, NOTHING or DEDUPLICATE, found UPDATE", NULL},
	    {"EXECUTE STATEMENT SET BEGIN END", 1, 29, "END", "Expected INSERT, found END", NULL},
	    {"EXECUTE STATEMENT SET BEGIN INSERT INTO t SELECT 1 END", 1, 52, "END",
	     "Expected an operator, a comma, FROM or \";\", found END", NULL},
	    {"EXECUTE STATEMENT SET BEGIN SELECT 1; END", 1, 29, "SELECT",
	     "Expected INSERT, found SELECT", NULL},
	    {"STATEMENT SET BEGIN END", 1, 1, "STATEMENT", "Expected a statement, found STATEMENT",
	     "Write EXECUTE STATEMENT SET BEGIN ... END"},
	    {"END", 1, 1, "END", "END without BEGIN STATEMENT SET", NULL},
	    {"SET a = b", 1, 5, "a", "Expected an option's key between single quotes, found \"a\"",
	     "Write 'a' = '...'"},
	    {"SET 'a' = 1", 1, 11, "1",
	     "Expected the option's value between single quotes, found the number 1",
	     "Write 'a' = '1'"},
	    {"SET 'a'", 1, 8, "", "Expected \"=\", found the end of the script", NULL},
	    {"RESET a", 1, 7, "a", "Expected an option's key between single quotes, found \"a\"",
	     "Write RESET 'key', or RESET alone for all options"},
	    {"SHOW INDEXES", 1, 6, "INDEXES",
	     "Expected TABLES, VIEWS, FUNCTIONS, COLUMNS FROM, CREATE TABLE, CREATE VIEW, "
	     "DATABASES, CATALOGS, CURRENT, MODULES or JOBS, found \"INDEXES\"",
	     NULL},
	    {"SHOW JARS", 1, 1, "SHOW JARS", "SHOW JARS is not supported", NULL},
	    {"SHOW TABLES NOT 'x'", 1, 17, "'x'", "Expected LIKE, found the string 'x'", NULL},
	    {"SHOW CREATE CATALOG c", 1, 1, "SHOW CREATE", "SHOW CREATE CATALOG is not supported",
	     NULL},
	    {"EXPLAIN DROP TABLE t", 1, 9, "DROP",
	     "Expected a query, INSERT, STATEMENT SET or CREATE TABLE ... AS, found DROP", NULL},
	    {"EXPLAIN CREATE VIEW v AS SELECT 1", 1, 9, "CREATE VIEW v AS SELECT 1",
	     "There is no plan to explain",
	     "EXPLAIN takes a query, INSERT, STATEMENT SET or CREATE TABLE ... AS"},
	    {")", 1, 1, ")",
	     "Expected a statement (SELECT, INSERT, CREATE, DROP, SET, SHOW, DESCRIBE, EXPLAIN, "
	     "EXECUTE), found \")\"",
	     NULL},
	    {"SELCET 1", 1, 1, "SELCET",
	     "Expected a statement (SELECT, INSERT, CREATE, DROP, SET, SHOW, DESCRIBE, EXPLAIN, "
	     "EXECUTE), found \"SELCET\"",
	     "Did you mean SELECT?"},
	    {"INSERT INTO t VALUES (1) CREATE TABLE u", 1, 26, "CREATE",
	     "Expected a comma, ORDER BY, LIMIT or the end of the statement, found CREATE",
	     "End the statement in front of it with a semicolon"},
	};
	check_errors(cases, WR_COUNT(cases));
}

/* Places in scripts of several lines, behind wide characters and variables. */
static void test_places(void **state)
{
	static const struct sql_error cases[] = {
	    {"SELECT 1;\n\n  SELECT a\n  FORM t", 4, 8, "t",
	     "Expected an operator, a comma, FROM or the end of the statement, found \"t\"",
	     "Did you mean FROM instead of FORM?"},
	    {"SELECT '\xE5\x90\x8D\xE5\x90\x8D', x y z", 1, 18, "z",
	     "Expected an operator, a comma, FROM or the end of the statement, found \"z\"", NULL},
	    {"SELECT\t\ta b c", 1, 13, "c",
	     "Expected an operator, a comma, FROM or the end of the statement, found \"c\"", NULL},
	    {"SELECT MAP[1,\n2,\n3]", 1, 8, "MAP[1,", "The last key of MAP has no value",
	     "Write keys and values in turn: MAP['k1', 1, 'k2', 2]"},
	};
	check_errors(cases, WR_COUNT(cases));
}

static void test_a_variables_place_is_its_name(void **state)
{
	static const char *const names[] = {"COLS"};
	static const char *const values[] = {"a b c"};
	struct wr_variables variables = {names, values, 1};
	struct sql_error expected = {
	    "SELECT ${COLS} FROM t",
	    1,
	    8,
	    "${COLS}",
	    "Expected an operator, a comma, FROM or the end of the statement, found \"c\"",
	    NULL};
	struct wr_arena arena;
	struct wr_ast_script script = {0};
	wr_arena_init(&arena);
	check_error(&expected,
		    wr_parse_script(&arena, wr_str_of(expected.sql), &variables, &script));
	wr_arena_release(&arena);
}

/* Every statement that Flink has and the engine does not is refused by its name. */
static void test_unsupported_statements_are_named(void **state)
{
	static const struct {
		const char *sql;  /* input */
		const char *name; /* in the message */
	} cases[] = {
	    {"ALTER CATALOG c SET ('a' = 'b')", "ALTER CATALOG"},
	    {"ALTER MATERIALIZED TABLE t AS SELECT 1", "ALTER MATERIALIZED TABLE ... AS"},
	    {"USE MODULES a", "USE MODULES"},
	    {"DELETE FROM t", "DELETE"},
	    {"MERGE INTO t", "MERGE"},
	    {"UPSERT INTO t SELECT 1", "UPSERT"},
	    {"TRUNCATE TABLE t", "TRUNCATE TABLE"},
	    {"ANALYZE TABLE t COMPUTE STATISTICS", "ANALYZE TABLE"},
	    {"CALL p()", "CALL"},
	    {"COMPILE PLAN 'x' FOR INSERT INTO t SELECT 1", "COMPILE PLAN"},
	    {"EXECUTE PLAN 'x'", "EXECUTE PLAN"},
	    {"ADD JAR 'x'", "ADD JAR"},
	    {"REMOVE JAR 'x'", "REMOVE JAR"},
	    {"CREATE MODEL m", "CREATE MODEL"},
	    {"CREATE OR ALTER TABLE t", "CREATE OR ALTER"},
	    {"DROP MODEL m", "DROP MODEL"},
	    {"SHOW PARTITIONS t", "SHOW PARTITIONS"},
	    {"SHOW PROCEDURES", "SHOW PROCEDURES"},
	    {"DESCRIBE CATALOG c", "DESCRIBE CATALOG"},
	};
	for (size_t i = 0; i < WR_COUNT(cases); i++) {
		char text[100];
		struct wr_arena arena;
		struct wr_ast_script script = {0};
		wr_arena_init(&arena);
		wr_status *status = wr_parse_script(&arena, wr_str_of(cases[i].sql), NULL, &script);
		assert_non_null(status);
		snprintf(text, sizeof(text), "%s is not supported", cases[i].name);
		assert_string_equal(status->text, text);
		assert_int_equal(status->pos.line, 1);
		wr_status_free(status);
		wr_arena_release(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_expressions),
	    cmocka_unit_test(test_queries),
	    cmocka_unit_test(test_ddl),
	    cmocka_unit_test(test_statements),
	    cmocka_unit_test(test_places),
	    cmocka_unit_test(test_a_variables_place_is_its_name),
	    cmocka_unit_test(test_unsupported_statements_are_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

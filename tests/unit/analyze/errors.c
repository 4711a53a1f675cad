/* SPDX-License-Identifier: Apache-2.0
 *
 * errors - what the analyzer refuses: the words, the place and the next action of each message.
 */
#include "script.h"

static const char setup[] = "CREATE TABLE t (a INT, b BIGINT NOT NULL, s STRING, d "
			    "DECIMAL(10, 2), ts TIMESTAMP(3), r ROW<x INT, y ROW<z "
			    "STRING>>, arr ARRAY<ROW<p INT, q STRING>>, m MAP<STRING, "
			    "INT>, pt AS PROCTIME(), WATERMARK FOR ts AS ts - INTERVAL '5' "
			    "SECOND) WITH ('connector' = 'fake'); "
			    "CREATE TABLE u (a INT, c STRING, ts TIMESTAMP(3), WATERMARK "
			    "FOR ts AS ts) WITH ('connector' = 'fake'); "
			    "CREATE TABLE k (id INT, v STRING NOT NULL, PRIMARY KEY (id) "
			    "NOT ENFORCED) WITH ('connector' = 'fake'); ";

struct refusal {
	const char *sql;     /* fails in its last statement */
	const char *message; /* "line:column text | hint" */
};

static const struct refusal queries[] = {
    {"SELECT nope FROM t", "1:8 Column 'nope' not found in any table | The columns here are: a, b, "
			   "s, d, ts, r, arr, m, pt"},
    {"SELECT t.nope FROM t", "1:10 Column 'nope' not found in table 't' | The columns here are: a, "
			     "b, s, d, ts, r, arr, m, pt"},
    {"SELECT x.a FROM t", "1:8 There is no table or column 'x' here | The tables and columns here "
			  "are: t, a, b, s, d, ts, r, arr, m, pt"},
    {"SELECT r.w FROM t",
     "1:10 Unknown field 'w' of ROW<`x` INT, `y` ROW<`z` STRING>> | Its fields are: x, y"},
    {"SELECT a.b.c FROM t", "1:10 'b' is looked up in a value of type INT, which has no "
			    "fields"},
    {"SELECT a FROM t, u", "1:8 Column 'a' is ambiguous | Say which table is meant: "
			   "table.a"},
    {"SELECT * FROM t JOIN t ON TRUE", "1:22 Duplicate relation name 't' in FROM clause | Give one "
				       "of them another name: AS other"},
    {"SELECT a FROM tt", "1:15 There is no table or view 'tt' | Did you mean 't'?"},
    {"SELECT a FROM other.t", "1:15 There is no database 'other' | The only database is "
			      "'default_database'"},
    {"SELECT a FROM cat.default_database.t", "1:15 There is no catalog 'cat' | The only catalog is "
					     "'default_catalog'"},
    {"SELECT *", "1:8 SELECT * requires a FROM clause | Name the columns, or "
		 "add FROM"},
    {"SELECT x.* FROM t", "1:8 Table 'x' not found | The tables here are: t"},
    {"SELECT NULL", "1:8 Illegal use of 'NULL' | Give it a type: CAST(NULL AS "
		    "INT)"},
    {"SELECT UPER(s) FROM t", "1:8 There is no function 'UPER' | Did you mean 'UPPER'?"},
    {"SELECT UPPER(a) FROM t", "1:8 Cannot apply 'UPPER' to arguments of type (INT) | "
			       "Supported form: UPPER(string)"},
    {"SELECT UPPER(s, s) FROM t", "1:8 Invalid number of arguments to function 'UPPER': 2 given "
				  "| Supported form: UPPER(string)"},
    {"SELECT a || s FROM t", "1:8 Cannot apply '||' to arguments of type (INT, STRING) | "
			     "Supported form: string1 || string2"},
    {"SELECT s + 1 FROM t", "1:8 Cannot apply '+' to arguments of type (STRING, INT NOT "
			    "NULL) | Supported form: numeric1 + numeric2, datetime + "
			    "interval, + numeric"},
    {"SELECT CAST(a AS ARRAY<INT>) FROM t",
     "1:13 Cast function cannot convert value of type INT to type "
     "ARRAY<INT>"},
    {"SELECT CAST(a AS DECIMAL(39, 2)) FROM t",
     "1:18 Decimal precision must be between 1 and 38 (both "
     "inclusive)"},
    {"SELECT CAST(s AS CHAR(0)) FROM t",
     "1:18 The length of a string or binary type must be at least 1"},
    {"SELECT CAST(ts AS TIMESTAMP(10)) FROM t",
     "1:19 The precision of times and timestamps must be between 0 "
     "and 9 (both inclusive)"},
    {"SELECT CASE WHEN a = 1 THEN 1 ELSE 'x' END FROM t",
     "1:8 Illegal mixing of types in CASE or COALESCE statement | "
     "Cast the branches to one type"},
    {"SELECT a FROM t WHERE a", "1:23 WHERE clause must be a condition, but this is of type "
				"INT | Compare the value with something, or CAST it to "
				"BOOLEAN"},
    {"SELECT a FROM t WHERE COUNT(*) > 1",
     "1:23 Aggregate expression is illegal in WHERE clause | Use "
     "HAVING for conditions over aggregates"},
    {"SELECT a, COUNT(*) FROM t", "1:8 Expression 'a' is not being grouped | Add it to GROUP "
				  "BY, or aggregate it, for example with MAX(a)"},
    {"SELECT a, b FROM t GROUP BY a", "1:11 Expression 'b' is not being grouped | Add it to GROUP "
				      "BY, or aggregate it, for example with MAX(b)"},
    {"SELECT a FROM t GROUP BY 1", "1:8 Expression 'a' is not being grouped | Add it to GROUP "
				   "BY, or aggregate it, for example with MAX(a)"},
    {"SELECT a + 1 AS x FROM t GROUP BY x", "1:35 Column 'x' not found in any table | The columns "
					    "here are: a, b, s, d, ts, r, arr, m, pt"},
    {"SELECT SUM(COUNT(*)) FROM t", "1:12 Aggregate expressions cannot be nested | Compute the "
				    "inner aggregate in a subquery"},
    {"SELECT SUM(s) FROM t", "1:8 Cannot apply 'SUM' to arguments of type (STRING) | "
			     "Supported form: SUM([DISTINCT] numeric)"},
    {"SELECT SUM(*) FROM t", "1:12 A star can be an argument of COUNT(*) only"},
    {"SELECT a FROM t GROUP BY a, COUNT(*)",
     "1:29 Aggregate expression is illegal in GROUP BY clause"},
    {"SELECT GROUPING(a) FROM t", "1:8 GROUPING may only occur in an aggregate query, in SELECT, "
				  "HAVING or ORDER BY"},
    {"SELECT GROUPING(b) FROM t GROUP BY ROLLUP (a)",
     "1:17 Argument to operator 'GROUPING' must be a grouped "
     "expression"},
    {"SELECT a FROM t HAVING a > 1", "1:24 Expression 'a' is not being grouped | Add it to GROUP "
				     "BY, or aggregate it, for example with MAX(a)"},
    {"SELECT ROW_NUMBER() FROM t", "1:8 ROW_NUMBER needs an OVER clause | Write ROW_NUMBER(...) "
				   "OVER (PARTITION BY ... ORDER BY ...)"},
    {"SELECT UPPER(DISTINCT s) FROM t",
     "1:8 DISTINCT is for aggregate functions, and UPPER is none"},
    {"SELECT a FROM t UNION ALL SELECT a, b FROM t",
     "1:27 Column count mismatch in UNION ALL: 1 and 2"},
    {"SELECT a FROM t UNION SELECT s FROM t",
     "1:23 Type mismatch in column 1 of UNION: INT and STRING | "
     "Cast one of them"},
    {"SELECT a FROM t ORDER BY 2", "1:26 Ordinal out of range: there are 1 columns"},
    {"SELECT DISTINCT a FROM t ORDER BY b",
     "1:35 With SELECT DISTINCT, ORDER BY can only use what is in "
     "the select clause"},
    {"SELECT a FROM t LIMIT -1", "1:23 Expected a number of rows, found \"-\""},
    {"SELECT * FROM (VALUES (1, 2), (3)) AS v (x, y)",
     "1:31 Unequal number of entries in VALUES clause: the first "
     "row has 2, this one 1"},
    {"SELECT * FROM (VALUES (1), ('a')) AS v (x)",
     "1:23 Values passed to VALUES operator must have compatible "
     "types: column 1 mixes INT NOT NULL and others | Cast the "
     "values of the column to one type"},
    {"SELECT * FROM (VALUES (1)) AS v (x, y)",
     "1:34 List of column aliases must have the same degree as the "
     "table: the table has 1 columns, the list 2"},
    {"SELECT 99999999999999999999", "1:8 Numeric literal '99999999999999999999' out of range | "
				    "Write it as a string and CAST it, or with an exponent as a "
				    "DOUBLE"},
    {"SELECT DATE '2024-13-01'", "1:8 Illegal DATE literal '2024-13-01': not in format "
				 "'yyyy-MM-dd' | Write DATE 'yyyy-MM-dd'"},
    {"SELECT TIMESTAMP '2024-01-01 10:00'",
     "1:8 Illegal TIMESTAMP literal '2024-01-01 10:00': not in "
     "format 'yyyy-MM-dd HH:mm:ss' | Write TIMESTAMP 'yyyy-MM-dd "
     "HH:mm:ss'"},
    {"SELECT INTERVAL '100' DAY", "1:17 Interval field value 100 exceeds precision of DAY(2) "
				  "field | Write DAY(3) behind the value"},
    {"SELECT INTERVAL '1:2' DAY TO SECOND",
     "1:17 Illegal interval literal '1:2' for DAY TO SECOND | "
     "Write for example INTERVAL '1 10:00' DAY TO MINUTE"},
    {"SELECT * FROM u FOR SYSTEM_TIME AS OF CURRENT_TIMESTAMP",
     "1:39 FOR SYSTEM_TIME AS OF stands on the right side of a join only | "
     "Join it: FROM l JOIN t FOR SYSTEM_TIME AS OF l.ts ON ..."},
    {"SELECT * FROM t, LATERAL TABLE(f(a)) AS x",
     "1:18 LATERAL TABLE(f(...)) is not supported yet"},
    {"SELECT * FROM t RIGHT JOIN LATERAL (SELECT 1) ON TRUE",
     "1:17 RIGHT JOIN with LATERAL is not supported yet"},
    {"SELECT * FROM t MATCH_RECOGNIZE (ORDER BY ts MEASURES A.a AS "
     "x ALL ROWS PER MATCH PATTERN (A) DEFINE A AS TRUE)",
     "1:17 ALL ROWS PER MATCH is not supported yet | Write ONE ROW PER MATCH"},
    {"SELECT (a, a) IN (SELECT a, a FROM u) FROM t",
     "1:8 A row compared with a subquery in this place is not supported yet | As a condition of "
     "WHERE joined by AND it is possible"},
    {"SELECT (SELECT MAX(a) FROM u WHERE u.a > t.a) FROM t",
     "1:9 A subquery in this place that refers to the query around other than by equality is "
     "not supported yet | Compare one of its columns with = in its WHERE, or write a join"},
    {"SELECT a = ANY (SELECT a, a FROM u) FROM t",
     "1:8 A subquery in this place gives one column, this one 2"},
    {"SELECT a FROM t WHERE a IN (SELECT a, c FROM u)",
     "1:29 The subquery of IN gives 2 columns, but 1 are compared"},
    {"SELECT a FROM t WHERE a = 1 OR a IN (SELECT a, c FROM u)",
     "1:32 A subquery in this place gives one column, this one 2"},
    {"SELECT * FROM t CROSS JOIN UNNEST(a) AS x",
     "1:35 Cannot apply UNNEST to a value of type INT | UNNEST "
     "takes an ARRAY, a MAP or a MULTISET"},
    {"WITH x AS (SELECT 1), x AS (SELECT 2) SELECT * FROM x",
     "1:23 The WITH clause defines 'x' twice"},
    {"WITH x (p, q) AS (SELECT 1) SELECT * FROM x",
     "1:9 The list of columns has 2 names, but the query gives 1 "
     "columns"},
    {"SELECT * FROM t JOIN u USING (z)", "1:31 Column 'z' not found in any table | The columns "
					 "here are: a, b, s, d, ts, r, arr, m, pt"},
};

static const struct refusal windows[] = {
    {"SELECT a FROM t WHERE ROW_NUMBER() OVER (ORDER BY a) = 1",
     "1:23 OVER calls may stand in SELECT, QUALIFY and ORDER BY, "
     "not in WHERE"},
    {"SELECT ROW_NUMBER() OVER (PARTITION BY a) FROM t",
     "1:8 ROW_NUMBER needs an ORDER BY in its OVER clause | Write "
     "ROW_NUMBER OVER (PARTITION BY ... ORDER BY ...)"},
    {"SELECT UPPER(s) OVER (ORDER BY ts) FROM t",
     "1:8 'UPPER' cannot be used with OVER: it is no aggregate or "
     "ranking function"},
    {"SELECT SUM(a) OVER w FROM t WINDOW ww AS (ORDER BY ts)",
     "1:20 Window 'w' not found | Did you mean 'ww'?"},
    {"SELECT SUM(a) OVER (ORDER BY ts ROWS BETWEEN CURRENT ROW AND "
     "1 FOLLOWING) FROM t",
     "1:20 An OVER frame that does not end at CURRENT ROW is not "
     "supported yet | Write BETWEEN ... PRECEDING AND CURRENT ROW"},
    {"SELECT SUM(a) OVER (ORDER BY ts ROWS BETWEEN a PRECEDING AND "
     "CURRENT ROW) FROM t",
     "1:46 No columns can be used here"},
    {"SELECT LAG(a, 1, 'x') OVER (ORDER BY ts) FROM t",
     "1:18 The default of LAG and LEAD is of type CHAR(1) NOT NULL, "
     "but INT NOT NULL is expected | Write CAST(... AS INT) if that is what "
     "is meant"},
    {"SELECT * FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(a), INTERVAL "
     "'1' MINUTE))",
     "1:48 The window function TUMBLE requires the timecol to be "
     "TIMESTAMP or TIMESTAMP_LTZ, but is INT"},
    {"SELECT * FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(tz), INTERVAL "
     "'1' MINUTE))",
     "1:48 Column 'tz' not found in any table | Did you mean 'ts'?"},
    {"SELECT * FROM TABLE(TUMBLE((SELECT CAST(ts AS TIMESTAMP(3)) "
     "AS ts FROM t), DESCRIPTOR(ts), INTERVAL '1' MINUTE))",
     "1:87 The window function requires the timecol is a time "
     "attribute type, but is TIMESTAMP(3) | Declare WATERMARK FOR "
     "ts in the table; computed values, aggregations and regular "
     "joins lose the time attribute"},
    {"SELECT * FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts)))",
     "1:21 TUMBLE lacks its argument SIZE | Supported form: "
     "TUMBLE(TABLE table_name, DESCRIPTOR(timecol), size[, offset])"},
    {"SELECT * FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL "
     "'1' MONTH))",
     "1:53 SIZE must be a constant interval of days, hours, minutes "
     "or seconds | Write for example INTERVAL '10' SECOND"},
    {"SELECT * FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL "
     "'0' SECOND))",
     "1:21 Sizes, slides, steps and gaps of windows must be greater "
     "than zero"},
    {"SELECT * FROM TABLE(TUMBLE(DATA => TABLE t, TIMECOL => "
     "DESCRIPTOR(ts), SICE => INTERVAL '1' MINUTE))",
     "1:72 TUMBLE has no parameter 'SICE' | Did you mean 'SIZE'?"},
    {"SELECT * FROM TABLE(CUMULATE(TABLE t, DESCRIPTOR(ts), "
     "INTERVAL '2' MINUTE, INTERVAL '5' MINUTE))",
     "1:21 CUMULATE table function based aggregate requires maxSize "
     "must be an integral multiple of step, but got maxSize 300000 "
     "ms and step 120000 ms | CUMULATE size must be a multiple of "
     "step: choose a step that divides it"},
    {"SELECT window_start, COUNT(*) FROM TABLE(HOP(TABLE t, "
     "DESCRIPTOR(ts), INTERVAL '2' MINUTE, INTERVAL '5' MINUTE)) "
     "GROUP BY window_start, window_end",
     "1:114 HOP table function based aggregate requires size must "
     "be an integral multiple of slide, but got size 300000 ms and "
     "slide 120000 ms | Choose a slide that divides the size"},
    {"SELECT * FROM TABLE(HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '1' "
     "SECOND, INTERVAL '2' DAY))",
     "1:21 Each row would be in 172800 windows; at most 100000 are "
     "allowed"},
    {"SELECT * FROM TABLE(TUMBLE(TABLE t PARTITION BY a, "
     "DESCRIPTOR(ts), INTERVAL '1' MINUTE))",
     "1:49 TUMBLE takes no PARTITION BY | Only SESSION does; group "
     "by the column instead"},
    {"SELECT * FROM TABLE(TUMBEL(TABLE t, DESCRIPTOR(ts), INTERVAL "
     "'1' MINUTE))",
     "1:15 The table function 'TUMBEL' is not supported yet | Did "
     "you mean 'TUMBLE'?"},
    {"SELECT TUMBLE_START(ts, INTERVAL '1' MINUTE) FROM t",
     "1:8 TUMBLE_START is only allowed with a window in GROUP BY | "
     "Add GROUP BY TUMBLE(...), HOP(...) or SESSION(...)"},
    {"SELECT TUMBLE_START(ts, INTERVAL '2' MINUTE) FROM t GROUP BY "
     "TUMBLE(ts, INTERVAL '1' MINUTE)",
     "1:8 The arguments of TUMBLE_START must be those of the window "
     "in GROUP BY"},
    {"SELECT COUNT(*) FROM t GROUP BY TUMBLE(a, INTERVAL '1' MINUTE)",
     "1:40 Window can only be defined over a time attribute column "
     "| Declare WATERMARK FOR the column in its table"},
};

static const struct refusal statements[] = {
    {"SELECT * FROM t /*+ OPTIONS('pth' = 'x') */",
     "1:29 Unsupported option 'pth' for connector 'fake' | Did you "
     "mean 'path'?"},
    {"SELECT * FROM t /*+ NOPE('pth' = 'x') */",
     "1:21 A table takes no hint 'NOPE' (only OPTIONS)"},
    {"SELECT * FROM t /*+ OPTIONS('number' = '99') */",
     "1:29 '99' is outside the range of the option 'number' | Give a value from 1 to 9"},
    {"INSERT INTO k SELECT a FROM t",
     "1:15 Column types of query result and sink for 'k' do not "
     "match\nCause: Different number of columns\n\nQuery schema: [a: "
     "INT]\nSink schema:  [id: INT NOT NULL, v: STRING NOT NULL]"},
    {"INSERT INTO k SELECT s, s FROM t",
     "1:15 Column types of query result and sink for 'k' do not "
     "match\nCause: Incompatible types for sink column 'id' at "
     "position 0\n\nQuery schema: [s: STRING, s0: STRING]\nSink "
     "schema:  [id: INT NOT NULL, v: STRING NOT NULL]"},
    {"INSERT INTO k (id) SELECT a FROM t",
     "1:13 Column 'v' has no default value and does not allow NULLs"},
    {"INSERT INTO k (id, id) SELECT a, a FROM t",
     "1:20 Target column 'id' is assigned more than once"},
    {"INSERT INTO k (idd) SELECT a FROM t",
     "1:16 Table 'k' has no column 'idd' that can be written | Did "
     "you mean 'id'?"},
    {"INSERT INTO kk SELECT a FROM t", "1:13 There is no table or view 'kk' | Did you mean 'k'?"},
    {"CREATE TABLE t (a INT) WITH ('connector' = 'fake')",
     "1:14 A table or view 't' exists already | Drop it first, or "
     "write CREATE TABLE IF NOT EXISTS"},
    {"CREATE TABLE x (a INT) WITH ('connector' = 'fak')",
     "1:30 There is no connector 'fak' | Did you mean 'fake'?"},
    {"CREATE TABLE x (a INT) WITH ('connector' = 'fake', 'pth' = "
     "'x')",
     "1:52 Unsupported option 'pth' for connector 'fake' | Did you "
     "mean 'path'?"},
    {"CREATE TABLE x (a INT) WITH ('connector' = 'fake', 'number' = "
     "'many')",
     "1:52 'many' is not a whole number, as the option 'number' "
     "needs it"},
    {"CREATE TABLE x (a INT) WITH ('connector' = 'fake', 'format' = "
     "'jso')",
     "1:52 There is no format 'jso' | Did you mean 'json'?"},
    {"CREATE TABLE x (a INT) WITH ('connector' = 'fake', 'format' = "
     "'json', 'json.ignore-parse-error' = 'true')",
     "1:71 Unsupported option 'json.ignore-parse-error' for "
     "connector 'fake' with format 'json' | Did you mean "
     "'json.ignore-parse-errors'?"},
    {"CREATE TABLE x (a INT) WITH ('connector' = 'fake', "
     "'scan.watermark.emit.strategy' = 'never')",
     "1:52 'never' is not a value of the option 'scan.watermark.emit.strategy' | Choose one of "
     "'on-periodic', 'on-event'"},
    {"CREATE TABLE x (a INT, a STRING) WITH ('connector' = 'fake')",
     "1:24 A column named 'a' already exists in the table"},
    {"CREATE TABLE x (a INT, PRIMARY KEY (a)) WITH ('connector' = "
     "'fake')",
     "1:24 PRIMARY KEY cannot be ENFORCED: the data is not owned by "
     "this engine, which cannot check that keys are unique | Write "
     "PRIMARY KEY (...) NOT ENFORCED"},
    {"CREATE TABLE x (a INT, PRIMARY KEY (b) NOT ENFORCED) WITH "
     "('connector' = 'fake')",
     "1:37 Primary key column 'b' is not defined in the schema"},
    {"CREATE TABLE x (a INT, b AS a + 1, PRIMARY KEY (b) NOT "
     "ENFORCED) WITH ('connector' = 'fake')",
     "1:49 Primary key column 'b' must be a physical column, not a "
     "computed or metadata one"},
    {"CREATE TABLE x (a INT, b AS c + 1) WITH ('connector' = 'fake')",
     "1:29 Column 'c' not found in any table | The columns here are: a"},
    {"CREATE TABLE x (a INT, b AS a + 1, c AS b + 1) WITH "
     "('connector' = 'fake')",
     "1:41 Column 'b' not found in any table | The columns here are: a"},
    {"CREATE TABLE x (a INT, ts TIMESTAMP(6), WATERMARK FOR ts AS "
     "ts) WITH ('connector' = 'fake')",
     "1:55 Invalid data type of time field for watermark "
     "definition. The field must be of type TIMESTAMP(p) or "
     "TIMESTAMP_LTZ(p) with a precision p from 0 to 3, but 'ts' is "
     "TIMESTAMP(6) | Declare a computed column, for example AS "
     "CAST(ts AS TIMESTAMP(3)), and the watermark on it"},
    {"CREATE TABLE x (a INT, ts TIMESTAMP(3), WATERMARK FOR tss AS "
     "ts) WITH ('connector' = 'fake')",
     "1:55 The rowtime attribute field 'tss' is not defined in the "
     "table | Did you mean 'ts'?"},
    {"CREATE TABLE x (a INT, ts TIMESTAMP(3), WATERMARK FOR ts AS "
     "a) WITH ('connector' = 'fake')",
     "1:61 Invalid data type of expression for watermark "
     "definition: it must be of type TIMESTAMP(3) like the time "
     "field, but is INT"},
    {"CREATE TABLE x (r ROW<ts TIMESTAMP(3)>, WATERMARK FOR r.ts AS "
     "r.ts) WITH ('connector' = 'fake')",
     "1:55 A field of a ROW cannot be the row time; declare a "
     "computed column AS the field, and the watermark on it"},
    {"CREATE TABLE x (a INT METADATA FROM 'nope') WITH ('connector' "
     "= 'fake')",
     "1:37 Invalid metadata key 'nope' in column 'a': connector 'fake' has no such metadata | Its "
     "metadata are: file.path, offset"},
    {"CREATE TABLE x (a ARRAY<INT> METADATA FROM 'offset') WITH "
     "('connector' = 'fake')",
     "1:44 Invalid data type for metadata column 'a': it cannot be "
     "declared as ARRAY<INT>, because that cannot be cast from "
     "BIGINT"},
    {"CREATE TABLE x (a INT) PARTITIONED BY (b) WITH ('connector' = "
     "'fake')",
     "1:40 Partition column 'b' is not defined in the table"},
    {"CREATE TABLE x WITH ('connector' = 'fake') LIKE nope",
     "1:49 There is no table or view 'nope' | Declare it with CREATE TABLE first; there are: t, u, "
     "k"},
    {"CREATE TABLE x (a INT) WITH ('connector' = 'strict'); SELECT "
     "* FROM x",
     "1:14 'path' is missing, an option of connector 'strict' | Add it to the WITH options: A "
     "path"},
    {"CREATE TABLE x (a INT); SELECT * FROM x",
     "1:14 Table 'x' has no 'connector' option | Add 'connector' = "
     "'...' to its WITH options"},
    {"CREATE TABLE x (a INT) WITH ('connector' = 'output'); SELECT "
     "* FROM x",
     "1:14 Table 'x' cannot be read: connector 'output' is only for "
     "writing"},
    {"CREATE TABLE x (a INT) WITH ('connector' = 'input'); INSERT "
     "INTO x VALUES (1)",
     "1:14 Table 'x' cannot be written: connector 'input' is only "
     "for reading"},
    {"CREATE VIEW t AS SELECT 1", "1:13 A table or view 't' exists already | Drop it first, or "
				  "write CREATE VIEW IF NOT EXISTS"},
    {"CREATE VIEW v (a, b) AS SELECT 1",
     "1:16 VIEW definition and input fields not match: the view "
     "lists 2 columns, its query gives 1"},
    {"CREATE VIEW v (a, a) AS SELECT 1, 2", "1:19 The view has the column 'a' twice"},
    {"CREATE VIEW v AS SELECT nope FROM t", "1:25 Column 'nope' not found in any table | The "
					    "columns here are: a, b, s, d, ts, r, arr, m, pt"},
    {"CREATE VIEW v AS SELECT 1 AS x; INSERT INTO v VALUES (1)",
     "1:45 'v' is a view; only tables can be written"},
    {"CREATE VIEW v AS SELECT 1 AS x; SELECT * FROM v /*+ "
     "OPTIONS('path'='x') */",
     "1:53 A view takes no hints | Write the hint at the table "
     "inside the view"},
};

static void check(const struct refusal *refusal, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct script script;
		script_init(&script);
		assert_null(script_run(&script, setup));
		const char *message = script_error(&script, script_run(&script, refusal[i].sql));
		if (strcmp(message, refusal[i].message) != 0)
			fail_msg("%s\n  gives   %s\n  expects %s", refusal[i].sql, message,
				 refusal[i].message);
		script_release(&script);
	}
}

static void test_queries(void **state)
{
	check(queries, WR_COUNT(queries));
}

static void test_windows(void **state)
{
	check(windows, WR_COUNT(windows));
}

static void test_statements(void **state)
{
	check(statements, WR_COUNT(statements));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_queries),
	    cmocka_unit_test(test_windows),
	    cmocka_unit_test(test_statements),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

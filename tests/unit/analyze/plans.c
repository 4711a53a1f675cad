/* SPDX-License-Identifier: Apache-2.0
 *
 * plans - output columns and the shape of the plan, for each construct of queries and INSERTs.
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

struct planned {
	const char *sql;    /* its last statement is planned */
	const char *schema; /* output columns */
	const char *tree;   /* nodes below the sink */
};

static const struct planned cases[] = {
    {"SELECT 1", "EXPR$0 INT NOT NULL", "Project(Values)"},
    {"SELECT * FROM t",
     "a INT, b BIGINT NOT NULL, s STRING, d DECIMAL(10, 2), ts "
     "TIMESTAMP(3), r ROW<`x` INT, `y` ROW<`z` STRING>>, arr "
     "ARRAY<ROW<`p` INT, `q` STRING>>, m MAP<STRING, INT>, pt "
     "TIMESTAMP_LTZ(3) NOT NULL",
     "Project(Scan)"},
    {"SELECT t.*, a FROM t",
     "a INT, b BIGINT NOT NULL, s STRING, d DECIMAL(10, 2), ts "
     "TIMESTAMP(3), r ROW<`x` INT, `y` ROW<`z` STRING>>, arr "
     "ARRAY<ROW<`p` INT, `q` STRING>>, m MAP<STRING, INT>, pt "
     "TIMESTAMP_LTZ(3) NOT NULL, a0 INT",
     "Project(Scan)"},
    {"SELECT default_catalog.default_database.t.a FROM t", "a INT", "Project(Scan)"},
    {"SELECT r.x, r.y.z, t.r.y, arr[1].q, m['k'] FROM t",
     "x INT, z STRING, y ROW<`z` STRING>, EXPR$3 STRING, EXPR$4 INT", "Project(Scan)"},
    {"SELECT a AS x, a, a, 1 + 1 FROM t WHERE a > 1", "x INT, a INT, a0 INT, EXPR$3 INT NOT NULL",
     "Project(Filter(Scan))"},
    {"SELECT ts, ts + INTERVAL '1' SECOND, pt, CURRENT_DATE, "
     "UPPER(s) u FROM t",
     "ts TIMESTAMP(3), EXPR$1 TIMESTAMP(3), pt TIMESTAMP_LTZ(3) NOT "
     "NULL, CURRENT_DATE DATE NOT NULL, u STRING",
     "Project(Scan)"},
    {"SELECT s, COUNT(*), SUM(a), SUM(a) * 2 FROM t GROUP BY s "
     "HAVING COUNT(*) > 1",
     "s STRING, EXPR$1 BIGINT NOT NULL, EXPR$2 INT, EXPR$3 INT",
     "Project(Filter(Aggregate(Scan)))"},
    {"SELECT UPPER(s), COUNT(DISTINCT a) FILTER (WHERE b > 1) FROM "
     "t GROUP BY UPPER(s)",
     "EXPR$0 STRING, EXPR$1 BIGINT NOT NULL", "Project(Aggregate(Project(Scan)))"},
    {"SELECT a, s, GROUPING(a), GROUPING_ID(a, s), COUNT(*) FROM t "
     "GROUP BY ROLLUP (a, s)",
     "a INT, s STRING, EXPR$2 BIGINT NOT NULL, EXPR$3 BIGINT NOT "
     "NULL, EXPR$4 BIGINT NOT NULL",
     "Project(Aggregate(Scan))"},
    {"SELECT DISTINCT a, s FROM t", "a INT, s STRING", "Aggregate(Project(Scan))"},
    {"SELECT a FROM t ORDER BY b DESC LIMIT 3 OFFSET 1", "a INT", "Project(Sort(Project(Scan)))"},
    {"SELECT a, COUNT(*) AS n FROM t GROUP BY a ORDER BY n DESC, "
     "MAX(b) LIMIT 5",
     "a INT, n BIGINT NOT NULL", "Project(Sort(Project(Aggregate(Scan))))"},
    {"SELECT * FROM (SELECT a, ROW_NUMBER() OVER (PARTITION BY s "
     "ORDER BY b DESC) AS rn FROM t) WHERE rn <= 3",
     "a INT, rn BIGINT NOT NULL", "Project(Filter(Project(Over(Scan))))"},
    {"SELECT a, SUM(a) OVER w, COUNT(*) OVER w, LAG(a) OVER "
     "(PARTITION BY s ORDER BY ts) FROM t WINDOW w AS (PARTITION BY "
     "UPPER(s) ORDER BY ts)",
     "a INT, EXPR$1 INT, EXPR$2 BIGINT NOT NULL, EXPR$3 INT", "Project(Over(Over(Project(Scan))))"},
    {"SELECT a, COUNT(*) AS c, ROW_NUMBER() OVER (ORDER BY COUNT(*) "
     "DESC) AS rn FROM t GROUP BY a",
     "a INT, c BIGINT NOT NULL, rn BIGINT NOT NULL", "Project(Over(Aggregate(Scan)))"},
    {"SELECT a FROM t QUALIFY ROW_NUMBER() OVER (PARTITION BY a "
     "ORDER BY ts) = 1",
     "a INT", "Project(Filter(Over(Scan)))"},
    {"SELECT t.a, u.c FROM t JOIN u ON t.a = u.a", "a INT, c STRING", "Project(Join(Scan, Scan))"},
    {"SELECT t.a, u.c FROM t LEFT JOIN u ON t.a = u.a AND t.ts "
     "BETWEEN u.ts - INTERVAL '1' HOUR AND u.ts",
     "a INT, c STRING", "Project(Join(Scan, Scan))"},
    {"SELECT t.ts, u.ts FROM t JOIN u ON t.a = u.a AND t.ts BETWEEN "
     "u.ts - INTERVAL '1' HOUR AND u.ts",
     "ts TIMESTAMP(3), ts0 TIMESTAMP(3)", "Project(Join(Scan, Scan))"},
    {"SELECT t.ts, u.ts FROM t FULL JOIN u ON t.a = u.a", "ts TIMESTAMP(3), ts0 TIMESTAMP(3)",
     "Project(Join(Scan, Scan))"},
    {"SELECT * FROM u JOIN k ON u.a = k.id",
     "a INT, c STRING, ts TIMESTAMP(3), id INT NOT NULL, v STRING "
     "NOT NULL",
     "Project(Join(Scan, Scan))"},
    {"SELECT *, a FROM u AS l JOIN u AS r USING (a)",
     "a INT, c STRING, ts TIMESTAMP(3), c0 STRING, ts0 "
     "TIMESTAMP(3), a0 INT",
     "Project(Join(Scan, Scan))"},
    {"SELECT *, a FROM u AS l FULL JOIN u AS r USING (a)",
     "a INT, c STRING, ts TIMESTAMP(3), c0 STRING, ts0 "
     "TIMESTAMP(3), a0 INT",
     "Project(Join(Scan, Scan))"},
    {"SELECT u.a, k.v FROM u NATURAL JOIN k", "a INT, v STRING NOT NULL",
     "Project(Join(Scan, Scan))"},
    {"SELECT t.a, x.q FROM t CROSS JOIN UNNEST(arr) AS x (p, q)", "a INT, q STRING",
     "Project(Unnest(Scan))"},
    {"SELECT t.a, x.* FROM t LEFT JOIN UNNEST(m) AS x (mk, mv) ON "
     "TRUE",
     "a INT, mk STRING, mv INT", "Project(Unnest(Scan))"},
    {"SELECT a FROM t WHERE a IN (SELECT a FROM u WHERE c = 'x') "
     "AND b > 1",
     "a INT", "Project(Join(Filter(Scan), Filter(Scan)))"},
    {"SELECT a FROM t WHERE NOT EXISTS (SELECT 1 FROM u WHERE u.a = "
     "t.a AND c > 'a')",
     "a INT", "Project(Join(Scan, Filter(Scan)))"},
    {"SELECT a FROM t WHERE a NOT IN (SELECT a FROM u)", "a INT", "Project(Join(Scan, Scan))"},
    {"SELECT a FROM t WHERE a > (SELECT AVG(a) FROM u)", "a INT",
     "Project(Filter(Join(Scan, Project(Aggregate(Scan)))))"},
    {"SELECT s, (SELECT MAX(c) FROM u) FROM t", "s STRING, EXPR$1 STRING",
     "Project(Join(Scan, Project(Aggregate(Scan))))"},
    {"SELECT s, COUNT(*) + (SELECT MAX(a) FROM u) FROM t GROUP BY s", "s STRING, EXPR$1 BIGINT",
     "Project(Join(Aggregate(Scan), Project(Aggregate(Scan))))"},
    {"SELECT a FROM t WHERE a = (SELECT a FROM u WHERE c = 'x')", "a INT",
     "Project(Filter(Join(Scan, Aggregate(Project(Filter(Scan))))))"},
    {"SELECT window_start, s, COUNT(*) FROM TABLE(TUMBLE(TABLE t, "
     "DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start, "
     "window_end, s",
     "window_start TIMESTAMP(3) NOT NULL, s STRING, EXPR$2 BIGINT "
     "NOT NULL",
     "Project(Aggregate(Window(Scan)))"},
    {"SELECT window_start, window_time, COUNT(*) FROM "
     "TABLE(HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE, "
     "INTERVAL '5' MINUTE)) GROUP BY window_start, window_end, "
     "window_time",
     "window_start TIMESTAMP(3) NOT NULL, window_time TIMESTAMP(3) "
     "NOT NULL, EXPR$2 BIGINT NOT NULL",
     "Project(Aggregate(Window(Scan)))"},
    {"SELECT s, window_start FROM TABLE(SESSION(TABLE t PARTITION "
     "BY s, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY s, "
     "window_start, window_end",
     "s STRING, window_start TIMESTAMP(3) NOT NULL", "Project(Aggregate(Window(Scan)))"},
    {"SELECT COUNT(*) FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(pt), "
     "INTERVAL '1' MINUTE)) GROUP BY window_start, window_end",
     "EXPR$0 BIGINT NOT NULL", "Project(Aggregate(Window(Scan)))"},
    {"SELECT TUMBLE_START(ts, INTERVAL '1' MINUTE), "
     "TUMBLE_ROWTIME(ts, INTERVAL '1' MINUTE), s, COUNT(*) FROM t "
     "GROUP BY s, TUMBLE(ts, INTERVAL '1' MINUTE)",
     "EXPR$0 TIMESTAMP(3) NOT NULL, EXPR$1 TIMESTAMP(3), s STRING, "
     "EXPR$3 BIGINT NOT NULL",
     "Project(Aggregate(Window(Scan)))"},
    {"SELECT UPPER(s), SESSION_END(ts, INTERVAL '1' MINUTE), "
     "COUNT(*) FROM t GROUP BY UPPER(s), SESSION(ts, INTERVAL '1' "
     "MINUTE)",
     "EXPR$0 STRING, EXPR$1 TIMESTAMP(3) NOT NULL, EXPR$2 BIGINT "
     "NOT NULL",
     "Project(Aggregate(Window(Project(Scan))))"},
    {"SELECT HOP_START(pt, INTERVAL '1' MINUTE, INTERVAL '2' "
     "MINUTE), HOP_PROCTIME(pt, INTERVAL '1' MINUTE, INTERVAL '2' "
     "MINUTE), COUNT(*) FROM t GROUP BY HOP(pt, INTERVAL '1' "
     "MINUTE, INTERVAL '2' MINUTE)",
     "EXPR$0 TIMESTAMP(3) NOT NULL, EXPR$1 TIMESTAMP_LTZ(3) NOT "
     "NULL, EXPR$2 BIGINT NOT NULL",
     "Project(Aggregate(Window(Scan)))"},
    {"SELECT a FROM t UNION ALL SELECT a FROM u UNION ALL SELECT id "
     "FROM k",
     "a INT", "UnionAll(Project(Scan), Project(Scan), Project(Scan))"},
    {"SELECT ts FROM t UNION ALL SELECT ts FROM u", "ts TIMESTAMP(3)",
     "UnionAll(Project(Scan), Project(Scan))"},
    {"SELECT a FROM t UNION SELECT b FROM t", "a BIGINT",
     "Aggregate(UnionAll(Project(Project(Scan)), Project(Scan)))"},
    {"SELECT a FROM t INTERSECT SELECT a FROM u", "a INT", "SetOp(Project(Scan), Project(Scan))"},
    {"SELECT a FROM t EXCEPT ALL SELECT a FROM u ORDER BY a LIMIT 2", "a INT",
     "Sort(SetOp(Project(Scan), Project(Scan)))"},
    {"SELECT * FROM (VALUES (1, 'x'), (2, NULL)) AS v (n, w)", "n INT NOT NULL, w CHAR(1)",
     "Project(Values)"},
    {"WITH x AS (SELECT a FROM t), y (z) AS (SELECT a + 1 FROM x) "
     "SELECT * FROM x, y",
     "a INT, z INT", "Project(Join(Project(Scan), Project(Project(Project(Scan)))))"},
    {"TABLE u", "a INT, c STRING, ts TIMESTAMP(3)", "Scan"},
    {"VALUES (1, 2)", "EXPR$0 INT NOT NULL, EXPR$1 INT NOT NULL", "Values"},
    {"SELECT * FROM t /*+ OPTIONS('path' = 'x') */ AS q",
     "a INT, b BIGINT NOT NULL, s STRING, d DECIMAL(10, 2), ts "
     "TIMESTAMP(3), r ROW<`x` INT, `y` ROW<`z` STRING>>, arr "
     "ARRAY<ROW<`p` INT, `q` STRING>>, m MAP<STRING, INT>, pt "
     "TIMESTAMP_LTZ(3) NOT NULL",
     "Project(Scan)"},
    {"INSERT INTO k SELECT a, s FROM t", "id INT NOT NULL, v STRING NOT NULL",
     "Project(Project(Scan))"},
    {"INSERT INTO k SELECT 1, 'x'", "id INT NOT NULL, v STRING NOT NULL",
     "Project(Project(Values))"},
    {"INSERT INTO k (v, id) SELECT c, a FROM u", "id INT NOT NULL, v STRING NOT NULL",
     "Project(Project(Scan))"},
    {"INSERT INTO u (a) VALUES (1), (2)", "a INT NOT NULL, c STRING, ts TIMESTAMP(3)",
     "Project(Values)"},
    {"INSERT INTO u PARTITION (c = 'x') SELECT a, ts FROM t",
     "a INT, c STRING NOT NULL, ts TIMESTAMP(3)", "Project(Project(Scan))"},
    {"INSERT INTO u VALUES (1, NULL, NULL)", "a INT NOT NULL, c STRING, ts TIMESTAMP(3)",
     "Project(Values)"},
    {"CREATE VIEW v AS SELECT a, COUNT(*) AS n FROM t GROUP BY a; "
     "SELECT * FROM v WHERE n > 1",
     "a INT, n BIGINT NOT NULL", "Project(Filter(Project(Aggregate(Scan))))"},
    {"CREATE VIEW v (x, y) AS SELECT a, ts FROM t; SELECT w.x, "
     "COUNT(*) FROM TABLE(TUMBLE(TABLE v, DESCRIPTOR(y), INTERVAL "
     "'1' MINUTE)) AS w GROUP BY window_start, window_end, w.x",
     "x INT, EXPR$1 BIGINT NOT NULL", "Project(Aggregate(Window(Project(Project(Scan)))))"},
    {"CREATE TABLE x (LIKE_ME AS a + 1) WITH ('path' = 'y') LIKE t; "
     "SELECT * FROM x",
     "a INT, b BIGINT NOT NULL, s STRING, d DECIMAL(10, 2), ts "
     "TIMESTAMP(3), r ROW<`x` INT, `y` ROW<`z` STRING>>, arr "
     "ARRAY<ROW<`p` INT, `q` STRING>>, m MAP<STRING, INT>, pt "
     "TIMESTAMP_LTZ(3) NOT NULL, LIKE_ME INT",
     "Project(Scan)"},
    {"CREATE TABLE x (p STRING METADATA FROM 'file.path' VIRTUAL, o "
     "INT METADATA FROM 'offset', a INT) WITH ('connector' = "
     "'fake', 'format' = 'json', 'json.ignore-parse-errors' = "
     "'true', 'error-handling.mode' = 'ignore'); SELECT * FROM x",
     "p STRING, o INT, a INT", "Project(Scan)"},
    {"CREATE TABLE x (p STRING METADATA FROM 'file.path' VIRTUAL, o "
     "INT METADATA FROM 'offset', a INT) WITH ('connector' = "
     "'fake'); INSERT INTO x SELECT 5, 6",
     "a INT NOT NULL, o BIGINT NOT NULL", "Project(Project(Values))"},
    {"CREATE TABLE x (a INT, l BIGINT METADATA FROM 'late-by') WITH "
     "('connector' = 'fake'); INSERT INTO x SELECT 5, 6",
     "a INT NOT NULL, l BIGINT NOT NULL", "Project(Project(Values))"},
    {"SELECT JSON_VALUE(s, '$.a' RETURNING INT DEFAULT 1 ON EMPTY), "
     "JSON_QUERY(s, '$.a' WITH WRAPPER), JSON_OBJECT('k' VALUE a "
     "ABSENT ON NULL), JSON_EXISTS(s, '$.x') FROM t",
     "EXPR$0 INT, EXPR$1 STRING, EXPR$2 STRING NOT NULL, EXPR$3 "
     "BOOLEAN",
     "Project(Scan)"},
    {"SELECT a IN (1, 2), (a, b) IN ((1, 2), (3, 4)), a BETWEEN "
     "SYMMETRIC 3 AND 1, a = ANY (1, 2), s NOT LIKE 'a%' ESCAPE "
     "'\\', s IS NOT JSON OBJECT FROM t",
     "EXPR$0 BOOLEAN, EXPR$1 BOOLEAN, EXPR$2 BOOLEAN, EXPR$3 "
     "BOOLEAN, EXPR$4 BOOLEAN, EXPR$5 BOOLEAN NOT NULL",
     "Project(Scan)"},
    {"SELECT EXTRACT(DAY FROM ts), FLOOR(ts TO HOUR), "
     "TIMESTAMPADD(DAY, 1, ts), TRIM(BOTH 'x' FROM s), POSITION('a' "
     "IN s), CAST(a AS STRING), TRY_CAST(s AS INT) FROM t",
     "EXPR$0 BIGINT, EXPR$1 TIMESTAMP(3), EXPR$2 TIMESTAMP(3), "
     "EXPR$3 STRING, EXPR$4 INT, EXPR$5 STRING, EXPR$6 INT",
     "Project(Scan)"},
    {"SELECT INTERVAL a DAY + ts, ARRAY[1, 2], MAP['a', 1], ROW(1, "
     "'x'), -a, +a, NOT a > 1 FROM t",
     "EXPR$0 TIMESTAMP(3), EXPR$1 ARRAY<INT NOT NULL> NOT NULL, "
     "EXPR$2 MAP<CHAR(1) NOT NULL, INT NOT NULL> NOT NULL, EXPR$3 "
     "ROW<`EXPR$0` INT NOT NULL, `EXPR$1` CHAR(1) NOT NULL> NOT "
     "NULL, EXPR$4 INT, EXPR$5 INT, EXPR$6 BOOLEAN",
     "Project(Scan)"},
    {"SELECT a FROM (SELECT a, b FROM t ORDER BY b LIMIT 3) WHERE a "
     "> 1",
     "a INT", "Project(Filter(Sort(Project(Scan))))"},
    {"SELECT COUNT(*) FROM t, u WHERE t.a = u.a", "EXPR$0 BIGINT NOT NULL",
     "Project(Aggregate(Join(Scan, Scan)))"},
    {"SELECT L.window_start FROM (SELECT * FROM TABLE(TUMBLE(TABLE "
     "t, DESCRIPTOR(ts), INTERVAL '1' MINUTE))) L JOIN (SELECT * "
     "FROM TABLE(TUMBLE(TABLE u, DESCRIPTOR(ts), INTERVAL '1' "
     "MINUTE))) R ON L.a = R.a AND L.window_start = R.window_start "
     "AND L.window_end = R.window_end",
     "window_start TIMESTAMP(3) NOT NULL",
     "Project(Join(Project(Window(Scan)), Project(Window(Scan))))"},
};

static void test_plans(void **state)
{
	for (size_t i = 0; i < WR_COUNT(cases); i++) {
		struct script script;
		script_init(&script);
		assert_null(script_run(&script, setup));
		wr_status *status = script_run(&script, cases[i].sql);
		if (status != NULL)
			fail_msg("%s\n  %s", cases[i].sql, script_error(&script, status));
		const char *schema = script_schema(&script, ", ");
		if (strcmp(schema, cases[i].schema) != 0)
			fail_msg("%s\n  gives   %s\n  expects %s", cases[i].sql, schema,
				 cases[i].schema);
		const char *tree = script_tree(&script);
		if (strcmp(tree, cases[i].tree) != 0)
			fail_msg("%s\n  gives   %s\n  expects %s", cases[i].sql, tree,
				 cases[i].tree);
		script_release(&script);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_plans),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

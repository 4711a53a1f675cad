/* SPDX-License-Identifier: Apache-2.0
 *
 * Joins, Top-N and others that keep rows: saved and loaded again, see restore_case.h.
 */
#include "restore_case.h"

static const struct op_case cases[] = {
    {.name = "inner join",
     .query = "SELECT * FROM a JOIN b ON a.k = b.k AND a.v < b.w",
     .kind = WR_N_HASH_JOIN},
    {.name = "left join",
     .query = "SELECT * FROM a LEFT JOIN b ON a.k = b.k AND a.v < b.w",
     .kind = WR_N_HASH_JOIN},
    {.name = "full join of changes",
     .query = "SELECT * FROM (SELECT k, SUM(v) v FROM a GROUP BY k) a FULL JOIN (SELECT k, s, "
	      "COUNT(*) w FROM b GROUP BY k, s) b ON a.k = b.k",
     .kind = WR_N_HASH_JOIN},
    {.name = "semi join",
     .query = "SELECT * FROM a WHERE k IN (SELECT k FROM b)",
     .kind = WR_N_HASH_JOIN},
    {.name = "anti join",
     .query = "SELECT * FROM a WHERE NOT EXISTS (SELECT * FROM c WHERE c.k = a.k)",
     .kind = WR_N_HASH_JOIN},
    {.name = "join that expires",
     .settings = "SET 'table.exec.state.ttl' = '1 h';",
     .query = "SELECT * FROM a RIGHT JOIN c ON a.k = c.k",
     .kind = WR_N_HASH_JOIN,
     .inexact = true},
    {.name = "top n",
     .query = "SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY v DESC) r "
	      "FROM a) WHERE r <= 3",
     .kind = WR_N_RANK},
    {.name = "top n without its rank, of changes",
     .query = "SELECT k, w FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY s ORDER BY w) r FROM "
	      "(SELECT k, s, SUM(w) w FROM b GROUP BY k, s)) WHERE r <= 2",
     .kind = WR_N_RANK},
    {.name = "ranks from two on",
     .query = "SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY arr IS NULL, w "
	      "DESC) r FROM b) WHERE r BETWEEN 2 AND 4",
     .kind = WR_N_RANK},
    {.name = "order by, limit",
     .query = "SELECT * FROM a ORDER BY v, s LIMIT 7",
     .kind = WR_N_SORT},
    {.name = "first row by time",
     .query = "SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k, v ORDER BY ts) r FROM "
	      "a) WHERE r = 1",
     .kind = WR_N_DEDUP},
    {.name = "last row by time",
     .query = "SELECT k, ts, d FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts DESC) "
	      "r FROM a) WHERE r = 1",
     .kind = WR_N_DEDUP},
    {.name = "first row to come",
     .query = "SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY s, d ORDER BY p) r FROM "
	      "(SELECT *, PROCTIME() p FROM a)) WHERE r = 1",
     .kind = WR_N_DEDUP},
    {.name = "interval join",
     .query = "SELECT * FROM a JOIN b ON a.k = b.k AND a.v <= b.w AND a.ts BETWEEN b.ts - INTERVAL "
	      "'3' SECOND AND b.ts + INTERVAL '6' SECOND",
     .kind = WR_N_INTERVAL_JOIN},
    {.name = "full interval join",
     .query = "SELECT * FROM a FULL JOIN b ON a.k = b.k AND a.ts BETWEEN b.ts - INTERVAL '8' "
	      "SECOND AND b.ts - INTERVAL '1' SECOND",
     .kind = WR_N_INTERVAL_JOIN},
    {.name = "temporal join",
     .query = "SELECT a.v, a.ts, p.x FROM a JOIN p FOR SYSTEM_TIME AS OF a.ts ON a.k = p.k",
     .kind = WR_N_TEMPORAL_JOIN},
    {.name = "left temporal join of a view",
     .query = "SELECT a.v, a.ts, l.w FROM a LEFT JOIN last_b FOR SYSTEM_TIME AS OF a.ts AS l ON "
	      "a.k = l.k AND l.w > 1",
     .kind = WR_N_TEMPORAL_JOIN},
    {.name = "window join",
     .query =
	 "SELECT l.s, r.w FROM (SELECT * FROM TABLE(TUMBLE(TABLE a, DESCRIPTOR(ts), INTERVAL "
	 "'10' SECOND))) l JOIN (SELECT * FROM TABLE(TUMBLE(TABLE b, DESCRIPTOR(ts), INTERVAL "
	 "'10' SECOND))) r ON l.k = r.k AND l.window_start = r.window_start AND l.window_end = "
	 "r.window_end AND l.v < r.w",
     .kind = WR_N_WINDOW_JOIN},
    {.name = "full window join",
     .query = "SELECT l.s, r.w, l.v FROM (SELECT * FROM TABLE(TUMBLE(TABLE a, DESCRIPTOR(ts), "
	      "INTERVAL '10' SECOND))) l FULL JOIN (SELECT * FROM TABLE(TUMBLE(TABLE b, "
	      "DESCRIPTOR(ts), INTERVAL '10' SECOND))) r ON l.k = r.k AND l.window_start = "
	      "r.window_start AND l.window_end = r.window_end",
     .kind = WR_N_WINDOW_JOIN},
    {.name = "multi join",
     .settings = "SET 'table.optimizer.multi-join.enabled' = 'true';",
     .query = "SELECT a.v, b.w, c.x FROM a LEFT JOIN b ON a.k = b.k AND a.v < b.w JOIN c ON a.k = "
	      "c.k AND c.x > 3",
     .kind = WR_N_MULTI_JOIN,
     .keys = 20},
    {.name = "top n of a window",
     .query =
	 "SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k, window_start, window_end "
	 "ORDER BY v DESC) r FROM TABLE(TUMBLE(TABLE a, DESCRIPTOR(ts), INTERVAL '10' "
	 "SECOND))) WHERE r <= 2",
     .kind = WR_N_WINDOW_RANK},
    {.name = "last row of a window",
     .query =
	 "SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k, window_start, window_end "
	 "ORDER BY ts DESC) r FROM TABLE(TUMBLE(TABLE b, DESCRIPTOR(ts), INTERVAL '10' "
	 "SECOND))) WHERE r = 1",
     .kind = WR_N_WINDOW_RANK},
    {.name = "intersect all",
     .query = "SELECT k, s FROM b INTERSECT ALL SELECT k, s FROM c",
     .kind = WR_N_SET_OP},
    {.name = "except, of changes",
     .query = "SELECT k, COUNT(*) FROM a GROUP BY k EXCEPT SELECT k, COUNT(*) FROM b GROUP BY k",
     .kind = WR_N_SET_OP},
    {.name = "changelog normalize",
     .settings = "SET 'table.exec.source.cdc-events-duplicate' = 'true';",
     .query = "SELECT * FROM p",
     .kind = WR_N_CHANGELOG_NORMALIZE},
    {.name = "order by time", .query = "SELECT * FROM a ORDER BY ts, v DESC", .kind = WR_N_SORT},
    {.name = "the last row of a primary key",
     .query = "INSERT INTO by_s SELECT s, k, SUM(v) FROM a GROUP BY s, k",
     .kind = WR_N_SINK_MATERIALIZE},
    {.name = "the first row of a primary key",
     .query = "INSERT INTO by_s SELECT s, k, SUM(v) FROM a WHERE s <> '' GROUP BY s, k ON CONFLICT "
	      "DO NOTHING",
     .kind = WR_N_SINK_MATERIALIZE},
    {.name = "sum of rows so far",
     .query = "SELECT k, v, SUM(d) OVER (PARTITION BY k ORDER BY v) t, COUNT(*) OVER (PARTITION BY "
	      "k ORDER BY v) n FROM a",
     .kind = WR_N_OVER},
    {.name = "number of rows so far, of changes",
     .query =
	 "SELECT k, w, SUM(w) OVER (PARTITION BY k ORDER BY w ROWS BETWEEN UNBOUNDED PRECEDING "
	 "AND CURRENT ROW) t FROM (SELECT k, s, COUNT(*) w FROM b GROUP BY k, s)",
     .kind = WR_N_OVER},
    {.name = "frames of rows",
     .query = "SELECT k, v, SUM(v) OVER (PARTITION BY k ORDER BY ts ROWS BETWEEN 2 PRECEDING AND "
	      "CURRENT ROW) t, MAX(s) OVER (PARTITION BY k ORDER BY ts ROWS BETWEEN 2 PRECEDING "
	      "AND CURRENT ROW) m FROM a",
     .kind = WR_N_OVER},
    {.name = "frames of time",
     .query =
	 "SELECT k, w, COUNT(w) OVER (PARTITION BY k ORDER BY ts RANGE BETWEEN INTERVAL '4' "
	 "SECOND PRECEDING AND CURRENT ROW) t, COUNT(DISTINCT s) OVER (PARTITION BY k ORDER BY "
	 "ts RANGE BETWEEN INTERVAL '4' SECOND PRECEDING AND CURRENT ROW) m FROM b",
     .kind = WR_N_OVER},
    {.name = "frames without a start",
     .query = "SELECT k, v, SUM(d) OVER (PARTITION BY s ORDER BY ts) t, COUNT(*) OVER (PARTITION "
	      "BY s ORDER BY ts ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) n FROM a",
     .kind = WR_N_OVER},
    {.name = "one frame over all rows",
     .query = "SELECT k, v, SUM(v) OVER (ORDER BY ts ROWS BETWEEN 5 PRECEDING AND CURRENT ROW) t "
	      "FROM a",
     .kind = WR_N_OVER},
    {.name = "rows so far by processing time",
     .query = "SELECT k, v, LAST_VALUE(s) OVER (PARTITION BY k ORDER BY p ROWS BETWEEN 3 PRECEDING "
	      "AND CURRENT ROW) t FROM (SELECT *, PROCTIME() p FROM a)",
     .kind = WR_N_OVER},
    {.name = "pattern with sums",
     .query =
	 "SELECT * FROM a MATCH_RECOGNIZE (PARTITION BY k ORDER BY ts MEASURES A.s AS s, "
	 "SUM(B.v) AS t, LAST(B.d) AS d ONE ROW PER MATCH AFTER MATCH SKIP TO NEXT ROW PATTERN "
	 "(A B+ C) DEFINE B AS SUM(B.v) < 9, C AS C.v > A.v)",
     .kind = WR_N_MATCH},
    {.name = "pattern within a time",
     .query =
	 "SELECT * FROM b MATCH_RECOGNIZE (PARTITION BY k ORDER BY ts MEASURES A.w AS w, "
	 "LAST(B.arr) AS arr, LAST(B.ts) AS t AFTER MATCH SKIP PAST LAST ROW PATTERN (A B*? C) "
	 "WITHIN INTERVAL '20' SECOND DEFINE A AS A.w < 4, C AS C.w = A.w)",
     .kind = WR_N_MATCH},
    {.name = "pattern over all rows",
     .query =
	 "SELECT * FROM a MATCH_RECOGNIZE (ORDER BY ts, v MEASURES FIRST(A.v) AS v, COUNT(A.v) "
	 "AS n PATTERN (A{2,3} B) DEFINE A AS A.v < 4)",
     .kind = WR_N_MATCH},
};

static void test_one(void **state)
{
	run_case(*state);
}

int main(void)
{
	struct CMUnitTest tests[WR_COUNT(cases)];

	for (size_t i = 0; i < WR_COUNT(cases); i++)
		tests[i] = (struct CMUnitTest){.name = cases[i].name,
					       .test_func = test_one,
					       .initial_state = (void *)(uintptr_t)&cases[i]};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

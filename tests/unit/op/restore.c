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

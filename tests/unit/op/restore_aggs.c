/* SPDX-License-Identifier: Apache-2.0
 *
 * Aggregates by key, window and session: saved and loaded again, see restore_case.h.
 */
#include "restore_case.h"

#define WINDOW(kind, sizes)                                                                        \
	"FROM TABLE(" kind "(TABLE a, DESCRIPTOR(ts), " sizes ")) GROUP BY k, window_start, "      \
	"window_end"
#define MANY                                                                                       \
	"COUNT(*), SUM(v), AVG(d), MIN(s), MAX(v), COUNT(DISTINCT s), COUNT(DISTINCT v) FILTER "   \
	"(WHERE v > 2), COUNT(DISTINCT v) FILTER (WHERE d < 1), SUM(DISTINCT v), LAST_VALUE(s), "  \
	"FIRST_VALUE(v), LISTAGG(s), STDDEV_POP(d), COLLECT(s), ARRAY_AGG(v), SUM(v)"
#define CHANGES                                                                                    \
	"COUNT(*), SUM(w), MIN(s), MAX(w), COUNT(DISTINCT s), FIRST_VALUE(s), LAST_VALUE(w), "     \
	"LISTAGG(s), COLLECT(s), COUNT(DISTINCT w) FILTER (WHERE w > 3)"

static const struct op_case cases[] = {
    {.name = "group by", .query = "SELECT k, " MANY " FROM a GROUP BY k", .kind = WR_N_GROUP_AGG},
    {.name = "group by two keys, long ones",
     .query = "SELECT s, k, COUNT(*) FROM a GROUP BY s, k",
     .kind = WR_N_GROUP_AGG},
    {.name = "global aggregate", .query = "SELECT " MANY " FROM a", .kind = WR_N_GROUP_AGG},
    {.name = "distinct", .query = "SELECT DISTINCT k, s FROM a", .kind = WR_N_GROUP_AGG},
    {.name = "group by that expires",
     .settings = "SET 'table.exec.state.ttl' = '1 h';",
     .query = "SELECT k, " MANY " FROM a GROUP BY k",
     .kind = WR_N_GROUP_AGG,
     .inexact = true},
    {.name = "group by of changes",
     .query = "SELECT k, " CHANGES " FROM (SELECT k, s, COUNT(*) w FROM b GROUP BY k, s) GROUP BY "
	      "k",
     .kind = WR_N_GROUP_AGG},
    {.name = "tumble",
     .query = "SELECT k, " MANY " " WINDOW("TUMBLE", "INTERVAL '4' SECOND"),
     .kind = WR_N_WINDOW_AGG},
    {.name = "hop",
     .query = "SELECT k, " MANY " " WINDOW("HOP", "INTERVAL '2' SECOND, INTERVAL '6' SECOND"),
     .kind = WR_N_WINDOW_AGG},
    {.name = "cumulate",
     .query = "SELECT k, " MANY " " WINDOW("CUMULATE", "INTERVAL '2' SECOND, INTERVAL '10' SECOND"),
     .kind = WR_N_WINDOW_AGG},
    {.name = "tumble with an offset",
     .query = "SELECT k, " MANY " " WINDOW("TUMBLE", "INTERVAL '4' SECOND, INTERVAL '1' SECOND"),
     .kind = WR_N_WINDOW_AGG},
    {.name = "tumble, late rows allowed",
     .settings = "SET 'weir.late-rows.allowed' = '5 s';",
     .query = "SELECT k, " MANY " " WINDOW("TUMBLE", "INTERVAL '4' SECOND"),
     .kind = WR_N_WINDOW_AGG},
    {.name = "hop, late rows allowed",
     .settings = "SET 'weir.late-rows.allowed' = '5 s';",
     .query = "SELECT k, " MANY " " WINDOW("HOP", "INTERVAL '2' SECOND, INTERVAL '6' SECOND"),
     .kind = WR_N_WINDOW_AGG},
    {.name = "cumulate, late rows allowed",
     .settings = "SET 'weir.late-rows.allowed' = '5 s';",
     .query = "SELECT k, COUNT(*), SUM(v) " WINDOW("CUMULATE",
						   "INTERVAL '2' SECOND, INTERVAL '10' SECOND"),
     .kind = WR_N_WINDOW_AGG},
    {.name = "window without keys",
     .query = "SELECT COUNT(*) FROM TABLE(HOP(TABLE a, DESCRIPTOR(ts), INTERVAL '2' SECOND, "
	      "INTERVAL '6' SECOND)) GROUP BY window_start, window_end",
     .kind = WR_N_WINDOW_AGG},
    {.name = "attached window",
     .query = "SELECT k, COUNT(*), SUM(n) FROM (SELECT k, s, COUNT(*) n, window_start, window_end "
	      "FROM TABLE(TUMBLE(TABLE a, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY k, s, "
	      "window_start, window_end) GROUP BY k, window_start, window_end",
     .kind = WR_N_WINDOW_AGG},
    {.name = "window of changes",
     .query = "SELECT k, COUNT(*), SUM(v), MAX(s) FROM (SELECT * FROM (SELECT *, ROW_NUMBER() OVER "
	      "(PARTITION BY s ORDER BY ts DESC) r FROM a) WHERE r = 1) GROUP BY k, TUMBLE(ts, "
	      "INTERVAL '4' SECOND)",
     .kind = WR_N_WINDOW_AGG},
    {.name = "session",
     .query = "SELECT k, " MANY " FROM TABLE(SESSION(TABLE a PARTITION BY k, DESCRIPTOR(ts), "
	      "INTERVAL '2' SECOND)) GROUP BY k, window_start, window_end",
     .kind = WR_N_SESSION_AGG},
    {.name = "session, late rows allowed",
     .settings = "SET 'weir.late-rows.allowed' = '5 s';",
     .query = "SELECT k, " MANY " FROM TABLE(SESSION(TABLE a PARTITION BY k, DESCRIPTOR(ts), "
	      "INTERVAL '2' SECOND)) GROUP BY k, window_start, window_end",
     .kind = WR_N_SESSION_AGG},
    {.name = "session of changes",
     .query = "SELECT k, COUNT(*), SUM(v), MAX(s) FROM (SELECT * FROM (SELECT *, ROW_NUMBER() OVER "
	      "(PARTITION BY s ORDER BY ts DESC) r FROM a) WHERE r = 1) GROUP BY k, SESSION(ts, "
	      "INTERVAL '2' SECOND)",
     .kind = WR_N_SESSION_AGG},
    {.name = "rows of sessions",
     .query = "SELECT * FROM TABLE(SESSION(TABLE b PARTITION BY k, DESCRIPTOR(ts), INTERVAL '2' "
	      "SECOND))",
     .kind = WR_N_WINDOW},
    {.name = "rows of sessions without keys, late rows allowed",
     .settings = "SET 'weir.late-rows.allowed' = '5 s';",
     .query = "SELECT * FROM TABLE(SESSION(TABLE a, DESCRIPTOR(ts), INTERVAL '1' SECOND))",
     .kind = WR_N_WINDOW},
};

static void test_one(void **state)
{
	run_case(*state);
}

/* Rows of one input of a UNION are ahead while the other has no watermark yet: those too late for
 * some of their windows wait over the marks, and are saved. */
static void test_waiting(void **state)
{
	static const struct op_case hop = {.name = "rows that wait",
					   .query = "SELECT k, COUNT(*), SUM(v), MAX(s) " WINDOW(
					       "HOP", "INTERVAL '2' SECOND, INTERVAL '6' SECOND"),
					   .kind = WR_N_WINDOW_AGG};
	uint32_t held = 0;
	struct op_plan plan;

	(void)state;
	plan_open(&plan, &hop);
	for (uint64_t seed = 1; seed <= 8; seed++) {
		struct feeder feeder = {.seed = seed * 0x9e3779b97f4a7c15ull,
					.keys = 6,
					.inputs = 1,
					.now_ms = 1700000000000,
					.input[0].node = plan.node->input[0]};
		struct wr_mark mark = {.watermark_ms = WR_WATERMARK_MIN};
		struct saved_op saved;
		struct fed_op a, b;

		fed_open(&a, &plan);
		fed_open(&b, &plan);
		for (uint32_t n = 0; n < 8; n++) {
			feeder.watermark_ms = feeder.now_ms += 700;
			must(a.op->type->process(a.op, 0, random_batch(&feeder, 0)));
			mark_op(&a, &mark);
			mark.epoch++;
		}
		save_op(&saved, a.op);
		for (uint32_t i = 0; i < saved.count; i++)
			held += strcmp(a.op->kept[saved.entry[i].kept].decl.name, "held") == 0;
		load_op(&saved, b.op);
		same_kept(hop.name, seed, "loaded", &saved, b.op);
		saved_release(&saved);
		for (uint32_t n = 0; n < 3; n++) {
			struct wr_batch *batch = random_batch(&feeder, 0);

			must(b.op->type->process(b.op, 0, wr_batch_share(batch)));
			must(a.op->type->process(a.op, 0, batch));
			mark.watermark_ms = n < 2 ? feeder.now_ms - 2000 : WR_WATERMARK_MAX;
			mark_op(&a, &mark);
			mark_op(&b, &mark);
			mark.epoch++;
			same_output(hop.name, seed, &a, &b);
		}
		fed_close(&a);
		fed_close(&b);
	}
	assert_true(held > 10);
	plan_close(&plan);
}

int main(void)
{
	struct CMUnitTest tests[WR_COUNT(cases) + 1];

	for (size_t i = 0; i < WR_COUNT(cases); i++)
		tests[i] = (struct CMUnitTest){.name = cases[i].name,
					       .test_func = test_one,
					       .initial_state = (void *)(uintptr_t)&cases[i]};
	tests[WR_COUNT(cases)] = (struct CMUnitTest)cmocka_unit_test(test_waiting);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

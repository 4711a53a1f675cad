/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of queries: select lists, FROM, grouping, set operations, MATCH_RECOGNIZE.
 */
#include "sql_test.h"

/* ---- SELECT ---------------------------------------------------------------------------------- */

static void test_select(void **state)
{
	static const struct round_trip cases[] = {
	    {"SELECT 1", NULL},
	    {"select a, b x, c AS y from t", "SELECT `a`, `b` AS `x`, `c` AS `y`\nFROM `t`"},
	    {"SELECT *, t.*, c.d.t.* FROM t", "SELECT *, `t`.*, `c`.`d`.`t`.*\nFROM `t`"},
	    {"SELECT DISTINCT a FROM t", "SELECT DISTINCT `a`\nFROM `t`"},
	    {"SELECT ALL a FROM t", "SELECT `a`\nFROM `t`"},
	    {"SELECT a FROM t WHERE b GROUP BY c HAVING d WINDOW w AS (ORDER BY e), v AS () "
	     "QUALIFY f",
	     "SELECT `a`\nFROM `t`\nWHERE `b`\nGROUP BY `c`\nHAVING `d`\n"
	     "WINDOW `w` AS (ORDER BY `e`), `v` AS ()\nQUALIFY `f`"},
	    {"SELECT /*+ STATE_TTL('a' = '1d', 'b' = '2d'), BROADCAST(x, y), NO_HASH */ a FROM t",
	     "SELECT /*+ `STATE_TTL`('a' = '1d', 'b' = '2d'), `BROADCAST`('x', 'y'), `NO_HASH` */ "
	     "`a`\nFROM `t`"},
	};
	check_round_trips(cases, WR_COUNT(cases));
}

static void test_select_items_keep_their_source(void **state)
{
	struct wr_arena arena;
	wr_arena_init(&arena);
	const struct wr_ast_select *select =
	    parse_select_ok(&arena, "SELECT a  +  1 AS x, t.*, (b), 'c' FROM t");
	assert_int_equal(select->item_count, 4);
	assert_memory_equal(select->items[0].text.data, "a  +  1", select->items[0].text.len);
	assert_int_equal(select->items[0].text.len, 7);
	assert_string_equal(select->items[0].alias.text, "x");
	assert_int_equal(select->items[0].alias.pos.column, 19);
	assert_int_equal(select->items[1].expr->kind, WR_AST_STAR);
	assert_string_equal(select->items[1].expr->column.parts[0].text, "t");
	assert_int_equal(select->items[2].text.len, 3);
	assert_int_equal(select->items[2].expr->kind, WR_AST_COLUMN);
	assert_null(select->items[3].alias.text);
	wr_arena_release(&arena);
}

static void test_grouping(void **state)
{
	static const struct round_trip cases[] = {
	    {"SELECT 1 FROM t GROUP BY a, b + 1", "SELECT 1\nFROM `t`\nGROUP BY `a`, `b` + 1"},
	    {"SELECT 1 FROM t GROUP BY ()", "SELECT 1\nFROM `t`\nGROUP BY ()"},
	    {"SELECT 1 FROM t GROUP BY (a, b), (c)",
	     "SELECT 1\nFROM `t`\nGROUP BY (`a`, `b`), `c`"},
	    {"SELECT 1 FROM t GROUP BY DISTINCT a", "SELECT 1\nFROM `t`\nGROUP BY DISTINCT `a`"},
	    {"SELECT 1 FROM t GROUP BY GROUPING SETS ((a, b), a, ()), ROLLUP (c, (d, e)), CUBE (f)",
	     "SELECT 1\nFROM `t`\nGROUP BY GROUPING SETS((`a`, `b`), `a`, ()), ROLLUP(`c`, (`d`, "
	     "`e`)), CUBE(`f`)"},
	    {"SELECT 1 FROM t GROUP BY GROUPING SETS (ROLLUP (a), GROUPING SETS ((), b))",
	     "SELECT 1\nFROM `t`\nGROUP BY GROUPING SETS(ROLLUP(`a`), GROUPING SETS((), `b`))"},
	    {"SELECT 1 FROM t GROUP BY TUMBLE(ts, INTERVAL '1' DAY), GROUPING(a)",
	     "SELECT 1\nFROM `t`\nGROUP BY TUMBLE(`ts`, INTERVAL '1' DAY), GROUPING(`a`)"},
	    {"SELECT 1 FROM t GROUP BY (a + b) * 2, ROW(a, b)",
	     "SELECT 1\nFROM `t`\nGROUP BY (`a` + `b`) * 2, ROW(`a`, `b`)"},
	};
	check_round_trips(cases, WR_COUNT(cases));
}

static void test_shapes_of_groups(void **state)
{
	struct wr_arena arena;
	wr_arena_init(&arena);
	const struct wr_ast_select *select =
	    parse_select_ok(&arena, "SELECT 1 FROM t GROUP BY (a, b), ROLLUP (c, ()), ROW(d, e)");
	assert_true(select->has_group_by);
	assert_int_equal(select->group_count, 3);
	assert_int_equal(select->groups[0].kind, WR_AST_GROUP_EXPRS);
	assert_int_equal(select->groups[0].exprs.count, 2);
	assert_int_equal(select->groups[1].kind, WR_AST_GROUP_ROLLUP);
	assert_int_equal(select->groups[1].item_count, 2);
	assert_int_equal(select->groups[1].items[1].exprs.count, 0);
	assert_int_equal(select->groups[2].exprs.count, 1);
	assert_int_equal(select->groups[2].exprs.items[0]->kind, WR_AST_ROW);
	assert_int_equal(select->group_pos.column, 17);
	assert_int_equal(select->group_pos.length, 8);
	wr_arena_release(&arena);
}

/* ---- FROM ------------------------------------------------------------------------------------ */

/* What FROM unparses to. */
static void test_from(void **state)
{
	static const struct round_trip cases[] = {
	    {"c.d.t", "`c`.`d`.`t`"},
	    {"t x (a, b)", "`t` AS `x` (`a`, `b`)"},
	    {"t /*+ OPTIONS('k'='v', 'l'='w') */ AS x",
	     "`t` /*+ `OPTIONS`('k' = 'v', 'l' = 'w') */ AS `x`"},
	    {"(SELECT 1) AS x", "(SELECT 1) AS `x`"},
	    {"(VALUES (1, 'a'), (2, 'b')) AS t(a, b)",
	     "(VALUES ROW(1, 'a'), ROW(2, 'b')) AS `t` (`a`, `b`)"},
	    {"((SELECT 1))", "(SELECT 1)"},
	    {"((SELECT 1) UNION (SELECT 2)) x", "(SELECT 1\nUNION\nSELECT 2) AS `x`"},
	    {"(WITH a AS (SELECT 1) SELECT * FROM a)",
	     "(WITH `a` AS (SELECT 1)\nSELECT *\nFROM `a`)"},
	    {"TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' DAY))",
	     "TABLE(TUMBLE(TABLE `t`, DESCRIPTOR(`ts`), INTERVAL '1' DAY))"},
	    {"HOP(DATA => TABLE t, TIMECOL => DESCRIPTOR(ts), `OFFSET` => INTERVAL '1' DAY) AS x",
	     "TABLE(HOP(`DATA` => TABLE `t`, `TIMECOL` => DESCRIPTOR(`ts`), `OFFSET` => INTERVAL "
	     "'1' DAY)) AS `x`"},
	    {"SESSION(TABLE t PARTITION BY a, DESCRIPTOR(ts), INTERVAL '1' DAY)",
	     "TABLE(SESSION(TABLE `t` PARTITION BY (`a`), DESCRIPTOR(`ts`), INTERVAL '1' DAY))"},
	    {"t, LATERAL TABLE(f(t.a)) AS x (y)", "`t`, LATERAL TABLE(f(`t`.`a`)) AS `x` (`y`)"},
	    {"t, LATERAL (SELECT * FROM u WHERE u.a = t.a) AS x",
	     "`t`, LATERAL (SELECT *\nFROM `u`\nWHERE `u`.`a` = `t`.`a`) AS `x`"},
	    {"t CROSS JOIN UNNEST(a, b) WITH ORDINALITY AS x (c, d, e)",
	     "`t`\nCROSS JOIN UNNEST(`a`, `b`) WITH ORDINALITY AS `x` (`c`, `d`, `e`)"},
	    {"t JOIN u ON t.a = u.a", "`t`\nINNER JOIN `u` ON `t`.`a` = `u`.`a`"},
	    {"t LEFT OUTER JOIN u USING (a, b)", "`t`\nLEFT JOIN `u` USING (`a`, `b`)"},
	    {"t RIGHT JOIN u ON TRUE FULL OUTER JOIN v ON FALSE",
	     "`t`\nRIGHT JOIN `u` ON TRUE\nFULL JOIN `v` ON FALSE"},
	    {"t NATURAL LEFT JOIN u NATURAL JOIN v",
	     "`t`\nNATURAL LEFT JOIN `u`\nNATURAL INNER JOIN `v`"},
	    {"t LEFT SEMI JOIN u ON a = b", "`t`\nLEFT SEMI JOIN `u` ON `a` = `b`"},
	    {"t LEFT ANTI JOIN u ON a = b", "`t`\nLEFT ANTI JOIN `u` ON `a` = `b`"},
	    {"t JOIN (u JOIN v ON a = b) ON c = d",
	     "`t`\nINNER JOIN (`u`\nINNER JOIN `v` ON `a` = `b`) ON `c` = `d`"},
	    {"(t JOIN u ON a = b), v", "`t`\nINNER JOIN `u` ON `a` = `b`, `v`"},
	    {"a, b JOIN c ON d", "`a`, `b`\nINNER JOIN `c` ON `d`"},
	    {"o JOIN r FOR SYSTEM_TIME AS OF o.ts AS r ON o.c = r.c",
	     "`o`\nINNER JOIN `r` FOR SYSTEM_TIME AS OF `o`.`ts` AS `r` ON `o`.`c` = `r`.`c`"},
	    {"((SELECT 1) AS x JOIN (SELECT 2) AS y ON TRUE)",
	     "(SELECT 1) AS `x`\nINNER JOIN (SELECT 2) AS `y` ON TRUE"},
	};
	for (size_t i = 0; i < WR_COUNT(cases); i++) {
		char sql[1000];
		char expected[1000];
		snprintf(sql, sizeof(sql), "SELECT * FROM %s", cases[i].sql);
		snprintf(expected, sizeof(expected), "SELECT *\nFROM %s", cases[i].expected);
		struct round_trip one = {sql, expected};
		check_round_trips(&one, 1);
	}
}

static void test_shapes_of_joins(void **state)
{
	struct wr_arena arena;
	wr_arena_init(&arena);
	const struct wr_ast_table *from =
	    parse_select_ok(&arena, "SELECT * FROM a, b LEFT JOIN c ON d JOIN e USING (f)")->from;
	assert_int_equal(from->kind, WR_AST_TABLE_JOIN);
	assert_int_equal(from->join.kind, WR_AST_JOIN_COMMA);
	assert_string_equal(from->join.left->name.name.parts[0].text, "a");
	const struct wr_ast_table *right = from->join.right;
	assert_int_equal(right->join.kind, WR_AST_JOIN_INNER);
	assert_int_equal(right->join.using.count, 1);
	assert_null(right->join.on);
	assert_int_equal(right->join.left->join.kind, WR_AST_JOIN_LEFT);
	assert_non_null(right->join.left->join.on);
	assert_int_equal(right->join.left->join.word_pos.column, 20);
	assert_int_equal(right->join.left->join.word_pos.length, 9);
	wr_arena_release(&arena);
}

static void test_table_arguments(void **state)
{
	struct wr_arena arena;
	wr_arena_init(&arena);
	const struct wr_ast_table *from =
	    parse_select_ok(
		&arena,
		"SELECT * FROM TABLE(f(DATA => TABLE c.t PARTITION BY (a, b) ORDER BY d, 5))")
		->from;
	assert_int_equal(from->kind, WR_AST_TABLE_FUNCTION);
	assert_true(from->function.in_table);
	const struct wr_ast_call *call = &from->function.call->call;
	assert_int_equal(call->args.count, 2);
	assert_int_equal(call->args.items[0]->kind, WR_AST_NAMED_ARG);
	assert_string_equal(call->args.items[0]->named_arg.name.text, "DATA");
	const struct wr_ast_expr *arg = call->args.items[0]->named_arg.value;
	assert_int_equal(arg->kind, WR_AST_TABLE_ARG);
	assert_int_equal(arg->table_arg.table->name.name.count, 2);
	assert_int_equal(arg->table_arg.partition.count, 2);
	assert_int_equal(arg->table_arg.order.count, 1);
	assert_int_equal(call->args.items[1]->kind, WR_AST_NUMBER);
	wr_arena_release(&arena);
}

/* ---- set operations, WITH, ORDER BY, LIMIT --------------------------------------------------- */

static void test_set_operations(void **state)
{
	static const struct round_trip cases[] = {
	    {"SELECT 1 UNION SELECT 2", "SELECT 1\nUNION\nSELECT 2"},
	    {"SELECT 1 UNION DISTINCT SELECT 2 UNION ALL SELECT 3",
	     "SELECT 1\nUNION\nSELECT 2\nUNION ALL\nSELECT 3"},
	    {"SELECT 1 UNION SELECT 2 INTERSECT SELECT 3 EXCEPT ALL SELECT 4",
	     "SELECT 1\nUNION\nSELECT 2\nINTERSECT\nSELECT 3\nEXCEPT ALL\nSELECT 4"},
	    {"(SELECT 1 UNION SELECT 2) INTERSECT SELECT 3",
	     "(SELECT 1\nUNION\nSELECT 2)\nINTERSECT\nSELECT 3"},
	    {"SELECT 1 EXCEPT (SELECT 2 EXCEPT SELECT 3)",
	     "SELECT 1\nEXCEPT\n(SELECT 2\nEXCEPT\nSELECT 3)"},
	    {"(SELECT 1 ORDER BY 1 LIMIT 1) UNION ALL (SELECT 2) ORDER BY 1 LIMIT 2",
	     "(SELECT 1\nORDER BY 1\nLIMIT 1)\nUNION ALL\nSELECT 2\nORDER BY 1\nLIMIT 2"},
	    {"(SELECT 1 LIMIT 3) LIMIT 2", "(SELECT 1\nLIMIT 3)\nLIMIT 2"},
	    {"(SELECT 1) LIMIT 2", "SELECT 1\nLIMIT 2"},
	    {"((SELECT 1))", "SELECT 1"},
	    {"TABLE c.t UNION ALL VALUES 1", "TABLE `c`.`t`\nUNION ALL\nVALUES ROW(1)"},
	    {"VALUES 1, (2), (3, 4), ROW(5)", "VALUES ROW(1), ROW(2), ROW(3, 4), ROW(5)"},
	    {"VALUES (1) + 2, ROW(1, 2)[1]", "VALUES ROW(1 + 2), ROW(ROW(1, 2)[1])"},
	    {"WITH a AS (SELECT 1), b (x, y) AS (SELECT 1, 2) SELECT * FROM a, b",
	     "WITH `a` AS (SELECT 1), `b` (`x`, `y`) AS (SELECT 1, 2)\nSELECT *\nFROM `a`, `b`"},
	    {"WITH a AS (SELECT 1) (WITH b AS (SELECT 2) SELECT * FROM b)",
	     "WITH `a` AS (SELECT 1)\n(WITH `b` AS (SELECT 2)\nSELECT *\nFROM `b`)"},
	    {"SELECT 1 ORDER BY a ASC, b DESC NULLS FIRST, c NULLS LAST",
	     "SELECT 1\nORDER BY `a`, `b` DESC NULLS FIRST, `c` NULLS LAST"},
	    {"SELECT 1 LIMIT 3 OFFSET 2 ROWS", "SELECT 1\nLIMIT 3\nOFFSET 2"},
	    {"SELECT 1 OFFSET 2", "SELECT 1\nOFFSET 2"},
	    {"SELECT 1 FETCH FIRST 5 ROWS ONLY", "SELECT 1\nLIMIT 5"},
	    {"SELECT 1 OFFSET 2 ROW FETCH NEXT 1 ROW ONLY", "SELECT 1\nLIMIT 1\nOFFSET 2"},
	    {"SELECT 1 LIMIT ALL", "SELECT 1\nLIMIT ALL"},
	};
	check_round_trips(cases, WR_COUNT(cases));
}

static void test_set_operations_lean_left(void **state)
{
	struct wr_arena arena;
	wr_arena_init(&arena);
	const struct wr_ast_query *query =
	    parse_one(&arena, "SELECT 1 UNION ALL SELECT 2 EXCEPT SELECT 3")->query;
	assert_int_equal(query->kind, WR_AST_QUERY_SET);
	assert_int_equal(query->set.op, WR_AST_EXCEPT);
	assert_false(query->set.all);
	assert_int_equal(query->set.left->set.op, WR_AST_UNION);
	assert_true(query->set.left->set.all);
	assert_int_equal(query->set.left->set.op_pos.column, 10);
	assert_int_equal(query->text.len, 43);
	query = parse_one(&arena, "SELECT 1 UNION SELECT 2 INTERSECT SELECT 3")->query;
	assert_int_equal(query->set.op, WR_AST_UNION);
	assert_int_equal(query->set.right->set.op, WR_AST_INTERSECT);
	wr_arena_release(&arena);
}

static void test_clauses_in_parentheses_stay_inside(void **state)
{
	struct wr_arena arena;
	wr_arena_init(&arena);
	const struct wr_ast_query *query =
	    parse_one(&arena, "(SELECT a FROM t ORDER BY a LIMIT 3) LIMIT 2")->query;
	assert_int_equal(query->kind, WR_AST_QUERY_NESTED);
	assert_string_equal(query->limit->number.text, "2");
	assert_int_equal(query->order.count, 0);
	assert_string_equal(query->nested->limit->number.text, "3");
	assert_int_equal(query->nested->order.count, 1);
	assert_int_equal(query->limit_pos.column, 38);
	assert_int_equal(query->nested->order_pos.column, 18);
	wr_arena_release(&arena);
}

/* ---- MATCH_RECOGNIZE ------------------------------------------------------------------------- */

static void test_match(void **state)
{
	static const struct round_trip cases[] = {
	    {"SELECT * FROM t MATCH_RECOGNIZE (PARTITION BY a, b ORDER BY ts DESC MEASURES A.x AS "
	     "x, "
	     "FINAL LAST(B.y, 1) AS y ONE ROW PER MATCH AFTER MATCH SKIP PAST LAST ROW PATTERN (A "
	     "B) "
	     "WITHIN INTERVAL '1' HOUR SUBSET U = (A, B), V = (A) DEFINE A AS A.x > 1, B AS TRUE) "
	     "AS m (c)",
	     "SELECT *\nFROM `t` MATCH_RECOGNIZE( PARTITION BY `a`, `b` ORDER BY `ts` DESC "
	     "MEASURES "
	     "`A`.`x` AS `x`, FINAL LAST(`B`.`y`, 1) AS `y` ONE ROW PER MATCH AFTER MATCH SKIP "
	     "PAST LAST ROW "
	     "PATTERN (`A` `B`) WITHIN INTERVAL '1' HOUR SUBSET `U` = (`A`, `B`), `V` = (`A`) "
	     "DEFINE `A` AS `A`.`x` > 1, `B` AS TRUE) AS `m` (`c`)"},
	    {"SELECT * FROM (SELECT 1) MATCH_RECOGNIZE (ALL ROWS PER MATCH AFTER MATCH SKIP TO "
	     "FIRST A "
	     "PATTERN (A) DEFINE A AS TRUE)",
	     "SELECT *\nFROM (SELECT 1) MATCH_RECOGNIZE( ALL ROWS PER MATCH AFTER MATCH SKIP TO "
	     "FIRST `A` "
	     "PATTERN (`A`) DEFINE `A` AS TRUE)"},
	    {"SELECT * FROM t MATCH_RECOGNIZE (AFTER MATCH SKIP TO NEXT ROW PATTERN (A) DEFINE A "
	     "AS TRUE)",
	     "SELECT *\nFROM `t` MATCH_RECOGNIZE( AFTER MATCH SKIP TO NEXT ROW PATTERN (`A`) "
	     "DEFINE `A` AS TRUE)"},
	    {"SELECT * FROM t MATCH_RECOGNIZE (AFTER MATCH SKIP TO A PATTERN (A) DEFINE A AS TRUE)",
	     "SELECT *\nFROM `t` MATCH_RECOGNIZE( AFTER MATCH SKIP TO LAST `A` PATTERN (`A`) "
	     "DEFINE `A` AS TRUE)"},
	};
	check_round_trips(cases, WR_COUNT(cases));
}

static void test_patterns(void **state)
{
	static const struct round_trip cases[] = {
	    {"A", "`A`"},
	    {"A B C", "`A` `B` `C`"},
	    {"A | B C | D", "`A` | `B` `C` | `D`"},
	    {"(A | B) C", "(`A` | `B`) `C`"},
	    {"A* B+ C? D{2} E{2,} F{2,3} G{,3}",
	     "`A`* `B`+ `C`? `D`{2,2} `E`{2,} `F`{2,3} `G`{0,3}"},
	    {"A*? B+? C?? D{2,3}?", "`A`*? `B`+? `C`?? `D`{2,3}?"},
	    {"(A B)+", "(`A` `B`)+"},
	    {"((A))+", "`A`+"},
	    {"(A+)*", "(`A`+)*"},
	    {"A {- B C -} D", "`A` {- `B` `C` -} `D`"},
	    {"PERMUTE(A, B+ C)", "PERMUTE(`A`, `B`+ `C`)"},
	    {"^ A B $", "^ `A` `B` $"},
	};
	for (size_t i = 0; i < WR_COUNT(cases); i++) {
		char sql[400];
		char expected[400];
		snprintf(sql, sizeof(sql),
			 "SELECT * FROM t MATCH_RECOGNIZE (PATTERN (%s) DEFINE A AS TRUE)",
			 cases[i].sql);
		snprintf(expected, sizeof(expected),
			 "SELECT *\nFROM `t` MATCH_RECOGNIZE( PATTERN (%s) DEFINE `A` AS TRUE)",
			 cases[i].expected);
		struct round_trip one = {sql, expected};
		check_round_trips(&one, 1);
	}
}

static void test_shapes_of_patterns(void **state)
{
	struct wr_arena arena;
	wr_arena_init(&arena);
	const struct wr_ast_table *table =
	    parse_select_ok(&arena, "SELECT * FROM t MATCH_RECOGNIZE (PATTERN (A (B | C)+? D{,3} "
				    "$) DEFINE A AS TRUE) x")
		->from;
	assert_int_equal(table->kind, WR_AST_TABLE_MATCH);
	assert_string_equal(table->alias.text, "x");
	assert_int_equal(table->match.input->kind, WR_AST_TABLE_NAME);
	const struct wr_ast_match *match = table->match.spec;
	assert_true(match->strict_end);
	assert_false(match->strict_start);
	assert_int_equal(match->pattern->kind, WR_AST_PATTERN_SEQUENCE);
	assert_int_equal(match->pattern->item_count, 3);
	const struct wr_ast_pattern *group = match->pattern->items[1];
	assert_int_equal(group->kind, WR_AST_PATTERN_ALTERNATION);
	assert_true(group->quantified && group->reluctant);
	assert_int_equal(group->min, 1);
	assert_int_equal(group->max, UINT32_MAX);
	assert_int_equal(match->pattern->items[2]->min, 0);
	assert_int_equal(match->pattern->items[2]->max, 3);
	assert_false(match->pattern->items[0]->quantified);
	wr_arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_select),
	    cmocka_unit_test(test_select_items_keep_their_source),
	    cmocka_unit_test(test_grouping),
	    cmocka_unit_test(test_shapes_of_groups),
	    cmocka_unit_test(test_from),
	    cmocka_unit_test(test_shapes_of_joins),
	    cmocka_unit_test(test_table_arguments),
	    cmocka_unit_test(test_set_operations),
	    cmocka_unit_test(test_set_operations_lean_left),
	    cmocka_unit_test(test_clauses_in_parentheses_stay_inside),
	    cmocka_unit_test(test_match),
	    cmocka_unit_test(test_patterns),
	    cmocka_unit_test(test_shapes_of_patterns),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

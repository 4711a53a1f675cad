/* SPDX-License-Identifier: Apache-2.0
 *
 * Tests of expressions: operators, literals, constructs, calls.
 */
#include "sql_test.h"

/* ---- operators ------------------------------------------------------------------------------- */

static void test_precedence(void **state)
{
	static const struct round_trip cases[] = {
	    {"a + b * c", "`a` + `b` * `c`"},
	    {"(a + b) * c", "(`a` + `b`) * `c`"},
	    {"a - b - c", "`a` - `b` - `c`"},
	    {"a - (b - c)", "`a` - (`b` - `c`)"},
	    {"a / b * c % d", "`a` / `b` * `c` % `d`"},
	    {"a || b + c", "`a` || `b` + `c`"},
	    {"a || (b + c)", "`a` || (`b` + `c`)"},
	    {"(a || b) + c", "`a` || `b` + `c`"},
	    {"a OR b AND c", "`a` OR `b` AND `c`"},
	    {"(a OR b) AND c", "(`a` OR `b`) AND `c`"},
	    {"NOT a AND b", "NOT `a` AND `b`"},
	    {"NOT (a AND b)", "NOT (`a` AND `b`)"},
	    {"NOT a = b", "NOT `a` = `b`"},
	    {"(NOT a) = b", "(NOT `a`) = `b`"},
	    {"a = NOT b", "`a` = (NOT `b`)"},
	    {"NOT NOT a", "NOT NOT `a`"},
	    {"a = b IS NULL", "`a` = `b` IS NULL"},
	    {"(a = b) IS NULL", "`a` = `b` IS NULL"},
	    {"a = (b IS NULL)", "`a` = (`b` IS NULL)"},
	    {"a IS NULL = b", "(`a` IS NULL) = `b`"},
	    {"NOT a IS NULL", "NOT `a` IS NULL"},
	    {"a IS NOT NULL IS TRUE", "`a` IS NOT NULL IS TRUE"},
	    {"a < b < c", "`a` < `b` < `c`"},
	    {"a = b IN (1)", "`a` = `b` IN (1)"},
	    {"(a = b) IN (1)", "(`a` = `b`) IN (1)"},
	    {"-a * b", "-`a` * `b`"},
	    {"-(a * b)", "-(`a` * `b`)"},
	    {"- - a", "- -`a`"},
	    {"+a - -1", "+`a` - -1"},
	    {"-a IS NULL", "-`a` IS NULL"},
	    {"a[1] + -b[2].c", "`a`[1] + -`b`[2].`c`"},
	    {"a <> b AND a != b AND a <= b AND a >= b AND a < b AND a > b",
	     "`a` <> `b` AND `a` <> `b` AND `a` <= `b` AND `a` >= `b` AND `a` < `b` AND `a` > `b`"},
	    {"a IS DISTINCT FROM b + 1 AND c", "`a` IS DISTINCT FROM `b` + 1 AND `c`"},
	    {"a IS NOT DISTINCT FROM b", "`a` IS NOT DISTINCT FROM `b`"},
	    {"(a, b) OVERLAPS (c, d)", "ROW(`a`, `b`) OVERLAPS ROW(`c`, `d`)"},
	    {"PERIOD (a, b) OVERLAPS PERIOD (c, d)", "ROW(`a`, `b`) OVERLAPS ROW(`c`, `d`)"},
	};
	check_expr_round_trips(cases, WR_COUNT(cases));
}

static void test_left_leaning(void **state)
{
	struct wr_arena arena;
	wr_arena_init(&arena);
	struct wr_ast_expr *expr = parse_expr_ok(&arena, "a - b + c");
	assert_int_equal(expr->kind, WR_AST_BINARY);
	assert_int_equal(expr->binary.op, WR_AST_OP_ADD);
	assert_int_equal(expr->binary.left->binary.op, WR_AST_OP_SUB);
	assert_string_equal(expr->binary.right->column.parts[0].text, "c");
	assert_int_equal(expr->pos.length, 9);
	assert_int_equal(expr->binary.op_pos.column, 7);
	assert_int_equal(expr->binary.left->pos.length, 5);
	expr = parse_expr_ok(&arena, "a AND b AND c");
	assert_int_equal(expr->binary.left->binary.op, WR_AST_OP_AND);
	assert_int_equal(expr->binary.op_pos.column, 9);
	wr_arena_release(&arena);
}

/* The number of levels of AND and OR. */
static uint32_t chain_height(const struct wr_ast_expr *expr)
{
	if (expr->kind != WR_AST_BINARY ||
	    (expr->binary.op != WR_AST_OP_AND && expr->binary.op != WR_AST_OP_OR))
		return 0;
	uint32_t left = chain_height(expr->binary.left);
	uint32_t right = chain_height(expr->binary.right);
	return 1 + WR_MAX(left, right);
}

static void test_long_chains_are_balanced(void **state)
{
	struct wr_arena arena;
	struct wr_text text;
	wr_arena_init(&arena);
	wr_text_init(&text);
	for (int i = 0; i < 5000; i++)
		wr_text_printf(&text, "%sa = %d", i > 0 ? " OR " : "", i);
	struct wr_ast_expr *expr = parse_expr_ok(&arena, wr_text_str(&text));
	assert_in_range(chain_height(expr), 10, 60);
	/* the operands keep their order */
	const struct wr_ast_expr *first = expr;
	const struct wr_ast_expr *last = expr;
	while (first->binary.op == WR_AST_OP_OR)
		first = first->binary.left;
	while (last->binary.op == WR_AST_OP_OR)
		last = last->binary.right;
	assert_string_equal(first->binary.right->number.text, "0");
	assert_string_equal(last->binary.right->number.text, "4999");
	wr_text_release(&text);
	wr_arena_release(&arena);
}

static void test_predicates(void **state)
{
	static const struct round_trip cases[] = {
	    {"a IS TRUE", "`a` IS TRUE"},
	    {"a IS NOT FALSE", "`a` IS NOT FALSE"},
	    {"a IS UNKNOWN", "`a` IS UNKNOWN"},
	    {"a IS JSON", "`a` IS JSON VALUE"},
	    {"a IS NOT JSON OBJECT", "`a` IS NOT JSON OBJECT"},
	    {"a IS JSON ARRAY", "`a` IS JSON ARRAY"},
	    {"a IS JSON SCALAR", "`a` IS JSON SCALAR"},
	    {"a BETWEEN 1 AND 2 AND b", "`a` BETWEEN ASYMMETRIC 1 AND 2 AND `b`"},
	    {"a NOT BETWEEN SYMMETRIC b + 1 AND c", "`a` NOT BETWEEN SYMMETRIC `b` + 1 AND `c`"},
	    {"a BETWEEN b = c AND d", "`a` BETWEEN ASYMMETRIC (`b` = `c`) AND `d`"},
	    {"a IN (1, 2, 3)", "`a` IN (1, 2, 3)"},
	    {"a NOT IN (1)", "`a` NOT IN (1)"},
	    {"(a, b) IN ((1, 2), (3, 4))", "ROW(`a`, `b`) IN (ROW(1, 2), ROW(3, 4))"},
	    {"a IN (SELECT 1)", "`a` IN (SELECT 1)"},
	    {"a IN ((SELECT 1))", "`a` IN (SELECT 1)"},
	    {"a IN ((SELECT 1), 2)", "`a` IN ((SELECT 1), 2)"},
	    {"a IN ((SELECT 1) + 1)", "`a` IN ((SELECT 1) + 1)"},
	    {"a IN (VALUES 1, 2)", "`a` IN (VALUES ROW(1), ROW(2))"},
	    {"a LIKE 'x%'", "`a` LIKE 'x%'"},
	    {"a NOT LIKE b || c ESCAPE '!' AND d", "`a` NOT LIKE `b` || `c` ESCAPE '!' AND `d`"},
	    {"a NOT SIMILAR TO 'x'", "`a` NOT SIMILAR TO 'x'"},
	    {"a = ANY (SELECT 1)", "`a` = ANY (SELECT 1)"},
	    {"a = SOME (1, 2)", "`a` = ANY (1, 2)"},
	    {"a <> ALL (SELECT 1)", "`a` <> ALL (SELECT 1)"},
	    {"a = b = ANY (SELECT 1)", "`a` = `b` = ANY (SELECT 1)"},
	    {"(a = b) = ANY (SELECT 1)", "(`a` = `b`) = ANY (SELECT 1)"},
	    {"a + b > ALL (1, 2) AND c", "`a` + `b` > ALL (1, 2) AND `c`"},
	    {"NOT EXISTS (SELECT 1) AND b", "NOT EXISTS (SELECT 1) AND `b`"},
	    {"(SELECT 1) + 1", NULL},
	    {"((SELECT 1) + 1)", "(SELECT 1) + 1"},
	    {"((SELECT 1) UNION SELECT 2)", "(SELECT 1\nUNION\nSELECT 2)"},
	};
	check_expr_round_trips(cases, WR_COUNT(cases));
}

/* ---- literals -------------------------------------------------------------------------------- */

static void test_literals(void **state)
{
	static const struct round_trip cases[] = {
	    {"1", NULL},
	    {"99999999999999999999999999", NULL},
	    {"1.50", NULL},
	    {".5", NULL},
	    {"5.", NULL},
	    {"1e3", NULL},
	    {"1.5E-3", NULL},
	    {"'it''s'", NULL},
	    {"''", NULL},
	    {"N'a'", "'a'"},
	    {"_UTF8'a'", "'a'"},
	    {"'a'\n'b'\n'c'", "'abc'"},
	    {"U&'\\00e9\\\\'", "'\xC3\xA9\\'"},
	    {"U&'!00e9!!' UESCAPE '!'", "'\xC3\xA9!'"},
	    {"U&'\\d83d\\de00'", "'\xF0\x9F\x98\x80'"},
	    {"x'0aFF'", "X'0AFF'"},
	    {"x''", "X''"},
	    {"true AND FALSE OR unknown", "TRUE AND FALSE OR UNKNOWN"},
	    {"NULL", NULL},
	    {"DATE '2024-01-31'", NULL},
	    {"TIME '10:00:00'", NULL},
	    {"TIMESTAMP '2024-01-31 10:00:00.123'", NULL},
	    {"TIMESTAMP WITH LOCAL TIME ZONE '2024-01-31 10:00:00'", NULL},
	    {"INTERVAL '1' DAY", NULL},
	    {"INTERVAL -'1' DAY", NULL},
	    {"INTERVAL '-5' SECONDS", "INTERVAL '-5' SECOND"},
	    {"INTERVAL +'1' HOURS", "INTERVAL '1' HOUR"},
	    {"INTERVAL '1:30' HOUR TO MINUTE", NULL},
	    {"INTERVAL '1-2' YEAR(4) TO MONTH", NULL},
	    {"INTERVAL '1 2:3:4.5' DAY(3) TO SECOND(6)", NULL},
	    {"INTERVAL '1' SECOND(3, 2)", NULL},
	    {"INTERVAL '2' WEEKS", "INTERVAL '2' WEEK"},
	    {"INTERVAL '1' QUARTER", NULL},
	    {"INTERVAL 5 MINUTES", "INTERVAL (5) MINUTE"},
	    {"INTERVAL a.b DAY", "INTERVAL (`a`.`b`) DAY"},
	    {"INTERVAL (a + 1) DAY", "INTERVAL (`a` + 1) DAY"},
	    {"-INTERVAL '1' DAY", NULL},
	    {"ARRAY[1, 2]", NULL},
	    {"ARRAY[]", NULL},
	    {"ARRAY(SELECT 1)", NULL},
	    {"MAP['a', 1, 'b', 2]", NULL},
	    {"MAP[]", NULL},
	    {"ROW(1, 'a')", NULL},
	    {"(1, 'a')", "ROW(1, 'a')"},
	    {"(((1)), 2)", "ROW(1, 2)"},
	    {"ROW(1)", NULL},
	};
	check_expr_round_trips(cases, WR_COUNT(cases));
}

static void test_kinds_of_numbers(void **state)
{
	struct wr_arena arena;
	wr_arena_init(&arena);
	assert_int_equal(parse_expr_ok(&arena, "12")->number.kind, WR_AST_NUMBER_INTEGER);
	assert_int_equal(parse_expr_ok(&arena, "1.")->number.kind, WR_AST_NUMBER_DECIMAL);
	assert_int_equal(parse_expr_ok(&arena, "1.e3")->number.kind, WR_AST_NUMBER_DOUBLE);
	assert_int_equal(parse_expr_ok(&arena, "1E3")->number.kind, WR_AST_NUMBER_DOUBLE);
	struct wr_ast_expr *bytes = parse_expr_ok(&arena, "x'00ff00'");
	assert_int_equal(bytes->string.bytes.len, 3);
	assert_memory_equal(bytes->string.bytes.data, "\x00\xFF\x00", 3);
	wr_arena_release(&arena);
}

static void test_intervals_keep_their_parts(void **state)
{
	struct wr_arena arena;
	wr_arena_init(&arena);
	struct wr_ast_expr *expr = parse_expr_ok(&arena, "INTERVAL -'1 2' DAY(3) TO SECOND(6)");
	assert_true(expr->interval.negative);
	assert_string_equal(expr->interval.value, "1 2");
	assert_null(expr->interval.amount);
	assert_int_equal(expr->interval.qualifier.from, WR_AST_UNIT_DAY);
	assert_int_equal(expr->interval.qualifier.to, WR_AST_UNIT_SECOND);
	assert_int_equal(expr->interval.qualifier.leading_precision, 3);
	assert_int_equal(expr->interval.qualifier.fraction_precision, 6);
	expr = parse_expr_ok(&arena, "INTERVAL '1' MONTH");
	assert_int_equal(expr->interval.qualifier.to, WR_AST_UNIT_NONE);
	assert_int_equal(expr->interval.qualifier.leading_precision, -1);
	wr_arena_release(&arena);
}

/* ---- constructs ------------------------------------------------------------------------------ */

static void test_constructs(void **state)
{
	static const struct round_trip cases[] = {
	    {"CASE WHEN a THEN 1 END", "CASE WHEN `a` THEN 1 END"},
	    {"CASE WHEN a THEN 1 WHEN b THEN 2 ELSE 3 END",
	     "CASE WHEN `a` THEN 1 WHEN `b` THEN 2 ELSE 3 END"},
	    {"CASE a WHEN 1, 2 THEN 'x' ELSE 'y' END",
	     "CASE `a` WHEN 1 THEN 'x' WHEN 2 THEN 'x' ELSE 'y' END"},
	    {"CAST(a AS INT)", "CAST(`a` AS INT)"},
	    {"TRY_CAST(a + 1 AS DECIMAL(10, 2))", "TRY_CAST(`a` + 1 AS DECIMAL(10, 2))"},
	    {"a.b.c", "`a`.`b`.`c`"},
	    {"(a).b", "(`a`).`b`"},
	    {"2 .b", "(2).`b`"},
	    {"f(a).b.c", "f(`a`).`b`.`c`"},
	    {"a[b + 1]['k']", "`a`[`b` + 1]['k']"},
	    {"a.`b c`", "`a`.`b c`"},
	    {"`a``b`", NULL},
	    {"\xC3\xA9", "`\xC3\xA9`"},
	    {"DESCRIPTOR(a, b)", "DESCRIPTOR(`a`, `b`)"},
	    {"PREV(a) + RUNNING LAST(b)", "PREV(`a`) + RUNNING LAST(`b`)"},
	};
	check_expr_round_trips(cases, WR_COUNT(cases));
}

static void test_names_are_as_written(void **state)
{
	struct wr_arena arena;
	wr_arena_init(&arena);
	struct wr_ast_expr *expr = parse_expr_ok(&arena, "  Ab.`select`.cD");
	assert_int_equal(expr->kind, WR_AST_COLUMN);
	assert_int_equal(expr->column.count, 3);
	assert_string_equal(expr->column.parts[0].text, "Ab");
	assert_false(expr->column.parts[0].quoted);
	assert_string_equal(expr->column.parts[1].text, "select");
	assert_true(expr->column.parts[1].quoted);
	assert_int_equal(expr->column.parts[2].pos.column, 15);
	assert_int_equal(expr->text.len, 14);
	wr_arena_release(&arena);
}

/* ---- calls ----------------------------------------------------------------------------------- */

static void test_calls(void **state)
{
	static const struct round_trip cases[] = {
	    {"f()", "f()"},
	    {"f(a, 1)", "f(`a`, 1)"},
	    {"cat.db.f(a)", "`cat`.`db`.`f`(`a`)"},
	    {"`f`(a)", "`f`(`a`)"},
	    {"LEFT(a, 1) || RIGHT(a, 1)", "LEFT(`a`, 1) || RIGHT(`a`, 1)"},
	    {"YEAR(a) + DAYOFWEEK(a)", "YEAR(`a`) + DAYOFWEEK(`a`)"},
	    {"MOD(a, b)", "MOD(`a`, `b`)"},
	    {"IF(a, b, c)", "IF(`a`, `b`, `c`)"},
	    {"COUNT(*)", NULL},
	    {"COUNT(DISTINCT a, b)", "COUNT(DISTINCT `a`, `b`)"},
	    {"SUM(ALL a)", "SUM(`a`)"},
	    {"SUM(a) FILTER (WHERE b > 1)", "SUM(`a`) FILTER (WHERE `b` > 1)"},
	    {"LISTAGG(a, ',') WITHIN GROUP (ORDER BY b DESC NULLS LAST, c ASC NULLS FIRST)",
	     "LISTAGG(`a`, ',') WITHIN GROUP (ORDER BY `b` DESC NULLS LAST, `c` NULLS FIRST)"},
	    {"LAST_VALUE(a) IGNORE NULLS OVER w", "LAST_VALUE(`a`) IGNORE NULLS OVER `w`"},
	    {"FIRST_VALUE(a) RESPECT NULLS", "FIRST_VALUE(`a`) RESPECT NULLS"},
	    {"ROW_NUMBER() OVER (PARTITION BY a, b ORDER BY c DESC)",
	     "ROW_NUMBER() OVER (PARTITION BY `a`, `b` ORDER BY `c` DESC)"},
	    {"SUM(a) OVER ()", "SUM(`a`) OVER ()"},
	    {"SUM(a) OVER (w ROWS 5 PRECEDING)", "SUM(`a`) OVER (`w` ROWS 5 PRECEDING)"},
	    {"SUM(a) OVER (ORDER BY b RANGE BETWEEN INTERVAL '1' DAY PRECEDING AND CURRENT ROW)",
	     "SUM(`a`) OVER (ORDER BY `b` RANGE BETWEEN INTERVAL '1' DAY PRECEDING AND CURRENT "
	     "ROW)"},
	    {"SUM(a) OVER (ROWS BETWEEN UNBOUNDED PRECEDING AND 1 FOLLOWING)",
	     "SUM(`a`) OVER (ROWS BETWEEN UNBOUNDED PRECEDING AND 1 FOLLOWING)"},
	    {"SUM(a) OVER (ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)",
	     "SUM(`a`) OVER (ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)"},
	    {"f(x => 1, y => DEFAULT)", "f(`x` => 1, `y` => DEFAULT)"},
	    {"f(DEFAULT)", NULL},
	    {"f(TABLE t PARTITION BY a ORDER BY b DESC)",
	     "f(TABLE `t` PARTITION BY (`a`) ORDER BY (`b` DESC))"},
	    {"f((SELECT 1) PARTITION BY (a, b), 2)", "f((SELECT 1) PARTITION BY (`a`, `b`), 2)"},
	    {"f(SELECT 1)", "f((SELECT 1))"},
	    {"CURRENT_TIMESTAMP", NULL},
	    {"CURRENT_TIMESTAMP(3)", NULL},
	    {"LOCALTIME", NULL},
	    {"current_date + USER", NULL},
	};
	check_expr_round_trips(cases, WR_COUNT(cases));
}

static void test_special_syntaxes(void **state)
{
	static const struct round_trip cases[] = {
	    {"EXTRACT(year FROM a)", "EXTRACT(YEAR FROM `a`)"},
	    {"EXTRACT(MILLISECOND FROM a)", "EXTRACT(MILLISECOND FROM `a`)"},
	    {"FLOOR(a)", "FLOOR(`a`)"},
	    {"FLOOR(a TO DAY)", "FLOOR(`a` TO DAY)"},
	    {"CEILING(a TO WEEK) + CEIL(b)", "CEIL(`a` TO WEEK) + CEIL(`b`)"},
	    {"POSITION('a' IN b)", "POSITION('a' IN `b`)"},
	    {"POSITION(a IN b FROM 2)", "POSITION(`a` IN `b` FROM 2)"},
	    {"TRIM(a)", "TRIM(`a`)"},
	    {"TRIM(LEADING FROM a)", "TRIM(LEADING ' ' FROM `a`)"},
	    {"TRIM(TRAILING a)", "TRIM(TRAILING ' ' FROM `a`)"},
	    {"TRIM('x' FROM a)", "TRIM(BOTH 'x' FROM `a`)"},
	    {"TRIM(BOTH 'x' || b FROM a)", "TRIM(BOTH 'x' || `b` FROM `a`)"},
	    {"SUBSTRING(a, 1)", "SUBSTRING(`a`, 1)"},
	    {"SUBSTRING(a, 1, 2)", "SUBSTRING(`a`, 1, 2)"},
	    {"SUBSTRING(a FROM 1 FOR 2)", "SUBSTRING(`a` FROM 1 FOR 2)"},
	    {"OVERLAY(a PLACING b FROM 1)", "OVERLAY(`a` PLACING `b` FROM 1)"},
	    {"OVERLAY(a PLACING b FROM 1 FOR 2)", "OVERLAY(`a` PLACING `b` FROM 1 FOR 2)"},
	    {"TIMESTAMPADD(DAY, 1, a)", "TIMESTAMPADD(DAY, 1, `a`)"},
	    {"TIMESTAMPDIFF(SQL_TSI_HOUR, a, b)", "TIMESTAMPDIFF(HOUR, `a`, `b`)"},
	    {"TRANSLATE(a, 'b', 'c')", "TRANSLATE(`a`, 'b', 'c')"},
	    {"JSON_EXISTS(a, '$')", "JSON_EXISTS(`a`, '$')"},
	    {"JSON_EXISTS(a, '$' UNKNOWN ON ERROR)", "JSON_EXISTS(`a`, '$' UNKNOWN ON ERROR)"},
	    {"JSON_VALUE(a, 'lax $.x' RETURNING INT DEFAULT 1 + 2 ON EMPTY ERROR ON ERROR)",
	     "JSON_VALUE(`a`, 'lax $.x' RETURNING INT DEFAULT 1 + 2 ON EMPTY ERROR ON ERROR)"},
	    {"JSON_VALUE(a, '$' ERROR ON ERROR NULL ON EMPTY)",
	     "JSON_VALUE(`a`, '$' NULL ON EMPTY ERROR ON ERROR)"},
	    {"JSON_QUERY(a, '$' RETURNING ARRAY<STRING> WITH CONDITIONAL WRAPPER EMPTY ARRAY ON "
	     "EMPTY)",
	     "JSON_QUERY(`a`, '$' RETURNING ARRAY<STRING> WITH CONDITIONAL ARRAY WRAPPER EMPTY "
	     "ARRAY ON EMPTY)"},
	    {"JSON_QUERY(a, '$' WITH WRAPPER EMPTY OBJECT ON ERROR)",
	     "JSON_QUERY(`a`, '$' WITH UNCONDITIONAL ARRAY WRAPPER EMPTY OBJECT ON ERROR)"},
	    {"JSON_QUERY(a, '$' WITHOUT ARRAY WRAPPER)",
	     "JSON_QUERY(`a`, '$' WITHOUT ARRAY WRAPPER)"},
	    {"JSON_OBJECT()", NULL},
	    {"JSON_OBJECT('a': 1, KEY 'b' VALUE 2, c VALUE 3 ABSENT ON NULL)",
	     "JSON_OBJECT(KEY 'a' VALUE 1, KEY 'b' VALUE 2, KEY `c` VALUE 3 ABSENT ON NULL)"},
	    {"JSON_ARRAY(1, 'x' NULL ON NULL)", NULL},
	    {"JSON_ARRAY(NULL ON NULL)", NULL},
	    {"JSON_ARRAY(NULL)", NULL},
	    {"JSON_OBJECTAGG(KEY a VALUE b NULL ON NULL)",
	     "JSON_OBJECTAGG(KEY `a` VALUE `b` NULL ON NULL)"},
	    {"JSON_ARRAYAGG(a ORDER BY b ABSENT ON NULL)",
	     "JSON_ARRAYAGG(`a` ORDER BY `b` ABSENT ON NULL)"},
	    {"JSON_STRING(a)", "JSON_STRING(`a`)"},
	};
	check_expr_round_trips(cases, WR_COUNT(cases));
}

static void test_shapes_of_special_calls(void **state)
{
	struct wr_arena arena;
	wr_arena_init(&arena);
	const struct wr_ast_call *call = &parse_expr_ok(&arena, "extract(Year from a)")->call;
	assert_string_equal(call->name.parts[0].text, "EXTRACT");
	assert_int_equal(call->args.items[0]->kind, WR_AST_SYMBOL);
	assert_int_equal(call->args.items[0]->symbol.unit, WR_AST_UNIT_YEAR);
	assert_int_equal(call->args.items[0]->pos.column, 9);
	call = &parse_expr_ok(&arena, "TRIM(a)")->call;
	assert_int_equal(call->args.count, 3);
	assert_false(call->special_syntax);
	assert_string_equal(call->args.items[0]->symbol.word, "BOTH");
	assert_string_equal(call->args.items[1]->string.bytes.data, " ");
	call = &parse_expr_ok(&arena, "CEILING(a)")->call;
	assert_string_equal(call->name.parts[0].text, "CEIL");
	assert_int_equal(call->args.count, 1);
	call = &parse_expr_ok(&arena, "JSON_OBJECT(KEY 'a' VALUE 1)")->call;
	assert_int_equal(call->args.count, 2);
	assert_int_equal(call->json->nulls, WR_AST_JSON_NULLS_UNSAID);
	call = &parse_expr_ok(&arena, "localtimestamp")->call;
	assert_true(call->no_parens);
	assert_string_equal(call->name.parts[0].text, "localtimestamp");
	wr_arena_release(&arena);
}

/* ---- types ----------------------------------------------------------------------------------- */

static void test_types(void **state)
{
	static const struct round_trip cases[] = {
	    {"BOOLEAN", NULL},
	    {"tinyint", "TINYINT"},
	    {"SMALLINT", NULL},
	    {"INTEGER", "INT"},
	    {"BIGINT NOT NULL", NULL},
	    {"INT NULL", NULL},
	    {"FLOAT", NULL},
	    {"REAL", "FLOAT"},
	    {"DOUBLE PRECISION", "DOUBLE"},
	    {"DECIMAL", NULL},
	    {"DEC(5)", "DECIMAL(5)"},
	    {"NUMERIC(38, 18)", "DECIMAL(38, 18)"},
	    {"CHAR", NULL},
	    {"CHARACTER(3)", "CHAR(3)"},
	    {"CHAR VARYING(3)", "VARCHAR(3)"},
	    {"VARCHAR(2147483647)", NULL},
	    {"STRING", NULL},
	    {"BINARY(3)", NULL},
	    {"BINARY VARYING", "VARBINARY"},
	    {"VARBINARY(3)", NULL},
	    {"BYTES", NULL},
	    {"DATE", NULL},
	    {"TIME(3)", NULL},
	    {"TIME WITHOUT TIME ZONE", "TIME"},
	    {"TIMESTAMP", NULL},
	    {"TIMESTAMP(9) WITHOUT TIME ZONE", "TIMESTAMP(9)"},
	    {"TIMESTAMP(3) WITH LOCAL TIME ZONE", "TIMESTAMP_LTZ(3)"},
	    {"TIMESTAMP_LTZ(6)", NULL},
	    {"INTERVAL DAY(3) TO SECOND(3)", NULL},
	    {"INTERVAL YEARS TO MONTHS", "INTERVAL YEAR TO MONTH"},
	    {"ARRAY<INT NOT NULL>", NULL},
	    {"INT ARRAY", "ARRAY<INT>"},
	    {"INT NOT NULL ARRAY NOT NULL", "ARRAY<INT NOT NULL> NOT NULL"},
	    {"INT ARRAY ARRAY", "ARRAY<ARRAY<INT>>"},
	    {"MULTISET<STRING>", NULL},
	    {"STRING MULTISET", "MULTISET<STRING>"},
	    {"MAP<STRING, ARRAY<INT>>", NULL},
	    {"ROW<>", NULL},
	    {"ROW<a INT NOT NULL 'it''s', `b c` ROW<d STRING>>",
	     "ROW<`a` INT NOT NULL 'it''s', `b c` ROW<`d` STRING>>"},
	    {"ROW(a INT, b STRING)", "ROW<`a` INT, `b` STRING>"},
	};
	for (size_t i = 0; i < WR_COUNT(cases); i++) {
		struct wr_arena arena;
		struct wr_text text;
		struct wr_ast_type *type = NULL;
		wr_arena_init(&arena);
		wr_text_init(&text);
		wr_status *status = wr_parse_type_text(&arena, wr_str_of(cases[i].sql), &type);
		if (status != NULL)
			fail_status(cases[i].sql, status);
		wr_unparse_type(type, &text);
		assert_string_equal(wr_text_str(&text),
				    cases[i].expected == NULL ? cases[i].sql : cases[i].expected);
		wr_text_release(&text);
		wr_arena_release(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_precedence),
	    cmocka_unit_test(test_left_leaning),
	    cmocka_unit_test(test_long_chains_are_balanced),
	    cmocka_unit_test(test_predicates),
	    cmocka_unit_test(test_literals),
	    cmocka_unit_test(test_kinds_of_numbers),
	    cmocka_unit_test(test_intervals_keep_their_parts),
	    cmocka_unit_test(test_constructs),
	    cmocka_unit_test(test_names_are_as_written),
	    cmocka_unit_test(test_calls),
	    cmocka_unit_test(test_special_syntaxes),
	    cmocka_unit_test(test_shapes_of_special_calls),
	    cmocka_unit_test(test_types),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

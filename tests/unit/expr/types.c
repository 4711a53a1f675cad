/* SPDX-License-Identifier: Apache-2.0
 *
 * types - tests: result types of operators, COALESCE and CASE over columns of every type are
 * Flink's, and what Flink refuses is refused.
 */
#include "expr_case.h"
#include "type_rules.h"

#define COLUMNS 34

struct column_types {
	const char *name[COLUMNS];
	const struct wr_type *type[COLUMNS];
	uint32_t count;
};

static void add(struct column_types *t, const char *name, const struct wr_type *type)
{
	assert_true(t->count < COLUMNS);
	t->name[t->count] = name;
	t->type[t->count++] = type;
}

/* The columns that type_rules.h speaks of. */
static void make_columns(struct wr_arena *arena, struct column_types *t)
{
	const struct wr_type *xy[] = {&WR_T_INT, &WR_T_STRING},
			     *pq[] = {&WR_T_BIGINT, &WR_T_STRING};

	t->count = 0;
	add(t, "b", &WR_T_BOOLEAN);
	add(t, "ti", &WR_T_TINYINT);
	add(t, "si", &WR_T_SMALLINT);
	add(t, "i", &WR_T_INT);
	add(t, "l", &WR_T_BIGINT);
	add(t, "f", &WR_T_FLOAT);
	add(t, "d", &WR_T_DOUBLE);
	add(t, "de", wr_type_decimal(arena, 10, 2));
	add(t, "de2", wr_type_decimal(arena, 38, 10));
	add(t, "c", wr_type_length(arena, WR_CHAR, 3));
	add(t, "vc", wr_type_length(arena, WR_VARCHAR, 5));
	add(t, "s", &WR_T_STRING);
	add(t, "bi", wr_type_length(arena, WR_BINARY, 2));
	add(t, "vb", wr_type_length(arena, WR_VARBINARY, 4));
	add(t, "byt", &WR_T_BYTES);
	add(t, "dt", &WR_T_DATE);
	add(t, "tm", wr_type_precision(arena, WR_TIME, 0));
	add(t, "ts0", wr_type_precision(arena, WR_TIMESTAMP, 0));
	add(t, "ts3", &WR_T_TIMESTAMP3);
	add(t, "ts6", &WR_T_TIMESTAMP6);
	add(t, "ts9", &WR_T_TIMESTAMP9);
	add(t, "lz3", &WR_T_LTZ3);
	add(t, "lz6", &WR_T_LTZ6);
	add(t, "ym", &WR_T_INTERVAL_MONTH);
	add(t, "ds", &WR_T_INTERVAL_DAY);
	add(t, "a", wr_type_array(arena, &WR_T_INT));
	add(t, "al", wr_type_array(arena, &WR_T_BIGINT));
	add(t, "ar", wr_type_array(arena, &WR_T_STRING));
	add(t, "m", wr_type_map(arena, &WR_T_STRING, &WR_T_INT));
	add(t, "r", wr_type_row(arena, 2, (const char *[]){"x", "y"}, xy));
	add(t, "r2", wr_type_row(arena, 2, (const char *[]){"p", "q"}, pq));
	add(t, "inn", &WR_T_INT_NN);
	add(t, "lnn", &WR_T_BIGINT_NN);
}

static struct wr_expr *column_named(struct fixture *f, const struct column_types *t,
				    const char *name, size_t len)
{
	for (uint32_t i = 0; i < t->count; i++)
		if (strncmp(t->name[i], name, len) == 0 && t->name[i][len] == '\0')
			return wr_expr_column(&f->pool, i, t->type[i]);
	fail_msg("no column %.*s", (int)len, name);
	return NULL;
}

static struct wr_expr *make(struct fixture *f, const char *what, struct wr_expr *a,
			    struct wr_expr *b)
{
	struct wr_expr *when = wr_expr_column(&f->pool, 0, &WR_T_BOOLEAN), *out = NULL;

	if (strcmp(what, "CASE") != 0)
		return try_call(f, what, a, b);
	wr_status *status = wr_expr_case(&f->pool, &when, &a, 1, b, (struct wr_pos){0}, &out);
	if (status == NULL)
		return out;
	wr_status_free(status);
	return NULL;
}

/* Checks every rule of a table. */
static void check(const char *what, const struct type_rule *rule, size_t count)
{
	struct column_types t;
	struct fixture f;
	uint32_t wrong = 0;

	fixture_init(&f);
	make_columns(&f.arena, &t);
	for (size_t i = 0; i < count; i++) {
		struct wr_expr *left = column_named(&f, &t, rule[i].left, strlen(rule[i].left));
		const char *at = rule[i].results;
		while (*at != '\0') {
			size_t len = strcspn(at, ":");
			struct wr_expr *right = column_named(&f, &t, at, len);
			const char *want = at + len + 1;
			size_t want_len = strcspn(want, ";");
			struct wr_expr *made = make(&f, what, left, right);
			const char *got = made != NULL ? type_of(&f, made) : "refused";
			if (strlen(got) != want_len || strncmp(got, want, want_len) != 0) {
				print_error("%s %s %.*s: %s, not %.*s\n", rule[i].left, what,
					    (int)len, at, got, (int)want_len, want);
				wrong++;
			}
			at = want + want_len + (want[want_len] == ';');
		}
	}
	fixture_release(&f);
	assert_int_equal(wrong, 0);
}

static void arithmetic(void **state)
{
	(void)state;
	check("+", rules_arith_add, WR_COUNT(rules_arith_add));
	check("-", rules_arith_sub, WR_COUNT(rules_arith_sub));
	check("*", rules_arith_mul, WR_COUNT(rules_arith_mul));
	check("/", rules_arith_div, WR_COUNT(rules_arith_div));
	check("%", rules_arith_mod, WR_COUNT(rules_arith_mod));
	check("MOD", rules_arith_mod, WR_COUNT(rules_arith_mod));
}

static void coalesce(void **state)
{
	(void)state;
	check("COALESCE", rules_coalesce, WR_COUNT(rules_coalesce));
	check("IFNULL", rules_coalesce, WR_COUNT(rules_coalesce));
}

static void case_branches(void **state)
{
	(void)state;
	check("CASE", rules_case, WR_COUNT(rules_case));
}

static void comparisons(void **state)
{
	(void)state;
	check("=", rules_equal, WR_COUNT(rules_equal));
	check("<>", rules_equal, WR_COUNT(rules_equal));
	check("<", rules_less, WR_COUNT(rules_less));
	check(">=", rules_less, WR_COUNT(rules_less));
}

/* Pairs of columns that an operator does not take. */
static void refuses(const char *what, const char *const *never)
{
	struct column_types t;
	struct fixture f;

	fixture_init(&f);
	make_columns(&f.arena, &t);
	for (; *never != NULL; never += 2) {
		struct wr_expr *a = column_named(&f, &t, never[0], strlen(never[0]));
		struct wr_expr *b = column_named(&f, &t, never[1], strlen(never[1]));
		if (make(&f, what, a, b) != NULL)
			fail_msg("%s %s %s is accepted", never[0], what, never[1]);
	}
	fixture_release(&f);
}

static void refused(void **state)
{
	(void)state;
	refuses("+", (const char *[]){"i", "s", "b", "i", "dt", "i", "dt", "dt", "ts3", "ts3", "ym",
				      "ds", "a", "a", NULL});
	refuses("-", (const char *[]){"dt", "dt", "ym", "dt", "ds", "ts3", "ts3", "i", NULL});
	refuses("%", (const char *[]){"d", "i", "i", "f", "de", "d", NULL});
	refuses("=", (const char *[]){"i", "s", "s", "l", "i", "dt", "dt", "ts3", "b", "i", "a",
				      "i", "byt", "s", NULL});
	refuses("<", (const char *[]){"dt", "ts3", "tm", "ts3", "i", "b", NULL});
	refuses("CASE", (const char *[]){"i", "s", "dt", "ts3", "b", "i", "a", "ar", NULL});
	refuses("COALESCE", (const char *[]){"i", "s", "b", "i", "dt", "lz3", NULL});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(arithmetic),    cmocka_unit_test(coalesce),
	    cmocka_unit_test(case_branches), cmocka_unit_test(comparisons),
	    cmocka_unit_test(refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

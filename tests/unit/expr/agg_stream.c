/* SPDX-License-Identifier: Apache-2.0
 *
 * Aggregates over random streams of additions and retractions against naive references, for every
 * function and many types. Each stream is also run in batches of one, through partial results that
 * are merged, and through saving and loading in the middle: the answers must be the same.
 */
#include "agg_case.h"

#define GROUPS   5
#define ROWS_MAX 4000
#define DOMAIN   24 /* different values; the first is NULL */

static uint64_t seed;

static uint32_t random_below(uint32_t bound)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)((seed >> 20) % bound);
}

/* One row of a stream: value number `value` comes into or leaves a group. */
struct event {
	uint8_t group;
	uint8_t value;
	uint8_t retract;
};
struct stream {
	uint32_t count;
	struct event event[ROWS_MAX];
	uint32_t live_count[GROUPS];      /* values in, at the end */
	uint8_t live[GROUPS][ROWS_MAX];   /* in order of arrival; a retraction took out the first */
	uint32_t distinct_count[GROUPS];  /* the same with DISTINCT */
	uint8_t distinct[GROUPS][DOMAIN]; /* in order of first arrival since it was last out */
};

static void remove_at(uint8_t *array, uint32_t *count, uint32_t at)
{
	memmove(array + at, array + at + 1, *count - at - 1);
	--*count;
}

static uint32_t position(const uint8_t *array, uint32_t count, uint8_t value)
{
	uint32_t at = 0;

	while (at < count && array[at] != value)
		at++;
	return at;
}

/* Events and, kept naively, what is in after them. */
static void stream_make(struct stream *s, uint32_t rows, uint32_t retract_percent)
{
	memset(s, 0, sizeof *s);
	s->count = rows;
	for (uint32_t i = 0; i < rows; i++) {
		struct event *event = &s->event[i];
		uint32_t group = random_below(100) < 60 ? 0 : random_below(GROUPS - 1);
		event->group = (uint8_t)group; /* the last group stays empty */
		uint8_t *live = s->live[group];
		uint32_t *count = &s->live_count[group];
		if (*count > 0 && random_below(100) < retract_percent) {
			event->retract = 1;
			event->value = live[random_below(*count)];
			remove_at(live, count, position(live, *count, event->value));
			if (position(live, *count, event->value) == *count)
				remove_at(s->distinct[group], &s->distinct_count[group],
					  position(s->distinct[group], s->distinct_count[group],
						   event->value));
			continue;
		}
		event->value = (uint8_t)random_below(DOMAIN);
		if (position(live, *count, event->value) == *count)
			s->distinct[group][s->distinct_count[group]++] = event->value;
		live[(*count)++] = event->value;
	}
}

/* --- values --------------------------------------------------------------------------------------
 */

/* Value number `value` as text; NULL for 0. Doubles are such that sums are exact in any order. */
static const char *value_text(const struct wr_type *type, uint32_t value, char *text)
{
	if (value == 0)
		return NULL;
	int number = (int)(value * 37 % 101) - 50;
	switch (type->kind) {
	case WR_BOOLEAN: return value % 2 ? "TRUE" : "FALSE";
	case WR_FLOAT:
	case WR_DOUBLE: snprintf(text, 64, "%.2f", number * 0.25); return text;
	case WR_DECIMAL: snprintf(text, 64, "%d.%02u", number, value); return text;
	case WR_VARCHAR:
		/* Some beyond every inline form. */
		snprintf(text, 64, "%0*u", (int)(value * 5 % 41), value);
		return value == 7 ? "" : text;
	case WR_BIGINT: snprintf(text, 64, "%lld", number * 0x3fffffffffffll); return text;
	default: snprintf(text, 64, "%d", number); return text;
	}
}

static void put_value(struct wr_builder *builder, uint32_t value)
{
	char text[64];

	if (builder->type->kind == WR_ARRAY) {
		if (value == 0) {
			wr_builder_null(builder);
			return;
		}
		for (uint32_t i = 0; i < value % 4; i++)
			put_value(builder->child[0], (value + i) % DOMAIN);
		wr_builder_i32(builder->child[0], (int32_t)value);
		wr_builder_list(builder, value % 4 + 1);
	} else if (builder->type->kind == WR_TIMESTAMP) {
		if (value == 0)
			wr_builder_null(builder);
		else
			wr_builder_i128(builder,
					(wr_i128)value * 86400123456789ll - ((wr_i128)1 << 50));
	} else {
		agg_put(builder, value_text(builder->type, value, text));
	}
}

/* Every value of the domain, printed. */
static void print_domain(const struct wr_type *type, struct wr_text *text)
{
	struct wr_builder *builder = wr_builder_new(type, DOMAIN);

	for (uint32_t v = 0; v < DOMAIN; v++)
		put_value(builder, v);
	struct wr_column *column = wr_builder_finish(builder);
	for (uint32_t v = 0; v < DOMAIN; v++) {
		wr_text_init(&text[v]);
		wr_value_print(&text[v], column, v, NULL);
	}
	wr_column_unref(column);
	wr_builder_free(builder);
}

/* --- references ----------------------------------------------------------------------------------
 */

static void add_one(struct wr_text *out, const char *separator, const char *item)
{
	if (out->len > 1)
		wr_text_puts(out, separator);
	wr_text_puts(out, item);
}

/* The values that are in as a column, to compare and add. */
static struct wr_column *live_column(const struct wr_type *type, const uint8_t *live,
				     uint32_t count)
{
	struct wr_builder *builder = wr_builder_new(type, count);

	for (uint32_t i = 0; i < count; i++)
		put_value(builder, live[i]);
	struct wr_column *column = wr_builder_finish(builder);
	wr_builder_free(builder);
	return column;
}

static int64_t cut(wr_i128 value, enum wr_phys phys)
{
	switch (phys) {
	case WR_P_I8: return (int8_t)value;
	case WR_P_I16: return (int16_t)value;
	case WR_P_I32: return (int32_t)value;
	default: return (int64_t)value;
	}
}

/* SUM and AVG by the book. */
static void reference_sum(const struct wr_type *type, const struct wr_column *column, bool average,
			  struct wr_text *out)
{
	unsigned __int128 sum = 0;
	double real = 0;
	int64_t count = 0;
	char text[WR_DECIMAL_TEXT_MAX];

	for (uint32_t i = 0; i < column->len; i++) {
		if (!wr_column_is_valid(column, i))
			continue;
		count++;
		switch (column->phys) {
		case WR_P_I8: sum += (unsigned __int128)WR_DATA(column, int8_t)[i]; break;
		case WR_P_I16: sum += (unsigned __int128)WR_DATA(column, int16_t)[i]; break;
		case WR_P_I32: sum += (unsigned __int128)WR_DATA(column, int32_t)[i]; break;
		case WR_P_I64: sum += (unsigned __int128)WR_DATA(column, int64_t)[i]; break;
		case WR_P_I128: sum += (unsigned __int128)WR_DATA(column, wr_i128)[i]; break;
		case WR_P_F32: real += (double)WR_DATA(column, float)[i]; break;
		default: real += WR_DATA(column, double)[i];
		}
	}
	if (count == 0) {
		wr_text_puts(out, "NULL");
		return;
	}
	if (type->kind == WR_DECIMAL) { /* DECIMAL(10, 2): the mean has 6 digits, half up */
		wr_i128 twice = (wr_i128)sum * 20000;
		wr_i128 mean = (twice + (twice < 0 ? -count : count)) / (2 * count);
		wr_decimal_print(text, average ? mean : (wr_i128)sum, average ? 6 : 2);
		wr_text_puts(out, text);
	} else if (wr_kind_is_integer(type->kind)) {
		int64_t all = cut((wr_i128)sum, column->phys);
		wr_text_i64(out, average ? all / count : all);
	} else {
		struct wr_column *result = wr_column_new(type, 1);
		if (type->kind == WR_FLOAT)
			WR_DATA(result, float)
			[0] = average ? (float)real / (float)count : (float)real;
		else
			WR_DATA(result, double)[0] = average ? real / (double)count : real;
		wr_value_print(out, result, 0, NULL);
		wr_column_unref(result);
	}
}

/* The best of the values that are not NULL. */
static void reference_extreme(const struct wr_column *column, int sign, struct wr_text *out)
{
	uint32_t best = UINT32_MAX;

	for (uint32_t i = 0; i < column->len; i++) {
		if (!wr_column_is_valid(column, i))
			continue;
		if (best == UINT32_MAX || wr_value_compare(column, i, column, best) * sign > 0)
			best = i;
	}
	if (best == UINT32_MAX)
		wr_text_puts(out, "NULL");
	else
		wr_value_print(out, column, best, NULL);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return (x > y) - (x < y);
}

static void reference_percentile(const struct wr_column *column, struct wr_text *out)
{
	double values[ROWS_MAX];
	uint32_t count = 0;
	struct wr_column *result = wr_column_new(&WR_T_DOUBLE, 1);

	for (uint32_t i = 0; i < column->len; i++) {
		if (wr_column_is_valid(column, i))
			values[count++] = WR_DATA(column, double)[i];
	}
	qsort(values, count, sizeof *values, by_value);
	if (count == 0) {
		wr_column_validity(result)[0] = 0;
	} else { /* the percentage is 1: the largest */
		WR_DATA(result, double)[0] = values[count - 1];
	}
	wr_value_print(out, result, 0, NULL);
	wr_column_unref(result);
}

/* Joined texts: LISTAGG, ARRAY_AGG, FIRST_VALUE, LAST_VALUE. */
static void reference_texts(const char *name, const struct wr_text *domain, const uint8_t *live,
			    uint32_t count, bool keep_nulls, struct wr_text *out)
{
	bool is_array = strcmp(name, "ARRAY_AGG") == 0;
	const char *first = NULL;
	const char *last = NULL;

	wr_text_puts(out, is_array ? "[" : ">");
	for (uint32_t i = 0; i < count; i++) {
		if (live[i] == 0 && !keep_nulls)
			continue;
		last = wr_text_str(&domain[live[i]]);
		if (first != NULL)
			wr_text_puts(out, is_array ? ", " : "; ");
		else
			first = last;
		wr_text_puts(out, last);
	}
	wr_text_puts(out, is_array ? "]" : "");
	if (first == NULL || name[0] != 'A') {
		char *joined = wr_strdup(first != NULL ? wr_text_str(out) + 1 : "NULL");
		wr_text_clear(out);
		if (first == NULL || strcmp(name, "LISTAGG") == 0)
			wr_text_puts(out, joined);
		else
			wr_text_puts(out, strcmp(name, "FIRST_VALUE") == 0 ? first : last);
		wr_free(joined);
	}
}

/* Number of values that are not NULL. */
static uint32_t count_values(const uint8_t *live, uint32_t count)
{
	uint32_t values = 0;

	for (uint32_t i = 0; i < count; i++)
		values += live[i] != 0;
	return values;
}

/* A multiset's entries may come in any order: sorted before they are compared. */
static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort_entries(const char *multiset, struct wr_text *out)
{
	char *copy = wr_strdup(multiset);
	char *entry[DOMAIN + 1];
	uint32_t count = 0;
	char *rest = NULL;

	for (char *at = strtok_r(copy, "{};", &rest); at != NULL; at = strtok_r(NULL, "{};", &rest))
		entry[count++] = at + (at[0] == ' ');
	qsort(entry, count, sizeof *entry, by_text);
	for (uint32_t i = 0; i < count; i++)
		add_one(out, ";", entry[i]);
	wr_free(copy);
}

static void reference_collect(const struct wr_text *domain, const uint8_t *live, uint32_t count,
			      struct wr_text *out)
{
	struct wr_text text;

	wr_text_init(&text);
	for (uint32_t v = 1; v < DOMAIN; v++) {
		uint32_t times = 0;
		for (uint32_t i = 0; i < count; i++)
			times += live[i] == v;
		if (times > 0)
			wr_text_printf(&text, "%s=%u;", wr_text_str(&domain[v]), times);
	}
	sort_entries(wr_text_str(&text), out);
	wr_text_release(&text);
}

/* --- the runs ------------------------------------------------------------------------------------
 */

struct plan {
	const char *name;
	const struct wr_type *type;
	bool distinct;
	bool retract;
	const char *word; /* after the arguments; NULL: none */
};

static void reference(const struct plan *plan, const struct wr_text *domain, const uint8_t *live,
		      uint32_t count, struct wr_text *out)
{
	struct wr_column *column = live_column(plan->type, live, count);

	wr_text_clear(out);
	if (strcmp(plan->name, "COUNT") == 0)
		wr_text_i64(out, count_values(live, count));
	else if (strcmp(plan->name, "SUM") == 0 || strcmp(plan->name, "AVG") == 0)
		reference_sum(plan->type, column, plan->name[0] == 'A', out);
	else if (strcmp(plan->name, "MIN") == 0 || strcmp(plan->name, "MAX") == 0)
		reference_extreme(column, plan->name[1] == 'A' ? 1 : -1, out);
	else if (strcmp(plan->name, "PERCENTILE") == 0)
		reference_percentile(column, out);
	else if (strcmp(plan->name, "COLLECT") == 0)
		reference_collect(domain, live, count, out);
	else
		reference_texts(plan->name, domain, live, count,
				strcmp(plan->name, "ARRAY_AGG") == 0 && plan->word == NULL, out);
	wr_column_unref(column);
}

/* Runs events [from, to) into slots, `batch` rows at a time. */
static void run_events(struct agg_case *c, const struct plan *plan, const struct stream *s,
		       uint32_t from, uint32_t to, uint32_t batch, uint8_t *const *group)
{
	uint8_t *slot[ROWS_MAX];
	uint8_t retract[ROWS_MAX];

	for (uint32_t at = from; at < to; at += batch) {
		uint32_t n = WR_MIN(batch, to - at);
		uint8_t values[ROWS_MAX];
		struct wr_column *arg[2] = {NULL, c->call->const_arg[1]};
		for (uint32_t i = 0; i < n; i++) {
			const struct event *event = &s->event[at + i];
			slot[i] = group[event->group];
			retract[i] = event->retract;
			values[i] = event->value;
		}
		arg[0] = live_column(c->call->arg_type[0], values, n);
		c->call->agg->update(c->call, c->memory, slot, SLOT_OFFSET, arg,
				     plan->retract ? retract : NULL, n);
		wr_column_unref(arg[0]);
	}
}

static void new_slots(const struct agg_case *c, uint8_t **group)
{
	for (uint32_t g = 0; g < GROUPS; g++)
		group[g] = agg_slot_new(c);
}

static void free_slots(const struct agg_case *c, uint8_t **group)
{
	for (uint32_t g = 0; g < GROUPS; g++)
		agg_slot_free(c, group[g]);
}

/* Compares the groups with the reference. */
static void check(const struct agg_case *c, const struct plan *plan, const struct stream *s,
		  const struct wr_text *domain, uint8_t *const *group, const char *how)
{
	struct wr_text have;
	struct wr_text want;
	struct wr_text sorted;

	wr_text_init(&have);
	wr_text_init(&want);
	wr_text_init(&sorted);
	for (uint32_t g = 0; g < GROUPS; g++) {
		const char *answer;
		agg_slot_print(c, group[g], &have);
		if (plan->distinct)
			reference(plan, domain, s->distinct[g], s->distinct_count[g], &want);
		else
			reference(plan, domain, s->live[g], s->live_count[g], &want);
		answer = wr_text_str(&have);
		if (strcmp(plan->name, "COLLECT") == 0) {
			/* No value of the domain has a comma. */
			for (uint32_t i = 0; i < have.len; i++)
				have.data[i] = have.data[i] == ',' ? ';' : have.data[i];
			wr_text_clear(&sorted);
			sort_entries(have.data, &sorted);
			answer = wr_text_str(&sorted);
		}
		if (strcmp(answer, wr_text_str(&want)) != 0)
			fail_msg("%s(%s%s)%s%s %s, group %u: %s, not %s", plan->name,
				 plan->distinct ? "DISTINCT " : "",
				 wr_type_str((struct wr_arena *)(uintptr_t)&c->arena, plan->type),
				 plan->word != NULL ? plan->word : "",
				 plan->retract ? " with retractions" : "", how, g, answer,
				 wr_text_str(&want));
	}
	wr_text_release(&have);
	wr_text_release(&want);
	wr_text_release(&sorted);
}

/* Partial results of thirds of the stream, merged in order. */
static void run_merged(struct agg_case *c, const struct plan *plan, const struct stream *s,
		       const struct wr_text *domain)
{
	uint8_t *whole[GROUPS];
	uint8_t *part[GROUPS];
	uint32_t third = s->count / 3;

	new_slots(c, whole);
	for (uint32_t p = 0; p < 3; p++) {
		new_slots(c, part);
		run_events(c, plan, s, p * third, p == 2 ? s->count : (p + 1) * third, 100, part);
		c->call->agg->merge(c->call, c->memory, whole, part, SLOT_OFFSET, GROUPS);
		free_slots(c, part);
	}
	check(c, plan, s, domain, whole, "merged");
	free_slots(c, whole);
}

/* Saved and loaded in the middle. */
static void run_saved(struct agg_case *c, const struct plan *plan, const struct stream *s,
		      const struct wr_text *domain)
{
	uint8_t *group[GROUPS];
	uint32_t half = s->count / 2;

	new_slots(c, group);
	run_events(c, plan, s, 0, half, 64, group);
	for (uint32_t g = 0; g < GROUPS; g++) {
		uint8_t *copy = agg_slot_copy(c, group[g]);
		agg_slot_free(c, group[g]);
		group[g] = copy;
	}
	run_events(c, plan, s, half, s->count, 64, group);
	check(c, plan, s, domain, group, "saved and loaded");
	free_slots(c, group);
}

/* One function over one type. */
static void run_plan(const struct plan *plan, uint32_t rows, uint32_t retract_percent)
{
	struct stream *s = wr_malloc(sizeof *s);
	struct wr_text domain[DOMAIN];
	struct agg_case c;
	uint8_t *group[GROUPS];
	struct wr_expr *constant = NULL;

	stream_make(s, rows, plan->retract ? retract_percent : 0);
	agg_case_init(&c);
	if (strcmp(plan->name, "LISTAGG") == 0)
		constant = wr_expr_string(&c.pool, "; ", 2);
	else if (strcmp(plan->name, "PERCENTILE") == 0)
		constant = wr_expr_i32(&c.pool, 1);
	agg_case_args(&c, plan->name, &plan->type, 1, constant, plan->word, plan->distinct, true,
		      plan->retract);
	print_domain(plan->type, domain);
	static const uint32_t batches[] = {1, 7, ROWS_MAX};
	size_t settled = 0;
	for (uint32_t b = 0; b < WR_COUNT(batches); b++) {
		new_slots(&c, group);
		run_events(&c, plan, s, 0, s->count, batches[b], group);
		check(&c, plan, s, domain, group, "in batches");
		free_slots(&c, group);
		/* What was dropped is used again. */
		if (b == 0)
			settled = wr_agg_pool_bytes(c.memory);
		else
			assert_int_equal(wr_agg_pool_bytes(c.memory), settled);
	}
	if (c.call->splittable)
		run_merged(&c, plan, s, domain);
	run_saved(&c, plan, s, domain);
	for (uint32_t v = 0; v < DOMAIN; v++)
		wr_text_release(&domain[v]);
	agg_case_release(&c);
	wr_free(s);
}

/* A function over a type in all its variants, over streams that grow and streams that shrink. */
static void run_all(const char *name, const struct wr_type *type, const char *word)
{
	for (uint32_t variant = 0; variant < 4; variant++) {
		struct plan plan = {.name = name,
				    .type = type,
				    .distinct = variant & 1,
				    .retract = variant & 2,
				    .word = word};
		seed = 0x2545f4914f6cdd1dull + variant;
		run_plan(&plan, 40, 45);
		run_plan(&plan, 700, 49);
		run_plan(&plan, 500, 20);
	}
}

static void test_count(void **unused)
{
	run_all("COUNT", &WR_T_INT, NULL);
	run_all("COUNT", &WR_T_STRING, NULL);
	run_all("COUNT", &WR_T_TIMESTAMP9, NULL);
}

static void test_sum_and_avg(void **unused)
{
	struct wr_arena arena;
	wr_arena_init(&arena);
	const struct wr_type *const types[] = {&WR_T_TINYINT,
					       &WR_T_SMALLINT,
					       &WR_T_INT,
					       &WR_T_BIGINT,
					       &WR_T_FLOAT,
					       &WR_T_DOUBLE,
					       wr_type_decimal(&arena, 10, 2)};

	for (uint32_t i = 0; i < WR_COUNT(types); i++) {
		run_all("SUM", types[i], NULL);
		run_all("AVG", types[i], NULL);
	}
	wr_arena_release(&arena);
}

static void test_min_and_max(void **unused)
{
	struct wr_arena arena;
	wr_arena_init(&arena);
	const struct wr_type *const types[] = {&WR_T_BOOLEAN,    &WR_T_TINYINT,
					       &WR_T_SMALLINT,   &WR_T_INT,
					       &WR_T_BIGINT,     &WR_T_FLOAT,
					       &WR_T_DOUBLE,     &WR_T_STRING,
					       &WR_T_TIMESTAMP9, wr_type_decimal(&arena, 10, 2)};

	for (uint32_t i = 0; i < WR_COUNT(types); i++) {
		run_all("MIN", types[i], NULL);
		run_all("MAX", types[i], NULL);
	}
	wr_arena_release(&arena);
}

static void test_first_and_last(void **unused)
{
	struct wr_arena arena;
	wr_arena_init(&arena);
	const struct wr_type *const types[] = {&WR_T_INT, &WR_T_STRING, &WR_T_TIMESTAMP9,
					       wr_type_array(&arena, &WR_T_INT)};

	for (uint32_t i = 0; i < WR_COUNT(types); i++) {
		/* With DISTINCT over what grows, LAST_VALUE is the last new value. */
		run_all("FIRST_VALUE", types[i], NULL);
		run_all("LAST_VALUE", types[i], NULL);
	}
	wr_arena_release(&arena);
}

static void test_lists(void **unused)
{
	struct wr_arena arena;
	wr_arena_init(&arena);
	const struct wr_type *array = wr_type_array(&arena, &WR_T_INT);

	run_all("LISTAGG", &WR_T_STRING, NULL);
	run_all("ARRAY_AGG", &WR_T_STRING, NULL);
	run_all("ARRAY_AGG", &WR_T_INT, "IGNORE NULLS");
	run_all("ARRAY_AGG", array, NULL);
	run_all("COLLECT", &WR_T_STRING, NULL);
	run_all("COLLECT", &WR_T_BIGINT, NULL);
	wr_arena_release(&arena);
}

static void test_percentile(void **unused)
{
	run_all("PERCENTILE", &WR_T_DOUBLE, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_count),       cmocka_unit_test(test_sum_and_avg),
	    cmocka_unit_test(test_min_and_max), cmocka_unit_test(test_first_and_last),
	    cmocka_unit_test(test_lists),       cmocka_unit_test(test_percentile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

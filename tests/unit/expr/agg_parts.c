/* SPDX-License-Identifier: Apache-2.0
 *
 * The parts that accumulators are made of, at sizes that streams of a test do not reach: the pool,
 * the ordered multiset with many leaves, the set with an index, retractions that come too early.
 */
#include "agg_case.h"
#include "expr/agg_list.h"
#include "expr/agg_multiset.h"
#include "expr/agg_set.h"

static uint64_t seed = 77;

static uint32_t random_below(uint32_t bound)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)((seed >> 20) % bound);
}

/* Blocks of all sizes: zeroed, aligned, apart from each other, used again. */
static void test_pool(void **unused)
{
	enum { BLOCKS = 400 };
	struct wr_agg_pool *pool = wr_agg_pool_new();
	unsigned char *block[BLOCKS] = {0};
	size_t size[BLOCKS] = {0};

	for (uint32_t step = 0; step < 6000; step++) {
		uint32_t i = random_below(BLOCKS);
		if (block[i] != NULL) {
			for (size_t b = 0; b < size[i]; b += 1 + size[i] / 9)
				assert_int_equal(block[i][b], (unsigned char)i);
			assert_int_equal(block[i][size[i] - 1], (unsigned char)i);
			wr_agg_pool_drop(pool, block[i], size[i]);
		}
		size[i] = 1 + random_below(1u << (1 + random_below(18)));
		block[i] = wr_agg_pool_alloc(pool, size[i]);
		assert_int_equal((uintptr_t)block[i] % 16, 0);
		for (size_t b = 0; b < size[i]; b++)
			assert_int_equal(block[i][b], 0);
		memset(block[i], (int)i, size[i]);
	}
	size_t bytes = wr_agg_pool_bytes(pool);
	for (uint32_t i = 0; i < BLOCKS; i++)
		wr_agg_pool_drop(pool, block[i], size[i]);
	for (uint32_t i = 0; i < BLOCKS; i++)
		block[i] = wr_agg_pool_alloc(pool, size[i]);
	assert_true(wr_agg_pool_bytes(pool) <= bytes);
	wr_agg_pool_free(pool);
	wr_agg_pool_free(NULL);
}

static struct wr_ms_key key_of(bool strings, uint32_t number, char *text)
{
	if (!strings)
		return (struct wr_ms_key){.u.number = (wr_i128)number << 60};
	/* Zero-padded, so that the order of texts is that of numbers. */
	snprintf(text, 64, "%08u", number);
	if (number % 3 == 0)
		memcpy(text + 8, "-and-a-long-tail-behind-it", 27);
	return (struct wr_ms_key){.u.view = wr_view_of(text, (uint32_t)strlen(text))};
}

/* Every count, the order, the total and both ends. */
static void check_multiset(const struct wr_agg_multiset *set, bool strings, const int64_t *count,
			   uint32_t domain)
{
	char text[64];
	uint32_t at = 0;
	int64_t total = 0;
	const struct wr_ms_entry *first = NULL;
	const struct wr_ms_entry *last = NULL;

	for (uint32_t i = 0; i < set->leaf_count; i++) {
		const struct wr_ms_leaf *leaf = wr_ms_leaf_at(set, i);
		assert_in_range(leaf->count, 1, leaf->capacity); /* O2 */
		for (uint32_t e = 0; e < leaf->count; e++) {
			while (at < domain && count[at] == 0)
				at++;
			assert_true(at < domain);
			struct wr_ms_key key = key_of(strings, at, text);
			if (strings)
				assert_true(wr_view_equal(&leaf->entry[e].key.u.view, &key.u.view));
			else
				assert_true(leaf->entry[e].key.u.number == key.u.number);
			assert_int_equal(leaf->entry[e].count, count[at]);
			if (count[at] > 0) {
				total += count[at];
				last = &leaf->entry[e];
				first = first != NULL ? first : last;
			}
			at++;
		}
	}
	while (at < domain)
		assert_int_equal(count[at++], 0);
	assert_int_equal(set->total, total);
	assert_ptr_equal(wr_ms_first(set), first);
	assert_ptr_equal(wr_ms_last(set), last);
}

static void run_multiset(bool strings, uint32_t domain)
{
	struct wr_agg_pool *pool = wr_agg_pool_new();
	struct wr_agg_multiset set = {0};
	struct wr_agg_multiset loaded = {0};
	struct wr_agg_multiset twice = {0};
	int64_t *count = wr_calloc(domain, sizeof *count);
	struct wr_text text;
	char buffer[64];

	wr_text_init(&text);
	for (uint32_t step = 0; step < 60000; step++) {
		uint32_t i = random_below(domain);
		/* Growing at first, then shrinking; counts go below 0 at times. */
		bool out = random_below(100) < (step < 30000 ? 20 : 60);
		int64_t delta = out ? -1 : 1 + random_below(2);
		if (out && count[i] <= 0 && random_below(10) != 0)
			continue;
		count[i] += delta;
		wr_ms_add(pool, &set, strings, key_of(strings, i, buffer), delta);
		if (step % 9973 == 0)
			check_multiset(&set, strings, count, domain);
	}
	check_multiset(&set, strings, count, domain);
	wr_ms_save(&set, strings, &text);
	assert_ptr_equal(wr_ms_load(pool, &loaded, strings, text.data, text.data + text.len),
			 text.data + text.len);
	check_multiset(&loaded, strings, count, domain);
	wr_ms_merge(pool, &twice, strings, &set);
	wr_ms_merge(pool, &twice, strings, &loaded);
	for (uint32_t i = 0; i < domain; i++)
		count[i] *= 2;
	check_multiset(&twice, strings, count, domain);
	/* Everything out: nothing is left. */
	for (uint32_t i = 0; i < domain; i++) {
		if (count[i] != 0)
			wr_ms_add(pool, &twice, strings, key_of(strings, i, buffer), -count[i]);
	}
	assert_int_equal(twice.leaf_count, 0);
	assert_null(wr_ms_first(&twice));
	wr_ms_drop(pool, &set, strings);
	wr_ms_drop(pool, &loaded, strings);
	wr_text_release(&text);
	wr_free(count);
	wr_agg_pool_free(pool);
}

static void test_multiset(void **unused)
{
	run_multiset(false, 30);
	run_multiset(false, 9000);
	run_multiset(true, 30);
	run_multiset(true, 9000);
}

/* Floats as keys keep their order and their bits. */
static void test_multiset_floats(void **unused)
{
	static const double order[] = {-1.0 / 0.0, -3.5,   -1e-300, -0.0,
				       0.0,        1e-300, 2.5,     1.0 / 0.0};

	for (uint32_t i = 0; i < WR_COUNT(order); i++) {
		struct wr_ms_key key = wr_ms_key_of_f64(order[i]);
		double back = wr_ms_key_f64(&key);
		assert_memory_equal(&back, &order[i], sizeof back);
		if (i > 0)
			assert_true(wr_ms_key_of_f64(order[i - 1]).u.number < key.u.number);
		assert_true(key.u.number < wr_ms_key_of_f64(__builtin_nan("")).u.number);
	}
}

static struct wr_str set_value(uint32_t i, char *text)
{
	if (i == 0)
		return (struct wr_str){0};
	if (i == 1)
		return (struct wr_str){"", 0};
	snprintf(text, 64, "%0*u", (int)(i % 40), i);
	return wr_str_of(text);
}

/* Counts by value, and live entries in order of arrival. */
static void test_set(void **unused)
{
	enum { DOMAIN = 3000 };
	static const uint32_t domains[] = {4, 9, 100, DOMAIN};
	char text[64];

	for (uint32_t d = 0; d < WR_COUNT(domains); d++) {
		struct wr_agg_pool *pool = wr_agg_pool_new();
		struct wr_agg_set set = {0};
		static int64_t count[DOMAIN];
		static uint32_t arrived[DOMAIN]; /* step at which the value came in */
		uint32_t live = 0;
		memset(count, 0, sizeof count);
		for (uint32_t step = 1; step < 40000; step++) {
			uint32_t i = random_below(domains[d]);
			int64_t delta = random_below(100) < 52 ? -1 : 1;
			if (count[i] == 0)
				arrived[i] = step;
			live += (count[i] == 0) - (count[i] + delta == 0);
			count[i] += delta;
			assert_int_equal(wr_set_add(pool, &set, set_value(i, text), delta),
					 count[i]);
		}
		assert_int_equal(set.live, live);
		uint32_t before = 0;
		for (uint32_t e = 0; e < set.used; e++) {
			struct wr_str have = wr_set_value(&set.entry[e]);
			uint32_t i = 0;
			if (set.entry[e].count == 0)
				continue;
			while (!wr_agg_str_equal(have, set_value(i, text)))
				i++;
			assert_int_equal(set.entry[e].count, count[i]);
			assert_true(arrived[i] > before);
			before = arrived[i];
		}
		wr_set_drop(pool, &set);
		wr_agg_pool_free(pool);
	}
}

/* A retraction before its addition is owed, and paid. */
static void test_list_debts(void **unused)
{
	struct wr_agg_pool *pool = wr_agg_pool_new();
	struct wr_agg_list list = {0};
	struct wr_agg_list other = {0};

	wr_list_retract(pool, &list, wr_str_of("x"));
	wr_list_retract(pool, &list, (struct wr_str){0});
	wr_list_add(pool, &list, wr_str_of("y"));
	assert_int_equal(list.in.count, 1);
	assert_int_equal(list.debt.count, 2);
	wr_list_add(pool, &list, wr_str_of("x"));
	wr_list_add(pool, &list, (struct wr_str){0});
	assert_int_equal(list.in.count, 1);
	assert_int_equal(list.debt.count, 0);
	/* A piece of a stream that only takes out, merged into what came before it. */
	wr_list_retract(pool, &other, wr_str_of("y"));
	wr_list_add(pool, &other, wr_str_of("z"));
	wr_list_merge(pool, &list, &other);
	assert_int_equal(list.in.count, 1);
	assert_true(wr_agg_str_equal(wr_items_last(&list.in), wr_str_of("z")));
	wr_list_drop(pool, &list);
	wr_list_drop(pool, &other);
	wr_agg_pool_free(pool);
}

/* COUNT(DISTINCT a, b): pairs in which neither is NULL. */
static void test_distinct_pairs(void **unused)
{
	const struct wr_type *types[] = {&WR_T_STRING, &WR_T_INT};
	static const char *const text[] = {"a", "a", "a", "b", NULL, "b", "a"};
	static const char *const number[] = {"1", "1", "2", "1", "1", NULL, "2"};
	struct wr_column *column[2];
	struct wr_text out;
	struct agg_case c;
	uint8_t *slots[7];
	uint8_t retract[7] = {1, 0, 0, 1, 0, 0, 0};

	agg_case_init(&c);
	wr_text_init(&out);
	agg_case_args(&c, "COUNT", types, 2, NULL, NULL, true, true, true);
	for (uint32_t a = 0; a < 2; a++) {
		struct wr_builder *builder = wr_builder_new(types[a], 7);
		for (uint32_t i = 0; i < 7; i++)
			agg_put(builder, a == 0 ? text[i] : number[i]);
		column[a] = wr_builder_finish(builder);
		wr_builder_free(builder);
	}
	uint8_t *slot = agg_slot_new(&c);
	uint8_t *merged = agg_slot_new(&c);
	for (uint32_t i = 0; i < 7; i++)
		slots[i] = slot;
	c.call->agg->update(c.call, c.memory, slots, SLOT_OFFSET, column, NULL, 7);
	agg_slot_print(&c, slot, &out);
	assert_string_equal(wr_text_str(&out), "3"); /* a1 a2 b1 */
	c.call->agg->merge(c.call, c.memory, &merged, &slot, SLOT_OFFSET, 1);
	c.call->agg->update(c.call, c.memory, slots, SLOT_OFFSET, column, retract, 7);
	agg_slot_print(&c, slot, &out);
	assert_string_equal(wr_text_str(&out), "2"); /* a1 is still in */
	uint8_t *copy = agg_slot_copy(&c, slot);
	c.call->agg->merge(c.call, c.memory, &merged, &copy, SLOT_OFFSET, 1);
	agg_slot_print(&c, merged, &out);
	assert_string_equal(wr_text_str(&out), "3");
	agg_slot_free(&c, copy);
	agg_slot_free(&c, slot);
	agg_slot_free(&c, merged);
	wr_column_unref(column[0]);
	wr_column_unref(column[1]);
	wr_text_release(&out);
	agg_case_release(&c);
}

/* PERCENTILE interpolates as Flink does, digit by digit, and counts by frequency. */
static void test_percentile(void **unused)
{
	static const struct {
		const char *values[6];
		const char *times[6];
		double percent;
		const char *result;
	} want[] = {
	    {{"6", "7"}, {"1", "1"}, 0.7, "6.699999999999999"},
	    {{"6", "7", "9"}, {"1", "1", "1"}, 0.3, "6.6000000000000005"},
	    {{"8", "2", "3", "4", "1"}, {"1", "1", "1", "1", "1"}, 0.77, "4.32"},
	    {{"10", "40", "90", "160", "640"}, {"1", "1", "1", "1", "1"}, 0.7, "146.0"},
	    {{"1", "2", "3", "4"}, {"1", "2", "3", "4"}, 0.3, "2.6999999999999997"},
	    {{"1", "2", "3", "4"}, {"0", "-1", "1", "1"}, 0.5, "3.5"},
	    {{"1", NULL, "3"}, {NULL, "5", "1"}, 0.5, "3.0"},
	    {{NULL}, {"1"}, 0.5, "NULL"},
	};
	const struct wr_type *types[] = {&WR_T_DOUBLE, &WR_T_BIGINT};
	struct wr_text out;

	wr_text_init(&out);
	for (uint32_t w = 0; w < WR_COUNT(want); w++) {
		struct agg_case c;
		struct wr_pos pos = {0};
		struct wr_column *column[3] = {NULL};
		uint8_t *slots[6];
		agg_case_init(&c);
		struct wr_column *percent = wr_column_new(&WR_T_DOUBLE_NN, 1);
		WR_DATA(percent, double)[0] = want[w].percent;
		wr_column_make_const(percent);
		struct wr_expr *arg[3] = {wr_expr_column(&c.pool, 0, types[0]),
					  wr_expr_const(&c.pool, percent),
					  wr_expr_column(&c.pool, 1, types[1])};
		assert_null(wr_agg_call_new(&c.pool, wr_agg_find("percentile", 10), arg, 3, false,
					    true, true, pos, &c.call));
		c.slot_size = SLOT_OFFSET + (c.call->agg->size(c.call) + 15) / 16 * 16;
		struct wr_builder *value = wr_builder_new(types[0], 6);
		struct wr_builder *times = wr_builder_new(types[1], 6);
		for (uint32_t i = 0; i < 6; i++) {
			agg_put(value, want[w].values[i]);
			agg_put(times, want[w].times[i]);
		}
		column[0] = wr_builder_finish(value);
		column[1] = percent;
		column[2] = wr_builder_finish(times);
		uint8_t *slot = agg_slot_new(&c);
		for (uint32_t i = 0; i < 6; i++)
			slots[i] = slot;
		c.call->agg->update(c.call, c.memory, slots, SLOT_OFFSET, column, NULL, 6);
		agg_slot_print(&c, slot, &out);
		assert_string_equal(wr_text_str(&out), want[w].result);
		agg_slot_free(&c, slot);
		wr_column_unref(column[0]);
		wr_column_unref(column[2]);
		wr_builder_free(value);
		wr_builder_free(times);
		agg_case_release(&c);
	}
	wr_text_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_pool),
	    cmocka_unit_test(test_multiset),
	    cmocka_unit_test(test_multiset_floats),
	    cmocka_unit_test(test_set),
	    cmocka_unit_test(test_list_debts),
	    cmocka_unit_test(test_distinct_pairs),
	    cmocka_unit_test(test_percentile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * What accumulators are as bytes: every function over every type that it takes, with and without
 * DISTINCT and retractions. Loaded, an accumulator has the same value, goes on the same way, and is
 * saved as the same bytes. Bytes that are cut anywhere are refused; flipped ones may be taken for
 * something else, but nothing is read or written that is not there.
 */
#include "agg_case.h"
#include "data/builder.h"

enum { ROWS = 40, SEEDS = 3 };

static uint64_t seed;

static uint32_t below(uint32_t bound)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)((seed >> 20) % bound);
}

static void put_random(struct wr_builder *builder, uint32_t number)
{
	char text[64];
	int len = snprintf(text, sizeof text, "%s%u",
			   number % 2 == 0 ? "" : "longer than what is kept inline: ", number);

	if (number == 0 && builder->type->nullable) {
		wr_builder_null(builder);
		return;
	}
	switch (builder->phys) {
	case WR_P_BOOL: wr_builder_bool(builder, number % 2); break;
	case WR_P_I8: wr_builder_i8(builder, (int8_t)number); break;
	case WR_P_I16: wr_builder_i16(builder, (int16_t)number); break;
	case WR_P_I32: wr_builder_i32(builder, (int32_t)number); break;
	case WR_P_I64: wr_builder_i64(builder, number); break;
	case WR_P_I128: wr_builder_i128(builder, (wr_i128)number); break;
	case WR_P_F32: wr_builder_f32(builder, (float)number / 3); break;
	case WR_P_F64: wr_builder_f64(builder, number / 3.0); break;
	case WR_P_STR: wr_builder_str(builder, text, (size_t)len); break;
	case WR_P_LIST:
	case WR_P_MAP:
		for (uint32_t i = 0; i < number % 3; i++)
			for (uint32_t c = 0; c < builder->type->child_count; c++)
				put_random(builder->child[c], number + i + c);
		wr_builder_list(builder, number % 3);
		break;
	case WR_P_ROW:
		for (uint32_t c = 0; c < builder->type->child_count; c++)
			put_random(builder->child[c], number + c);
		wr_builder_row(builder);
		break;
	}
}

/* A stream of one group: rows and which of them are taken back. */
struct input {
	struct wr_column *column[3];
	uint32_t count; /* of columns */
	uint8_t retract[ROWS];
};

/* A retraction repeats a row that is in. */
static void input_make(struct input *input, const struct wr_agg_call *call)
{
	uint32_t number[ROWS], live[ROWS], live_count = 0;

	input->count = call->arg_count;
	for (uint32_t i = 0; i < ROWS; i++) {
		input->retract[i] = call->retract && live_count > 0 && below(3) == 0;
		if (input->retract[i]) {
			uint32_t at = below(live_count);

			number[i] = live[at];
			live[at] = live[--live_count];
			continue;
		}
		number[i] = live[live_count++] = below(7);
	}
	for (uint32_t c = 0; c < call->arg_count; c++) {
		struct wr_builder *builder;

		if (call->const_arg[c] != NULL) {
			input->column[c] = wr_column_ref(call->const_arg[c]);
			continue;
		}
		builder = wr_builder_new(call->arg_type[c], ROWS);
		for (uint32_t i = 0; i < ROWS; i++)
			put_random(builder, number[i] + c);
		input->column[c] = wr_builder_finish(builder);
		wr_builder_free(builder);
	}
}

static void feed(const struct agg_case *c, uint8_t *slot, const struct input *input, uint32_t from,
		 uint32_t to)
{
	uint8_t *slots[ROWS];
	struct wr_column *column[3];

	for (uint32_t i = 0; i < to - from; i++)
		slots[i] = slot;
	for (uint32_t a = 0; a < input->count; a++)
		column[a] = input->column[a]->is_const
				? wr_column_ref(input->column[a])
				: wr_column_slice(input->column[a], from, to - from);
	c->call->agg->update(c->call, c->memory, slots, SLOT_OFFSET, column,
			     c->call->retract ? input->retract + from : NULL, to - from);
	for (uint32_t a = 0; a < input->count; a++)
		wr_column_unref(column[a]);
}

static void save(const struct agg_case *c, const uint8_t *slot, struct wr_text *text)
{
	wr_text_clear(text);
	if (c->call->agg->save != NULL)
		c->call->agg->save(c->call, slot, SLOT_OFFSET, text);
	else
		wr_text_add(text, slot + SLOT_OFFSET, c->call->agg->size(c->call));
}

/* From a copy of exactly these bytes, so that a sanitizer sees reads behind them. */
static bool load(const struct agg_case *c, uint8_t *slot, const char *bytes, size_t len)
{
	char *copy = malloc(len + (len == 0));
	bool good;

	memcpy(copy, bytes, len);
	if (c->call->agg->load != NULL) {
		good = c->call->agg->load(c->call, c->memory, slot, SLOT_OFFSET, copy,
					  copy + len) == copy + len;
	} else {
		good = len == c->call->agg->size(c->call);
		if (good)
			memcpy(slot + SLOT_OFFSET, copy, len);
	}
	free(copy);
	return good;
}

static void damage(const struct agg_case *c, const struct wr_text *bytes)
{
	char *flipped = malloc(bytes->len + 1);

	for (size_t cut = 0; cut < bytes->len; cut++) {
		uint8_t *slot = agg_slot_new(c);

		assert_false(load(c, slot, bytes->data, cut));
		agg_slot_free(c, slot);
	}
	for (uint32_t n = 0; c->call->agg->load != NULL && bytes->len > 0 && n < 60; n++) {
		uint8_t *slot = agg_slot_new(c);

		memcpy(flipped, bytes->data, bytes->len);
		for (uint32_t flips = 1 + below(3); flips > 0; flips--)
			flipped[below((uint32_t)bytes->len)] ^= (char)(1u << below(8));
		if (load(c, slot, flipped, bytes->len) &&
		    (c->call->agg->fault == NULL ||
		     c->call->agg->fault(c->call, slot, SLOT_OFFSET) == NULL)) {
			struct wr_column *out = wr_column_new(c->call->type, 1);

			c->call->agg->value(c->call, &slot, SLOT_OFFSET, 1, out);
			wr_column_unref(out);
		}
		agg_slot_free(c, slot);
	}
	free(flipped);
}

static void same_value(const struct agg_case *c, const char *what, uint8_t *slot, uint8_t *other)
{
	struct wr_text a, b;

	wr_text_init(&a);
	wr_text_init(&b);
	if (c->call->agg->fault == NULL ||
	    c->call->agg->fault(c->call, slot, SLOT_OFFSET) == NULL) {
		agg_slot_print(c, slot, &a);
		agg_slot_print(c, other, &b);
		if (strcmp(wr_text_str(&a), wr_text_str(&b)) != 0)
			fail_msg("%s: %s, loaded %s", what, wr_text_str(&a), wr_text_str(&b));
	}
	wr_text_release(&a);
	wr_text_release(&b);
}

/* One call over random rows, saved after each of some of them. */
static void run_call(struct agg_case *c, const char *what)
{
	struct wr_text bytes, again;
	struct input input;
	uint8_t *slot = agg_slot_new(c), *copy;

	input_make(&input, c->call);
	wr_text_init(&bytes);
	wr_text_init(&again);
	for (uint32_t at = 0; at <= ROWS; at += 1 + at / 4) {
		uint32_t next = WR_MIN(at + 1 + at / 4, (uint32_t)ROWS);

		save(c, slot, &bytes);
		copy = agg_slot_new(c);
		if (!load(c, copy, wr_text_str(&bytes), bytes.len))
			fail_msg("%s: what was saved after %u rows is refused", what, at);
		save(c, copy, &again);
		assert_int_equal(again.len, bytes.len);
		assert_memory_equal(wr_text_str(&again), wr_text_str(&bytes), bytes.len);
		same_value(c, what, slot, copy);
		damage(c, &bytes);
		if (at < next) {
			feed(c, slot, &input, at, next);
			feed(c, copy, &input, at, next);
			same_value(c, what, slot, copy);
		}
		agg_slot_free(c, copy);
	}
	agg_slot_free(c, slot);
	for (uint32_t a = 0; a < input.count; a++)
		wr_column_unref(input.column[a]);
	wr_text_release(&bytes);
	wr_text_release(&again);
}

/* Tries a function over a type; types that it does not take are passed over. */
static bool try_call(const struct wr_agg_function *function, const struct wr_type *type,
		     uint32_t count, bool distinct, bool retract)
{
	struct wr_expr *arg[3];
	struct agg_case c;
	wr_status *status;
	char what[160];

	agg_case_init(&c);
	snprintf(what, sizeof what, "%s of %u of kind %d%s%s, seed %llu", function->name, count,
		 (int)type->kind, distinct ? ", DISTINCT" : "", retract ? ", of changes" : "",
		 (unsigned long long)seed);
	for (uint32_t i = 0; i < count; i++)
		arg[i] = wr_expr_column(&c.pool, i, type);
	if (strcmp(function->name, "LISTAGG") == 0 && count == 2)
		arg[1] = wr_expr_string(&c.pool, "; ", 2);
	if (strcmp(function->name, "PERCENTILE") == 0 && count == 2) {
		struct wr_column *percent = wr_column_new(&WR_T_DOUBLE_NN, 1);

		WR_DATA(percent, double)[0] = 0.3;
		wr_column_make_const(percent);
		arg[1] = wr_expr_const(&c.pool, percent);
	}
	status = wr_agg_call_new(&c.pool, function, arg, count, distinct, true, retract,
				 (struct wr_pos){0}, &c.call);
	if (status == NULL) {
		for (uint32_t i = 0; i < count; i++)
			if (arg[i]->kind == WR_E_CAST) /* another type is tried by itself */
				count = 0;
		c.slot_size = SLOT_OFFSET + (c.call->agg->size(c.call) + 15) / 16 * 16;
		if (count > 0 || c.call->arg_count == 0)
			run_call(&c, what);
	}
	agg_case_release(&c);
	if (status == NULL)
		return true;
	wr_status_free(status);
	return false;
}

static void run_function(const struct wr_agg_function *function, uint32_t most)
{
	static const char *const row_name[] = {"a", "b"};
	static const struct wr_type *const row_child[] = {&WR_T_INT, &WR_T_STRING};
	static const struct wr_type row = {.kind = WR_ROW,
					   .nullable = true,
					   .child_count = 2,
					   .child = row_child,
					   .name = row_name};
	static const struct wr_type list = {
	    .kind = WR_ARRAY, .nullable = true, .child_count = 1, .child = &row_child[1]};
	static const struct wr_type map = {
	    .kind = WR_MAP, .nullable = true, .child_count = 2, .child = row_child};
	static const struct wr_type decimal = {
	    .kind = WR_DECIMAL, .nullable = true, .precision = 20, .scale = 4};
	static const struct wr_type *const types[] = {&WR_T_BOOLEAN,
						      &WR_T_TINYINT,
						      &WR_T_SMALLINT,
						      &WR_T_INT,
						      &WR_T_BIGINT,
						      &decimal,
						      &WR_T_FLOAT,
						      &WR_T_DOUBLE,
						      &WR_T_STRING,
						      &WR_T_BYTES,
						      &WR_T_DATE,
						      &WR_T_TIMESTAMP3,
						      &WR_T_TIMESTAMP9,
						      &WR_T_INT_NN,
						      &WR_T_STRING_NN,
						      &row,
						      &list,
						      &map,
						      &WR_T_INTERVAL_DAY};
	uint32_t taken = 0;

	for (uint32_t count = function->min_args; count <= WR_MIN(most, function->max_args);
	     count++)
		for (uint32_t t = 0; t < WR_COUNT(types); t++)
			for (uint32_t flags = 0; flags < 4; flags++)
				taken += try_call(function, types[t], count, flags & 1, flags & 2);
	if (taken == 0)
		fail_msg("%s takes no type of this test", function->name);
}

static void test_all(void **state)
{
	uint32_t count;
	const struct wr_agg_function *const *all = wr_agg_list(&count);
	const char *given = getenv("WEIR_TEST_SEED");

	(void)state;
	assert_true(count > 10);
	for (uint32_t n = 1; n <= SEEDS; n++) {
		seed = (given != NULL ? strtoull(given, NULL, 10) : n) * 0x9e3779b97f4a7c15ull;
		for (uint32_t i = 0; i < count; i++)
			run_function(all[i], 2);
	}
}

/* Those that only OVER has: never over changes. */
static void test_over(void **state)
{
	static const struct wr_agg_function *const all[] = {
	    &wr_agg_function_lag, &wr_agg_function_rank, &wr_agg_function_dense_rank};

	(void)state;
	seed = 12345;
	for (uint32_t i = 0; i < WR_COUNT(all); i++) {
		assert_true(try_call(all[i], &WR_T_BIGINT, 1, false, false));
		assert_true(try_call(all[i], &WR_T_STRING, 1, false, false));
		assert_true(try_call(all[i], &WR_T_BIGINT, 2, false, false));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_all),
	    cmocka_unit_test(test_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

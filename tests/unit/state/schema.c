/* SPDX-License-Identifier: Apache-2.0
 *
 * schema - tests: types survive being packed; rows with columns left out or moved are those that
 * would have been encoded so; saved states are matched with declared ones, with the reason.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../data/random_column.h"
#include "base/mem.h"
#include "state/packed.h"
#include "state/row_change.h"
#include "state/schema.h"

#define ROWS 50u

/* --- types */

static void types_are_packed(void **state)
{
	const struct wr_type *types[RANDOM_TYPES_MAX];
	struct wr_arena arena;
	struct wr_text text;
	uint32_t count;

	wr_arena_init(&arena);
	count = random_types(&arena, types);
	for (uint32_t i = 0; i < 2 * count; i++) {
		const struct wr_type *type = wr_type_nullable(&arena, types[i / 2], i % 2 == 0);
		struct wr_packed in;

		wr_text_init(&text);
		wr_pack_type(&text, type);
		in = (struct wr_packed){text.data, text.data + text.len, &arena, false};
		assert_true(wr_type_equal(wr_unpack_type(&in), type, true));
		assert_false(in.bad);
		assert_ptr_equal(in.at, in.end);
		for (size_t cut = 0; cut < text.len; cut++) {
			in = (struct wr_packed){text.data, text.data + cut, &arena, false};
			(void)wr_unpack_type(&in);
			assert_true(in.bad);
		}
		wr_text_release(&text);
	}
	wr_arena_release(&arena);
}

/* Any bytes are a type or are refused. */
static void random_bytes_are_no_harm(void **state)
{
	struct wr_arena arena;
	uint64_t seed = 5;
	char bytes[24];

	wr_arena_init(&arena);
	for (uint32_t i = 0; i < 100000; i++) {
		struct wr_packed in = {bytes, bytes + sizeof bytes, &arena, false};

		for (uint32_t k = 0; k < sizeof bytes; k++)
			bytes[k] = (char)(random_next(&seed) % (k == 0 ? 256 : 30));
		assert_non_null(wr_unpack_type(&in));
		wr_arena_reset(&arena);
	}
	wr_arena_release(&arena);
}

/* --- rows */

static void rows_are_changed(void **state)
{
	const struct wr_type *types[RANDOM_TYPES_MAX], *to[RANDOM_TYPES_MAX];
	struct wr_column *column[RANDOM_TYPES_MAX], *picked[RANDOM_TYPES_MAX];
	struct wr_row_change change;
	struct wr_codec codec;
	struct wr_encoded before, after;
	struct wr_arena arena;
	struct wr_text text;
	uint32_t from[RANDOM_TYPES_MAX], count;
	uint64_t seed = 7;

	wr_arena_init(&arena);
	count = random_types(&arena, types);
	for (uint32_t i = 0; i < count; i++)
		column[i] = random_column(types[i], ROWS, 3, &seed);
	wr_codec_init(&change.saved, &arena, types, count);
	wr_encoded_init(&before);
	wr_encoded_init(&after);
	wr_text_init(&text);
	wr_codec_encode_batch(&change.saved, &before, column, NULL, ROWS);
	for (uint32_t round = 0; round < 40; round++) {
		change.count = (uint32_t)(random_next(&seed) % (count + 1));
		change.from = from;
		for (uint32_t i = 0; i < change.count; i++) {
			from[i] = (uint32_t)(random_next(&seed) % count);
			to[i] = types[from[i]];
			picked[i] = column[from[i]];
		}
		wr_codec_init(&codec, &arena, to, change.count);
		wr_codec_encode_batch(&codec, &after, picked, NULL, ROWS);
		for (uint32_t i = 0; i < ROWS; i++) {
			uint32_t len, expected_len;
			const char *row = wr_encoded_row(&before, i, &len);
			const char *expected = wr_encoded_row(&after, i, &expected_len);

			wr_text_clear(&text);
			wr_text_puts(&text, "in front");
			assert_true(wr_row_change_apply(&change, (struct wr_str){row, len}, &text));
			assert_int_equal(text.len, 8 + expected_len);
			assert_memory_equal(text.data + 8, expected, expected_len);
			/* damaged */
			assert_false(
			    wr_row_change_apply(&change, (struct wr_str){row, len - 1}, &text));
			assert_int_equal(text.len, 8 + expected_len);
		}
	}
	for (uint32_t i = 0; i < count; i++)
		wr_column_unref(column[i]);
	wr_encoded_release(&before);
	wr_encoded_release(&after);
	wr_text_release(&text);
	wr_arena_release(&arena);
}

/* --- states */

static const struct wr_type *const key_type[] = {&WR_T_BIGINT, &WR_T_STRING};
static const char *const key_name[] = {"user", "country"};
static const char *const column_name[] = {"id", "name", "id"};
static const struct wr_type *const column_type[] = {&WR_T_BIGINT, &WR_T_STRING, &WR_T_INT};
static const char *const moved_name[] = {"name", "id"};
static const struct wr_type *const moved_type[] = {&WR_T_STRING, &WR_T_BIGINT};
static const char *const other_name[] = {"id", "price"};
static const struct wr_type *const wrong_type[] = {&WR_T_STRING, &WR_T_STRING};
static const char *const number_name[] = {"matches", "time"};
static const uint32_t route[] = {0, 1};
static const struct wr_type *const bigint[] = {&WR_T_BIGINT};
static const struct wr_type *const bigint_nn[] = {&WR_T_BIGINT_NN};
static const struct wr_type *const doubles[] = {&WR_T_DOUBLE};
static const struct wr_str no_const[] = {{NULL, 0}};
static const struct wr_str comma[] = {{"\1\1,", 3}};

static const struct wr_saved_call sum_call = {
    .function = "SUM",
    .agg = "sum_i64",
    .type = &WR_T_BIGINT,
    .arg_count = 1,
    .arg_type = bigint,
    .const_arg = no_const,
};

/* The call with something else; one per place in the text. */
#define CALL(change)                                                                               \
	({                                                                                         \
		static struct wr_saved_call call;                                                  \
		call = sum_call;                                                                   \
		change;                                                                            \
		&call;                                                                             \
	})

static const struct wr_saved_field field_rows = {.name = "rows", .kind = WR_FIELD_NUMBER};
static const struct wr_saved_field field_list = {.name = "left",
						 .kind = WR_FIELD_ROWS,
						 .column_count = 3,
						 .column = column_name,
						 .type = column_type,
						 .number_count = 2,
						 .number = number_name};

static struct wr_saved_field accumulator(const char *name, const struct wr_saved_call *call)
{
	return (struct wr_saved_field){.name = name, .kind = WR_FIELD_ACCUMULATOR, .call = call};
}

/* The state of the checkpoint: a count, a sum and a list of rows. */
static struct wr_saved_state base(struct wr_saved_field *field)
{
	field[0] = field_rows;
	field[1] = accumulator("SUM(amount)", &sum_call);
	field[2] = field_list;
	return (struct wr_saved_state){
	    .op = "group orders",
	    .op_type = "group_agg",
	    .op_version = 2,
	    .name = "groups",
	    .meaning = "orders by user, country",
	    .key_count = 2,
	    .key_name = key_name,
	    .key_type = key_type,
	    .route_count = 2,
	    .route = route,
	    .field_count = 3,
	    .field = field,
	};
}

/* Matches one saved state with one declared one. */
static void expect(const struct wr_saved_state *declared, enum wr_fit fit, const char *reason)
{
	struct wr_saved_field field[3];
	struct wr_saved_state saved = base(field);
	const struct wr_state_fit *out;
	struct wr_arena arena;
	uint32_t count;

	wr_arena_init(&arena);
	out = wr_schema_match(&arena, &saved, 1, declared, 1, &count);
	assert_int_equal(count, 1);
	assert_string_equal(wr_fit_name(out->fit), wr_fit_name(fit));
	if (reason == NULL)
		assert_null(out->reason);
	else
		assert_string_equal(out->reason, reason);
	wr_arena_release(&arena);
}

static void fields_are_matched(void **state)
{
	struct wr_saved_field field[4];
	struct wr_saved_state declared = base(field);

	expect(&declared, WR_FIT_KEPT, NULL);
	declared.ttl_ms = 1;
	expect(&declared, WR_FIT_KEPT, "With another time to live than in the checkpoint");
	/* one aggregate more, one less, in another order */
	declared = base(field);
	field[3] = field[1];
	field[1] = accumulator("MAX(amount)", CALL(call.function = "MAX"));
	declared.field_count = 4;
	expect(&declared, WR_FIT_PART, "The checkpoint has no 'MAX(amount)'");
	field[1] = field[2];
	field[2] = field[3];
	declared.field_count = 3;
	expect(&declared, WR_FIT_KEPT, NULL);
	declared = base(field);
	field[1] = field[2];
	declared.field_count = 2;
	expect(&declared, WR_FIT_KEPT, NULL);
	/* something else that is missing */
	declared = base(field);
	field[0].name = "count";
	expect(&declared, WR_FIT_REBUILT, "The checkpoint has no 'count'");
	declared = base(field);
	field[0].kind = WR_FIELD_BYTES;
	expect(&declared, WR_FIT_REBUILT, "'rows' is of another kind in the checkpoint");
	/* rows */
	declared = base(field);
	field[2].number_count = 1;
	expect(&declared, WR_FIT_REBUILT,
	       "The rows of 'left' have other numbers in the checkpoint");
	declared = base(field);
	field[2].column = other_name;
	expect(&declared, WR_FIT_REBUILT, "'left' has no column 'price' in the checkpoint");
	field[2].column = moved_name;
	field[2].type = wrong_type;
	field[2].column_count = 2;
	expect(&declared, WR_FIT_REBUILT,
	       "Column 'id' is of type BIGINT in the checkpoint, of type STRING now");
	field[2].type = moved_type;
	expect(&declared, WR_FIT_KEPT, NULL);
}

static void accumulators_are_matched(void **state)
{
	const struct wr_saved_call *const same[] = {&sum_call, CALL(call.arg_type = bigint_nn),
						    CALL(call.type = &WR_T_BIGINT_NN),
						    CALL(call.grouped = true)};
	const struct {
		const struct wr_saved_call *call;
		const char *reason;
	} other[] = {
	    {CALL(call.arg_type = doubles),
	     "The argument of 'SUM(amount)' is of type BIGINT in the "
	     "checkpoint, of type DOUBLE now"},
	    {CALL(call.function = "MAX"), "'SUM(amount)' is another aggregate in the checkpoint"},
	    {CALL(call.distinct = true), "'SUM(amount)' is another aggregate in the checkpoint"},
	    {CALL(call.words = 1), "'SUM(amount)' is another aggregate in the checkpoint"},
	    {CALL(call.const_arg = comma), "'SUM(amount)' is another aggregate in the checkpoint"},
	    {CALL(call.agg = "sum_retract"; call.retract = true),
	     "'SUM(amount)' is kept as sum_i64 in the checkpoint, as sum_retract now"},
	};
	struct wr_saved_field field[3];
	struct wr_saved_state declared = base(field);

	for (uint32_t i = 0; i < WR_COUNT(same); i++) {
		field[1].call = same[i];
		expect(&declared, WR_FIT_KEPT, NULL);
	}
	for (uint32_t i = 0; i < WR_COUNT(other); i++) {
		field[1].call = other[i].call;
		expect(&declared, WR_FIT_PART, other[i].reason);
	}
}

static void keys_and_operators_are_matched(void **state)
{
	static const struct wr_type *const swapped[] = {&WR_T_STRING, &WR_T_BIGINT};
	static const struct wr_type *const strict[] = {&WR_T_BIGINT_NN, &WR_T_STRING};
	struct wr_saved_field field[3];
	struct wr_saved_state declared = base(field);

	declared.key_type = swapped;
	expect(&declared, WR_FIT_REBUILT,
	       "Key column 'user' is of type BIGINT in the checkpoint, of type STRING now");
	declared.key_type = strict;
	expect(&declared, WR_FIT_REBUILT,
	       "Key column 'user' is of type BIGINT in the checkpoint, of type BIGINT NOT NULL "
	       "now");
	declared = base(field);
	declared.key_count = 1;
	expect(&declared, WR_FIT_REBUILT, "The key has 2 columns in the checkpoint, 1 now");
	declared = base(field);
	declared.route_count = 1;
	expect(&declared, WR_FIT_REBUILT,
	       "Rows are distributed by other key columns than in the checkpoint");
	declared = base(field);
	declared.op_version = 3;
	expect(&declared, WR_FIT_REBUILT,
	       "The checkpoint has version 2 of the operator's state, this version of Weir has 3");
	declared = base(field);
	declared.op_type = "window_agg";
	expect(&declared, WR_FIT_REBUILT,
	       "The operator was a group_agg in the checkpoint and is a window_agg now");
	declared = base(field);
	declared.meaning = "orders by country, user";
	expect(&declared, WR_FIT_REBUILT, "It means something else in the checkpoint");
}

/* Which state goes with which, and how a saved one becomes the declared one. */
static void states_are_found(void **state)
{
	struct wr_saved_field field_a[3], field_b[3];
	struct wr_saved_state saved[3] = {base(field_a), base(field_a), base(field_a)};
	struct wr_saved_state declared[4] = {base(field_b), base(field_b), base(field_b),
					     base(field_b)};
	const struct wr_state_fit *fit;
	struct wr_arena arena;
	uint32_t count;

	wr_arena_init(&arena);
	field_b[0] = field_list;
	field_b[0].column = moved_name;
	field_b[0].type = moved_type;
	field_b[0].column_count = 2;
	field_b[1] = accumulator("SUM(price)", &sum_call);
	field_b[2] = field_rows;
	saved[0].op = "gone";
	saved[1].name = "old part";
	declared[0].name = "new part";
	declared[2].op = "new";
	declared[3].op = "new";
	declared[3].name = "second";
	fit = wr_schema_match(&arena, saved, 3, declared, 4, &count);
	assert_int_equal(count, 6);
	assert_int_equal(fit[0].fit, WR_FIT_NEW);
	assert_string_equal(fit[0].reason, "The operator has no such state in the checkpoint");
	assert_int_equal(fit[1].fit, WR_FIT_PART);
	assert_int_equal(fit[1].saved, 2);
	assert_int_equal(fit[1].map.saved_count, 3);
	assert_int_equal(fit[1].map.from[0], 2);
	assert_int_equal(fit[1].map.from[1], UINT32_MAX);
	assert_int_equal(fit[1].map.from[2], 0);
	assert_non_null(fit[1].map.change[0]);
	assert_int_equal(fit[1].map.change[0]->from[0], 1);
	assert_int_equal(fit[1].map.change[0]->from[1], 0); /* the first "id", not the second */
	assert_null(fit[1].map.change[2]);
	assert_int_equal(fit[2].fit, WR_FIT_NEW);
	assert_string_equal(fit[2].reason, "The checkpoint has no such operator");
	assert_int_equal(fit[4].fit, WR_FIT_DROPPED);
	assert_int_equal(fit[4].saved, 0);
	assert_string_equal(fit[4].reason, "The query has no such operator any more");
	assert_int_equal(fit[5].saved, 1);
	assert_string_equal(fit[5].reason, "The operator has no such state any more");
	wr_arena_release(&arena);
}

/* Two sides of a join: when one cannot be kept, neither is. */
static void an_operator_is_kept_as_a_whole(void **state)
{
	struct wr_saved_field field_a[3], field_b[3], field_c[3];
	struct wr_saved_state saved[2] = {base(field_a), base(field_a)};
	struct wr_saved_state declared[2] = {base(field_b), base(field_c)};
	const struct wr_state_fit *fit;
	struct wr_arena arena;
	uint32_t count;

	wr_arena_init(&arena);
	saved[0].name = declared[0].name = "left";
	saved[1].name = declared[1].name = "right";
	field_c[0].name = "other";
	fit = wr_schema_match(&arena, saved, 2, declared, 2, &count);
	assert_int_equal(count, 2);
	assert_int_equal(fit[0].fit, WR_FIT_REBUILT);
	assert_string_equal(fit[0].reason,
			    "It belongs to 'right' of the operator, which is rebuilt");
	assert_int_equal(fit[1].fit, WR_FIT_REBUILT);
	assert_string_equal(fit[1].reason, "The checkpoint has no 'other'");
	wr_arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(types_are_packed),
	    cmocka_unit_test(random_bytes_are_no_harm),
	    cmocka_unit_test(rows_are_changed),
	    cmocka_unit_test(fields_are_matched),
	    cmocka_unit_test(accumulators_are_matched),
	    cmocka_unit_test(keys_and_operators_are_matched),
	    cmocka_unit_test(states_are_found),
	    cmocka_unit_test(an_operator_is_kept_as_a_whole),
	};

	return cmocka_run_group_tests_name("schema", tests, NULL, NULL);
}

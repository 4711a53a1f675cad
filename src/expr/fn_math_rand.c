/* SPDX-License-Identifier: Apache-2.0
 *
 * fn_math_rand - RAND and RAND_INTEGER: java.util.Random's numbers.
 *
 * A constant seed starts one sequence that the rows draw from in order; a seed that is a column
 * starts a new one for each row, of which the first number is the result. Without a seed the
 * sequence starts from the system's generator.
 */
#include "base/env.h"
#include "base/mem.h"
#include "expr/fn_math.h"
#include "expr/java_math.h"
#include "expr/kernel.h"

/* Index of the seed's argument, or -1: none. */
static int seed_index(const struct wr_call *call)
{
	bool integer = call->type->kind == WR_INT;

	return call->arg_count == (integer ? 2u : 1u) ? 0 : -1;
}

/* A constant seed, or one from the system. */
static wr_status *rand_prepare(struct wr_call *call, void **state)
{
	struct wr_java_random *random = wr_malloc(sizeof *random);
	int seed = seed_index(call);
	int64_t start = 0;

	if (seed < 0)
		wr_env_system()->ops->random(wr_env_system(), &start, sizeof start);
	else if (wr_call_const(call, 0) != NULL)
		start = wr_int_at(call->const_arg[0], 0);
	wr_java_random_seed(random, start);
	*state = random;
	return NULL;
}

/* The generator for row i. */
static struct wr_java_random *generator(const struct wr_call *call, struct wr_column *const *arg,
					uint32_t i, struct wr_java_random *own)
{
	if (seed_index(call) < 0 || call->const_arg[0] != NULL)
		return call->state;
	wr_java_random_seed(own, wr_int_at(arg[0], i));
	return own;
}

static wr_status *rand_kernel(struct wr_eval *eval, const struct wr_call *call,
			      struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	struct wr_java_random own;

	for (uint32_t i = 0; i < rows; i++)
		if (!wr_skips(eval, out, i))
			WR_DATA(out, double)
	[i] = wr_java_random_double(generator(call, arg, i, &own));
	return NULL;
}

/* A bound that is not above 0 fails its row. */
static wr_status *rand_integer_kernel(struct wr_eval *eval, const struct wr_call *call,
				      struct wr_column *const *arg, uint32_t rows,
				      struct wr_column *out)
{
	struct wr_java_random own;

	for (uint32_t i = 0; i < rows; i++) {
		if (wr_skips(eval, out, i))
			continue;
		int64_t bound = wr_int_at(arg[call->arg_count - 1], i);
		if (bound <= 0) {
			wr_eval_fail(eval, i, "RAND_INTEGER needs a bound above 0, not %lld",
				     (long long)bound);
			continue;
		}
		WR_DATA(out, int32_t)
		[i] = wr_java_random_below(generator(call, arg, i, &own), (int32_t)bound);
	}
	return NULL;
}

/* INT arguments (or smaller). */
static wr_status *infer_ints(struct wr_infer *infer, const struct wr_type *result)
{
	for (uint32_t i = 0; i < infer->arg_count; i++) {
		const struct wr_type *type = infer->arg[i]->type;
		if (type == NULL || !(type->kind == WR_TINYINT || type->kind == WR_SMALLINT ||
				      type->kind == WR_INT || type->kind == WR_NULL))
			return wr_infer_mismatch(infer);
		infer->want[i] = &WR_T_INT;
	}
	infer->result = result;
	return NULL;
}

static wr_status *infer_rand(struct wr_infer *infer)
{
	return infer_ints(infer, &WR_T_DOUBLE);
}

static wr_status *infer_rand_integer(struct wr_infer *infer)
{
	return infer_ints(infer, &WR_T_INT);
}

const struct wr_function wr_fn_rand = {
    .name = "RAND",
    .category = "arithmetic",
    .syntax = "RAND([seed])",
    .doc = "A random DOUBLE from 0 up to, but not including, 1.",
    .flags = WR_F_STRICT | WR_F_DYNAMIC,
    .max_args = 1,
    .infer = infer_rand,
    .kernel = rand_kernel,
    .prepare = rand_prepare,
    .release = wr_free,
};

const struct wr_function wr_fn_rand_integer = {
    .name = "RAND_INTEGER",
    .category = "arithmetic",
    .syntax = "RAND_INTEGER([seed, ]bound)",
    .doc = "A random INT from 0 up to, but not including, the bound.",
    .flags = WR_F_STRICT | WR_F_DYNAMIC | WR_F_FALLIBLE,
    .min_args = 1,
    .max_args = 2,
    .infer = infer_rand_integer,
    .kernel = rand_integer_kernel,
    .prepare = rand_prepare,
    .release = wr_free,
};

/* SPDX-License-Identifier: Apache-2.0
 *
 * mean - an aggregate in C for SQL: GEOMETRIC_MEAN(x), which can take rows back (updating inputs,
 * OVER) and be merged (HOP, CUMULATE and SESSION windows).
 */
#include <math.h>

#include "weir/weir.h"

struct mean {
	double logs;
	int64_t count;
};

static int take(struct weir_call *call, struct mean *mean, const struct weir_row *args, int sign)
{
	double x = 0;

	weir_get_f64(args, 0, &x);
	if (x <= 0)
		return weir_call_fail(call, "%g is not above zero", x);
	mean->logs += sign * log(x);
	mean->count += sign;
	return 0;
}

static int add(void *self, struct weir_call *call, void *acc, const struct weir_row *args)
{
	(void)self;
	return take(call, acc, args, 1);
}

static int take_back(void *self, struct weir_call *call, void *acc, const struct weir_row *args)
{
	(void)self;
	return take(call, acc, args, -1);
}

static int merge(void *self, struct weir_call *call, void *into, const void *from)
{
	struct mean *to = into;
	const struct mean *other = from;

	(void)self, (void)call;
	to->logs += other->logs;
	to->count += other->count;
	return 0;
}

static int result(void *self, struct weir_call *call, const void *acc, struct weir_appender *out)
{
	const struct mean *mean = acc;

	(void)self, (void)call;
	if (mean->count > 0)
		weir_append_f64(out, exp(mean->logs / (double)mean->count));
	return 0;
}

const struct weir_function geometric_mean_function = {
    .size = sizeof(struct weir_function),
    .kind = WEIR_AGGREGATE,
    .flags = WEIR_NULL_IN_NULL_OUT,
    .arguments = "x DOUBLE",
    .result = "DOUBLE",
    .accumulator = "logs DOUBLE, n BIGINT",
    .accumulator_size = sizeof(struct mean),
    .accumulate = add,
    .retract = take_back,
    .merge = merge,
    .get_result = result,
};

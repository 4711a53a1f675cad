/* SPDX-License-Identifier: Apache-2.0
 *
 * agg_registry - the list of aggregate functions, in the order of the manual.
 */
#include "expr/agg_internal.h"
#include "expr/tables.h"

const struct wr_agg_function *const wr_agg_table[] = {
    &wr_agg_function_count,         &wr_agg_function_avg,
    &wr_agg_function_sum,           &wr_agg_function_max,
    &wr_agg_function_min,           &wr_agg_function_stddev_pop,
    &wr_agg_function_stddev_samp,   &wr_agg_function_var_pop,
    &wr_agg_function_var_samp,      &wr_agg_function_collect,
    &wr_agg_function_array_agg,     &wr_agg_function_listagg,
    &wr_agg_function_first_value,   &wr_agg_function_last_value,
    &wr_agg_function_percentile,    &wr_agg_function_json_objectagg,
    &wr_agg_function_json_arrayagg, &wr_agg_function_single_value,
    &wr_agg_function_sum0,
};
const uint32_t wr_agg_table_count = WR_COUNT(wr_agg_table);

const struct wr_agg_function *const *wr_agg_list(uint32_t *count)
{
	*count = wr_agg_table_count;
	return wr_agg_table;
}

/* A few names: searched one by one, once per call in a script. */
const struct wr_agg_function *wr_agg_find(const char *name, uint32_t len)
{
	struct wr_str want = {name, len};

	for (uint32_t i = 0; i < wr_agg_table_count; i++) {
		const struct wr_agg_function *function = wr_agg_table[i];
		if (wr_str_eq_nocase(want, function->name))
			return function;
		for (uint32_t a = 0; function->aliases != NULL && function->aliases[a] != NULL;
		     a++) {
			if (wr_str_eq_nocase(want, function->aliases[a]))
				return function;
		}
	}
	return NULL;
}

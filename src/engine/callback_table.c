/* SPDX-License-Identifier: Apache-2.0
 *
 * callback_table - see callback_table.h.
 */
#include "engine/callback_table.h"

#include "analyze/program_table.h"
#include "connectors/embed_function.h"

wr_status *wr_source_table_new(struct wr_analyze_env *env, const struct weir_source *source,
			       struct wr_table **out)
{
	struct wr_source_function *function;

	WR_TRY(wr_source_function_new(source, &function));
	return wr_program_source_table(env, function->given.name, function->given.columns,
				       &function->connector, &function->embed, out);
}

void wr_source_table_wake(const struct wr_table *source)
{
	wr_source_function_wake((struct wr_source_function *)source->embed);
}

wr_status *wr_sink_table_new(const struct wr_schema *columns, const struct weir_sink *sink,
			     struct wr_table **out)
{
	struct wr_sink_function *function;

	WR_TRY(wr_sink_function_new(sink, &function));
	*out = wr_program_sink_table(function->given.name, columns, &function->connector,
				     &function->embed);
	return NULL;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * plugin_table - a table as connectors and formats of plugins see it (weir/weir_plugin.h), what
 * both are declared with, and the bytes that callbacks write.
 *
 * Memory: the caller's; columns and options are the plan's. Thread: one owner.
 */
#ifndef WR_CATALOG_PLUGIN_TABLE_H
#define WR_CATALOG_PLUGIN_TABLE_H

#include "base/limits.h"
#include "base/option.h"
#include "data/view.h"
#include "weir/weir_plugin.h"

struct weir_table {
	const char *name;
	struct weir_result columns;
	const struct wr_options *options;
	char failure[WR_REASON_BYTES_MAX]; /* what weir_table_fail said; "": nothing */
};

/* What weir_put appends to. */
struct weir_bytes_out {
	struct wr_text *text;              /* borrowed */
	char failure[WR_REASON_BYTES_MAX]; /* what weir_put_fail said; "": nothing */
};

wr_status *wr_plugin_table_init(struct weir_table *table, const char *name,
				const struct wr_schema *schema, const struct wr_options *options,
				const char *zone_id);
void wr_plugin_table_release(struct weir_table *table);
/* "Connector 'x' refuses table 't': why", for a call that returned something other than 0. */
wr_status *wr_plugin_table_failed(const struct weir_table *table, const char *what,
				  const char *name);
/* Options of a plugin as ours. */
wr_status *wr_plugin_options(struct wr_arena *arena, const char *what,
			     const struct weir_option *given, uint32_t count,
			     const struct wr_option **out);
/* A struct of the plugin's version as one of ours; `least`: bytes of its first version. */
wr_status *wr_plugin_copy(void *to, size_t to_size, const void *from, size_t least,
			  const char *what);

#endif

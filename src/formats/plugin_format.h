/* SPDX-License-Identifier: Apache-2.0
 *
 * plugin_format - a format of a plugin (weir/weir_plugin.h) as one of ours: its callbacks see one
 * record and one row at a time.
 *
 * Memory: the arena's; lives as long as the session. Thread: as the contract of formats says.
 */
#ifndef WR_FORMATS_PLUGIN_FORMAT_H
#define WR_FORMATS_PLUGIN_FORMAT_H

#include "base/arena.h"
#include "catalog/format.h"
#include "weir/weir_plugin.h"

struct wr_plugin_format {
	struct wr_format format;
	struct weir_format given;
};

wr_status *wr_plugin_format_new(struct wr_arena *arena, const struct weir_format *given,
				const struct wr_plugin_format **out);

#endif

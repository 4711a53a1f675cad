/* SPDX-License-Identifier: Apache-2.0
 *
 * plugin_connector - a connector of a plugin (weir/weir_plugin.h) as one of ours.
 *
 * What it makes for a table are the callbacks of a source or sink of a program, which
 * embed_source.c and embed_sink.c run.
 *
 * Memory: the arena's; lives as long as the session. Thread: as the contract of connectors says.
 */
#ifndef WR_CONNECTORS_PLUGIN_CONNECTOR_H
#define WR_CONNECTORS_PLUGIN_CONNECTOR_H

#include "base/arena.h"
#include "catalog/connector.h"
#include "weir/weir_plugin.h"

struct wr_plugin_connector {
	struct wr_connector connector;
	struct weir_connector given;
};

wr_status *wr_plugin_connector_new(struct wr_arena *arena, const struct weir_connector *given,
				   const struct wr_plugin_connector **out);

#endif

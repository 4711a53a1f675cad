/* SPDX-License-Identifier: Apache-2.0
 *
 * plugin_connector - see plugin_connector.h.
 *
 * A source or sink holds what the plugin made for it, with arguments that name it: both are of the
 * callbacks' object, which goes when the source or sink is closed.
 */
#include "connectors/plugin_connector.h"

#include "catalog/plugin_table.h"
#include "connectors/embed_function.h"

#define CONNECTOR_SIZE_MIN offsetof(struct weir_connector, sink)

static const struct weir_connector *given_of(const struct wr_connector_args *args)
{
	const struct wr_plugin_connector *plugin =
	    (const void *)((const char *)args->connector -
			   offsetof(struct wr_plugin_connector, connector));

	return &plugin->given;
}

/* The table's physical columns. */
static struct wr_schema physical(const struct wr_connector_args *args)
{
	return (struct wr_schema){args->physical_count, args->schema->field};
}

static wr_status *plugin_check(const struct wr_connector_args *args, bool for_sink)
{
	const struct weir_connector *given = given_of(args);
	struct wr_schema schema = physical(args);
	struct weir_table table;
	wr_status *status;

	if (given->check == NULL)
		return NULL;
	status = wr_plugin_table_init(&table, args->table, &schema, args->options, args->zone_id);
	if (status == NULL && given->check(given->user, &table, for_sink) != 0)
		status = wr_plugin_table_failed(&table, "Connector", given->name);
	wr_plugin_table_release(&table);
	return status;
}

static bool plugin_is_bounded(const struct wr_connector_args *args)
{
	return !(given_of(args)->flags & WEIR_UNBOUNDED);
}

/* --- sources */

/* Asks the plugin for the callbacks. */
static wr_status *make_source(const struct wr_connector_args *args, struct weir_source *source)
{
	const struct weir_connector *given = given_of(args);
	struct wr_schema schema = physical(args);
	struct weir_table table;
	wr_status *status;

	*source = (struct weir_source){.size = sizeof *source,
				       .name = args->table,
				       .columns = "",
				       .unbounded = !plugin_is_bounded(args)};
	status = wr_plugin_table_init(&table, args->table, &schema, args->options, args->zone_id);
	if (status == NULL && given->source(given->user, &table, source) != 0)
		status = wr_plugin_table_failed(&table, "Connector", given->name);
	wr_plugin_table_release(&table);
	if (status == NULL && (given->flags & WEIR_REPLAYS) && source->position == NULL)
		status =
		    wr_status_new(WR_USER_ERROR,
				  "Connector '%s' has the flag WEIR_REPLAYS, but its source no "
				  "`position`",
				  given->name);
	if (status == NULL && !(given->flags & WEIR_SPLITS) != (source->piece == NULL))
		status = wr_status_new(WR_USER_ERROR,
				       source->piece == NULL
					   ? "Connector '%s' has the flag WEIR_SPLITS, but its "
					     "source no `piece`"
					   : "The source of connector '%s' has `piece`, but the "
					     "connector not the flag WEIR_SPLITS",
				       given->name);
	return status;
}

static wr_status *plugin_source_open(const struct wr_connector_args *args, struct wr_host *host,
				     struct wr_source **out)
{
	struct wr_source_function *function;
	struct wr_connector_args *own;
	struct weir_source source;
	wr_status *status;

	WR_TRY(make_source(args, &source));
	WR_TRY(wr_source_function_new(&source, &function));
	own = WR_NEW(&function->arena, struct wr_connector_args);
	*own = *args;
	own->embed = &function->embed;
	status = function->connector.source_open(own, host, out);
	wr_embed_unref(&function->embed);
	return status;
}

/* --- sinks */

static wr_status *make_sink(const struct wr_connector_args *args, struct weir_sink *sink)
{
	const struct weir_connector *given = given_of(args);
	struct wr_schema schema = physical(args);
	struct weir_table table;
	wr_status *status;

	*sink = (struct weir_sink){.size = sizeof *sink,
				   .name = args->table,
				   .accepts_changes = given->flags & WEIR_CHANGES,
				   .waits = given->flags & WEIR_WAITS};
	status = wr_plugin_table_init(&table, args->table, &schema, args->options, args->zone_id);
	if (status == NULL && given->sink(given->user, &table, sink) != 0)
		status = wr_plugin_table_failed(&table, "Connector", given->name);
	wr_plugin_table_release(&table);
	if (status == NULL && (given->flags & WEIR_TWO_PHASE) && sink->prepare == NULL)
		status =
		    wr_status_new(WR_USER_ERROR,
				  "Connector '%s' has the flag WEIR_TWO_PHASE, but its sink no "
				  "`prepare`",
				  given->name);
	return status;
}

static wr_status *plugin_sink_open(const struct wr_connector_args *args, struct wr_host *host,
				   struct wr_sink **out)
{
	struct wr_sink_function *function;
	struct wr_connector_args *own;
	struct weir_sink sink;
	wr_status *status;

	WR_TRY(make_sink(args, &sink));
	WR_TRY(wr_sink_function_new(&sink, &function));
	own = WR_NEW(&function->arena, struct wr_connector_args);
	*own = *args;
	own->embed = &function->embed;
	status = function->connector.sink_open(own, host, out);
	wr_embed_unref(&function->embed);
	return status;
}

/* MAY of the plugin's sink: it is not known before the sink is there. */
static wr_status *plugin_flush(struct wr_sink *sink)
{
	return wr_sink_function_flush(sink);
}

/* --- making */

/* What the two kinds of callbacks bring with them, whatever the plugin has. */
static void add_sides(struct wr_connector *connector, const struct weir_connector *given)
{
	const struct wr_connector *source = &wr_source_function_connector;
	const struct wr_connector *sink = &wr_sink_function_connector;

	if (given->source != NULL) {
		*connector = *source;
		connector->source_open = plugin_source_open;
		connector->is_bounded = plugin_is_bounded;
		connector->splits = given->flags & WEIR_SPLITS;
		if (!(given->flags & WEIR_REPLAYS))
			connector->position = NULL, connector->seek = NULL;
	}
	if (given->sink == NULL)
		return;
	connector->sink_open = plugin_sink_open;
	connector->writer_new = sink->writer_new;
	connector->encode = sink->encode;
	connector->writer_free = sink->writer_free;
	connector->write = sink->write;
	connector->chunk_free = sink->chunk_free;
	connector->flush = plugin_flush;
	connector->sink_close = sink->sink_close;
	connector->accepts_updates = given->flags & WEIR_CHANGES;
	connector->blocks = given->flags & WEIR_WAITS;
	if (given->flags & WEIR_TWO_PHASE) {
		connector->prepare = sink->prepare;
		connector->commit = sink->commit;
		connector->restore = sink->restore;
	}
}

wr_status *wr_plugin_connector_new(struct wr_arena *arena, const struct weir_connector *given,
				   const struct wr_plugin_connector **out)
{
	struct wr_plugin_connector *plugin = WR_NEW(arena, struct wr_plugin_connector);
	struct wr_connector *connector = &plugin->connector;
	const char *what;

	WR_TRY(wr_plugin_copy(&plugin->given, sizeof plugin->given, given, CONNECTOR_SIZE_MIN,
			      "weir_connector"));
	if (plugin->given.name == NULL || *plugin->given.name == '\0')
		return wr_status_new(WR_USER_ERROR, "A connector has no name");
	what = wr_arena_printf(arena, "connector '%s'", plugin->given.name);
	if (plugin->given.source == NULL && plugin->given.sink == NULL)
		return wr_status_new(WR_USER_ERROR,
				     "Connector '%s' has neither `source` nor `sink`",
				     plugin->given.name);
	add_sides(connector, &plugin->given);
	connector->name = plugin->given.name;
	connector->doc = plugin->given.doc != NULL ? plugin->given.doc : "";
	connector->check = plugin_check;
	connector->option_count = plugin->given.option_count;
	*out = plugin;
	return wr_plugin_options(arena, what, plugin->given.options, plugin->given.option_count,
				 &connector->options);
}

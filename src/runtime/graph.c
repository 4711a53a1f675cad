/* SPDX-License-Identifier: Apache-2.0
 *
 * graph - see graph.h.
 *
 * Building goes from the sinks down: ports(node) makes sure that the node's steps exist and returns
 * where its output can be attached: one port, or several below a UNION ALL.
 */
#include "runtime/graph.h"

#include "base/mem.h"

struct port {
	struct wr_stage *stage;
	int32_t step; /* whose output it is, or WR_PARENT_HEAD */
};

struct ports {
	uint32_t count;
	struct port *port; /* in the graph's arena */
};

struct builder {
	struct wr_graph *graph;
	const struct wr_plan *plan;
	struct ports *done; /* per node id: count 0: not built */
};

#define GROW(array, count, capacity)                                                               \
	do {                                                                                       \
		if ((count) == (capacity)) {                                                       \
			(capacity) = (capacity) == 0 ? 8 : (capacity)*2;                           \
			(array) = wr_realloc((array), (capacity) * sizeof *(array));               \
		}                                                                                  \
	} while (0)

static struct wr_stage *graph_stage(struct wr_graph *graph, bool single)
{
	struct wr_stage *stage = WR_NEW(&graph->arena, struct wr_stage);

	stage->id = graph->stage_count;
	stage->single = single;
	GROW(graph->stage, graph->stage_count, graph->stage_capacity);
	graph->stage[graph->stage_count++] = stage;
	return stage;
}

/* Appends a step; returns its index. */
static int32_t stage_step(struct wr_graph *graph, struct wr_stage *stage,
			  const struct wr_stage_step *step)
{
	struct wr_stage_step *all =
	    WR_NEW_ARRAY(&graph->arena, struct wr_stage_step, stage->step_count + 1);

	if (stage->step_count > 0)
		memcpy(all, stage->step, stage->step_count * sizeof *all);
	all[stage->step_count] = *step;
	stage->step = all;
	return (int32_t)stage->step_count++;
}

/* Connects a port to an input of a stage by a new edge and a sender step. */
static void graph_connect(struct wr_graph *graph, struct port from, struct wr_stage *to,
			  uint32_t input, const struct wr_node *exchange)
{
	struct wr_edge *edge = wr_calloc(1, sizeof *edge);
	struct wr_stage_input *inputs =
	    WR_NEW_ARRAY(&graph->arena, struct wr_stage_input, to->input_count + 1);

	edge->id = graph->edge_count;
	edge->sequenced = from.stage->source != NULL;
	edge->to = exchange != NULL ? exchange->u.exchange.to : WR_D_SINGLE;
	if (edge->to == WR_D_KEYS) {
		edge->key = exchange->u.exchange.key;
		edge->key_count = exchange->u.exchange.key_count;
		edge->hashed = exchange->u.exchange.hashed;
	}
	edge->max_parallelism = graph->options.max_parallelism;
	edge->producers = from.stage->single ? 1 : graph->options.workers;
	edge->consumers = to->single ? 1 : graph->options.workers;
	edge->first_producer = from.stage->worker;
	edge->first_consumer = to->worker;
	edge->wakeup = graph->options.wakeup;
	edge->watch = graph->options.watch;
	GROW(graph->edge, graph->edge_count, graph->edge_capacity);
	graph->edge[graph->edge_count++] = edge;
	if (to->input_count > 0)
		memcpy(inputs, to->input, to->input_count * sizeof *inputs);
	inputs[to->input_count++] = (struct wr_stage_input){.edge = edge, .input = input};
	to->input = inputs;
	stage_step(
	    graph, from.stage,
	    &(struct wr_stage_step){.kind = WR_STEP_SEND, .parent = from.step, .edge = edge});
}

static struct ports one_port(struct wr_graph *graph, struct wr_stage *stage, int32_t step)
{
	struct ports ports = {.count = 1, .port = WR_NEW(&graph->arena, struct port)};

	ports.port[0] = (struct port){stage, step};
	return ports;
}

static wr_status *build(struct builder *builder, const struct wr_node *node, struct ports *out);

/* Whether the scan is below the node; `seen` per node id: was looked at. */
static bool reads(const struct wr_node *node, const struct wr_node *scan, bool *seen)
{
	if (seen[node->id])
		return false;
	seen[node->id] = true;
	for (uint32_t i = 0; i < node->input_count; i++)
		if (node->input[i] == scan || reads(node->input[i], scan, seen))
			return true;
	return false;
}

/* The tables that rows of the scan go to, for messages. */
static const char *readers_of(struct builder *builder, const struct wr_node *scan)
{
	const struct wr_plan *plan = builder->plan;
	struct wr_text names;
	bool *seen = wr_calloc(plan->next_id + 1, sizeof *seen);
	const char *out;

	wr_text_init(&names);
	for (uint32_t r = 0; r < plan->root_count; r++) {
		memset(seen, 0, (plan->next_id + 1) * sizeof *seen);
		if (plan->root[r]->u.sink.table != NULL && reads(plan->root[r], scan, seen))
			wr_text_printf(&names, "%s%s", names.len > 0 ? ", " : "",
				       plan->root[r]->u.sink.table->name);
	}
	wr_free(seen);
	out = wr_arena_strdup(&builder->graph->arena, wr_text_str(&names));
	wr_text_release(&names);
	return out;
}

static wr_status *build_scan(struct builder *builder, const struct wr_node *node, struct ports *out)
{
	struct wr_graph *graph = builder->graph;
	struct wr_stage *stage = graph_stage(graph, false);

	stage->source = wr_calloc(1, sizeof *stage->source);
	GROW(graph->source, graph->source_count, graph->source_capacity);
	graph->source[graph->source_count++] = stage->source;
	WR_TRY(wr_source_shared_init(stage->source, node, graph->options.error_mode,
				     graph->options.until_ms, graph->options.cancel));
	if (!graph->options.dry)
		WR_TRY(wr_source_shared_open(stage->source, graph->options.hosts,
					     readers_of(builder, node)));
	*out = one_port(graph, stage, WR_PARENT_HEAD);
	return NULL;
}

static wr_status *build_union(struct builder *builder, const struct wr_node *node,
			      struct ports *out)
{
	struct ports all = {0};

	for (uint32_t i = 0; i < node->input_count; i++) {
		struct ports some, sum;

		WR_TRY(build(builder, node->input[i], &some));
		sum.count = all.count + some.count;
		sum.port = WR_NEW_ARRAY(&builder->graph->arena, struct port, sum.count);
		if (all.count > 0)
			memcpy(sum.port, all.port, all.count * sizeof *sum.port);
		memcpy(sum.port + all.count, some.port, some.count * sizeof *sum.port);
		all = sum;
	}
	*out = all;
	return NULL;
}

/* An operator with exchanges below it: a new stage. */
static wr_status *build_head(struct builder *builder, const struct wr_node *node, struct ports *out)
{
	struct wr_graph *graph = builder->graph;
	bool single = node->input[0]->u.exchange.to == WR_D_SINGLE;
	struct ports *from = WR_NEW_ARRAY(&graph->arena, struct ports, node->input_count);
	struct wr_stage *stage;
	int32_t step;

	for (uint32_t i = 0; i < node->input_count;
	     i++) { /* inputs first: stages are numbered downstream */
		WR_REQUIRE(node->input[i]->kind == WR_N_EXCHANGE);
		WR_TRY(build(builder, node->input[i]->input[0], &from[i]));
	}
	stage = graph_stage(graph, single);
	step = stage_step(
	    graph, stage,
	    &(struct wr_stage_step){.kind = WR_STEP_OP, .node = node, .parent = WR_PARENT_HEAD});
	for (uint32_t i = 0; i < node->input_count; i++)
		for (uint32_t p = 0; p < from[i].count; p++)
			graph_connect(graph, from[i].port[p], stage, i, node->input[i]);
	*out = one_port(graph, stage, step);
	return NULL;
}

/* A stateless or same-key operator: a step below each port of its input. */
static wr_status *build_chained(struct builder *builder, const struct wr_node *node,
				struct ports *out)
{
	struct ports from;

	WR_REQUIRE(node->input_count == 1);
	WR_TRY(build(builder, node->input[0], &from));
	out->count = from.count;
	out->port = WR_NEW_ARRAY(&builder->graph->arena, struct port, from.count);
	for (uint32_t p = 0; p < from.count; p++) {
		struct wr_stage_step step = {
		    .kind = WR_STEP_OP, .node = node, .parent = from.port[p].step};

		out->port[p].stage = from.port[p].stage;
		out->port[p].step = stage_step(builder->graph, from.port[p].stage, &step);
	}
	return NULL;
}

static wr_status *build(struct builder *builder, const struct wr_node *node, struct ports *out)
{
	struct ports *done = &builder->done[node->id];
	wr_status *status;

	if (done->count > 0) {
		*out = *done;
		return NULL;
	}
	if (node->kind == WR_N_SCAN) {
		status = build_scan(builder, node, done);
	} else if (node->kind == WR_N_VALUES) {
		struct wr_stage *stage = graph_stage(builder->graph, true);
		struct wr_stage_step step = {
		    .kind = WR_STEP_OP, .node = node, .parent = WR_PARENT_HEAD};

		*done = one_port(builder->graph, stage, stage_step(builder->graph, stage, &step));
		status = NULL;
	} else if (node->kind == WR_N_UNION_ALL) {
		status = build_union(builder, node, done);
	} else if (node->input[0]->kind == WR_N_EXCHANGE) {
		status = build_head(builder, node, done);
	} else {
		status = build_chained(builder, node, done);
	}
	if (status != NULL)
		return status;
	*out = *done;
	return NULL;
}

/* How the table, or else the job, wants the rows to be handled that the sink gives up. */
static wr_status *sink_error_mode(const struct wr_graph *graph, struct wr_sink_shared *sink)
{
	const struct wr_connector_args *args = sink->node->u.sink.args;

	sink->error_mode = graph->options.error_mode;
	for (uint32_t i = 0; args != NULL && i < args->given_count; i++)
		if (strcmp(args->given[i].key, "error-handling.mode") == 0)
			return wr_error_mode_read(args->given[i].value, &sink->error_mode);
	return NULL;
}

/* Opens a sink and makes its writing stage. */
static wr_status *graph_sink(struct wr_graph *graph, const struct wr_node *node,
			     struct wr_stage **out, struct wr_sink_shared **out_sink)
{
	struct wr_sink_shared *sink = wr_calloc(1, sizeof *sink);
	struct wr_stage *stage = graph_stage(graph, true);

	GROW(graph->sink, graph->sink_count, graph->sink_capacity);
	graph->sink[graph->sink_count++] = sink;
	sink->node = node;
	WR_TRY(sink_error_mode(graph, sink));
	if (node->u.sink.table != NULL) {
		sink->connector = node->u.sink.table->connector;
		if (sink->connector->blocks)
			stage->worker = graph->options.workers + graph->writer_count++;
		wr_table_host_init(&sink->host, graph->options.hosts, node->u.sink.table->name,
				   NULL);
		sink->host.host.refusals_fail = sink->error_mode == WR_ERROR_FAIL;
		if (!graph->options.dry)
			WR_TRY(sink->connector->sink_open(node->u.sink.args, &sink->host.host,
							  &sink->sink));
	}
	stage_step(
	    graph, stage,
	    &(struct wr_stage_step){
		.kind = WR_STEP_WRITE, .node = node, .parent = WR_PARENT_HEAD, .sink = sink});
	*out = stage;
	*out_sink = sink;
	return NULL;
}

/* Leads a port into a sink's stage, encoding on the way. */
static void connect_sink(struct wr_graph *graph, struct port port, struct wr_stage *stage,
			 struct wr_sink_shared *sink)
{
	if (sink->connector != NULL) {
		struct wr_stage_step step = {
		    .kind = WR_STEP_ENCODE, .node = sink->node, .parent = port.step, .sink = sink};

		port.step = stage_step(graph, port.stage, &step);
	}
	graph_connect(graph, port, stage, 0, NULL);
}

/* Whether rows of a writing stage may be given up: those of clients of outside systems. */
static bool stage_rejects(const struct wr_stage *stage)
{
	const struct wr_connector *connector = stage->step[0].sink->connector;

	return connector != NULL && connector->blocks;
}

/* Side outputs: every stage with operators gets a way to the late table, every one but that of the
 * dead letters themselves a way to them: of a writing stage only sinks that may give up rows. */
static wr_status *graph_sides(struct wr_graph *graph)
{
	uint32_t stages;
	struct wr_stage *late = NULL, *dead = NULL;
	struct wr_sink_shared *late_sink = NULL, *dead_sink = NULL;

	if (graph->options.late_sink != NULL)
		WR_TRY(graph_sink(graph, graph->options.late_sink, &late, &late_sink));
	if (graph->options.dead_sink != NULL)
		WR_TRY(graph_sink(graph, graph->options.dead_sink, &dead, &dead_sink));
	stages = graph->stage_count;
	for (uint32_t i = 0; i < stages; i++) {
		struct wr_stage *stage = graph->stage[i];
		bool writes = stage->step_count > 0 && stage->step[0].kind == WR_STEP_WRITE;

		if (writes && (stage == dead || !stage_rejects(stage)))
			continue;
		if (late != NULL && !writes && stage->source == NULL && stage->input_count > 0)
			connect_sink(graph, (struct port){stage, WR_PARENT_LATE}, late, late_sink);
		if (dead != NULL)
			connect_sink(graph, (struct port){stage, WR_PARENT_DEAD}, dead, dead_sink);
	}
	return NULL;
}

/* Sources of an alignment group get the number of its first one. */
static void graph_groups(struct wr_graph *graph)
{
	for (uint32_t i = 0; i < graph->source_count; i++) {
		const char *group = graph->source[i]->node->u.scan.pace.group;

		for (uint32_t k = 0; k <= i && group != NULL; k++) {
			const char *other = graph->source[k]->node->u.scan.pace.group;

			if (other == NULL || strcmp(group, other) != 0)
				continue;
			graph->source[i]->group = k;
			break;
		}
	}
}

wr_status *wr_graph_open(struct wr_graph *graph, const struct wr_plan *plan,
			 const struct wr_graph_options *options)
{
	struct builder builder = {.graph = graph, .plan = plan};

	*graph = (struct wr_graph){.options = *options};
	wr_arena_init(&graph->arena);
	builder.done = WR_NEW_ARRAY(&graph->arena, struct ports, plan->next_id + 1);
	for (uint32_t r = 0; r < plan->root_count; r++) {
		struct wr_stage *stage;
		struct wr_sink_shared *sink;
		struct ports from;

		WR_ASSERT(plan->root[r]->kind == WR_N_SINK);
		WR_TRY(build(&builder, plan->root[r]->input[0], &from));
		WR_TRY(graph_sink(graph, plan->root[r], &stage, &sink));
		for (uint32_t p = 0; p < from.count; p++)
			connect_sink(graph, from.port[p], stage, sink);
	}
	WR_TRY(graph_sides(graph));
	for (uint32_t i = 0; i < graph->edge_count; i++)
		WR_TRY(wr_edge_open(graph->edge[i]));
	for (uint32_t i = 0; i < graph->source_count; i++) {
		graph->source[i]->peer = graph->source;
		graph->source[i]->peer_count = graph->source_count;
	}
	graph_groups(graph);
	return NULL;
}

wr_status *wr_graph_close(struct wr_graph *graph, bool commit, bool finished)
{
	wr_status *first = NULL;

	for (uint32_t i = 0; i < graph->sink_count; i++) {
		struct wr_sink_shared *sink = graph->sink[i];

		if (sink->sink != NULL) {
			bool counts = !finished || sink->node == graph->options.dead_sink;
			wr_status *status = sink->connector->sink_close(
			    sink->sink, commit && counts && first == NULL);

			if (first == NULL)
				first = status;
			else
				wr_status_free(status);
		}
		wr_table_host_release(&sink->host);
		wr_free(sink);
	}
	for (uint32_t i = 0; i < graph->source_count; i++) {
		wr_source_shared_close(graph->source[i]);
		wr_free(graph->source[i]);
	}
	for (uint32_t i = 0; i < graph->edge_count; i++) {
		wr_edge_close(graph->edge[i]);
		wr_free(graph->edge[i]);
	}
	wr_free(graph->sink);
	wr_free(graph->source);
	wr_free(graph->edge);
	wr_free(graph->stage);
	wr_arena_release(&graph->arena);
	*graph = (struct wr_graph){0};
	return first;
}

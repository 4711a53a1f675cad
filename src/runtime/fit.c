/* SPDX-License-Identifier: Apache-2.0
 *
 * fit - see fit.h.
 */
#include "runtime/fit.h"

#include "base/mem.h"
#include "runtime/job_inner.h"

const struct wr_saved_source *wr_fit_source(const struct wr_manifest *manifest, const char *name)
{
	for (uint32_t i = 0; i < manifest->source_count; i++)
		if (strcmp(manifest->source[i].name, name) == 0)
			return &manifest->source[i];
	return NULL;
}

const struct wr_saved_sink *wr_fit_sink(const struct wr_manifest *manifest, const char *name)
{
	for (uint32_t i = 0; i < manifest->sink_count; i++)
		if (strcmp(manifest->sink[i].name, name) == 0)
			return &manifest->sink[i];
	return NULL;
}

static void add(struct wr_job_fit *out, struct wr_fit_row *row, struct wr_fit_row one)
{
	row[out->count++] = one;
	if (one.part != WR_FIT_SINK && (one.fit == WR_FIT_KEPT || one.fit == WR_FIT_PART))
		out->kept++;
	if (one.fit != WR_FIT_KEPT)
		out->misfit++;
}

static void add_states(const struct wr_job *job, const struct wr_manifest *manifest,
		       struct wr_job_fit *out, struct wr_fit_row *row)
{
	for (uint32_t i = 0; i < out->state_count; i++) {
		const struct wr_state_fit *fit = &out->state[i];
		const struct wr_saved_state *state = fit->declared != UINT32_MAX
							 ? &job->names.state[fit->declared]
							 : &manifest->state[fit->saved];

		add(out, row,
		    (struct wr_fit_row){.part = WR_FIT_STATE,
					.name = state->op,
					.state = state->name,
					.fit = fit->fit,
					.reason = fit->reason});
	}
}

/* Whether `name` is among the names. */
static bool is_among(const char *const *names, uint32_t count, const char *name)
{
	for (uint32_t i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* A source or sink that both have, or only the job; saved: the connector's name, or NULL. */
static struct wr_fit_row table_row(struct wr_arena *arena, enum wr_fit_part part, const char *name,
				   const char *saved, const char *connector)
{
	bool source = part == WR_FIT_SOURCE;
	struct wr_fit_row row = {.part = part, .name = name, .fit = WR_FIT_KEPT};

	if (saved == NULL) {
		row.fit = WR_FIT_NEW;
		row.reason = source ? "read from its beginning" : "written from now on";
	} else if (strcmp(saved, connector) != 0) {
		row.fit = WR_FIT_REBUILT;
		row.reason = wr_arena_printf(arena, "was %s with the connector '%s', not '%s'",
					     source ? "read" : "written", saved, connector);
	}
	return row;
}

static void add_sources(const struct wr_job *job, const struct wr_manifest *manifest,
			struct wr_arena *arena, struct wr_job_fit *out, struct wr_fit_row *row)
{
	const struct wr_graph *graph = &job->graph;

	for (uint32_t i = 0; i < graph->source_count; i++) {
		const char *name = job->names.source_name[i];
		const struct wr_saved_source *saved = wr_fit_source(manifest, name);

		add(out, row,
		    table_row(arena, WR_FIT_SOURCE, name, saved != NULL ? saved->connector : NULL,
			      graph->source[i]->connector->name));
	}
	for (uint32_t i = 0; i < manifest->source_count; i++)
		if (!is_among(job->names.source_name, graph->source_count,
			      manifest->source[i].name))
			add(out, row,
			    (struct wr_fit_row){.part = WR_FIT_SOURCE,
						.name = manifest->source[i].name,
						.fit = WR_FIT_DROPPED,
						.reason = "no longer read"});
}

static void add_sinks(const struct wr_job *job, const struct wr_manifest *manifest,
		      struct wr_arena *arena, struct wr_job_fit *out, struct wr_fit_row *row)
{
	const struct wr_graph *graph = &job->graph;

	for (uint32_t i = 0; i < graph->sink_count; i++) {
		const char *name = job->names.sink_name[i];
		const struct wr_connector *connector = graph->sink[i]->connector;
		const struct wr_saved_sink *saved = wr_fit_sink(manifest, name);

		add(out, row,
		    table_row(arena, WR_FIT_SINK, name, saved != NULL ? saved->connector : NULL,
			      connector != NULL ? connector->name : ""));
	}
	for (uint32_t i = 0; i < manifest->sink_count; i++)
		if (!is_among(job->names.sink_name, graph->sink_count, manifest->sink[i].name))
			add(out, row,
			    (struct wr_fit_row){.part = WR_FIT_SINK,
						.name = manifest->sink[i].name,
						.fit = WR_FIT_DROPPED,
						.reason = "no longer written"});
}

void wr_job_fit(const struct wr_job *job, const struct wr_manifest *manifest,
		struct wr_arena *arena, struct wr_job_fit *out)
{
	const struct wr_graph *graph = &job->graph;
	struct wr_fit_row *row;

	*out = (struct wr_job_fit){0};
	out->state = wr_schema_match(arena, manifest->state, manifest->state_count,
				     job->names.state, job->names.state_count, &out->state_count);
	if (manifest->finished)
		out->state_count = 0;
	row = WR_NEW_ARRAY(arena, struct wr_fit_row,
			   (size_t)out->state_count + graph->source_count + graph->sink_count +
			       manifest->source_count + manifest->sink_count + 1);
	out->row = row;
	add_states(job, manifest, out, row);
	add_sources(job, manifest, arena, out, row);
	add_sinks(job, manifest, arena, out, row);
}

void wr_fit_row_print(const struct wr_fit_row *row, struct wr_text *out)
{
	if (row->part == WR_FIT_STATE)
		wr_text_printf(out, "state '%s' of %s", row->state, row->name);
	else
		wr_text_printf(out, "%s '%s'", row->part == WR_FIT_SOURCE ? "table" : "sink",
			       row->name);
	wr_text_printf(out, ": %s", wr_fit_name(row->fit));
	if (row->reason != NULL)
		wr_text_printf(out, " (%s)", row->reason);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * jobs_lineage - which tables and columns a job reads and writes, as JSON.
 *
 * Of a job that runs it is that of the plan it runs; of another one, that of its script with the
 * catalog as it is now.
 */
#include "engine/lineage_events.h"
#include "engine/lineage_facets.h"
#include "server/jobs_inner.h"

#define SPACE "default" /* of tables that only Weir knows, while events go nowhere */

static void put_datasets(struct wr_text *out, const struct wr_lineage *lineage, const char *space)
{
	struct wr_dataset *dataset;
	struct wr_arena arena;
	uint32_t count;

	wr_arena_init(&arena);
	count = wr_datasets_of(&arena, lineage, space, &dataset);
	wr_text_putc(out, '[');
	for (uint32_t i = 0; i < count; i++) {
		wr_text_puts(out, i > 0 ? ",{\"table\":" : "{\"table\":");
		wr_text_json(out, dataset[i].table);
		wr_text_printf(out, ",\"kind\":\"%s\",\"namespace\":",
			       dataset[i].is_source ? "source" : "sink");
		wr_text_json(out, dataset[i].space);
		wr_text_puts(out, ",\"name\":");
		wr_text_json(out, dataset[i].name);
		wr_text_putc(out, '}');
	}
	wr_text_putc(out, ']');
	wr_arena_release(&arena);
}

/* {"statements":[...]}: one for every job of the script. */
static void put_statements(struct wr_text *out, const struct wr_prepared *prepared,
			   const char *space)
{
	const char *comma = "";

	wr_text_puts(out, "{\"statements\":[");
	for (uint32_t i = 0; i < prepared->count; i++) {
		const struct wr_action *action = &prepared->action[i];

		if (action->plan == NULL || action->plan->lineage == NULL)
			continue;
		wr_text_printf(out, "%s{\"name\":", comma);
		wr_text_json(out, action->name);
		wr_text_puts(out, ",\"sql\":");
		wr_text_json(out, action->sql != NULL ? action->sql : "");
		wr_text_puts(out, ",\"datasets\":");
		put_datasets(out, action->plan->lineage, space);
		wr_text_puts(out, ",\"sinks\":");
		wr_lineage_json(out, action->plan->lineage);
		wr_text_putc(out, '}');
		comma = ",";
	}
	wr_text_puts(out, "],\"events\":");
}

/* What became of the events of all jobs. */
static void put_events(struct wr_text *out, struct wr_lineage_events *events)
{
	struct wr_poster_counts count;

	if (events == NULL) {
		wr_text_puts(out, "null}");
		return;
	}
	wr_lineage_events_counts(events, &count);
	wr_text_printf(out,
		       "{\"sent\":%llu,\"posted\":%llu,\"failed\":%llu,\"dropped\":%llu,"
		       "\"waiting\":%llu}}",
		       (unsigned long long)count.sent, (unsigned long long)count.posted,
		       (unsigned long long)count.failed, (unsigned long long)count.dropped,
		       (unsigned long long)count.waiting);
}

wr_status *wr_jobs_lineage(struct wr_jobs *jobs, const char *name, struct wr_text *out)
{
	struct wr_lineage_events *events = jobs->server->lineage;
	const char *space = events != NULL ? wr_lineage_events_space(events) : SPACE;
	struct wr_run *held = wr_jobs_hold(jobs, name);
	struct wr_job_run *run = (struct wr_job_run *)held;
	struct wr_server_job *job;
	wr_status *status = NULL;

	if (held != NULL) {
		put_statements(out, &run->prepared, space);
	} else {
		WR_TRY(wr_server_job_work(jobs, name, "A look at the lineage", &job));
		status = wr_server_job_prepare(job, &run);
		if (status == NULL)
			put_statements(out, &run->prepared, space);
		wr_server_job_run_free(run);
		wr_server_job_done(job, true);
	}
	wr_jobs_let(jobs, held);
	if (status == NULL)
		put_events(out, events);
	return status;
}

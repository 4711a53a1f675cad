/* SPDX-License-Identifier: Apache-2.0
 *
 * lineage_events - tells others which tables a job reads and writes: OpenLineage's run events.
 *
 * A run of a job (of one INSERT or statement set) is one run there: START when it begins, RUNNING
 * every 'lineage.interval', and COMPLETE, ABORT (somebody stopped it) or FAIL at its end. Restarts
 * after failures are within the run. START and the last event say all that there is to say of its
 * tables (schemas, lineage of columns); RUNNING says how many rows went in and out.
 *
 * Events go through a poster (base/poster.h): no job ever waits for them, and what does not arrive
 * is counted. A process has one of these, for all of its jobs; its thread makes the RUNNING events.
 *
 * Thread: begin, note and end of a run: that of the run; the rest any. Close when no run is left.
 */
#ifndef WR_ENGINE_LINEAGE_EVENTS_H
#define WR_ENGINE_LINEAGE_EVENTS_H

#include "base/option.h"
#include "base/poster.h"
#include "plan/plan.h"

struct wr_action;
struct wr_job;
struct wr_lineage_events;
struct wr_lineage_run;
struct wr_run;

enum wr_lineage_end { WR_LINEAGE_COMPLETE, WR_LINEAGE_ABORT, WR_LINEAGE_FAIL };

/* Reads the settings 'lineage.*'; *out NULL: events go nowhere. `told`: as wr_poster_options. */
wr_status *wr_lineage_events_open(struct wr_env *env, const struct wr_options *settings,
				  void (*told)(void *own, const char *reason), void *own,
				  struct wr_lineage_events **out);
/* What waits has a moment to go out; returns how many events did not arrive. NULL allowed. */
uint64_t wr_lineage_events_close(struct wr_lineage_events *events);
void wr_lineage_events_counts(struct wr_lineage_events *events, struct wr_poster_counts *out);
/* The namespace of jobs. */
const char *wr_lineage_events_space(const struct wr_lineage_events *events);
/* Where they go, as it was set. */
const char *wr_lineage_events_url(const struct wr_lineage_events *events);

/* Who runs what. Texts are copied. */
struct wr_lineage_subject {
	struct wr_run *run;             /* asked for the running job's figures */
	const struct wr_action *action; /* until the run has ended */
	const char *name;               /* of the job; NULL: the action's */
	const char *owner;              /* NULL: nobody */
	const char *script;             /* all of it, without secrets; NULL: unknown */
};
/* Sends START. NULL: `events` is, or the job writes into no table. */
struct wr_lineage_run *wr_lineage_begin(struct wr_lineage_events *events,
					const struct wr_lineage_subject *subject);
/* An attempt of the job ends: its figures are added up. NULL allowed. */
void wr_lineage_note(struct wr_lineage_run *run, struct wr_job *job);
/* Sends the last event and frees. NULL allowed. `why`: of a failure. */
void wr_lineage_end(struct wr_lineage_run *run, enum wr_lineage_end how, const wr_status *why);

/* From the environment, where the standard client looks: calls `set` for what is there. */
wr_status *wr_lineage_environment(void *own,
				  wr_status *(*set)(void *own, const char *key, const char *value));

#endif

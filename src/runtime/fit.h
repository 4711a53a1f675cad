/* SPDX-License-Identifier: Apache-2.0
 *
 * fit - what a job takes over of a checkpoint: its states, sources and sinks, one by one.
 *
 * Pure: a function of the names of both. A restore refuses by it, --upgrade says it aloud, and
 * `weir check-upgrade` prints it.
 */
#ifndef WR_RUNTIME_FIT_H
#define WR_RUNTIME_FIT_H

#include "state/schema.h"

struct wr_job;

enum wr_fit_part { WR_FIT_STATE, WR_FIT_SOURCE, WR_FIT_SINK };

struct wr_fit_row {
	enum wr_fit_part part;
	const char *name;   /* of the operator, or the table */
	const char *state;  /* of the operator; else NULL */
	enum wr_fit fit;    /* sources and sinks: KEPT, REBUILT, DROPPED or NEW */
	const char *reason; /* in words; NULL: nothing to say */
};

struct wr_job_fit {
	uint32_t count;
	const struct wr_fit_row *row;     /* states, sources, sinks; what only the checkpoint has is
					     last of each */
	const struct wr_state_fit *state; /* per declared state, then those that are dropped */
	uint32_t state_count;
	uint32_t kept;   /* states and sources that go on, at least in part */
	uint32_t misfit; /* rows that are not KEPT */
};

/* The rows lie in the arena and point into the manifest and the job. A checkpoint of a job that
 * has finished holds no states: then none are compared. */
void wr_job_fit(const struct wr_job *job, const struct wr_manifest *manifest,
		struct wr_arena *arena, struct wr_job_fit *out);
/* Appends "state 'groups' of GROUP BY k: rebuilt (the key has another type)". */
void wr_fit_row_print(const struct wr_fit_row *row, struct wr_text *out);

const struct wr_saved_source *wr_fit_source(const struct wr_manifest *manifest, const char *name);
const struct wr_saved_sink *wr_fit_sink(const struct wr_manifest *manifest, const char *name);

#endif

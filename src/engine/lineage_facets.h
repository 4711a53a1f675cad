/* SPDX-License-Identifier: Apache-2.0
 *
 * lineage_facets - the parts of OpenLineage's run events as JSON, by its specification 2-0-2.
 *
 * Tables of one place (a topic, a file) are one dataset: the first one's columns are shown.
 */
#ifndef WR_ENGINE_LINEAGE_FACETS_H
#define WR_ENGINE_LINEAGE_FACETS_H

#include "engine/lineage_events.h"
#include "engine/prepared.h"
#include "plan/lineage.h"

#define WR_LINEAGE_PRODUCER "urn:weir:" WEIR_VERSION

/* A thing that a job reads or writes. */
struct wr_dataset {
	const char *space, *name; /* by OpenLineage's naming */
	const char *table;        /* of the plan */
	bool is_source;
	const char *facets;   /* "{...}": schema, columnLineage and so on */
	uint64_t rows_before; /* of attempts that have ended */
	uint64_t rows;        /* of the running one */
};

/* Those of a plan, sources first; in the arena. `space` is the namespace of the job. */
uint32_t wr_datasets_of(struct wr_arena *arena, const struct wr_lineage *lineage, const char *space,
			struct wr_dataset **out);
/* Appends {"sql":...,"jobType":...}: of the job. */
void wr_lineage_job_facets(struct wr_text *out, const struct wr_lineage_subject *subject);
/* Appends {"processing_engine":...}, with "errorMessage" if `why` is not NULL. */
void wr_lineage_run_facets(struct wr_text *out, const wr_status *why);
/* Appends [...], the datasets that are sources or not; `all`: with facets, else with counts only.
 */
void wr_lineage_datasets(struct wr_text *out, const struct wr_dataset *dataset, uint32_t count,
			 bool sources, bool all);

#endif

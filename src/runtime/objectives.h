/* SPDX-License-Identifier: Apache-2.0
 *
 * objectives - what a job is to hold (SLOs), as its script or weir.yaml declares it
 * ('weir.slo.*'). The job itself only counts slow rows; who judges is the server (server/slo.h).
 *
 * Thread: constants once the job is prepared.
 */
#ifndef WR_RUNTIME_OBJECTIVES_H
#define WR_RUNTIME_OBJECTIVES_H

#include <stdbool.h>
#include <stdint.h>

enum wr_objective_kind {
	WR_OBJECTIVE_LATENCY,        /* rows reach the sink in time */
	WR_OBJECTIVE_SUCCESS,        /* records are neither bad nor late */
	WR_OBJECTIVE_LAG_RECORDS,    /* time in which few records are left to read */
	WR_OBJECTIVE_LAG_TIME,       /* ... the sources are not far behind the clock */
	WR_OBJECTIVE_FRESHNESS,      /* ... the newest output is young */
	WR_OBJECTIVE_CHECKPOINT_AGE, /* ... the last checkpoint is young */
	WR_OBJECTIVE_KINDS
};

struct wr_objective {
	double share;  /* of rows or time that is to be good, above 0 and below 1; 0: none declared
			*/
	int64_t bound; /* ms, or records; 0 where the kind has none */
};

struct wr_objectives {
	struct wr_objective of[WR_OBJECTIVE_KINDS];
	bool by_watermark; /* freshness is how far the watermark is behind, not the age of output */
};

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * scenario - what a seed of the simulation runs: input files, a query into one or more sinks, and
 * settings that must not change its answer.
 */
#ifndef WR_TESTS_SCENARIO_H
#define WR_TESTS_SCENARIO_H

#include "env_sim.h"

struct wr_scenario {
	const char *query;               /* its name, for messages */
	bool appends;                    /* what is visible never goes again */
	struct wr_text tables;           /* CREATE TABLE ...; */
	struct wr_text insert;           /* the job; */
	struct wr_text orders, payments; /* the input files */
	struct wr_text settings;         /* SET ...; of the run that is disturbed */
	uint32_t retained;               /* checkpoints kept */
};

/* Picks everything by chance. query UINT32_MAX: any, else that one. */
void wr_scenario_init(struct wr_scenario *scenario, struct wr_chance *chance, uint32_t query);
void wr_scenario_release(struct wr_scenario *scenario);
/* Puts the input files on the disk. */
void wr_scenario_put(const struct wr_scenario *scenario, struct wr_sim *sim);
uint32_t wr_scenario_queries(void); /* number of them */

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * datagen - the plan of generated columns: what 'fields.*' options say, one node per value.
 */
#ifndef WR_CONNECTORS_DATAGEN_H
#define WR_CONNECTORS_DATAGEN_H

#include "connectors/generator.h"

#define WR_DATAGEN_ELEMENTS 3u   /* elements of an ARRAY or MAP unless 'length' says otherwise */
#define WR_DATAGEN_LENGTH   100u /* of a STRING likewise */

struct wr_datagen_node {
	const struct wr_type *type;
	uint64_t salt;             /* tells the random numbers of nodes apart */
	bool sequence;             /* kind = sequence: start, start + 1 ... end */
	bool var_len;              /* lengths are random up to `length` */
	int64_t min, max;          /* integers, intervals, DECIMAL unscaled when it fits; sequence:
				      start and end */
	double min_real, max_real; /* FLOAT, DOUBLE, DECIMAL */
	int64_t max_past_ms;       /* TIMESTAMP: how long ago at most */
	double null_rate;          /* share of NULLs */
	uint32_t length;           /* of texts, bytes, lists */
	struct wr_datagen_node *child; /* as the type's */
};

struct wr_datagen {
	struct wr_env *env; /* its clock */
	struct wr_arena arena;
	uint32_t count;               /* wanted columns */
	struct wr_datagen_node *node; /* of them */
	uint32_t max_rows;            /* of a batch */
	bool fixed_time;              /* a seed is given: timestamps come from the row number */
	uint64_t rate;                /* rows per second; 0: no limit */
	uint64_t seed;
	uint64_t limit; /* rows until the shortest sequence ends; UINT64_MAX: none */
};

/* Reads the options for all columns (wanted or not, so that mistakes are found and sequences end
 * the table). */
wr_status *wr_datagen_plan(struct wr_datagen *datagen, const struct wr_connector_args *args);
/* Rows [from, from + count) of a column. `now_ms` is the wall clock. */
struct wr_column *wr_datagen_make(const struct wr_datagen *datagen,
				  const struct wr_datagen_node *node, uint64_t from, uint32_t count,
				  int64_t now_ms);

#endif

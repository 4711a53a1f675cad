/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_snapshot - which transactions of PostgreSQL a snapshot sees.
 *
 * pg_current_snapshot() says it as "xmin:xmax:running,running": transactions below xmin are
 * over, those from xmax on had not begun, and of those between the listed ones were running. What
 * replication sends later can so be told from what a query under the snapshot has already seen,
 * exactly and without marks in the tables.
 *
 * Replication names transactions by the lower 32 bits of their number. A number means the full one
 * nearest to xmax: PostgreSQL itself cannot have two transactions alive that are 2^31 apart.
 */
#ifndef WR_CONNECTORS_PG_SNAPSHOT_H
#define WR_CONNECTORS_PG_SNAPSHOT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

struct wr_pg_snapshot {
	uint64_t xmin, xmax; /* see above */
	uint32_t running_count;
	uint64_t *running; /* ascending; owned */
};

/* Reads the text. False: it is none, and nothing is held. */
bool wr_pg_snapshot_read(struct wr_pg_snapshot *snapshot, struct wr_str text);
void wr_pg_snapshot_release(struct wr_pg_snapshot *snapshot);
/* Whether the snapshot sees what the (committed) transaction has done. */
bool wr_pg_snapshot_sees(const struct wr_pg_snapshot *snapshot, uint32_t xid);

#endif

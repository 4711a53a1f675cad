/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_cdc_position - how far changes of a PostgreSQL table have been read: what checkpoints keep.
 *
 * First the rows that are there are read, chunk by chunk in the order of the key; then the changes,
 * from where the slot began. Chunks may be read under different snapshots (a job that was killed in
 * the middle takes a new one for the rest), so a change counts only if the snapshot of its row's
 * chunk had not seen it:
 *
 *     key    |-- snapshot 1 --|-- snapshot 2 -------|-- not read yet --|
 *                         upto of 1             upto of 2
 *
 * Once the changes have passed the place in the log that was the last when the last snapshot was
 * taken (`seen_lsn`), every change is one that no snapshot has seen, and they are forgotten.
 *
 * Transactions are whole unless one is huge: `skip` says how many of its changes were read.
 */
#ifndef WR_CONNECTORS_PG_CDC_POSITION_H
#define WR_CONNECTORS_PG_CDC_POSITION_H

#include "connectors/pg_snapshot.h"

#define WR_PG_CDC_SNAPSHOTS_MAX 1000 /* a job that was killed more often while it read the rows */
#define WR_PG_CDC_KEYS_MAX      32   /* columns of a primary key: PostgreSQL's own limit */

/* Chunks read under one snapshot. */
struct wr_pg_cdc_part {
	struct wr_text snapshot;                 /* as pg_current_snapshot() says it */
	struct wr_pg_snapshot seen;              /* the same */
	uint32_t key_count;                      /* of upto; 0: to the end of the table */
	struct wr_text upto[WR_PG_CDC_KEYS_MAX]; /* the last key of it, as text */
};

struct wr_pg_cdc_position {
	bool started;       /* the slot was there, `lsn` holds */
	bool snapshot_done; /* all rows that were there have been read */
	uint64_t lsn;       /* transactions whose commit ends here or before are read */
	uint64_t skip;      /* changes of the next one that are read */
	uint64_t seen_lsn;  /* see above */
	uint32_t part_count;
	struct wr_pg_cdc_part *part; /* in the order of the key; owned */
};

void wr_pg_cdc_position_release(struct wr_pg_cdc_position *position);
/* A further part, empty. */
struct wr_pg_cdc_part *wr_pg_cdc_position_add(struct wr_pg_cdc_position *position);
/* The snapshots are no longer needed. */
void wr_pg_cdc_position_forget(struct wr_pg_cdc_position *position);
void wr_pg_cdc_position_put(const struct wr_pg_cdc_position *position, struct wr_text *out);
/* False: the bytes are damaged, and nothing is held. */
bool wr_pg_cdc_position_get(struct wr_pg_cdc_position *position, const char *bytes, size_t len);
/* In words: connector's position_text. */
bool wr_pg_cdc_position_text(const char *bytes, size_t len, struct wr_text *out);

#endif

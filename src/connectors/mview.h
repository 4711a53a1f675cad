/* SPDX-License-Identifier: Apache-2.0
 *
 * mview - the rows of a materialized table, kept in memory by a job and read by anybody.
 *
 * CREATE MATERIALIZED TABLE makes a table of the connector 'view' and a job that writes it. Between
 * the two stands a struct wr_mview, found by name in a struct wr_mviews, which a server (or a
 * program that embeds the engine) owns and its sessions share.
 *
 *     query -> op/view_keep (its state is in the checkpoint) -> sink 'view' -> wr_mview
 *                                                                              | look-up by key
 *              SELECT ... FROM the table: source 'view'  <- scan, look-up ---- | scan
 *              REST, PostgreSQL protocol, gateway        <-------------------- | changes
 *
 * Rows are known by the key of the table: the PRIMARY KEY it declares, else an upsert key of its
 * query. Without either the view is a bag: equal rows are counted.
 *
 * Versions. A view counts what it has shown: version 1, 2, 3 ... Rows are written as they come, but
 * belong to the version that is not shown yet; at the mark of an epoch it is shown as a whole, by
 * one store. Who reads sees one version and nothing of others, so that readers never see half an
 * epoch, and the writer never waits for them. What a version has replaced stays as long as somebody
 * reads an older one.
 *
 * Slow readers. That costs memory, which is bounded: when replaced rows take more than
 * WR_MVIEW_OLD_MIN and a quarter of the view, the oldest reader is cut: its next call says so. The
 * changes that are kept for subscribers are bounded alike (WR_MVIEW_LOG_MAX). The job is never held
 * up by who reads.
 *
 * After a failure. The rows are state of the operator in front of the sink: incremental in
 * checkpoints, and spilled to disk like any state. A job that goes on from a checkpoint sends them
 * all again, and they are shown with its first mark in place of what was there; subscribers get the
 * difference. Meanwhile readers see the last version that was shown. A new process begins with an
 * empty view that is not `ready` until that mark.
 *
 * Memory: a row takes its encoded bytes (data/codec.h) + about 80; 'memory.limit' of the table
 * bounds all rows: a job that passes it fails and says so.
 *
 * Thread: any, unless said otherwise; a scan or a subscription is its owner's.
 *
 * Invariants
 *   V1  a version that somebody reads keeps its rows, or the reader is told that it was cut
 *   V2  rows of a version that is not shown are seen by nobody
 *   V3  what a subscriber gets, added up, is a version of the view at each WR_MVIEW_SHOWN
 */
#ifndef WR_CONNECTORS_MVIEW_H
#define WR_CONNECTORS_MVIEW_H

#include "base/status.h"
#include "data/batch.h"
#include "data/type.h"

#define WR_MVIEW_OLD_MIN                                                                           \
	(64u << 20)                  /* bytes of replaced rows that slow readers may hold anyway   \
				      */
#define WR_MVIEW_LOG_MAX (32u << 20) /* bytes of changes kept for subscribers, per view */

struct wr_mview;
struct wr_mviews;
struct wr_embed;

/* --- all views of a server --- */

struct wr_mviews *wr_mviews_new(void);
struct wr_mviews *wr_mviews_ref(struct wr_mviews *views); /* NULL allowed */
void wr_mviews_unref(struct wr_mviews *views);            /* NULL allowed */
/* By name (as struct wr_table's); a reference. NULL: there is none. */
struct wr_mview *wr_mviews_find(struct wr_mviews *views, const char *name);
/* References to all, in order of name; freed by the caller, each and the array (wr_free). */
uint32_t wr_mviews_all(struct wr_mviews *views, struct wr_mview ***out);
/* The name is free then; who reads the view goes on. */
void wr_mviews_drop(struct wr_mviews *views, const char *name);

struct wr_mview *wr_mview_ref(struct wr_mview *view);
void wr_mview_unref(struct wr_mview *view); /* NULL allowed */

/* --- what it is --- */

const char *wr_mview_name(const struct wr_mview *view);
/* Columns; as long as the view. */
const struct wr_schema *wr_mview_schema(const struct wr_mview *view);
/* Columns that name a row, *count of them; 0: a bag of rows. */
const uint32_t *wr_mview_key(const struct wr_mview *view, uint32_t *count);

struct wr_mview_info {
	bool ready;           /* a version has been shown since the process began */
	bool written;         /* a job is writing it */
	uint64_t version;     /* shown; 0: none */
	int64_t watermark_ms; /* of the epoch that was shown; WR_WATERMARK_MIN: none */
	int64_t shown_ms;     /* when, since 1970; 0: never */
	uint64_t rows;        /* of the version */
	uint64_t bytes;       /* of all that is held */
	uint64_t readers;     /* scans and subscriptions that are open */
	uint64_t cut;         /* of them, cut for being slow, since the beginning */
};
void wr_mview_look(struct wr_mview *view, struct wr_mview_info *info);
/* Waits until the view is ready; false: it is not after timeout_ms. */
bool wr_mview_wait(struct wr_mview *view, int64_t timeout_ms);

/* --- look-ups by key --- */

/* The rows with these keys: a column per key column of the view, of its type, `count` rows each.
 * One version for all of them. *out: a dense batch with all columns, in the order of the keys;
 * NULL: no row. *version MAY be NULL. A view without a key has none to look up (an error). */
wr_status *wr_mview_lookup(struct wr_mview *view, struct wr_column *const *key, uint32_t count,
			   struct wr_batch **out, uint64_t *version);
/* The same for one row whose key is given as texts, cast as SQL does, key by key; NULL: NULL. */
wr_status *wr_mview_lookup_text(struct wr_mview *view, const char *const *key, const char *zone_id,
				struct wr_batch **out, uint64_t *version);

/* A text as a value of a column, cast as SQL does: a constant column. NULL: NULL. */
wr_status *wr_mview_value(struct wr_mview *view, uint32_t column, const char *text,
			  const char *zone_id, struct wr_column **out);

/* --- all rows of a version, in pieces, in no order --- */

struct wr_mview_scan;
/* `run`: scans of one run (wr_host.run) see the same version while one of them is open; NULL: the
 * newest. */
struct wr_mview_scan *wr_mview_scan_open(struct wr_mview *view, const void *run);
uint64_t wr_mview_scan_version(const struct wr_mview_scan *scan);
/* The next rows, all columns or those of `wanted` (NULL: all), in that order; *out NULL: that was
 * all. WR_RETRY: the scan was cut. */
wr_status *wr_mview_scan_next(struct wr_mview_scan *scan, const uint32_t *wanted,
			      uint32_t wanted_count, uint32_t rows_max, struct wr_batch **out);
void wr_mview_scan_close(struct wr_mview_scan *scan); /* NULL allowed */

/* --- changes --- */

struct wr_mview_subscription;

enum wr_mview_event {
	WR_MVIEW_NOTHING, /* not within the time */
	WR_MVIEW_ROWS,    /* *batch: rows with kinds; of the snapshot: +I */
	WR_MVIEW_SHOWN,   /* what came since the last one makes the version whole */
	WR_MVIEW_CUT,     /* too slow: changes it had not taken are gone. Nothing follows */
	WR_MVIEW_DROPPED  /* the view was dropped or replaced. Nothing follows */
};
struct wr_mview_change {
	enum wr_mview_event event;
	struct wr_batch *batch; /* ROWS: the caller's */
	uint64_t version;       /* SHOWN */
	int64_t watermark_ms;   /* SHOWN */
	const char *why;        /* CUT, DROPPED: a sentence; a literal */
};
/* `snapshot`: the rows come first, then changes; else changes alone. `updates_before`: -U comes
 * before +U. `wake` (MAY be NULL) is called when there may be something new; from the writer's
 * thread: it must be quick, and not call the view. */
struct wr_mview_subscription *wr_mview_subscribe(struct wr_mview *view, bool snapshot,
						 bool updates_before, void (*wake)(void *own),
						 void *own);
/* timeout_ms 0: does not wait. A failure ends it like CUT does. */
wr_status *wr_mview_next(struct wr_mview_subscription *subscription, int64_t timeout_ms,
			 struct wr_mview_change *out);
/* `wake` is not called any more when this returns. */
void wr_mview_unsubscribe(struct wr_mview_subscription *subscription); /* NULL allowed */

/* --- how they come to be (engine/materialized.h) --- */

/* The view of that name and these columns and key, made if there is none or another one (which is
 * dropped). A reference. */
struct wr_mview *wr_mviews_make(struct wr_mviews *views, const char *name,
				const struct wr_schema *schema, const uint32_t *key,
				uint32_t key_count);
/* As what a table of the connector has of it (wr_table.embed): another reference. */
struct wr_embed *wr_mview_embed(struct wr_mview *view);

#endif

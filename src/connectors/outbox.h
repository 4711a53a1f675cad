/* SPDX-License-Identifier: Apache-2.0
 *
 * outbox - what an exactly-once sink keeps between checkpoints: the records that it will send when
 * the checkpoint that has them is durable.
 *
 * A record is bytes of the connector's own (a message with its key, value and headers; a chunk of
 * rows). Records are packed into pieces of about WR_OUTBOX_PIECE bytes, each compressed by itself,
 * and are read back piece by piece.
 *
 *     write:    add add add ...                            the sink's thread
 *     prepare:  take -> bytes for the checkpoint           the same
 *     commit:   read the bytes, send, then done            the checkpoint's thread
 *     restore:  read the bytes, send if need be
 *
 * What `take` hands out stays here, too, until `done`: if the checkpoint fails, no commit comes,
 * and the next `take` has all of it again. So the bytes of a commit are always everything since the
 * last commit that was done. A savepoint is prepared and not committed: the same.
 *
 * The bound, told as a story. Records pile up until a checkpoint has been committed.
 *   1  Above `soft_bytes` the sink asks for a checkpoint ahead of its time (`add` answers true
 *      once; wr_host_checkpoint_wanted). Usually that is all.
 *   2  Above `hard_bytes` the sink waits before it takes another record (wr_outbox_wait), and with
 *      it, through full queues, the job. But prepare runs on this same thread, at the mark of the
 *      checkpoint: who waited for prepare would wait for itself. What may be waited for is only
 *      what happens without this thread: that a commit under way ends (the other side is slow or
 *      away), and that the next checkpoint begins.
 *   3  Once it has begun and its mark is on its way here, rows are taken however much is held: they
 *      are the ones in front of the mark, no more than what was in flight when it began. The host
 *      says so (wr_host_checkpoint_due).
 *   4  prepare takes; commit is done; what is held is 0 again.
 * If checkpoints fail again and again each admits what was in flight once more: above four times
 * `hard_bytes` the job fails and goes back to its last checkpoint, in which all of this is not yet.
 * Commits of other sinks on the checkpoint's thread may be stuck, too; they do not need this
 * thread, so that nothing waits in a circle.
 *
 * The bytes (integers little-endian): 64 of a head
 *      0   4  'WOBX'            4   1  version, 1          5   3  zero
 *      8   8  records          16   8  rows               24   8  bytes of the records
 *     32   8  pieces           40   8  bytes of all pieces with their heads
 *     48   8  bytes of the note                           56   8  XXH3 of the bytes 0 to 55
 * then the pieces, each with 40 bytes of a head
 *      0   4  its place, from 0   4  4  records            8   4  bytes of the records
 *     12   4  bytes as packed    16  1  packing: 0 none, 1 an LZ4 block   17  7  zero
 *     24   8  XXH3 of the packed bytes                    32   8  XXH3 of the bytes 0 to 31
 * and the packed bytes: records, each a varint, its length, and its bytes; then the note, bytes of
 * the connector, and 8 bytes: its XXH3.
 *
 * Thread: add, wait and take on one thread; done on another beside them. A reader is its owner's.
 */
#ifndef WR_CONNECTORS_OUTBOX_H
#define WR_CONNECTORS_OUTBOX_H

#include "base/env.h"
#include "base/option.h"
#include "base/text.h"
#include "catalog/host.h"

#define WR_OUTBOX_PIECE (256u << 10) /* bytes of records packed together */

struct wr_outbox;

struct wr_outbox_config {
	struct wr_env *env;
	struct wr_host *host;
	const char *table;   /* name, for messages; lives as long as the outbox */
	uint64_t soft_bytes; /* of memory: a checkpoint is wanted */
	uint64_t hard_bytes; /* of memory: write waits; above soft_bytes */
};

struct wr_outbox *wr_outbox_new(const struct wr_outbox_config *config);
void wr_outbox_free(struct wr_outbox *outbox); /* NULL allowed */

/* Adds a record that has `rows` rows in it. True: now a checkpoint is wanted (the host has been
 * asked). */
bool wr_outbox_add(struct wr_outbox *outbox, struct wr_str record, uint32_t rows);
/* Before rows are added: waits while the story says so. NULL: go on, or the job stops (look at
 * wr_host_stopping). WR_RESTART: far too much is held. WR_USER_ERROR: the job makes no checkpoints,
 * so that nobody would ever take it. */
wr_status *wr_outbox_wait(struct wr_outbox *outbox);
/* Appends to `out` everything since the last commit that was done, and `note`. Returns the number
 * that `done` is to be called with. */
uint64_t wr_outbox_take(struct wr_outbox *outbox, struct wr_str note, struct wr_text *out);
/* What was taken as `number` (and before) has been committed. */
void wr_outbox_done(struct wr_outbox *outbox, uint64_t number);
/* Nothing has been added since the last `take`, and all of that is done. */
bool wr_outbox_is_empty(const struct wr_outbox *outbox);
uint64_t wr_outbox_bytes(const struct wr_outbox *outbox); /* of memory held */

/* --- reading what `take` made */

struct wr_outbox_reader {
	uint64_t records, rows;  /* in all of it */
	uint64_t bytes;          /* of the records, unpacked */
	struct wr_str note;      /* a view into the bytes */
	const char *at, *end;    /* the rest of the pieces */
	uint64_t piece, pieces;  /* the next one, and how many */
	uint64_t left;           /* records not read yet */
	uint32_t piece_left;     /* of them in the piece being read */
	const char *next, *stop; /* the rest of its records */
	struct wr_text unpacked; /* the piece being read */
};

/* Begins to read; the bytes stay the caller's. Damaged bytes: WR_FATAL. To be closed in any case.
 */
wr_status *wr_outbox_open(struct wr_outbox_reader *reader, const char *bytes, size_t len);
/* The next record, a view until the next call; data NULL: that was the last one. */
wr_status *wr_outbox_next(struct wr_outbox_reader *reader, struct wr_str *record);
void wr_outbox_close(struct wr_outbox_reader *reader);

/* --- options of a table, for the connector's list */

/* clang-format off */
#define WR_OUTBOX_OPTION_ROWS                                                                      \
	{.name = "sink.buffer.checkpoint-size", .type = WR_OPTION_MEMORY, .fallback = "64 mb",     \
	 .min = 1, .max = INT64_MAX / 8,                                                           \
	 .doc = "With `exactly-once`: a checkpoint is made early when the sink holds this much "   \
		"(compressed) that is not committed."},                                            \
	{.name = "sink.buffer.max-size", .type = WR_OPTION_MEMORY, .fallback = "256 mb",           \
	 .min = 1, .max = INT64_MAX / 8,                                                           \
	 .doc = "With `exactly-once`: the sink takes no more rows while it holds this much."}
/* clang-format on */
#define WR_OUTBOX_OPTION_COUNT 2
/* Reads them into the two limits of `config`. */
wr_status *wr_outbox_options_read(const struct wr_options *options, const char *table,
				  struct wr_pos pos, struct wr_outbox_config *config);

#endif

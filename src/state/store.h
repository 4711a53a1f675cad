/* SPDX-License-Identifier: Apache-2.0
 *
 * store - checkpoints as files: one folder per job, written so that a crash at any moment leaves
 * the old or the new one.
 *
 * A folder has a manifest "chk-N.manifest" (manifest.h) and a segment "chk-N.segment" (segment.h)
 * for each checkpoint N. An incremental checkpoint needs the segments of those before it, back to
 * the last full one; its manifest lists them. A savepoint is the same in a folder of its own, full.
 *
 * Writing:  open -> (begin -> block* -> commit | abort)* -> close.      One writer at a time.
 * Reading:  find or wr_manifest_read -> wr_store_read by each worker, side by side -> free.
 *
 * Thread: a store and its writer belong to one thread at a time; readers share nothing.
 *
 * Invariants
 *   C1  a manifest under its name is whole, and so are the segments it lists
 *   C2  a segment is removed only after no manifest that is kept names it
 *   C3  a checkpoint that failed leaves no file and changes none; the next one must be full
 */
#ifndef WR_STATE_STORE_H
#define WR_STATE_STORE_H

#include "state/manifest.h"

enum wr_store_compression {
	WR_STORE_PLAIN = 0,
	WR_STORE_LZ4 = 1,
	WR_STORE_ZSTD = 2,
};
/* Reads "none", "lz4" or "zstd" (any case). */
wr_status *wr_store_compression_read(const char *text, enum wr_store_compression *out);

struct wr_store_config {
	struct wr_env *env;
	const char *dir;   /* of the job's checkpoints, or of the one savepoint; made if missing */
	uint32_t retained; /* checkpoints kept, at least 1; 0: all */
	enum wr_store_compression compression;
	/* MAY: told of files that are damaged and therefore passed over; `why` is borrowed. */
	void (*damaged)(void *user, const char *path, const wr_status *why);
	void *user; /* of the callback */
};

struct wr_store;
struct wr_store_writer;

/* Makes the folder, removes what unfinished checkpoints left, and finds the next number. From then
 * on it is this store's: one that was open before fails at its next checkpoint. The config is
 * copied. */
wr_status *wr_store_open(const struct wr_store_config *config, struct wr_store **out);
void wr_store_close(struct wr_store *store); /* NULL allowed; an open writer is aborted */

/* The number that the next checkpoint gets: above all that are there, also damaged ones. */
uint64_t wr_store_next(const struct wr_store *store);
/* Whether the next checkpoint must (the first one, the one after a failure) or should (deltas
 * have outgrown the state) be full. */
bool wr_store_wants_full(const struct wr_store *store);
/* Removes the checkpoints above `number`: a job is about to go on from an earlier one, and what it
 * writes will contradict them. */
wr_status *wr_store_forget(struct wr_store *store, uint64_t number);
/* The same for a job that is about to go on from `manifest`, which may lie elsewhere: then nothing
 * is removed. To be called before sinks remove what they wrote behind it: a crash between the two
 * must not leave a newer checkpoint that counts on what is gone. */
wr_status *wr_store_go_on_from(struct wr_store *store, const struct wr_manifest *manifest);

/* Begins the next checkpoint. full false only if wr_store_wants_full allows it, and only with the
 * states of the one before, in the same order. */
wr_status *wr_store_begin(struct wr_store *store, uint64_t epoch, bool full,
			  struct wr_store_writer **out);
/* Compresses and appends one block of a worker; after an error only abort is left. */
wr_status *wr_store_block(struct wr_store_writer *writer, uint32_t worker,
			  const struct wr_snapshot_block *block);
/* Bytes of the segment so far. */
uint64_t wr_store_writer_bytes(const struct wr_store_writer *writer);
/* Makes the checkpoint durable; `manifest` has what the caller sets (see there), the rest is filled
 * in. Then older ones go that are not to be kept; if that fails the checkpoint stands all the same,
 * and the files are removed later. Frees the writer in any case; after an error the checkpoint
 * does not exist, as after abort. */
wr_status *wr_store_commit(struct wr_store_writer *writer, struct wr_manifest *manifest);
void wr_store_abort(struct wr_store_writer *writer); /* NULL allowed */

/* The checkpoint at `path`: a manifest, or the newest good one of a folder (with `verify` every
 * block of it has been checked). Damaged ones of a folder are told and passed over. An error if
 * there is none. */
wr_status *wr_store_find(struct wr_env *env, const char *path, bool verify,
			 void (*damaged)(void *user, const char *path, const wr_status *why),
			 void *user, struct wr_manifest **out);

/* Whether a sentence of an error, or one of wr_store_say_damaged, tells of a damaged checkpoint or
 * state. */
bool wr_store_tells_damage(const char *text);
/* Says that a damaged file is passed over: what `damaged` callbacks do. say NULL: nobody listens.
 */
void wr_store_say_damaged(void (*say)(void *user, const char *text), void *user, const char *path,
			  const wr_status *why);

/* A block that is being read. */
struct wr_store_block {
	uint32_t state;           /* index into manifest->state */
	uint32_t worker;          /* that wrote it, of manifest->workers */
	enum wr_record_kind kind; /* of all its records */
	uint32_t records;         /* number of them */
	uint32_t segment;         /* index into manifest->segment */
	struct wr_str bytes;      /* the records, until the callback returns; in `wants`: no data,
				     the length */
};
struct wr_store_reading {
	/* MAY: whether a block is wanted; others are not decompressed. NULL: all. */
	bool (*wants)(void *user, const struct wr_store_block *block);
	/* A status ends the reading. */
	wr_status *(*block)(void *user, const struct wr_store_block *block);
	void *user; /* of the callbacks */
};
/* All blocks of a checkpoint in the order in which they were written, EXTRA ones only of the last
 * segment. Every block's checksum is verified before it is shown; blocks that are shown are right,
 * but a later one may still turn out to be damaged: then the error says where, and what was loaded
 * must be thrown away. */
wr_status *wr_store_read(struct wr_env *env, const struct wr_manifest *manifest,
			 const struct wr_store_reading *reading);

/* Whether a block may hold something for `owner`: keys that it has, or what goes to every worker.
 */
bool wr_store_meets(const struct wr_manifest *manifest, const struct wr_store_block *block,
		    const struct wr_owner *owner);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * filesystem_note - what a sink says at a checkpoint: which files commit is to show, and which ones
 * a restored job goes on with.
 *
 * Layout: u8 version 1; then varints (v), and texts (v length, bytes):
 *     v number of the prepare    v id    text prefix    text root    v flags
 *     v next part    v next generation    v since
 *     entries: u8 kind, text name, text target, v length, v number
 *     u8 0, u64 checksum (XXH3) of all before, little-endian
 *
 * Names are relative to `root`: the table's folder, or the folder of its one file. Commit needs
 * nothing else, so that it can run beside a sink that goes on writing, or in another process.
 *
 * Thread: pure functions.
 */
#ifndef WR_CONNECTORS_FILESYSTEM_NOTE_H
#define WR_CONNECTORS_FILESYSTEM_NOTE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "base/text.h"

enum wr_fs_note_flags {
	WR_FS_NOTE_SHOW = 1,     /* commit shows the ended files */
	WR_FS_NOTE_LAST = 2,     /* no row follows */
	WR_FS_NOTE_REPLACED = 4, /* the table's folder is rid of other jobs' files */
};

struct wr_fs_note {
	uint64_t number;      /* of the prepare, 1.. within all runs of the job */
	uint64_t id;          /* of the sink: in the names of its hidden files */
	struct wr_str prefix; /* of the names of its part files; empty: one file */
	struct wr_str root;   /* absolute; names are below it */
	uint64_t flags;       /* enum wr_fs_note_flags */
	uint64_t part_number; /* of the next part file */
	uint64_t generation;  /* of the next hidden file */
	uint64_t since_us;    /* wall clock: when the first part that is not seen yet began */
};

enum wr_fs_noted_kind {
	WR_FS_NOTED_END,     /* the last one */
	WR_FS_NOTED_ENDED,   /* hidden file `name`, complete: becomes `target`; number 1:
				it may have been shown by an earlier commit */
	WR_FS_NOTED_OPEN,    /* hidden file `name` goes on behind `length`, to become `target`;
				number: checksum of the bytes in front of it */
	WR_FS_NOTED_KEYS,    /* file of keys `name`, `length` bytes; number: checksum of them */
	WR_FS_NOTED_GONE,    /* file `name` is not needed any more */
	WR_FS_NOTED_REPLACE, /* what others left in the folder `name` goes (INSERT OVERWRITE) */
	WR_FS_NOTED_SUCCESS, /* the folder `name` gets a success file */
	WR_FS_NOTED_WAITING, /* the folder `name` gets one later; number: first row, wall clock */
	WR_FS_NOTED_STOOD,   /* one file: what stood under its name when it was begun: `length`,
				number: modification time */
	WR_FS_NOTED_KINDS    /* one more than the last */
};

struct wr_fs_noted {
	enum wr_fs_noted_kind kind;
	struct wr_str name, target; /* relative to the root */
	uint64_t length;            /* bytes */
	uint64_t number;            /* as the kind says */
};

/* Writing: begin, add for every entry, end. `from` is out->len before begin. */
void wr_fs_note_begin(struct wr_text *out, const struct wr_fs_note *note);
void wr_fs_note_add(struct wr_text *out, const struct wr_fs_noted *noted);
void wr_fs_note_end(struct wr_text *out, size_t from);

/* Bytes being read. */
struct wr_fs_note_cursor {
	const char *at, *end;
};
/* Checks the whole and reads its head; views point into `bytes`. WR_FATAL when it is damaged. */
wr_status *wr_fs_note_read(const char *bytes, size_t len, const char *table,
			   struct wr_fs_note *note, struct wr_fs_note_cursor *entries);
/* The next entry; false: there is none. */
bool wr_fs_note_next(struct wr_fs_note_cursor *entries, struct wr_fs_noted *noted);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * filesystem_out - one file being written: under a hidden name until it is committed.
 *
 *     open     the hidden file is made
 *     resume   or one that a checkpoint knows is cut to what it noted
 *     write    buffered, packed if asked for
 *     pause    all of it is on the disk, and the file may be cut here later: packed bytes go on
 *              with a new member or frame
 *     finish   the rest is written, synced, closed: nothing is left that could fail but the rename
 *     release  the hidden file is removed, unless a checkpoint names it
 *
 * A crash leaves a hidden file, which no reader looks at. Devices, pipes and standard output have
 * no other name: their bytes go out as they are written.
 *
 * Thread: one owner.
 */
#ifndef WR_CONNECTORS_FILESYSTEM_OUT_H
#define WR_CONNECTORS_FILESYSTEM_OUT_H

#include "base/env.h"
#include "connectors/filesystem_path.h"

struct wr_fs_pack; /* state of a compressor */

struct wr_fs_out {
	struct wr_env *env;
	char *path;              /* the name it is to get, or a WR_ENV_STDOUT, or a device; owned */
	char *temporary;         /* the hidden name; NULL: written in place, or not there; owned */
	struct wr_file *file;    /* NULL: not open */
	enum wr_fs_codec codec;  /* how it is packed */
	bool within;             /* a member or frame has begun */
	struct wr_fs_pack *pack; /* NULL while plain; owned */
	char *buffer;            /* bytes not written yet; owned */
	size_t buffer_len;       /* of them */
	size_t buffer_size;      /* a write is made when so many are there */
	const char *header;      /* what the file begins with; NULL: nothing; the sink's */
	size_t header_len;       /* bytes of it */
	uint64_t bytes;          /* given to write() so far, before packing */
	uint64_t written;        /* in the file */
	uint64_t synced;         /* of them on the disk for sure */
	uint64_t noted;          /* the prepare that named it last; 0: none */
	uint64_t shown;          /* the prepare whose commit shows it; 0: not settled */
	bool dir_synced;         /* its name is on the disk */
};

/* Makes the hidden file in a folder that must be there; `hidden` NULL: written in place. */
wr_status *wr_fs_out_open(struct wr_fs_out *out, struct wr_env *env, const char *path,
			  const char *hidden, enum wr_fs_codec codec, size_t buffer_size);
/* The same with a hidden file that is there: goes on behind its first `len` bytes. */
wr_status *wr_fs_out_resume(struct wr_fs_out *out, struct wr_env *env, const char *path,
			    const char *hidden, enum wr_fs_codec codec, size_t buffer_size,
			    uint64_t len);
wr_status *wr_fs_out_write(struct wr_fs_out *out, const char *bytes, size_t len);
/* Buffered bytes go to the system; for files in place. */
wr_status *wr_fs_out_flush(struct wr_fs_out *out);
wr_status *wr_fs_out_pause(struct wr_fs_out *out);
wr_status *wr_fs_out_finish(struct wr_fs_out *out);
/* Frees; removes the hidden file if no checkpoint names it. */
void wr_fs_out_release(struct wr_fs_out *out);

#endif

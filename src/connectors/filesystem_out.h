/* SPDX-License-Identifier: Apache-2.0
 *
 * filesystem_out - one file being written: under a hidden name until it is committed.
 *
 *     open     .NAME.inprogress-RANDOM is made beside NAME
 *     write    buffered, packed if NAME asks for it
 *     finish   the rest is written, synced, closed: nothing is left that could fail but the rename
 *     commit   renamed to NAME, the folder synced
 *     abort    removed; allowed at any time before commit
 *
 * A crash before commit leaves a hidden file, which no reader looks at; one behind it a whole file.
 * Devices, pipes and standard output have no other name: their bytes go out as they are written.
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
	char *path;              /* NAME, or a WR_ENV_STDOUT, or a device; owned */
	char *temporary;         /* the hidden name; NULL: written in place, or not there; owned */
	struct wr_file *file;    /* NULL: not open */
	enum wr_fs_codec codec;  /* how it is packed */
	struct wr_fs_pack *pack; /* NULL while plain; owned */
	char *buffer;            /* bytes not written yet; owned */
	size_t buffer_len;       /* of them */
	size_t buffer_size;      /* a write is made when so many are there */
	uint64_t bytes;          /* given to write() so far, before packing */
	struct wr_file_info
	    target; /* what stood under NAME at open: commit replaces nothing newer */
};

/* Makes the hidden file in a folder that must be there. In place: no hidden name. */
wr_status *wr_fs_out_open(struct wr_fs_out *out, struct wr_env *env, const char *path,
			  enum wr_fs_codec codec, size_t buffer_size, bool in_place);
wr_status *wr_fs_out_write(struct wr_fs_out *out, const char *bytes, size_t len);
/* Buffered bytes go to the system; for files in place. */
wr_status *wr_fs_out_flush(struct wr_fs_out *out);
wr_status *wr_fs_out_finish(struct wr_fs_out *out);
wr_status *wr_fs_out_commit(struct wr_fs_out *out);
/* Removes what is not committed, and frees. */
void wr_fs_out_release(struct wr_fs_out *out);
/* Appends the hidden name for a path. */
void wr_fs_out_hidden(struct wr_text *name, struct wr_env *env, const char *path);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * filesystem_stream - the bytes of one file, unpacked.
 *
 * Compression is seen by the name (.gz, .zst) or by the first bytes. A file that is no regular one
 * (a pipe, a terminal, standard input) is read as its bytes arrive: read() then waits for a moment
 * and says WR_FS_IDLE.
 *
 * Thread: one owner. Order of calls: open -> read* -> close.
 */
#ifndef WR_CONNECTORS_FILESYSTEM_STREAM_H
#define WR_CONNECTORS_FILESYSTEM_STREAM_H

#include "base/env.h"
#include "connectors/filesystem_path.h"

enum wr_fs_read {
	WR_FS_BYTES, /* at least one byte was read */
	WR_FS_IDLE,  /* nothing has arrived */
	WR_FS_END    /* the file is at its end */
};

struct wr_fs_unpack; /* state of a decompressor */

struct wr_fs_stream {
	struct wr_env *env;
	struct wr_file *file;    /* NULL: not open */
	const char *path;        /* for messages; the caller's */
	bool regular;            /* read by position; its size is known */
	bool sniffed;            /* the codec is settled */
	bool ended;              /* the end of the file was seen */
	int64_t size;            /* bytes when it was opened; regular files */
	uint64_t raw_offset;     /* bytes of the file read so far */
	enum wr_fs_codec codec;  /* how it is packed */
	char *raw;               /* bytes of the file read ahead; owned; NULL: none needed yet */
	size_t raw_pos, raw_len; /* what is left there: [pos, len) */
	struct wr_fs_unpack *unpack; /* NULL while plain; owned */
};

/* `path` "-" is standard input. */
wr_status *wr_fs_stream_open(struct wr_fs_stream *stream, struct wr_env *env, const char *path);
void wr_fs_stream_close(struct wr_fs_stream *stream);
/* Up to `len` (not 0) unpacked bytes. `wait_us`: how long to wait for bytes of a pipe. */
wr_status *wr_fs_stream_read(struct wr_fs_stream *stream, char *bytes, size_t len, int64_t wait_us,
			     size_t *got, enum wr_fs_read *result);

#endif

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

#include <stdatomic.h>

#include "base/env.h"
#include "connectors/filesystem_path.h"

enum wr_fs_read {
	WR_FS_BYTES, /* at least one byte was read */
	WR_FS_IDLE,  /* nothing has arrived */
	WR_FS_END    /* the file is at its end */
};

struct wr_fs_unpack; /* state of a decompressor */

/* An open file that outlives its stream while others still read from it by position. */
struct wr_fs_handle {
	atomic_uint refs;     /* holders */
	struct wr_file *file; /* owned */
};
struct wr_fs_handle *wr_fs_handle_ref(struct wr_fs_handle *handle);
void wr_fs_handle_unref(struct wr_fs_handle *handle); /* NULL allowed; any thread */
/* Reads exactly `len` bytes at `offset`; a file that ends before is an error. */
wr_status *wr_fs_handle_read(struct wr_fs_handle *handle, const char *path, char *bytes, size_t len,
			     uint64_t offset);

struct wr_fs_stream {
	struct wr_env *env;
	struct wr_fs_handle *handle; /* of `file`; NULL: not open */
	struct wr_file *file;        /* NULL: not open */
	const char *path;            /* for messages; the caller's */
	bool regular;                /* read by position; its size is known */
	bool sniffed;                /* the codec is settled */
	bool ended;                  /* the end of the file was seen */
	int64_t size;                /* bytes when it was opened; regular files */
	uint64_t raw_offset;         /* bytes of the file read so far */
	enum wr_fs_codec codec;      /* how it is packed */
	char *raw;               /* bytes of the file read ahead; owned; NULL: none needed yet */
	size_t raw_pos, raw_len; /* what is left there: [pos, len) */
	struct wr_fs_unpack *unpack; /* NULL while plain; owned */
};

/* `path` "-" is standard input. */
wr_status *wr_fs_stream_open(struct wr_fs_stream *stream, struct wr_env *env, const char *path);
void wr_fs_stream_close(struct wr_fs_stream *stream);
/* Whether the unpacked bytes are those of the file, so that they can be read by position too. Known
 * after the first read. */
static inline bool wr_fs_stream_is_plain(const struct wr_fs_stream *stream)
{
	return stream->regular && stream->sniffed && stream->codec == WR_FS_PLAIN;
}
/* Goes to a position of a plain file. */
static inline void wr_fs_stream_seek(struct wr_fs_stream *stream, uint64_t offset)
{
	stream->raw_offset = offset;
}
/* Up to `len` (not 0) unpacked bytes. `wait_us`: how long to wait for bytes of a pipe. */
wr_status *wr_fs_stream_read(struct wr_fs_stream *stream, char *bytes, size_t len, int64_t wait_us,
			     size_t *got, enum wr_fs_read *result);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * filesystem_stream - see filesystem_stream.h.
 */
#define ZLIB_CONST
#include "connectors/filesystem_stream.h"

#include <zlib.h>
#include <zstd.h>

#include "base/macros.h"
#include "base/mem.h"

#define RAW_BYTES (256u << 10) /* of the packed file read at a time */

struct wr_fs_unpack {
	z_stream gzip;
	ZSTD_DStream *zstd;
	bool within; /* a member or frame has begun and not ended: the file may not end here */
	bool any;    /* a member or frame has ended */
};

static wr_status *stream_unreadable(const struct wr_fs_stream *stream, wr_status *cause)
{
	if (cause->hint == NULL)
		wr_status_hint(cause, "Check that '%s' is a readable file", stream->path);
	return cause;
}

static wr_status *unpack_init(struct wr_fs_stream *stream)
{
	struct wr_fs_unpack *unpack = wr_calloc(1, sizeof *unpack);

	stream->unpack = unpack;
	/* 16: gzip's header, 15: the largest window */
	if (stream->codec == WR_FS_GZIP && inflateInit2(&unpack->gzip, 16 + 15) != Z_OK)
		return wr_status_no_memory();
	if (stream->codec == WR_FS_ZSTD) {
		unpack->zstd = ZSTD_createDStream();
		if (unpack->zstd == NULL)
			return wr_status_no_memory();
		ZSTD_initDStream(unpack->zstd);
	}
	return NULL;
}

static void unpack_free(struct wr_fs_stream *stream)
{
	if (stream->unpack == NULL)
		return;
	if (stream->codec == WR_FS_GZIP)
		inflateEnd(&stream->unpack->gzip);
	ZSTD_freeDStream(stream->unpack->zstd);
	wr_free(stream->unpack);
	stream->unpack = NULL;
}

static struct wr_fs_handle *handle_new(struct wr_file *file)
{
	struct wr_fs_handle *handle = wr_calloc(1, sizeof *handle);

	atomic_init(&handle->refs, 1);
	handle->file = file;
	return handle;
}

struct wr_fs_handle *wr_fs_handle_ref(struct wr_fs_handle *handle)
{
	atomic_fetch_add(&handle->refs, 1);
	return handle;
}

void wr_fs_handle_unref(struct wr_fs_handle *handle)
{
	if (handle == NULL || atomic_fetch_sub(&handle->refs, 1) != 1)
		return;
	wr_status_free(wr_file_close(handle->file));
	wr_free(handle);
}

static wr_status *became_shorter(const char *path, uint64_t size, uint64_t end)
{
	return wr_status_hint(
	    wr_status_new(WR_USER_ERROR,
			  "'%s' became shorter while it was read: it had %llu bytes and ends "
			  "after %llu",
			  path, (unsigned long long)size, (unsigned long long)end),
	    "Write data to a new file and rename it, so that readers see whole files");
}

wr_status *wr_fs_handle_read(struct wr_fs_handle *handle, const char *path, char *bytes, size_t len,
			     uint64_t offset)
{
	for (size_t done = 0, got; done < len; done += got) {
		WR_TRY(wr_file_read_at(handle->file, bytes + done, len - done,
				       (int64_t)(offset + done), &got));
		if (got == 0)
			return became_shorter(path, offset + len, offset + done);
	}
	return NULL;
}

wr_status *wr_fs_stream_open(struct wr_fs_stream *stream, struct wr_env *env, const char *path)
{
	struct wr_file_info info = {0};
	bool is_stdin = strcmp(path, "-") == 0;

	*stream = (struct wr_fs_stream){.env = env, .path = path};
	if (is_stdin) {
		stream->path = "standard input";
		WR_TRY(wr_env_stdin(env, &stream->file));
		stream->handle = handle_new(stream->file);
		return NULL;
	}
	WR_TRY(wr_fs_codec_of(path, &stream->codec));
	stream->sniffed = stream->codec != WR_FS_PLAIN;
	WR_TRY(env->ops->stat(env, path, &info));
	if (!info.exists)
		return wr_status_hint(wr_status_new(WR_USER_ERROR,
						    "'%s' is gone: it was there when the job "
						    "started",
						    path),
				      "Keep the files of a table until its job has ended");
	if (info.is_dir)
		return wr_status_new(WR_USER_ERROR, "'%s' is a folder where a file was expected",
				     path);
	stream->regular = info.is_regular;
	stream->size = info.size;
	wr_status *status = wr_file_open(env, path, WR_OPEN_READ, &stream->file);
	if (status != NULL)
		return stream_unreadable(stream, status);
	stream->handle = handle_new(stream->file);
	if (stream->sniffed)
		status = unpack_init(stream);
	return status;
}

void wr_fs_stream_close(struct wr_fs_stream *stream)
{
	unpack_free(stream);
	wr_fs_handle_unref(stream->handle);
	wr_free(stream->raw);
	*stream = (struct wr_fs_stream){0};
}

/* Bytes as they are in the file. */
static wr_status *raw_read(struct wr_fs_stream *stream, char *bytes, size_t len, int64_t wait_us,
			   size_t *got, enum wr_fs_read *result)
{
	*got = 0;
	*result = WR_FS_IDLE;
	if (stream->regular) {
		WR_TRY(wr_file_read_at(stream->file, bytes, len, (int64_t)stream->raw_offset, got));
	} else {
		if (!wr_file_readable(stream->file, wait_us))
			return NULL;
		WR_TRY(wr_file_read(stream->file, bytes, len, got));
	}
	stream->raw_offset += *got;
	*result = *got != 0 ? WR_FS_BYTES : WR_FS_END;
	if (*got != 0)
		return NULL;
	stream->ended = true;
	if (stream->regular && (int64_t)stream->raw_offset < stream->size)
		return became_shorter(stream->path, (uint64_t)stream->size, stream->raw_offset);
	return NULL;
}

/* More packed bytes into `raw`, which is empty or too short to judge by. */
static wr_status *raw_fill(struct wr_fs_stream *stream, int64_t wait_us, enum wr_fs_read *result)
{
	size_t got;

	if (stream->raw == NULL)
		stream->raw = wr_malloc(RAW_BYTES);
	if (stream->raw_pos == stream->raw_len)
		stream->raw_pos = stream->raw_len = 0;
	WR_TRY(raw_read(stream, stream->raw + stream->raw_len, RAW_BYTES - stream->raw_len, wait_us,
			&got, result));
	stream->raw_len += got;
	return NULL;
}

/* Settles the codec by the first bytes. *result IDLE: too few have come. */
static wr_status *stream_sniff(struct wr_fs_stream *stream, int64_t wait_us,
			       enum wr_fs_read *result)
{
	char head[4];
	size_t len = 0;

	*result = WR_FS_BYTES;
	if (stream->regular) {
		WR_TRY(wr_file_read_at(stream->file, head, sizeof head, 0, &len));
		stream->codec = wr_fs_codec_sniff(head, len);
	} else {
		while (stream->raw_len < sizeof head && *result == WR_FS_BYTES) {
			bool may_be = stream->raw_len == 0 || stream->raw[0] == '\x1F' ||
				      stream->raw[0] == '\x28';
			if (!may_be)
				break;
			WR_TRY(raw_fill(stream, wait_us, result));
		}
		if (*result == WR_FS_IDLE)
			return NULL;
		stream->codec = wr_fs_codec_sniff(stream->raw, stream->raw_len);
	}
	*result = WR_FS_BYTES;
	stream->sniffed = true;
	return stream->codec != WR_FS_PLAIN ? unpack_init(stream) : NULL;
}

static wr_status *stream_damaged(const struct wr_fs_stream *stream, const char *cause)
{
	const char *name = stream->codec == WR_FS_GZIP ? "gzip" : "zstd";
	unsigned long long at = stream->raw_offset - (stream->raw_len - stream->raw_pos);
	wr_status *status;

	if (cause == NULL)
		status = wr_status_new(WR_USER_ERROR,
				       "'%s' is cut off: its %s data is incomplete at byte %llu, "
				       "where the file ends",
				       stream->path, name, at);
	else
		status = wr_status_new(WR_USER_ERROR, "'%s': not valid %s data near byte %llu (%s)",
				       stream->path, name, at, cause);
	return wr_status_hint(status, "Check the file with %s -t and copy it again",
			      stream->codec == WR_FS_GZIP ? "gzip" : "zstd");
}

/* Unpacks from `raw`; members of a gzip file follow one another. */
static wr_status *unpack_gzip(struct wr_fs_stream *stream, char *bytes, size_t len, size_t *got)
{
	z_stream *z = &stream->unpack->gzip;
	int code;

	if (!stream->unpack->within) {
		/* Zero bytes behind the last member are padding of tapes and blocks. */
		while (stream->unpack->any && stream->raw_pos < stream->raw_len &&
		       stream->raw[stream->raw_pos] == '\0')
			stream->raw_pos++;
		if (stream->raw_pos == stream->raw_len)
			return NULL;
		inflateReset(z);
		stream->unpack->within = true;
	}
	z->next_in = (const Bytef *)stream->raw + stream->raw_pos;
	z->avail_in = (uInt)(stream->raw_len - stream->raw_pos);
	z->next_out = (Bytef *)bytes;
	z->avail_out = (uInt)WR_MIN(len, (size_t)1 << 30);
	code = inflate(z, Z_NO_FLUSH);
	*got = (size_t)((char *)z->next_out - bytes);
	stream->raw_pos = stream->raw_len - z->avail_in;
	if (code == Z_STREAM_END) {
		stream->unpack->within = false;
		stream->unpack->any = true;
	} else if (code != Z_OK && code != Z_BUF_ERROR) {
		return stream_damaged(stream, z->msg != NULL ? z->msg : "bad data");
	}
	return NULL;
}

static wr_status *unpack_zstd(struct wr_fs_stream *stream, char *bytes, size_t len, size_t *got)
{
	ZSTD_inBuffer in = {stream->raw, stream->raw_len, stream->raw_pos};
	ZSTD_outBuffer out = {bytes, len, 0};
	size_t left;

	if (!stream->unpack->within && in.pos == in.size)
		return NULL;
	left = ZSTD_decompressStream(stream->unpack->zstd, &out, &in);
	stream->raw_pos = in.pos;
	*got = out.pos;
	if (ZSTD_isError(left))
		return stream_damaged(stream, ZSTD_getErrorName(left));
	stream->unpack->within = left != 0;
	return NULL;
}

/* Reads and unpacks until there is at least one byte. */
static wr_status *stream_unpack(struct wr_fs_stream *stream, char *bytes, size_t len,
				int64_t wait_us, size_t *got, enum wr_fs_read *result)
{
	bool full = true; /* the decompressor may hold bytes back: asked before anything is read */

	for (;;) {
		if (stream->raw_pos < stream->raw_len || full) {
			full = false;
			if (stream->codec == WR_FS_GZIP)
				WR_TRY(unpack_gzip(stream, bytes, len, got));
			else
				WR_TRY(unpack_zstd(stream, bytes, len, got));
			*result = WR_FS_BYTES;
			if (*got != 0)
				return NULL;
			if (stream->raw_pos < stream->raw_len)
				continue;
		}
		if (stream->ended)
			*result = WR_FS_END;
		else
			WR_TRY(raw_fill(stream, wait_us, result));
		if (*result == WR_FS_END && stream->unpack->within)
			return stream_damaged(stream, NULL);
		if (*result != WR_FS_BYTES)
			return NULL;
	}
}

wr_status *wr_fs_stream_read(struct wr_fs_stream *stream, char *bytes, size_t len, int64_t wait_us,
			     size_t *got, enum wr_fs_read *result)
{
	WR_ASSERT(stream->file != NULL && len != 0);
	*got = 0;
	if (!stream->sniffed) {
		WR_TRY(stream_sniff(stream, wait_us, result));
		if (*result == WR_FS_IDLE)
			return NULL;
	}
	if (stream->codec != WR_FS_PLAIN)
		return stream_unpack(stream, bytes, len, wait_us, got, result);
	if (stream->raw_pos < stream->raw_len) {
		*got = WR_MIN(len, stream->raw_len - stream->raw_pos);
		memcpy(bytes, stream->raw + stream->raw_pos, *got);
		stream->raw_pos += *got;
		*result = WR_FS_BYTES;
		return NULL;
	}
	if (stream->ended) {
		*result = WR_FS_END;
		return NULL;
	}
	return raw_read(stream, bytes, len, wait_us, got, result);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * filesystem_out - see filesystem_out.h.
 */
#define ZLIB_CONST
#include "connectors/filesystem_out.h"

#include <zlib.h>
#include <zstd.h>

#include "base/macros.h"
#include "base/mem.h"

#define GZIP_LEVEL 4 /* within some percent of the usual 6, at twice its speed */
#define ZSTD_LEVEL 3 /* zstd's own default */

struct wr_fs_pack {
	z_stream gzip;
	ZSTD_CStream *zstd;
};

static wr_status *pack_init(struct wr_fs_out *out)
{
	struct wr_fs_pack *pack = wr_calloc(1, sizeof *pack);

	out->pack = pack;
	if (out->codec == WR_FS_GZIP && deflateInit2(&pack->gzip, GZIP_LEVEL, Z_DEFLATED, 16 + 15,
						     8, Z_DEFAULT_STRATEGY) != Z_OK)
		return wr_status_no_memory();
	if (out->codec == WR_FS_ZSTD) {
		pack->zstd = ZSTD_createCStream();
		if (pack->zstd == NULL || ZSTD_isError(ZSTD_initCStream(pack->zstd, ZSTD_LEVEL)))
			return wr_status_no_memory();
		ZSTD_CCtx_setParameter(pack->zstd, ZSTD_c_checksumFlag, 1);
	}
	return NULL;
}

static void pack_free(struct wr_fs_out *out)
{
	if (out->pack == NULL)
		return;
	if (out->codec == WR_FS_GZIP)
		deflateEnd(&out->pack->gzip);
	ZSTD_freeCStream(out->pack->zstd);
	wr_free(out->pack);
	out->pack = NULL;
}

/* What open and resume share. */
static wr_status *out_init(struct wr_fs_out *out, struct wr_env *env, const char *path,
			   const char *hidden, enum wr_fs_codec codec, size_t buffer_size)
{
	*out = (struct wr_fs_out){
	    .env = env, .path = wr_strdup(path), .codec = codec, .buffer_size = buffer_size};
	out->buffer = wr_malloc(buffer_size);
	if (hidden != NULL)
		out->temporary = wr_strdup(hidden);
	return codec != WR_FS_PLAIN ? pack_init(out) : NULL;
}

wr_status *wr_fs_out_open(struct wr_fs_out *out, struct wr_env *env, const char *path,
			  const char *hidden, enum wr_fs_codec codec, size_t buffer_size)
{
	WR_TRY(out_init(out, env, path, hidden, codec, buffer_size));
	if (hidden == NULL)
		return wr_file_open(env, path, WR_OPEN_APPEND, &out->file);
	return wr_file_open(env, hidden, WR_OPEN_CREATE, &out->file);
}

wr_status *wr_fs_out_resume(struct wr_fs_out *out, struct wr_env *env, const char *path,
			    const char *hidden, enum wr_fs_codec codec, size_t buffer_size,
			    uint64_t len)
{
	WR_TRY(out_init(out, env, path, hidden, codec, buffer_size));
	WR_TRY(env->ops->cut(env, hidden, (int64_t)len));
	WR_TRY(wr_file_open(env, hidden, WR_OPEN_APPEND, &out->file));
	out->bytes = out->written = out->synced = len;
	out->dir_synced = true;
	return NULL;
}

/* --- bytes --------------------------------------------------------------------------------------
 */

/* Writes what the buffer holds. */
static wr_status *buffer_write(struct wr_fs_out *out)
{
	size_t len = out->buffer_len;

	out->buffer_len = 0;
	out->written += len;
	return len != 0 ? wr_file_write(out->file, out->buffer, len) : NULL;
}

static wr_status *plain_write(struct wr_fs_out *out, const char *bytes, size_t len)
{
	if (len > out->buffer_size - out->buffer_len)
		WR_TRY(buffer_write(out));
	if (len >= out->buffer_size) {
		out->written += len;
		return wr_file_write(out->file, bytes, len);
	}
	memcpy(out->buffer + out->buffer_len, bytes, len);
	out->buffer_len += len;
	return NULL;
}

/* Packs `len` bytes; `end`: these are the last. */
static wr_status *gzip_write(struct wr_fs_out *out, const char *bytes, size_t len, bool end)
{
	z_stream *z = &out->pack->gzip;
	int code = Z_OK;

	z->next_in = (const Bytef *)bytes;
	while (len > 0 || z->avail_in > 0 || (end && code != Z_STREAM_END)) {
		if (z->avail_in == 0) {
			z->avail_in = (uInt)WR_MIN(len, (size_t)1 << 30);
			len -= z->avail_in;
		}
		if (out->buffer_len == out->buffer_size)
			WR_TRY(buffer_write(out));
		z->next_out = (Bytef *)out->buffer + out->buffer_len;
		z->avail_out = (uInt)(out->buffer_size - out->buffer_len);
		code = deflate(z, end && len == 0 ? Z_FINISH : Z_NO_FLUSH);
		out->buffer_len = out->buffer_size - z->avail_out;
		if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
			return wr_status_new(WR_FATAL, "Packing '%s' failed", out->path);
	}
	return NULL;
}

static wr_status *zstd_write(struct wr_fs_out *out, const char *bytes, size_t len, bool end)
{
	ZSTD_inBuffer in = {bytes, len, 0};
	size_t left = 1;

	while (in.pos < in.size || (end && left != 0)) {
		ZSTD_outBuffer to = {out->buffer, out->buffer_size, out->buffer_len};

		if (to.pos == to.size) {
			WR_TRY(buffer_write(out));
			to.pos = 0;
		}
		left = ZSTD_compressStream2(out->pack->zstd, &to, &in,
					    end ? ZSTD_e_end : ZSTD_e_continue);
		out->buffer_len = to.pos;
		if (ZSTD_isError(left))
			return wr_status_new(WR_FATAL, "Packing '%s' failed: %s", out->path,
					     ZSTD_getErrorName(left));
	}
	return NULL;
}

static wr_status *out_put(struct wr_fs_out *out, const char *bytes, size_t len, bool end)
{
	switch (out->codec) {
	case WR_FS_GZIP: return gzip_write(out, bytes, len, end);
	case WR_FS_ZSTD: return zstd_write(out, bytes, len, end);
	case WR_FS_PLAIN: break;
	}
	return len != 0 ? plain_write(out, bytes, len) : NULL;
}

/* What the file begins with, unless it has begun. */
static wr_status *header_write(struct wr_fs_out *out)
{
	if (out->bytes != 0 || out->header_len == 0)
		return NULL;
	out->bytes = out->header_len;
	out->within = true;
	return out_put(out, out->header, out->header_len, false);
}

wr_status *wr_fs_out_write(struct wr_fs_out *out, const char *bytes, size_t len)
{
	WR_ASSERT(out->file != NULL);
	if (len == 0)
		return NULL;
	WR_TRY(header_write(out));
	out->bytes += len;
	out->within = true;
	return out_put(out, bytes, len, false);
}

wr_status *wr_fs_out_flush(struct wr_fs_out *out)
{
	return out->temporary == NULL && out->file != NULL ? buffer_write(out) : NULL;
}

/* --- the end ------------------------------------------------------------------------------------
 */

/* Ends the member or frame that has begun, or an empty one of an empty file: the next byte begins
 * another. */
static wr_status *member_end(struct wr_fs_out *out)
{
	if (out->codec == WR_FS_PLAIN || (!out->within && out->written + out->buffer_len != 0))
		return NULL;
	WR_TRY(out_put(out, "", 0, true));
	out->within = false;
	if (out->codec == WR_FS_GZIP)
		deflateReset(&out->pack->gzip);
	return NULL; /* zstd begins a frame by itself */
}

wr_status *wr_fs_out_pause(struct wr_fs_out *out)
{
	WR_ASSERT(out->file != NULL && out->temporary != NULL);
	if (out->within)
		WR_TRY(member_end(out));
	out->within = false;
	WR_TRY(buffer_write(out));
	if (out->written == out->synced)
		return NULL;
	WR_TRY(wr_file_sync(out->file));
	out->synced = out->written;
	return NULL;
}

wr_status *wr_fs_out_finish(struct wr_fs_out *out)
{
	struct wr_file *file = out->file;

	if (file == NULL)
		return NULL;
	WR_TRY(header_write(out));
	WR_TRY(member_end(out));
	WR_TRY(buffer_write(out));
	if (out->temporary != NULL)
		WR_TRY(wr_file_sync(file));
	out->file = NULL;
	wr_free(out->buffer);
	out->buffer = NULL;
	pack_free(out);
	return wr_file_close(file);
}

void wr_fs_out_release(struct wr_fs_out *out)
{
	pack_free(out);
	wr_status_free(wr_file_close(out->file));
	if (out->temporary != NULL && out->noted == 0)
		wr_status_free(out->env->ops->remove(out->env, out->temporary));
	wr_free(out->temporary);
	wr_free(out->buffer);
	wr_free(out->path);
	*out = (struct wr_fs_out){0};
}

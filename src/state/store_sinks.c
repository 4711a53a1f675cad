/* SPDX-License-Identifier: Apache-2.0
 *
 * store_sinks - see store_sinks.h.
 */
#include "state/store_sinks.h"

#include <xxhash.h>

#include "base/macros.h"
#include "state/store_files.h"

static wr_status *write_apart(struct wr_file *file, struct wr_saved_sink *sink, uint32_t count)
{
	uint64_t offset = 0;

	for (uint32_t i = 0; i < count; i++) {
		if (sink[i].bytes.len < WR_SINK_BYTES_INLINE)
			continue;
		WR_TRY(wr_file_write(file, sink[i].bytes.data, sink[i].bytes.len));
		sink[i].apart = true;
		sink[i].offset = offset;
		sink[i].length = sink[i].bytes.len;
		sink[i].digest = XXH3_64bits(sink[i].bytes.data, sink[i].bytes.len);
		sink[i].bytes = (struct wr_str){"", 0};
		offset += sink[i].length;
	}
	return wr_file_sync(file);
}

wr_status *wr_store_put_sinks(struct wr_env *env, const char *dir, uint64_t number,
			      struct wr_saved_sink *sink, uint32_t count, bool *any)
{
	struct wr_file *file = NULL;
	struct wr_text path;
	wr_status *status;

	*any = false;
	for (uint32_t i = 0; i < count; i++)
		*any = *any || sink[i].bytes.len >= WR_SINK_BYTES_INLINE;
	if (!*any)
		return NULL;
	wr_text_init(&path);
	status = wr_file_open(env, wr_store_path(&path, dir, number, WR_FILE_SINKS), WR_OPEN_CREATE,
			      &file);
	wr_text_release(&path);
	WR_TRY(status);
	status = write_apart(file, sink, count);
	if (status == NULL)
		return wr_file_close(file);
	wr_status_free(wr_file_close(file));
	return status;
}

bool wr_manifest_has_sinks(const struct wr_manifest *manifest)
{
	for (uint32_t i = 0; i < manifest->sink_count; i++)
		if (manifest->sink[i].apart)
			return true;
	return false;
}

static wr_status *damage(const char *path, const char *what)
{
	return wr_status_hint(wr_status_new(WR_USER_ERROR, "'%s' %s", path, what),
			      "Take an earlier checkpoint or a savepoint");
}

wr_status *wr_store_check_sinks(struct wr_env *env, const struct wr_manifest *manifest)
{
	struct wr_file_info info;
	struct wr_text path;
	uint64_t length = 0;
	wr_status *status;

	if (!wr_manifest_has_sinks(manifest))
		return NULL;
	for (uint32_t i = 0; i < manifest->sink_count; i++)
		if (manifest->sink[i].apart)
			length =
			    WR_MAX(length, manifest->sink[i].offset + manifest->sink[i].length);
	wr_text_init(&path);
	wr_store_path(&path, manifest->dir, manifest->number, WR_FILE_SINKS);
	status = env->ops->stat(env, path.data, &info);
	if (status == NULL && !info.exists)
		status = damage(path.data, "is missing");
	else if (status == NULL && (uint64_t)info.size != length)
		status = damage(path.data, "has not the length that its manifest says");
	wr_text_release(&path);
	return status;
}

/* Reads exactly `len` bytes at an offset. */
static wr_status *read_exactly(struct wr_file *file, char *to, size_t len, uint64_t offset,
			       const char *path)
{
	size_t got;

	for (; len > 0; len -= got, to += got, offset += got) {
		WR_TRY(wr_file_read_at(file, to, len, (int64_t)offset, &got));
		if (got == 0)
			return damage(path, "is cut short");
	}
	return NULL;
}

wr_status *wr_manifest_sink_bytes(struct wr_env *env, const struct wr_manifest *manifest,
				  uint32_t index, struct wr_text *out)
{
	const struct wr_saved_sink *sink = &manifest->sink[index];
	struct wr_file *file = NULL;
	struct wr_text path;
	wr_status *status;
	char *to;

	WR_ASSERT(index < manifest->sink_count);
	if (!sink->apart) {
		wr_text_add(out, sink->bytes.data, sink->bytes.len);
		return NULL;
	}
	WR_TRY(wr_store_check_sinks(env, manifest)); /* before memory is asked for */
	wr_text_init(&path);
	wr_store_path(&path, manifest->dir, manifest->number, WR_FILE_SINKS);
	to = wr_text_reserve(out, sink->length);
	WR_TRY_OUT(status, wr_file_open(env, path.data, WR_OPEN_READ, &file));
	WR_TRY_OUT(status, read_exactly(file, to, sink->length, sink->offset, path.data));
	if (XXH3_64bits(to, sink->length) != sink->digest)
		status = damage(path.data, "is damaged: the checksum is wrong");
	else
		out->len += sink->length;
out:
	wr_status_free(wr_file_close(file));
	wr_text_release(&path);
	return status;
}

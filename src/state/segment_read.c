/* SPDX-License-Identifier: Apache-2.0
 *
 * segment_read - a segment is read from its beginning to its end in large pieces.
 *
 * Blocks that are not wanted are passed over: their bytes are not even checked, but their heads
 * are, and count for the digest, so that every reader sees whether all blocks are there.
 */
#include <lz4.h>
#include <xxhash.h>
#include <zstd.h>

#include "base/macros.h"
#include "base/mem.h"
#include "state/segment.h"

#define READ_BYTES (1u << 20) /* read at a time: still in the cache when it is unpacked */

struct reader {
	struct wr_file *file;
	const char *path;
	uint64_t bytes;         /* length of the file */
	struct wr_text buffer;  /* file bytes from `offset` on */
	uint64_t offset;        /* of the buffer's first byte in the file */
	struct wr_text records; /* unpacked */
	XXH3_state_t *digest;   /* of the heads so far */
	ZSTD_DCtx *zstd;        /* NULL: not needed yet */
};

static wr_status *damage(const char *path, uint64_t offset, const char *what)
{
	return wr_status_hint(wr_status_new(WR_USER_ERROR,
					    "The checkpoint file '%s' is damaged at byte %llu: %s",
					    path, (unsigned long long)offset, what),
			      "Restore from another checkpoint or savepoint");
}

static uint32_t get_u32(const char *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof value);
	return value;
}

static uint64_t get_u64(const char *at)
{
	uint64_t value;

	memcpy(&value, at, sizeof value);
	return value;
}

/* Views `len` bytes at an offset of the file, which only grows from call to call. */
static wr_status *view(struct reader *reader, uint64_t at, size_t len, const char **out)
{
	uint64_t have = reader->offset + reader->buffer.len;
	size_t keep = at < have ? (size_t)(have - at) : 0;
	size_t want;

	WR_ASSERT(at >= reader->offset);
	if (at > reader->bytes || len > reader->bytes - at)
		return damage(reader->path, at, "a block is cut short");
	if (keep < len) {
		if (keep > 0)
			memmove(reader->buffer.data, reader->buffer.data + (at - reader->offset),
				keep);
		reader->offset = at;
		reader->buffer.len = keep;
		want = (size_t)WR_MIN(WR_MAX((uint64_t)len, READ_BYTES), reader->bytes - at);
		(void)wr_text_reserve(&reader->buffer, want - keep);
		while (reader->buffer.len < want) {
			size_t got;

			WR_TRY(wr_file_read_at(
			    reader->file, reader->buffer.data + reader->buffer.len,
			    want - reader->buffer.len, (int64_t)(at + reader->buffer.len), &got));
			if (got == 0)
				return damage(reader->path, at + reader->buffer.len,
					      "the file ends here");
			reader->buffer.len += got;
		}
	}
	*out = reader->buffer.data + (at - reader->offset);
	return NULL;
}

/* Unpacks the bytes of a block into reader->records; false: they are no such block. */
static bool unpack(struct reader *reader, uint8_t how, const char *packed, size_t size, size_t raw)
{
	char *to = wr_text_reserve(&reader->records, raw);

	if (how == WR_STORE_LZ4)
		return LZ4_decompress_safe(packed, to, (int)size, (int)raw) == (int)raw;
	if (how != WR_STORE_ZSTD)
		return false;
	if (reader->zstd == NULL)
		reader->zstd = ZSTD_createDCtx();
	return reader->zstd != NULL &&
	       ZSTD_decompressDCtx(reader->zstd, to, raw, packed, size) == raw;
}

/* The bytes of a block that is wanted, then the block itself. */
static wr_status *show(struct reader *reader, uint64_t at, const char *head,
		       struct wr_store_block *block, const struct wr_store_reading *reading)
{
	uint8_t how = (uint8_t)head[17];
	size_t size = get_u32(head + 28);
	size_t raw = block->bytes.len;
	const char *packed;

	WR_TRY(view(reader, at + WR_SEGMENT_BLOCK, size, &packed));
	if (XXH3_64bits(packed, size) != get_u64(head + 32))
		return damage(reader->path, at, "the checksum of the block is wrong");
	if (how == WR_STORE_PLAIN && size == raw)
		block->bytes.data = packed;
	else if (unpack(reader, how, packed, size, raw))
		block->bytes.data = reader->records.data;
	else
		return damage(reader->path, at, "the block cannot be unpacked");
	return reading->block(reading->user, block);
}

/* One block: its head is checked, and what it says. */
static wr_status *read_block(struct reader *reader, uint64_t *at, uint32_t expected,
			     uint32_t states, const struct wr_saved_segment *segment,
			     struct wr_store_block *block, const struct wr_store_reading *reading)
{
	char head[WR_SEGMENT_BLOCK];
	const char *bytes;
	uint64_t begin = *at;

	WR_TRY(view(reader, begin, WR_SEGMENT_BLOCK, &bytes));
	memcpy(head, bytes, sizeof head); /* the view moves on */
	if (memcmp(head, "BLCK", 4) != 0 ||
	    XXH3_64bits_withSeed(head, 40, segment->id) != get_u64(head + 40))
		return damage(reader->path, begin, "there is no block of this checkpoint");
	if (get_u32(head + 4) != expected)
		return damage(reader->path, begin, "the block is not the next one");
	XXH3_64bits_update(reader->digest, head, sizeof head);
	block->worker = get_u32(head + 8);
	block->state = get_u32(head + 12);
	block->kind = (enum wr_record_kind)(uint8_t)head[16];
	block->records = get_u32(head + 20);
	block->bytes = (struct wr_str){NULL, get_u32(head + 24)};
	if (block->state >= states || block->kind < WR_RECORD_PUT ||
	    block->kind > WR_RECORD_EXTRA || block->bytes.len > WR_SEGMENT_BYTES_MAX)
		return damage(reader->path, begin, "the head of the block makes no sense");
	*at = begin + WR_SEGMENT_BLOCK + get_u32(head + 28);
	if (*at > reader->bytes)
		return damage(reader->path, begin, "a block is cut short");
	if (reading->wants != NULL && !reading->wants(reading->user, block))
		return NULL;
	return show(reader, begin, head, block, reading);
}

/* The head of the file: that the manifest means this one. */
static wr_status *check_head(struct reader *reader, const struct wr_saved_segment *segment)
{
	const char *head;

	WR_TRY(view(reader, 0, WR_SEGMENT_HEAD, &head));
	if (memcmp(head, "WEIRSEG\n", 8) != 0 || get_u64(head + 32) != XXH3_64bits(head, 32) ||
	    get_u32(head + 8) != WR_MANIFEST_FORMAT)
		return damage(reader->path, 0, "it does not begin as a segment does");
	if (get_u64(head + 16) != segment->number || get_u64(head + 24) != segment->id)
		return damage(reader->path, 0, "it belongs to another checkpoint");
	return NULL;
}

/* Opens the file that the manifest means. */
static wr_status *open_reader(struct wr_env *env, const char *path,
			      const struct wr_saved_segment *segment, struct reader *reader)
{
	struct wr_file_info info;

	*reader = (struct reader){.path = path, .bytes = segment->bytes};
	wr_text_init(&reader->buffer);
	wr_text_init(&reader->records);
	WR_TRY(env->ops->stat(env, path, &info));
	if (!info.exists)
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR, "The checkpoint file '%s' is missing", path),
		    "Restore from another checkpoint or savepoint");
	if ((uint64_t)info.size != segment->bytes)
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR,
				  "The checkpoint file '%s' is damaged: it has %lld bytes instead "
				  "of %llu",
				  path, (long long)info.size, (unsigned long long)segment->bytes),
		    "Restore from another checkpoint or savepoint");
	WR_TRY(wr_file_open(env, path, WR_OPEN_READ, &reader->file));
	return check_head(reader, segment);
}

static void close_reader(struct reader *reader)
{
	wr_status_free(wr_file_close(reader->file));
	wr_text_release(&reader->buffer);
	wr_text_release(&reader->records);
	XXH3_freeState(reader->digest);
	ZSTD_freeDCtx(reader->zstd);
}

wr_status *wr_segment_check(struct wr_env *env, const char *path,
			    const struct wr_saved_segment *segment)
{
	struct reader reader;
	wr_status *status = open_reader(env, path, segment, &reader);

	close_reader(&reader);
	return status;
}

wr_status *wr_segment_read(struct wr_env *env, const char *path,
			   const struct wr_saved_segment *segment, uint32_t index, uint32_t states,
			   const struct wr_store_reading *reading)
{
	struct wr_store_block block = {.segment = index};
	struct reader reader;
	uint64_t at = WR_SEGMENT_HEAD;
	wr_status *status;

	WR_TRY_OUT(status, open_reader(env, path, segment, &reader));
	reader.digest = XXH3_createState();
	WR_REQUIRE(reader.digest != NULL);
	XXH3_64bits_reset(reader.digest);
	for (uint32_t i = 0; i < segment->blocks; i++)
		WR_TRY_OUT(status, read_block(&reader, &at, i, states, segment, &block, reading));
	if (at != segment->bytes)
		status = damage(path, at, "there is more than the checkpoint knows of");
	else if (XXH3_64bits_digest(reader.digest) != segment->digest)
		status = damage(path, at, "its blocks are not those of the checkpoint");
out:
	close_reader(&reader);
	return status;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * segment_write - a segment is written block by block, through a buffer of about 1 MB.
 *
 * A block that does not get smaller by compression is stored as it is.
 */
#include <lz4.h>
#include <xxhash.h>
#include <zstd.h>

#include "base/macros.h"
#include "base/mem.h"
#include "state/segment.h"

#define WRITE_BYTES      (1u << 20) /* gathered before they are written: fewer, larger calls */
#define LZ4_ACCELERATION 8          /* twice as fast as the default, for a tenth more bytes */
#define ZSTD_LEVEL       1          /* checkpoints are written far more often than they are read */

struct wr_segment_writer {
	struct wr_env *env;
	struct wr_file *file;  /* NULL: closed */
	char *path;            /* for messages; owned */
	uint64_t number;       /* of the checkpoint */
	uint64_t id;           /* random */
	uint64_t written;      /* bytes handed to the file */
	uint32_t blocks;       /* so far */
	struct wr_text buffer; /* on its way to the file */
	XXH3_state_t *digest;  /* of the heads of all blocks */
	enum wr_store_compression compression;
	ZSTD_CCtx *zstd; /* NULL: not needed */
};

static wr_status *flush(struct wr_segment_writer *writer)
{
	WR_TRY(wr_file_write(writer->file, writer->buffer.data, writer->buffer.len));
	writer->written += writer->buffer.len;
	wr_text_clear(&writer->buffer);
	return NULL;
}

static void put_u32(char *at, uint32_t value)
{
	memcpy(at, &value, sizeof value);
}

static void put_u64(char *at, uint64_t value)
{
	memcpy(at, &value, sizeof value);
}

wr_status *wr_segment_create(struct wr_env *env, const char *path, uint64_t number,
			     enum wr_store_compression compression, struct wr_segment_writer **out)
{
	struct wr_segment_writer *writer = wr_calloc(1, sizeof *writer);
	char *head;
	wr_status *status;

	writer->env = env;
	writer->path = wr_strdup(path);
	writer->number = number;
	writer->compression = compression;
	wr_text_init(&writer->buffer);
	env->ops->random(env, &writer->id, sizeof writer->id);
	writer->digest = XXH3_createState();
	WR_REQUIRE(writer->digest != NULL);
	XXH3_64bits_reset(writer->digest);
	if (compression == WR_STORE_ZSTD) {
		writer->zstd = ZSTD_createCCtx();
		WR_REQUIRE(writer->zstd != NULL);
	}
	head = wr_text_reserve(&writer->buffer, WR_SEGMENT_HEAD);
	memcpy(head, "WEIRSEG\n", 8);
	put_u32(head + 8, WR_MANIFEST_FORMAT);
	put_u32(head + 12, 0);
	put_u64(head + 16, number);
	put_u64(head + 24, writer->id);
	put_u64(head + 32, XXH3_64bits(head, 32));
	writer->buffer.len += WR_SEGMENT_HEAD;
	status = wr_file_open(env, path, WR_OPEN_CREATE, &writer->file);
	*out = writer;
	if (status != NULL) {
		wr_segment_writer_free(writer);
		*out = NULL;
	}
	return status;
}

/* Packs the bytes behind the buffer's end, where there is room for them; 0: they do not get
 * smaller. */
static size_t pack(struct wr_segment_writer *writer, const struct wr_text *bytes, char *to)
{
	size_t room = bytes->len - 1; /* what is not smaller is not worth it */
	size_t size = 0;

	if (bytes->len < 16)
		return 0;
	if (writer->compression == WR_STORE_LZ4)
		size = (size_t)LZ4_compress_fast(bytes->data, to, (int)bytes->len, (int)room,
						 LZ4_ACCELERATION);
	else if (writer->compression == WR_STORE_ZSTD)
		size =
		    ZSTD_compressCCtx(writer->zstd, to, room, bytes->data, bytes->len, ZSTD_LEVEL);
	return ZSTD_isError(size) ? 0 : size;
}

wr_status *wr_segment_block(struct wr_segment_writer *writer, uint32_t worker,
			    const struct wr_snapshot_block *block)
{
	size_t raw = block->bytes.len;
	char *head;
	size_t size;

	WR_ASSERT(writer->file != NULL);
	if (raw > WR_SEGMENT_BYTES_MAX)
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR,
				  "The state of a single key takes %zu bytes; a checkpoint "
				  "takes %u at most",
				  raw, WR_SEGMENT_BYTES_MAX),
		    "Limit what the query remembers of a key: a shorter window, a state TTL");
	head = wr_text_reserve(&writer->buffer, WR_SEGMENT_BLOCK + raw);
	size = pack(writer, &block->bytes, head + WR_SEGMENT_BLOCK);
	memset(head, 0, WR_SEGMENT_BLOCK);
	memcpy(head, "BLCK", 4);
	put_u32(head + 4, writer->blocks++);
	put_u32(head + 8, worker);
	put_u32(head + 12, block->state);
	head[16] = (char)block->kind;
	head[17] = (char)(size != 0 ? writer->compression : WR_STORE_PLAIN);
	if (size == 0) {
		size = raw;
		memcpy(head + WR_SEGMENT_BLOCK, block->bytes.data, raw);
	}
	put_u32(head + 20, block->records);
	put_u32(head + 24, (uint32_t)raw);
	put_u32(head + 28, (uint32_t)size);
	put_u64(head + 32, XXH3_64bits(head + WR_SEGMENT_BLOCK, size));
	put_u64(head + 40, XXH3_64bits_withSeed(head, 40, writer->id));
	XXH3_64bits_update(writer->digest, head, WR_SEGMENT_BLOCK);
	writer->buffer.len += WR_SEGMENT_BLOCK + size;
	return writer->buffer.len >= WRITE_BYTES ? flush(writer) : NULL;
}

uint64_t wr_segment_bytes(const struct wr_segment_writer *writer)
{
	return writer->written + writer->buffer.len;
}

wr_status *wr_segment_finish(struct wr_segment_writer *writer, struct wr_saved_segment *out)
{
	struct wr_file *file = writer->file;

	WR_TRY(flush(writer));
	WR_TRY(wr_file_sync(file));
	writer->file = NULL;
	WR_TRY(wr_file_close(file));
	*out = (struct wr_saved_segment){
	    .number = writer->number,
	    .id = writer->id,
	    .bytes = writer->written,
	    .blocks = writer->blocks,
	    .digest = XXH3_64bits_digest(writer->digest),
	};
	return NULL;
}

void wr_segment_writer_free(struct wr_segment_writer *writer)
{
	if (writer == NULL)
		return;
	wr_status_free(wr_file_close(writer->file));
	ZSTD_freeCCtx(writer->zstd);
	XXH3_freeState(writer->digest);
	wr_text_release(&writer->buffer);
	wr_free(writer->path);
	wr_free(writer);
}

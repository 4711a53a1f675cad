/* SPDX-License-Identifier: Apache-2.0
 *
 * avro_file - headers, blocks and codecs of container files.
 */
#include "formats/avro_file.h"

#include <zlib.h>
#include <zstd.h>

#include "base/deflate.h"
#include "base/limits.h"
#include "base/macros.h"
#include "base/mem.h"
#include "formats/avro_read.h"
#include "formats/snappy.h"

#define MAGIC      "Obj\1"
#define CRC_BYTES  4u
#define ZSTD_LEVEL 3

const char *const wr_avro_codec_names[] = {"null", "deflate", "snappy", "zstandard", NULL};

/* --- headers
 * ----------------------------------------------------------------------------------------- */

static wr_status *no_file(void)
{
	return wr_status_hint(
	    wr_status_new(WR_USER_ERROR, "The file is no Avro container file: it does not begin "
					 "with a header of one"),
	    "Check the path; single records without a header are read out of messages only");
}

/* A length and its bytes; *more: they go on behind the end. */
static bool get_bytes(struct wr_avro_in *in, struct wr_str *out, bool *more)
{
	struct wr_avro_in number = {.p = in->p, .end = in->end};
	struct wr_message_fault fault;
	int64_t len;

	number.fault = &fault;
	*more = true;
	if (!wr_avro_get_long(&number, &len))
		return false;
	*more = len >= 0 && len <= WR_AVRO_HEADER_MAX;
	if (!*more || len > number.end - number.p)
		return false;
	*out = (struct wr_str){number.p, (size_t)len};
	in->p = number.p + len;
	return true;
}

/* One entry of the map. */
static wr_status *take_entry(struct wr_str key, struct wr_str value, struct wr_str *schema,
			     struct wr_avro_header *out)
{
	if (wr_str_eq(key, "avro.schema"))
		*schema = value;
	if (!wr_str_eq(key, "avro.codec"))
		return NULL;
	for (int i = 0; wr_avro_codec_names[i] != NULL; i++) {
		if (!wr_str_eq(value, wr_avro_codec_names[i]))
			continue;
		out->codec = (enum wr_avro_codec)i;
		return NULL;
	}
	return wr_status_hint(
	    wr_status_new(WR_USER_ERROR, "The Avro file is packed with '%.*s', which is not there",
			  (int)WR_MIN(value.len, (size_t)40), value.data),
	    "Pack it with null, deflate, snappy or zstandard");
}

/* The map up to its end; *more: it goes on behind the end. */
static wr_status *read_map(struct wr_avro_in *in, struct wr_str *schema, struct wr_avro_header *out,
			   bool *more)
{
	struct wr_message_fault fault;
	struct wr_str key, value;
	int64_t count, bytes;

	*more = true;
	for (;;) {
		struct wr_avro_in number = {.p = in->p, .end = in->end, .fault = &fault};
		if (!wr_avro_get_long(&number, &count))
			return NULL;
		if (count < 0 && !wr_avro_get_long(&number, &bytes))
			return NULL;
		count = count < 0 ? -count : count;
		in->p = number.p;
		if (count == 0)
			break;
		for (int64_t i = 0; i < count; i++) {
			if (!get_bytes(in, &key, more) || !get_bytes(in, &value, more))
				return *more ? NULL : no_file();
			WR_TRY(take_entry(key, value, schema, out));
		}
	}
	*more = false;
	return NULL;
}

wr_status *wr_avro_header_read(const char *data, size_t len, bool schema,
			       struct wr_avro_header *out)
{
	struct wr_avro_in in = {.p = data + WR_MIN(len, (size_t)4), .end = data + len};
	struct wr_str text = {0};
	bool more;

	*out = (struct wr_avro_header){0};
	if (memcmp(data, MAGIC, WR_MIN(len, (size_t)4)) != 0 || len > WR_AVRO_HEADER_MAX)
		return no_file();
	if (len < 4)
		return NULL;
	WR_TRY(read_map(&in, &text, out, &more));
	if (more || in.end - in.p < WR_AVRO_SYNC_BYTES)
		return NULL;
	memcpy(out->sync, in.p, WR_AVRO_SYNC_BYTES);
	if (text.data == NULL)
		return wr_status_new(WR_USER_ERROR, "The Avro file's header has no schema");
	if (schema)
		WR_TRY(wr_avro_schema_parse(&text, 1, &out->schema));
	out->len = (size_t)(in.p + WR_AVRO_SYNC_BYTES - data);
	return NULL;
}

/* --- blocks
 * ------------------------------------------------------------------------------------------ */

enum wr_avro_block_state wr_avro_block_at(const char *sync, const char *p, const char *end,
					  struct wr_avro_block *out)
{
	struct wr_message_fault fault;
	struct wr_avro_in in = {.p = p, .end = end, .fault = &fault};
	int64_t records, size;

	*out = (struct wr_avro_block){.start = p};
	if (!wr_avro_get_long(&in, &records) || (records > 0 && !wr_avro_get_long(&in, &size)))
		return end - p < 20 ? WR_AVRO_BLOCK_SHORT : WR_AVRO_BLOCK_DAMAGED;
	if (records <= 0 || size < 0 || size > WR_RECORD_BYTES_MAX)
		return WR_AVRO_BLOCK_DAMAGED;
	out->records = (uint64_t)records;
	out->data = in.p;
	out->size = (size_t)size;
	if (end - in.p < size + WR_AVRO_SYNC_BYTES)
		return WR_AVRO_BLOCK_SHORT;
	out->next = in.p + size + WR_AVRO_SYNC_BYTES;
	return memcmp(in.p + size, sync, WR_AVRO_SYNC_BYTES) == 0 ? WR_AVRO_BLOCK
								  : WR_AVRO_BLOCK_DAMAGED;
}

const char *wr_avro_resync(const char *sync, const char *p, const char *end)
{
	const char *found = memmem(p, (size_t)(end - p), sync, WR_AVRO_SYNC_BYTES);

	return found == NULL ? NULL : found + WR_AVRO_SYNC_BYTES;
}

size_t wr_avro_blocks(const char *sync, const char *data, size_t len)
{
	const char *end = data + len;
	const char *p = data;
	struct wr_avro_block block;

	while (p < end) {
		enum wr_avro_block_state state = wr_avro_block_at(sync, p, end, &block);
		if (state == WR_AVRO_BLOCK_SHORT)
			break;
		const char *next =
		    state == WR_AVRO_BLOCK ? block.next : wr_avro_resync(sync, p, end);
		if (next == NULL)
			break;
		p = next;
	}
	return (size_t)(p - data);
}

/* --- codecs
 * ------------------------------------------------------------------------------------------ */

/* Deflate says nothing about the unpacked size: the buffer grows. */
static struct wr_buf *inflate_block(const struct wr_avro_block *block, size_t *len)
{
	size_t room = WR_MAX(block->size * 4, (size_t)4096);
	struct wr_buf *buf = wr_buf_new(room);
	z_stream stream = {.next_in = (Bytef *)(uintptr_t)block->data,
			   .avail_in = (uInt)block->size};
	int result = inflateInit2(&stream, -15);

	*len = 0;
	while (result == Z_OK) {
		stream.next_out = (Bytef *)buf->data + *len;
		stream.avail_out = (uInt)(room - *len);
		result = inflate(&stream, Z_NO_FLUSH);
		*len = room - stream.avail_out;
		if (result == Z_BUF_ERROR || (result == Z_OK && stream.avail_out != 0) ||
		    *len > WR_RECORD_BYTES_MAX)
			break;
		if (result != Z_OK)
			break;
		struct wr_buf *larger = wr_buf_new(room *= 2);
		memcpy(larger->data, buf->data, *len);
		wr_buf_unref(buf);
		buf = larger;
	}
	inflateEnd(&stream);
	if (result == Z_STREAM_END)
		return buf;
	wr_buf_unref(buf);
	return NULL;
}

static struct wr_buf *snappy_block(const struct wr_avro_block *block, size_t *len)
{
	uint32_t crc = 0;

	if (block->size < CRC_BYTES ||
	    !wr_snappy_length(block->data, block->size - CRC_BYTES, len) ||
	    *len > WR_RECORD_BYTES_MAX)
		return NULL;
	struct wr_buf *buf = wr_buf_new(*len);
	const uint8_t *check = (const uint8_t *)block->data + block->size - CRC_BYTES;
	for (uint32_t i = 0; i < CRC_BYTES; i++)
		crc = crc << 8 | check[i];
	if (wr_snappy_unpack(block->data, block->size - CRC_BYTES, buf->data, *len) &&
	    crc32(0, (const Bytef *)buf->data, (uInt)*len) == crc)
		return buf;
	wr_buf_unref(buf);
	return NULL;
}

/* Frames may not say their unpacked size: the buffer grows then. */
static struct wr_buf *zstd_block(const struct wr_avro_block *block, size_t *len)
{
	ZSTD_DStream *stream = ZSTD_createDStream();
	size_t room = WR_MAX(block->size * 4, (size_t)4096);
	struct wr_buf *buf = wr_buf_new(room);
	ZSTD_inBuffer in = {block->data, block->size, 0};
	size_t left = 1;

	*len = 0;
	while (in.pos < in.size || left != 0) {
		ZSTD_outBuffer out = {buf->data, room, *len};
		size_t before = in.pos;
		left = ZSTD_decompressStream(stream, &out, &in);
		bool stuck = out.pos == *len && in.pos == before && out.pos < room;
		*len = out.pos;
		if (ZSTD_isError(left) || *len > WR_RECORD_BYTES_MAX || stuck) {
			left = 1;
			break;
		}
		if (*len < room)
			continue;
		struct wr_buf *larger = wr_buf_new(room *= 2);
		memcpy(larger->data, buf->data, *len);
		wr_buf_unref(buf);
		buf = larger;
	}
	ZSTD_freeDStream(stream);
	if (left == 0)
		return buf;
	wr_buf_unref(buf);
	return NULL;
}

struct wr_buf *wr_avro_unpack(enum wr_avro_codec codec, const struct wr_avro_block *block,
			      size_t *len, const char **why)
{
	struct wr_buf *buf = codec == WR_AVRO_DEFLATE  ? inflate_block(block, len)
			     : codec == WR_AVRO_SNAPPY ? snappy_block(block, len)
						       : zstd_block(block, len);

	*why = "a block that cannot be unpacked";
	return buf;
}

/* --- writing
 * ----------------------------------------------------------------------------------------- */

static void put_long(struct wr_text *out, int64_t value)
{
	char *p = wr_text_reserve(out, 10);

	out->len += (size_t)(wr_avro_put_long(p, value) - p);
}

static void put_string(struct wr_text *out, struct wr_str text)
{
	put_long(out, (int64_t)text.len);
	wr_text_add(out, text.data, text.len);
}

void wr_avro_put_header(struct wr_text *out, struct wr_str schema, enum wr_avro_codec codec,
			const char *sync)
{
	wr_text_add(out, MAGIC, 4);
	put_long(out, 2);
	put_string(out, wr_str_of("avro.schema"));
	put_string(out, schema);
	put_string(out, wr_str_of("avro.codec"));
	put_string(out, wr_str_of(wr_avro_codec_names[codec]));
	put_long(out, 0);
	wr_text_add(out, sync, WR_AVRO_SYNC_BYTES);
}

/* Appends `data` packed. */
static bool pack(struct wr_text *out, enum wr_avro_codec codec, const char *data, size_t len)
{
	if (codec == WR_AVRO_DEFLATE)
		return wr_deflate((struct wr_str){data, len}, WR_DEFLATE_RAW, WR_DEFLATE_USUAL,
				  out);
	if (codec == WR_AVRO_SNAPPY) {
		uint32_t crc = (uint32_t)crc32(0, (const Bytef *)data, (uInt)len);
		wr_snappy_pack(out, data, len);
		for (int shift = 24; shift >= 0; shift -= 8)
			wr_text_putc(out, (char)(crc >> shift));
		return true;
	}
	size_t bound = ZSTD_compressBound(len);
	size_t got = ZSTD_compress(wr_text_reserve(out, bound), bound, data, len, ZSTD_LEVEL);
	if (ZSTD_isError(got))
		return false;
	out->len += got;
	return true;
}

wr_status *wr_avro_put_block(struct wr_text *out, enum wr_avro_codec codec, const char *sync,
			     uint64_t records, const char *data, size_t len)
{
	struct wr_text packed;
	bool good = true;

	wr_text_init(&packed);
	if (codec != WR_AVRO_NO_CODEC)
		good = pack(&packed, codec, data, len);
	if (good) {
		put_long(out, (int64_t)records);
		put_string(out, codec != WR_AVRO_NO_CODEC ? (struct wr_str){packed.data, packed.len}
							  : (struct wr_str){data, len});
		wr_text_add(out, sync, WR_AVRO_SYNC_BYTES);
	}
	wr_text_release(&packed);
	return good ? NULL : wr_status_no_memory();
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * avro_file - Avro's container files: a header with a schema, then blocks of records.
 *
 *	"Obj" 1                       magic
 *	map of string to bytes        "avro.schema": JSON, "avro.codec": how blocks are packed
 *	16 bytes                      the file's sync marker
 *	and again and again:
 *	number                        of records
 *	number                        of bytes behind it, packed
 *	bytes                         the records
 *	16 bytes                      the sync marker
 *
 * Blocks can be told apart by their sizes alone; where those are damaged, the next sync marker is
 * looked for.
 *
 * Thread: pure functions; a file's header belongs to one decoder.
 */
#ifndef WR_FORMATS_AVRO_FILE_H
#define WR_FORMATS_AVRO_FILE_H

#include "base/buf.h"
#include "formats/avro_schema.h"

#define WR_AVRO_SYNC_BYTES 16u
#define WR_AVRO_HEADER_MAX (16u << 20) /* bytes of a header */

enum wr_avro_codec {
	WR_AVRO_NO_CODEC,
	WR_AVRO_DEFLATE,
	WR_AVRO_SNAPPY, /* the unpacked bytes' CRC-32 behind it, highest byte first */
	WR_AVRO_ZSTANDARD
};
extern const char *const wr_avro_codec_names[];

struct wr_avro_header {
	size_t len; /* bytes; 0: not parsed */
	enum wr_avro_codec codec;
	char sync[WR_AVRO_SYNC_BYTES];
	struct wr_avro_schema *schema; /* owned; NULL: was not asked for */
};

struct wr_avro_block {
	const char *start; /* of its first number */
	const char *data;  /* of the records, packed */
	size_t size;       /* of data */
	const char *next;  /* behind its sync marker */
	uint64_t records;
};

enum wr_avro_block_state { WR_AVRO_BLOCK, WR_AVRO_BLOCK_SHORT, WR_AVRO_BLOCK_DAMAGED };

/* Reads a header; out->len 0 without a status: it goes on behind `len`. The schema is parsed if
 * wanted. */
wr_status *wr_avro_header_read(const char *data, size_t len, bool schema,
			       struct wr_avro_header *out);
/* The block at `p`: whole, not all there, or damaged. */
enum wr_avro_block_state wr_avro_block_at(const char *sync, const char *p, const char *end,
					  struct wr_avro_block *out);
/* Behind the next sync marker from `p` on; NULL: there is none. */
const char *wr_avro_resync(const char *sync, const char *p, const char *end);
/* Bytes of whole blocks at `data`, damaged ones included. */
size_t wr_avro_blocks(const char *sync, const char *data, size_t len);
/* Unpacks; NULL: damaged, `why` says so. Without a codec it is not to be called. */
struct wr_buf *wr_avro_unpack(enum wr_avro_codec codec, const struct wr_avro_block *block,
			      size_t *len, const char **why);

/* Appends a header, and a block of `records` records. */
void wr_avro_put_header(struct wr_text *out, struct wr_str schema, enum wr_avro_codec codec,
			const char *sync);
wr_status *wr_avro_put_block(struct wr_text *out, enum wr_avro_codec codec, const char *sync,
			     uint64_t records, const char *data, size_t len);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * outbox - see outbox.h.
 *
 * A piece is made when its records are WR_OUTBOX_PIECE bytes, or at take; until then they stand in
 * `open`. A list of pieces, oldest first, is all there is: take copies it, done drops its front.
 *
 * Thread: `lock` guards the list and the sums; `open` belongs to the sink's thread.
 */
#include "connectors/outbox.h"

#include <lz4.h>
#include <pthread.h>
#include <xxhash.h>

#include "base/macros.h"
#include "base/mem.h"
#include "base/varint.h"

#define HEAD       64u
#define PIECE_HEAD 40u
#define VERSION    1
#define PLAIN      0
#define LZ4        1
#define SPEED      8             /* LZ4's acceleration */
#define RECORD_MAX (1u << 30)    /* bytes of a record; LZ4 takes twice that */
#define OVER       4             /* times hard_bytes: the job fails */
#define LOOK_US    INT64_C(2000) /* between two looks whether the wait is over */

struct piece {
	char *bytes;    /* head and packed records; owned */
	size_t len;     /* of bytes */
	uint64_t rows;  /* in it */
	uint64_t taken; /* number of the first take that had it; 0: none yet */
};

struct wr_outbox {
	struct wr_outbox_config config;
	struct wr_text open;   /* records that are no piece yet */
	uint32_t open_records; /* in `open` */
	uint64_t open_rows;    /* in `open` */
	bool asked;            /* for a checkpoint, since the last take */
	uint64_t takes;        /* so far */
	uint64_t fresh_bytes;  /* of pieces since the last take */
	pthread_mutex_t lock;
	struct piece *piece; /* under lock: oldest first; owned */
	size_t count, capacity;
	uint64_t held_bytes; /* under lock: of the pieces */
};

static void put_u32(char *to, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		to[i] = (char)(value >> (8 * i));
}

static void put_u64(char *to, uint64_t value)
{
	for (int i = 0; i < 8; i++)
		to[i] = (char)(value >> (8 * i));
}

static uint64_t get_u64(const char *from)
{
	uint64_t value = 0;

	for (int i = 7; i >= 0; i--)
		value = value << 8 | (uint8_t)from[i];
	return value;
}

static uint32_t get_u32(const char *from)
{
	return (uint32_t)(uint8_t)from[0] | (uint32_t)(uint8_t)from[1] << 8 |
	       (uint32_t)(uint8_t)from[2] << 16 | (uint32_t)(uint8_t)from[3] << 24;
}

struct wr_outbox *wr_outbox_new(const struct wr_outbox_config *config)
{
	struct wr_outbox *outbox = wr_calloc(1, sizeof *outbox);

	WR_ASSERT(config->soft_bytes > 0 && config->hard_bytes >= config->soft_bytes);
	outbox->config = *config;
	wr_text_init(&outbox->open);
	pthread_mutex_init(&outbox->lock, NULL);
	return outbox;
}

void wr_outbox_free(struct wr_outbox *outbox)
{
	if (outbox == NULL)
		return;
	for (size_t i = 0; i < outbox->count; i++)
		wr_free(outbox->piece[i].bytes);
	wr_free(outbox->piece);
	wr_text_release(&outbox->open);
	pthread_mutex_destroy(&outbox->lock);
	wr_free(outbox);
}

/* Packs `open` into a piece's bytes; its place is filled in by take. */
static struct piece pack(const struct wr_outbox *outbox)
{
	const struct wr_text *raw = &outbox->open;
	struct piece piece = {.rows = outbox->open_rows};
	char *head = wr_malloc(PIECE_HEAD + raw->len), *to = head + PIECE_HEAD;
	int size = raw->len < 16
		       ? 0
		       : LZ4_compress_fast(raw->data, to, (int)raw->len, (int)raw->len - 1, SPEED);

	memset(head, 0, PIECE_HEAD);
	head[16] = size > 0 ? LZ4 : PLAIN;
	if (size <= 0) {
		size = (int)raw->len;
		memcpy(to, raw->data, raw->len);
	}
	put_u32(head + 4, outbox->open_records);
	put_u32(head + 8, (uint32_t)raw->len);
	put_u32(head + 12, (uint32_t)size);
	put_u64(head + 24, XXH3_64bits(to, (size_t)size));
	piece.len = PIECE_HEAD + (size_t)size;
	piece.bytes = wr_realloc(head, piece.len);
	return piece;
}

/* `open` becomes a piece. */
static void close_piece(struct wr_outbox *outbox)
{
	struct piece piece;

	if (outbox->open_records == 0)
		return;
	piece = pack(outbox);
	outbox->fresh_bytes += piece.len;
	wr_text_clear(&outbox->open);
	outbox->open_records = 0;
	outbox->open_rows = 0;
	pthread_mutex_lock(&outbox->lock);
	if (outbox->count == outbox->capacity) {
		outbox->capacity = WR_MAX(64, 2 * outbox->capacity);
		outbox->piece = wr_realloc(outbox->piece, outbox->capacity * sizeof *outbox->piece);
	}
	outbox->piece[outbox->count++] = piece;
	outbox->held_bytes += piece.len;
	pthread_mutex_unlock(&outbox->lock);
}

static void ask(struct wr_outbox *outbox)
{
	outbox->asked = true;
	wr_host_checkpoint_wanted(outbox->config.host);
}

bool wr_outbox_add(struct wr_outbox *outbox, struct wr_str record, uint32_t rows)
{
	struct wr_text *open = &outbox->open;
	char *to;

	WR_REQUIRE(record.len <= RECORD_MAX);
	if (open->len > 0 && open->len + record.len > 2 * WR_OUTBOX_PIECE)
		close_piece(outbox);
	to = wr_varint_write(wr_text_reserve(open, WR_VARINT_MAX + record.len), record.len);
	if (record.len > 0)
		memcpy(to, record.data, record.len);
	open->len = (size_t)(to + record.len - open->data);
	outbox->open_records++;
	outbox->open_rows += rows;
	if (open->len < WR_OUTBOX_PIECE)
		return false;
	close_piece(outbox);
	if (outbox->asked || outbox->fresh_bytes < outbox->config.soft_bytes)
		return false;
	ask(outbox);
	return true;
}

uint64_t wr_outbox_bytes(const struct wr_outbox *outbox)
{
	pthread_mutex_t *lock = (pthread_mutex_t *)&outbox->lock;
	uint64_t bytes;

	pthread_mutex_lock(lock);
	bytes = outbox->held_bytes;
	pthread_mutex_unlock(lock);
	return bytes;
}

bool wr_outbox_is_empty(const struct wr_outbox *outbox)
{
	return outbox->open_records == 0 && wr_outbox_bytes(outbox) == 0;
}

wr_status *wr_outbox_wait(struct wr_outbox *outbox)
{
	const struct wr_outbox_config *config = &outbox->config;
	uint64_t bytes = wr_outbox_bytes(outbox);

	if (WR_LIKELY(bytes <= config->hard_bytes))
		return NULL;
	if (!config->host->checkpoints)
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR,
				  "Table '%s': an exactly-once sink holds its rows until a "
				  "checkpoint, and the job makes none",
				  config->table),
		    "Set 'execution.checkpointing.interval'");
	if (bytes / OVER > config->hard_bytes)
		return wr_status_hint(
		    wr_status_new(WR_RESTART,
				  "Table '%s': %llu MB are held that no checkpoint has taken; the "
				  "last ones have failed",
				  config->table, (unsigned long long)(bytes >> 20)),
		    "See why they fail, or raise 'sink.buffer.max-size'");
	while (wr_outbox_bytes(outbox) > config->hard_bytes && !wr_env_picks(config->env) &&
	       !wr_host_checkpoint_due(config->host) && !wr_host_stopping(config->host)) {
		if (!outbox->asked)
			ask(outbox);
		config->env->ops->sleep_us(config->env, LOOK_US);
	}
	return NULL;
}

/* The head of it all; `pieces` of them, of `bytes`. */
static void put_head(char *head, const uint64_t *sums, uint64_t bytes, uint64_t pieces,
		     uint64_t note)
{
	memset(head, 0, HEAD);
	memcpy(head, "WOBX", 4);
	head[4] = VERSION;
	for (uint32_t i = 0; i < 3; i++)
		put_u64(head + 8 + 8 * i, sums[i]);
	put_u64(head + 32, pieces);
	put_u64(head + 40, bytes);
	put_u64(head + 48, note);
	put_u64(head + 56, XXH3_64bits(head, 56));
}

uint64_t wr_outbox_take(struct wr_outbox *outbox, struct wr_str note, struct wr_text *out)
{
	uint64_t sums[3] = {0}; /* records, rows, bytes of the records */
	size_t begin = out->len;
	char checksum[8];

	close_piece(outbox);
	outbox->takes++;
	outbox->asked = false;
	outbox->fresh_bytes = 0;
	pthread_mutex_lock(&outbox->lock);
	wr_text_reserve(out, HEAD + outbox->held_bytes + note.len + sizeof checksum);
	out->len += HEAD;
	for (size_t i = 0; i < outbox->count; i++) {
		struct piece *piece = &outbox->piece[i];

		put_u32(piece->bytes, (uint32_t)i);
		put_u64(piece->bytes + 32, XXH3_64bits(piece->bytes, 32));
		sums[0] += get_u32(piece->bytes + 4);
		sums[1] += piece->rows;
		sums[2] += get_u32(piece->bytes + 8);
		piece->taken = piece->taken == 0 ? outbox->takes : piece->taken;
		wr_text_add(out, piece->bytes, piece->len);
	}
	put_head(out->data + begin, sums, outbox->held_bytes, outbox->count, note.len);
	pthread_mutex_unlock(&outbox->lock);
	wr_text_add(out, note.data, note.len);
	put_u64(checksum, XXH3_64bits(note.data, note.len));
	wr_text_add(out, checksum, sizeof checksum);
	return outbox->takes;
}

void wr_outbox_done(struct wr_outbox *outbox, uint64_t number)
{
	size_t from = 0;

	pthread_mutex_lock(&outbox->lock);
	for (; from < outbox->count; from++) {
		struct piece *piece = &outbox->piece[from];

		if (piece->taken == 0 || piece->taken > number)
			break;
		outbox->held_bytes -= piece->len;
		wr_free(piece->bytes);
	}
	outbox->count -= from;
	if (outbox->count > 0)
		memmove(outbox->piece, outbox->piece + from, outbox->count * sizeof *outbox->piece);
	pthread_mutex_unlock(&outbox->lock);
}

/* --- reading */

static wr_status *damage(const char *what)
{
	return wr_status_hint(
	    wr_status_new(WR_FATAL, "What a checkpoint holds of a sink is damaged: %s", what),
	    "Go on from an earlier checkpoint or savepoint");
}

wr_status *wr_outbox_open(struct wr_outbox_reader *reader, const char *bytes, size_t len)
{
	uint64_t pieces_len, note_len;

	*reader = (struct wr_outbox_reader){0};
	wr_text_init(&reader->unpacked);
	if (len < HEAD + 8 || memcmp(bytes, "WOBX", 4) != 0)
		return damage("it does not begin as it should");
	if (bytes[4] != VERSION)
		return wr_status_hint(
		    wr_status_new(WR_FATAL,
				  "A checkpoint holds output of a sink in version %d, "
				  "which this program does not know",
				  bytes[4]),
		    "Use the version of Weir that wrote it, or a newer one");
	if (XXH3_64bits(bytes, 56) != get_u64(bytes + 56))
		return damage("the checksum of its head is wrong");
	pieces_len = get_u64(bytes + 40);
	note_len = get_u64(bytes + 48);
	if (pieces_len > len - HEAD - 8 || note_len != len - HEAD - 8 - pieces_len)
		return damage("it is cut short");
	reader->records = reader->left = get_u64(bytes + 8);
	reader->rows = get_u64(bytes + 16);
	reader->bytes = get_u64(bytes + 24);
	reader->pieces = get_u64(bytes + 32);
	reader->at = bytes + HEAD;
	reader->end = reader->at + pieces_len;
	reader->note = (struct wr_str){reader->end, note_len};
	if (XXH3_64bits(reader->note.data, note_len) != get_u64(reader->end + note_len))
		return damage("the checksum of its note is wrong");
	return NULL;
}

/* Unpacks the next piece. */
static wr_status *next_piece(struct wr_outbox_reader *reader)
{
	const char *head = reader->at, *packed = head + PIECE_HEAD;
	uint32_t raw, size;

	if ((size_t)(reader->end - head) < PIECE_HEAD ||
	    XXH3_64bits(head, 32) != get_u64(head + 32) || get_u32(head) != reader->piece)
		return damage("a piece is not where it should be");
	raw = get_u32(head + 8);
	size = get_u32(head + 12);
	if ((size_t)(reader->end - packed) < size || raw > RECORD_MAX + 2 * WR_OUTBOX_PIECE ||
	    XXH3_64bits(packed, size) != get_u64(head + 24))
		return damage("the checksum of a piece is wrong");
	reader->next = packed;
	if (head[16] == LZ4) {
		wr_text_clear(&reader->unpacked);
		reader->next = wr_text_reserve(&reader->unpacked, raw);
		if (LZ4_decompress_safe(packed, reader->unpacked.data, (int)size, (int)raw) !=
		    (int)raw)
			return damage("a piece cannot be unpacked");
	} else if (size != raw) {
		return damage("a piece has the wrong length");
	}
	reader->stop = reader->next + raw;
	reader->piece_left = get_u32(head + 4);
	reader->piece++;
	reader->at = packed + size;
	return NULL;
}

wr_status *wr_outbox_next(struct wr_outbox_reader *reader, struct wr_str *record)
{
	uint64_t len;

	*record = (struct wr_str){NULL, 0};
	if (reader->left == 0)
		return reader->piece == reader->pieces && reader->at == reader->end
			   ? NULL
			   : damage("it holds more than its head says");
	while (reader->piece_left == 0)
		WR_TRY(next_piece(reader));
	reader->next = wr_varint_get(reader->next, reader->stop, &len);
	if (reader->next == NULL || len > (uint64_t)(reader->stop - reader->next))
		return damage("a record is cut short");
	*record = (struct wr_str){reader->next, len};
	reader->next += len;
	reader->piece_left--;
	reader->left--;
	return NULL;
}

void wr_outbox_close(struct wr_outbox_reader *reader)
{
	wr_text_release(&reader->unpacked);
}

/* --- options */

wr_status *wr_outbox_options_read(const struct wr_options *options, const char *table,
				  struct wr_pos pos, struct wr_outbox_config *config)
{
	config->soft_bytes = (uint64_t)wr_options_i64(options, "sink.buffer.checkpoint-size");
	config->hard_bytes = (uint64_t)wr_options_i64(options, "sink.buffer.max-size");
	if (config->soft_bytes > config->hard_bytes)
		return wr_status_at(WR_USER_ERROR, pos,
				    "Table '%s': 'sink.buffer.max-size' is smaller than "
				    "'sink.buffer.checkpoint-size'",
				    table);
	return NULL;
}

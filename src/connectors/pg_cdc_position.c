/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_cdc_position - see pg_cdc_position.h. The bytes (varint.h): version 1, flags (1 started, 2
 * snapshot_done), lsn, skip, seen_lsn, parts; of each part its snapshot (a piece), key columns, and
 * their texts (pieces).
 */
#include "connectors/pg_cdc_position.h"

#include <inttypes.h>

#include "base/mem.h"
#include "base/status.h"
#include "base/varint.h"
#include "connectors/pgoutput.h"

#define VERSION       1
#define STARTED       1u
#define SNAPSHOT_DONE 2u

static void part_release(struct wr_pg_cdc_part *part)
{
	wr_text_release(&part->snapshot);
	wr_pg_snapshot_release(&part->seen);
	for (uint32_t i = 0; i < part->key_count; i++)
		wr_text_release(&part->upto[i]);
}

void wr_pg_cdc_position_forget(struct wr_pg_cdc_position *position)
{
	for (uint32_t i = 0; i < position->part_count; i++)
		part_release(&position->part[i]);
	wr_free(position->part);
	position->part = NULL;
	position->part_count = 0;
}

void wr_pg_cdc_position_release(struct wr_pg_cdc_position *position)
{
	wr_pg_cdc_position_forget(position);
	*position = (struct wr_pg_cdc_position){0};
}

struct wr_pg_cdc_part *wr_pg_cdc_position_add(struct wr_pg_cdc_position *position)
{
	struct wr_pg_cdc_part *part;

	position->part =
	    wr_realloc(position->part, (position->part_count + 1) * sizeof *position->part);
	part = &position->part[position->part_count++];
	*part = (struct wr_pg_cdc_part){0};
	wr_text_init(&part->snapshot);
	return part;
}

static struct wr_str view(const struct wr_text *text)
{
	return (struct wr_str){text->len > 0 ? text->data : "", text->len};
}

void wr_pg_cdc_position_put(const struct wr_pg_cdc_position *position, struct wr_text *out)
{
	wr_varint_put(out, VERSION);
	wr_varint_put(out, (position->started ? STARTED : 0) |
			       (position->snapshot_done ? SNAPSHOT_DONE : 0));
	wr_varint_put(out, position->lsn);
	wr_varint_put(out, position->skip);
	wr_varint_put(out, position->seen_lsn);
	wr_varint_put(out, position->part_count);
	for (uint32_t i = 0; i < position->part_count; i++) {
		const struct wr_pg_cdc_part *part = &position->part[i];

		wr_varint_put_piece(out, view(&part->snapshot));
		wr_varint_put(out, part->key_count);
		for (uint32_t k = 0; k < part->key_count; k++)
			wr_varint_put_piece(out, view(&part->upto[k]));
	}
}

/* A piece as a text of its own. */
static const char *get_text(const char *at, const char *end, struct wr_text *out)
{
	struct wr_str piece = {0};

	wr_text_init(out);
	at = at != NULL ? wr_varint_get_piece(at, end, &piece) : NULL;
	if (at == NULL || piece.data == NULL)
		return NULL;
	wr_text_add(out, piece.data, piece.len);
	return at;
}

static const char *get_part(const char *at, const char *end, struct wr_pg_cdc_part *part)
{
	uint64_t keys = 0;

	wr_text_release(&part->snapshot);
	at = get_text(at, end, &part->snapshot);
	if (at == NULL || !wr_pg_snapshot_read(&part->seen, view(&part->snapshot)))
		return NULL;
	at = wr_varint_get(at, end, &keys);
	if (at == NULL || keys > WR_PG_CDC_KEYS_MAX)
		return NULL;
	while (at != NULL && part->key_count < keys) {
		at = get_text(at, end, &part->upto[part->key_count]);
		part->key_count++;
	}
	return at;
}

bool wr_pg_cdc_position_get(struct wr_pg_cdc_position *position, const char *bytes, size_t len)
{
	const char *at = bytes, *end = bytes + len;
	uint64_t number[6] = {0};

	*position = (struct wr_pg_cdc_position){0};
	for (uint32_t i = 0; at != NULL && i < WR_COUNT(number); i++)
		at = wr_varint_get(at, end, &number[i]);
	if (at == NULL || number[0] != VERSION || number[1] > (STARTED | SNAPSHOT_DONE) ||
	    number[5] > WR_PG_CDC_SNAPSHOTS_MAX)
		return false;
	position->started = (number[1] & STARTED) != 0;
	position->snapshot_done = (number[1] & SNAPSHOT_DONE) != 0;
	position->lsn = number[2];
	position->skip = number[3];
	position->seen_lsn = number[4];
	for (uint64_t i = 0; at != NULL && i < number[5]; i++)
		at = get_part(at, end, wr_pg_cdc_position_add(position));
	if (at == end)
		return true;
	wr_pg_cdc_position_release(position);
	return false;
}

static void put_upto(const struct wr_pg_cdc_part *part, struct wr_text *out)
{
	for (uint32_t i = 0; i < part->key_count; i++)
		wr_text_printf(out, "%s%s", i == 0 ? ", up to " : ", ",
			       wr_text_str(&part->upto[i]));
}

bool wr_pg_cdc_position_text(const char *bytes, size_t len, struct wr_text *out)
{
	struct wr_pg_cdc_position position;

	if (!wr_pg_cdc_position_get(&position, bytes, len))
		return false;
	if (!position.started) {
		wr_text_puts(out, "not begun");
	} else if (!position.snapshot_done) {
		wr_text_puts(out, "rows that were there");
		if (position.part_count > 0)
			put_upto(&position.part[position.part_count - 1], out);
		wr_text_puts(out, "; then changes from ");
		wr_pgo_lsn_print(out, position.lsn);
	} else {
		wr_text_puts(out, "changes up to ");
		wr_pgo_lsn_print(out, position.lsn);
		if (position.skip > 0)
			wr_text_printf(out, " and %" PRIu64 " of the next transaction",
				       position.skip);
	}
	wr_pg_cdc_position_release(&position);
	return true;
}

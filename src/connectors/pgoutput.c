/* SPDX-License-Identifier: Apache-2.0
 *
 * pgoutput - see pgoutput.h.
 */
#include "connectors/pgoutput.h"

#include <stdio.h>
#include <string.h>

#include "base/macros.h"

#define EPOCH_2000_US 946684800000000ll /* PostgreSQL counts from 2000 */

/* What is left of a message; `bad` once something was missing, then all reads give 0. */
struct input {
	const unsigned char *at, *end;
	bool bad;
};

static const unsigned char *take(struct input *in, size_t count)
{
	const unsigned char *at = in->at;

	if ((size_t)(in->end - in->at) < count) {
		in->bad = true;
		in->at = in->end;
		return NULL;
	}
	in->at += count;
	return at;
}

static uint64_t take_number(struct input *in, size_t bytes)
{
	const unsigned char *at = take(in, bytes);
	uint64_t value = 0;

	for (size_t i = 0; at != NULL && i < bytes; i++)
		value = value << 8 | at[i];
	return value;
}

static const char *take_name(struct input *in)
{
	const unsigned char *zero = memchr(in->at, 0, (size_t)(in->end - in->at));

	return zero != NULL ? (const char *)take(in, (size_t)(zero - in->at) + 1)
			    : (take(in, SIZE_MAX), "");
}

static void take_value(struct input *in, struct wr_pgo_value *value)
{
	*value = (struct wr_pgo_value){.kind = (char)take_number(in, 1)};
	switch (value->kind) {
	case 'n':
	case 'u': break;
	case 't':
	case 'b':
		value->len = (uint32_t)take_number(in, 4);
		value->data = (const char *)take(in, value->len);
		break;
	default: in->bad = true;
	}
}

static void take_tuple(struct input *in, struct wr_pgo_tuple *tuple)
{
	tuple->is_there = true;
	tuple->count = (uint32_t)take_number(in, 2);
	if (tuple->count > WR_PGO_COLUMNS_MAX)
		in->bad = true;
	for (uint32_t i = 0; !in->bad && i < tuple->count; i++)
		take_value(in, &tuple->value[i]);
}

/* The rows of a change: an old one, whole ('O') or its key ('K'), and a new one ('N'). */
static void take_change(struct input *in, struct wr_pgo_message *message)
{
	bool wants_after = message->kind != WR_PGO_DELETE;
	char tag;

	message->table = (uint32_t)take_number(in, 4);
	tag = (char)take_number(in, 1);
	if (message->kind != WR_PGO_INSERT && (tag == 'K' || tag == 'O')) {
		message->before.key_only = tag == 'K';
		take_tuple(in, &message->before);
		tag = wants_after ? (char)take_number(in, 1) : 0;
	} else if (!wants_after) {
		in->bad = true;
	}
	if (wants_after && tag != 'N')
		in->bad = true;
	if (wants_after && !in->bad)
		take_tuple(in, &message->after);
}

static void take_relation(struct input *in, struct wr_pgo_message *message)
{
	message->table = (uint32_t)take_number(in, 4);
	message->schema = take_name(in);
	message->name = take_name(in);
	message->identity = (char)take_number(in, 1);
	message->column_count = (uint32_t)take_number(in, 2);
	if (message->column_count > WR_PGO_COLUMNS_MAX)
		in->bad = true;
	for (uint32_t i = 0; !in->bad && i < message->column_count; i++) {
		struct wr_pgo_column *column = &message->column[i];

		column->is_key = (take_number(in, 1) & 1) != 0;
		column->name = take_name(in);
		column->type = (uint32_t)take_number(in, 4);
		column->modifier = (int32_t)take_number(in, 4);
	}
}

static void take_begin(struct input *in, struct wr_pgo_message *message)
{
	message->lsn = take_number(in, 8);
	message->time_us = (int64_t)(take_number(in, 8) + EPOCH_2000_US);
	message->xid = (uint32_t)take_number(in, 4);
}

static void take_commit(struct input *in, struct wr_pgo_message *message)
{
	take_number(in, 1 + 8); /* flags, place of the commit */
	message->lsn = take_number(in, 8);
	take_number(in, 8); /* time, as in Begin */
}

static void take_truncate(struct input *in, struct wr_pgo_message *message)
{
	message->table_count = (uint32_t)take_number(in, 4);
	take_number(in, 1);
	message->tables = (const char *)take(in, 4 * (size_t)message->table_count);
}

const char *wr_pgo_read(struct wr_pgo_message *message, struct wr_str bytes)
{
	struct input in = {.at = (const unsigned char *)bytes.data,
			   .end = (const unsigned char *)bytes.data + bytes.len};
	struct wr_pgo_value *before = message->before.value, *after = message->after.value;
	struct wr_pgo_column *column = message->column;
	char kind = (char)take_number(&in, 1);

	if (in.bad)
		return "an empty message";
	*message = (struct wr_pgo_message){.kind = (enum wr_pgo_kind)kind, .column = column};
	message->before.value = before;
	message->after.value = after;
	switch (kind) {
	case WR_PGO_BEGIN: take_begin(&in, message); break;
	case WR_PGO_COMMIT: take_commit(&in, message); break;
	case WR_PGO_RELATION: take_relation(&in, message); break;
	case WR_PGO_INSERT:
	case WR_PGO_UPDATE:
	case WR_PGO_DELETE: take_change(&in, message); break;
	case WR_PGO_TRUNCATE: take_truncate(&in, message); break;
	case 'O':
	case 'Y':
	case 'M': message->kind = WR_PGO_OTHER; return NULL;
	default: return "a message of a kind that is not known";
	}
	return in.bad            ? "a message that ends too early or holds what it cannot"
	       : in.at != in.end ? "a message with something behind its end"
				 : NULL;
}

bool wr_pgo_truncates(const struct wr_pgo_message *message, uint32_t table)
{
	struct input in = {.at = (const unsigned char *)message->tables};

	in.end = in.at + 4 * (size_t)message->table_count;
	for (uint32_t i = 0; i < message->table_count; i++)
		if (take_number(&in, 4) == table)
			return true;
	return false;
}

const char *wr_pgo_piece(struct wr_pgo_piece *piece, struct wr_str bytes)
{
	struct input in = {.at = (const unsigned char *)bytes.data,
			   .end = (const unsigned char *)bytes.data + bytes.len};
	char kind = (char)take_number(&in, 1);

	*piece = (struct wr_pgo_piece){.keepalive = kind == 'k'};
	if (kind != 'k' && kind != 'w')
		return "a piece of a kind that is not known";
	if (kind == 'w')
		piece->start = take_number(&in, 8);
	piece->end = take_number(&in, 8);
	take_number(&in, 8); /* the server's clock */
	if (kind == 'k')
		piece->reply = take_number(&in, 1) != 0;
	if (in.bad)
		return "a piece that ends too early";
	piece->bytes = (struct wr_str){(const char *)in.at, (size_t)(in.end - in.at)};
	return NULL;
}

static char *put_number(char *out, uint64_t value)
{
	for (int shift = 56; shift >= 0; shift -= 8)
		*out++ = (char)(value >> shift);
	return out;
}

void wr_pgo_status(char out[WR_PGO_STATUS_BYTES], uint64_t received, uint64_t confirmed,
		   int64_t now_us, bool answer)
{
	*out++ = 'r';
	out = put_number(out, received);
	out = put_number(out, confirmed); /* flushed */
	out = put_number(out, confirmed); /* applied */
	out = put_number(out, (uint64_t)(now_us - EPOCH_2000_US));
	*out = answer;
}

void wr_pgo_lsn_print(struct wr_text *out, uint64_t lsn)
{
	wr_text_printf(out, "%X/%X", (unsigned)(lsn >> 32), (unsigned)lsn);
}

bool wr_pgo_lsn_read(const char *text, uint64_t *lsn)
{
	unsigned high, low;
	int used = 0;

	if (sscanf(text, "%8X/%8X%n", &high, &low, &used) != 2 || text[used] != '\0')
		return false;
	*lsn = (uint64_t)high << 32 | low;
	return true;
}

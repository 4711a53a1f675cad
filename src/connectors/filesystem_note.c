/* SPDX-License-Identifier: Apache-2.0
 *
 * filesystem_note - see filesystem_note.h.
 */
#include "connectors/filesystem_note.h"

#include "base/macros.h"
#include "state/value.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#define NOTE_VERSION 1

static void put_str(struct wr_text *out, struct wr_str str)
{
	wr_varint_put(out, str.len);
	wr_text_add(out, str.data, str.len);
}

void wr_fs_note_begin(struct wr_text *out, const struct wr_fs_note *note)
{
	wr_text_putc(out, NOTE_VERSION);
	wr_varint_put(out, note->number);
	wr_varint_put(out, note->id);
	put_str(out, note->prefix);
	put_str(out, note->root);
	wr_varint_put(out, note->flags);
	wr_varint_put(out, note->part_number);
	wr_varint_put(out, note->generation);
	wr_varint_put(out, note->since_us);
}

void wr_fs_note_add(struct wr_text *out, const struct wr_fs_noted *noted)
{
	WR_ASSERT(noted->kind != WR_FS_NOTED_END);
	wr_text_putc(out, (char)noted->kind);
	put_str(out, noted->name);
	put_str(out, noted->target);
	wr_varint_put(out, noted->length);
	wr_varint_put(out, noted->number);
}

void wr_fs_note_end(struct wr_text *out, size_t from)
{
	uint64_t sum;

	wr_text_putc(out, WR_FS_NOTED_END);
	sum = XXH3_64bits(out->data + from, out->len - from);
	wr_text_add(out, &sum, sizeof sum);
}

static bool get_number(struct wr_fs_note_cursor *cursor, uint64_t *number)
{
	const char *at = wr_varint_get(cursor->at, cursor->end, number);

	if (at != NULL)
		cursor->at = at;
	return at != NULL;
}

static bool get_str(struct wr_fs_note_cursor *cursor, struct wr_str *str)
{
	uint64_t len;

	if (!get_number(cursor, &len) || (uint64_t)(cursor->end - cursor->at) < len)
		return false;
	*str = (struct wr_str){cursor->at, (size_t)len};
	cursor->at += len;
	return true;
}

wr_status *wr_fs_note_read(const char *bytes, size_t len, const char *table,
			   struct wr_fs_note *note, struct wr_fs_note_cursor *entries)
{
	struct wr_fs_note_cursor at = {bytes, bytes};
	uint64_t sum;
	bool good = len > 1 + sizeof sum;

	*note = (struct wr_fs_note){0};
	if (good && bytes[0] != NOTE_VERSION)
		return wr_status_hint(
		    wr_status_new(WR_FATAL,
				  "What the checkpoint keeps of table '%s' has version %d; this "
				  "program reads version %d",
				  table, bytes[0], NOTE_VERSION),
		    "Restore it with the program that wrote it");
	if (good) {
		at = (struct wr_fs_note_cursor){bytes + 1, bytes + len - sizeof sum};
		memcpy(&sum, at.end, sizeof sum);
		good = sum == XXH3_64bits(bytes, len - sizeof sum);
	}
	good = good && get_number(&at, &note->number) && get_number(&at, &note->id) &&
	       get_str(&at, &note->prefix) && get_str(&at, &note->root) &&
	       get_number(&at, &note->flags) && get_number(&at, &note->part_number) &&
	       get_number(&at, &note->generation) && get_number(&at, &note->since_us);
	if (!good)
		return wr_status_hint(wr_status_new(WR_FATAL,
						    "What the checkpoint keeps of table '%s' (its "
						    "files) is damaged",
						    table),
				      "Restore an older checkpoint");
	*entries = at;
	return NULL;
}

bool wr_fs_note_next(struct wr_fs_note_cursor *entries, struct wr_fs_noted *noted)
{
	if (entries->at == entries->end || *entries->at == WR_FS_NOTED_END)
		return false;
	noted->kind = (enum wr_fs_noted_kind) * entries->at++;
	/* The checksum held: what is read here is what was written. */
	WR_REQUIRE(noted->kind < WR_FS_NOTED_KINDS && get_str(entries, &noted->name) &&
		   get_str(entries, &noted->target) && get_number(entries, &noted->length) &&
		   get_number(entries, &noted->number));
	return true;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * filesystem_keyed - a file that holds the last row of every PRIMARY KEY.
 *
 * Records go to the hidden file as they come, and a table of keys (filesystem_upsert) knows which
 * of them count. At the end the file is renamed if all do; else those that count are copied to a
 * second hidden file. When three quarters of a large file are dead it is copied before that, so
 * that a job with many updates of few keys stays small.
 *
 * With checkpoints the table of keys is kept beside the file, in NAME.keys: at the first prepare
 * the whole table, from then on every change as it is made. Entries are struct wr_fs_live, 24
 * bytes: u64 low, u32 high, u32 length (0: the key is gone), u64 offset, little-endian; later ones
 * replace earlier ones. A restored job cuts both files and reads this one.
 *
 * A copy gets a new name and a new file of keys: the old ones are what the last durable checkpoint
 * names, and go with the commit of the next one.
 *
 * Thread: the caller serialises all calls.
 */
#include "base/macros.h"
#include "base/mem.h"
#include "connectors/filesystem_sink.h"

#define XXH_STATIC_LINKING_ONLY
#include <xxhash.h>

#define COPY_BYTES (1u << 20) /* read at a time when live records are copied */

struct wr_fs_keys {
	struct wr_fs_out out;
	XXH64_state_t sum; /* of all its bytes */
};

static void keys_free(struct wr_sink *sink)
{
	if (sink->keys == NULL)
		return;
	if (sink->keys->out.env != NULL)
		wr_fs_out_release(&sink->keys->out);
	wr_free(sink->keys);
	sink->keys = NULL;
}

void wr_fs_keyed_release(struct wr_sink *sink)
{
	keys_free(sink);
	for (uint32_t i = 0; i < sink->gone_count; i++)
		wr_free(sink->gone[i].path);
	wr_free(sink->gone);
	wr_fs_upsert_release(&sink->live);
}

/* Releases a file that is not needed any more; one that a checkpoint names goes with the next. */
static void keyed_gone(struct wr_sink *sink, struct wr_fs_out *out)
{
	if (out->noted != 0) {
		sink->gone = wr_realloc(sink->gone, (sink->gone_count + 1) * sizeof *sink->gone);
		sink->gone[sink->gone_count++] = (struct wr_fs_gone){wr_strdup(out->temporary), 0};
	}
	wr_fs_out_release(out);
}

/* Appends `len` bytes at `at` of a file to another; `bytes` has room for COPY_BYTES of them. */
static wr_status *copy_range(struct wr_file *from, const char *name, char *bytes, uint64_t at,
			     uint64_t len, struct wr_fs_out *to)
{
	for (size_t got; len != 0; at += got, len -= got) {
		WR_TRY(wr_file_read_at(from, bytes, WR_MIN(len, COPY_BYTES), (int64_t)at, &got));
		if (got == 0)
			return wr_status_new(WR_USER_ERROR,
					     "'%s' became shorter while it was written", name);
		WR_TRY(wr_fs_out_write(to, bytes, got));
	}
	return NULL;
}

/* Copies the records that `live` names, which gets sorted, to a new file for the same name. `fresh`
 * is to be released in any case. */
static wr_status *copy_live(struct wr_sink *sink, struct wr_fs_upsert *live, enum wr_fs_codec codec,
			    struct wr_fs_out *fresh)
{
	const struct wr_fs_out *old = sink->out[0];
	struct wr_env *env = sink->setup.env;
	struct wr_file *from = NULL;
	char *bytes = wr_malloc(COPY_BYTES);
	struct wr_text hidden;
	wr_status *status;

	wr_text_init(&hidden);
	wr_fs_sink_hidden(sink, &hidden, old->path);
	WR_TRY_OUT(status, wr_fs_out_open(fresh, env, old->path, hidden.data, codec,
					  sink->setup.write_bytes));
	WR_TRY_OUT(status, wr_file_open(env, old->temporary, WR_OPEN_READ, &from));
	wr_fs_upsert_sort(live);
	for (uint64_t i = 0; i < live->count;) {
		/* As many records in a row as lie side by side and fit. */
		uint64_t at = live->slot[i].offset, len = 0;

		do
			len += live->slot[i++].len;
		while (i < live->count && live->slot[i].offset == at + len &&
		       len + live->slot[i].len <= COPY_BYTES);
		WR_TRY_OUT(status, copy_range(from, old->temporary, bytes, at, len, fresh));
	}
out:
	wr_text_release(&hidden);
	wr_status_free(wr_file_close(from));
	wr_free(bytes);
	return status;
}

/* Puts a file with the live records alone in place of the old one; `final`: as it is to be seen. */
static wr_status *keyed_copy(struct wr_sink *sink, bool final)
{
	struct wr_fs_out *old = sink->out[0], fresh = {0};
	wr_status *status = wr_fs_out_finish(old);

	if (status == NULL)
		status = copy_live(sink, &sink->live, final ? sink->codec : WR_FS_PLAIN, &fresh);
	if (status != NULL) {
		if (fresh.env != NULL)
			wr_fs_out_release(&fresh);
		return status;
	}
	if (!final)
		wr_fs_upsert_rebuild(&sink->live);
	keyed_gone(sink, old);
	*old = fresh;
	if (sink->keys != NULL)
		keyed_gone(sink, &sink->keys->out);
	keys_free(sink);
	return NULL;
}

wr_status *wr_fs_keyed_show(struct wr_sink *sink)
{
	struct wr_fs_upsert live = sink->live;
	struct wr_fs_out *fresh = wr_fs_sink_out(sink);
	wr_status *status;

	live.slot = wr_malloc((live.capacity + 1) * sizeof *live.slot);
	if (live.capacity != 0)
		memcpy(live.slot, sink->live.slot, live.capacity * sizeof *live.slot);
	status = copy_live(sink, &live, sink->codec, fresh);
	wr_fs_upsert_release(&live);
	return status != NULL ? status : wr_fs_out_finish(fresh);
}

/* --- the file of keys ---------------------------------------------------------------------------
 */

static wr_status *keys_add(struct wr_fs_keys *keys, const struct wr_fs_live *live)
{
	XXH64_update(&keys->sum, live, sizeof *live);
	return wr_fs_out_write(&keys->out, (const char *)live, sizeof *live);
}

/* The name beside that of the records. */
static void keys_name(struct wr_text *name, const char *records)
{
	wr_text_printf(name, "%s.keys", records);
}

/* Makes the file with all of the table. */
static wr_status *keys_begin(struct wr_sink *sink)
{
	struct wr_fs_out *out = sink->out[0];
	struct wr_text name;
	wr_status *status;

	WR_ASSERT(sink->keys == NULL);
	sink->keys = wr_calloc(1, sizeof *sink->keys);
	XXH64_reset(&sink->keys->sum, 0);
	wr_text_init(&name);
	keys_name(&name, out->temporary);
	status = wr_fs_out_open(&sink->keys->out, out->env, out->path, name.data, WR_FS_PLAIN,
				sink->setup.write_bytes);
	wr_text_release(&name);
	for (uint64_t i = 0; status == NULL && i < sink->live.capacity; i++)
		if (sink->live.slot[i].len != 0)
			status = keys_add(sink->keys, &sink->live.slot[i]);
	if (status != NULL)
		keys_free(sink); /* the next checkpoint makes it */
	return status;
}

wr_status *wr_fs_keyed_prepare(struct wr_sink *sink, struct wr_text *out)
{
	struct wr_fs_noted noted = {.kind = WR_FS_NOTED_KEYS};
	struct wr_fs_keys *keys;

	if (sink->keys == NULL)
		WR_TRY(keys_begin(sink));
	keys = sink->keys;
	WR_TRY(wr_fs_out_pause(&keys->out));
	noted.name = wr_fs_below(sink, keys->out.temporary);
	noted.length = keys->out.written;
	noted.number = XXH64_digest(&keys->sum);
	wr_fs_note_add(out, &noted);
	return NULL;
}

void wr_fs_keyed_mark(struct wr_sink *sink)
{
	if (sink->keys != NULL)
		sink->keys->out.noted = sink->number;
}

static wr_status *keys_damaged(const char *name)
{
	return wr_status_hint(wr_status_new(WR_FATAL,
					    "'%s' is damaged: its keys are not those that the "
					    "checkpoint knows",
					    name),
			      "Restore an older checkpoint, or start the job anew");
}

/* Takes `len` bytes of entries; false: they do not fit the file of records. */
static bool keys_take(struct wr_sink *sink, const char *bytes, size_t len)
{
	for (size_t at = 0; at < len; at += sizeof(struct wr_fs_live)) {
		struct wr_fs_live live;

		memcpy(&live, bytes + at, sizeof live);
		if (live.len == 0)
			wr_fs_upsert_remove(&sink->live, (struct wr_fs_key){live.low, live.high});
		else if (live.offset + live.len > sink->out[0]->bytes)
			return false;
		else
			wr_fs_upsert_put(&sink->live, (struct wr_fs_key){live.low, live.high},
					 live.offset, live.len);
	}
	return true;
}

/* Reads the entries that the checkpoint knows. */
static wr_status *keys_read(struct wr_sink *sink, const struct wr_fs_noted *noted, const char *name)
{
	const size_t size = sizeof(struct wr_fs_live) * 16384;
	char *bytes = wr_malloc(size);
	struct wr_file *file = NULL;
	wr_status *status;

	WR_TRY_OUT(status, wr_file_open(sink->setup.env, name, WR_OPEN_READ, &file));
	for (uint64_t at = 0; at < noted->length;) {
		size_t len = 0, want = WR_MIN(size, noted->length - at), got = 1;

		for (; len < want && got != 0; len += got)
			WR_TRY_OUT(status, wr_file_read_at(file, bytes + len, want - len,
							   (int64_t)(at + len), &got));
		XXH64_update(&sink->keys->sum, bytes, len);
		if (len < want || len % sizeof(struct wr_fs_live) != 0 ||
		    !keys_take(sink, bytes, len)) {
			status = keys_damaged(name);
			goto out;
		}
		at += len;
	}
	if (XXH64_digest(&sink->keys->sum) != noted->number)
		status = keys_damaged(name);
out:
	wr_status_free(wr_file_close(file));
	wr_free(bytes);
	return status;
}

wr_status *wr_fs_keyed_restore(struct wr_sink *sink, const struct wr_fs_noted *noted)
{
	struct wr_fs_out *out = sink->out[0];
	struct wr_text name;
	wr_status *status;

	WR_ASSERT(sink->keys == NULL && sink->live.count == 0);
	sink->keys = wr_calloc(1, sizeof *sink->keys);
	XXH64_reset(&sink->keys->sum, 0);
	wr_text_init(&name);
	keys_name(&name, out->temporary);
	status = keys_read(sink, noted, name.data);
	if (status == NULL)
		status = wr_fs_out_resume(&sink->keys->out, out->env, out->path, name.data,
					  WR_FS_PLAIN, sink->setup.write_bytes, noted->length);
	wr_fs_keyed_mark(sink);
	wr_text_release(&name);
	return status;
}

/* --- writing ------------------------------------------------------------------------------------
 */

static wr_status *keyed_too_many(const struct wr_sink *sink)
{
	return wr_status_hint(
	    wr_status_new(WR_USER_ERROR,
			  "Table '%s' has more than %llu keys "
			  "('sink.upsert.max-keys')",
			  sink->args->table, (unsigned long long)sink->keys_max),
	    "Raise the option (each key takes about 40 bytes of memory), or use a changelog format "
	    "such as 'debezium-json'");
}

/* Appends the records and notes where those of their keys are now. */
wr_status *wr_fs_keyed_write(struct wr_sink *sink, const struct wr_chunk *chunk)
{
	const struct wr_fs_index *index = chunk->own;
	struct wr_fs_out *out = sink->out[0];
	uint64_t offset = out->bytes;

	for (uint32_t i = 0; i < index->record_count; i++) {
		const struct wr_fs_record *record = &index->record[i];

		if (record->len == 0)
			wr_fs_upsert_remove(&sink->live, record->key);
		else
			wr_fs_upsert_put(&sink->live, record->key, offset, record->len);
		if (sink->keys != NULL) {
			struct wr_fs_live live = {record->key.low, record->key.high, record->len,
						  offset};

			WR_TRY(keys_add(sink->keys, &live));
		}
		offset += record->len;
	}
	if (sink->live.count > sink->keys_max)
		return keyed_too_many(sink);
	WR_TRY(wr_fs_out_write(out, wr_text_str(&chunk->bytes), chunk->bytes.len));
	if (out->bytes > sink->setup.compact_bytes && sink->live.live_bytes < out->bytes / 4)
		return keyed_copy(sink, false);
	return NULL;
}

wr_status *wr_fs_keyed_end(struct wr_sink *sink)
{
	struct wr_fs_out *out = sink->out[0];

	if (out->file != NULL &&
	    (sink->live.live_bytes != out->bytes || sink->codec != WR_FS_PLAIN))
		WR_TRY(keyed_copy(sink, true));
	if (sink->keys != NULL) {
		keyed_gone(sink, &sink->keys->out);
		keys_free(sink);
	}
	return wr_fs_out_finish(out);
}

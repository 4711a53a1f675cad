/* SPDX-License-Identifier: Apache-2.0
 *
 * letters_read - see letters_read.h.
 */
#include "engine/letters_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <xxhash.h>

#include "base/mem.h"
#include "connectors/letters.h"

#define DONE_MAX (1u << 30) /* bytes of the file of what was replayed */

/* --- one row ------------------------------------------------------------------------------------
 */

struct wr_str wr_letter_text(const struct wr_batch *batch, uint32_t column, uint32_t row)
{
	const struct wr_column *values = batch->column[column];
	const struct wr_view *view;

	if (values->phys != WR_P_STR || !wr_column_is_valid(values, row))
		return (struct wr_str){NULL, 0};
	view = &WR_DATA(values, struct wr_view)[row & values->mask];
	return (struct wr_str){wr_view_data(view), view->len};
}

int64_t wr_letter_number(const struct wr_batch *batch, uint32_t column, uint32_t row)
{
	const struct wr_column *values = batch->column[column];
	uint32_t i = row & values->mask;

	if (!wr_column_is_valid(values, row))
		return -1;
	switch (values->phys) {
	case WR_P_I64: return WR_DATA(values, int64_t)[i];
	case WR_P_I128: return (int64_t)(WR_DATA(values, wr_i128)[i] / 1000000);
	default: return -1;
	}
}

void wr_letter_id(const struct wr_batch *batch, uint32_t row, char id[WR_LETTER_ID_LEN + 1])
{
	XXH3_state_t *state = XXH3_createState();
	XXH128_hash_t hash;

	XXH3_128bits_reset(state);
	for (uint32_t c = 0; c <= WR_LETTER_TIME; c++) {
		if (c < WR_LETTER_PARTITION) {
			struct wr_str text = wr_letter_text(batch, c, row);
			uint64_t len = text.data != NULL ? text.len + 1 : 0;

			XXH3_128bits_update(state, &len, sizeof len);
			if (text.len > 0)
				XXH3_128bits_update(state, text.data, text.len);
		} else {
			int64_t number = wr_letter_number(batch, c, row);

			XXH3_128bits_update(state, &number, sizeof number);
		}
	}
	hash = XXH3_128bits_digest(state);
	XXH3_freeState(state);
	snprintf(id, WR_LETTER_ID_LEN + 1, "%016llx%016llx", (unsigned long long)hash.high64,
		 (unsigned long long)hash.low64);
}

/* --- which of them ------------------------------------------------------------------------------
 */

static bool has_id(const struct wr_letters_filter *filter, const struct wr_batch *batch,
		   uint32_t row)
{
	char id[WR_LETTER_ID_LEN + 1];

	if (filter->id_count == 0)
		return true;
	wr_letter_id(batch, row, id);
	for (uint32_t i = 0; i < filter->id_count; i++)
		if (strcmp(filter->id[i], id) == 0)
			return true;
	return false;
}

bool wr_letters_match(const struct wr_letters_filter *filter, const struct wr_batch *batch,
		      uint32_t row)
{
	struct wr_str table = wr_letter_text(batch, WR_LETTER_TABLE, row);
	struct wr_str kind = wr_letter_text(batch, WR_LETTER_KIND, row);
	struct wr_str error = wr_letter_text(batch, WR_LETTER_ERROR, row);
	int64_t time_ms = wr_letter_number(batch, WR_LETTER_TIME, row);

	if (filter->table != NULL && table.data != NULL && !wr_str_eq(table, filter->table))
		return false;
	if (filter->kind != NULL && (kind.data == NULL || !wr_str_eq(kind, filter->kind)))
		return false;
	if (filter->error != NULL &&
	    (error.data == NULL ||
	     memmem(error.data, error.len, filter->error, strlen(filter->error)) == NULL))
		return false;
	if ((filter->from_ms != 0 && time_ms < filter->from_ms) ||
	    (filter->to_ms != 0 && time_ms >= filter->to_ms))
		return false;
	return has_id(filter, batch, row);
}

static uintptr_t count_up(struct wr_map *map, const char *id)
{
	uintptr_t count = (uintptr_t)wr_map_get(map, id) + 1;

	wr_map_put(map, id, (void *)count);
	return count;
}

/* Takes a letter that is to be replayed. */
static void take(struct wr_letters_taking *taking, const struct wr_batch *batch, uint32_t row,
		 const char *id)
{
	struct wr_str origin = wr_letter_text(batch, WR_LETTER_ORIGIN, row);
	struct wr_str raw = wr_letter_text(batch, WR_LETTER_RAW, row);
	char *name = origin.data != NULL ? wr_strndup(origin.data, origin.len) : NULL;
	int64_t attempts = wr_letter_number(batch, WR_LETTER_ATTEMPTS, row);
	struct wr_letter letter = {.raw = taking->payload.data != NULL ? taking->payload : raw,
				   .key = wr_letter_text(batch, WR_LETTER_KEY, row),
				   .origin = name,
				   .partition = wr_letter_number(batch, WR_LETTER_PARTITION, row),
				   .offset = wr_letter_number(batch, WR_LETTER_OFFSET, row),
				   .timestamp_ms =
				       wr_letter_number(batch, WR_LETTER_TIMESTAMP, row),
				   .attempts = attempts > 0 ? attempts : 1};

	wr_letters_add(&taking->file, &letter);
	wr_text_printf(&taking->fresh, "%s\n", id);
	taking->taken++;
	wr_free(name);
}

/* Whether the letter is of the one table that is replayed: that of the first one. */
static bool of_table(struct wr_letters_taking *taking, const struct wr_batch *batch, uint32_t row)
{
	struct wr_str table = wr_letter_text(batch, WR_LETTER_TABLE, row);

	if (table.data == NULL)
		return true;
	if (taking->table == NULL)
		taking->table = wr_strndup(table.data, table.len);
	if (wr_str_eq(table, taking->table))
		return true;
	taking->others++;
	return false;
}

static void take_row(struct wr_letters_taking *taking, const struct wr_batch *batch, uint32_t row)
{
	char id[WR_LETTER_ID_LEN + 1];
	uintptr_t done;

	if (!wr_letters_match(&taking->filter, batch, row) || !of_table(taking, batch, row))
		return;
	if (wr_letter_text(batch, WR_LETTER_RAW, row).data == NULL) {
		taking->unknown++;
		return;
	}
	wr_letter_id(batch, row, id);
	done = (uintptr_t)wr_map_get(&taking->done->count, id);
	if (!taking->again && done > 0 && count_up(&taking->seen, id) <= done)
		taking->skipped++;
	else if ((taking->limit == 0 || taking->taken < taking->limit) &&
		 (taking->bytes_max == 0 || taking->file.len < taking->bytes_max))
		take(taking, batch, row, id);
	else
		taking->left++;
}

wr_status *wr_letters_take(void *user, const struct wr_batch *batch)
{
	for (uint32_t i = 0; i < wr_batch_count(batch); i++)
		take_row(user, batch, wr_batch_row(batch, i));
	return NULL;
}

void wr_letters_taking_init(struct wr_letters_taking *taking)
{
	*taking = (struct wr_letters_taking){0};
	wr_map_init(&taking->seen);
	wr_text_init(&taking->file);
	wr_text_init(&taking->fresh);
	wr_letters_begin(&taking->file);
}

void wr_letters_taking_release(struct wr_letters_taking *taking)
{
	wr_map_release(&taking->seen);
	wr_text_release(&taking->file);
	wr_text_release(&taking->fresh);
	wr_free(taking->table);
}

/* --- what was replayed --------------------------------------------------------------------------
 */

/* The lines of the file. */
static wr_status *read_lines(const char *path, const char *data, size_t len,
			     struct wr_letters_done *done)
{
	size_t line = WR_LETTER_ID_LEN + 1;

	for (size_t at = 0; at < len; at += line) {
		char id[WR_LETTER_ID_LEN + 1] = "";

		if (len - at < line || data[at + WR_LETTER_ID_LEN] != '\n')
			return wr_status_hint(
			    wr_status_new(WR_USER_ERROR,
					  "'%s' is no file of letters that were replayed", path),
			    "Name another one with --done, or remove it to replay all of them");
		memcpy(id, data + at, WR_LETTER_ID_LEN);
		(void)count_up(&done->count, id);
	}
	wr_text_add(&done->old, data, len);
	return NULL;
}

wr_status *wr_letters_done_read(struct wr_env *env, const char *path, struct wr_letters_done *done)
{
	struct wr_file_info info;
	wr_status *status;
	char *data = NULL;
	size_t len = 0;

	*done = (struct wr_letters_done){0};
	wr_map_init(&done->count);
	wr_text_init(&done->old);
	WR_TRY(env->ops->stat(env, path, &info));
	if (!info.exists)
		return NULL;
	WR_TRY(wr_env_read_file(env, path, DONE_MAX, &data, &len));
	status = read_lines(path, data, len, done);
	wr_free(data);
	return status;
}

wr_status *wr_letters_done_write(struct wr_env *env, const char *path,
				 const struct wr_letters_done *done, const struct wr_text *fresh)
{
	struct wr_text all;
	wr_status *status;

	wr_text_init(&all);
	wr_text_add(&all, wr_text_str(&done->old), done->old.len);
	wr_text_add(&all, wr_text_str(fresh), fresh->len);
	status = wr_env_write_file(env, path, wr_text_str(&all), all.len);
	wr_text_release(&all);
	return status;
}

void wr_letters_done_release(struct wr_letters_done *done)
{
	wr_map_release(&done->count);
	wr_text_release(&done->old);
}

/* --- files --------------------------------------------------------------------------------------
 */

wr_status *wr_letters_file(struct wr_env *env, const struct wr_letters_taking *taking,
			   struct wr_text *path)
{
	const char *folder = getenv("TMPDIR");
	int fd;

	wr_text_printf(path, "%s/weir-letters-XXXXXX",
		       folder != NULL && *folder != '\0' ? folder : "/tmp");
	fd = mkstemp(path->data);
	if (fd < 0)
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR, "Cannot make a file '%s'", path->data),
		    "Set TMPDIR to a folder that can be written");
	close(fd);
	return wr_env_write_file(env, path->data, taking->file.data, taking->file.len);
}

wr_status *wr_letters_check_folder(struct wr_env *env, struct wr_session *session, const char *dead)
{
	const char *path = wr_letters_path(session, dead);
	struct wr_file_info info;

	if (path == NULL)
		return NULL;
	if (strncmp(path, "file://", 7) == 0)
		path += 7;
	WR_TRY(env->ops->stat(env, path, &info));
	if (!info.is_regular)
		return NULL;
	return wr_status_hint(
	    wr_status_new(WR_USER_ERROR,
			  "The dead letters of table '%s' are one file, '%s', which a replay would "
			  "replace by its own",
			  dead, path),
	    "Make its 'path' a folder (ending in /), and move the file there");
}

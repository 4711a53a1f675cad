/* SPDX-License-Identifier: Apache-2.0
 *
 * dlq_read - the letters of a table, and which of them were replayed before.
 *
 * A letter is known by the digest of what it says: bytes, table, place, time. The file of what was
 * replayed has a line, 32 hexadecimal digits, for each letter that was; of letters that are the
 * same the first ones count as replayed. So the order in which the table is read does not matter.
 */
#include <stdio.h>
#include <string.h>

#include <xxhash.h>

#include "base/env.h"
#include "base/mem.h"
#include "cli/dlq.h"
#include "connectors/letters.h"
#include "engine/letters.h"

#define DIGITS   32         /* of a digest */
#define DONE_MAX (1u << 30) /* bytes of the file of what was replayed */

/* What the callback for rows needs. */
struct reading {
	const struct wr_dlq *dlq;
	struct wr_dlq_letters *letters;
};

wr_status *wr_dlq_look(const struct wr_dlq *dlq, struct wr_session *session, const char **dead)
{
	struct wr_variables variables = {dlq->options.variable_name, dlq->options.variable_value,
					 dlq->options.variable_count};

	wr_session_look(session, dlq->dead);
	WR_TRY(wr_command_settings(&dlq->options, session));
	WR_TRY(wr_session_script(session, dlq->script, &variables, WR_SCRIPT_RUN));
	WR_TRY(wr_letters_table(session, dlq->table, dead));
	wr_session_look_done(session);
	return wr_session_set(session, "execution.runtime-mode", "batch");
}

/* --- one row */

static struct wr_str text_at(const struct wr_batch *batch, uint32_t column, uint32_t row)
{
	const struct wr_column *values = batch->column[column];
	const struct wr_view *view;

	if (values->phys != WR_P_STR || !wr_column_is_valid(values, row))
		return (struct wr_str){NULL, 0};
	view = &WR_DATA(values, struct wr_view)[row & values->mask];
	return (struct wr_str){wr_view_data(view), view->len};
}

/* A number, or milliseconds of a time; -1: NULL. */
static int64_t number_at(const struct wr_batch *batch, uint32_t column, uint32_t row)
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

/* The letter's digest as digits. */
static void digest_of(const struct wr_batch *batch, uint32_t row, char *digits)
{
	XXH3_state_t *state = XXH3_createState();
	XXH128_hash_t hash;

	XXH3_128bits_reset(state);
	for (uint32_t c = 0; c < WR_LETTER_COLUMNS; c++) {
		if (c < WR_LETTER_PARTITION) {
			struct wr_str text = text_at(batch, c, row);
			uint64_t len = text.data != NULL ? text.len + 1 : 0;

			XXH3_128bits_update(state, &len, sizeof len);
			if (text.len > 0)
				XXH3_128bits_update(state, text.data, text.len);
		} else {
			int64_t number = number_at(batch, c, row);

			XXH3_128bits_update(state, &number, sizeof number);
		}
	}
	hash = XXH3_128bits_digest(state);
	XXH3_freeState(state);
	snprintf(digits, DIGITS + 1, "%016llx%016llx", (unsigned long long)hash.high64,
		 (unsigned long long)hash.low64);
}

static uintptr_t count_up(struct wr_map *map, const char *digits)
{
	uintptr_t count = (uintptr_t)wr_map_get(map, digits) + 1;

	wr_map_put(map, digits, (void *)count);
	return count;
}

/* Takes a letter that is to be replayed. */
static void take(struct wr_dlq_letters *letters, const struct wr_batch *batch, uint32_t row,
		 const char *digits)
{
	struct wr_str origin = text_at(batch, WR_LETTER_ORIGIN, row);
	char *name = origin.data != NULL ? wr_strndup(origin.data, origin.len) : NULL;
	int64_t attempts = number_at(batch, WR_LETTER_ATTEMPTS, row);
	struct wr_letter letter = {.raw = text_at(batch, WR_LETTER_RAW, row),
				   .key = text_at(batch, WR_LETTER_KEY, row),
				   .origin = name,
				   .partition = number_at(batch, WR_LETTER_PARTITION, row),
				   .offset = number_at(batch, WR_LETTER_OFFSET, row),
				   .timestamp_ms = number_at(batch, WR_LETTER_TIMESTAMP, row),
				   .attempts = attempts > 0 ? attempts : 1};

	wr_letters_add(&letters->file, &letter);
	wr_text_printf(&letters->fresh, "%s\n", digits);
	letters->taken++;
	wr_free(name);
}

static wr_status *read_rows(void *user, const struct wr_batch *batch)
{
	struct reading *reading = user;
	struct wr_dlq_letters *letters = reading->letters;
	const struct wr_dlq *dlq = reading->dlq;

	for (uint32_t i = 0; i < wr_batch_count(batch); i++) {
		uint32_t row = wr_batch_row(batch, i);
		struct wr_str table = text_at(batch, WR_LETTER_TABLE, row);
		char digits[DIGITS + 1];

		if (table.data != NULL && !wr_str_eq(table, dlq->table))
			continue;
		if (text_at(batch, WR_LETTER_RAW, row).data == NULL) {
			letters->unknown++;
			continue;
		}
		digest_of(batch, row, digits);
		if (count_up(&letters->seen, digits) <=
			(uintptr_t)wr_map_get(&letters->done, digits) &&
		    !dlq->again)
			letters->skipped++;
		else if (dlq->limit == 0 || letters->taken < dlq->limit)
			take(letters, batch, row, digits);
	}
	return NULL;
}

/* --- what was replayed */

static void done_path(const struct wr_dlq *dlq, struct wr_text *path)
{
	wr_text_init(path);
	wr_text_printf(path, "%s%s", dlq->done != NULL ? dlq->done : dlq->file,
		       dlq->done != NULL ? "" : ".replayed");
}

static wr_status *read_done(const struct wr_dlq *dlq, struct wr_dlq_letters *letters)
{
	struct wr_env *env = wr_env_system();
	struct wr_file_info info;
	struct wr_text path;
	wr_status *status;
	char *data = NULL;
	size_t len = 0;

	done_path(dlq, &path);
	WR_TRY_OUT(status, env->ops->stat(env, path.data, &info));
	if (!info.exists)
		goto out;
	WR_TRY_OUT(status, wr_env_read_file(env, path.data, DONE_MAX, &data, &len));
	for (size_t at = 0; at < len && status == NULL; at += DIGITS + 1) {
		char digits[DIGITS + 1] = "";

		if (len - at < DIGITS + 1 || data[at + DIGITS] != '\n')
			status = wr_status_hint(
			    wr_status_new(WR_USER_ERROR,
					  "'%s' is no file of letters that were replayed",
					  path.data),
			    "Name another one with --done, or remove it to replay all of them");
		memcpy(digits, data + at, WR_MIN(len - at, (size_t)DIGITS));
		(void)count_up(&letters->done, digits);
	}
	wr_text_add(&letters->old, data, len);
out:
	wr_free(data);
	wr_text_release(&path);
	return status;
}

wr_status *wr_dlq_done(const struct wr_dlq *dlq, const struct wr_dlq_letters *letters)
{
	struct wr_text path, all;
	wr_status *status;

	done_path(dlq, &path);
	wr_text_init(&all);
	wr_text_add(&all, letters->old.data, letters->old.len);
	wr_text_add(&all, letters->fresh.data, letters->fresh.len);
	status = wr_env_write_file(wr_env_system(), path.data, wr_text_str(&all), all.len);
	wr_text_release(&all);
	wr_text_release(&path);
	return status;
}

/* The replay would put its own letters in the place of the table's, where that is one file. */
static wr_status *check_folder(struct wr_session *session, const char *dead)
{
	const char *path = wr_letters_path(session, dead);
	struct wr_env *env = wr_env_system();
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

wr_status *wr_dlq_read(const struct wr_dlq *dlq, struct wr_dlq_letters *letters)
{
	struct reading reading = {dlq, letters};
	struct wr_listener listener = {.result_rows = read_rows, .user = &reading};
	struct wr_session *session = wr_session_new(&listener);
	const char *dead;
	struct wr_text sql;
	wr_status *status;

	*letters = (struct wr_dlq_letters){0};
	wr_map_init(&letters->done);
	wr_map_init(&letters->seen);
	wr_letters_begin(&letters->file);
	wr_text_init(&sql);
	WR_TRY_OUT(status, read_done(dlq, letters));
	WR_TRY_OUT(status, wr_dlq_look(dlq, session, &dead));
	if (dlq->target == NULL)
		WR_TRY_OUT(status, check_folder(session, dead));
	WR_TRY_OUT(status, wr_letters_query(session, dead, &sql));
	status =
	    wr_session_script(session, (struct wr_str){sql.data, sql.len}, NULL, WR_SCRIPT_RUN);
out:
	wr_text_release(&sql);
	wr_session_free(session);
	return status;
}

void wr_dlq_letters_release(struct wr_dlq_letters *letters)
{
	wr_map_release(&letters->done);
	wr_map_release(&letters->seen);
	wr_text_release(&letters->old);
	wr_text_release(&letters->fresh);
	wr_text_release(&letters->file);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * letters_read - the letters of a table: which of them are asked for, which were replayed before,
 * and those that are to be, as a file (connectors/letters.h).
 *
 * A letter is known by the digest of what it says: bytes, table, place, time, attempts. What was
 * replayed is noted in a file, a line of 32 hexadecimal digits for each letter; of letters that are
 * the same the first ones count as replayed. So the order in which the table is read does not
 * matter.
 *
 *     wr_letters_done_read, a query of wr_letters_query with wr_letters_take as its listener's
 *     result_rows, wr_letters_file, the replay, wr_letters_done_write
 *
 * Thread: one owner.
 */
#ifndef WR_ENGINE_LETTERS_READ_H
#define WR_ENGINE_LETTERS_READ_H

#include "base/env.h"
#include "base/map.h"
#include "engine/letters.h"

#define WR_LETTER_ID_LEN 32 /* digits of a digest */

/* Of a row of wr_letters_query. Texts: data NULL: there is none. Numbers, and times in ms: -1. */
struct wr_str wr_letter_text(const struct wr_batch *batch, uint32_t column, uint32_t row);
int64_t wr_letter_number(const struct wr_batch *batch, uint32_t column, uint32_t row);
void wr_letter_id(const struct wr_batch *batch, uint32_t row, char id[WR_LETTER_ID_LEN + 1]);

/* Which letters; zeroed: all. Borrowed. */
struct wr_letters_filter {
	const char *table;      /* of this one, and those that do not say of which; NULL: any */
	const char *kind;       /* of this kind of error; NULL: any */
	const char *error;      /* whose error has this in its text; NULL: any */
	int64_t from_ms, to_ms; /* that failed in [from, to); 0: open */
	const char *const *id;  /* these */
	uint32_t id_count;      /* 0: any */
};
bool wr_letters_match(const struct wr_letters_filter *filter, const struct wr_batch *batch,
		      uint32_t row);

/* What was replayed. */
struct wr_letters_done {
	struct wr_map count; /* digest -> how often */
	struct wr_text old;  /* the file as it was */
};
/* A file that is not there is an empty one. Released in any case. */
wr_status *wr_letters_done_read(struct wr_env *env, const char *path, struct wr_letters_done *done);
/* With the lines of `fresh` behind it. */
wr_status *wr_letters_done_write(struct wr_env *env, const char *path,
				 const struct wr_letters_done *done, const struct wr_text *fresh);
void wr_letters_done_release(struct wr_letters_done *done);

/* Letters on their way into a file. */
struct wr_letters_taking {
	struct wr_letters_filter filter;
	const struct wr_letters_done *done;
	bool again;            /* also those that were replayed */
	uint64_t limit;        /* letters at most; 0: all */
	size_t bytes_max;      /* of the file; 0: any */
	struct wr_str payload; /* in place of what they say; data NULL: as they are */
	/* What has come of it; zeroed. */
	struct wr_map seen;   /* of those that are done: digest -> how often in the table so far */
	struct wr_text file;  /* the letters taken; the caller begins it (wr_letters_begin) */
	struct wr_text fresh; /* lines for the file of what was replayed */
	char *table;          /* of the first letter; NULL: no letter says; owned */
	uint64_t taken;       /* letters */
	uint64_t skipped;     /* replayed before */
	uint64_t unknown;     /* without raw bytes */
	uint64_t others;      /* of other tables than the first, where the filter names none */
	uint64_t left;        /* over the limits */
};
void wr_letters_taking_init(struct wr_letters_taking *taking);
void wr_letters_taking_release(struct wr_letters_taking *taking);
/* wr_listener.result_rows; `taking` is one. */
wr_status *wr_letters_take(void *taking, const struct wr_batch *batch);
/* Writes the letters taken into a new file for the time of the replay; its path is appended. */
wr_status *wr_letters_file(struct wr_env *env, const struct wr_letters_taking *taking,
			   struct wr_text *path);

/* An error if the table is one file: the letters of a replay would take its place. */
wr_status *wr_letters_check_folder(struct wr_env *env, struct wr_session *session,
				   const char *dead);

#endif

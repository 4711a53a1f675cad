/* SPDX-License-Identifier: Apache-2.0
 *
 * json_members - the members of a JSON object into variables, by a table: bodies of requests and
 * documents of the store.
 *
 *	const char *sql = NULL;
 *	int64_t max = 100;
 *	const struct wr_member fields[] = {{"sql", WR_MEMBER_TEXT, &sql, true},
 *					  {"max", WR_MEMBER_NUMBER, &max, false}};
 *	WR_TRY(wr_members_read(request->body, &arena, fields, WR_COUNT(fields)));
 *
 * What is not there, or null, leaves its variable as it is. What the table does not have is
 * refused, so that a typing error is no silent default.
 */
#ifndef WR_SERVER_JSON_MEMBERS_H
#define WR_SERVER_JSON_MEMBERS_H

#include "base/arena.h"
#include "base/status.h"
#include "base/text.h"

enum wr_member_kind {
	WR_MEMBER_TEXT,   /* const char *; in the arena */
	WR_MEMBER_NUMBER, /* int64_t; a whole number */
	WR_MEMBER_BOOL,   /* bool */
	WR_MEMBER_TEXTS,  /* struct wr_texts: a list of texts */
	WR_MEMBER_PAIRS   /* struct wr_pairs: an object of texts, numbers and booleans */
};

struct wr_texts {
	const char **text; /* in the arena */
	uint32_t count;
};

struct wr_pairs {
	const char **key, **value; /* in the arena */
	uint32_t count;
};

struct wr_member {
	const char *name;
	enum wr_member_kind kind;
	void *out;     /* a variable of the kind */
	bool required; /* not there is an error */
};

/* An empty text is an empty object. */
wr_status *wr_members_read(struct wr_str json, struct wr_arena *arena,
			   const struct wr_member *field, uint32_t count);

#endif

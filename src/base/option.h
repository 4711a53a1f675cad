/* SPDX-License-Identifier: Apache-2.0
 *
 * option - tables of options: one row declares name, type, default and manual text; the same table
 * validates, completes and prints the manual.
 *
 * Used for SET, for the WITH clause of tables (connector and format options) and for the command
 * line. Durations are written as Flink does ('1 min', '20ms', '5 s', '1 h', '1 d') and kept in
 * milliseconds (a fraction of one counts up); memory sizes ('64 mb') in bytes.
 */
#ifndef WR_BASE_OPTION_H
#define WR_BASE_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "base/text.h"

enum wr_option_type {
	WR_OPTION_STRING,
	WR_OPTION_INT, /* int64_t within min..max */
	WR_OPTION_DOUBLE,
	WR_OPTION_BOOL,
	WR_OPTION_DURATION, /* milliseconds */
	WR_OPTION_MEMORY,   /* bytes */
	WR_OPTION_ENUM      /* index into `values`; letter case does not matter */
};

struct wr_option {
	const char
	    *name; /* "sink.parallelism"; a trailing "*" stands for any suffix ("fields.*") */
	enum wr_option_type type;  /* how the text is read */
	const char *fallback;      /* default as text; NULL: unset */
	const char *doc;           /* one sentence for the manual */
	const char *const *values; /* ENUM: NULL-terminated list; else NULL */
	int64_t min;   /* INT, DURATION, MEMORY: smallest value when min < max; both 0: any */
	int64_t max;   /* INT, DURATION, MEMORY: largest value */
	bool required; /* must be given (checked by wr_options_check) */
};

struct wr_option_value {
	bool is_set;      /* a value is there: given or by default */
	bool is_given;    /* the user gave it */
	const char *text; /* as written; NULL when not set */
	int64_t number;   /* INT, BOOL (0/1), DURATION, MEMORY, ENUM */
	double real;      /* DOUBLE */
};

/* The values of one table for one object (a session, a table, a command). */
struct wr_options {
	const struct wr_option *table; /* rows; lives as long as the options */
	uint32_t count;                /* rows */
	const char *what;              /* "option of connector 'filesystem'", for messages */
	const char *prefix; /* in front of the names as the user writes them: "json."; NULL: none */
	struct wr_arena *arena;        /* holds texts and `value` */
	struct wr_option_value *value; /* one per row */
};

/* Sets every option to its default (which must be valid: asserted). */
void wr_options_init(struct wr_options *options, struct wr_arena *arena, const char *what,
		     const struct wr_option *table, uint32_t count);
/* Reads and checks one value. An unknown name is an error with the nearest names as a hint. */
wr_status *wr_options_set(struct wr_options *options, const char *name, const char *text);
/* Back to the default. */
wr_status *wr_options_reset(struct wr_options *options, const char *name);
/* Error when a required option was not given. */
wr_status *wr_options_check(const struct wr_options *options);
/* The value of an option that is in the table (asserted). */
const struct wr_option_value *wr_options_get(const struct wr_options *options, const char *name);
int64_t wr_options_i64(const struct wr_options *options, const char *name);
bool wr_options_bool(const struct wr_options *options, const char *name);
const char *wr_options_str(const struct wr_options *options,
			   const char *name); /* NULL when not set */

/* The row for `name` (wildcards count), or NULL. */
const struct wr_option *wr_option_find(const struct wr_option *table, uint32_t count,
				       const char *name);
/* Reads one text as the row says. `value->text` points at `text`. */
wr_status *wr_option_read(const struct wr_option *option, const char *text,
			  struct wr_option_value *value);
/* The error for a name that is not in the table, with "did you mean". */
wr_status *wr_option_unknown(const struct wr_option *table, uint32_t count, const char *what,
			     const char *name);
/* Appends the table as Markdown rows: name, type, default, text. */
void wr_option_manual(struct wr_text *text, const struct wr_option *table, uint32_t count);

/* "1 min", "500 ms", "1h 30min" is not one; a bare number is milliseconds. false: not a duration.
 * Result in ms. */
bool wr_duration_parse(const char *text, int64_t *ms);
/* "64 mb", "1g", "4096" (bytes). */
bool wr_memory_parse(const char *text, int64_t *bytes);

#endif

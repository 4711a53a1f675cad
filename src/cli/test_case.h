/* SPDX-License-Identifier: Apache-2.0
 *
 * test_case - a test of a user's script, as its file says it (docs/TESTING.md has the format).
 *
 *     script  ../orders.sql             what is tested, and how: a word and a value a line
 *     late    1
 *     --- input orders json             then sections: what tables get and what is to come out
 *     {"id": 1}
 *     --- output totals json
 *     {"id": 1, "n": 1}
 *
 * Everything lives in the case's arena. Thread: one owner.
 */
#ifndef WR_CLI_TEST_CASE_H
#define WR_CLI_TEST_CASE_H

#include "base/arena.h"
#include "base/env.h"
#include "data/batch.h"

#define WR_TEST_FILE_MAX    (64u << 20) /* bytes of a case, a script or an input: it is in memory */
#define WR_TEST_CLOCK_START INT64_C(1767225600000) /* 2026-01-01 00:00:00, when it does not say */

enum wr_test_form {
	WR_TEST_JSON, /* an object a line */
	WR_TEST_CSV,  /* the columns in their order */
	WR_TEST_OWN   /* input: whatever the table's format reads */
};

/* A record that arrives. */
struct wr_test_record {
	const char *text; /* in the arena */
	uint32_t len;     /* bytes of text */
	uint32_t line;    /* in its file */
	uint8_t kind;     /* enum wr_row_kind */
	int64_t at_us;    /* not before that time of day of the test; since 1970 */
};

struct wr_test_input {
	const char *table;
	enum wr_test_form form;
	struct wr_test_record *record; /* in order of arrival; owned */
	uint32_t count, capacity;      /* of record */
	struct wr_test_input *next;
};

/* What is expected of a table, or of a SELECT. */
struct wr_test_output {
	const char *table; /* or "select", "select-2" ... */
	enum wr_test_form form;
	bool changelog;    /* every change with its kind; else the table at the end */
	bool ordered;      /* lines come in this order */
	const char *file;  /* path of the file with the lines; NULL: they are in the case */
	const char *lines; /* as written, comments and all */
	size_t from, to;   /* where they stand in the case's text */
	struct wr_test_output *next;
};

struct wr_test_pair {
	const char *name, *value;
	struct wr_test_pair *next; /* in the order of the file */
};

struct wr_test_case {
	struct wr_arena arena;
	const char *path;   /* of the case */
	const char *name;   /* path below the folder that is tested, without ".test" */
	char *text;         /* of the case; owned */
	const char *script; /* path of the script; NULL: it is in the case */
	const char *sql;    /* its text */
	struct wr_test_pair *variable, *setting;
	int64_t clock_ms;          /* what time it is at the beginning */
	int64_t late, bad;         /* rows expected to be; -1: any number */
	const char *error;         /* part of the error that is expected; NULL: none */
	uint32_t error_line;       /* of the script; 0: any */
	bool no_shuffle, no_crash; /* the case says that it cannot be run so */
	bool open;                 /* the inputs do not end: open windows stay open */
	bool keep;                 /* datagen and nexmark make their rows as ever */
	struct wr_test_input *input;
	struct wr_test_output *output;
};

/* Reads a case and the files that it names. The case is to be released in any case. */
wr_status *wr_test_case_read(struct wr_test_case *test, const char *path, const char *name);
void wr_test_case_release(struct wr_test_case *test);
struct wr_test_input *wr_test_case_input(const struct wr_test_case *test, const char *table);
struct wr_test_output *wr_test_case_output(const struct wr_test_case *test, const char *table);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * test - weir test: a user's own tests of scripts (docs/TESTING.md).
 *
 *     command line -> cases (test_case.h), each in several ways
 *                  -> a process per run (test_run.h), some at a time
 *                  -> comparison (test_compare.h) -> what is said, a file for CI
 */
#ifndef WR_CLI_TEST_H
#define WR_CLI_TEST_H

#include <stdio.h>

#include "cli/test_run.h"

#define WR_TEST_WAYS_MAX 3 /* straight, shuffled, with crashes */

struct wr_test_wishes {
	const char *folder;     /* or a case */
	const char *only;       /* pattern of names; NULL: all */
	const char *junit;      /* file; NULL: none */
	bool update;            /* what comes out becomes what is expected */
	bool crash;             /* also with crashes */
	bool shuffle;           /* also shuffled */
	uint64_t seed;          /* of that */
	uint64_t batch;         /* rows; 0: the usual */
	uint32_t workers, jobs; /* parallelism of a run, and runs at a time */
	int64_t timeout_s;      /* of a run */
	const char **variable;  /* NAME=VALUE, for all cases; owned */
	const char **setting;   /* KEY=VALUE, for all cases; owned */
	uint32_t variable_count, setting_count;
};

enum wr_test_outcome {
	WR_TEST_PASSED,
	WR_TEST_FAILED, /* something else came out than is expected */
	WR_TEST_BROKEN, /* the case cannot be run, or the engine did not survive it */
	WR_TEST_UPDATED
};

/* A case in one way. */
struct wr_test_item {
	struct wr_test_case *test;
	struct wr_test_way way;
	enum wr_test_outcome outcome;
	struct wr_text report; /* why it has not passed */
	int64_t began_us, elapsed_us;
	int pid;      /* of its run; 0: none */
	char *folder; /* of its run; owned; NULL: none */
};

/* test_check.c: what a run has come to, into item->outcome and item->report. `ended`: how its
 * process did, as of waitpid; `late`: it took too long. */
void wr_test_check(struct wr_test_item *item, const struct wr_test_wishes *wishes, int ended,
		   bool late);
/* test_report.c */
void wr_test_item_name(const struct wr_test_item *item, struct wr_text *out);
void wr_test_show(const struct wr_test_item *item);
wr_status *wr_test_junit(const char *path, const struct wr_test_item *items, uint32_t count);

int wr_test_main(int argc, char **argv);
void wr_test_help(FILE *file);

#endif

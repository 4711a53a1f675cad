/* SPDX-License-Identifier: Apache-2.0
 *
 * test_run - one run of a test case: the script in a session of its own, on one thread, with a
 * clock that only waiting moves, its tables' connectors replaced by stand-ins.
 *
 *     case -> session (clock, stand-ins) -> a file of changes per table, and the result
 *
 * A stand-in has the name, the options and the traits of the connector that it stands for, so that
 * the script is planned as it will be; but it reads the records of the case, and keeps what is
 * written. What is kept of a change is a line `+I <key>\x1f<row>`: the row in the form that is
 * expected, in front of it the values of its PRIMARY KEY, if the table has one.
 *
 * A run is a process of its own: it begins with wr_test_run and ends with it, and leaves its result
 * in a folder. Thread: one.
 */
#ifndef WR_CLI_TEST_RUN_H
#define WR_CLI_TEST_RUN_H

#include <stdio.h>

#include "catalog/connector.h"
#include "cli/test_case.h"

#define WR_TEST_KEY '\x1f' /* behind the key of a line that is kept */

struct wr_session;
struct wr_prepared;

/* How a case is run. */
struct wr_test_way {
	const char *name; /* shown: "crash"; "": as it is */
	bool crash;       /* the job fails and restarts in every epoch */
	bool shuffle;     /* inputs arrive in another order */
	uint64_t seed;    /* of it */
	uint64_t batch;   /* rows of a batch, and records of a block; 0: the usual */
	uint32_t workers; /* parallelism */
};

/* The clock: first what the engine sees of it. */
struct wr_test_clock {
	struct wr_env env;
	struct wr_env_ops ops;
	int64_t now_us;  /* since 1970 */
	int64_t busy_us; /* when a record was read last */
	uint32_t turn;   /* who is next */
};

/* Changes of a table, or of a SELECT, on their way to their file. */
struct wr_test_kept {
	char *name;    /* of the table; with #2 behind it for its second sink; owned */
	char *path;    /* of its file; owned */
	FILE *file;    /* NULL: not open */
	uint64_t at;   /* bytes written */
	uint64_t base; /* of them, by jobs that have ended */
	bool open;     /* a sink writes to it */
	struct wr_test_kept *next;
};

struct wr_test_run {
	struct wr_test_clock clock; /* first: connectors find the run by their environment */
	const struct wr_test_case *test;
	const struct wr_test_way *way;
	const char *folder; /* for what is kept */
	struct wr_session *session;
	struct wr_arena arena; /* of the stand-ins */
	struct wr_test_kept *kept;
	uint32_t selects;    /* that have begun */
	const char *reading; /* the materialized table that is read at the end; NULL: none */
	uint32_t ended;      /* sources whose records have all been read, of a case with `open` */
	uint32_t opened;     /* sources */
	uint32_t sinks;      /* that are open */
	uint32_t attempts;   /* of jobs so far: a crash ends one, and so does a restore */
	uint64_t blocks;     /* read in this one */
	uint64_t late, bad;
};

/* Runs the case; what comes out is in files of `folder`, which exists: see wr_test_result. */
void wr_test_run(const struct wr_test_case *test, const struct wr_test_way *way,
		 const char *folder);

/* What came out of it. */
struct wr_test_result {
	char *error;         /* how the script failed, as it is shown; NULL: it did not; owned */
	char *cause;         /* its sentence, and its hint behind it; owned */
	uint32_t line;       /* of the script; 0: none */
	uint64_t late, bad;  /* rows */
	uint32_t name_count; /* of names */
	char **name;         /* tables that were written, and SELECTs; owned */
};
wr_status *wr_test_result_read(struct wr_test_result *result, const char *folder);
void wr_test_result_release(struct wr_test_result *result);
/* Appends the path of what was kept of a table. */
void wr_test_kept_path(const char *folder, const char *table, struct wr_text *path);

/* Parses and checks the script in the run's session; *prepared is to be released in any case. */
wr_status *wr_test_prepare(struct wr_test_run *run, struct wr_prepared *prepared);
/* The connectors and formats of its session. */
struct wr_registry *wr_test_registry(struct wr_test_run *run);
/* The inputs have been read: what runs is to stop. */
void wr_test_stop(struct wr_test_run *run);
/* test_stand.c: replaces the connectors of the session. */
void wr_test_stand_in(struct wr_test_run *run);
/* test_keep.c: what is written, in its form. */
struct wr_test_keeper;
wr_status *wr_test_keeper_new(struct wr_test_run *run, const char *table,
			      const struct wr_schema *schema, const uint32_t *key,
			      uint32_t key_count, const char *zone_id, struct wr_test_keeper **out);
void wr_test_keeper_free(struct wr_test_keeper *keeper); /* NULL allowed */
/* Appends the lines of a batch. */
wr_status *wr_test_keep(struct wr_test_keeper *keeper, const struct wr_batch *batch,
			struct wr_text *out);
/* A file for a sink of the table, or for a SELECT, as long as `open`. */
wr_status *wr_test_kept_open(struct wr_test_run *run, const char *table, struct wr_test_kept **out);
wr_status *wr_test_kept_write(struct wr_test_kept *kept, const struct wr_text *lines);
wr_status *wr_test_kept_flush(struct wr_test_kept *kept);
/* Forgets what was written behind a place. */
wr_status *wr_test_kept_cut(struct wr_test_kept *kept, uint64_t at);
void wr_test_kept_release(struct wr_test_run *run);
/* test_shuffle.c: the records in another order, within what the watermark of their table allows. */
wr_status *wr_test_shuffle(struct wr_test_run *run, struct wr_test_input *input);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * dlq - weir dlq: what a script's dead letters are, and reading them once more.
 *
 * dlq.c has the command line and `show`, dlq_read.c the letters of a table, dlq_replay.c `replay`.
 */
#ifndef WR_CLI_DLQ_H
#define WR_CLI_DLQ_H

#include "cli/script.h"
#include "engine/letters_read.h"

struct wr_dlq {
	const char *command; /* show, replay; NULL: none yet */
	const char *file;    /* the script */
	const char *table;   /* --table: letters of that one; NULL: of all */
	const char *dead;    /* --from: the table of letters; NULL: as the script says */
	const char *target;  /* --into: where they are written as they are; NULL: replay */
	const char *done;    /* --done: file of what was replayed; NULL: beside the script */
	uint64_t limit;      /* --limit: letters at most; 0: all */
	bool again;          /* --again: also those that were replayed */
	bool quiet;          /* no summary */
	enum wr_result_format format;
	struct wr_command options; /* -v, --set: variables and settings */
	char *text;                /* of the script; owned */
	struct wr_str script;      /* the same */
};

/* weir dlq: argv[0] is the command. Returns the exit code. */
int wr_dlq_main(int argc, char **argv);
void wr_dlq_help(FILE *file);

/* The letters that are to be replayed. */
struct wr_dlq_letters {
	struct wr_letters_done done;
	struct wr_letters_taking taking;
};

/* dlq_read.c: declares the tables of the script in a new session, and finds the table of letters.
 */
wr_status *wr_dlq_look(const struct wr_dlq *dlq, struct wr_session *session, const char **dead);
/* Reads what is to be replayed. Released by the caller in any case. */
wr_status *wr_dlq_read(const struct wr_dlq *dlq, struct wr_dlq_letters *letters);
void wr_dlq_letters_release(struct wr_dlq_letters *letters);
/* The letters taken are replayed: notes that for the next time. */
wr_status *wr_dlq_done(const struct wr_dlq *dlq, const struct wr_dlq_letters *letters);

/* dlq_replay.c */
wr_status *wr_dlq_replay(struct wr_dlq *dlq, int *code);

#endif

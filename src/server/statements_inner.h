/* SPDX-License-Identifier: Apache-2.0
 *
 * statements_inner - what statements.c (the table) and statement_rows.c (pages, streams) share.
 *
 * Locks: wr_statements.lock before wr_statement.lock; neither is held while rows are waited for.
 */
#ifndef WR_SERVER_STATEMENTS_INNER_H
#define WR_SERVER_STATEMENTS_INNER_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/map.h"
#include "engine/api_cursor.h"
#include "server/statements.h"

struct wr_statements {
	struct wr_server *server; /* whose part it is */
	int64_t idle_ms;          /* server.results.idle-timeout */
	pthread_mutex_t lock;
	struct wr_map by_id; /* under lock: a reference each */
	uint32_t streams;    /* under lock: threads of them */
	/* Requests that wait for rows, on threads of the pool and [1] on spare ones, and how many
	 * may: the others do not, so that threads are left for other requests. */
	uint32_t waiting[2]; /* under lock */
	uint32_t waiting_max[2];
	bool stopping;       /* under lock */
	pthread_cond_t left; /* a stream has ended, or stopping */
	pthread_t thread;    /* drops what nobody asks for */
	bool started;
};

struct wr_statement {
	struct wr_statements *statements;   /* whose it is */
	atomic_uint refs;                   /* the table's, and of who uses it */
	char id[WR_CLIENT_ID_LEN + 1];      /* key in the table */
	char session[WR_CLIENT_ID_LEN + 1]; /* id of its session */
	char *owner;                        /* the user; owned */
	const char *word;                   /* a literal */
	char *columns;                      /* JSON; owned */
	bool updating, bounded;             /* as of the outcome */
	atomic_llong used_us;               /* monotonic: somebody asked */

	pthread_mutex_t lock;
	bool taken;                 /* somebody waits for rows; the cursor is theirs */
	struct wr_client *client;   /* a reference; NULL: it has ended */
	struct weir_cursor *cursor; /* NULL: the same */
	const char *state;          /* "running", "finished", "failed", "cancelled" */
	char *error;                /* JSON; NULL: none; owned */
	uint64_t next;              /* token of the next page */
	struct wr_text last;        /* the page before */
	uint64_t rows;              /* that were given */
};

/* The cursor has come to `code`; *error (MAY be NULL) is taken over. By who has taken it. */
void wr_statement_end(struct wr_statement *statement, enum weir_code code,
		      struct weir_error *error);

#endif

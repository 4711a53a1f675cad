/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_lookup - the inner side of look-ups in PostgreSQL.
 *
 *   pg_lookup.c   statements, the questions that are open, retries
 *   pg_answer.c   one attempt to have an answer: sending, rows as they come
 *
 * Questions are a ring; each has a connection of its own, so that the server works on several at a
 * time, and answers are taken in the order of the questions. An answer is taken row by row: what
 * nobody has taken yet stays with the server, but for what sockets hold.
 *
 * Thread: the worker's.
 */
#ifndef WR_CONNECTORS_PG_LOOKUP_H
#define WR_CONNECTORS_PG_LOOKUP_H

#include "connectors/jdbc.h"
#include "connectors/retry.h"

/* Keys asked for, over a connection of its own. */
struct wr_pg_question {
	struct wr_pg pg;
	struct wr_text *array; /* per key column: its parameter */
	uint32_t count;        /* keys; 0: all rows are asked for */
	bool sent;             /* over the connection as it is; it has not been taken to its end */
};

struct wr_lookup {
	struct wr_arena arena;
	const struct wr_connector_args *args;
	struct wr_pg_target target;
	struct wr_retrying retrying;
	struct wr_pg_source_table table;
	struct wr_pg_rows rows;
	uint32_t key_count;
	struct wr_pg_encoder *encoder; /* per key */
	const char *keys_sql, *all_sql;
	uint32_t rows_max;               /* of a batch */
	struct wr_pg_question *question; /* a ring of question_count */
	uint32_t question_count;         /* 'lookup.connections' */
	uint32_t first, open;            /* the oldest question, and how many are open */
	int64_t spare_us; /* monotonic: no more connections are tried before this; 0: any time */
	/* The answer being taken: to the oldest question. */
	bool ended;                   /* all of it has come */
	bool handed;                  /* some of it has been handed out */
	uint32_t *asked;              /* per row of the batch: its key */
	struct wr_pg_copy copy;       /* all rows */
	bool copying;                 /* they come */
	struct wr_decode_range range; /* of those, the ones being decoded */
};

/* Sends the question over its connection. */
wr_status *wr_pg_question_send(struct wr_lookup *lookup, struct wr_pg_question *question);
/* Its next rows, or NULL and lookup->ended; it has been sent. After a status the connection is of
 * no use. */
wr_status *wr_pg_answer_next(struct wr_lookup *lookup, struct wr_pg_question *question,
			     struct wr_batch **out);
/* Forgets what has come of an answer. */
void wr_pg_answer_forget(struct wr_lookup *lookup);

#endif

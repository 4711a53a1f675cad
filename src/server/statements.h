/* SPDX-License-Identifier: Apache-2.0
 *
 * statements - results of the REST API between requests: known by an id, taken in pages or as a
 * stream.
 *
 *     begin -> (page | stream)* -> drop
 *
 * Pages have tokens 0, 1, 2 ...; the last one that was given may be asked for again, so that an
 * answer that was lost on the way loses no rows. A stream takes what is left, on a thread of its
 * own that waits for its reader; when the reader has gone, or takes nothing for
 * server.results.idle-timeout, the result ends. So does one that nobody has asked for as long.
 *
 * A result that has ended is remembered with its state for the same time, without its rows.
 *
 * Thread: any; one page or stream of a result at a time.
 */
#ifndef WR_SERVER_STATEMENTS_H
#define WR_SERVER_STATEMENTS_H

#include "server/client.h"
#include "server/http_stream.h"

struct wr_statements;
struct wr_statement;

wr_status *wr_statements_open(struct wr_server *server, struct wr_statements **out);
/* Results end, and who waits for their rows is told (for a while); no other begins: for a server
 * that is about to close its ports. NULL is allowed. */
void wr_statements_end(struct wr_statements *statements);
/* Streams end, results are dropped. */
void wr_statements_close(struct wr_statements *statements);

/* Takes over an outcome with rows, and a reference of its client. Appends the statement as JSON;
 * its id is put into `id`. */
wr_status *wr_statements_add(struct wr_statements *statements, struct wr_client *client_moved,
			     struct wr_outcome *outcome_moved, struct wr_text *out,
			     char id[WR_CLIENT_ID_LEN + 1]);
/* A reference; NULL: there is none of that id that `who` may see. */
struct wr_statement *wr_statements_find(struct wr_statements *statements,
					const struct wr_principal *who, const char *id);
void wr_statement_unref(struct wr_statement *statement);
/* What it is and how it goes, as JSON. */
void wr_statement_describe(struct wr_statement *statement, struct wr_text *out);

enum wr_statement_answer {
	WR_STATEMENT_GIVEN,
	WR_STATEMENT_GONE, /* the page was given, and the next one too; or there is none yet */
	WR_STATEMENT_TAKEN /* a stream, or another request, takes its rows */
};
struct wr_statement_wish {
	uint64_t token;  /* of the page */
	uint32_t max;    /* rows */
	bool texts;      /* values as wr_json_row says */
	bool spare;      /* the thread is nobody else's: struct wr_http_request */
	int64_t wait_ms; /* for a first row */
};
/* Appends a page as JSON. */
enum wr_statement_answer wr_statement_page(struct wr_statement *statement,
					   const struct wr_statement_wish *wish,
					   struct wr_text *out);
/* What is left as server-sent events. */
enum wr_statement_answer wr_statement_stream(struct wr_statement *statement, bool texts,
					     struct wr_http_stream **out);
/* Ends it and forgets it. */
void wr_statements_drop(struct wr_statements *statements, struct wr_statement *statement);

#endif

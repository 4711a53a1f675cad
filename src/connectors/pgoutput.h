/* SPDX-License-Identifier: Apache-2.0
 *
 * pgoutput - reads the messages of PostgreSQL's logical replication (plugin pgoutput, protocol 1).
 *
 * A message is one piece of a transaction; transactions come one after the other, in the order of
 * their commits, each between Begin and Commit. A Relation message comes before the first change of
 * a table and again after its columns have changed. Numbers are big-endian, names end with a zero
 * byte. The protocol is described in PostgreSQL's manual, "Logical Replication Message Formats".
 *
 * Nothing is copied: names and values point into the message. Every read is checked against its
 * end: a damaged message is refused, whatever it holds.
 *
 * Thread: free of threads.
 */
#ifndef WR_CONNECTORS_PGOUTPUT_H
#define WR_CONNECTORS_PGOUTPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

#define WR_PGO_COLUMNS_MAX 1600 /* PostgreSQL's own limit of columns of a table */

enum wr_pgo_kind {
	WR_PGO_BEGIN = 'B',
	WR_PGO_COMMIT = 'C',
	WR_PGO_RELATION = 'R',
	WR_PGO_INSERT = 'I',
	WR_PGO_UPDATE = 'U',
	WR_PGO_DELETE = 'D',
	WR_PGO_TRUNCATE = 'T',
	WR_PGO_OTHER = 0 /* Origin, Type, Message: nothing that rows depend on */
};

struct wr_pgo_value {
	char kind;        /* 'n' NULL, 'u' unchanged and not sent, 't' text, 'b' binary */
	uint32_t len;     /* of 't' and 'b' */
	const char *data; /* in the message */
};

/* Columns in the order of the table. */
struct wr_pgo_tuple {
	bool is_there;
	bool key_only; /* an old row of which only the key was sent; the others are 'n' */
	uint32_t count;
	struct wr_pgo_value *value; /* the caller's, WR_PGO_COLUMNS_MAX of them */
};

struct wr_pgo_column {
	bool is_key; /* part of the replica identity */
	const char *name;
	uint32_t type; /* OID */
	int32_t modifier;
};

struct wr_pgo_message {
	enum wr_pgo_kind kind;
	uint64_t lsn;    /* BEGIN: of the commit to come; COMMIT: behind the transaction */
	uint32_t xid;    /* BEGIN */
	int64_t time_us; /* BEGIN: of the commit, since 1970 UTC */
	uint32_t table;  /* OID; RELATION and changes */
	char identity;   /* RELATION: 'd' default, 'n' nothing, 'f' all columns, 'i' an index */
	const char *schema, *name;         /* RELATION */
	uint32_t column_count;             /* RELATION */
	struct wr_pgo_column *column;      /* RELATION: the caller's, WR_PGO_COLUMNS_MAX of them */
	struct wr_pgo_tuple before, after; /* changes */
	uint32_t table_count;              /* TRUNCATE: number of tables */
	const char *tables;                /* TRUNCATE: their OIDs, see wr_pgo_truncates */
};

/* Reads one message; `value` of before and after and `column` are set by the caller and kept. NULL,
 * or what is wrong with it: a static text. */
const char *wr_pgo_read(struct wr_pgo_message *message, struct wr_str bytes);
/* Whether a TRUNCATE has emptied the table. */
bool wr_pgo_truncates(const struct wr_pgo_message *message, uint32_t table);

/* What carries the messages: pieces of the COPY stream. */
struct wr_pgo_piece {
	bool keepalive; /* else one message in `bytes` */
	bool reply;     /* keepalive: the server wants to hear from us at once */
	uint64_t start; /* where the message lies in the log */
	uint64_t end;   /* how far the server has written or, keepalive, read its log */
	struct wr_str bytes;
};
const char *wr_pgo_piece(struct wr_pgo_piece *piece, struct wr_str bytes);

/* Writes a status update: everything up to `confirmed` is safe here, `received` has come. 34 bytes.
 * `answer`: the server is to say at once that it lives (a keepalive). */
#define WR_PGO_STATUS_BYTES 34
void wr_pgo_status(char out[WR_PGO_STATUS_BYTES], uint64_t received, uint64_t confirmed,
		   int64_t now_us, bool answer);

/* "16/B374D848" and back. false: none. */
void wr_pgo_lsn_print(struct wr_text *out, uint64_t lsn);
bool wr_pgo_lsn_read(const char *text, uint64_t *lsn);

#endif

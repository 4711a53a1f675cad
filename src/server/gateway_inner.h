/* SPDX-License-Identifier: Apache-2.0
 *
 * gateway_inner - what the files of gateway.h share: gateway.c has the sessions,
 * gateway_operation.c the statements, gateway_result.c their rows, gateway_value.c types and
 * values, gateway_routes.c the requests.
 *
 * Locks, in the order in which they are taken: wr_gateway.lock, wr_operation.lock. Neither is held
 * while a statement is executed or rows are waited for.
 */
#ifndef WR_SERVER_GATEWAY_INNER_H
#define WR_SERVER_GATEWAY_INNER_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/map.h"
#include "formats/json_write.h"
#include "server/client.h"
#include "server/gateway.h"

#define WR_GATEWAY_SESSION_OPERATIONS 1000 /* remembered; then the oldest that has ended goes */
#define WR_GATEWAY_EXECUTING          256  /* statements that are executed at once */
#define WR_GATEWAY_VERSION_MAX        4

struct wr_gateway {
	struct wr_server *server;
	pthread_mutex_t lock;   /* of what says so */
	pthread_cond_t changed; /* a turn, or a thread, has ended */
	struct wr_map sessions; /* under lock: struct wr_gateway_session, a reference each */
	uint32_t executing;     /* under lock: threads */
	bool stopping;          /* under lock */
};

/* What a client of the server has besides as a session of this protocol. */
struct wr_gateway_session {
	char id[WR_CLIENT_ID_LEN + 1]; /* that of the client */
	uint32_t refs;                 /* under the gateway's lock */
	struct wr_map properties;      /* under it: given, and nothing to the engine; owned */
	struct wr_operation *first;    /* under it: newest first, a reference each */
	uint32_t count;                /* under it: of them */
	uint64_t given, turn;          /* under it: numbers of statements, and whose turn it is */
};

enum wr_operation_status {
	WR_OPERATION_PENDING,
	WR_OPERATION_RUNNING,
	WR_OPERATION_FINISHED, /* executed; rows may still come */
	WR_OPERATION_CANCELED,
	WR_OPERATION_ERROR
};

enum wr_row_format { WR_ROW_JSON, WR_ROW_PLAIN };

struct wr_operation {
	atomic_uint refs;                   /* the last one frees it */
	struct wr_gateway *gateway;         /* of the server */
	struct wr_gateway_session *session; /* a reference */
	struct wr_client *client;           /* a reference */
	struct wr_operation *next;          /* of the session; under the gateway's lock */
	char id[WR_CLIENT_ID_LEN + 1];      /* its handle */
	uint64_t number;                    /* its turn */
	char *sql;                          /* owned */
	struct wr_job_origin origin;        /* of the request; in the arena */

	pthread_mutex_t lock;            /* of what says so */
	enum wr_operation_status status; /* under lock */
	wr_status *error;                /* under lock: status ERROR; owned */
	bool job_failed;                 /* the same: the statement was right */
	bool taken;                      /* under lock: somebody fetches; the rest is theirs */
	struct wr_outcome outcome;       /* when it is FINISHED; cursor NULL: no more rows */
	char job[WR_JOB_ID_LEN + 1];     /* "jobID"; "": none */
	struct wr_text columns;          /* JSON */
	uint64_t token;                  /* token of the next page */
	bool told;                       /* a result of one text was given */
	struct wr_text last;             /* the page before */
	struct wr_arena arena;           /* of the origin and the writer */
	struct wr_json_writer writer;    /* ROWS: values as JSON */
	struct wr_json_node_out **node;  /* the same; per column */
};

/* What a request is about. */
struct wr_gateway_call {
	struct wr_server *server;              /* that was asked */
	const struct wr_http_request *request; /* as it came */
	struct wr_http_reply *reply;           /* to be made */
	int version;                           /* 1 to 4 */
	const char *param[3];                  /* session, operation, token */
	struct wr_client *client;              /* a reference; NULL: not looked up */
	struct wr_operation *operation;        /* a reference; NULL: the same */
};

/* --- gateway.c --- */

/* The session of an open client, made when there is none yet; one more reference. */
struct wr_gateway_session *wr_gateway_session(struct wr_gateway *gateway, const char *id);
/* With the gateway's lock held. */
void wr_gateway_session_unref(struct wr_gateway_session *session);
/* Its operations end, it is forgotten. */
void wr_gateway_session_drop(struct wr_gateway *gateway, const char *id);

/* --- gateway_operation.c --- */

/* Begins a statement of the call's client. One more reference is the caller's. */
wr_status *wr_operation_begin(const struct wr_gateway_call *call, const char *sql,
			      struct wr_operation **out);
/* By its id; NULL: there is none. */
struct wr_operation *wr_operation_find(struct wr_gateway *gateway, const char *session,
				       const char *id);
void wr_operation_unref(struct wr_operation *operation);
const char *wr_operation_status_name(struct wr_operation *operation);
/* false: it has ended. */
bool wr_operation_cancel(struct wr_operation *operation);
/* Cancels it, and forgets it. */
void wr_operation_close(struct wr_operation *operation);
/* It has failed; `error` is taken over. */
void wr_operation_fail(struct wr_operation *operation, bool job_failed, wr_status *error_moved);

/* --- gateway_result.c --- */

/* When it has been executed, before others see the outcome. */
void wr_operation_ready(struct wr_operation *operation);
/* A page as the reply; `token`s of pages count from 0. */
void wr_operation_fetch(struct wr_operation *operation, int version, enum wr_row_format format,
			uint64_t token, struct wr_http_reply *reply);

/* --- gateway_value.c --- */

/* Flink's LogicalType as JSON. */
void wr_gateway_type(struct wr_text *out, const struct wr_type *type);
/* [{"name":..,"logicalType":..,"comment":null}, ...] */
void wr_gateway_columns(struct wr_text *out, const struct wr_schema *schema);
/* {"kind":"INSERT","fields":[...]}; false: a value has no form, see the writer. */
bool wr_gateway_row(struct wr_operation *operation, enum wr_row_format format,
		    const struct weir_row *row, struct wr_text *out);

/* --- gateway_complete.c --- */

void wr_gateway_complete(struct wr_gateway_call *call);

#endif

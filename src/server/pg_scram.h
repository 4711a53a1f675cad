/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_scram - the server's side of SCRAM-SHA-256 (RFC 5802, RFC 7677), and of SCRAM-SHA-256-PLUS.
 *
 *     client-first   n,,n=user,r=nonce         (or p=tls-server-end-point,, or y,,)
 *     server-first   r=nonce+ours,s=salt,i=4096
 *     client-final   c=biws,r=nonce+ours,p=proof
 *     server-final   v=signature
 *
 * The password is known in clear (server.users), so the salt is new with each login. A user that is
 * not there goes the same way and fails at the proof, so that names cannot be tried out.
 *
 * Thread: one.
 */
#ifndef WR_SERVER_PG_SCRAM_H
#define WR_SERVER_PG_SCRAM_H

#include "base/env.h"
#include "base/text.h"

struct wr_pgs_scram {
	struct wr_env *env;   /* its random numbers */
	const char *password; /* NULL: there is no such user */
	const uint8_t *end_point;
	size_t end_point_len; /* 0: no TLS, PLUS was not offered */
	bool plus;            /* the client chose PLUS */
	struct wr_text head;  /* the GS2 header */
	struct wr_text bare;  /* client-first without it */
	struct wr_text first; /* server-first */
	struct wr_text nonce; /* of both */
	uint8_t salt[16];
};

void wr_pgs_scram_init(struct wr_pgs_scram *scram, struct wr_env *env, const char *password,
		       const uint8_t *end_point, size_t end_point_len, bool plus);
void wr_pgs_scram_release(struct wr_pgs_scram *scram);
/* Each takes a message of the client and appends the answer. false: the message is none. */
bool wr_pgs_scram_first(struct wr_pgs_scram *scram, struct wr_str message, struct wr_text *answer);
/* *right: the password was. */
bool wr_pgs_scram_final(struct wr_pgs_scram *scram, struct wr_str message, struct wr_text *answer,
			bool *right);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_tls - TLS on a socket, by libssl, which is loaded when a server has a certificate.
 *
 * Thread: a context any; a connection's its own.
 */
#ifndef WR_SERVER_PG_TLS_H
#define WR_SERVER_PG_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/status.h"

struct wr_pgs_tls_context;
struct wr_pgs_tls;

/* With a certificate (and those who signed it) and its key, PEM files. */
wr_status *wr_pgs_tls_open(const char *cert_file, const char *key_file,
			   struct wr_pgs_tls_context **out);
void wr_pgs_tls_close(struct wr_pgs_tls_context *context); /* NULL allowed */
/* The server's side of the handshake, for at most timeout_ms between two of its bytes, and until
 * `stop` can be read; NULL: it failed. */
struct wr_pgs_tls *wr_pgs_tls_accept(struct wr_pgs_tls_context *context, int fd, int stop,
				     int timeout_ms);
void wr_pgs_tls_end(struct wr_pgs_tls *tls); /* NULL allowed */
/* Bytes are there that the socket does not show. */
bool wr_pgs_tls_pending(struct wr_pgs_tls *tls);
/* As recv and send of a socket that does not wait. */
ssize_t wr_pgs_tls_read(struct wr_pgs_tls *tls, void *to, size_t size);
ssize_t wr_pgs_tls_write(struct wr_pgs_tls *tls, const void *bytes, size_t len);
/* The hash of the server's certificate that SCRAM binds to (RFC 5929, tls-server-end-point):
 * its length, 0: there is none. */
size_t wr_pgs_tls_end_point(struct wr_pgs_tls *tls, uint8_t hash[64]);

#endif

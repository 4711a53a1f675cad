/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_tls - see pg_tls.h.
 *
 * The socket does not wait while TLS has it: libssl tells what it waits for, and the caller polls.
 */
#include "server/pg_tls.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <poll.h>

#include "base/macros.h"
#include "base/mem.h"
#include "base/module.h"

/* clang-format off */
#define SSL_CALLS(X)                                                                               \
	X(TLS_server_method)                                                                       \
	X(SSL_CTX_new)                                                                             \
	X(SSL_CTX_free)                                                                            \
	X(SSL_CTX_ctrl)                                                                            \
	X(SSL_CTX_use_certificate_chain_file)                                                      \
	X(SSL_CTX_use_PrivateKey_file)                                                             \
	X(SSL_CTX_check_private_key)                                                               \
	X(SSL_new)                                                                                 \
	X(SSL_free)                                                                                \
	X(SSL_set_fd)                                                                              \
	X(SSL_accept)                                                                              \
	X(SSL_read)                                                                                \
	X(SSL_write)                                                                               \
	X(SSL_shutdown)                                                                            \
	X(SSL_pending)                                                                             \
	X(SSL_get_error)                                                                           \
	X(SSL_get_certificate)
/* clang-format on */

struct ssl_calls {
	SSL_CALLS(WR_MODULE_FIELD)
};
static const char *const ssl_names[] = {SSL_CALLS(WR_MODULE_NAME)};
static const struct wr_module_spec ssl_module = {
    .what = "TLS of the PostgreSQL protocol",
    .package = "libssl3",
    .sonames = {"libssl.so.3", "libssl.so.1.1"},
    .names = ssl_names,
    .count = WR_COUNT(ssl_names),
};

struct wr_pgs_tls_context {
	struct ssl_calls call; /* libssl */
	SSL_CTX *ctx;          /* owned */
};

struct wr_pgs_tls {
	struct wr_pgs_tls_context *context; /* the server's */
	SSL *ssl;                           /* owned */
};

/* What libssl says of a file; its queue of errors is empty then. */
static wr_status *failed(const char *key, const char *file)
{
	unsigned long code = ERR_get_error();
	char cause[256] = "it is none";

	if (code != 0)
		ERR_error_string_n(code, cause, sizeof cause);
	ERR_clear_error();
	return wr_status_hint(
	    wr_status_new(WR_USER_ERROR, "%s: '%s' cannot be used: %s", key, file, cause),
	    "Give a PEM file; key and certificate belong together");
}

wr_status *wr_pgs_tls_open(const char *cert_file, const char *key_file,
			   struct wr_pgs_tls_context **out)
{
	struct wr_pgs_tls_context *context = wr_calloc(1, sizeof *context);
	const struct ssl_calls *call = &context->call;
	wr_status *status = wr_module_open(&ssl_module, &context->call);

	*out = NULL;
	if (status == NULL) {
		context->ctx = call->SSL_CTX_new(call->TLS_server_method());
		if (context->ctx == NULL)
			status = wr_status_new(WR_FATAL, "There is no memory for TLS");
	}
	if (status == NULL) {
		call->SSL_CTX_ctrl(context->ctx, SSL_CTRL_SET_MIN_PROTO_VERSION, TLS1_2_VERSION,
				   NULL);
		call->SSL_CTX_ctrl(context->ctx, SSL_CTRL_SET_SESS_CACHE_MODE, SSL_SESS_CACHE_OFF,
				   NULL);
		call->SSL_CTX_ctrl(
		    context->ctx, SSL_CTRL_MODE,
		    SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER, NULL);
		if (call->SSL_CTX_use_certificate_chain_file(context->ctx, cert_file) != 1)
			status = failed("server.tls.cert", cert_file);
		else if (call->SSL_CTX_use_PrivateKey_file(context->ctx, key_file,
							   SSL_FILETYPE_PEM) != 1 ||
			 call->SSL_CTX_check_private_key(context->ctx) != 1)
			status = failed("server.tls.key", key_file);
	}
	if (status == NULL)
		*out = context;
	else
		wr_pgs_tls_close(context);
	return status;
}

void wr_pgs_tls_close(struct wr_pgs_tls_context *context)
{
	if (context == NULL)
		return;
	if (context->ctx != NULL)
		context->call.SSL_CTX_free(context->ctx);
	wr_free(context);
}

/* After a call that came to `result`: -1 with errno EAGAIN (it waits for `*events`), 0 at the end.
 */
static ssize_t come_to(struct wr_pgs_tls *tls, int result, short *events)
{
	int error = tls->context->call.SSL_get_error(tls->ssl, result);

	*events = error == SSL_ERROR_WANT_WRITE ? POLLOUT : POLLIN;
	ERR_clear_error();
	if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
		errno = EAGAIN;
		return -1;
	}
	errno = ECONNRESET;
	return error == SSL_ERROR_ZERO_RETURN ? 0 : -1;
}

struct wr_pgs_tls *wr_pgs_tls_accept(struct wr_pgs_tls_context *context, int fd, int stop,
				     int timeout_ms)
{
	struct wr_pgs_tls *tls = wr_calloc(1, sizeof *tls);
	struct pollfd fds[2] = {{.fd = fd}, {.fd = stop, .events = POLLIN}};
	int result = -1;

	tls->context = context;
	tls->ssl = context->call.SSL_new(context->ctx);
	if (tls->ssl != NULL && context->call.SSL_set_fd(tls->ssl, fd) == 1) {
		do {
			result = context->call.SSL_accept(tls->ssl);
		} while (result != 1 && come_to(tls, result, &fds[0].events) < 0 &&
			 errno == EAGAIN && poll(fds, 2, timeout_ms) > 0 && fds[1].revents == 0);
	}
	if (result == 1)
		return tls;
	wr_pgs_tls_end(tls);
	return NULL;
}

void wr_pgs_tls_end(struct wr_pgs_tls *tls)
{
	if (tls == NULL)
		return;
	if (tls->ssl != NULL) {
		tls->context->call.SSL_shutdown(tls->ssl);
		ERR_clear_error();
		tls->context->call.SSL_free(tls->ssl);
	}
	wr_free(tls);
}

bool wr_pgs_tls_pending(struct wr_pgs_tls *tls)
{
	return tls->context->call.SSL_pending(tls->ssl) > 0;
}

ssize_t wr_pgs_tls_read(struct wr_pgs_tls *tls, void *to, size_t size)
{
	int got = tls->context->call.SSL_read(tls->ssl, to, (int)WR_MIN(size, INT32_MAX));
	short events;

	return got > 0 ? got : come_to(tls, got, &events);
}

ssize_t wr_pgs_tls_write(struct wr_pgs_tls *tls, const void *bytes, size_t len)
{
	int sent = tls->context->call.SSL_write(tls->ssl, bytes, (int)WR_MIN(len, INT32_MAX));
	short events;

	return sent > 0 ? sent : come_to(tls, sent, &events);
}

size_t wr_pgs_tls_end_point(struct wr_pgs_tls *tls, uint8_t hash[64])
{
	X509 *cert = tls->context->call.SSL_get_certificate(tls->ssl);
	const EVP_MD *digest = EVP_sha256();
	unsigned int len = 0;
	int name = 0;

	if (cert == NULL)
		return 0;
	if (X509_get_signature_info(cert, &name, NULL, NULL, NULL) == 1 && name != NID_md5 &&
	    name != NID_sha1 && EVP_get_digestbynid(name) != NULL)
		digest = EVP_get_digestbynid(name);
	return X509_digest(cert, digest, hash, &len) == 1 ? len : 0;
}

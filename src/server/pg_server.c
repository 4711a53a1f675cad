/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_server - listens for clients of the PostgreSQL protocol, and has a thread for each.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/macros.h"
#include "base/mem.h"
#include "base/thread.h"
#include "base/wait.h"
#include "server/pg_inner.h"

#define BACKLOG  128
#define FULL_MAX 64   /* connections beyond the limit that are told so, or cancel something */
#define CLOSE_MS 50   /* how often a connection that is to end is told so again */
#define STOP_MS  3000 /* that the end waits for clients to take what they are told */

/* --- one connection -----------------------------------------------------------------------------
 */

static void conn_free(struct wr_pgs_conn *conn)
{
	wr_pgs_wire_release(&conn->wire);
	wr_free(conn->user);
	wr_free(conn->database);
	wr_free(conn->set.application_name);
	wr_free(conn->set.name_first);
	wr_free(conn->set.zone_first);
	wr_map_release(&conn->statement);
	wr_map_release(&conn->portal);
	wr_zone_close(conn->zone);
	wr_free(conn);
}

static void leave(struct wr_pgs_conn *conn)
{
	struct wr_pgs *pg = conn->pg;
	struct wr_client *client;

	pthread_mutex_lock(&pg->lock);
	client = conn->client;
	conn->client = NULL;
	pthread_mutex_unlock(&pg->lock);
	if (client != NULL)
		wr_client_close(client);
	pthread_mutex_lock(&pg->lock);
	for (struct wr_pgs_conn **at = &pg->first; *at != NULL; at = &(*at)->next)
		if (*at == conn) {
			*at = conn->next;
			break;
		}
	conn_free(conn);
	pg->count--;
	pthread_cond_broadcast(&pg->fewer);
	pthread_mutex_unlock(&pg->lock);
}

/* Says why the connection is closed: its client takes nothing. */
static void log_stalled(struct wr_pgs_conn *conn)
{
	struct wr_text line;

	wr_text_init(&line);
	wr_text_printf(&line,
		       "A client of the PostgreSQL protocol (%s) took no rows for too long: its "
		       "connection is closed",
		       conn->user != NULL ? conn->user : "not logged in");
	wr_log_say(conn->pg->server->telemetry.log, WR_LOG_WARN, NULL, wr_text_str(&line));
	wr_text_release(&line);
}

static void *serve(void *own)
{
	struct wr_pgs_conn *conn = own;

	if (wr_pgs_start(conn))
		wr_pgs_session(conn);
	else if (atomic_load(&conn->ended))
		wr_pgs_send_stop(conn);
	wr_pgs_wire_flush(&conn->wire);
	if (conn->wire.stalled)
		log_stalled(conn);
	leave(conn);
	return NULL;
}

static void take(struct wr_pgs *pg, int fd)
{
	struct wr_pgs_conn *conn = wr_calloc(1, sizeof *conn);
	struct wr_env *env = pg->server->env;
	int on = 1;
	pthread_t thread;
	bool over;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	conn->pg = pg;
	conn->status = 'I';
	wr_pgs_wire_init(
	    &conn->wire, fd, pg->wake[0],
	    wr_options_i64(&pg->server->config->options, "server.results.idle-timeout"));
	wr_map_init(&conn->statement);
	wr_map_init(&conn->portal);
	env->ops->random(env, &conn->secret, sizeof conn->secret);
	pthread_mutex_lock(&pg->lock);
	conn->full = pg->count >= pg->count_max;
	over = pg->count >= pg->count_max + FULL_MAX;
	conn->number = ++pg->next_number;
	atomic_store(&conn->ended, pg->stopping);
	conn->next = pg->first;
	pg->first = conn;
	pg->count++;
	pthread_mutex_unlock(&pg->lock);
	if (over || !wr_thread_start(&thread, "weir-pg-client", serve, conn)) {
		wr_pgs_wire_flush(&conn->wire);
		leave(conn);
		return;
	}
	pthread_detach(thread);
}

void wr_pgs_cancel(struct wr_pgs *pg, uint32_t number, uint32_t secret)
{
	pthread_mutex_lock(&pg->lock);
	for (struct wr_pgs_conn *conn = pg->first; conn != NULL; conn = conn->next)
		if (conn->number == number && conn->secret == secret && conn->client != NULL &&
		    atomic_load(&conn->busy)) {
			atomic_store(&conn->cancelled, true);
			wr_client_cancel(conn->client);
		}
	pthread_mutex_unlock(&pg->lock);
}

/* --- all of them --------------------------------------------------------------------------------
 */

static void *listen_to(void *own)
{
	struct wr_pgs *pg = own;
	struct pollfd fds[2] = {{.fd = pg->fd, .events = POLLIN},
				{.fd = pg->wake[0], .events = POLLIN}};

	for (;;) {
		int fd;

		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return NULL;
		if (fds[1].revents != 0)
			return NULL;
		fd = accept4(pg->fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd >= 0)
			take(pg, fd);
		else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
			poll(&fds[1], 1, 100); /* until some are closed */
	}
}

/* A socket that listens on an address; -1 with errno. */
static int listen_on(const char *address, uint16_t port, uint16_t *bound)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	bool is_v6 = inet_pton(AF_INET6, address, &v6.sin6_addr) == 1;
	struct sockaddr *to = is_v6 ? (struct sockaddr *)&v6 : (struct sockaddr *)&v4;
	socklen_t len = is_v6 ? sizeof v6 : sizeof v4;
	int fd, on = 1;

	if (!is_v6 && inet_pton(AF_INET, address, &v4.sin_addr) != 1) {
		errno = EADDRNOTAVAIL;
		return -1;
	}
	fd = socket(to->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(fd, to, len) != 0 || listen(fd, BACKLOG) != 0 || getsockname(fd, to, &len) != 0) {
		int error = errno;

		close(fd);
		errno = error;
		return -1;
	}
	*bound = ntohs(is_v6 ? v6.sin6_port : v4.sin_port);
	return fd;
}

static wr_status *begin(struct wr_pgs *pg)
{
	const struct wr_options *options = &pg->server->config->options;
	const char *address = wr_options_str(options, "server.pg.address");
	const char *cert = wr_options_str(options, "server.tls.cert");
	uint16_t port = (uint16_t)wr_options_i64(options, "server.pg.port");

	if (cert != NULL)
		WR_TRY(wr_pgs_tls_open(cert, wr_options_str(options, "server.tls.key"), &pg->tls));
	pg->fd = listen_on(address, port, &pg->port);
	if (pg->fd < 0)
		return wr_status_hint(wr_status_new(WR_USER_ERROR,
						    "Cannot listen on %s port %u for the "
						    "PostgreSQL protocol: %s",
						    address, port, strerror(errno)),
				      "Choose others with server.pg.address and server.pg.port");
	if (pipe2(pg->wake, O_CLOEXEC) != 0)
		return wr_status_new(WR_FATAL, "Cannot make a pipe: %s", strerror(errno));
	pg->started = wr_thread_start(&pg->thread, "weir-pg", listen_to, pg);
	return pg->started ? NULL : wr_status_new(WR_FATAL, "Cannot start a thread");
}

wr_status *wr_pgs_open(struct wr_server *server, struct wr_pgs **out)
{
	const struct wr_options *options = &server->config->options;
	struct wr_pgs *pg;
	wr_status *status;

	*out = NULL;
	if (wr_options_i64(options, "server.pg.port") < 0)
		return NULL;
	pg = wr_calloc(1, sizeof *pg);
	pg->server = server;
	pg->fd = pg->wake[0] = pg->wake[1] = -1;
	pg->count_max = (uint32_t)wr_options_i64(options, "server.sessions.max");
	pthread_mutex_init(&pg->lock, NULL);
	wr_cond_init(&pg->fewer);
	status = begin(pg);
	if (status == NULL)
		*out = pg;
	else
		wr_pgs_close(pg);
	return status;
}

uint16_t wr_pgs_port(const struct wr_pgs *pg)
{
	return pg->port;
}

/* All connections are to end: what they run is cancelled, who waits is told. `late`: those whose
 * clients do not take it are cut off. Under lock. */
static void end_all(struct wr_pgs *pg, bool late)
{
	for (struct wr_pgs_conn *conn = pg->first; conn != NULL; conn = conn->next) {
		atomic_store(&conn->ended, true);
		atomic_store(&conn->cancelled, true);
		if (late)
			shutdown(conn->wire.fd, SHUT_RDWR);
		if (conn->client != NULL)
			wr_client_cancel(conn->client);
	}
}

/* Nobody is let in any more, and nothing more is read:
 *
 *     1  connections are marked as ended, and those that come from now on
 *     2  the byte in the pipe wakes the listener and who waits for a message
 *     3  they find the mark, and say why they end */
static void stop_listening(struct wr_pgs *pg)
{
	ssize_t written;

	pthread_mutex_lock(&pg->lock);
	pg->stopping = true;
	end_all(pg, false);
	pthread_mutex_unlock(&pg->lock);
	written = write(pg->wake[1], "", 1);
	(void)written; /* an empty pipe takes it */
	pthread_join(pg->thread, NULL);
	close(pg->fd);
	pg->fd = -1;
}

void wr_pgs_close(struct wr_pgs *pg)
{
	int64_t until_us;

	if (pg == NULL)
		return;
	until_us = wr_mono_us(pg->server->env) + INT64_C(1000) * STOP_MS;
	if (pg->started)
		stop_listening(pg);
	pthread_mutex_lock(&pg->lock);
	while (pg->count > 0) {
		end_all(pg, wr_mono_us(pg->server->env) > until_us);
		wr_cond_wait_us(&pg->fewer, &pg->lock, INT64_C(1000) * CLOSE_MS);
	}
	pthread_mutex_unlock(&pg->lock);
	for (int i = 0; i < 2; i++)
		if (pg->wake[i] >= 0)
			close(pg->wake[i]);
	if (pg->fd >= 0)
		close(pg->fd);
	wr_pgs_tls_close(pg->tls);
	pthread_cond_destroy(&pg->fewer);
	pthread_mutex_destroy(&pg->lock);
	wr_free(pg);
}

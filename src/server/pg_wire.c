/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_wire - see pg_wire.h.
 *
 *     startup   length (4 bytes, with itself), the rest
 *     others    type (1 byte), length (4 bytes, with itself but not the type), the rest
 *
 * Numbers are big-endian.
 */
#include "server/pg_wire.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/macros.h"
#include "connectors/pg_type.h"

#define READ_SIZE   16384 /* bytes asked of the socket at once */
#define SEND_SIZE   32768 /* bytes of answers that are worth a call */
#define STARTUP_MAX 10000 /* bytes of the first message, as in PostgreSQL */

void wr_pgs_wire_init(struct wr_pgs_wire *wire, int fd, int stop, int64_t write_ms)
{
	*wire = (struct wr_pgs_wire){
	    .fd = fd, .stop = stop, .write_ms = write_ms, .message_max = STARTUP_MAX};
	wr_text_init(&wire->in);
	wr_text_init(&wire->out);
}

void wr_pgs_wire_release(struct wr_pgs_wire *wire)
{
	wr_pgs_tls_end(wire->tls);
	if (wire->fd >= 0)
		close(wire->fd);
	wr_text_release(&wire->in);
	wr_text_release(&wire->out);
}

/* --- reading ------------------------------------------------------------------------------------
 */

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Waits for the socket. GOT: it is ready, or broken. Who reads does not wait when the server ends.
 */
static enum wr_pgs_got wait_for(struct wr_pgs_wire *wire, short events, int64_t timeout_ms)
{
	struct pollfd fds[2] = {{.fd = wire->fd, .events = events},
				{.fd = wire->stop, .events = POLLIN}};
	int64_t until = now_ms() + timeout_ms;

	for (;;) {
		int64_t left = timeout_ms < 0 ? -1 : WR_MIN(WR_MAX(until - now_ms(), 0), INT32_MAX);
		int ready = poll(fds, events == POLLIN ? 2 : 1, (int)left);

		if (ready > 0)
			return fds[1].revents != 0 ? WR_PG_GOT_STOP : WR_PG_GOT;
		if (ready == 0)
			return WR_PG_GOT_NOTHING;
		if (errno != EINTR)
			return WR_PG_GOT;
	}
}

/* More bytes into `in`. */
static enum wr_pgs_got fill(struct wr_pgs_wire *wire, int64_t timeout_ms)
{
	ssize_t got;
	char *to;

	if (wire->broken)
		return WR_PG_GOT_END;
	if (wire->read > 0 && wire->read == wire->in.len) {
		wr_text_clear(&wire->in);
		wire->read = 0;
	} else if (wire->read > READ_SIZE) {
		memmove(wire->in.data, wire->in.data + wire->read, wire->in.len - wire->read);
		wire->in.len -= wire->read;
		wire->read = 0;
	}
	to = wr_text_reserve(&wire->in, READ_SIZE);
	for (;;) {
		bool pending = wire->tls != NULL && wr_pgs_tls_pending(wire->tls);
		enum wr_pgs_got ready = pending ? WR_PG_GOT : wait_for(wire, POLLIN, timeout_ms);

		if (ready != WR_PG_GOT)
			return ready;
		got = wire->tls != NULL ? wr_pgs_tls_read(wire->tls, to, READ_SIZE)
					: recv(wire->fd, to, READ_SIZE, 0);
		if (got > 0)
			break;
		if (got < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		wire->broken = true;
		return WR_PG_GOT_END;
	}
	wire->in.len += (size_t)got;
	return WR_PG_GOT;
}

bool wr_pgs_wire_waits(const struct wr_pgs_wire *wire)
{
	return wire->read < wire->in.len;
}

enum wr_pgs_got wr_pgs_wire_read(struct wr_pgs_wire *wire, bool typed, int64_t timeout_ms,
				 struct wr_pgs_message *message)
{
	size_t head = typed ? 5 : 4, len = 0;

	for (;;) {
		size_t there = wire->in.len - wire->read;
		enum wr_pgs_got got;

		if (there >= head) {
			const char *at = wire->in.data + wire->read;

			len = wr_pg_get32(at + head - 4);
			if (len < 4 || len > wire->message_max)
				return WR_PG_GOT_TOO_LONG;
			if (there >= len + head - 4) {
				*message = (struct wr_pgs_message){.type = typed ? *at : '\0',
								   .at = at + head,
								   .end = at + head - 4 + len};
				wire->read += len + head - 4;
				return WR_PG_GOT;
			}
		}
		got = fill(wire, timeout_ms);
		if (got != WR_PG_GOT)
			return got;
	}
}

bool wr_pgs_wire_gone(struct wr_pgs_wire *wire)
{
	struct pollfd poll_fd = {.fd = wire->fd, .events = POLLRDHUP};
	char byte;

	if (!wire->broken && poll(&poll_fd, 1, 0) > 0 &&
	    (poll_fd.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0)
		wire->broken = true;
	else if (!wire->broken && wire->tls == NULL &&
		 recv(wire->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0)
		wire->broken = true;
	return wire->broken;
}

uint8_t wr_pgs_get_u8(struct wr_pgs_message *message)
{
	const char *at = wr_pgs_get_bytes(message, 1);

	return at == NULL ? 0 : (uint8_t)*at;
}

uint16_t wr_pgs_get_u16(struct wr_pgs_message *message)
{
	const char *at = wr_pgs_get_bytes(message, 2);

	return at == NULL ? 0 : wr_pg_get16(at);
}

uint32_t wr_pgs_get_u32(struct wr_pgs_message *message)
{
	const char *at = wr_pgs_get_bytes(message, 4);

	return at == NULL ? 0 : wr_pg_get32(at);
}

const char *wr_pgs_get_string(struct wr_pgs_message *message)
{
	const char *at = message->at;
	const char *nul = at < message->end ? memchr(at, 0, (size_t)(message->end - at)) : NULL;

	if (nul == NULL) {
		message->bad = true;
		return "";
	}
	message->at = nul + 1;
	return at;
}

const char *wr_pgs_get_bytes(struct wr_pgs_message *message, size_t len)
{
	const char *at = message->at;

	if (message->bad || (size_t)(message->end - at) < len) {
		message->bad = true;
		return NULL;
	}
	message->at = at + len;
	return at;
}

/* --- writing ------------------------------------------------------------------------------------
 */

void wr_pgs_wire_send(struct wr_pgs_wire *wire, const char *bytes, size_t len)
{
	while (len > 0 && !wire->broken) {
		ssize_t sent;

		if (wire->tls != NULL)
			sent = wr_pgs_tls_write(wire->tls, bytes, len);
		else
			sent = send(wire->fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent > 0) {
			bytes += sent;
			len -= (size_t)sent;
		} else if (sent < 0 && errno == EAGAIN) {
			wire->stalled =
			    wait_for(wire, POLLOUT, wire->write_ms) == WR_PG_GOT_NOTHING;
			wire->broken = wire->stalled;
		} else if (!(sent < 0 && errno == EINTR)) {
			wire->broken = true;
		}
	}
}

void wr_pgs_wire_flush(struct wr_pgs_wire *wire)
{
	wr_pgs_wire_send(wire, wire->out.data, wire->out.len);
	wr_text_clear(&wire->out);
}

void wr_pgs_begin(struct wr_pgs_wire *wire, char type)
{
	wr_text_putc(&wire->out, type);
	wire->begun = wire->out.len;
	wr_pgs_add_u32(wire, 0);
}

void wr_pgs_add_u8(struct wr_pgs_wire *wire, uint8_t value)
{
	wr_text_putc(&wire->out, (char)value);
}

void wr_pgs_add_u16(struct wr_pgs_wire *wire, uint16_t value)
{
	char bytes[2];

	wr_pg_put16(bytes, value);
	wr_text_add(&wire->out, bytes, sizeof bytes);
}

void wr_pgs_add_u32(struct wr_pgs_wire *wire, uint32_t value)
{
	char bytes[4];

	wr_pg_put32(bytes, value);
	wr_text_add(&wire->out, bytes, sizeof bytes);
}

void wr_pgs_add_string(struct wr_pgs_wire *wire, const char *string)
{
	wr_text_add(&wire->out, string, strlen(string) + 1);
}

void wr_pgs_end(struct wr_pgs_wire *wire)
{
	wr_pg_put32(wire->out.data + wire->begun, (uint32_t)(wire->out.len - wire->begun));
	if (wire->out.len >= SEND_SIZE)
		wr_pgs_wire_flush(wire);
}

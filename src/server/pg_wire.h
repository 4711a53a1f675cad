/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_wire - messages of the PostgreSQL protocol over a socket, or over TLS on it.
 *
 * What is written is gathered and sent when there is much of it, or the writer says so. A client
 * that takes nothing for too long, or is gone, ends the connection: `broken` is set then, and what
 * is written from then on vanishes. When the server ends nothing more is read, while what is
 * written still goes out: a client that waits is told why.
 *
 * Thread: the connection's.
 */
#ifndef WR_SERVER_PG_WIRE_H
#define WR_SERVER_PG_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "server/pg_tls.h"

struct wr_pgs_wire {
	int fd;                 /* -1: closed */
	int stop;               /* can be read when the server ends; its server's */
	struct wr_pgs_tls *tls; /* NULL: in clear */
	bool broken;            /* nothing more can be sent or read */
	bool stalled;           /* the client has taken nothing for write_ms */
	int64_t write_ms;       /* that a client may take nothing */
	size_t message_max;     /* bytes of a message */
	struct wr_text in;      /* what was read; from `read` on not looked at */
	size_t read;
	struct wr_text out; /* to be sent */
	size_t begun;       /* in out: the length of the message that is being made */
};

/* A message of the client: its bytes are those of `in` until the next one is read. */
struct wr_pgs_message {
	char type;            /* 0: of the startup */
	const char *at, *end; /* what is left of it */
	bool bad;             /* a getter has found less than it should */
};

void wr_pgs_wire_init(struct wr_pgs_wire *wire, int fd, int stop, int64_t write_ms);
void wr_pgs_wire_release(struct wr_pgs_wire *wire);

enum wr_pgs_got {
	WR_PG_GOT,
	WR_PG_GOT_NOTHING, /* within the time */
	WR_PG_GOT_END,     /* the client is gone */
	WR_PG_GOT_STOP,    /* the server ends */
	WR_PG_GOT_TOO_LONG /* the message's length is none, or beyond message_max */
};
/* The next message; `typed`: it begins with a byte for its type, as all but those of the startup
 * do. timeout_ms negative: for ever. */
enum wr_pgs_got wr_pgs_wire_read(struct wr_pgs_wire *wire, bool typed, int64_t timeout_ms,
				 struct wr_pgs_message *message);
/* Whether a message, or part of one, is there without waiting. */
bool wr_pgs_wire_waits(const struct wr_pgs_wire *wire);
/* Looks, without waiting, whether the client has gone. */
bool wr_pgs_wire_gone(struct wr_pgs_wire *wire);
/* Bytes as they are, now: answers to SSLRequest. */
void wr_pgs_wire_send(struct wr_pgs_wire *wire, const char *bytes, size_t len);
void wr_pgs_wire_flush(struct wr_pgs_wire *wire);

/* Getters go on behind what they give. */
uint8_t wr_pgs_get_u8(struct wr_pgs_message *message);
uint16_t wr_pgs_get_u16(struct wr_pgs_message *message);
uint32_t wr_pgs_get_u32(struct wr_pgs_message *message);
/* Up to its NUL; "" when there is none. */
const char *wr_pgs_get_string(struct wr_pgs_message *message);
/* `len` bytes; NULL when they are not there. */
const char *wr_pgs_get_bytes(struct wr_pgs_message *message, size_t len);

/* begin -> add... -> end. */
void wr_pgs_begin(struct wr_pgs_wire *wire, char type);
void wr_pgs_add_u8(struct wr_pgs_wire *wire, uint8_t value);
void wr_pgs_add_u16(struct wr_pgs_wire *wire, uint16_t value);
void wr_pgs_add_u32(struct wr_pgs_wire *wire, uint32_t value);
void wr_pgs_add_string(struct wr_pgs_wire *wire, const char *string); /* with its NUL */
void wr_pgs_end(struct wr_pgs_wire *wire);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * letters - dead letters on their way back: a file of them, and the connector 'dead-letters' that
 * reads it in place of a table's own connector (`weir dlq replay`).
 *
 * The file: "WEIRDLQ1", then the letters one behind the other, each as pieces and numbers of
 * base/varint.h: raw, key, origin (with a NUL), then partition, offset, timestamp and attempts,
 * each plus 1. It is made for one replay and goes with it.
 *
 * The rows of a letter go through the table's own format and expressions. Should it fail again, its
 * place is that of the first time, and its attempts are one more.
 */
#ifndef WR_CONNECTORS_LETTERS_H
#define WR_CONNECTORS_LETTERS_H

#include "catalog/connector.h"

struct wr_letter {
	struct wr_str raw;    /* the record; data NULL: unknown, it cannot be replayed */
	struct wr_str key;    /* of the message; data NULL: none */
	const char *origin;   /* file or topic; NULL: unknown */
	int64_t partition;    /* -1: none */
	int64_t offset;       /* -1: unknown */
	int64_t timestamp_ms; /* of the message; -1: none */
	int64_t attempts;     /* that have failed, at least 1 */
};

/* Begins the bytes of a file, and adds a letter to them. */
void wr_letters_begin(struct wr_text *file);
void wr_letters_add(struct wr_text *file, const struct wr_letter *letter);

extern const struct wr_connector wr_connector_letters;

#endif

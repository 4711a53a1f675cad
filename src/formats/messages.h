/* SPDX-License-Identifier: Apache-2.0
 *
 * messages - what formats of binary messages share: a range of messages into batches, and back.
 *
 * A format gives a function that reads one message into one row; everything else (room, bad
 * records, which message a row is of) is here. A message may be several rows: the function says
 * that there is more, and is asked again for the next part, in the next batch if need be. It must
 * find all that is wrong with the message at the first part, so that a bad one leaves no rows.
 */
#ifndef WR_FORMATS_MESSAGES_H
#define WR_FORMATS_MESSAGES_H

#include "formats/rows.h"

/* What is wrong with a message. */
struct wr_message_fault {
	const char *kind;   /* as wr_bad_record's */
	const char *column; /* or NULL; lives as long as the table */
	char text[160];
};

enum wr_message_result {
	WR_MESSAGE_BAD,    /* the fault is filled in */
	WR_MESSAGE_NONE,   /* no row */
	WR_MESSAGE_IGNORE, /* no row: it is bad, and the format's options say to go on */
	WR_MESSAGE_ROW,    /* the row is written, the message is done */
	WR_MESSAGE_MORE,   /* the row is written, and there is another part */
	WR_MESSAGE_STOP    /* *status: the job cannot go on */
};

struct wr_messages {
	struct wr_rows rows;
	uint32_t part; /* of the next message: parts that are done */
	/* Reads part `part` of a message into row rows.rows. `data` is readable for 64 bytes behind
	 * its end. */
	enum wr_message_result (*read)(struct wr_messages *messages, const char *data, size_t len,
				       struct wr_message_fault *fault, wr_status **status);
};

/* wr_format.encode of a record a row, through `write`, which appends the record of one. Of a batch
 * with a row that cannot be written nothing is left. */
wr_status *wr_messages_encode(struct wr_encoder *encoder, const struct wr_batch *batch,
			      struct wr_text *out, struct wr_record_span *span,
			      wr_status *(*write)(struct wr_encoder *encoder, struct wr_text *out,
						  const struct wr_batch *batch, uint32_t row));
/* wr_format.decode over messages->read. */
wr_status *wr_messages_decode(struct wr_messages *messages, struct wr_decode_range *range,
			      uint32_t max_rows, struct wr_batch **out);

#endif

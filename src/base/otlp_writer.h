/* SPDX-License-Identifier: Apache-2.0
 *
 * otlp_writer - writes messages of OTLP, as JSON or as Protobuf: who makes one walks over it once,
 * and names each field by both its name in JSON and its number in Protobuf.
 *
 *     wr_otlp_writer_init(&writer, form, &out);
 *     wr_otlp_root(&writer);
 *     wr_otlp_list(&writer, "resourceSpans");
 *     wr_otlp_item(&writer, 1);
 *     ...
 *     wr_otlp_finish(&writer);
 *
 * A message can be made in pieces, each with a writer of its own, which wr_otlp_piece puts together
 * when all are there: one piece is any number of fields, or of items of a list.
 *
 * Protobuf has a message's length before it: a byte is left free for it, and what was written is
 * moved when it needs more. Integers of 64 bits are texts in JSON, and ids hexadecimal digits, as
 * OTLP has it. Texts are UTF-8 in both: U+FFFD stands for bytes that are none, since a collector
 * would refuse the whole request for one of them.
 *
 * Thread: one owner. Memory: the text's.
 */
#ifndef WR_BASE_OTLP_WRITER_H
#define WR_BASE_OTLP_WRITER_H

#include "base/text.h"

/* In the order of the values of otel.exporter.otlp.protocol. */
enum wr_otlp_form { WR_OTLP_JSON, WR_OTLP_PROTOBUF };

#define WR_OTLP_LEVELS_MAX 16   /* of messages and lists within each other; metrics need 12 */
#define WR_OTLP_CUT        1024 /* bytes of a text that is cut */

struct wr_otlp_writer {
	enum wr_otlp_form form; /* fixed */
	struct wr_text *out;    /* the caller's */
	uint32_t depth;         /* number of levels that are open */
	struct {
		size_t start; /* Protobuf: where the message begins; SIZE_MAX: it has no length */
		char close;   /* JSON: what ends it */
	} level[WR_OTLP_LEVELS_MAX];
};

void wr_otlp_writer_init(struct wr_otlp_writer *writer, enum wr_otlp_form form,
			 struct wr_text *out);

/* The message of a request itself. */
void wr_otlp_root(struct wr_otlp_writer *writer);
/* A message in a field. */
void wr_otlp_begin(struct wr_otlp_writer *writer, const char *name, uint32_t number);
/* A field that is a list of messages; each is an item, with the field's number. */
void wr_otlp_list(struct wr_otlp_writer *writer, const char *name);
void wr_otlp_item(struct wr_otlp_writer *writer, uint32_t number);
/* Of what was opened last. */
void wr_otlp_end(struct wr_otlp_writer *writer);
/* Of all that is open. */
void wr_otlp_finish(struct wr_otlp_writer *writer);
/* What another writer of the same form has made. */
void wr_otlp_piece(struct wr_otlp_writer *writer, const struct wr_text *piece);

void wr_otlp_string(struct wr_otlp_writer *writer, const char *name, uint32_t number,
		    const char *value);
/* The same, of at most WR_OTLP_CUT bytes of it: cut between two characters. */
void wr_otlp_string_cut(struct wr_otlp_writer *writer, const char *name, uint32_t number,
			const char *value);
/* Field of type bytes: an id of `len` bytes, at most 16. */
void wr_otlp_id(struct wr_otlp_writer *writer, const char *name, uint32_t number,
		const uint8_t *bytes, size_t len);
/* uint32 and enum; bool. */
void wr_otlp_small(struct wr_otlp_writer *writer, const char *name, uint32_t number,
		   uint32_t value);
void wr_otlp_true(struct wr_otlp_writer *writer, const char *name, uint32_t number);
/* int64; fixed64 and sfixed64. */
void wr_otlp_int(struct wr_otlp_writer *writer, const char *name, uint32_t number, int64_t value);
void wr_otlp_fixed(struct wr_otlp_writer *writer, const char *name, uint32_t number, int64_t value);
void wr_otlp_double(struct wr_otlp_writer *writer, const char *name, uint32_t number, double value);
/* Lists of fixed64 and double, packed. */
void wr_otlp_fixed_list(struct wr_otlp_writer *writer, const char *name, uint32_t number,
			const uint64_t *values, uint32_t count);
void wr_otlp_double_list(struct wr_otlp_writer *writer, const char *name, uint32_t number,
			 const double *values, uint32_t count);

/* An item of a list of attributes: a KeyValue with a text, which is cut, or a number. */
void wr_otlp_attribute(struct wr_otlp_writer *writer, uint32_t number, const char *key,
		       const char *value);
void wr_otlp_attribute_int(struct wr_otlp_writer *writer, uint32_t number, const char *key,
			   int64_t value);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * cdc - changelog messages in JSON: one decoder and one encoder for the forms of several tools.
 *
 * A tool's form says how a message (a line) becomes changes; everything else is shared: options,
 * values, bad records, batches.
 */
#ifndef WR_FORMATS_CDC_H
#define WR_FORMATS_CDC_H

#include "formats/json_write.h"

#define WR_CDC_FIELDS_MAX 8u /* fields of a message that a form looks at */

/* One change of a message. */
struct wr_cdc_item {
	const char *value;   /* the object with the row */
	const char *overlay; /* an object with fields that replace some of it, or NULL */
	uint8_t kind;        /* enum wr_row_kind */
};

/* The changes of one message. */
struct wr_cdc_items {
	uint32_t count;
	uint32_t capacity;
	struct wr_cdc_item *item; /* owned */
};
void wr_cdc_add(struct wr_cdc_items *items, const char *value, const char *overlay, uint8_t kind);

/* What a message tells besides its rows; in the order of the format's `metadata`. */
struct wr_cdc_extra {
	const char *field;          /* of the message, or of what encloses it (`outer`) */
	const char *inner;          /* field of that object; NULL: the field itself */
	const struct wr_type *type; /* that it is read as; NULL: the column's own */
	bool outer;                 /* it stands beside "payload" */
};

struct wr_cdc_form {
	const struct wr_cdc_extra *extra;          /* per metadata; NULL: none */
	const struct wr_metadata_column *metadata; /* of the format */
	const char *const *fields;                 /* of the message, ended by NULL */
	/* Makes the changes out of the fields' values (first bytes; NULL: not there or null).
	 * Returns what is wrong with the message, or NULL. No items: not a change of rows. */
	const char *(*plan)(const char *const *value, struct wr_cdc_items *items);
	/* Text before and behind the row when writing an insertion and a deletion. */
	const char *insert[2];
	const char *remove[2];
	const char *const *behind; /* by row kind, instead of the texts behind; NULL: those above */
	const char *name;          /* of the format; needed with `filters` */
	bool filters;              /* the options of cdc_filter.h */
	bool envelope; /* the option schema-include: the message is in the field "payload" */
};

/* Whether the JSON string at `p` is that word. */
bool wr_cdc_is(const char *p, const char *word);

wr_status *wr_cdc_check(const struct wr_format_args *args, bool for_sink, const char *who);
wr_status *wr_cdc_decoder_new(const struct wr_format_args *args, const struct wr_cdc_form *form,
			      struct wr_decoder **out);
wr_status *wr_cdc_decode(struct wr_decoder *decoder, struct wr_decode_range *range,
			 uint32_t max_rows, struct wr_batch **out);
void wr_cdc_decoder_free(struct wr_decoder *decoder);
wr_status *wr_cdc_encoder_new(const struct wr_format_args *args, const struct wr_cdc_form *form,
			      struct wr_encoder **out);
wr_status *wr_cdc_encode(struct wr_encoder *encoder, const struct wr_batch *batch,
			 struct wr_text *out, struct wr_record_span *span);
void wr_cdc_encoder_free(struct wr_encoder *encoder);

#endif

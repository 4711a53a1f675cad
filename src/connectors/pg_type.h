/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_type - values between PostgreSQL's binary form and columns.
 *
 * What may become what (reading; writing goes the same ways back):
 *
 *   smallint, integer, bigint    TINYINT (checked) .. BIGINT at least as wide, DECIMAL
 *   real, double precision       FLOAT, DOUBLE at least as wide; NaN and infinities as they are
 *   numeric                      DECIMAL: rounded half up to its scale; NaN, infinities and numbers
 *                                too large for it are errors of the row
 *   boolean, bytea, date, time   BOOLEAN, BYTES, DATE, TIME
 *   timestamp                    TIMESTAMP; digits beyond its precision are cut off (so of TIME)
 *   timestamptz                  TIMESTAMP_LTZ; also TIMESTAMP, as local time of the session
 *   text, varchar, char, name,
 *   json, jsonb, uuid, enums     STRING
 *   any other type               STRING, through the server's cast to text
 *   arrays of one dimension      ARRAY of what the elements become
 *
 * 'infinity' of a date or timestamp, and the time 24:00:00, are errors of the row.
 *
 * Values travel without their length unless a function says otherwise; numbers are big-endian.
 * Thread: decoders and encoders belong to one; nothing here fails but for the value.
 */
#ifndef WR_CONNECTORS_PG_TYPE_H
#define WR_CONNECTORS_PG_TYPE_H

#include "data/builder.h"
#include "data/zone.h"

/* PostgreSQL's numbers for its own types. */
enum wr_pg_oid {
	WR_PG_BOOL = 16,
	WR_PG_BYTEA = 17,
	WR_PG_CHAR = 18, /* "char", one byte */
	WR_PG_NAME = 19,
	WR_PG_INT8 = 20,
	WR_PG_INT2 = 21,
	WR_PG_INT4 = 23,
	WR_PG_TEXT = 25,
	WR_PG_OID = 26,
	WR_PG_JSON = 114,
	WR_PG_XML = 142,
	WR_PG_FLOAT4 = 700,
	WR_PG_FLOAT8 = 701,
	WR_PG_BPCHAR = 1042,
	WR_PG_VARCHAR = 1043,
	WR_PG_DATE = 1082,
	WR_PG_TIME = 1083,
	WR_PG_TIMESTAMP = 1114,
	WR_PG_TIMESTAMPTZ = 1184,
	WR_PG_NUMERIC = 1700,
	WR_PG_UUID = 2950,
	WR_PG_JSONB = 3802
};

/* The element type of an array type; 0: it is none of those that are known. */
uint32_t wr_pg_element(uint32_t oid);
/* The array type of a type; 0: none is known. */
uint32_t wr_pg_array(uint32_t oid);
/* The type whose values are those of one of Weir's: what casts and parameters use. 0: PostgreSQL
 * has none (MAP, ROW, MULTISET, intervals). */
uint32_t wr_pg_oid_of(const struct wr_type *type);
/* Its name: "int8", "timestamptz", "text[]". */
const char *wr_pg_type_name(uint32_t oid);

/* --- reading --- */

enum wr_pg_fit {
	WR_PG_FITS,    /* the binary form can be decoded */
	WR_PG_AS_TEXT, /* after a cast to text (text[]) on the server */
	WR_PG_UNFIT    /* not without loss */
};
/* Whether values of a PostgreSQL type can be read as `type`; enums say so themselves. */
enum wr_pg_fit wr_pg_read_fit(uint32_t oid, bool is_enum, const struct wr_type *type);

/* One column being filled with rows of values. */
struct wr_pg_decoder {
	uint8_t how;                /* enum of the .c */
	uint8_t element_how;        /* arrays: of the elements */
	uint32_t element_oid;       /* arrays */
	const struct wr_type *type; /* of the column */
	const struct wr_zone *zone; /* NULL: UTC */
	struct wr_column *column;   /* being filled; NULL: arrays */
	struct wr_builder *builder; /* arrays: the rows so far; else NULL */
	struct wr_strout text;      /* UUIDs: where their text goes */
	bool is_text;               /* `text` is used */
};
/* For values of type `oid` that fit. `zone` is the session's (NULL: UTC). */
void wr_pg_decoder_init(struct wr_pg_decoder *decoder, uint32_t oid, const struct wr_type *type,
			const struct wr_zone *zone);
void wr_pg_decoder_release(struct wr_pg_decoder *decoder);
/* Begins a column with room for `rows` rows; views of it will point into `keep` (NULL: bytes are
 * copied: for values that do not stay). */
void wr_pg_decoder_begin(struct wr_pg_decoder *decoder, uint32_t rows, struct wr_buf *keep);
/* Whether rows have to come one after the other, each once all its columns are known to be good:
 * arrays. Others may be set again. */
static inline bool wr_pg_decoder_appends(const struct wr_pg_decoder *decoder)
{
	return decoder->builder != NULL;
}
/* Whether a value can be taken: NULL, or why not ("'infinity' has no value in DATE"): static. */
const char *wr_pg_check(const struct wr_pg_decoder *decoder, const char *data, int32_t len);
/* Puts a value into row `row` (len -1: NULL); appends: only after wr_pg_check. Returns as it. */
const char *wr_pg_decode(struct wr_pg_decoder *decoder, uint32_t row, const char *data,
			 int32_t len);
/* The column with its first `rows` rows: the caller's. */
struct wr_column *wr_pg_decoder_finish(struct wr_pg_decoder *decoder, uint32_t rows);

/* --- writing --- */

struct wr_pg_encoder {
	uint8_t how;                /* enum of the .c */
	uint8_t element_how;        /* arrays: of the elements */
	uint32_t oid;               /* of what is written */
	uint32_t element_oid;       /* arrays */
	const struct wr_type *type; /* of the column */
	const struct wr_zone *zone; /* of the session; NULL: UTC */
};
/* For a column of the database's type `oid`. WR_PG_AS_TEXT: values are written as text, and the
 * statement has to cast them; `oid` of the encoder is text then. So are arrays with
 * `arrays_as_text`: where values travel as elements of arrays. */
enum wr_pg_fit wr_pg_encoder_init(struct wr_pg_encoder *encoder, uint32_t oid, bool is_enum,
				  const struct wr_type *type, const struct wr_zone *zone,
				  bool arrays_as_text);
/* Appends the value of a row as COPY and arrays have it: 4 bytes of length (-1: NULL), the value.
 * NULL, or why it cannot be (static); then nothing was appended. */
const char *wr_pg_encode(const struct wr_pg_encoder *encoder, const struct wr_column *column,
			 uint32_t row, struct wr_text *out);

/* --- numbers as they travel --- */

static inline uint16_t wr_pg_get16(const char *data)
{
	uint16_t value;

	memcpy(&value, data, sizeof value);
	return __builtin_bswap16(value);
}
static inline uint32_t wr_pg_get32(const char *data)
{
	uint32_t value;

	memcpy(&value, data, sizeof value);
	return __builtin_bswap32(value);
}
static inline uint64_t wr_pg_get64(const char *data)
{
	uint64_t value;

	memcpy(&value, data, sizeof value);
	return __builtin_bswap64(value);
}
static inline char *wr_pg_put16(char *to, uint16_t value)
{
	value = __builtin_bswap16(value);
	memcpy(to, &value, sizeof value);
	return to + sizeof value;
}
static inline char *wr_pg_put32(char *to, uint32_t value)
{
	value = __builtin_bswap32(value);
	memcpy(to, &value, sizeof value);
	return to + sizeof value;
}
static inline char *wr_pg_put64(char *to, uint64_t value)
{
	value = __builtin_bswap64(value);
	memcpy(to, &value, sizeof value);
	return to + sizeof value;
}

#endif

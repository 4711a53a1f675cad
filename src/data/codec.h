/* SPDX-License-Identifier: Apache-2.0
 *
 * codec - rows as bytes: keys and buffered rows in state, in snapshots, in hash tables.
 *
 * The encoding is canonical: two rows are equal (grouping rules: NULL equals NULL, NaN equals NaN,
 * -0.0 equals 0.0) if and only if their bytes are, so encoded keys are hashed and compared with
 * memcmp. It is not ordered.
 *
 * Layout of one row of n columns, nothing aligned, integers little-endian:
 *   null bits   ceil(n / 8) bytes, bit i % 8 of byte i / 8 is set when column i is NULL
 *   columns     in order; a fixed-width column always takes its width (zeros when NULL); any other
 * takes no byte when NULL, else STR       length as a varint (7 bits a byte, low first), the bytes
 *     LIST, MAP element count as a varint, then every element (key, then value) as a value
 *     ROW       its fields as values
 *   a value     one byte 1, then the column form; or one byte 0: NULL. (Fixed widths take no bytes
 * when NULL here.) FLOAT and DOUBLE are stored as bits with -0.0 and NaN normalised.
 *
 * A codec with only fixed-width columns has `fixed_size` != 0: every row takes that many bytes.
 * Thread: a codec is immutable after init.
 */
#ifndef WR_DATA_CODEC_H
#define WR_DATA_CODEC_H

#include "base/arena.h"
#include "base/text.h"
#include "data/builder.h"
#include "data/column.h"

struct wr_codec {
	uint32_t count;      /* columns */
	uint32_t null_size;  /* bytes of null bits */
	uint32_t fixed_size; /* bytes of every row, null bits included; 0: rows differ in length */
	const struct wr_type *const *type; /* of the columns; in the caller's arena */
	const uint32_t *width; /* fixed width per column; 0: variable; in the caller's arena */
};

/* Everything is copied into `arena` except the types themselves. */
void wr_codec_init(struct wr_codec *codec, struct wr_arena *arena,
		   const struct wr_type *const *types, uint32_t count);

/* Appends row `row` of the columns to `out`. column[i] has type[i]'s layout (const columns are
 * fine). */
void wr_codec_encode(const struct wr_codec *codec, struct wr_text *out,
		     struct wr_column *const *column, uint32_t row);

/* The encoded rows of a batch, in one block: row i is bytes[offset[i] .. offset[i+1]). */
struct wr_encoded {
	uint32_t count;    /* rows */
	uint32_t capacity; /* slots at offset, less one */
	uint32_t *offset;  /* count + 1 of them; owned */
	struct wr_text
	    bytes; /* all rows one after another; owned; 8 readable bytes behind the last */
};
void wr_encoded_init(struct wr_encoded *encoded);
void wr_encoded_release(struct wr_encoded *encoded);
void wr_encoded_reserve(struct wr_encoded *encoded, uint32_t count); /* room for rows at offset */
static inline const char *wr_encoded_row(const struct wr_encoded *encoded, uint32_t i,
					 uint32_t *len)
{
	*len = encoded->offset[i + 1] - encoded->offset[i];
	return encoded->bytes.data + encoded->offset[i];
}
/* Encodes rows row[0..count) (NULL: 0..count) column by column, replacing what `out` held. */
void wr_codec_encode_batch(const struct wr_codec *codec, struct wr_encoded *out,
			   struct wr_column *const *column, const uint32_t *row, uint32_t count);

/* Appends the row at `bytes` to builder[0..count) (an entry may be NULL: skipped). Returns the
 * first byte behind it, or NULL when the bytes are not a row within `end` (a damaged file); the
 * builders must then be reset. */
const char *wr_codec_decode(const struct wr_codec *codec, const char *bytes, const char *end,
			    struct wr_builder *const *builder);
/* Length of the row at `bytes`, or 0 when it is damaged. */
size_t wr_codec_row_len(const struct wr_codec *codec, const char *bytes, const char *end);

/* Where the columns of the row at `bytes` lie: column[i] begins at at[i] and ends at at[i + 1]
 * (count + 1 of them; a NULL of variable width takes no bytes). false: these are not exactly one
 * row. */
bool wr_codec_columns(const struct wr_codec *codec, struct wr_str row, const char **at);

/* One value with its NULL byte, as within lists: for state that holds a single value (MIN,
 * LAST_VALUE, ...). */
void wr_codec_put_value(struct wr_text *out, const struct wr_column *column, uint32_t row);
const char *wr_codec_get_value(const char *bytes, const char *end, struct wr_builder *builder);
/* The first byte behind a value of the type, or NULL when it is damaged. */
const char *wr_codec_skip_value(const struct wr_type *type, const char *bytes, const char *end);

/* A hash of encoded bytes (never 0). */
uint64_t wr_codec_hash(const char *bytes, size_t len);

#endif

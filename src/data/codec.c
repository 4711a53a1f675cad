/* SPDX-License-Identifier: Apache-2.0
 *
 * codec - rows as canonical bytes; the layout is told in codec.h.
 *
 * A batch is encoded column by column: first the length of every row (nothing to do when all
 * columns have a fixed width), then one loop per column writes its values at each row's cursor. The
 * cursors are kept in offset[]: while writing, offset[i] is where row i goes on; in the end it is
 * where row i + 1 begins.
 */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/mem.h"
#include "data/codec.h"

#define ENCODED_PADDING 8u

void wr_codec_init(struct wr_codec *codec, struct wr_arena *arena,
		   const struct wr_type *const *types, uint32_t count)
{
	const struct wr_type **type = WR_NEW_ARRAY(arena, const struct wr_type *, count);
	uint32_t *width = WR_NEW_ARRAY(arena, uint32_t, count);
	uint32_t total = (count + 7) / 8;
	bool fixed = true;

	codec->null_size = total;
	for (uint32_t i = 0; i < count; i++) {
		enum wr_phys phys = wr_type_phys(types[i]);
		type[i] = types[i];
		width[i] = phys < WR_P_STR ? wr_phys_size(phys) : 0;
		fixed = fixed && width[i] != 0;
		total += width[i];
	}
	codec->count = count;
	codec->type = type;
	codec->width = width;
	codec->fixed_size = fixed ? total : 0;
}

/* --- writing
 * ----------------------------------------------------------------------------------------- */

static inline uint64_t f64_bits(double value)
{
	uint64_t bits;

	if (value != value)
		return 0x7ff8000000000000ull;
	value += 0.0;
	memcpy(&bits, &value, sizeof bits);
	return bits;
}

static inline uint32_t f32_bits(float value)
{
	uint32_t bits;

	if (value != value)
		return 0x7fc00000u;
	value += 0.0f;
	memcpy(&bits, &value, sizeof bits);
	return bits;
}

static uint32_t varint_size(uint32_t value)
{
	uint32_t size = 1;

	for (; value >= 128; value >>= 7)
		size++;
	return size;
}

static inline char *put_varint(char *out, uint32_t value)
{
	for (; value >= 128; value >>= 7)
		*out++ = (char)(value | 128);
	*out++ = (char)value;
	return out;
}

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "codec.c stores integers as they are in memory: a big-endian machine needs byte swaps here"
#endif

/* A fixed-width value that is not NULL. */
static char *put_fixed(char *out, const struct wr_column *column, uint32_t row, uint32_t width)
{
	if (column->phys == WR_P_F64) {
		uint64_t bits = f64_bits(WR_DATA(column, double)[row]);
		memcpy(out, &bits, sizeof bits);
	} else if (column->phys == WR_P_F32) {
		uint32_t bits = f32_bits(WR_DATA(column, float)[row]);
		memcpy(out, &bits, sizeof bits);
	} else {
		memcpy(out, (const char *)column->data + (size_t)row * width, width);
	}
	return out + width;
}

static size_t value_size(const struct wr_column *column, uint32_t row);
static char *put_value(char *out, const struct wr_column *column, uint32_t row);

/* Bytes of the column form of a value that is not NULL; `row` is physical. */
static size_t body_size(const struct wr_column *column, uint32_t row)
{
	size_t size = 0;

	if (column->phys == WR_P_STR) {
		uint32_t len = WR_DATA(column, struct wr_view)[row].len;
		return varint_size(len) + (size_t)len;
	}
	if (column->phys == WR_P_ROW) {
		for (uint32_t c = 0; c < column->child_count; c++)
			size += value_size(column->child[c], row);
		return size;
	}
	if (column->phys < WR_P_STR)
		return wr_phys_size(column->phys);
	struct wr_span span = WR_DATA(column, struct wr_span)[row];
	size = varint_size(span.len);
	for (uint32_t c = 0; c < column->child_count; c++) {
		for (uint32_t i = 0; i < span.len; i++)
			size += value_size(column->child[c], span.start + i);
	}
	return size;
}

static size_t value_size(const struct wr_column *column, uint32_t row)
{
	row &= column->mask;
	return 1 + (wr_column_is_valid(column, row) ? body_size(column, row) : 0);
}

static char *put_body(char *out, const struct wr_column *column, uint32_t row)
{
	if (column->phys == WR_P_STR) {
		const struct wr_view *view = &WR_DATA(column, struct wr_view)[row];
		out = put_varint(out, view->len);
		memcpy(out, wr_view_data(view), view->len);
		return out + view->len;
	}
	if (column->phys == WR_P_ROW) {
		for (uint32_t c = 0; c < column->child_count; c++)
			out = put_value(out, column->child[c], row);
		return out;
	}
	if (column->phys < WR_P_STR)
		return put_fixed(out, column, row, wr_phys_size(column->phys));
	struct wr_span span = WR_DATA(column, struct wr_span)[row];
	out = put_varint(out, span.len);
	for (uint32_t i = 0; i < span.len; i++) {
		for (uint32_t c = 0; c < column->child_count; c++)
			out = put_value(out, column->child[c], span.start + i);
	}
	return out;
}

static char *put_value(char *out, const struct wr_column *column, uint32_t row)
{
	row &= column->mask;
	if (!wr_column_is_valid(column, row)) {
		*out++ = 0;
		return out;
	}
	*out++ = 1;
	return put_body(out, column, row);
}

void wr_codec_put_value(struct wr_text *out, const struct wr_column *column, uint32_t row)
{
	size_t size = value_size(column, row);
	char *to = wr_text_reserve(out, size);
	char *end = put_value(to, column, row);

	WR_ASSERT((size_t)(end - to) == size);
	*end = '\0';
	out->len += size;
}

void wr_codec_encode(const struct wr_codec *codec, struct wr_text *out,
		     struct wr_column *const *column, uint32_t row)
{
	size_t size = codec->null_size;

	for (uint32_t c = 0; c < codec->count; c++) {
		uint32_t r = row & column[c]->mask;
		if (codec->width[c] != 0)
			size += codec->width[c];
		else if (wr_column_is_valid(column[c], r))
			size += body_size(column[c], r);
	}
	char *start = wr_text_reserve(out, size);
	char *to = start + codec->null_size;
	memset(start, 0, codec->null_size);
	for (uint32_t c = 0; c < codec->count; c++) {
		uint32_t r = row & column[c]->mask;
		if (wr_column_is_valid(column[c], r)) {
			to = put_body(to, column[c], r);
		} else {
			start[c / 8] |= (char)(1 << (c % 8));
			memset(to, 0, codec->width[c]);
			to += codec->width[c];
		}
	}
	WR_ASSERT((size_t)(to - start) == size);
	*to = '\0';
	out->len += size;
}

/* --- a batch
 * ----------------------------------------------------------------------------------------- */

void wr_encoded_init(struct wr_encoded *encoded)
{
	*encoded = (struct wr_encoded){0};
}

void wr_encoded_release(struct wr_encoded *encoded)
{
	wr_free(encoded->offset);
	wr_text_release(&encoded->bytes);
	wr_encoded_init(encoded);
}

#define ROW_AT(i) ((row != NULL ? row[i] : (i)) & mask)

/* Adds the length of a column that is not of fixed width to size[i]. */
static void add_sizes(const struct wr_column *column, const uint32_t *row, uint32_t count,
		      uint32_t *size)
{
	uint32_t mask = column->mask;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t r = ROW_AT(i);
		if (!wr_column_is_valid(column, r))
			continue;
		size_t more = body_size(column, r);
		WR_REQUIRE(more <= UINT32_MAX - size[i]);
		size[i] += (uint32_t)more;
	}
}

#define PUT_LOOP(ctype, bits_type, bits)                                                           \
	do {                                                                                       \
		const ctype *in = column->data;                                                    \
		for (uint32_t i = 0; i < count; i++) {                                             \
			bits_type word = bits(in[ROW_AT(i)]);                                      \
			memcpy(base + cursor[i], &word, sizeof word);                              \
			cursor[i] += sizeof word;                                                  \
		}                                                                                  \
	} while (0)
#define AS_IS(x) (x)

/* Writes a column of fixed width, NULLs as what lies below them (cleared by put_nulls). */
static void put_fixed_column(const struct wr_column *column, const uint32_t *row, uint32_t count,
			     char *base, uint32_t *cursor)
{
	uint32_t mask = column->mask;

	switch (column->phys) {
	case WR_P_BOOL:
	case WR_P_I8: PUT_LOOP(uint8_t, uint8_t, AS_IS); break;
	case WR_P_I16: PUT_LOOP(uint16_t, uint16_t, AS_IS); break;
	case WR_P_I32: PUT_LOOP(uint32_t, uint32_t, AS_IS); break;
	case WR_P_I64: PUT_LOOP(uint64_t, uint64_t, AS_IS); break;
	case WR_P_I128: PUT_LOOP(wr_i128, wr_i128, AS_IS); break;
	case WR_P_F32: PUT_LOOP(float, uint32_t, f32_bits); break;
	default: PUT_LOOP(double, uint64_t, f64_bits); break;
	}
}

/* Sets the null bit of rows whose value in column `c` is NULL and clears the `width` bytes just
 * written there. */
static void put_nulls(const struct wr_column *column, const uint32_t *row, uint32_t count,
		      char *base, const uint32_t *start, const uint32_t *cursor, uint32_t c,
		      uint32_t width)
{
	uint32_t mask = column->mask;

	for (uint32_t i = 0; i < count; i++) {
		if (column->valid[ROW_AT(i)])
			continue;
		base[start[i] + c / 8] |= (char)(1 << (c % 8));
		memset(base + cursor[i] - width, 0, width);
	}
}

static void put_variable_column(const struct wr_column *column, const uint32_t *row, uint32_t count,
				char *base, uint32_t *cursor)
{
	uint32_t mask = column->mask;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t r = ROW_AT(i);
		if (!wr_column_is_valid(column, r))
			continue;
		char *to = base + cursor[i];
		cursor[i] += (uint32_t)(put_body(to, column, r) - to);
	}
}

/* Row starts from the rows' lengths; returns the total. */
static uint32_t layout_rows(const struct wr_codec *codec, struct wr_encoded *out,
			    struct wr_column *const *column, const uint32_t *row, uint32_t count)
{
	uint32_t fixed = codec->fixed_size;
	uint32_t *size = out->offset;
	uint64_t total = 0;

	if (fixed == 0) {
		fixed = codec->null_size;
		for (uint32_t c = 0; c < codec->count; c++)
			fixed += codec->width[c];
	}
	for (uint32_t i = 0; i < count; i++)
		size[i] = fixed;
	for (uint32_t c = 0; c < codec->count; c++) {
		if (codec->width[c] == 0)
			add_sizes(column[c], row, count, size);
	}
	for (uint32_t i = 0; i < count; i++) {
		uint32_t len = size[i];
		out->offset[i] = (uint32_t)total;
		total += len;
	}
	WR_REQUIRE(total <= UINT32_MAX - ENCODED_PADDING);
	out->offset[count] = (uint32_t)total;
	return (uint32_t)total;
}

void wr_encoded_reserve(struct wr_encoded *encoded, uint32_t count)
{
	if (encoded->offset != NULL && count <= encoded->capacity)
		return;
	encoded->capacity = WR_MAX(count, 64u);
	/* twice: the second half holds the cursors */
	encoded->offset = wr_realloc(encoded->offset,
				     2 * ((size_t)encoded->capacity + 1) * sizeof *encoded->offset);
}

void wr_codec_encode_batch(const struct wr_codec *codec, struct wr_encoded *out,
			   struct wr_column *const *column, const uint32_t *row, uint32_t count)
{
	wr_encoded_reserve(out, count);
	out->count = count;
	uint32_t total = layout_rows(codec, out, column, row, count);
	uint32_t *cursor = out->offset + out->capacity + 1;
	wr_text_clear(&out->bytes);
	char *base = wr_text_reserve(&out->bytes, total + ENCODED_PADDING);
	memset(base + total, 0, ENCODED_PADDING);
	for (uint32_t i = 0; i < count; i++) {
		memset(base + out->offset[i], 0, codec->null_size);
		cursor[i] = out->offset[i] + codec->null_size;
	}
	for (uint32_t c = 0; c < codec->count; c++) {
		uint32_t width = codec->width[c];
		if (width != 0)
			put_fixed_column(column[c], row, count, base, cursor);
		else
			put_variable_column(column[c], row, count, base, cursor);
		if (column[c]->valid != NULL)
			put_nulls(column[c], row, count, base, out->offset, cursor, c, width);
	}
	out->bytes.len = total;
}

/* --- reading
 * ------------------------------------------------------------------------------------------ */

static const char *get_varint(const char *bytes, const char *end, uint32_t *value)
{
	uint64_t number = 0;

	for (int shift = 0; shift < 35 && bytes < end; shift += 7) {
		uint8_t byte = (uint8_t)*bytes++;
		number |= (uint64_t)(byte & 127) << shift;
		if (byte < 128) {
			*value = (uint32_t)number;
			return number <= UINT32_MAX ? bytes : NULL;
		}
	}
	return NULL;
}

/* Appends a fixed-width value (builder may be NULL). */
static const char *get_fixed(const char *bytes, const char *end, uint32_t width,
			     struct wr_builder *builder)
{
	if ((size_t)(end - bytes) < width)
		return NULL;
	if (builder == NULL)
		return bytes + width;
	union {
		int8_t i8;
		int16_t i16;
		int32_t i32;
		int64_t i64;
		wr_i128 i128;
		float f32;
		double f64;
	} value;
	memcpy(&value, bytes, width);
	switch (builder->phys) {
	case WR_P_BOOL: wr_builder_bool(builder, value.i8 != 0); break;
	case WR_P_I8: wr_builder_i8(builder, value.i8); break;
	case WR_P_I16: wr_builder_i16(builder, value.i16); break;
	case WR_P_I32: wr_builder_i32(builder, value.i32); break;
	case WR_P_I64: wr_builder_i64(builder, value.i64); break;
	case WR_P_I128: wr_builder_i128(builder, value.i128); break;
	case WR_P_F32: wr_builder_f32(builder, value.f32); break;
	default:
		WR_ASSERT(builder->phys == WR_P_F64);
		wr_builder_f64(builder, value.f64);
		break;
	}
	return bytes + width;
}

static const char *get_value(const struct wr_type *type, const char *bytes, const char *end,
			     struct wr_builder *builder);

static const char *get_list(const struct wr_type *type, const char *bytes, const char *end,
			    struct wr_builder *builder)
{
	uint32_t count;

	bytes = get_varint(bytes, end, &count);
	if (bytes == NULL || count > (size_t)(end - bytes)) /* an element takes a byte at least */
		return NULL;
	for (uint32_t i = 0; i < count; i++) {
		for (uint32_t c = 0; c < type->child_count; c++) {
			bytes = get_value(type->child[c], bytes, end,
					  builder != NULL ? builder->child[c] : NULL);
			if (bytes == NULL)
				return NULL;
		}
	}
	if (builder != NULL)
		wr_builder_list(builder, count);
	return bytes;
}

/* The column form of a value that is not NULL. */
static const char *get_body(const struct wr_type *type, const char *bytes, const char *end,
			    struct wr_builder *builder)
{
	enum wr_phys phys = wr_type_phys(type);
	uint32_t len;

	if (phys < WR_P_STR)
		return get_fixed(bytes, end, wr_phys_size(phys), builder);
	if (phys == WR_P_STR) {
		bytes = get_varint(bytes, end, &len);
		if (bytes == NULL || len > (size_t)(end - bytes))
			return NULL;
		if (builder != NULL)
			wr_builder_str(builder, bytes, len);
		return bytes + len;
	}
	if (phys != WR_P_ROW)
		return get_list(type, bytes, end, builder);
	for (uint32_t c = 0; c < type->child_count; c++) {
		bytes = get_value(type->child[c], bytes, end,
				  builder != NULL ? builder->child[c] : NULL);
		if (bytes == NULL)
			return NULL;
	}
	if (builder != NULL)
		wr_builder_row(builder);
	return bytes;
}

static const char *get_value(const struct wr_type *type, const char *bytes, const char *end,
			     struct wr_builder *builder)
{
	if (bytes == end || (uint8_t)*bytes > 1)
		return NULL;
	if (*bytes++ == 1)
		return get_body(type, bytes, end, builder);
	if (builder != NULL)
		wr_builder_null(builder);
	return bytes;
}

const char *wr_codec_get_value(const char *bytes, const char *end, struct wr_builder *builder)
{
	return get_value(builder->type, bytes, end, builder);
}

const char *wr_codec_skip_value(const struct wr_type *type, const char *bytes, const char *end)
{
	return get_value(type, bytes, end, NULL);
}

/* Reads one row; `builder` NULL only measures it. */
static const char *get_row(const struct wr_codec *codec, const char *bytes, const char *end,
			   struct wr_builder *const *builder)
{
	const uint8_t *nulls = (const uint8_t *)bytes;

	if ((size_t)(end - bytes) < codec->null_size)
		return NULL;
	bytes += codec->null_size;
	for (uint32_t c = 0; c < codec->count; c++) {
		struct wr_builder *to = builder != NULL ? builder[c] : NULL;
		if (nulls[c / 8] >> (c % 8) & 1) {
			if ((size_t)(end - bytes) < codec->width[c])
				return NULL;
			bytes += codec->width[c];
			if (to != NULL)
				wr_builder_null(to);
		} else {
			bytes = get_body(codec->type[c], bytes, end, to);
			if (bytes == NULL)
				return NULL;
		}
	}
	return bytes;
}

const char *wr_codec_decode(const struct wr_codec *codec, const char *bytes, const char *end,
			    struct wr_builder *const *builder)
{
	return get_row(codec, bytes, end, builder);
}

size_t wr_codec_row_len(const struct wr_codec *codec, const char *bytes, const char *end)
{
	const char *behind = get_row(codec, bytes, end, NULL);

	return behind != NULL ? (size_t)(behind - bytes) : 0;
}

bool wr_codec_columns(const struct wr_codec *codec, struct wr_str row, const char **at)
{
	const uint8_t *nulls = (const uint8_t *)row.data;
	const char *bytes = row.data + codec->null_size;
	const char *end = row.data + row.len;

	if (row.data == NULL || row.len < codec->null_size)
		return false;
	for (uint32_t c = 0; c < codec->count; c++) {
		at[c] = bytes;
		if ((nulls[c / 8] >> (c % 8) & 1) == 0)
			bytes = get_body(codec->type[c], bytes, end, NULL);
		else
			bytes = (size_t)(end - bytes) < codec->width[c] ? NULL
									: bytes + codec->width[c];
		if (bytes == NULL)
			return false;
	}
	at[codec->count] = bytes;
	return bytes == end;
}

uint64_t wr_codec_hash(const char *bytes, size_t len)
{
	uint64_t hash = XXH3_64bits(bytes, len);

	return hash + (hash == 0);
}

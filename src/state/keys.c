/* SPDX-License-Identifier: Apache-2.0
 *
 * keys - how the keys of a state are laid out in its rows.
 */
#include "state/keys.h"

#include "base/mem.h"

void wr_keys_hash(struct wr_column *const *column, uint32_t key_count, uint32_t rows,
		  uint64_t *hash)
{
	memset(hash, 0, rows * sizeof *hash);
	for (uint32_t i = 0; i < key_count; i++)
		wr_column_hash(column[i], rows, hash);
}

/* Offsets and widths of fixed-width columns; false: some column is not, or they are too many. */
static bool layout_fixed(struct wr_key_layout *layout)
{
	uint32_t offset = 0;

	if (layout->count > WR_KEY_COLUMNS_FIXED)
		return false;
	for (uint32_t i = 0; i < layout->count; i++) {
		enum wr_phys phys = wr_type_phys(layout->type[i]);
		if (phys >= WR_P_STR)
			return false;
		layout->offset[i] = offset;
		layout->width[i] = wr_phys_size(phys);
		offset += layout->width[i];
	}
	if (offset > 24)
		return false;
	layout->form = offset <= 8 ? WR_KEY_8 : WR_KEY_24;
	return true;
}

/* Types are copied, because the declaration may go before the state does. */
void wr_key_layout_init(struct wr_key_layout *layout, const struct wr_state_decl *decl)
{
	*layout = (struct wr_key_layout){.count = decl->key_count};
	wr_arena_init(&layout->arena);
	const struct wr_type **type =
	    WR_NEW_ARRAY(&layout->arena, const struct wr_type *, decl->key_count);
	for (uint32_t i = 0; i < decl->key_count; i++)
		type[i] = wr_type_copy(&layout->arena, decl->key_type[i]);
	layout->type = type;
	layout->offset = WR_NEW_ARRAY(&layout->arena, uint32_t, decl->key_count);
	layout->width = WR_NEW_ARRAY(&layout->arena, uint32_t, decl->key_count);
	if (!layout_fixed(layout)) {
		layout->form = WR_KEY_BYTES;
		wr_codec_init(&layout->codec, &layout->arena, layout->type, layout->count);
	}
}

void wr_key_layout_release(struct wr_key_layout *layout)
{
	wr_arena_release(&layout->arena);
}

void wr_packed_init(struct wr_packed *packed)
{
	*packed = (struct wr_packed){0};
	wr_encoded_init(&packed->encoded);
}

void wr_packed_release(struct wr_packed *packed)
{
	wr_free(packed->word);
	wr_free(packed->nulls);
	wr_encoded_release(&packed->encoded);
}

static inline uint32_t f32_key(float value)
{
	uint32_t bits;

	if (value != value)
		return 0x7fc00000u;
	value += 0.0f; /* -0.0 becomes 0.0 */
	memcpy(&bits, &value, sizeof bits);
	return bits;
}

static inline uint64_t f64_key(double value)
{
	uint64_t bits;

	if (value != value)
		return 0x7ff8000000000000ull;
	value += 0.0;
	memcpy(&bits, &value, sizeof bits);
	return bits;
}

#define SAME(x) (x)
/* One loop per width: `to` is the column's place in the first row's key. */
#define PACK_LOOP(ctype, ktype, conv)                                                              \
	for (uint32_t i = 0; i < rows; i++) {                                                      \
		uint32_t at = i & column->mask;                                                    \
		if (valid != NULL && !valid[at]) {                                                 \
			nulls[i] |= bit;                                                           \
			continue;                                                                  \
		}                                                                                  \
		ktype key = (ktype)conv(((const ctype *)column->data)[at]);                        \
		memcpy(to + (size_t)i * stride, &key, sizeof key);                                 \
	}

/* Packs one column into keys that are zeroed. */
static void pack_column(const struct wr_column *column, uint32_t rows, char *to, size_t stride,
			uint32_t *nulls, uint32_t bit)
{
	const uint8_t *valid = column->valid;

	switch (column->phys) {
	case WR_P_BOOL:
	case WR_P_I8: PACK_LOOP(uint8_t, uint8_t, SAME) break;
	case WR_P_I16: PACK_LOOP(uint16_t, uint16_t, SAME) break;
	case WR_P_I32: PACK_LOOP(uint32_t, uint32_t, SAME) break;
	case WR_P_I64: PACK_LOOP(uint64_t, uint64_t, SAME) break;
	case WR_P_I128: PACK_LOOP(wr_i128, wr_i128, SAME) break;
	case WR_P_F32: PACK_LOOP(float, uint32_t, f32_key) break;
	case WR_P_F64: PACK_LOOP(double, uint64_t, f64_key) break;
	default: WR_ASSERT(false);
	}
}

void wr_packed_reserve(struct wr_packed *packed, uint32_t rows)
{
	if (rows <= packed->capacity)
		return;
	wr_free(packed->word);
	wr_free(packed->nulls);
	packed->word = wr_malloc((size_t)rows * 3 * sizeof *packed->word);
	packed->nulls = wr_malloc((size_t)rows * sizeof *packed->nulls);
	packed->capacity = rows;
}

/* A single BIGINT without NULLs is not even copied: its column's data are the words. */
void wr_packed_fill(struct wr_packed *packed, const struct wr_key_layout *layout,
		    struct wr_column *const *column, uint32_t rows)
{
	if (layout->form == WR_KEY_BYTES) {
		wr_codec_encode_batch(&layout->codec, &packed->encoded, column, NULL, rows);
		return;
	}
	wr_packed_reserve(packed, rows);
	memset(packed->nulls, 0, rows * sizeof *packed->nulls);
	packed->use = packed->word;
	if (layout->count == 1 && layout->form == WR_KEY_8 && column[0]->phys == WR_P_I64 &&
	    !column[0]->is_const && column[0]->valid == NULL) {
		packed->use = column[0]->data;
		return;
	}
	size_t stride = layout->form == WR_KEY_8 ? 8 : 24;
	memset(packed->word, 0, rows * stride);
	for (uint32_t i = 0; i < layout->count; i++)
		pack_column(column[i], rows, (char *)packed->word + layout->offset[i], stride,
			    packed->nulls, 1u << i);
}

/* The inverse of pack_column, from rows that lie anywhere. */
struct wr_column *wr_key_unpack(const struct wr_key_layout *layout, uint32_t index,
				const uint64_t *const *words, const uint32_t *nulls, uint32_t count)
{
	struct wr_column *column = wr_column_new(layout->type[index], count);
	uint32_t width = layout->width[index];
	uint32_t bit = 1u << index;
	char *to = column->data;

	for (uint32_t i = 0; i < count; i++) {
		memcpy(to + (size_t)i * width, (const char *)words[i] + layout->offset[index],
		       width);
		if (nulls[i] & bit)
			wr_column_validity(column)[i] = 0;
	}
	return column;
}

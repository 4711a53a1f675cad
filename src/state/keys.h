/* SPDX-License-Identifier: Apache-2.0
 *
 * keys - how the keys of a state are laid out in its rows, and how those of a batch are brought
 * into that form.
 *
 * Three forms, chosen once per state:
 *   WR_KEY_8     all columns fixed-width, together at most 8 bytes: one word
 *   WR_KEY_24    all columns fixed-width, together at most 24 bytes: three words
 *   WR_KEY_BYTES anything else: the canonical bytes of data/codec.h, inline up to 24 bytes, else in
 *                the namespace's pool
 * Fixed keys are packed in column order; a NULL takes zeros and sets its bit in `nulls`. FLOAT and
 * DOUBLE are normalised as the codec does.
 *
 * Thread: the layout is immutable; a wr_packed belongs to one state.
 */
#ifndef WR_STATE_KEYS_H
#define WR_STATE_KEYS_H

#include "data/codec.h"
#include "state/state.h"

enum wr_key_form { WR_KEY_8, WR_KEY_24, WR_KEY_BYTES };

#define WR_KEY_COLUMNS_FIXED 24 /* most columns of a fixed key: bits of `nulls` in use */

struct wr_key_layout {
	enum wr_key_form form;
	uint32_t count;                    /* key columns */
	const struct wr_type *const *type; /* of the columns; in `arena` */
	uint32_t *offset;                  /* fixed forms: byte of each column in the key */
	uint32_t *width;                   /* fixed forms: bytes of each column */
	struct wr_codec codec;             /* WR_KEY_BYTES */
	struct wr_arena arena;             /* holds the arrays and the types */
};

/* The keys of a batch in the form of the rows. */
struct wr_packed {
	uint32_t capacity;         /* rows that fit */
	uint64_t *word;            /* WR_KEY_8: 1 per row, WR_KEY_24: 3 per row; owned */
	uint32_t *nulls;           /* per row; owned */
	const uint64_t *use;       /* the words to read: `word` or a column's own data */
	struct wr_encoded encoded; /* WR_KEY_BYTES */
};

void wr_key_layout_init(struct wr_key_layout *layout, const struct wr_state_decl *decl);
void wr_key_layout_release(struct wr_key_layout *layout);

void wr_packed_init(struct wr_packed *packed);
void wr_packed_release(struct wr_packed *packed);
/* Room for as many fixed keys. */
void wr_packed_reserve(struct wr_packed *packed, uint32_t rows);
/* Fills `packed` from rows [0, rows) of the key columns. */
void wr_packed_fill(struct wr_packed *packed, const struct wr_key_layout *layout,
		    struct wr_column *const *column, uint32_t rows);

/* Reads column `index` of `count` fixed keys back: words[i] is key i's first word. */
struct wr_column *wr_key_unpack(const struct wr_key_layout *layout, uint32_t index,
				const uint64_t *const *words, const uint32_t *nulls,
				uint32_t count);

#endif

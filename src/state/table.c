/* SPDX-License-Identifier: Apache-2.0
 *
 * table - the keys and slots of one namespace: making rows, growing, removing, scanning.
 *
 * Looking up is in probe.c.
 */
#include "state/table.h"

#include "base/mem.h"
#include "state/probe.h"

#define INDEX_LOG_MIN   4  /* a cache line of entries */
#define INDEX_LOG_MAX   31 /* row + 1 fits the entry */
#define INDEX_CLASS     28 /* of the first index; chunks use the classes below, by log2 of rows */
#define FIRST_CHUNK     1024u
#define CHUNK_BYTES     (8u << 20) /* so that nearly all of it is in huge pages */
#define CHUNK_LOG_MAX   18
#define FIRST_LOG_MAX   4
#define REHASH_PREFETCH 16
#define EXPECT_LOG_MAX  20u        /* places made on a guess: 4 MB at most */
#define INDEX_SHARE     8u         /* bytes of the index for a row, about */
#define INDEX_SMALL     (1u << 16) /* places of an index that costs next to nothing */

/* First chunks of about a kilobyte, full-sized ones of some megabytes, whatever a row takes. */
void wr_row_layout_init(struct wr_row_layout *layout, enum wr_key_form form, uint32_t value_size)
{
	_Static_assert(sizeof(struct wr_row_8) == 16, "slots stay aligned to 16 bytes");
	_Static_assert(sizeof(struct wr_row_24) == 32, "slots stay aligned to 16 bytes");
	_Static_assert(sizeof(struct wr_row_bytes) == 32, "slots stay aligned to 16 bytes");
	uint32_t header = form == WR_KEY_8 ? sizeof(struct wr_row_8) : sizeof(struct wr_row_24);
	*layout = (struct wr_row_layout){.form = form,
					 .header = header,
					 .value_size = value_size,
					 .row_size = header + value_size};
	while (layout->first_log < FIRST_LOG_MAX &&
	       layout->row_size << (layout->first_log + 1) <= FIRST_CHUNK)
		layout->first_log++;
	layout->chunk_log = layout->first_log + 1;
	while (layout->chunk_log < CHUNK_LOG_MAX &&
	       (uint64_t)layout->row_size << (layout->chunk_log + 1) <= CHUNK_BYTES)
		layout->chunk_log++;
}

static uint32_t index_log(const struct wr_table *table)
{
	return (uint32_t)__builtin_popcount(table->mask);
}

static void index_new(struct wr_table *table, uint32_t log)
{
	size_t size = sizeof(uint32_t) << log;

	table->index = wr_blocks_get(table->blocks, INDEX_CLASS + log, size);
	memset(table->index, 0, size);
	table->mask = (uint32_t)(((uint64_t)1 << log) - 1);
	table->used_max = table->mask < INDEX_SMALL ? table->mask / 2 : table->mask / 4 * 3;
	table->used = 0;
}

void wr_table_init(struct wr_table *table, const struct wr_row_layout *layout,
		   const struct wr_row_marks *marks, struct wr_blocks *blocks)
{
	*table = (struct wr_table){.layout = layout, .marks = marks, .blocks = blocks};
	index_new(table, INDEX_LOG_MIN);
}

void wr_table_expect(struct wr_table *table, uint32_t keys)
{
	uint32_t log = INDEX_LOG_MIN;

	WR_ASSERT(table->rows == 0);
	while (log < EXPECT_LOG_MAX && ((1u << log) - 1) / 2 < keys)
		log++;
	if (log == index_log(table))
		return;
	wr_blocks_put(table->blocks, INDEX_CLASS + index_log(table), table->index);
	index_new(table, log);
}

/* log2 of the rows of a chunk. */
static uint32_t chunk_rows_log(const struct wr_row_layout *layout, uint32_t chunk)
{
	if (chunk == 0)
		return layout->first_log;
	return WR_MIN(layout->first_log + chunk - 1, layout->chunk_log);
}

/* Chunks and index go back to the state, which keeps them for the next namespace. */
void wr_table_release(struct wr_table *table)
{
	const struct wr_row_layout *layout = table->layout;
	uint32_t row = 0;

	for (uint32_t i = 0; i < table->chunk_count; i++) {
		uint32_t log = chunk_rows_log(layout, i);
		char *chunk = (char *)(table->base[i] + (uintptr_t)row * layout->row_size);
		wr_blocks_put(table->blocks, log, chunk);
		row += 1u << log;
	}
	wr_blocks_put(table->blocks, INDEX_CLASS + index_log(table), table->index);
	wr_free(table->base);
	wr_free(table->noted[0].slot);
	wr_free(table->noted[1].slot);
	wr_agg_pool_free(table->pool);
	*table = (struct wr_table){0};
}

struct wr_agg_pool *wr_table_pool(struct wr_table *table)
{
	if (table->pool == NULL)
		table->pool = wr_agg_pool_new();
	return table->pool;
}

/* A further chunk, for rows from table->rows on. */
static void chunk_new(struct wr_table *table)
{
	const struct wr_row_layout *layout = table->layout;
	uint32_t log = chunk_rows_log(layout, table->chunk_count);
	size_t size = (size_t)layout->row_size << log;

	if (table->chunk_count == table->chunk_capacity) {
		table->chunk_capacity = WR_MAX(8, table->chunk_capacity * 2);
		table->base = wr_realloc(table->base, table->chunk_capacity * sizeof *table->base);
	}
	char *chunk = wr_blocks_get(table->blocks, log, size);
	table->base[table->chunk_count++] =
	    (uintptr_t)chunk - (uintptr_t)table->rows * layout->row_size;
	table->rows_end += 1u << log;
}

/* Puts all live rows into an index of 2^log places; graves are gone after it. */
static void rehash(struct wr_table *table, uint32_t log)
{
	const struct wr_row_layout *layout = table->layout;
	uint32_t *old = table->index;
	uint32_t old_log = index_log(table);

	if (log == old_log)
		memset(table->index, 0, sizeof(uint32_t) << log);
	else
		index_new(table, log);
	uint32_t mask = table->mask;
	uint32_t *index = table->index;
	for (uint32_t i = 0; i < table->rows; i++) {
		if (i + REHASH_PREFETCH < table->rows) {
			char *ahead = wr_table_row(table, i + REHASH_PREFETCH);
			__builtin_prefetch(&index[*wr_row_hash(layout, ahead) & mask], 1);
		}
		char *row = wr_table_row(table, i);
		if (!(*wr_row_flags(layout, row) & WR_ROW_LIVE))
			continue;
		uint32_t hash = *wr_row_hash(layout, row);
		uint32_t place = hash & mask;
		while (index[place] != 0)
			place = (place + 1) & mask;
		index[place] = (hash & ~mask) | (i + 1);
	}
	table->used = table->live;
	if (log != old_log)
		wr_blocks_put(table->blocks, INDEX_CLASS + old_log, old);
}

/* Called when used_max is reached: twice the places, or the same without graves. */
bool wr_table_make_room(struct wr_table *table)
{
	uint32_t log = index_log(table);

	/* With half of the entries graves, sweeping them away is enough. */
	if (table->live > table->used_max / 2)
		log++;
	if (log > INDEX_LOG_MAX)
		return false;
	rehash(table, log);
	return true;
}

/* Removed rows first, the last removed first: it is the likeliest to be in the cache. */
char *wr_table_new_row(struct wr_table *table, uint32_t *number)
{
	const struct wr_row_layout *layout = table->layout;
	char *row;

	if (table->free_row != 0) {
		*number = table->free_row - 1;
		row = wr_table_row(table, *number);
		table->free_row = *wr_row_hash(layout, row);
	} else {
		*number = table->rows;
		if (table->rows == table->rows_end)
			chunk_new(table);
		row = wr_table_row(table, table->rows++);
		*wr_row_flags(layout, row) = 0;
	}
	table->live++;
	memset(row + layout->header, 0, layout->value_size);
	return row;
}

/* Finds the entry by the hash in the row and the row itself, so that keys are not compared. */
void wr_table_remove(struct wr_table *table, uint8_t *slot)
{
	const struct wr_row_layout *layout = table->layout;
	char *row = (char *)slot - layout->header;
	uint32_t *flags = wr_row_flags(layout, row);
	uint32_t hash = *wr_row_hash(layout, row);
	uint32_t mask = table->mask;
	uint32_t place = hash & mask;
	uint32_t number;

	WR_ASSERT(*flags & WR_ROW_LIVE);
	for (;; place = (place + 1) & mask) {
		uint32_t entry = table->index[place];
		WR_REQUIRE(entry != 0); /* T1 */
		number = (entry & mask) - 1;
		if (((entry ^ hash) & ~mask) == 0 && (entry & mask) != mask &&
		    wr_table_row(table, number) == row)
			break;
	}
	if (table->index[(place + 1) & mask] != 0) {
		table->index[place] = mask; /* a grave: later keys may have passed by */
	} else {
		/* Nobody looks beyond a free place, so graves before one are not needed. */
		do {
			table->index[place] = 0;
			table->used--;
			place = (place - 1) & mask;
		} while (table->index[place] != 0 && (table->index[place] & mask) == mask);
	}
	if (layout->form == WR_KEY_BYTES) {
		struct wr_row_bytes *bytes = (struct wr_row_bytes *)row;
		uint32_t len = bytes->len & WR_ROW_KEY;
		if (len > WR_ROW_INLINE_MAX)
			wr_agg_pool_drop(table->pool, bytes->u.ptr, len);
	}
	*flags &= table->marks->keep;
	*wr_row_hash(layout, row) = table->free_row;
	table->free_row = number + 1;
	table->live--;
}

/* In order of row numbers, which is that of insertion until a removed row is used again. */
uint32_t wr_table_scan(const struct wr_table *table, uint64_t *cursor, uint8_t **slot, uint32_t max)
{
	const struct wr_row_layout *layout = table->layout;
	uint64_t row = *cursor;
	uint32_t count = 0;

	for (; row < table->rows && count < max; row++) {
		char *at = wr_table_row(table, (uint32_t)row);
		if (*wr_row_flags(layout, at) & WR_ROW_LIVE)
			slot[count++] = (uint8_t *)at + layout->header;
	}
	*cursor = row;
	return count;
}

void wr_table_prefetch_remove(const struct wr_table *table, uint8_t *slot)
{
	char *row = (char *)slot - table->layout->header;

	__builtin_prefetch(&table->index[*wr_row_hash(table->layout, row) & table->mask], 1);
}

uint64_t wr_table_used(const struct wr_table *table)
{
	return (uint64_t)table->live * (table->layout->row_size + INDEX_SHARE) +
	       (table->pool != NULL ? wr_agg_pool_used(table->pool) : 0);
}

uint64_t wr_table_bytes(const struct wr_table *table)
{
	return sizeof *table + table->chunk_capacity * sizeof *table->base +
	       ((uint64_t)table->noted[0].capacity + table->noted[1].capacity) * sizeof(uint8_t *) +
	       (table->pool != NULL ? wr_agg_pool_bytes(table->pool) : 0);
}

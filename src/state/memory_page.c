/* SPDX-License-Identifier: Apache-2.0
 *
 * memory_page - scans go on over the rows on disk: some at a time, in a page of memory that looks
 * like a piece of a table.
 *
 * The rows of a page stay where they are on disk; the page holds copies. Their variable parts lie
 * in the pool of the namespace, as those of its table do, so that callers need not know where a
 * slot lies. A row that is touched is put on disk again, in place of the old one, when the page
 * ends: at the next scan, a trim, a snapshot. One that is removed leaves the disk at once.
 *
 * Thread: the state's owner.
 */
#include "base/macros.h"
#include "base/mem.h"
#include "state/memory.h"

#define PAGE_MAX 1024u        /* rows of a page */
#define CHANGED  WR_ROW_USED  /* of a row in a page: it was touched */
#define ON_DISK  (1ull << 63) /* of a cursor: the table has been gone through */

static char *page_row(const struct wr_memory *memory, uint32_t index)
{
	return memory->page.rows + (size_t)index * memory->rows.row_size;
}

uint32_t wr_page_find(const struct wr_page *page, const struct wr_row_layout *layout,
		      const uint8_t *slot)
{
	const char *row = (const char *)slot - layout->header;

	if (page->table == NULL || slot == NULL || row < page->rows ||
	    row >= page->rows + (size_t)page->count * layout->row_size)
		return UINT32_MAX;
	return (uint32_t)((size_t)(row - page->rows) / layout->row_size);
}

void wr_page_touch(struct wr_memory *memory, uint32_t index)
{
	*wr_row_flags(&memory->rows, page_row(memory, index)) |= CHANGED;
}

/* The caller has dropped the variable parts. */
void wr_page_remove(struct wr_memory *memory, uint32_t index)
{
	struct wr_page *page = &memory->page;

	wr_spill_settle_again(memory, page->ns, &page->row[index]);
	wr_spill_delete(memory->spill, page->table->area, &page->row[index]);
	*wr_row_flags(&memory->rows, page_row(memory, index)) = 0;
}

/* Puts a row on disk again that has changed. */
static wr_status *put_back(struct wr_memory *memory, uint32_t index)
{
	struct wr_page *page = &memory->page;

	wr_spill_settle_again(memory, page->ns, &page->row[index]);
	wr_spill_delete(memory->spill, page->table->area, &page->row[index]);
	return wr_spill_store(memory, page->table, page_row(memory, index), true);
}

void wr_page_discard(struct wr_memory *memory)
{
	memory->page.table = NULL;
	memory->page.count = 0;
	wr_agg_pool_free(memory->page.keys);
	memory->page.keys = NULL;
}

void wr_page_end(struct wr_memory *memory)
{
	const struct wr_state_decl *decl = &memory->state.decl;
	struct wr_page *page = &memory->page;

	if (page->table == NULL)
		return;
	for (uint32_t i = 0; i < page->count; i++) {
		uint32_t mark = *wr_row_flags(&memory->rows, page_row(memory, i));

		if (!(mark & WR_ROW_LIVE))
			continue;
		if (mark & CHANGED) {
			wr_status *status = put_back(memory, i);

			if (status != NULL)
				wr_spill_keep_error(memory, status);
		}
		if (decl->codec->drop != NULL)
			decl->codec->drop(decl->codec_ctx, wr_table_pool(page->table),
					  (uint8_t *)page_row(memory, i) + memory->rows.header);
	}
	wr_page_discard(memory);
}

/* Fills the header of a row of the page. */
static void fill_key(struct wr_memory *memory, const struct wr_spill_row *row, char *to)
{
	uint32_t null_size = (memory->keys.count + 7) / 8;

	memset(to, 0, memory->rows.row_size);
	*wr_row_hash(&memory->rows, to) = row->record.hash;
	if (memory->keys.form == WR_KEY_BYTES) {
		struct wr_row_bytes *bytes = (struct wr_row_bytes *)to;
		char *key = bytes->u.inlined;

		bytes->len = (uint32_t)row->key.len;
		if (row->key.len > WR_ROW_INLINE_MAX)
			key = bytes->u.ptr = wr_agg_pool_alloc(memory->page.keys, row->key.len);
		memcpy(key, row->key.data, row->key.len);
	} else {
		void *words = memory->keys.form == WR_KEY_8
				  ? (void *)&((struct wr_row_8 *)to)->word
				  : (void *)((struct wr_row_24 *)to)->word;

		memcpy(wr_row_flags(&memory->rows, to), row->key.data, null_size);
		memcpy(words, row->key.data + null_size, row->key.len - null_size);
	}
	*wr_row_flags(&memory->rows, to) |=
	    WR_ROW_LIVE | memory->track.marks.born | wr_spill_saved(memory, row);
}

static wr_status *page_fill(struct wr_memory *memory, const struct wr_spill_entry *entry,
			    uint32_t count)
{
	struct wr_page *page = &memory->page;

	for (uint32_t i = 0; i < count; i++) {
		char *row = page_row(memory, i);

		WR_TRY(wr_spill_read(memory->spill, entry[i].position, &page->row[i]));
		fill_key(memory, &page->row[i], row);
		WR_TRY(wr_spill_load(memory, page->table, &page->row[i],
				     (uint8_t *)row + memory->rows.header));
		page->count++;
	}
	return NULL;
}

/* The last failure is that of the next trim: a scan cannot fail. */
uint32_t wr_page_scan(struct wr_memory *memory, int64_t ns, struct wr_table *table,
		      uint64_t *cursor, uint8_t **slot, uint32_t max)
{
	struct wr_spill_entry entry[PAGE_MAX];
	struct wr_page *page = &memory->page;
	uint64_t at = *cursor & ~ON_DISK;
	uint32_t count;
	wr_status *status;

	wr_page_end(memory);
	if (!(*cursor & ON_DISK))
		at = 0;
	count = wr_spill_scan(table->area, &at, entry, WR_MIN(max, PAGE_MAX));
	*cursor = at | ON_DISK;
	if (count > page->capacity) {
		page->capacity = WR_MIN(WR_MAX(count, 64), PAGE_MAX);
		wr_free(page->rows);
		wr_free(page->row);
		page->rows = wr_malloc((size_t)page->capacity * memory->rows.row_size);
		page->row = wr_malloc(page->capacity * sizeof *page->row);
	}
	if (count == 0)
		return 0;
	page->table = table;
	page->ns = ns;
	page->keys = wr_agg_pool_new();
	status = page_fill(memory, entry, count);
	if (status != NULL) {
		wr_spill_keep_error(memory, status);
		wr_page_end(memory);
		return 0;
	}
	for (uint32_t i = 0; i < count; i++)
		slot[i] = (uint8_t *)page_row(memory, i) + memory->rows.header;
	return count;
}

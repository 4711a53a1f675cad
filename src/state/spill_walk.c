/* SPDX-License-Identifier: Apache-2.0
 *
 * spill_walk - going through a log in order: for snapshots, and to put the last rows of a segment
 * again so that its file can go.
 */
#include "base/macros.h"
#include "base/mem.h"
#include "state/spill_inner.h"

#define CHUNK (256u << 10) /* bytes read at once */

static wr_status *damaged(void)
{
	return wr_status_new(WR_RESTART, "A file of spilled state is damaged");
}

static void reader_begin(struct wr_spill_reader *reader, uint32_t slot, uint64_t offset)
{
	reader->slot = slot;
	reader->offset = reader->read = WR_MAX(offset, WR_SPILL_UNIT);
	wr_text_clear(&reader->bytes);
}

/* Sees to it that `need` bytes from the next record on are there; false: the segment ends first. */
static wr_status *reader_fill(struct wr_spill *spill, struct wr_spill_reader *reader, size_t need,
			      bool *there)
{
	const struct wr_spill_segment *segment = &spill->segment[reader->slot];
	size_t have = (size_t)(reader->read - reader->offset);
	uint64_t end = segment->size;

	*there = have >= need;
	if (*there)
		return NULL;
	if (reader->slot == spill->active)
		end -= spill->buffer.len;
	if (end - reader->offset < need)
		return NULL;
	if (have > 0)
		memmove(reader->bytes.data, reader->bytes.data + reader->bytes.len - have, have);
	reader->bytes.len = have;
	while (reader->bytes.len < need) {
		size_t want = (size_t)WR_MIN(end - reader->read, WR_MAX(need - have, CHUNK)), got;
		char *to = wr_text_reserve(&reader->bytes, want);

		WR_TRY(wr_file_read_at(segment->file, to, want, (int64_t)reader->read, &got));
		if (got == 0)
			return damaged();
		reader->bytes.len += got;
		reader->read += got;
	}
	*there = true;
	return NULL;
}

/* The next record of the segment; row->position 0: its end. */
static wr_status *reader_next(struct wr_spill *spill, struct wr_spill_reader *reader,
			      struct wr_spill_row *row)
{
	const char *at;
	bool there;

	row->position = 0;
	WR_TRY(reader_fill(spill, reader, sizeof row->record, &there));
	if (!there)
		return NULL;
	at = reader->bytes.data + reader->bytes.len - (reader->read - reader->offset);
	memcpy(&row->record, at, sizeof row->record);
	if (row->record.size < sizeof row->record + (uint64_t)row->record.key_len)
		return damaged();
	WR_TRY(reader_fill(spill, reader, wr_spill_padded(row->record.size), &there));
	if (!there)
		return damaged();
	at = reader->bytes.data + reader->bytes.len - (reader->read - reader->offset);
	row->key = (struct wr_str){at + sizeof row->record, row->record.key_len};
	row->value = (struct wr_str){row->key.data + row->key.len,
				     row->record.size - sizeof row->record - row->key.len};
	row->position = reader->slot * spill->units + (uint32_t)(reader->offset / WR_SPILL_UNIT);
	reader->offset += wr_spill_padded(row->record.size);
	return NULL;
}

/* The area of a record that is not forgotten, or NULL. */
static struct wr_spill_area *row_area(struct wr_spill *spill, const struct wr_spill_row *row)
{
	struct wr_spill_area *area =
	    row->record.area < spill->area_count ? spill->area[row->record.area] : NULL;

	if (area == NULL || !wr_spill_index_has(&area->index, row->record.hash, row->position, 0))
		return NULL;
	return area;
}

/* --- walks --------------------------------------------------------------------------------------
 */

static bool place_before(struct wr_spill_place a, struct wr_spill_place b)
{
	return a.sequence != b.sequence ? a.sequence < b.sequence : a.offset < b.offset;
}

struct wr_spill_place wr_spill_end(const struct wr_spill *spill)
{
	struct wr_spill_place end = {.sequence = spill->sequence};

	if (spill->sequence != 0)
		end.offset = spill->segment[spill->active].size;
	return end;
}

bool wr_spill_segment_wanted(const struct wr_spill *spill, uint32_t slot)
{
	uint64_t sequence = spill->segment[slot].sequence;

	return spill->walking && sequence >= spill->walk_at.sequence &&
	       sequence <= spill->walk_to.sequence;
}

wr_status *wr_spill_walk_begin(struct wr_spill *spill, struct wr_spill_place from,
			       struct wr_spill_place to)
{
	WR_ASSERT(!spill->walking);
	WR_TRY(wr_spill_flush(spill)); /* readers look at files only */
	spill->walking = true;
	spill->walk_at = from;
	spill->walk_to = to;
	spill->walk.slot = UINT32_MAX;
	return NULL;
}

void wr_spill_walk_stop(struct wr_spill *spill)
{
	spill->walking = false;
	wr_text_release(&spill->walk.bytes);
}

bool wr_spill_walk_wants(const struct wr_spill *spill, uint32_t position)
{
	struct wr_spill_place place = {.sequence = spill->segment[position / spill->units].sequence,
				       .offset =
					   (uint64_t)(position % spill->units) * WR_SPILL_UNIT};

	return spill->walking && !place_before(place, spill->walk_at) &&
	       place_before(place, spill->walk_to);
}

/* The segment with the lowest sequence from `sequence` on, or UINT32_MAX. */
static uint32_t next_segment(const struct wr_spill *spill, uint64_t sequence)
{
	uint32_t next = UINT32_MAX;

	for (uint32_t i = 0; i < spill->segment_count; i++)
		if (spill->segment[i].sequence != 0 && spill->segment[i].sequence >= sequence &&
		    (next == UINT32_MAX ||
		     spill->segment[i].sequence < spill->segment[next].sequence))
			next = i;
	return next;
}

wr_status *wr_spill_walk_next(struct wr_spill *spill, struct wr_spill_row *row,
			      struct wr_spill_area **area, uint64_t *spent)
{
	*area = NULL;
	while (place_before(spill->walk_at, spill->walk_to)) {
		if (spill->walk.slot == UINT32_MAX ||
		    spill->segment[spill->walk.slot].sequence != spill->walk_at.sequence) {
			uint32_t slot = next_segment(spill, spill->walk_at.sequence);

			if (slot == UINT32_MAX ||
			    spill->segment[slot].sequence > spill->walk_to.sequence)
				break;
			if (spill->segment[slot].sequence != spill->walk_at.sequence)
				spill->walk_at = (struct wr_spill_place){
				    spill->segment[slot].sequence, WR_SPILL_UNIT};
			reader_begin(&spill->walk, slot, spill->walk_at.offset);
		}
		WR_TRY(reader_next(spill, &spill->walk, row));
		if (row->position == 0) {
			spill->walk_at.sequence++;
			spill->walk_at.offset = 0;
			continue;
		}
		spill->walk_at.offset = spill->walk.offset;
		*spent += row->record.size;
		*area = row_area(spill, row);
		if (*area != NULL)
			return NULL;
	}
	spill->walk_at = spill->walk_to;
	return NULL;
}

/* --- keeping it short ---------------------------------------------------------------------------
 */

/* Removes segments in which nothing is left; returns the one that is best emptied next, or
 * UINT32_MAX. */
static wr_status *pick(struct wr_spill *spill, uint32_t *victim)
{
	*victim = UINT32_MAX;
	for (uint32_t i = 0; i < spill->segment_count; i++) {
		struct wr_spill_segment *segment = &spill->segment[i];

		if (segment->sequence == 0 || i == spill->active ||
		    wr_spill_segment_wanted(spill, i))
			continue;
		if (segment->live == 0) {
			WR_TRY(wr_spill_segment_remove(spill, i));
			continue;
		}
		if (*victim == UINT32_MAX || segment->live_bytes * spill->segment[*victim].size <
						 spill->segment[*victim].live_bytes * segment->size)
			*victim = i;
	}
	return NULL;
}

/* Puts a row again that is still there. */
static wr_status *put_again(struct wr_spill *spill, const struct wr_spill_row *row,
			    struct wr_spill_area *area)
{
	struct wr_spill_segment *segment;
	uint64_t padded = wr_spill_padded(row->record.size);
	uint32_t position;

	WR_TRY(wr_spill_room(spill));
	segment = &spill->segment[spill->active];
	position = spill->active * spill->units + (uint32_t)(segment->size / WR_SPILL_UNIT);
	wr_text_add(&spill->buffer, row->key.data - sizeof row->record, padded);
	(void)wr_spill_index_has(&area->index, row->record.hash, row->position, position);
	segment->size += padded;
	segment->live_bytes += padded;
	segment->live++;
	spill->size += padded;
	spill->live_bytes += padded;
	wr_spill_forget(spill, row->position / spill->units, padded);
	return spill->buffer.len >= CHUNK ? wr_spill_flush(spill) : NULL;
}

wr_status *wr_spill_collect(struct wr_spill *spill, uint64_t budget)
{
	struct wr_spill_row row;
	uint64_t spent = 0;

	while (spent < budget) {
		if (spill->collect.slot == UINT32_MAX) {
			uint32_t victim;

			WR_TRY(pick(spill, &victim));
			if (victim == UINT32_MAX ||
			    spill->size <
				2 * spill->live_bytes + 2 * (uint64_t)spill->dir->segment_size)
				return NULL;
			reader_begin(&spill->collect, victim, 0);
		}
		if (wr_spill_segment_wanted(spill, spill->collect.slot))
			return NULL;
		WR_TRY(reader_next(spill, &spill->collect, &row));
		if (row.position == 0) {
			WR_ASSERT(spill->segment[spill->collect.slot].live == 0);
			WR_TRY(wr_spill_segment_remove(spill, spill->collect.slot));
			spill->collect.slot = UINT32_MAX;
			continue;
		}
		struct wr_spill_area *area = row_area(spill, &row);
		spent += row.record.size;
		if (area != NULL)
			WR_TRY(put_again(spill, &row, area));
	}
	return NULL;
}

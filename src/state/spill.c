/* SPDX-License-Identifier: Apache-2.0
 *
 * spill - see spill.h: the folder, and putting, finding and deleting rows.
 */
#include <unistd.h>

#include "base/macros.h"
#include "base/mem.h"
#include "state/spill_inner.h"

#define SEGMENT_SIZE (64u << 20)
#define BUFFER_SIZE  (256u << 10)
#define READ_GUESS   512u /* bytes of a first read: most rows are shorter */
#define FOUND_MAX    16   /* rows of one hash looked at together */
#define NAME_PREFIX  "weir-spill-"

/* --- the folder ---------------------------------------------------------------------------------
 */

struct wr_spill_dir *wr_spill_dir_new(const struct wr_spill_options *options)
{
	struct wr_spill_dir *dir = wr_calloc(1, sizeof *dir);

	dir->env = options->env != NULL ? options->env : wr_env_system();
	dir->base = wr_strdup(options->dir);
	dir->segment_size = options->segment_size != 0 ? options->segment_size : SEGMENT_SIZE;
	return dir;
}

void wr_spill_dir_free(struct wr_spill_dir *dir)
{
	if (dir == NULL)
		return;
	if (dir->path != NULL)
		wr_status_free(dir->env->ops->remove(dir->env, dir->path));
	wr_free(dir->path);
	wr_free(dir->base);
	wr_free(dir);
}

uint64_t wr_spill_dir_disk(const struct wr_spill_dir *dir)
{
	return dir->disk;
}

/* "weir-spill-HOST-PID-": who a folder belongs to. */
static void owner_name(struct wr_text *name, long pid)
{
	char host[65] = "";

	(void)gethostname(host, sizeof host - 1);
	wr_text_printf(name, "%s%s-%ld-", NAME_PREFIX, host, pid);
}

static wr_status *remove_file(void *ctx, const char *name)
{
	const struct wr_spill_dir *dir = ctx;
	struct wr_text path = {0};
	wr_status *status;

	wr_text_printf(&path, "%s/%s", dir->path, name);
	status = dir->env->ops->remove(dir->env, path.data);
	wr_text_release(&path);
	return status;
}

/* A folder of a process of this machine that is gone is removed with its files. What cannot be
 * removed stays: it is nobody's harm. */
static wr_status *remove_stale(void *ctx, const char *name)
{
	struct wr_spill_dir *dir = ctx, stale = {.env = dir->env};
	struct wr_file_info info = {0};
	struct wr_text text = {0};
	const char *dash = strrchr(name, '-');
	long pid = 0;

	if (strncmp(name, NAME_PREFIX, strlen(NAME_PREFIX)) != 0 || dash == NULL)
		return NULL;
	while (dash > name && dash[-1] != '-')
		dash--;
	for (; *dash >= '0' && *dash <= '9' && pid < 1000000000; dash++)
		pid = pid * 10 + (*dash - '0');
	owner_name(&text, pid);
	if (pid > 0 && strncmp(name, text.data, text.len) == 0) {
		wr_text_clear(&text);
		wr_text_printf(&text, "/proc/%ld", pid);
		wr_status_free(dir->env->ops->stat(dir->env, text.data, &info));
		wr_text_clear(&text);
		wr_text_printf(&text, "%s/%s", dir->base, name);
		stale.path = text.data;
		if (!info.exists) {
			wr_status_free(
			    dir->env->ops->list(dir->env, text.data, remove_file, &stale));
			wr_status_free(dir->env->ops->remove(dir->env, text.data));
		}
	}
	wr_text_release(&text);
	return NULL;
}

static wr_status *dir_make(struct wr_spill_dir *dir)
{
	struct wr_text name = {0};
	uint64_t random;
	wr_status *status;

	if (dir->path != NULL)
		return NULL;
	WR_TRY(dir->env->ops->make_dirs(dir->env, dir->base));
	wr_status_free(dir->env->ops->list(dir->env, dir->base, remove_stale, dir));
	dir->env->ops->random(dir->env, &random, sizeof random);
	wr_text_printf(&name, "%s/", dir->base);
	owner_name(&name, (long)getpid());
	wr_text_printf(&name, "%016llx", (unsigned long long)random);
	status = dir->env->ops->make_dirs(dir->env, name.data);
	if (status == NULL)
		dir->path = name.data;
	else
		wr_text_release(&name);
	return status;
}

/* --- segments -----------------------------------------------------------------------------------
 */

static void segment_path(const struct wr_spill *spill, uint64_t sequence, struct wr_text *path)
{
	wr_text_init(path);
	wr_text_printf(path, "%s/%u.%llu", spill->dir->path, spill->name,
		       (unsigned long long)sequence);
}

static wr_status *spill_failed(wr_status *status)
{
	return wr_status_hint(status, "State is spilled to this folder: make room in it, or name "
				      "another one (SET 'weir.state.spill.dir')");
}

wr_status *wr_spill_flush(struct wr_spill *spill)
{
	wr_status *status;

	if (spill->out == NULL || spill->buffer.len == 0)
		return NULL;
	status = wr_file_write(spill->out, spill->buffer.data, spill->buffer.len);
	spill->dir->disk += spill->buffer.len;
	wr_text_clear(&spill->buffer);
	return spill_failed(status);
}

/* A free slot for a segment. */
static uint32_t slot_take(struct wr_spill *spill)
{
	uint32_t slot = 0;

	while (slot < spill->segment_count && spill->segment[slot].sequence != 0)
		slot++;
	if (slot == spill->segment_count) {
		spill->segment = wr_realloc(spill->segment, (slot + 1) * sizeof *spill->segment);
		spill->segment_count++;
	}
	return slot;
}

wr_status *wr_spill_room(struct wr_spill *spill)
{
	static const char zeros[WR_SPILL_UNIT];
	struct wr_spill_segment segment = {.sequence = spill->sequence + 1, .size = WR_SPILL_UNIT};
	struct wr_text path;
	wr_status *status;
	uint32_t slot;

	if (spill->out != NULL && spill->segment[spill->active].size < spill->dir->segment_size)
		return NULL;
	WR_TRY(wr_spill_flush(spill));
	status = wr_file_close(spill->out);
	spill->out = NULL;
	if (status != NULL)
		return spill_failed(status);
	WR_TRY(spill_failed(dir_make(spill->dir)));
	slot = slot_take(spill);
	spill->segment[slot].sequence = 0;
	if ((uint64_t)(slot + 1) * spill->units > UINT32_MAX)
		return wr_status_hint(
		    wr_status_new(WR_FATAL,
				  "A state has more than %llu GB on "
				  "disk in one worker",
				  (unsigned long long)UINT32_MAX * WR_SPILL_UNIT >> 30),
		    "Use more workers ('parallelism.default')");
	segment_path(spill, segment.sequence, &path);
	status = wr_file_open(spill->dir->env, path.data, WR_OPEN_CREATE, &spill->out);
	if (status == NULL)
		status = wr_file_open(spill->dir->env, path.data, WR_OPEN_READ, &segment.file);
	wr_text_release(&path);
	if (status != NULL)
		return spill_failed(status);
	wr_text_add(&spill->buffer, zeros, sizeof zeros);
	spill->segment[slot] = segment;
	spill->active = slot;
	spill->sequence = segment.sequence;
	spill->size += segment.size;
	return NULL;
}

wr_status *wr_spill_segment_remove(struct wr_spill *spill, uint32_t slot)
{
	struct wr_spill_segment *segment = &spill->segment[slot];
	struct wr_text path;
	wr_status *status;

	WR_ASSERT(segment->live == 0 && slot != spill->active);
	status = wr_file_close(segment->file);
	segment_path(spill, segment->sequence, &path);
	if (status == NULL)
		status = spill->dir->env->ops->remove(spill->dir->env, path.data);
	wr_text_release(&path);
	spill->size -= segment->size;
	spill->live_bytes -= segment->live_bytes;
	spill->dir->disk -= WR_MIN(segment->size, spill->dir->disk);
	*segment = (struct wr_spill_segment){0};
	return status;
}

void wr_spill_forget(struct wr_spill *spill, uint32_t slot, uint64_t bytes)
{
	struct wr_spill_segment *segment = &spill->segment[slot];

	WR_ASSERT(segment->live > 0);
	if (bytes == 0)
		bytes = segment->live_bytes / segment->live;
	bytes = WR_MIN(bytes, segment->live_bytes);
	segment->live--;
	segment->live_bytes -= bytes;
	spill->live_bytes -= bytes;
}

/* --- logs and areas -----------------------------------------------------------------------------
 */

struct wr_spill *wr_spill_new(struct wr_spill_dir *dir)
{
	struct wr_spill *spill = wr_calloc(1, sizeof *spill);

	spill->dir = dir;
	spill->name = dir->logs++;
	spill->units = (dir->segment_size + WR_SPILL_UNIT - 1) / WR_SPILL_UNIT;
	spill->collect.slot = spill->walk.slot = UINT32_MAX;
	return spill;
}

/* The files go without regard to what they hold. */
void wr_spill_free(struct wr_spill *spill)
{
	if (spill == NULL)
		return;
	for (uint32_t i = 0; i < spill->area_count; i++) {
		if (spill->area[i] == NULL)
			continue;
		wr_spill_index_release(&spill->area[i]->index);
		wr_free(spill->area[i]);
	}
	wr_status_free(wr_file_close(spill->out));
	spill->active = UINT32_MAX;
	for (uint32_t i = 0; i < spill->segment_count; i++) {
		spill->segment[i].live = 0;
		if (spill->segment[i].sequence != 0)
			wr_status_free(wr_spill_segment_remove(spill, i));
	}
	wr_free(spill->segment);
	wr_free(spill->area);
	wr_text_release(&spill->buffer);
	wr_text_release(&spill->found);
	wr_text_release(&spill->victim);
	wr_text_release(&spill->collect.bytes);
	wr_text_release(&spill->walk.bytes);
	wr_free(spill);
}

uint64_t wr_spill_bytes(const struct wr_spill *spill)
{
	uint64_t bytes = sizeof *spill + spill->segment_count * sizeof *spill->segment +
			 spill->area_count * sizeof(struct wr_spill_area *) +
			 spill->buffer.capacity + spill->found.capacity + spill->victim.capacity +
			 spill->collect.bytes.capacity + spill->walk.bytes.capacity;

	for (uint32_t i = 0; i < spill->area_count; i++)
		if (spill->area[i] != NULL)
			bytes += sizeof *spill->area[i] + spill->area[i]->index.bytes;
	return bytes;
}

uint32_t wr_spill_segment_size(const struct wr_spill *spill)
{
	return spill->dir->segment_size;
}

uint64_t wr_spill_size(const struct wr_spill *spill)
{
	return spill->size;
}

struct wr_spill_area *wr_spill_area_new(struct wr_spill *spill, int64_t ns)
{
	struct wr_spill_area *area = wr_calloc(1, sizeof *area);

	wr_spill_index_init(&area->index);
	area->ns = ns;
	while (area->number < spill->area_count && spill->area[area->number] != NULL)
		area->number++;
	if (area->number == spill->area_count) {
		uint32_t count = WR_MAX(4, 2 * spill->area_count);

		spill->area = wr_realloc(spill->area, count * sizeof(struct wr_spill_area *));
		for (uint32_t i = spill->area_count; i < count; i++)
			spill->area[i] = NULL;
		spill->area_count = count;
	}
	spill->area[area->number] = area;
	return area;
}

void wr_spill_area_free(struct wr_spill *spill, struct wr_spill_area *area)
{
	struct wr_spill_entry entry[64];
	uint64_t cursor = 0;
	uint32_t count;

	while ((count = wr_spill_scan(area, &cursor, entry, WR_COUNT(entry))) > 0)
		for (uint32_t i = 0; i < count; i++)
			wr_spill_forget(spill, entry[i].position / spill->units, 0);
	spill->area[area->number] = NULL;
	wr_spill_index_release(&area->index);
	wr_free(area);
}

uint64_t wr_spill_area_count(const struct wr_spill_area *area)
{
	return area->index.count;
}

int64_t wr_spill_area_ns(const struct wr_spill_area *area)
{
	return area->ns;
}

/* --- rows ---------------------------------------------------------------------------------------
 */

struct wr_text *wr_spill_put_begin(struct wr_spill *spill, struct wr_spill_area *area,
				   uint32_t hash, uint32_t generation, uint32_t marks)
{
	struct wr_spill_record record = {
	    .area = area->number, .hash = hash, .generation = generation, .marks = marks};

	spill->record = spill->buffer.len;
	wr_text_add(&spill->buffer, &record, sizeof record);
	return &spill->buffer;
}

void wr_spill_put_value(struct wr_spill *spill)
{
	size_t len = spill->buffer.len - spill->record - sizeof(struct wr_spill_record);
	uint32_t key_len = (uint32_t)len;

	memcpy(spill->buffer.data + spill->record + offsetof(struct wr_spill_record, key_len),
	       &key_len, sizeof key_len);
}

/* The record is in the buffer behind what the active segment has; if that is full, the record goes
 * first into the next one. */
wr_status *wr_spill_put_end(struct wr_spill *spill, struct wr_spill_area *area)
{
	static const char zeros[WR_SPILL_UNIT];
	struct wr_spill_segment *segment;
	struct wr_spill_record record;
	size_t len = spill->buffer.len - spill->record;
	uint64_t padded = wr_spill_padded(len);
	uint32_t size = (uint32_t)len;

	if (len > UINT32_MAX / 2)
		return wr_status_new(WR_FATAL, "A row of state takes more than 2 GB");
	memcpy(spill->buffer.data + spill->record, &size, sizeof size);
	memcpy(&record, spill->buffer.data + spill->record, sizeof record);
	wr_text_add(&spill->buffer, zeros, padded - len);
	if (spill->out == NULL || spill->segment[spill->active].size >= spill->dir->segment_size) {
		wr_text_clear(&spill->found);
		wr_text_add(&spill->found, spill->buffer.data + spill->record, padded);
		spill->buffer.len = spill->record;
		WR_TRY(wr_spill_room(spill));
		wr_text_add(&spill->buffer, spill->found.data, padded);
	}
	segment = &spill->segment[spill->active];
	wr_spill_index_add(&area->index, record.hash,
			   spill->active * spill->units +
			       (uint32_t)(segment->size / WR_SPILL_UNIT));
	segment->size += padded;
	segment->live_bytes += padded;
	segment->live++;
	spill->size += padded;
	spill->live_bytes += padded;
	return spill->buffer.len >= BUFFER_SIZE ? wr_spill_flush(spill) : NULL;
}

/* Bytes of a segment, from its file or from the buffer. */
static wr_status *segment_read(struct wr_spill *spill, uint32_t slot, uint64_t offset, size_t len,
			       char *to, size_t *got)
{
	const struct wr_spill_segment *segment = &spill->segment[slot];

	if (slot == spill->active) {
		uint64_t written = segment->size - spill->buffer.len;

		if (offset >= written) {
			*got = WR_MIN(len, segment->size - offset);
			memcpy(to, spill->buffer.data + (offset - written), *got);
			return NULL;
		}
		len = WR_MIN(len, written - offset);
	}
	return spill_failed(wr_file_read_at(segment->file, to, len, (int64_t)offset, got));
}

wr_status *wr_spill_read(struct wr_spill *spill, uint32_t position, struct wr_spill_row *row)
{
	uint32_t slot = position / spill->units;
	uint64_t offset = (uint64_t)(position % spill->units) * WR_SPILL_UNIT;
	size_t got = 0, more;
	char *to;

	wr_text_clear(&spill->found);
	to = wr_text_reserve(&spill->found, READ_GUESS);
	WR_TRY(segment_read(spill, slot, offset, READ_GUESS, to, &got));
	if (got >= sizeof row->record)
		memcpy(&row->record, to, sizeof row->record);
	if (got < sizeof row->record ||
	    row->record.size < sizeof row->record + (uint64_t)row->record.key_len)
		return wr_status_new(WR_RESTART, "A file of spilled state is damaged");
	if (got < row->record.size) {
		to = wr_text_reserve(&spill->found, row->record.size);
		while (got < row->record.size) {
			WR_TRY(segment_read(spill, slot, offset + got, row->record.size - got,
					    to + got, &more));
			if (more == 0)
				return wr_status_new(WR_RESTART,
						     "A file of spilled state was cut short");
			got += more;
		}
	}
	row->position = position;
	row->key = (struct wr_str){to + sizeof row->record, row->record.key_len};
	row->value = (struct wr_str){row->key.data + row->key.len,
				     row->record.size - sizeof row->record - row->key.len};
	return NULL;
}

void wr_spill_prefetch(const struct wr_spill_area *area, uint32_t hash)
{
	wr_spill_index_prefetch(&area->index, hash);
}

wr_status *wr_spill_find(struct wr_spill *spill, const struct wr_spill_area *area, uint32_t hash,
			 struct wr_str key, struct wr_spill_row *row)
{
	uint32_t position[FOUND_MAX], skip = 0, count;

	do {
		count = wr_spill_index_find(&area->index, hash, skip, position, WR_COUNT(position));
		skip += count;
		for (uint32_t i = 0; i < count; i++) {
			WR_TRY(wr_spill_read(spill, position[i], row));
			if (row->key.len == key.len &&
			    memcmp(row->key.data, key.data, key.len) == 0)
				return NULL;
		}
	} while (count == WR_COUNT(position));
	row->position = 0;
	return NULL;
}

void wr_spill_delete(struct wr_spill *spill, struct wr_spill_area *area,
		     const struct wr_spill_row *row)
{
	wr_spill_index_remove(&area->index, row->record.hash, row->position);
	wr_spill_forget(spill, row->position / spill->units, wr_spill_padded(row->record.size));
}

/* A cursor: the next hash, 33 bits, and how many rows of it have been met. */
uint32_t wr_spill_scan(const struct wr_spill_area *area, uint64_t *cursor,
		       struct wr_spill_entry *entry, uint32_t max)
{
	uint64_t hash = *cursor >> 28;
	uint32_t skip = (uint32_t)(*cursor & ((1u << 28) - 1));
	uint32_t count = wr_spill_index_scan(&area->index, &hash, &skip, entry, max);

	*cursor = hash << 28 | skip;
	return count;
}

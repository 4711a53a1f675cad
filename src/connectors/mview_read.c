/* SPDX-License-Identifier: Apache-2.0
 *
 * mview_read - look-ups and scans of a view.
 *
 * Who reads copies the bytes with the shard locked, and decodes them afterwards. A look-up of one
 * key needs no more: what it finds belongs to the version that is shown while it has the lock. A
 * scan, and a look-up of several keys, pins its version first.
 */
#include "base/limits.h"
#include "base/macros.h"
#include "base/mem.h"
#include "base/varint.h"
#include "connectors/mview_store.h"
#include "expr/expr.h"

#define PIECE_ENTRIES 256 /* looked at with one hold of a lock: some 20 microseconds */

/* --- pins ---------------------------------------------------------------------------------- */

uint64_t wr_mview_horizon(const struct wr_mview *view)
{
	uint64_t least = view->shown;

	for (const struct wr_mview_pin *pin = view->pin; pin != NULL; pin = pin->next)
		if (!atomic_load(&pin->cut) && pin->version < least)
			least = pin->version;
	return least;
}

struct wr_mview_pin *wr_mview_pin(struct wr_mview *view, const void *run)
{
	struct wr_mview_pin *pin = NULL, **end;

	pthread_mutex_lock(&view->lock);
	for (end = &view->pin; *end != NULL; end = &(*end)->next)
		if (run != NULL && (*end)->run == run && !atomic_load(&(*end)->cut))
			pin = *end;
	if (pin == NULL) {
		pin = wr_calloc(1, sizeof *pin);
		pin->version = view->shown;
		pin->run = run;
		*end = pin;
	}
	pin->refs++;
	view->scans++;
	pthread_mutex_unlock(&view->lock);
	return pin;
}

void wr_mview_unpin(struct wr_mview *view, struct wr_mview_pin *pin)
{
	struct wr_mview_pin **from;

	if (pin == NULL)
		return;
	pthread_mutex_lock(&view->lock);
	view->scans--;
	if (--pin->refs > 0) {
		pthread_mutex_unlock(&view->lock);
		return;
	}
	for (from = &view->pin; *from != pin; from = &(*from)->next)
		;
	*from = pin->next;
	pthread_mutex_unlock(&view->lock);
	wr_free(pin);
}

/* --- output -------------------------------------------------------------------------------- */

void wr_mview_output_init(struct wr_mview_output *out, const struct wr_mview *view,
			  const uint32_t *column, uint32_t count)
{
	uint32_t all = view->schema.count;
	struct wr_builder **of = wr_calloc((size_t)all + 1, sizeof(struct wr_builder *));

	if (column == NULL)
		count = all;
	*out = (struct wr_mview_output){.count = count};
	out->builder = wr_calloc((size_t)count + 1, sizeof(struct wr_builder *));
	out->key = wr_calloc((size_t)view->key_count + 1, sizeof(struct wr_builder *));
	out->rest = wr_calloc((size_t)view->rest_count + 1, sizeof(struct wr_builder *));
	for (uint32_t i = 0; i < count; i++) {
		uint32_t c = column != NULL ? column[i] : i;

		out->builder[i] = wr_builder_new(view->schema.field[c].type, 16);
		of[c] = out->builder[i];
	}
	for (uint32_t i = 0; i < view->key_count; i++)
		out->key[i] = of[view->key[i]];
	for (uint32_t i = 0; i < view->rest_count; i++)
		out->rest[i] = of[view->rest[i]];
	wr_free(of);
}

void wr_mview_output_release(struct wr_mview_output *out)
{
	for (uint32_t i = 0; i < out->count; i++)
		wr_builder_free(out->builder[i]);
	wr_free(out->builder);
	wr_free(out->key);
	wr_free(out->rest);
	*out = (struct wr_mview_output){0};
}

void wr_mview_output_add(struct wr_mview_output *out, const struct wr_mview *view,
			 struct wr_str key, struct wr_str rest)
{
	WR_REQUIRE(wr_codec_decode(&view->key_codec, key.data, key.data + key.len, out->key) !=
		   NULL);
	WR_REQUIRE(wr_codec_decode(&view->rest_codec, rest.data, rest.data + rest.len, out->rest) !=
		   NULL);
	out->rows++;
}

struct wr_batch *wr_mview_output_take(struct wr_mview_output *out)
{
	struct wr_batch *batch;

	if (out->rows == 0)
		return NULL;
	batch = wr_batch_new(out->count, out->rows);
	for (uint32_t i = 0; i < out->count; i++)
		batch->column[i] = wr_builder_finish(out->builder[i]);
	batch->watermark = WR_WATERMARK_MIN;
	out->rows = 0;
	return batch;
}

/* --- copies: the key, the rest, how many times ---------------------------------------------- */

static void copy_put(struct wr_text *to, const struct wr_mview_entry *entry,
		     const struct wr_mview_link *link, uint64_t times)
{
	wr_varint_put_piece(to, (struct wr_str){entry->key, entry->key_len});
	wr_varint_put_piece(to, (struct wr_str){link->bytes, link->len});
	wr_varint_put(to, times);
}

/* Decodes the copies in `text`. */
static void copy_take(struct wr_mview *view, const struct wr_text *text,
		      struct wr_mview_output *out)
{
	const char *at = wr_text_str(text), *end = at + text->len;

	while (at < end) {
		struct wr_str key, rest;
		uint64_t times = 0;

		at = wr_varint_get_piece(at, end, &key);
		WR_REQUIRE(at != NULL);
		at = wr_varint_get_piece(at, end, &rest);
		WR_REQUIRE(at != NULL);
		at = wr_varint_get(at, end, &times);
		WR_REQUIRE(at != NULL);
		for (uint64_t i = 0; i < times; i++)
			wr_mview_output_add(out, view, key, rest);
	}
}

/* --- scans --------------------------------------------------------------------------------- */

/* With the shard locked: copies rows of up to PIECE_ENTRIES entries; returns how many rows. */
static uint32_t read_piece(struct wr_mview *view, const struct wr_mview_pin *pin,
			   struct wr_mview_cursor *cursor, struct wr_text *copies, uint32_t room)
{
	struct wr_mview_shard *shard = &view->shard[cursor->shard];
	uint32_t end = WR_MIN(shard->used, cursor->entry + PIECE_ENTRIES), rows = 0;

	for (; cursor->entry < end && rows < room; cursor->entry++) {
		const struct wr_mview_entry *entry = &shard->entry[cursor->entry];
		const struct wr_mview_link *link = wr_mview_seen(entry, pin->version);
		int64_t times = cursor->again > 0 ? cursor->again : link != NULL ? link->count : 0;

		if (link == NULL)
			continue;
		cursor->again = times > room - rows ? times - (room - rows) : 0;
		times -= cursor->again;
		copy_put(copies, entry, link, (uint64_t)times);
		rows += (uint32_t)times;
		if (cursor->again > 0)
			return rows;
	}
	if (cursor->entry >= shard->used) {
		cursor->shard++;
		cursor->entry = 0;
	}
	return rows;
}

wr_status *wr_mview_read(struct wr_mview *view, const struct wr_mview_pin *pin,
			 struct wr_mview_cursor *cursor, struct wr_mview_output *out,
			 uint32_t rows_max)
{
	struct wr_text copies;
	uint32_t rows = 0;
	bool cut = false;

	wr_text_init(&copies);
	while (cursor->shard < cursor->shard_end && rows < rows_max && !cut) {
		struct wr_mview_shard *shard = &view->shard[cursor->shard];

		pthread_mutex_lock(&shard->lock);
		rows += read_piece(view, pin, cursor, &copies, rows_max - rows);
		/* V1: the writer says so before it takes the lock to free. */
		cut = atomic_load(&pin->cut);
		pthread_mutex_unlock(&shard->lock);
	}
	if (!cut)
		copy_take(view, &copies, out);
	wr_text_release(&copies);
	if (!cut)
		return NULL;
	return wr_status_hint(
	    wr_status_new(WR_RETRY,
			  "Reading materialized table '%s' took so long that the rows it had left "
			  "to read were given up",
			  view->name),
	    "Read again, and take the rows faster, or fewer of them");
}

struct wr_mview_scan {
	struct wr_mview *view; /* a reference */
	struct wr_mview_pin *pin;
	struct wr_mview_cursor cursor;
};

struct wr_mview_scan *wr_mview_scan_open(struct wr_mview *view, const void *run)
{
	struct wr_mview_scan *scan = wr_calloc(1, sizeof *scan);

	scan->view = wr_mview_ref(view);
	scan->pin = wr_mview_pin(view, run);
	scan->cursor.shard_end = WR_MVIEW_SHARDS;
	return scan;
}

uint64_t wr_mview_scan_version(const struct wr_mview_scan *scan)
{
	return scan->pin->version;
}

wr_status *wr_mview_scan_next(struct wr_mview_scan *scan, const uint32_t *wanted,
			      uint32_t wanted_count, uint32_t rows_max, struct wr_batch **out)
{
	struct wr_mview_output output;
	wr_status *status;

	wr_mview_output_init(&output, scan->view, wanted, wanted_count);
	status = wr_mview_read(scan->view, scan->pin, &scan->cursor, &output,
			       WR_MIN(rows_max, WR_BATCH_ROWS_MAX));
	*out = status == NULL ? wr_mview_output_take(&output) : NULL;
	wr_mview_output_release(&output);
	return status;
}

void wr_mview_scan_close(struct wr_mview_scan *scan)
{
	if (scan == NULL)
		return;
	wr_mview_unpin(scan->view, scan->pin);
	wr_mview_unref(scan->view);
	wr_free(scan);
}

/* --- look-ups ------------------------------------------------------------------------------ */

/* Copies what is under a key in the pinned version, or in the one that is shown. */
static void look_up(struct wr_mview *view, struct wr_str key, const struct wr_mview_pin *pin,
		    struct wr_text *copies, uint64_t *version)
{
	uint64_t hash = wr_codec_hash(key.data, key.len);
	struct wr_mview_shard *shard = wr_mview_shard_of(view, hash);
	const struct wr_mview_link *link;
	uint32_t at;

	pthread_mutex_lock(&shard->lock);
	*version = pin != NULL ? pin->version : atomic_load(&view->shown);
	at = wr_mview_find(shard, hash, key);
	link = at == WR_MVIEW_NONE ? NULL : wr_mview_seen(&shard->entry[at], *version);
	if (link != NULL)
		copy_put(copies, &shard->entry[at], link, 1);
	pthread_mutex_unlock(&shard->lock);
}

void wr_mview_get(struct wr_mview *view, const struct wr_mview_pin *pin,
		  struct wr_column *const *key, uint32_t first, uint32_t count,
		  struct wr_mview_output *out, uint32_t *asked, uint64_t *version)
{
	struct wr_text bytes, copies;

	wr_text_init(&bytes);
	wr_text_init(&copies);
	for (uint32_t i = 0; i < count; i++) {
		size_t before = copies.len;

		wr_text_clear(&bytes);
		wr_codec_encode(&view->key_codec, &bytes, key, first + i);
		look_up(view, (struct wr_str){wr_text_str(&bytes), bytes.len}, pin, &copies,
			version);
		if (asked != NULL && copies.len > before)
			*asked++ = first + i;
	}
	copy_take(view, &copies, out);
	wr_text_release(&bytes);
	wr_text_release(&copies);
}

wr_status *wr_mview_lookup(struct wr_mview *view, struct wr_column *const *key, uint32_t count,
			   struct wr_batch **out, uint64_t *version)
{
	struct wr_mview_pin *pin = NULL;
	struct wr_mview_output output;
	uint64_t seen = view->shown;

	*out = NULL;
	if (view->bag)
		return wr_status_new(WR_USER_ERROR,
				     "Materialized table '%s' has no key to look rows up by",
				     view->name);
	if (count > 1)
		pin = wr_mview_pin(view, NULL);
	wr_mview_output_init(&output, view, NULL, 0);
	wr_mview_get(view, pin, key, 0, count, &output, NULL, &seen);
	wr_mview_unpin(view, pin);
	*out = wr_mview_output_take(&output);
	wr_mview_output_release(&output);
	if (version != NULL)
		*version = seen;
	return NULL;
}

wr_status *wr_mview_value(struct wr_mview *view, uint32_t column, const char *text,
			  const char *zone_id, struct wr_column **out)
{
	const struct wr_field *field = &view->schema.field[column];
	struct wr_expr_pool pool;
	struct wr_arena arena;
	struct wr_expr *expr;
	wr_status *status;

	*out = NULL;
	if (text == NULL) {
		*out = wr_column_null(field->type);
		return NULL;
	}
	wr_arena_init(&arena);
	wr_expr_pool_init(&pool, &arena);
	pool.zone_id = zone_id;
	expr = wr_expr_string(&pool, text, (uint32_t)strlen(text));
	status = wr_expr_cast(&pool, expr, field->type, true, &expr);
	if (status == NULL) {
		expr = wr_expr_fold(&pool, expr);
		if (expr->kind == WR_E_CONST && wr_column_is_valid(expr->value, 0))
			*out = wr_column_retype(expr->value, field->type);
		else
			status = wr_status_new(WR_USER_ERROR,
					       "'%s' is no value of column '%s' of materialized "
					       "table '%s'",
					       text, field->name, view->name);
	}
	wr_expr_pool_release(&pool);
	wr_arena_release(&arena);
	return status;
}

wr_status *wr_mview_lookup_text(struct wr_mview *view, const char *const *key, const char *zone_id,
				struct wr_batch **out, uint64_t *version)
{
	struct wr_column **value =
	    wr_calloc((size_t)view->key_count + 1, sizeof(struct wr_column *));
	wr_status *status = NULL;

	for (uint32_t k = 0; k < view->key_count && status == NULL && !view->bag; k++)
		status = wr_mview_value(view, view->key[k], key[k], zone_id, &value[k]);
	if (status == NULL)
		status = wr_mview_lookup(view, value, 1, out, version);
	for (uint32_t k = 0; k < view->key_count; k++)
		wr_column_unref(value[k]);
	wr_free(value);
	return status;
}

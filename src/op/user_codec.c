/* SPDX-License-Identifier: Apache-2.0
 *
 * user_codec - see user_codec.h. Rows of one column are written as data/codec.h lays them out: a
 * byte of NULL bits, which are not set, and the value.
 */
#include "op/user_codec.h"

#include "base/limits.h"
#include "base/macros.h"

static const char *const written[] = {"written_ms"};

/* --- fields */

static struct wr_state_field *add_field(struct wr_user_codec *codec, uint32_t state,
					const char *name, enum wr_field_kind kind)
{
	codec->of[codec->count].state = state;
	codec->field[codec->count] =
	    (struct wr_state_field){.name = name, .kind = kind, .may_miss = true};
	return &codec->field[codec->count++];
}

/* The columns of a field are members [first, first + count) of a layout. */
static void add_columns(struct wr_user_codec *codec, struct wr_arena *arena,
			const struct wr_user_layout *layout, uint32_t first, uint32_t count)
{
	struct wr_state_field *field = &codec->field[codec->count - 1];
	const char **name = WR_NEW_ARRAY(arena, const char *, count);
	const struct wr_type **type = WR_NEW_ARRAY(arena, const struct wr_type *, count);

	for (uint32_t i = 0; i < count; i++) {
		name[i] = layout->schema.field[first + i].name;
		type[i] = layout->schema.field[first + i].type;
	}
	field->column_count = count;
	field->column = name;
	field->type = type;
	wr_codec_init(&codec->of[codec->count - 1].codec, arena, type, count);
}

/* The fields of state i, as user_codec.h lays them out. */
static void add_state(struct wr_user_codec *codec, uint32_t i, struct wr_arena *arena)
{
	const struct wr_user_place *place = &codec->store->place[i];
	const struct wr_user_state *state = place->state;
	const char *name = state->given.name;
	bool many = place->kind == WEIR_LIST || place->kind == WEIR_MAP;
	const char *format = place->kind == WEIR_LIST ? "%s elements" : "%s entries";
	struct wr_state_field *field;

	add_field(codec, i, many ? wr_arena_printf(arena, format, name) : name, WR_FIELD_NUMBER);
	if (place->kind == WEIR_MAP) {
		field = add_field(codec, i, wr_arena_printf(arena, "%s key", name), WR_FIELD_ROWS);
		field->number = written;
		field->number_count = 1;
		codec->of[codec->count - 1].what = WR_UF_KEY;
		add_columns(codec, arena, &state->key, 0, state->key.schema.count);
	}
	for (uint32_t m = 0; m < state->value.schema.count; m++) {
		field = add_field(
		    codec, i,
		    wr_arena_printf(arena, "%s.%s", name, state->value.schema.field[m].name),
		    many ? WR_FIELD_ROWS : WR_FIELD_ROW);
		if (place->kind == WEIR_LIST) {
			field->number = written;
			field->number_count = 1;
		}
		codec->of[codec->count - 1].what = WR_UF_MEMBER;
		codec->of[codec->count - 1].member = m;
		add_columns(codec, arena, &state->value, m, 1);
	}
}

void wr_user_codec_init(struct wr_user_codec *codec, const struct wr_user_store *store,
			bool broadcast, uint32_t spare, struct wr_arena *arena)
{
	uint32_t most = spare;

	for (uint32_t i = 0; i < store->count; i++)
		most += 2 + store->place[i].state->value.schema.count;
	*codec = (struct wr_user_codec){.store = store};
	codec->field = WR_NEW_ARRAY(arena, struct wr_state_field, most + 1);
	codec->of = WR_NEW_ARRAY(arena, struct wr_user_field, most + 1);
	for (uint32_t i = 0; i < store->count; i++)
		if (store->place[i].broadcast == broadcast)
			add_state(codec, i, arena);
}

/* --- writing */

/* Appends members [first, first + count) of a struct as a row. */
static void put_row(struct wr_text *out, const struct wr_user_layout *layout, uint32_t first,
		    uint32_t count, const void *from)
{
	static const char none[(WR_COLUMNS_MAX + 7) / 8];

	wr_text_add(out, none, (count + 7) / 8);
	for (uint32_t m = first; m < first + count; m++) {
		const char *at = (const char *)from + layout->offset[m];
		const struct weir_bytes *bytes = (const struct weir_bytes *)(const void *)at;
		enum wr_phys phys = wr_type_phys(layout->schema.field[m].type);

		if (phys != WR_P_STR) {
			wr_text_add(out, at, wr_phys_size(phys));
			continue;
		}
		wr_varint_put(out, bytes->size);
		wr_text_add(out, bytes->data, bytes->size);
	}
}

/* The bytes that put_row will append. */
static size_t row_size(const struct wr_user_layout *layout, uint32_t first, uint32_t count,
		       const void *from)
{
	size_t size = (count + 7) / 8;
	char length[WR_VARINT_MAX];

	for (uint32_t m = first; m < first + count; m++) {
		const char *at = (const char *)from + layout->offset[m];
		const struct weir_bytes *bytes = (const struct weir_bytes *)(const void *)at;
		enum wr_phys phys = wr_type_phys(layout->schema.field[m].type);

		if (phys != WR_P_STR)
			size += wr_phys_size(phys);
		else
			size +=
			    (size_t)(wr_varint_write(length, bytes->size) - length) + bytes->size;
	}
	return size;
}

static void put_entry(struct wr_text *out, const struct wr_user_layout *layout, uint32_t first,
		      uint32_t count, const void *from)
{
	wr_varint_put(out, row_size(layout, first, count, from));
	put_row(out, layout, first, count, from);
}

static int64_t written_ms(const struct wr_user_place *place, uint8_t *base)
{
	return place->mortal ? wr_ttl_save(&place->ttl, *wr_user_stamp(base, place)) : 0;
}

/* One field of a list. */
static void save_list(const struct wr_user_at *at, const struct wr_user_field *of,
		      struct wr_text *out)
{
	const struct wr_user_list *list = wr_user_list_of(at);
	size_t begin;

	if (of->what == WR_UF_HEAD) {
		wr_value_put_number(out, list->count);
		return;
	}
	begin = wr_value_begin(out);
	for (uint32_t i = 0; i < list->count; i++) {
		uint8_t *item = wr_user_list_item(at, i);

		wr_value_entry_number(out, written_ms(at->place, item));
		put_entry(out, &at->place->state->value, of->member, 1, item);
	}
	wr_value_end(out, begin);
}

/* One field of a map; holes are passed over. */
static void save_map(const struct wr_user_at *at, const struct wr_user_field *of,
		     struct wr_text *out)
{
	const struct wr_user_state *state = at->place->state;
	uint32_t place = 0, count = 0;
	uint8_t *entry;
	size_t begin;

	if (of->what == WR_UF_HEAD) {
		while (wr_user_map_entry(at, &place) != NULL)
			count++;
		wr_value_put_number(out, count);
		return;
	}
	begin = wr_value_begin(out);
	while ((entry = wr_user_map_entry(at, &place)) != NULL) {
		if (of->what == WR_UF_KEY) {
			wr_value_entry_number(out, written_ms(at->place, entry));
			put_entry(out, &state->key, 0, state->key.schema.count, entry + 8);
		} else {
			put_entry(out, &state->value, of->member, 1, entry + at->place->value_at);
		}
	}
	wr_value_end(out, begin);
}

static void save_value(const struct wr_user_at *at, const struct wr_user_field *of,
		       struct wr_text *out)
{
	size_t begin;

	if (of->what == WR_UF_HEAD) {
		wr_value_put_number(out, at->place->mortal ? written_ms(at->place, at->block) : 1);
		return;
	}
	begin = wr_value_begin(out);
	put_row(out, &at->place->state->value, of->member, 1, at->block + at->place->offset);
	wr_value_end(out, begin);
}

void wr_user_codec_save(const struct wr_user_codec *codec, const uint8_t *block,
			struct wr_text *out)
{
	for (uint32_t f = 0; f < codec->count; f++) {
		const struct wr_user_field *of = &codec->of[f];
		/* Nothing is changed through it. */
		struct wr_user_at at =
		    wr_user_at(codec->store, of->state, (uint8_t *)(uintptr_t)block, NULL);

		if ((*wr_user_present(at.block) & at.bit) == 0)
			wr_value_put_absent(out);
		else if (at.place->kind == WEIR_LIST)
			save_list(&at, of, out);
		else if (at.place->kind == WEIR_MAP)
			save_map(&at, of, out);
		else
			save_value(&at, of, out);
	}
}

/* --- reading */

/* Fills members [first, first + codec->count) from a row; what is NULL stays zero. The bytes of
 * STRING members are the row's. */
static bool get_row(const struct wr_codec *codec, const struct wr_user_layout *layout,
		    uint32_t first, struct wr_str row, void *to)
{
	const char *at[WR_COLUMNS_MAX + 1];

	if (row.data == NULL || codec->count > WR_COLUMNS_MAX || !wr_codec_columns(codec, row, at))
		return false;
	for (uint32_t c = 0; c < codec->count; c++) {
		char *member = (char *)to + layout->offset[first + c];
		uint32_t width = codec->width[c];
		struct weir_bytes bytes;
		uint64_t size;

		if ((row.data[c / 8] >> (c % 8)) & 1)
			continue;
		if (width > 0) {
			memcpy(member, at[c], width);
			if (wr_type_phys(codec->type[c]) == WR_P_BOOL)
				*(bool *)member = *at[c] != 0;
			continue;
		}
		bytes.data = wr_varint_get(at[c], at[c + 1], &size);
		if (bytes.data == NULL || size != (uint64_t)(at[c + 1] - bytes.data))
			return false;
		bytes.size = size;
		memcpy(member, &bytes, sizeof bytes);
	}
	return true;
}

/* The same into a value that owns its bytes. */
static bool get_member(const struct wr_user_at *at, const struct wr_user_field *of,
		       struct wr_str row, uint8_t *value)
{
	const struct wr_user_layout *layout = &at->place->state->value;
	struct weir_bytes *member =
			      (struct weir_bytes *)(void *)(value + layout->offset[of->member]),
			  given;

	if (!get_row(&of->codec, layout, of->member, row, value))
		return false;
	if (of->codec.width[0] > 0)
		return true;
	given = *member;
	*member = (struct weir_bytes){0};
	wr_user_bytes_set(at->pool, member, given.data, given.size);
	return true;
}

static void set_stamp(const struct wr_user_at *at, uint8_t *base, int64_t ms)
{
	if (at->place->mortal)
		*wr_user_stamp(base, at->place) = wr_ttl_load(&at->place->ttl, ms);
}

static bool load_value(const struct wr_user_at *at, const struct wr_user_field *of,
		       struct wr_str field)
{
	int64_t ms;

	if (of->what == WR_UF_MEMBER)
		return get_member(at, of, field, at->block + at->place->offset);
	if (!wr_value_number(field, &ms))
		return false;
	(void)wr_user_value_make(at);
	set_stamp(at, at->block, ms);
	return true;
}

static void older(const struct wr_user_place *place, uint32_t stamp, uint32_t *oldest)
{
	if (place->ttl.now - stamp > place->ttl.now - *oldest)
		*oldest = stamp;
}

/* One field of a list. The head says how many elements are to come; the first member makes them. */
static bool load_list(const struct wr_user_at *at, const struct wr_user_field *of,
		      struct wr_str field)
{
	struct wr_user_list *list = wr_user_list_of(at);
	const char *next = field.data;
	struct wr_str row;
	uint32_t i = 0;
	int64_t ms;

	if (of->what == WR_UF_HEAD) {
		if (!wr_value_number(field, &ms) || ms < 0 || ms > INT32_MAX)
			return false;
		list->oldest = at->place->ttl.now;
		list->count = 0;
		list->first = (uint32_t)ms; /* that many are to come */
		return true;
	}
	if (list->item == NULL && list->first > 0) {
		uint32_t count = list->first;

		if (count > field.len) /* an element takes more than a byte */
			return false;
		list->first = 0;
		(void)wr_user_list_grow(at, count);
	}
	while (wr_value_next_row(field, &next, &ms, 1, &row)) {
		uint8_t *item;

		if (i == list->count)
			return false;
		item = wr_user_list_item(at, i++);
		if (!get_member(at, of, row, item))
			return false;
		set_stamp(at, item, ms);
		if (at->place->mortal)
			older(at->place, *wr_user_stamp(item, at->place), &list->oldest);
	}
	return next != NULL && i == list->count;
}

/* Makes the entries of a map, whose values are zero at first. */
static bool load_keys(const struct wr_user_at *at, const struct wr_user_field *of,
		      struct wr_str field)
{
	const struct wr_user_layout *layout = &at->place->state->key;
	uint64_t *key = wr_agg_pool_alloc(at->pool, layout->size);
	const char *next = field.data;
	struct wr_str row;
	bool good = true;
	int64_t ms;

	while (good && wr_value_next_row(field, &next, &ms, 1, &row)) {
		memset(key, 0, layout->size);
		good = get_row(&of->codec, layout, 0, row, key);
		if (good)
			good = wr_user_map_load(at, key, ms);
	}
	wr_agg_pool_drop(at->pool, key, layout->size);
	return good && next != NULL;
}

/* One field of a map: the keys come before the members. */
static bool load_map(const struct wr_user_at *at, const struct wr_user_field *of,
		     struct wr_str field)
{
	const char *next = field.data;
	uint32_t place = 0;
	struct wr_str row;

	if (of->what == WR_UF_HEAD)
		return true;
	if (of->what == WR_UF_KEY)
		return load_keys(at, of, field);
	while (wr_value_next_row(field, &next, NULL, 0, &row)) {
		uint8_t *entry = wr_user_map_entry(at, &place);

		if (entry == NULL || !get_member(at, of, row, entry + at->place->value_at))
			return false;
	}
	return next != NULL && wr_user_map_entry(at, &place) == NULL;
}

bool wr_user_codec_load(const struct wr_user_codec *codec, uint8_t *block, struct wr_agg_pool *pool,
			const struct wr_str *field)
{
	bool good = true, present = false;
	uint32_t f;

	for (f = 0; f < codec->count && good; f++) {
		const struct wr_user_field *of = &codec->of[f];
		struct wr_user_at at = wr_user_at(codec->store, of->state, block, pool);

		if (of->what == WR_UF_HEAD)
			present = field[f].data != NULL;
		if (!present || field[f].data == NULL)
			continue;
		if (at.place->kind == WEIR_LIST)
			good = load_list(&at, of, field[f]);
		else if (at.place->kind == WEIR_MAP)
			good = load_map(&at, of, field[f]);
		else
			good = load_value(&at, of, field[f]);
	}
	if (!good)
		wr_user_store_clear(codec->store, block, pool);
	for (uint32_t i = 0; i < codec->store->count; i++) {
		struct wr_user_at at = wr_user_at(codec->store, i, block, pool);

		/* Nothing of its elements is known any more. */
		if (at.place->kind == WEIR_LIST && wr_user_list_of(&at)->item == NULL)
			*wr_user_list_of(&at) = (struct wr_user_list){0};
	}
	return good;
}

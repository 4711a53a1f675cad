/* SPDX-License-Identifier: Apache-2.0
 *
 * manifest_read - a manifest out of the bytes of its file (manifest_file.h).
 *
 * First the checksums, then the content: what is shown to anyone is whole. The content is checked
 * all the same (counts, kinds, indexes), since a file may be right in its checksums and wrong in
 * its making.
 */
#include <xxhash.h>

#include "base/limits.h"
#include "base/macros.h"
#include "base/mem.h"
#include "state/manifest_file.h"
#include "state/packed.h"

#define FIELDS_MAX (2 * WR_COLUMNS_MAX) /* of a state: more than a query can have aggregates */

static wr_status *damage(const char *path, const char *what)
{
	return wr_status_hint(
	    wr_status_new(WR_USER_ERROR, "The checkpoint '%s' is damaged: %s", path, what),
	    "Restore from another checkpoint or savepoint");
}

/* --- the content */

static const char *text_or_bad(struct wr_packed *in)
{
	const char *text = wr_unpack_text(in);

	if (text == NULL) {
		in->bad = true;
		return "";
	}
	return text;
}

/* A number that must be at most `most`. */
static uint32_t bounded(struct wr_packed *in, uint64_t most)
{
	uint64_t number = wr_unpack_number(in);

	if (number > most)
		in->bad = true;
	return in->bad ? 0 : (uint32_t)number;
}

/* FACTS of manifest_file.h. */
static void get_facts(struct wr_packed *in, struct wr_manifest *m)
{
	m->weir_version = text_or_bad(in);
	m->kind = (enum wr_manifest_kind)bounded(in, WR_MANIFEST_SAVEPOINT);
	m->number = wr_unpack_number(in);
	m->epoch = wr_unpack_number(in);
	m->wall_ms = wr_unpack_signed(in);
	m->job = text_or_bad(in);
	m->script_hash = wr_unpack_number(in);
	m->backend = text_or_bad(in);
	m->finished = (wr_unpack_number(in) & 1) != 0;
	m->max_parallelism = bounded(in, UINT32_MAX);
	m->workers = bounded(in, UINT32_MAX);
	if (m->kind == 0)
		in->bad = true;
}

static void get_segment(struct wr_packed *in, struct wr_saved_segment *segment)
{
	segment->path = text_or_bad(in);
	segment->number = wr_unpack_number(in);
	segment->id = wr_unpack_number(in);
	segment->bytes = wr_unpack_number(in);
	segment->blocks = bounded(in, UINT32_MAX);
	segment->digest = wr_unpack_number(in);
	segment->full = (wr_unpack_number(in) & 1) != 0;
	if (*segment->path == '\0' || strchr(segment->path, '/') != NULL)
		in->bad = true; /* segments lie beside their manifest */
}

/* The tail of an ACCUMULATOR field. */
static const struct wr_saved_call *get_call(struct wr_packed *in)
{
	struct wr_saved_call *call = WR_NEW(in->arena, struct wr_saved_call);
	const struct wr_type **type;
	struct wr_str *constant;
	uint64_t flags;

	call->function = text_or_bad(in);
	call->agg = text_or_bad(in);
	call->type = wr_unpack_type(in);
	call->arg_count = wr_unpack_count(in);
	type = WR_NEW_ARRAY(in->arena, const struct wr_type *, call->arg_count + 1);
	constant = WR_NEW_ARRAY(in->arena, struct wr_str, call->arg_count + 1);
	for (uint32_t i = 0; i < call->arg_count; i++) {
		type[i] = wr_unpack_type(in);
		constant[i] = wr_unpack_bytes(in);
	}
	call->arg_type = type;
	call->const_arg = constant;
	flags = wr_unpack_number(in);
	call->distinct = (flags & 1) != 0;
	call->retract = (flags & 2) != 0;
	call->ignore_nulls = (flags & 4) != 0;
	call->grouped = (flags & 8) != 0;
	call->words = bounded(in, UINT32_MAX);
	return call;
}

/* Names and types of columns; returns how many. */
static uint32_t get_columns(struct wr_packed *in, const char *const **name_out,
			    const struct wr_type *const **type_out)
{
	uint32_t count = bounded(in, WR_MIN((size_t)(in->end - in->at), 2 * WR_COLUMNS_MAX));
	const char **name = WR_NEW_ARRAY(in->arena, const char *, count + 1);
	const struct wr_type **type = WR_NEW_ARRAY(in->arena, const struct wr_type *, count + 1);

	for (uint32_t i = 0; i < count; i++) {
		name[i] = text_or_bad(in);
		type[i] = wr_unpack_type(in);
	}
	*name_out = name;
	*type_out = type;
	return count;
}

/* A field of STATE. */
static void get_field(struct wr_packed *in, struct wr_saved_field *field)
{
	const char **number;

	field->name = text_or_bad(in);
	field->kind = (enum wr_field_kind)bounded(in, WR_FIELD_BYTES);
	if (field->kind == 0)
		in->bad = true;
	field->column_count = get_columns(in, &field->column, &field->type);
	field->number_count = wr_unpack_count(in);
	number = WR_NEW_ARRAY(in->arena, const char *, field->number_count + 1);
	for (uint32_t i = 0; i < field->number_count; i++)
		number[i] = text_or_bad(in);
	field->number = number;
	if (field->kind == WR_FIELD_ACCUMULATOR)
		field->call = get_call(in);
}

/* STATE of manifest_file.h. */
static void get_state(struct wr_packed *in, struct wr_saved_state *state)
{
	struct wr_saved_field *field;
	uint32_t *route;

	state->op = text_or_bad(in);
	state->op_type = text_or_bad(in);
	state->op_version = bounded(in, UINT32_MAX);
	state->name = text_or_bad(in);
	state->meaning = wr_unpack_text(in);
	state->extra = (wr_unpack_number(in) & 1) != 0;
	state->ttl_ms = wr_unpack_signed(in);
	state->key_count = get_columns(in, &state->key_name, &state->key_type);
	state->route_count = wr_unpack_count(in);
	route = WR_NEW_ARRAY(in->arena, uint32_t, state->route_count + 1);
	for (uint32_t i = 0; i < state->route_count; i++)
		route[i] = bounded(in, (uint64_t)state->key_count - (state->key_count > 0));
	if (state->route_count > state->key_count)
		in->bad = true;
	state->route = route;
	state->field_count = bounded(in, WR_MIN((size_t)(in->end - in->at), FIELDS_MAX));
	field = WR_NEW_ARRAY(in->arena, struct wr_saved_field, state->field_count + 1);
	for (uint32_t i = 0; i < state->field_count; i++)
		get_field(in, &field[i]);
	state->field = field;
}

/* The splits of a source; files of before there were any end in front of them. */
static void get_splits(struct wr_packed *in, struct wr_saved_source *source)
{
	struct wr_saved_split *split;

	if (in->at == in->end)
		return;
	source->split_count = wr_unpack_count(in);
	split = WR_NEW_ARRAY(in->arena, struct wr_saved_split, source->split_count + 1);
	for (uint32_t i = 0; i < source->split_count; i++) {
		split[i].watermark_ms = wr_unpack_signed(in);
		split[i].ended = (wr_unpack_number(in) & 1) != 0;
	}
	source->split = split;
}

static void get_source(struct wr_packed *in, struct wr_saved_source *source)
{
	uint64_t flags;

	source->name = text_or_bad(in);
	source->connector = text_or_bad(in);
	flags = wr_unpack_number(in);
	source->replayable = (flags & 1) != 0;
	source->ended = (flags & 2) != 0;
	source->position = wr_unpack_bytes(in);
	source->watermark_ms = wr_unpack_signed(in);
	source->lines = wr_unpack_number(in);
	source->rows = wr_unpack_number(in);
	get_splits(in, source);
}

static void get_sink(struct wr_packed *in, struct wr_saved_sink *sink)
{
	uint64_t flags;

	sink->name = text_or_bad(in);
	sink->connector = text_or_bad(in);
	flags = wr_unpack_number(in);
	sink->prepared = (flags & 1) != 0;
	sink->apart = (flags & 2) != 0;
	sink->bytes = wr_unpack_bytes(in);
	if (!sink->apart)
		return;
	sink->offset = wr_unpack_number(in);
	sink->length = wr_unpack_number(in);
	sink->digest = wr_unpack_number(in);
}

/* The lists of a manifest while they are being filled. */
struct lists {
	struct wr_saved_segment *segment;
	struct wr_saved_state *state;
	struct wr_saved_source *source;
	struct wr_saved_sink *sink;
	struct wr_saved_count *count;
};

/* A section goes behind those of its kind. */
static void get_section(struct wr_packed *in, uint64_t tag, const struct lists *lists,
			struct wr_manifest *m)
{
	struct wr_saved_count *count;

	switch (tag) {
	case WR_TAG_FACTS: get_facts(in, m); break;
	case WR_TAG_SEGMENT: get_segment(in, &lists->segment[m->segment_count++]); break;
	case WR_TAG_STATE: get_state(in, &lists->state[m->state_count++]); break;
	case WR_TAG_SOURCE: get_source(in, &lists->source[m->source_count++]); break;
	case WR_TAG_SINK: get_sink(in, &lists->sink[m->sink_count++]); break;
	case WR_TAG_COUNT:
		count = &lists->count[m->count_count++];
		count->name = text_or_bad(in);
		count->value = wr_unpack_signed(in);
		break;
	default: break; /* of a later version, which may be passed over */
	}
}

/* The next section of the body; false at the end or when it is bad. */
static bool next_section(struct wr_packed *body, uint64_t *tag, struct wr_packed *section)
{
	uint64_t length;

	if (body->at == body->end || body->bad)
		return false;
	*tag = wr_unpack_number(body);
	length = wr_unpack_number(body);
	if (body->bad || length > (uint64_t)(body->end - body->at)) {
		body->bad = true;
		return false;
	}
	*section = (struct wr_packed){body->at, body->at + length, body->arena, false};
	body->at += length;
	return true;
}

/* Room for as many of each kind as there are sections of it. */
static void make_lists(struct wr_packed body, struct lists *lists)
{
	uint32_t count[WR_TAG_COUNT + 1] = {0};
	struct wr_packed section;
	uint64_t tag;

	while (next_section(&body, &tag, &section))
		if (tag <= WR_TAG_COUNT)
			count[tag]++;
	lists->segment = WR_NEW_ARRAY(body.arena, struct wr_saved_segment, count[WR_TAG_SEGMENT]);
	lists->state = WR_NEW_ARRAY(body.arena, struct wr_saved_state, count[WR_TAG_STATE]);
	lists->source = WR_NEW_ARRAY(body.arena, struct wr_saved_source, count[WR_TAG_SOURCE]);
	lists->sink = WR_NEW_ARRAY(body.arena, struct wr_saved_sink, count[WR_TAG_SINK]);
	lists->count = WR_NEW_ARRAY(body.arena, struct wr_saved_count, count[WR_TAG_COUNT]);
}

/* What must hold between the parts. */
static bool is_sound(const struct wr_manifest *m)
{
	bool sound = m->segment_count > 0 && m->weir_version != NULL &&
		     m->segment[m->segment_count - 1].number == m->number;

	for (uint32_t i = 0; i < m->segment_count && sound; i++)
		sound = m->segment[i].full == (i == 0);
	return sound;
}

/* All sections; false: they are not those of a manifest. */
static bool get_body(struct wr_packed body, struct wr_manifest *m)
{
	struct wr_packed section;
	struct lists lists;
	bool bad = false;
	uint64_t tag;

	make_lists(body, &lists);
	while (!bad && next_section(&body, &tag, &section)) {
		bad = (tag == WR_TAG_FACTS) != (m->weir_version == NULL);
		if (!bad)
			get_section(&section, tag, &lists, m);
		bad = bad || section.bad;
	}
	m->segment = lists.segment;
	m->state = lists.state;
	m->source = lists.source;
	m->sink = lists.sink;
	m->count = lists.count;
	m->full = m->segment_count == 1;
	return !bad && !body.bad && is_sound(m);
}

/* --- the file */

wr_status *wr_manifest_decode(struct wr_str file, const char *path, struct wr_manifest *manifest)
{
	uint64_t length, digest, head;

	if (file.len < 12 || memcmp(file.data, WR_MANIFEST_MAGIC, 8) != 0)
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR, "'%s' is not a checkpoint", path),
		    "Name the folder of a job's checkpoints, or one of its .manifest files");
	memcpy(&manifest->format, file.data + 8, sizeof manifest->format);
	if (file.len < WR_MANIFEST_HEAD)
		return damage(path, "the file ends within its head");
	memcpy(&head, file.data + 32, sizeof head);
	if (head != XXH3_64bits(file.data, 32))
		return damage(path, "the checksum of its head is wrong");
	if (manifest->format < WR_MANIFEST_FORMAT || manifest->format > WR_MANIFEST_FORMAT_APART)
		return wr_status_hint(wr_status_new(WR_USER_ERROR,
						    "The checkpoint '%s' has format %u; this "
						    "version of Weir knows formats up to %u",
						    path, manifest->format,
						    WR_MANIFEST_FORMAT_APART),
				      "Use the version of Weir that wrote it, or a later one");
	memcpy(&length, file.data + 16, sizeof length);
	memcpy(&digest, file.data + 24, sizeof digest);
	if (length != file.len - WR_MANIFEST_HEAD)
		return damage(path, "the file is not as long as its head says");
	file.data += WR_MANIFEST_HEAD;
	if (digest != XXH3_64bits(file.data, length))
		return damage(path, "the checksum of its content is wrong");
	if (!get_body((struct wr_packed){file.data, file.data + length, &manifest->arena, false},
		      manifest))
		return damage(path, "its content makes no sense");
	return NULL;
}

/* The folder of a path, as a new string. */
static char *dir_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return wr_strdup(".");
	return wr_strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

wr_status *wr_manifest_read(struct wr_env *env, const char *path, struct wr_manifest **out,
			    bool *damaged)
{
	struct wr_manifest *manifest = wr_calloc(1, sizeof *manifest);
	struct wr_str file;
	char *data;
	wr_status *status;

	*out = NULL;
	if (damaged != NULL)
		*damaged = false;
	wr_arena_init(&manifest->arena);
	manifest->dir = dir_of(path);
	manifest->path = wr_strdup(path);
	status = wr_env_read_file(env, path, WR_MANIFEST_BYTES_MAX, &data, &file.len);
	if (status == NULL) {
		file.data = data;
		status = wr_manifest_decode(file, path, manifest);
		if (damaged != NULL)
			*damaged = status != NULL;
		wr_free(data);
	}
	if (status != NULL)
		wr_manifest_free(manifest);
	else
		*out = manifest;
	return status;
}

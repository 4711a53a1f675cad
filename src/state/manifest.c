/* SPDX-License-Identifier: Apache-2.0
 *
 * manifest - see manifest.h: describing states, and the bytes of a manifest (manifest_file.h).
 */
#include <xxhash.h>

#include "base/macros.h"
#include "base/mem.h"
#include "state/manifest_file.h"
#include "state/packed.h"

/* --- describing */

/* The implementation, and of DISTINCT the one inside. */
const char *wr_saved_agg_text(struct wr_arena *arena, const struct wr_agg_call *call)
{
	if (call->inner == NULL)
		return call->agg->name;
	return wr_arena_printf(arena, "%s %s", call->agg->name,
			       wr_saved_agg_text(arena, call->inner));
}

static struct wr_str const_bytes(struct wr_arena *arena, const struct wr_column *column)
{
	struct wr_text text;
	struct wr_str out;

	wr_text_init(&text);
	wr_codec_put_value(&text, column, 0);
	out = (struct wr_str){wr_arena_strndup(arena, text.data, text.len), text.len};
	wr_text_release(&text);
	return out;
}

/* What must be known of a call to read its accumulators. */
static const struct wr_saved_call *saved_call(struct wr_arena *arena,
					      const struct wr_agg_call *call)
{
	struct wr_saved_call *out = WR_NEW(arena, struct wr_saved_call);
	struct wr_str *constant = WR_NEW_ARRAY(arena, struct wr_str, call->arg_count + 1);

	for (uint32_t i = 0; i < call->arg_count; i++)
		if (call->const_arg != NULL && call->const_arg[i] != NULL)
			constant[i] = const_bytes(arena, call->const_arg[i]);
	*out = (struct wr_saved_call){
	    .function = call->function->name,
	    .agg = wr_saved_agg_text(arena, call),
	    .type = call->type,
	    .arg_count = call->arg_count,
	    .arg_type = call->arg_type,
	    .const_arg = constant,
	    .distinct = call->distinct,
	    .retract = call->retract,
	    .ignore_nulls = call->ignore_nulls,
	    .grouped = call->grouped,
	    .words = call->words,
	};
	return out;
}

/* The declared fields, with the calls described. */
static const struct wr_saved_field *saved_fields(struct wr_arena *arena,
						 const struct wr_state_codec *codec)
{
	struct wr_saved_field *out = WR_NEW_ARRAY(arena, struct wr_saved_field, codec->field_count);

	for (uint32_t i = 0; i < codec->field_count; i++) {
		const struct wr_state_field *field = &codec->field[i];

		out[i] = (struct wr_saved_field){
		    .name = field->name,
		    .kind = field->kind,
		    .column_count = field->column_count,
		    .column = field->column,
		    .type = field->type,
		    .number_count = field->number_count,
		    .number = field->number,
		    .call = field->call != NULL ? saved_call(arena, field->call) : NULL,
		    .may_miss = field->may_miss,
		};
		WR_ASSERT((field->kind == WR_FIELD_ACCUMULATOR) == (field->call != NULL));
	}
	return out;
}

/* The names of key columns, invented where the operator gives none. */
static const char *const *key_names(struct wr_arena *arena, const struct wr_state_decl *decl)
{
	const char **name = WR_NEW_ARRAY(arena, const char *, decl->key_count + 1);

	for (uint32_t i = 0; i < decl->key_count; i++)
		name[i] =
		    decl->key_name != NULL ? decl->key_name[i] : wr_arena_printf(arena, "k%u", i);
	return name;
}

static const uint32_t *all_columns(struct wr_arena *arena, uint32_t count)
{
	uint32_t *route = WR_NEW_ARRAY(arena, uint32_t, count + 1);

	for (uint32_t i = 0; i < count; i++)
		route[i] = i;
	return route;
}

void wr_saved_state_of(struct wr_arena *arena, const struct wr_state_decl *decl, bool extra,
		       const char *op, const char *op_type, uint32_t op_version,
		       struct wr_saved_state *out)
{
	WR_ASSERT(op != NULL && op_type != NULL && decl->name != NULL && decl->codec != NULL);
	*out = (struct wr_saved_state){
	    .op = op,
	    .op_type = op_type,
	    .op_version = op_version,
	    .name = decl->name,
	    .meaning = decl->meaning,
	    .extra = extra,
	    .ttl_ms = decl->ttl_ms,
	    .key_count = decl->key_count,
	    .key_name = key_names(arena, decl),
	    .key_type = decl->key_type,
	    .route_count = decl->route != NULL ? decl->route_count : decl->key_count,
	    .route = decl->route != NULL ? decl->route : all_columns(arena, decl->key_count),
	    .field_count = decl->codec->field_count,
	    .field = saved_fields(arena, decl->codec),
	};
}

/* --- writing */

static const char *or_empty(const char *text)
{
	return text != NULL ? text : "";
}

/* FACTS of manifest_file.h. */
static void put_facts(struct wr_text *out, const struct wr_manifest *m)
{
	wr_pack_text(out, or_empty(m->weir_version));
	wr_pack_number(out, m->kind);
	wr_pack_number(out, m->number);
	wr_pack_number(out, m->epoch);
	wr_pack_signed(out, m->wall_ms);
	wr_pack_text(out, or_empty(m->job));
	wr_pack_number(out, m->script_hash);
	wr_pack_text(out, or_empty(m->backend));
	wr_pack_number(out, m->finished);
	wr_pack_number(out, m->max_parallelism);
	wr_pack_number(out, m->workers);
}

static void put_segment(struct wr_text *out, const struct wr_saved_segment *segment)
{
	wr_pack_text(out, segment->path);
	wr_pack_number(out, segment->number);
	wr_pack_number(out, segment->id);
	wr_pack_number(out, segment->bytes);
	wr_pack_number(out, segment->blocks);
	wr_pack_number(out, segment->digest);
	wr_pack_number(out, segment->full);
}

/* The tail of an ACCUMULATOR field. */
static void put_call(struct wr_text *out, const struct wr_saved_call *call)
{
	wr_pack_text(out, call->function);
	wr_pack_text(out, call->agg);
	wr_pack_type(out, call->type);
	wr_pack_number(out, call->arg_count);
	for (uint32_t i = 0; i < call->arg_count; i++) {
		wr_pack_type(out, call->arg_type[i]);
		wr_pack_bytes(out, call->const_arg[i]);
	}
	wr_pack_number(out, (uint64_t)(call->distinct | call->retract << 1 |
				       call->ignore_nulls << 2 | call->grouped << 3));
	wr_pack_number(out, call->words);
}

static void put_columns(struct wr_text *out, uint32_t count, const char *const *name,
			const struct wr_type *const *type)
{
	wr_pack_number(out, count);
	for (uint32_t i = 0; i < count; i++) {
		wr_pack_text(out, or_empty(name[i]));
		wr_pack_type(out, type[i]);
	}
}

/* STATE of manifest_file.h. */
static void put_state(struct wr_text *out, const struct wr_saved_state *state)
{
	wr_pack_text(out, state->op);
	wr_pack_text(out, state->op_type);
	wr_pack_number(out, state->op_version);
	wr_pack_text(out, state->name);
	wr_pack_text(out, state->meaning);
	wr_pack_number(out, state->extra);
	wr_pack_signed(out, state->ttl_ms);
	put_columns(out, state->key_count, state->key_name, state->key_type);
	wr_pack_number(out, state->route_count);
	for (uint32_t i = 0; i < state->route_count; i++)
		wr_pack_number(out, state->route[i]);
	wr_pack_number(out, state->field_count);
	for (uint32_t i = 0; i < state->field_count; i++) {
		const struct wr_saved_field *field = &state->field[i];

		wr_pack_text(out, field->name);
		wr_pack_number(out, field->kind);
		put_columns(out, field->column_count, field->column, field->type);
		wr_pack_number(out, field->number_count);
		for (uint32_t k = 0; k < field->number_count; k++)
			wr_pack_text(out, or_empty(field->number[k]));
		if (field->kind == WR_FIELD_ACCUMULATOR)
			put_call(out, field->call);
	}
}

static void put_source(struct wr_text *out, const struct wr_saved_source *source)
{
	wr_pack_text(out, source->name);
	wr_pack_text(out, or_empty(source->connector));
	wr_pack_number(out, (uint64_t)(source->replayable | source->ended << 1));
	wr_pack_bytes(out, source->position);
	wr_pack_signed(out, source->watermark_ms);
	wr_pack_number(out, source->lines);
	wr_pack_number(out, source->rows);
	wr_pack_number(out, source->split_count);
	for (uint32_t i = 0; i < source->split_count; i++) {
		wr_pack_signed(out, source->split[i].watermark_ms);
		wr_pack_number(out, source->split[i].ended);
	}
}

static void put_sink(struct wr_text *out, const struct wr_saved_sink *sink)
{
	wr_pack_text(out, sink->name);
	wr_pack_text(out, or_empty(sink->connector));
	wr_pack_number(out, (uint64_t)(sink->prepared | sink->apart << 1));
	wr_pack_bytes(out, sink->bytes);
	if (!sink->apart)
		return;
	wr_pack_number(out, sink->offset);
	wr_pack_number(out, sink->length);
	wr_pack_number(out, sink->digest);
}

/* Moves what `section` holds to the body, behind its tag and length. */
static void end_section(struct wr_text *out, enum wr_manifest_tag tag, struct wr_text *section)
{
	wr_pack_number(out, tag);
	wr_pack_number(out, section->len);
	wr_text_add(out, section->data, section->len);
	wr_text_clear(section);
}

/* All sections, in the order of their tags. */
static void put_body(struct wr_text *out, const struct wr_manifest *m)
{
	struct wr_text section;

	wr_text_init(&section);
	put_facts(&section, m);
	end_section(out, WR_TAG_FACTS, &section);
	for (uint32_t i = 0; i < m->segment_count; i++) {
		put_segment(&section, &m->segment[i]);
		end_section(out, WR_TAG_SEGMENT, &section);
	}
	for (uint32_t i = 0; i < m->state_count; i++) {
		put_state(&section, &m->state[i]);
		end_section(out, WR_TAG_STATE, &section);
	}
	for (uint32_t i = 0; i < m->source_count; i++) {
		put_source(&section, &m->source[i]);
		end_section(out, WR_TAG_SOURCE, &section);
	}
	for (uint32_t i = 0; i < m->sink_count; i++) {
		put_sink(&section, &m->sink[i]);
		end_section(out, WR_TAG_SINK, &section);
	}
	for (uint32_t i = 0; i < m->count_count; i++) {
		wr_pack_text(&section, m->count[i].name);
		wr_pack_signed(&section, m->count[i].value);
		end_section(out, WR_TAG_COUNT, &section);
	}
	wr_text_release(&section);
}

void wr_manifest_encode(const struct wr_manifest *manifest, struct wr_text *out)
{
	size_t begin = out->len;
	char *head = wr_text_reserve(out, WR_MANIFEST_HEAD);
	uint32_t format = manifest->format;
	uint64_t length, digest;

	WR_ASSERT(format >= WR_MANIFEST_FORMAT && format <= WR_MANIFEST_FORMAT_APART);
	memset(head, 0, WR_MANIFEST_HEAD);
	out->len += WR_MANIFEST_HEAD;
	put_body(out, manifest);
	head = out->data + begin;
	length = out->len - begin - WR_MANIFEST_HEAD;
	memcpy(head, WR_MANIFEST_MAGIC, 8);
	memcpy(head + 8, &format, sizeof format);
	memcpy(head + 16, &length, sizeof length);
	digest = XXH3_64bits(head + WR_MANIFEST_HEAD, length);
	memcpy(head + 24, &digest, sizeof digest);
	digest = XXH3_64bits(head, 32);
	memcpy(head + 32, &digest, sizeof digest);
}

void wr_manifest_free(struct wr_manifest *manifest)
{
	if (manifest == NULL)
		return;
	wr_arena_release(&manifest->arena);
	wr_free(manifest->dir);
	wr_free(manifest->path);
	wr_free(manifest);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * savepoint - connector: a state of a checkpoint or savepoint as a table.
 *
 * A row is an entry of the state. Its columns are those that `weir state schema` shows; a table
 * names the ones it wants. The whole state is read into memory at open, and rows are handed out by
 * their numbers in the order of its keys (state/image.h), so that blocks do not depend on the
 * workers.
 *
 * Thread: as connector.h; the image is immutable, every reader has its own way to make rows.
 */
#include "base/limits.h"
#include "base/macros.h"
#include "base/mem.h"
#include "connectors/generator.h"
#include "connectors/registry.h"
#include "state/saved_rows.h"

static const struct wr_option savepoint_options[] = {
    {.name = "path",
     .type = WR_OPTION_STRING,
     .required = true,
     .doc = "A .manifest file, or a folder of checkpoints: its newest one."},
    {.name = "operator",
     .type = WR_OPTION_STRING,
     .doc = "Name of the operator, as weir state ls shows it; may be left out if there is no "
	    "other with such a state."},
    {.name = "state",
     .type = WR_OPTION_STRING,
     .doc = "Name of the state within its operator; may be left out if it has no other."},
};

struct savepoint {
	struct wr_manifest *manifest;
	uint32_t state;              /* index into manifest->state */
	struct wr_image *image;      /* NULL: only checked */
	uint32_t max_rows;           /* of a batch */
	uint32_t count;              /* columns read */
	uint32_t *column;            /* per column: which of the saved rows */
	const struct wr_type **type; /* per column: as declared */
	const char **name;           /* and its name */
};

struct wr_reader {
	const struct savepoint *savepoint;
	struct wr_saved_rows *rows;
};

static void savepoint_free(void *own)
{
	struct savepoint *savepoint = own;

	wr_manifest_free(savepoint->manifest);
	wr_image_free(savepoint->image);
	wr_free(savepoint->column);
	wr_free(savepoint->type);
	wr_free(savepoint->name);
	wr_free(savepoint);
}

/* --- which state */

/* A query must not silently show an older state than the one it was asked for. */
static void note_damage(void *user, const char *path, const wr_status *why)
{
	wr_status **damage = user;

	if (*damage == NULL)
		*damage = wr_status_hint(wr_status_new(WR_USER_ERROR,
						       "The newest checkpoint cannot be used: %s",
						       why->text),
					 "Name an older .manifest file in 'path'");
}

static wr_status *find_manifest(struct wr_env *env, const char *path, struct wr_manifest **out)
{
	wr_status *damage = NULL;
	wr_status *status = wr_store_find(env, path, false, note_damage, &damage, out);

	if (damage == NULL)
		return status;
	wr_status_free(status);
	wr_manifest_free(*out);
	*out = NULL;
	return damage;
}

static bool is_meant(const struct wr_saved_state *state, const char *op, const char *name)
{
	return (op == NULL || strcmp(state->op, op) == 0) &&
	       (name == NULL ? !state->extra : strcmp(state->name, name) == 0);
}

/* "a of x, b of y": what there is. */
static void list_states(struct wr_text *text, const struct wr_manifest *m, const char *op)
{
	const char *names[WR_NAMES_SHOWN + 1];
	uint32_t count = 0;
	struct wr_arena arena;

	wr_arena_init(&arena);
	for (uint32_t i = 0; i < m->state_count && count < WR_COUNT(names); i++)
		if (op == NULL || strcmp(m->state[i].op, op) == 0)
			names[count++] = wr_arena_printf(&arena, "'%s' of '%s'", m->state[i].name,
							 m->state[i].op);
	wr_text_names(text, names, count);
	wr_arena_release(&arena);
}

/* Exactly one state must be meant. */
static wr_status *find_state(const struct wr_manifest *m, const char *op, const char *name,
			     uint32_t *out)
{
	uint32_t count = 0;
	struct wr_text text;
	wr_status *status;

	for (uint32_t i = 0; i < m->state_count; i++) {
		if (!is_meant(&m->state[i], op, name))
			continue;
		*out = i;
		count++;
	}
	if (count == 1)
		return NULL;
	wr_text_init(&text);
	list_states(&text, m, count > 0 ? op : NULL);
	status = wr_status_new(
	    WR_USER_ERROR,
	    count == 0 ? "'%s' has no such state" : "'%s' has more than one such state", m->path);
	if (text.len > 0)
		wr_status_hint(status, "Give 'operator' and 'state'; there are %s", text.data);
	wr_text_release(&text);
	return status;
}

/* --- which columns */

static wr_status *no_column(const struct wr_schema *saved, const char *name)
{
	const char **names = wr_calloc(saved->count + 1, sizeof *names);
	struct wr_text text;
	wr_status *status;

	for (uint32_t i = 0; i < saved->count; i++)
		names[i] = saved->field[i].name;
	wr_text_init(&text);
	wr_text_names(&text, names, saved->count);
	status = wr_status_hint(wr_status_new(WR_USER_ERROR, "The state has no column '%s'", name),
				"Its columns are %s", wr_text_str(&text));
	wr_text_release(&text);
	wr_free(names);
	return status;
}

/* The saved column of a declared one. */
static wr_status *match_column(const struct wr_schema *saved, const struct wr_field *declared,
			       uint32_t *out)
{
	for (uint32_t i = 0; i < saved->count; i++) {
		struct wr_arena arena;
		wr_status *status = NULL;

		if (strcmp(saved->field[i].name, declared->name) != 0)
			continue;
		*out = i;
		if (wr_type_equal(saved->field[i].type, declared->type, false))
			return NULL;
		wr_arena_init(&arena);
		status = wr_status_hint(
		    wr_status_new(WR_USER_ERROR, "Column '%s' of the state is of type %s, not %s",
				  declared->name, wr_type_str(&arena, saved->field[i].type),
				  wr_type_str(&arena, declared->type)),
		    "Declare the type of the state, and cast it in a query");
		wr_arena_release(&arena);
		return status;
	}
	return no_column(saved, declared->name);
}

/* All declared columns are checked, those that are wanted are noted. */
static wr_status *match_columns(struct savepoint *savepoint, const struct wr_connector_args *args)
{
	struct wr_saved_rows *rows =
	    wr_saved_rows_new(&savepoint->manifest->state[savepoint->state]);
	const struct wr_schema *saved = wr_saved_rows_schema(rows);
	wr_status *status = NULL;
	uint32_t column;

	for (uint32_t i = 0; i < args->schema->count && status == NULL; i++)
		status = match_column(saved, &args->schema->field[i], &column);
	savepoint->count = args->wanted_count;
	savepoint->column = wr_calloc(savepoint->count + 1, sizeof *savepoint->column);
	savepoint->type = wr_calloc(savepoint->count + 1, sizeof *savepoint->type);
	savepoint->name = wr_calloc(savepoint->count + 1, sizeof *savepoint->name);
	for (uint32_t i = 0; i < savepoint->count && status == NULL; i++) {
		const struct wr_field *field = &args->schema->field[args->wanted[i]];

		savepoint->type[i] = field->type;
		savepoint->name[i] = field->name;
		status = match_column(saved, field, &savepoint->column[i]);
	}
	wr_saved_rows_free(rows);
	return status;
}

static wr_status *savepoint_new(const struct wr_connector_args *args, struct savepoint **out)
{
	struct savepoint *savepoint = wr_calloc(1, sizeof *savepoint);
	wr_status *status;

	savepoint->max_rows = (uint32_t)WR_MIN(args->max_rows, (uint64_t)WR_BATCH_ROWS_MAX);
	status =
	    find_manifest(args->env, wr_options_str(args->options, "path"), &savepoint->manifest);
	if (status == NULL)
		status = find_state(savepoint->manifest, wr_options_str(args->options, "operator"),
				    wr_options_str(args->options, "state"), &savepoint->state);
	if (status == NULL)
		status = match_columns(savepoint, args);
	if (status != NULL) {
		savepoint_free(savepoint);
		savepoint = NULL;
	}
	*out = savepoint;
	return status;
}

static wr_status *savepoint_check(const struct wr_connector_args *args, bool for_sink)
{
	struct savepoint *savepoint;

	if (for_sink)
		return NULL; /* it cannot be written at all */
	WR_TRY(savepoint_new(args, &savepoint));
	savepoint_free(savepoint);
	return NULL;
}

/* --- reading */

static wr_status *savepoint_open(const struct wr_connector_args *args, struct wr_host *host,
				 struct wr_source **out)
{
	struct savepoint *savepoint;
	wr_status *status;

	WR_TRY(savepoint_new(args, &savepoint));
	status = wr_image_read(args->env, savepoint->manifest, savepoint->state, &savepoint->image);
	if (status != NULL) {
		savepoint_free(savepoint);
		return status;
	}
	*out = wr_generator_new(args->env, savepoint, savepoint_free, savepoint->image->count, 0,
				args->block_bytes, "savepoint");
	return NULL;
}

static wr_status *savepoint_reader_new(struct wr_source *source, struct wr_reader **out)
{
	const struct savepoint *savepoint = source->own;
	struct wr_reader *reader = wr_calloc(1, sizeof *reader);

	reader->savepoint = savepoint;
	reader->rows = wr_saved_rows_new(&savepoint->manifest->state[savepoint->state]);
	*out = reader;
	return NULL;
}

static void savepoint_reader_free(struct wr_reader *reader)
{
	if (reader != NULL)
		wr_saved_rows_free(reader->rows);
	wr_free(reader);
}

/* Columns as wanted; one that is declared NOT NULL must have no NULL. */
static wr_status *pick_columns(const struct savepoint *savepoint, const struct wr_batch *rows,
			       struct wr_batch *batch)
{
	for (uint32_t i = 0; i < savepoint->count; i++) {
		struct wr_column *column = rows->column[savepoint->column[i]];

		for (uint32_t r = 0; r < rows->rows && !savepoint->type[i]->nullable; r++)
			if (!wr_column_is_valid(column, r))
				return wr_status_hint(
				    wr_status_new(WR_USER_ERROR,
						  "Column '%s' is declared NOT NULL, and the "
						  "state has a NULL in it",
						  savepoint->name[i]),
				    "Declare it without NOT NULL");
		batch->column[i] = wr_column_retype(column, savepoint->type[i]);
	}
	return NULL;
}

static wr_status *savepoint_decode(struct wr_reader *reader, struct wr_block *block,
				   struct wr_batch **out)
{
	const struct savepoint *savepoint = reader->savepoint;
	uint32_t count = (uint32_t)WR_MIN(block->to - block->from, (uint64_t)savepoint->max_rows);
	struct wr_batch *rows, *batch;
	wr_status *status;

	*out = NULL;
	if (count == 0)
		return NULL;
	WR_TRY(
	    wr_saved_rows_batch(reader->rows, savepoint->image->entry + block->from, count, &rows));
	batch = wr_batch_new(savepoint->count, count);
	status = pick_columns(savepoint, rows, batch);
	wr_batch_free(rows);
	if (status != NULL) {
		wr_batch_free(batch);
		return status;
	}
	block->from += count;
	*out = batch;
	return NULL;
}

const struct wr_connector wr_connector_savepoint = {
    .name = "savepoint",
    .doc = "A state of a checkpoint or savepoint (weir state schema shows its columns).",
    .options = savepoint_options,
    .option_count = WR_COUNT(savepoint_options),
    .bounded = true,
    .check = savepoint_check,
    .source_open = savepoint_open,
    .claim = wr_generator_claim,
    .reader_new = savepoint_reader_new,
    .decode = savepoint_decode,
    .reader_free = savepoint_reader_free,
    .block_free = wr_generator_block_free,
    .position = wr_generator_position,
    .seek = wr_generator_seek,
    .source_close = wr_generator_close,
};

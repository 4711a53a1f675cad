/* SPDX-License-Identifier: Apache-2.0
 *
 * state_rows - weir state dump and diff: the entries of states as rows.
 *
 * Where more than one state is shown, the table format has a heading for each, and the others have
 * two more columns: operator and state.
 */
#include <stdlib.h>

#include "base/limits.h"
#include "base/macros.h"
#include "base/mem.h"
#include "cli/state.h"
#include "state/saved_rows.h"
#include "state/schema.h"

#define SHOWN_AT_A_TIME 1024 /* entries that are made rows together */

/* The rows of one state on their way out. */
struct showing {
	struct wr_state_view *view;
	const struct wr_saved_state *state;
	struct wr_saved_rows *rows;
	struct wr_schema schema; /* of what is shown */
	struct wr_field *field;  /* of the schema; owned */
	uint32_t shift;          /* columns in front: 2 or 0 */
	bool begun;
	uint64_t left; /* rows that may still be shown */
	uint32_t count;
	struct wr_image_entry entry[SHOWN_AT_A_TIME];
	uint8_t kind[SHOWN_AT_A_TIME];
};

static struct wr_column *constant(const char *text)
{
	struct wr_column *column = wr_column_new(&WR_T_STRING, 1);
	struct wr_strout out;

	wr_strout_init(&out, column);
	wr_strout_put(&out, 0, text, (uint32_t)strlen(text));
	wr_column_make_const(column);
	return column;
}

/* Columns of what is shown: with `many`, operator and state in front. */
static void showing_init(struct showing *showing, struct wr_state_view *view,
			 const struct wr_saved_state *state, bool many)
{
	const struct wr_schema *schema;

	showing->view = view;
	showing->state = state;
	showing->rows = wr_saved_rows_new(state);
	showing->shift = many && view->output.format != WR_FORMAT_TABLE ? 2 : 0;
	showing->begun = false;
	showing->count = 0;
	showing->left = view->limit;
	schema = wr_saved_rows_schema(showing->rows);
	showing->field = wr_calloc(schema->count + 2, sizeof *showing->field);
	showing->field[0] = (struct wr_field){"operator", &WR_T_STRING};
	showing->field[1] = (struct wr_field){"state", &WR_T_STRING};
	memcpy(showing->field + showing->shift, schema->field,
	       schema->count * sizeof *schema->field);
	showing->schema = (struct wr_schema){schema->count + showing->shift, showing->field};
}

static void showing_release(struct showing *showing)
{
	wr_saved_rows_free(showing->rows);
	wr_free(showing->field);
}

static wr_status *showing_begin(struct showing *showing)
{
	struct wr_output *output = &showing->view->output;

	if (showing->begun)
		return NULL;
	showing->begun = true;
	if (output->format == WR_FORMAT_TABLE)
		fprintf(output->file, "%s %s of %s\n", showing->state->extra ? "extra" : "state",
			showing->state->name, showing->state->op);
	return wr_output_begin(output, &showing->schema, false, true, "UTC");
}

/* Makes rows of the entries gathered, and shows them. */
static wr_status *showing_flush(struct showing *showing)
{
	struct wr_batch *rows, *batch;
	wr_status *status;

	if (showing->count == 0)
		return NULL;
	WR_TRY(showing_begin(showing));
	WR_TRY(wr_saved_rows_batch(showing->rows, showing->entry, showing->count, &rows));
	batch = wr_batch_new(showing->schema.count, showing->count);
	if (showing->shift > 0) {
		batch->column[0] = constant(showing->state->op);
		batch->column[1] = constant(showing->state->name);
	}
	for (uint32_t i = 0; i < rows->column_count; i++)
		batch->column[showing->shift + i] = wr_column_ref(rows->column[i]);
	memcpy(wr_batch_kinds(batch), showing->kind, showing->count);
	status = wr_output_rows(&showing->view->output, batch);
	wr_batch_free(batch);
	wr_batch_free(rows);
	showing->count = 0;
	return status;
}

static wr_status *show(struct showing *showing, const struct wr_image_entry *entry,
		       enum wr_row_kind kind)
{
	if (showing->left == 0)
		return NULL;
	showing->left--;
	showing->entry[showing->count] = *entry;
	showing->kind[showing->count++] = (uint8_t)kind;
	return showing->count == SHOWN_AT_A_TIME ? showing_flush(showing) : NULL;
}

static wr_status *showing_end(struct showing *showing)
{
	WR_TRY(showing_flush(showing));
	return showing->begun ? wr_output_end(&showing->view->output) : NULL;
}

static uint32_t chosen_count(const struct wr_state_view *view, const struct wr_manifest *m)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < m->state_count; i++)
		count += wr_state_is_chosen(view, &m->state[i]);
	return count;
}

/* --- dump */

static wr_status *dump_state(struct showing *showing, const struct wr_image *image)
{
	WR_TRY(showing_begin(showing)); /* also an empty one has its columns */
	for (uint64_t i = 0; i < image->count && showing->left > 0; i++)
		WR_TRY(show(showing, &image->entry[i], WR_INSERT));
	return showing_end(showing);
}

/* State after state, each with its own columns. */
wr_status *wr_state_dump(struct wr_state_view *view)
{
	const struct wr_manifest *m = view->manifest[0];
	bool many = chosen_count(view, m) > 1;
	struct showing *showing = wr_malloc(sizeof *showing);
	wr_status *status = chosen_count(view, m) == 0 ? wr_state_none_chosen(view) : NULL;

	for (uint32_t i = 0; i < m->state_count && status == NULL; i++) {
		struct wr_image *image;

		if (!wr_state_is_chosen(view, &m->state[i]))
			continue;
		status = wr_image_read(view->env, m, i, &image);
		if (status != NULL)
			break;
		showing_init(showing, view, &m->state[i], many);
		status = dump_state(showing, image);
		showing_release(showing);
		wr_image_free(image);
	}
	wr_free(showing);
	return status;
}

/* --- diff */

struct tally {
	uint64_t added, removed, changed, same;
	bool other; /* states that could not be compared */
};

static int compare_values(const struct wr_image_entry *a, const struct wr_image_entry *b)
{
	int order = memcmp(a->value.data, b->value.data, WR_MIN(a->value.len, b->value.len));

	if (order != 0 || a->value.len == b->value.len)
		return order;
	return a->value.len < b->value.len ? -1 : 1;
}

/* Records of extras are compared as a whole: their keys may come more than once. */
static int by_record(const void *a, const void *b)
{
	int order = wr_image_compare(a, b);

	return order != 0 ? order : compare_values(a, b);
}

/* Goes through two sorted lists side by side. */
static wr_status *diff_entries(struct showing *showing, struct wr_image *a, struct wr_image *b,
			       struct tally *tally)
{
	bool extra = showing->state->extra;
	uint64_t i = 0, k = 0;

	if (extra && a->count > 0)
		qsort(a->entry, a->count, sizeof *a->entry, by_record);
	if (extra && b->count > 0)
		qsort(b->entry, b->count, sizeof *b->entry, by_record);
	while (i < a->count || k < b->count) {
		const struct wr_image_entry *x = &a->entry[i], *y = &b->entry[k];
		int order = i == a->count   ? 1
			    : k == b->count ? -1
			    : extra         ? by_record(x, y)
					    : wr_image_compare(x, y);

		i += order <= 0;
		k += order >= 0;
		if (order < 0) {
			tally->removed++;
			WR_TRY(show(showing, x, WR_DELETE));
		} else if (order > 0) {
			tally->added++;
			WR_TRY(show(showing, y, WR_INSERT));
		} else if (compare_values(x, y) == 0) {
			tally->same++;
		} else {
			tally->changed++;
			WR_TRY(show(showing, x, WR_UPDATE_BEFORE));
			WR_TRY(show(showing, y, WR_UPDATE_AFTER));
		}
	}
	return showing_end(showing);
}

/* Shows the differences of a state; a or b is UINT32_MAX where a checkpoint does not have it. */
static wr_status *diff_state(struct wr_state_view *view, struct showing *showing, uint32_t a,
			     uint32_t b, struct tally *tally)
{
	struct wr_image *image[2] = {wr_calloc(1, sizeof **image), NULL};
	struct wr_image *none = image[0];
	uint32_t state[2] = {a, b};
	wr_status *status = NULL;

	wr_arena_init(&none->arena);
	image[0] = NULL;
	for (uint32_t i = 0; i < 2 && status == NULL; i++)
		if (state[i] != UINT32_MAX)
			status = wr_image_read(view->env, view->manifest[i], state[i], &image[i]);
	if (status == NULL) {
		showing_init(showing, view,
			     a != UINT32_MAX ? &view->manifest[0]->state[a]
					     : &view->manifest[1]->state[b],
			     true);
		status = diff_entries(showing, image[0] != NULL ? image[0] : none,
				      image[1] != NULL ? image[1] : none, tally);
		showing_release(showing);
	}
	wr_image_free(image[0]);
	wr_image_free(image[1]);
	wr_image_free(none);
	return status;
}

/* Whether the values of a saved state have the same form in both. */
static bool same_form(const struct wr_state_fit *fit, const struct wr_saved_state *a,
		      const struct wr_saved_state *b)
{
	bool same = fit->fit == WR_FIT_KEPT && a->field_count == b->field_count;

	for (uint32_t i = 0; i < b->field_count && same; i++)
		same = fit->map.from[i] == i && fit->map.change[i] == NULL;
	return same;
}

/* One pair of states, or one that only one checkpoint has. */
static wr_status *diff_fit(struct wr_state_view *view, struct showing *showing,
			   const struct wr_state_fit *fit, struct tally *tally)
{
	const struct wr_saved_state *a =
	    fit->saved != UINT32_MAX ? &view->manifest[0]->state[fit->saved] : NULL;
	const struct wr_saved_state *b =
	    fit->declared != UINT32_MAX ? &view->manifest[1]->state[fit->declared] : NULL;

	if (!wr_state_is_chosen(view, a != NULL ? a : b))
		return NULL;
	if (a == NULL || b == NULL || same_form(fit, a, b))
		return diff_state(view, showing, fit->saved, fit->declared, tally);
	fprintf(stderr, "weir: state '%s' of operator '%s' is not compared: %s\n", a->name, a->op,
		fit->reason != NULL ? fit->reason : "Its fields are others");
	tally->other = true;
	return NULL;
}

wr_status *wr_state_diff(struct wr_state_view *view, bool *differ)
{
	const struct wr_manifest *a = view->manifest[0], *b = view->manifest[1];
	struct showing *showing = wr_malloc(sizeof *showing);
	struct tally tally = {0};
	const struct wr_state_fit *fit;
	struct wr_arena arena;
	wr_status *status = NULL;
	uint32_t count;

	wr_arena_init(&arena);
	fit = wr_schema_match(&arena, a->state, a->state_count, b->state, b->state_count, &count);
	if (chosen_count(view, a) + chosen_count(view, b) == 0)
		status = wr_state_none_chosen(view);
	for (uint32_t i = 0; i < count && status == NULL; i++)
		status = diff_fit(view, showing, &fit[i], &tally);
	if (status == NULL && !view->quiet)
		fprintf(stderr, "%llu added, %llu removed, %llu changed, %llu the same\n",
			(unsigned long long)tally.added, (unsigned long long)tally.removed,
			(unsigned long long)tally.changed, (unsigned long long)tally.same);
	*differ = tally.other || tally.added + tally.removed + tally.changed > 0;
	wr_arena_release(&arena);
	wr_free(showing);
	return status;
}

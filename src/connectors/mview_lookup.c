/* SPDX-License-Identifier: Apache-2.0
 *
 * mview_lookup - look-ups of joins (FOR SYSTEM_TIME AS OF) in a materialized table.
 *
 * Questions by the key of the view are answered from its hash tables; others, and one for all rows,
 * by reading the version that is shown, row by row.
 */
#include "base/limits.h"
#include "base/macros.h"
#include "base/mem.h"
#include "connectors/mview_table.h"

#define READ_ROWS 1024

struct wr_lookup {
	struct wr_mview *view; /* a reference */
	const struct wr_connector_args *args;
	const uint32_t *key; /* columns that are asked by; of the join */
	uint32_t key_count;
	uint32_t *order; /* per key column of the view, its place in `key`; NULL: others are
			    asked by */
	struct wr_column *const *value;  /* of the open question; NULL: all rows */
	uint32_t count;                  /* keys of it */
	uint32_t next;                   /* by key: those before are answered */
	bool open;                       /* there is a question */
	struct wr_mview_scan *scan;      /* answering it; NULL: by key */
	struct wr_mview_output out;      /* by key */
	uint32_t asked[READ_ROWS];       /* of the batch given last */
	uint32_t *found, found_capacity; /* scratch: rows of a scan, and their questions */
	uint32_t *question;
};

/* Where each key column of the view stands among those that are asked by. */
static bool by_key(struct wr_lookup *lookup)
{
	const struct wr_mview *view = lookup->view;

	if (view->bag || view->key_count != lookup->key_count)
		return false;
	for (uint32_t i = 0; i < view->key_count; i++) {
		uint32_t k = 0;

		while (k < lookup->key_count && lookup->key[k] != view->key[i])
			k++;
		if (k == lookup->key_count)
			return false;
		lookup->order[i] = k;
	}
	return true;
}

wr_status *wr_mview_lookup_open(const struct wr_connector *connector,
				const struct wr_connector_args *args, const uint32_t *key,
				uint32_t key_count, struct wr_host *host, struct wr_lookup **out)
{
	struct wr_lookup *lookup = wr_calloc(1, sizeof *lookup);

	(void)connector;
	(void)host;
	lookup->view = wr_mview_ref((struct wr_mview *)args->embed);
	lookup->args = args;
	lookup->key = key;
	lookup->key_count = key_count;
	lookup->order = wr_malloc(((size_t)lookup->view->key_count + 1) * sizeof *lookup->order);
	if (!by_key(lookup)) {
		wr_free(lookup->order);
		lookup->order = NULL;
	}
	wr_mview_output_init(&lookup->out, lookup->view, args->wanted, args->wanted_count);
	*out = lookup;
	return NULL;
}

wr_status *wr_mview_lookup_ask(struct wr_lookup *lookup, struct wr_column *const *key,
			       uint32_t count)
{
	lookup->value = key;
	lookup->count = count;
	lookup->next = 0;
	lookup->open = true;
	if (key == NULL || lookup->order == NULL)
		lookup->scan = wr_mview_scan_open(lookup->view, NULL);
	return NULL;
}

static wr_status *next_by_key(struct wr_lookup *lookup, struct wr_batch **out,
			      const uint32_t **asked)
{
	struct wr_column **key =
	    wr_calloc((size_t)lookup->view->key_count + 1, sizeof(struct wr_column *));
	uint64_t version;

	for (uint32_t i = 0; i < lookup->view->key_count; i++)
		key[i] = lookup->value[lookup->order[i]];
	while (lookup->next < lookup->count && lookup->out.rows == 0) {
		uint32_t count = WR_MIN(lookup->count - lookup->next, READ_ROWS);

		wr_mview_get(lookup->view, NULL, key, lookup->next, count, &lookup->out,
			     lookup->asked, &version);
		lookup->next += count;
	}
	wr_free(key);
	*out = wr_mview_output_take(&lookup->out);
	*asked = lookup->asked;
	return NULL;
}

/* Place of a column of the schema among the wanted ones. */
static uint32_t place_of(const struct wr_lookup *lookup, uint32_t column)
{
	uint32_t i = 0;

	while (lookup->args->wanted[i] != column)
		i++;
	return i;
}

static bool answers(const struct wr_lookup *lookup, const struct wr_batch *batch, uint32_t row,
		    uint32_t question)
{
	for (uint32_t k = 0; k < lookup->key_count; k++) {
		const struct wr_column *column = batch->column[place_of(lookup, lookup->key[k])];

		if (!wr_column_is_valid(column, row) ||
		    !wr_value_equal(column, row, lookup->value[k],
				    question & lookup->value[k]->mask))
			return false;
	}
	return true;
}

static void found_add(struct wr_lookup *lookup, uint32_t *count, uint32_t row, uint32_t question)
{
	if (*count == lookup->found_capacity) {
		lookup->found_capacity = WR_MAX(READ_ROWS, 2 * lookup->found_capacity);
		lookup->found =
		    wr_realloc(lookup->found, lookup->found_capacity * sizeof *lookup->found);
		lookup->question =
		    wr_realloc(lookup->question, lookup->found_capacity * sizeof *lookup->question);
	}
	lookup->found[*count] = row;
	lookup->question[(*count)++] = question;
}

/* Rows of the scan that answer some question. Keys are distinct: a row answers one. */
static wr_status *next_of_scan(struct wr_lookup *lookup, struct wr_batch **out,
			       const uint32_t **asked)
{
	struct wr_batch *batch;
	uint32_t count = 0;

	*out = NULL;
	while (count == 0) {
		WR_TRY(wr_mview_scan_next(lookup->scan, lookup->args->wanted,
					  lookup->args->wanted_count, READ_ROWS, &batch));
		if (batch == NULL)
			return NULL;
		if (lookup->value == NULL) {
			*out = batch;
			return NULL;
		}
		for (uint32_t row = 0; row < batch->rows; row++)
			for (uint32_t q = 0; q < lookup->count; q++)
				if (answers(lookup, batch, row, q)) {
					found_add(lookup, &count, row, q);
					break;
				}
		if (count > 0)
			*out = wr_batch_gather(batch, lookup->found, count);
		wr_batch_free(batch);
	}
	*asked = lookup->question;
	return NULL;
}

wr_status *wr_mview_lookup_next(struct wr_lookup *lookup, struct wr_batch **out,
				const uint32_t **asked, bool *again)
{
	wr_status *status;

	*again = false;
	*out = NULL;
	if (!lookup->open)
		return NULL;
	status = lookup->scan != NULL ? next_of_scan(lookup, out, asked)
				      : next_by_key(lookup, out, asked);
	if (*out == NULL) {
		wr_mview_scan_close(lookup->scan);
		lookup->scan = NULL;
		lookup->open = false;
	}
	return status;
}

void wr_mview_lookup_close(struct wr_lookup *lookup)
{
	wr_mview_scan_close(lookup->scan);
	wr_mview_output_release(&lookup->out);
	wr_mview_unref(lookup->view);
	wr_free(lookup->order);
	wr_free(lookup->found);
	wr_free(lookup->question);
	wr_free(lookup);
}

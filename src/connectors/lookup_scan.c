/* SPDX-License-Identifier: Apache-2.0
 *
 * lookup_scan - see lookup_scan.h.
 *
 * A question opens the source; every batch of it is hashed by its key columns and matched with the
 * keys asked for, which lie in an open-addressing table; the end of the source ends the answer. So
 * one pass answers all keys of a question, whatever their number.
 */
#include "connectors/lookup_scan.h"

#include <strings.h>

#include "base/limits.h"
#include "base/mem.h"
#include "state/state.h"

#define FREE UINT32_MAX

struct wr_lookup {
	const struct wr_connector *connector; /* of the table */
	const struct wr_connector_args *args; /* the plan's */
	struct wr_host *host;
	uint32_t *column;         /* per key: its column in a batch; owned */
	uint32_t key_count;       /* of column */
	struct wr_source *source; /* being read; NULL: no question is open */
	struct wr_reader *reader;
	struct wr_block *block;
	struct wr_column *const *key; /* asked for; borrowed; NULL: everything */
	uint64_t *key_hash;           /* per key asked for; owned */
	uint32_t *table;              /* mask + 1 places: number of a key, or FREE; owned */
	uint32_t mask;
	uint32_t *row, *asked; /* of the batch being matched; owned */
	bool ignores_bad;      /* 'error-handling.mode' = 'ignore' */
};

wr_status *wr_lookup_scan_open(const struct wr_connector *connector,
			       const struct wr_connector_args *args, const uint32_t *key,
			       uint32_t key_count, struct wr_host *host, struct wr_lookup **out)
{
	struct wr_lookup *lookup = wr_calloc(1, sizeof *lookup);

	lookup->connector = connector;
	lookup->args = args;
	lookup->host = host;
	lookup->key_count = key_count;
	lookup->column = wr_calloc(key_count + 1, sizeof *lookup->column);
	for (uint32_t k = 0; k < key_count; k++)
		for (uint32_t i = 0; i < args->wanted_count; i++)
			if (args->wanted[i] == key[k])
				lookup->column[k] = i;
	for (uint32_t i = 0; i < args->given_count; i++)
		if (strcmp(args->given[i].key, "error-handling.mode") == 0)
			lookup->ignores_bad = strcasecmp(args->given[i].value, "ignore") == 0;
	lookup->row = wr_calloc(2 * (WR_BATCH_ROWS_MAX + 1), sizeof *lookup->row);
	lookup->asked = lookup->row + WR_BATCH_ROWS_MAX + 1;
	*out = lookup;
	return NULL;
}

/* The keys asked for as a table. */
static void table_fill(struct wr_lookup *lookup, struct wr_column *const *key, uint32_t count)
{
	uint32_t size = 16;

	while (size < 2 * count)
		size *= 2;
	lookup->mask = size - 1;
	lookup->table = wr_malloc(size * sizeof *lookup->table);
	lookup->key_hash = wr_malloc((count + 1) * sizeof *lookup->key_hash);
	memset(lookup->table, 0xff, size * sizeof *lookup->table);
	wr_keys_hash(key, lookup->key_count, count, lookup->key_hash);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t at = (uint32_t)lookup->key_hash[i] & lookup->mask;

		while (lookup->table[at] != FREE)
			at = (at + 1) & lookup->mask;
		lookup->table[at] = i;
	}
}

/* The key that a row of the batch has, or FREE. */
static uint32_t table_find(const struct wr_lookup *lookup, struct wr_column *const *column,
			   uint32_t row, uint64_t hash)
{
	for (uint32_t at = (uint32_t)hash & lookup->mask; lookup->table[at] != FREE;
	     at = (at + 1) & lookup->mask) {
		uint32_t i = lookup->table[at];
		bool equal = lookup->key_hash[i] == hash;

		for (uint32_t k = 0; k < lookup->key_count && equal; k++)
			equal = wr_value_equal(lookup->key[k], i, column[k], row);
		if (equal)
			return i;
	}
	return FREE;
}

/* Ends the question. */
static void finish(struct wr_lookup *lookup)
{
	const struct wr_connector *connector = lookup->connector;

	if (lookup->source == NULL)
		return;
	if (lookup->block != NULL)
		connector->block_free(lookup->source, lookup->block);
	connector->reader_free(lookup->reader);
	connector->source_close(lookup->source);
	lookup->source = NULL;
	lookup->reader = NULL;
	lookup->block = NULL;
	wr_free(lookup->table);
	wr_free(lookup->key_hash);
	lookup->table = NULL;
	lookup->key_hash = NULL;
}

wr_status *wr_lookup_scan_ask(struct wr_lookup *lookup, struct wr_column *const *key,
			      uint32_t count)
{
	finish(lookup);
	WR_TRY(lookup->connector->source_open(lookup->args, lookup->host, &lookup->source));
	WR_TRY(lookup->connector->reader_new(lookup->source, &lookup->reader));
	lookup->key = key;
	if (key != NULL)
		table_fill(lookup, key, count);
	return NULL;
}

/* A record that cannot be read stops the job, unless the table says otherwise. */
static wr_status *block_done(struct wr_lookup *lookup)
{
	const struct wr_block *block = lookup->block;
	wr_status *status = NULL;

	if (block->range.bad.count > 0 && !lookup->ignores_bad)
		status = wr_status_hint(
		    wr_status_new(WR_USER_ERROR, "Table '%s': bad row in %s: %s",
				  lookup->args->table,
				  block->origin != NULL ? block->origin : "input",
				  block->range.bad.record[0].text),
		    "To look up without such rows set 'error-handling.mode' = 'ignore' on table "
		    "'%s'",
		    lookup->args->table);
	lookup->connector->block_free(lookup->source, lookup->block);
	lookup->block = NULL;
	return status;
}

/* The rows of a batch that were asked for; NULL: none. The batch is taken over. */
static struct wr_batch *match(struct wr_lookup *lookup, struct wr_batch *batch)
{
	struct wr_column **column = wr_calloc(lookup->key_count + 1, sizeof *column);
	uint64_t *hash = wr_malloc((batch->rows + 1) * sizeof *hash);
	uint32_t count = 0;
	struct wr_batch *out = NULL;

	for (uint32_t k = 0; k < lookup->key_count; k++)
		column[k] = batch->column[lookup->column[k]];
	wr_keys_hash(column, lookup->key_count, batch->rows, hash);
	for (uint32_t i = 0; i < batch->rows; i++) {
		uint32_t found = table_find(lookup, column, i, hash[i]);

		if (found == FREE)
			continue;
		lookup->row[count] = i;
		lookup->asked[count++] = found;
	}
	if (count > 0)
		out = wr_batch_gather(batch, lookup->row, count);
	wr_free(hash);
	wr_free(column);
	wr_batch_free(batch);
	return out;
}

/* The next batch of the source; NULL at its end. */
static wr_status *read(struct wr_lookup *lookup, struct wr_batch **out)
{
	const struct wr_connector *connector = lookup->connector;
	enum wr_claim claim = WR_CLAIM_BLOCK;
	struct wr_claim_ask ask = {0};

	for (;;) {
		if (lookup->block == NULL) {
			WR_TRY(connector->claim(lookup->source, &ask, &lookup->block, &claim));
			if (claim == WR_CLAIM_END)
				return NULL;
			if (claim == WR_CLAIM_WAIT)
				return wr_status_new(WR_USER_ERROR,
						     "Table '%s' cannot be looked up: its input "
						     "has to be waited for",
						     lookup->args->table);
		}
		WR_TRY(connector->decode(lookup->reader, lookup->block, out));
		if (*out != NULL)
			return NULL;
		WR_TRY(block_done(lookup));
	}
}

wr_status *wr_lookup_scan_next(struct wr_lookup *lookup, struct wr_batch **out,
			       const uint32_t **asked, bool *again)
{
	*out = NULL;
	*asked = lookup->asked;
	*again = false;
	while (*out == NULL) {
		WR_TRY(read(lookup, out));
		if (*out == NULL) {
			finish(lookup);
			return NULL;
		}
		wr_batch_compact(*out);
		if (lookup->key != NULL)
			*out = match(lookup, *out);
	}
	return NULL;
}

void wr_lookup_scan_close(struct wr_lookup *lookup)
{
	finish(lookup);
	wr_free(lookup->column);
	wr_free(lookup->row);
	wr_free(lookup);
}

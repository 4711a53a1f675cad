/* SPDX-License-Identifier: Apache-2.0
 *
 * diff_compare - see diff_compare.h.
 */
#include "cli/diff_compare.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/limits.h"
#include "base/mem.h"
#include "cli/diff_bag.h"
#include "cli/diff_show.h"

#define PARTS_MAX 1024 /* passes: more are a matter for another tool */

enum side { SIDE_A, SIDE_B };

struct diff {
	const struct wr_diff_wishes *wishes;
	struct wr_diff_columns columns;
	struct wr_diff_input input[2];
	struct wr_diff_bag bag;          /* of the part at hand */
	const char *key[WR_COLUMNS_MAX]; /* names */
	uint32_t key_count;              /* of them; 0: the row is the key */
	enum side side;                  /* being read */
	uint64_t part, part_count;       /* keys whose hash leaves `part` are looked at */
	bool overflow;                   /* the bag was full */
	struct wr_text packed;           /* scratch: the values of a row, one behind the other */
	struct wr_diff_counts counts;
	struct wr_diff_show show;
};

/* --- hashes */

static void pack(struct wr_text *packed, uint32_t column, struct wr_str value)
{
	uint64_t head[2] = {column, value.len};

	wr_text_add(packed, head, sizeof head);
	wr_text_add(packed, value.data, value.len);
}

/* The hashes of the row at hand. */
static struct wr_diff_hash hash_row(struct diff *diff, const struct wr_diff_input *input)
{
	struct wr_diff_hash hash;
	XXH128_hash_t row, key;

	wr_text_clear(&diff->packed);
	for (uint32_t i = 0; i < diff->columns.index.count; i++) {
		struct wr_str value = wr_diff_input_value(input, i);

		if (value.data != NULL)
			pack(&diff->packed, i, value);
	}
	row = key = XXH3_128bits(wr_text_str(&diff->packed), diff->packed.len);
	if (diff->key_count > 0) {
		wr_text_clear(&diff->packed);
		for (uint32_t i = 0; i < diff->key_count; i++) {
			uint32_t column = wr_diff_columns_find(&diff->columns, diff->key[i]);
			struct wr_str value = wr_diff_input_value(input, column);

			if (value.data != NULL)
				pack(&diff->packed, i, value);
		}
		key = XXH3_128bits(wr_text_str(&diff->packed), diff->packed.len);
	}
	hash = (struct wr_diff_hash){{key.low64, key.high64}, row.low64};
	return hash;
}

/* --- first pass */

static wr_status *twice(const struct diff *diff, const struct wr_diff_input *input)
{
	struct wr_text key;
	wr_status *status;

	wr_text_init(&key);
	for (uint32_t i = 0; i < diff->key_count; i++) {
		struct wr_str value =
		    wr_diff_input_value(input, wr_diff_columns_find(&diff->columns, diff->key[i]));
		wr_text_printf(&key, "%s%s=%.*s", i > 0 ? ", " : "", diff->key[i],
			       value.data != NULL ? (int)value.len : 4,
			       value.data != NULL ? value.data : "NULL");
	}
	status =
	    wr_status_new(WR_USER_ERROR,
			  "The key %s is there twice; for the second time in "
			  "'%s', record %llu",
			  wr_text_str(&key), input->file->path, (unsigned long long)input->record);
	wr_text_release(&key);
	return wr_status_hint(
	    status, "Name more columns with --key, or leave it out to compare whole rows");
}

/* Folds the row into what its side has under the key. */
static wr_status *count_keyed(const struct diff *diff, const struct wr_diff_input *input,
			      struct wr_diff_entry *entry, uint64_t row, enum wr_row_kind kind)
{
	enum side side = diff->side;

	if (wr_kind_is_add((uint8_t)kind)) {
		if (entry->count[side] != 0 && input->form <= WR_DIFF_CSV)
			return twice(diff, input);
		entry->count[side] = 1;
		entry->row[side] = row;
	} else if (kind == WR_DELETE || entry->row[side] == row) {
		entry->count[side] = 0;
	}
	return NULL;
}

static wr_status *count_row(void *user, struct wr_diff_input *input, enum wr_row_kind kind)
{
	struct diff *diff = user;
	struct wr_diff_hash hash = hash_row(diff, input);
	struct wr_diff_entry *entry;

	if (hash.key[1] % diff->part_count != diff->part)
		return NULL;
	entry = wr_diff_bag_put(&diff->bag, &hash);
	if (entry == NULL) {
		diff->overflow = true;
		return wr_status_hint(wr_status_new(WR_RETRY,
						    "There are more keys than fit into %d passes",
						    PARTS_MAX),
				      "Give it more --memory");
	}
	if (diff->key_count > 0)
		return count_keyed(diff, input, entry, hash.row, kind);
	entry->count[diff->side] += wr_kind_is_add((uint8_t)kind) ? 1 : -1;
	entry->row[diff->side] = hash.row;
	return NULL;
}

/* --- second pass */

/* Shows the row when it is the one by which its side differs, once. */
static wr_status *find_row(void *user, struct wr_diff_input *input, enum wr_row_kind kind)
{
	struct diff *diff = user;
	enum side side = diff->side;
	struct wr_diff_hash hash;
	struct wr_diff_entry *entry;
	int64_t more;

	if (!wr_kind_is_add((uint8_t)kind))
		return NULL;
	hash = hash_row(diff, input);
	if (hash.key[1] % diff->part_count != diff->part)
		return NULL;
	entry = wr_diff_bag_put(&diff->bag, &hash);
	if (wr_diff_entry_same(entry) || entry->count[side] == 0 || entry->row[side] != hash.row)
		return NULL;
	if (diff->key_count > 0 && entry->count[!side] != 0) {
		if (side == SIDE_B)
			return wr_diff_show_changed(&diff->show, input, entry);
		wr_diff_show_hold(&diff->show, input, entry);
		return NULL;
	}
	more = entry->count[side] - entry->count[!side];
	if (more <= 0)
		return NULL;
	entry->count[side] = entry->count[!side];
	return wr_diff_show_row(&diff->show, input, side == SIDE_A ? "missing" : "extra", more);
}

/* Adds up what the bag says. */
static void sum_up(struct diff *diff)
{
	for (uint64_t i = 0; i < diff->bag.slot_count; i++) {
		const struct wr_diff_entry *entry = &diff->bag.entry[i];
		int64_t a = WR_MAX(entry->count[0], 0), b = WR_MAX(entry->count[1], 0);

		if (diff->key_count > 0 && a > 0 && b > 0) {
			diff->counts.same += wr_diff_entry_same(entry);
			diff->counts.changed += !wr_diff_entry_same(entry);
			continue;
		}
		diff->counts.same += (uint64_t)WR_MIN(a, b);
		diff->counts.missing += (uint64_t)(a - WR_MIN(a, b));
		diff->counts.extra += (uint64_t)(b - WR_MIN(a, b));
	}
}

static wr_status *pass(struct diff *diff, wr_diff_each *each)
{
	for (int side = SIDE_A; side <= SIDE_B; side++) {
		diff->side = (enum side)side;
		WR_TRY(wr_diff_input_each(&diff->input[side], each, diff));
	}
	return NULL;
}

/* Both passes over one part of the keys. */
static wr_status *compare_part(struct diff *diff)
{
	uint64_t keys_max = diff->wishes->keys_max;
	uint64_t before = diff->counts.missing + diff->counts.extra + diff->counts.changed;

	wr_diff_bag_release(&diff->bag);
	/* The first part decides how many there are: the others are about as large. */
	wr_diff_bag_init(&diff->bag, diff->part == 0 ? keys_max : keys_max + keys_max / 4);
	WR_TRY(pass(diff, count_row));
	sum_up(diff);
	if (diff->counts.missing + diff->counts.extra + diff->counts.changed == before ||
	    diff->wishes->quiet)
		return NULL;
	WR_TRY(wr_diff_show_begin(&diff->show, &diff->columns));
	return pass(diff, find_row);
}

/* Columns of the key must be there, or every row would have the same one. */
static wr_status *check_key(const struct diff *diff)
{
	for (uint32_t i = 0; i < diff->key_count; i++) {
		struct wr_text names;
		wr_status *status;

		if (diff->columns.index.count == 0 ||
		    wr_map_get(&diff->columns.index, diff->key[i]) != NULL)
			continue;
		wr_text_init(&names);
		for (uint32_t k = 0; k < diff->columns.index.count; k++)
			wr_text_printf(&names, "%s%s", k > 0 ? ", " : "",
				       diff->columns.index.entry[k].key);
		status = wr_status_hint(
		    wr_status_new(WR_USER_ERROR, "There is no column '%s' for --key", diff->key[i]),
		    "The columns are %s", wr_text_str(&names));
		wr_text_release(&names);
		return status;
	}
	return NULL;
}

/* Notes the names of the columns: reads one row of each side that has one. */
static wr_status *first_row(void *user, struct wr_diff_input *input, enum wr_row_kind kind)
{
	return wr_status_new(WR_RETRY, "One row is enough");
}

static wr_status *learn_columns(struct diff *diff)
{
	for (int side = SIDE_A; side <= SIDE_B; side++) {
		wr_status *status = wr_diff_input_each(&diff->input[side], first_row, diff);

		if (status != NULL && status->class != WR_RETRY)
			return status;
		wr_status_free(status);
	}
	return check_key(diff);
}

static wr_status *compare(struct diff *diff)
{
	for (int side = SIDE_A; side <= SIDE_B; side++)
		WR_TRY(wr_diff_input_open(&diff->input[side], diff->wishes->path[side],
					  diff->wishes->form, diff->wishes->header,
					  &diff->columns));
	if (diff->key_count > 0)
		WR_TRY(learn_columns(diff));
	for (diff->part_count = 1;; diff->part_count *= 2) {
		wr_status *status = NULL;

		diff->counts = (struct wr_diff_counts){0};
		diff->overflow = false;
		for (diff->part = 0; status == NULL && diff->part < diff->part_count; diff->part++)
			status = compare_part(diff);
		if (!diff->overflow || diff->show.begun || diff->part_count == PARTS_MAX)
			return status;
		wr_status_free(status);
	}
}

static wr_status *split_key(struct diff *diff, char *key)
{
	for (char *name = strsep(&key, ","); name != NULL; name = strsep(&key, ",")) {
		if (*name == '\0')
			return wr_status_new(WR_USER_ERROR, "'--key' has an empty name");
		if (diff->key_count == WR_COLUMNS_MAX)
			return wr_status_new(WR_USER_ERROR,
					     "'--key' has more columns than a table");
		diff->key[diff->key_count++] = name;
	}
	return NULL;
}

wr_status *wr_diff_compare(const struct wr_diff_wishes *wishes, struct wr_diff_counts *counts)
{
	struct diff *diff = wr_calloc(1, sizeof *diff);
	wr_status *status = NULL;

	diff->wishes = wishes;
	wr_diff_columns_init(&diff->columns);
	wr_diff_show_init(&diff->show, wishes->format, wishes->limit);
	if (wishes->key != NULL)
		status = split_key(diff, wishes->key);
	if (status == NULL)
		status = compare(diff);
	if (status == NULL)
		status = wr_diff_show_end(&diff->show);
	*counts = diff->counts;
	wr_diff_show_release(&diff->show);
	wr_diff_bag_release(&diff->bag);
	wr_text_release(&diff->packed);
	wr_diff_input_close(&diff->input[0]);
	wr_diff_input_close(&diff->input[1]);
	wr_diff_columns_release(&diff->columns);
	wr_free(diff);
	return status;
}

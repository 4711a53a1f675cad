/* SPDX-License-Identifier: Apache-2.0
 *
 * state_bench - how fast keyed state in memory is: upserts per second over tables of many sizes.
 *
 * Usage: state_bench [keys [rows]]. Every line is one case: how many keys the table has, millions
 * of upserts per second (hashing included), the same for the second half of the run, when all keys
 * are there, and bytes of state per byte of key and value.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "state/state.h"

#define BATCH 4096u

static uint64_t next_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* CPU time of this thread in seconds. */
static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Fills a column with keys below `keys`: BIGINT, or a string made of it. */
static struct wr_column *make_keys(const struct wr_type *type, uint64_t keys, uint64_t *seed)
{
	struct wr_column *column = wr_column_new(type, BATCH);
	struct wr_strout out;
	char text[64];

	if (column->phys == WR_P_STR)
		wr_strout_init(&out, column);
	for (uint32_t i = 0; i < BATCH; i++) {
		uint64_t key = next_random(seed) % keys;
		if (column->phys == WR_P_I64)
			WR_DATA(column, int64_t)[i] = (int64_t)key;
		else if (column->phys == WR_P_I32)
			WR_DATA(column, int32_t)[i] = (int32_t)key;
		else
			wr_strout_put(&out, i, text,
				      (uint32_t)snprintf(text, sizeof text, "customer-%09lu",
							 (unsigned long)key));
	}
	return column;
}

/* Upserts `rows` rows in batches and adds one to a counter in each slot. */
static void run(const char *name, const struct wr_type *const *type, uint32_t columns,
		uint32_t key_bytes, uint64_t keys, uint64_t rows)
{
	struct wr_state_decl decl = {
	    .name = "bench", .key_count = columns, .key_type = type, .value_size = 16};
	struct wr_state *state;
	static uint64_t hash[BATCH];
	static uint8_t *slot[BATCH];
	uint64_t seed = 88172645463325252ull;
	double spent[2] = {0, 0};

	if (wr_state_open(&wr_state_memory, &decl, &state) != NULL)
		exit(1);
	for (uint64_t done = 0; done < rows; done += BATCH) {
		struct wr_column *column[4];
		for (uint32_t c = 0; c < columns; c++)
			column[c] = make_keys(type[c], c == 0 ? keys : 1, &seed);
		struct wr_keys batch = {.rows = BATCH, .column = column, .hash = hash};
		double start = now();
		wr_keys_hash(column, columns, BATCH, hash);
		if (wr_state_upsert(state, 0, &batch, slot, NULL) != NULL)
			exit(1);
		for (uint32_t i = 0; i < BATCH; i++)
			*(int64_t *)slot[i] += 1;
		spent[done * 2 >= rows] += now() - start;
		for (uint32_t c = 0; c < columns; c++)
			wr_column_unref(column[c]);
	}
	uint64_t count = wr_state_count(state, 0);
	printf("%-10s %10lu keys  %7.1f M/s  later %7.1f M/s  %5.2f bytes per byte\n", name,
	       (unsigned long)count, (double)rows / (spent[0] + spent[1]) * 1e-6,
	       (double)rows / 2 / spent[1] * 1e-6,
	       (double)wr_state_bytes(state) / (double)(count * (key_bytes + 16)));
	wr_state_close(state);
}

int main(int argc, char **argv)
{
	static const uint64_t sizes[] = {100, 10000, 100000, 1000000, 10000000};
	const struct wr_type *bigint[] = {&WR_T_BIGINT};
	const struct wr_type *pair[] = {&WR_T_BIGINT, &WR_T_INT};
	const struct wr_type *string[] = {&WR_T_STRING};
	uint64_t only = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;
	uint64_t rows = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;

	for (uint32_t i = 0; i < WR_COUNT(sizes); i++) {
		uint64_t keys = only != 0 ? only : sizes[i];
		uint64_t n = rows != 0 ? rows : WR_MAX(keys * 6, 10000000);
		run("BIGINT", bigint, 1, 8, keys, n);
		run("BIGINT,INT", pair, 2, 12, keys, n);
		run("STRING", string, 1, 18, keys, n);
		if (only != 0)
			break;
	}
	return 0;
}

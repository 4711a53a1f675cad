/* SPDX-License-Identifier: Apache-2.0
 *
 * clicks - click events as JSON lines, the input of the clicks jobs: clicks ROWS SEED > clicks.json
 *
 * 100,000 users, Zipf(1.1). Event time goes on by 1 ms a row, less a random delay of 0..4,999 ms,
 * so rows are up to 5 s out of order. The same arguments give the same bytes.
 *
 *     {"user_id":28566,"url":"/p/652","amount":80.27,"ts":"2024-01-01 00:00:00.000"}
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define USERS        100000
#define SKEW         1.1
#define DELAY_MS     5000
#define OUTPUT_BYTES (1 << 20)

/* What rows are drawn from. */
struct clicks {
	uint64_t random;    /* state of xorshift64*; never 0 */
	double cdf[USERS];  /* running sums of the users' weights, heaviest first */
	double sum;         /* of all weights */
	uint32_t id[USERS]; /* user of each rank: a random permutation */
};

static uint64_t next_random(struct clicks *clicks)
{
	clicks->random ^= clicks->random << 13;
	clicks->random ^= clicks->random >> 7;
	clicks->random ^= clicks->random << 17;
	return clicks->random * 0x2545F4914F6CDD1DULL;
}

static void clicks_init(struct clicks *clicks, uint64_t seed)
{
	clicks->random = seed * 0x9E3779B97F4A7C15ULL + 1;
	clicks->sum = 0;
	for (uint32_t i = 0; i < USERS; i++) {
		clicks->cdf[i] = clicks->sum += pow(i + 1, -SKEW);
		clicks->id[i] = i;
	}
	for (uint32_t i = USERS - 1; i > 0; i--) {
		uint32_t j = (uint32_t)(next_random(clicks) % (i + 1)), swap = clicks->id[i];

		clicks->id[i] = clicks->id[j];
		clicks->id[j] = swap;
	}
}

static uint32_t next_user(struct clicks *clicks)
{
	double u = (double)(next_random(clicks) >> 11) / 9007199254740992.0 * clicks->sum;
	uint32_t low = 0, high = USERS - 1;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (clicks->cdf[middle] < u)
			low = middle + 1;
		else
			high = middle;
	}
	return clicks->id[low];
}

/* Writes row i. The order in which random numbers are drawn is part of the format. */
static void print_row(struct clicks *clicks, int64_t i)
{
	uint32_t user = next_user(clicks);
	int64_t t = i - (int64_t)(next_random(clicks) % DELAY_MS);
	int64_t cents = (int64_t)(next_random(clicks) % 10001);
	int page = (int)(next_random(clicks) % 1000);
	int64_t s;

	if (t < 0)
		t = 0;
	s = t / 1000;
	printf("{\"user_id\":%u,\"url\":\"/p/%03d\",\"amount\":%d.%02d,\"ts\":\"2024-01-%02d "
	       "%02d:%02d:%02d.%03d\"}\n",
	       user, page, (int)(cents / 100), (int)(cents % 100), (int)(1 + s / 86400),
	       (int)(s / 3600 % 24), (int)(s / 60 % 60), (int)(s % 60), (int)(t % 1000));
}

int main(int argc, char **argv)
{
	struct clicks *clicks = malloc(sizeof *clicks);
	int64_t rows = argc == 3 ? strtoll(argv[1], NULL, 10) : 0;

	if (rows <= 0 || clicks == NULL) {
		fputs("usage: clicks ROWS SEED\n", stderr);
		return 2;
	}
	setvbuf(stdout, NULL, _IOFBF, OUTPUT_BYTES);
	clicks_init(clicks, strtoull(argv[2], NULL, 10));
	for (int64_t i = 0; i < rows; i++)
		print_row(clicks, i);
	free(clicks);
	return fflush(stdout) == 0 ? 0 : 1;
}

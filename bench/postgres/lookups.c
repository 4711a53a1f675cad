/* SPDX-License-Identifier: Apache-2.0
 *
 * lookups - look-ups in a materialized table over the PostgreSQL protocol, by libpq: `lookups
 * "host=... port=..." CONNECTIONS SECONDS KEYS`.
 *
 * Each connection has a thread that executes a prepared SELECT by key, in the binary form, one
 * after the other. Printed: look-ups per second, and the time of one: p50, p99, p99.9, the longest.
 */
#include <libpq-fe.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TIMES_MAX 4000000 /* of a connection */

struct client {
	pthread_t thread;
	const char *where;
	unsigned seed;
	long keys;
	double seconds;
	long count;   /* look-ups */
	double *time; /* of each, in microseconds; owned */
};

static double now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void fail(PGconn *connection, const char *what)
{
	fprintf(stderr, "%s: %s", what, PQerrorMessage(connection));
	exit(1);
}

static void *look_up(void *own)
{
	struct client *client = own;
	PGconn *connection = PQconnectdb(client->where);
	double end = now_us() + client->seconds * 1e6, before = now_us();
	PGresult *result;

	if (PQstatus(connection) != CONNECTION_OK)
		fail(connection, "connect");
	result =
	    PQprepare(connection, "s", "SELECT id, customer FROM totals WHERE id = $1", 1, NULL);
	if (PQresultStatus(result) != PGRES_COMMAND_OK)
		fail(connection, "prepare");
	PQclear(result);
	while (before < end && client->count < TIMES_MAX) {
		unsigned long long key =
		    __builtin_bswap64(1 + (unsigned long long)rand_r(&client->seed) %
					      (unsigned long long)client->keys);
		const char *value = (const char *)&key;
		int len = sizeof key, format = 1;
		double after;

		result = PQexecPrepared(connection, "s", 1, &value, &len, &format, 1);
		if (PQresultStatus(result) != PGRES_TUPLES_OK || PQntuples(result) != 1)
			fail(connection, "look-up");
		PQclear(result);
		after = now_us();
		client->time[client->count++] = after - before;
		before = after;
	}
	PQfinish(connection);
	return NULL;
}

static int by_value(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return left < right ? -1 : left > right;
}

int main(int argc, char **argv)
{
	int connections = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 4;
	double seconds = argc > 3 ? strtod(argv[3], NULL) : 5, *all;
	struct client *client = calloc((size_t)connections, sizeof *client);
	long count = 0;

	if (argc < 2)
		return 2;
	for (int i = 0; i < connections; i++) {
		client[i] = (struct client){.where = argv[1],
					    .seed = (unsigned)i + 1,
					    .keys = argc > 4 ? strtol(argv[4], NULL, 10) : 1000,
					    .seconds = seconds,
					    .time = malloc(TIMES_MAX * sizeof(double))};
		pthread_create(&client[i].thread, NULL, look_up, &client[i]);
	}
	for (int i = 0; i < connections; i++) {
		pthread_join(client[i].thread, NULL);
		count += client[i].count;
	}
	all = malloc(((size_t)count + 1) * sizeof *all);
	count = 0;
	for (int i = 0; i < connections; i++) {
		memcpy(all + count, client[i].time, (size_t)client[i].count * sizeof *all);
		count += client[i].count;
		free(client[i].time);
	}
	qsort(all, (size_t)count, sizeof *all, by_value);
	printf("%2d connections: %7.0f look-ups/s, p50 %.0f us, p99 %.0f us, p99.9 %.0f us, max "
	       "%.1f ms\n",
	       connections, (double)count / seconds, all[count / 2], all[count * 99 / 100],
	       all[count * 999 / 1000], all[count - 1] / 1e3);
	free(all);
	free(client);
	return 0;
}

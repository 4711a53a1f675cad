/* SPDX-License-Identifier: Apache-2.0
 *
 * limit - what libpq and the server themselves do with the rows of bench/postgres.py.
 *
 *   limit CONNINFO append TABLE ROWS          one COPY FROM STDIN in binary form
 *   limit CONNINFO upsert TABLE ROWS KEYS     batches of BATCH rows, each in a transaction: COPY
 *                                             into a temporary table, INSERT ... SELECT ... ON
 *                                             CONFLICT DO UPDATE
 *   limit CONNINFO scan TABLE                 COPY TO STDOUT in binary form, thrown away
 *
 * Prints the seconds. Rows: id BIGINT, k INT, name TEXT, price DOUBLE PRECISION, at TIMESTAMP.
 * cc -O2 -I/usr/include/postgresql limit.c -lpq
 */
#include <libpq-fe.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BATCH 50000
#define PIECE (128 << 10)

static PGconn *conn;

static double now(void)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static void fail(void)
{
	fprintf(stderr, "%s", PQerrorMessage(conn));
	exit(1);
}

static void exec(const char *sql)
{
	PGresult *result = PQexec(conn, sql);
	ExecStatusType status = PQresultStatus(result);

	if (status != PGRES_COMMAND_OK && status != PGRES_COPY_IN && status != PGRES_COPY_OUT)
		fail();
	PQclear(result);
}

static char *put(char *to, uint64_t value, int bytes)
{
	for (int i = bytes - 1; i >= 0; i--)
		*to++ = (char)(value >> (8 * i));
	return to;
}

/* One tuple; at most 100 bytes. */
static char *tuple(char *to, uint64_t id, uint64_t keys)
{
	double price = (double)id * 0.25;
	uint64_t bits;
	char name[32];
	int len = snprintf(name, sizeof name, "name %llu", (unsigned long long)(id % 1000));

	memcpy(&bits, &price, sizeof bits);
	to = put(to, 5, 2);
	to = put(put(to, 8, 4), id, 8);
	to = put(put(to, 4, 4), keys > 0 ? id % keys : id % 100000, 4);
	to = put(to, (uint64_t)len, 4);
	memcpy(to, name, (size_t)len);
	to += len;
	to = put(put(to, 8, 4), bits, 8);
	return put(put(to, 8, 4), id * 1000, 8);
}

/* Rows [from, to) by COPY. */
static void copy(const char *table, uint64_t from, uint64_t to, uint64_t keys)
{
	static char piece[PIECE + 200];
	char sql[256], *at = piece;

	snprintf(sql, sizeof sql, "COPY %s FROM STDIN (FORMAT binary)", table);
	exec(sql);
	memcpy(at, "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
	at += 19;
	for (uint64_t id = from; id < to; id++) {
		at = tuple(at, id, keys);
		if (at - piece >= PIECE) {
			if (PQputCopyData(conn, piece, (int)(at - piece)) != 1)
				fail();
			at = piece;
		}
	}
	at = put(at, 0xffff, 2);
	if (PQputCopyData(conn, piece, (int)(at - piece)) != 1 || PQputCopyEnd(conn, NULL) != 1)
		fail();
	PQclear(PQgetResult(conn));
	while (PQgetResult(conn) != NULL) {
	}
}

static void upsert(const char *table, uint64_t rows, uint64_t keys)
{
	char sql[512];

	snprintf(
	    sql, sizeof sql,
	    "CREATE TEMP TABLE stage (id bigint, k int, name text, price float8, at timestamp) "
	    "ON COMMIT DELETE ROWS");
	exec(sql);
	snprintf(sql, sizeof sql,
		 "INSERT INTO %s SELECT * FROM stage ON CONFLICT (k) DO UPDATE SET id = "
		 "EXCLUDED.id, name = EXCLUDED.name, price = EXCLUDED.price, at = EXCLUDED.at",
		 table);
	for (uint64_t from = 0; from < rows; from += BATCH) {
		exec("BEGIN");
		copy("stage", from, from + BATCH < rows ? from + BATCH : rows, keys);
		exec(sql);
		exec("COMMIT");
	}
}

static void scan(const char *table)
{
	char sql[256], *tuple;

	snprintf(sql, sizeof sql, "COPY %s TO STDOUT (FORMAT binary)", table);
	exec(sql);
	while (PQgetCopyData(conn, &tuple, 0) > 0)
		PQfreemem(tuple);
}

int main(int argc, char **argv)
{
	double begin;

	if (argc < 4)
		return 2;
	conn = PQconnectdb(argv[1]);
	if (PQstatus(conn) != CONNECTION_OK)
		fail();
	begin = now();
	if (strcmp(argv[2], "append") == 0)
		copy(argv[3], 0, strtoull(argv[4], NULL, 10), 0);
	else if (strcmp(argv[2], "upsert") == 0)
		upsert(argv[3], strtoull(argv[4], NULL, 10), strtoull(argv[5], NULL, 10));
	else
		scan(argv[3]);
	printf("%.3f\n", now() - begin);
	PQfinish(conn);
	return 0;
}

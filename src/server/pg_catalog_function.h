/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_catalog_function - how a function of PostgreSQL's is given to SQLite.
 *
 * An array is a text, "{a,b}", with WR_PGS_ARRAY before it when a function made it, so that it is
 * told from other texts in a result; those in tables are without, and "1 2" is a vector, which
 * counts from 0.
 */
#ifndef WR_SERVER_PG_CATALOG_FUNCTION_H
#define WR_SERVER_PG_CATALOG_FUNCTION_H

#include "server/pg_array.h"
#include "server/pg_catalog_inner.h"

/* What is registered: a function, or (call NULL) a value that it always has. */
struct wr_pgs_function {
	const char *name; /* in SQL */
	int arguments;    /* -1: any */
	void (*call)(struct wr_pgs_catalog *catalog, const struct wr_pgs_function *function,
		     sqlite3_context *context, int count, sqlite3_value **value);
	const char *text; /* the value; NULL: `number`; of `query` the query */
	int64_t number;   /* -1: NULL */
	/* An aggregate: `call` takes a row, and this gives the result. */
	void (*finish)(struct wr_pgs_catalog *catalog, const struct wr_pgs_function *function,
		       sqlite3_context *context);
	bool shared; /* the engine has one of that name too: asking it is not asking the catalog */
};

#define WR_PGS_CALL(name)                                                                          \
	static void name(struct wr_pgs_catalog *catalog, const struct wr_pgs_function *function,   \
			 sqlite3_context *context, int count, sqlite3_value **value)

/* The text of an argument; "" for NULL. */
static inline const char *wr_pgs_arg_text(struct wr_pgs_catalog *catalog, sqlite3_value *value)
{
	const unsigned char *text = catalog->call.sqlite3_value_text(value);

	return text != NULL ? (const char *)text : "";
}

static inline void wr_pgs_give_text(struct wr_pgs_catalog *catalog, sqlite3_context *context,
				    const char *text)
{
	catalog->call.sqlite3_result_text(context, text, -1, SQLITE_TRANSIENT);
}

/* Ends with a name of NULL: pg_catalog_arrays.c. */
extern const struct wr_pgs_function wr_pgs_array_functions[];

#endif

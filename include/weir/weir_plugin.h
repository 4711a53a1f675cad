/* SPDX-License-Identifier: Apache-2.0
 *
 * weir/weir_plugin.h - connectors, formats, catalogs, functions and languages in a shared object,
 * for every program that runs Weir:
 *
 *     LOAD MODULE walks WITH ('path' = './walks.so');
 *     CREATE TABLE w (step BIGINT, at DOUBLE) WITH ('connector' = 'random-walk', 'seed' = '7');
 *
 * or `weir run --plugin ./walks.so`, or weir_load_plugin. The shared object exports
 *
 *     const struct weir_plugin *weir_plugin(void);
 *
 * and calls the functions of weir.h, which the program has; it is not linked with Weir.
 *
 * Versions: a plugin says with which version of this header it was built (WEIR_PLUGIN_VERSION), and
 * each struct how long it is. Members that later versions add stand at the end and are zero in
 * plugins built before them; so an older plugin keeps working. One of a newer version is refused.
 *
 * Ownership: all structs and texts that a plugin hands over are static: they stay as they are while
 * the plugin is loaded. A shared object stays in the process once it is loaded.
 *
 * Threads: tables are opened on any thread; what is made for one table of one job is used by one
 * thread at a time. `user` is shared by all.
 */
#ifndef WEIR_WEIR_PLUGIN_H
#define WEIR_WEIR_PLUGIN_H

#include "weir/weir.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What a description begins with: "WEIR". */
#define WEIR_PLUGIN_MAGIC 0x52494557u
/* Of this header. 2: `started`, `piece` and `read_piece` of struct weir_source, WEIR_SPLITS. */
#define WEIR_PLUGIN_VERSION 2u

/* --- tables, as connectors see them --- */

struct weir_table; /* lives during the call that it is given to */

const char *weir_table_name(const struct weir_table *table);
/* Its physical columns: all that rows have. */
const struct weir_result *weir_table_columns(const struct weir_table *table);
/* An option of WITH, or its default; NULL: neither. DURATION and MEMORY read as numbers are in
 * milliseconds and bytes. The number is 0 where there is none. */
const char *weir_table_option(const struct weir_table *table, const char *name);
/* See weir_table_option. */
int64_t weir_table_option_i64(const struct weir_table *table, const char *name);
/* See weir_table_option. */
double weir_table_option_f64(const struct weir_table *table, const char *name);
/* false where there is none. */
bool weir_table_option_bool(const struct weir_table *table, const char *name);
/* Says why the call is about to fail; returns -1. */
int weir_table_fail(struct weir_table *table, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* What the value of an option must be. */
enum weir_option_type {
	WEIR_OPTION_STRING,
	WEIR_OPTION_INT,
	WEIR_OPTION_DOUBLE,
	WEIR_OPTION_BOOL,
	WEIR_OPTION_DURATION, /* '5 s', '20 ms' */
	WEIR_OPTION_MEMORY    /* '64 mb' */
};

/* An option of a connector, format or catalog. This struct does not grow. */
struct weir_option {
	const char *name;           /* the key in WITH */
	enum weir_option_type type; /* of its value */
	const char *fallback;       /* its default as text; NULL: none */
	const char *doc;            /* one sentence */
	bool required;              /* it must be given */
};

/* --- connectors --- */

/* Flags of struct weir_connector. */
enum weir_connector_flags {
	WEIR_UNBOUNDED = 1, /* sources never end by themselves */
	WEIR_REPLAYS = 2,   /* sources have `position` and `seek` */
	WEIR_CHANGES = 4,   /* sinks take rows of all kinds, not inserts alone */
	WEIR_TWO_PHASE = 8, /* sinks have `prepare`, `commit` and `restore` */
	WEIR_WAITS = 16,    /* sinks may wait for the outside world: they get a thread */
	WEIR_SPLITS = 32    /* sources have `piece` and `read_piece` in place of `read` */
};

/* Tables of this 'connector'. */
struct weir_connector {
	size_t size;                       /* sizeof(struct weir_connector) */
	const char *name;                  /* 'connector' = '...' */
	const char *doc;                   /* one sentence */
	uint32_t flags;                    /* enum weir_connector_flags */
	const struct weir_option *options; /* option_count of them */
	uint32_t option_count;             /* number of options */
	void *user;                        /* for the callbacks */
	/* MAY: looks at the columns and options when a table is used; quick, opens nothing. */
	int (*check)(void *user, struct weir_table *table, bool for_sink);
	/* Makes what reads, or writes, a table for a job: fills the callbacks and `user` of a
	 * struct whose size, name and columns are set (weir/stream.h). open, close and the others
	 * follow. NULL: tables cannot be read, or written. */
	int (*source)(void *user, struct weir_table *table, struct weir_source *source);
	/* See source. */
	int (*sink)(void *user, struct weir_table *table, struct weir_sink *sink);
};

/* --- formats --- */

/* Flags of struct weir_format. */
enum weir_format_flags {
	WEIR_MESSAGES_ALONE = 1 /* records may hold any bytes, so that files of lines have none */
};

/* How records are read and written: lines of files, or messages of a broker. Options are those of
 * WITH that begin with the format's name and a dot, which `options` and weir_table_option leave
 * out. */
struct weir_format {
	size_t size;                       /* sizeof(struct weir_format) */
	const char *name;                  /* 'format' = '...' */
	const char *doc;                   /* one sentence */
	uint32_t flags;                    /* enum weir_format_flags */
	const struct weir_option *options; /* option_count of them */
	uint32_t option_count;             /* number of options */
	void *user;                        /* for check and open, and `self` without open */
	/* MAY: looks at the columns of a record and the options when a table is used. */
	int (*check)(void *user, struct weir_table *table, bool for_sink);
	/* MAY; *self is `user` at first. For each worker that reads, or writes, the table: calls
	 * for one `self` are never concurrent. weir_table_columns are those of a record. */
	int (*open)(void *user, struct weir_table *table, bool for_sink, void **self);
	/* Appends the row of a record, all columns in their order, and closes it with
	 * weir_append_end; nothing: the record is no row. Columns that no query asks for take NULL,
	 * whatever their type (weir_appender_result tells). The bytes of a line are without its
	 * line end. Failed (weir_append_fail), and for mistakes of the appender: the record goes
	 * the way of 'error-handling.mode'. NULL: tables cannot be read. */
	int (*decode)(void *self, const char *record, size_t size, struct weir_appender *out);
	/* Appends the record of a row by weir_put, a line without its line end. Failed
	 * (weir_put_fail): the job fails. NULL: tables cannot be written. */
	int (*encode)(void *self, const struct weir_row *row, struct weir_bytes_out *out);
	/* MAY; also after a failure of open. */
	void (*close)(void *self);
};
/* Says why `encode` is about to fail; returns -1. */
int weir_put_fail(struct weir_bytes_out *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* --- catalogs --- */

/* Where tables are declared that SQL calls catalog.database.table:
 *
 *     CREATE CATALOG lake WITH ('type' = '...', ...);
 *     SELECT * FROM lake.sales.orders;
 *
 * A table is asked for when its name is first used, and kept by the session until DROP CATALOG.
 * Catalogs declare tables, connectors read and write them. All callbacks come on the thread that
 * uses the session, and are one at a time for one `self`. */
struct weir_catalog {
	size_t size;                       /* sizeof(struct weir_catalog) */
	const char *name;                  /* 'type' = '...' */
	const char *doc;                   /* one sentence */
	const struct weir_option *options; /* option_count of them, besides 'type' */
	uint32_t option_count;             /* number of options */
	void *user;                        /* for open, and `self` without open */
	/* MAY; *self is `user` at first. For CREATE CATALOG: `catalog` has its name and options,
	 * and no columns. Failed (weir_table_fail): there is no such catalog. */
	int (*open)(void *user, struct weir_table *catalog, void **self);
	/* Puts the names of all databases, each with a line end (weir_put). Failed (weir_put_fail):
	 * the statement fails. */
	int (*databases)(void *self, struct weir_bytes_out *out);
	/* Puts the names of all tables of a database, as `databases` does; none when there is no
	 * such database. */
	int (*tables)(void *self, const char *database, struct weir_bytes_out *out);
	/* Puts how a table is declared: a CREATE TABLE statement, whose table may have any name, or
	 * what stands behind the name, "(a INT, ...) WITH (...)". Nothing: there is no such table.
	 * Failed (weir_put_fail): the statement fails. */
	int (*table)(void *self, const char *database, const char *table,
		     struct weir_bytes_out *out);
	/* MAY; for DROP CATALOG and at the end of the session; also after a failure of open. */
	void (*close)(void *self);
};

/* --- the plugin --- */

/* A function and what SQL calls it. */
struct weir_plugin_function {
	const char *name;                     /* in any case of letters */
	const struct weir_function *function; /* see weir/function.h */
};

/* All that a plugin brings. */
struct weir_plugin {
	uint32_t magic;                                 /* WEIR_PLUGIN_MAGIC */
	uint32_t version;                               /* WEIR_PLUGIN_VERSION */
	size_t size;                                    /* sizeof(struct weir_plugin) */
	const char *name;                               /* of the module */
	const char *doc;                                /* one sentence */
	const struct weir_plugin_function *functions;   /* function_count of them */
	uint32_t function_count;                        /* number of functions */
	const struct weir_connector *const *connectors; /* connector_count of them */
	uint32_t connector_count;                       /* number of connectors */
	const struct weir_language *const *languages;   /* language_count of them */
	uint32_t language_count;                        /* number of languages */
	const struct weir_format *const *formats;       /* format_count of them */
	uint32_t format_count;                          /* number of formats */
	const struct weir_catalog *const *catalogs;     /* catalog_count of them */
	uint32_t catalog_count;                         /* number of catalogs */
};

/* What the shared object exports. */
#define WEIR_PLUGIN_ENTRY "weir_plugin"
/* Its type. */
typedef const struct weir_plugin *weir_plugin_entry(void);

/* Loads a plugin into the session, from the path as given. Names that are taken, and whatever does
 * not fit, refuse it as a whole. */
enum weir_code weir_load_plugin(struct weir_session *session, const char *path,
				struct weir_error **error);

#ifdef __cplusplus
}
#endif

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * weir/weir_plugin.h - connectors, functions and languages in a shared object, for every program
 * that runs Weir:
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

#define WEIR_PLUGIN_MAGIC   0x52494557u /* "WEIR" */
#define WEIR_PLUGIN_VERSION 1u

/* --- tables, as connectors see them --- */

struct weir_table; /* lives during the call that it is given to */

const char *weir_table_name(const struct weir_table *table);
/* Its physical columns: all that rows have. */
const struct weir_result *weir_table_columns(const struct weir_table *table);
/* An option of WITH, or its default; NULL: neither. DURATION and MEMORY read as numbers are in
 * milliseconds and bytes. The number is 0 where there is none. */
const char *weir_table_option(const struct weir_table *table, const char *name);
int64_t weir_table_option_i64(const struct weir_table *table, const char *name);
double weir_table_option_f64(const struct weir_table *table, const char *name);
bool weir_table_option_bool(const struct weir_table *table, const char *name);
/* Says why the call is about to fail; returns -1. */
int weir_table_fail(struct weir_table *table, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

enum weir_option_type {
	WEIR_OPTION_STRING,
	WEIR_OPTION_INT,
	WEIR_OPTION_DOUBLE,
	WEIR_OPTION_BOOL,
	WEIR_OPTION_DURATION, /* '5 s', '20 ms' */
	WEIR_OPTION_MEMORY    /* '64 mb' */
};

/* An option of a connector. This struct does not grow. */
struct weir_option {
	const char *name;
	enum weir_option_type type;
	const char *fallback; /* its default as text; NULL: none */
	const char *doc;      /* one sentence */
	bool required;        /* it must be given */
};

/* --- connectors --- */

enum weir_connector_flags {
	WEIR_UNBOUNDED = 1, /* sources never end by themselves */
	WEIR_REPLAYS = 2,   /* sources have `position` and `seek` */
	WEIR_CHANGES = 4,   /* sinks take rows of all kinds, not inserts alone */
	WEIR_TWO_PHASE = 8, /* sinks have `prepare`, `commit` and `restore` */
	WEIR_WAITS = 16     /* sinks may wait for the outside world: they get a thread */
};

struct weir_connector {
	size_t size;      /* sizeof(struct weir_connector) */
	const char *name; /* 'connector' = '...' */
	const char *doc;  /* one sentence */
	uint32_t flags;   /* enum weir_connector_flags */
	const struct weir_option *options;
	uint32_t option_count;
	void *user;
	/* MAY: looks at the columns and options when a table is used; quick, opens nothing. */
	int (*check)(void *user, struct weir_table *table, bool for_sink);
	/* Makes what reads, or writes, a table for a job: fills the callbacks and `user` of a
	 * struct whose size, name and columns are set (weir/stream.h). open, close and the others
	 * follow. NULL: tables cannot be read, or written. */
	int (*source)(void *user, struct weir_table *table, struct weir_source *source);
	int (*sink)(void *user, struct weir_table *table, struct weir_sink *sink);
};

/* --- the plugin --- */

struct weir_plugin_function {
	const char *name;
	const struct weir_function *function;
};

struct weir_plugin {
	uint32_t magic;   /* WEIR_PLUGIN_MAGIC */
	uint32_t version; /* WEIR_PLUGIN_VERSION */
	size_t size;      /* sizeof(struct weir_plugin) */
	const char *name; /* of the module */
	const char *doc;  /* one sentence */
	const struct weir_plugin_function *functions;
	uint32_t function_count;
	const struct weir_connector *const *connectors;
	uint32_t connector_count;
	const struct weir_language *const *languages;
	uint32_t language_count;
};

/* What the shared object exports. */
#define WEIR_PLUGIN_ENTRY "weir_plugin"
typedef const struct weir_plugin *weir_plugin_entry(void);

/* Loads a plugin into the session, from the path as given. Names that are taken, and whatever does
 * not fit, refuse it as a whole. */
enum weir_code weir_load_plugin(struct weir_session *session, const char *path,
				struct weir_error **error);

#ifdef __cplusplus
}
#endif

#endif

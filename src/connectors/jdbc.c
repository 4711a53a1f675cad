/* SPDX-License-Identifier: Apache-2.0
 *
 * jdbc - the connector 'jdbc' with Flink's options, for PostgreSQL: options and the vtable.
 *
 * The name is Flink's; there is no JDBC here, the client is libpq (jdbc.h tells the parts). A build
 * without it knows the connector and says what is missing.
 */
#include "base/module.h"
#include "connectors/dataset.h"
#include "connectors/pg_where.h"
#include "connectors/registry.h"
#include "connectors/retry.h"
#include "connectors/outbox.h"
#ifdef WR_HAVE_LIBPQ
#include "connectors/jdbc.h"
#endif

static const char *const guarantees[] = {"none", "at-least-once", "exactly-once", NULL};
static const char *const policies[] = {"always", "never", NULL};

static const struct wr_option jdbc_options[] = {
    {.name = "url",
     .type = WR_OPTION_STRING,
     .required = true,
     .doc = "The database: `jdbc:postgresql://host:port/database?parameters`, or as libpq writes "
	    "it."},
    {.name = "table-name",
     .type = WR_OPTION_STRING,
     .required = true,
     .doc = "The table or view in the database, `schema.table` where it is not on the search "
	    "path."},
    {.name = "driver", .type = WR_OPTION_STRING, .doc = "Accepted; the client is libpq."},
    {.name = "compatible-mode", .type = WR_OPTION_STRING, .doc = "Accepted; without effect."},
    {.name = "username",
     .type = WR_OPTION_STRING,
     .doc = "User; `${env:NAME}` and `${file:PATH}` are looked up."},
    {.name = "password",
     .type = WR_OPTION_STRING,
     .doc = "Password; `${env:NAME}` and `${file:PATH}` are looked up. Never printed."},
    {.name = "connection.max-retry-timeout",
     .type = WR_OPTION_DURATION,
     .fallback = "60 s",
     .min = 1,
     .max = 86400000,
     .doc = "How long a job that starts tries to reach the database before it fails."},
    {.name = "connection.answer-timeout",
     .type = WR_OPTION_DURATION,
     .min = 1,
     .max = 86400000,
     .doc = "A connection whose server sends nothing for so long while it is to answer is given "
	    "up, and what it was asked for is tried again; as `socketTimeout` of the url. Unset: "
	    "it is waited without end, and said after 10 s."},
    {.name = "scan.partition.column",
     .type = WR_OPTION_STRING,
     .doc = "A column of numbers by which the table is read in ranges, several at a time."},
    {.name = "scan.partition.num",
     .type = WR_OPTION_INT,
     .min = 1,
     .max = 10000,
     .doc = "Number of ranges."},
    {.name = "scan.partition.lower-bound",
     .type = WR_OPTION_INT,
     .min = INT64_MIN,
     .max = INT64_MAX,
     .doc = "Smallest value that is read."},
    {.name = "scan.partition.upper-bound",
     .type = WR_OPTION_INT,
     .min = INT64_MIN,
     .max = INT64_MAX,
     .doc = "Largest value that is read."},
    {.name = "scan.partition.one-snapshot",
     .type = WR_OPTION_BOOL,
     .fallback = "true",
     .doc = "Whether all ranges are read as of the same moment; for that one more connection holds "
	    "a transaction open until the last of them has been read."},
    {.name = "scan.fetch-size",
     .type = WR_OPTION_INT,
     .min = 0,
     .max = INT32_MAX,
     .doc = "Accepted; rows come as a stream."},
    {.name = "scan.auto-commit", .type = WR_OPTION_BOOL, .doc = "Accepted; without effect."},
    {.name = "lookup.connections",
     .type = WR_OPTION_INT,
     .fallback = "2",
     .min = 1,
     .max = 16,
     .doc = "Connections of a lookup join, per worker: so many batches of keys are asked for at a "
	    "time."},
    {.name = "filter.handling.policy",
     .type = WR_OPTION_ENUM,
     .values = policies,
     .fallback = "always",
     .doc = "Whether conditions that mean the same in PostgreSQL are evaluated there."},
    {.name = "sink.buffer-flush.max-rows",
     .type = WR_OPTION_INT,
     .fallback = "50000",
     .min = 0,
     .max = 10000000,
     .doc = "Rows after which the sink commits what it has sent; 0: no limit of rows."},
    {.name = "sink.buffer-flush.interval",
     .type = WR_OPTION_DURATION,
     .fallback = "1 s",
     .doc = "Time after which the sink commits what it has; 0: at every pause of the input."},
    {.name = "sink.max-retries",
     .type = WR_OPTION_INT,
     .min = 0,
     .max = 1000000,
     .doc = "As `sink.retry.max-attempts` (one attempt more); unset: there is no end."},
    {.name = "sink.delivery-guarantee",
     .type = WR_OPTION_ENUM,
     .values = guarantees,
     .fallback = "at-least-once",
     .doc = "`exactly-once`: the rows of a checkpoint are written in one transaction, which also "
	    "says so in the table of `sink.commit-table`."},
    {.name = "sink.commit-table",
     .type = WR_OPTION_STRING,
     .fallback = "weir_epochs",
     .doc = "With `exactly-once`: where commits are noted; created if it is not there."},
    {.name = "sink.id",
     .type = WR_OPTION_STRING,
     .doc = "With `exactly-once`: the name of this sink there; by default job, table and database "
	    "table. Each sink needs its own."},
    WR_RETRY_OPTION_ROWS,
    WR_OUTBOX_OPTION_ROWS,
};

/* Column types that PostgreSQL has. */
static bool has_type(const struct wr_type *type)
{
	switch (type->kind) {
	case WR_MAP:
	case WR_MULTISET:
	case WR_ROW:
	case WR_NULL:
	case WR_INTERVAL_DAY:
	case WR_INTERVAL_MONTH: return false;
	case WR_ARRAY: return type->child[0]->kind != WR_ARRAY && has_type(type->child[0]);
	default: return true;
	}
}

static wr_status *check_types(const struct wr_connector_args *args)
{
	for (uint32_t i = 0; i < args->schema->count; i++) {
		const struct wr_field *field = &args->schema->field[i];
		struct wr_text text;
		wr_status *status;

		if (has_type(field->type))
			continue;
		wr_text_init(&text);
		wr_type_print(&text, field->type);
		status = wr_status_hint(
		    wr_status_at(WR_USER_ERROR, args->pos,
				 "Table '%s': column '%s' is %s, which the connector 'jdbc' does "
				 "not have",
				 args->table, field->name, wr_text_str(&text)),
		    "Numbers, strings, bytes, booleans, dates and times can be used, and arrays "
		    "of them");
		wr_text_release(&text);
		return status;
	}
	return NULL;
}

/* 'scan.partition.*': all four, or none. */
static wr_status *check_partition(const struct wr_connector_args *args)
{
	static const char *const names[] = {"scan.partition.column", "scan.partition.num",
					    "scan.partition.lower-bound",
					    "scan.partition.upper-bound"};
	uint32_t set = 0;

	for (uint32_t i = 0; i < WR_COUNT(names); i++)
		set += wr_options_get(args->options, names[i])->is_set;
	if (set != 0 && set != WR_COUNT(names))
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, args->pos,
				 "Table '%s': of 'scan.partition.column', '.num', '.lower-bound' "
				 "and '.upper-bound' some are set and some are not",
				 args->table),
		    "Set all four of them, or none");
	if (set != 0 &&
	    wr_options_i64(args->options, names[2]) > wr_options_i64(args->options, names[3]))
		return wr_status_at(WR_USER_ERROR, args->pos,
				    "Table '%s': 'scan.partition.lower-bound' is above "
				    "'scan.partition.upper-bound'",
				    args->table);
	return NULL;
}

/* Whether the planner may hand over the condition. */
static bool jdbc_push_filter(const struct wr_connector_args *args, const struct wr_expr *expr,
			     struct wr_text *shown)
{
	return wr_options_i64(args->options, "filter.handling.policy") == 0 &&
	       wr_pg_where(args, NULL, expr, shown);
}

static wr_status *jdbc_check_options(const struct wr_connector_args *args, bool for_sink)
{
	struct wr_outbox_config config;
	struct wr_retry_options retry;

	WR_TRY(check_types(args));
	WR_TRY(check_partition(args));
	if (!for_sink)
		return NULL;
	WR_TRY(wr_retry_options_read(args->options, args->table, args->pos, &retry));
	return wr_outbox_options_read(args->options, args->table, args->pos, &config);
}

#ifdef WR_HAVE_LIBPQ

struct wr_pg_access wr_jdbc_access(const struct wr_connector_args *args)
{
	const struct wr_options *options = args->options;

	return (struct wr_pg_access){
	    .url = wr_options_str(options, "url"),
	    .username = wr_options_str(options, "username"),
	    .password = wr_options_str(options, "password"),
	    .max_retry_ms = wr_options_i64(options, "connection.max-retry-timeout"),
	    .answer_ms = wr_options_i64(options, "connection.answer-timeout"),
	};
}

static wr_status *jdbc_check(const struct wr_connector_args *args, bool for_sink)
{
	struct wr_pg_access access = wr_jdbc_access(args);

	WR_TRY(wr_status_place(wr_pg_access_check(&access), args->pos));
	return jdbc_check_options(args, for_sink);
}

#else

static wr_status *jdbc_check(const struct wr_connector_args *args, bool for_sink)
{
	WR_TRY(jdbc_check_options(args, for_sink));
	return wr_status_place(
	    wr_module_not_built("connector for PostgreSQL", "libpq-dev", "postgres"), args->pos);
}

static wr_status *jdbc_none(const struct wr_connector_args *args, struct wr_host *host,
			    struct wr_source **out)
{
	return jdbc_check(args, false);
}

static wr_status *jdbc_no_sink(const struct wr_connector_args *args, struct wr_host *host,
			       struct wr_sink **out)
{
	return jdbc_check(args, true);
}

#endif

#ifdef WR_HAVE_LIBPQ
static enum wr_sink_shows jdbc_shows(const struct wr_connector_args *args)
{
	return wr_options_i64(args->options, "sink.delivery-guarantee") == 2 ? WR_SHOWS_AT_COMMIT
									     : WR_SHOWS_AT_ONCE;
}
#endif

static void jdbc_dataset(const struct wr_connector_args *args, struct wr_text *space,
			 struct wr_text *name)
{
	wr_dataset_postgres(wr_options_str(args->options, "url"),
			    wr_options_str(args->options, "username"),
			    wr_options_str(args->options, "table-name"), space, name);
}

const struct wr_connector wr_connector_jdbc = {
    .name = "jdbc",
    .doc = "Tables of PostgreSQL: read, looked up, written.",
    .options = jdbc_options,
    .option_count = WR_COUNT(jdbc_options),
    .bounded = true,
    .splits = true,
    .check = jdbc_check,
    .dataset = jdbc_dataset,
    .push_filter = jdbc_push_filter,
    .takes_limit = true,
#ifdef WR_HAVE_LIBPQ
    .source_open = wr_pg_source_open,
    .claim = wr_pg_claim,
    .reader_new = wr_pg_reader_new,
    .decode = wr_pg_decode_block,
    .reader_free = wr_pg_reader_free,
    .block_free = wr_pg_block_free,
    .position = wr_pg_position,
    .position_text = wr_pg_position_text,
    .seek = wr_pg_seek,
    .source_close = wr_pg_source_close,
    .lookup_questions = wr_pg_lookup_questions,
    .lookup_open = wr_pg_lookup_open,
    .lookup_ask = wr_pg_lookup_ask,
    .lookup_next = wr_pg_lookup_next,
    .lookup_close = wr_pg_lookup_close,
    .blocks = true,
    .sink_open = wr_pg_sink_open,
    .writer_new = wr_pg_writer_new,
    .encode = wr_pg_encode_chunk,
    .writer_free = wr_pg_writer_free,
    .write = wr_pg_write,
    .chunk_free = wr_pg_chunk_free,
    .flush = wr_pg_flush_sink,
    .idle = wr_pg_idle,
    .shows = jdbc_shows,
    .prepare = wr_pg_prepare,
    .commit = wr_pg_commit,
    .restore = wr_pg_restore,
    .sink_close = wr_pg_sink_close,
#else
    .source_open = jdbc_none,
    .sink_open = jdbc_no_sink,
#endif
};

/* SPDX-License-Identifier: Apache-2.0
 *
 * postgres_cdc - the connector 'postgres-cdc': a table of PostgreSQL and what changes in it, with
 * the options of Flink CDC. A build without libpq knows it and says what is missing.
 */
#include "base/module.h"
#include "connectors/dataset.h"
#include "connectors/registry.h"
#ifdef WR_HAVE_LIBPQ
#include "connectors/pg_cdc.h"
#endif

static const char *const startup_modes[] = {"initial", "latest-offset", "committed-offset",
					    "snapshot", NULL};
#define STARTUP_SNAPSHOT 3 /* index in startup_modes */
static const char *const changelog_modes[] = {"all", "upsert", NULL};
static const char *const truncate_modes[] = {"fail", "skip", NULL};

static const struct wr_option cdc_options[] = {
    {.name = "hostname", .type = WR_OPTION_STRING, .doc = "Where PostgreSQL runs."},
    {.name = "port",
     .type = WR_OPTION_INT,
     .fallback = "5432",
     .min = 1,
     .max = 65535,
     .doc = "Its port."},
    {.name = "url",
     .type = WR_OPTION_STRING,
     .doc = "In place of hostname, port and database-name: jdbc:postgresql://host:port/db or "
	    "libpq's form, with parameters such as sslmode."},
    {.name = "username", .type = WR_OPTION_STRING, .doc = "A role with REPLICATION."},
    {.name = "password", .type = WR_OPTION_STRING, .doc = "Its password."},
    {.name = "database-name", .type = WR_OPTION_STRING, .doc = "The database."},
    {.name = "schema-name",
     .type = WR_OPTION_STRING,
     .fallback = "public",
     .doc = "The schema of the table."},
    {.name = "table-name",
     .type = WR_OPTION_STRING,
     .required = true,
     .doc = "The table, by its name (no pattern)."},
    {.name = "slot.name",
     .type = WR_OPTION_STRING,
     .doc = "The replication slot, made if it is not there; one for each table. Default: weir_ "
	    "and the names of database, schema and table."},
    {.name = "publication.name",
     .type = WR_OPTION_STRING,
     .doc = "The publication, made for this table if it is not there. Default: the slot's name."},
    {.name = "decoding.plugin.name",
     .type = WR_OPTION_STRING,
     .fallback = "pgoutput",
     .doc = "Only pgoutput, which comes with PostgreSQL."},
    {.name = "changelog-mode",
     .type = WR_OPTION_ENUM,
     .fallback = "all",
     .values = changelog_modes,
     .doc = "all: updates with their old rows, which needs REPLICA IDENTITY FULL; upsert: by "
	    "PRIMARY KEY, without it."},
    {.name = "scan.startup.mode",
     .type = WR_OPTION_ENUM,
     .fallback = "initial",
     .values = startup_modes,
     .doc = "initial: the rows that are there, then changes; latest-offset: changes from now on; "
	    "committed-offset: changes from where the slot stands; snapshot: the rows alone, then "
	    "the end."},
    {.name = "scan.incremental.snapshot.enabled",
     .type = WR_OPTION_BOOL,
     .fallback = "true",
     .doc = "Accepted; rows are always read in chunks."},
    {.name = "scan.incremental.snapshot.chunk.size",
     .type = WR_OPTION_INT,
     .fallback = "8096",
     .min = 1,
     .max = 10000000,
     .doc = "Rows of a chunk; fewer where rows are long."},
    {.name = "scan.incremental.snapshot.chunk.key-column",
     .type = WR_OPTION_STRING,
     .doc = "Accepted; chunks are of the primary key."},
    {.name = "scan.incremental.snapshot.backfill.skip",
     .type = WR_OPTION_BOOL,
     .fallback = "false",
     .doc = "Accepted; without effect: nothing is read twice."},
    {.name = "scan.incremental.snapshot.unbounded-chunk-first.enabled",
     .type = WR_OPTION_BOOL,
     .fallback = "false",
     .doc = "Accepted; without effect."},
    {.name = "scan.incremental.close-idle-reader.enabled",
     .type = WR_OPTION_BOOL,
     .fallback = "false",
     .doc = "Accepted; connections that have read their rows are always closed."},
    {.name = "scan.snapshot.parallelism",
     .type = WR_OPTION_INT,
     .fallback = "2",
     .min = 1,
     .max = 16,
     .doc = "Connections that read the rows that are there."},
    {.name = "scan.snapshot.fetch.size",
     .type = WR_OPTION_INT,
     .fallback = "1024",
     .min = 1,
     .max = INT32_MAX,
     .doc = "Accepted; rows are streamed."},
    {.name = "heartbeat.interval.ms",
     .type = WR_OPTION_DURATION,
     .doc = "Flink's name of heartbeat.interval."},
    {.name = "scan.lsn-commit.checkpoints-num-delay",
     .type = WR_OPTION_INT,
     .fallback = "0",
     .min = 0,
     .max = INT32_MAX,
     .doc = "Accepted; without effect: the server may let go of what the newest checkpoint has."},
    {.name = "scan.include-partitioned-tables.enabled",
     .type = WR_OPTION_BOOL,
     .fallback = "true",
     .doc = "Accepted; partitions are always read as the table that they belong to."},
    {.name = "chunk-meta.group.size",
     .type = WR_OPTION_INT,
     .fallback = "1000",
     .min = 1,
     .max = INT32_MAX,
     .doc = "Accepted; without effect."},
    {.name = "chunk-key.even-distribution.factor.upper-bound",
     .type = WR_OPTION_STRING,
     .doc = "Accepted; without effect."},
    {.name = "chunk-key.even-distribution.factor.lower-bound",
     .type = WR_OPTION_STRING,
     .doc = "Accepted; without effect."},
    {.name = "heartbeat.interval",
     .type = WR_OPTION_DURATION,
     .fallback = "30 s",
     .doc = "How often the position moves on while only other tables change, so that the server "
	    "need not keep its log."},
    {.name = "truncate.handling",
     .type = WR_OPTION_ENUM,
     .fallback = "fail",
     .values = truncate_modes,
     .doc = "fail: a TRUNCATE stops the job, for it does not say what rows there were; skip: it is "
	    "passed over, as Flink CDC does."},
    {.name = "connect.timeout",
     .type = WR_OPTION_DURATION,
     .fallback = "30 s",
     .doc = "How long it is tried to connect when the job starts."},
    {.name = "connect.max-retries",
     .type = WR_OPTION_INT,
     .fallback = "3",
     .min = 0,
     .max = INT32_MAX,
     .doc = "Accepted; a connection that is lost later is tried again without end."},
    {.name = "connection.answer-timeout",
     .type = WR_OPTION_DURATION,
     .fallback = "60 s",
     .min = 1,
     .max = 86400000,
     .doc = "A connection over which the changes come is given up, and a new one made, when the "
	    "server does not answer for so long; doubled, up to 16 times, by each in a row that "
	    "was."},
    {.name = "connection.pool.size",
     .type = WR_OPTION_INT,
     .fallback = "20",
     .min = 1,
     .max = INT32_MAX,
     .doc = "Accepted; see scan.snapshot.parallelism."},
    {.name = "debezium.*",
     .type = WR_OPTION_STRING,
     .doc = "debezium.publication.name is another name of publication.name; others have no "
	    "effect."},
};

static const struct wr_metadata_column cdc_metadata[] = {
    {.key = "op_ts",
     .type = &WR_T_LTZ3,
     .doc = "When the change was committed; 1970-01-01 of rows that were there."},
    {.key = "database_name", .type = &WR_T_STRING, .doc = "The database."},
    {.key = "schema_name", .type = &WR_T_STRING, .doc = "The schema."},
    {.key = "table_name", .type = &WR_T_STRING, .doc = "The table."},
    {.key = NULL},
};

/* --- options ------------------------------------------------------------------------------------
 */

static enum wr_source_rows cdc_rows(const struct wr_connector_args *args)
{
	if (wr_options_i64(args->options, "scan.startup.mode") == STARTUP_SNAPSHOT)
		return WR_SOURCE_INSERTS;
	return wr_options_i64(args->options, "changelog-mode") == 1 ? WR_SOURCE_UPSERTS
								    : WR_SOURCE_CHANGES;
}

static bool cdc_is_bounded(const struct wr_connector_args *args)
{
	return wr_options_i64(args->options, "scan.startup.mode") == STARTUP_SNAPSHOT;
}

static wr_status *missing(const struct wr_connector_args *args, const char *name)
{
	return wr_status_hint(
	    wr_status_new(WR_USER_ERROR, "Table '%s' has no '%s'", args->table, name),
	    "Add '%s' to its WITH options, or 'url' in place of hostname, port and "
	    "database-name",
	    name);
}

static wr_status *check_options(const struct wr_connector_args *args)
{
	const char *plugin = wr_options_str(args->options, "decoding.plugin.name");

	if (strcmp(plugin, "pgoutput") != 0)
		return wr_status_hint(wr_status_new(WR_USER_ERROR,
						    "'decoding.plugin.name' = '%s': only pgoutput "
						    "is there",
						    plugin),
				      "Leave the option out; pgoutput comes with PostgreSQL");
	if (strpbrk(wr_options_str(args->options, "table-name"), "*|\\[+") != NULL)
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR, "'table-name' = '%s': a pattern cannot be read",
				  wr_options_str(args->options, "table-name")),
		    "Declare a table for each, and UNION ALL them; partitions are read by the name "
		    "of the table that they belong to");
	if (wr_options_str(args->options, "url") == NULL) {
		if (wr_options_str(args->options, "hostname") == NULL)
			return missing(args, "hostname");
		if (wr_options_str(args->options, "database-name") == NULL)
			return missing(args, "database-name");
	}
	return NULL;
}

#ifdef WR_HAVE_LIBPQ

static wr_status *cdc_check(const struct wr_connector_args *args, bool for_sink)
{
	struct wr_arena arena;
	struct wr_pg_access access;
	wr_status *status;

	(void)for_sink;
	WR_TRY(wr_status_place(check_options(args), args->pos));
	for (uint32_t i = 0; i < args->physical_count; i++)
		if (wr_pg_oid_of(args->schema->field[i].type) == 0)
			return wr_status_new(WR_USER_ERROR,
					     "Column '%s' of table '%s' has a type that no type of "
					     "PostgreSQL can be read as",
					     args->schema->field[i].name, args->table);
	wr_arena_init(&arena);
	access = wr_pg_cdc_access(args, &arena);
	status = wr_pg_access_check(&access);
	wr_arena_release(&arena);
	return wr_status_place(status, args->pos);
}

#else

static wr_status *cdc_check(const struct wr_connector_args *args, bool for_sink)
{
	(void)for_sink;
	WR_TRY(wr_status_place(check_options(args), args->pos));
	return wr_status_place(
	    wr_module_not_built("connector for PostgreSQL", "libpq-dev", "postgres"), args->pos);
}

static wr_status *cdc_none(const struct wr_connector_args *args, struct wr_host *host,
			   struct wr_source **out)
{
	return cdc_check(args, false);
}

#endif

static void cdc_dataset(const struct wr_connector_args *args, struct wr_text *space,
			struct wr_text *name)
{
	const struct wr_options *options = args->options;
	const char *given = wr_options_str(options, "url");
	struct wr_text url, table;

	wr_text_init(&url);
	wr_text_init(&table);
	if (given != NULL)
		wr_text_puts(&url, given);
	else
		wr_text_printf(&url, "postgresql://%s:%lld/%s", wr_options_str(options, "hostname"),
			       (long long)wr_options_i64(options, "port"),
			       wr_options_str(options, "database-name"));
	wr_text_printf(&table, "%s.%s", wr_options_str(options, "schema-name"),
		       wr_options_str(options, "table-name"));
	wr_dataset_postgres(url.data, wr_options_str(options, "username"), table.data, space, name);
	wr_text_release(&url);
	wr_text_release(&table);
}

const struct wr_connector wr_connector_postgres_cdc = {
    .name = "postgres-cdc",
    .doc = "Reads a table of PostgreSQL and then all changes made to it, by logical replication.",
    .options = cdc_options,
    .option_count = WR_COUNT(cdc_options),
    .metadata = cdc_metadata,
    .source_rows = cdc_rows,
    .is_bounded = cdc_is_bounded,
    .check = cdc_check,
    .dataset = cdc_dataset,
#ifdef WR_HAVE_LIBPQ
    .source_open = wr_pg_cdc_open,
    .claim = wr_pg_cdc_claim,
    .reader_new = wr_pg_cdc_reader_new,
    .decode = wr_pg_cdc_decode,
    .reader_free = wr_pg_cdc_reader_free,
    .block_free = wr_pg_cdc_release,
    .position = wr_pg_cdc_position,
    .position_text = wr_pg_cdc_position_text,
    .seek = wr_pg_cdc_seek,
    .confirm = wr_pg_cdc_confirm,
    .source_close = wr_pg_cdc_close,
#else
    .source_open = cdc_none,
#endif
};

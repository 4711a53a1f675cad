/* SPDX-License-Identifier: Apache-2.0
 *
 * filesystem - options, checks and the vtable of the connector for local files.
 */
#include "connectors/filesystem.h"

#include "base/limits.h"
#include "connectors/dataset.h"
#include "connectors/filesystem_sink.h"
#include "connectors/lookup_scan.h"

#define WRITE_BYTES   (256u << 10) /* a write is worth its system call */
#define COMPACT_BYTES (256u << 20) /* a smaller file with keys is compacted at commit only */

static const char *const commit_triggers[] = {"process-time", "partition-time", NULL};

static const struct wr_option fs_options[] = {
    {.name = "path",
     .type = WR_OPTION_STRING,
     .required = true,
     .doc = "A file, a folder, a pattern with * ? [] or **, or - for standard input and output. "
	    "Names that end in .gz or .zst are compressed. Written to: a name with an extension is "
	    "one file, any other a folder of part files."},
    {.name = "source.path.regex-pattern",
     .type = WR_OPTION_STRING,
     .doc = "Only files whose absolute path matches this regular expression as a whole are read."},
    {.name = "source.monitor-interval",
     .type = WR_OPTION_DURATION,
     .doc = "Keeps watching the folder and reads files that appear, in order of their modification "
	    "time; the table never ends."},
    {.name = "source.report-statistics",
     .type = WR_OPTION_STRING,
     .fallback = "ALL",
     .doc = "Accepted; without effect."},
    {.name = "partition.default-name",
     .type = WR_OPTION_STRING,
     .fallback = "__DEFAULT_PARTITION__",
     .doc = "The name of a partition whose column is NULL or empty."},
    {.name = "sink.rolling-policy.file-size",
     .type = WR_OPTION_MEMORY,
     .fallback = "128MB",
     .doc = "In a folder, a part file ends when it is this large."},
    {.name = "sink.rolling-policy.rollover-interval",
     .type = WR_OPTION_DURATION,
     .fallback = "0 s",
     .doc = "With checkpoints, part files in a folder are seen at the first checkpoint after so "
	    "long, all at once; 0: at every checkpoint. Without checkpoints they are seen at the "
	    "end."},
    {.name = "sink.rolling-policy.inactivity-interval",
     .type = WR_OPTION_DURATION,
     .fallback = "30 min",
     .doc = "Accepted; without effect: rows are seen at a checkpoint."},
    {.name = "sink.rolling-policy.check-interval",
     .type = WR_OPTION_DURATION,
     .fallback = "1 min",
     .doc = "Accepted; without effect, as above."},
    {.name = "sink.partition-commit.policy.kind",
     .type = WR_OPTION_STRING,
     .doc = "success-file: a folder whose files are seen and complete gets an empty file _SUCCESS. "
	    "metastore: accepted; without effect."},
    {.name = "sink.partition-commit.success-file.name",
     .type = WR_OPTION_STRING,
     .fallback = "_SUCCESS",
     .doc = "The name of that file."},
    {.name = "sink.partition-commit.trigger",
     .type = WR_OPTION_ENUM,
     .fallback = "process-time",
     .values = commit_triggers,
     .doc = "When a partition is complete, asked at checkpoints: process-time: the delay after its "
	    "first row; partition-time: when the watermark has passed the partition's time by the "
	    "delay. At the end of the input all are."},
    {.name = "sink.partition-commit.delay",
     .type = WR_OPTION_DURATION,
     .fallback = "0 s",
     .doc = "As above."},
    {.name = "sink.partition-commit.watermark-time-zone",
     .type = WR_OPTION_STRING,
     .fallback = "UTC",
     .doc = "The zone of the partitions' times; that of the session if they are made of "
	    "TIMESTAMP_LTZ."},
    {.name = "sink.partition-commit.policy.class*",
     .type = WR_OPTION_STRING,
     .doc = "Accepted; without effect."},
    {.name = "partition.time-extractor.kind",
     .type = WR_OPTION_STRING,
     .fallback = "default",
     .doc = "Only default: the time of a partition is made of its columns."},
    {.name = "partition.time-extractor.timestamp-pattern",
     .type = WR_OPTION_STRING,
     .doc = "What they make: '$dt $hour:00:00' for the columns dt and hour; else the first column "
	    "is the time."},
    {.name = "partition.time-extractor.timestamp-formatter",
     .type = WR_OPTION_STRING,
     .doc = "How that is written, as in TO_TIMESTAMP; else 'yyyy-MM-dd HH:mm:ss' or "
	    "'yyyy-MM-dd'."},
    {.name = "partition.time-extractor.class",
     .type = WR_OPTION_STRING,
     .doc = "Accepted; without effect."},
    {.name = "sink.shuffle-by-partition.enable",
     .type = WR_OPTION_BOOL,
     .fallback = "false",
     .doc = "Accepted; without effect: each partition is written by one writer anyway."},
    {.name = "auto-compaction",
     .type = WR_OPTION_BOOL,
     .fallback = "false",
     .doc = "Accepted; without effect: there are no small files to join."},
    {.name = "compaction.*", .type = WR_OPTION_STRING, .doc = "Accepted; without effect."},
    {.name = "sink.upsert.max-keys",
     .type = WR_OPTION_INT,
     .fallback = "50000000",
     .min = 1,
     .max = UINT32_MAX,
     .doc = "With a PRIMARY KEY and a format without changes, the file holds the last row of every "
	    "key. More keys than this stop the job; each takes about 40 bytes of memory."},
};

struct wr_fs_setup wr_fs_setup(const struct wr_connector_args *args)
{
	return (struct wr_fs_setup){.env = args->env,
				    .block_bytes = WR_BLOCK_BYTES,
				    .record_max = WR_RECORD_BYTES_MAX,
				    .write_bytes = WRITE_BYTES,
				    .compact_bytes = COMPACT_BYTES};
}

/* Where errors point that have no place of their own: the path. */
static struct wr_pos path_pos(const struct wr_connector_args *args)
{
	struct wr_pos pos = args->pos;

	for (uint32_t i = 0; i < args->given_count; i++)
		if (strcmp(args->given[i].key, "path") == 0)
			pos = args->given[i].pos;
	return pos;
}

static wr_status *fs_check(const struct wr_connector_args *args, bool for_sink)
{
	return wr_status_place(for_sink ? wr_fs_sink_check(args) : wr_fs_source_check(args),
			       path_pos(args));
}

static wr_status *fs_source_open(const struct wr_connector_args *args, struct wr_host *host,
				 struct wr_source **out)
{
	struct wr_fs_setup setup = wr_fs_setup(args);

	if (args->block_bytes > 0)
		setup.block_bytes = args->block_bytes;
	return wr_status_place(wr_fs_source_open(args, &setup, out), path_pos(args));
}

static wr_status *fs_sink_open(const struct wr_connector_args *args, struct wr_host *host,
			       struct wr_sink **out)
{
	struct wr_fs_setup setup = wr_fs_setup(args);

	return wr_status_place(wr_fs_sink_open(args, &setup, out), path_pos(args));
}

/* A table is read from its beginning for every question. */
static wr_status *fs_lookup_open(const struct wr_connector *connector,
				 const struct wr_connector_args *args, const uint32_t *key,
				 uint32_t key_count, struct wr_host *host, struct wr_lookup **out)
{
	if (strcmp(wr_options_str(args->options, "path"), "-") == 0)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, args->pos,
				 "Table '%s' cannot be looked up: standard input is read once only",
				 args->table),
		    "Put the rows into a file");
	return wr_lookup_scan_open(connector, args, key, key_count, host, out);
}

static enum wr_sink_shows fs_shows(const struct wr_connector_args *args)
{
	return WR_SHOWS_WHOLE;
}

static void fs_dataset(const struct wr_connector_args *args, struct wr_text *space,
		       struct wr_text *name)
{
	wr_dataset_file(wr_options_str(args->options, "path"), space, name);
}

const struct wr_connector wr_connector_filesystem = {
    .name = "filesystem",
    .doc = "Files and folders of the local disk, pipes, and standard input and output.",
    .options = fs_options,
    .option_count = WR_COUNT(fs_options),
    .metadata = wr_fs_metadata,
    .needs_format = true,
    .bounded = true,
    .check = fs_check,
    .dataset = fs_dataset,
    .is_bounded = wr_fs_source_is_bounded,
    .source_open = fs_source_open,
    .claim = wr_fs_source_claim,
    .reader_new = wr_fs_reader_new,
    .decode = wr_fs_reader_decode,
    .reader_free = wr_fs_reader_free,
    .block_free = wr_fs_block_free,
    .position = wr_fs_source_position,
    .position_text = wr_fs_position_text,
    .seek = wr_fs_source_seek,
    .source_close = wr_fs_source_close,
    .lookup_open = fs_lookup_open,
    .lookup_ask = wr_lookup_scan_ask,
    .lookup_next = wr_lookup_scan_next,
    .lookup_close = wr_lookup_scan_close,
    .keeps_keys = wr_fs_sink_keeps_keys,
    .sink_open = fs_sink_open,
    .writer_new = wr_fs_writer_new,
    .encode = wr_fs_writer_encode,
    .writer_free = wr_fs_writer_free,
    .write = wr_fs_sink_write,
    .chunk_free = wr_fs_chunk_free,
    .flush = wr_fs_sink_flush,
    .watermark = wr_fs_sink_watermark,
    .shows = fs_shows,
    .prepare = wr_fs_sink_prepare,
    .commit = wr_fs_sink_commit,
    .restore = wr_fs_sink_restore,
    .sink_close = wr_fs_sink_close,
};

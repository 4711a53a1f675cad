/* SPDX-License-Identifier: Apache-2.0
 *
 * filesystem_complete - when a partition is complete, so that it gets its success file
 * ('sink.partition-commit.*').
 *
 *     process-time    when the clock has passed the first row's arrival by the delay
 *     partition-time  when the watermark has passed the partition's time by the delay
 *
 * It is asked at every commit that shows files. A partition that gets rows later gets its file
 * anew; at the end of the input all are complete.
 *
 * A partition's time is local time made of its columns: the timestamp-pattern, in which $name
 * stands for a column's value; without one, the first column.
 *
 * Thread: that of write.
 */
#include "base/macros.h"
#include "base/mem.h"
#include "connectors/filesystem_sink.h"
#include "data/zone.h"
#include "expr/java_format.h"

#define POLICY    "sink.partition-commit.policy.kind"
#define TRIGGER   "sink.partition-commit.trigger"
#define DELAY     "sink.partition-commit.delay"
#define ZONE      "sink.partition-commit.watermark-time-zone"
#define EXTRACTOR "partition.time-extractor.kind"
#define PATTERN   "partition.time-extractor.timestamp-pattern"
#define FORMATTER "partition.time-extractor.timestamp-formatter"

struct wr_fs_complete {
	bool by_watermark;
	int64_t delay_ms;
	const char *pattern;          /* of the time; NULL: the first column; the plan's */
	struct wr_java_format format; /* what it gives */
	struct wr_zone *zone;         /* the watermark's; owned */
	int64_t watermark_ms;         /* WR_WATERMARK_MIN: none yet */
};

/* Whether success files are asked for. */
static bool wants_files(const struct wr_connector_args *args)
{
	const char *kind = wr_options_str(args->options, POLICY);

	return kind != NULL && strstr(kind, "success-file") != NULL;
}

/* The partition column whose name follows a '$', or NULL. */
static const char *named_column(const struct wr_connector_args *args, const char *name)
{
	const char *found = NULL;

	for (uint32_t i = 0; i < args->partition_count; i++) {
		const char *key = args->partition_key[i];

		if (strncmp(name, key, strlen(key)) == 0 &&
		    (found == NULL || strlen(key) > strlen(found)))
			found = key;
	}
	return found;
}

static wr_status *check_pattern(const struct wr_connector_args *args)
{
	const char *pattern = wr_options_str(args->options, PATTERN);
	const char *formatter = wr_options_str(args->options, FORMATTER);
	char reason[WR_JAVA_REASON_MAX];
	struct wr_java_format format;
	struct wr_text names;
	wr_status *status;

	if (formatter != NULL &&
	    !wr_java_format_init(&format, WR_JAVA_DATETIME, formatter, strlen(formatter), reason))
		return wr_status_new(WR_USER_ERROR, "'%s' = '%s': %s", FORMATTER, formatter,
				     reason);
	for (const char *at = pattern != NULL ? strchr(pattern, '$') : NULL; at != NULL;
	     at = strchr(at + 1, '$')) {
		if (named_column(args, at + 1) != NULL)
			continue;
		wr_text_init(&names);
		wr_text_names(&names, args->partition_key, args->partition_count);
		status = wr_status_hint(
		    wr_status_new(WR_USER_ERROR,
				  "'%s' = '%s': no column of PARTITIONED BY follows the $ in '%s'",
				  PATTERN, pattern, at),
		    "The columns are: %s", names.data);
		wr_text_release(&names);
		return status;
	}
	return NULL;
}

wr_status *wr_fs_complete_check(const struct wr_connector_args *args)
{
	const char *policy = wr_options_str(args->options, POLICY);
	const char *extractor = wr_options_str(args->options, EXTRACTOR);
	struct wr_zone *zone = NULL;

	if (policy != NULL && strstr(policy, "custom") != NULL)
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR,
				  "'%s' = '%s': classes of your own cannot be loaded", POLICY,
				  policy),
		    "Use 'success-file' and watch for the file");
	if (extractor != NULL && strcasecmp(extractor, "default") != 0)
		return wr_status_hint(wr_status_new(WR_USER_ERROR,
						    "'%s' = '%s': only 'default' is supported",
						    EXTRACTOR, extractor),
				      "Describe the time with '%s'", PATTERN);
	if (wr_options_i64(args->options, TRIGGER) == 0)
		return NULL;
	if (args->partition_count == 0)
		return wr_status_hint(wr_status_new(WR_USER_ERROR,
						    "'%s' = 'partition-time': table '%s' is not "
						    "PARTITIONED BY anything",
						    TRIGGER, args->table),
				      "Leave the option out, or declare PARTITIONED BY");
	WR_TRY(wr_zone_open(wr_options_str(args->options, ZONE), &zone));
	wr_zone_close(zone);
	return check_pattern(args);
}

wr_status *wr_fs_complete_open(struct wr_sink *sink)
{
	const struct wr_options *options = sink->args->options;
	struct wr_fs_complete *complete;
	const char *formatter = wr_options_str(options, FORMATTER);
	char reason[WR_JAVA_REASON_MAX];

	if (!wants_files(sink->args) || sink->mode != WR_FS_FOLDER)
		return NULL;
	sink->complete = complete = wr_calloc(1, sizeof *complete);
	complete->by_watermark = wr_options_i64(options, TRIGGER) == 1;
	complete->delay_ms = wr_options_i64(options, DELAY);
	complete->pattern = wr_options_str(options, PATTERN);
	complete->watermark_ms = WR_WATERMARK_MIN;
	if (formatter == NULL)
		wr_java_format_init_default(&complete->format);
	else
		WR_REQUIRE(wr_java_format_init(&complete->format, WR_JAVA_DATETIME, formatter,
					       strlen(formatter), reason));
	return wr_zone_open(wr_options_str(options, ZONE), &complete->zone);
}

void wr_fs_complete_release(struct wr_sink *sink)
{
	if (sink->complete == NULL)
		return;
	wr_zone_close(sink->complete->zone);
	wr_free(sink->complete);
}

/* Appends the text of a partition's time. `partition`: "dt=2020-01-01/hour=10/". */
static void time_text(const struct wr_sink *sink, const char *partition, struct wr_text *text)
{
	const struct wr_connector_args *args = sink->args;
	const char *pattern = sink->complete->pattern;

	if (pattern == NULL) {
		wr_fs_partition_value(partition, args->partition_key[0], text);
		return;
	}
	while (*pattern != '\0') {
		const char *key = *pattern == '$' ? named_column(args, pattern + 1) : NULL;

		if (key == NULL) {
			wr_text_putc(text, *pattern++);
			continue;
		}
		wr_fs_partition_value(partition, key, text);
		pattern += 1 + strlen(key);
	}
}

/* The watermark at which the partition is complete but for the delay. */
static wr_status *partition_time(const struct wr_sink *sink, const char *partition, int64_t *ms)
{
	struct wr_java_parsed parsed;
	struct wr_text path, text;
	wr_status *status = NULL;

	wr_text_init(&path);
	wr_text_init(&text);
	wr_text_printf(&path, "%s/", partition);
	time_text(sink, path.data, &text);
	if (wr_java_format_parse(&sink->complete->format, wr_text_str(&text), text.len, &parsed))
		*ms = wr_zone_to_utc(sink->complete->zone, parsed.ms);
	else
		status = wr_status_hint(
		    wr_status_new(WR_USER_ERROR,
				  "Table '%s': the partition '%s' has no time: '%s' is none",
				  sink->args->table, partition, wr_text_str(&text)),
		    "Describe it with '%s' and '%s'", PATTERN, FORMATTER);
	wr_text_release(&text);
	wr_text_release(&path);
	return status;
}

wr_status *wr_fs_complete_is(struct wr_sink *sink, const char *partition, int64_t since_us,
			     bool *is)
{
	const struct wr_fs_complete *complete = sink->complete;
	int64_t ms = 0;

	if (!complete->by_watermark) {
		*is = wr_wall_us(sink->setup.env) - since_us >= complete->delay_ms * 1000;
		return NULL;
	}
	WR_TRY(partition_time(sink, partition, &ms));
	*is = complete->watermark_ms != WR_WATERMARK_MIN &&
	      complete->watermark_ms > ms + complete->delay_ms;
	return NULL;
}

void wr_fs_sink_watermark(struct wr_sink *sink, int64_t watermark_ms)
{
	if (sink->complete != NULL)
		sink->complete->watermark_ms = watermark_ms;
}

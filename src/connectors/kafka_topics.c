/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka_topics - which partitions the topics of a table have.
 *
 * Topics named in 'topic' are asked for one by one: each must exist. For 'topic-pattern' all topics
 * of the cluster are listed, and those whose whole name matches are taken; there may be none yet.
 *
 * Thread: the keeper's.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>

#include "base/macros.h"
#include "base/mem.h"
#include "connectors/kafka_source.h"

#define ASK_MS 5000 /* a broker may be busy; closing a source waits no longer than this */

static void found_add(struct wr_kafka_found_list *list, const char *topic, int32_t partition)
{
	if (list->count == list->capacity) {
		list->capacity = WR_MAX(list->capacity * 2, 16);
		list->found = wr_realloc(list->found, list->capacity * sizeof *list->found);
	}
	list->found[list->count++] = (struct wr_kafka_found){.topic = topic,
							     .partition = partition,
							     .offset = WR_KAFKA_NO_OFFSET,
							     .end = WR_KAFKA_NO_OFFSET};
}

void wr_kafka_found_release(struct wr_kafka_found_list *list)
{
	wr_arena_release(&list->arena);
	wr_free(list->found);
	*list = (struct wr_kafka_found_list){0};
}

static void add_topic(struct wr_kafka_found_list *list, const rd_kafka_metadata_topic_t *topic)
{
	const char *name = wr_arena_strdup(&list->arena, topic->topic);

	for (int i = 0; i < topic->partition_cnt; i++)
		found_add(list, name, topic->partitions[i].id);
}

/* One topic of the list. */
static wr_status *ask_topic(struct wr_source *source, const char *name,
			    struct wr_kafka_found_list *list)
{
	const struct wr_kafka_calls *call = &source->client.call;
	const struct rd_kafka_metadata *metadata;
	rd_kafka_topic_t *topic = call->rd_kafka_topic_new(source->handle, name, NULL);
	rd_kafka_resp_err_t code;
	wr_status *status = NULL;

	if (topic == NULL)
		return wr_kafka_status(&source->client, name, "the topic cannot be read",
				       call->rd_kafka_last_error(), NULL);
	code = call->rd_kafka_metadata(source->handle, 0, topic, &metadata, ASK_MS);
	if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
		if (metadata->topic_cnt == 1)
			code = metadata->topics[0].err;
		if (code == RD_KAFKA_RESP_ERR_NO_ERROR &&
		    (metadata->topic_cnt != 1 || metadata->topics[0].partition_cnt == 0))
			code = RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
		if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
			add_topic(list, &metadata->topics[0]);
		call->rd_kafka_metadata_destroy(metadata);
	}
	if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
	    code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC)
		status = wr_kafka_status(&source->client, name, "the topic cannot be read", code,
					 "the brokers have no such topic");
	else if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
		status =
		    wr_kafka_status(&source->client, name, "the topic cannot be read", code, NULL);
	call->rd_kafka_topic_destroy(topic);
	return status;
}

/* Compiles 'topic-pattern'; NULL: it is no regular expression. */
static pcre2_code *compile(const char *pattern, int *error, PCRE2_SIZE *at)
{
	return pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
			     PCRE2_UTF | PCRE2_ANCHORED | PCRE2_ENDANCHORED, error, at, NULL);
}

wr_status *wr_kafka_pattern_check(const char *pattern)
{
	PCRE2_UCHAR text[128];
	PCRE2_SIZE at;
	int error;
	pcre2_code *code = compile(pattern, &error, &at);

	if (code != NULL) {
		pcre2_code_free(code);
		return NULL;
	}
	pcre2_get_error_message(error, text, sizeof text);
	return wr_status_new(WR_USER_ERROR,
			     "'topic-pattern' = '%s' is no regular expression: %s at character %zu",
			     pattern, (const char *)text, (size_t)at + 1);
}

/* All topics whose names match. */
static wr_status *ask_pattern(struct wr_source *source, struct wr_kafka_found_list *list)
{
	const struct wr_kafka_calls *call = &source->client.call;
	const struct rd_kafka_metadata *metadata;
	pcre2_match_data *match;
	pcre2_code *pattern;
	PCRE2_SIZE at;
	int error;
	rd_kafka_resp_err_t code =
	    call->rd_kafka_metadata(source->handle, 1, NULL, &metadata, ASK_MS);

	if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
		return wr_kafka_status(&source->client, NULL, "the topics cannot be listed", code,
				       NULL);
	pattern = compile(source->plan.pattern, &error, &at);
	WR_REQUIRE(pattern != NULL);
	match = pcre2_match_data_create_from_pattern(pattern, NULL);
	for (int i = 0; i < metadata->topic_cnt; i++) {
		const rd_kafka_metadata_topic_t *topic = &metadata->topics[i];

		if (topic->err == RD_KAFKA_RESP_ERR_NO_ERROR &&
		    pcre2_match(pattern, (PCRE2_SPTR)topic->topic, PCRE2_ZERO_TERMINATED, 0, 0,
				match, NULL) >= 0)
			add_topic(list, topic);
	}
	pcre2_match_data_free(match);
	pcre2_code_free(pattern);
	call->rd_kafka_metadata_destroy(metadata);
	return NULL;
}

static int by_topic(const void *left, const void *right)
{
	const struct wr_kafka_found *a = left, *b = right;
	int order = strcmp(a->topic, b->topic);

	return order != 0 ? order : (a->partition > b->partition) - (a->partition < b->partition);
}

wr_status *wr_kafka_topics(struct wr_source *source, struct wr_kafka_found_list *list)
{
	const struct wr_kafka_plan *plan = &source->plan;

	*list = (struct wr_kafka_found_list){0};
	wr_arena_init(&list->arena);
	if (plan->pattern != NULL)
		WR_TRY(ask_pattern(source, list));
	for (uint32_t i = 0; i < plan->topic_count; i++)
		WR_TRY(ask_topic(source, plan->topic[i], list));
	wr_kafka_client_works(&source->client);
	if (list->count > 1)
		qsort(list->found, list->count, sizeof *list->found, by_topic);
	return NULL;
}

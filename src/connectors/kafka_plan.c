/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka_plan - what the options of a Kafka table say about reading it: read and checked.
 *
 * Thread: any; pure.
 */
#include <strings.h>

#include "base/macros.h"
#include "connectors/kafka_source.h"
#include "data/number.h"

const char *const wr_kafka_startups[] = {"earliest-offset", "latest-offset",    "group-offsets",
					 "timestamp",       "specific-offsets", NULL};
const char *const wr_kafka_bounds[] = {"unbounded", "latest-offset",    "group-offsets",
				       "timestamp", "specific-offsets", NULL};
const char *const wr_kafka_losts[] = {"fail", "earliest", "latest", NULL};

static struct wr_pos pos_of(const struct wr_connector_args *args, const char *key)
{
	for (uint32_t i = 0; i < args->given_count; i++)
		if (strcmp(args->given[i].key, key) == 0)
			return args->given[i].pos;
	return args->pos;
}

/* --- 'partition:0,offset:42;partition:1,offset:300' ---------------------------------------------
 */

/* Reads "NAME:number" at *at, up to the character `end` or the end of the text. */
static bool named_number(const char **at, const char *name, char end, int64_t *value)
{
	size_t len = strlen(name), size;

	while (**at == ' ')
		++*at;
	if (strncmp(*at, name, len) != 0 || (*at)[len] != ':')
		return false;
	*at += len + 1;
	size = strcspn(*at, ",; ");
	if (!wr_i64_read(*at, size, value) || *value < 0)
		return false;
	*at += size;
	while (**at == ' ')
		++*at;
	if (**at == end)
		++*at;
	else if (**at != '\0' || end == ',')
		return false;
	return true;
}

static wr_status *places(const struct wr_connector_args *args, const char *key,
			 struct wr_arena *arena, const struct wr_kafka_place **out, uint32_t *count)
{
	const char *text = wr_options_str(args->options, key), *at = text;
	struct wr_kafka_place *place;
	int64_t partition, offset;

	if (text == NULL)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, args->pos,
				 "Table '%s': 'specific-offsets' needs the option '%s'",
				 args->table, key),
		    "For example '%s' = 'partition:0,offset:42;partition:1,offset:300'", key);
	place = WR_NEW_ARRAY(arena, struct wr_kafka_place, strlen(text) / 2 + 1);
	*count = 0;
	while (*at != '\0') {
		if (!named_number(&at, "partition", ',', &partition) ||
		    !named_number(&at, "offset", ';', &offset) || partition > INT32_MAX)
			return wr_status_hint(
			    wr_status_at(WR_USER_ERROR, pos_of(args, key),
					 "'%s' = '%s' is no list of offsets", key, text),
			    "Write it like 'partition:0,offset:42;partition:1,offset:300'");
		place[(*count)++] = (struct wr_kafka_place){(int32_t)partition, offset};
	}
	*out = place;
	return NULL;
}

/* --- topics -------------------------------------------------------------------------------------
 */

static bool is_among(const char *const *name, uint32_t count, const char *one)
{
	for (uint32_t i = 0; i < count; i++)
		if (strcmp(name[i], one) == 0)
			return true;
	return false;
}

static wr_status *topics(const struct wr_connector_args *args, struct wr_arena *arena,
			 struct wr_kafka_plan *plan)
{
	const char *text = wr_options_str(args->options, "topic"), **topic, *end;

	plan->pattern = wr_options_str(args->options, "topic-pattern");
	if (plan->pattern != NULL && text != NULL)
		return wr_status_hint(wr_status_at(WR_USER_ERROR, pos_of(args, "topic-pattern"),
						   "Table '%s' has both 'topic' and "
						   "'topic-pattern'",
						   args->table),
				      "Leave one of them out");
	if (plan->pattern != NULL)
		return wr_status_place(wr_kafka_pattern_check(plan->pattern),
				       pos_of(args, "topic-pattern"));
	if (text == NULL)
		return wr_status_hint(wr_status_at(WR_USER_ERROR, args->pos,
						   "Table '%s' does not say which topic it is",
						   args->table),
				      "Add 'topic' = '...' (several with ; between them) or "
				      "'topic-pattern'");
	topic = WR_NEW_ARRAY(arena, const char *, strlen(text) / 2 + 2);
	for (const char *from = text; from == text || *from != '\0';
	     from = *end == '\0' ? end : end + 1) {
		end = from + strcspn(from, ";");
		if (end == from || end - from >= WR_KAFKA_TOPIC_BYTES)
			return wr_status_hint(
			    wr_status_at(WR_USER_ERROR, pos_of(args, "topic"),
					 "'topic' = '%s': names of topics have 1 to 249 letters",
					 text),
			    "Write several topics like 'a;b'");
		topic[plan->topic_count] = wr_arena_strndup(arena, from, (size_t)(end - from));
		if (!is_among(topic, plan->topic_count, topic[plan->topic_count]))
			plan->topic_count++;
	}
	plan->topic = topic;
	return NULL;
}

/* --- modes --------------------------------------------------------------------------------------
 */

/* The time of a mode, which must be given. */
static wr_status *time_of(const struct wr_connector_args *args, const char *key, int64_t *ms)
{
	const struct wr_option_value *value = wr_options_get(args->options, key);

	if (!value->is_set)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, args->pos,
				 "Table '%s': the mode 'timestamp' needs the option '%s'",
				 args->table, key),
		    "It counts milliseconds since 1970-01-01 UTC");
	*ms = value->number;
	return NULL;
}

/* properties.auto.offset.reset. */
static enum wr_kafka_lost reset_of(const struct wr_connector_args *args, enum wr_kafka_lost other)
{
	const char *text = NULL;
	const char *const key = "properties.auto.offset.reset";

	for (uint32_t i = 0; i < args->given_count; i++)
		if (strcmp(args->given[i].key, key) == 0)
			text = args->given[i].value;
	if (text == NULL)
		return other;
	if (strcmp(text, "earliest") == 0 || strcmp(text, "smallest") == 0 ||
	    strcmp(text, "beginning") == 0)
		return WR_KAFKA_LOST_EARLIEST;
	if (strcmp(text, "latest") == 0 || strcmp(text, "largest") == 0 || strcmp(text, "end") == 0)
		return WR_KAFKA_LOST_LATEST;
	return WR_KAFKA_LOST_FAIL;
}

static const char *group_of(const struct wr_connector_args *args)
{
	for (uint32_t i = 0; i < args->given_count; i++)
		if (strcmp(args->given[i].key, "properties.group.id") == 0)
			return args->given[i].value;
	return NULL;
}

/* 'scan.startup.*'; upsert tables begin at the beginning. */
static wr_status *startup(const struct wr_connector_args *args, struct wr_arena *arena,
			  struct wr_kafka_plan *plan)
{
	plan->no_group = reset_of(args, WR_KAFKA_LOST_FAIL);
	if (plan->upsert) {
		plan->startup = WR_KAFKA_START_EARLIEST;
		return NULL;
	}
	plan->startup = (enum wr_kafka_startup)wr_options_i64(args->options, "scan.startup.mode");
	if (plan->startup == WR_KAFKA_START_TIMESTAMP)
		return time_of(args, "scan.startup.timestamp-millis", &plan->start_ms);
	if (plan->startup == WR_KAFKA_START_SPECIFIC)
		return places(args, "scan.startup.specific-offsets", arena, &plan->start,
			      &plan->start_count);
	if (plan->startup == WR_KAFKA_START_GROUP && group_of(args) == NULL &&
	    plan->no_group == WR_KAFKA_LOST_FAIL)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, args->pos,
				 "Table '%s' begins at the offsets of its group "
				 "('scan.startup.mode' = 'group-offsets'%s), but has no "
				 "'properties.group.id'",
				 args->table,
				 wr_options_get(args->options, "scan.startup.mode")->is_given
				     ? ""
				     : ", the default"),
		    "Add 'properties.group.id', or set 'scan.startup.mode' = 'earliest-offset' or "
		    "'latest-offset'");
	return NULL;
}

static wr_status *bound(const struct wr_connector_args *args, struct wr_arena *arena,
			struct wr_kafka_plan *plan)
{
	plan->bound = (enum wr_kafka_bound)wr_options_i64(args->options, "scan.bounded.mode");
	if (plan->bound == WR_KAFKA_END_TIMESTAMP)
		return time_of(args, "scan.bounded.timestamp-millis", &plan->end_ms);
	if (plan->bound == WR_KAFKA_END_SPECIFIC)
		return places(args, "scan.bounded.specific-offsets", arena, &plan->end,
			      &plan->end_count);
	if (plan->bound == WR_KAFKA_END_GROUP && group_of(args) == NULL)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, pos_of(args, "scan.bounded.mode"),
				 "Table '%s' ends at the offsets of its group ('scan.bounded.mode' "
				 "= 'group-offsets'), but has no 'properties.group.id'",
				 args->table),
		    "Add 'properties.group.id', or set another 'scan.bounded.mode'");
	return NULL;
}

wr_status *wr_kafka_plan(const struct wr_connector_args *args, bool upsert, struct wr_arena *arena,
			 struct wr_kafka_plan *plan)
{
	const struct wr_option_value *lost =
	    wr_options_get(args->options, "scan.offset-out-of-range");

	*plan = (struct wr_kafka_plan){.upsert = upsert};
	WR_TRY(topics(args, arena, plan));
	WR_TRY(startup(args, arena, plan));
	WR_TRY(bound(args, arena, plan));
	plan->lost = lost->is_given ? (enum wr_kafka_lost)lost->number
				    : reset_of(args, (enum wr_kafka_lost)lost->number);
	plan->discovery_ms =
	    wr_options_i64(args->options, "scan.topic-partition-discovery.interval");
	if ((plan->start_count > 0 || plan->end_count > 0) && plan->topic_count != 1)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, pos_of(args, "topic"),
				 "Table '%s': offsets by partition are of one topic, and it has "
				 "several",
				 args->table),
		    "Declare a table for each topic");
	return NULL;
}

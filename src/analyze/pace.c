/* SPDX-License-Identifier: Apache-2.0
 *
 * pace - the options that say when and how fast a table is read: idleness, alignment of watermarks,
 * rate limit, priority.
 */
#include <stdlib.h>

#include "analyze/analyzer.h"

static const struct wr_given *given_of(const struct wr_connector_args *args, const char *key)
{
	return wr_given_find(args->given, args->given_count, key);
}

/* A duration; *out stays as it is when the option is not given. */
static wr_status *read_duration(const struct wr_connector_args *args, const char *key, int64_t *out)
{
	const struct wr_given *given = given_of(args, key);

	if (given != NULL && !wr_duration_parse(given->value, out))
		return wr_status_at(WR_USER_ERROR, given->pos, "'%s' is not a duration for '%s'",
				    given->value, key);
	return NULL;
}

/* Group and drift need each other; how often watermarks are compared is without effect. */
static wr_status *read_alignment(const struct wr_connector_args *args, struct wr_scan_pace *pace)
{
	static const char group_key[] = "scan.watermark.alignment.group";
	static const char drift_key[] = "scan.watermark.alignment.max-drift";
	const struct wr_given *group = given_of(args, group_key);
	const struct wr_given *drift = given_of(args, drift_key);
	int64_t interval_ms;

	WR_TRY(read_duration(args, drift_key, &pace->max_drift_ms));
	WR_TRY(read_duration(args, "scan.watermark.alignment.update-interval", &interval_ms));
	if ((group == NULL) != (drift == NULL))
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, group != NULL ? group->pos : drift->pos,
				 "'%s' needs '%s'", group != NULL ? group_key : drift_key,
				 group != NULL ? drift_key : group_key),
		    "Tables of a group are read so that none is ahead of the others by more than "
		    "the drift, such as '30 s'");
	pace->group = group != NULL ? group->value : NULL;
	return NULL;
}

wr_status *wr_read_scan_pace(const struct wr_connector_args *args, struct wr_scan_pace *pace)
{
	const struct wr_given *rate = given_of(args, "scan.rate-limit");
	const struct wr_given *priority = given_of(args, "scan.priority");

	*pace = (struct wr_scan_pace){0};
	WR_TRY(read_duration(args, "scan.watermark.idle-timeout", &pace->idle_timeout_ms));
	if (rate != NULL) /* values are checked with all options */
		pace->rate_limit = strtoll(rate->value, NULL, 10);
	if (priority != NULL)
		pace->priority = (int32_t)strtol(priority->value, NULL, 10);
	return read_alignment(args, pace);
}

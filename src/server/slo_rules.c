/* SPDX-License-Identifier: Apache-2.0
 *
 * slo_rules - objectives in weir.yaml for the jobs whose names fit a pattern:
 *
 *     server.slo.rules:
 *       - {jobs: "*", success: 0.999}
 *       - {jobs: "orders-*", latency: 2 s, latency.objective: 0.99}
 *
 * They are settings of such a job ('weir.slo.*'): over those that weir.yaml has for all jobs, below
 * those that come with the job and its script. A later rule wins over an earlier one.
 */
#include <fnmatch.h>

#include "server/config.h"

const struct wr_config_fields wr_slo_rule_fields = {
    .name = "server.slo.rules",
    .hint = "A rule has jobs (a pattern of names) and settings of weir.slo.*, as latency, "
	    "latency.objective, success, lag.records, lag.time, freshness, checkpoint-age",
    .field = {"jobs", "latency", "latency.objective", "success", "lag.records", "lag.time",
	      "lag.objective", "freshness", "freshness.of", "freshness.objective", "checkpoint-age",
	      "checkpoint-age.objective"},
};

/* The settings of a rule. */
static wr_status *tell_rule(const char *const *given,
			    wr_status *(*each)(void *own, const char *key, const char *value),
			    void *own)
{
	wr_status *status = NULL;
	struct wr_text key;

	wr_text_init(&key);
	for (uint32_t i = 1; i < WR_CONFIG_FIELDS && status == NULL; i++) {
		if (given[i] == NULL)
			continue;
		wr_text_clear(&key);
		wr_text_printf(&key, "weir.slo.%s", wr_slo_rule_fields.field[i]);
		status = each(own, wr_text_str(&key), given[i]);
	}
	wr_text_release(&key);
	return status;
}

wr_status *wr_config_slo_rules(const struct wr_config *config, const char *job,
			       wr_status *(*each)(void *own, const char *key, const char *value),
			       void *own)
{
	for (uint32_t row = 0; row < WR_CONFIG_ROWS; row++) {
		const char *const *given = config->slo_rules.value[row];

		if (!wr_config_list_has(&config->slo_rules, row))
			continue;
		if (given[0] == NULL)
			return wr_status_hint(
			    wr_status_new(WR_USER_ERROR, "A rule of server.slo.rules has no jobs"),
			    "%s", wr_slo_rule_fields.hint);
		if (job == NULL || fnmatch(given[0], job, 0) == 0)
			WR_TRY(tell_rule(given, each, own));
	}
	return NULL;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * objectives - see objectives.h.
 */
#include "engine/objectives.h"

#include <stddef.h>

#include "base/macros.h"

/* By kind. */
static const struct {
	const char *bound, *share; /* names of settings; bound NULL: it has none */
} names[WR_OBJECTIVE_KINDS] = {
    [WR_OBJECTIVE_LATENCY] = {"weir.slo.latency", "weir.slo.latency.objective"},
    [WR_OBJECTIVE_SUCCESS] = {NULL, "weir.slo.success"},
    [WR_OBJECTIVE_LAG_RECORDS] = {"weir.slo.lag.records", "weir.slo.lag.objective"},
    [WR_OBJECTIVE_LAG_TIME] = {"weir.slo.lag.time", "weir.slo.lag.objective"},
    [WR_OBJECTIVE_FRESHNESS] = {"weir.slo.freshness", "weir.slo.freshness.objective"},
    [WR_OBJECTIVE_CHECKPOINT_AGE] = {"weir.slo.checkpoint-age",
				     "weir.slo.checkpoint-age.objective"},
};

wr_status *wr_objectives_read(const struct wr_options *settings, struct wr_objectives *out)
{
	*out = (struct wr_objectives){.by_watermark =
					  wr_options_i64(settings, "weir.slo.freshness.of") == 1};
	for (uint32_t i = 0; i < WR_OBJECTIVE_KINDS; i++) {
		const struct wr_option_value *share = wr_options_get(settings, names[i].share);
		int64_t bound =
		    names[i].bound != NULL ? wr_options_i64(settings, names[i].bound) : 0;

		if (share->is_set && (share->real <= 0 || share->real >= 1))
			return wr_status_hint(
			    wr_status_new(WR_USER_ERROR,
					  "'%s' is %s, and a share between 0 and 1 is wanted",
					  names[i].share, share->text),
			    "0.99 says that one in a hundred may be bad: that one is the error "
			    "budget, and 1 would leave none");
		if (share->is_set && (names[i].bound == NULL || bound > 0))
			out->of[i] = (struct wr_objective){share->real, bound};
	}
	return NULL;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * objectives - the settings 'weir.slo.*' of a job.
 */
#ifndef WR_ENGINE_OBJECTIVES_H
#define WR_ENGINE_OBJECTIVES_H

#include "base/option.h"
#include "runtime/objectives.h"

/* A user error when a share is not between 0 and 1. */
wr_status *wr_objectives_read(const struct wr_options *settings, struct wr_objectives *out);

#endif

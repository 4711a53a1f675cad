/* SPDX-License-Identifier: Apache-2.0
 *
 * run_job - one job of a script, from its first run over its restarts to its end.
 *
 * A run that fails is taken down as a whole; if the restart strategy says so, the job is made anew
 * in the same process, from the last checkpoint that it has made, or else from where its first run
 * began. Failures that come from the script or the data are not tried again.
 */
#ifndef WR_ENGINE_RUN_JOB_H
#define WR_ENGINE_RUN_JOB_H

#include "engine/prepared.h"

/* Before the first job: the state of one job cannot be what several go on from. */
wr_status *wr_session_check_restore(struct wr_session *session, const struct wr_prepared *prepared);
wr_status *wr_session_run_job(struct wr_session *session, struct wr_action *action);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * backend - what every backend's state begins with.
 */
#ifndef WR_STATE_BACKEND_H
#define WR_STATE_BACKEND_H

#include "state/state.h"

/* A backend embeds this at the start of its own struct; its open() leaves `backend` to
 * wr_state_open. */
struct wr_state {
	const struct wr_state_backend *backend; /* whose functions serve this state */
};

#endif

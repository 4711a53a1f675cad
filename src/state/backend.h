/* SPDX-License-Identifier: Apache-2.0
 *
 * backend - what every backend's state begins with.
 */
#ifndef WR_STATE_BACKEND_H
#define WR_STATE_BACKEND_H

#include "state/state.h"

/* A backend embeds this at the start of its own struct; its open() sets decl.key_type to types that
 * live as long as the state, and leaves the rest to wr_state_open. */
struct wr_state {
	const struct wr_state_backend *backend; /* whose functions serve this state */
	struct wr_state_decl decl;              /* as declared; name, meaning, key_name: not kept */
};

#endif

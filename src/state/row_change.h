/* SPDX-License-Identifier: Apache-2.0
 *
 * row_change - rows of saved columns as rows of declared ones: left out, in another order.
 *
 * Works on the bytes of data/codec.h: columns are cut out and put together, nothing is decoded.
 * Immutable; may be shared by threads. wr_row_change_apply is in schema.h.
 */
#ifndef WR_STATE_ROW_CHANGE_H
#define WR_STATE_ROW_CHANGE_H

#include "data/codec.h"
#include "state/schema.h"

struct wr_row_change {
	struct wr_codec saved; /* of the saved columns */
	uint32_t count;        /* declared columns */
	const uint32_t *from;  /* per declared column: the saved one */
};

#endif

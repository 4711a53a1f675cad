/* SPDX-License-Identifier: Apache-2.0
 *
 * make - how operator instances are made, for the registry and for the runtime's own operators.
 */
#ifndef WR_OP_MAKE_H
#define WR_OP_MAKE_H

#include "op/op.h"

/* Allocates and initialises an instance of `type` for `node`. On error *out is NULL. */
wr_status *wr_op_make(const struct wr_op_type *type, const struct wr_node *node,
		      const struct wr_op_env *env, struct wr_op **out);

#endif

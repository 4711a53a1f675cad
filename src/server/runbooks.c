/* SPDX-License-Identifier: Apache-2.0
 *
 * runbooks - the texts of docs/runbooks, as tools/embed makes them when Weir is built: the link of
 * an alert works where there is nothing but the server.
 */
#include "server/alerts.h"

#include <stddef.h>

/* clang-format off */
#define RUNBOOKS(X)                                                                                \
	X(backpressure, "backpressure")                                                            \
	X(broker_loss, "broker-loss")                                                              \
	X(checkpoint_failure, "checkpoint-failure")                                                \
	X(hot_key, "hot-key")                                                                      \
	X(lag, "lag")                                                                              \
	X(late_data, "late-data")                                                                  \
	X(schema_mismatch, "schema-mismatch")                                                      \
	X(state_corruption, "state-corruption")
/* clang-format on */

#define DECLARE(id, name) extern const char wr_runbook_##id[];
RUNBOOKS(DECLARE)

#define ENTRY(id, name) {name, wr_runbook_##id},
const struct wr_runbook wr_runbooks[] = {RUNBOOKS(ENTRY){NULL, NULL}};

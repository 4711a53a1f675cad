/* SPDX-License-Identifier: Apache-2.0
 *
 * lookup_scan - look-ups in a bounded source by reading it from its beginning for every question:
 * the lookup_* slots of any connector whose source ends, is short and can be read again.
 */
#ifndef WR_CONNECTORS_LOOKUP_SCAN_H
#define WR_CONNECTORS_LOOKUP_SCAN_H

#include "catalog/connector.h"

wr_status *wr_lookup_scan_open(const struct wr_connector *connector,
			       const struct wr_connector_args *args, const uint32_t *key,
			       uint32_t key_count, struct wr_host *host, struct wr_lookup **out);
wr_status *wr_lookup_scan_ask(struct wr_lookup *lookup, struct wr_column *const *key,
			      uint32_t count);
wr_status *wr_lookup_scan_next(struct wr_lookup *lookup, struct wr_batch **out,
			       const uint32_t **asked, bool *again);
void wr_lookup_scan_close(struct wr_lookup *lookup);

#endif

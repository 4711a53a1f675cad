/* SPDX-License-Identifier: Apache-2.0
 *
 * registry - all connectors, one line each.
 */
#include "connectors/registry.h"

const struct wr_connector *const wr_connectors[] = {
    &wr_connector_filesystem,
    NULL,
};

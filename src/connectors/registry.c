/* SPDX-License-Identifier: Apache-2.0
 *
 * registry - all connectors, one line each.
 */
#include "connectors/registry.h"

/* clang-format off */
const struct wr_connector *const wr_connectors[] = {
    &wr_connector_filesystem,
    &wr_connector_datagen,
    &wr_connector_nexmark,
    &wr_connector_print,
    &wr_connector_blackhole,
    &wr_connector_savepoint,
    &wr_connector_kafka,
    &wr_connector_upsert_kafka,
    &wr_connector_jdbc,
    &wr_connector_postgres_cdc,
    &wr_connector_input,
    NULL,
};
/* clang-format on */

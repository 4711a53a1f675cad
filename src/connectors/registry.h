/* SPDX-License-Identifier: Apache-2.0
 *
 * registry - the list of all connectors.
 */
#ifndef WR_CONNECTORS_REGISTRY_H
#define WR_CONNECTORS_REGISTRY_H

#include "catalog/connector.h"

/* Ended by NULL. */
extern const struct wr_connector *const wr_connectors[];

extern const struct wr_connector wr_connector_filesystem;
extern const struct wr_connector wr_connector_datagen;
extern const struct wr_connector wr_connector_nexmark;
extern const struct wr_connector wr_connector_print;
extern const struct wr_connector wr_connector_blackhole;
extern const struct wr_connector wr_connector_savepoint;
extern const struct wr_connector wr_connector_kafka;
extern const struct wr_connector wr_connector_upsert_kafka;
extern const struct wr_connector wr_connector_jdbc;
extern const struct wr_connector wr_connector_postgres_cdc;
extern const struct wr_connector wr_connector_input;
extern const struct wr_connector wr_connector_view;

#endif

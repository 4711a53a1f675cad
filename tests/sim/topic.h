/* SPDX-License-Identifier: Apache-2.0
 *
 * topic - a connector for the simulation: a source with splits, like the partitions of a topic, the
 * rows of which follow from their numbers.
 *
 * Columns split and number (BIGINT) and ts (TIMESTAMP(3)); within a split times go up, in each at
 * another pace. Which split a block is of follows from where the source stands, so that a source
 * that was restored goes on as it would have.
 */
#ifndef WR_TESTS_TOPIC_H
#define WR_TESTS_TOPIC_H

#include "catalog/connector.h"

#define WR_TOPIC_SPLITS_MAX 8

extern const struct wr_connector wr_connector_topic;

#endif

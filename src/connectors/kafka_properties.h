/* SPDX-License-Identifier: Apache-2.0
 *
 * kafka_properties - the 'properties.*' of a Kafka table, as librdkafka names them.
 *
 * Users know the names of Kafka's Java clients. Most are librdkafka's, too, and pass as they are.
 * Some have another name or unit there and are translated; some mean nothing here and are left out;
 * those that cannot be had in that form (Java's key stores, its callback classes) are refused with
 * the name to use instead.
 *
 * Thread: any; pure.
 */
#ifndef WR_CONNECTORS_KAFKA_PROPERTIES_H
#define WR_CONNECTORS_KAFKA_PROPERTIES_H

#include "catalog/connector.h"

struct wr_kafka_property {
	const char *name;  /* librdkafka's; static, or the user's text */
	const char *value; /* the user's text, or in the arena */
	struct wr_pos pos; /* of the option in the script */
	const char *key;   /* the option as the user wrote it, for messages */
};

struct wr_kafka_properties {
	struct wr_arena arena;
	struct wr_kafka_property *property; /* in the order of the script; in the arena */
	uint32_t count;                     /* of property */
};

/* Translates. The caller releases in any case. */
wr_status *wr_kafka_properties_init(struct wr_kafka_properties *properties,
				    const struct wr_connector_args *args);
void wr_kafka_properties_release(struct wr_kafka_properties *properties);
/* The value of one by librdkafka's name; NULL: not given. */
const char *wr_kafka_property_get(const struct wr_kafka_properties *properties, const char *name);
/* 'properties.NAME' as the user wrote it; NULL: not given. */
const char *wr_kafka_given(const struct wr_connector_args *args, const char *name);

#endif

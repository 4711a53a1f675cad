/* SPDX-License-Identifier: Apache-2.0
 *
 * dataset - what OpenLineage calls the things that tables stand for: a namespace (where it is) and
 * a name (which one), by its naming conventions.
 *
 *     Kafka        kafka://HOST:PORT       TOPIC
 *     PostgreSQL   postgres://HOST:PORT    DATABASE.SCHEMA.TABLE
 *     files        file                    /ABSOLUTE/PATH
 *
 * Of several hosts the first one counts. Logins and parameters of a URL are left out.
 */
#ifndef WR_CONNECTORS_DATASET_H
#define WR_CONNECTORS_DATASET_H

#include "base/text.h"

/* `servers`: "host:port,host:port", maybe with protocols in front; NULL: none. */
void wr_dataset_kafka(const char *servers, const char *topic, struct wr_text *space,
		      struct wr_text *name);
/* `url`: "jdbc:postgresql://host:port/database?...", libpq's or JDBC's; `user` is the database
 * where the URL has none; `table` may be "schema.table". */
void wr_dataset_postgres(const char *url, const char *user, const char *table,
			 struct wr_text *space, struct wr_text *name);
/* The value of 'path'. */
void wr_dataset_file(const char *path, struct wr_text *space, struct wr_text *name);

#endif

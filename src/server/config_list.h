/* SPDX-License-Identifier: Apache-2.0
 *
 * config_list - lists of records in weir.yaml: "server.users.3.name".
 *
 * Texts only; who makes something of them checks them when all have been read.
 */
#ifndef WR_SERVER_CONFIG_LIST_H
#define WR_SERVER_CONFIG_LIST_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/status.h"

#define WR_CONFIG_ROWS   64
#define WR_CONFIG_FIELDS 12

struct wr_config_list {
	const char *value[WR_CONFIG_ROWS][WR_CONFIG_FIELDS]; /* by the order of the fields; NULL:
								not given */
};

/* What a list's records have. */
struct wr_config_fields {
	const char *name;                        /* "server.users" */
	const char *hint;                        /* what there is, for messages */
	const char *field[WR_CONFIG_FIELDS + 1]; /* NULL behind the last */
};

/* server.slo.rules, by the order of slo_rules.c. */
extern const struct wr_config_fields wr_slo_rule_fields;

/* `key` without the list's name: "3.name". */
wr_status *wr_config_list_set(struct wr_config_list *list, const struct wr_config_fields *fields,
			      struct wr_arena *arena, const char *key, const char *value);
/* Whether a record has anything. */
bool wr_config_list_has(const struct wr_config_list *list, uint32_t row);

#endif

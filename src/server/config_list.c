/* SPDX-License-Identifier: Apache-2.0
 *
 * config_list - see config_list.h.
 */
#include "server/config_list.h"

#include <stdlib.h>
#include <string.h>

wr_status *wr_config_list_set(struct wr_config_list *list, const struct wr_config_fields *fields,
			      struct wr_arena *arena, const char *key, const char *value)
{
	char *end;
	unsigned long number = strtoul(key, &end, 10);

	for (uint32_t i = 0; end != key && *end == '.' && fields->field[i] != NULL; i++) {
		if (strcmp(end + 1, fields->field[i]) != 0)
			continue;
		if (number >= WR_CONFIG_ROWS)
			return wr_status_new(WR_USER_ERROR, "%s has at most %d entries",
					     fields->name, WR_CONFIG_ROWS);
		list->value[number][i] = wr_arena_strdup(arena, value);
		return NULL;
	}
	return wr_status_hint(
	    wr_status_new(WR_USER_ERROR, "%s.%s is nothing that an entry has", fields->name, key),
	    "%s", fields->hint);
}

bool wr_config_list_has(const struct wr_config_list *list, uint32_t row)
{
	for (uint32_t i = 0; i < WR_CONFIG_FIELDS; i++)
		if (list->value[row][i] != NULL)
			return true;
	return false;
}

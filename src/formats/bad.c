/* SPDX-License-Identifier: Apache-2.0
 *
 * bad - the list of records that could not be decoded.
 */
#include "base/mem.h"
#include "catalog/format.h"

#define BAD_LIST_MIN 8u

struct wr_bad_record *wr_bad_list_add(struct wr_bad_list *list)
{
	if (list->count == list->capacity) {
		list->capacity = WR_MAX(list->capacity * 2, BAD_LIST_MIN);
		list->record = wr_realloc(list->record, list->capacity * sizeof *list->record);
	}
	struct wr_bad_record *record = &list->record[list->count++];
	memset(record, 0, sizeof *record);
	return record;
}

void wr_bad_list_release(struct wr_bad_list *list)
{
	wr_free(list->record);
	*list = (struct wr_bad_list){0};
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * probe - what looking up and the rest of a table share.
 */
#ifndef WR_STATE_PROBE_H
#define WR_STATE_PROBE_H

#include "state/table.h"

/* Grows the index or sweeps graves out of it. false: it is as large as it can be. */
bool wr_table_make_room(struct wr_table *table);
/* A live row with a zeroed slot; the caller fills the header, flag included, and the index entry.
 */
char *wr_table_new_row(struct wr_table *table, uint32_t *number);

#endif

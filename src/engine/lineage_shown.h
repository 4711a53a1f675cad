/* SPDX-License-Identifier: Apache-2.0
 *
 * lineage_shown - EXPLAIN COLUMN_LINEAGE: lines for people, and a row per dependency; or JSON.
 */
#ifndef WR_ENGINE_LINEAGE_SHOWN_H
#define WR_ENGINE_LINEAGE_SHOWN_H

#include "engine/prepared.h"
#include "plan/lineage.h"

/* Adds what is shown of the lineage. Nothing of it refers to the lineage's plan afterwards. */
void wr_lineage_shown(struct wr_prepared *prepared, const struct wr_lineage *lineage, bool json);

#endif

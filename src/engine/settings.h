/* SPDX-License-Identifier: Apache-2.0
 *
 * settings - the options of SET and --set: one table that validates, completes and prints the
 * manual.
 */
#ifndef WR_ENGINE_SETTINGS_H
#define WR_ENGINE_SETTINGS_H

#include "base/option.h"

extern const struct wr_option wr_settings[];
extern const uint32_t wr_settings_count;
/* Options of Flink that scripts may set and that have no effect here. */
bool wr_setting_is_accepted(const char *name);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * cdc_filter - of a stream of changes of many tables those of some: 'database.include' and
 * 'table.include', regular expressions for whole names.
 *
 * Thread: one owner, as its decoder.
 */
#ifndef WR_FORMATS_CDC_FILTER_H
#define WR_FORMATS_CDC_FILTER_H

#include "base/option.h"

struct wr_cdc_filter;

/* The options, for a format's table. */
#define WR_CDC_FILTER_OPTIONS                                                                      \
	{.name = "database.include",                                                               \
	 .type = WR_OPTION_STRING,                                                                 \
	 .doc = "Only changes of databases whose whole name matches this regular expression are "  \
		"read."},                                                                          \
	{                                                                                          \
		.name = "table.include", .type = WR_OPTION_STRING,                                 \
		.doc = "Only changes of tables whose whole name matches this regular expression "  \
		       "are read.",                                                                \
	}

/* By the options of a format `who` that has them; NULL in *out: all changes are read. */
wr_status *wr_cdc_filter_new(const struct wr_options *options, const char *who,
			     struct wr_cdc_filter **out);
void wr_cdc_filter_free(struct wr_cdc_filter *filter); /* NULL allowed */

/* The fields of a message that wr_cdc_filter_takes wants the values of. */
extern const char *const wr_cdc_filter_fields[];
/* Whether a message's rows are read: *takes; `value` has its fields' first bytes, which are JSON
 * (NULL: not there). Returns what is wrong with the message, or NULL. */
const char *wr_cdc_filter_takes(const struct wr_cdc_filter *filter, const char *const *value,
				bool *takes);

#endif

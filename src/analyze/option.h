/* SPDX-License-Identifier: Apache-2.0
 *
 * option - the WITH options of one table while they are sorted out: what option.c and
 * option_format.c share.
 */
#ifndef WR_ANALYZE_OPTION_H
#define WR_ANALYZE_OPTION_H

#include "analyze/analyzer.h"

/* One format of a table: of its records or values, or of its keys. */
struct wr_format_choice {
	const struct wr_format *format; /* NULL: none */
	const char *prefix;             /* of its options: "json.", "value.json.", "key.json." */
	struct wr_options options;      /* read by the format's own table */
};

/* The options of one table. */
struct wr_option_reading {
	struct wr_arena *arena;
	const struct wr_connector *connector;
	struct wr_format_choice value; /* of 'format' or 'value.format' */
	struct wr_format_choice key;   /* of 'key.format' */
	struct wr_options connector_options;
	bool side; /* the sink takes late rows or dead letters */
};

/* Options of tables whose rows are messages: 'key.format', 'key.fields' ... */
extern const struct wr_option wr_message_options[];
extern const uint32_t wr_message_option_count;

/* Finds the formats that the options name. */
wr_status *wr_formats_find(struct wr_option_reading *reading, const struct wr_registry *registry,
			   const struct wr_given *given, uint32_t count);
/* Fills what args say about the formats: which columns lie in values and keys. */
wr_status *wr_formats_args(struct wr_option_reading *reading, const struct wr_table *table,
			   bool for_sink, struct wr_connector_args *args);
/* A METADATA key of the connector, or ("value." in front) of its value format; NULL: there is none.
 */
const struct wr_metadata_column *wr_metadata_find(const struct wr_connector *connector,
						  const struct wr_format *format, const char *key);

#endif

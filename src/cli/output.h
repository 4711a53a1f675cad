/* SPDX-License-Identifier: Apache-2.0
 *
 * output - how `weir run` shows the rows of a bare SELECT.
 *
 * Modes: changelog (every change as it comes, row kind first), final (the table at the end,
 * sorted unless the rows come in an order of their own), rows (inserts as they come, without
 * kinds). Formats: table, tsv, csv, json. tsv has a header line `# name TYPE<TAB>...`.
 *
 * Memory: `final` keeps every distinct row until the end; the others keep what a screen of the
 * table format needs.
 */
#ifndef WR_CLI_OUTPUT_H
#define WR_CLI_OUTPUT_H

#include <stdio.h>

#include "base/map.h"
#include "catalog/format.h"
#include "data/zone.h"

enum wr_result_mode { WR_RESULT_AUTO, WR_RESULT_ROWS, WR_RESULT_CHANGELOG, WR_RESULT_FINAL };
enum wr_result_format {
	WR_FORMAT_AUTO,
	WR_FORMAT_TABLE,
	WR_FORMAT_TSV,
	WR_FORMAT_CSV,
	WR_FORMAT_JSON
};

struct wr_output {
	FILE *file;                 /* where rows go; not owned */
	enum wr_result_mode wanted; /* as given by the user */
	enum wr_result_format format;
	const char *zone_id; /* session time zone */
	/* of the result at hand */
	enum wr_result_mode mode;
	const struct wr_schema *schema;
	struct wr_zone *zone;
	struct wr_format_args args; /* of the encoder */
	struct wr_options options;  /* of the encoder: defaults */
	struct wr_arena arena;
	const struct wr_format *codec; /* csv, json; else NULL */
	struct wr_encoder *encoder;
	struct wr_text line; /* scratch */
	struct wr_map lines; /* final: row text -> how often */
	char **held;         /* table: rows held back to learn the widths */
	uint32_t held_count, held_capacity;
	uint32_t *width; /* table: per column, in characters */
	bool header_done;
	uint32_t width_max; /* table: characters of a cell shown; 0: a default */
	uint64_t rows;      /* shown */
};

void wr_output_init(struct wr_output *output, FILE *file, enum wr_result_mode mode,
		    enum wr_result_format format);
void wr_output_release(struct wr_output *output);
wr_status *wr_output_begin(struct wr_output *output, const struct wr_schema *schema, bool updating,
			   bool ordered, const char *zone_id);
wr_status *wr_output_rows(struct wr_output *output, const struct wr_batch *batch);
/* The end of an epoch: what has been shown so far becomes visible. */
wr_status *wr_output_flush(struct wr_output *output);
wr_status *wr_output_end(struct wr_output *output);

#endif

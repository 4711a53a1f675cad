/* SPDX-License-Identifier: Apache-2.0
 *
 * avro - what the Avro formats share: options, the table's own schema, programs for rows.
 */
#ifndef WR_FORMATS_AVRO_H
#define WR_FORMATS_AVRO_H

#include "formats/avro_read.h"
#include "formats/rows.h"

#define WR_AVRO_OPTION_LEGACY                                                                      \
	{                                                                                          \
		.name = "timestamp_mapping.legacy", .type = WR_OPTION_BOOL, .fallback = "true",    \
		.doc = "TIMESTAMP is timestamp-millis and there is no TIMESTAMP_LTZ. false: "      \
		       "TIMESTAMP is local-timestamp-millis or -micros, TIMESTAMP_LTZ "            \
		       "timestamp-millis or -micros."                                              \
	}

/* The schema that the table's columns have; of options with "timestamp_mapping.legacy". */
wr_status *wr_avro_table_schema(const struct wr_format_args *args, struct wr_avro_schema **out);

/* A program that reads the wanted columns. */
struct wr_avro_program *wr_avro_program_of(struct wr_rows *rows, const struct wr_avro_type *writer,
					   const struct wr_avro_type *reader);

/* Reads [data, end) into row `row`. */
bool wr_avro_read_message(struct wr_avro_program *program, const char *data, const char *end,
			  uint32_t row, struct wr_message_fault *fault);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * proto - what the Protobuf formats share.
 */
#ifndef WR_FORMATS_PROTO_H
#define WR_FORMATS_PROTO_H

#include "formats/proto_read.h"

/* Rows of both option tables. */
#define WR_PROTO_OPTIONS                                                                           \
	{.name = "ignore-parse-errors",                                                            \
	 .type = WR_OPTION_BOOL,                                                                   \
	 .fallback = "false",                                                                      \
	 .doc = "A message that cannot be read is skipped and counted."},                          \
	    {.name = "read-default-values",                                                        \
	     .type = WR_OPTION_BOOL,                                                               \
	     .fallback = "false",                                                                  \
	     .doc = "What a message does not have is its default instead of NULL. What proto3 "    \
		    "cannot tell from its default always is."},                                    \
	{                                                                                          \
		.name = "write-null-string-literal", .type = WR_OPTION_STRING, .fallback = "",     \
		.doc = "The text that NULL within an array or map of texts is written as."         \
	}

wr_status *wr_proto_check_columns(const struct wr_proto_message *message,
				  const struct wr_schema *schema);
/* A program that reads the wanted columns; of options with "read-default-values". */
struct wr_proto_program *wr_proto_program_of(const struct wr_format_args *args,
					     struct wr_rows *rows,
					     const struct wr_proto_message *message);

#endif

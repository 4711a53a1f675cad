/* SPDX-License-Identifier: Apache-2.0
 *
 * formats - the list of all formats.
 */
#ifndef WR_FORMATS_FORMATS_H
#define WR_FORMATS_FORMATS_H

#include "catalog/format.h"

/* Ended by NULL. */
extern const struct wr_format *const wr_formats[];

extern const struct wr_format wr_format_json;
extern const struct wr_format wr_format_csv;
extern const struct wr_format wr_format_raw;
extern const struct wr_format wr_format_debezium_json;
extern const struct wr_format wr_format_canal_json;
extern const struct wr_format wr_format_maxwell_json;
extern const struct wr_format wr_format_changelog_json;
extern const struct wr_format wr_format_ogg_json;
extern const struct wr_format wr_format_avro;
extern const struct wr_format wr_format_avro_confluent;
extern const struct wr_format wr_format_debezium_avro_confluent;
extern const struct wr_format wr_format_protobuf;
extern const struct wr_format wr_format_protobuf_confluent;
extern const struct wr_format wr_format_json_confluent;

#endif

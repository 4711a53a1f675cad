/* SPDX-License-Identifier: Apache-2.0
 *
 * registry - all formats, one line each.
 */
#include "formats/formats.h"

const struct wr_format *const wr_formats[] = {
    &wr_format_json,
    &wr_format_csv,
    &wr_format_raw,
    &wr_format_debezium_json,
    &wr_format_canal_json,
    &wr_format_maxwell_json,
    &wr_format_ogg_json,
    &wr_format_changelog_json,
    &wr_format_avro,
    &wr_format_avro_confluent,
    &wr_format_debezium_avro_confluent,
    &wr_format_protobuf,
    &wr_format_protobuf_confluent,
    &wr_format_json_confluent,
    NULL,
};

/* SPDX-License-Identifier: Apache-2.0
 *
 * json - the format 'json': options, checks and the vtable.
 */
#include "formats/json.h"

#include "formats/formats.h"
#include "formats/scan.h"

const char *const wr_json_time_names[] = {"SQL", "ISO-8601", NULL};
const char *const wr_json_null_key_names[] = {"FAIL", "DROP", "LITERAL", NULL};

const struct wr_type WR_T_JSON_OBJECT = {.kind = WR_ROW, .nullable = true};

static const struct wr_option json_options[] = {
    WR_JSON_OPTION_MISSING,     WR_JSON_OPTION_IGNORE,       WR_JSON_OPTION_TIME,
    WR_JSON_OPTION_NULL_KEY,    WR_JSON_OPTION_NULL_LITERAL, WR_JSON_OPTION_PLAIN,
    WR_JSON_OPTION_IGNORE_NULL, WR_JSON_OPTION_PARSER,
};

size_t wr_lines_frame(const struct wr_format_args *args, const char *data, size_t len,
		      uint32_t *quoted)
{
	return (size_t)(wr_scan_last_line(data, len) - data);
}

static wr_status *json_check(const struct wr_format_args *args, bool for_sink)
{
	if (wr_options_bool(args->options, "fail-on-missing-field") &&
	    wr_options_bool(args->options, "ignore-parse-errors")) {
		wr_status *status = wr_status_new(
		    WR_USER_ERROR,
		    "'json.fail-on-missing-field' and 'json.ignore-parse-errors' are both true");
		return wr_status_hint(status, "Set one of them to 'false'");
	}
	return wr_json_check_types(args, for_sink, "json");
}

const struct wr_format wr_format_json = {
    .name = "json",
    .doc = "A JSON object a line (an array of objects is several rows).",
    .options = json_options,
    .option_count = WR_COUNT(json_options),
    .rows_by_name = true,
    .check = json_check,
    .lines = true,
    .messages = true,
    .frame = wr_lines_frame,
    .decoder_new = wr_json_decoder_new,
    .decode = wr_json_decode,
    .decoder_free = wr_json_decoder_free,
    .encoder_new = wr_json_encoder_new,
    .encode = wr_json_encode,
    .encoder_free = wr_json_encoder_free,
};

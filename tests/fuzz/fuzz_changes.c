/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_changes - hostile messages of changes: debezium-json, canal-json, maxwell-json, ogg-json,
 * changelog-json.
 */
#include "fuzz_format.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static const struct wr_format *const formats[] = {
	    &wr_format_debezium_json, &wr_format_canal_json, &wr_format_maxwell_json,
	    &wr_format_ogg_json, &wr_format_changelog_json};
	static const uint32_t wanted[] = {0, 1, 2};
	struct wr_arena arena;
	struct wr_options options;
	uint8_t pick = fuzz_pick(&bytes, &len);
	const struct wr_format *format = formats[(pick & 7) % 5];

	wr_arena_init(&arena);
	struct wr_field field[] = {
	    {"id", &WR_T_INT}, {"name", &WR_T_STRING}, {"list", wr_type_array(&arena, &WR_T_INT)}};
	struct wr_schema schema = {3, field};
	wr_options_init(&options, &arena, "changes", format->options, format->option_count);
	if (pick & 8)
		fuzz_set(&options, "ignore-parse-errors", "true");
	struct wr_format_args args = {.schema = &schema,
				      .wanted = wanted,
				      .wanted_count = 3,
				      .options = &options,
				      .zone_id = "UTC"};
	fuzz_decode(format, &args, bytes, len, 1 + (pick >> 4));
	wr_arena_release(&arena);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_csv - hostile CSV under many dialects.
 */
#include "fuzz_format.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct wr_arena arena;
	struct wr_options options;
	uint32_t wanted[8];
	uint8_t pick = fuzz_pick(&bytes, &len);

	wr_arena_init(&arena);
	const char *names[] = {"x", "y"};
	const struct wr_type *types[] = {&WR_T_INT, &WR_T_STRING};
	struct wr_field field[] = {
	    {"s", &WR_T_STRING},
	    {"i", &WR_T_INT},
	    {"d", &WR_T_DOUBLE},
	    {"ts", &WR_T_TIMESTAMP3},
	    {"by", &WR_T_BYTES},
	    {"dt", &WR_T_DATE},
	    {"a", wr_type_array(&arena, &WR_T_STRING)},
	    {"r", wr_type_row(&arena, 2, names, types)},
	};
	struct wr_schema schema = {pick & 1 ? 2 : 8, field};
	wr_options_init(&options, &arena, "csv", wr_format_csv.options, wr_format_csv.option_count);
	if (pick & 2)
		fuzz_set(&options, "ignore-parse-errors", "true");
	if (pick & 4)
		fuzz_set(&options, "escape-character", "\\");
	if (pick & 8)
		fuzz_set(&options, "allow-comments", "true");
	if (pick & 16)
		fuzz_set(&options, "disable-quote-character", "true");
	if (pick & 32)
		fuzz_set(&options, "null-literal", "");
	if (pick & 64)
		fuzz_set(&options, "header", "true");
	for (uint32_t i = 0; i < schema.count; i++)
		wanted[i] = i;
	struct wr_format_args args = {.schema = &schema,
				      .wanted = wanted,
				      .wanted_count = schema.count,
				      .options = &options,
				      .zone_id = "UTC"};
	fuzz_decode(&wr_format_csv, &args, bytes, len, 1 + (pick >> 6));
	wr_arena_release(&arena);
	return 0;
}

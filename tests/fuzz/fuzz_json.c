/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_json - hostile JSON lines into a table with a column of every kind.
 */
#include "fuzz_format.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct wr_arena arena;
	struct wr_options options;
	uint32_t wanted[16];
	uint8_t pick = fuzz_pick(&bytes, &len);

	wr_arena_init(&arena);
	const char *names[] = {"x", "y"};
	const struct wr_type *types[] = {&WR_T_INT, &WR_T_STRING};
	const struct wr_type *row = wr_type_row(&arena, 2, names, types);
	struct wr_field field[] = {
	    {"i", &WR_T_INT},
	    {"l", &WR_T_BIGINT},
	    {"d", &WR_T_DOUBLE},
	    {"f", &WR_T_FLOAT},
	    {"s", &WR_T_STRING},
	    {"b", &WR_T_BOOLEAN},
	    {"ts", &WR_T_TIMESTAMP3},
	    {"dt", &WR_T_DATE},
	    {"tm", &WR_T_TIME},
	    {"by", &WR_T_BYTES},
	    {"t", &WR_T_TINYINT},
	    {"r", row},
	    {"a", wr_type_array(&arena, &WR_T_INT)},
	    {"m", wr_type_map(&arena, &WR_T_STRING, row)},
	    {"ar", wr_type_array(&arena, row)},
	    {"dec", wr_type_decimal(&arena, 10, 2)},
	};
	struct wr_schema schema = {16, field};
	wr_options_init(&options, &arena, "json", wr_format_json.options,
			wr_format_json.option_count);
	if (pick & 1)
		fuzz_set(&options, "ignore-parse-errors", "true");
	else if (pick & 2)
		fuzz_set(&options, "fail-on-missing-field", "true");
	if (pick & 4)
		fuzz_set(&options, "timestamp-format.standard", "ISO-8601");
	for (uint32_t i = 0; i < 16; i++)
		wanted[i] = i;
	struct wr_format_args args = {.schema = &schema,
				      .wanted = wanted,
				      .wanted_count = pick & 8 ? 3 : 16,
				      .options = &options,
				      .zone_id = "UTC"};
	fuzz_decode(&wr_format_json, &args, bytes, len, 1 + (pick >> 4));
	wr_arena_release(&arena);
	return 0;
}

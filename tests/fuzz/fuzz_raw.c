/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_raw - hostile lines and messages as a single value: texts in several charsets, bytes,
 * numbers.
 */
#include "fuzz_format.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static const char *const charsets[] = {"UTF-8",     "UTF-16",   "ISO-8859-1", "windows-1252",
				       "Shift_JIS", "UTF-16LE", "UTF-7",      "GB18030"};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static const struct wr_type *const types[] = {
	    &WR_T_STRING,   &WR_T_STRING, &WR_T_BYTES,  &WR_T_BOOLEAN, &WR_T_TINYINT,
	    &WR_T_SMALLINT, &WR_T_INT,    &WR_T_BIGINT, &WR_T_FLOAT,   &WR_T_DOUBLE};
	static const uint32_t wanted[] = {0};
	struct wr_arena arena;
	struct wr_options options;
	uint8_t pick = fuzz_pick(&bytes, &len);
	const struct wr_type *type = types[(pick & 15) % WR_COUNT(types)];
	struct wr_field field = {"v", type};
	struct wr_schema schema = {1, &field};

	/* Of a message the '\r' in front of a line end is part. */
	struct wr_format lines = wr_format_raw;
	lines.lines = false;
	wr_arena_init(&arena);
	wr_options_init(&options, &arena, "raw", wr_format_raw.options, wr_format_raw.option_count);
	fuzz_set(&options, "charset", charsets[pick >> 5]);
	if (pick & 16)
		fuzz_set(&options, "endianness", "little-endian");
	struct wr_format_args args = {.schema = &schema,
				      .wanted = wanted,
				      .wanted_count = 1,
				      .options = &options,
				      .zone_id = "UTC"};
	wr_status *status = lines.check(&args, false);
	if (status == NULL) /* a charset and a type that lines can have */
		fuzz_decode(&lines, &args, bytes, len, 1 + (pick & 3));
	wr_status_free(status);
	args.messages = true;
	fuzz_messages(&wr_format_raw, &args, bytes, len, 'x', 1 + (pick & 3));
	wr_arena_release(&arena);
	return 0;
}

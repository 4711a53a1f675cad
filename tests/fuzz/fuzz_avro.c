/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_avro - hostile records of the table's own schema; and hostile schemas, whose records are
 * then read with it and whose defaults are read.
 */
#include "formats/avro_read.h"
#include "fuzz_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static struct wr_field field[10];
static const uint32_t wanted[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};

static void make_columns(struct wr_arena *arena)
{
	const char *names[] = {"x", "y"};
	const struct wr_type *types[] = {&WR_T_INT, &WR_T_STRING};
	const struct wr_type *row = wr_type_row(arena, 2, names, types);
	struct wr_field all[] = {{"s", &WR_T_STRING},
				 {"i", &WR_T_INT},
				 {"d", &WR_T_DOUBLE},
				 {"ts", &WR_T_TIMESTAMP3},
				 {"by", &WR_T_BYTES},
				 {"dc", wr_type_decimal(arena, 38, 10)},
				 {"a", wr_type_array(arena, row)},
				 {"m", wr_type_map(arena, &WR_T_STRING, &WR_T_BIGINT)},
				 {"r", row},
				 {"b", &WR_T_BOOLEAN}};

	memcpy(field, all, sizeof all);
}

/* A schema up to the first zero byte, then a record of it; the same schema is the reader's. */
static void fuzz_schema(struct wr_arena *arena, const struct wr_schema *schema,
			const uint8_t *bytes, size_t len)
{
	const uint8_t *end = memchr(bytes, 0, len);
	struct wr_str text = {(const char *)bytes, end != NULL ? (size_t)(end - bytes) : len};
	struct wr_avro_schema *avro;
	struct wr_avro_want want[10];
	struct wr_message_fault fault;

	wr_status *status = wr_avro_schema_parse(&text, 1, &avro);
	if (status != NULL) {
		wr_status_free(status);
		return;
	}
	size_t rest = len - text.len;
	char *record = wr_arena_zalloc(arena, rest + 64);
	memcpy(record, bytes + text.len, rest);
	struct wr_vec *vec = WR_NEW_ARRAY(arena, struct wr_vec, schema->count);
	for (uint32_t i = 0; i < schema->count; i++) {
		wr_vec_init(&vec[i], arena, schema->field[i].type);
		wr_vec_begin(&vec[i], 1);
		want[i] =
		    (struct wr_avro_want){schema->field[i].name, schema->field[i].type, &vec[i]};
	}
	struct wr_avro_program *program =
	    wr_avro_program_new(avro->root, avro->root, want, schema->count);
	struct wr_avro_in in = {.p = record, .end = record + rest, .fault = &fault, .copies = true};
	if (wr_avro_read_row(program, &in, 0)) {
		for (uint32_t i = 0; i < schema->count; i++) {
			struct wr_column *column = wr_vec_finish(&vec[i], 1, NULL, NULL);
			fuzz_touch_column(column, 1);
			wr_column_unref(column);
		}
	}
	for (uint32_t i = 0; i < schema->count; i++)
		wr_vec_release(&vec[i]);
	wr_avro_program_free(program);
	wr_avro_schema_unref(avro);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct wr_arena arena;
	struct wr_options options;
	uint8_t pick = len != 0 ? bytes[0] : 0;

	if (len == 0)
		return 0;
	wr_arena_init(&arena);
	make_columns(&arena);
	struct wr_schema schema = {10, field};
	wr_options_init(&options, &arena, "avro", wr_format_avro.options,
			wr_format_avro.option_count);
	struct wr_format_args args = {.schema = &schema,
				      .wanted = wanted,
				      .wanted_count = pick & 2 ? 1 : 10,
				      .options = &options,
				      .zone_id = "UTC",
				      .messages = true};
	if (pick & 1)
		fuzz_schema(&arena, &schema, bytes + 1, len - 1);
	else
		fuzz_binary_messages(&wr_format_avro, &args, bytes + 1, len - 1);
	wr_arena_release(&arena);
	return 0;
}

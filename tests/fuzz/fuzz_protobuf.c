/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_protobuf - hostile messages of a type, hostile .proto texts and hostile descriptors.
 */
#include "formats/proto_read.h"
#include "fuzz_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static const char text[] =
    "syntax = \"proto3\"; import \"google/protobuf/timestamp.proto\";"
    "enum E { A = 0; B = 5; } message I { int32 x = 1; repeated string s = 2; }"
    "message M { int64 i = 1; string s = 2; double d = 3; bool b = 4; bytes by = 5; E e = 6;"
    "I r = 7; repeated sint32 n = 8; repeated I rs = 9; map<string, I> m = 10; map<int32, int64> k "
    "= 11;"
    "oneof o { int32 o1 = 12; I o2 = 13; } google.protobuf.Timestamp ts = 14; fixed32 far = 500; }";

struct fuzz {
	struct wr_messages messages; /* first: what the decoder is */
	struct wr_proto_program *program;
};

static enum wr_message_result read_one(struct wr_messages *messages, const char *data, size_t len,
				       struct wr_message_fault *fault, wr_status **status)
{
	struct fuzz *fuzz = (struct fuzz *)messages;

	return wr_proto_read_row(fuzz->program, data, data + len, messages->rows.rows, fault)
		   ? WR_MESSAGE_ROW
		   : WR_MESSAGE_BAD;
}

static struct wr_proto_schema *shared;

static wr_status *fuzz_new(const struct wr_format_args *args, struct wr_decoder **out)
{
	struct fuzz *fuzz = calloc(1, sizeof *fuzz);
	const struct wr_proto_message *message;
	struct wr_proto_want want[16];

	FUZZ_REQUIRE(wr_proto_find(shared, "M", &message) == NULL);
	wr_rows_init(&fuzz->messages.rows, args, false);
	fuzz->messages.read = read_one;
	for (uint32_t i = 0; i < args->wanted_count; i++) {
		const struct wr_field *field = &args->schema->field[args->wanted[i]];
		FUZZ_REQUIRE(wr_proto_check_column(message, field->name, field->type) == NULL);
		want[i] =
		    (struct wr_proto_want){field->name, field->type, &fuzz->messages.rows.vec[i]};
	}
	fuzz->program = wr_proto_program_new(message, args->is_key, want, args->wanted_count);
	*out = (struct wr_decoder *)fuzz;
	return NULL;
}

static wr_status *fuzz_decode_spans(struct wr_decoder *decoder, struct wr_decode_range *range,
				    uint32_t max_rows, struct wr_batch **out)
{
	return wr_messages_decode((struct wr_messages *)decoder, range, max_rows, out);
}

static void fuzz_free(struct wr_decoder *decoder)
{
	struct fuzz *fuzz = (struct fuzz *)decoder;

	wr_proto_program_free(fuzz->program);
	wr_rows_release(&fuzz->messages.rows);
	free(fuzz);
}

static const struct wr_format fuzz_format = {
    .decoder_new = fuzz_new, .decode = fuzz_decode_spans, .decoder_free = fuzz_free};

/* Text or descriptors: they are read or refused. */
static struct wr_proto_schema *parse(struct wr_str bytes, bool descriptors)
{
	struct wr_proto_builder builder;
	struct wr_proto_schema *schema = NULL;

	wr_proto_builder_init(&builder);
	wr_status *status = descriptors ? wr_proto_add_descriptors(&builder, bytes)
					: wr_proto_add_text(&builder, bytes);
	if (status == NULL)
		status = wr_proto_builder_finish(&builder, &schema);
	else
		wr_proto_builder_release(&builder);
	wr_status_free(status);
	return schema;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static const uint32_t wanted[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14};
	struct wr_arena arena;
	uint8_t pick = len != 0 ? bytes[0] : 0;

	if (len == 0)
		return 0;
	if (shared == NULL)
		shared = parse((struct wr_str){text, sizeof text - 1}, false);
	if (pick & 1) {
		wr_proto_schema_unref(
		    parse((struct wr_str){(const char *)bytes + 1, len - 1}, pick & 2));
		return 0;
	}
	wr_arena_init(&arena);
	const char *names[] = {"x", "s"};
	const struct wr_type *types[] = {&WR_T_INT, wr_type_array(&arena, &WR_T_STRING)};
	const struct wr_type *row = wr_type_row(&arena, 2, names, types);
	struct wr_field field[] = {{"i", &WR_T_BIGINT},
				   {"s", &WR_T_STRING},
				   {"d", &WR_T_DOUBLE},
				   {"b", &WR_T_BOOLEAN},
				   {"by", &WR_T_BYTES},
				   {"e", &WR_T_STRING},
				   {"r", row},
				   {"n", wr_type_array(&arena, &WR_T_INT)},
				   {"rs", wr_type_array(&arena, row)},
				   {"m", wr_type_map(&arena, &WR_T_STRING, row)},
				   {"k", wr_type_map(&arena, &WR_T_INT, &WR_T_BIGINT)},
				   {"o1", &WR_T_INT},
				   {"o2", row},
				   {"ts", &WR_T_LTZ3},
				   {"far", &WR_T_BIGINT}};
	struct wr_schema schema = {15, field};
	struct wr_format_args args = {.schema = &schema,
				      .wanted = wanted,
				      .wanted_count = pick & 2 ? 3 : 15,
				      .zone_id = "UTC",
				      .is_key = (pick & 4) != 0};
	fuzz_binary_messages(&fuzz_format, &args, bytes + 1, len - 1);
	wr_arena_release(&arena);
	return 0;
}

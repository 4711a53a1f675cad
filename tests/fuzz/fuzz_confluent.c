/* SPDX-License-Identifier: Apache-2.0
 *
 * fuzz_confluent - hostile messages of the formats with a schema registry, and hostile answers of
 * the registry, which is one of our own in place of registry_http: schemas 1 to 4 are good ones,
 * any other number has the answer that the input begins with.
 */
#define FUZZ_MAY_FAIL true /* what a registry says can end the job */
#include "formats/registry_http.h"
#include "fuzz_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static struct wr_str hostile;

static const char *const good[] = {
    "{\"schema\":\"{\\\"type\\\":\\\"record\\\",\\\"name\\\":\\\"u\\\",\\\"fields\\\":["
    "{\\\"name\\\":\\\"id\\\",\\\"type\\\":\\\"int\\\"},{\\\"name\\\":\\\"name\\\",\\\"type\\\":"
    "[\\\"null\\\",\\\"string\\\"]},{\\\"name\\\":\\\"list\\\",\\\"type\\\":{\\\"type\\\":"
    "\\\"array\\\",\\\"items\\\":\\\"long\\\"}}]}\"}",
    "{\"schema\":\"{\\\"type\\\":\\\"record\\\",\\\"name\\\":\\\"e\\\",\\\"fields\\\":["
    "{\\\"name\\\":\\\"before\\\",\\\"type\\\":[\\\"null\\\",{\\\"type\\\":\\\"record\\\","
    "\\\"name\\\":\\\"v\\\",\\\"fields\\\":[{\\\"name\\\":\\\"id\\\",\\\"type\\\":\\\"int\\\"},"
    "{\\\"name\\\":\\\"name\\\",\\\"type\\\":\\\"string\\\"}]}]},{\\\"name\\\":\\\"after\\\","
    "\\\"type\\\":[\\\"null\\\",\\\"v\\\"]},{\\\"name\\\":\\\"op\\\",\\\"type\\\":\\\"string\\\"}]"
    "}\"}",
    "{\"schemaType\":\"PROTOBUF\",\"schema\":\"syntax = \\\"proto3\\\"; message M { int32 id = 1; "
    "string name = 2; repeated int64 list = 3; message N { string name = 2; } } message O { int32 "
    "id = 4; }\"}",
    "{\"schemaType\":\"JSON\",\"schema\":\"{}\"}"};

/* --- in place of registry_http.c */

wr_status *wr_registry_http_new(const struct wr_options *options, struct wr_registry_http **out)
{
	*out = NULL;
	return NULL;
}

void wr_registry_http_free(struct wr_registry_http *http)
{
}

const char *wr_registry_http_url(const struct wr_registry_http *http)
{
	return "http://fuzz";
}

void wr_registry_http_escape(struct wr_text *out, const char *text)
{
	wr_text_puts(out, text);
}

wr_status *wr_registry_http_call(struct wr_registry_http *http, const char *path,
				 struct wr_str body, long *code, struct wr_text *answer)
{
	const char *number = strrchr(path, '/');
	unsigned which = number != NULL ? (unsigned)strtoul(number + 1, NULL, 10) : 0;

	*code = 200;
	if (strncmp(path, "/schemas/ids/", 13) == 0 && which >= 1 && which <= WR_COUNT(good))
		wr_text_puts(answer, good[which - 1]);
	else if (which == 99)
		*code = 404;
	else
		wr_text_add(answer, hostile.data, hostile.len);
	return NULL;
}

/* --- */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static const struct wr_format *const formats[] = {
	    &wr_format_avro_confluent, &wr_format_debezium_avro_confluent,
	    &wr_format_protobuf_confluent, &wr_format_json_confluent};
	static const uint32_t wanted[] = {0, 1, 2};
	struct wr_arena arena;
	struct wr_options options;
	const struct wr_format *format;
	size_t size;

	if (len < 3)
		return 0;
	format = formats[bytes[0] & 3];
	size = WR_MIN((size_t)bytes[1] << 8 | bytes[2], len - 3);
	hostile = (struct wr_str){(const char *)bytes + 3, size};
	wr_arena_init(&arena);
	struct wr_field field[] = {{"id", &WR_T_INT},
				   {"name", &WR_T_STRING},
				   {"list", wr_type_array(&arena, &WR_T_BIGINT)}};
	struct wr_schema schema = {3, field};
	wr_options_init(&options, &arena, "confluent", format->options, format->option_count);
	fuzz_set(&options, "url", "http://fuzz");
	struct wr_format_args args = {.schema = &schema,
				      .wanted = wanted,
				      .wanted_count = bytes[0] & 4 ? 1 : 3,
				      .options = &options,
				      .topic = "t",
				      .messages = true,
				      .is_key = (bytes[0] & 8) != 0,
				      .zone_id = "UTC"};
	fuzz_binary_messages(format, &args, bytes + 3 + size, len - 3 - size);
	wr_arena_release(&arena);
	return 0;
}

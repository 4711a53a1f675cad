/* SPDX-License-Identifier: Apache-2.0
 *
 * json - what the format 'json' shares with the changelog formats built on it.
 */
#ifndef WR_FORMATS_JSON_H
#define WR_FORMATS_JSON_H

#include "formats/json_read.h"
#include "formats/rows.h"

enum wr_json_time {
	WR_JSON_TIME_SQL, /* 2024-01-01 00:00:00 */
	WR_JSON_TIME_ISO  /* 2024-01-01T00:00:00 */
};
enum wr_json_null_key { WR_JSON_NULL_KEY_FAIL, WR_JSON_NULL_KEY_DROP, WR_JSON_NULL_KEY_LITERAL };
extern const char *const wr_json_time_names[];
extern const char *const wr_json_null_key_names[];

/* The type that a record that is no object is said not to be. */
extern const struct wr_type WR_T_JSON_OBJECT;

/* Rows of an option table that all JSON formats have. */
#define WR_JSON_OPTION_IGNORE                                                                      \
	{                                                                                          \
		.name = "ignore-parse-errors", .type = WR_OPTION_BOOL, .fallback = "false",        \
		.doc = "A field that cannot be read becomes NULL, a record that is no JSON is "    \
		       "skipped; both are counted."                                                \
	}
#define WR_JSON_OPTION_TIME                                                                        \
	{                                                                                          \
		.name = "timestamp-format.standard", .type = WR_OPTION_ENUM, .fallback = "SQL",    \
		.values = wr_json_time_names,                                                      \
		.doc = "How timestamps are written: SQL is '2024-01-01 12:30:45.1', ISO-8601 has " \
		       "a T in the middle."                                                        \
	}
#define WR_JSON_OPTION_NULL_KEY                                                                    \
	{                                                                                          \
		.name = "map-null-key.mode", .type = WR_OPTION_ENUM, .fallback = "FAIL",           \
		.values = wr_json_null_key_names,                                                  \
		.doc = "What to do with a NULL key of a map when writing: fail, leave the entry "  \
		       "out, or write map-null-key.literal."                                       \
	}
#define WR_JSON_OPTION_NULL_LITERAL                                                                \
	{                                                                                          \
		.name = "map-null-key.literal", .type = WR_OPTION_STRING, .fallback = "null",      \
		.doc = "The key written for a NULL key when map-null-key.mode is LITERAL."         \
	}
#define WR_JSON_OPTION_PLAIN                                                                       \
	{                                                                                          \
		.name = "encode.decimal-as-plain-number", .type = WR_OPTION_BOOL,                  \
		.fallback = "false",                                                               \
		.doc = "Write decimals with all digits, never with an exponent."                   \
	}
#define WR_JSON_OPTION_IGNORE_NULL                                                                 \
	{                                                                                          \
		.name = "encode.ignore-null-fields", .type = WR_OPTION_BOOL, .fallback = "false",  \
		.doc = "Leave out fields that are NULL."                                           \
	}

#define WR_JSON_OPTION_MISSING                                                                     \
	{                                                                                          \
		.name = "fail-on-missing-field", .type = WR_OPTION_BOOL, .fallback = "false",      \
		.doc = "A record that lacks a field of the table is bad; else the field is NULL."  \
	}
#define WR_JSON_OPTION_PARSER                                                                      \
	{                                                                                          \
		.name = "decode.json-parser.enabled", .type = WR_OPTION_BOOL, .fallback = "true",  \
		.doc = "Accepted for scripts that set it; there is one parser."                    \
	}

/* Reads "timestamp-format.standard" and "ignore-parse-errors". */
void wr_json_reader_options(struct wr_json_reader *reader, const struct wr_options *options);

/* Notes the line at `record` as bad, for the fault in the reader, and takes back what it wrote; or
 * only counts it when errors are ignored. */
void wr_json_reject(struct wr_json_reader *reader, struct wr_rows *rows,
		    struct wr_decode_range *range, const struct wr_rows_text *text,
		    const char *record);

void wr_json_fault_clear(struct wr_json_reader *reader);

/* The wanted columns as an object, but for metadata. */
struct wr_json_object *wr_json_columns_new(struct wr_json_reader *reader,
					   const struct wr_format_args *args, struct wr_rows *rows);
void wr_json_columns_release(struct wr_json_object *object);

/* The line end behind a record, or NULL when something else follows. */
static inline const char *wr_json_line_end(struct wr_json_reader *reader, const char *p)
{
	p = *p == '\n' ? p : wr_json_space(p);
	return WR_LIKELY(*p == '\n') ? p : wr_json_read_broken(reader, p);
}

wr_status *wr_json_decoder_new(const struct wr_format_args *args, struct wr_decoder **out);
wr_status *wr_json_decode(struct wr_decoder *decoder, struct wr_decode_range *range,
			  uint32_t max_rows, struct wr_batch **out);
void wr_json_decoder_free(struct wr_decoder *decoder);

wr_status *wr_json_encoder_new(const struct wr_format_args *args, struct wr_encoder **out);
wr_status *wr_json_encode(struct wr_encoder *encoder, const struct wr_batch *batch,
			  struct wr_text *out, struct wr_record_span *span);
void wr_json_encoder_free(struct wr_encoder *encoder);

/* Whole lines. */
size_t wr_lines_frame(const struct wr_format_args *args, const char *data, size_t len,
		      uint32_t *quoted);

#endif

/* SPDX-License-Identifier: Apache-2.0
 *
 * proto_text - reads the text of .proto files: messages, enums and what they are made of. Services,
 * extensions and options that say nothing about the wire are read over.
 *
 * The text is words, numbers, strings and single characters; comments count as space.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/macros.h"
#include "base/mem.h"
#include "formats/proto_schema.h"

enum token_kind { TOKEN_END, TOKEN_WORD, TOKEN_NUMBER, TOKEN_STRING, TOKEN_SIGN };

struct reader {
	struct wr_proto_builder *builder;
	const char *p;   /* behind the token */
	const char *end; /* of the text */
	uint32_t line;   /* of the token, from 1 */
	enum token_kind kind;
	struct wr_str token;   /* the bytes of it; a string: without quotes, escapes undone */
	struct wr_text string; /* holds them */
	const char *package;
	int depth; /* of messages within messages */
};

/* --- tokens
 * ------------------------------------------------------------------------------------------- */

static void skip_space(struct reader *r)
{
	while (r->p < r->end) {
		if (*r->p == '/' && r->p + 1 < r->end && r->p[1] == '/') {
			while (r->p < r->end && *r->p != '\n')
				r->p++;
		} else if (*r->p == '/' && r->p + 1 < r->end && r->p[1] == '*') {
			for (r->p += 2; r->p < r->end; r->p++) {
				r->line += *r->p == '\n';
				if (*r->p == '*' && r->p + 1 < r->end && r->p[1] == '/')
					break;
			}
			r->p = r->p < r->end ? r->p + 2 : r->end;
		} else if (isspace((unsigned char)*r->p)) {
			r->line += *r->p == '\n';
			r->p++;
		} else {
			return;
		}
	}
}

/* The byte of an escape; r->p is behind the backslash. */
static char read_escape(struct reader *r)
{
	static const char from[] = "abfnrtv", to[] = "\a\b\f\n\r\t\v";
	char c = *r->p++;
	const char *known = c != '\0' ? strchr(from, c) : NULL;
	int value = 0;

	if (known != NULL)
		return to[known - from];
	if (c == 'x' || c == 'X') {
		for (int i = 0; i < 2 && r->p < r->end && isxdigit((unsigned char)*r->p); i++) {
			int digit = *r->p <= '9' ? *r->p - '0' : (*r->p | 0x20) - 'a' + 10;
			value = value * 16 + digit;
			r->p++;
		}
		return (char)value;
	}
	if (c < '0' || c > '7')
		return c;
	value = c - '0';
	for (int i = 0; i < 2 && r->p < r->end && *r->p >= '0' && *r->p <= '7'; i++)
		value = value * 8 + (*r->p++ - '0');
	return (char)value;
}

static void read_string(struct reader *r)
{
	char quote = *r->p++;

	wr_text_clear(&r->string);
	while (r->p < r->end && *r->p != quote && *r->p != '\n') {
		char c = *r->p++;
		if (c == '\\' && r->p < r->end)
			c = read_escape(r);
		wr_text_putc(&r->string, c);
	}
	r->kind = r->p < r->end && *r->p == quote ? TOKEN_STRING : TOKEN_END;
	r->p += r->kind == TOKEN_STRING;
	r->token = (struct wr_str){wr_text_str(&r->string), r->string.len};
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* Goes to the next token. A word may have dots: names of types do. */
static void advance(struct reader *r)
{
	skip_space(r);
	const char *start = r->p;
	if (r->p == r->end) {
		r->kind = TOKEN_END;
		r->token = (struct wr_str){"", 0};
		return;
	}
	if (*r->p == '"' || *r->p == '\'') {
		read_string(r);
		return;
	}
	bool dotted = *r->p == '.' && r->p + 1 < r->end && is_word(r->p[1]);
	r->kind = TOKEN_SIGN;
	if (isdigit((unsigned char)*r->p)) {
		r->kind = TOKEN_NUMBER;
		while (r->p < r->end &&
		       (is_word(*r->p) || *r->p == '.' ||
			((*r->p == '+' || *r->p == '-') && (r->p[-1] | 0x20) == 'e')))
			r->p++;
	} else if (dotted || is_word(*r->p)) {
		r->kind = TOKEN_WORD;
		while (r->p < r->end && (is_word(*r->p) || *r->p == '.'))
			r->p++;
	} else {
		r->p++;
	}
	r->token = (struct wr_str){start, (size_t)(r->p - start)};
}

static wr_status *wrong(const struct reader *r, const char *wanted)
{
	return wr_status_new(WR_USER_ERROR,
			     "Line %u of the Protobuf schema: %s is expected, not '%.*s'", r->line,
			     wanted, (int)WR_MIN(r->token.len, (size_t)60), r->token.data);
}

static bool at(const struct reader *r, const char *text)
{
	return (r->kind == TOKEN_WORD || r->kind == TOKEN_SIGN) && wr_str_eq(r->token, text);
}

/* Goes past the token if it is this one. */
static bool take(struct reader *r, const char *text)
{
	if (!at(r, text))
		return false;
	advance(r);
	return true;
}

static wr_status *expect(struct reader *r, const char *text)
{
	char quoted[20];

	snprintf(quoted, sizeof quoted, "'%s'", text);
	return take(r, text) ? NULL : wrong(r, quoted);
}

static wr_status *take_word(struct reader *r, const char **out)
{
	if (r->kind != TOKEN_WORD)
		return wrong(r, "a name");
	*out = wr_arena_strndup(&r->builder->schema->arena, r->token.data, r->token.len);
	advance(r);
	return NULL;
}

/* A whole number, with its sign, in any of C's ways to write it. */
static wr_status *take_number(struct reader *r, int64_t *out)
{
	bool negative = take(r, "-");
	char text[40];
	char *end;

	if (r->kind != TOKEN_NUMBER || r->token.len >= sizeof text)
		return wrong(r, "a number");
	memcpy(text, r->token.data, r->token.len);
	text[r->token.len] = '\0';
	*out = strtoll(text, &end, 0);
	if (*end != '\0')
		return wrong(r, "a number");
	*out = negative ? -*out : *out;
	advance(r);
	return NULL;
}

/* Reads over everything up to a semicolon, or over a block in braces. */
static wr_status *skip_statement(struct reader *r)
{
	int open = 0;

	for (; r->kind != TOKEN_END; advance(r)) {
		if (at(r, "{") || at(r, "["))
			open++;
		if (at(r, "}") || at(r, "]"))
			open--;
		if (open < 0)
			return wrong(r, "';'");
		if (open == 0 && at(r, "}")) {
			advance(r);
			take(r, ";");
			return NULL;
		}
		if (open == 0 && take(r, ";"))
			return NULL;
	}
	return wrong(r, "';' or '}'");
}

/* --- fields
 * -------------------------------------------------------------------------------------------- */

/* What a default is, as text. */
static wr_status *take_default(struct reader *r, struct wr_proto_field *field)
{
	bool negative = take(r, "-");

	if (r->kind == TOKEN_END || r->kind == TOKEN_SIGN)
		return wrong(r, "a default");
	char *text = wr_arena_alloc(&r->builder->schema->arena, r->token.len + 2);
	text[0] = '-';
	memcpy(text + negative, r->token.data, r->token.len);
	text[negative + r->token.len] = '\0';
	field->fallback = text;
	field->fallback_len = (uint32_t)(negative + r->token.len);
	advance(r);
	return NULL;
}

/* [packed = true, default = 7, (some.option) = {...}] */
static wr_status *read_options(struct reader *r, struct wr_proto_field *field)
{
	if (!take(r, "["))
		return NULL;
	while (!at(r, "]")) {
		bool packed = at(r, "packed");
		bool fallback = at(r, "default");
		if (packed || fallback) {
			advance(r);
			WR_TRY(expect(r, "="));
		}
		if (packed)
			field->packed_said = at(r, "true");
		if (fallback)
			WR_TRY(take_default(r, field));
		for (int open = 0; open > 0 || (!at(r, ",") && !at(r, "]")); advance(r)) {
			open += at(r, "{") || at(r, "[");
			open -= at(r, "}") || at(r, "]");
			if (r->kind == TOKEN_END)
				return wrong(r, "']'");
		}
		take(r, ",");
	}
	advance(r);
	return NULL;
}

/* The kind that a word names; UNKNOWN: a message or enum. */
static enum wr_proto_kind kind_of(const char *word)
{
	static const char *const words[] = {"",         "double",   "float",   "int64",  "uint64",
					    "int32",    "fixed64",  "fixed32", "bool",   "string",
					    "",         "",         "bytes",   "uint32", "",
					    "sfixed32", "sfixed64", "sint32",  "sint64"};

	for (int i = 1; i < (int)WR_COUNT(words); i++) {
		if (words[i][0] != '\0' && strcmp(words[i], word) == 0)
			return (enum wr_proto_kind)i;
	}
	return WR_PROTO_UNKNOWN;
}

static wr_status *take_field_number(struct reader *r, struct wr_proto_field *field)
{
	int64_t number;

	WR_TRY(expect(r, "="));
	WR_TRY(take_number(r, &number));
	if (number < 1 || number > WR_PROTO_NUMBER_MAX)
		return wr_status_new(WR_USER_ERROR,
				     "Line %u of the Protobuf schema: %lld is no number of a field",
				     r->line, (long long)number);
	field->number = (uint32_t)number;
	return NULL;
}

/* map<K, V> name = 1: a repeated message of a key and a value. */
static wr_status *read_map(struct reader *r, struct wr_proto_message *message)
{
	struct wr_proto_builder *builder = r->builder;
	struct wr_proto_field field = {
	    .repeated = true, .oneof = -1, .scope = message->name, .packed_said = -1};
	struct wr_proto_message *entry;
	const char *type[2];

	WR_TRY(take_word(r, &type[0]));
	WR_TRY(expect(r, ","));
	WR_TRY(take_word(r, &type[1]));
	WR_TRY(expect(r, ">"));
	WR_TRY(take_word(r, &field.name));
	WR_TRY(take_field_number(r, &field));
	WR_TRY(read_options(r, &field));
	WR_TRY(expect(r, ";"));
	/* named as a compiler does, but for the letters' case: nobody refers to it */
	field.type_name = wr_arena_printf(&builder->schema->arena, "%s_entry", field.name);
	WR_TRY(wr_proto_add_message(builder, message, message->name, field.type_name, &entry));
	entry->is_map = true;
	for (uint32_t i = 0; i < 2; i++) {
		struct wr_proto_field part = {.name = i == 0 ? "key" : "value",
					      .number = i + 1,
					      .kind = kind_of(type[i]),
					      .type_name = type[i],
					      .scope = message->name,
					      .oneof = -1,
					      .packed_said = -1};
		WR_TRY(wr_proto_add_field(builder, entry, &part));
	}
	return wr_proto_add_field(builder, message, &field);
}

static wr_status *read_body(struct reader *r, struct wr_proto_message *message);

/* A field, whose label has been read; `oneof` -1: in none. */
static wr_status *read_field(struct reader *r, struct wr_proto_message *message, bool repeated,
			     bool optional, int32_t oneof)
{
	struct wr_proto_field field = {.repeated = repeated,
				       .optional = optional,
				       .oneof = oneof,
				       .scope = message->name,
				       .packed_said = -1};

	if (take(r, "map")) {
		if (take(r, "<"))
			return read_map(r, message);
		field.type_name = "map"; /* a message of that name */
	} else {
		WR_TRY(take_word(r, &field.type_name));
	}
	field.kind = kind_of(field.type_name);
	bool group = strcmp(field.type_name, "group") == 0;
	WR_TRY(take_word(r, &field.name));
	WR_TRY(take_field_number(r, &field));
	WR_TRY(read_options(r, &field));
	if (!group) {
		WR_TRY(expect(r, ";"));
		return wr_proto_add_field(r->builder, message, &field);
	}
	struct wr_proto_message *child;
	field.kind = WR_PROTO_GROUP;
	field.type_name = field.name;
	WR_TRY(wr_proto_add_message(r->builder, message, message->name, field.name, &child));
	WR_TRY(read_body(r, child));
	return wr_proto_add_field(r->builder, message, &field);
}

static wr_status *read_oneof(struct reader *r, struct wr_proto_message *message)
{
	const char *name = "";
	int32_t index = (int32_t)message->oneof_count++;

	WR_TRY(take_word(r, &name));
	WR_TRY(expect(r, "{"));
	while (!take(r, "}")) {
		if (take(r, ";"))
			continue;
		if (at(r, "option"))
			WR_TRY(skip_statement(r));
		else
			WR_TRY(read_field(r, message, false, false, index));
	}
	return NULL;
}

/* --- messages and enums
 * ----------------------------------------------------------------------------------- */

static wr_status *read_enum(struct reader *r, const char *scope)
{
	struct wr_proto_field ignored = {0};
	struct wr_proto_enum *symbols;
	const char *name = "";
	int64_t number;

	WR_TRY(take_word(r, &name));
	WR_TRY(wr_proto_add_enum(r->builder, scope, name, &symbols));
	WR_TRY(expect(r, "{"));
	while (!take(r, "}")) {
		if (take(r, ";"))
			continue;
		WR_TRY(take_word(r, &name));
		if (!at(r, "=") || strcmp(name, "option") == 0 || strcmp(name, "reserved") == 0) {
			WR_TRY(skip_statement(r));
			continue;
		}
		advance(r);
		WR_TRY(take_number(r, &number));
		WR_TRY(read_options(r, &ignored));
		WR_TRY(expect(r, ";"));
		wr_proto_add_symbol(r->builder, symbols, name, (int32_t)number);
	}
	return NULL;
}

static wr_status *read_message(struct reader *r, struct wr_proto_message *parent, const char *scope)
{
	struct wr_proto_message *message;
	const char *name = "";

	WR_TRY(take_word(r, &name));
	WR_TRY(wr_proto_add_message(r->builder, parent, scope, name, &message));
	return read_body(r, message);
}

/* One thing within a message. Words like "message" may be names of types, too: what follows them
 * tells. */
static wr_status *read_member(struct reader *r, struct wr_proto_message *message)
{
	if (at(r, "option") || at(r, "reserved") || at(r, "extensions") || at(r, "extend"))
		return skip_statement(r);
	if (take(r, "message"))
		return read_message(r, message, message->name);
	if (take(r, "enum"))
		return read_enum(r, message->name);
	if (take(r, "oneof"))
		return read_oneof(r, message);
	if (take(r, "repeated"))
		return read_field(r, message, true, false, -1);
	if (take(r, "optional"))
		return read_field(r, message, false, true, -1);
	if (take(r, "required"))
		return read_field(r, message, false, true, -1);
	return read_field(r, message, false, false, -1);
}

static wr_status *read_body(struct reader *r, struct wr_proto_message *message)
{
	WR_TRY(expect(r, "{"));
	if (++r->depth > WR_PROTO_DEPTH_MAX)
		return wrong(r, "fewer messages within messages");
	while (!take(r, "}")) {
		if (take(r, ";"))
			continue;
		WR_TRY(read_member(r, message));
	}
	r->depth--;
	return NULL;
}

/* syntax = "proto3"; import public "x.proto"; package a.b; */
static wr_status *read_statement(struct reader *r)
{
	if (take(r, "syntax")) {
		WR_TRY(expect(r, "="));
		r->builder->proto3 = r->kind == TOKEN_STRING && wr_str_eq(r->token, "proto3");
		return skip_statement(r);
	}
	if (at(r, "edition"))
		return wr_status_new(WR_USER_ERROR,
				     "Line %u of the Protobuf schema: editions are not there; "
				     "proto2 and proto3 are",
				     r->line);
	if (take(r, "import")) {
		if (!take(r, "public"))
			take(r, "weak");
		if (r->kind == TOKEN_STRING)
			wr_proto_add_import(r->builder, wr_text_str(&r->string));
		return skip_statement(r);
	}
	if (take(r, "package")) {
		WR_TRY(take_word(r, &r->package));
		return expect(r, ";");
	}
	if (take(r, "message"))
		return read_message(r, NULL, r->package);
	if (take(r, "enum"))
		return read_enum(r, r->package);
	if (at(r, "option") || at(r, "service") || at(r, "extend"))
		return skip_statement(r);
	return take(r, ";") ? NULL : wrong(r, "a message");
}

wr_status *wr_proto_add_text(struct wr_proto_builder *builder, struct wr_str text)
{
	struct reader r = {.builder = builder,
			   .p = text.data,
			   .end = text.data + text.len,
			   .line = 1,
			   .package = ""};
	wr_status *status = NULL;

	builder->proto3 = false;
	builder->first = builder->last = NULL;
	wr_text_init(&r.string);
	advance(&r);
	while (status == NULL && r.kind != TOKEN_END)
		status = read_statement(&r);
	if (status == NULL && r.p != r.end)
		status = wrong(&r, "the end of a string");
	wr_text_release(&r.string);
	return status;
}

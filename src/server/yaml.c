/* SPDX-License-Identifier: Apache-2.0
 *
 * yaml - a YAML document as a list of keys and values, read by libyaml.
 */
#include <string.h>
#include <yaml.h>

#include "base/module.h"
#include "server/config.h"

#define DEPTH_MAX 16

/* clang-format off */
#define YAML_CALLS(X)                                                                              \
	X(yaml_parser_initialize)                                                                  \
	X(yaml_parser_set_input_string)                                                            \
	X(yaml_parser_parse)                                                                       \
	X(yaml_parser_delete)                                                                      \
	X(yaml_event_delete)
/* clang-format on */

struct yaml_calls {
	YAML_CALLS(WR_MODULE_FIELD)
};
static const char *const yaml_names[] = {YAML_CALLS(WR_MODULE_NAME)};
static const struct wr_module_spec yaml_module = {
    .what = "A configuration in YAML",
    .package = "libyaml-0-2",
    .sonames = {"libyaml-0.so.2"},
    .names = yaml_names,
    .count = WR_COUNT(yaml_names),
};

/* Where in the document: for each level the length of the key, and the number in a list. */
struct level {
	size_t key_len; /* of struct reader.key in front of this level */
	bool is_list;
	uint32_t number; /* of the next element */
	bool has_key;    /* mapping: a key was read, its value follows */
};

struct reader {
	struct yaml_calls call;
	struct wr_text key;
	struct level level[DEPTH_MAX];
	uint32_t depth;
	const char *file;
	wr_status *(*each)(void *own, const char *key, const char *value);
	void *own;
};

static void cut(struct wr_text *key, size_t len)
{
	key->len = len;
	if (key->data != NULL)
		key->data[len] = '\0';
}

static void append(struct reader *reader, const char *part)
{
	if (reader->key.len > 0)
		wr_text_putc(&reader->key, '.');
	wr_text_puts(&reader->key, part);
}

/* A value begins: in a list, its number becomes part of the key. */
static void value_begins(struct reader *reader)
{
	struct level *level = &reader->level[reader->depth - 1];
	char number[16];

	if (reader->depth == 0 || !level->is_list)
		return;
	snprintf(number, sizeof number, "%u", level->number++);
	append(reader, number);
}

static void value_ends(struct reader *reader)
{
	if (reader->depth == 0)
		return;
	reader->level[reader->depth - 1].has_key = false;
	cut(&reader->key, reader->level[reader->depth - 1].key_len);
}

/* A key, or a value. */
static wr_status *scalar(struct reader *reader, const yaml_event_t *event)
{
	struct level *level = &reader->level[reader->depth - 1];
	const char *text = (const char *)event->data.scalar.value;
	wr_status *status = NULL;

	if (reader->depth == 0)
		return event->data.scalar.length == 0
			   ? NULL
			   : wr_status_new(WR_USER_ERROR, "%s has a value in place of keys",
					   reader->file);
	if (!level->is_list && !level->has_key) {
		level->has_key = true;
		append(reader, text);
		return NULL;
	}
	value_begins(reader);
	if (event->data.scalar.length > 0 || event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
		status = reader->each(reader->own, wr_text_str(&reader->key), text);
	if (status != NULL && status->pos.line == 0) {
		wr_status *placed = wr_status_new(status->class, "%s, line %zu: %s", reader->file,
						  event->start_mark.line + 1, status->text);
		if (status->hint != NULL)
			wr_status_hint(placed, "%s", status->hint);
		wr_status_free(status);
		status = placed;
	}
	value_ends(reader);
	return status;
}

static wr_status *begin(struct reader *reader, bool is_list)
{
	if (reader->depth == DEPTH_MAX)
		return wr_status_new(WR_USER_ERROR, "%s is nested more than %d levels deep",
				     reader->file, DEPTH_MAX);
	if (reader->depth > 0)
		value_begins(reader);
	reader->level[reader->depth++] =
	    (struct level){.key_len = reader->key.len, .is_list = is_list};
	return NULL;
}

/* One step of the parser. */
static wr_status *on_event(struct reader *reader, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_SCALAR_EVENT: return scalar(reader, event);
	case YAML_MAPPING_START_EVENT:
	case YAML_SEQUENCE_START_EVENT:
		return begin(reader, event->type == YAML_SEQUENCE_START_EVENT);
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		reader->depth--;
		value_ends(reader);
		return NULL;
	case YAML_ALIAS_EVENT:
		return wr_status_new(WR_USER_ERROR, "%s, line %zu: aliases are not supported",
				     reader->file, event->start_mark.line + 1);
	default: return NULL;
	}
}

wr_status *wr_yaml_read(const char *text, size_t len, const char *file,
			wr_status *(*each)(void *own, const char *key, const char *value),
			void *own)
{
	struct reader reader = {.file = file, .each = each, .own = own};
	wr_status *status = NULL;
	yaml_parser_t parser;
	bool ended = false;

	WR_TRY(wr_module_open(&yaml_module, &reader.call));
	if (!reader.call.yaml_parser_initialize(&parser))
		return wr_status_no_memory();
	reader.call.yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
	while (status == NULL && !ended) {
		yaml_event_t event;

		if (!reader.call.yaml_parser_parse(&parser, &event)) {
			status = wr_status_new(WR_USER_ERROR, "%s, line %zu: %s", file,
					       parser.problem_mark.line + 1,
					       parser.problem != NULL ? parser.problem : "no YAML");
			break;
		}
		ended = event.type == YAML_STREAM_END_EVENT;
		status = on_event(&reader, &event);
		reader.call.yaml_event_delete(&event);
	}
	reader.call.yaml_parser_delete(&parser);
	wr_text_release(&reader.key);
	return status;
}

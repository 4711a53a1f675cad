/* SPDX-License-Identifier: Apache-2.0
 *
 * settings - see settings.h.
 */
#include "telemetry/settings.h"

#include <ctype.h>
#include <stdlib.h>

#include "base/mem.h"

const char *const wr_otlp_protocols[] = {"http/json", "http/protobuf", NULL};
const char *const wr_otlp_exporters[] = {"otlp", "none", NULL};
const char *const wr_otlp_compressions[] = {"none", "gzip", NULL};
const char *const wr_log_levels[] = {"debug", "info", "warn", "error", NULL};
const char *const wr_log_formats[] = {"text", "json", NULL};

bool wr_telemetry_is_option(const char *key)
{
	return strncmp(key, "otel.", 5) == 0 || strncmp(key, "log.", 4) == 0;
}

/* otel.bsp.max.queue.size: OTEL_BSP_MAX_QUEUE_SIZE. An empty one counts as not set. */
static const char *variable(struct wr_arena *arena, const char *option)
{
	char *name = wr_arena_strdup(arena, option);
	const char *value;

	for (char *c = name; *c != '\0'; c++)
		*c = *c == '.' ? '_' : (char)toupper((unsigned char)*c);
	value = getenv(name);
	return value != NULL && *value != '\0' ? value : NULL;
}

wr_status *wr_telemetry_environment(struct wr_options *options)
{
	for (uint32_t i = 0; i < options->count; i++) {
		const char *name = options->table[i].name, *value;
		wr_status *status;

		if (strncmp(name, "otel.", 5) != 0 || options->value[i].is_given)
			continue;
		value = variable(options->arena, name);
		if (value == NULL)
			continue;
		status = wr_options_set(options, name, wr_arena_strdup(options->arena, value));
		if (status != NULL)
			return wr_status_hint(
			    status, "It was read from the environment variable of that name");
	}
	return NULL;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Undoes the percent-encoding, in place. */
static void decode(char *text)
{
	char *to = text;

	for (; *text != '\0'; text++) {
		if (*text == '%' && hex_digit(text[1]) >= 0 && hex_digit(text[2]) >= 0) {
			*to++ = (char)(16 * hex_digit(text[1]) + hex_digit(text[2]));
			text += 2;
		} else {
			*to++ = *text;
		}
	}
	*to = '\0';
}

/* Without the blanks around it; in place. */
static char *trim(char *text)
{
	char *end;

	text += strspn(text, " \t");
	end = text + strlen(text);
	while (end > text && (end[-1] == ' ' || end[-1] == '\t'))
		*--end = '\0';
	return text;
}

wr_status *wr_telemetry_pairs(const char *what, const char *list,
			      void (*each)(void *own, const char *key, const char *value),
			      void *own)
{
	char *copy = wr_strdup(list), *rest = copy, *pair;
	wr_status *status = NULL;

	while (status == NULL && (pair = strsep(&rest, ",")) != NULL) {
		char *value = strchr(pair, '=');

		if (*trim(pair) == '\0')
			continue;
		if (value == NULL) {
			status = wr_status_hint(wr_status_new(WR_USER_ERROR,
							      "'%s' has no key=value pair in '%s'",
							      what, trim(pair)),
						"Write key=value,key=value");
			continue;
		}
		*value++ = '\0';
		value = trim(value);
		decode(value);
		each(own, trim(pair), value);
	}
	wr_free(copy);
	return status;
}

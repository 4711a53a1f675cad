/* SPDX-License-Identifier: Apache-2.0
 *
 * option - reading, checking and explaining options by their table.
 */
#include "base/option.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/macros.h"
#include "base/mem.h"

/* --- durations and sizes
 * ------------------------------------------------------------------------------- */

struct unit {
	const char *name; /* lower case */
	int64_t factor;   /* what one of it counts */
};

/* "number unit" with spaces anywhere around; the unit may be missing. Gives number and the factor
 * of the unit. */
static bool read_unit(const char *text, const struct unit *units, size_t count, int64_t *number,
		      int64_t *factor)
{
	while (isspace((unsigned char)*text))
		text++;
	if (!isdigit((unsigned char)*text))
		return false;
	char *rest;
	errno = 0;
	long long value = strtoll(text, &rest, 10);
	if (errno != 0)
		return false;
	while (isspace((unsigned char)*rest))
		rest++;
	size_t len = strlen(rest);
	while (len != 0 && isspace((unsigned char)rest[len - 1]))
		len--;
	for (size_t i = 0; i < count; i++) {
		if (strlen(units[i].name) == len && strncasecmp(rest, units[i].name, len) == 0) {
			*number = value;
			*factor = units[i].factor;
			return true;
		}
	}
	return false;
}

bool wr_duration_parse(const char *text, int64_t *ms)
{
	/* in nanoseconds */
	static const struct unit units[] = {
	    {"", 1000000},
	    {"ns", 1},
	    {"nano", 1},
	    {"nanos", 1},
	    {"nanosecond", 1},
	    {"nanoseconds", 1},
	    {"us", 1000},
	    {"\302\265s", 1000},
	    {"micro", 1000},
	    {"micros", 1000},
	    {"microsecond", 1000},
	    {"microseconds", 1000},
	    {"ms", 1000000},
	    {"milli", 1000000},
	    {"millis", 1000000},
	    {"millisecond", 1000000},
	    {"milliseconds", 1000000},
	    {"s", 1000000000},
	    {"sec", 1000000000},
	    {"secs", 1000000000},
	    {"second", 1000000000},
	    {"seconds", 1000000000},
	    {"m", 60000000000},
	    {"min", 60000000000},
	    {"mins", 60000000000},
	    {"minute", 60000000000},
	    {"minutes", 60000000000},
	    {"h", 3600000000000},
	    {"hour", 3600000000000},
	    {"hours", 3600000000000},
	    {"d", 86400000000000},
	    {"day", 86400000000000},
	    {"days", 86400000000000},
	};
	int64_t number, factor;

	if (!read_unit(text, units, WR_COUNT(units), &number, &factor))
		return false;
	if (factor < 1000000) {
		int64_t per_ms = 1000000 / factor;
		*ms = number / per_ms + (number % per_ms != 0);
		return true;
	}
	return !__builtin_mul_overflow(number, factor / 1000000, ms);
}

bool wr_memory_parse(const char *text, int64_t *bytes)
{
	static const struct unit units[] = {
	    {"", 1},          {"b", 1},          {"bytes", 1},
	    {"k", 1ll << 10}, {"kb", 1ll << 10}, {"kibibytes", 1ll << 10},
	    {"m", 1ll << 20}, {"mb", 1ll << 20}, {"mebibytes", 1ll << 20},
	    {"g", 1ll << 30}, {"gb", 1ll << 30}, {"gibibytes", 1ll << 30},
	    {"t", 1ll << 40}, {"tb", 1ll << 40}, {"tebibytes", 1ll << 40},
	};
	int64_t number, factor;

	return read_unit(text, units, WR_COUNT(units), &number, &factor) &&
	       !__builtin_mul_overflow(number, factor, bytes);
}

/* --- one value
 * ------------------------------------------------------------------------------------------ */

static wr_status *wrong(const struct wr_option *option, const char *text, const char *wanted)
{
	return wr_status_new(WR_USER_ERROR, "'%s' is not %s, as the option '%s' needs it", text,
			     wanted, option->name);
}

static wr_status *check_range(const struct wr_option *option, const char *text, int64_t number)
{
	if (option->min >= option->max || (number >= option->min && number <= option->max))
		return NULL;
	return wr_status_hint(
	    wr_status_new(WR_USER_ERROR, "'%s' is outside the range of the option '%s'", text,
			  option->name),
	    "Give a value from %lld to %lld%s", (long long)option->min, (long long)option->max,
	    option->type == WR_OPTION_DURATION ? " (milliseconds)"
	    : option->type == WR_OPTION_MEMORY ? " (bytes)"
					       : "");
}

static bool read_int(const char *text, int64_t *number)
{
	char *rest;

	errno = 0;
	long long value = strtoll(text, &rest, 10);
	while (isspace((unsigned char)*rest))
		rest++;
	*number = value;
	return errno == 0 && rest != text && *rest == '\0';
}

static wr_status *read_enum(const struct wr_option *option, const char *text, int64_t *number)
{
	struct wr_text list;

	wr_text_init(&list);
	for (int i = 0; option->values[i] != NULL; i++) {
		if (strcasecmp(option->values[i], text) == 0) {
			wr_text_release(&list);
			*number = i;
			return NULL;
		}
		wr_text_printf(&list, "%s'%s'", i != 0 ? ", " : "", option->values[i]);
	}
	wr_status *status = wr_status_new(WR_USER_ERROR, "'%s' is not a value of the option '%s'",
					  text, option->name);
	wr_status_hint(status, "Choose one of %s", wr_text_str(&list));
	wr_text_release(&list);
	return status;
}

wr_status *wr_option_read(const struct wr_option *option, const char *text,
			  struct wr_option_value *value)
{
	char *rest;

	*value = (struct wr_option_value){.is_set = true, .text = text};
	switch (option->type) {
	case WR_OPTION_STRING: return NULL;
	case WR_OPTION_INT:
		if (!read_int(text, &value->number))
			return wrong(option, text, "a whole number");
		return check_range(option, text, value->number);
	case WR_OPTION_DOUBLE:
		value->real = strtod(text, &rest);
		return rest == text || *rest != '\0' ? wrong(option, text, "a number") : NULL;
	case WR_OPTION_BOOL:
		value->number = strcasecmp(text, "true") == 0;
		if (value->number == 0 && strcasecmp(text, "false") != 0)
			return wrong(option, text, "'true' or 'false'");
		return NULL;
	case WR_OPTION_DURATION:
		if (!wr_duration_parse(text, &value->number))
			return wr_status_hint(
			    wrong(option, text, "a duration"),
			    "Write a number and a unit, such as '500 ms', '10 s' or '1 min'");
		return check_range(option, text, value->number);
	case WR_OPTION_MEMORY:
		if (!wr_memory_parse(text, &value->number))
			return wr_status_hint(
			    wrong(option, text, "a memory size"),
			    "Write a number and a unit, such as '64 mb' or '1 gb'");
		return check_range(option, text, value->number);
	case WR_OPTION_ENUM: return read_enum(option, text, &value->number);
	}
	return NULL;
}

/* --- tables
 * --------------------------------------------------------------------------------------------- */

static bool name_matches(const char *pattern, const char *name)
{
	size_t len = strlen(pattern);

	if (len != 0 && pattern[len - 1] == '*')
		return strncmp(pattern, name, len - 1) == 0 && name[len - 1] != '\0';
	return strcmp(pattern, name) == 0;
}

/* Exact names win over wildcards. */
const struct wr_option *wr_option_find(const struct wr_option *table, uint32_t count,
				       const char *name)
{
	const struct wr_option *found = NULL;

	for (uint32_t i = 0; i < count; i++) {
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
		if (found == NULL && name_matches(table[i].name, name))
			found = &table[i];
	}
	return found;
}

wr_status *wr_option_unknown(const struct wr_option *table, uint32_t count, const char *what,
			     const char *name)
{
	const char **names = wr_malloc((count + 1) * sizeof *names);

	for (uint32_t i = 0; i < count; i++)
		names[i] = table[i].name;
	const char *near = wr_nearest(name, names, count);
	wr_free(names);
	wr_status *status = wr_status_new(WR_USER_ERROR, "'%s' is not an %s", name, what);
	if (near != NULL)
		return wr_status_hint(status, "Did you mean '%s'?", near);
	return status;
}

void wr_option_manual(struct wr_text *text, const struct wr_option *table, uint32_t count)
{
	static const char *const types[] = {
	    [WR_OPTION_STRING] = "string",     [WR_OPTION_INT] = "integer",
	    [WR_OPTION_DOUBLE] = "number",     [WR_OPTION_BOOL] = "boolean",
	    [WR_OPTION_DURATION] = "duration", [WR_OPTION_MEMORY] = "memory size",
	    [WR_OPTION_ENUM] = "choice",
	};

	for (uint32_t i = 0; i < count; i++) {
		const struct wr_option *option = &table[i];
		wr_text_printf(text, "| `%s` | ", option->name);
		if (option->type != WR_OPTION_ENUM)
			wr_text_puts(text, types[option->type]);
		for (int v = 0; option->type == WR_OPTION_ENUM && option->values[v] != NULL; v++)
			wr_text_printf(text, "%s`%s`", v != 0 ? ", " : "", option->values[v]);
		if (option->fallback != NULL)
			wr_text_printf(text, " | `%s` | ", option->fallback);
		else
			wr_text_printf(text, " | %s | ", option->required ? "required" : "none");
		wr_text_printf(text, "%s |\n", option->doc);
	}
}

/* --- the values of a table
 * ------------------------------------------------------------------------------- */

static void set_default(struct wr_options *options, uint32_t i)
{
	const struct wr_option *option = &options->table[i];

	options->value[i] = (struct wr_option_value){0};
	if (option->fallback == NULL)
		return;
	wr_status *status = wr_option_read(option, option->fallback, &options->value[i]);
	WR_ASSERT(status == NULL);
	wr_status_free(status);
}

void wr_options_init(struct wr_options *options, struct wr_arena *arena, const char *what,
		     const struct wr_option *table, uint32_t count)
{
	options->table = table;
	options->count = count;
	options->what = what;
	options->prefix = NULL;
	options->arena = arena;
	options->value = WR_NEW_ARRAY(arena, struct wr_option_value, count);
	for (uint32_t i = 0; i < count; i++)
		set_default(options, i);
}

wr_status *wr_options_set(struct wr_options *options, const char *name, const char *text)
{
	const struct wr_option *option = wr_option_find(options->table, options->count, name);
	struct wr_option_value value;

	if (option == NULL)
		return wr_option_unknown(options->table, options->count, options->what, name);
	struct wr_option named = *option;
	if (options->prefix != NULL)
		named.name = wr_arena_printf(options->arena, "%s%s", options->prefix, option->name);
	WR_TRY(wr_option_read(&named, wr_arena_strdup(options->arena, text), &value));
	value.is_given = true;
	options->value[option - options->table] = value;
	return NULL;
}

wr_status *wr_options_reset(struct wr_options *options, const char *name)
{
	const struct wr_option *option = wr_option_find(options->table, options->count, name);

	if (option == NULL)
		return wr_option_unknown(options->table, options->count, options->what, name);
	set_default(options, (uint32_t)(option - options->table));
	return NULL;
}

wr_status *wr_options_check(const struct wr_options *options)
{
	for (uint32_t i = 0; i < options->count; i++) {
		if (!options->table[i].required || options->value[i].is_given)
			continue;
		return wr_status_hint(wr_status_new(WR_USER_ERROR, "'%s%s' is missing, an %s",
						    options->prefix != NULL ? options->prefix : "",
						    options->table[i].name, options->what),
				      "Add it to the WITH options: %.*s",
				      (int)strcspn(options->table[i].doc, "."),
				      options->table[i].doc);
	}
	return NULL;
}

const struct wr_option_value *wr_options_get(const struct wr_options *options, const char *name)
{
	const struct wr_option *option = wr_option_find(options->table, options->count, name);

	WR_REQUIRE(option != NULL);
	return &options->value[option - options->table];
}

int64_t wr_options_i64(const struct wr_options *options, const char *name)
{
	return wr_options_get(options, name)->number;
}

bool wr_options_bool(const struct wr_options *options, const char *name)
{
	return wr_options_get(options, name)->number != 0;
}

const char *wr_options_str(const struct wr_options *options, const char *name)
{
	return wr_options_get(options, name)->text;
}

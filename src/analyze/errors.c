/* SPDX-License-Identifier: Apache-2.0
 *
 * errors - the messages that many parts of the analyzer share.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "analyze/analyzer.h"

wr_status *wr_unsupported(struct wr_pos pos, const char *format, ...)
{
	char what[200];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof what, format, args);
	va_end(args);
	return wr_status_because(wr_status_at(WR_USER_ERROR, pos, "%s is not supported yet", what),
				 WR_NOT_SUPPORTED);
}

wr_status *wr_null_treatment(struct wr_pos pos, const char *name)
{
	return wr_status_hint(wr_status_at(WR_USER_ERROR, pos,
					   "Cannot specify IGNORE NULLS or RESPECT NULLS "
					   "following '%s'",
					   name),
			      "Only ARRAY_AGG, LAG and LEAD have this choice; leave NULLs out with "
			      "FILTER (WHERE x IS "
			      "NOT NULL)");
}

wr_status *wr_hint_nearest(wr_status *status, const char *name, const char *const *names,
			   uint32_t count)
{
	const char *near = wr_nearest(name, names, count);

	if (near == NULL || status->hint != NULL)
		return status;
	return wr_status_hint(status, "Did you mean '%s'?", near);
}

wr_status *wr_hint_names(wr_status *status, const char *name, const char *what,
			 const char *const *names, uint32_t count)
{
	struct wr_text list;

	status = wr_hint_nearest(status, name, names, count);
	if (status->hint != NULL || count == 0)
		return status;
	wr_text_init(&list);
	wr_text_names(&list, names, count);
	wr_status_hint(status, "%s: %s", what, wr_text_str(&list));
	wr_text_release(&list);
	return status;
}

const char *wr_schema_str(struct wr_arena *arena, const struct wr_schema *schema)
{
	struct wr_text text;
	char *copy;

	wr_text_init(&text);
	wr_text_putc(&text, '[');
	for (uint32_t i = 0; i < schema->count; i++) {
		wr_text_printf(&text, "%s%s: ", i > 0 ? ", " : "", schema->field[i].name);
		wr_type_print(&text, schema->field[i].type);
	}
	wr_text_putc(&text, ']');
	copy = wr_arena_strdup(arena, wr_text_str(&text));
	wr_text_release(&text);
	return copy;
}

wr_status *wr_local_name(const struct wr_ast_name *name, const char **out)
{
	const struct wr_ast_ident *part = name->parts;

	if (name->count > 3)
		return wr_status_at(WR_USER_ERROR, name->pos,
				    "A table's name has at most three parts: "
				    "catalog.database.table");
	if (name->count == 3 && strcmp(part[0].text, "default_catalog") != 0)
		return wr_status_hint(
		    wr_status_because(wr_status_at(WR_USER_ERROR, part[0].pos,
						   "There is no catalog '%s'", part[0].text),
				      WR_NO_CATALOG),
		    "The only catalog is 'default_catalog'");
	if (name->count >= 2 && strcmp(part[name->count - 2].text, "default_database") != 0)
		return wr_status_hint(
		    wr_status_because(wr_status_at(WR_USER_ERROR, part[name->count - 2].pos,
						   "There is no database '%s'",
						   part[name->count - 2].text),
				      WR_NO_DATABASE),
		    "The only database is 'default_database'");
	*out = part[name->count - 1].text;
	return NULL;
}

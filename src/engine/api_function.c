/* SPDX-License-Identifier: Apache-2.0
 *
 * api_function - functions, languages and plugins of a session.
 */
#include "analyze/user_function.h"
#include "data/error.h"
#include "data/utf8.h"
#include "engine/functions.h"
#include "engine/plugin.h"
#include "weir/weir_plugin.h"

/* What a call came to. */
static enum weir_code give(struct weir_error **error, wr_status *status_moved)
{
	if (error != NULL)
		*error = NULL;
	return status_moved == NULL ? WEIR_OK
				    : wr_error_give(error, WEIR_MISUSE, status_moved, NULL);
}

static bool is_word(const char *name)
{
	const unsigned char *c = (const unsigned char *)name;

	if (*c >= '0' && *c <= '9')
		return false;
	while ((*c >= '0' && *c <= '9') || (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
	       *c == '_' || *c == '$' || *c >= 0x80)
		c++;
	return *c == '\0';
}

/* A name that a call can write, with backquotes where it is a reserved word. */
static wr_status *check_name(const char *name)
{
	if (name == NULL || *name == '\0')
		return wr_status_new(WR_USER_ERROR, "A function needs a name");
	if (!wr_utf8_valid(name, strlen(name)))
		return wr_status_new(WR_USER_ERROR, "The name of the function is not UTF-8");
	if (!is_word(name))
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR, "'%s' is no name of a function", name),
		    "It is one word: letters, digits, _ and $, and no digit in front");
	return NULL;
}

/* A function of the program gets the forms; one of CREATE FUNCTION stays as it is. */
static wr_status *register_function(struct wr_catalog *catalog, const char *name,
				    const struct weir_function *given)
{
	struct wr_user_function *function;

	WR_TRY(check_name(name));
	if (given == NULL)
		return wr_status_new(WR_USER_ERROR, "Function '%s' has no descriptor", name);
	function = wr_catalog_function(catalog, name);
	if (function != NULL && function->language == NULL)
		return wr_user_function_extend(function, given);
	if (function != NULL)
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR, "There is a function '%s' already", name),
		    "Drop it first");
	WR_TRY(wr_user_function_read(name, given, &function));
	function->system = true;
	function->temporary = true;
	wr_catalog_function_add(catalog, function);
	return NULL;
}

WR_PUBLIC enum weir_code weir_register_function(struct weir_session *session, const char *name,
						const struct weir_function *function,
						struct weir_error **error)
{
	struct wr_catalog *catalog = wr_session_of(session)->catalog;

	return give(error, register_function(catalog, name, function));
}

WR_PUBLIC enum weir_code weir_drop_function(struct weir_session *session, const char *name,
					    struct weir_error **error)
{
	struct wr_catalog *catalog = wr_session_of(session)->catalog;

	if (name != NULL && wr_catalog_function_drop(catalog, name))
		return give(error, NULL);
	return give(error,
		    wr_status_because(wr_status_new(WR_USER_ERROR,
						    "There is no function '%s' of the session",
						    name != NULL ? name : ""),
				      WR_NO_FUNCTION));
}

WR_PUBLIC enum weir_code weir_register_language(struct weir_session *session,
						const struct weir_language *language,
						struct weir_error **error)
{
	return give(error, wr_language_add(wr_session_of(session)->languages, language));
}

WR_PUBLIC enum weir_code weir_load_plugin(struct weir_session *session, const char *path,
					  struct weir_error **error)
{
	if (path == NULL || *path == '\0')
		return give(error, wr_status_new(WR_USER_ERROR, "A plugin needs a path"));
	return give(error, wr_plugin_load(wr_session_of(session), path, NULL));
}

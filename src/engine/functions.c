/* SPDX-License-Identifier: Apache-2.0
 *
 * functions - see functions.h.
 */
#include "engine/functions.h"

#include <ctype.h>
#include <dlfcn.h>
#include <strings.h>

#include "analyze/analyzer.h"
#include "analyze/user_function.h"
#include "base/mem.h"
#include "base/module.h"

#define LANGUAGE_SIZE_MIN (offsetof(struct weir_language, load) + sizeof(void *))

/* --- languages --- */

static wr_status *language_copy(const struct weir_language *from, struct weir_language *to)
{
	*to = (struct weir_language){0};
	if (from == NULL || from->size < LANGUAGE_SIZE_MIN)
		return wr_status_new(WR_USER_ERROR, "The struct of the language has no `size`");
	memcpy(to, from, WR_MIN(from->size, sizeof *to));
	if (to->name == NULL || *to->name == '\0' || to->load == NULL)
		return wr_status_new(WR_USER_ERROR,
				     "A language must have a name and a function `load`");
	return NULL;
}

static struct weir_language *language_find(const struct wr_languages *languages, const char *name)
{
	for (uint32_t i = 0; i < languages->count; i++)
		if (strcasecmp(languages->item[i].name, name) == 0)
			return &languages->item[i];
	return NULL;
}

wr_status *wr_language_add(struct wr_languages *languages, const struct weir_language *language)
{
	struct weir_language copy, *old;

	WR_TRY(language_copy(language, &copy));
	old = language_find(languages, copy.name);
	if (old == NULL) {
		languages->item =
		    wr_realloc(languages->item, (languages->count + 1) * sizeof *languages->item);
		old = &languages->item[languages->count++];
	} else {
		wr_free((char *)old->name);
	}
	*old = copy;
	old->name = wr_strdup(copy.name);
	return NULL;
}

struct wr_languages *wr_languages_new(void)
{
	return wr_calloc(1, sizeof(struct wr_languages));
}

void wr_languages_free(struct wr_languages *languages)
{
	if (languages == NULL)
		return;
	for (uint32_t i = 0; i < languages->count; i++)
		wr_free((char *)languages->item[i].name);
	wr_free(languages->item);
	wr_free(languages);
}

/* The language of a module that is installed with Weir. */
static wr_status *language_load(struct wr_session *session, const char *name, struct wr_pos pos)
{
	static const char *const names[] = {"weir_language"};
	struct {
		const struct weir_language *language;
	} table;
	char *lower = wr_arena_strdup(&session->script, name);
	struct wr_module_spec spec = {.names = names, .count = 1, .own = true};
	wr_status *status;

	for (char *c = lower; *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	spec.what = wr_arena_printf(&session->script, "LANGUAGE %s", name);
	spec.package = wr_arena_printf(&session->script, "weir-%s", lower);
	spec.sonames[0] = wr_arena_printf(&session->script, "libweir-%s.so", lower);
	status = wr_module_open(&spec, &table);
	if (status == NULL)
		status = wr_language_add(session->languages, table.language);
	if (status == NULL && language_find(session->languages, name) == NULL)
		status = wr_status_new(WR_USER_ERROR, "%s is not for functions of language %s",
				       spec.sonames[0], name);
	if (status != NULL)
		status->pos = pos;
	return status;
}

static wr_status *language_get(struct wr_session *session, const char *name, struct wr_pos pos,
			       const struct weir_language **out)
{
	*out = language_find(session->languages, name);
	if (*out != NULL)
		return NULL;
	if (strcasecmp(name, "JAVA") == 0 || strcasecmp(name, "SCALA") == 0)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, pos, "Functions of %s are not supported", name),
		    "Write the function in C (LANGUAGE C) or Python (LANGUAGE PYTHON)");
	if (strcasecmp(name, "PYTHON") != 0)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, pos, "There is no language '%s'", name),
		    "There are C and PYTHON, and those of plugins");
	WR_TRY(language_load(session, name, pos));
	*out = language_find(session->languages, name);
	return NULL;
}

/* --- functions of a language --- */

/* What a function of a language holds until the last job is gone. */
struct held {
	struct weir_language language;
	struct weir_function function;
};

static void held_release(void *what)
{
	struct held *held = what;

	if (held->language.release != NULL)
		held->language.release(held->language.user, &held->function);
	wr_free(held);
}

static wr_status *load_language(struct wr_session *session,
				const struct wr_ast_create_function *ast, const char *name,
				struct wr_user_function **out)
{
	struct held *held = wr_calloc(1, sizeof *held);
	const struct weir_language *language = NULL;
	char error[1024] = "";
	wr_status *status = language_get(session, ast->language, ast->language_pos, &language);

	if (status != NULL) {
		wr_free(held);
		return status;
	}
	held->language = *language;
	held->function.size = sizeof held->function;
	if (language->load(language->user, ast->symbol, (const char *const *)ast->files,
			   ast->file_count, &held->function, error, sizeof error) != 0) {
		wr_free(held);
		return wr_status_at(WR_USER_ERROR, ast->symbol_pos,
				    "Function '%s' cannot be loaded: %s", name,
				    error[0] != '\0' ? error : "the language does not say why");
	}
	status = wr_user_function_read(name, &held->function, out);
	if (status != NULL) {
		held_release(held);
		return status;
	}
	(*out)->release = held_release;
	(*out)->held = held;
	return NULL;
}

/* --- functions of C --- */

/* A path without a slash is of the working folder, not of the system's libraries. */
static void *open_library(struct wr_session *session, const char *path)
{
	if (strchr(path, '/') == NULL)
		path = wr_arena_printf(&session->script, "./%s", path);
	return dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
}

static wr_status *load_c(struct wr_session *session, const struct wr_ast_create_function *ast,
			 const char *name, struct wr_user_function **out)
{
	const struct weir_function *given;
	void *library;

	if (ast->file_count != 1)
		return wr_status_hint(wr_status_at(WR_USER_ERROR, ast->symbol_pos,
						   "A function of C is in one shared library"),
				      "Write USING FILE './functions.so' behind LANGUAGE C");
	library = open_library(session, ast->files[0]);
	if (library == NULL)
		return wr_status_at(WR_USER_ERROR, ast->symbol_pos,
				    "The library of function '%s' cannot be loaded: %s", name,
				    dlerror());
	given = dlsym(library, ast->symbol);
	if (given == NULL)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, ast->symbol_pos,
				 "Library '%s' exports no symbol '%s'", ast->files[0], ast->symbol),
		    "Define `const struct weir_function %s = {...}` in it, not static",
		    ast->symbol);
	return wr_user_function_read(name, given, out);
}

/* --- statements --- */

static wr_status *exists(const char *name, struct wr_pos pos)
{
	return wr_status_hint(
	    wr_status_because(
		wr_status_at(WR_USER_ERROR, pos, "There is a function '%s' already", name),
		WR_FUNCTION_EXISTS),
	    "Drop it first, or write CREATE FUNCTION IF NOT EXISTS");
}

static wr_status *unknown(struct wr_session *session, const char *name, struct wr_pos pos)
{
	uint32_t count = wr_catalog_function_count(session->catalog);
	const char **names = WR_NEW_ARRAY(&session->script, const char *, count + 1);

	for (uint32_t i = 0; i < count; i++)
		names[i] = wr_catalog_function_at(session->catalog, i)->name;
	return wr_hint_nearest(
	    wr_status_because(
		wr_status_at(WR_USER_ERROR, pos, "There is no function '%s' of the session", name),
		WR_NO_FUNCTION),
	    name, names, count);
}

/* ALTER is DROP and CREATE. */
wr_status *wr_function_create(struct wr_session *session, const struct wr_ast_create_function *ast)
{
	const char *language = ast->language != NULL ? ast->language : "JAVA";
	struct wr_user_function *function, *old;
	const char *name;

	WR_TRY(wr_local_name(&ast->name, &name));
	old = wr_catalog_function(session->catalog, name);
	if (old == NULL && ast->alter)
		return ast->if_exists ? NULL : unknown(session, name, ast->name.pos);
	if (old != NULL && !ast->alter)
		return ast->if_exists ? NULL : exists(name, ast->name.pos);
	if (ast->language == NULL)
		return wr_status_hint(
		    wr_status_at(WR_USER_ERROR, ast->symbol_pos,
				 "CREATE FUNCTION without LANGUAGE is for Java, which is not "
				 "supported"),
		    "Write LANGUAGE C or LANGUAGE PYTHON");
	if (strcasecmp(language, "C") == 0)
		WR_TRY(load_c(session, ast, name, &function));
	else
		WR_TRY(load_language(session, ast, name, &function));
	function->language = wr_arena_strdup(&function->arena, language);
	function->temporary = ast->temporary;
	function->system = ast->system;
	if (old != NULL)
		wr_catalog_function_drop(session->catalog, name);
	wr_catalog_function_add(session->catalog, function);
	return NULL;
}

wr_status *wr_function_drop(struct wr_session *session, const struct wr_ast_drop *ast)
{
	const char *name;

	WR_TRY(wr_local_name(&ast->name, &name));
	if (wr_catalog_function_drop(session->catalog, name) || ast->if_exists)
		return NULL;
	return unknown(session, name, ast->name.pos);
}

/* --- DESCRIBE FUNCTION --- */

static void describe_user(const struct wr_user_function *function, struct wr_text *text)
{
	static const char *const kinds[] = {
	    [WEIR_SCALAR] = "SCALAR",
	    [WEIR_TABLE] = "TABLE",
	    [WEIR_AGGREGATE] = "AGGREGATE",
	    [WEIR_PROCESS_TABLE] = "PROCESS_TABLE",
	};

	wr_text_printf(text, "is system function: %s\n", function->system ? "TRUE" : "FALSE");
	wr_text_printf(text, "is temporary: %s\n", function->temporary ? "TRUE" : "FALSE");
	wr_text_printf(text, "kind: %s\n", kinds[function->kind]);
	wr_text_printf(text, "language: %s\n",
		       function->language != NULL ? function->language : "of the program");
	for (const struct wr_user_form *form = function->form; form != NULL; form = form->next) {
		wr_text_printf(text, "signature: %s", form->syntax);
		if (form->given.result != NULL)
			wr_text_printf(text, " -> %s", form->given.result);
		if (form->given.flags & WEIR_NOT_DETERMINISTIC)
			wr_text_puts(text, ", not deterministic");
		wr_text_putc(text, '\n');
	}
}

wr_status *wr_function_describe(struct wr_session *session, struct wr_prepared *prepared,
				const struct wr_ast_name *name)
{
	struct wr_found_function found = wr_function_lookup(session->catalog, name);
	const struct wr_ast_ident *last = &name->parts[name->count - 1];
	struct wr_text text;

	if (found.user == NULL && found.scalar == NULL && found.aggregate == NULL)
		return unknown(session, last->text, last->pos);
	wr_text_init(&text);
	if (found.user != NULL)
		describe_user(found.user, &text);
	else
		wr_text_printf(&text,
			       "is system function: TRUE\nis temporary: FALSE\nkind: %s\n"
			       "signature: %s\n",
			       found.aggregate != NULL ? "AGGREGATE" : "SCALAR",
			       found.aggregate != NULL ? found.aggregate->syntax
						       : found.scalar->syntax);
	wr_prepared_text(prepared, text.data);
	wr_shown_pairs(prepared, (const char *const[]){"info name", "info value"}, ": ");
	return NULL;
}

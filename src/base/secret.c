/* SPDX-License-Identifier: Apache-2.0
 *
 * secret - see secret.h.
 */
#include "base/secret.h"

#include <stdlib.h>
#include <string.h>

#include "base/macros.h"
#include "base/mem.h"

#define SECRET_BYTES_MAX 65536 /* keys and certificates are smaller */
#define ENV_HEAD         "${env:"
#define FILE_HEAD        "${file:"
#define HIDDEN           "******"

/* What stands between the head and the closing brace; NULL: the text has another form. */
static const char *inner(struct wr_arena *arena, const char *text, const char *head)
{
	size_t len = strlen(text), head_len = strlen(head);

	if (strncmp(text, head, head_len) != 0 || text[len - 1] != '}')
		return NULL;
	return wr_arena_strndup(arena, text + head_len, len - head_len - 1);
}

wr_status *wr_secret_read(struct wr_env *env, struct wr_arena *arena, const char *what,
			  const char *text, const char **out)
{
	const char *name;
	wr_status *status;
	char *data;
	size_t len;

	*out = text;
	if (text == NULL)
		return NULL;
	name = inner(arena, text, ENV_HEAD);
	if (name != NULL) {
		*out = getenv(name);
		if (*out != NULL)
			return NULL;
		return wr_status_hint(
		    wr_status_new(WR_USER_ERROR,
				  "The environment variable %s, which '%s' names, is not set", name,
				  what),
		    "Set it in the environment of weir");
	}
	name = inner(arena, text, FILE_HEAD);
	if (name == NULL)
		return NULL;
	status = wr_env_read_file(env, name, SECRET_BYTES_MAX, &data, &len);
	if (status != NULL)
		return wr_status_hint(status,
				      "'%s' names the file: it must be there, and weir must be "
				      "allowed to read it",
				      what);
	while (len > 0 && (data[len - 1] == '\n' || data[len - 1] == '\r'))
		len--;
	*out = wr_arena_strndup(arena, data, len);
	wr_free(data);
	return NULL;
}

bool wr_secret_is(const char *key)
{
	static const char *const words[] = {
	    "password",     "secret",  "fs.azure.account.key", "apikey",      "api-key",
	    "auth-params",  "token",   "service-key",          "basic-auth",  "jaas.config",
	    "http-headers", "ssl.key", "keystore.key",         "private.key", "private-key"};

	/* "...key.location" is the name of a file, "...certificate..." is public. */
	if (strcasestr(key, "location") != NULL)
		return false;
	for (size_t i = 0; i < WR_COUNT(words); i++)
		if (strcasestr(key, words[i]) != NULL)
			return true;
	return false;
}

/* Of "scheme://user:password@host..." the password; *len 0: there is none. */
static const char *address_password(const char *value, size_t *len)
{
	const char *login = strstr(value, "://"), *end, *colon;

	*len = 0;
	if (login == NULL)
		return value;
	login += 3;
	end = login + strcspn(login, "/?#");
	while (end > login && *end != '@')
		end--;
	colon = memchr(login, ':', (size_t)(end - login));
	if (colon == NULL)
		return value;
	*len = (size_t)(end - colon - 1);
	return colon + 1;
}

/* Of "...?password=x&..." the value; *len 0: there is none. */
static const char *parameter_password(const char *value, size_t *len)
{
	const char *at = strcasestr(value, "password=");

	*len = 0;
	if (at == NULL)
		return value;
	at += strlen("password=");
	*len = strcspn(at, "&; ");
	return at;
}

/* The text with len bytes at `at` hidden. */
static const char *hide_part(struct wr_arena *arena, const char *text, const char *at, size_t len)
{
	if (len == 0)
		return text;
	return wr_arena_printf(arena, "%.*s" HIDDEN "%s", (int)(at - text), text, at + len);
}

const char *wr_secret_hide(struct wr_arena *arena, const char *key, const char *value)
{
	const char *at;
	size_t len;

	if (inner(arena, value, ENV_HEAD) != NULL || inner(arena, value, FILE_HEAD) != NULL)
		return value;
	if (wr_secret_is(key))
		return HIDDEN;
	at = address_password(value, &len);
	value = hide_part(arena, value, at, len);
	at = parameter_password(value, &len);
	return hide_part(arena, value, at, len);
}

/* The text literal at `p`, a quote: returns the quote that closes it, or NULL. */
static char *literal_end(char *p, const char *end)
{
	for (p++; p < end; p++) {
		if (*p != '\'')
			continue;
		if (p + 1 == end || p[1] != '\'')
			return p;
		p++;
	}
	return NULL;
}

static char *skip_blanks(char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n'))
		p++;
	return p;
}

/* Overwrites what is hidden of value[0..len). */
static void blot_value(const char *key, size_t key_len, char *value, size_t len)
{
	struct wr_arena arena;
	const char *name, *text, *at;
	size_t part;

	wr_arena_init(&arena);
	name = wr_arena_strndup(&arena, key, key_len);
	text = wr_arena_strndup(&arena, value, len);
	if (inner(&arena, text, ENV_HEAD) == NULL && inner(&arena, text, FILE_HEAD) == NULL) {
		at = address_password(text, &part);
		memset(value + (at - text), '*', part);
		at = parameter_password(text, &part);
		memset(value + (at - text), '*', part);
		if (wr_secret_is(name))
			memset(value, '*', len);
	}
	wr_arena_release(&arena);
}

void wr_secret_blot(char *script, size_t len)
{
	char *end = script + len, *p = script;

	while (p < end && (p = memchr(p, '\'', (size_t)(end - p))) != NULL) {
		char *key = p + 1, *key_end = literal_end(p, end), *close;

		if (key_end == NULL)
			return;
		p = skip_blanks(key_end + 1, end);
		if (p == end || *p != '=')
			continue;
		p = skip_blanks(p + 1, end);
		if (p == end || *p != '\'')
			continue;
		close = literal_end(p, end);
		if (close == NULL)
			close = end; /* it goes on in the next line */
		blot_value(key, (size_t)(key_end - key), p + 1, (size_t)(close - p - 1));
		p = close < end ? close + 1 : end;
	}
}

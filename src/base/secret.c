/* SPDX-License-Identifier: Apache-2.0
 *
 * secret - see secret.h.
 */
#include "base/secret.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define SECRET_BYTES_MAX 65536 /* keys and certificates are smaller */
#define ENV_HEAD         "${env:"
#define FILE_HEAD        "${file:"

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
	WR_TRY(wr_env_read_file(env, name, SECRET_BYTES_MAX, &data, &len));
	while (len > 0 && (data[len - 1] == '\n' || data[len - 1] == '\r'))
		len--;
	*out = wr_arena_strndup(arena, data, len);
	wr_free(data);
	return NULL;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * auth - see auth.h.
 */
#include "server/auth.h"

#include <openssl/crypto.h>
#include <string.h>
#include <strings.h>

#include "formats/base64.h"

#define LOGIN_MAX 512 /* bytes of "name:password" */

static const char *const names[] = {"none", "viewer", "operator", "admin"};
static const struct wr_principal everybody = {"", WR_ROLE_ADMIN};

const char *wr_role_name(enum wr_role role)
{
	return names[role];
}

enum wr_role wr_role_of(const char *name)
{
	for (uint32_t i = 1; i < WR_COUNT(names); i++)
		if (strcasecmp(names[i], name) == 0)
			return (enum wr_role)i;
	return WR_ROLE_NONE;
}

const struct wr_user *wr_auth_user(const struct wr_auth *auth, const char *name)
{
	for (uint32_t i = 0; i < auth->count; i++)
		if (strcmp(auth->user[i].is.name, name) == 0)
			return &auth->user[i];
	return NULL;
}

/* Looks at all bytes of `given`, wherever the first difference is. */
static bool same(const char *kept, const char *given)
{
	size_t len = strlen(given), kept_len = strlen(kept);
	unsigned char differs = len != kept_len;

	for (size_t i = 0; i < len; i++)
		differs |= (unsigned char)(given[i] ^ kept[kept_len == 0 ? 0 : i % kept_len]);
	return differs == 0;
}

static const struct wr_principal *by_password(const struct wr_auth *auth, const char *name,
					      const char *password)
{
	const struct wr_principal *found = NULL;

	if (auth->count == 0)
		return &everybody;
	for (uint32_t i = 0; i < auth->count; i++) {
		const struct wr_user *user = &auth->user[i];
		bool fits = user->password != NULL && same(user->password, password);

		if (fits && strcmp(user->is.name, name) == 0)
			found = &user->is;
	}
	return found;
}

static const struct wr_principal *by_token(const struct wr_auth *auth, const char *token)
{
	const struct wr_principal *found = NULL;

	if (auth->count == 0)
		return &everybody;
	for (uint32_t i = 0; i < auth->count; i++)
		if (auth->user[i].token != NULL && same(auth->user[i].token, token))
			found = &auth->user[i].is;
	return found;
}

/* "name:password" in base64. */
static const struct wr_principal *basic(const struct wr_auth *auth, const char *text)
{
	const struct wr_principal *found = NULL;
	char login[LOGIN_MAX + 4], *colon;
	size_t len = strlen(text), login_len;

	if (wr_base64_decoded_max(len) > LOGIN_MAX ||
	    !wr_base64_decode(text, len, login, &login_len))
		return NULL;
	login[login_len] = '\0';
	colon = strchr(login, ':');
	if (colon != NULL && strlen(login) == login_len) {
		*colon = '\0';
		found = by_password(auth, login, colon + 1);
	}
	OPENSSL_cleanse(login, sizeof login);
	return found;
}

const struct wr_principal *wr_auth_header(const struct wr_auth *auth, const char *header)
{
	if (auth->count == 0)
		return &everybody;
	if (header == NULL)
		return NULL;
	if (strncasecmp(header, "Basic ", 6) == 0)
		return basic(auth, header + 6);
	if (strncasecmp(header, "Bearer ", 7) == 0)
		return by_token(auth, header + 7);
	return NULL;
}

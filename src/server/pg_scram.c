/* SPDX-License-Identifier: Apache-2.0
 *
 * pg_scram - see pg_scram.h.
 */
#include "server/pg_scram.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/macros.h"
#include "formats/base64.h"

#define ROUNDS    4096 /* of PBKDF2: RFC 7677 */
#define KEY       32   /* bytes of SHA-256 */
#define NONCE     18   /* bytes of ours */
#define FIELD_MAX 1024 /* bytes of a message's field */

void wr_pgs_scram_init(struct wr_pgs_scram *scram, struct wr_env *env, const char *password,
		       const uint8_t *end_point, size_t end_point_len, bool plus)
{
	*scram = (struct wr_pgs_scram){.env = env,
				       .password = password,
				       .end_point = end_point,
				       .end_point_len = end_point_len,
				       .plus = plus};
	wr_text_init(&scram->head);
	wr_text_init(&scram->bare);
	wr_text_init(&scram->first);
	wr_text_init(&scram->nonce);
}

void wr_pgs_scram_release(struct wr_pgs_scram *scram)
{
	wr_text_release(&scram->head);
	wr_text_release(&scram->bare);
	wr_text_release(&scram->first);
	wr_text_release(&scram->nonce);
}

static void add_base64(struct wr_text *text, const void *bytes, size_t len)
{
	size_t size = wr_base64_encoded_size(len);

	wr_base64_encode(bytes, len, wr_text_reserve(text, size));
	text->len += size;
	text->data[text->len] = '\0';
}

/* The value of the field `name` that `*at` begins with; *at goes behind it and its comma. */
static bool take(struct wr_str *at, char name, struct wr_str *value)
{
	const char *comma;

	if (at->len < 2 || at->data[0] != name || at->data[1] != '=')
		return false;
	comma = memchr(at->data, ',', at->len);
	value->data = at->data + 2;
	value->len = (comma != NULL ? (size_t)(comma - at->data) : at->len) - 2;
	at->len -= comma != NULL ? (size_t)(comma + 1 - at->data) : at->len;
	at->data = comma != NULL ? comma + 1 : at->data;
	return value->len <= FIELD_MAX;
}

/* "n,," "y,," "p=tls-server-end-point,,", with "a=name" allowed between the commas. */
static bool take_head(struct wr_pgs_scram *scram, struct wr_str *at)
{
	const char *comma = memchr(at->data, ',', at->len), *second;
	size_t flag, len;

	if (comma == NULL)
		return false;
	flag = (size_t)(comma - at->data);
	second = memchr(comma + 1, ',', at->len - flag - 1);
	if (second == NULL)
		return false;
	len = (size_t)(second + 1 - at->data);
	wr_text_add(&scram->head, at->data, len);
	if (scram->plus) {
		if (!wr_str_eq((struct wr_str){at->data, flag}, "p=tls-server-end-point"))
			return false;
	} else if (flag != 1 || (*at->data != 'n' &&
				 /* 'y': it could bind and thinks that we cannot; we could */
				 !(*at->data == 'y' && scram->end_point_len == 0))) {
		return false;
	}
	at->data += len;
	at->len -= len;
	return true;
}

bool wr_pgs_scram_first(struct wr_pgs_scram *scram, struct wr_str message, struct wr_text *answer)
{
	struct wr_str at = message, name, nonce;
	uint8_t ours[NONCE];

	if (!take_head(scram, &at))
		return false;
	wr_text_add(&scram->bare, at.data, at.len);
	if (!take(&at, 'n', &name) || !take(&at, 'r', &nonce) || nonce.len == 0)
		return false;
	scram->env->ops->random(scram->env, ours, sizeof ours);
	scram->env->ops->random(scram->env, scram->salt, sizeof scram->salt);
	wr_text_add(&scram->nonce, nonce.data, nonce.len);
	add_base64(&scram->nonce, ours, sizeof ours);
	wr_text_printf(&scram->first, "r=%s,s=", wr_text_str(&scram->nonce));
	add_base64(&scram->first, scram->salt, sizeof scram->salt);
	wr_text_printf(&scram->first, ",i=%d", ROUNDS);
	wr_text_add(answer, scram->first.data, scram->first.len);
	return true;
}

static void hmac(const uint8_t key[KEY], const void *bytes, size_t len, uint8_t out[KEY])
{
	unsigned int out_len = KEY;

	WR_REQUIRE(HMAC(EVP_sha256(), key, KEY, bytes, len, out, &out_len) != NULL);
}

/* The proof that the client should give, and the signature that we give for it. */
static void compute(const struct wr_pgs_scram *scram, struct wr_str all, uint8_t proof[KEY],
		    uint8_t signature[KEY])
{
	const char *password = scram->password != NULL ? scram->password : "";
	uint8_t salted[KEY], client[KEY], stored[KEY], signed_by[KEY], server[KEY];

	WR_REQUIRE(PKCS5_PBKDF2_HMAC(password, (int)strlen(password), scram->salt,
				     sizeof scram->salt, ROUNDS, EVP_sha256(), KEY, salted) == 1);
	hmac(salted, "Client Key", 10, client);
	WR_REQUIRE(EVP_Digest(client, KEY, stored, NULL, EVP_sha256(), NULL) == 1);
	hmac(stored, all.data, all.len, signed_by);
	for (int i = 0; i < KEY; i++)
		proof[i] = client[i] ^ signed_by[i];
	hmac(salted, "Server Key", 10, server);
	hmac(server, all.data, all.len, signature);
	OPENSSL_cleanse(salted, sizeof salted);
	OPENSSL_cleanse(client, sizeof client);
	OPENSSL_cleanse(server, sizeof server);
}

/* The header and, with PLUS, the certificate, as the client saw them. */
static bool binds(const struct wr_pgs_scram *scram, struct wr_str given)
{
	char got[FIELD_MAX];
	size_t len, head = scram->head.len, more = scram->plus ? scram->end_point_len : 0;

	if (wr_base64_decoded_max(given.len) > sizeof got ||
	    !wr_base64_decode(given.data, given.len, got, &len))
		return false;
	return len == head + more && memcmp(got, scram->head.data, head) == 0 &&
	       (more == 0 || memcmp(got + head, scram->end_point, more) == 0);
}

bool wr_pgs_scram_final(struct wr_pgs_scram *scram, struct wr_str message, struct wr_text *answer,
			bool *right)
{
	struct wr_str at = message, bound, nonce, given;
	uint8_t proof[KEY], signature[KEY];
	char got[FIELD_MAX];
	struct wr_text all;
	size_t len, unproved;

	*right = false;
	if (!take(&at, 'c', &bound) || !take(&at, 'r', &nonce))
		return false;
	unproved = (size_t)(nonce.data + nonce.len - message.data);
	if (!take(&at, 'p', &given) || !binds(scram, bound) ||
	    !wr_str_eq(nonce, wr_text_str(&scram->nonce)) ||
	    wr_base64_decoded_max(given.len) > sizeof got ||
	    !wr_base64_decode(given.data, given.len, got, &len) || len != KEY)
		return false;
	wr_text_init(&all);
	wr_text_printf(&all, "%s,%s,%.*s", wr_text_str(&scram->bare), wr_text_str(&scram->first),
		       (int)unproved, message.data);
	compute(scram, (struct wr_str){all.data, all.len}, proof, signature);
	wr_text_release(&all);
	*right = CRYPTO_memcmp(got, proof, KEY) == 0 && scram->password != NULL;
	wr_text_puts(answer, "v=");
	add_base64(answer, signature, KEY);
	return true;
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * fn_hash - MD5, SHA-1, SHA-2 and HASH_CODE.
 *
 * Digests come from OpenSSL's libcrypto; a context and the algorithms are fetched once per call in
 * prepare(), as fetching costs far more than hashing a short string. HASH_CODE is Java's hashCode
 * of the value as Flink holds it: strings are made positive.
 */
#include "expr/kernel.h"
#include "expr/tables.h"

#include "base/mem.h"
#include "data/decimal.h"
#include "expr/fn_string.h"
#include <openssl/evp.h>

/* --- digests ---------------------------------------------------------------------------------- */

enum digest {
	DIGEST_MD5,
	DIGEST_SHA1,
	DIGEST_SHA224,
	DIGEST_SHA256,
	DIGEST_SHA384,
	DIGEST_SHA512,
	DIGEST_COUNT /* SHA2: the length is an argument */
};

static const struct {
	const char *name;      /* of the SQL function */
	const char *algorithm; /* OpenSSL's name */
	int bytes;             /* of a digest */
} digests[DIGEST_COUNT] = {
    [DIGEST_MD5] = {"MD5", "MD5", 16},          [DIGEST_SHA1] = {"SHA1", "SHA1", 20},
    [DIGEST_SHA224] = {"SHA224", "SHA224", 28}, [DIGEST_SHA256] = {"SHA256", "SHA256", 32},
    [DIGEST_SHA384] = {"SHA384", "SHA384", 48}, [DIGEST_SHA512] = {"SHA512", "SHA512", 64},
};

struct digest_state {
	EVP_MD_CTX *context;
	EVP_MD *md[DIGEST_COUNT]; /* fetched on first use */
};

static void release_digest(void *state)
{
	struct digest_state *digest = state;

	if (digest == NULL)
		return;
	for (int i = 0; i < DIGEST_COUNT; i++)
		EVP_MD_free(digest->md[i]);
	EVP_MD_CTX_free(digest->context);
	wr_free(digest);
}

static wr_status *prepare_digest(struct wr_call *call, void **state)
{
	struct digest_state *digest = wr_calloc(1, sizeof *digest);

	(void)call;
	digest->context = EVP_MD_CTX_new();
	if (digest->context == NULL) {
		release_digest(digest);
		return wr_status_no_memory();
	}
	*state = digest;
	return NULL;
}

/* Puts the digest of `s` in hexadecimal digits into the row. */
static void put_digest(struct wr_eval *eval, struct digest_state *state, enum digest which,
		       struct wr_str s, uint32_t row, struct wr_strout *writer)
{
	static const char HEX[] = "0123456789abcdef";
	uint8_t bytes[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	if (state->md[which] == NULL)
		state->md[which] = EVP_MD_fetch(NULL, digests[which].algorithm, NULL);
	if (state->md[which] == NULL ||
	    EVP_DigestInit_ex2(state->context, state->md[which], NULL) != 1 ||
	    EVP_DigestUpdate(state->context, s.data, s.len) != 1 ||
	    EVP_DigestFinal_ex(state->context, bytes, &len) != 1) {
		wr_eval_fail(eval, row, "%s is not available: the cryptography library refuses it",
			     digests[which].name);
		return;
	}
	char *out = wr_strout_reserve(writer, (size_t)len * 2);
	for (unsigned i = 0; i < len; i++) {
		out[2 * i] = HEX[bytes[i] >> 4];
		out[2 * i + 1] = HEX[bytes[i] & 15];
	}
	wr_strout_commit(writer, row, len * 2);
}

static wr_status *digest(struct wr_eval *eval, const struct wr_call *call,
			 struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	struct wr_strout writer;

	wr_strout_init(&writer, out);
	for (uint32_t i = 0; i < rows; i++) {
		if (!wr_skips(eval, out, i))
			put_digest(eval, call->state, (enum digest)call->plan->i64,
				   wr_str_at(arg[0], i), i, &writer);
	}
	return NULL;
}

/* SHA2(value, bits) */
static wr_status *sha2(struct wr_eval *eval, const struct wr_call *call,
		       struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	struct wr_strout writer;

	wr_strout_init(&writer, out);
	for (uint32_t i = 0; i < rows; i++) {
		enum digest which;
		if (wr_skips(eval, out, i))
			continue;
		switch (wr_int_at(arg[1], i)) {
		case 224: which = DIGEST_SHA224; break;
		case 256: which = DIGEST_SHA256; break;
		case 384: which = DIGEST_SHA384; break;
		case 512: which = DIGEST_SHA512; break;
		default:
			wr_eval_fail(eval, i,
				     "SHA2: unsupported length %lld; use 224, 256, 384 "
				     "or 512",
				     (long long)wr_int_at(arg[1], i));
			continue;
		}
		put_digest(eval, call->state, which, wr_str_at(arg[0], i), i, &writer);
	}
	return NULL;
}

/* Whether argument 0 is a string or bytes; a bare NULL becomes a string. */
static bool want_bytes(struct wr_infer *infer)
{
	const struct wr_type *type = infer->arg[0]->type;

	if (type != NULL && type->kind == WR_NULL) {
		infer->want[0] = &WR_T_STRING;
		return true;
	}
	return type != NULL && (wr_kind_is_string(type->kind) || wr_kind_is_bytes(type->kind));
}

static wr_status *infer_digest(struct wr_infer *infer)
{
	if (!want_bytes(infer))
		return wr_infer_mismatch(infer);
	for (int i = 0; i < DIGEST_COUNT; i++) {
		if (strcmp(infer->function->name, digests[i].name) == 0) {
			infer->plan->i64 = i;
			infer->result = wr_type_length(infer->arena, WR_CHAR, digests[i].bytes * 2);
		}
	}
	return NULL;
}

static wr_status *infer_sha2(struct wr_infer *infer)
{
	const struct wr_type *bits = infer->arg[1]->type;

	if (!want_bytes(infer) || bits == NULL ||
	    (!wr_kind_is_integer(bits->kind) && bits->kind != WR_NULL))
		return wr_infer_mismatch(infer);
	if (bits->kind == WR_NULL)
		infer->want[1] = &WR_T_INT;
	infer->result = wr_type_length(infer->arena, WR_VARCHAR, 128);
	return NULL;
}

/* --- HASH_CODE -------------------------------------------------------------------------------- */

static int32_t hash_long(int64_t value)
{
	return (int32_t)((uint64_t)value ^ (uint64_t)value >> 32);
}

/* Math.abs(String.hashCode()): over UTF-16 units. */
static int32_t hash_string(struct wr_str s)
{
	uint32_t hash = 0, size;

	for (size_t at = 0; at < s.len; at += size) {
		uint32_t code = wr_utf_decode((struct wr_str){s.data + at, s.len - at}, &size);
		if (code >= 0x10000) {
			hash = hash * 31 + (0xd7c0 + (code >> 10));
			code = 0xdc00 | (code & 0x3ff);
		}
		hash = hash * 31 + code;
	}
	return (int32_t)hash < 0 ? (int32_t)(0u - hash) : (int32_t)hash;
}

static int32_t hash_double(double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof bits);
	return hash_long(value != value ? 0x7ff8000000000000 : (int64_t)bits);
}

static int32_t hash_float(float value)
{
	uint32_t bits;

	memcpy(&bits, &value, sizeof bits);
	return value != value ? 0x7fc00000 : (int32_t)bits;
}

/* BigInteger.hashCode: the magnitude's 32-bit words, most significant first, and the sign. */
static uint32_t hash_big(wr_i128 value)
{
	unsigned __int128 rest =
	    value < 0 ? 0 - (unsigned __int128)value : (unsigned __int128)value;
	uint32_t hash = 0;

	for (int shift = 96; shift >= 0; shift -= 32)
		hash = hash * 31 + (uint32_t)(rest >> shift);
	return value < 0 ? 0 - hash : hash;
}

/* BigDecimal.hashCode: two paths by whether the unscaled value fits in 64 bits. */
static int32_t hash_decimal(wr_i128 value, int scale)
{
	if (value > INT64_MIN && value <= INT64_MAX) {
		uint64_t size = (uint64_t)(value < 0 ? -value : value);
		uint32_t hash = (uint32_t)(size >> 32) * 31 + (uint32_t)size;
		return (int32_t)(31 * (value < 0 ? 0 - hash : hash) + (uint32_t)scale);
	}
	return (int32_t)(31 * hash_big(value) + (uint32_t)scale);
}

static int32_t hash_value(const struct wr_column *column, uint32_t row)
{
	int32_t nano = 0;
	int64_t ms;

	switch (column->type->kind) {
	case WR_CHAR:
	case WR_VARCHAR: return hash_string(wr_str_at(column, row));
	case WR_BOOLEAN: return wr_int_at(column, row) ? 1231 : 1237;
	case WR_BIGINT: return hash_long(wr_int_at(column, row));
	case WR_FLOAT: return hash_float(WR_AT(column, float, row));
	case WR_DOUBLE: return hash_double(WR_AT(column, double, row));
	case WR_DECIMAL: return hash_decimal(WR_AT(column, wr_i128, row), column->type->scale);
	case WR_TIMESTAMP:
		ms = wr_ts_ms_at(column, row, &nano);
		return (int32_t)(31 * (uint32_t)hash_long(ms) + (uint32_t)nano);
	default: return (int32_t)wr_int_at(column, row);
	}
}

static wr_status *hash_code(struct wr_eval *eval, const struct wr_call *call,
			    struct wr_column *const *arg, uint32_t rows, struct wr_column *out)
{
	int32_t *result = out->data;

	(void)call;
	for (uint32_t i = 0; i < rows; i++) {
		if (!wr_skips(eval, out, i))
			result[i] = hash_value(arg[0], i);
	}
	return NULL;
}

static wr_status *infer_hash_code(struct wr_infer *infer)
{
	const struct wr_type *type = infer->arg[0]->type;

	if (type == NULL)
		return wr_infer_mismatch(infer);
	switch (type->kind) {
	case WR_BOOLEAN:
	case WR_CHAR:
	case WR_VARCHAR:
	case WR_DATE:
	case WR_TIME:
	case WR_TIMESTAMP: break;
	default:
		if (!wr_kind_is_numeric(type->kind))
			return wr_infer_mismatch(infer);
	}
	infer->result = &WR_T_INT;
	return NULL;
}

/* --- the functions ---------------------------------------------------------------------------- */

#define DIGEST(ident, NAME, WHAT)                                                                  \
	static const struct wr_function ident = {                                                  \
	    .name = NAME,                                                                          \
	    .category = "hash",                                                                    \
	    .syntax = NAME "(value)",                                                              \
	    .doc = "The " WHAT " hash of the string or bytes, in hexadecimal digits.",             \
	    .flags = WR_F_STRICT | WR_F_FALLIBLE | WR_F_EXPENSIVE,                                 \
	    .min_args = 1,                                                                         \
	    .max_args = 1,                                                                         \
	    .infer = infer_digest,                                                                 \
	    .kernel = digest,                                                                      \
	    .prepare = prepare_digest,                                                             \
	    .release = release_digest}

DIGEST(fn_md5, "MD5", "MD5");
DIGEST(fn_sha1, "SHA1", "SHA-1");
DIGEST(fn_sha224, "SHA224", "SHA-224");
DIGEST(fn_sha256, "SHA256", "SHA-256");
DIGEST(fn_sha384, "SHA384", "SHA-384");
DIGEST(fn_sha512, "SHA512", "SHA-512");

static const struct wr_function fn_sha2 = {
    .name = "SHA2",
    .category = "hash",
    .syntax = "SHA2(value, 224 | 256 | 384 | 512)",
    .doc = "The SHA-2 hash of that many bits, in hexadecimal digits.",
    .flags = WR_F_STRICT | WR_F_FALLIBLE | WR_F_EXPENSIVE,
    .min_args = 2,
    .max_args = 2,
    .infer = infer_sha2,
    .kernel = sha2,
    .prepare = prepare_digest,
    .release = release_digest,
};
static const struct wr_function fn_hash_code = {
    .name = "HASH_CODE",
    .category = "hash",
    .syntax = "HASH_CODE(value)",
    .doc = "Java's hash code of the value; of a string its absolute value.",
    .flags = WR_F_STRICT,
    .min_args = 1,
    .max_args = 1,
    .infer = infer_hash_code,
    .kernel = hash_code,
};

const struct wr_function *const wr_fn_hash[] = {
    &fn_md5, &fn_sha1, &fn_sha224, &fn_sha256, &fn_sha384, &fn_sha512, &fn_sha2, &fn_hash_code,
};
const uint32_t wr_fn_hash_count = WR_COUNT(wr_fn_hash);

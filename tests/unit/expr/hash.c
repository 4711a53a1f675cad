/* SPDX-License-Identifier: Apache-2.0
 *
 * hash - tests of the hash functions: the recorded calls, published digests, HASH_CODE.
 */
#include "call_hash.h"

static void recorded_calls(void **state)
{
	(void)state;
	check_calls(hash_calls, WR_COUNT(hash_calls));
}

static void published_digests(void **state)
{
	static const struct call_test tests[] = {
	    {"MD5('abc')", "CHAR(32) NOT NULL", "900150983cd24fb0d6963f7d28e17f72"},
	    {"SHA1('abc')", "CHAR(40) NOT NULL", "a9993e364706816aba3e25717850c26c9cd0d89d"},
	    {"SHA224('abc')", "CHAR(56) NOT NULL",
	     "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"},
	    {"SHA256('abc')", "CHAR(64) NOT NULL",
	     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
	    {"SHA2('abc', 256)", "VARCHAR(128) NOT NULL",
	     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
	    {"SHA256('abc'::BYTES)", "CHAR(64) NOT NULL",
	     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
	    {"MD5(NULL::STRING)", "CHAR(32)", "NULL"},
	    {"SHA2('a', NULL::INT)", "VARCHAR(128)", "NULL"},
	    {"SHA2('a', 100)", NULL, "ERROR unsupported length 100; use 224, 256, 384 or 512"},
	    {"MD5(1)", NULL, "ERROR Cannot apply 'MD5'"},
	    {"SHA2('a', 'b')", NULL, "ERROR Cannot apply 'SHA2'"},
	    {"HASH_CODE('a'::BYTES)", NULL, "ERROR Cannot apply 'HASH_CODE'"},
	};

	(void)state;
	check_calls(tests, WR_COUNT(tests));
}

static void hash_codes(void **state)
{
	static const struct call_test tests[] = {
	    {"HASH_CODE('abc')", "INT NOT NULL", "96354"},
	    {"HASH_CODE('')", NULL, "0"},
	    /* String.hashCode() is -2147483648 here, and Math.abs leaves it */
	    {"HASH_CODE('polygenelubricants')", NULL, "-2147483648"},
	    {"HASH_CODE('NaN'::DOUBLE)", NULL, "2146959360"},
	    {"HASH_CODE('99999999999999999999999999.99'::DECIMAL(28,2))", "INT NOT NULL",
	     "1611537126"},
	    {"HASH_CODE(NULL::STRING)", "INT", "NULL"},
	};

	(void)state;
	check_calls(tests, WR_COUNT(tests));
}

static void digests_by_row(void **state)
{
	static const char *const texts[] = {"abc", NULL, ""};
	struct fixture f;

	(void)state;
	fixture_init(&f);
	struct wr_column *s = column_of(&f, &WR_T_STRING, texts, 3);
	const struct named_column columns[] = {{"s", s}, {NULL, NULL}};
	assert_string_equal(
	    rows_of(&f, "MD5(s)", columns, 3),
	    "900150983cd24fb0d6963f7d28e17f72|NULL|d41d8cd98f00b204e9800998ecf8427e");
	fixture_release(&f);
	wr_column_unref(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(recorded_calls),
	    cmocka_unit_test(published_digests),
	    cmocka_unit_test(hash_codes),
	    cmocka_unit_test(digests_by_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

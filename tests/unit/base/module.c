/* SPDX-License-Identifier: Apache-2.0
 *
 * module - tests: a library that is there fills the table, from many threads; one that is not, and
 * one that lacks a function, is an error that says what to do, unless only newer versions have it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <pthread.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

#include "base/module.h"

#define ZLIB_CALLS(X) X(zlibVersion) X(adler32) X(crc32)

struct zlib_calls {
	ZLIB_CALLS(WR_MODULE_FIELD)
};

static const char *const zlib_names[] = {ZLIB_CALLS(WR_MODULE_NAME)};

static const struct wr_module_spec zlib_module = {
    .what = "Compression",
    .package = "zlib1g",
    .sonames = {"libweir-test-is-not-there.so.9", "libz.so.1"},
    .names = zlib_names,
    .count = WR_COUNT(zlib_names),
};

static void fills_the_table(void **state)
{
	struct zlib_calls zlib;

	(void)state;
	assert_null(wr_module_open(&zlib_module, &zlib));
	assert_string_equal(zlib.zlibVersion(), zlibVersion());
	assert_int_equal(zlib.crc32(0, (const Bytef *)"weir", 4),
			 crc32(0, (const Bytef *)"weir", 4));
	assert_int_equal(zlib.adler32(1, (const Bytef *)"weir", 4),
			 adler32(1, (const Bytef *)"weir", 4));
}

static void *open_often(void *arg)
{
	struct zlib_calls zlib;

	for (int i = 0; i < 500; i++) {
		wr_status *status = wr_module_open(&zlib_module, &zlib);
		if (status != NULL) {
			wr_status_free(status);
			return arg;
		}
		if (zlib.crc32(0, (const Bytef *)"weir", 4) != crc32(0, (const Bytef *)"weir", 4))
			return arg;
	}
	return NULL;
}

static void opens_in_many_threads(void **state)
{
	pthread_t threads[4];
	void *failed;
	int mark;

	(void)state;
	for (size_t i = 0; i < WR_COUNT(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, open_often, &mark), 0);
	for (size_t i = 0; i < WR_COUNT(threads); i++) {
		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
}

static void all_null(const void *table, size_t size)
{
	const unsigned char *bytes = table;

	for (size_t i = 0; i < size; i++)
		assert_int_equal(bytes[i], 0);
}

/* `own` ones are looked for in more places, and the error is the same. */
static void a_missing_library_is_named(void **state)
{
	struct wr_module_spec spec = zlib_module;
	struct zlib_calls zlib;
	wr_status *status;

	(void)state;
	spec.sonames[1] = "libweir-test-neither.so.1";
	for (int own = 0; own < 2; own++) {
		memset(&zlib, 1, sizeof zlib);
		spec.own = own != 0;
		status = wr_module_open(&spec, &zlib);
		assert_non_null(status);
		assert_int_equal(status->class, WR_USER_ERROR);
		assert_non_null(strstr(
		    status->text, "Compression needs the library libweir-test-is-not-there.so.9, "
				  "which cannot be loaded: "));
		assert_non_null(strstr(status->text, "; libweir-test-neither.so.1: "));
		assert_string_equal(status->hint, "Install the package zlib1g");
		wr_status_free(status);
		all_null(&zlib, sizeof zlib);
	}
}

static void a_missing_function_is_named(void **state)
{
	static const char *const names[] = {"zlibVersion", "zlib_of_tomorrow", "crc32"};
	struct wr_module_spec spec = zlib_module;
	struct zlib_calls zlib;
	wr_status *status;

	(void)state;
	spec.names = names;
	status = wr_module_open(&spec, &zlib);
	assert_non_null(status);
	assert_int_equal(status->class, WR_USER_ERROR);
	assert_string_equal(
	    status->text,
	    "Compression needs the function zlib_of_tomorrow, which the library libz.so.1 lacks");
	assert_non_null(strstr(status->hint, "zlib1g"));
	wr_status_free(status);
	all_null(&zlib, sizeof zlib);
}

#define ZLIB_NEWER(X)                                                                              \
	X(int, zlib_of_tomorrow, (int))                                                            \
	X(const char *, zlibVersion, (void))

static void what_only_newer_ones_have_may_be_missing(void **state)
{
	static const char *const names[] = {"crc32"};
	static const char *const newer[] = {ZLIB_NEWER(WR_MODULE_NAME_NEWER)};
	struct wr_module_spec spec = zlib_module;
	struct {
		WR_MODULE_FIELD(crc32)
		ZLIB_NEWER(WR_MODULE_FIELD_NEWER)
	} zlib;

	(void)state;
	spec.names = names;
	spec.count = WR_COUNT(names);
	spec.newer = newer;
	spec.newer_count = WR_COUNT(newer);
	memset(&zlib, 1, sizeof zlib);
	assert_null(wr_module_open(&spec, &zlib));
	assert_int_equal(zlib.crc32(0, (const Bytef *)"weir", 4),
			 crc32(0, (const Bytef *)"weir", 4));
	assert_null(zlib.zlib_of_tomorrow);
	assert_string_equal(zlib.zlibVersion(), zlibVersion());
}

static void a_build_without_it_says_so(void **state)
{
	wr_status *status = wr_module_not_built("Kafka", "librdkafka-dev", "kafka");

	(void)state;
	assert_string_equal(status->text, "This build of Weir has no Kafka");
	assert_non_null(strstr(status->hint, "librdkafka-dev"));
	assert_non_null(strstr(status->hint, "-Dkafka=enabled"));
	wr_status_free(status);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(fills_the_table),
	    cmocka_unit_test(opens_in_many_threads),
	    cmocka_unit_test(a_missing_library_is_named),
	    cmocka_unit_test(a_missing_function_is_named),
	    cmocka_unit_test(what_only_newer_ones_have_may_be_missing),
	    cmocka_unit_test(a_build_without_it_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * catalog - adding, finding, listing and dropping of tables; look-ups in the registries.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "catalog/catalog.h"

static const struct wr_connector connector = {.name = "files"};
static const struct wr_format format = {.name = "json"};
static const struct wr_connector *const connectors[] = {&connector, NULL};
static const struct wr_format *const formats[] = {&format, NULL};
static const struct wr_registry registry = {connectors, formats};

static void test_add_find_drop(void **state)
{
	struct wr_catalog *catalog = wr_catalog_new(&registry);
	struct wr_table *table = wr_table_new("orders");

	assert_int_equal(table->rowtime, -1);
	assert_null(wr_catalog_add(catalog, table));
	assert_ptr_equal(wr_catalog_find(catalog, "orders"), table);
	assert_null(wr_catalog_find(catalog, "Orders"));
	assert_int_equal(wr_catalog_count(catalog), 1);
	assert_null(wr_catalog_drop(catalog, "orders"));
	assert_null(wr_catalog_find(catalog, "orders"));
	assert_int_equal(wr_catalog_count(catalog), 0);
	wr_catalog_free(catalog);
}

static void test_twice(void **state)
{
	struct wr_catalog *catalog = wr_catalog_new(&registry);
	struct wr_table *again = wr_table_new("t");

	assert_null(wr_catalog_add(catalog, wr_table_new("t")));
	again->pos = (struct wr_pos){.line = 3, .column = 14};
	wr_status *status = wr_catalog_add(catalog, again);
	assert_non_null(status);
	assert_int_equal(status->class, WR_USER_ERROR);
	assert_int_equal(status->pos.line, 3);
	assert_string_equal(status->text, "A table or view 't' exists already");
	wr_status_free(status);
	assert_int_equal(wr_catalog_count(catalog), 1);
	wr_catalog_free(catalog);
}

static void test_unknown(void **state)
{
	struct wr_catalog *catalog = wr_catalog_new(&registry);
	struct wr_pos pos = {.line = 2, .column = 5};
	wr_status *status = wr_catalog_unknown(catalog, "ordres", pos);

	assert_string_equal(status->text, "There is no table or view 'ordres'");
	assert_string_equal(status->hint, "Declare it with CREATE TABLE first");
	wr_status_free(status);
	assert_null(wr_catalog_add(catalog, wr_table_new("orders")));
	status = wr_catalog_unknown(catalog, "ordres", pos);
	assert_string_equal(status->hint, "Did you mean 'orders'?");
	assert_int_equal(status->pos.column, 5);
	wr_status_free(status);
	status = wr_catalog_drop(catalog, "nothing_like_it");
	assert_non_null(status);
	assert_string_equal(status->hint, "Declare it with CREATE TABLE first; there are: orders");
	wr_status_free(status);
	wr_catalog_free(catalog);
}

static void test_order(void **state)
{
	static const char *const names[] = {"m", "c", "x", "a"};
	struct wr_catalog *catalog = wr_catalog_new(&registry);

	for (size_t i = 0; i < WR_COUNT(names); i++)
		assert_null(wr_catalog_add(catalog, wr_table_new(names[i])));
	assert_string_equal(wr_catalog_at(catalog, 0)->name, "a");
	assert_string_equal(wr_catalog_at(catalog, 3)->name, "x");
	assert_null(wr_catalog_drop(catalog, "a"));
	assert_string_equal(wr_catalog_at(catalog, 0)->name, "c");
	assert_null(wr_catalog_add(catalog, wr_table_new("b")));
	assert_string_equal(wr_catalog_at(catalog, 0)->name, "b");
	wr_catalog_free(catalog);
}

static void test_registry(void **state)
{
	struct wr_catalog *catalog = wr_catalog_new(&registry);

	assert_ptr_equal(wr_catalog_registry(catalog), &registry);
	assert_ptr_equal(wr_registry_connector(&registry, "files"), &connector);
	assert_null(wr_registry_connector(&registry, "file"));
	assert_ptr_equal(wr_registry_format(&registry, "json"), &format);
	assert_null(wr_registry_format(&registry, "JSON"));
	wr_catalog_free(catalog);
	wr_catalog_free(NULL);
	wr_table_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_add_find_drop), cmocka_unit_test(test_twice),
	    cmocka_unit_test(test_unknown),       cmocka_unit_test(test_order),
	    cmocka_unit_test(test_registry),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

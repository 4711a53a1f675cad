/* SPDX-License-Identifier: Apache-2.0
 *
 * fast_print - the short ways must print what the general ways print.
 */
#include "format_case.h"
#include "formats/fast_print.h"

static void same_double(double value)
{
	char want[WR_DOUBLE_TEXT_MAX], got[WR_DOUBLE_TEXT_MAX + 8];
	size_t len = wr_double_print(want, value);
	char *end = wr_put_double(got, value);

	*end = '\0';
	assert_int_equal(end - got, len);
	assert_string_equal(got, want);
}

static void test_doubles(void **state)
{
	static const double values[] = {0.0,
					-0.0,
					1,
					-1,
					0.001,
					0.0009,
					0.5,
					0.25,
					0.125,
					0.0625,
					9999999,
					1e7,
					9999999.999,
					1e-300,
					1e300,
					0.1 + 0.2,
					1234.5600000000002,
					100.0,
					22,
					19.64,
					-80.27,
					1.0005,
					2e-3,
					8388608,
					4194304.5,
					1023.999};
	uint64_t random = 1;

	for (size_t i = 0; i < WR_COUNT(values); i++)
		same_double(values[i]);
	for (int i = 0; i < 300000; i++) {
		random = random * 6364136223846793005u + 1442695040888963407u;
		double value = (double)(random >> 40) / 1000;
		same_double(value);
		same_double(-value / 10);
		same_double(nextafter(value, 1e9));
		same_double(value * 0x1p-20);
	}
}

static void test_timestamps(void **state)
{
	static const int64_t near[] = {0,
				       -1,
				       1,
				       -86400000,
				       86399999,
				       1704067200000,
				       1704067200120,
				       -62167219200000,
				       253402300799999,
				       253402300800000,
				       -62167219200001,
				       946684799990,
				       8640000000000000};
	struct wr_print_day day = {0};
	uint64_t random = 1;

	for (int i = 0; i < 200000; i++) {
		char want[WR_TIME_TEXT_MAX], got[WR_TIME_TEXT_MAX + 16];
		random = random * 6364136223846793005u + 1442695040888963407u;
		int64_t ms = near[random >> 60 < 13 ? random >> 60 : 0] +
			     (int64_t)(random >> 20 & 0xFFFFFFF);
		size_t len = wr_timestamp_print_short(want, ms, 0, ' ', "");
		char *end = wr_put_timestamp(&day, got, ms, ' ');
		if (end == NULL) {
			assert_true(len > 27);
			continue;
		}
		*end = '\0';
		assert_int_equal(end - got, len);
		assert_string_equal(got, want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_doubles),
	    cmocka_unit_test(test_timestamps),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * reference - the practical limit of one core: the clicks jobs by hand, everything known at compile
 * time.
 *
 *     reference agg FILE OUT      count, sum and max per user in 10 s tumbling windows, up to 5 s
 *     of disorder reference filter FILE OUT   rows with an amount above 90 reference parse FILE
 *     reads every field, nothing else
 *
 * The file is loaded whole and read by simdjson, one document a line; windows are hash tables in a
 * queue by time. It checks nothing: a missing field or a bad number ends it.
 */
#include <simdjson.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <vector>

using namespace simdjson;

static const int64_t WINDOW_MS = 10000, DELAY_MS = 5000;
static const size_t BATCH_BYTES = 1 << 20;

struct acc {
	uint32_t user, count; // user UINT32_MAX: the slot is free
	double sum, max;
};

// Open addressing, never more than half full.
struct table {
	std::vector<acc> slots;
	size_t used = 0;

	table() : slots(4096, acc{UINT32_MAX, 0, 0, 0})
	{
	}
	acc &slot(uint32_t user)
	{
		size_t mask = slots.size() - 1, i = (user * 0x9E3779B97F4A7C15ull >> 32) & mask;

		while (slots[i].user != user && slots[i].user != UINT32_MAX)
			i = (i + 1) & mask;
		return slots[i];
	}
	void grow()
	{
		std::vector<acc> old(slots.size() * 2, acc{UINT32_MAX, 0, 0, 0});

		old.swap(slots);
		for (auto &a : old)
			if (a.user != UINT32_MAX)
				slot(a.user) = a;
	}
	void add(uint32_t user, double amount)
	{
		acc &s = slot(user);

		if (s.user == UINT32_MAX) {
			s = {user, 1, amount, amount};
			if (++used * 2 > slots.size())
				grow();
		} else {
			s.count++;
			s.sum += amount;
			if (amount > s.max)
				s.max = amount;
		}
	}
};

// Milliseconds since 1970 of "2024-01-01 00:00:00.123" (days from civil, H. Hinnant).
static int64_t read_ms(const char *p)
{
	auto digit = [&](int i) { return p[i] - '0'; };
	int year = digit(0) * 1000 + digit(1) * 100 + digit(2) * 10 + digit(3);
	int month = digit(5) * 10 + digit(6), day = digit(8) * 10 + digit(9);

	year -= month <= 2;
	int era = year / 400, of_era = year - era * 400;
	int day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	int day_of_era = of_era * 365 + of_era / 4 - of_era / 100 + day_of_year;

	return ((int64_t)era * 146097 + day_of_era - 719468) * 86400000 +
	       (digit(11) * 10 + digit(12)) * 3600000 + (digit(14) * 10 + digit(15)) * 60000 +
	       (digit(17) * 10 + digit(18)) * 1000 + digit(20) * 100 + digit(21) * 10 + digit(22);
}

// The windows that are open, oldest first.
struct windows {
	std::deque<table> open;
	int64_t first = -1, highest_ms = 0; // number of the oldest; time seen so far
	size_t out = 0, late = 0;
	FILE *file;

	void emit()
	{
		for (auto &a : open.front().slots)
			if (a.user != UINT32_MAX) {
				out++;
				fprintf(
				    file,
				    "{\"w\":%lld,\"user_id\":%u,\"n\":%u,\"s\":%.2f,\"m\":%.2f}\n",
				    (long long)(first * WINDOW_MS), a.user, a.count, a.sum, a.max);
			}
		open.pop_front();
		first++;
	}
	void add(int64_t ms, uint32_t user, double amount)
	{
		int64_t window = ms / WINDOW_MS;

		if (first < 0)
			first = window;
		if (window < first) {
			late++;
			return;
		}
		while ((int64_t)open.size() <= window - first)
			open.emplace_back();
		open[window - first].add(user, amount);
		if (ms > highest_ms) {
			highest_ms = ms;
			while (!open.empty() && (first + 1) * WINDOW_MS <= highest_ms - DELAY_MS)
				emit();
		}
	}
};

int main(int argc, char **argv)
{
	if (argc < 3) {
		fputs("usage: reference agg|filter|parse FILE [OUT]\n", stderr);
		return 2;
	}
	auto json = padded_string::load(argv[2]).take_value();
	ondemand::parser parser;
	std::vector<char> buffer(1 << 20);
	windows state;
	size_t rows = 0;
	double check = 0;
	int mode = argv[1][0];

	state.file = argc > 3 ? fopen(argv[3], "w") : nullptr;
	if (state.file)
		setvbuf(state.file, buffer.data(), _IOFBF, buffer.size());
	ondemand::document_stream documents = parser.iterate_many(json, BATCH_BYTES);
	for (auto document : documents) {
		rows++;
		auto object = document.get_object();
		uint32_t user = object["user_id"].get_uint64().take_value();
		std::string_view url = object["url"].get_string().take_value();
		double amount = object["amount"].get_double().take_value();
		std::string_view ts = object["ts"].get_string().take_value();

		if (mode == 'p') {
			check += amount + user + url.size() + read_ms(ts.data());
		} else if (mode == 'f') {
			if (amount > 90) {
				state.out++;
				fprintf(state.file,
					"{\"user_id\":%u,\"url\":\"%.*s\",\"amount\":%.2f}\n", user,
					(int)url.size(), url.data(), amount);
			}
		} else {
			state.add(read_ms(ts.data()), user, amount);
		}
	}
	while (!state.open.empty())
		state.emit();
	if (state.file)
		fclose(state.file);
	fprintf(stderr, "rows %zu out %zu late %zu chk %g\n", rows, state.out, state.late, check);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * generators - datagen and nexmark: the same rows whoever makes them, and what their options say;
 * print and blackhole.
 */
#include "../formats/format_case.h"
#include "connectors/registry.h"

struct table {
	struct format_case c; /* columns and arena */
	const struct wr_connector *connector;
	struct wr_options options;
	struct wr_given given[32];
	struct wr_connector_args args;
};

/* `options`: "key=value", ended by NULL. */
static void table_open(struct table *table, const char *connector, const char *columns,
		       const char *const *options)
{
	case_open(&table->c, "json", columns, NULL);
	table->connector = NULL;
	for (uint32_t i = 0; wr_connectors[i] != NULL; i++) {
		if (strcmp(wr_connectors[i]->name, connector) == 0)
			table->connector = wr_connectors[i];
	}
	assert_non_null(table->connector);
	wr_options_init(&table->options, &table->c.arena, "option", table->connector->options,
			table->connector->option_count);
	table->args = (struct wr_connector_args){.env = wr_env_system(),
						 .table = "t",
						 .schema = &table->c.schema,
						 .physical_count = table->c.schema.count,
						 .wanted = table->c.wanted,
						 .wanted_count = table->c.schema.count,
						 .options = &table->options,
						 .given = table->given,
						 .max_rows = 100};
	for (; *options != NULL; options++) {
		const char *equal = strchr(*options, '=');
		char *key = wr_arena_strndup(&table->c.arena, *options, (size_t)(equal - *options));
		table->given[table->args.given_count++] =
		    (struct wr_given){key, equal + 1, {.line = 1, .column = 1}};
		assert_null(wr_options_set(&table->options, key, equal + 1));
	}
}

static void table_close(struct table *table)
{
	case_close(&table->c);
}

/* All rows as text. `order` < 0: blocks are decoded in reverse, by different readers. */
static char *table_rows(struct table *table, uint64_t max_rows, int order)
{
	const struct wr_connector *connector = table->connector;
	struct wr_block *block[64];
	struct wr_text text[64];
	struct wr_source *source;
	enum wr_claim claim;
	struct wr_claim_ask ask = {0};
	int count = 0;
	struct wr_text all;

	table->args.max_rows = max_rows;
	assert_null(connector->source_open(&table->args, wr_host_none(), &source));
	for (;; count++) {
		assert_true(count < 64);
		assert_null(connector->claim(source, &ask, &block[count], &claim));
		if (claim == WR_CLAIM_WAIT) {
			count--;
			continue;
		}
		if (claim == WR_CLAIM_END)
			break;
		assert_int_equal(block[count]->index, count);
	}
	for (int i = 0; i < count; i++) {
		int k = order < 0 ? count - 1 - i : i;
		struct wr_reader *reader;
		struct wr_batch *batch;
		wr_text_init(&text[k]);
		assert_null(connector->reader_new(source, &reader));
		for (;;) {
			assert_null(connector->decode(reader, block[k], &batch));
			if (batch == NULL)
				break;
			assert_true(batch->rows <= max_rows);
			case_print_batch(&text[k], batch, false);
			wr_batch_free(batch);
		}
		connector->reader_free(reader);
		connector->block_free(source, block[k]);
	}
	wr_text_init(&all);
	for (int k = 0; k < count; k++) {
		wr_text_add(&all, text[k].data, text[k].len);
		wr_text_release(&text[k]);
	}
	connector->source_close(source);
	char *result = wr_arena_strdup(&table->c.arena, wr_text_str(&all));
	wr_text_release(&all);
	return result;
}

static void expect_refused(const char *connector, const char *columns, const char *const *options,
			   const char *message)
{
	struct table table;

	table_open(&table, connector, columns, options);
	wr_status *status = table.connector->check(&table.args, false);
	assert_non_null(status);
	if (strstr(status->text, message) == NULL)
		print_message("%s\n", status->text);
	assert_non_null(strstr(status->text, message));
	wr_status_free(status);
	table_close(&table);
}

/* --- datagen ------------------------------------------------------------------------------------
 */

static void test_sequence(void **state)
{
	static const char *const options[] = {"fields.i.kind=sequence", "fields.i.start=5",
					      "fields.i.end=8",         "fields.s.kind=sequence",
					      "fields.s.start=-1",      "fields.s.end=100",
					      "fields.d.kind=sequence", "fields.d.start=1",
					      "fields.d.end=100",       NULL};
	struct table table;

	table_open(&table, "datagen", "i BIGINT, s STRING, d DOUBLE", options);
	assert_null(table.connector->check(&table.args, false));
	assert_true(table.connector->is_bounded(&table.args));
	assert_string_equal(table_rows(&table, 100, 1),
			    "5\t-1\t1.0\n6\t0\t2.0\n7\t1\t3.0\n8\t2\t4.0\n");
	table_close(&table);
}

static void test_random(void **state)
{
	static const char *const options[] = {"number-of-rows=5000",
					      "rows-per-second=100000000",
					      "seed=7",
					      "fields.i.min=-3",
					      "fields.i.max=3",
					      "fields.t.max=5",
					      "fields.d.min=1.5",
					      "fields.d.max=2.5",
					      "fields.s.length=20",
					      "fields.v.var-len=true",
					      "fields.n.null-rate=0.5",
					      "fields.a.element.min=1",
					      "fields.a.element.max=2",
					      "fields.r.x.min=9",
					      "fields.r.x.max=9",
					      "fields.ts.max-past=1 s",
					      NULL};
	const char *columns =
	    "i INT, t TINYINT, d DOUBLE, s STRING, v VARCHAR(5), n INT, a ARRAY<INT>, r ROW<x INT, "
	    "y "
	    "BOOLEAN>, ts TIMESTAMP(3), m MAP<STRING, INT>, dec DECIMAL(5, 2), by BYTES";
	struct table table;

	table_open(&table, "datagen", columns, options);
	assert_null(table.connector->check(&table.args, false));
	char *rows = table_rows(&table, 4096, 1);
	/* the same for any batch size and order of work */
	assert_string_equal(rows, table_rows(&table, 7, -1));
	int count = 0, nulls = 0, seen[7] = {0};
	for (char *line = strtok_r(rows, "\n", &rows); line != NULL;
	     line = strtok_r(NULL, "\n", &rows), count++) {
		char s[64], v[16], n[32], a[32], r[32], ts[16], tail[8];
		int i, t, at = 0;
		double d;
		assert_int_equal(sscanf(line,
					"%d\t%d\t%lf\t%63[0-9a-f]\t%15[0-9a-f]\t%31[-0-9\\N]\t[%31["
					"^]]]\t(%31[^)])\t%15s%n",
					&i, &t, &d, s, v, n, a, r, ts, &at),
				 9);
		assert_in_range(i + 3, 0, 6);
		seen[i + 3]++;
		assert_true(t <= 5 && t >= -128 && d >= 1.5 && d <= 2.5);
		assert_int_equal(strlen(s), 20);
		assert_in_range(strlen(v), 1, 5);
		nulls += strcmp(n, "\\N") == 0;
		assert_int_equal(strlen(a), 7); /* three elements of one digit */
		assert_memory_equal(r, "9, ", 3);
		assert_true(memcmp(ts, "2023-12-31", 10) == 0 || memcmp(ts, "2024-01-01", 10) == 0);
		(void)tail;
	}
	assert_int_equal(count, 5000);
	assert_in_range(nulls, 2200, 2800);
	for (int i = 0; i < 7; i++)
		assert_in_range(seen[i], 500, 950);
	table_close(&table);
	/* another seed, other rows */
	static const char *const one[] = {"number-of-rows=10", "seed=1",
					  "rows-per-second=100000000", NULL};
	static const char *const two[] = {"number-of-rows=10", "seed=2",
					  "rows-per-second=100000000", NULL};
	struct table other;
	table_open(&table, "datagen", "i INT", one);
	table_open(&other, "datagen", "i INT", two);
	assert_string_not_equal(table_rows(&table, 5, 1), table_rows(&other, 5, 1));
	table_close(&table);
	table_close(&other);
}

static void test_datagen_refused(void **state)
{
	static const char *const field[] = {"fields.idd.min=1", NULL};
	static const char *const key[] = {"fields.id.mim=1", NULL};
	static const char *const kind[] = {"fields.id.kind=serial", NULL};
	static const char *const ends[] = {"fields.id.kind=sequence", "fields.id.start=1", NULL};
	static const char *const order[] = {"fields.id.min=5", "fields.id.max=1", NULL};
	static const char *const word[] = {"fields.id.min=x", NULL};
	static const char *const range[] = {"fields.id.max=99999999999", NULL};

	expect_refused("datagen", "id INT", field, "'fields.idd.min' names no column");
	expect_refused("datagen", "id INT", key, "'fields.id.mim' has no effect");
	expect_refused("datagen", "id INT", kind, "is not 'random' or 'sequence'");
	expect_refused("datagen", "id INT", ends, "needs 'fields.id.end'");
	expect_refused("datagen", "id INT", order, "is larger than");
	expect_refused("datagen", "id INT", word, "is not a whole number");
	expect_refused("datagen", "id INT", range, "outside its type");
}

/* With a rate, a block waits until its last row is due. */
static void test_rate(void **state)
{
	static const char *const options[] = {"number-of-rows=100", "rows-per-second=1", NULL};
	struct wr_block *block;
	struct wr_source *source;
	struct table table;
	enum wr_claim claim;
	struct wr_claim_ask ask = {0};

	table_open(&table, "datagen", "i INT", options);
	assert_null(table.connector->source_open(&table.args, wr_host_none(), &source));
	assert_null(table.connector->claim(source, &ask, &block, &claim));
	assert_int_equal(claim, WR_CLAIM_BLOCK); /* the first row is due at once */
	assert_int_equal(block->to, 1);
	table.connector->block_free(source, block);
	assert_null(table.connector->claim(source, &ask, &block, &claim));
	assert_int_equal(claim, WR_CLAIM_WAIT);
	assert_in_range(ask.wait_us, 1, 1000000);
	struct wr_text position;
	wr_text_init(&position);
	assert_null(table.connector->position(source, &position));
	assert_string_equal(wr_text_str(&position), "1 1");
	assert_null(table.connector->seek(source, "100 7", 5));
	assert_null(table.connector->claim(source, &ask, &block, &claim));
	assert_int_equal(claim, WR_CLAIM_END);
	wr_text_release(&position);
	table.connector->source_close(source);
	table_close(&table);
}

/* The next block, however long that takes; NULL: the end. */
static struct wr_block *claim_now(struct table *table, struct wr_source *source)
{
	enum wr_claim claim = WR_CLAIM_WAIT;
	struct wr_block *block = NULL;
	struct wr_claim_ask ask = {0};

	while (claim == WR_CLAIM_WAIT)
		assert_null(table->connector->claim(source, &ask, &block, &claim));
	return claim == WR_CLAIM_BLOCK ? block : NULL;
}

/* A source that goes on behind any block hands out the same ones. */
static void test_positions(void **state)
{
	static const char *const options[] = {"number-of-rows=100000", "seed=7",
					      "rows-per-second=100000000", NULL};
	struct wr_source *source, *again;
	struct wr_text position;
	struct table table;
	uint64_t blocks = 0;

	for (int nexmark = 0; nexmark < 2; nexmark++) {
		static const char *const events[] = {"events.num=100000", NULL};

		wr_text_init(&position);
		if (nexmark)
			table_open(&table, "nexmark", "event_type INT", events);
		else
			table_open(&table, "datagen", "i INT", options);
		assert_null(table.connector->source_open(&table.args, wr_host_none(), &source));
		for (;;) {
			wr_text_clear(&position);
			assert_null(table.connector->position(source, &position));
			assert_null(
			    table.connector->source_open(&table.args, wr_host_none(), &again));
			assert_null(table.connector->seek(again, position.data, position.len));
			struct wr_block *block = claim_now(&table, source);
			struct wr_block *same = claim_now(&table, again);
			assert_int_equal(block == NULL, same == NULL);
			if (block == NULL)
				break;
			assert_int_equal(block->index, same->index);
			assert_int_equal(block->from, same->from);
			assert_int_equal(block->to, same->to);
			assert_int_equal(block->origin_starts, same->origin_starts);
			assert_int_equal(block->origin_starts, blocks == 0);
			blocks++;
			table.connector->block_free(source, block);
			table.connector->block_free(again, same);
			table.connector->source_close(again);
		}
		assert_true(blocks > 3);
		for (size_t len = 0; len <= 3; len++) {
			wr_status *status = table.connector->seek(again, "1 x", len);

			assert_non_null(status);
			assert_non_null(strstr(status->text, "is damaged"));
			wr_status_free(status);
		}
		table.connector->source_close(again);
		table.connector->source_close(source);
		wr_text_release(&position);
		table_close(&table);
		blocks = 0;
	}
}

/* --- nexmark -------------------------------------------------------------------------------------
 */

#define PERSON                                                                                     \
	"person ROW<id BIGINT, name STRING, emailAddress STRING, creditCard STRING, city STRING, " \
	"state STRING, dateTime TIMESTAMP(3), extra STRING>"
#define AUCTION                                                                                    \
	"auction ROW<id BIGINT, itemName STRING, description STRING, initialBid BIGINT, reserve "  \
	"BIGINT, dateTime TIMESTAMP(3), expires TIMESTAMP(3), seller BIGINT, category BIGINT, "    \
	"extra STRING>"
#define BID                                                                                        \
	"bid ROW<auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING, "        \
	"dateTime "                                                                                \
	"TIMESTAMP(3), extra STRING>"

static void test_nexmark(void **state)
{
	static const char *const options[] = {"events.num=50000", "seed=3",
					      "base-time=2024-01-01 00:00:00", NULL};
	struct table table;
	int people = 0, auctions = 0, bids = 0, hot_bids = 0, hot_channels = 0;
	int64_t last_bid_length = 0;

	table_open(&table, "nexmark", "event_type INT, " PERSON ", " AUCTION ", " BID, options);
	assert_null(table.connector->check(&table.args, false));
	assert_true(table.connector->is_bounded(&table.args));
	char *rows = table_rows(&table, 4096, 1);
	assert_string_equal(rows, table_rows(&table, 33, -1));
	int number = 0;
	for (char *line = strtok_r(rows, "\n", &rows); line != NULL;
	     line = strtok_r(NULL, "\n", &rows), number++) {
		long long id, b, c, d;
		char text[4][256];
		int kind = number % 50 == 0 ? 0 : number % 50 < 4 ? 1 : 2;
		assert_int_equal(line[0] - '0', kind);
		if (kind == 0) {
			assert_int_equal(sscanf(line, "0\t(%lld, %255[^,], %255[^,], %255[^,], ",
						&id, text[0], text[1], text[2]),
					 4);
			assert_int_equal(id, 1000 + people++);
			assert_int_equal(strlen(text[2]), 19);
			assert_non_null(strstr(text[1], "@"));
			assert_non_null(strstr(line, ")\t\\N\t\\N"));
		} else if (kind == 1) {
			assert_int_equal(sscanf(line, "1\t\\N\t(%lld, ", &id), 1);
			assert_int_equal(id, 1000 + auctions++);
		} else {
			assert_int_equal(sscanf(line,
						"2\t\\N\t\\N\t(%lld, %lld, %lld, %255[^,], "
						"%255[^,], %255[^,], %255[a-z]",
						&id, &b, &c, text[0], text[1], text[2], text[3]),
					 7);
			bids++;
			assert_in_range(id, 1000, 1000 + auctions + 10);
			assert_in_range(b, 1000, 1000 + people + 10);
			assert_in_range(c, 100, 100000000);
			hot_bids += id == 1000 + (auctions - 1) / 100 * 100;
			hot_channels += strncmp(text[0], "channel-", 8) != 0;
			assert_memory_equal(text[1], "https://www.nexmark.com/", 24);
			last_bid_length += (int64_t)strlen(text[3]);
			/* 10,000 events a second */
			d = number / 10;
			char want[32];
			snprintf(want, sizeof want, "2024-01-01 00:00:%02lld.%03lld", d / 1000,
				 d % 1000);
			assert_string_equal(text[2], want);
		}
	}
	assert_int_equal(number, 50000);
	assert_int_equal(people, 1000);
	assert_int_equal(auctions, 3000);
	assert_in_range(hot_bids, bids * 45 / 100, bids * 58 / 100);
	assert_in_range(hot_channels, bids * 45 / 100, bids * 55 / 100);
	assert_in_range(last_bid_length / bids, 64, 71);
	table_close(&table);
}

static void test_nexmark_columns(void **state)
{
	static const char *const options[] = {"events.num=100", NULL};
	static const char *const none[] = {"person.proportion=0", "auction.proportion=0",
					   "bid.proportion=0", NULL};
	static const char *const bids[] = {"events.num=3", "person.proportion=0",
					   "auction.proportion=0", NULL};
	static const char *const time[] = {"base-time=soon", NULL};
	struct table table;

	table_open(&table, "nexmark", "bid ROW<price BIGINT>", options);
	assert_null(table.connector->check(&table.args, false));
	char *rows = table_rows(&table, 100, 1);
	assert_memory_equal(rows, "\\N\n\\N\n\\N\n\\N\n(", 13);
	table_close(&table);
	table_open(&table, "nexmark", "event_type INT", bids);
	assert_string_equal(table_rows(&table, 100, 1), "2\n2\n2\n");
	table_close(&table);
	expect_refused("nexmark", "event INT", options, "has no column 'event'");
	expect_refused("nexmark", "bid ROW<prise BIGINT>", options, "has no field 'prise'");
	expect_refused("nexmark", "bid ROW<price INT>", options, "'bid.price' must be BIGINT");
	expect_refused("nexmark", "bid BIGINT", options, "must be a ROW");
	expect_refused("nexmark", "event_type BIGINT", options, "must be INT");
	expect_refused("nexmark", "event_type INT", none, "All three proportions");
	expect_refused("nexmark", "event_type INT", time, "no timestamp");
}

/* --- sinks
 * ----------------------------------------------------------------------------------------- */

static void test_print(void **state)
{
	static const char *const options[] = {"print-identifier=out", "standard-error=true", NULL};
	struct wr_writer *writer;
	struct wr_chunk chunk = {0};
	struct wr_sink *sink;
	struct table table;

	table_open(
	    &table, "print",
	    "i INT, s STRING, b BOOLEAN, d DOUBLE, e DECIMAL(5, 2), ts TIMESTAMP(3), l "
	    "TIMESTAMP_LTZ(3), "
	    "dt DATE, tm TIME, a ARRAY<INT>, m MAP<STRING, INT>, r ROW<x INT, y STRING>, y BYTES",
	    options);
	static const char text[] =
	    "{\"i\":1,\"s\":\"x y\",\"b\":true,\"d\":1,\"e\":1.5,\"ts\":\"2024-01-01 "
	    "00:00:00\",\"l\":\"2024-01-01 00:00:00.12Z\","
	    "\"dt\":\"2024-02-29\",\"tm\":\"12:34:00\",\"a\":[1,null],\"m\":{\"k\":1},\"r\":{\"x\":"
	    "1},\"y\":\"Cv8=\"}\n{}\n";
	struct wr_buf *buf = wr_buf_new(sizeof text - 1);
	struct wr_decode_range range = {.buf = buf, .data = buf->data, .len = sizeof text - 1};
	struct wr_decoder *decoder;
	struct wr_batch *batch;
	memcpy(buf->data, text, sizeof text - 1);
	assert_null(wr_format_json.decoder_new(&table.c.args, &decoder));
	assert_null(wr_format_json.decode(decoder, &range, 10, &batch));
	wr_batch_kinds(batch)[1] = WR_DELETE;
	assert_null(table.connector->sink_open(&table.args, wr_host_none(), &sink));
	assert_null(table.connector->writer_new(sink, &writer));
	assert_null(table.connector->encode(writer, batch, &chunk));
	assert_string_equal(wr_text_str(&chunk.bytes),
			    "out> +I[1, x y, true, 1.0, 1.50, 2024-01-01T00:00, "
			    "2024-01-01T00:00:00.120Z, 2024-02-29, 12:34, "
			    "[1, null], {k=1}, +I[1, null], [10, -1]]\n"
			    "out> -D[null, null, null, null, null, null, null, null, null, null, "
			    "null, null, null]\n");
	assert_int_equal(chunk.rows, 2);
	wr_text_release(&chunk.bytes);
	table.connector->writer_free(writer);
	assert_null(table.connector->sink_close(sink, true));
	wr_batch_free(batch);
	wr_format_json.decoder_free(decoder);
	wr_buf_unref(buf);
	table_close(&table);
}

static void test_blackhole(void **state)
{
	static const char *const options[] = {NULL};
	struct wr_chunk chunk = {0};
	struct wr_writer *writer;
	struct wr_sink *sink;
	struct table table;

	table_open(&table, "blackhole", "i INT", options);
	assert_true(table.connector->accepts_updates);
	struct wr_batch *batch = wr_batch_new(1, 3);
	batch->column[0] = wr_column_new(&WR_T_INT, 3);
	assert_null(table.connector->sink_open(&table.args, wr_host_none(), &sink));
	assert_null(table.connector->writer_new(sink, &writer));
	assert_null(table.connector->encode(writer, batch, &chunk));
	assert_int_equal(chunk.rows, 3);
	assert_int_equal(chunk.bytes.len, 0);
	assert_null(table.connector->write(sink, &chunk));
	table.connector->writer_free(writer);
	assert_null(table.connector->sink_close(sink, true));
	wr_batch_free(batch);
	table_close(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_sequence),        cmocka_unit_test(test_random),
	    cmocka_unit_test(test_datagen_refused), cmocka_unit_test(test_rate),
	    cmocka_unit_test(test_positions),       cmocka_unit_test(test_nexmark),
	    cmocka_unit_test(test_nexmark_columns), cmocka_unit_test(test_print),
	    cmocka_unit_test(test_blackhole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

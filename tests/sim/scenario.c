/* SPDX-License-Identifier: Apache-2.0
 *
 * scenario - see scenario.h.
 */
#include "scenario.h"

#include "base/macros.h"

#define ORDERS                                                                                     \
	"CREATE TABLE orders (id BIGINT, customer BIGINT, amount BIGINT, ts TIMESTAMP(3), "        \
	"WATERMARK FOR ts AS ts - INTERVAL '%u' %s) WITH ('connector' = 'filesystem', "            \
	"'path' = '/in/orders', 'format' = 'csv'%s);\n"
#define PAYMENTS                                                                                   \
	"CREATE TABLE payments (pid BIGINT, id BIGINT, paid BIGINT, ts TIMESTAMP(3), "             \
	"WATERMARK FOR ts AS ts - INTERVAL '30' MINUTE) WITH ('connector' = 'filesystem', "        \
	"'path' = '/in/payments', 'format' = 'csv'%s);\n"
#define TOPIC                                                                                      \
	"CREATE TABLE topic (split BIGINT, number BIGINT, ts TIMESTAMP(3), "                       \
	"WATERMARK FOR ts AS ts) WITH ('connector' = 'topic', 'splits' = '%u', 'rows' = '%u'"      \
	"%s);\n"
#define FOLDER(name, columns)                                                                      \
	"CREATE TABLE " name " (" columns ") WITH ('connector' = 'filesystem', 'path' = "          \
	"'/out/" name "', 'format' = 'csv');\n"
#define KEYED(name, columns, key)                                                                  \
	"CREATE TABLE " name " (" columns ", PRIMARY KEY (" key ") NOT ENFORCED) WITH ("           \
	"'connector' = 'filesystem', 'path' = '/out/" name ".json', 'format' = 'json');\n"

struct query {
	const char *name;
	bool appends, two;  /* sinks only grow; payments are read, too */
	const char *tables; /* the sinks */
	const char *insert;
};

static const struct query queries[] = {
    {"window", true, false,
     FOLDER("w", "customer BIGINT, until TIMESTAMP(3), orders BIGINT, amount BIGINT, most BIGINT"),
     "INSERT INTO w SELECT customer, window_end, COUNT(*), SUM(amount), MAX(amount) FROM "
     "TABLE(TUMBLE(TABLE orders, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY customer, "
     "window_start, window_end;"},
    {"hop", true, false, FOLDER("h", "customer BIGINT, until TIMESTAMP(3), ids BIGINT"),
     "INSERT INTO h SELECT customer, window_end, COUNT(DISTINCT id) FROM TABLE(HOP(TABLE orders, "
     "DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '15' SECOND)) GROUP BY customer, "
     "window_start, window_end;"},
    {"session", true, false,
     FOLDER("s", "customer BIGINT, since TIMESTAMP(3), until TIMESTAMP(3), amount BIGINT"),
     "INSERT INTO s SELECT customer, window_start, window_end, SUM(amount) FROM "
     "TABLE(SESSION(TABLE orders PARTITION BY customer, DESCRIPTOR(ts), INTERVAL '4' SECOND)) "
     "GROUP BY customer, window_start, window_end;"},
    {"group", false, false,
     KEYED("g", "customer BIGINT, orders BIGINT, amount BIGINT, least BIGINT", "customer"),
     "INSERT INTO g SELECT customer, COUNT(*), SUM(amount), MIN(amount) FROM orders GROUP BY "
     "customer;"},
    {"group of group", false, false, KEYED("g", "orders BIGINT, customers BIGINT", "orders"),
     "INSERT INTO g SELECT n, COUNT(*) FROM (SELECT customer, COUNT(*) AS n FROM orders GROUP BY "
     "customer) GROUP BY n;"},
    {"join", true, true, FOLDER("j", "id BIGINT, customer BIGINT, pid BIGINT, paid BIGINT"),
     "INSERT INTO j SELECT o.id, o.customer, p.pid, p.paid FROM orders o JOIN payments p ON "
     "o.id = p.id;"},
    {"left join", false, true, KEYED("j", "id BIGINT, paid BIGINT, payments BIGINT", "id"),
     "INSERT INTO j SELECT o.id, SUM(p.paid), COUNT(p.pid) FROM orders o LEFT JOIN payments p ON "
     "o.id = p.id GROUP BY o.id;"},
    {"interval join", true, true, FOLDER("i", "id BIGINT, pid BIGINT"),
     "INSERT INTO i SELECT o.id, p.pid FROM orders o JOIN payments p ON o.id = p.id AND p.ts "
     "BETWEEN o.ts AND o.ts + INTERVAL '20' SECOND;"},
    {"top", false, false,
     KEYED("t", "customer BIGINT, place BIGINT, id BIGINT, amount BIGINT", "customer, place"),
     "INSERT INTO t SELECT customer, place, id, amount FROM (SELECT *, ROW_NUMBER() OVER "
     "(PARTITION BY customer ORDER BY amount DESC, id) AS place FROM orders) WHERE place <= 3;"},
    {"first", true, false, FOLDER("d", "customer BIGINT, id BIGINT, amount BIGINT"),
     "INSERT INTO d SELECT customer, id, amount FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY "
     "customer ORDER BY ts) AS place FROM orders) WHERE place = 1;"},
    {"last", false, false, KEYED("d", "customer BIGINT, id BIGINT, amount BIGINT", "customer"),
     "INSERT INTO d SELECT customer, id, amount FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY "
     "customer ORDER BY ts DESC) AS place FROM orders) WHERE place = 1;"},
    {"match", true, false, FOLDER("m", "customer BIGINT, a BIGINT, b BIGINT, n BIGINT"),
     "INSERT INTO m SELECT customer, a, b, n FROM orders MATCH_RECOGNIZE (PARTITION BY customer "
     "ORDER BY ts MEASURES FIRST(UP.id) AS a, LAST(DOWN.id) AS b, COUNT(UP.id) AS n AFTER MATCH "
     "SKIP PAST LAST ROW PATTERN (UP+ DOWN) DEFINE UP AS UP.amount > 40, DOWN AS DOWN.amount < "
     "20);"},
    {"over", true, false, FOLDER("o", "id BIGINT, customer BIGINT, total BIGINT"),
     "INSERT INTO o SELECT id, customer, SUM(amount) OVER (PARTITION BY customer ORDER BY ts ROWS "
     "BETWEEN 3 PRECEDING AND CURRENT ROW) FROM orders;"},
    {"parts", true, false,
     "CREATE TABLE p (id BIGINT, amount BIGINT, customer BIGINT) PARTITIONED BY (customer) WITH "
     "('connector' = 'filesystem', 'path' = '/out/p', 'format' = 'csv', "
     "'sink.partition-commit.policy.kind' = 'success-file');\n",
     "INSERT INTO p SELECT id, amount, customer FROM orders WHERE amount <> 50;"},
    {"file", true, false,
     "CREATE TABLE f (id BIGINT, amount BIGINT) WITH ('connector' = 'filesystem', 'path' = "
     "'/out/f.csv', 'format' = 'csv');\n",
     "INSERT INTO f SELECT id, amount * 2 FROM orders;"},
    {"topic", true, false, FOLDER("w", "split BIGINT, until TIMESTAMP(3), n BIGINT, most BIGINT"),
     "INSERT INTO w SELECT split, window_end, COUNT(*), MAX(number) FROM TABLE(TUMBLE(TABLE topic, "
     "DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY split, window_start, window_end;"},
    {"topic and file", true, false, FOLDER("w", "until TIMESTAMP(3), n BIGINT, ids BIGINT"),
     "INSERT INTO w SELECT window_end, COUNT(*), SUM(id) FROM TABLE(TUMBLE(TABLE orders, "
     "DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end UNION ALL "
     "SELECT window_end, COUNT(*), SUM(number) FROM TABLE(TUMBLE(TABLE topic, "
     "DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end;"},
    {"two sinks", false, false,
     FOLDER("w", "customer BIGINT, until TIMESTAMP(3), orders BIGINT")
	 KEYED("g", "customer BIGINT, orders BIGINT", "customer"),
     "EXECUTE STATEMENT SET BEGIN INSERT INTO w SELECT customer, window_end, COUNT(*) FROM "
     "TABLE(TUMBLE(TABLE orders, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY customer, "
     "window_start, window_end; INSERT INTO g SELECT customer, COUNT(*) FROM orders GROUP BY "
     "customer; END;"},
};

uint32_t wr_scenario_queries(void)
{
	return WR_COUNT(queries);
}

/* A time of day out of milliseconds; a day is more than any input lasts. */
static void put_time(struct wr_text *out, uint64_t ms)
{
	wr_text_printf(out, "2026-01-01 %02u:%02u:%02u.%03u", (unsigned)(ms / 3600000),
		       (unsigned)(ms / 60000 % 60), (unsigned)(ms / 1000 % 60),
		       (unsigned)(ms % 1000));
}

/* Orders whose times go up with small steps back. */
static void make_orders(struct wr_scenario *scenario, struct wr_chance *chance, uint32_t count,
			uint32_t customers)
{
	uint64_t ms = 20000;

	for (uint32_t i = 0; i < count; i++) {
		ms += 1 + wr_chance_below(chance, 1000);
		wr_text_printf(&scenario->orders, "%u,%u,%u,", i,
			       (unsigned)wr_chance_below(chance, customers),
			       (unsigned)wr_chance_below(chance, 100));
		put_time(&scenario->orders, ms - 1000 * wr_chance_below(chance, 4));
		wr_text_putc(&scenario->orders, '\n');
	}
}

static void make_payments(struct wr_scenario *scenario, struct wr_chance *chance, uint32_t count,
			  uint32_t orders)
{
	for (uint32_t i = 0; i < count; i++) {
		wr_text_printf(&scenario->payments, "%u,%u,%u,", i,
			       (unsigned)wr_chance_below(chance, orders),
			       (unsigned)wr_chance_below(chance, 100));
		put_time(&scenario->payments, 20000 + i * 500 + wr_chance_below(chance, 3000));
		wr_text_putc(&scenario->payments, '\n');
	}
}

static void set(struct wr_scenario *scenario, const char *key, uint64_t value, const char *unit)
{
	wr_text_printf(&scenario->settings, "SET '%s' = '%llu%s';\n", key,
		       (unsigned long long)value, unit);
}

/* One of the numbers. */
#define ONE_OF(chance, ...)                                                                        \
	((const uint32_t[]){__VA_ARGS__}[wr_chance_below(                                          \
	    chance, sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))])

static void make_settings(struct wr_scenario *scenario, struct wr_chance *chance)
{
	static const char *const packing[] = {"none", "lz4", "zstd"};

	scenario->retained = ONE_OF(chance, 1, 1, 2, 3);
	wr_text_puts(&scenario->settings, "SET 'execution.checkpointing.dir' = '/chk';\n"
					  "SET 'execution.state-recovery.path' = 'latest';\n");
	wr_text_printf(&scenario->settings, "SET 'execution.checkpointing.compression' = '%s';\n",
		       packing[wr_chance_below(chance, WR_COUNT(packing))]);
	set(scenario, "execution.checkpointing.interval", ONE_OF(chance, 100, 100, 300), " ms");
	set(scenario, "execution.checkpointing.num-retained", scenario->retained, "");
	set(scenario, "parallelism.default", 1 + wr_chance_below(chance, 4), "");
	set(scenario, "weir.batch.max-rows", ONE_OF(chance, 1, 3, 16, 4096), "");
	set(scenario, "weir.source.block-size", ONE_OF(chance, 1, 100, 500, 3000, 100000), "");
	if (wr_chance_is(chance, 300)) {
		wr_text_puts(&scenario->settings, "SET 'restart-strategy.type' = 'fixed-delay';\n");
		set(scenario, "restart-strategy.fixed-delay.attempts", 3, "");
	} else {
		wr_text_puts(&scenario->settings, "SET 'restart-strategy.type' = 'none';\n");
	}
}

/* How a table is read, which changes no answer. */
static const char *pick_pace(struct wr_chance *chance)
{
	static const char *const paces[] = {"",
					    "",
					    ", 'scan.rate-limit' = '300'",
					    ", 'scan.rate-limit' = '20000', 'scan.priority' = '2'",
					    ", 'scan.priority' = '5'",
					    ", 'scan.watermark.alignment.group' = 'g', "
					    "'scan.watermark.alignment.max-drift' = '5 s'",
					    ", 'scan.watermark.alignment.group' = 'g', "
					    "'scan.watermark.alignment.max-drift' = '0 s'"};

	return paces[wr_chance_below(chance, WR_COUNT(paces))];
}

void wr_scenario_init(struct wr_scenario *scenario, struct wr_chance *chance, uint32_t index)
{
	uint32_t orders = ONE_OF(chance, 1, 20, 100, 300);
	const struct query *query =
	    &queries[index != UINT32_MAX ? index : wr_chance_below(chance, WR_COUNT(queries))];

	*scenario = (struct wr_scenario){.query = query->name, .appends = query->appends};
	wr_text_init(&scenario->tables);
	wr_text_init(&scenario->insert);
	wr_text_init(&scenario->orders);
	wr_text_init(&scenario->payments);
	wr_text_init(&scenario->settings);
	wr_text_printf(&scenario->tables, ORDERS, query->two ? 30u : ONE_OF(chance, 0, 1, 5),
		       query->two ? "MINUTE" : "SECOND", pick_pace(chance));
	if (query->two)
		wr_text_printf(&scenario->tables, PAYMENTS, pick_pace(chance));
	wr_text_printf(&scenario->tables, TOPIC, 1 + (unsigned)wr_chance_below(chance, 5),
		       ONE_OF(chance, 0, 10, 100, 250), pick_pace(chance));
	wr_text_puts(&scenario->tables, query->tables);
	wr_text_puts(&scenario->insert, query->insert);
	make_orders(scenario, chance, orders, ONE_OF(chance, 1, 4, 30));
	if (query->two)
		make_payments(scenario, chance, ONE_OF(chance, 1, 50, 200), orders);
	make_settings(scenario, chance);
}

void wr_scenario_release(struct wr_scenario *scenario)
{
	wr_text_release(&scenario->tables);
	wr_text_release(&scenario->insert);
	wr_text_release(&scenario->orders);
	wr_text_release(&scenario->payments);
	wr_text_release(&scenario->settings);
}

void wr_scenario_put(const struct wr_scenario *scenario, struct wr_sim *sim)
{
	wr_sim_put(sim, "/in/orders", scenario->orders.data, scenario->orders.len);
	wr_sim_put(sim, "/in/payments", wr_text_str(&scenario->payments), scenario->payments.len);
	wr_sim_put(sim, "/out/README", "", 0);
	wr_sim_put(sim, "/tmp/README", "", 0);
}

/* SPDX-License-Identifier: Apache-2.0
 *
 * meaning - the names of what operators remember: their texts, what changes them and what does not.
 */
#include "../analyze/script.h"
#include "plan/plan.h"

static const char setup[] =
    "CREATE TABLE bid (auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, ts "
    "TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'fake'); "
    "CREATE TABLE auction (id BIGINT, seller BIGINT, category BIGINT, ts TIMESTAMP(3), WATERMARK "
    "FOR ts AS ts) WITH ('connector' = 'fake'); "
    "CREATE TABLE nested (r ROW<x INT, y ROW<z BIGINT, q STRING>>, n INT, twice AS n * 2) WITH "
    "('connector' = 'fake'); "
    "CREATE VIEW costly AS SELECT auction AS a, bidder AS b, price * 2 AS twice, ts FROM bid WHERE "
    "price > 10; ";

static void add_names(struct wr_text *text, const struct wr_node *node)
{
	for (uint32_t i = 0; i < node->input_count; i++)
		add_names(text, node->input[i]);
	if (node->state_name == NULL || node->kind == WR_N_SINK || node->kind == WR_N_SCAN ||
	    node->kind == WR_N_VALUES || node->kind == WR_N_CALC)
		return;
	wr_text_printf(text, "%s%s", text->len > 0 ? "; " : "", node->state_name);
	if (node->kind != WR_N_GROUP_AGG && node->kind != WR_N_WINDOW_AGG &&
	    node->kind != WR_N_SESSION_AGG)
		return;
	for (uint32_t i = 0; i < node->u.agg.item_count; i++)
		wr_text_printf(text, "%s%s", i == 0 ? " : " : ", ", node->u.agg.item[i].meaning);
}

/* The names of a query's states, inputs first; the caller frees them. */
static char *names_of(const char *sql, const struct wr_plan_options *options)
{
	struct script script;
	struct wr_text text;
	wr_status *status;
	char *out;

	script_init(&script);
	wr_text_init(&text);
	status = script_run(&script, setup);
	if (status == NULL)
		status = script_run(&script, sql);
	if (status == NULL)
		status = wr_plan_physical(script.plan, options);
	if (status != NULL)
		fail_msg("%s: %s", sql, script_error(&script, status));
	add_names(&text, script.plan->root[0]);
	out = strdup(wr_text_str(&text));
	wr_text_release(&text);
	script_release(&script);
	return out;
}

static void test_texts(void **state)
{
	static const struct {
		const char *sql;
		const char *names;
	} cases[] = {
	    {"SELECT channel AS c, COUNT(*) AS n, SUM(price + 1) FROM bid AS x GROUP BY channel",
	     "bid GROUP BY channel : COUNT(*), SUM(price + 1)"},
	    {"SELECT SUM(twice), COUNT(DISTINCT b) FILTER (WHERE twice > 50) FROM costly WHERE a = "
	     "3",
	     "bid WHERE (auction = 3) AND (price > 10) GROUP BY () : SUM(price * 2), "
	     "COUNT(DISTINCT bidder) FILTER ((price * 2) > 50)"},
	    {"SELECT window_start, COUNT(*) FROM TABLE(HOP(TABLE bid, DESCRIPTOR(ts), INTERVAL '1' "
	     "SECOND, INTERVAL '10' SECOND)) GROUP BY window_start, window_end",
	     "bid GROUP BY () IN HOP(ts, 10000 ms, 1000 ms) : COUNT(*)"},
	    {"SELECT MAX(n) FROM (SELECT bidder, COUNT(*) AS n FROM bid GROUP BY bidder)",
	     "bid GROUP BY bidder : COUNT(*); bid GROUP BY bidder GROUP BY () : MAX(COUNT(*))"},
	    {"SELECT a.category, MAX(b.price) FROM bid b JOIN auction a ON b.auction = a.id AND "
	     "b.price > a.seller GROUP BY a.category",
	     "(bid) JOIN (auction) ON bid.auction = auction.id AND (bid.price > auction.seller); "
	     "(bid) JOIN (auction) ON bid.auction = auction.id AND (bid.price > auction.seller) "
	     "GROUP BY auction.category : MAX(bid.price)"},
	    {"SELECT x.price FROM bid x JOIN bid y ON x.auction = y.bidder",
	     "(bid) JOIN (bid) ON bid.auction = bid#2.bidder"},
	    {"SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY channel ORDER BY price "
	     "DESC) AS "
	     "rn FROM bid) WHERE rn <= 3",
	     "bid TOP 3 BY channel ORDER BY price DESC"},
	    {"SELECT channel, SUM(price) OVER (PARTITION BY channel ORDER BY ts) FROM bid",
	     "bid OVER channel ORDER BY ts"},
	    {"SELECT bidder FROM bid INTERSECT SELECT seller FROM auction",
	     "(bid) INTERSECT (auction) OF bidder AND seller"},
	    {"SELECT COUNT(*) FROM (SELECT price FROM bid UNION ALL SELECT seller FROM auction)",
	     "(bid) UNION (auction) GROUP BY () : COUNT(*)"},
	    {"SELECT r.x, SUM(r.y.z), MAX(twice) FROM nested GROUP BY r.x",
	     "nested GROUP BY r . x : SUM((r . y) . z), MAX(n * 2)"},
	    {"SELECT DISTINCT channel FROM bid", "bid GROUP BY channel"},
	};
	static const struct wr_plan_options options;

	(void)state;
	for (size_t i = 0; i < WR_COUNT(cases); i++) {
		char *names = names_of(cases[i].sql, &options);

		if (strcmp(names, cases[i].names) != 0)
			fail_msg("%s\n  has  %s\n  want %s", cases[i].sql, names, cases[i].names);
		free(names);
	}
}

/* What users change without touching the state, and how the planner gets there. */
static void test_same(void **state)
{
	static const struct {
		const char *one, *other;
	} cases[] = {
	    {"SELECT a, SUM(twice) FROM costly WHERE b > 5 GROUP BY a",
	     "SELECT 'x', 7, z.auction AS k, SUM(price * 2) AS s FROM bid z WHERE bidder > 5 AND "
	     "price > 10 GROUP BY auction HAVING SUM(price * 2) > 3"},
	    {"SELECT channel, COUNT(*), MAX(price) FROM (SELECT * FROM bid WHERE price > 1) WHERE "
	     "bidder = 2 GROUP BY channel",
	     "SELECT COUNT(*) + 1, channel, MAX(price) FROM bid WHERE bidder = 2 AND price > 1 "
	     "GROUP "
	     "BY channel"},
	    {"SELECT x.price, x.channel FROM bid x JOIN auction y ON x.auction = y.id",
	     "SELECT y.seller FROM bid AS l JOIN auction AS y ON l.auction = y.id"},
	    {"SELECT r.x, SUM(r.y.z) FROM nested GROUP BY r.x",
	     "SELECT SUM(a.r.y.z) AS s FROM (SELECT r, n AS twice FROM nested) a GROUP BY a.r.x "
	     "HAVING "
	     "SUM(a.r.y.z) > 1"},
	    {"SELECT window_end, COUNT(*) FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(ts), INTERVAL "
	     "'1' "
	     "MINUTE)) GROUP BY window_start, window_end",
	     "SELECT COUNT(*) FROM (SELECT 1 AS x1, * FROM TABLE(TUMBLE(TABLE bid, "
	     "DESCRIPTOR(ts), "
	     "INTERVAL '60' SECOND))) GROUP BY window_start, window_end"},
	};

	(void)state;
	for (size_t i = 0; i < WR_COUNT(cases); i++) {
		struct wr_plan_options options = {0};
		char *one = names_of(cases[i].one, &options);

		for (int pass = -1; pass < WR_PASS_COUNT; pass++) {
			char *other;

			options = (struct wr_plan_options){0};
			if (pass >= 0)
				options.off[pass] = true;
			other = names_of(cases[i].other, &options);
			if (strcmp(one, other) != 0)
				fail_msg("%s (without %s)\n  has  %s\n  want %s", cases[i].other,
					 pass < 0 ? "nothing" : wr_pass_name((enum wr_pass)pass),
					 other, one);
			free(other);
		}
		free(one);
	}
}

/* What makes other state of it. */
static void test_different(void **state)
{
	static const char *const cases[] = {
	    "SELECT SUM(price) FROM bid GROUP BY channel",
	    "SELECT SUM(price) FROM bid GROUP BY bidder",
	    "SELECT SUM(price) FROM bid GROUP BY channel, bidder",
	    "SELECT SUM(price) FROM bid WHERE price > 1 GROUP BY channel",
	    "SELECT SUM(price) FROM bid WHERE price > 2 GROUP BY channel",
	    "SELECT SUM(price) FROM bid GROUP BY UPPER(channel)",
	    "SELECT SUM(seller) FROM auction GROUP BY category",
	    "SELECT SUM(price) FROM bid GROUP BY channel, TUMBLE(ts, INTERVAL '1' SECOND)",
	    "SELECT SUM(price) FROM bid GROUP BY channel, TUMBLE(ts, INTERVAL '2' SECOND)",
	    "SELECT SUM(price) FROM bid GROUP BY channel, SESSION(ts, INTERVAL '2' SECOND)",
	    "SELECT SUM(price) FROM bid GROUP BY channel, HOP(ts, INTERVAL '1' SECOND, INTERVAL "
	    "'2' "
	    "SECOND)",
	    "SELECT SUM(x.price) FROM bid x JOIN bid y ON x.bidder = y.auction GROUP BY x.channel",
	    "SELECT SUM(x.price) FROM bid x JOIN bid y ON x.bidder = y.auction GROUP BY y.channel",
	    "SELECT SUM(x.price) FROM bid x LEFT JOIN bid y ON x.bidder = y.auction GROUP BY "
	    "y.channel",
	};
	static const struct wr_plan_options options;
	char *names[WR_COUNT(cases)];

	(void)state;
	for (size_t i = 0; i < WR_COUNT(cases); i++) {
		names[i] = names_of(cases[i], &options);
		for (size_t k = 0; k < i; k++)
			if (strcmp(names[k], names[i]) == 0)
				fail_msg("%s\n%s\n  both %s", cases[k], cases[i], names[i]);
	}
	for (size_t i = 0; i < WR_COUNT(cases); i++)
		free(names[i]);
}

/* A name has a bound, and its end still tells texts apart. */
static void test_long(void **state)
{
	static const struct wr_plan_options options;
	struct wr_text sql;
	char *names[2];

	(void)state;
	wr_text_init(&sql);
	for (int n = 0; n < 2; n++) {
		wr_text_clear(&sql);
		wr_text_puts(&sql, "SELECT COUNT(*) FROM bid WHERE price > 0");
		for (int i = 0; i < 300; i++)
			wr_text_printf(&sql, " AND price <> %d", i);
		wr_text_printf(&sql, " AND price <> %d GROUP BY channel", 1000 + n);
		names[n] = names_of(wr_text_str(&sql), &options);
		assert_true(strlen(names[n]) < 1000);
	}
	assert_string_not_equal(names[0], names[1]);
	free(names[0]);
	free(names[1]);
	wr_text_release(&sql);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_texts),
	    cmocka_unit_test(test_same),
	    cmocka_unit_test(test_different),
	    cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

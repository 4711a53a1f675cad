# SPDX-License-Identifier: Apache-2.0
"""folding_suite - rows of hot keys are folded before the exchange or not: the answer is the same, late rows are counted alike.

Queries over the generator, with a key that has half of all rows, with few keys, and with none twice.
"""
import os
import re

import harness

EVENTS = """CREATE TABLE events (
  event_type INT, bid ROW<auction BIGINT, bidder BIGINT, price BIGINT, `dateTime` TIMESTAMP(3)>,
  ts AS bid.`dateTime` - MAKE_INTERVAL,
  WATERMARK FOR ts AS ts - INTERVAL '1' SECOND
) WITH ('connector' = 'nexmark', 'events.num' = '60000', 'person.proportion' = '0', 'auction.proportion' = '0');
CREATE VIEW bid AS SELECT bid.auction, bid.bidder, bid.price, ts FROM events;
CREATE VIEW keyed AS SELECT {key} AS k, price, auction, ts FROM bid;
"""
KEYS = {"hot": "CASE WHEN MOD(price, 2) = 0 THEN -1 ELSE MOD(price, 5000) END", "few": "MOD(price, 13)",
        "many": "price", "three": "CASE WHEN MOD(price, 9) < 7 THEN MOD(price, 3) ELSE MOD(price, 9000) END"}
QUERIES = {
    "group": "SELECT k, COUNT(*) AS n, SUM(price) AS s, MIN(price) AS lo, MAX(auction) AS hi, AVG(price) AS a FROM keyed GROUP BY k",
    "global": "SELECT COUNT(*) AS n, SUM(price) AS s, MAX(k) AS hi FROM keyed",
    "distinct": "SELECT DISTINCT k FROM keyed",
    "filter": "SELECT k, COUNT(*) FILTER (WHERE MOD(price, 3) = 0) AS n, COUNT(DISTINCT auction) AS d FROM keyed GROUP BY k",
    "again": "SELECT MOD(k, 10) AS m, SUM(n) AS n, COUNT(*) AS c FROM (SELECT k, COUNT(*) AS n FROM keyed GROUP BY k) GROUP BY MOD(k, 10)",
    "tumble": "SELECT k, window_end, COUNT(*) AS n, SUM(price) AS s, MAX(price) AS hi FROM TABLE(TUMBLE(TABLE keyed, "
              "DESCRIPTOR(ts), INTERVAL '1' SECOND)) GROUP BY k, window_start, window_end",
    "hop": "SELECT k, window_end, COUNT(*) AS n, SUM(price) AS s FROM TABLE(HOP(TABLE keyed, DESCRIPTOR(ts), INTERVAL '1' SECOND, "
           "INTERVAL '3' SECOND)) GROUP BY k, window_start, window_end",
    "cumulate": "SELECT window_end, COUNT(*) AS n, SUM(price) AS s FROM TABLE(CUMULATE(TABLE keyed, DESCRIPTOR(ts), "
                "INTERVAL '1' SECOND, INTERVAL '4' SECOND)) GROUP BY window_start, window_end",
}


def run(env, script, phase, rows, workers):
    done = env.weir("run", "--result", "final", "--format", "tsv", "--parallelism", str(workers), "--set",
                    f"weir.batch.max-rows={rows}", "--set", f"table.optimizer.agg-phase-strategy={phase}", script, check=0)
    return done.stdout.split("\n")[:-1], re.search(r"late (\d+)", done.stderr).group(1)


def one(env, key, name):
    script = os.path.join(env.folder(f"folding_{key}_{name}"), "q.sql")
    events = EVENTS.format(key=KEYS[key]).replace(
        "bid.`dateTime` - MAKE_INTERVAL", "TIMESTAMPADD(SECOND, CAST(0 - MOD(bid.price, 3) AS INT), bid.`dateTime`)")
    with open(script, "w", encoding="utf-8") as file:
        file.write(f"{events}{QUERIES[name]};\n")
    want, late = run(env, script, "ONE_PHASE", 4096, 1)
    if len(want) < 2 or (name == "tumble" and late == "0"):
        raise harness.Failure(f"{len(want)} lines, {late} late")
    for phase, rows, workers in (("AUTO", 4096, 3), ("AUTO", 700, 2), ("TWO_PHASE", 4096, 2), ("ONE_PHASE", 4096, 2)):
        got, count = run(env, script, phase, rows, workers)
        what = f"{phase}, batch {rows}, workers {workers}"
        harness.compare_results(got, want, what)
        if count != late:
            raise harness.Failure(f"{what}: {count} late rows, wanted {late}")


def cases(env):
    for key in KEYS:
        for name in QUERIES:
            if key in ("hot", "few") or name in ("group", "tumble", "again"):
                yield f"folding/{key}/{name}", (lambda k=key, n=name: one(env, k, n))

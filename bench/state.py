#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""state.py - state larger than memory: what a GROUP BY costs when its keys have room in memory, and when they have not.

Usage: ./dev bench state [--keys N] [--rows N] [--workers N] [--times N] [--dir DIR] [proof]

Each row of a generated table has one of N keys of 100 bytes, any with the same chance; COUNT and SUM per key go to blackhole.
Rates are rows per second of CPU time (user + system, of all threads): source, key and sink are in them. The first case has
no bound, the second a cache on disk with room for all, the third one with room for a tenth of what the first one used.

`proof`: 20,000,000 keys with 'weir.memory.limit' = 512 MB. Each key comes once, then half as many rows come with random ones;
COUNT and SUMs over all groups must be right, and the peak memory below the limit. --keys makes it smaller.
"""
import argparse
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
WEIR = os.path.join(os.path.dirname(HERE), "build", "weir")
FAST = "'connector' = 'datagen', 'rows-per-second' = '1000000000', 'number-of-rows' = '{rows}'"
RANDOM = "'fields.k.kind' = 'random', 'fields.k.min' = '1', 'fields.k.max' = '{keys}', 'fields.v.min' = '1', 'fields.v.max' = '1'"
EACH = "'fields.k.kind' = 'sequence', 'fields.k.start' = '1', 'fields.k.end' = '{keys}', 'fields.v.min' = '1', 'fields.v.max' = '1'"
GROUPS = """SELECT k, COUNT(*) AS c, SUM(v) AS s FROM (SELECT LPAD(CAST(k AS STRING), 100, 'key-') AS k, v FROM {source}) GROUP BY k"""


def table(name, what, keys, rows):
    return f"CREATE TABLE {name} (k BIGINT, v BIGINT) WITH ({FAST.format(rows=rows)}, {what.format(keys=keys)});\n"


def run(script, workers, settings):
    """Runs a script; its output, CPU seconds, wall seconds and peak MB."""
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file, tempfile.NamedTemporaryFile("r") as times:
        file.write(script)
        file.flush()
        words = [word for pair in settings.items() for word in ("--set", "=".join(pair))]
        done = subprocess.run(["/usr/bin/time", "-o", times.name, "-f", "%U %S %e %M", WEIR, "run", "--quiet", "--result", "final",
                               "--format", "tsv", "--parallelism", str(workers), *words, file.name], capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(done.stderr)
        user, system, wall, peak = map(float, times.read().split()[-4:])
        return done.stdout, user + system, wall, peak / 1024


def rates(options, folder):
    script = table("source", RANDOM, options.keys, options.rows)
    script += "CREATE TABLE thrown_away (k STRING, c BIGINT, s BIGINT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'blackhole');\n"
    script += "INSERT INTO thrown_away " + GROUPS.format(source="source") + ";\n"
    disk = {"state.backend.type": "rocksdb", "weir.state.spill.dir": folder}
    size = None
    print(f"{options.keys} keys of 100 bytes, {options.rows} rows, {options.workers} workers\n")
    print("| state | CPU s | wall s | rows/s by CPU | peak MB |\n|---|--:|--:|--:|--:|")
    for name in ("in memory", "on disk, all in the cache", "on disk, ten times the cache"):
        settings = {}
        if size is not None:
            settings = dict(disk, **{"weir.state.cache-size": f"{int(size * 2 if 'all' in name else size / 10)}mb"})
        best = min((run(script, options.workers, settings) for _ in range(options.times)), key=lambda one: one[1])
        size = size or best[3] - 15
        print(f"| {name} | {best[1]:.2f} | {best[2]:.2f} | {options.rows / best[1]:,.0f} | {best[3]:.0f} |", flush=True)


def proof(options, folder):
    keys, more = options.keys, options.keys // 2
    script = table("each_key", EACH, keys, keys) + table("again", RANDOM, keys, more)
    script += f"SELECT COUNT(*) AS n, SUM(c) AS c, SUM(s) AS s FROM ({GROUPS.format(source='(SELECT * FROM each_key UNION ALL SELECT * FROM again)')});"
    out, cpu, wall, peak = run(script, options.workers, {"weir.memory.limit": "512mb", "weir.state.spill.dir": folder})
    good = out.split("\n")[-2] == f"{keys}\t{keys + more}\t{keys + more}"
    print(f"{keys} keys of 100 bytes, {keys + more} rows, 512 MB: result {'right' if good else 'WRONG: ' + out}, peak {peak:.0f} MB, "
          f"CPU {cpu:.1f} s, wall {wall:.1f} s, {(keys + more) / cpu:,.0f} rows/s by CPU")
    return 0 if good and peak <= 512 else 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("what", nargs="?", choices=["rates", "proof"], default="rates")
    parser.add_argument("--keys", type=int)
    parser.add_argument("--rows", type=int, default=10000000)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--times", type=int, default=2)
    parser.add_argument("--dir", default=None)
    options = parser.parse_args()
    options.keys = options.keys or (20000000 if options.what == "proof" else 2000000)
    folder = tempfile.mkdtemp(dir=options.dir, prefix="weir-bench-")
    try:
        return proof(options, folder) if options.what == "proof" else rates(options, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())

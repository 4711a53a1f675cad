#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""nexmark.py - measures the Nexmark queries and prints them beside Flink's figures; nothing passes or fails.

Usage: ./dev bench nexmark [--from generator|file] [--events N] [--times N] [--workers N] [QUERY...]

Each query is nexmark/generator.sql (or file.sql), views.sql and qN.sql as one script whose sink is blackhole. Events per
second are by wall time of the whole process, its start included; the best of --times runs counts. FLINK holds events per
second of Flink 2.1.3 with two slots on two such cores (parallelism 2, mini-batch, object reuse, heap state, -Xmx8g; job
time only; the file in a warm JVM) and its peak memory in MB.
"""
import argparse
import math
import os
import subprocess
import sys

import run

FLINK = {  # query: generator events/s, MB, file events/s, MB
    "q0": (1401345, 1678, 358809, 1525), "q1": (1384083, 1650, 377644, 1203), "q2": (1517451, 1939, 357654, 1303),
    "q3": (1254863, 3819, 307031, 1918), "q4": (279010, 8290, 131182, 4227), "q5": (642096, 3220, 281849, 1675),
    "q7": (170809, 8082, 84638, 5572), "q8": (897666, 3130, 294464, 1610), "q9": (110662, 8728, 88269, 4897),
    "q10": (494438, 1745, 220022, 1407), "q11": (520373, 2721, 188573, 1964), "q14": (1460920, 2070, 307692, 1294),
    "q15": (407664, 3320, 146156, 1941), "q16": (58220, 9015, 46871, 5830), "q17": (622355, 4729, 234082, 2031),
    "q18": (330229, 7636, 164853, 3437), "q19": (317299, 7724, 124378, 3797), "q20": (252838, 8161, 132591, 4146),
    "q21": (590702, 1661, 216029, 1503), "q22": (1118318, 1890, 326797, 1468),
}
NEXMARK = os.path.join(run.HERE, "nexmark")


def text(name):
    with open(os.path.join(NEXMARK, name + ".sql"), encoding="utf-8") as file:
        return file.read()


def make_file(weir, events):
    """bench/data/nexmark.json with that many events, written by weir itself; made again for another number."""
    path, note = os.path.join(run.DATA, "nexmark.json"), os.path.join(run.DATA, "nexmark.rows")
    if os.path.exists(path) and os.path.exists(note) and open(note, encoding="ascii").read() == str(events):
        return path
    print(f"making {events} events ...", file=sys.stderr)
    script = os.path.join(run.DATA, "make.sql")
    with open(script, "w", encoding="utf-8") as file:
        file.write(text("generator") + text("make_file"))
    subprocess.run([weir, "run", "--quiet", "--parallelism", "1", "-v", f"EVENTS={events}", "-v", f"FILE={path}", script],
                   check=True)
    os.remove(script)
    with open(note, "w", encoding="ascii") as file:
        file.write(str(events))
    return path


def measure(weir, options, query, path):
    script = os.path.join(run.DATA, query + ".sql")
    with open(script, "w", encoding="utf-8") as file:
        file.write(text("file" if path else "generator") + text("views") + text(query))
    command = [weir, "run", "--parallelism", str(options.workers), "-v", f"EVENTS={options.events}"]
    done = run.best(command + (["-v", f"FILE={path}"] if path else []) + [script], options.times, lambda r: r.wall)
    os.remove(script)
    return done


def main():
    parser = argparse.ArgumentParser(prog="./dev bench nexmark", description="Measures the Nexmark queries.")
    parser.add_argument("queries", nargs="*", metavar="QUERY", help=" ".join(FLINK) + " (default: all)")
    parser.add_argument("--build", default="build", help="folder of the build to measure")
    parser.add_argument("--from", dest="source", choices=["generator", "file"], default="generator")
    parser.add_argument("--events", type=int, default=None, help="default: 10000000, from a file 1000000")
    parser.add_argument("--times", type=int, default=3, help="runs of each query")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    wrong = set(options.queries) - set(FLINK)
    if wrong:
        parser.error(f"there is no query {', '.join(sorted(wrong))}")
    options.events = options.events or (10000000 if options.source == "generator" else 1000000)
    weir = os.path.join(run.ROOT, options.build, "weir")
    os.makedirs(run.DATA, exist_ok=True)
    run.describe(weir, f"./dev bench nexmark{''.join(' ' + word for word in sys.argv[1:])}   ({options.events} events, "
                       f"{options.workers} workers, best of {options.times} by wall time)")
    path = make_file(weir, options.events) if options.source == "file" else None
    print("| query | wall s | CPU s | M events/s | Flink M events/s | ratio | peak MB | Flink MB | rows out |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|--:|")
    ratios = []
    for query in options.queries or FLINK:
        done = measure(weir, options, query, path)
        if not done.ok:
            print(f"| {query} | failed | | | | | | | |")
            print(done.text.strip(), file=sys.stderr)
            continue
        flink, flink_mb = FLINK[query][2:] if path else FLINK[query][:2]
        rate = options.events / done.wall
        ratios.append(rate / flink)
        print(f"| {query} | {done.wall:.2f} | {done.cpu:.2f} | {rate / 1e6:.2f} | {flink / 1e6:.2f} | {rate / flink:.1f} | "
              f"{done.rss_mb:.0f} | {flink_mb} | {done.rows_out} |", flush=True)
    if ratios:
        mean = math.exp(sum(math.log(ratio) for ratio in ratios) / len(ratios))
        print(f"geometric mean {mean:.1f} times Flink, lowest {min(ratios):.1f}")


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kafka.py - measures jobs over a real Kafka beside what librdkafka itself can do; nothing passes or fails.

Usage: ./dev bench kafka [--rows N] [--times N] [--seconds N] [--streams] [--checkpoints DIR] [throughput] [latency]

The broker runs on the same cores. Limits (bench/kafka/limit.c, latency.c) and jobs alternate; the best of the runs counts for
throughput, the run with the lowest p99 for latency. --streams measures Kafka Streams, too (bench/kafka/streams; needs Maven and Java).
--broker HOST:PORT takes a broker that is there instead of starting one. --checkpoints: where they go; a folder in memory shows
what is left without the disk.
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import time

import run

HERE = os.path.join(run.HERE, "kafka")
serial = 0


def build(name):
    """A C program of bench/kafka, compiled when its source, or client.h, is newer."""
    path, source = os.path.join(run.DATA, "kafka-" + name), os.path.join(HERE, name + ".c")
    if not os.path.exists(path) or os.path.getmtime(path) < max(os.path.getmtime(source), os.path.getmtime(os.path.join(HERE, "client.h"))):
        subprocess.run(["cc", "-O2", "-D_GNU_SOURCE", source, "-o", path, "-lrdkafka", "-lpthread"], check=True)
    return path


def streams(options):
    """The command of the Kafka Streams program, built by Maven."""
    out = os.path.join(run.DATA, "kafka-streams")
    if not os.path.exists(os.path.join(out, "lib")):
        subprocess.run(["mvn", "-q", "-B", "-f", os.path.join(HERE, "streams", "pom.xml"), f"-Dbench.out={out}", "package",
                        "dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={out}/lib"], check=True)
    return ["java", "-Xmx2g", "-cp", f"{out}/kafka-streams-bench-1.jar:{out}/lib/*", "Bench", options.broker]


def said(command):
    """Standard output of a program, which must succeed."""
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit code {done.returncode}")
    return done.stdout


def topic(options, name):
    """A topic of 4 partitions that was not there."""
    global serial
    serial += 1
    name = f"{name}-{os.getpid()}-{serial}"
    options.kafka.create_topic(name, 4)
    time.sleep(1)  # until the partitions have leaders
    return name


def weir(options, script, sets=(), **variables):
    """The command of a job."""
    command = [os.path.join(run.ROOT, options.build, "weir"), "run", "--quiet"]
    for name, value in {"BROKER": options.broker, **variables}.items():
        command += ["-v", f"{name}={value}"]
    for one in sets:
        command += ["--set", one]
    return command + [os.path.join(HERE, script)]


def checkpoints(options, interval):
    return [f"execution.checkpointing.interval={interval}", f"execution.checkpointing.dir={options.checkpoints}"]


def timed(options, command):
    """(wall seconds, CPU seconds) of a command that must succeed."""
    shutil.rmtree(options.checkpoints, ignore_errors=True)
    done = run.Run(command)
    if not done.ok:
        sys.exit(f"{' '.join(command)}\n{done.text[-2000:]}")
    return done.wall, done.cpu


def throughput(options):
    """One table: messages per second of the limits and of the jobs."""
    limit, rows = build("limit"), options.rows
    plain, keyed = topic(options, "clicks"), topic(options, "keyed")
    data = run.make_input(rows)
    said([limit, "fill", options.broker, plain, data])
    said([limit, "fill", options.broker, keyed, data, "keyed"])
    best = {}

    def note(name, wall, cpu):
        if name not in best or wall < best[name][0]:
            best[name] = (wall, cpu)

    for _ in range(options.times):
        note("librdkafka reads", *timed(options, [limit, "read", options.broker, plain, str(rows)]))
        note("librdkafka writes", *timed(options, [limit, "write", options.broker, topic(options, "out"), str(rows)]))
        note("librdkafka reads, writes the large amounts", *timed(options, [limit, "copy", options.broker, plain, topic(options, "out"), str(rows)]))
        note("filter, at least once", *timed(options, weir(options, "filter.sql", IN=plain, OUT=topic(options, "out"), GUARANTEE="at-least-once")))
        note("filter, at least once, checkpoints every 1 s",
             *timed(options, weir(options, "filter.sql", checkpoints(options, "1s"), IN=plain, OUT=topic(options, "out"), GUARANTEE="at-least-once")))
        note("filter, exactly once, checkpoints every 1 s",
             *timed(options, weir(options, "filter.sql", checkpoints(options, "1s"), IN=plain, OUT=topic(options, "out"), GUARANTEE="exactly-once")))
        note("windowed count", *timed(options, weir(options, "count.sql", IN=plain)))
        note("windowed count of the keyed topic, checkpoints every 1 s", *timed(options, weir(options, "count.sql", checkpoints(options, "1s"), IN=keyed)))
    if options.streams:
        folder = os.path.join(run.DATA, "kafka-streams-state")
        for name, job, source in (("Kafka Streams, filter", "filter", plain), ("Kafka Streams, windowed count, keyed topic", "window", keyed)):
            for threads in ("1", "2"):
                text = said(streams(options) + [job, source, topic(options, "out"), str(rows), threads, folder])
                note(f"{name}, {threads} threads", float(re.search(r"([\d.]+) s ", text)[1]), 0)
        shutil.rmtree(folder, ignore_errors=True)
    print("\n| | messages/s | wall s | CPU s |\n|---|--:|--:|--:|")
    for name, (wall, cpu) in best.items():
        print(f"| {name} | {rows / wall / 1e6:.2f} M | {wall:.2f} | {f'{cpu:.2f}' if cpu else ''} |")
    ratio = best["librdkafka reads, writes the large amounts"][0] / best["filter, at least once"][0]
    print(f"\nfilter: {100 * ratio:.0f} % of the limit; exactly once against at least once (both with checkpoints): "
          f"{100 * (best['filter, exactly once, checkpoints every 1 s'][0] / best['filter, at least once, checkpoints every 1 s'][0] - 1):+.0f} % time")


def latency(options):
    """One table: milliseconds from one topic to another."""
    program = build("latency")
    size = [str(options.rate), str(options.seconds)]
    print(f"\n{options.rate} messages/s, {options.seconds} s; ms\n\n| | p50 | p99 | p99.9 |\n|---|--:|--:|--:|", flush=True)

    def line(name, command, *flags):
        texts = []
        for _ in range(options.times):
            shutil.rmtree(options.checkpoints, ignore_errors=True)
            source, sink = topic(options, "in"), topic(options, "out")
            child = subprocess.Popen(command(source, sink)) if command else None
            if child:
                time.sleep(8 if "Streams" in name else 2)
            texts.append(said([program, options.broker, source, sink if child or "forward" in flags else source, *size, *flags]))
            if child:
                child.terminate()
                child.wait()
        found = [[float(x) for x in re.findall(r"p[\d.]+ ([\d.]+)", text)] for text in texts]
        p = min(found, key=lambda values: values[1])
        print(f"| {name} | {p[0]:.1f} | {p[1]:.1f} | {p[2]:.1f} |", flush=True)

    line("one hop, librdkafka", None)
    line("two hops, librdkafka", None, "forward")
    line("weir, at least once", lambda a, b: weir(options, "latency.sql", IN=a, OUT=b, GUARANTEE="at-least-once"))
    for interval in ("100ms", "20ms"):
        line(f"weir, exactly once, {interval}",
             lambda a, b: weir(options, "latency.sql", checkpoints(options, interval), IN=a, OUT=b, GUARANTEE="exactly-once"), "committed")
    if options.streams:
        folder = os.path.join(run.DATA, "kafka-streams-state")
        line("Kafka Streams, at least once", lambda a, b: streams(options) + ["filter", a, b, "0", "1", folder])
        line("Kafka Streams, exactly once, 100 ms", lambda a, b: streams(options) + ["filter", a, b, "0", "1", folder, "once", "100"], "committed")


class Given:
    """A broker that somebody else has started."""

    def __init__(self, broker):
        self.bootstrap = broker

    def create_topic(self, name, partitions):
        from confluent_kafka.admin import AdminClient, NewTopic
        admin = AdminClient({"bootstrap.servers": self.bootstrap})  # must live until the answer is there
        for future in admin.create_topics([NewTopic(name, partitions, 1)]).values():
            future.result()
        time.sleep(0.5)  # until the partitions have leaders


def main():
    parser = argparse.ArgumentParser(description="Measures jobs over Kafka.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="throughput latency (default: both)")
    parser.add_argument("--build", default="build")
    parser.add_argument("--broker", help="HOST:PORT of a broker that runs")
    parser.add_argument("--rows", type=int, default=5000000)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--rate", type=int, default=10000, help="messages per second, latency")
    parser.add_argument("--seconds", type=int, default=15, help="of each latency run")
    parser.add_argument("--checkpoints", default=os.path.join(run.DATA, "kafka-checkpoints"), metavar="DIR")
    parser.add_argument("--streams", action="store_true", help="measure Kafka Streams, too")
    options = parser.parse_args()
    os.makedirs(run.DATA, exist_ok=True)
    sys.path.insert(0, os.path.join(run.ROOT, "tests"))
    import servers
    servers.with_clients()
    if options.broker:
        options.kafka = Given(options.broker)
    else:
        options.kafka = servers.kafka(fresh=True, heap="1g", jit=True)
        options.broker = options.kafka.bootstrap
    run.describe(os.path.join(run.ROOT, options.build, "weir"), f"./dev bench {' '.join(['kafka'] + sys.argv[1:])}")
    if not options.names or "throughput" in options.names:
        throughput(options)
    if not options.names or "latency" in options.names:
        latency(options)
    shutil.rmtree(options.checkpoints, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""checkpoints.py - what checkpoints cost: jobs with and without them side by side, a gigabyte of state, and its restore.

Usage: ./dev bench checkpoints [--times N] [--events N] [--keys N] [--rows N]

Runs with and without checkpoints alternate; the least CPU time and the least wall time of each count. Pauses are those that the job
reports (the longest time a worker spent on a checkpoint between two units of work). The restore is timed from the start of the
process to the fault point restore-loaded: all state is there, nothing has run. Nothing passes or fails.
"""
import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import run

STATE = """CREATE TABLE g (k BIGINT, v BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '1000000000', 'number-of-rows' = '{rows}',
  'fields.k.kind' = 'random', 'fields.k.min' = '1', 'fields.k.max' = '{keys}', 'fields.v.kind' = 'sequence', 'fields.v.start' = '1',
  'fields.v.end' = '1000000000000');
CREATE TABLE o (k BIGINT, c BIGINT, s BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO o SELECT k, COUNT(*), SUM(v) FROM g GROUP BY k;
"""


def job(weir, script, *args):
    """(CPU seconds, wall seconds, what was said) of one run."""
    with open(os.path.join(run.DATA, "stderr"), "w+b") as errors:
        begin = time.monotonic()
        child = subprocess.Popen([weir, "run", *args, script], stdout=subprocess.DEVNULL, stderr=errors)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - begin
        child.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        said = errors.read().decode()
    if child.returncode not in (0, 137):
        sys.exit(f"{script}: exit code {child.returncode}\n{said[-2000:]}")
    return usage.ru_utime + usage.ru_stime, wall, said


def compare(weir, name, script, interval, times, *args):
    """One line: without, with, by how much more."""
    folder = os.path.join(run.DATA, "checkpoints")
    plain, kept, pause, count = [], [], 0.0, 0
    for _ in range(times):
        plain.append(job(weir, script, *args)[:2])
        shutil.rmtree(folder, ignore_errors=True)
        cpu, wall, said = job(weir, script, *args, "--set", f"execution.checkpointing.interval={interval}",
                              "--set", f"execution.checkpointing.dir={folder}")
        kept.append((cpu, wall))
        found = re.search(r"checkpoints: (\d+), failed (\d+).*longest pause ([\d.]+) ms", said)
        count = max(count, int(found[1])) if found else count
        pause = max(pause, float(found[3])) if found else pause
    a, b = [min(r[0] for r in plain), min(r[1] for r in plain)], [min(r[0] for r in kept), min(r[1] for r in kept)]
    print(f"| {name} | {interval} | {count} | {a[1]:.2f} | {b[1]:.2f} | {100 * (b[1] / a[1] - 1):+.1f} % | {100 * (b[0] / a[0] - 1):+.1f} % | {pause:.1f} |",
          flush=True)


def restore(weir, script):
    """Kills a job that has a checkpoint of all its state, and times the restore."""
    folder = os.path.join(run.DATA, "checkpoints")
    shutil.rmtree(folder, ignore_errors=True)
    sets = ["--set", f"execution.checkpointing.dir={folder}"]
    child = subprocess.Popen([weir, "run", "--quiet", *sets, "--set", "execution.checkpointing.interval=10s", script], stderr=subprocess.DEVNULL)
    while child.poll() is None and not any(name.endswith(".manifest") for _, _, names in os.walk(folder) for name in names):
        time.sleep(0.1)
    child.send_signal(signal.SIGKILL)
    child.wait()
    size = sum(os.path.getsize(os.path.join(path, name)) for path, _, names in os.walk(folder) for name in names)
    os.environ["WEIR_FAULT"] = "restore-loaded"
    cpu, wall, _ = job(weir, script, "--quiet", *sets, "--restore", "latest")
    del os.environ["WEIR_FAULT"]
    print(f"\nRestore of the state of a killed job: {size / 1e6:.0f} MB of files, {wall:.2f} s (CPU {cpu:.2f} s)")
    shutil.rmtree(folder, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--keys", type=int, default=14000000)
    parser.add_argument("--rows", type=int, default=400000000)
    parser.add_argument("--events", type=int, default=30000000)
    options = parser.parse_args()
    weir = os.path.join(run.ROOT, "build", "weir")
    os.makedirs(run.DATA, exist_ok=True)
    run.describe(weir, f"./dev bench checkpoints {' '.join(sys.argv[1:])}")
    run.make_input(5000000)
    print("| job | interval | checkpoints | s without | s with | wall | CPU | longest pause ms |\n|---|--:|--:|--:|--:|--:|--:|--:|")
    os.chdir(run.DATA)
    args = ["-v", f"DATA={run.DATA}", "-v", f"OUT={run.DATA}/out.json", "-v", f"EVENTS={options.events}"]
    for name in ("clicks", "filter", "tumble"):  # half a second each
        compare(weir, name, os.path.join(run.HERE, name + ".sql"), "100ms", options.times, *args)
    for name in ("q1", "q5_count", "q4", "q18"):
        compare(weir, name, run.whole(f"nexmark/{name}.sql"), "1s", options.times, *args)
    state = os.path.join(run.DATA, "state.sql")
    with open(state, "w", encoding="utf-8") as file:
        file.write(STATE.format(rows=options.rows, keys=options.keys))
    compare(weir, f"{options.keys / 1e6:.0f} M keys", state, "10s", 1)
    restore(weir, state)


main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""library_crash - kills a program that uses the library (tests/library/two_phase.c) and looks at what its sink shows.

The program has sources, a keyed process function and a two-phase sink of its own. It runs once without any fault; then it is killed
(SIGKILL at a random moment, by itself in one of its callbacks, or at a fault point of the engine), started again from its latest checkpoint
with another number of workers, killed again, and so on until it ends. After every kill all rows that show are rows of the calm run, none
of them twice; at the end they are all of them, and nothing hidden is left.

  tests/library_crash.py BUILD [--rounds N] [--seed N] [--keep]    kills N times in all, moments and places at random
"""
import argparse
import collections
import os
import random
import shutil
import subprocess
import sys
import time

import crash
import harness

WORKERS = (1, 3)
RUN_SECONDS = 120  # more is a job that hangs
# Where the program kills itself (at): the steps of the sink first.
PHASES = ["prepare", "prepared", "commit", "committing", "committed"]
RESTORES = ["seek", "restore", "restored"]
STEPS = [*PHASES, *RESTORES, "read", "position", "element", "timer", "write", "close"]
# Fault points of the engine that a job with sinks of the program passes: src/base/fault.h.
POINTS = ["checkpoint-begun", "snapshot-begun", "sink-prepared", "segment-block", "checkpoint-acked", "segment-synced", "manifest-written",
          "manifest-renamed", "checkpoint-durable", "sink-committed", "checkpoint-done", "retention-step", "finish-prepared", "finish-durable",
          "finish-done", "restore-found", "restore-committed", "restore-sink", "restore-loaded"]
# A step that fails behind the prepare of the sink: the checkpoint is given up, and the job goes on.
GIVEN_UP = ["checkpoint-acked=error", "segment-synced=error", "manifest-written=error"]


class Program:
    """The program with its rows, in a folder of its own, and what it shows when nobody disturbs it."""

    def __init__(self, path, environ, folder, rows, under=()):
        self.path, self.environ, self.folder, self.rows, self.under = path, environ, folder, rows, list(under)
        self.count = 0
        calm, begin = os.path.join(folder, "calm"), time.monotonic()
        code, said = self.run(calm, 1)
        self.seconds = time.monotonic() - begin
        if code != 0:
            raise harness.Failure(f"without faults: exit code {code}\n{said[-3000:]}")
        self.want = self.shown(calm)
        if sum(self.want.values()) <= 4 * rows:
            raise harness.Failure(f"without faults: {sum(self.want.values())} rows of {4 * rows} and their windows")

    def run(self, folder, workers, seconds=None, step=(), fault=None):
        """(exit code, standard error) of a run, killed after some seconds if it has not ended."""
        os.makedirs(folder, exist_ok=True)
        environ = dict(self.environ, TMPDIR=self.folder)
        environ.pop("WEIR_FAULT", None)
        if fault:
            environ["WEIR_FAULT"] = fault
        command = [*self.under, self.path, os.path.join(folder, "out"), os.path.join(folder, "checkpoints"), str(workers), str(self.rows), *map(str, step)]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environ) as process:
            try:
                said = process.communicate(timeout=seconds or RUN_SECONDS)[1]
            except subprocess.TimeoutExpired:
                process.kill()
                said = process.communicate()[1]
                if seconds is None:
                    raise harness.Failure(f"it did not end within {RUN_SECONDS} s\n{said.decode()[-2000:]}")
        return process.returncode, said.decode("utf-8", "replace")

    def shown(self, folder):
        """The rows that are visible, each with how often it is there."""
        found, out = collections.Counter(), os.path.join(folder, "out")
        for name in sorted(os.listdir(out)) if os.path.isdir(out) else []:
            if name.startswith("."):
                continue
            with open(os.path.join(out, name), encoding="utf-8") as file:
                text = file.read()
            if text and not text.endswith("\n"):
                raise harness.Failure(f"{name} ends within a line")
            found.update(text.split("\n")[:-1])
        return found

    def check(self, folder, ended):
        shown = self.shown(folder)
        more, less = shown - self.want, self.want - shown
        if more or (ended and less):
            raise harness.Failure(f"{sum(shown.values())} rows show, wanted {sum(self.want.values())}\n  too many {sorted(more.elements())[:4]}\n"
                                  f"  missing {sorted(less.elements())[:4] if ended else ''}")
        hidden = [name for name in os.listdir(os.path.join(folder, "out")) if name.startswith(".")] if ended else []
        if hidden:
            raise harness.Failure(f"left behind: {hidden}")

    def disturb(self, plan):
        """Runs to the end through a plan of faults, dicts for `run` without the last; returns the faults that struck."""
        self.count += 1
        folder, story, struck = os.path.join(self.folder, f"disturbed-{self.count}"), [], []
        for fault in [*plan, {"workers": plan[-1]["workers"]}]:
            story.append(str(fault))
            try:
                code, said = self.run(folder, **fault)
                if code not in (0, *crash.KILLED):
                    raise harness.Failure(f"exit code {code}\n{said[-3000:]}")
                self.check(folder, ended=code == 0)
            except harness.Failure as failure:
                raise harness.Failure(f"{' | '.join(story)}\n{failure}\n  folder {folder}")
            if code == 0:
                break
            struck.append(fault)
        shutil.rmtree(folder)
        return struck


def drawn(r, seconds):
    """A fault at random: mostly a moment, else a place, sometimes while checkpoints are given up."""
    fault, draw = {"workers": r.choice(WORKERS)}, r.random()
    if draw < 0.5:
        fault["seconds"] = r.random() * seconds
    elif draw < 0.75:
        fault["step"] = (r.choice(STEPS), r.randrange(1, 5))
    elif draw < 0.9:
        fault["fault"] = f"{r.choice(POINTS)}:{r.randrange(1, 4)}"
    else:
        fault.update(seconds=(0.3 + r.random()) * seconds, fault=f"{r.choice(GIVEN_UP)}:{r.randrange(1, 4)}")
    return fault


def compiled(build, folder):
    """The program, built as a user would, but against the library of a build folder; and its environment."""
    path = os.path.join(folder, "two_phase")
    command = ["cc", "-std=c17", "-O1", "-g", "-I", os.path.join(harness.ROOT, "include"), os.path.join(harness.ROOT, "tests", "library", "two_phase.c"),
               "-o", path, "-L", build, "-lweir", f"-Wl,-rpath,{build}"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise harness.Failure(done.stderr)
    return path, dict(os.environ, LC_ALL="C.UTF-8", TZ="UTC")


def long_run(build, scratch, options):
    r, kills, runs, begin = random.Random(options.seed), 0, 0, time.monotonic()
    path, environ = compiled(build, scratch)
    places = collections.Counter()
    program = Program(path, environ, scratch, 6000)
    while kills < options.rounds:
        for fault in program.disturb([drawn(r, program.seconds / 2) for _ in range(r.randrange(1, 12))]):
            places[fault.get("step", (fault.get("fault", "a moment").split(":")[0],))[0]] += 1
            kills += 1
        runs += 1
        print(f"\r{kills} kills in {runs} runs, {time.monotonic() - begin:.0f} s", end="", file=sys.stderr, flush=True)
    print(f"\nlibrary: {kills} kills in {runs} runs, every row once (seed {options.seed})\n  " +
          ", ".join(f"{place} {count}" for place, count in places.most_common()))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true", help="leave the folder of a failing run")
    options = parser.parse_args()
    return crash.in_scratch("library", options.keep, lambda scratch: long_run(os.path.join(harness.ROOT, options.build), scratch, options))


if __name__ == "__main__":
    sys.exit(main())

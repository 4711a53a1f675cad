#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""run.py - runs every test and closes with one line: N passed, N failed.

  --build DIR      the build to test (default: build)
  --sanitize       the build has sanitizers: fewer modes per case, same cases
  --valgrind       programs run under valgrind: few modes, and unless --only says otherwise what touches the C library (LIBRARY)
  --only WORD      only tests whose name contains WORD; may come again
  --list           names only
  --slow SECONDS   also prints the tests that take longer
  --again COUNT    when COUNT tests or fewer fail, without a crash or a sanitizer's report, each gets a second try, alone and in a fresh folder;
                   what passes then is named as unsteady: it counts as passed, and is to be mended (CONTRIBUTING.md)
"""
import argparse
import concurrent.futures
import importlib
import os
import shutil
import signal
import sys
import tempfile
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness  # noqa: E402
import servers  # noqa: E402

FIRST = ["unit_suite", "tidy_suite"]  # what fails there explains what fails later
SUITES = FIRST + sorted(name[:-3] for name in os.listdir(os.path.dirname(os.path.abspath(__file__)))
                        if name.endswith("_suite.py") and name[:-3] not in FIRST)


LIBRARY = ["unit/engine/", "unit/op/user", "unit/data/arrow", "library/", "functions/", "plugin/"]


def run_case(case):
    name, function = case
    begin = time.monotonic()
    try:
        function()
        return name, "pass", "", time.monotonic() - begin
    except harness.Skip as skip:
        return name, "skip", str(skip), 0
    except harness.Failure as failure:
        return name, "fail", str(failure), 0
    except Exception:  # a broken test is a failed test
        return name, "fail", traceback.format_exc(), 0


def collect(env, only):
    found = []
    for suite in SUITES:
        path = os.path.join(harness.ROOT, "tests", suite + ".py")
        if os.path.exists(path):
            found += importlib.import_module(suite).cases(env)
    return [case for case in found if not only or any(word in case[0] for word in only)]


def run_cases(cases, threads, slow=None):
    """Runs them side by side, prints what fails or takes longer than `slow` seconds; returns how many passed and were skipped, and what failed."""
    counts, skipped, failed = {"pass": 0, "skip": 0}, {}, {}
    pool = concurrent.futures.ThreadPoolExecutor(threads)
    for name, result, text, seconds in pool.map(run_case, cases):
        if slow is not None and seconds > slow:
            print(f"{seconds:6.1f} s {name}", flush=True)
        if result == "fail":
            failed[name] = text
            print(f"FAIL {name}\n{text}\n", flush=True)
            continue
        counts[result] += 1
        if result == "skip":
            skipped.setdefault(text, []).append(name)
    for text, names in sorted(skipped.items()):
        print(f"skipped {len(names)}: {text}")
    if failed:
        print(f"failed: {', '.join(failed)}", flush=True)
    return counts, failed


def may_try_again(failed, limit):
    """Few failed, and what a sanitizer finds or a signal ends is a defect however seldom it comes."""
    certain = ("Sanitizer", "runtime error:", "dumped core", "SIGSEGV", "SIGABRT", "exit code -")
    return 0 < len(failed) <= limit and not any(word in text for text in failed.values() for word in certain)


def second_try(failed, cases):
    """Runs alone what failed beside others; returns how many passed, and what failed again."""
    counts, still = run_cases([case for case in cases if case[0] in failed], 1)
    for name in failed:
        if name not in still:
            print(f"unsteady: {name} (it failed above, and passed alone)", flush=True)
    return counts["pass"], still


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", default="build")
    parser.add_argument("--sanitize", action="store_true")
    parser.add_argument("--valgrind", action="store_true")
    parser.add_argument("--only", action="append")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--slow", type=float)
    parser.add_argument("-j", type=int, default=(os.cpu_count() or 1) + 1)  # about half the time is waiting for servers
    parser.add_argument("--again", type=int, default=0)
    options = parser.parse_args()

    def find(folder):
        env = harness.Env(options.build, options.sanitize, folder, options.valgrind)
        return collect(env, options.only or (LIBRARY if options.valgrind else None))

    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it, and what they start would, too
    servers.with_clients()
    scratch = tempfile.mkdtemp(prefix="weir-tests-")
    servers.begin(scratch)
    stopped = False
    try:
        cases = find(scratch)
        if options.list:
            print("\n".join(name for name, _ in cases))
            return 0
        counts, failed = run_cases(cases, options.j, options.slow)
        if may_try_again(failed, options.again):
            passed, failed = second_try(failed, find(os.path.join(scratch, "again")))
            counts["pass"] += passed
    except KeyboardInterrupt:
        print("stopped", flush=True)
        stopped = True
    finally:
        servers.stop_all()
        shutil.rmtree(scratch, ignore_errors=True)
    if stopped:
        os._exit(130)  # without waiting for the tests that still run
    print(f"{counts['pass']} passed, {len(failed)} failed")
    return 1 if failed or not counts["pass"] else 0


if __name__ == "__main__":
    sys.exit(main())

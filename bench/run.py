#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""run.py - measures the jobs of this folder and prints one table; nothing passes or fails.

Usage: ./dev bench [--rows N] [--events N] [--times N] [--workers LIST] [NAME...]

Each job runs several times; the run with the least CPU time counts (user + system of the whole process). The file jobs
stand beside bench/reference.cpp, a program that does the same by hand with everything known at compile time: the
practical limit of one core, measured in the same session. Rows per second are input rows, by wall and by CPU time. The
peak of memory is never below that of this Python (about 15 MB), from which the processes are started.
"""
import argparse
import os
import platform
import re
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
DATA = os.path.join(HERE, "data")
SEED = 7

# name, script (those of nexmark/ follow its generator and views), mode of the reference (None: there is no such program)
JOBS = [
    ("clicks", "clicks.sql", "agg"),
    ("filter", "filter.sql", "filter"),
    ("tumble", "tumble.sql", None),
    ("hop", "hop.sql", None),
    ("events", "nexmark/events.sql", None),
    ("q1", "nexmark/q1.sql", None),
    ("q2", "nexmark/q2.sql", None),
    ("q5_count", "nexmark/q5_count.sql", None),
]
# run only when they are named: they take long
NAMED = [(name, f"nexmark/{name}.sql", None) for name in ("match_pair", "match_dip", "match_sum")]
START_RUNS = 20


class Run:
    """One finished process."""

    def __init__(self, command):
        with open(os.path.join(DATA, "stderr"), "w+b") as errors:
            begin = time.monotonic()
            child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors)
            _, status, usage = os.wait4(child.pid, 0)
            self.wall = time.monotonic() - begin
            child.returncode = os.waitstatus_to_exitcode(status)
            errors.seek(0)
            self.text = errors.read().decode("utf-8", "replace")
        self.cpu = usage.ru_utime + usage.ru_stime
        self.rss_mb = usage.ru_maxrss / 1024
        self.ok = child.returncode == 0
        found = re.search(r"rows in (\d+), rows out (\d+), late (\d+)", self.text) or re.search(
            r"rows (\d+) out (\d+) late (\d+)", self.text)
        self.rows_in, self.rows_out, self.late = (int(x) for x in found.groups()) if found else (0, 0, 0)


def best(command, times, key=lambda run: run.cpu):
    runs = []
    for _ in range(times):
        run = Run(command)
        if not run.ok:
            return run
        runs.append(run)
    return min(runs, key=key)


def build(source, compiler, *options):
    """Compiles into bench/data when the source is newer."""
    path = os.path.join(DATA, os.path.splitext(source)[0])
    source = os.path.join(HERE, source)
    if not os.path.exists(path) or os.path.getmtime(path) < os.path.getmtime(source):
        subprocess.run([compiler, *options, source, "-o", path] + (["-lm"] if compiler == "cc" else ["-lsimdjson"]),
                       check=True)
    return path


def make_input(rows):
    """bench/data/clicks-5m.json, made once; made again when another length is asked for."""
    path, note = os.path.join(DATA, "clicks-5m.json"), os.path.join(DATA, "clicks-5m.rows")
    if os.path.exists(path) and os.path.exists(note) and open(note, encoding="ascii").read() == str(rows):
        return path
    print(f"making {rows} clicks ...", file=sys.stderr)
    with open(path + ".part", "wb") as out:
        subprocess.run([build("clicks.c", "cc", "-O2"), str(rows), str(SEED)], stdout=out, check=True)
    os.replace(path + ".part", path)
    with open(note, "w", encoding="ascii") as file:
        file.write(str(rows))
    return path


def output(command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        return ""


def describe(weir, command):
    """What was measured, on what, and how to do it again."""
    model = re.search(r"Model name:\s*(.*)", output(["lscpu"]))
    memory = re.search(r"MemTotal:\s*(\d+)", open("/proc/meminfo", encoding="ascii").read())
    dirty = " with changes" if output(["git", "-C", ROOT, "status", "--porcelain", "--untracked-files=no"]) else ""
    print(f"machine: {model.group(1) if model else platform.machine()}, {os.cpu_count()} cores, "
          f"{int(memory.group(1)) / 2 ** 20:.0f} GiB, {platform.system()} {platform.release()}")
    print(f"versions: {output([weir, 'version']) or 'weir'} ({output(['git', '-C', ROOT, 'rev-parse', '--short', 'HEAD'])}"
          f"{dirty}), {output(['g++', '--version']).splitlines()[0]}, "
          f"simdjson {output(['pkg-config', '--modversion', 'simdjson'])}")
    print(f"command: {command}")


HEADER = ("job", "workers", "wall s", "CPU s", "/ reference", "peak MB", "M rows/s", "by CPU", "rows in", "rows out", "late")


def line(cells):
    print("| " + " | ".join(str(c).ljust(14) if i == 0 else str(c).rjust(11) for i, c in enumerate(cells)) + " |",
          flush=True)


def report(name, workers, run, reference):
    if not run.ok:
        line([name, workers, "failed"] + [""] * (len(HEADER) - 3))
        print(run.text.strip(), file=sys.stderr)
        return
    ratio = f"{run.cpu / reference.cpu:.2f}" if reference else "-"
    line([name, workers, f"{run.wall:.2f}", f"{run.cpu:.2f}", ratio, f"{run.rss_mb:.0f}",
          f"{run.rows_in / run.wall / 1e6:.2f}", f"{run.rows_in / run.cpu / 1e6:.2f}", run.rows_in, run.rows_out, run.late])
    if reference and (run.rows_out, run.late) != (reference.rows_out, reference.late):
        print(f"{name}: the reference wrote {reference.rows_out} rows and dropped {reference.late}", file=sys.stderr)


def whole(script):
    """The script to run: queries of nexmark/ are put behind the tables they are over."""
    if not script.startswith("nexmark/"):
        return os.path.join(HERE, script)
    path = os.path.join(DATA, "script.sql")
    with open(path, "w", encoding="utf-8") as out:
        for part in ("nexmark/generator.sql", "nexmark/views.sql", script):
            out.write(open(os.path.join(HERE, part), encoding="utf-8").read())
    return path


def measure(weir, options, path):
    """All jobs; returns {(name, workers): run}."""
    done = {}
    for name, script, mode in JOBS + NAMED:
        if name not in (options.names or [job[0] for job in JOBS]):
            continue
        reference = None
        if mode:
            reference = best([build("reference.cpp", "g++", "-O3", "-march=native"), mode, path,
                              os.path.join(DATA, "reference.out")], options.times)
            report(f"{name} by hand", 1, reference, None)
        for workers in options.workers:
            run = best([weir, "run", "--parallelism", str(workers), "-v", f"DATA={DATA}", "-v", f"EVENTS={options.events}",
                        "-v", f"OUT={os.path.join(DATA, name + '.json')}", whole(script)], options.times)
            report(name, workers, run, reference)
            done[name, workers] = run
    return done


def derived(done):
    """What follows from two jobs: the price of the windows that overlap, and what a second worker brings."""
    first = min((workers for _, workers in done), default=1)
    tumble, hop = done.get(("tumble", first)), done.get(("hop", first))
    if tumble and hop and tumble.ok and hop.ok and hop.cpu > tumble.cpu:
        rate = (hop.rows_out - tumble.rows_out) / (hop.cpu - tumble.cpu)
        print(f"closing windows: {rate / 1e6:.1f} M rows/s of CPU (what hop emits more than tumble, by what it costs more)")
    for (name, workers), run in sorted(done.items()):
        one = done.get((name, first))
        if workers != first and run.ok and one.ok:
            print(f"{name}: {workers} workers take {one.wall / run.wall:.2f} times less wall time than {first}")


def main():
    parser = argparse.ArgumentParser(description="Measures weir; prints a table.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=" ".join(job[0] for job in JOBS) + " start (default: all of these); "
                        + " ".join(job[0] for job in NAMED))
    parser.add_argument("--build", default="build", help="folder of the build to measure")
    parser.add_argument("--rows", type=int, default=5000000, help="clicks")
    parser.add_argument("--events", type=int, default=20000000, help="Nexmark events")
    parser.add_argument("--times", type=int, default=5, help="runs of each job")
    parser.add_argument("--workers", default=None, help="comma-separated (default: 1 and one per core)")
    options = parser.parse_args()
    wrong = set(options.names) - {job[0] for job in JOBS + NAMED} - {"start"}
    if wrong:
        parser.error(f"there is no job {', '.join(sorted(wrong))}")
    cores = os.cpu_count() or 1
    options.workers = sorted({1, cores}) if options.workers is None else [int(w) for w in options.workers.split(",")]
    weir = os.path.join(ROOT, options.build, "weir")
    os.makedirs(DATA, exist_ok=True)
    files = not options.names or {"clicks", "filter", "tumble", "hop"} & set(options.names)
    path = make_input(options.rows) if files else None
    describe(weir, f"./dev bench{''.join(' ' + word for word in sys.argv[1:])}   ({options.rows} clicks, "
                   f"{options.events} events, best of {options.times} by CPU time)")
    line(HEADER)
    line(["---"] + ["--:"] * (len(HEADER) - 1))
    derived(measure(weir, options, path))
    if not options.names or "start" in options.names:
        runs = [Run([weir, "run", "--quiet", "-e", "SELECT 1"]) for _ in range(START_RUNS)]
        walls = sorted(run.wall for run in runs)
        print(f"start to end of SELECT 1: best {walls[0] * 1e3:.1f} ms, median {walls[START_RUNS // 2] * 1e3:.1f} ms "
              f"of {START_RUNS}, peak {min(run.rss_mb for run in runs):.0f} MB")
    for name in ("stderr", "reference.out", "script.sql"):
        if os.path.exists(os.path.join(DATA, name)):
            os.remove(os.path.join(DATA, name))


if __name__ == "__main__":
    sys.exit(main())

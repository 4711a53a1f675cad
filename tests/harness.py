# SPDX-License-Identifier: Apache-2.0
"""harness - what all test suites share: running weir, comparing results, the modes that must not change an answer.

A suite is a module with `def cases(env)` that yields (name, function). A function passes by returning, fails by raising
Failure, and is skipped by raising Skip. Functions run side by side in threads: they must not change shared state.
"""
import json
import os
import re
import signal
import subprocess
import tempfile
import time
import zlib

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SHARED = os.path.join(os.path.dirname(ROOT), "shared")

# Every streaming test gives the same final answer in all of these (batch size, workers).
MODES = [(1, 1), (1, 2), (7, 5), (4096, 1), (4096, 2), (4096, 5), (7, 1)]
FEW_MODES = [(1, 2), (4096, 1), (4096, 5)]
# The job makes a checkpoint, is torn down and restored after every so many blocks (blocks, bytes of a block, workers).
RESTORED = [(1, 64, 1), (3, 200, 3)]


def options(mode):
    """A mode as options: (batch size, workers), or one of RESTORED."""
    if len(mode) == 2:
        return ["--set", f"weir.batch.max-rows={mode[0]}", "--parallelism", str(mode[1])]
    return ["--parallelism", str(mode[2]), "--set", f"weir.test.restore-every={mode[0]}", "--set", f"weir.source.block-size={mode[1]}b"]


def told(mode):
    """A mode for messages."""
    if len(mode) == 2:
        return f"batch {mode[0]}, workers {mode[1]}"
    return f"restored after every {mode[0]} blocks of {mode[1]} bytes, workers {mode[2]}"


class Failure(Exception):
    pass


class Skip(Exception):
    pass


# Errors are an exit code; threads that end with the process keep their own memory, which is no leak.
VALGRIND = ["valgrind", "--quiet", "--leak-check=full", "--errors-for-leak-kinds=definite,indirect", "--error-exitcode=99", "--fair-sched=yes"]


def sanitizers_of(build):
    """What the build was configured with: "address,undefined", "thread" or ""."""
    asked = subprocess.run(["meson", "introspect", "--buildoptions", build], capture_output=True, text=True)
    found = [option["value"] for option in json.loads(asked.stdout) if option["name"] == "b_sanitize"] if asked.returncode == 0 else []
    return "" if found in ([], ["none"]) else found[0]


class Env:
    """Where things are, for one run of the tests."""

    def __init__(self, build, sanitize, scratch, valgrind=False):
        self.build = os.path.join(ROOT, build)
        self.weir_path = os.path.join(self.build, "weir")
        self.sanitize = sanitize
        self.sanitizers = sanitizers_of(self.build) if sanitize else ""
        self.scratch = scratch
        self.modes = FEW_MODES if sanitize or valgrind else MODES
        self.valgrind = valgrind
        self.under = VALGRIND if valgrind else []  # what programs are started with
        self.patience = 20 if valgrind else 1  # how much longer they may take

    def compiled(self):
        """The compiler's options for a program that is linked with the library of this build."""
        return [f"-fsanitize={self.sanitizers}"] if self.sanitizers else []

    def sampled(self, name):
        """Whether a case that runs long is one of the sample for builds with sanitizers; always in others."""
        return not self.sanitize or zlib.crc32(name.encode()) % 5 == 0

    def folder(self, name):
        """A fresh folder for one test."""
        path = os.path.join(self.scratch, re.sub(r"[^A-Za-z0-9_.-]", "_", name))
        os.makedirs(path, exist_ok=True)
        return path

    def weir(self, *args, stdin=None, timeout=120, cwd=None, check=None, **more):
        """Runs weir; returns the finished process (text). `check`: the exit code that must come out; `more`: variables of its environment."""
        place = "/dev/shm" if os.access("/dev/shm", os.W_OK) else self.scratch  # where fsync is free
        environ = dict(os.environ, TMPDIR=place, ASAN_OPTIONS="detect_leaks=1:abort_on_error=0", UBSAN_OPTIONS="print_stacktrace=1",
                       LC_ALL="C.UTF-8", TZ="UTC", **more)
        try:
            done = subprocess.run([*self.under, self.weir_path, *args], input=stdin, capture_output=True, timeout=timeout * self.patience,
                                  cwd=cwd or ROOT, env=environ)
        except subprocess.TimeoutExpired:
            raise Failure(f"weir {' '.join(args)} did not end within {timeout} s")
        done.stdout = done.stdout.decode("utf-8", "surrogateescape")
        done.stderr = done.stderr.decode("utf-8", "surrogateescape")
        if self.valgrind and done.returncode == 99:
            raise Failure(f"valgrind\n{done.stderr[-6000:]}")
        if check is not None and done.returncode != check:
            raise Failure(f"exit code {done.returncode}, wanted {check}\n{done.stderr[-3000:]}")
        return done

    def start(self, *args, seconds=60, **environ):
        """Starts weir and goes on beside it: see Running."""
        return Running(self, args, seconds, environ)

    def final(self, script, variables=(), mode=(4096, 1), extra=()):
        """The final result of a script's SELECT as lines of tsv."""
        args = ["run", "--quiet", "--result", "final", "--format", "tsv", "--set", f"weir.batch.max-rows={mode[0]}",
                "--parallelism", str(mode[1]), *extra]
        for name, value in variables:
            args += ["-v", f"{name}={value}"]
        return self.weir(*args, script).stdout.split("\n")[:-1], None


def catches(process, number):
    """Whether a process has begun to handle a signal; before, the signal would end it as any other."""
    with open(f"/proc/{process.pid}/status", encoding="utf-8") as file:
        caught = next(line for line in file if line.startswith("SigCgt:")).split()[1]
    return int(caught, 16) >> (number - 1) & 1 == 1


def until(test, what, seconds=60):
    """Waits until the test is true."""
    limit = time.monotonic() + seconds
    while not test():
        if time.monotonic() > limit:
            raise Failure(f"waited {seconds} s for: {what}")
        time.sleep(0.01)


class Running:
    """A weir that runs beside the test, for jobs that wait or never end. At the end of a `with` it is killed if it is still there.

        with env.start("run", "--quiet", script) as job:
            job.until(lambda: len(kafka.consume(topic)) == 3, "three messages")
            job.until_said("cannot reach")
            job.stop()
    """

    def __init__(self, env, args, seconds, environ):
        self.seconds = seconds * env.patience  # what is waited for takes no longer
        self._said, self._shown = tempfile.TemporaryFile(), tempfile.TemporaryFile()
        self.process = subprocess.Popen([*env.under, env.weir_path, *args], stdin=subprocess.DEVNULL, stdout=self._shown, stderr=self._said, cwd=ROOT, env=dict(
            os.environ, TMPDIR=env.scratch, ASAN_OPTIONS="detect_leaks=1:abort_on_error=0", LC_ALL="C.UTF-8", TZ="UTC", **environ))

    @staticmethod
    def _text(file):
        return os.pread(file.fileno(), 1 << 26, 0).decode("utf-8", "surrogateescape")

    def said(self):
        """Standard error so far."""
        return self._text(self._said)

    def shown(self):
        """Standard output so far."""
        return self._text(self._shown)

    def until(self, test, what, ended=False):
        """Waits until the test is true; the job must not end before (`ended`: it may)."""
        limit = time.monotonic() + self.seconds
        while not test():
            gone = self.process.poll() is not None
            if gone and not ended and not test():
                raise Failure(f"ended with exit code {self.process.returncode} before: {what}\n{self.said()[-3000:]}")
            if time.monotonic() > limit:
                raise Failure(f"waited {self.seconds} s for: {what}\n{self.said()[-3000:]}")
            time.sleep(0.02)

    def until_said(self, words, times=1):
        """Waits until standard error has the words so many times."""
        self.until(lambda: self.said().count(words) >= times, f"'{words}' on standard error")

    def end(self, check=0):
        """Waits until it ends by itself; returns what it said on standard error."""
        self.until(lambda: self.process.poll() is not None, "the end of the job", ended=True)
        if check is not None and self.process.returncode != check:
            raise Failure(f"exit code {self.process.returncode}, wanted {check}\n{self.said()[-3000:]}")
        return self.said()

    def stop(self, check=None):
        """Asks it to end, as Ctrl-C does."""
        self.process.send_signal(signal.SIGINT)
        return self.end(check)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
        self._said.close()
        self._shown.close()


# Operators whose state is not saved yet, as EXPLAIN names them: cases with them may fail when they are restored.
UNSAVED = ()


def restored(env, test, *explain):
    """Runs a test that restores; a failure of what is not saved yet is a skip. `explain`: the script as arguments."""
    try:
        test()
    except Failure:
        plan = env.weir("explain", *explain, check=0).stdout
        unsaved = [name for name in UNSAVED if name in plan]
        if not unsaved:
            raise
        raise Skip(f"not saved yet: {', '.join(unsaved)}")


def shared(*parts):
    """A path in the folder of recorded data; skips the test when it is not there."""
    path = os.path.join(SHARED, *parts)
    if not os.path.exists(path):
        raise Skip(f"{os.path.join('..', 'shared', *parts)} is not there")
    return path


def column_types(header):
    """The types of a tsv header, without NOT NULL."""
    out = []
    for cell in header[2:].split("\t"):
        kind = cell.split(" ", 1)[1] if " " in cell else ""
        out.append(re.sub(r" NOT NULL", "", kind))
    return out


def same_header(a, b):
    """Names and types are binding, NOT NULL is informative."""
    return re.sub(r" NOT NULL", "", a) == re.sub(r" NOT NULL", "", b)


def split_map(text):
    """Top-level entries of `{k=v, ...}`."""
    out, depth, start = [], 0, 1
    for i, c in enumerate(text):
        depth += c in "{[(" or 0
        depth -= c in "}])" or 0
        if c == "," and depth == 1:
            out.append(text[start:i].strip())
            start = i + 1
    out.append(text[start:-1].strip())
    return out


def same_value(a, b, kind):
    if a == b:
        return True
    if kind in ("DOUBLE", "FLOAT"):
        try:
            x, y = float(a), float(b)
        except ValueError:
            return False
        return x == y or abs(x - y) <= 1e-12 * max(abs(x), abs(y))
    if kind.startswith("MAP") or kind.startswith("MULTISET"):
        return sorted(split_map(a)) == sorted(split_map(b))
    return False


def sort_key(line, types):
    """Rows that may differ in doubles or map order still line up."""
    cells = line.split("\t")
    stable = [c for c, t in zip(cells, types) if t not in ("DOUBLE", "FLOAT") and not t.startswith(("MAP", "MULTISET"))]
    return (stable, cells)


def compare_results(got, want, what):
    """Fails with the first difference. Both are lists of lines beginning with the header."""
    if not got:
        raise Failure(f"{what}: no output")
    if not same_header(got[0], want[0]):
        raise Failure(f"{what}: header\n  got  {got[0]}\n  want {want[0]}")
    types = column_types(want[0])
    rows, wanted = (sorted(lines[1:], key=lambda line: sort_key(line, types)) for lines in (got, want))
    for i in range(max(len(rows), len(wanted))):
        a = rows[i] if i < len(rows) else None
        b = wanted[i] if i < len(wanted) else None
        if a is None or b is None:
            raise Failure(f"{what}: {len(rows)} rows, wanted {len(wanted)}; first difference\n  got  {a}\n  want {b}")
        x, y = a.split("\t"), b.split("\t")
        if len(x) != len(y) or not all(same_value(p, q, t) for p, q, t in zip(x, y, types)):
            raise Failure(f"{what}: row {i + 1}\n  got  {a}\n  want {b}")


def read_lines(path):
    with open(path, encoding="utf-8", errors="surrogateescape", newline="\n") as file:
        return file.read().split("\n")[:-1]

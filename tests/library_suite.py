# SPDX-License-Identifier: Apache-2.0
"""library_suite - libweir as its users meet it: headers in every language they are for, symbols, installation, pkg-config, the examples
in C and C++ built against what was installed, a sink in two phases that is killed, the tutorial, the reference, the ABI, memory under valgrind.
"""
import collections
import datetime
import functools
import glob
import http.server
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import threading
import time

import crash
import harness
import library_crash

HEADERS = ["weir.h", "stream.h", "window.h", "function.h", "weir_plugin.h", "testing.h", "version.h"]
LANGUAGES = [("cc", "c", "c99"), ("cc", "c", "c11"), ("cc", "c", "c17"), ("c++", "c++", "c++17"), ("c++", "c++", "c++20")]


def run(command, **options):
    """What the command prints; a failure shows it."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, **options)
    if done.returncode != 0:
        raise harness.Failure(f"{' '.join(command)}\nexit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def same(got, want, what):
    if got != want:
        raise harness.Failure(f"{what}\n  got  {str(got)[:2000]}\n  want {str(want)[:2000]}")


def include_folder():
    return os.path.join(harness.ROOT, "include")


def headers_compile():
    """Each header alone, without a warning."""
    for name in HEADERS:
        if not os.path.exists(os.path.join(include_folder(), "weir", name)):
            raise harness.Failure(f"include/weir/{name} is missing")
        for compiler, language, standard in LANGUAGES:
            run([compiler, "-x", language, f"-std={standard}", "-Wall", "-Wextra", "-pedantic", "-Wshadow", "-Wundef", "-Werror", "-I", include_folder(),
                 "-fsyntax-only", "-"],
                input=f"#include <weir/{name}>\nextern int used;\n")


def declared():
    """The functions that the headers declare."""
    names = set()
    for path in glob.glob(os.path.join(include_folder(), "weir", "*.h")):
        with open(path, encoding="utf-8") as file:
            text = re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)
        for match in re.finditer(r"^(?!static|typedef|#)[a-z][^;{}#()]*?\b(weir_\w+)\(", text, flags=re.M):
            names.add(match[1])
    return names


def symbols(env):
    """Nothing but weir_* is seen from outside, and all that the headers declare is."""
    out = run(["nm", "-D", "--defined-only", os.path.join(env.build, "libweir.so.0")])
    names = {line.split()[-1].split("@")[0] for line in out.splitlines()}
    others = sorted(name for name in names if not name.startswith("weir_"))
    if others and not env.sanitize:
        raise harness.Failure(f"symbols other than weir_*: {others[:10]}")
    missing = sorted(declared() - names)
    if missing:
        raise harness.Failure(f"declared, but not in the library: {missing}")
    unknown = sorted(name for name in names if name.startswith("weir_") and name not in declared())
    if unknown:
        raise harness.Failure(f"in the library, but not declared: {unknown}")


class Installed:
    """The build installed into a folder, as a package would be, and programs built against it."""

    def __init__(self, env):
        self.env, self.folder = env, env.folder("installed")
        self.done = False
        self.lock = threading.Lock()
        self.programs = {}

    def install(self):
        with self.lock:
            if not self.done:
                run(["meson", "install", "-C", self.env.build, "--no-rebuild", "--quiet", "--destdir", self.folder])
                self.done = True

    def environ(self):
        config = glob.glob(os.path.join(self.folder, "**", "weir.pc"), recursive=True)
        library = glob.glob(os.path.join(self.folder, "**", "libweir.so.0"), recursive=True)
        if len(config) != 1 or len(library) != 1:
            raise harness.Failure(f"installed: {config}, {library}; one of each was expected")
        return dict(os.environ, PKG_CONFIG_PATH=os.path.dirname(config[0]), PKG_CONFIG_SYSROOT_DIR=self.folder,
                    LD_LIBRARY_PATH=os.path.dirname(library[0]), ASAN_OPTIONS="detect_leaks=1", LC_ALL="C.UTF-8", TZ="UTC",
                    TMPDIR=self.env.folder("installed-tmp"))

    def compile(self, source, *more):
        """A program of examples/, or of tests/library, built once, as its first lines say; its path."""
        self.install()
        with self.lock:
            if source not in self.programs:
                self.programs[source] = self.build(source, *more)
            return self.programs[source]

    def build(self, source, *more):
        path = os.path.join(harness.ROOT, "tests" if source.startswith("library/") else "examples", source)
        program = os.path.join(self.env.folder("programs"), os.path.splitext(os.path.basename(source))[0])
        packages = ["weir"] + [word for word in more if not word.startswith("-")]
        flags = run(["pkg-config", "--cflags", "--libs", *packages], env=self.environ()).split()
        flags += [word for word in more if word.startswith("-")]
        flags += self.env.compiled()
        compiler = ["c++", "-std=c++17"] if source.endswith(".cpp") else ["cc", "-std=c17"]
        run([*compiler, "-Wall", "-Wextra", "-Werror", "-O2", "-g", path, *flags, "-o", program])
        return program

    def run(self, program, *args, stdin=None, code=0):
        done = subprocess.run([*self.env.under, program, *args], capture_output=True, text=True, timeout=120 * self.env.patience, env=self.environ(), input=stdin)
        if done.returncode != code:
            raise harness.Failure(f"{program} {args}: exit {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done.stdout


def embed(installed):
    program = installed.compile("embed/embed.c")
    same(installed.run(program, "SELECT 1 + 1"), "2\n", "SELECT 1 + 1")


def payments(seed, count, step_ms):
    """Rows (account, amount, ms) in about the order of time."""
    draw, at = random.Random(seed), 1_700_000_000_000
    for _ in range(count):
        at += draw.randrange(step_ms)
        amount = draw.choice([0.5, 0.99, 1.0, 20.0, 499.99, 500.0, 500.01, 900.0])
        yield draw.randrange(50), amount, at - draw.randrange(3000)


def alerts_by_event_time(rows):
    """What the detector is to find, computed from all payments of an account; they are taken in the order of the file."""
    flags, found = {}, []
    for account, amount, at in rows:
        since = flags.pop(account, None)
        if since is not None and amount > 500 and at - since <= 60000:
            found.append((account, amount, at))
        if amount < 1:
            flags[account] = at
    return sorted(found)


@functools.lru_cache(8192)
def stamp_of_second(second):
    return datetime.datetime.fromtimestamp(second, datetime.timezone.utc).strftime("%Y-%m-%d %H:%M:%S")


def stamp(ms):
    return f"{stamp_of_second(ms // 1000)}.{ms % 1000:03d}"


def write_payments(path, rows):
    with open(path, "w", encoding="utf-8") as file:
        for account, amount, at in rows:
            file.write(f"{account},{amount},{stamp(at)}\n")


def read_alerts(folder):
    """The rows that are shown: files whose names begin with a dot or an underscore are not."""
    found = []
    for path in glob.glob(os.path.join(folder, "**"), recursive=True):
        if os.path.isfile(path) and not os.path.basename(path).startswith((".", "_")):
            with open(path, encoding="utf-8") as file:
                for line in file:
                    account, amount, at = line.strip().split(",")
                    moment = datetime.datetime.fromisoformat(at.strip('"')).replace(tzinfo=datetime.timezone.utc)
                    found.append((int(account), float(amount), round(moment.timestamp() * 1000)))
    return sorted(found)


def fraud(env, installed, clock):
    program = installed.compile("c/fraud_detector.c")
    folder = env.folder(f"fraud-{clock}")
    rows = list(payments(7, 20000, 2000))
    write_payments(os.path.join(folder, "payments.csv"), rows)
    installed.run(program, *[os.path.join(folder, name) for name in ("payments.csv", "alerts", "checkpoints")], *(["clock"] if clock else []))
    if clock:  # all of it happens within a moment
        flags, want = set(), []
        for account, amount, at in rows:
            if account in flags and amount > 500:
                want.append((account, amount, at))
            flags.discard(account)
            if amount < 1:
                flags.add(account)
        want.sort()
    else:
        want = alerts_by_event_time(rows)
    if not want:
        raise harness.Failure("the payments have no fraud")
    same(read_alerts(os.path.join(folder, "alerts")), want, "alerts")


def fraud_killed(env, installed):
    """Killed again and again: each alert once."""
    program = installed.compile("c/fraud_detector.c")
    folder = env.folder("fraud-killed")
    rows = list(payments(8, 60000 if env.sanitize or env.valgrind else 1_500_000, 200))
    write_payments(os.path.join(folder, "payments.csv"), rows)
    args = [program] + [os.path.join(folder, name) for name in ("payments.csv", "alerts", "checkpoints")]
    draw, kills = random.Random(9), 0
    for _ in range(40):
        process = subprocess.Popen([*env.under, *args], env=installed.environ(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        try:
            _, text = process.communicate(timeout=draw.uniform(0.02, 0.2) if kills < 5 else 120)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            kills += 1
            continue
        if process.returncode != 0:
            raise harness.Failure(f"exit {process.returncode}: {text}")
        break
    if kills == 0:
        raise harness.Failure("the program was never killed: it is too fast for this test")
    same(read_alerts(os.path.join(folder, "alerts")), alerts_by_event_time(rows), f"alerts after {kills} kills")


def two_phase(installed, name, plan, all_strike=True):
    """A sink of the program through a plan of faults (library_crash)."""
    path = installed.compile("library/two_phase.c")
    scratch = crash.scratch_folder()
    try:
        program = library_crash.Program(path, installed.environ(), scratch, 2000, installed.env.under)
        struck = program.disturb(plan)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    if all_strike and struck != plan:
        raise harness.Failure(f"{name}: of {plan} only {len(struck)} struck")


def two_phase_cases(installed):
    """One job through a kill at every step of the sink; one through the engine's fault points around it; and checkpoints that are given up."""
    def turns(key, values):
        return [{"workers": library_crash.WORKERS[i % 2], key: value} for i, value in enumerate(values)]

    steps = turns("step", [(step, 1) for step in library_crash.PHASES + library_crash.RESTORES])
    points = turns("fault", ["sink-prepared", "segment-synced", "manifest-renamed", "restore-committed", "checkpoint-durable", "restore-sink",
                             "sink-committed", "restore-loaded", "checkpoint-done", "finish-durable"])
    cases = [("steps", steps, True), ("points", points, True)]
    cases += [("given-up-" + fault.split("=")[0], [{"workers": 3, "fault": fault, "step": ("committed", 3)}], False) for fault in library_crash.GIVEN_UP]
    for name, plan, strikes in cases:
        yield "two-phase/" + name, lambda name=name, plan=plan, strikes=strikes: two_phase(installed, name, plan, strikes)


def rate_limiter(installed):
    out = installed.run(installed.compile("c/rate_limiter.c"), "30000")
    found = re.match(r"30000 questions, (\d+) allowed;", out)
    # A bucket holds 20 tokens, each of 1,000 customers asks 30 times; some come back meanwhile.
    if not found or not 20000 <= int(found[1]) <= 30000:
        raise harness.Failure(out)


def sessions(env, installed):
    path = os.path.join(env.folder("visits"), "clicks.csv")
    clicks = [(1, "/", 0), (2, "/", 5), (1, "/cart", 60), (1, "/buy", 90), (2, "/", 700), (1, "/", 695), (3, "/buy", 5000)]
    with open(path, "w", encoding="utf-8") as file:
        for user, page, second in clicks:
            file.write(f"{user},{page},{stamp(1_700_000_000_000 + second * 1000)}\n")
    out = installed.run(installed.compile("c/sessions.c"), path)

    def moment(second):
        return stamp(1_700_000_000_000 + second * 1000)[:-4].replace(" ", "T").removesuffix(":00")

    def line(user, begin, end, count, bought):
        return f"+I[{user}, {moment(begin)}, {moment(end)}, {count}, {str(bought).lower()}]"

    got = sorted(out.splitlines())
    want = sorted([line(1, 0, 690, 3, True), line(1, 0, 690, 3, True), line(2, 5, 605, 1, False), line(2, 700, 1300, 1, False),
                   line(1, 695, 1295, 1, False), line(3, 5000, 5600, 1, True), line(3, 5000, 5600, 1, True)])
    same(got, want, "visits")


def anomaly(env, installed):
    path = os.path.join(env.folder("anomaly"), "measurements.csv")
    draw, rows = random.Random(3), []
    for i in range(4000):
        value = draw.gauss(20, 2) + (30 if i % 500 == 499 else 0)
        rows.append((f"s{i % 7}", round(value, 3), 1_700_000_000_000 + i * 1000))
    with open(path, "w", encoding="utf-8") as file:
        for sensor, value, at in rows:
            file.write(f"{sensor},{value},{stamp(at)}\n")
    seen, want = collections.defaultdict(list), []
    for sensor, value, _ in rows:
        before = seen[sensor]
        if len(before) >= 5:
            score = (value - statistics.fmean(before)) / statistics.stdev(before)
            if abs(score) > 3:
                want.append((sensor, value, round(score, 1)))
        before.append(value)
    out = installed.run(installed.compile("c/anomaly.c", "-lm"), path)
    got = [(m[1], float(m[2]), float(m[3])) for m in re.finditer(r"sensor (\w+): (\S+) at .*, score (\S+)", out)]
    if len(got) != len(want) or any(a[:2] != b[:2] or abs(a[2] - b[2]) > 0.11 for a, b in zip(sorted(got), sorted(want))):
        raise harness.Failure(f"scores\n  got  {sorted(got)}\n  want {sorted(want)}")


def own_rows(installed):
    out = installed.run(installed.compile("c/own_rows.c"))
    want = ["1970-01-01 00:00:00.000  cellar   1 readings, 11.0 on average", "1970-01-01 00:00:00.000  kitchen  2 readings, 21.0 on average",
            "1970-01-01 00:01:00.000  cellar   2 readings, 12.0 on average", "1970-01-01 00:01:00.000  kitchen  1 readings, 22.0 on average"]
    same(sorted(out.splitlines()), want, "readings")


def top_words(installed):
    words = ["pear"] * 3000 + ["apple"] * 100000 + ["fig"] * 7 + [f"w{i}" for i in range(50000)]
    random.Random(1).shuffle(words)
    out = installed.run(installed.compile("cpp/top_words.cpp"), stdin="\n".join(words))
    same(out.splitlines()[:4], ["100000 apple", "3000 pear", "7 fig", "1 w0"], "words")
    same(len(out.splitlines()), 10, "lines")


class Products(http.server.BaseHTTPRequestHandler):
    """A slow web service: product 13 fails twice, product 66 always."""
    tries = collections.Counter()

    def do_GET(self):
        product = int(self.path.rsplit("/", 1)[1])
        self.tries[product] += 1
        bad = product == 66 or (product == 13 and self.tries[product] <= 2)
        time.sleep(0.01)
        self.send_response(500 if bad else 200)
        self.end_headers()
        if not bad:
            self.wfile.write(f"product {product}".encode())

    def log_message(self, *_):
        pass


class Service(http.server.ThreadingHTTPServer):
    """Takes as many connections at once as the client makes: one that finds the queue full is tried again by its kernel after a second, and the
    client waits for two. A client that has given up a request, as it should, is not waiting for its answer: that is no error of the service."""
    request_queue_size = 128

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], (BrokenPipeError, ConnectionResetError)):
            super().handle_error(request, client_address)


def enrich(env, installed):
    Products.tries.clear()
    server = Service(("127.0.0.1", 0), Products)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        path = os.path.join(env.folder("enrich"), "orders.csv")
        orders = [(i, 13 if i == 50 else 66 if i == 90 else 1000 + i) for i in range(200)]
        with open(path, "w", encoding="utf-8") as file:
            for order, product in orders:
                file.write(f"{order},{product}\n")
        program = installed.compile("c/enrich_http.c", "libcurl", "-lpthread")
        out = installed.run(program, path, f"http://127.0.0.1:{server.server_port}/products/")
    finally:
        server.shutdown()
        server.server_close()
    want = [f"+I[{order}, {product}, {'NULL' if product == 66 else f'product {product}'}]" for order, product in orders]
    same([line.replace("null", "NULL") for line in out.splitlines()], want, "orders in their order")
    same(Products.tries[66], 3, "attempts for product 66")


def tutorial():
    """Every piece of code in the tutorial is a part of the example."""
    with open(os.path.join(harness.ROOT, "docs", "c-api", "tutorial.md"), encoding="utf-8") as file:
        blocks = re.findall(r"^```c\n(.*?)^```", file.read(), flags=re.S | re.M)
    with open(os.path.join(harness.ROOT, "examples", "c", "fraud_detector.c"), encoding="utf-8") as file:
        example = " ".join(file.read().split())
    if len(blocks) < 10:
        raise harness.Failure(f"only {len(blocks)} pieces of code")
    for block in blocks:
        if " ".join(block.split()) not in example:
            raise harness.Failure(f"not in examples/c/fraud_detector.c:\n{block}")


def reference(env):
    """The reference is made without a warning: everything in the headers is documented."""
    out = env.folder("c-api")
    with open(os.path.join(harness.ROOT, "docs", "c-api", "Doxyfile"), encoding="utf-8") as file:
        config = file.read() + f"\nOUTPUT_DIRECTORY = {out}\n"
    run(["doxygen", "-"], input=config, cwd=harness.ROOT)
    if not os.path.exists(os.path.join(out, "index.html")):
        raise harness.Failure("there is no index.html")


def abi(env):
    """Programs built against the last release run with this library: nothing that they use is gone or has changed."""
    if not env.sanitize:
        raise harness.Skip("the ABI is compared in builds with debug information (--sanitize)")
    baseline = os.path.join(harness.ROOT, "tests", "abi", "libweir.abi")
    done = subprocess.run(["abidiff", "--headers-dir2", os.path.join(include_folder(), "weir"), "--drop-private-types", "--exported-interfaces-only",
                           baseline, os.path.join(env.build, "libweir.so.0")], capture_output=True, text=True, timeout=300)
    # Members at the end of a struct, enumerators and functions may come; nothing may go, move or change.
    broken = [line for line in done.stdout.splitlines() if re.search(r"deletion|offset changed|member change|[1-9]\d* Removed|return type|"
                                                                     r"value changed|was removed|parameter \d+ of type .* was added", line)]
    if done.returncode & 0b1011 or broken:
        raise harness.Failure(f"abidiff: {done.returncode}\n{done.stdout[-3000:]}{done.stderr[-2000:]}")


def valgrind(env, installed):
    """No invalid access, nothing lost, in programs that open, run and close."""
    if env.sanitize:
        raise harness.Skip("builds with sanitizers look for themselves; valgrind cannot run them")
    for source, args in [("embed/embed.c", ["SELECT UPPER(x), COUNT(*) FROM (VALUES ('a'), ('b'), ('a')) AS t (x) GROUP BY x"]),
                         ("c/own_rows.c", []), ("c/rate_limiter.c", ["200"])]:
        program = installed.compile(source)
        done = subprocess.run([*harness.VALGRIND, program, *args], capture_output=True, text=True, timeout=300, env=installed.environ())
        if done.returncode != 0:
            raise harness.Failure(f"{source}: exit {done.returncode}\n{done.stdout[-1000:]}{done.stderr[-4000:]}")


def examples_are_short():
    for path in glob.glob(os.path.join(harness.ROOT, "examples", "*", "*.c")) + glob.glob(os.path.join(harness.ROOT, "examples", "*", "*.cpp")):
        with open(path, encoding="utf-8") as file:
            lines = len(file.readlines())
        if lines >= 150:
            raise harness.Failure(f"{path} has {lines} lines; examples have less than 150")


def cases(env):
    installed = Installed(env)
    tests = [("headers", headers_compile), ("symbols", lambda: symbols(env)), ("embed", lambda: embed(installed)),
             ("fraud", lambda: fraud(env, installed, False)), ("fraud-clock", lambda: fraud(env, installed, True)),
             ("fraud-killed", lambda: fraud_killed(env, installed)), ("rate-limiter", lambda: rate_limiter(installed)),
             ("sessions", lambda: sessions(env, installed)), ("anomaly", lambda: anomaly(env, installed)),
             ("own-rows", lambda: own_rows(installed)), ("enrich-http", lambda: enrich(env, installed)),
             ("top-words", lambda: top_words(installed)), ("tutorial", tutorial), ("reference", lambda: reference(env)),
             ("abi", lambda: abi(env)), ("valgrind", lambda: valgrind(env, installed)), ("examples-short", examples_are_short)]
    tests += two_phase_cases(installed)
    return [("library/" + name, function) for name, function in tests]

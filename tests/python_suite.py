# SPDX-License-Identifier: Apache-2.0
"""python_suite - the Python package, its example, and functions of Python that a script names (LANGUAGE PYTHON).

The package is built against the build under test and installed into a virtual environment of that build (python-env), which pip fills
once. Without a registry that pip can reach, and nothing there from before, these tests are skipped; so they are with sanitizers, whose
runtime would have to be loaded before Python.
"""
import os
import re
import subprocess
import sys
import tempfile
import threading

import harness

PACKAGES = ["cffi", "setuptools>=68", "wheel", "pytest", "pytest-timeout", "mypy", "pyarrow", "pandas", "polars", "numpy"]
prepared = {}
lock = threading.Lock()

FUNCTIONS = '''
import weir

@weir.udf
def double(x: int) -> int:
    return 2 * x

@weir.udf(result="INT")
def bad(x):
    raise ValueError(f"not {x}")

@weir.udtf(result="word STRING")
def words(text):
    yield from text.split()

@weir.udaf(result="BIGINT")
class Total:
    def __init__(self):
        self.n = 0
    def accumulate(self, x):
        self.n += x
    def result(self):
        return self.n
'''


def run(args, cwd, what, timeout=300, **environ):
    done = subprocess.run(args, cwd=cwd, capture_output=True, text=True, timeout=timeout, env=dict(os.environ, **environ))
    if done.returncode != 0:
        raise harness.Failure(f"{what}:\n{(done.stdout + done.stderr)[-4000:]}")
    return done.stdout


def environment(env):
    """Python of the environment, with the package of this build installed."""
    if env.sanitize:
        raise harness.Skip("python: sanitizers would have to be loaded before Python")
    with lock:
        if env.build not in prepared:
            try:
                prepared[env.build] = (install(env), None)
            except (harness.Skip, harness.Failure) as error:
                prepared[env.build] = (None, error)
    python, error = prepared[env.build]
    if error is not None:
        raise error
    return python


def install(env):
    folder = os.path.join(env.build, "python-env")
    python = os.path.join(folder, "bin", "python")
    if not os.path.exists(python):
        run([sys.executable, "-m", "venv", folder], env.build, "a virtual environment")
    if subprocess.run([python, "-c", "import cffi, setuptools, wheel, pytest, pytest_timeout, mypy, pyarrow, pandas, polars"],
                      capture_output=True).returncode != 0:
        got = subprocess.run([python, "-m", "pip", "install", "-q", *PACKAGES], capture_output=True, text=True)
        if got.returncode != 0:
            raise harness.Skip("python: pip reaches no registry: " + (got.stderr.strip().splitlines() or ["?"])[-1][:200])
    run([python, "-m", "pip", "install", "-q", "--no-build-isolation", "--no-deps", "--force-reinstall", "."],
        os.path.join(harness.ROOT, "python"), "pip install ./python", WEIR_BUILD=env.build)
    return python


def package(env, name):
    python = environment(env)
    run([python, "-m", "pytest", "-q", "--timeout", "120", "-p", "no:cacheprovider", name + ".py"],
        os.path.join(harness.ROOT, "python", "tests"), name)  # not where the sources of the package would hide the installed one


def types(env):
    python = environment(env)
    run([python, "-m", "mypy", "--cache-dir", os.path.join(env.build, "python-mypy")], os.path.join(harness.ROOT, "python"), "mypy")


def example(env):
    python = environment(env)
    folder = os.path.join(harness.ROOT, "examples", "python")
    script = os.path.join(folder, "fraud_detector.py")
    with open(script, encoding="utf-8") as file:
        lines = len(file.readlines())
    if lines > 150:
        raise harness.Failure(f"fraud_detector.py has {lines} lines, 150 at most")
    with open(os.path.join(folder, "expected.txt"), encoding="utf-8") as file:
        wanted = file.read()
    found = run([python, script, os.path.join(folder, "payments.csv")], folder, "fraud_detector.py")
    if found != wanted:
        raise harness.Failure(f"wanted:\n{wanted}\nfound:\n{found}")


WHEEL_PROGRAM = '''
import os, sys
import weir

with weir.connect() as connection:
    connection.create_function("twice", weir.udf(lambda x: 2 * x, result="INT"))
    print(connection.execute("SELECT twice(x) AS y FROM (VALUES 1, 2) AS t(x)").fetchall())
    flow, rows = connection.flow("f"), []
    flow.sql("SELECT 3 AS x").map(lambda row: (row.x + 1,), "x INT").sink(rows.append)
    flow.run()
    print(rows)
with open("/proc/self/maps") as file:
    engines = {line.split(None, 5)[5].strip() for line in file if "libweir" in line}
print(engines == {os.path.join(os.path.dirname(os.path.realpath(weir.__file__)), "libweir.so.0")}, weir.__file__.startswith(sys.prefix))
'''


def wheel(env):
    """The wheel in a clean environment outside of the tree, where neither the build nor the loader's path can help."""
    python = environment(env)
    with lock, tempfile.TemporaryDirectory(prefix="weir-wheel-") as folder:
        run([os.path.join(harness.ROOT, "python", "build_wheel"), env.build, "-q", "--no-build-isolation"], folder, "build_wheel", PYTHON=python)
        dist = os.path.join(harness.ROOT, "python", "dist")
        made = os.listdir(dist)
        if len(made) != 1 or not re.fullmatch(r"weir-[\d.]+-cp311-abi3-linux_\w+\.whl", made[0]):
            raise harness.Failure(f"build_wheel made {made}")
        clean = {name: value for name, value in os.environ.items() if name not in ("LD_LIBRARY_PATH", "PYTHONPATH", "WEIR_BUILD")}
        fresh = os.path.join(folder, "venv", "bin", "python")
        run([sys.executable, "-m", "venv", os.path.join(folder, "venv")], folder, "a virtual environment")
        got = subprocess.run([fresh, "-m", "pip", "install", "-q", os.path.join(dist, made[0])], capture_output=True, text=True, env=clean, cwd=folder)
        if got.returncode != 0 and "weir" not in got.stderr:
            raise harness.Skip("python: pip reaches no registry: " + (got.stderr.strip().splitlines() or ["?"])[-1][:200])
        found = subprocess.run([fresh, "-c", WHEEL_PROGRAM], capture_output=True, text=True, env=clean, cwd=folder, timeout=60)
        wanted = "[Row(y=2), Row(y=4)]\n[Row(x=4)]\nTrue True\n"
        if (found.stdout, found.stderr) != (wanted, ""):
            raise harness.Failure(f"wanted:\n{wanted}\nfound:\n{got.stderr}{found.stdout}{found.stderr}")


def language(env):
    """LANGUAGE PYTHON from the command line, by the module that this build made."""
    if env.sanitize:
        raise harness.Skip("python: sanitizers would have to be loaded before Python")
    if not os.path.exists(os.path.join(env.build, "libweir-python.so")):
        raise harness.Skip("python: built without python3-dev")
    folder = env.folder("python-language")
    with open(os.path.join(folder, "functions.py"), "w", encoding="utf-8") as file:
        file.write(FUNCTIONS)
    create = "".join(f"CREATE FUNCTION {name} AS 'functions.{symbol}' LANGUAGE PYTHON USING FILE '{folder}/functions.py';\n"
                     for name, symbol in (("dbl", "double"), ("bad", "bad"), ("words", "words"), ("total", "Total")))
    rows = "FROM (VALUES 1, 2, 3) AS t(x)"
    for query, wanted in ((f"SELECT dbl(x) AS y {rows}", '{"y":2}\n{"y":4}\n{"y":6}\n'), (f"SELECT total(x) AS y {rows}", '{"y":6}\n'),
                          ("SELECT word FROM (VALUES 'a b') AS t(s), LATERAL TABLE(words(s))", '{"word":"a"}\n{"word":"b"}\n')):
        for workers in ("1", "3"):
            done = env.weir("run", "--set", "execution.runtime-mode=batch", "--parallelism", workers, "-", stdin=(create + query).encode(), check=0)
            if sorted(done.stdout.splitlines()) != sorted(wanted.splitlines()):
                raise harness.Failure(f"{query}\nwanted:\n{wanted}\nfound:\n{done.stdout}{done.stderr}")
    for script, wanted in ((create + f"SELECT bad(x) {rows}", "ValueError: not 1 (functions.py, line"),
                           ("CREATE FUNCTION f AS 'functions.none' LANGUAGE PYTHON USING FILE '" + folder + "/functions.py'; SELECT 1",
                            "module 'functions' has no function 'none'"),
                           ("CREATE FUNCTION f AS 'no_such_module.f' LANGUAGE PYTHON; SELECT 1", "No module named 'no_such_module'")):
        done = env.weir("run", "-", stdin=script.encode())
        if done.returncode == 0 or wanted not in done.stderr:
            raise harness.Failure(f"wanted an error with {wanted!r}, found exit code {done.returncode}:\n{done.stderr}")


def cases(env):
    yield "python/language", lambda: language(env)
    yield "python/types", lambda: types(env)
    yield "python/wheel", lambda: wheel(env)
    yield "python/example", lambda: example(env)
    for file in sorted(os.listdir(os.path.join(harness.ROOT, "python", "tests"))):
        if file.startswith("test_"):
            yield "python/" + file[:-3], lambda name=file[:-3]: package(env, name)

# SPDX-License-Identifier: Apache-2.0
"""unit_suite - every cmocka program of tests/unit: built first, each program one case."""
import json
import os
import subprocess
import threading

import harness


def programs(env):
    """(name, path) of the build's unit tests."""
    asked = subprocess.run(["meson", "introspect", "--tests", env.build], capture_output=True, text=True)
    if asked.returncode != 0:
        raise harness.Failure("meson introspect --tests: " + asked.stderr)
    return [(test["name"], test["cmd"][0]) for test in json.loads(asked.stdout)]


def run(env, path):
    environ = dict(os.environ, ASAN_OPTIONS="detect_leaks=1", UBSAN_OPTIONS="print_stacktrace=1", LC_ALL="C.UTF-8", TZ="UTC",
                   WEIR_ROOT=harness.ROOT)
    if env.valgrind:
        environ["WEIR_TEST_SLOW"] = "1"  # fewer rounds; memory is not only the program's
    try:
        done = subprocess.run([*env.under, path], capture_output=True, timeout=600 * env.patience, env=environ, cwd=harness.ROOT, errors="replace")
    except subprocess.TimeoutExpired:
        raise harness.Failure(f"did not end within {600 * env.patience} s")
    if done.returncode != 0 or "runtime error:" in done.stderr:
        lines = [line for line in done.stderr.split("\n") if "[       OK ]" not in line and "[ RUN      ]" not in line]
        raise harness.Failure(f"exit code {done.returncode}\n" + "\n".join(lines)[-4000:])
    if "[  PASSED  ]" not in done.stderr + done.stdout:
        raise harness.Failure("ran no test")


def build(env, found, once):
    """Builds all programs when the first is needed; their compilation uses all cores."""
    with once["lock"]:
        if "output" not in once:
            done = subprocess.run(["ninja", "-C", env.build, "-k", "0", *[os.path.relpath(path, env.build) for _, path in found]],
                                  capture_output=True, text=True, errors="replace")
            once["output"] = done.stdout if done.returncode != 0 else ""
    return once["output"]


def one(env, found, once, path):
    output = build(env, found, once)
    if output and ("FAILED: " + os.path.relpath(path, env.build) in output or not os.path.exists(path)):
        raise harness.Failure("does not build\n" + output[-4000:])
    run(env, path)


def none_built(env):
    raise harness.Failure(f"{env.build} was configured without cmocka: run meson setup --reconfigure {env.build}")


def cases(env):
    found = programs(env)
    if not found:
        yield "unit/built", lambda: none_built(env)
    once = {"lock": threading.Lock()}
    for name, path in found:
        yield "unit/" + name, (lambda p=path: one(env, found, once, p))

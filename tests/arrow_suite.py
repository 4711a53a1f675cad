# SPDX-License-Identifier: Apache-2.0
"""arrow_suite - results as Arrow's record batches in pyarrow, DuckDB and Polars, and their record batches as rows: arrow_program.py in a process
of its own for each case. The packages are installed once for a user, as the servers are."""
import os
import subprocess
import sys

import arrow_program
import harness
from servers import process

PACKAGES = ["pyarrow>=14", "duckdb>=1", "polars>=1", "pytz"]  # DuckDB shows timestamps with a zone by pytz


def install(folder):
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--target", folder, *PACKAGES]
    try:
        process.run(command, "pip")
    except (harness.Failure, OSError, subprocess.TimeoutExpired) as failure:
        raise harness.Skip(f"Arrow's readers cannot be installed: {str(failure).splitlines()[-1][:200]}") from failure


def run(env, case):
    if env.sanitize:
        raise harness.Skip("Python cannot load a library with sanitizers")
    packages = process.installed("arrow-readers", f"{sys.version_info[:2]} {PACKAGES}", install)
    library = os.path.join(env.build, "libweir.so.0")
    command = [sys.executable, arrow_program.__file__, library, packages, env.folder("arrow-" + case), case]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=dict(os.environ, TZ="UTC", LC_ALL="C.UTF-8"))
    if done.returncode != 0:
        raise harness.Failure(f"exit code {done.returncode}\n{(done.stdout + done.stderr)[-3000:]}")


def cases(env):
    for case in arrow_program.CASES:
        yield f"arrow/{case}", lambda case=case: run(env, case)

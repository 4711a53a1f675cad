# SPDX-License-Identifier: Apache-2.0
"""server_openapi_suite - the REST API is what its OpenAPI document says: schemathesis asks a running server for everything in it, in right and
wrong ways; and every route of the server is in the document. The package is installed once for a user, as the servers are."""
import glob
import json
import os
import re
import subprocess
import sys

import harness
import server
from servers import process

PACKAGES = ["schemathesis>=4,<5"]
STREAMS = "stream$"  # go on until their reader leaves; tests/server_sql_suite.py reads them
# Any text is SQL to the document, and any name an option.
EXCLUDED = "positive_data_acceptance"


def install(folder):
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--target", folder, *PACKAGES]
    try:
        process.run(command, "pip")
    except (harness.Failure, OSError, subprocess.TimeoutExpired) as failure:
        raise harness.Skip(f"schemathesis cannot be installed: {str(failure).splitlines()[-1][:200]}") from failure


def fill(weir):
    """Something for each kind of path to be found."""
    for sql in ("CREATE TABLE t (a INT) COMMENT 'rows' WITH ('connector' = 'datagen', 'number-of-rows' = '10')",
                "CREATE TABLE s (a INT) WITH ('connector' = 'blackhole')", "CREATE VIEW v AS SELECT a FROM t", "INSERT INTO s SELECT a FROM t"):
        weir.post("/v1/statements", {"sql": sql})
    weir.json("PUT", "/v1/queries/saved", {"sql": "SELECT 1"})


def schemathesis(env):
    packages = process.installed("schemathesis", f"{sys.version_info[:2]} {PACKAGES}", install)
    folder = env.folder("openapi")
    with server.Server(env, folder, settings=[("server.sessions.max", "10000"), ("parallelism.default", "1")]) as weir:
        fill(weir)
        command = [sys.executable, "-m", "schemathesis.cli", "run", weir.url + "/v1/openapi.json", "--exclude-path-regex", STREAMS, "--exclude-checks", EXCLUDED,
                   "--phases", "examples,coverage,fuzzing", "--max-examples", "10", "--seed", "1", "--request-timeout", "20", "--workers", "1", "--no-color",
                   "--generation-database", "none"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=1200, cwd=folder, env=dict(os.environ, PYTHONPATH=packages, LC_ALL="C.UTF-8"))
        if done.returncode != 0:
            raise harness.Failure(f"exit code {done.returncode}\n{(done.stdout + done.stderr)[-9000:]}")
        tested = re.search(r"Tested: (\d+)", done.stdout)
        if tested is None or int(tested[1]) < 25:
            raise harness.Failure(f"little was tested\n{done.stdout[-1000:]}")
        weir.get("/v1/info")


def routes(env):
    """The routes of /v1 in the sources, and those in the document."""
    found = set()
    for path in glob.glob(os.path.join(harness.ROOT, "src", "server", "rest_*.c")):
        with open(path, encoding="utf-8") as file:
            found |= set(re.findall(r'\{"([A-Z]+)",\s*"(/(?:v1/|healthz|readyz|metrics)[^"]*)"', file.read()))
    with server.Server(env, env.folder("openapi-routes")) as weir:
        document = weir.get("/v1/openapi.json")
    with open(os.path.join(harness.ROOT, "src", "server", "openapi.json"), encoding="utf-8") as file:
        if json.load(file) != document:
            raise harness.Failure("the document served is not that of the sources")
    told = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    if found != told:
        raise harness.Failure(f"not in openapi.json: {sorted(found - told)}\nnot in the sources: {sorted(told - found)}")


def cases(env):
    yield "server/openapi/routes", lambda: routes(env)
    yield "server/openapi/schemathesis", lambda: schemathesis(env)

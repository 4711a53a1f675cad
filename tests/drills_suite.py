# SPDX-License-Identifier: Apache-2.0
"""drills_suite - the quick ones of the drills (tests/drills): runbooks followed while a running server is broken that way. And what all
runbooks say of metrics, options and causes is there."""
import glob
import os
import re

import drills
import harness

QUICK = ["late-data", "hot-key", "state-corruption"]


def complete():
    """Every runbook has a drill and is listed; what it names exists: metrics, causes of `why`, alerts and their way back."""
    books = {os.path.basename(path)[:-3] for path in glob.glob(os.path.join(harness.ROOT, "docs", "runbooks", "*.md"))} - {"README"}
    if books != set(drills.ALL):
        raise harness.Failure(f"runbooks {sorted(books)}, drills {sorted(drills.ALL)}")
    listed = read("docs/runbooks/README.md")
    source = sources("metrics*.c")
    causes = set(re.findall(r'"([a-z]+(?:-[a-z]+)+)"', sources("why*.c")))
    rules = read("deploy/prometheus-alerts.yml").split("- alert: ")[1:]
    for book in sorted(books):
        text = read(f"docs/runbooks/{book}.md")
        if f"]({book}.md)" not in listed:
            raise harness.Failure(f"docs/runbooks/README.md does not list {book}")
        for name in set(re.findall(r"\bweir_[a-z_]+", text)):
            if f'"{name}"' not in source:
                raise harness.Failure(f"{book}: there is no metric {name}")
        for cause in set(re.findall(r"`((?:held|back|source|sink|bad|no)-[a-z-]+|window-open)`", text)):
            if cause not in causes:
                raise harness.Failure(f"{book}: why has no cause {cause}, only {sorted(causes)}")
        named = set(re.findall(r"`(Weir[A-Za-z]+)`", text))
        sent = {rule.split("\n")[0] for rule in rules if f"docs/runbooks/{book}.md" in rule}
        if named - {rule.split("\n")[0] for rule in rules} or sent - named:
            raise harness.Failure(f"{book} names the alerts {sorted(named)}; those that lead to it are {sorted(sent)}")


def sources(pattern):
    """The text of the files of the engine and the server that are called so."""
    return "".join(read(os.path.relpath(path, harness.ROOT)) for path in glob.glob(os.path.join(harness.ROOT, "src", "**", pattern), recursive=True))


def read(path):
    with open(os.path.join(harness.ROOT, path), encoding="utf-8") as file:
        return file.read()


def cases(env):
    if not os.path.exists(os.path.join(harness.ROOT, "docs", "runbooks")):
        return
    yield "drills/complete", complete
    for name in QUICK:
        yield f"drills/{name}", lambda n=name: drills.ALL[n](env)
    yield "drills/job-down", lambda: drills.disks.failing(env, show=False)

# SPDX-License-Identifier: Apache-2.0
"""connectors_doc_suite - every script of docs/CONNECTORS.md is one that weir takes (servers it names need not be there)."""
import os
import re

import harness

PAGE = os.path.join(harness.ROOT, "docs", "CONNECTORS.md")


def check(env, line, text):
    folder = env.folder(f"connectors-doc-{line}")
    path = os.path.join(folder, "script.sql")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    done = env.weir("check", path, cwd=folder)
    if done.returncode != 0:
        raise harness.Failure(f"docs/CONNECTORS.md, line {line}: exit code {done.returncode}\n{done.stderr}")


def cases(env):
    with open(PAGE, encoding="utf-8") as file:
        page = file.read()
    for found in re.finditer(r"(?ms)^```sql\n(.*?)^```$", page):
        line = page.count("\n", 0, found.start()) + 1
        yield f"connectors_doc/line_{line}", lambda line=line, text=found.group(1): check(env, line, text)

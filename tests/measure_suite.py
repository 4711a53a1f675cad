# SPDX-License-Identifier: Apache-2.0
"""measure_suite - weir explain --analyze: rows and bytes of every operator of a run, against what is known of the job."""
import os
import re

import harness

SCRIPT = """CREATE TABLE g (n BIGINT, k BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '100000000', 'number-of-rows' = '50000',
  'fields.n.kind' = 'sequence', 'fields.n.start' = '1', 'fields.n.end' = '50000', 'fields.k.kind' = 'random', 'fields.k.min' = '1',
  'fields.k.max' = '20000');
CREATE TABLE s (k BIGINT, c BIGINT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'filesystem', 'path' = '${DIR}/s.json', 'format' = 'json');
INSERT INTO s SELECT k, COUNT(*) FROM g WHERE n > 10000 GROUP BY k;
"""


def measured(env, workers):
    folder = env.folder(f"measure_{workers}")
    with open(os.path.join(folder, "job.sql"), "w", encoding="utf-8") as file:
        file.write(SCRIPT)
    text = env.weir("explain", "--analyze", "--set", f"parallelism.default={workers}", "-v", f"DIR={folder}", os.path.join(folder, "job.sql"), check=0).stdout
    with open(os.path.join(folder, "s.json"), encoding="utf-8") as file:
        keys = len(file.readlines())
    found = {line.strip().split("(")[0]: line for line in text.splitlines()[1:]}
    read = re.search(r"rows=\[in (\d+), out (\d+)\]", found["Scan"])
    grouped = re.search(r"rows=\[in (\d+), out (\d+)\], bytes=\[at the end (\d+), most (\d+)\]", found["GroupAggregate"])
    if read is None or (read[1], read[2]) != ("50000", "40000"):
        raise harness.Failure(text)
    if grouped is None or not keys <= int(grouped[2]) or not keys * 32 <= int(grouped[3]) <= keys * 400 or int(grouped[4]) < int(grouped[3]):
        raise harness.Failure(f"{keys} keys\n{text}")
    if "== Physical Plan of INSERT INTO s, measured ==" not in text:
        raise harness.Failure(text)
    times(text)


def times(text):
    """Every operator has its own time; what the stages waited stands at their heads. A stage's second has 1000 ms, but for rounding."""
    for line in text.splitlines()[1:]:
        operator = line.strip().split("(")[0]
        if operator in ("", "Exchange") or "rows=[" not in line:
            continue
        busy = re.search(r"busyTimeMsPerSecond=(\d+)(?:, idleTimeMsPerSecond=(\d+), backPressuredTimeMsPerSecond=(\d+))?", line)
        if busy is None or (busy[2] is not None) != (operator in ("Sink", "GroupAggregate", "Scan")):
            raise harness.Failure(f"{operator}: no times\n{text}")
        if busy[2] is not None and not 0 <= int(busy[2]) + int(busy[3]) <= 1000:
            raise harness.Failure(f"{operator}: more than a second in a second\n{text}")
        if int(busy[1]) > 2000:
            raise harness.Failure(f"{operator}: too busy\n{text}")


def select(env):
    done = env.weir("explain", "--analyze", "-e", "SELECT x FROM (VALUES (1), (2), (3)) AS t(x) WHERE x > 1", check=0)
    if "rows=[in 2, out 2]" not in done.stdout or "\n2\n" in done.stdout:
        raise harness.Failure(done.stdout)


def cases(env):
    for workers in (1, 3):
        yield f"measure/group/{workers}", lambda w=workers: measured(env, w)
    yield "measure/select", lambda: select(env)

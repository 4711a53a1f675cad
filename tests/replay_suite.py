# SPDX-License-Identifier: Apache-2.0
"""replay_suite - history once more: from a savepoint into other tables, up to a moment; compared by weir diff."""
import os

import harness

SCRIPT = """CREATE TABLE g (n BIGINT, k BIGINT, ts AS TO_TIMESTAMP_LTZ(n * 10, 3), WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen',
  'rows-per-second' = '100000000', 'number-of-rows' = '60000', 'fields.n.kind' = 'sequence', 'fields.n.start' = '1',
  'fields.n.end' = '60000', 'fields.k.kind' = 'random', 'fields.k.min' = '0', 'fields.k.max' = '9');
CREATE TABLE s (w TIMESTAMP(3), k BIGINT, c BIGINT, t BIGINT) WITH ('connector' = 'filesystem', 'path' = '${OUT}', 'format' = 'json');
INSERT INTO s SELECT window_end, k, COUNT(*), SUM(n) FROM TABLE(TUMBLE(TABLE g, DESCRIPTOR(ts), INTERVAL '7' SECOND))
GROUP BY window_start, window_end, k;
"""


def prepare(env, name):
    folder = env.folder(name)
    with open(os.path.join(folder, "job.sql"), "w", encoding="utf-8") as file:
        file.write(SCRIPT)
    return folder


def run(env, folder, out, *args, check=0):
    return env.weir("run", "--quiet", "-v", f"OUT={folder}/{out}", "--set", "weir.source.block-size=4096b",
                    "--set", f"execution.checkpointing.dir={folder}/checkpoints", *args, os.path.join(folder, "job.sql"), check=check)


def until(env):
    """What is complete at a moment is a prefix of the whole, for any number of workers and size of blocks."""
    folder = prepare(env, "replay_until")
    run(env, folder, "whole.json")
    with open(os.path.join(folder, "whole.json"), encoding="utf-8") as file:
        want = sorted(line for line in file if line < '{"w":"1970-01-01 00:04:10')
    if not 300 < len(want) < 400:
        raise harness.Failure(f"{len(want)} rows are wanted")
    for workers, block in ((1, "4096b"), (2, "100b"), (3, "1mb")):
        out = f"until-{workers}.json"
        run(env, folder, out, "--until", "1970-01-01 00:04:10", "--parallelism", str(workers), "--set", f"weir.source.block-size={block}")
        with open(os.path.join(folder, out), encoding="utf-8") as file:
            got = sorted(file)
        if got != want:
            raise harness.Failure(f"{workers} workers, blocks of {block}: {len(got)} rows, wanted {len(want)}")
    wrong = env.weir("run", "--until", "tomorrow", os.path.join(folder, "job.sql"), "-v", f"OUT={folder}/x.json", check=2)
    if "'weir.run.until' = 'tomorrow' is no timestamp" not in wrong.stderr:
        raise harness.Failure(wrong.stderr)


def from_savepoint(env):
    """A rerun from the middle writes what the first run wrote from there on, to another place."""
    folder = prepare(env, "replay_savepoint")
    run(env, folder, "first.json", "--set", "weir.test.restore-every=40", "--set", "execution.checkpointing.num-retained=1000")
    first = open(os.path.join(folder, "first.json"), encoding="utf-8").read()
    made = sorted(os.listdir(f"{folder}/checkpoints/s"))
    point = f"{folder}/checkpoints/s/" + [name for name in made if name.endswith(".manifest")][3]
    run(env, folder, "again.json", "--from-savepoint", point, "--parallelism", "3")
    again = open(os.path.join(folder, "again.json"), encoding="utf-8").read()
    if open(os.path.join(folder, "first.json"), encoding="utf-8").read() != first or sorted(os.listdir(f"{folder}/checkpoints/s")) != made:
        raise harness.Failure("the rerun has changed what the first run made")
    whole, part = sorted(first.splitlines()), sorted(again.splitlines())
    if not part or len(part) >= len(whole) or whole[-len(part):] != part:
        raise harness.Failure(f"{len(part)} rows of {len(whole)}; they are not the last ones")
    differ = env.weir("diff", f"{folder}/first.json", f"{folder}/again.json", "--key", "w,k", "--format", "json", check=1)
    if f"missing {len(whole) - len(part)}, extra 0, changed 0, same {len(part)}" not in differ.stderr:
        raise harness.Failure(differ.stderr)


def cases(env):
    yield "replay/until", lambda: until(env)
    yield "replay/from_savepoint", lambda: from_savepoint(env)

# SPDX-License-Identifier: Apache-2.0
"""takeover_suite - a job is started a second time while it runs: the older run stops and says why, and every row is there once."""
import json
import os

import harness
import servers

ROWS = 8000
SLOW, FAST = 200, 4000  # rows per second: of the first run, which must not end before the second one is at work, and of that one
MADE = f"""CREATE TABLE g (i BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '{SLOW}', 'fields.i.kind' = 'sequence', 'fields.i.start' = '1',
  'fields.i.end' = '{ROWS}');
"""


def both(env, folder, script, words):
    """The first run ends with an error that has the words, the second one well."""
    slow, fast = os.path.join(folder, "slow.sql"), os.path.join(folder, "fast.sql")
    for path, rate in ((slow, SLOW), (fast, FAST)):
        with open(path, "w", encoding="utf-8") as file:
            file.write(script.replace(f"'rows-per-second' = '{SLOW}'", f"'rows-per-second' = '{rate}'"))
    run = ["run", "--quiet", "--set", "execution.checkpointing.interval=100ms", "--set", f"execution.checkpointing.dir={folder}/checkpoints"]
    with env.start(*run, slow) as older:
        older.until(lambda: any(name.endswith(".manifest") for _, _, names in os.walk(f"{folder}/checkpoints") for name in names), "a checkpoint")
        with env.start(*run, "--restore", "latest", fast) as newer:
            said = older.end(1)
            newer.end(0)
    for word in words:
        if word not in said:
            raise harness.Failure(f"does not say '{word}':\n{said}")


def files(env):
    folder = env.folder("takeover-files")
    both(env, folder, MADE + f"CREATE TABLE f (i BIGINT) WITH ('connector' = 'filesystem', 'path' = '{folder}/out', 'format' = 'json');\n"
         "INSERT INTO f SELECT i FROM g;", ["Another run writes its checkpoints to", "Let one run of a job go on"])
    found = []
    for name in os.listdir(f"{folder}/out"):
        if name[0] != ".":
            with open(f"{folder}/out/{name}", encoding="utf-8") as file:
                found += [json.loads(line)["i"] for line in file]
    if sorted(found) != list(range(1, ROWS + 1)):
        raise harness.Failure(f"{len(found)} rows, {len(set(found))} different ones, wanted {ROWS}")


def postgres(env):
    folder = env.folder("takeover-postgres")
    with servers.postgres().database("takeover") as database:
        database.sql("CREATE TABLE f (i BIGINT)")
        both(env, folder, MADE + f"CREATE TABLE f (i BIGINT) WITH ('connector' = 'jdbc', 'url' = '{database.url}', 'username' = 'postgres', "
             "'table-name' = 'f', 'sink.delivery-guarantee' = 'exactly-once');\nINSERT INTO f SELECT i FROM g;", ["nother run"])
        found = database.sql("SELECT count(*), count(DISTINCT i) FROM f")[0]
    if found != (ROWS, ROWS):
        raise harness.Failure(f"{found[0]} rows, {found[1]} different ones, wanted {ROWS}")


def cases(env):
    yield "takeover/files", lambda: files(env)
    yield "takeover/postgres", lambda: postgres(env)

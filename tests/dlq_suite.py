# SPDX-License-Identifier: Apache-2.0
"""dlq_suite - weir dlq: dead letters counted, replayed through the mended script, written back as they are; none twice."""
import glob
import json
import os

import harness

LETTERS = ("`raw` STRING, error_kind STRING, error_text STRING, `table` STRING, file STRING, line BIGINT, `offset` BIGINT, "
           "`time` TIMESTAMP_LTZ(3), attempts BIGINT")
SCRIPT = """
CREATE TABLE orders (id INT, amount {type}) WITH ('connector' = 'filesystem', 'path' = '${{DIR}}/orders.json', 'format' = 'json',
  'error-handling.mode' = 'log', 'error-handling.log.target' = 'letters');
CREATE TABLE other (id INT) WITH ('connector' = 'filesystem', 'path' = '${{DIR}}/other.json', 'format' = 'json',
  'error-handling.mode' = 'log', 'error-handling.log.target' = 'letters');
CREATE TABLE letters ({letters}) WITH ('connector' = 'filesystem', 'path' = '${{DIR}}/letters{slash}', 'format' = 'json');
CREATE TABLE good (id INT, amount INT) WITH ('connector' = 'filesystem', 'path' = '${{DIR}}/good/', 'format' = 'json');
CREATE TABLE others (id INT) WITH ('connector' = 'filesystem', 'path' = '${{DIR}}/others/', 'format' = 'json');
CREATE TABLE lines (`text` STRING) WITH ('connector' = 'filesystem', 'path' = '${{DIR}}/lines/', 'format' = 'raw');
EXECUTE STATEMENT SET BEGIN
INSERT INTO good SELECT id, {amount} FROM orders;
INSERT INTO others SELECT id FROM other;
END;
"""
BROKEN = {"type": "INT", "amount": "amount"}
MENDED = {"type": "STRING", "amount": "CAST(REPLACE(amount, ' EUR', '') AS INT)"}


def lines(folder):
    out = []
    for path in sorted(glob.glob(os.path.join(folder, "*"))):
        with open(path, encoding="utf-8") as file:
            out += file.read().split("\n")[:-1]
    return out


def rows(folder):
    return [json.loads(line) for line in lines(folder)]


def expect(got, want, what):
    if got != want:
        raise harness.Failure(f"{what}\n  got  {got}\n  want {want}")


class Job:
    """A folder with inputs, of which some rows are bad, and the script in two forms."""

    def __init__(self, env, name, letters=LETTERS, slash="/"):
        self.env, self.folder = env, env.folder("dlq-" + name)
        with open(self.path("orders.json"), "w", encoding="utf-8") as file:
            for i in range(1, 41):
                amount = f'"{i} EUR"' if i % 4 == 0 else i
                file.write(f'{{"id": {i}, "amount": {amount}}}\n' if i % 11 else f'{{"id": {i}, "amount": \n')
        with open(self.path("other.json"), "w", encoding="utf-8") as file:
            file.write('{"id": 1}\n{"id": "two"}\n')
        for form, parts in (("broken.sql", BROKEN), ("mended.sql", MENDED)):
            with open(self.path(form), "w", encoding="utf-8") as file:
                file.write(SCRIPT.format(letters=letters, slash=slash, **parts))

    def path(self, name):
        return os.path.join(self.folder, name)

    def weir(self, *args, form="broken.sql", check=0):
        return self.env.weir(*args, "-v", f"DIR={self.folder}", self.path(form), check=check)

    def replay(self, *args, form="mended.sql", check=0):
        return self.weir("dlq", "replay", "--table", "orders", *args, form=form, check=check).stderr

    def good(self):
        return sorted(row["id"] for row in rows(self.path("good")))


FIRST = [i for i in range(1, 41) if i % 4 and i % 11]
COMMAS = [i for i in range(1, 41) if i % 4 == 0 and i % 11]
CUT = [11, 22, 33]


def replay(env, letters=LETTERS, name="replay"):
    job = Job(env, name, letters)
    job.weir("run")
    expect(job.good(), FIRST, "good rows of the run")
    shown = job.weir("dlq", "show", "--format", "json")
    counts = {(row["table"], row["kind"]): row["letters"] for row in map(json.loads, shown.stdout.split("\n")[:-1])}
    expect(counts, {("orders", "type"): len(COMMAS), ("orders", "syntax"): 3, ("other", "type"): 1}, "letters by table and kind")
    text = job.replay()
    expect(job.good(), sorted(FIRST + COMMAS), "good rows behind the replay, each once")
    expect(len(lines(job.path("others"))), 1, "the statement that does not read the table has not run")
    expect(f"{len(COMMAS) + 3} letters of 'orders' replayed, 3 rows failed again" in text, True, text)
    again = [row for row in rows(job.path("letters")) if row["attempts"] == 2]
    expect(sorted(row["offset"] for row in again),
           sorted(row["offset"] for row in rows(job.path("letters")) if row["attempts"] == 1 and row["error_kind"] == "syntax"),
           "what fails again has the place of the first time")
    text = job.replay()
    expect(job.good(), sorted(FIRST + COMMAS), "nothing is replayed twice")
    expect(f"; {len(COMMAS) + 3} were replayed before" in text, True, text)
    expect(sorted(row["attempts"] for row in rows(job.path("letters")) if row["table"] == "orders"),
           [1] * (len(COMMAS) + 3) + [2] * 3 + [3] * 3, "attempts are counted")
    text = job.replay("--again", "--limit", "2")
    expect("2 letters of 'orders' replayed" in text, True, text)
    text = job.replay("--done", job.path("elsewhere"))
    expect(len(job.good()) > len(FIRST + COMMAS), True, "replayed twice when asked")
    expect("before" in text, False, text)


def metadata(env):
    """A table of letters whose columns are METADATA is read, too."""
    replay(env, "`raw` STRING METADATA FROM 'raw', error_kind STRING METADATA FROM 'error-kind', `table` STRING, "
                "`offset` BIGINT METADATA, attempts BIGINT METADATA", "metadata")


def into(env):
    """The letters as they are, in a table of one column."""
    job = Job(env, "into")
    job.weir("run")
    text = job.replay("--into", "lines", form="broken.sql")
    want = [line for line in open(job.path("orders.json"), encoding="utf-8").read().split("\n")[:-1] if " EUR" in line or line.endswith(" ")]
    expect(sorted(lines(job.path("lines"))), sorted(want), "raw lines")
    expect(job.good(), FIRST, "nothing else has run")
    expect("letters of 'orders' replayed" in text, True, text)
    text = job.replay("--into", "lines", form="broken.sql")
    expect((len(lines(job.path("lines"))), "0 letters" in text), (len(want), True), "not twice")
    text = job.replay("--into", "good", "--again", form="broken.sql", check=2)
    expect("it must have one column, STRING or BYTES" in text, True, text)


def wrong_use(env):
    job = Job(env, "wrong")
    job.weir("run")
    for args, form, said in (
            (("dlq",), "broken.sql", "There is no command 'weir dlq "),
            (("dlq", "replay"), "broken.sql", "'weir dlq replay' needs --table TABLE"),
            (("dlq", "replay", "--tabel", "x"), "broken.sql", "There is no option '--tabel'"),
            (("dlq", "replay", "--table", "order"), "broken.sql", "order"),
            (("dlq", "replay", "--table", "good"), "broken.sql", "names no table of dead letters" if False else "good"),
            (("dlq", "show", "--from", "letter"), "broken.sql", "letter"),
            (("dlq", "show", "--limit", "many"), "broken.sql", "'many' is not a number of letters")):
        text = job.weir(*args, form=form, check=2 if "good" not in args else None).stderr
        expect(said in text, True, f"{args}: {text}")
    with open(job.path("damaged"), "w", encoding="utf-8") as file:
        file.write("not a digest\n")
    text = job.replay("--done", job.path("damaged"), check=2)
    expect("is no file of letters that were replayed" in text, True, text)
    job = Job(env, "one-file", slash=".json")
    job.weir("run")
    text = job.replay(check=2)
    expect("which a replay would replace by its own" in text, True, text)
    expect("usage: weir dlq show" in env.weir("help", "dlq", check=0).stdout, True, "help")


def cases(env):
    yield "dlq/replay", lambda: replay(env)
    yield "dlq/metadata", lambda: metadata(env)
    yield "dlq/into", lambda: into(env)
    yield "dlq/wrong_use", lambda: wrong_use(env)

# SPDX-License-Identifier: Apache-2.0
"""server_letters_suite - dead letters and late rows of a server's jobs: looked at page by page, mended one by one, replayed and none twice;
letters in files and in a topic."""
import base64
import json
import os

import harness
import server
import servers
from dlq_suite import rows
from server_jobs_suite import expect, state, submit, wait

LETTERS = ("`raw` BYTES, `key` BYTES, error_kind STRING, error_text STRING, `table` STRING, file STRING, line BIGINT, topic STRING, `partition` INT, "
           "`offset` BIGINT, `time` TIMESTAMP_LTZ(3), attempts BIGINT")


def script(folder, amount="amount", kind="INT"):
    return f"""
CREATE TABLE orders (id INT, amount {kind}) WITH ('connector' = 'filesystem', 'path' = '{folder}/orders.json', 'format' = 'json',
  'error-handling.mode' = 'log', 'error-handling.log.target' = 'letters');
CREATE TABLE letters ({LETTERS}) WITH ('connector' = 'filesystem', 'path' = '{folder}/letters/', 'format' = 'json');
CREATE TABLE good (id INT, amount INT) WITH ('connector' = 'filesystem', 'path' = '{folder}/good/', 'format' = 'json');
CREATE TABLE lines (`text` STRING) WITH ('connector' = 'filesystem', 'path' = '{folder}/lines/', 'format' = 'raw');
INSERT INTO good SELECT id, {amount} FROM orders;
"""


MENDED = {"amount": "CAST(REPLACE(amount, ' EUR', '') AS INT)", "kind": "STRING"}


def pages(weir, job, query="", limit=3):
    """All letters, page by page."""
    found, cursor = [], None
    while True:
        page = weir.get(f"/v1/jobs/{job}/dead-letters?limit={limit}{query}" + (f"&before={cursor}" if cursor else ""))
        expect(len(page["letters"]) <= limit, True, "letters of a page")
        found += page["letters"]
        cursor = page["next"]
        if cursor is None:
            expect(sum(one["copies"] for one in found), page["total"], "all of them")
            return found


def replay(weir, job, **body):
    return weir.post(f"/v1/jobs/{job}/dead-letters/replay", body)


def counts(answer):
    return {key: answer[key] for key in ("letters", "failed", "replayed_before") if answer[key]}


def files(env):
    folder = env.folder("server-letters")
    with open(f"{folder}/orders.json", "w", encoding="utf-8") as file:
        for i in range(1, 21):
            amount = f'"{i} EUR"' if i % 4 == 0 else i
            file.write(f'{{"id": {i}, "amount": {amount}}}\n' if i % 9 else f'{{"id": {i}, "amount": \n')
    with server.Server(env, folder) as weir:
        job = submit(weir, script(folder), "orders")
        state(weir, job, "FINISHED")
        found = pages(weir, job)
        expect(sorted(one["line"] for one in found), [4, 8, 9, 12, 16, 18, 20], "letters")
        expect({(one["table"], one["replayed"], one["copies"], one["attempts"], one["key"]) for one in found}, {("orders", False, 1, 1, None)}, "what is told of them")
        expect([one["time_ms"] for one in found], sorted((one["time_ms"] for one in found), reverse=True), "the newest first")
        expect({os.path.basename(one["origin"] or "") for one in found}, {"orders.json"}, "the file")
        eur = [one for one in found if "EUR" in one["raw"]]
        expect(sorted((one["line"], one["error_kind"]) for one in pages(weir, job, "&error_kind=type")), sorted((one["line"], "type") for one in eur), "by kind")
        expect(len(pages(weir, job, "&error=EUR")), len(eur), "by text")
        expect(pages(weir, job, f"&from_ms={found[0]['time_ms'] + 1}"), [], "by time")
        # tried, then one of them mended
        tried = replay(weir, job, dry_run=True)
        expect((tried["letters"], tried["readable"], tried["failed"], tried["table"]), (7, 0, 7, "orders"), f"a try {tried}")
        expect(sum(one["rows"] for one in tried["reasons"]), 7, "its reasons")
        one = next(one for one in found if one["line"] == 9)
        answer = replay(weir, job, ids=[one["id"]], payload='{"id": 9, "amount": 9}')
        expect((counts(answer), [row for row in rows(f"{folder}/good") if row["id"] == 9]), ({"letters": 1}, [{"id": 9, "amount": 9}]), f"a mended letter {answer}")
        expect({letter["line"] for letter in pages(weir, job) if letter["replayed"]}, {9}, "it counts as replayed")
        expect(counts(replay(weir, job, ids=[one["id"]], payload='{"id": 9, "amount": 9}')), {"replayed_before": 1}, "not twice")
        # the job is mended, by another of its name
        weir.restart()
        mended = submit(weir, script(folder, **MENDED), "orders", restore=None)
        state(weir, mended, "FINISHED")
        before = len(rows(f"{folder}/good"))
        answer = replay(weir, mended, error_kind="type")
        expect((counts(answer), len(rows(f"{folder}/good"))), ({"letters": len(eur)}, before + len(eur)), f"those that can be read now {answer}")
        answer = replay(weir, mended)
        expect((counts(answer)["letters"] > 0, answer["failed"], answer["replayed_before"]), (True, answer["letters"], len(eur) + 1), f"the others fail again {answer}")
        expect({reason["kind"] for reason in answer["reasons"]}, {"syntax"}, "why")
        expect(max(letter["attempts"] for letter in pages(weir, mended)) >= 2, True, "attempts are counted")
        expect(len(rows(f"{folder}/good")), before + len(eur), "nothing came of them")
        # as they are, into a table
        answer = replay(weir, mended, ids=[eur[0]["id"]], into="lines", again=True)
        with open(f"{folder}/lines/{[name for name in os.listdir(f'{folder}/lines') if name[0] not in '._'][0]}", encoding="utf-8") as file:
            expect((counts(answer), file.read()), ({"letters": 1}, eur[0]["raw"] + "\n"), "as it was")
        for body, said in (({"ids": []}, "1 to 500"), ({"ids": ["x"]}, "no letters with these ids"), ({"payload": "x"}, "one letter"), ({"table": "nothing"}, "nothing"),
                           ({"into": "good", "again": True}, "one column"), ({"limit": 0}, "'limit'"), ({"ids": [one["id"]], "payload_base64": "?"}, "base64"),
                           ({"wrong": 1}, "'wrong'")):
            error = weir.refused(400, "POST", f"/v1/jobs/{mended}/dead-letters/replay", body)
            expect(said in error["message"], True, f"{body}: {error}")
        weir.refused(404, "GET", "/v1/jobs/nobody/dead-letters")
        weir.refused(404, "POST", "/v1/jobs/nobody/dead-letters/replay", {})
        weir.refused(400, "GET", f"/v1/jobs/{job}/dead-letters?before=x")
        weir.refused(400, "GET", f"/v1/jobs/{job}/dead-letters?limit=501")


TOPIC = """
CREATE TABLE orders (id INT, amount {kind}) WITH ('connector' = 'kafka', 'topic' = '{orders}', 'properties.bootstrap.servers' = '{bootstrap}',
  'scan.startup.mode' = 'earliest-offset', 'format' = 'json', 'error-handling.mode' = 'log', 'error-handling.log.target' = 'letters');
CREATE TABLE letters ({letters}) WITH ('connector' = 'kafka', 'topic' = '{dead}', 'properties.bootstrap.servers' = '{bootstrap}', 'format' = 'json',
  'scan.startup.mode' = 'latest-offset', 'sink.delivery-guarantee' = 'exactly-once', 'sink.transactional-id-prefix' = '{dead}');
CREATE TABLE good (id INT, amount INT) WITH ('connector' = 'kafka', 'topic' = '{good}', 'properties.bootstrap.servers' = '{bootstrap}', 'format' = 'json',
  'sink.delivery-guarantee' = 'exactly-once', 'sink.transactional-id-prefix' = '{good}');
CREATE TABLE back (v BYTES) WITH ('connector' = 'kafka', 'topic' = '{orders}', 'properties.bootstrap.servers' = '{bootstrap}', 'format' = 'raw');
INSERT INTO good SELECT id, {amount} FROM orders;
"""


def topics(env):
    """Letters of a running job in a topic: replayed beside it through the mended script, and one that is mended by hand back into its source."""
    kafka = servers.kafka()
    folder = env.folder("server-letters-topic")
    names = {name: kafka.topic(name, 1) for name in ("orders", "dead", "good")}
    kafka.produce(names["orders"], [(None, json.dumps({"id": i, "amount": f"{i} EUR" if i % 4 == 0 else i}) if i != 7 else "\xff", 0, None, None) for i in range(1, 13)])

    def text(**more):
        return TOPIC.format(letters=LETTERS, bootstrap=kafka.bootstrap, **names, **more)

    def good():
        return sorted(json.loads(message.value)["id"] for message in kafka.consume(names["good"]))

    with server.Server(env, folder, settings=[("parallelism.default", "1")]) as weir:
        fast = {"execution.checkpointing.interval": "100 ms"}
        job = submit(weir, text(kind="INT", amount="amount"), "orders", fast)
        wait(weir, job, lambda found: found["rows_bad"] == 4 and len(weir.get(f"/v1/jobs/{job}/dead-letters")["letters"]) == 4, "letters")
        found = pages(weir, job, limit=2)
        expect(sorted((one["partition"], one["offset"], one["origin"]) for one in found), [(0, i - 1, names["orders"]) for i in (4, 7, 8, 12)], "their places")
        mended = text(kind="STRING", amount="CAST(REPLACE(amount, ' EUR', '') AS INT)")
        expect(weir.post(f"/v1/jobs/{job}/update", {"sql": mended, "apply": True})["applied"], True, "an update")
        begun = weir.post(f"/v1/jobs/{job}/dead-letters/replay?wait_ms=0", {})
        end = wait_operation(weir, begun["operation"])
        expect((end["state"], counts(end["result"])), ("done", {"letters": 4, "failed": 1}), f"a replay {end}")
        expect(good(), [i for i in range(1, 13) if i != 7], "what is good, each once, beside the job")
        expect(counts(replay(weir, job))["replayed_before"], 4, "none twice")
        one = next(one for one in found if one["offset"] == 6)
        replay(weir, job, ids=[one["id"]], again=True, into="back", payload_base64=base64.b64encode(b'{"id": 7, "amount": "7"}').decode())
        wait(weir, job, lambda _: good() == list(range(1, 13)), "the job reads what was mended")


def wait_operation(weir, name):
    found = {}

    def ended(_):
        found.update(weir.get(f"/v1/operations/{name}"))
        return found["state"] != "running"

    wait(weir, found.get("job") or weir.get(f"/v1/operations/{name}")["job"], ended, "the end of an operation")
    return found


LATE = """
CREATE TABLE clicks (u STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'filesystem', 'path' = '{folder}/clicks.csv', 'format' = 'csv');
CREATE TABLE counts (u STRING, n BIGINT) WITH ('connector' = 'filesystem', 'path' = '{folder}/counts/', 'format' = 'csv');
CREATE TABLE late (u STRING, ts TIMESTAMP(3), late_by BIGINT METADATA FROM 'late-by') WITH ('connector' = 'filesystem', 'path' = '{folder}/late/', 'format' = 'json');
{keep}
INSERT INTO counts SELECT u, COUNT(*) FROM TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY u, window_start, window_end;
"""


def late_script(folder, keep="", live=False):
    """`live`: over a folder whose files are read as they come."""
    text = LATE.format(folder=folder, keep=keep)
    if not live:
        return text
    return text.replace(f"'path' = '{folder}/clicks.csv', 'format' = 'csv'", f"'path' = '{folder}/in/', 'source.monitor-interval' = '50 ms', 'format' = 'csv'")


def late_clicks(path):
    """31 clicks, the last of which is late."""
    with open(path, "w", encoding="utf-8") as file:
        for i in range(30):
            file.write(f"u{i % 3},2026-01-01 00:{i:02d}:00\n")
        file.write("slow,2026-01-01 00:00:30\n")


def late(env):
    folder = env.folder("server-letters-late")
    late_clicks(f"{folder}/clicks.csv")
    with server.Server(env, folder) as weir:
        job = submit(weir, late_script(folder, "SET 'weir.late-rows.table' = 'late';"), "kept")
        state(weir, job, "FINISHED")
        found = weir.get(f"/v1/jobs/{job}/late-rows")
        expect((found["rows_late"], found["table"], found["columns"]), (1, "late", ["u", "ts", "late_by"]), f"late rows {found}")
        expect([row[0] for row in found["rows"]], ["slow"], "the rows")
        os.mkdir(f"{folder}/in")
        os.rename(f"{folder}/clicks.csv", f"{folder}/in/a.csv")
        job = submit(weir, late_script(folder, live=True), "live")
        wait(weir, job, lambda found: found["rows_late"] == 1, "a late row")
        found = weir.get(f"/v1/jobs/{job}/late-rows")
        expect((found["table"], found["rows_late"], [one["row"]["u"] for one in found["recent"]]), (None, 1, ["slow"]), f"recent ones {found}")
        expect((found["recent"][0]["late_by_ms"] > 0, found["recent"][0]["watermark_ms"] > 0), (True, True), "how late")
        weir.refused(404, "GET", "/v1/jobs/nobody/late-rows")
        expect("dead letters" in weir.refused(400, "GET", f"/v1/jobs/{job}/dead-letters")["message"], True, "a job that keeps none")


def cases(env):
    yield "server-letters/files", lambda: files(env)
    yield "server-letters/topics", lambda: topics(env)
    yield "server-letters/late", lambda: late(env)

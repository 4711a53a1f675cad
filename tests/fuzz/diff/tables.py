# SPDX-License-Identifier: Apache-2.0
"""tables - random changing tables: a history of inserts, updates and deletes by primary key, written in several forms, and
what is there at the end.

A history is cut into files of a folder; each is an epoch of its own, so that operators show their state many times.
"""
import json
import os

COLUMNS = ("k INT, g INT, s STRING, v BIGINT, d DECIMAL(6, 2), ts TIMESTAMP(3), "
           "WATERMARK FOR ts AS ts - INTERVAL '1' DAY")
FORMS = {
    "final": "'format' = 'json'",
    "all": "'format' = 'changelog-json'",
    "upsert": "'format' = 'changelog-json', 'changelog-json.mode' = 'upsert'",
    "debezium": "'format' = 'debezium-json'",
}


def random_row(random, k):
    return {
        "k": k,
        "g": random.choice([None, 0, 1, 1, 2, 3]),
        "s": random.choice([None, "a", "b", "c", ""]),
        "v": random.choice([None, 0, 1, 2, 3, 5, 8, 13, -1, 100]),
        "d": random.choice([None, 0, 0.5, 1.25, -3.1, 1000]),
        "ts": f"2024-01-01 10:00:{random.randrange(60):02}",
    }


def history(random, count):
    """[(kind, old row, new row)] and the table at the end."""
    table, changes = {}, []
    keys = random.choice([3, 10, 40])
    deletes = random.choice([0.1, 0.3, 0.5])
    for _ in range(count):
        k = random.randrange(keys)
        if k not in table:
            table[k] = random_row(random, k)
            changes.append(("insert", None, table[k]))
        elif random.random() < deletes:
            changes.append(("delete", table.pop(k), None))
        else:
            new = random_row(random, k)
            changes.append(("update", table[k], new))
            table[k] = new
    return changes, list(table.values())


def lines_all(change):
    kind, old, new = change
    if kind == "insert":
        return [{"op": "+I", "data": new}]
    if kind == "delete":
        return [{"op": "-D", "data": old}]
    return [{"op": "-U", "data": old}, {"op": "+U", "data": new}]


def lines_upsert(random, change):
    kind, old, new = change
    if kind == "delete":
        out = {"op": "-D", "data": {"k": old["k"], "ts": old["ts"]} if random.random() < 0.5 else old}
    else:
        out = {"op": random.choice(["+I", "+U"]), "data": new}
    return [out] * random.choice([1, 1, 1, 2])


def lines_debezium(change):
    kind, old, new = change
    return [{"before": old, "after": new, "op": {"insert": "c", "update": "u", "delete": "d"}[kind]}]


def write(random, folder, name, changes, rows):
    """Writes all forms of one table into sub-folders NAME-FORM."""
    cuts = sorted(random.randrange(len(changes) + 1) for _ in range(random.choice([0, 1, 4, 12]))) if changes else []
    for form in FORMS:
        path = os.path.join(folder, f"{name}-{form}")
        os.makedirs(path, exist_ok=True)
        parts = [[]]
        if form == "final":
            parts = [[json.dumps(row) for row in rows]]
        else:
            for i, change in enumerate(changes):
                while cuts[len(parts) - 1:] and cuts[len(parts) - 1] <= i:
                    parts.append([])
                made = lines_all(change) if form == "all" else lines_debezium(change)
                if form == "upsert":
                    made = lines_upsert(random, change)
                parts[-1] += [json.dumps(line) for line in made]
        for i, part in enumerate(parts):
            with open(os.path.join(path, f"part-{i:04}"), "w", encoding="utf-8") as file:
                file.write("".join(line + "\n" for line in part))


def declare(name, folder, form):
    key = "" if form == "final" else ", PRIMARY KEY (k) NOT ENFORCED"
    path = os.path.join(folder, f"{name}-{form}")
    return f"CREATE TABLE {name} ({COLUMNS}{key}) WITH ('connector' = 'filesystem', 'path' = '{path}', {FORMS[form]});\n"

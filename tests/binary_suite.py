# SPDX-License-Identifier: Apache-2.0
"""binary_suite - Avro and Protobuf messages by other hands and for other hands: python3-avro, protoc and python3-protobuf, over a real Kafka and a real
schema registry."""
import importlib.util
import io
import itertools
import json
import os
import shutil
import struct
import subprocess

import harness
import servers

AVRO = {"type": "record", "name": "user", "fields": [
    {"name": "id", "type": "long"},
    {"name": "name", "type": ["null", "string"], "default": None},
    {"name": "score", "type": ["double", "null"]},
    {"name": "tags", "type": {"type": "array", "items": "string"}},
    {"name": "props", "type": {"type": "map", "values": ["null", "int"]}},
    {"name": "kind", "type": {"type": "enum", "name": "kind", "symbols": ["A", "B"]}},
    {"name": "key", "type": {"type": "fixed", "name": "key", "size": 3}},
    {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 10, "scale": 2}},
    {"name": "day", "type": {"type": "int", "logicalType": "date"}},
    {"name": "at", "type": {"type": "long", "logicalType": "timestamp-micros"}},
    {"name": "address", "type": ["null", {"type": "record", "name": "address", "fields": [
        {"name": "city", "type": "string"}, {"name": "zip", "type": "int"}]}], "default": None}]}
AVRO_COLUMNS = ("id BIGINT, name STRING, score DOUBLE, tags ARRAY<STRING>, props MAP<STRING, INT>, kind STRING, `key` BYTES, price DECIMAL(10, 2), "
                "`day` DATE, `at` TIMESTAMP_LTZ(6), address ROW<city STRING, zip BIGINT>")

PROTO = """syntax = "proto3";
package shop;
import "google/protobuf/timestamp.proto";
message Order {
  int64 id = 1;
  string name = 2;
  optional double score = 3;
  repeated string tags = 4;
  map<string, int32> props = 5;
  enum Kind { NONE = 0; NEW = 1; OLD = 7; }
  Kind kind = 6;
  bytes raw = 7;
  repeated sint32 numbers = 8;
  google.protobuf.Timestamp at = 9;
  message Address { string city = 1; fixed32 zip = 2; }
  Address address = 10;
  repeated Address others = 11;
  uint64 big = 300;
}
message Other { string s = 1; }
"""
PROTO_COLUMNS = ("id BIGINT, name STRING, score DOUBLE, tags ARRAY<STRING>, props MAP<STRING, INT>, kind STRING, `raw` BYTES, numbers ARRAY<INT>, "
                 "`at` TIMESTAMP_LTZ(3), address ROW<city STRING, zip BIGINT>, others ARRAY<ROW<city STRING, zip BIGINT>>, big BIGINT")


_numbers = itertools.count(1)


# ---- jobs

def table(kafka, topic, columns, form, name="t", **options):
    given = {"connector": "kafka", "topic": topic, "properties.bootstrap.servers": kafka.bootstrap, "scan.startup.mode": "earliest-offset",
             "scan.bounded.mode": "latest-offset", "format": form}
    given.update({key.replace("__", "."): value for key, value in options.items()})
    quoted = ", ".join("'%s' = '%s'" % (key, value.replace("'", "''")) for key, value in given.items())
    return f"CREATE TABLE {name} ({columns}) WITH ({quoted});\n"


def run(env, text, check=0, **more):
    path = os.path.join(env.folder("binary"), f"job-{next(_numbers)}.sql")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return env.weir("run", "--quiet", "--result", "final", "--format", "json", path, check=check, **more)


def rows(env, text, **more):
    return [json.loads(line) for line in run(env, text, **more).stdout.split("\n")[:-1]]


def equal(got, want, what=""):
    if got != want:
        raise harness.Failure(f"{what}\n  got  {str(got)[:2000]}\n  want {str(want)[:2000]}")


# ---- other hands

def avro_library():
    try:
        import avro.io
        import avro.schema
    except ImportError:
        raise harness.Skip("python3-avro is not installed")
    return avro.schema, avro.io


def avro_write(schema, records):
    parse, inout = avro_library()
    parsed, out = parse.parse(json.dumps(schema)), []
    for record in records:
        buffer = io.BytesIO()
        inout.DatumWriter(parsed).write(record, inout.BinaryEncoder(buffer))
        out.append(buffer.getvalue())
    return out


def avro_read(schema, data):
    parse, inout = avro_library()
    return inout.DatumReader(parse.parse(schema)).read(inout.BinaryDecoder(io.BytesIO(data)))


def has_protobuf():
    try:
        return importlib.util.find_spec("google.protobuf") is not None
    except ModuleNotFoundError:  # not even its parent is there
        return False


def proto_module(env, folder):
    """The module that protoc makes of PROTO, and the descriptor file."""
    if shutil.which("protoc") is None or not has_protobuf():
        raise harness.Skip("protobuf-compiler or python3-protobuf is not installed")
    path = os.path.join(folder, "orders.proto")
    with open(path, "w", encoding="utf-8") as file:
        file.write(PROTO)
    done = subprocess.run(["protoc", "-I", folder, "--include_imports", f"--descriptor_set_out={folder}/orders.desc", f"--python_out={folder}", path],
                          capture_output=True, text=True)
    if done.returncode != 0:
        raise harness.Failure(done.stderr)
    spec = importlib.util.spec_from_file_location("orders_pb2_" + str(os.getpid()) + "_" + os.path.basename(folder).replace("-", "_"), f"{folder}/orders_pb2.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module, path, f"{folder}/orders.desc"


_modules = {}


def proto(env):
    """Once for a run: Python registers the names of the types for the whole process."""
    if "module" not in _modules:
        _modules["module"] = proto_module(env, env.folder("protobuf"))
    return _modules["module"]


def head(number):
    return b"\0" + struct.pack(">I", number)


# ---- avro

def avro_records():
    import datetime
    import decimal
    utc = datetime.timezone.utc
    return [{"id": 1, "name": "Ann", "score": 1.5, "tags": ["x", "y"], "props": {"k": 1}, "kind": "B", "key": b"abc", "price": decimal.Decimal("12.34"),
             "day": datetime.date(2024, 2, 29), "at": datetime.datetime(2024, 2, 29, 1, 2, 3, 4567, utc), "address": {"city": "Oslo", "zip": 7}},
            {"id": -2, "name": None, "score": None, "tags": [], "props": {"n": None}, "kind": "A", "key": b"\x00\xff ", "price": decimal.Decimal("-0.01"),
             "day": datetime.date(1969, 12, 31), "at": datetime.datetime(1969, 12, 31, 23, 59, 59, 999999, utc), "address": None}]


AVRO_ROWS = [{"id": -2, "name": None, "score": None, "tags": [], "props": {"n": None}, "kind": "A", "key": "AP8g", "price": -0.01, "day": "1969-12-31",
              "at": "1969-12-31 23:59:59.999999Z", "address": None},
             {"id": 1, "name": "Ann", "score": 1.5, "tags": ["x", "y"], "props": {"k": 1}, "kind": "B", "key": "YWJj", "price": 12.34, "day": "2024-02-29",
              "at": "2024-02-29 01:02:03.004567Z", "address": {"city": "Oslo", "zip": 7}}]


def avro_from_python(env):
    """The schema of the registry, and messages of python3-avro."""
    kafka, registry = servers.kafka(), servers.registry()
    topic = kafka.topic("avro")
    number = registry.register(f"{topic}-value", AVRO)
    kafka.produce(topic, [head(number) + data for data in avro_write(AVRO, avro_records())])
    source = table(kafka, topic, AVRO_COLUMNS, "avro-confluent", **{"avro-confluent__url": registry.url})
    equal(sorted(rows(env, source + "SELECT * FROM t;"), key=lambda row: row["id"]), AVRO_ROWS)
    equal(sorted(row["c"] for row in rows(env, source + "SELECT address.city AS c FROM t WHERE id > 0;")), ["Oslo"])
    equal(rows(env, source + "SELECT COUNT(*) AS n FROM t;"), [{"n": 2}])


def avro_for_python(env):
    """What a table writes, python3-avro reads with the schema that was registered."""
    kafka, registry = servers.kafka(), servers.registry()
    topic = kafka.topic("avro-out")
    columns = "id BIGINT NOT NULL, name STRING, price DECIMAL(10, 2), tags ARRAY<STRING>, props MAP<STRING, INT>, address ROW<city STRING, zip INT>, ts TIMESTAMP(3)"
    sink = table(kafka, topic, columns, "avro-confluent", **{"avro-confluent__url": registry.url})
    run(env, sink + "INSERT INTO t VALUES (1, 'Ann', 12.34, ARRAY['x', 'y'], MAP['k', 1], ROW('Oslo', 7), TIMESTAMP '2024-02-29 01:02:03.004'), "
                    "(2, CAST(NULL AS STRING), CAST(NULL AS DECIMAL(10, 2)), CAST(NULL AS ARRAY<STRING>), CAST(NULL AS MAP<STRING, INT>), "
                    "CAST(NULL AS ROW<city STRING, zip INT>), CAST(NULL AS TIMESTAMP(3)));")
    latest = registry.latest(f"{topic}-value")
    got = []
    for message in kafka.consume(topic, at_least=2):
        equal(message.value[:5], head(latest["id"]))
        record = avro_read(latest["schema"], message.value[5:])
        got.append({key: str(value) if key in ("price", "ts") and value is not None else value for key, value in record.items()})
    equal(sorted(got, key=lambda record: record["id"]), [
        {"id": 1, "name": "Ann", "price": "12.34", "tags": ["x", "y"], "props": {"k": 1}, "address": {"city": "Oslo", "zip": 7}, "ts": "2024-02-29 01:02:03.004000+00:00"},
        {"id": 2, "name": None, "price": None, "tags": None, "props": None, "address": None, "ts": None}])
    equal(sorted(row["id"] for row in rows(env, sink + "SELECT id, ts FROM t;")), [1, 2])


def avro_plain(env):
    """Format 'avro': no schema in the messages; the columns make it."""
    kafka = servers.kafka()
    topic = kafka.topic("avro-plain")
    schema = {"type": "record", "name": "r", "fields": [{"name": "id", "type": "int"}, {"name": "s", "type": ["null", "string"]}]}
    kafka.produce(topic, avro_write(schema, [{"id": 1, "s": "a"}, {"id": 2, "s": None}]))
    source = table(kafka, topic, "id INT NOT NULL, s STRING", "avro")
    run(env, source + "INSERT INTO t VALUES (3, 'c');")
    equal(sorted(map(str, rows(env, source + "SELECT * FROM t;"))), ["{'id': 1, 's': 'a'}", "{'id': 2, 's': None}", "{'id': 3, 's': 'c'}"])
    equal(avro_read(json.dumps(schema), kafka.consume(topic, at_least=3)[2].value), {"id": 3, "s": "c"})


def avro_grows(env):
    """Two schemas in one topic; one that the registry does not know is a bad record that says where it is."""
    kafka, registry = servers.kafka(), servers.registry()
    topic = kafka.topic("grows")
    first = {"type": "record", "name": "r", "fields": [{"name": "id", "type": "int"}]}
    second = {"type": "record", "name": "r", "fields": [{"name": "note", "type": "string", "default": "-"}, {"name": "id", "type": "long"}]}
    one, two = registry.register(f"{topic}-value", first), registry.register(f"{topic}-value", second)
    kafka.produce(topic, [head(one) + avro_write(first, [{"id": 1}])[0], head(two) + avro_write(second, [{"id": 2, "note": "n"}])[0],
                          head(999999) + b"\2", head(one) + b"", b"{}"])
    source = table(kafka, topic, "id BIGINT, note STRING", "avro-confluent", **{"avro-confluent__url": registry.url})
    skip = source.replace(" WITH (", " WITH ('error-handling.mode' = 'ignore', ") + "SELECT * FROM t;"
    equal(sorted(map(str, rows(env, skip))), ["{'id': 1, 'note': None}", "{'id': 2, 'note': 'n'}"])
    default = json.dumps(second)
    equal(sorted(row["note"] for row in rows(env, skip.replace("'format'", "'avro-confluent.schema' = '%s', 'format'" % default))), ["-", "n"])
    said = run(env, source + "SELECT * FROM t;", check=None)
    if said.returncode == 0 or "schema 999999" not in said.stderr or "offset 2" not in said.stderr:
        raise harness.Failure(said.stderr)


def avro_refused(env):
    """The registry's own words when a table's schema does not go with the subject's."""
    kafka, registry = servers.kafka(), servers.registry()
    topic = kafka.topic("refused")
    registry.register(f"{topic}-value", {"type": "record", "name": "record", "namespace": "org.apache.flink.avro.generated",
                                         "fields": [{"name": "id", "type": "string"}]})
    registry.set_compatibility(f"{topic}-value", "BACKWARD")
    said = run(env, table(kafka, topic, "id INT NOT NULL", "avro-confluent", **{"avro-confluent__url": registry.url}) + "INSERT INTO t VALUES (1);", check=None)
    for part in (f"'{topic}-value'", "HTTP 409", "ompatib"):
        if said.returncode == 0 or part not in said.stderr:
            raise harness.Failure(f"not said: {part}\n{said.stderr}")


def debezium(env):
    """Changes in, changes out, and in again."""
    kafka, registry = servers.kafka(), servers.registry()
    topic, copy = kafka.topic("debezium"), kafka.topic("debezium-copy")
    value = {"type": "record", "name": "Value", "fields": [{"name": "id", "type": "int"}, {"name": "v", "type": ["null", "string"]}]}
    envelope = {"type": "record", "name": "Envelope", "fields": [{"name": "before", "type": ["null", value]}, {"name": "after", "type": ["null", "Value"]},
                                                                 {"name": "source", "type": "string"}, {"name": "op", "type": "string"}]}
    number = registry.register(f"{topic}-value", envelope)
    a, b, c = {"id": 1, "v": "a"}, {"id": 1, "v": "b"}, {"id": 2, "v": None}
    changes = [{"before": None, "after": a, "source": "s", "op": "c"}, {"before": a, "after": b, "source": "s", "op": "u"},
               {"before": None, "after": c, "source": "s", "op": "r"}, {"before": c, "after": None, "source": "s", "op": "d"}]
    kafka.produce(topic, [head(number) + data for data in avro_write(envelope, changes)] + [("key", None)])
    columns = "id INT, v STRING"
    url = {"debezium-avro-confluent__url": registry.url}
    source, sink = (table(kafka, at, columns, "debezium-avro-confluent", name, **url) for at, name in ((topic, "t"), (copy, "u")))
    equal(rows(env, source + "SELECT * FROM t;"), [{"id": 1, "v": "b"}])
    run(env, source + sink + "INSERT INTO u SELECT * FROM t;")
    equal(rows(env, sink + "SELECT * FROM u;"), [{"id": 1, "v": "b"}])


# ---- protobuf

def orders(module):
    one = module.Order(id=1, name="Ann", score=0.0, tags=["x", ""], props={"k": 1, "z": 0}, kind=7, raw=b"\0\xff", numbers=[1, -2], big=2**40)
    one.at.FromMilliseconds(1700000000123)
    one.address.city, one.address.zip = "Oslo", 4294967295
    one.others.add(city="a")
    one.others.add(zip=3)
    return [one, module.Order()]


ORDER_ROWS = [{"id": 0, "name": "", "score": None, "tags": None, "props": None, "kind": "NONE", "raw": "", "numbers": None, "at": None, "address": None,
               "others": None, "big": 0},
              {"id": 1, "name": "Ann", "score": 0.0, "tags": ["x", ""], "props": {"k": 1, "z": 0}, "kind": "OLD", "raw": "AP8=", "numbers": [1, -2],
               "at": "2023-11-14 22:13:20.123Z", "address": {"city": "Oslo", "zip": 4294967295}, "others": [{"city": "a", "zip": 0}, {"city": "", "zip": 3}],
               "big": 2**40}]
SAME_ORDER = ("INSERT INTO t VALUES (1, 'Ann', 0.0, ARRAY['x', ''], MAP['k', 1, 'z', 0], 'OLD', x'00ff', ARRAY[1, -2], "
              "TO_TIMESTAMP_LTZ(1700000000123, 3), ROW('Oslo', 4294967295), ARRAY[ROW('a', 0), ROW('', 3)], 1099511627776);")


def protobuf(env):
    """Messages of python3-protobuf, with a descriptor file and with the text; and what python3-protobuf reads of ours."""
    kafka = servers.kafka()
    module, text, descriptors = proto(env)
    topic, out = kafka.topic("protobuf"), kafka.topic("protobuf-out")
    kafka.produce(topic, [message.SerializeToString() for message in orders(module)])
    for path, name in ((descriptors, "shop.Order"), (text, "Order")):
        options = {"protobuf__descriptor-file": path, "protobuf__message-name": name}
        got = rows(env, table(kafka, topic, PROTO_COLUMNS, "protobuf", **options) + "SELECT * FROM t;")
        equal(sorted(got, key=lambda row: row["id"]), ORDER_ROWS, path)
    run(env, table(kafka, out, PROTO_COLUMNS, "protobuf", **options) + SAME_ORDER)
    got = module.Order()
    got.ParseFromString(kafka.consume(out, at_least=1)[0].value)
    equal(got, orders(module)[0])


def protobuf_confluent(env):
    """With the registry: a type of another's making, the second of its file; then one that the columns make."""
    kafka, registry = servers.kafka(), servers.registry()
    module, _, _ = proto(env)
    topic, out = kafka.topic("protobuf-registry"), kafka.topic("protobuf-registry-out")
    number = registry.register(f"{topic}-value", PROTO, kind="PROTOBUF")
    messages = [head(number) + b"\0" + message.SerializeToString() for message in orders(module)]
    inner = module.Order.Address(city="Bergen").SerializeToString()
    kafka.produce(topic, messages + [head(number) + b"\2\2" + module.Other(s="no id").SerializeToString(), head(number) + b"\4\0\0" + inner])
    url = {"protobuf-confluent__url": registry.url}
    got = rows(env, table(kafka, topic, PROTO_COLUMNS + ", s STRING, city STRING", "protobuf-confluent", **url) + "SELECT * FROM t;")
    equal(sorted(got, key=lambda row: (row["city"] is not None, row["s"] is not None, row["id"] or 0))[:2],
          [dict(row, s=None, city=None) for row in ORDER_ROWS])
    equal(sorted(row["s"] or row["city"] for row in got if row["s"] or row["city"]), ["Bergen", "no id"])
    columns = "id INT NOT NULL, name STRING, tags ARRAY<STRING>, m MAP<STRING, BIGINT>, r ROW<x INT, y STRING>, ts TIMESTAMP_LTZ(3)"
    sink = table(kafka, out, columns, "protobuf-confluent", **url)
    run(env, sink + "INSERT INTO t VALUES (1, 'a', ARRAY['q'], MAP['k', CAST(2 AS BIGINT)], ROW(3, 'z'), TO_TIMESTAMP_LTZ(5, 3)), "
                    "(2, CAST(NULL AS STRING), CAST(NULL AS ARRAY<STRING>), CAST(NULL AS MAP<STRING, BIGINT>), CAST(NULL AS ROW<x INT, y STRING>), "
                    "CAST(NULL AS TIMESTAMP_LTZ(3)));")
    latest = registry.latest(f"{out}-value")
    equal(kafka.consume(out, at_least=2)[0].value[:6], head(latest["id"]) + b"\0")
    equal(sorted(map(str, rows(env, sink + "SELECT * FROM t;"))), sorted(map(str, [
        {"id": 1, "name": "a", "tags": ["q"], "m": {"k": 2}, "r": {"x": 3, "y": "z"}, "ts": "1970-01-01 00:00:00.005Z"},
        {"id": 2, "name": None, "tags": None, "m": None, "r": None, "ts": None}])))


def json_confluent(env):
    kafka, registry = servers.kafka(), servers.registry()
    topic = kafka.topic("json-registry")
    sink = table(kafka, topic, "id INT NOT NULL, name STRING, r ROW<x DOUBLE>", "json-confluent", **{"json-confluent__url": registry.url})
    run(env, sink + "INSERT INTO t VALUES (1, 'a', ROW(1.5)), (2, CAST(NULL AS STRING), CAST(NULL AS ROW<x DOUBLE>));")
    latest = registry.latest(f"{topic}-value")
    equal(json.loads(latest["schema"])["properties"]["id"], {"type": "integer"})
    for message in kafka.consume(topic, at_least=2):
        equal(message.value[:5], head(latest["id"]))
        json.loads(message.value[5:])
    kafka.produce(topic, [b'{"id": 3}', head(7) + b'{"id": 4, "name": "d"}', head(7) + b"{"])
    skip = sink.replace(" WITH (", " WITH ('error-handling.mode' = 'ignore', ")
    equal(sorted((row["id"], row["name"]) for row in rows(env, skip + "SELECT id, COALESCE(name, '-') AS name FROM t;")), [(1, "a"), (2, "-"), (3, "-"), (4, "d")])


# ---- Avro's container files

CODECS = ("null", "deflate", "snappy", "zstandard")


def avro_file(path, columns, name="t", **options):
    given = {"connector": "filesystem", "path": path, "format": "avro", **{key.replace("__", "."): value for key, value in options.items()}}
    return f"CREATE TABLE {name} ({columns}) WITH (" + ", ".join(f"'{key}' = '{value}'" for key, value in given.items()) + ");\n"


def files_shared(env):
    """Files of Avro's own tests: all codecs give the same rows; what is broken is an error or a bad record."""
    folder = harness.shared("formats", "avro")
    with open(os.path.join(folder, "share", "test", "data", "weather.json"), encoding="utf-8") as file:
        weather = [{key: row[key] for key in ("station", "time", "temp")} for row in map(json.loads, file)]
    columns = "station STRING, `time` BIGINT, temp INT"
    for name in ("weather", "weather-deflate", "weather-snappy", "weather-zstd"):
        source = avro_file(os.path.join(folder, "share", "test", "data", name + ".avro"), columns)
        equal(sorted(map(str, rows(env, source + "SELECT * FROM t;"))), sorted(map(str, weather)), name)
        equal(rows(env, source + "SELECT COUNT(*) AS n, MIN(temp) AS t FROM t;"), [{"n": len(weather), "t": min(row["temp"] for row in weather)}])
    union = avro_file(os.path.join(folder, "share", "test", "data", "schemas", "withUnion", "data.avro"), "data1 STRING",
                      **{"error-handling.mode": "ignore"})
    equal(rows(env, union + "SELECT * FROM t;"), [{"data1": "textValue"}])
    for name, wanted in (("avro-1237-bad-union-discriminant", 1), ("avro-1238-truncated", 1), ("avro-1279-codec", 0), ("avro-1279-no-codec", 0)):
        said = run(env, avro_file(os.path.join(folder, "c", name + ".avro"), "intField INT, longField BIGINT") + "SELECT * FROM t;", check=None)
        equal(said.returncode, wanted, name + ": " + said.stderr)


MANY_COLUMNS = "id BIGINT NOT NULL, s STRING, d DOUBLE, a ARRAY<INT>"
MANY = ("CREATE TABLE g (n BIGINT) WITH ('connector' = 'datagen', 'number-of-rows' = '20000', 'fields.n.kind' = 'sequence', 'fields.n.start' = '0', "
        "'fields.n.end' = '19999');\nINSERT INTO o SELECT n, CASE WHEN MOD(n, 3) = 0 THEN NULL ELSE CONCAT('text ', CAST(n AS STRING)) END, n / 2.0, "
        "ARRAY[CAST(n AS INT), 7] FROM g;")
ASKED = "SELECT COUNT(*) AS n, SUM(id) AS i, COUNT(s) AS s, MAX(s) AS m, SUM(d) AS d, SUM(a[1]) AS a FROM t;"
WANTED = [{"n": 20000, "i": 199990000, "s": 13333, "m": "text 9998", "d": 99995000.0, "a": 199990000}]


def files_written(env):
    """What is written is read again, by python3-avro, too; however many workers and however small batches."""
    folder = env.folder("binary-files")
    for codec in CODECS:
        path = os.path.join(folder, codec + ".avro")
        run(env, avro_file(path, MANY_COLUMNS, "o", avro__codec=codec) + MANY)
        equal(rows(env, avro_file(path, MANY_COLUMNS) + ASKED), WANTED, codec)
    for workers, batch in ((1, 7), (2, 4096), (5, 1)):
        text = f"SET 'parallelism.default' = '{workers}';\nSET 'weir.batch.max-rows' = '{batch}';\n"
        parts = os.path.join(folder, f"parts-{workers}")
        run(env, text + avro_file(parts, MANY_COLUMNS, "o") + MANY)
        equal(rows(env, text + avro_file(parts, MANY_COLUMNS) + ASKED), WANTED, f"{workers} workers, batches of {batch}")
    avro_library()
    import avro.datafile
    import avro.io
    for codec in ("null", "deflate"):
        with avro.datafile.DataFileReader(open(os.path.join(folder, codec + ".avro"), "rb"), avro.io.DatumReader()) as reader:
            equal(sum(record["id"] for record in reader), 199990000, codec)


def files_damaged(env):
    """Files cut off or with wrong bytes: rows, bad records, or an error; nothing else."""
    folder = env.folder("binary-damaged")
    for codec in ("null", "deflate", "snappy", "zstandard"):
        path = os.path.join(folder, "whole.avro")
        run(env, avro_file(path, MANY_COLUMNS, "o", avro__codec=codec) + MANY)
        with open(path, "rb") as file:
            whole = file.read()
        for part in (3, 30, len(whole) // 2, len(whole) - 5):
            for cut in (True, False):
                damaged = whole[:part] if cut else whole[:part] + bytes([whole[part] ^ 0x55]) + whole[part + 1:]
                bad = os.path.join(folder, "bad.avro")
                with open(bad, "wb") as file:
                    file.write(damaged)
                source = avro_file(bad, MANY_COLUMNS, error_handling__mode="ignore").replace("error_handling", "error-handling")
                done = run(env, source + "SELECT COUNT(*) AS n FROM t;", check=None)
                if part > 1000:  # the header is good: only blocks are lost
                    equal(done.returncode, 0, done.stderr)
                    count = json.loads(done.stdout)["n"]
                    if not 8000 < count <= 20000 or (cut and count == 20000):
                        raise harness.Failure(f"{codec}, {part}, cut {cut}: {count} rows")
                elif done.returncode not in (0, 1, 2):
                    raise harness.Failure(f"{codec}, {part}, cut {cut}: exit code {done.returncode}\n{done.stderr}")


def avro_number(value):
    value, out = value << 1, b""
    while value > 127:
        out, value = out + bytes([value & 127 | 128]), value >> 7
    return out + bytes([value])


def files_of_nothing(env):
    """Records of no bytes: some are rows, billions of them in a few bytes are damage."""
    schema = b'{"type":"record","name":"r","fields":[{"name":"a","type":"null"}]}'
    head = b"Obj\x01" + avro_number(1) + avro_number(11) + b"avro.schema" + avro_number(len(schema)) + schema + b"\0" + b"s" * 16
    path = os.path.join(env.folder("binary-nothing"), "nothing.avro")
    for counts, wanted in (((7,), 7), ((7, 10 ** 12, 5), 12)):
        with open(path, "wb") as file:
            file.write(head + b"".join(avro_number(count) + avro_number(0) + b"s" * 16 for count in counts))
        source = avro_file(path, "a STRING").replace("'format'", "'error-handling.mode' = 'ignore', 'format'")
        equal(rows(env, source + "SELECT COUNT(*) AS n FROM t;"), [{"n": wanted}], str(counts))


def cases(env):
    for test in (files_shared, files_written, files_damaged, files_of_nothing, avro_from_python, avro_for_python, avro_plain, avro_grows, avro_refused, debezium, protobuf, protobuf_confluent, json_confluent):
        yield f"binary/{test.__name__}", lambda test=test: test(env)

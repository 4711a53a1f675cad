# SPDX-License-Identifier: Apache-2.0
"""checkpoint_reader - reads checkpoints written without compression, from docs/internals/checkpoint.md alone."""
import os
import struct

KINDS = {1: "NULL", 2: "BOOLEAN", 3: "TINYINT", 4: "SMALLINT", 5: "INT", 6: "BIGINT", 7: "FLOAT", 8: "DOUBLE", 9: "DECIMAL", 10: "CHAR",
         11: "VARCHAR", 12: "BINARY", 13: "VARBINARY", 14: "DATE", 15: "TIME", 16: "TIMESTAMP", 17: "TIMESTAMP_LTZ", 18: "MONTHS", 19: "SPAN",
         20: "ARRAY", 21: "MAP", 22: "MULTISET", 23: "ROW"}
WIDTHS = {"NULL": 1, "BOOLEAN": 1, "TINYINT": 1, "SMALLINT": 2, "INT": 4, "BIGINT": 8, "FLOAT": 4, "DOUBLE": 8, "DECIMAL": 16, "DATE": 4, "TIME": 4,
          "MONTHS": 4, "SPAN": 8}


class In:
    """Bytes being read."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        out = self.data[self.at:self.at + count]
        assert len(out) == count, "the bytes end too early"
        self.at += count
        return out

    def more(self):
        return self.at < len(self.data)

    def number(self):
        out = shift = 0
        while True:
            byte = self.take(1)[0]
            out |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return out

    def signed(self):
        value = self.number()
        return (value >> 1) ^ -(value & 1)

    def bytes(self):
        size = self.number()
        return self.take(size - 1) if size > 0 else None

    def text(self):
        data = self.bytes()
        return None if data is None else data.decode()

    def many(self, read):
        return [read() for _ in range(self.number())]

    def type(self):
        code = self.take(1)[0]
        kind = KINDS[code & 127]
        out = {"kind": kind, "null": code < 128}
        if kind == "DECIMAL":
            out["precision"], out["scale"] = self.take(2)
        elif kind in ("CHAR", "VARCHAR", "BINARY", "VARBINARY"):
            out["length"] = self.number()
        elif kind in ("TIME", "TIMESTAMP", "TIMESTAMP_LTZ"):
            out["precision"] = self.take(1)[0]
        elif kind in ("ARRAY", "MULTISET"):
            out["child"] = [self.type()]
        elif kind == "MAP":
            out["child"] = [self.type(), self.type()]
        elif kind == "ROW":
            out["child"] = [t for _, t in self.many(lambda: (self.text(), self.type()))]
        return out

    def field(self):
        out = {"name": self.text(), "kind": self.number(), "columns": self.many(lambda: (self.text(), self.type())), "numbers": self.many(self.text)}
        if out["kind"] == 4:
            out.update(function=self.text(), agg=self.text(), type=self.type(), args=self.many(lambda: (self.type(), self.bytes())),
                       flags=self.number(), words=self.number())
        return out

    def column(self, kind):
        """A column or value that is not NULL."""
        name = kind["kind"]
        width = WIDTHS.get(name)
        if name.startswith("TIMESTAMP"):
            width = 8 if kind["precision"] <= 3 else 16
        if name in ("FLOAT", "DOUBLE"):
            return struct.unpack("<f" if width == 4 else "<d", self.take(width))[0]
        if width:
            value = int.from_bytes(self.take(width), "little", signed=True)
            return value / 10 ** kind["scale"] if name == "DECIMAL" else value
        if name in ("CHAR", "VARCHAR"):
            return self.take(self.number()).decode()
        if name in ("BINARY", "VARBINARY"):
            return self.take(self.number())
        if name == "ROW":
            return [self.value(child) for child in kind["child"]]
        children = kind["child"] + ([{"kind": "INT"}] if name == "MULTISET" else [])
        return self.many(lambda: [self.value(child) for child in children])

    def value(self, kind):
        return self.column(kind) if self.take(1)[0] else None

    def row(self, types):
        nulls = int.from_bytes(self.take((len(types) + 7) // 8), "little")
        out = []
        for i, kind in enumerate(types):
            if nulls >> i & 1 == 0:
                out.append(self.column(kind))
                continue
            fixed = WIDTHS.get(kind["kind"], 0)
            if kind["kind"].startswith("TIMESTAMP"):
                fixed = 8 if kind["precision"] <= 3 else 16
            self.take(fixed)
            out.append(None)
        return out


def manifest(path):
    with open(path, "rb") as file:
        data = file.read()
    assert data[:8] == b"WEIRCHK\n" and struct.unpack_from("<II", data, 8) == (1, 0)
    assert struct.unpack_from("<Q", data, 16)[0] == len(data) - 40
    body = In(data[40:])
    out = {"segments": [], "states": [], "sources": [], "sinks": [], "counts": []}
    while body.more():
        tag, section = body.number(), In(body.take(body.number()))
        if tag == 1:
            out["facts"] = dict(zip(("version", "kind", "number", "epoch", "wall_ms", "job", "hash", "backend", "flags", "parallelism", "workers"), (
                section.text(), section.number(), section.number(), section.number(), section.signed(), section.text(), section.number(),
                section.text(), section.number(), section.number(), section.number())))
        elif tag == 2:
            out["segments"].append(dict(zip(("path", "number", "id", "bytes", "blocks", "digest", "flags"), (
                section.text(), section.number(), section.number(), section.number(), section.number(), section.number(), section.number()))))
        elif tag == 3:
            out["states"].append({"operator": section.text(), "type": section.text(), "version": section.number(), "name": section.text(),
                                  "meaning": section.text(), "extra": section.number(), "ttl": section.signed(),
                                  "key": section.many(lambda s=section: (s.text(), s.type())), "route": section.many(section.number),
                                  "fields": section.many(section.field)})
        elif tag == 4:
            out["sources"].append(dict(zip(("name", "connector", "flags", "position", "watermark", "lines", "rows"), (
                section.text(), section.text(), section.number(), section.bytes(), section.signed(), section.number(), section.number()))))
            out["sources"][-1]["splits"] = section.many(lambda s=section: (s.signed(), s.number())) if section.more() else []
        elif tag == 5:
            out["sinks"].append((section.text(), section.text(), section.number(), section.bytes()))
        elif tag == 6:
            out["counts"].append((section.text(), section.signed()))
        assert not section.more(), f"section {tag} has more"
    return out


def fields(state, data):
    """The fields of a value by name; accumulators as bytes."""
    value, out = In(data), {}
    for field in state["fields"]:
        raw = value.bytes()
        types = [kind for _, kind in field["columns"]]
        if raw is None or field["kind"] in (4, 5):
            out[field["name"]] = raw
        elif field["kind"] == 1:
            out[field["name"]] = In(raw).signed()
        elif field["kind"] == 2:
            out[field["name"]] = In(raw).row(types)
        else:
            rows, entries = In(raw), []
            while rows.more():
                numbers = [rows.signed() for _ in field["numbers"]]
                entries.append(numbers + In(rows.take(rows.number())).row(types))
            out[field["name"]] = entries
    assert not value.more()
    return out


def entries(folder, found):
    """Per state of a manifest: (namespace, key) -> fields; of an extra a list."""
    out = [[] if state["extra"] else {} for state in found["states"]]
    for segment in found["segments"]:
        with open(os.path.join(folder, segment["path"]), "rb") as file:
            data = file.read()
        assert len(data) == segment["bytes"] and data[:8] == b"WEIRSEG\n"
        assert struct.unpack_from("<IIQQ", data, 8) == (1, 0, segment["number"], segment["id"])
        at = 40
        for block in range(segment["blocks"]):
            magic, index, worker, number, kind, packing, _, count, size, stored = struct.unpack_from("<4sIIIBBHIII", data, at)
            assert (magic, index, packing) == (b"BLCK", block, 0) and size == stored and worker < found["facts"]["workers"]
            records, state = In(data[at + 48:at + 48 + size]), found["states"][number]
            at += 48 + size
            for _ in range(count):
                space, raw = records.signed(), records.bytes()
                value = records.bytes() if kind != 2 else None
                key = None if raw is None else tuple(In(raw).row([kind for _, kind in state["key"]]))
                if kind == 3 and segment is found["segments"][-1]:
                    out[number].append((key, fields(state, value)))
                elif kind == 1:
                    out[number][space, key] = (worker, fields(state, value))
                elif kind == 2:
                    for gone in [k for k in out[number] if k[0] == space and (k[1] == key or (key is None and out[number][k][0] == worker))]:
                        del out[number][gone]
            assert not records.more()
        assert at == len(data)
    return out

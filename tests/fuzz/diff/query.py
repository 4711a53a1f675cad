# SPDX-License-Identifier: Apache-2.0
"""query - random queries whose result does not depend on the order of rows.

A relation is its SQL and its columns. Orders are total (all columns), sums are of integers, and nothing asks for
the first of several rows that SQL leaves open: so the same query over the final tables gives the same rows.
"""

TYPES = ("INT", "BIGINT", "STRING")


class Column:
    def __init__(self, name, kind, nullable):
        self.name, self.kind, self.nullable = name, kind, nullable


class Relation:
    def __init__(self, sql, columns):
        self.sql, self.columns = sql, columns


BASE = [Column("k", "INT", False), Column("g", "INT", True), Column("s", "STRING", True), Column("v", "BIGINT", True),
        Column("d", "DECIMAL(6, 2)", True)]
NAMES = ", ".join(c.name for c in BASE)


def whole(columns):
    return [c for c in columns if c.kind in ("INT", "BIGINT")]


class Generator:
    def __init__(self, random, tables):
        self.random, self.tables, self.aliases = random, tables, 0

    def alias(self):
        self.aliases += 1
        return f"r{self.aliases}"

    def chance(self, p):
        return self.random.random() < p

    def constant(self, kind):
        if kind == "STRING":
            return self.random.choice(["'a'", "'b'", "'c'", "''"])
        return str(self.random.choice([0, 1, 2, 3, 5, 10]))

    def value(self, columns, depth=1):
        """An expression and its column type."""
        column = self.random.choice(columns)
        if depth == 0 or self.chance(0.5) or column.kind.startswith("DECIMAL"):
            return column.name, column.kind, column.nullable
        if column.kind == "STRING":
            pick = self.random.randrange(4)
            if pick == 0:
                return f"UPPER({column.name})", "STRING", column.nullable
            if pick == 1:
                return f"COALESCE({column.name}, 'z')", "STRING", False
            if pick == 2:
                return f"{column.name} || 'x'", "STRING", column.nullable
            return f"CHAR_LENGTH({column.name})", "INT", column.nullable
        pick = self.random.randrange(5)
        if pick == 0:
            return f"{column.name} + {self.constant('INT')}", column.kind, column.nullable
        if pick == 1:
            return f"MOD({column.name}, 3)", column.kind, column.nullable
        if pick == 2:
            return f"COALESCE({column.name}, {self.constant('INT')})", column.kind, False
        if pick == 3:
            return f"CASE WHEN {self.condition(columns, 0)} THEN {column.name} ELSE 0 END", column.kind, True
        return f"CAST({column.name} AS STRING)", "STRING", column.nullable

    def condition(self, columns, depth=1):
        if depth > 0 and self.chance(0.3):
            word = self.random.choice(["AND", "OR"])
            return f"({self.condition(columns, 0)} {word} {self.condition(columns, 0)})"
        column = self.random.choice(columns)
        pick = self.random.randrange(6)
        if pick == 0:
            return f"{column.name} IS {self.random.choice(['', 'NOT '])}NULL"
        if pick == 1:
            return f"{column.name} IN ({self.constant(column.kind)}, {self.constant(column.kind)})"
        if pick == 2:
            return f"{column.name} <> {self.constant(column.kind)}"
        if pick == 3:
            others = [c for c in columns if c.kind == column.kind]
            return f"{column.name} {self.random.choice(['=', '<', '<>'])} {self.random.choice(others).name}"
        return f"{column.name} {self.random.choice(['<', '>', '<=', '>=', '='])} {self.constant(column.kind)}"

    def some(self, columns, least=1, most=3):
        count = min(len(columns), self.random.randint(least, most))
        return self.random.sample(columns, count)

    def base(self):
        return Relation(f"SELECT {NAMES} FROM {self.random.choice(self.tables)}", list(BASE))

    def relation(self, depth):
        if depth == 0:
            return self.windows() if self.chance(0.1) else self.base()
        make = self.random.choice([self.project, self.aggregate, self.aggregate, self.distinct, self.join, self.join,
                                   self.membership, self.top, self.top, self.combine, self.scalar, self.sets, self.unnest])
        return make(depth - 1)

    def windows(self):
        """Windows over a table's own rows: nothing is late there."""
        table = self.random.choice(self.tables)
        form = self.random.choice([f"TUMBLE(TABLE {table}, DESCRIPTOR(ts), INTERVAL '10' SECOND)",
                                   f"HOP(TABLE {table}, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '10' SECOND)",
                                   f"CUMULATE(TABLE {table}, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '20' SECOND)"])
        keys = self.some(BASE, 0, 2)
        text, column = self.call(BASE, 0)
        columns = [Column("w0", "STRING", False)] + [Column(f"q{i}", k.kind, k.nullable) for i, k in enumerate(keys)] + [column]
        out = ", ".join(["CAST(window_end AS STRING) AS w0"] + [f"{k.name} AS q{i}" for i, k in enumerate(keys)] + [text])
        names = ", ".join(["window_start", "window_end"] + [k.name for k in keys])
        return Relation(f"SELECT {out} FROM TABLE({form}) GROUP BY {names}", columns)

    def project(self, depth):
        below = self.relation(depth)
        out, columns = [], []
        for i in range(self.random.randint(1, 4)):
            text, kind, nullable = self.value(below.columns)
            out.append(f"{text} AS p{i}")
            columns.append(Column(f"p{i}", kind, nullable))
        where = f" WHERE {self.condition(below.columns)}" if self.chance(0.6) else ""
        return Relation(f"SELECT {', '.join(out)} FROM ({below.sql}) AS {self.alias()}{where}", columns)

    def call(self, columns, i):
        numbers = whole(columns)
        pick = self.random.randrange(9)
        only = f" FILTER (WHERE {self.condition(columns, 0)})" if self.chance(0.2) else ""
        column = self.random.choice(columns)
        if pick == 0 or not numbers:
            return f"COUNT(*){only} AS a{i}", Column(f"a{i}", "BIGINT", False)
        number = self.random.choice(numbers)
        if pick == 1:
            return f"COUNT({column.name}){only} AS a{i}", Column(f"a{i}", "BIGINT", False)
        if pick == 2:
            return f"COUNT(DISTINCT {column.name}){only} AS a{i}", Column(f"a{i}", "BIGINT", False)
        if pick == 3:
            return f"SUM(DISTINCT {number.name}){only} AS a{i}", Column(f"a{i}", number.kind, True)
        if pick == 4:
            return f"AVG({number.name}){only} AS a{i}", Column(f"a{i}", number.kind, True)
        if pick == 5:
            return f"SUM({number.name}){only} AS a{i}", Column(f"a{i}", number.kind, True)
        if pick == 6 and column.kind.startswith("DECIMAL(6"):
            return f"SUM({column.name}){only} AS a{i}", Column(f"a{i}", "DECIMAL(38, 2)", True)
        return f"{self.random.choice(['MIN', 'MAX'])}({column.name}){only} AS a{i}", Column(f"a{i}", column.kind, True)

    def aggregate(self, depth):
        below = self.relation(depth)
        keys = self.some(below.columns, 0 if self.chance(0.15) else 1, 2)
        out, columns = [], []
        for i, key in enumerate(keys):
            out.append(f"{key.name} AS q{i}")
            columns.append(Column(f"q{i}", key.kind, key.nullable))
        for i in range(self.random.randint(0 if keys else 1, 3)):
            text, column = self.call(below.columns, i)
            out.append(text)
            columns.append(column)
        group = " GROUP BY " + ", ".join(k.name for k in keys) if keys else ""
        having = " HAVING COUNT(*) > 1" if keys and self.chance(0.3) else ""
        return Relation(f"SELECT {', '.join(out)} FROM ({below.sql}) AS {self.alias()}{group}{having}", columns)

    def sets(self, depth):
        below = self.relation(depth)
        keys = self.some(below.columns, 1, 2)
        text, column = self.call(below.columns, 0)
        form = self.random.choice(["ROLLUP", "CUBE"])
        columns = [Column(f"q{i}", k.kind, True) for i, k in enumerate(keys)] + [column]
        out = ", ".join([f"{k.name} AS q{i}" for i, k in enumerate(keys)] + [text])
        names = ", ".join(k.name for k in keys)
        return Relation(f"SELECT {out} FROM ({below.sql}) AS {self.alias()} GROUP BY {form} ({names})", columns)

    def distinct(self, depth):
        below = self.relation(depth)
        picked = self.some(below.columns)
        return Relation(f"SELECT DISTINCT {', '.join(c.name for c in picked)} FROM ({below.sql}) AS {self.alias()}", picked)

    def pair(self, left, right):
        """Columns of both sides of one type, or None."""
        pairs = [(a, b) for a in left.columns for b in right.columns if a.kind == b.kind]
        return self.random.choice(pairs) if pairs else None

    def join(self, depth):
        left, right = self.relation(depth), self.relation(self.random.randint(0, depth))
        pair = self.pair(left, right)
        if pair is None:
            return left
        a, b = self.alias(), self.alias()
        kind = self.random.choice(["JOIN", "JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"])
        on = f"{a}.{pair[0].name} = {b}.{pair[1].name}"
        more = self.pair(left, right)
        if self.chance(0.3) and more is not None:
            on += f" AND {a}.{more[0].name} {self.random.choice(['=', '<', '<>'])} {b}.{more[1].name}"
        out, columns = [], []
        for i, (side, column) in enumerate([(a, c) for c in self.some(left.columns)] + [(b, c) for c in self.some(right.columns)]):
            out.append(f"{side}.{column.name} AS j{i}")
            columns.append(Column(f"j{i}", column.kind, True if kind != "JOIN" else column.nullable))
        return Relation(f"SELECT {', '.join(out)} FROM ({left.sql}) AS {a} {kind} ({right.sql}) AS {b} ON {on}", columns)

    def membership(self, depth):
        left, right = self.relation(depth), self.relation(self.random.randint(0, depth))
        pair = self.pair(left, right)
        if pair is None:
            return left
        a, b = self.alias(), self.alias()
        word = self.random.choice(["", "NOT "])
        if self.chance(0.5):
            test = f"{a}.{pair[0].name} {word}IN (SELECT {pair[1].name} FROM ({right.sql}) AS {b})"
        else:
            test = f"{word}EXISTS (SELECT 1 FROM ({right.sql}) AS {b} WHERE {a}.{pair[0].name} = {b}.{pair[1].name})"
        return Relation(f"SELECT * FROM ({left.sql}) AS {a} WHERE {test}", left.columns)

    def top(self, depth):
        below = self.relation(depth)
        part = self.some(below.columns, 0 if self.chance(0.2) else 1, 2)
        order = self.random.sample(below.columns, len(below.columns))
        over = f"PARTITION BY {', '.join(c.name for c in part)} " if part else ""
        by = ", ".join(c.name + self.random.choice(["", " DESC"]) for c in order)
        last = self.random.choice([1, 1, 2, 3])
        first = "rn >= 2 AND " if last > 1 and self.chance(0.2) else ""
        columns = list(below.columns)
        names = ", ".join(c.name for c in columns)
        shown = names
        if self.chance(0.4):
            rank = self.alias()
            shown += f", rn AS {rank}"
            columns.append(Column(rank, "BIGINT", False))
        inner = f"SELECT {names}, ROW_NUMBER() OVER ({over}ORDER BY {by}) AS rn FROM ({below.sql}) AS {self.alias()}"
        return Relation(f"SELECT {shown} FROM ({inner}) AS {self.alias()} WHERE {first}rn <= {last}", columns)

    def combine(self, depth):
        left, right = self.relation(depth), self.relation(self.random.randint(0, depth))
        count = self.random.randint(1, 2)
        kinds = [self.random.choice(TYPES) for _ in range(count)]
        sides, columns = [], []
        for relation in (left, right):
            out = []
            for i, kind in enumerate(kinds):
                same = [c for c in relation.columns if c.kind == kind]
                text = self.random.choice(same).name if same else f"CAST(NULL AS {kind})"
                out.append(f"{text} AS u{i}")
            sides.append(f"SELECT {', '.join(out)} FROM ({relation.sql}) AS {self.alias()}")
        columns = [Column(f"u{i}", kind, True) for i, kind in enumerate(kinds)]
        word = self.random.choice(["UNION", "UNION ALL", "UNION ALL", "INTERSECT", "INTERSECT ALL", "EXCEPT", "EXCEPT ALL"])
        return Relation(f"({sides[0]}) {word} ({sides[1]})", columns)

    def scalar(self, depth):
        left, right = self.relation(depth), self.base()
        numbers = whole(left.columns)
        if not numbers:
            return left
        test = self.random.choice(numbers)
        call = self.random.choice(["MAX(v)", "MIN(v)", "COUNT(*)", "AVG(v)"])
        return Relation(f"SELECT * FROM ({left.sql}) AS {self.alias()} WHERE {test.name} {self.random.choice(['<', '>='])} "
                        f"(SELECT {call} FROM ({right.sql}) AS {self.alias()})", left.columns)

    def unnest(self, depth):
        below = self.relation(depth)
        numbers = whole(below.columns)
        if not numbers:
            return below
        picked, column = self.some(below.columns, 1, 2), self.random.choice(numbers)
        a, e = self.alias(), self.alias()
        out = ", ".join([f"{a}.{c.name}" for c in picked] + [f"{e} AS x{e}"])
        item = self.alias()
        return Relation(f"SELECT {out} FROM ({below.sql}) AS {a} CROSS JOIN UNNEST(ARRAY[{column.name}, {column.name} + 1]) "
                        f"AS {item} ({e})", picked + [Column(f"x{e}", column.kind, True)])

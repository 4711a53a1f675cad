# SPDX-License-Identifier: Apache-2.0
"""Rows between the engine and Python: python.py PYTHON, one that has the package and pyarrow (build/python-env/bin/python).

CPU time of the process, the best of three rounds, one worker; rows/s of it.
"""
import os
import sys
import time

if len(sys.argv) > 1:
    os.execv(sys.argv[1], [sys.argv[1], os.path.abspath(__file__)])

import pyarrow
import weir

ROWS = 500_000
FIVE = "SELECT x, CAST(x AS DOUBLE) / 3 AS d, s, CAST(x AS DECIMAL(12, 2)) AS m, TO_TIMESTAMP_LTZ(x, 3) AS t FROM many"
MEAN = "SELECT COUNT(*), SUM(m) FROM (SELECT MOD(x, {0}) AS k, mean(CAST(x AS DOUBLE)) AS m FROM many GROUP BY MOD(x, {0})) AS t"


@weir.udaf(result="DOUBLE")
class Mean:
    def __init__(self):
        self.sum, self.count = 0.0, 0

    def accumulate(self, x):
        self.sum += x
        self.count += 1

    def retract(self, x):
        self.sum -= x
        self.count -= 1

    def result(self):
        return self.sum / self.count if self.count else None


def session():
    made = weir.connect(parallelism_default=1)
    made.execute(f"""CREATE TABLE many (x BIGINT, s STRING) WITH ('connector' = 'datagen', 'rows-per-second' = '1000000000',
        'number-of-rows' = '{ROWS}', 'fields.x.kind' = 'sequence', 'fields.x.start' = '1', 'fields.x.end' = '{ROWS}', 'fields.s.length' = '10');
        CREATE TABLE pushed (x BIGINT, d DOUBLE) WITH ('connector' = 'input')""")
    made.create_function("square", weir.udf(lambda x: x * x, result="DOUBLE"))
    made.create_function("square_of_columns", weir.udf(lambda x: pyarrow.compute.multiply(x, x), result="DOUBLE", vectorized=True))
    made.create_function("mean", Mean)
    return made


def push(connection, rows):
    with connection.submit("SELECT x FROM pushed WHERE x < 0") as job, connection.input("pushed") as into:
        into.push(rows)
        into.end()
        job.wait()


def square(function):
    return lambda connection: connection.execute(f"SELECT MAX({function}(CAST(x AS DOUBLE))) FROM many")


def main():
    import pyarrow.compute  # noqa: F401
    tuples = [(i, 0.5) for i in range(ROWS)]
    table = pyarrow.table({"x": range(ROWS), "d": [0.5] * ROWS})
    measured = {
        "execute(five columns)": lambda c: c.execute(FIVE),
        "execute(five columns).arrow()": lambda c: c.execute(FIVE).arrow(),
        "execute(five columns).fetchall()": lambda c: c.execute(FIVE).fetchall(),
        "for row in sql(five columns)": lambda c: [None for _ in c.sql(FIVE)],
        "push of tuples": lambda c: push(c, tuples),
        "push of an Arrow table": lambda c: push(c, table),
        "scalar function, row by row": square("square"),
        "scalar function, vectorized": square("square_of_columns"),
        "aggregate, 1 group": lambda c: c.execute(MEAN.format(1)),
        "aggregate, 1,000 groups": lambda c: c.execute(MEAN.format(1000)),
        "aggregate, 100,000 groups": lambda c: c.execute(MEAN.format(100_000)),
    }
    for name, run in measured.items():
        best = None
        for _ in range(3):
            with session() as connection:
                begin = time.process_time()
                run(connection)
                best = min(best or 1e9, time.process_time() - begin)
        print(f"{name:36} {ROWS / best:14,.0f}", flush=True)


main()

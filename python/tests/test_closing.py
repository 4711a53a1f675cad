# SPDX-License-Identifier: Apache-2.0
"""Things that are closed while they are in use: by another thread, by a callback of their own, by the interpreter's end.

Each case runs in a process of its own, which would die of a handle that is used after it was freed.
"""
import subprocess
import sys

import pytest

CHILD = """
import faulthandler
import threading
import time
import weir

faulthandler.enable()
connection = weir.connect()
connection.execute("CREATE TABLE numbers (x BIGINT) WITH ('connector' = 'input', 'input.capacity' = '10')")
found = []

def beside(work, count=4, daemon=False):
    \"\"\"Threads that do it; what they raise is in `found`.\"\"\"
    begun = threading.Barrier(count + 1)

    def run():
        begun.wait()
        try:
            work()
            found.append("ended")
        except weir.Error as error:
            found.append(type(error).__name__)

    threads = [threading.Thread(target=run, daemon=daemon) for _ in range(count)]
    for thread in threads:
        thread.start()
    begun.wait()
    return threads

def joined(threads):
    for thread in threads:
        thread.join()
    return sorted(set(found))

"""

# The rows that are pushed close what they are pushed to.
CLOSED_BY_ROWS = """
numbers = connection.input("numbers")
def rows():
    yield (1,)
    {}.close()
    yield (2,)
try:
    numbers.push(rows())
    found.append("pushed")
except weir.MisuseError as error:
    found.append(str(error))
assert found == ["the input is closed"], found
"""

CASES = {
    "a job that threads wait for": """
for _ in range(20):
    job = connection.submit("SELECT x FROM numbers")
    threads = beside(job.wait)
    job.close()
    assert set(joined(threads)) <= {"Cancelled", "MisuseError"}, found
assert repr(job) == "<weir.Job closed>"
""",
    "an input that a thread pushes to": """
go_on, taken = threading.Event(), threading.Event()
job = connection.submit("SELECT x FROM numbers", on_row=lambda row: (taken.set(), go_on.wait()))
numbers = connection.input("numbers")
threads = beside(lambda: numbers.push((x,) for x in range(10**9)), 1)
taken.wait()
numbers.close()
assert joined(threads) == ["MisuseError"], found
go_on.set()
assert repr(numbers) == "<weir.Input numbers, closed>"
""",
    "an input within the rows that are pushed": CLOSED_BY_ROWS.format("numbers"),
    "the connection within the rows that are pushed": CLOSED_BY_ROWS.format("connection"),
    "queries that threads iterate over": """
def iterate():
    for row in connection.table("numbers"):
        pass
for _ in range(5):
    threads = beside(iterate)
    connection.close()
    assert joined(threads) == ["MisuseError"], found
    connection = weir.connect()
    connection.execute("CREATE TABLE numbers (x BIGINT) WITH ('connector' = 'input')")
""",
    "a connection that executes": """
reads = connection.input("numbers")
threads = beside(lambda: connection.execute("SELECT x FROM numbers"), 1)
reads.wait_for_reader()
connection.close()
assert joined(threads) == ["Cancelled"], found
""",
    "a flow that runs": """
flow = connection.flow("f")
flow.table("numbers").sink(print)
reads = connection.input("numbers")
threads = beside(flow.run, 1)
reads.wait_for_reader()
flow.close()
assert joined(threads) == ["Cancelled"], found
assert connection.execute("SELECT 1")[0] == (1,)
""",
    "a job in its own callback": """
closed = threading.Event()
def on_row(row):
    job.close()
    closed.set()
    raise ValueError("nobody hears it")
job = connection.submit("SELECT x FROM numbers", on_row=on_row)
connection.input("numbers").push((1,))
closed.wait()
connection.close()
""",
    "a job that threads close": """
for _ in range(30):
    first = threading.Event()
    job = connection.submit("SELECT x FROM numbers", on_row=lambda row: (first.set(), time.sleep(0.002)))
    with connection.input("numbers") as numbers:
        numbers.push([(x,) for x in range(8)])
    first.wait()
    joined(beside(job.close))
    assert repr(job) == "<weir.Job closed>"
    connection.execute("DROP TABLE numbers")
    connection.execute("CREATE TABLE numbers (x BIGINT) WITH ('connector' = 'input', 'input.capacity' = '10')")
""",
    "the connection in a callback of a job": """
closed = threading.Event()
job = connection.submit("SELECT x FROM numbers", on_row=lambda row: (connection.close(), closed.set()))
connection.input("numbers").push((1,))
closed.wait()
""",
    "the connection in a function of SQL": """
def close(x):
    connection.close()
    return x
connection.create_function("f", weir.udf(close, result="INT"))
try:
    connection.execute("SELECT f(x) AS y FROM (VALUES 1, 2) AS t(x)")
except weir.Cancelled:
    pass
""",
    "the connection in a function of a query": """
def close(x):
    connection.close()
    return x
connection.create_function("f", weir.udf(close, result="INT"))
try:
    connection.sql("SELECT f(x) AS y FROM (VALUES 1, 2) AS t(x)").fetchall()
except weir.MisuseError:
    pass
""",
    "a flow before its job": """
flow = connection.flow("f")
flow.table("numbers").sink(found.append)
job = flow.submit()
flow.close()
assert (repr(job), repr(flow)) == ("<weir.Job closed>", "<weir.Flow f, closed>")
""",
    "a flow before its streams": """
flow = connection.flow("f")
stream = flow.sql("SELECT 1 AS x")
flow.close()
for use in (lambda: stream.map(lambda row: row, "x INT"), lambda: stream.columns, lambda: stream.sink(print), lambda: stream.union(stream)):
    try:
        use()
        found.append("used")
    except weir.MisuseError as error:
        found.append(str(error))
assert set(found) == {"the flow is closed"}, found
""",
    "everything by the interpreter's end": """
def iterate():
    for row in connection.table("numbers"):
        pass
def push():
    numbers = connection.input("numbers")
    while True:
        numbers.push((x,) for x in range(100))
beside(iterate, 2, daemon=True)
beside(connection.submit("SELECT x FROM numbers").wait, 2, daemon=True)
beside(push, 1, daemon=True)
""",
}


@pytest.mark.parametrize("what", CASES)
def test_closed_in_use(what):
    child = subprocess.run([sys.executable, "-c", CHILD + CASES[what]], capture_output=True, text=True, timeout=100)
    assert (child.returncode, child.stderr) == (0, "")

# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C is heard wherever a call waits: a child process waits there and is sent SIGINT."""
import signal
import subprocess
import sys
import time

import pytest

CHILD = """
import threading
import pyarrow
import weir

connection = weir.connect()
connection.execute("CREATE TABLE numbers (x BIGINT) WITH ('connector' = 'input', 'input.capacity' = '10')")
go_on = threading.Event()

def full():
    numbers = connection.input("numbers")
    job = connection.submit("SELECT x FROM numbers", on_row=lambda row: go_on.wait())
    numbers.wait_for_reader(20)
    return numbers

def after():
    go_on.set()
    with connection.input("numbers") as numbers:
        numbers.push([(1,), (2,)])  # it can be used as before

{setup}
print("waiting", flush=True)
try:
    {waits}
    print("went on", flush=True)
except KeyboardInterrupt:
    print("heard", flush=True)
{after}
connection.close()
print("closed", flush=True)
"""

WAITS = {
    "push of rows": ("numbers = full()", "numbers.push((x,) for x in range(10**7))", "after()"),
    "push row by row": ("numbers = full()", "while True: numbers.push((1,))", "after()"),
    "push of a frame": ("numbers = full()", "numbers.push(pyarrow.table({'x': range(10**6)}))", "after()"),
    "wait for a reader": ("numbers = connection.input('numbers')", "numbers.wait_for_reader()", ""),
    "wait for a job": ("job = connection.submit('SELECT x FROM numbers')", "job.wait()", "assert job.state == weir.JobState.RUNNING"),
    "execute": ("", "connection.execute('SELECT x FROM numbers')", "assert connection.execute('SELECT 1')[0] == (1,)"),
    "rows": ("", "for row in connection.table('numbers'): pass", "assert connection.execute('SELECT 1')[0] == (1,)"),
    "batches": ("", "for batch in connection.table('numbers').batches(): pass", ""),
    "arrow": ("", "connection.table('numbers').arrow()", ""),
    "flow": ("flow = connection.flow('f'); flow.table('numbers').sink(print)", "flow.run()", ""),
}


@pytest.mark.parametrize("where", WAITS)
def test_interrupt(where):
    setup, waits, after = WAITS[where]
    child = subprocess.Popen([sys.executable, "-c", CHILD.format(setup=setup, waits=waits, after=after)], stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, text=True)
    try:
        assert child.stdout.readline() == "waiting\n", child.stderr.read()
        time.sleep(0.4)  # it waits by now; were it not, it would hear the signal all the same
        child.send_signal(signal.SIGINT)
        out, error = child.communicate(timeout=20)
    finally:
        child.kill()
    assert (out, error, child.returncode) == ("heard\nclosed\n", "", 0)

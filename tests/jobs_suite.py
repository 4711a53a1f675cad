# SPDX-License-Identifier: Apache-2.0
"""jobs_suite - running jobs asked and told through their socket: weir jobs, status, savepoint, stop. What a savepoint or a
stop leaves behind is gone on with, and the final result is that of the input as a whole."""
import json
import os
import shutil
import signal
import stat
import subprocess
import tempfile
import time

import harness

ROWS = 120000  # of a job that is not to end by itself while it is asked and told


def script(folder, settings=True, rows=ROWS, rate=4000):
    """Numbers 1..ROWS at a rate, into a folder of parts, a table with a key, of which each is still for a while, and a window."""
    return (f"SET 'execution.checkpointing.interval' = '100 ms';\nSET 'execution.checkpointing.dir' = '{folder}/ck';\n" if settings else "") + f"""
CREATE TABLE n (i BIGINT, ts AS TO_TIMESTAMP_LTZ(i, 3), WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen',
  'rows-per-second' = '{rate}', 'number-of-rows' = '{rows}', 'seed' = '1', 'fields.i.kind' = 'sequence', 'fields.i.start' = '1',
  'fields.i.end' = '{rows}');
CREATE TABLE parts (i BIGINT) WITH ('connector' = 'filesystem', 'path' = '{folder}/parts', 'format' = 'json');
CREATE TABLE totals (k INT PRIMARY KEY NOT ENFORCED, n BIGINT) WITH ('connector' = 'filesystem', 'path' = '{folder}/totals.json',
  'format' = 'json');
CREATE TABLE windows (w TIMESTAMP_LTZ(3), n BIGINT) WITH ('connector' = 'filesystem', 'path' = '{folder}/windows.json',
  'format' = 'json');
EXECUTE STATEMENT SET BEGIN
  INSERT INTO parts SELECT i FROM n;
  INSERT INTO totals SELECT k, COUNT(*) FROM (SELECT CAST(MOD(i / 4, 5000) AS INT) AS k FROM n) GROUP BY k;
  INSERT INTO windows SELECT window_start, COUNT(*) FROM TUMBLE(TABLE n, DESCRIPTOR(ts), INTERVAL '1' DAY)
    GROUP BY window_start, window_end;
END;
"""


def lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def parts(folder):
    """The numbers that are visible."""
    found = []
    for name in os.listdir(os.path.join(folder, "parts")):
        if not name.startswith((".", "_")):
            found += [row["i"] for row in lines(os.path.join(folder, "parts", name))]
    return sorted(found)


def expect(got, want, what):
    if got != want:
        raise harness.Failure(f"{what}\n  got  {str(got)[:2000]}\n  want {str(want)[:2000]}")


class Running:
    """A weir run with a socket; killed at the end if it is still there."""

    def __init__(self, env, folder, text, *args, control=None, **environ):
        self.env = env
        self.control = control or tempfile.mkdtemp(prefix="weir-jobs-")  # short: a socket's name has at most 107 bytes
        self.process = subprocess.Popen([env.weir_path, "run", "--quiet", *args,
                                         *([] if control else ["--set", f"weir.control.dir={self.control}"]), "-"],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder,
                                        env=dict({key: value for key, value in os.environ.items() if key != "XDG_RUNTIME_DIR"}, **environ))
        self.process.stdin.write(text.encode())
        self.process.stdin.close()
        self.process.stdin = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()
        shutil.rmtree(self.control, ignore_errors=True)

    def ask(self, command, *words, check=0):
        return self.env.weir(command, "--control", self.control, *words, check=check)

    def status(self):
        done = self.ask("jobs", "--format", "json")
        found = [json.loads(line) for line in done.stdout.split("\n")[:-1]]
        return found[0] if found else None

    def wait(self, condition, what):
        """Until the job's line fulfils a condition."""
        end = time.monotonic() + 60
        while True:
            if self.process.poll() is not None:
                raise harness.Failure(f"ended before {what}: {self.process.communicate()[1].decode()[-2000:]}")
            found = self.status()
            if found is not None and condition(found):
                return found
            if time.monotonic() > end:
                raise harness.Failure(f"{what} did not happen: {found}")
            time.sleep(0.02)

    def end(self, code, what):
        out, err = self.process.communicate(timeout=120)
        expect(self.process.returncode, code, f"exit code of {what}: {err.decode()[-2000:]}{out.decode()[-500:]}")


def some_rows(found):
    return found["rows_in"] > 0 and found["checkpoint"]


def finish(env, folder, text, *args):
    """Runs the rest without delay; the results are those of all rows."""
    fast = text.replace("'rows-per-second' = '4000'", "'rows-per-second' = '10000000'")
    with Running(env, folder, fast, *args) as job:
        job.end(0, "the last run")
    expect(parts(folder), list(range(1, ROWS + 1)), "numbers in the parts")
    expect(sum(row["n"] for row in lines(f"{folder}/totals.json")), ROWS, "totals")
    expect(len(lines(f"{folder}/totals.json")), 5000, "keys")
    expect([row["n"] for row in lines(f"{folder}/windows.json")], [ROWS], "windows")
    hidden = [name for top, _, names in os.walk(folder) for name in names if ".inprogress" in name]
    expect(hidden, [], "hidden files left")


def listing(env):
    """jobs and status say who runs; the socket is the owner's alone, and goes with the job."""
    folder = env.folder("jobs-list")
    with Running(env, folder, script(folder)) as job:
        found = job.wait(some_rows, "the first checkpoint")
        expect((found["job"], found["pid"], found["state"]), ("parts+totals+windows", job.process.pid, "running"), "the line")
        expect(stat.S_IMODE(os.stat(found["socket"]).st_mode), 0o600, "mode of the socket")
        for name in (found["job"], str(found["pid"])):
            shown = json.loads(job.ask("status", name, "--format", "json").stdout)
            expect((shown["job"], shown["ok"]), (found["job"], True), "status")
            times = [[o[f"{t}TimeMsPerSecond"] for t in ("busy", "idle", "backPressured")] for o in shown["operators"]]
            expect([sum(t) for t in times], [1000] * len(times), "times of operators")
            expect(any(o["name"].startswith("Scan(") for o in shown["operators"]), True, "a scan among the operators")
            tables = {one["table"]: one for one in shown["tables"]}
            expect(sorted(tables), ["n", "parts", "totals", "windows"], "tables")
            expect((tables["n"]["rows_in"] > 0, "watermark_ms" in tables["n"], "rows_out" in tables["parts"]), (True, True, True), "figures of tables")
        expect("rows_in" in job.env.weir("status", found["socket"], "--format", "table", check=0).stdout, True, "status by socket")
        wrong = job.ask("status", "other", check=2)
        expect("No job 'other' runs" in wrong.stderr and "weir jobs" in wrong.stderr, True, wrong.stderr)
        job.ask("stop", found["job"])
        job.end(130, "a stopped run")
        expect(os.listdir(job.control), [], "sockets left")
        expect(job.ask("jobs").stdout, "", "jobs that run")


def killed(env):
    """A killed job leaves its socket: who looks for jobs finds none there, and removes it."""
    folder = env.folder("jobs-killed")
    with Running(env, folder, script(folder)) as job:
        found = job.wait(some_rows, "the first checkpoint")
        job.process.kill()
        job.process.wait()
        expect(os.listdir(job.control), [os.path.basename(found["socket"])], "sockets left")
        gone = job.env.weir("status", found["socket"], check=2)
        expect("No job answers" in gone.stderr, True, gone.stderr)
        expect((job.ask("jobs").stdout, os.listdir(job.control)), ("", []), "jobs, and sockets left")


def savepoint(env):
    """A savepoint while the job goes on; the job is killed, and another run goes on from the savepoint."""
    folder = env.folder("jobs-savepoint")
    text = script(folder)
    with Running(env, folder, text) as job:
        job.wait(some_rows, "the first checkpoint")
        path = job.ask("savepoint", "parts+totals+windows").stdout.strip()
        expect(path, f"{folder}/ck/parts+totals+windows-savepoint-1", "where the savepoint is")
        again = job.ask("savepoint", "parts+totals+windows", f"{folder}/there").stdout.strip()
        expect(again, f"{folder}/there", "where the second savepoint is")
        third = job.ask("savepoint", "parts+totals+windows", f"file://{folder}/third").stdout.strip()
        expect(third, f"{folder}/third", "where the savepoint of a URL is")
        far = job.ask("savepoint", "parts+totals+windows", "s3://bucket/there", check=2)
        expect("kept in local folders only" in far.stderr, True, far.stderr)
        taken = job.ask("savepoint", "parts+totals+windows", f"{folder}/there", check=1)
        expect("is there already" in taken.stderr, True, taken.stderr)
        made = job.wait(some_rows, "rows")["checkpoint"]
        job.wait(lambda found: found["checkpoint"] > made + 1, "two more checkpoints")
        job.process.send_signal(signal.SIGKILL)
    shown = env.weir("state", "ls", "--format", "json", path, check=0).stdout
    expect("savepoint" in shown, True, shown)
    finish(env, folder, text, "--restore", path)


def savepoint_then_checkpoint(env):
    """What changed before a savepoint is in the checkpoints behind it."""
    folder = env.folder("jobs-aside")
    text = script(folder)
    with Running(env, folder, text) as job:
        made = job.wait(some_rows, "the first checkpoint")["checkpoint"]
        for number in range(5):
            job.ask("savepoint", "parts+totals+windows", f"{folder}/sp{number}")
            made = job.wait(lambda found, made=made: found["checkpoint"] > made, "another checkpoint")["checkpoint"]
        job.process.send_signal(signal.SIGKILL)
    finish(env, folder, text, "--restore", "latest")


def stop(env, savepoint_path):
    """stop, with a savepoint or by a checkpoint, shows what there is and is gone on with."""
    folder = env.folder("jobs-stop-" + ("savepoint" if savepoint_path else "checkpoint"))
    text = script(folder)
    with Running(env, folder, text) as job:
        job.wait(some_rows, "the first checkpoint")
        done = job.ask("stop", "parts+totals+windows", *(["--savepoint", f"{folder}/sp"] if savepoint_path else []))
        expect(done.stdout, f"{folder}/sp\n" if savepoint_path else "", "what stop prints")
        job.end(130, "a stopped run")
    seen = parts(folder)
    expect(seen, list(range(1, len(seen) + 1)), "numbers that are seen")
    expect(sum(row["n"] for row in lines(f"{folder}/totals.json")), len(seen), "totals that are seen")
    expect(lines(f"{folder}/windows.json"), [], "windows that are not over")
    finish(env, folder, text, "--restore", f"{folder}/sp" if savepoint_path else "latest")


def drain(env):
    """The input ends where it is: windows fire, everything fits together, and nothing is left to go on with."""
    folder = env.folder("jobs-drain")
    text = script(folder)
    with Running(env, folder, text) as job:
        job.wait(some_rows, "the first checkpoint")
        job.ask("stop", "--drain", "parts+totals+windows")
        job.end(0, "a drained run")
    seen = parts(folder)
    expect(0 < len(seen) < ROWS and seen == list(range(1, len(seen) + 1)), True, f"numbers: {len(seen)}")
    expect(sum(row["n"] for row in lines(f"{folder}/totals.json")), len(seen), "totals")
    expect([row["n"] for row in lines(f"{folder}/windows.json")], [len(seen)], "windows")


def without_checkpoints(env):
    """A job without checkpoints has no savepoints; it can be drained all the same."""
    folder = env.folder("jobs-plain")
    with Running(env, folder, script(folder, settings=False)) as job:
        job.wait(lambda found: found["rows_in"] > 0, "the first row")
        name = job.status()["job"]
        refused = job.ask("savepoint", name, check=1)
        expect("runs without checkpoints" in refused.stderr and "interval" in refused.stderr, True, refused.stderr)
        job.ask("stop", name, "--savepoint", "-", check=1)
        job.ask("stop", "--drain", name)
        job.end(0, "a drained run")
    seen = parts(folder)
    expect([row["n"] for row in lines(f"{folder}/windows.json")], [len(seen)], "windows")


def no_folder(env):
    """Checkpoints in a temporary folder: a savepoint needs a path."""
    folder = env.folder("jobs-temporary")
    with Running(env, folder, script(folder).replace("SET 'execution.checkpointing.dir'", "SET 'pipeline.name'")) as job:
        found = job.wait(some_rows, "the first checkpoint")
        refused = job.ask("savepoint", str(found["pid"]), check=1)
        expect("no folder of checkpoints" in refused.stderr and "Name a path" in refused.stderr, True, refused.stderr)
        job.ask("savepoint", str(found["pid"]), f"{folder}/sp")
        expect(os.path.isdir(f"{folder}/sp"), True, "the savepoint is there")


def default_folder(env):
    """Without a setting and a runtime folder the socket is below the checkpoints, which a restore does not mind."""
    short = tempfile.mkdtemp(prefix="weir-jobs-")
    try:
        text = script(short)
        with Running(env, short, text, control=f"{short}/ck/parts+totals+windows/control") as job:
            job.wait(some_rows, "the first checkpoint")
            job.ask("stop", "parts+totals+windows")
            job.end(130, "a stopped run")
        finish(env, short, text, "--restore", "latest")
    finally:
        shutil.rmtree(short)


def command_line(env):
    for words, text in ((["stop"], "'stop' needs a job"), (["status", "a", "b"], "What is 'b'?"), (["jobs", "--drain"], "neither"),
                        (["stop", "a", "--drain", "--savepoint", "x"], "nothing left for a savepoint"),
                        (["status", "--control"], "'--control' needs a value"), (["jobs", "--colour"], "There is no option '--colour'"),
                        (["stop", "./nobody.sock"], "No job answers at './nobody.sock'")):
        done = env.weir(*words, check=2)
        expect(text in done.stderr and "hint:" in done.stderr, True, f"{words}: {done.stderr}")


def cases(env):
    yield "jobs/command-line", lambda: command_line(env)
    yield "jobs/list", lambda: listing(env)
    yield "jobs/killed", lambda: killed(env)
    yield "jobs/savepoint", lambda: savepoint(env)
    yield "jobs/savepoint-then-checkpoint", lambda: savepoint_then_checkpoint(env)
    yield "jobs/stop", lambda: stop(env, False)
    yield "jobs/stop-savepoint", lambda: stop(env, True)
    yield "jobs/drain", lambda: drain(env)
    yield "jobs/without-checkpoints", lambda: without_checkpoints(env)
    yield "jobs/default-folder", lambda: default_folder(env)
    yield "jobs/temporary", lambda: no_folder(env)

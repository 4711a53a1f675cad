# SPDX-License-Identifier: Apache-2.0
"""checkpoint_suite - what a user sees of checkpoints: going on after a cancel, what is refused and why, restarts by itself.

That nothing is lost or doubled when a job is killed is crash_suite's; here jobs end in an orderly way, or at a fault point.
"""
import json
import os
import re
import shutil
import signal
import subprocess
import time

import harness

ROWS, KEYS = 4000, 37
DELAY_MS = 5  # between two of some 160 blocks

TABLES = """
CREATE TABLE orders (id BIGINT, k STRING, v BIGINT) WITH ('connector' = 'filesystem', 'path' = '{dir}/orders.json', 'format' = 'json');
CREATE TABLE totals (k STRING, n BIGINT, s BIGINT, PRIMARY KEY (k) NOT ENFORCED)
    WITH ('connector' = 'filesystem', 'path' = '{dir}/totals.json', 'format' = 'json');
CREATE TABLE big (id BIGINT, v BIGINT) WITH ('connector' = 'filesystem', 'path' = '{dir}/big', 'format' = 'json');
"""
TOTALS = "INSERT INTO totals SELECT k, COUNT(*), SUM(v) FROM orders GROUP BY k;\n"
BIG = "INSERT INTO big SELECT id, v FROM orders WHERE v > 500;\n"
SET = "EXECUTE STATEMENT SET BEGIN\n" + TOTALS + BIG + "END;\n"


def slowly(delay_ms):
    return ["--set", "weir.source.block-size=1kb", "--set", f"weir.test.block-delay={delay_ms} ms"]


class Job:
    """A script in a folder of its own, and what it must give."""

    def __init__(self, env, name, statements=SET):
        self.env, self.dir = env, env.folder("checkpoint-" + name)
        self.rows = [{"id": i, "k": f"k{i * 7919 % KEYS}", "v": i * 31 % 1000} for i in range(ROWS)]
        with open(os.path.join(self.dir, "orders.json"), "w", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in self.rows)
        self.script("job.sql", statements)

    def script(self, name, statements):
        with open(os.path.join(self.dir, name), "w", encoding="utf-8") as file:
            file.write(TABLES.format(dir=self.dir) + statements)

    def command(self, *args, script="job.sql", on=True, slow=0):
        command = ["run", "--quiet"]
        if on:
            command += ["--set", "execution.checkpointing.interval=100 ms", "--set", f"execution.checkpointing.dir={self.dir}/ck"]
        return command + (slowly(slow) if slow else []) + [*args, os.path.join(self.dir, script)]

    def try_run(self, *args, fault=None, **how):
        """A finished run. `fault`: WEIR_FAULT."""
        environ = dict(os.environ, LC_ALL="C.UTF-8", TZ="UTC", TMPDIR=self.dir)
        environ.pop("WEIR_FAULT", None)
        if fault:
            environ["WEIR_FAULT"] = fault
        return subprocess.run([self.env.weir_path, *self.command(*args, **how)], capture_output=True, timeout=120, env=environ, text=True)

    def run(self, *args, check=0, **how):
        """Standard error of a run."""
        done = self.try_run(*args, **how)
        if done.returncode != check:
            raise harness.Failure(f"exit code {done.returncode}, wanted {check}\n{done.stderr[-2000:]}")
        return done.stderr

    def cancel(self, *args):
        """A run that gets SIGINT when it has made checkpoints: (exit code, standard error)."""
        command, begun = [self.env.weir_path, *self.command(*args, slow=DELAY_MS)], self.newest()
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        harness.until(lambda: process.poll() is not None or self.newest() > begun + 2, "a few checkpoints")
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=120)[1]
        if process.returncode not in (0, 130):
            raise harness.Failure(f"exit code {process.returncode} after SIGINT\n{said[-2000:]}")
        return process.returncode, said

    def big(self):
        folder, found = os.path.join(self.dir, "big"), []
        for name in os.listdir(folder) if os.path.isdir(folder) else []:
            if name[0] not in "._":
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    found += [json.loads(line) for line in file]
        return sorted((row["id"], row["v"]) for row in found)

    def newest(self):
        """The number of the newest checkpoint; 0: there is none."""
        made = self.files(".manifest") if os.path.isdir(os.path.join(self.dir, "ck", "totals+big")) else []
        return int(re.search(r"\d+", os.path.basename(made[-1]))[0]) if made else 0

    def totals(self):
        path = os.path.join(self.dir, "totals.json")
        if not os.path.exists(path):
            return None
        with open(path, encoding="utf-8") as file:
            return {row["k"]: (row["n"], row["s"]) for row in map(json.loads, file)}

    def want_big(self):
        return [(row["id"], row["v"]) for row in self.rows if row["v"] > 500]

    def check(self, totals=True, big=True):
        want = {}
        for row in self.rows:
            n, s = want.get(row["k"], (0, 0))
            want[row["k"]] = (n + 1, s + row["v"])
        if totals and self.totals() != want:
            raise harness.Failure("totals.json differs from the run without faults")
        if big and self.big() != self.want_big():
            raise harness.Failure(f"big has {len(self.big())} rows, not the {len(self.want_big())} of the run without faults")

    def files(self, ending, job="totals+big"):
        folder = os.path.join(self.dir, "ck", job)
        names = [name for name in os.listdir(folder) if name.endswith(ending)]
        return [os.path.join(folder, name) for name in sorted(names, key=lambda name: int(re.search(r"\d+", name)[0]))]


def expect(said, *patterns):
    for pattern in patterns:
        if not re.search(pattern, said):
            raise harness.Failure(f"'{pattern}' was not said, but:\n{said}")


def expect_not(said, pattern):
    if re.search(pattern, said):
        raise harness.Failure(f"'{pattern}' was said:\n{said}")


def flip(path, at):
    with open(path, "r+b") as file:
        file.seek(at)
        byte = file.read(1)
        file.seek(at)
        file.write(bytes([byte[0] ^ 0x10]))


def on_the_way(job, times=4, *args, name="totals+big"):
    """Runs a job until its n-th checkpoint is done, where it dies. On a busy machine it must run longer to come so far."""
    for delay_ms in (DELAY_MS, 5 * DELAY_MS, 25 * DELAY_MS):
        done = job.try_run(*args, fault=f"checkpoint-done:{times}", slow=delay_ms).returncode
        if done == 137:
            return
        for path in job.files("", name) + [os.path.join(job.dir, "totals.json")]:
            if os.path.exists(path):
                os.remove(path)
        shutil.rmtree(os.path.join(job.dir, "big"))
    raise harness.Failure(f"the job ended before its checkpoint {times}")


# ---- going on

def going_on_after_cancels(env):
    job = Job(env, "cancel")
    shown = 0
    for _ in range(8):
        code, said = job.cancel("--restore", "latest")
        if len(job.big()) < shown or job.big() != job.want_big()[:len(job.big())]:
            raise harness.Failure("what a cancelled job shows is not the beginning of the result")
        shown = len(job.big())
        if code == 0:
            break
    job.run("--restore", "latest")
    job.check()


def cancel_without_checkpoints_shows_what_is_complete(env):
    job = Job(env, "cancel-plain")
    process = subprocess.Popen([env.weir_path, *job.command(on=False, slow=DELAY_MS)], stderr=subprocess.PIPE, text=True)
    harness.until(lambda: process.poll() is not None or os.path.isdir(os.path.join(job.dir, "big")) and os.listdir(os.path.join(job.dir, "big")),
                  "the first file")
    time.sleep(0.2)  # somewhere in the middle
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    if process.returncode not in (0, 130) or job.big() != job.want_big()[:len(job.big())]:
        raise harness.Failure(f"exit code {process.returncode}, {len(job.big())} rows")


def latest_begins_anew_when_there_is_none(env):
    job = Job(env, "anew")
    expect(job.run("--restore", "latest"), r"There is no checkpoint in '.*/ck/totals\+big' yet: totals\+big begins anew")
    job.check()
    expect(job.run("--restore", "latest"), r"goes on from checkpoint \d+ .*it had finished")
    job.check()


def a_path_may_be_a_file_or_a_folder(env):
    job = Job(env, "paths")
    on_the_way(job, 3, "--set", "execution.checkpointing.num-retained=3")
    manifests = job.files(".manifest")
    if len(manifests) != 3:
        raise harness.Failure(f"3 checkpoints were to be kept, there are {len(manifests)}")
    for path in (manifests[0], os.path.dirname(manifests[0]), os.path.join(job.dir, "ck")):
        expect(job.run("--restore", path, check=137, fault="restore-loaded"), r"goes on from checkpoint")
    # An earlier one: the later ones contradict what the job does now.
    expect(job.run("--restore", manifests[0], check=137, fault="checkpoint-begun", slow=DELAY_MS), r"goes on from checkpoint 1 ")
    if job.files(".manifest")[0] != manifests[0] or len(job.files(".manifest")) != 1:
        raise harness.Failure(f"after going on from checkpoint 1 there are {job.files('.manifest')}")
    job.run("--restore", "latest")
    job.check()


def restore_without_further_checkpoints(env):
    job = Job(env, "once")
    on_the_way(job)
    job.run("--restore", os.path.join(job.dir, "ck"), on=False)
    job.check()


def several_jobs_of_one_script(env):
    job = Job(env, "several", TOTALS + BIG + "INSERT INTO big SELECT id, v FROM orders WHERE v < 0;\n")
    job.run(check=137, fault="finish-prepared:2", slow=DELAY_MS)
    path = job.files(".manifest", "big")[-1]
    for one in (path, os.path.dirname(path)):
        expect(job.run("--restore", one, check=2), "is the state of one job, but the script has several")
    said = job.run("--restore", "latest")
    expect(said, r"totals goes on from checkpoint \d+ .*it had finished", r"weir: big goes on from checkpoint \d+ \('[^']*'\)\n",
           r"There is no checkpoint in '.*/big-2' yet")
    job.check()


def constant_rows_come_once(env):
    job = Job(env, "values", "INSERT INTO big SELECT id, v FROM (VALUES (CAST(1 AS BIGINT), CAST(2 AS BIGINT)), (3, 4)) AS t (id, v)\n"
              "    UNION ALL SELECT id, v FROM orders WHERE v > 500;\n")
    on_the_way(job, 2, name="big")
    job.run("--restore", "latest")
    if job.big() != sorted([(1, 2), (3, 4)] + job.want_big()):
        raise harness.Failure(f"big has {len(job.big())} rows")
    job = Job(env, "only-values", "INSERT INTO big VALUES (1, 2), (3, 4);\n")
    job.run()
    expect(job.run("--restore", "latest"), "it had finished")
    if job.big() != [(1, 2), (3, 4)]:
        raise harness.Failure(f"big is {job.big()}")


def a_select_has_no_checkpoints(env):
    job = Job(env, "select", "SELECT COUNT(*) AS n FROM orders;\n")
    job.run("--restore", "latest", "--result", "final")
    if os.path.exists(os.path.join(job.dir, "ck")):
        raise harness.Failure("a SELECT made checkpoints")


def statistics(env):
    job = Job(env, "statistics")
    said = job.run(slow=DELAY_MS).replace("\n", " ")
    expect_not(said, "checkpoints")
    command = [word for word in job.command() if word != "--quiet"]
    done = subprocess.run([env.weir_path, *command], capture_output=True, text=True, timeout=60)
    expect(done.stderr, r"checkpoints: [1-9]\d*, failed 0, the last one [\d.]+ MB in \d+ ms")


# ---- refused

def refused_settings(env):
    job = Job(env, "settings")
    expect(job.run("--set", "execution.checkpointing.interval=5 ms", on=False, check=2), "execution.checkpointing.interval")
    expect(job.run("--restore", "latest", on=False, check=2), "'latest' asks for the newest checkpoint", "--restore PATH")
    expect(job.run("--restore", os.path.join(job.dir, "nowhere"), check=2), "nowhere")
    expect(job.run("--set", "execution.checkpointing.dir=s3://bucket/ck", check=2), "s3://bucket/ck': checkpoints are kept in local folders")
    expect(job.run("--set", "restart-strategy.type=sometimes", check=2), "restart-strategy.type", "exponential-delay")
    if os.path.exists(os.path.join(job.dir, "big")):
        raise harness.Failure("a refused job has written")


def the_folder_cannot_be_made(env):
    job = Job(env, "unwritable")
    with open(os.path.join(job.dir, "ck"), "w", encoding="utf-8") as file:
        file.write("a file")
    expect(job.run(check=2), "Cannot make the folder '.*/ck.*'", "Not a directory")


def damaged_is_passed_over(env):
    for what in ("manifest", "segment"):
        job = Job(env, "damaged-" + what)
        on_the_way(job, 4, "--set", "execution.checkpointing.num-retained=3")
        newest = job.files("." + what)[-1]
        if what == "manifest":
            os.truncate(newest, os.path.getsize(newest) - 3)
        else:
            flip(newest, os.path.getsize(newest) // 2)
        said = job.run("--restore", "latest")
        expect(said, r"chk-4\.manifest' is damaged and passed over: .*", r"goes on from checkpoint 3 ")
        job.check()


def all_are_damaged(env):
    job = Job(env, "all-damaged")
    on_the_way(job)
    for path in job.files(".manifest"):
        flip(path, 40)
    expect(job.run("--restore", "latest", check=2), "is damaged and passed over", "error: ")


def another_job(env):
    job = Job(env, "another")
    on_the_way(job)
    job.script("other.sql", "CREATE TABLE g (n BIGINT) WITH ('connector' = 'datagen', 'fields.n.kind' = 'sequence', 'fields.n.start' = '1',\n"
               "    'fields.n.end' = '9');\nCREATE TABLE b (n BIGINT) WITH ('connector' = 'blackhole');\nINSERT INTO b SELECT n FROM g;\n")
    path = job.files(".manifest")[-1]
    expect(job.run("--restore", path, script="other.sql", check=2), r"is of another job \('totals\+big'\)", "hint: ")
    expect(job.run("--restore", path, "--upgrade", script="other.sql", check=2), "is of another job")
    expect(job.run("--restore", path, "--set", "pipeline.max-parallelism=64", check=2),
           "'pipeline.max-parallelism' = '128', the job has '64'", "Set the option to 128")
    job.run("--restore", path)
    job.check()


def a_changed_script(env):
    job = Job(env, "changed")
    on_the_way(job)
    job.script("changed.sql", SET.replace("COUNT(*), SUM(v)", "COUNT(*), MAX(v)"))
    path = job.files(".manifest")[-1]
    expect(job.run("--restore", path, script="changed.sql", check=2), "does not fit the script", "state 'groups'", "--upgrade")
    expect(job.run("--restore", path, "--upgrade", script="changed.sql"), "is taken over in part", "state 'groups'")
    job.check(totals=False)


# ---- failures

def a_failed_checkpoint_does_not_matter(env):
    for fault in ("segment-block=error:2", "manifest-written=error", "sink-prepared=error:3"):
        job = Job(env, "failed-" + fault[:7])
        said = job.run(fault=fault, slow=DELAY_MS)
        expect(said, f"A checkpoint failed, the job goes on: Made to fail at '{fault.split('=')[0]}'")
        expect_not(said, "restarts")
        job.check()


def too_many_failed_checkpoints(env):
    job = Job(env, "intolerable")
    args = ["--set", "execution.checkpointing.tolerable-failed-checkpoints=0", "--set", "restart-strategy.type=fixed-delay", "--set",
            "restart-strategy.fixed-delay.delay=10 ms"]
    said = job.run(*args, fault="manifest-written=error:2", slow=DELAY_MS)
    expect(said, "1 checkpoints in a row have failed, more than", r"restarts in 0\.0 s \(restart 1\)", "goes on from checkpoint 1")
    job.check()


def restarts_by_itself(env):
    for fault in ("sink-committed=error:3", "checkpoint-durable=error:2", "finish-durable=error"):
        job = Job(env, "restart-" + fault[:7])
        said = job.run("--set", "restart-strategy.exponential-delay.initial-backoff=10 ms", fault=fault, slow=DELAY_MS)
        expect(said, rf"STATEMENT SET failed and restarts in 0\.0 s \(restart 1\): Made to fail at '{fault.split('=')[0]}'",
               r"totals\+big goes on from checkpoint \d+")
        job.check()


def restarts_without_a_folder(env):
    job = Job(env, "temporary")
    said = job.run("--set", "execution.checkpointing.interval=100 ms", "--set", "restart-strategy.type=fixed-delay", "--set",
                   "restart-strategy.fixed-delay.delay=1 ms", on=False, fault="checkpoint-durable=error:3", slow=DELAY_MS)
    expect(said, "'execution.checkpointing.dir' would keep them", "restart 1", "goes on from checkpoint 3")
    job.check()
    left = [name for name in os.listdir(job.dir) if name.startswith("weir-")]
    if left:
        raise harness.Failure(f"the temporary folder is still there: {left}")


def no_restarts(env):
    job = Job(env, "none")
    expect(job.run("--set", "restart-strategy.type=none", fault="sink-committed=error:3", slow=DELAY_MS, check=1), "Made to fail")
    job.run("--restore", "latest")
    job.check()


def what_the_data_did_is_not_tried_again(env):
    job = Job(env, "data", BIG.replace("SELECT id, v", "SELECT id, v / (v - 900)"))
    expect_not(job.run(check=1), "restarts")


def cases(env):
    for function in (going_on_after_cancels, cancel_without_checkpoints_shows_what_is_complete, latest_begins_anew_when_there_is_none,
                     a_path_may_be_a_file_or_a_folder, restore_without_further_checkpoints, several_jobs_of_one_script,
                     constant_rows_come_once, a_select_has_no_checkpoints, statistics, refused_settings, the_folder_cannot_be_made, damaged_is_passed_over,
                     all_are_damaged, another_job, a_changed_script, a_failed_checkpoint_does_not_matter, too_many_failed_checkpoints,
                     restarts_by_itself, restarts_without_a_folder, no_restarts, what_the_data_did_is_not_tried_again):
        yield f"checkpoint/{function.__name__}", lambda f=function: f(env)

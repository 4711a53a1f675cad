# SPDX-License-Identifier: Apache-2.0
"""drill - a runbook (docs/runbooks) followed while a running server is really broken that way.

    with Drill(env, "late-data") as drill:
        drill.begin(sql, "totals")                                # a server with this job
        ... break it ...
        drill.cause("late", "came too late")                      # what `why` says is what the runbook says
        drill.does("curl -s SERVER/v1/jobs/JOB/operators")        # a command of the runbook, as it stands there
        drill.metric("weir_job_rows_late_total", 3)               # a metric that it names

A command is given as it stands in the runbook, and fails when it does not stand there: SERVER, JOB and other words in capitals are replaced,
nothing else. What has been seen is printed.
"""
import json
import os
import re
import subprocess
import time

import harness
import server
from server_jobs_suite import wait

BOOKS = os.path.join(harness.ROOT, "docs", "runbooks")


class Drill:
    def __init__(self, env, name, show=False, settings=()):
        self.env, self.name, self.show = env, name, show
        with open(os.path.join(BOOKS, name + ".md"), encoding="utf-8") as file:
            self.text = re.sub(r"\s+", " ", file.read())
        self.folder = env.folder(f"drill-{name}-{os.urandom(3).hex()}")
        self.data = os.path.join(self.folder, "data")
        self.weir = server.Server(env, self.folder, settings=settings)
        self.words, self.done = {"SERVER": self.weir.url}, set()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.weir.__exit__(*exception)

    def says(self, text):
        if self.show:
            print(f"  {text}", flush=True)

    def stands(self, words):
        """Fails unless the runbook has the words."""
        if re.sub(r"\s+", " ", words) not in self.text:
            raise harness.Failure(f"docs/runbooks/{self.name}.md does not say: {words}")

    # ---- the job

    def begin(self, sql, job, **settings):
        self.words["JOB"] = job
        settings = {"execution.checkpointing.interval": "200 ms", **{name.replace("_", "."): value for name, value in settings.items()}}
        return self.weir.post("/v1/jobs", {"name": job, "sql": sql, "settings": settings})["id"]

    def job(self):
        return self.weir.get(f"/v1/jobs/{self.words['JOB']}")

    def until(self, test, what, seconds=90):
        """Until the job fulfils a condition."""
        return wait(self.weir, self.words["JOB"], test, what, seconds)

    def settled(self, ask, test, what, seconds=90):
        """Until an answer fulfils a condition; a job that is just beginning answers nothing."""
        end = time.monotonic() + seconds
        while True:
            try:
                found = ask()
                if test(found):
                    return found
            except server.Refused as refused:
                if refused.code not in (404, 409, 503):
                    raise
                found = refused.error
            if time.monotonic() > end:
                raise harness.Failure(f"{self.name}: {what} did not happen: {json.dumps(found, indent=1)[:4000]}\n{self.weir.process.said()[-2000:]}")
            time.sleep(0.05)

    # ---- the runbook

    def does(self, command, check=0, **words):
        """Runs a command of the runbook; what it printed."""
        self.stands(command)
        for name, value in {**self.words, **words}.items():
            command = re.sub(rf"\b{name}\b", lambda _, value=value: str(value), command)
        environ = dict(os.environ, PATH=self.env.build + ":" + os.environ["PATH"], ASAN_OPTIONS="detect_leaks=0")
        done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=120, env=environ, cwd=self.folder)
        if check is not None and (done.returncode != check or '"error":{' in done.stdout):
            raise harness.Failure(f"{self.name}: {command}\nexit code {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        if command not in self.done:
            self.says(f"$ {command}")
        self.done.add(command)
        return done.stdout + (done.stderr if check != 0 else "")

    def asks(self, command, **words):
        return json.loads(self.does(command, **words))

    def cause(self, cause, *words):
        """Until `why` names the cause; the runbook must know it. The words are those of its sentence."""
        self.stands(f"`{cause}`")

        def ask():
            return self.weir.get(f"/v1/jobs/{self.words['JOB']}/why")

        found = self.settled(ask, lambda found: found["cause"] == cause and all(word in found["sentence"] for word in words), f"'{cause}' {words}")
        self.does("curl -s SERVER/v1/jobs/JOB/why")
        self.says(f"why: {found['sentence']} ({found.get('hint')})")
        return found

    def series(self):
        found = {}
        for line in self.weir.ask("GET", "/metrics")[2].decode().split("\n"):
            if line and not line.startswith("#"):
                name, value = line.rsplit(" ", 1)
                found[name] = float(value)
        return found

    def value(self, name, labels=""):
        """The sum of the job's series of that name that have the labels."""
        return sum(value for key, value in self.series().items() if re.match(rf"{name}[{{ ]", key + " ") and f'"{self.words["JOB"]}"' in key and labels in key)

    def metric(self, name, test, labels="", seconds=90):
        """Until a metric that the runbook or its alerts name fulfils a condition."""
        with open(os.path.join(harness.ROOT, "deploy", "prometheus-alerts.yml"), encoding="utf-8") as file:
            rules = [rule for rule in file.read().split("- alert:") if f"runbooks/{self.name}.md" in rule]
        if name not in self.text and not any(name in rule for rule in rules):
            raise harness.Failure(f"neither docs/runbooks/{self.name}.md nor its alerts speak of {name}")
        found = self.settled(lambda: self.value(name, labels), test, name, seconds)
        self.says(f"{name}{{{labels}}} {found:g}")
        return found

    def changes(self, *pairs):
        """Puts texts for others in the job's SQL, as POST .../update does it: first the report, then the change. Its report."""
        sql = self.job()["sql"]
        for old, new in zip(pairs[::2], pairs[1::2]):
            if old not in sql:
                raise harness.Failure(f"there is no '{old}' in {sql}")
            sql = sql.replace(old, new)
        for apply in (False, True):
            with open(os.path.join(self.folder, "change.json"), "w", encoding="utf-8") as file:
                json.dump({"sql": sql, "apply": True} if apply else {"sql": sql}, file)
            report = self.asks("curl -s SERVER/v1/jobs/JOB/update -d @change.json")
        self.says(f"report: {json.dumps(report)[:300]}")
        self.until(lambda found: found["state"] == "RUNNING", "the job goes on")
        return report

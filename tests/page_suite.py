# SPDX-License-Identifier: Apache-2.0
"""page_suite - the web page in a real Chromium, over a weir serve with real jobs: tests/page/tour.mjs does what a person does, and axe
looks for what shuts people out. Screenshots of all views are kept in the build's folder page-shots.

Chromium is Debian's; the driver and axe come with npm into the build's folder page-tools (tests/page/package-lock.json)."""
import os
import re
import shutil
import subprocess
import threading

import harness
import server
from dlq_suite import rows
from server_letters_suite import late_clicks, late_script, script as letters_script

HERE = os.path.join(harness.ROOT, "tests", "page")
USERS = """
server:
  users:
    - {name: olga, role: operator, token: "olga's token"}
    - {name: vic, password: "p:w"}
"""
TOTALS = """
CREATE TABLE numbers (i BIGINT, k AS CAST(MOD(i, 10) * MOD(i, 3) AS INT), at_ AS CAST(CURRENT_TIMESTAMP AS TIMESTAMP(3)),
  WATERMARK FOR at_ AS at_ - INTERVAL '1' SECOND)
WITH ('connector' = 'datagen', 'rows-per-second' = '500', 'fields.i.kind' = 'sequence', 'fields.i.start' = '1', 'fields.i.end' = '100000000');
CREATE TABLE totals (window_start TIMESTAMP(3), k INT, n BIGINT) WITH ('connector' = 'filesystem', 'path' = '{folder}/totals', 'format' = 'json');
INSERT INTO totals SELECT window_start, k, COUNT(*) FROM TABLE(TUMBLE(TABLE numbers, DESCRIPTOR(at_), INTERVAL '1' SECOND))
GROUP BY window_start, window_end, k;
"""

tools_lock = threading.Lock()


def tools(env):
    """The folder with the driver, and the path of Chromium; Skip when they cannot be had."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        raise harness.Skip("chromium is not installed")
    if shutil.which("npm") is None:
        raise harness.Skip("Node is not installed")
    folder = os.path.join(env.build, "page-tools")
    with tools_lock:
        with open(os.path.join(HERE, "package-lock.json"), encoding="utf-8") as file:
            lock = file.read()
        note = os.path.join(folder, "installed")
        if not os.path.exists(note) or open(note, encoding="utf-8").read() != lock:
            os.makedirs(folder, exist_ok=True)
            for name in ("package.json", "package-lock.json"):
                shutil.copyfile(os.path.join(HERE, name), os.path.join(folder, name))
            done = subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=folder, capture_output=True, text=True)
            if done.returncode != 0:
                raise harness.Skip("the browser's driver cannot be installed: " + done.stderr.strip().split("\n")[-1][:200])
            with open(note, "w", encoding="utf-8") as file:
                file.write(lock)
    return os.path.abspath(folder), chromium


def tour(env, weir, name):
    """Takes a tour of the page; what was not as expected is a Failure."""
    folder, chromium = tools(env)
    code, _, page = weir.ask("GET", "/")
    if code == 404:
        raise harness.Skip("the page is not part of this build")
    shots = os.path.join(env.build, "page-shots")
    os.makedirs(shots, exist_ok=True)
    done = subprocess.run(["node", os.path.join(HERE, "tour.mjs"), name, weir.url, shots], capture_output=True, text=True, timeout=300 * env.patience,
                          env=dict(os.environ, PAGE_TOOLS=folder, CHROMIUM=chromium, PATIENCE=str(env.patience), TZ="UTC", LC_ALL="C.UTF-8"))
    if done.returncode != 0:
        raise harness.Failure(f"{name}: {done.stdout[-1000:]}{done.stderr[-4000:]}")
    for line in done.stdout.splitlines():
        print(f"page/{name}: {line}", flush=True)


def submit(weir, sql, **more):
    return weir.post("/v1/jobs", {"sql": sql, "settings": {"execution.checkpointing.interval": "500 ms"}, **more})["id"]


def with_totals(env, name):
    tools(env)
    folder = env.folder(f"page-{name}")
    with server.Server(env, folder) as weir:
        submit(weir, TOTALS.replace("{folder}", folder), name="totals")
        tour(env, weir, name)


def sql(env):
    tools(env)
    with server.Server(env, env.folder("page-sql")) as weir:
        tour(env, weir, "sql")


# Fails when it comes to 20, and has a name as tools make them.
FAILING = """
CREATE TABLE some_numbers (i BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '100', 'fields.i.kind' = 'sequence',
  'fields.i.start' = '1', 'fields.i.end' = '1000');
CREATE TABLE nowhere (i BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO nowhere SELECT 10 / (i - 20) FROM some_numbers;
"""
LONG_NAME = "a_job_with_a_name_that_a_tool_has_made_of_a_team_and_a_table_and_a_purpose_and_a_place__production_eu_central_1"


def dashboard(env, name, *tours):
    """Over the jobs of examples/dashboard, which are as its README says, and one that fails."""
    tools(env)
    folder = env.folder(f"page-{name}")
    with open(os.path.join(harness.ROOT, "examples", "dashboard", "dashboard.sql"), encoding="utf-8") as file:
        script = file.read().replace("${DATA}", folder)
    with server.Server(env, folder) as weir:
        done = weir.post("/v1/scripts", {"sql": script})["statements"]
        words = [one["word"] for one in done]
        if words.count("CREATE MATERIALIZED TABLE") != 2 or words[-1] != "INSERT":
            raise harness.Failure(f"dashboard.sql: {words}")
        submit(weir, FAILING, name=LONG_NAME)
        weir.process.until(lambda: any(job["state"] == "FAILED" for job in weir.get("/v1/jobs")["jobs"]), "a job that fails")
        for one in tours:
            tour(env, weir, one)


def boards(env):
    dashboard(env, "boards", "boards", "stream", "speed")


def views(env):
    dashboard(env, "views", "views")


def many(env):
    """A statement set whose plan has more than 200 operators."""
    tools(env)
    folder = env.folder("page-many")
    text = TOTALS[:TOTALS.index("CREATE TABLE totals")]
    inserts = ""
    for i in range(60):
        text += f"CREATE TABLE out_{i} (k INT, n BIGINT) WITH ('connector' = 'blackhole');\n"
        inserts += f"INSERT INTO out_{i} SELECT k, COUNT(*) FROM numbers WHERE MOD(i, {i + 2}) = 0 GROUP BY k;\n"
    with server.Server(env, folder) as weir:
        submit(weir, f"{text}EXECUTE STATEMENT SET BEGIN\n{inserts}END;\n", name="many")
        tour(env, weir, "many")


def login(env):
    tools(env)
    folder = env.folder("page-login")
    with server.Server(env, folder, config=USERS, login="olga's token") as weir:
        submit(weir, TOTALS.replace("{folder}", folder), name="totals")
        tour(env, weir, "login")


def alerts(env):
    """A job that has failed is an alert on the page, by a badge too."""
    tools(env)
    folder = env.folder("page-alerts")
    with server.Server(env, folder, settings=[("server.alerts.interval", "500 ms")]) as weir:
        with open(os.path.join(folder, "rows"), "w", encoding="utf-8") as file:
            file.write("no json\n")
        submit(weir, f"""CREATE TABLE r (a INT) WITH ('connector' = 'filesystem', 'path' = '{folder}/rows', 'format' = 'json');
            CREATE TABLE s (a INT) WITH ('connector' = 'blackhole'); INSERT INTO s SELECT a FROM r;""", name="orders")
        tour(env, weir, "alerts")


def letters(env):
    """Bad records of a file, looked at by a viewer; tried, mended and replayed by an operator; then late rows."""
    tools(env)
    folder = env.folder("page-letters")
    with open(f"{folder}/orders.json", "wb") as file:
        for i in range(1, 121):
            file.write(b'{"id": %d, "amount": \n' % i if i % 40 == 0 else b'{"id": %d, "amount": "%d EUR"}\n' % (i, i) if i % 2 else b'{"id": %d, "amount": %d}\n' % (i, i))
        file.write(b"\xff\xfe\n")
    os.mkdir(f"{folder}/in")
    late_clicks(f"{folder}/in/a.csv")
    with server.Server(env, folder, config=USERS, login="olga's token") as weir:
        submit(weir, letters_script(folder), name="orders")
        submit(weir, late_script(folder, "SET 'weir.late-rows.table' = 'late';", live=True), name="clicks")
        weir.process.until(lambda: [job["state"] for job in weir.get("/v1/jobs")["jobs"] if job["name"] == "orders"] == ["FINISHED"], "the end of a job")
        tour(env, weir, "letters")
        found = sorted(row["id"] for row in rows(f"{folder}/good"))
        if found != [i for i in range(2, 121, 2) if i not in (80, 120)]:
            raise harness.Failure(f"the good rows and the one that was mended, once: {found}")


def policy(env):
    """The page's files are there without a login, allow nothing from elsewhere and no scripts or styles but its own, and are sent once."""
    with server.Server(env, env.folder("page-policy"), config=USERS) as weir:
        code, headers, text = weir.ask("GET", "/ui/jobs")
        if code == 404:
            raise harness.Skip("the page is not part of this build")
        found = headers["Content-Security-Policy"] or ""
        if code != 200 or "default-src 'self'" not in found or "unsafe" in found:
            raise harness.Failure(f"{code}: {found}")
        if weir.ask("GET", "/", headers={"If-None-Match": headers["ETag"]})[0] != 304:
            raise harness.Failure("a page that is the same is sent again")
        for name in re.findall(r'(?:src|href)="(/assets/[^"]+)"', text.decode()):
            code, headers, _ = weir.ask("GET", name)
            if (code, headers["Content-Encoding"]) != (200, "gzip") or "immutable" not in headers["Cache-Control"]:
                raise harness.Failure(f"{name}: {code} {headers}")
        if weir.ask("GET", "/v1/jobs")[0] != 401:
            raise harness.Failure("jobs without a login")


def cases(env):
    yield "page/policy", lambda: policy(env)
    for name in ("list", "job", "keyboard"):
        yield f"page/{name}", (lambda name=name: with_totals(env, name))
    looks = () if env.sanitize else (boards, many, views)  # of the page alone: what they ask of the server, others ask as well
    for function in (alerts, letters, sql, login, *looks):
        yield f"page/{function.__name__}", (lambda f=function: f(env))

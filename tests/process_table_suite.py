# SPDX-License-Identifier: Apache-2.0
"""process_table_suite - process table functions in SQL: on_time, timers, two tables, and going on from savepoints.

The results that are written out are real Flink's for the same functions in Java.
"""
import json
import os
import shutil
import subprocess

import harness
import plugin_suite

FUNCTIONS = """#include "weir/weir_plugin.h"
#include <stdio.h>
struct count { int64_t n; };
static const struct weir_state states[] = {{.size = sizeof(struct weir_state), .name = "count", .kind = WEIR_VALUE, .columns = "n BIGINT",
  .value_size = sizeof(struct count)}};
static void put(struct weir_context *context, const char *what, int64_t n)
{
	struct weir_appender *out = weir_output(context);

	weir_append_bytes(out, what, strlen(what));
	weir_append_i64(out, n);
	weir_append_end(out);
}
/* Counts, and again five seconds behind each row. */
static int row(void *self, struct weir_context *context, const struct weir_row *row)
{
	struct count *count = weir_state_make(context, 0);

	count->n++;
	weir_timer_set(context, WEIR_EVENT_TIME, weir_timestamp(context) + 5000);
	put(context, "row", count->n);
	return 0;
}
static int timer(void *self, struct weir_context *context, int64_t time_ms, enum weir_time time)
{
	put(context, "timer", ((struct count *)weir_state_get(context, 0))->n);
	return 0;
}
static const struct weir_process echo_process = {.size = sizeof echo_process, .name = "echo", .columns = "what STRING, n BIGINT",
  .state = states, .state_count = 1, .element = row, .timer = timer};
static const struct weir_function echo = {.size = sizeof echo, .kind = WEIR_PROCESS_TABLE, .arguments = "t TABLE AS SET", .process = &echo_process};

static int plain_row(void *self, struct weir_context *context, const struct weir_row *row)
{
	char text[64];

	snprintf(text, sizeof text, "row %s", weir_get_text(row, 0));
	weir_append_bytes(weir_output(context), text, strlen(text));
	weir_append_end(weir_output(context));
	return 0;
}
static const struct weir_process plain_process = {.size = sizeof plain_process, .name = "plain", .columns = "what STRING", .element = plain_row};
static const struct weir_function plain = {.size = sizeof plain, .kind = WEIR_PROCESS_TABLE, .arguments = "t TABLE AS ROW", .process = &plain_process};

static int say(struct weir_context *context, const char *what)
{
	weir_append_bytes(weir_output(context), what, 1);
	weir_append_end(weir_output(context));
	return 0;
}
static int first(void *self, struct weir_context *context, const struct weir_row *row) { return say(context, "a"); }
static int second(void *self, struct weir_context *context, const struct weir_row *row) { return say(context, "b"); }
static const struct weir_process two_process = {.size = sizeof two_process, .name = "two", .columns = "what STRING", .element = first, .element2 = second};
static const struct weir_function two = {.size = sizeof two, .kind = WEIR_PROCESS_TABLE, .arguments = "a TABLE AS SET, b TABLE AS SET",
  .process = &two_process};

static int clash_row(void *self, struct weir_context *context, const struct weir_row *row)
{
	weir_append_i64(weir_output(context), 1);
	weir_append_end(weir_output(context));
	return 0;
}
static const struct weir_process clash_process = {.size = sizeof clash_process, .name = "clash", .columns = "rowtime INT", .element = clash_row};
static const struct weir_function clash = {.size = sizeof clash, .kind = WEIR_PROCESS_TABLE, .arguments = "t TABLE AS ROW", .process = &clash_process};

static int many_row(void *self, struct weir_context *context, const struct weir_row *row)
{
	weir_append_i64(weir_output(context), 1);
	weir_append_timestamp(weir_output(context), 0, 0);
	weir_append_end(weir_output(context));
	return 0;
}
static const struct weir_process many_process = {.size = sizeof many_process, .name = "many", .columns = "x INT", .element = many_row};
static const struct weir_function many = {.size = sizeof many, .kind = WEIR_PROCESS_TABLE, .arguments = "t TABLE AS ROW", .process = &many_process};
static const struct weir_process changes_process = {.size = sizeof changes_process, .name = "changes", .columns = "x INT", .element = clash_row, .changes = true};
static const struct weir_function changes = {.size = sizeof changes, .kind = WEIR_PROCESS_TABLE, .arguments = "t TABLE AS ROW", .process = &changes_process};
static const struct weir_plugin_function functions[] = {{"echo", &echo}, {"plain", &plain}, {"two", &two}, {"clash", &clash}, {"many", &many}, {"changes", &changes}};
"""
FUNCTIONS = "#include <string.h>\n" + FUNCTIONS
ROWS = [("a", "00:01"), ("b", "00:02"), ("a", "00:03"), ("a", "00:12"), ("b", "00:04"), ("b", "00:20")]  # b at 00:04 is late


def setup(env, name):
    so = plugin_suite.build(env, FUNCTIONS + plugin_suite.ENTRY % (plugin_suite.USUAL + ".functions = functions, .function_count = 6"), "process_table_" + name)
    folder = env.folder("process-table-" + name)
    with open(os.path.join(folder, "t.json"), "w", encoding="utf-8") as file:
        file.write("".join(json.dumps({"k": k, "v": i, "ts": f"2024-01-01 00:{at}"}) + "\n" for i, (k, at) in enumerate(ROWS)))
    with open(os.path.join(folder, "l.json"), "w", encoding="utf-8") as file:
        file.write("".join(json.dumps({"k": k, "v": i, "ts": f"2024-01-01 00:{at}Z"}) + "\n" for i, (k, at) in enumerate(ROWS)))
    columns = "k STRING, v INT, ts {}, WATERMARK FOR ts AS ts - INTERVAL '2' SECOND"
    options = "WITH ('connector' = 'filesystem', 'path' = '{}/{}.json', 'format' = 'json', 'json.timestamp-format.standard' = '{}', " \
              "'scan.watermark.emit.strategy' = 'on-event')"
    declared = f"CREATE TABLE t ({columns.format('TIMESTAMP(3)')}) {options.format(folder, 't', 'SQL')};\n" \
               f"CREATE TABLE l ({columns.format('TIMESTAMP_LTZ(3)')}) {options.format(folder, 'l', 'SQL')};\n" \
               f"CREATE TABLE n (k STRING, v INT, ts TIMESTAMP(3)) {options.format(folder, 't', 'SQL')};\n" \
               "CREATE VIEW t1 AS SELECT k, ts AS at1 FROM t; CREATE VIEW t2 AS SELECT k, ts AS at2 FROM t;\n"
    return so, folder, declared


def at(text):
    return f"2024-01-01 00:00:{text}.000"


ECHOED = sorted((k, what, str(n), at(ts)) for k, what, n, ts in (
    ("a", "row", 1, "01"), ("a", "row", 2, "03"), ("a", "row", 3, "12"), ("a", "timer", 3, "06"), ("a", "timer", 3, "08"), ("a", "timer", 3, "17"),
    ("b", "row", 1, "02"), ("b", "row", 2, "20"), ("b", "timer", 1, "07"), ("b", "timer", 2, "25")))
PLAIN = sorted((f"row {k}", at(ts)) for k, ts in (("a", "01"), ("a", "03"), ("a", "12"), ("b", "02"), ("b", "20")))
BOTH = sorted((k, k, side, at(ts)) for k, ts in (("a", "01"), ("a", "03"), ("a", "12"), ("b", "02"), ("b", "20")) for side in "ab")
CASES = [
    ("SELECT * FROM echo(t => TABLE t PARTITION BY k, on_time => DESCRIPTOR(ts))",
     "k STRING\twhat STRING\tn BIGINT\trowtime TIMESTAMP(3) NOT NULL", ECHOED),
    ("SELECT * FROM echo(TABLE t PARTITION BY k, DESCRIPTOR(ts), 'here')",
     "k STRING\twhat STRING\tn BIGINT\trowtime TIMESTAMP(3) NOT NULL", ECHOED),
    ("SELECT * FROM plain(t => TABLE t, on_time => DESCRIPTOR(ts))", "what STRING\trowtime TIMESTAMP(3) NOT NULL", PLAIN),
    ("SELECT * FROM clash(t => TABLE t, on_time => DESCRIPTOR(ts))", "rowtime INT\trowtime0 TIMESTAMP(3) NOT NULL",
     sorted(("1", ts) for _, ts in PLAIN)),
    ("SELECT * FROM plain(t => (SELECT k, ts FROM t), on_time => DESCRIPTOR(ts))", "what STRING\trowtime TIMESTAMP(3) NOT NULL", PLAIN),
    ("SELECT * FROM plain(t => TABLE t)", "what STRING", sorted((f"row {k}",) for k, _ in ROWS)),
    # 6 s and 8 s of a come at once with the row of 12 s, and 7 s of b; 17 s and 25 s at the end: none is late for its window
    ("SELECT window_start, COUNT(*) AS c FROM TUMBLE(TABLE e, DESCRIPTOR(rowtime), INTERVAL '10' SECOND) GROUP BY window_start, window_end",
     "window_start TIMESTAMP(3) NOT NULL\tc BIGINT NOT NULL", [(at("00"), "6"), (at("10"), "2"), (at("20"), "2")]),
]
VIEW = "CREATE VIEW e AS SELECT * FROM echo(t => TABLE t PARTITION BY k, on_time => DESCRIPTOR(ts), uid => 'e');\n"


def final(env, so, mode, script):
    done = env.weir("run", "--plugin", so, "--result", "final", "--format", "tsv", *harness.options(mode), "-e", script, check=0)
    lines = done.stdout.split("\n")[:-1]
    return lines[0][2:], sorted(tuple(line.split("\t")) for line in lines[1:]), done.stderr


def on_time(env):
    """Flink's results in every mode, restored again and again, too; late rows are left out and counted."""
    so, _, declared = setup(env, "on_time")
    for query, header, want in CASES:
        for mode in env.modes + harness.RESTORED:
            got_header, got, said = final(env, so, mode, declared + VIEW + query)
            if got_header != header or got != want or ("late 1" in said) != ("DESCRIPTOR" in query):
                raise harness.Failure(f"{query}, {harness.told(mode)}\n  got  {got_header}\n{got}\n{said}\n  want {header}\n{want}")
    done = env.weir("run", "--plugin", so, "-e", declared + VIEW + "DESCRIBE e;", check=0)
    if "| rowtime | TIMESTAMP(3) *ROWTIME* | FALSE |" not in done.stdout:
        raise harness.Failure(done.stdout)


def two_tables(env):
    """The keys of both tables stand in the result. What is late depends on which blocks of the two meet: there are no such rows here."""
    so, folder, declared = setup(env, "two_tables")
    with open(os.path.join(folder, "t.json"), "w", encoding="utf-8") as file:
        file.write("".join(json.dumps({"k": k, "ts": f"2024-01-01 00:{ts}"}) + "\n" for k, ts in ROWS if (k, ts) != ("b", "00:04")))
    for tables, time in (("a => TABLE t PARTITION BY k, b => TABLE t PARTITION BY k", "ts"),
                         ("a => TABLE t1 PARTITION BY k, b => TABLE t2 PARTITION BY k", "at1, at2")):
        for mode in env.modes + harness.RESTORED:
            header, got, said = final(env, so, mode, f"{declared}SELECT * FROM two({tables}, on_time => DESCRIPTOR({time}))")
            if header != "k STRING\tk0 STRING\twhat STRING\trowtime TIMESTAMP(3) NOT NULL" or got != BOTH:
                raise harness.Failure(f"{tables}, {harness.told(mode)}: {header}\n{got}\n{said}")


def restored(env):
    """A job that dies goes on from its checkpoint with the states and timers of the keys: nothing is missing, nothing twice."""
    so, folder, _ = setup(env, "restored")
    for name in ("ck", "out", "whole"):
        shutil.rmtree(os.path.join(folder, name), ignore_errors=True)
    with open(os.path.join(folder, "many.json"), "w", encoding="utf-8") as file:
        file.write("".join(json.dumps({"k": f"k{i % 37}", "ts": f"2024-01-01 {i // 3600:02}:{i // 60 % 60:02}:{i % 60:02}"}) + "\n" for i in range(4000)))
    script = f"""CREATE TABLE t (k STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
WITH ('connector' = 'filesystem', 'path' = '{folder}/many.json', 'format' = 'json');
CREATE TABLE o (k STRING, what STRING, n BIGINT, ts TIMESTAMP(3)) WITH ('connector' = 'filesystem', 'path' = '{folder}/%s', 'format' = 'json');
INSERT INTO o SELECT * FROM echo(t => TABLE t PARTITION BY k, on_time => DESCRIPTOR(ts), uid => 'counts');"""
    command = [env.weir_path, "run", "--plugin", so, "--set", f"execution.checkpointing.dir={folder}/ck", "--set", "execution.checkpointing.interval=50 ms"]
    done = subprocess.run([*command, "--set", "weir.source.block-size=2kb", "--set", "weir.test.block-delay=20 ms", "-e", script % "out"],
                          capture_output=True, timeout=120, env=dict(os.environ, WEIR_FAULT="checkpoint-done:3"), check=False)
    if done.returncode != 137:
        raise harness.Failure(f"{done.returncode}: {done.stderr.decode()}")
    done = subprocess.run([*command, "--restore", "latest", "--parallelism", "3", "-e", script % "out"], capture_output=True, timeout=120, check=False)
    if done.returncode != 0 or b"goes on from checkpoint" not in done.stderr:
        raise harness.Failure(f"{done.returncode}: {done.stderr.decode()}")
    env.weir("run", "--plugin", so, "-e", script % "whole", check=0)
    read = "CREATE TABLE o (k STRING, what STRING, n BIGINT, ts STRING) WITH ('connector' = 'filesystem', 'path' = '{}/{}', 'format' = 'json'); SELECT * FROM o"
    got, want = (env.weir("run", "--result", "final", "--format", "tsv", "-e", read.format(folder, name), check=0).stdout.split("\n") for name in ("out", "whole"))
    if len(want) < 8000 or sorted(got) != sorted(want):
        raise harness.Failure(f"{len(got)} rows for {len(want)}: {sorted(set(got) ^ set(want))[:5]}")


MISTAKES = [
    ("plain(t => TABLE n, on_time => DESCRIPTOR(ts))", "Column 'ts' of argument 't' is no time attribute"),
    ("plain(t => TABLE t, on_time => DESCRIPTOR(v))", "Column 'v' of argument 't' is no time attribute"),
    ("plain(t => TABLE t, on_time => DESCRIPTOR(nope))", "No table of 'plain' has a column 'nope'"),
    ("plain(t => (SELECT k, ts, ts AS ts2 FROM t), on_time => DESCRIPTOR(ts, ts2))", "names two columns of argument 't': 'ts' and 'ts2'"),
    ("plain(t => TABLE t, on_time => 'ts')", "The on_time of 'plain' must name columns"),
    ("plain(t => (SELECT k, CAST(ts AS TIMESTAMP(3)) AS ts FROM t), on_time => DESCRIPTOR(ts))", "is no time attribute"),
    ("two(a => TABLE t1 PARTITION BY k, b => TABLE t2 PARTITION BY k, on_time => DESCRIPTOR(at1))", "names no column of argument 'b'"),
    ("two(a => TABLE t PARTITION BY k, b => TABLE l PARTITION BY k, on_time => DESCRIPTOR(ts))", "are of different types"),
    ("many(t => TABLE t, on_time => DESCRIPTOR(ts))", "A row has more values than its 1 columns"),
    ("changes(t => TABLE t, on_time => DESCRIPTOR(ts))", "'changes' gives changes: it cannot have on_time"),
]


def mistakes(env):
    so, _, declared = setup(env, "mistakes")
    for call, words in MISTAKES:
        done = env.weir("run", "--plugin", so, "-e", f"{declared}SELECT * FROM {call}")
        if done.returncode == 0 or words not in done.stderr:
            raise harness.Failure(f"{call}: wanted {words}\n  {done.returncode}: {done.stderr}")


def cases(env):
    for case in (on_time, two_tables, restored, mistakes):
        yield "process_table/" + case.__name__, lambda case=case: case(env)

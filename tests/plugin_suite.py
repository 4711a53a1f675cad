# SPDX-License-Identifier: Apache-2.0
"""plugin_suite - plugins in shared objects that are compiled here: examples/plugin in every mode and restored from checkpoints, formats
in files and messages, catalogs, LOAD and UNLOAD MODULE, a plugin of an older version, and what is refused.
"""
import json
import os
import shutil
import subprocess

import harness
import servers

EXAMPLE = os.path.join(harness.ROOT, "examples", "plugin")
HEAD = '#include "weir/weir_plugin.h"\n#include <stddef.h>\n'
ENTRY = "const struct weir_plugin *weir_plugin(void) { static const struct weir_plugin p = {%s}; return &p; }\n"
USUAL = '.magic = WEIR_PLUGIN_MAGIC, .version = WEIR_PLUGIN_VERSION, .size = sizeof p, .name = "m", '
READ = """static enum weir_code read_one(void *self, struct weir_appender *out, uint32_t max, int64_t *w, int64_t *wait)
{ weir_append_i64(out, 7); weir_append_end(out); return WEIR_END; }
static int source(void *user, struct weir_table *table, struct weir_source *s) { s->read = read_one; return 0; }
"""
LIST = "static const struct weir_connector *const list[] = {&c};\n"


def build(env, source, name):
    out = os.path.join(env.folder("plugins"), name + ".so")
    done = subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-I", os.path.join(harness.ROOT, "include"), "-x", "c", "-", "-o", out],
                          input=source.encode(), capture_output=True, check=False)
    if done.returncode != 0:
        raise harness.Failure(done.stderr.decode())
    return out


def walk(seed, steps):
    """The positions of the example's walk."""
    random, position, out = seed, 0.0, []
    for _ in range(steps):
        random = (random * 6364136223846793005 + 1442695040888963407) % 2**64
        position += 0.5 if random >> 63 else -0.5
        out.append(position)
    return out


def example(env):
    folder = env.folder("example-plugin")
    shutil.copytree(EXAMPLE, folder, dirs_exist_ok=True)
    with open(os.path.join(EXAMPLE, "walks.c"), encoding="utf-8") as file:
        shutil.copy(build(env, file.read(), "walks"), folder)
    all_steps = walk(7, 5000)
    want = {"steps": 5000, "lowest": min(all_steps), "highest": max(all_steps)}
    even = all_steps[::2]
    line = f"rows {len(even)}, lowest {min(even):g}, highest {max(even):g}\n"
    for mode in env.modes + [(1, 200, 1), (2, 300, 2)]:
        done = env.weir("run", "--result", "final", "--format", "json", *harness.options(mode), "-v", f"DIR={folder}",
                        os.path.join(folder, "walks.sql"), check=0)
        got = json.loads(done.stdout)
        with open(os.path.join(folder, "summary.txt"), encoding="utf-8") as file:
            said = file.read()
        if got != want or (len(mode) == 2 and said != line):  # the sink keeps nothing over a restore
            raise harness.Failure(f"{harness.told(mode)}\n  got  {got} {said}\n  want {want} {line}")


def example_catalog(env):
    """The example's catalog over folders, in every mode and restored; what it has not, and names that lead out of its root."""
    folder = env.folder("example-catalog")
    shutil.copytree(EXAMPLE, folder, dirs_exist_ok=True)
    with open(os.path.join(EXAMPLE, "folders.c"), encoding="utf-8") as file:
        source = file.read()
    so = build(env, source, "folders")
    shutil.copy(so, folder)
    want = 'people\nsales\nlarge\norders\n{"country":"at","orders":3,"amount":147.4}\n{"country":"ch","orders":2,"amount":23}\n'
    for mode in env.modes + harness.RESTORED:
        large = os.path.join(folder, "lake", "sales", "large.csv")
        if os.path.exists(large):
            os.remove(large)
        done = env.weir("run", "--result", "final", "--format", "json", *harness.options(mode), "-v", f"DIR={folder}",
                        os.path.join(folder, "folders.sql"), check=0)
        with open(large, encoding="utf-8") as file:
            written = sorted(file.read().split())
        if done.stdout != want or [line.split(",")[0] for line in written] != ["2", "4"]:
            raise harness.Failure(f"{harness.told(mode)}: {done.stdout} {written}")
    create = f"LOAD MODULE folders WITH ('path' = '{so}'); CREATE CATALOG c WITH ('type' = 'folders', 'root' = '{folder}/lake');"
    for script, words in ((create.replace("/lake", "/sea"), "its root '"),
                          (create + "SELECT * FROM c.sales.nothing", "Catalog 'c' has no table 'sales.nothing'"),
                          (create + "SELECT * FROM c.`sales/../sales`.orders", "Catalog 'c' has no database 'sales/../sales'"),
                          (create + "SELECT * FROM c.sales.`../people/customers`", "Catalog 'c' has no table")):
        done = env.weir("run", "-e", script)
        if done.returncode != 2 or words not in done.stderr:
            raise harness.Failure(f"{script}: {done.returncode} {done.stderr}")
    if source.count("\n") >= 150:
        raise harness.Failure("examples are shorter than 150 lines")


def modules(env):
    """LOAD, SHOW and UNLOAD MODULE, --plugin, SET."""
    so = build(env, HEAD + READ + """static const struct weir_connector c = {.size = sizeof c, .name = "seven", .source = source};
static int two(void *self, const struct weir_row *args, struct weir_appender *out) { weir_append_i64(out, 2); return 0; }
static const struct weir_function f = {.size = sizeof f, .arguments = "", .result = "INT", .eval = two};
static const struct weir_plugin_function functions[] = {{"TWO", &f}};
""" + LIST + ENTRY % (USUAL + ".connectors = list, .connector_count = 1, .functions = functions, .function_count = 1"), "modules")
    table = "CREATE TABLE t (a INT) WITH ('connector' = 'seven'); SELECT a + TWO() AS x FROM t;"
    for args, script in ((["--plugin", so], table), ([], f"SET 'weir.plugins' = '{so}';" + table),
                         ([], f"LOAD MODULE m WITH ('path' = '{so}');" + table)):
        done = env.weir("run", "--result", "final", "--format", "json", *args, "-e", script, check=0)
        if done.stdout != '{"x":9}\n':
            raise harness.Failure(f"{script}: {done.stdout}")
    done = env.weir("run", "-e", f"LOAD MODULE m WITH ('path' = '{so}'); SHOW MODULES; UNLOAD MODULE m; SHOW MODULES;", check=0)
    if done.stdout != "core\nm\ncore\n":
        raise harness.Failure(done.stdout)
    for script, words in ((f"UNLOAD MODULE m; {table}", "Unsupported connector 'seven'"), ("UNLOAD MODULE m; SELECT TWO()", "no function 'TWO'")):
        done = env.weir("run", "--plugin", so, "-e", script)
        if done.returncode != 2 or words.split("'")[1] not in done.stderr:
            raise harness.Failure(f"{script}: {done.stderr}")


def older(env):
    """A plugin whose structs end before members that came later: what lies behind them is not looked at."""
    so = build(env, HEAD + READ + """static const struct weir_connector c = {.size = offsetof(struct weir_connector, sink), .name = "old",
  .source = source, .sink = (void *)1};
static int two(void *self, const struct weir_row *args, struct weir_appender *out) { weir_append_i64(out, 2); return 0; }
static const struct weir_function f = {.size = offsetof(struct weir_function, process), .arguments = "", .result = "INT", .eval = two,
  .process = (void *)1};
static const struct weir_plugin_function functions[] = {{"TWO", &f}};
""" + LIST + ENTRY % """.magic = WEIR_PLUGIN_MAGIC, .version = 1, .size = offsetof(struct weir_plugin, languages), .name = "old",
  .connectors = list, .connector_count = 1, .functions = functions, .function_count = 1,
  .languages = (void *)1, .language_count = 3""", "older")
    done = env.weir("run", "--result", "final", "--format", "json", "--plugin", so, "-e",
                    "CREATE TABLE t (a INT) WITH ('connector' = 'old'); SELECT a + TWO() AS a FROM t;", check=0)
    if done.stdout != '{"a":9}\n':
        raise harness.Failure(done.stdout)


PIECES = """#include <string.h>
struct files { int64_t at, files; };
static enum weir_code name(void *self, struct weir_piece *piece, int64_t *wait)
{
	struct files *f = self;
	if (f->at == f->files * 10)
		return WEIR_END;
	piece->split = (uint32_t)(f->files - 1 - f->at / 10);
	piece->split_count = (uint32_t)f->files;
	piece->split_ends = f->at % 10 == 9;
	weir_put(piece->name, &f->at, sizeof f->at);
	f->at++;
	return WEIR_OK;
}
static int rows(void *self, const char *name, size_t size, struct weir_appender *out, int64_t *w)
{
	int64_t at, i;
	memcpy(&at, name, size);
	for (i = 0; i < 500; i++) {
		weir_append_i64(out, at / 10);
		weir_append_timestamp(out, (at % 10 * 500 + i) * 10, 0);
		weir_append_end(out);
	}
	return 0;
}
static int position(void *self, struct weir_bytes_out *out) { weir_put(out, self, sizeof(struct files)); return 0; }
static int seek(void *self, const char *bytes, size_t len) { memcpy(self, bytes, len); return 0; }
static int source(void *user, struct weir_table *table, struct weir_source *s)
{
	struct files *f = calloc(1, sizeof *f);
	f->files = weir_table_option_i64(table, "files");
	s->user = f; s->piece = name; s->read_piece = rows; s->position = position; s->seek = seek; s->close = free;
	return 0;
}
static const struct weir_option o[] = {{"files", WEIR_OPTION_INT, "4", NULL, false}};
static const struct weir_connector c = {.size = sizeof c, .name = "files", .flags = WEIR_REPLAYS | WEIR_SPLITS, .options = o, .option_count = 1,
  .source = source};
"""


def splits(env):
    """A connector whose splits are read beside each other, the last one first: nothing is late, in every mode and restored."""
    so = build(env, "#include <stdlib.h>\n" + HEAD + PIECES + LIST + ENTRY % (USUAL + ".connectors = list, .connector_count = 1"), "splits")
    script = """CREATE TABLE t (split BIGINT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'files');
SELECT window_start, COUNT(*) AS n, COUNT(DISTINCT split) AS s FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end;"""
    want = [f'{{"window_start":"1970-01-01 00:00:{at:02}","n":4000,"s":4}}' for at in range(0, 50, 10)]
    for mode in env.modes + harness.RESTORED:
        done = env.weir("run", "--plugin", so, "--result", "final", "--format", "json", *harness.options(mode), "-e", script, check=0)
        if sorted(done.stdout.replace(".000", "").splitlines()) != want or "late 0" not in done.stderr:
            raise harness.Failure(f"{harness.told(mode)}: {done.stdout}{done.stderr}")


REFUSED = [
    ("symbol", "int nothing;", "is no plugin: it exports no function 'weir_plugin'"),
    ("magic", ENTRY % ".magic = 1, .version = 1, .size = sizeof p", "does not begin with WEIR_PLUGIN_MAGIC"),
    ("nothing", "const struct weir_plugin *weir_plugin(void) { return NULL; }", "does not begin with WEIR_PLUGIN_MAGIC"),
    ("newer", ENTRY % ".magic = WEIR_PLUGIN_MAGIC, .version = 99, .size = sizeof p", "is of version 99 of plugins, this Weir knows versions up to 2"),
    ("short", ENTRY % ".magic = WEIR_PLUGIN_MAGIC, .version = 1, .size = 24", "has 24 bytes"),
    ("nameless", ENTRY % ".magic = WEIR_PLUGIN_MAGIC, .version = 1, .size = sizeof p", "has no name"),
    ("empty", "static const struct weir_connector c = {.size = sizeof c, .name = \"x\"};\n" + LIST + ENTRY %
     (USUAL + ".connectors = list, .connector_count = 1"), "Connector 'x' has neither `source` nor `sink`"),
    ("sizeless", READ + "static const struct weir_connector c = {.name = \"x\", .source = source};\n" + LIST + ENTRY %
     (USUAL + ".connectors = list, .connector_count = 1"), "A struct weir_connector has a size of 0 bytes"),
    ("taken", READ + "static const struct weir_connector c = {.size = sizeof c, .name = \"kafka\", .source = source};\n" + LIST + ENTRY %
     (USUAL + ".connectors = list, .connector_count = 1"), "has a connector 'kafka', but there is one already"),
    ("function", "static const struct weir_function f = {.size = sizeof f, .arguments = \"\", .result = \"INT\"};\n"
     "static const struct weir_plugin_function fs[] = {{\"F\", &f}};\n" + ENTRY % (USUAL + ".functions = fs, .function_count = 1"),
     "Function 'F' has no `eval`"),
    ("idle", "static const struct weir_format f = {.size = sizeof f, .name = \"x\"};\nstatic const struct weir_format *const fs[] = {&f};\n" + ENTRY %
     (USUAL + ".formats = fs, .format_count = 1"), "Format 'x' has neither `decode` nor `encode`"),
    ("silent", "static const struct weir_catalog c = {.size = sizeof c, .name = \"x\"};\nstatic const struct weir_catalog *const cs[] = {&c};\n" + ENTRY %
     (USUAL + ".catalogs = cs, .catalog_count = 1"), "Catalog 'x' lacks one of `databases`, `tables` and `table`"),
    ("known", "static const struct weir_format f = {.size = sizeof f, .name = \"csv\", .decode = (void *)1};\nstatic const struct weir_format *const "
     "fs[] = {&f};\n" + ENTRY % (USUAL + ".formats = fs, .format_count = 1"), "has a format 'csv', but there is one already"),
    ("null_connector", "static const struct weir_connector *const list[] = {NULL};\n" + ENTRY % (USUAL + ".connectors = list, .connector_count = 1"),
     "Plugin 'm' says that it has 1 connectors, but number 0 is NULL"),
    ("null_format", "static const struct weir_format *const list[] = {NULL};\n" + ENTRY % (USUAL + ".formats = list, .format_count = 1"),
     "Plugin 'm' says that it has 1 formats, but number 0 is NULL"),
    ("null_catalogs", ENTRY % (USUAL + ".catalog_count = 2"), "Plugin 'm' says that it has 2 catalogs, but the list is NULL"),
    ("null_functions", ENTRY % (USUAL + ".function_count = 2"), "Plugin 'm' says that it has 2 functions, but the list is NULL"),
    ("null_function", "static const struct weir_plugin_function list[] = {{\"F\", NULL}};\n" + ENTRY % (USUAL + ".functions = list, .function_count = 1"),
     "Function 0 of plugin 'm' has no name or descriptor"),
    ("null_language", "static const struct weir_language *const list[] = {NULL};\n" + ENTRY % (USUAL + ".languages = list, .language_count = 1"),
     "Plugin 'm' says that it has 1 languages, but number 0 is NULL"),
    ("unnamed", READ + "static const struct weir_connector c = {.size = sizeof c, .source = source};\n" + LIST + ENTRY %
     (USUAL + ".connectors = list, .connector_count = 1"), "A connector has no name"),
    ("null_options", READ + "static const struct weir_connector c = {.size = sizeof c, .name = \"x\", .source = source, .option_count = 1};\n" + LIST + ENTRY %
     (USUAL + ".connectors = list, .connector_count = 1"), "The list of 1 options of connector 'x' is NULL"),
    ("null_option", READ + "static const struct weir_option o[] = {{NULL}};\n"
     "static const struct weir_connector c = {.size = sizeof c, .name = \"x\", .source = source, .options = o, .option_count = 1};\n" + LIST +
     ENTRY % (USUAL + ".connectors = list, .connector_count = 1"), "Option 0 of connector 'x' has no name or an unknown type"),
    ("unresolved", "int nowhere(void);\n" + "const struct weir_plugin *weir_plugin(void) { return nowhere() ? NULL : NULL; }",
     "undefined symbol: nowhere"),
    ("fallback", READ + "static const struct weir_option o[] = {{\"n\", WEIR_OPTION_INT, \"many\", NULL, false}};\n"
     "static const struct weir_connector c = {.size = sizeof c, .name = \"x\", .source = source, .options = o, .option_count = 1};\n" + LIST +
     ENTRY % (USUAL + ".connectors = list, .connector_count = 1"), "The default 'many' of option 'n' of connector 'x' is not of its type"),
]


def refused(env):
    for name, source, words in REFUSED:
        so = build(env, HEAD + source, "refused_" + name)
        done = env.weir("run", "-e", f"LOAD MODULE m WITH ('path' = '{so}'); SELECT 1")
        if done.returncode != 2 or words not in done.stderr or done.stdout:
            raise harness.Failure(f"{name}: wanted {words}\n  {done.returncode}: {done.stderr}{done.stdout}")
    text, cut = (os.path.join(env.folder("plugins"), name) for name in ("text.so", "cut.so"))
    with open(text, "w", encoding="utf-8") as file:
        file.write("not a shared object\n")
    with open(so, "rb") as whole, open(cut, "wb") as file:
        file.write(whole.read(2000))
    for name, flags, member, words in (
            ("flag", "WEIR_SPLITS", "read = read_one", "Connector 'x' has the flag WEIR_SPLITS, but its source no `piece`"),
            ("piece", "0", "piece = (void *)1; s->read_piece = (void *)1", "has `piece`, but the connector not the flag WEIR_SPLITS"),
            ("half", "WEIR_SPLITS", "piece = (void *)1", "has one of `piece` and `read_piece`"),
            ("none", "0", "user = user", "has no `read`"),
            ("replays", "WEIR_REPLAYS", "read = read_one", "Connector 'x' has the flag WEIR_REPLAYS, but its source no `position`")):
        tables = build(env, HEAD + READ + f"static int made(void *user, struct weir_table *table, struct weir_source *s) {{ s->{member}; return 0; }}\n"
                       f"static const struct weir_connector c = {{.size = sizeof c, .name = \"x\", .flags = {flags}, .source = made}};\n" +
                       LIST + ENTRY % (USUAL + ".connectors = list, .connector_count = 1"), "source_" + name)
        done = env.weir("run", "--plugin", tables, "-e", "CREATE TABLE t (a INT) WITH ('connector' = 'x'); SELECT * FROM t;")
        if done.returncode == 0 or words not in done.stderr:
            raise harness.Failure(f"{name}: wanted {words}\n  {done.returncode}: {done.stderr}")
    for script, words in ((f"LOAD MODULE m WITH ('path' = '{text}')", "text.so' cannot be loaded: "),
                          (f"LOAD MODULE m WITH ('path' = '{cut}')", "cut.so' cannot be loaded: the file is cut"),
                          (f"LOAD MODULE m WITH ('path' = '{os.path.dirname(text)}')", "cannot be loaded: "),
                          ("LOAD MODULE m WITH ('path' = '')", "cannot be loaded: "),
                          ("LOAD MODULE hive", "Module 'hive' is not part of Weir"),
                          ("LOAD MODULE m WITH ('path' = '/nowhere.so')", "cannot be loaded: /nowhere.so"),
                          ("LOAD MODULE m WITH ('file' = 'x')", "LOAD MODULE has no option 'file'"),
                          ("UNLOAD MODULE core", "Module 'core' cannot be unloaded"),
                          ("UNLOAD MODULE x", "There is no module 'x'")):
        done = env.weir("run", "-e", script)
        if done.returncode != 2 or words not in done.stderr:
            raise harness.Failure(f"{script}: wanted {words}\n  {done.returncode}: {done.stderr}")


def pairs_plugin(env, name):
    with open(os.path.join(EXAMPLE, "pairs.c"), encoding="utf-8") as file:
        return build(env, file.read(), "pairs-" + name)


PAIRS_COLUMNS = "n BIGINT, word STRING, x DECIMAL(10, 2), ts TIMESTAMP(3), big STRING NOT NULL"


def pairs_record(i):
    """Record i and its row; every seventh is bad, every eleventh no row."""
    if i % 7 == 3:
        return ["n=many;big=b", "word", f"n={i};other=1;big=b", f"n={i}"][i // 7 % 4], None
    if i % 11 == 5:
        return "", None
    row = {"n": i, "word": None if i % 3 == 0 else "" if i % 5 == 0 else "wörd" * (i % 40), "x": None if i % 4 == 0 else f"{i}.25",
           "ts": None if i % 6 else "2024-02-29 12:00:00.125", "big": f"b{i}"}
    fields = [f"{key}={value}" for key, value in row.items() if value is not None]
    return ";".join(fields if i % 2 else fields[::-1]), row


def formats(env):
    """Files of a plugin's format in every mode: rows, NULLs, records that are bad or none, rows of few columns; and written again."""
    so, folder = pairs_plugin(env, "files"), env.folder("plugin-format")
    for count, modes in ((900, env.modes), (154, harness.RESTORED)):  # restored after every record, or every few
        format_rows(env, so, folder, [pairs_record(i) for i in range(count)], modes)


def format_rows(env, so, folder, records, modes):
    source, copy = os.path.join(folder, "in.txt"), os.path.join(folder, "copy")
    with open(source, "w", encoding="utf-8", newline="") as file:
        file.write("".join(record + ("\r\n" if i % 9 == 0 else "\n") for i, (record, _) in enumerate(records))[:-1])
    want = sorted(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for _, row in records if row is not None)
    bad = sum(1 for record, row in records if row is None and record != "")
    table = "CREATE TABLE {} (" + PAIRS_COLUMNS + ") WITH ('connector' = 'filesystem', 'path' = '{}', 'format' = 'pairs'{});\n"
    skip = table.format("t", source, ", 'error-handling.mode' = 'ignore'")
    for mode in modes:
        def final(script):
            path = os.path.join(folder, "job.sql")
            with open(path, "w", encoding="utf-8") as file:
                file.write(script)
            return env.weir("run", "--plugin", so, "--result", "final", "--format", "json", *harness.options(mode), path, check=0)
        done = final(skip + "SELECT n, word, CAST(x AS STRING) AS x, CAST(ts AS STRING) AS ts, big FROM t;")
        if sorted(done.stdout.splitlines()) != want or (len(mode) == 2 and f"bad {bad}" not in done.stderr):
            raise harness.Failure(f"{harness.told(mode)}: {len(done.stdout.splitlines())} rows, wanted {len(want)}, bad {bad}\n{done.stderr}")
        # Columns that are not asked for are not missed either, though NOT NULL.
        narrow = [row for i, (record, row) in enumerate(records) if row is not None or record == f"n={i}"]
        done = final(skip + "SELECT COUNT(*) AS c, COUNT(x) AS x FROM t;")
        if json.loads(done.stdout) != {"c": len(narrow), "x": sum(1 for row in narrow if row is not None and row["x"] is not None)}:
            raise harness.Failure(f"{harness.told(mode)}: {done.stdout}")
        shutil.rmtree(copy, ignore_errors=True)
        final(skip + table.format("c", copy, ", 'pairs.separator' = '|'") + "INSERT INTO c SELECT * FROM t;")
        done = final(table.format("c", copy, ", 'pairs.separator' = '|'") + "SELECT * FROM c;")
        again = final(skip + "SELECT * FROM t;")
        if sorted(done.stdout.splitlines()) != sorted(again.stdout.splitlines()) or len(again.stdout.splitlines()) != len(want):
            raise harness.Failure(f"{harness.told(mode)}: what was written reads otherwise")


def format_refused(env):
    """Bad records stop a job or go to a table of letters; rows that cannot be written; options."""
    so, folder = pairs_plugin(env, "refused"), env.folder("plugin-format-refused")
    path = os.path.join(folder, "in.txt")
    with open(path, "w", encoding="utf-8") as file:
        file.write("n=1\nn=2;m\nn=3\n")
    t = "CREATE TABLE t (n INT, s STRING) WITH ('connector' = 'filesystem', 'path' = '%s', 'format' = 'pairs'%%s);" % path
    for script, words in ((t % "" + "SELECT n, s FROM t", f"bad row in {path}, line 2, byte 4: 'm' has no '='"),
                          (t % ", 'pairs.seperator' = ';'" + "SELECT * FROM t", "Did you mean 'pairs.separator'?"),
                          (t % ", 'pairs.separator' = '--'" + "SELECT * FROM t", "Format 'pairs' refuses table 't': 'pairs.separator' must be one character"),
                          ((t % "").replace(path, folder + "/out") + "INSERT INTO t VALUES (1, 'a;b')", "Format 'pairs' refuses a row: column `s` has the separator ';' in 'a;b'"),
                          ((t % "").replace(path, folder + "/out") + "INSERT INTO t VALUES (1, 'a\nb')", "makes a record with a line end")):
        done = env.weir("run", "--plugin", so, "-e", script)
        if done.returncode == 0 or words not in done.stderr:
            raise harness.Failure(f"{script}: wanted {words}\n  {done.returncode}: {done.stderr}")
    letters = "CREATE TABLE letters (`raw` STRING, error_text STRING) WITH ('connector' = 'print');"
    done = env.weir("run", "--plugin", so, "--result", "final", "--format", "json", "-e",
                    letters + t % ", 'error-handling.mode' = 'log', 'error-handling.log.target' = 'letters'" + "SELECT n FROM t", check=0)
    if "n=2;m" not in done.stdout or "'m' has no '='" not in done.stdout or '{"n":3}' not in done.stdout:
        raise harness.Failure(done.stdout + done.stderr)
    # A format that makes two rows of a record, one that only reads, one that is for messages alone.
    so = build(env, HEAD + """static int twice(void *self, const char *record, size_t size, struct weir_appender *out)
{ for (int i = 0; i < 2; i++) { weir_append_i64(out, i); weir_append_end(out); } return 0; }
static const struct weir_format f = {.size = sizeof f, .name = "twice", .decode = twice};
static const struct weir_format g = {.size = sizeof g, .name = "bytes", .flags = WEIR_MESSAGES_ALONE, .decode = twice};
static const struct weir_format *const list[] = {&f, &g};
""" + ENTRY % (USUAL + ".formats = list, .format_count = 2"), "twice")
    t = "CREATE TABLE t (n INT) WITH ('connector' = 'filesystem', 'path' = '%s', 'format' = '%%s');" % path
    for script, words in ((t % "twice" + "SELECT * FROM t", "Format 'twice' makes 2 rows of the record"),
                          (t % "twice" + "INSERT INTO t VALUES (1)", "twice"),
                          (t % "bytes" + "SELECT * FROM t", "It is for messages")):
        done = env.weir("run", "--plugin", so, "-e", script)
        if done.returncode == 0 or words not in done.stderr:
            raise harness.Failure(f"{script}: wanted {words}\n  {done.returncode}: {done.stderr}")


def messages(env):
    """Values and keys of Kafka's messages in a plugin's format, also with line ends in them; a bad one; and written."""
    so, kafka = pairs_plugin(env, "messages"), servers.kafka()
    came, went = kafka.topic("pairs-came", 1), kafka.topic("pairs-went", 1)
    kafka.produce(came, ["n=1;s=one", "s=two\nlines;n=2", "n=x", "", "n=3"])
    t = ("CREATE TABLE {} (n INT, s STRING) WITH ('connector' = 'kafka', 'topic' = '{}', 'format' = 'pairs', 'properties.bootstrap.servers' = '%s', "
         "'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = 'latest-offset', {});\n" % kafka.bootstrap)
    out = t.format("o", went, "'key.format' = 'pairs', 'key.fields' = 'n', 'key.pairs.separator' = '!', 'value.fields-include' = 'EXCEPT_KEY'")
    script = t.format("t", came, "'error-handling.mode' = 'ignore'")
    for mode in harness.FEW_MODES:
        done = env.weir("run", "--plugin", so, "--result", "final", "--format", "json", *harness.options(mode), "-e", script + "SELECT * FROM t;", check=0)
        if sorted(done.stdout.splitlines()) != ['{"n":1,"s":"one"}', '{"n":2,"s":"two\\nlines"}', '{"n":3,"s":null}'] or "bad 1" not in done.stderr:
            raise harness.Failure(f"{harness.told(mode)}: {done.stdout}{done.stderr}")
    env.weir("run", "--plugin", so, "-e", script + out + "INSERT INTO o SELECT * FROM t WHERE s IS NOT NULL;", check=0)
    got = sorted((message.key, message.value) for message in kafka.consume(went))
    if got != [(b"n=1", b"s=one"), (b"n=2", b"s=two\nlines")]:
        raise harness.Failure(str(got))
    done = env.weir("run", "--plugin", so, "--result", "final", "--format", "json", "-e", out + "SELECT * FROM o;", check=0)
    if sorted(done.stdout.splitlines()) != ['{"n":1,"s":"one"}', '{"n":2,"s":"two\\nlines"}']:
        raise harness.Failure(done.stdout + done.stderr)
    done = env.weir("run", "--plugin", so, "-e", script.replace("'ignore'", "'fail'") + "SELECT * FROM t;")
    if done.returncode != 1 or "offset 2" not in done.stderr or "'x' cannot be cast to INT" not in done.stderr:
        raise harness.Failure(done.stderr)


def tables(env):
    """What a table of a plugin's connector must not be."""
    with open(os.path.join(EXAMPLE, "walks.c"), encoding="utf-8") as file:
        so = build(env, file.read(), "tables")
    walks = "CREATE TABLE w (step BIGINT, x DOUBLE) WITH ('connector' = 'random-walk', 'seed' = '1', 'steps' = '3');"
    sink = "CREATE TABLE s (x {}) WITH ('connector' = 'statistics', 'path' = '/dev/null');"
    for script, words in (("CREATE TABLE w (a INT) WITH ('connector' = 'random-walk'); SELECT * FROM w", "seed"),
                          ("CREATE TABLE w (a INT) WITH ('connector' = 'random-walk', 'step' = '3'); SELECT * FROM w", "Did you mean 'steps'?"),
                          ("CREATE TABLE w (a INT) WITH ('connector' = 'random-walk', 'seed' = 'x'); SELECT * FROM w", "seed"),
                          (sink.format("DOUBLE") + "SELECT * FROM s", "statistics"),
                          (walks + "INSERT INTO w SELECT 1, 2.0", "random-walk"),
                          (walks + sink.format("INT") + "INSERT INTO s SELECT 1 FROM w",
                           "Connector 'statistics' refuses table 's': its first column must be a FLOAT or DOUBLE"),
                          (walks + sink.format("DOUBLE") + "INSERT INTO s SELECT MAX(x) FROM w", "s")):
        done = env.weir("run", "--plugin", so, "-e", script)
        if done.returncode == 0 or words not in done.stderr:
            raise harness.Failure(f"{script}: wanted {words}\n  {done.returncode}: {done.stderr}")


CATALOG = HEAD + """#include <stdio.h>
#include <stdlib.h>
#include <string.h>
struct lake { char root[400]; };
static int lake_open(void *user, struct weir_table *catalog, void **self)
{
	struct lake *lake = malloc(sizeof *lake);
	*self = lake;
	snprintf(lake->root, sizeof lake->root, "%s", weir_table_option(catalog, "root"));
	if (strcmp(lake->root, "nowhere") == 0)
		return weir_table_fail(catalog, "%s has no folder '%s'", weir_table_name(catalog), lake->root);
	fprintf(stderr, "opened %s\\n", weir_table_name(catalog));
	return 0;
}
static void lake_close(void *self) { fprintf(stderr, "closed\\n"); free(self); }
static int databases(void *self, struct weir_bytes_out *out)
{ weir_put(out, "sales\\npeople\\nbroken", 19); return 0; }
static int tables(void *self, const char *database, struct weir_bytes_out *out)
{
	const char *names = strcmp(database, "sales") == 0 ? "orders\\nbig\\n" : strcmp(database, "people") == 0 ? "names\\nhonours\\n" : "syntax\\nlike\\n";
	weir_put(out, names, strlen(names));
	return 0;
}
static int table(void *self, const char *database, const char *name, struct weir_bytes_out *out)
{
	static const char *const all[][3] = {
	    {"sales", "orders", " (id BIGINT, who INT, amount DOUBLE, ts TIMESTAMP(3), twice AS amount * 2, WATERMARK FOR ts AS ts)\\n"},
	    {"sales", "big", "-- written, too\\nCREATE TABLE which.name.works (id BIGINT, amount DOUBLE)\\n"},
	    {"people", "names", "CREATE TABLE IF NOT EXISTS names (who INT, name STRING) COMMENT 'all of them'\\n"},
	    {"people", "honours", "(who INT, honour STRING)"},
	    {"broken", "syntax", "(id INT,\\n  amount DUBLE)"},
	    {"broken", "column", "\\n(id INT, ts AS nothing + 1)"},
	    {"broken", "two", "CREATE TABLE a (id INT) WITH ('connector' = 'print'); SELECT 1;"},
	    {"broken", "query", "SELECT 1 -- "},
	    {"broken", "like", "(id INT) WITH ('connector' = 'print') LIKE broken.x -- "},
	};
	static const char option[] = "(id INT) WITH ('connector' = 'filesystem', 'pth' = 'x', 'format' = 'json')";
	char with[600];
	if (strcmp(name, "secret") == 0)
		return weir_put_fail(out, "you may not see %s", name);
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (strcmp(all[i][0], database) == 0 && strcmp(all[i][1], name) == 0) {
			snprintf(with, sizeof with, " WITH ('connector' = 'filesystem', 'path' = '%s/%s/%s', 'format' = 'json')",
				 ((struct lake *)self)->root, database, name);
			weir_put(out, all[i][2], strlen(all[i][2]));
			if (i < 6)
				weir_put(out, with, strlen(with));
		}
	if (strcmp(database, "broken") == 0 && strcmp(name, "option") == 0)
		weir_put(out, option, sizeof option - 1);
	return 0;
}
static const struct weir_option options[] = {{"root", WEIR_OPTION_STRING, NULL, "The folder.", true}};
static const struct weir_catalog c = {.size = sizeof c, .name = "folders", .options = options, .option_count = 1, .open = lake_open,
  .databases = databases, .tables = tables, .table = table, .close = lake_close};
static const struct weir_catalog *const list[] = {&c};
""" + ENTRY % (USUAL + ".catalogs = list, .catalog_count = 1")


def lake(env, name, orders=2000):
    """The plugin, a folder with two databases, and the statement that makes a catalog of it."""
    folder = env.folder("lake-" + name)
    for database, table, rows in (("sales", "orders", [{"id": i, "who": i % 5, "amount": i / 4, "ts": f"2024-01-01 00:{i // 60:02}:{i % 60:02}"}
                                                       for i in range(orders)]),
                                  ("people", "names", [{"who": i, "name": "n" * (i + 1)} for i in range(4)]),
                                  ("people", "honours", [{"who": i, "honour": f"h{i}"} for i in range(3)])):
        os.makedirs(os.path.join(folder, database), exist_ok=True)
        with open(os.path.join(folder, database, table), "w", encoding="utf-8") as file:
            file.write("".join(json.dumps(row) + "\n" for row in rows))
    return build(env, CATALOG, "lake-" + name), folder, f"CREATE CATALOG lake WITH ('type' = 'folders', 'root' = '{folder}');\n"


def catalog_rows(env, name, orders, modes):
    """Tables of two databases of a catalog are read, joined and written, in the modes. The plugin, and the statement for the catalog."""
    so, folder, create = lake(env, name, orders)
    joined = create + """CREATE VIEW v AS SELECT * FROM lake.people.names;
INSERT INTO lake.sales.big SELECT lake.sales.orders.id, orders.amount FROM lake.sales.orders WHERE sales.orders.twice > 40;
SELECT v.name, COUNT(*) AS c, SUM(sales.orders.amount) AS s, MAX(lake.people.honours.honour) AS h
FROM lake.sales.orders JOIN v ON lake.sales.orders.who = v.who LEFT JOIN lake.people.honours ON v.who = people.honours.who GROUP BY v.name;"""
    rows = [(i % 5, i / 4) for i in range(orders)]
    want = sorted(json.dumps({"name": "n" * (who + 1), "c": orders // 5, "s": sum(x for w, x in rows if w == who), "h": f"h{who}" if who < 3 else None},
                             separators=(",", ":")) for who in range(4))
    big = sorted(f'{{"id":{i},"amount":{i / 4}}}' for i in range(orders) if i / 2 > 40)
    for mode in modes:
        shutil.rmtree(os.path.join(folder, "sales", "big"), ignore_errors=True)
        done = env.weir("run", "--plugin", so, "--result", "final", "--format", "json", *harness.options(mode), "-e", joined, check=0)
        if sorted(done.stdout.splitlines()) != want or "opened lake\n" not in done.stderr or not done.stderr.rstrip().endswith("closed"):
            raise harness.Failure(f"{harness.told(mode)}: {done.stdout}{done.stderr}")
        done = env.weir("run", "--plugin", so, "--result", "final", "--format", "json", "-e", create + "SELECT * FROM lake.sales.big;", check=0)
        if sorted(done.stdout.splitlines()) != big:
            raise harness.Failure(f"{harness.told(mode)}: {len(done.stdout.splitlines())} rows written, wanted {len(big)}")
    return so, create


def catalogs(env):
    """Tables of two databases of a catalog: read, joined and written in every mode, restored; listed and described; dropped."""
    so, create = catalog_rows(env, "used", 2000, env.modes)
    catalog_rows(env, "restored", 200, harness.RESTORED)  # after every order, or every few
    script = create + """CREATE CATALOG IF NOT EXISTS lake WITH ('type' = 'folders'); CREATE TABLE orders (a INT) WITH ('connector' = 'print');
SHOW CATALOGS; SHOW DATABASES; SHOW DATABASES FROM lake; SHOW TABLES FROM lake.sales; DESCRIBE lake.people.names; SHOW TABLES;
SHOW TABLES IN default_catalog.default_database LIKE 'o%'; SHOW CREATE TABLE lake.people.names;
DROP CATALOG lake; SHOW CATALOGS; DROP CATALOG IF EXISTS lake;
""" + create + "SHOW TABLES FROM lake.people LIKE 'n%';"
    done = env.weir("run", "--plugin", so, "-e", script, check=0)
    said = """default_catalog
lake
default_database
broken
people
sales
big
orders
| name |   type | null | key | extras | watermark |
|  who |    INT | TRUE |     |        |           |
| name | STRING | TRUE |     |        |           |
orders
orders
CREATE TABLE `lake`.`people`.`names` (
"""
    squeezed = "\n".join(" ".join(line.split()) for line in done.stdout.splitlines())
    if not squeezed.startswith("\n".join(" ".join(line.split()) for line in said.splitlines())) or \
            not done.stdout.endswith(")\ndefault_catalog\nnames\n") or done.stderr.count("closed") != 2:
        raise harness.Failure(done.stdout + done.stderr)


def catalog_used(env):
    """USE CATALOG and USE: tables of the plugin without prefix, views and temporary tables beside them, and back."""
    so, _, create = lake(env, "current")
    script = create + """USE CATALOG lake; SHOW CURRENT CATALOG; SHOW CURRENT DATABASE; SHOW DATABASES; SHOW TABLES;
USE people; CREATE TEMPORARY VIEW v AS SELECT who, name FROM names; SHOW TABLES; SHOW VIEWS;
CREATE TEMPORARY TABLE honours (own INT) WITH ('connector' = 'datagen', 'number-of-rows' = '1', 'fields.own.kind' = 'sequence', 'fields.own.start' = '5', 'fields.own.end' = '5');
USE sales;
SELECT COUNT(*) AS c, CURRENT_DATABASE() AS d FROM orders JOIN lake.people.v ON orders.who = v.who WHERE sales.orders.who < 2;
SELECT * FROM people.honours; DROP TEMPORARY TABLE people.honours; SELECT MAX(honour) AS h FROM people.honours;
USE CATALOG default_catalog; SHOW CURRENT DATABASE; CREATE VIEW w AS SELECT * FROM lake.people.v; SELECT MAX(name) AS n FROM w;
USE lake.people; SELECT MIN(name) AS n FROM default_catalog.default_database.w; USE default_catalog.default_database; DROP CATALOG lake; SHOW CATALOGS;
"""
    done = env.weir("run", "--plugin", so, "--result", "final", "--format", "json", "-e", script, check=0)
    want = """lake
sales
broken
people
sales
big
orders
honours
names
v
v
{"c":800,"d":"sales"}
{"own":5}
{"h":"h2"}
default_database
{"n":"nnnn"}
{"n":"n"}
default_catalog
"""
    if done.stdout != want:
        raise harness.Failure(done.stdout + done.stderr)


def catalog_state(env):
    """A job over a catalog's tables that died goes on from its checkpoint, whatever came before it in the script."""
    so, folder, create = lake(env, "state")
    for name in ("ck", "sales/big"):
        shutil.rmtree(os.path.join(folder, name), ignore_errors=True)
    query = "INSERT INTO lake.sales.big SELECT o.id, o.amount FROM lake.sales.orders AS o JOIN lake.people.names AS n ON o.who = n.who;"
    command = [env.weir_path, "run", "--plugin", so, "--set", f"execution.checkpointing.dir={folder}/ck", "--set", "execution.checkpointing.interval=50 ms"]
    environ = dict(os.environ, WEIR_FAULT="checkpoint-done:2")
    done = subprocess.run([*command, "--set", "weir.source.block-size=1kb", "--set", "weir.test.block-delay=50 ms", "-e", create + query],
                          capture_output=True, timeout=120, env=environ, check=False)
    if done.returncode != 137:
        raise harness.Failure(f"{done.returncode}: {done.stderr.decode()}")
    done = subprocess.run([*command, "--restore", "latest", "-e", create + "DESCRIBE lake.people.honours; DESCRIBE lake.people.names;" + query],
                          capture_output=True, timeout=120, check=False)
    if done.returncode != 0 or b"goes on from checkpoint" not in done.stderr:
        raise harness.Failure(f"{done.returncode}: {done.stderr.decode()}")
    done = env.weir("run", "--plugin", so, "--result", "final", "--format", "json", "-e", create + "SELECT * FROM lake.sales.big;", check=0)
    if sorted(done.stdout.splitlines()) != sorted(f'{{"id":{i},"amount":{i / 4}}}' for i in range(2000) if i % 5 < 4):
        raise harness.Failure(f"{len(done.stdout.splitlines())} rows")


def catalog_refused(env):
    so, _, create = lake(env, "refused")
    for script, words in (
            ("SELECT * FROM lake.sales.orders", "There is no catalog 'lake'"),
            ("CREATE CATALOG c WITH ('type' = 'hive')", "There is no type 'hive' of catalogs"),
            ("CREATE CATALOG c WITH ('root' = 'x')", "Catalog 'c' has no 'type'"),
            ("CREATE CATALOG c WITH ('type' = 'folders')", "root"),
            ("CREATE CATALOG c WITH ('type' = 'folders', 'roof' = 'x')", "Did you mean 'root'?"),
            ("CREATE CATALOG c WITH ('type' = 'folders', 'root' = 'nowhere')", "Catalog 'c' of type 'folders' cannot be opened: c has no folder 'nowhere'"),
            ("CREATE CATALOG default_catalog WITH ('type' = 'folders', 'root' = 'x')", "A catalog 'default_catalog' exists already"),
            ("UNLOAD MODULE m; CREATE CATALOG c WITH ('type' = 'folders', 'root' = 'x')", "There is no type 'folders' of catalogs"),
            ("DROP CATALOG c", "There is no catalog 'c'"),
            ("DROP CATALOG default_catalog", "Catalog 'default_catalog' cannot be dropped"),
            (create + create, "A catalog 'lake' exists already"),
            (create + "SELECT * FROM sea.sales.orders", "There are 'default_catalog', 'lake'"),
            (create + "SELECT * FROM lake.sale.orders", "Catalog 'lake' has no database 'sale'"),
            (create + "SELECT * FROM lake.sales.orderz", "Did you mean 'orders'?"),
            (create + "SELECT * FROM lake.sales.secret", "Catalog 'lake' cannot tell table 'sales.secret': you may not see secret"),
            (create + "SELECT *\nFROM lake.broken.syntax", "-e:3:6: error: Catalog 'lake' declares table 'broken.syntax' wrongly, in line 2, column 10: "),
            (create + "INSERT INTO lake.broken.`column` SELECT 1", "Catalog 'lake' declares table 'broken.column' wrongly, in line 2, column 16: "),
            (create + "SELECT * FROM lake.broken.two", "Catalog 'lake' declares table 'broken.two' wrongly: It is not one CREATE TABLE statement"),
            (create + "SELECT * FROM lake.broken.query", "Catalog 'lake' declares table 'broken.query' wrongly: It is not one CREATE TABLE statement"),
            (create + "SELECT * FROM lake.broken.`like`", "Catalog 'lake' declares table 'broken.like' wrongly: "),
            (create + "SELECT * FROM lake.broken.`option`", "'pth'"),
            (create + "DESCRIBE lake.sales.nothing", "Catalog 'lake' has no table 'sales.nothing'"),
            (create + "SHOW TABLES FROM lake.nothing", "Catalog 'lake' has no database 'nothing'"),
            (create + "SHOW DATABASES FROM sea", "There is no catalog 'sea'"),
            (create + "CREATE TABLE lake.sales.mine (a INT) WITH ('connector' = 'print')", "CREATE TABLE cannot change catalog 'lake'"),
            (create + "CREATE VIEW lake.sales.mine AS SELECT 1", "CREATE VIEW cannot change catalog 'lake'"),
            (create + "DROP TABLE lake.sales.orders", "DROP TABLE cannot change catalog 'lake'"),
            (create + "SELECT * FROM lake.sales.orders; SELECT * FROM `lake.sales.orders`", "There is no table or view 'lake.sales.orders'"),
            (create + "USE CATALOG lake; DROP CATALOG lake", "Catalog 'lake' is the current one"),
            (create + "USE lake.nothing", "Catalog 'lake' has no database 'nothing'"),
            (create + "USE CATALOG sea", "There are 'default_catalog', 'lake'"),
            (create + "CREATE DATABASE lake.more", "CREATE DATABASE cannot change catalog 'lake'"),
            (create + "USE CATALOG lake; DROP DATABASE sales", "DROP DATABASE cannot change catalog 'lake'"),
            (create + "USE CATALOG lake; CREATE TABLE mine (a INT) WITH ('connector' = 'print')", "CREATE TABLE cannot change catalog 'lake'"),
            (create + "USE lake.people; SELECT * FROM orders", "Catalog 'lake' has no table 'people.orders'"),
            (create + "USE lake.people; DESCRIBE names; DROP TEMPORARY TABLE names", "DROP TABLE cannot change catalog 'lake'"),
            (create + "SELECT lake.people.orders.amount FROM lake.sales.orders", "lake"),
            (create + "SELECT * FROM lake.sales.orders; DROP CATALOG lake; SELECT * FROM lake.sales.orders", "There is no catalog 'lake'")):
        done = env.weir("run", "--plugin", so, "-e", script)
        if done.returncode == 0 or words not in done.stderr or done.stderr.count("opened") > done.stderr.count("closed"):
            raise harness.Failure(f"{script}: wanted {words}\n  {done.returncode}: {done.stderr}")


def cases(env):
    for case in (example, example_catalog, modules, older, refused, splits, tables, formats, format_refused, messages, catalogs, catalog_used, catalog_state, catalog_refused):
        yield "plugin/" + case.__name__, lambda case=case: case(env)

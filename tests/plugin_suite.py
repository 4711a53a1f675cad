# SPDX-License-Identifier: Apache-2.0
"""plugin_suite - plugins in shared objects that are compiled here: examples/plugin in every mode and restored from checkpoints, LOAD
and UNLOAD MODULE, a plugin of an older version, and what is refused.
"""
import json
import os
import shutil
import subprocess

import harness

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


REFUSED = [
    ("symbol", "int nothing;", "is no plugin: it exports no function 'weir_plugin'"),
    ("magic", ENTRY % ".magic = 1, .version = 1, .size = sizeof p", "does not begin with WEIR_PLUGIN_MAGIC"),
    ("nothing", "const struct weir_plugin *weir_plugin(void) { return NULL; }", "does not begin with WEIR_PLUGIN_MAGIC"),
    ("newer", ENTRY % ".magic = WEIR_PLUGIN_MAGIC, .version = 99, .size = sizeof p", "is of version 99 of plugins, this Weir knows versions up to 1"),
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
    for script, words in (("LOAD MODULE hive", "Module 'hive' is not part of Weir"),
                          ("LOAD MODULE m WITH ('path' = '/nowhere.so')", "cannot be loaded: /nowhere.so"),
                          ("LOAD MODULE m WITH ('file' = 'x')", "LOAD MODULE has no option 'file'"),
                          ("UNLOAD MODULE core", "Module 'core' cannot be unloaded"),
                          ("UNLOAD MODULE x", "There is no module 'x'")):
        done = env.weir("run", "-e", script)
        if done.returncode != 2 or words not in done.stderr:
            raise harness.Failure(f"{script}: wanted {words}\n  {done.returncode}: {done.stderr}")


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


def cases(env):
    for case in (example, modules, older, refused, tables):
        yield "plugin/" + case.__name__, lambda case=case: case(env)

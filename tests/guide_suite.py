# SPDX-License-Identifier: Apache-2.0
"""guide_suite - every snippet of docs/GUIDE.md runs and gives what the page shows; the C example builds and runs; man page
and completion know every option; everything is installed.

Fenced blocks, by the words behind the fence:
    sql            a script; it runs behind the declarations so far      sql declares   only remembered
    sql fails      the exit code must not be 0                           sql variables  runs with the guide's -v
    text final     standard output of the script above, --result final   text changelog the same, --result changelog
    text error     standard error of the script above                    text file NAME the file it has written,
                                                                                        rows in any order
    json NAME, csv NAME   a file that scripts read
"""
import os
import re
import shutil
import subprocess

import harness

GUIDE = os.path.join(harness.ROOT, "docs", "GUIDE.md")
VARIABLES = ["-v", "GREETING=hello", "-v", "WHO=world"]


def blocks():
    """(line, words, text) of every fenced block."""
    with open(GUIDE, encoding="utf-8") as file:
        text = file.read()
    for found in re.finditer(r"(?ms)^```(\w[^\n]*)\n(.*?)^```$", text):
        yield text.count("\n", 0, found.start()) + 1, found.group(1).split(), found.group(2)


def scripts():
    """A list of (line, words, whole script, [(words, text) that are expected]), and the files that scripts read."""
    files, declared, found = {}, "", []
    for line, words, text in blocks():
        if words[0] in ("json", "csv") and len(words) == 2:
            files[words[1]] = text
        elif words[:2] == ["sql", "declares"]:
            declared += text
        elif words[0] == "sql":
            found.append((line, words, declared + text, []))
        elif words[0] == "text":
            found[-1][3].append((words[1:], text))
    return found, files


def outputs(env, folder, words, script, expected, workers):
    """Runs a script as the guide says; the finished process and what it gives where the page shows something."""
    with open(os.path.join(folder, "script.sql"), "w", encoding="utf-8") as file:
        file.write(script)
    result = "changelog" if any(what == ["changelog"] for what, _ in expected) else "final"
    done = env.weir("run", "--quiet", "--format", "table", "--result", result, "--parallelism", str(workers),
                    *(VARIABLES if "variables" in words else []), "script.sql", cwd=folder)
    got = []
    for what, _ in expected:
        path = os.path.join(folder, what[-1])
        if what[0] == "file":
            got.append("\n".join(harness.read_lines(path) + [""]) if os.path.exists(path) else "(no such file)\n")
        else:
            got.append(done.stderr if what == ["error"] else done.stdout)
    return done, got


def prepare(env, name, files):
    folder = env.folder(name)
    for file_name, text in files.items():
        with open(os.path.join(folder, file_name), "w", encoding="utf-8") as file:
            file.write(text)
    return folder


def without_line(text):
    """Lines of errors count from the top of the whole script, declarations included."""
    return re.sub(r"(?m)^script\.sql:\d+:", "script.sql:", text)


def snippet(env, name, words, script, expected, files):
    for workers in (1, 2):
        folder = prepare(env, f"{name}-{workers}", files)
        done, got = outputs(env, folder, words, script, expected, workers)
        if (done.returncode != 0) != ("fails" in words):
            raise harness.Failure(f"exit code {done.returncode}\n{done.stderr[-2000:]}")
        for (what, want), have in zip(expected, got):
            if what[0] == "file":
                have, want = ("".join(sorted(text.splitlines(True))) for text in (have, want))
            if without_line(have) != without_line(want):
                raise harness.Failure(f"{workers} workers, {' '.join(what)}\n--- the guide says\n{want}--- it is\n{have}")


def example(env):
    """examples/embed/embed.c against the library of the build."""
    compiler = shutil.which("cc")
    if compiler is None:
        raise harness.Skip("there is no C compiler")
    folder = env.folder("embed")
    program = os.path.join(folder, "embed")
    subprocess.run([compiler, "-Wall", "-Wextra", "-Werror", *env.compiled(), "-I", os.path.join(harness.ROOT, "include"),
                    os.path.join(harness.ROOT, "examples", "embed", "embed.c"), "-L", env.build, "-lweir",
                    f"-Wl,-rpath,{env.build}", "-o", program], check=True)
    good = subprocess.run([program, "SELECT 1 + 1, CAST(NULL AS INT)"], capture_output=True, text=True, check=False)
    bad = subprocess.run([program, "SELECT x"], capture_output=True, text=True, check=False)
    if (good.returncode, good.stdout) != (0, "2\tNULL\n"):
        raise harness.Failure(f"{good.returncode} {good.stdout}{good.stderr}")
    if bad.returncode != 2 or "sql:1:8: error:" not in bad.stderr:
        raise harness.Failure(f"{bad.returncode} {bad.stderr}")


def readme(env):
    """The session that README.md shows is what the example prints, and its C program is the one that is built."""
    with open(os.path.join(harness.ROOT, "README.md"), encoding="utf-8") as file:
        text = file.read()
    with open(os.path.join(harness.ROOT, "examples", "embed", "embed.c"), encoding="utf-8") as file:
        program = file.read()
    shown = re.search(r"(?ms)^\$ ./dev demo\n(.*?)^```", text).group(1)
    folder = os.path.join(env.folder("readme"), "orders")
    shutil.copytree(os.path.join(harness.ROOT, "examples", "orders"), folder, ignore=shutil.ignore_patterns("out"))
    done = subprocess.run([os.path.join(folder, "run")], env=dict(os.environ, WEIR=env.weir_path), capture_output=True,
                          text=True, check=True)
    printed = set((done.stdout + re.sub(r", \d+ rows/s.*", "", done.stderr)).splitlines())
    missing = [line for line in re.sub(r"(?m)^(done: .*), \d+ rows/s.*", r"\1", shown).splitlines()
               if line not in printed and line not in ("", "...")]
    if missing:
        raise harness.Failure("README.md shows what the example does not print:\n" + "\n".join(missing))
    if program[program.index("#include"):].rstrip() not in text:
        raise harness.Failure("README.md does not show examples/embed/embed.c")


def options_of(env):
    """Commands and long options that `weir help` names."""
    overview = env.weir("help", check=0).stdout
    commands = re.findall(r"(?m)^  ([\w-]+)  ", overview)
    texts = [env.weir("help", command, check=0).stdout for command in commands]
    return commands, sorted(set(re.findall(r"(?<!\w)--[a-z-]+", " ".join(texts))))


def man_page(env):
    with open(os.path.join(harness.ROOT, "docs", "weir.1"), encoding="utf-8") as file:
        page = file.read().replace("\\-", "-")
    commands, options = options_of(env)
    missing = [word for word in commands + options + ["130"] if word not in page]
    if missing or len(commands) < 6 or len(options) < 6:
        raise harness.Failure(f"docs/weir.1 lacks {missing}; commands {commands}, options {options}")


def complete(env, *words, line=""):
    """What bash offers for the last word; `line`: as it was typed."""
    if shutil.which("bash") is None:
        raise harness.Skip("there is no bash")
    script = ('source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE=$LINE; COMP_POINT=${#LINE}; _weir; printf "%s\\n" "${COMPREPLY[@]}"')
    return subprocess.run(["bash", "-c", script, "bash", os.path.join(harness.ROOT, "tools", "weir.bash"), env.weir_path,
                           *words], capture_output=True, text=True, check=True, env=dict(os.environ, LINE=line)).stdout.split()


def completion(env):
    commands, options = options_of(env)
    if sorted(complete(env, "")) != sorted(commands):
        raise harness.Failure(f"commands: {complete(env, '')}")
    offered = set().union(*(complete(env, *words, "--") for words in (["run"], ["explain"], ["diff"], ["state", "ls"], ["check-upgrade"], ["dlq", "show"],
                                                                      ["status"], ["stop"], ["sql"], ["test"], ["serve"])))
    if sorted(offered) != options:
        raise harness.Failure(f"options: {sorted(offered)}, weir help has {options}")
    if complete(env, "run", "--set", "weir.late-rows.t") != ["weir.late-rows.table="]:
        raise harness.Failure(f"keys: {complete(env, 'run', '--set', 'weir.late-rows.t')}")
    if complete(env, "run", "--result", "=", "ch") != ["changelog"]:
        raise harness.Failure("--result=ch is not completed")


INSTALLED = ["bin/weir", "libweir.so", "libweir.a", "include/weir/weir.h", "include/weir/version.h", "pkgconfig/weir.pc",
             "share/man/man1/weir.1", "share/bash-completion/completions/weir"]


def install(env):
    if shutil.which("meson") is None:
        raise harness.Skip("there is no meson")
    folder = env.folder("install")
    subprocess.run(["meson", "install", "-C", env.build, "--no-rebuild", "--destdir", folder], capture_output=True, check=True)
    found = [os.path.join(path, name) for path, _, names in os.walk(folder) for name in names]
    missing = [name for name in INSTALLED if not any(path.endswith("/" + name) for path in found)]
    if missing:
        raise harness.Failure(f"not installed: {missing}; found {found}")


def cases(env):
    found, files = scripts()
    for line, words, script, expected in found:
        name = f"guide/line-{line}"
        yield name, (lambda n=name, w=words, s=script, e=expected: snippet(env, n, w, s, e, files))
    yield "guide/embed", lambda: example(env)
    yield "guide/readme", lambda: readme(env)
    yield "guide/man", lambda: man_page(env)
    yield "guide/completion", lambda: completion(env)
    yield "guide/install", lambda: install(env)

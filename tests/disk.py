#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""disk - jobs whose disk is full, folders cannot be written, checkpoints are damaged, cut short, of another job or version.

What must hold: a checkpoint that cannot be written never fails the job; a sink that cannot be written fails it, and a restore makes it whole;
a damaged checkpoint is named on standard error and the one before it is used; with none left the job is refused, and nothing has run.

  tests/disk.py BUILD [--rounds N] [--seed N]    damages N checkpoints at random places, and makes every step fail in turn
"""
import argparse
import contextlib
import ctypes
import ctypes.util
import glob
import os
import random
import resource
import shutil
import subprocess
import sys

import crash
import harness

RETAINED = "execution.checkpointing.num-retained=4"


@contextlib.contextmanager
def small_disk(folder, bytes_):
    """A file system of so many bytes at the folder; a skip where none can be made."""
    os.makedirs(folder, exist_ok=True)
    made = os.geteuid() == 0 and shutil.which("mount") is not None
    if not made or subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={bytes_}", "tmpfs", folder], capture_output=True).returncode != 0:
        raise harness.Skip("file systems cannot be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", folder], capture_output=True)


def fill(folder, spare):
    """Leaves no more than so many bytes free."""
    found = os.statvfs(folder)
    with open(os.path.join(folder, "ballast"), "wb") as file:
        file.write(b"x" * max(0, found.f_bavail * found.f_frsize - spare))


def said(text, *words):
    for word in words:
        if word not in text:
            raise harness.Failure(f"nothing said of '{word}':\n{text[-3000:]}")


def ends_well(job, out, options, checkpoints, *words, **how):
    """Runs to the end; the output must be right, and these words must have been said."""
    code, text = job.run(out, options, checkpoints=checkpoints, **how)
    if code != 0:
        raise harness.Failure(f"exit code {code}\n{text[-3000:]}")
    said(text, *words)
    job.check(out, ended=True)
    return text


def places(job, name):
    out, checkpoints = os.path.join(job.folder, name, "out"), os.path.join(job.folder, name, "checkpoints")
    shutil.rmtree(os.path.join(job.folder, name), ignore_errors=True)
    return out, checkpoints


def files(checkpoints, ending):
    return sorted(glob.glob(os.path.join(checkpoints, "*", "*" + ending)), key=lambda path: crash.natural(os.path.basename(path)))


def killed(job, name):
    """A job that has been killed, with several checkpoints left."""
    for seconds in (0.45, 0.6, 0.9, 1.2):
        out, checkpoints = places(job, name)
        code, text = job.run(out, ["--set", RETAINED], seconds, checkpoints=checkpoints)
        if code not in (0, *crash.KILLED):
            raise harness.Failure(f"exit code {code}\n{text}")
        if code != 0 and len(files(checkpoints, ".manifest")) >= 3:
            return out, checkpoints
    raise harness.Skip("this machine is too slow or too fast for a kill between checkpoints")


# ---- full disks

def full_checkpoints(job):
    """No room for checkpoints: the job says so and goes on."""
    out, checkpoints = places(job, "full-checkpoints")
    with small_disk(checkpoints, 65536):
        fill(checkpoints, 0)
        ends_well(job, out, [], checkpoints, "No space left on device")


def full_sink(job):
    """No room for the output: the job fails, and with more room it goes on from its checkpoint."""
    out, checkpoints = places(job, "full-sink")
    with small_disk(out, 1 << 20):
        fill(out, 60000)
        code, text = job.run(out, ["--set", "restart-strategy.type=none"], checkpoints=checkpoints)
        if code != 1:
            raise harness.Failure(f"exit code {code}, wanted 1\n{text[-2000:]}")
        said(text, "No space left on device")
        job.check(out, ended=False)
        os.remove(os.path.join(out, "ballast"))
        ends_well(job, out, ["--restore", "latest"], checkpoints)


def full_sink_restarts(job):
    """The same, and room is made while the job tries again by itself."""
    out, checkpoints = places(job, "full-restarts")
    with small_disk(out, 1 << 20):
        fill(out, 60000)
        command = job.command(out, ["--set", "restart-strategy.type=fixed-delay", "--set", "restart-strategy.fixed-delay.attempts=1000", "--set",
                                    "restart-strategy.fixed-delay.delay=50 ms"], checkpoints=checkpoints)
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=dict(os.environ, TMPDIR=job.folder)) as process:
            try:
                process.communicate(timeout=1.5)
            except subprocess.TimeoutExpired:
                pass
            os.remove(os.path.join(out, "ballast"))
            try:
                text = process.communicate(timeout=crash.RUN_SECONDS)[1].decode()
            except subprocess.TimeoutExpired:
                process.kill()
                raise harness.Failure("it did not end when there was room again")
        if process.returncode != 0:
            raise harness.Failure(f"exit code {process.returncode}\n{text[-3000:]}")
        said(text, "No space left on device")
        job.check(out, ended=True)


def file_limit(job):
    """Files that may not grow: RLIMIT_FSIZE, with its signal left as it is (it kills) or ignored (writes fail)."""
    for ignored in (False, True):
        out, checkpoints = places(job, f"file-limit-{ignored}")
        command = job.command(out, ["--set", "restart-strategy.type=none"], checkpoints=checkpoints)
        done = subprocess.run(command, capture_output=True, env=dict(os.environ, TMPDIR=job.folder), restore_signals=not ignored,
                              preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (6000, 6000)), timeout=crash.RUN_SECONDS, check=False)
        if done.returncode == 0:
            raise harness.Failure("a limit of 6,000 bytes was not met")
        job.check(out, ended=False)
        ends_well(job, out, ["--restore", "latest"], checkpoints)


def unwritable(job):
    """A folder in which nothing may be made: for checkpoints the job refuses to begin, or goes on; nothing is lost in any case."""
    out, checkpoints = places(job, "unwritable")
    os.makedirs(os.path.dirname(checkpoints))
    with open(checkpoints, "w", encoding="utf-8"):
        pass
    code, text = job.run(out, [], checkpoints=checkpoints)
    said(text, checkpoints)
    if code not in (1, 2) or crash.visible_files(out):
        raise harness.Failure(f"a file in place of the checkpoints' folder: exit code {code}\n{text}")


# ---- damage

def flip(path, r):
    with open(path, "r+b") as file:
        size = os.fstat(file.fileno()).st_size
        at = r.randrange(size)
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 1 << r.randrange(8)]))
    return f"bit of byte {at} of {size} flipped"


def cut(path, r):
    size = os.path.getsize(path)
    at = r.randrange(size)
    os.truncate(path, at)
    return f"cut from {size} to {at} bytes"


def remove(path, r):
    os.remove(path)
    return "removed"


def damaged(job, name, seed):
    """Damages the newest checkpoint: it is named, and an earlier one is used. Then all: refused."""
    r = random.Random(seed)
    out, checkpoints = killed(job, name)
    ending = r.choice([".manifest", ".segment"])
    # a segment without its manifest is of no checkpoint: the job was killed before that one was complete
    newest = files(checkpoints, ".manifest")[-1].replace(".manifest", ending)
    how = r.choice([flip, cut] if ending == ".manifest" else [flip, cut, remove])(newest, r)
    story = f"{job.name}, seed {seed}: {os.path.basename(newest)} {how}"
    try:
        # an incremental segment that the newest manifest needs may be one of an older checkpoint: the newest file of each kind is the newest one's
        text = ends_well(job, out, ["--set", RETAINED, "--restore", "latest"], checkpoints, os.path.basename(newest))
        if "goes on from checkpoint" not in text:
            raise harness.Failure(f"it does not say what it goes on from:\n{text}")
    except harness.Failure as failure:
        raise harness.Failure(f"{story}\n{failure}")
    shutil.rmtree(os.path.dirname(out), ignore_errors=True)


def all_damaged(job):
    out, checkpoints = killed(job, "all-damaged")
    before = {path: os.path.getsize(path) for path in crash.visible_files(out)}
    for path in files(checkpoints, ".manifest"):
        os.truncate(path, os.path.getsize(path) - 1)
    code, text = job.run(out, ["--set", RETAINED, "--restore", os.path.dirname(files(checkpoints, ".manifest")[0])], checkpoints=checkpoints)
    said(text, *map(os.path.basename, files(checkpoints, ".manifest")))
    if code == 0 or {path: os.path.getsize(path) for path in crash.visible_files(out)} != before:
        raise harness.Failure(f"no good checkpoint: exit code {code}\n{text}")


def checksum(data):
    path = ctypes.util.find_library("xxhash")
    if path is None:
        raise harness.Skip("no libxxhash to be loaded")
    library = ctypes.CDLL(path)
    library.XXH3_64bits.restype, library.XXH3_64bits.argtypes = ctypes.c_uint64, (ctypes.c_char_p, ctypes.c_size_t)
    return library.XXH3_64bits(data, len(data)).to_bytes(8, "little")


def other_version(job):
    """A manifest of a later format (state/manifest_file.h): refused by its number, even if others are there."""
    out, checkpoints = killed(job, "other-version")
    for path in files(checkpoints, ".manifest"):
        with open(path, "r+b") as file:
            head = bytearray(file.read(32))
            head[8] = 99
            file.seek(0)
            file.write(bytes(head) + checksum(bytes(head)))
    code, text = job.run(out, ["--set", RETAINED, "--restore", files(checkpoints, ".manifest")[-1]], checkpoints=checkpoints)
    if code == 0:
        raise harness.Failure(f"format 99 was read\n{text}")
    said(text, "99")


def other_job(job, other):
    """A checkpoint of another script: refused with the reason, nothing has run."""
    _, checkpoints = killed(job, "other-job")
    out = os.path.join(other.folder, "other-out")
    code, text = other.run(out, ["--restore", files(checkpoints, ".manifest")[-1]], checkpoints=os.path.join(other.folder, "own"))
    if code not in (1, 2) or crash.visible_files(out):
        raise harness.Failure(f"exit code {code}\n{text}")
    said(text, "hint: ")


# ---- steps that fail

def failing_step(job, name, at, strategy):
    """The step fails with an error: the job goes on, restarts by itself, or ends; in the end all is right."""
    out, checkpoints = places(job, f"error-{name}")
    options = ["--set", f"restart-strategy.type={strategy}", "--set", "restart-strategy.fixed-delay.attempts=3", "--set",
               "restart-strategy.fixed-delay.delay=1 ms"]
    if name.startswith("restore-"):
        job.run(out, [], 0.4, checkpoints=checkpoints)
        options += ["--restore", "latest"]
    try:
        code, text = job.run(out, options, fault=f"{name}=error:{at}", checkpoints=checkpoints)
        if code not in (0, 1, 2):
            raise harness.Failure(f"exit code {code}\n{text[-2000:]}")
        job.check(out, ended=code == 0)
        if code != 0:
            said(text, name)
            ends_well(job, out, ["--restore", "latest"], checkpoints)
    except harness.Failure as failure:
        raise harness.Failure(f"{job.name}, {name}=error:{at}, {strategy}: {failure}")
    return code


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    scratch = crash.scratch_folder()
    env = harness.Env(options.build, False, scratch)
    jobs = [crash.Job(env, name, options.seed, os.path.join(scratch, name)) for name in ("group", "windows", "joins")]
    try:
        for number in range(options.rounds):
            damaged(jobs[number % len(jobs)], "damaged", options.seed * 1000 + number)
            print(f"\r{number + 1} damaged checkpoints", end="", file=sys.stderr, flush=True)
        for job in jobs:
            for name in crash.fault_names(env):
                for at in (1, 2):
                    for strategy in ("none", "fixed-delay"):
                        failing_step(job, name, at, strategy)
        for body in (full_checkpoints, full_sink, full_sink_restarts, file_limit, unwritable, all_damaged, other_version):
            body(jobs[0])
        other_job(jobs[0], jobs[1])
    except (harness.Failure, harness.Skip) as failure:
        print(f"\ndisk: {failure}")
        return 1
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    print(f"\ndisk: {options.rounds} damaged checkpoints passed over, every step made to fail (seed {options.seed})")
    return 0


if __name__ == "__main__":
    sys.exit(main())

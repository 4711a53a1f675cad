# SPDX-License-Identifier: Apache-2.0
"""process - one server as a process of its own, and how programs are installed.

A server goes through begin (ports, files, first start), any number of stop, kill, pause and start, and end. Its process must not outlive the
tests, even if they are killed: the kernel sends it SIGKILL when the thread that made it is gone. So all are made by one thread that lives as
long as the process does (a thread of a pool may end while a server is still needed). It is a session of its own: Ctrl-C is for the tests, which
then end the servers.
"""
import fcntl
import hashlib
import os
import queue
import random
import shutil
import signal
import socket
import subprocess
import threading
import time

import harness

HERE = os.path.dirname(os.path.abspath(__file__))


# ---- the thread that makes the processes

_wishes, _maker_lock, _maker = queue.Queue(), threading.Lock(), []


def _make():
    while True:
        arguments, options, answer = _wishes.get()
        try:
            answer.put(subprocess.Popen(arguments, **options))
        except OSError as error:
            answer.put(error)


def spawn(command, log, folder, user=None):
    """Starts a process that ends with this one. `user`: whom to run as, by name."""
    with _maker_lock:
        if not _maker:
            _maker.append(threading.Thread(target=_make, daemon=True))
            _maker[0].start()
    wrapper = ["setpriv", "--pdeathsig", "KILL"]
    if user:
        wrapper += [f"--reuid={user}", f"--regid={user}", "--clear-groups"]
    answer = queue.Queue()
    environ = dict(os.environ, LC_ALL="C.UTF-8", TZ="UTC")
    with open(log, "ab") as output:
        _wishes.put(([*wrapper, *command], {"stdin": subprocess.DEVNULL, "stdout": output, "stderr": output, "cwd": folder,
                                            "start_new_session": True, "env": environ}, answer))
        process = answer.get()
    if isinstance(process, OSError):
        raise harness.Failure(f"{command[0]}: {process}")
    return process


# ---- ports

_ports, _ports_lock = set(), threading.Lock()


def free_port():
    """A port that nobody uses, below those that the system gives to outgoing connections: it stays free until the server is back."""
    with _ports_lock:
        for _ in range(1000):
            port = random.SystemRandom().randrange(20000, 32000)
            with socket.socket() as probe:
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError:
                    continue
            if port not in _ports:
                _ports.add(port)
                return port
    raise harness.Failure("no free port")


def accepts(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False


# ---- programs

def need(program, package, what):
    """The path of a program, or a skip that names the package."""
    path = shutil.which(program)
    if path is None:
        raise harness.Skip(f"{what} needs {program}, which is not there (Debian package {package})")
    return path


def need_python(module, package, what):
    try:
        return __import__(module, fromlist=["_"])
    except ImportError:
        raise harness.Skip(f"{what} needs the Python module {module}, which is not there (Debian package {package})")


def installed(name, recipe, make):
    """The folder of a program, made by make(folder) once for a user and recipe; runs side by side wait for each other."""
    home = os.environ.get("WEIR_SERVERS_HOME") or os.path.expanduser("~/.cache/weir-servers")
    folder = os.path.join(home, f"{name}-{hashlib.sha256(recipe.encode()).hexdigest()[:8]}")
    if os.path.isdir(folder):
        return folder
    os.makedirs(home, exist_ok=True)
    with open(os.path.join(home, f".{name}.lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.isdir(folder):
            shutil.rmtree(folder + ".new", ignore_errors=True)
            os.makedirs(folder + ".new")
            make(folder + ".new")
            os.rename(folder + ".new", folder)
    return folder


def run(command, what, seconds=900, **options):
    """Runs a tool to its end; a failure shows what it said."""
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=seconds, stdin=subprocess.DEVNULL, **options)
    if done.returncode != 0:
        raise harness.Failure(f"{what}: exit code {done.returncode}\n{(done.stdout + done.stderr)[-3000:]}")
    return done.stdout


def read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def write(path, text, mode=0o644):
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w", encoding="utf-8") as file:
        file.write(text)
    return path


# ---- a server

class Server:
    """What all have in common. A kind says: name, prepare (class method: installs or skips), choose_ports, configure, command, answers."""

    name = "server"
    start_seconds = 120  # more is a failure
    stop_seconds = 30    # then it is killed
    stop_signal = signal.SIGTERM
    user = None          # whom it runs as

    def __init__(self, folder):
        self.folder, self.log = folder, os.path.join(folder, "log")
        self.process, self.shared = None, False

    @classmethod
    def prepare(cls):
        pass

    def begin(self):
        """The first start. Another run may have taken a port meanwhile: then with other ones."""
        for attempt in range(3):
            self.choose_ports()
            self.configure()
            try:
                return self._start()
            except harness.Failure as failure:
                self._send(signal.SIGKILL)
                if attempt == 2 or "in use" not in str(failure):
                    raise

    def _start(self):
        self.process = spawn(self.command(), self.log, self.folder, self.user)
        until = time.monotonic() + self.start_seconds
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > until:
                raise harness.Failure(f"{self.name} does not start (exit code {self.process.poll()})\n{read(self.log)[-3000:]}")
            time.sleep(0.05)

    def _send(self, number):
        if self.running():
            self.process.send_signal(number)
            if number == signal.SIGKILL:
                self.process.wait()

    def _own(self):
        if self.shared:
            raise harness.Failure(f"this {self.name} is shared by all tests: ask for one with fresh=True to stop it")

    def running(self):
        return self.process is not None and self.process.poll() is None

    def start(self):
        """Starts it again, with the ports and data that it had."""
        if not self.running():
            self._start()

    def stop(self):
        """Lets it end in its own way."""
        self._own()
        self._send(signal.SIGCONT)
        self._send(self.stop_signal)
        try:
            self.process.wait(self.stop_seconds)
        except subprocess.TimeoutExpired:
            self.end()
        self.ended()

    def kill(self):
        """Ends it at once, as a crash does."""
        self._own()
        self.end()
        self.ended()

    def restart(self):
        self.stop()
        self.start()

    def pause(self):
        """It stays, and says nothing more, until go_on."""
        self._own()
        self._send(signal.SIGSTOP)

    def go_on(self):
        self._send(signal.SIGCONT)

    def discard(self):
        """Ends a server that is no longer needed and removes its files."""
        self._own()
        self.end()
        self.ended()
        self.let_go()
        shutil.rmtree(self.folder, ignore_errors=True)

    def let_go(self):
        """Lets go of what it holds besides files, when it is not to be started again."""

    def end(self):
        """SIGKILL, also for a shared one; ended() waits until nothing of it is left."""
        self._send(signal.SIGKILL)

    def ended(self):
        if self.process is not None:
            self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if not self.shared:
            self.discard()

# SPDX-License-Identifier: Apache-2.0
"""servers - real servers for tests: Kafka, a schema registry, PostgreSQL, and a proxy that spoils connections.

    import servers
    kafka = servers.kafka()              # the broker of this run of the tests, started when it is first asked for
    own = servers.kafka(fresh=True)      # one more, which the test may stop and kill; own.discard() at the end

Each call returns a server that answers. The one without `fresh` is shared by all tests of the run, from all threads: tests keep apart by the
names of their topics, databases and subjects (kafka.topic(), postgres.database(), registry.subject()), and must not stop it.

Everything listens on 127.0.0.1, on free ports; its files are in the run's scratch folder. All of it ends with the run: stop_all(), and should the
run die without it, the kernel ends the servers with it. Nothing else is ever stopped. Programs that are not Debian packages are installed once
for a user, below ~/.cache/weir-servers (or WEIR_SERVERS_HOME), from Maven Central and the Go proxy. Without the tool that runs or installs a
server, asking for it skips the test and says which package has it; what fails otherwise is a failure.
"""
import atexit
import importlib.util
import os
import shutil
import sys
import tempfile
import threading

from .broker import LIMITED, OLDER, Kafka
from .database import Postgres
from .proxy import Toxiproxy
from .schemas import Refused, Registry


class _Run:
    """What a run of the tests has started."""

    def __init__(self):
        self.lock = threading.Lock()
        self.scratch, self.own_scratch = None, False
        self.started, self.shared, self.kind_locks, self.count = [], {}, {}, 0

    def folder(self, name):
        with self.lock:
            if self.scratch is None:
                self.scratch, self.own_scratch = tempfile.mkdtemp(prefix="weir-servers-"), True
                atexit.register(stop_all)
            self.count += 1
            path = os.path.join(self.scratch, "servers", f"{name}-{self.count}")
        os.makedirs(path)
        for place in (self.scratch, os.path.dirname(path), path):  # PostgreSQL runs as a user of its own when we are root
            os.chmod(place, 0o711)
        return path

    def start(self, kind, shared, **options):
        kind.prepare()
        server = kind(self.folder(kind.name), **options)
        server.shared = shared
        with self.lock:
            self.started.append(server)
        server.begin()
        return server

    def get(self, kind, fresh, options):
        if fresh or options:
            return self.start(kind, shared=False, **options)
        with self.lock:
            own_lock = self.kind_locks.setdefault(kind, threading.Lock())
        with own_lock:  # who comes second waits for the first; other kinds start meanwhile
            if kind not in self.shared:
                try:
                    self.shared[kind] = self.start(kind, shared=True)
                except Exception as failure:
                    self.shared[kind] = failure  # do not try again for each test
            found = self.shared[kind]
        if isinstance(found, Exception):
            raise found
        return found

    def stop_all(self):
        with self.lock:
            started, self.started, self.shared = self.started, [], {}
        for server in started:
            server.end()
        for server in started:
            server.ended()
            server.let_go()
        if self.own_scratch:
            shutil.rmtree(self.scratch, ignore_errors=True)
            self.scratch, self.own_scratch = None, False


_run = _Run()


def with_clients():
    """Debian's client modules belong to Debian's Python: if this one has none of them, the program goes on with that one, from its start."""
    python = "/usr/bin/python3"
    if all(map(importlib.util.find_spec, ("confluent_kafka", "psycopg2", "pyte"))) or os.environ.get("WEIR_TESTS_PYTHON"):
        return
    if os.path.exists(python) and os.path.realpath(python) != os.path.realpath(sys.executable):
        os.environ["WEIR_TESTS_PYTHON"] = python  # once is enough
        os.execv(python, [python, *sys.argv])


def begin(scratch):
    """Where the servers of this run keep their files; without it, in a temporary folder."""
    _run.scratch = scratch


def kafka(fresh=False, **options):
    """A broker (broker.py). Options, for one of its own: config (a dict of broker settings), heap ("512m"), jit (True: for measurements),
    release (OLDER: one of version 3)."""
    return _run.get(Kafka, fresh, options)


def registry(fresh=False, **options):
    """A schema registry (schemas.py)."""
    return _run.get(Registry, fresh, options)


def postgres(fresh=False, **options):
    """A database server (database.py). Options, for one of its own: config (a dict of settings)."""
    return _run.get(Postgres, fresh, options)


def toxiproxy(fresh=False):
    """A proxy server (proxy.py)."""
    return _run.get(Toxiproxy, fresh, {})


def stop_all():
    """Ends all that was started. Whatever they hold is lost."""
    _run.stop_all()

# SPDX-License-Identifier: Apache-2.0
"""database - one PostgreSQL server with logical replication and without prepared transactions.

Databases are made by tests (database()), so that they do not meet. On 127.0.0.1 the user postgres needs no password; the user USER has one
(PASSWORD). Connections may be with TLS, by the certificates in .certificates. A commit does not wait for the disk: a killed server loses
nothing by that, only a machine does.
"""
import glob
import itertools
import os
import shutil
import signal
import subprocess
import time

import harness

from . import process
from .certificates import Certificates

USER, PASSWORD = "weir", "a-secret:of weir"
SETTINGS = {
    "listen_addresses": "127.0.0.1", "wal_level": "logical", "max_replication_slots": 32, "max_wal_senders": 32, "max_prepared_transactions": 0,
    "shared_buffers": "32MB", "fsync": "off", "full_page_writes": "off", "wal_writer_delay": "10ms", "ssl": "on", "max_connections": 100,
    "log_min_messages": "warning", "timezone": "UTC",
}
ACCESS = f"""local all all trust
host all {USER} 127.0.0.1/32 scram-sha-256
host all all 127.0.0.1/32 trust
host replication all 127.0.0.1/32 trust
"""
_names = itertools.count(1)


class Postgres(process.Server):
    name = "postgres"
    stop_signal = signal.SIGINT  # "fast": connections are ended
    user = "postgres" if os.getuid() == 0 else None
    programs = client = None

    def __init__(self, folder, config=None):
        super().__init__(folder)
        self.config, self.children, self.disks = config or {}, [], []

    # ---- the process

    @classmethod
    def prepare(cls):
        cls.client = process.need_python("psycopg2", "python3-psycopg2", "PostgreSQL")
        found = sorted(glob.glob("/usr/lib/postgresql/*/bin/postgres")) or [process.need("postgres", "postgresql", "PostgreSQL")]
        cls.programs = os.path.dirname(found[-1])

    def choose_ports(self):
        self.port = process.free_port()

    def _as_user(self, *command):
        wrapper = ["setpriv", f"--reuid={self.user}", f"--regid={self.user}", "--clear-groups"] if self.user else []
        process.run([*wrapper, *command], os.path.basename(command[0]), cwd=self.folder, env=dict(os.environ, LC_ALL="C.UTF-8"))

    def _given(self, path, mode):
        if self.user:
            shutil.chown(path, self.user, self.user)
        os.chmod(path, mode)

    def configure(self):
        self.data, shown = os.path.join(self.folder, "data"), os.path.join(self.folder, "tls")
        self.certificates = Certificates(shown)
        shutil.rmtree(self.data, ignore_errors=True)
        os.mkdir(self.data)
        self._given(self.data, 0o700)
        self._given(self.folder, 0o711)
        self._as_user(os.path.join(self.programs, "initdb"), "-D", self.data, "-U", "postgres", "-A", "trust", "--no-sync", "--no-instructions",
                      "--locale=C.UTF-8", "--encoding=UTF8")
        for name in ("server.pem", "server.key"):
            self._given(shutil.copy(os.path.join(shown, name), os.path.join(self.data, name)), 0o600)
        settings = {**SETTINGS, "port": self.port, "unix_socket_directories": self.folder, "ssl_cert_file": "server.pem",
                    "ssl_key_file": "server.key", **self.config}
        with open(os.path.join(self.data, "postgresql.conf"), "a", encoding="utf-8") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())
        process.write(os.path.join(self.data, "pg_hba.conf"), ACCESS)

    def begin(self):
        super().begin()
        self.sql(f"CREATE ROLE {USER} SUPERUSER LOGIN PASSWORD '{PASSWORD}'")

    def start(self):
        """As ever; but what a killed server leaves in memory may be in use for a moment."""
        until = time.monotonic() + 30
        while not self.running():
            try:
                self._start()
            except harness.Failure as failure:
                if "still in use" not in str(failure) or time.monotonic() > until:
                    raise
                time.sleep(0.1)

    def command(self):
        return [os.path.join(self.programs, "postgres"), "-D", self.data]

    def answers(self):
        try:
            self.client.connect(self.dsn(), connect_timeout=5).close()
            return True
        except self.client.OperationalError:
            return False

    def end(self):
        """The server and those that work for it: each connection is a process."""
        if self.running():
            self.children = _children(self.process.pid)
        super().end()
        for child in self.children:
            try:
                os.kill(child, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def ended(self):
        super().ended()
        until = time.monotonic() + 10
        while any(map(_lives, self.children)) and time.monotonic() < until:
            time.sleep(0.02)
        self.children = []

    # ---- what tests do with it

    def let_go(self):
        for disk in self.disks:
            subprocess.run(["umount", "-l", disk.folder], capture_output=True, check=False)
        self.disks = []

    def small_disk(self, mb):
        """A disk of its own for tables, which can be full. It goes with the server, so take a fresh one."""
        self._own()
        disk = SmallDisk(self, mb, f"small_{next(_names)}")
        self.disks.append(disk)
        return disk

    def dsn(self, database="postgres"):
        return f"host=127.0.0.1 port={self.port} user=postgres dbname={database}"

    def sql(self, text, *values, database="postgres"):
        """Runs a statement (with %s for values) by itself, without a transaction around it; returns its rows, or None if it has none."""
        connection = self.client.connect(self.dsn(database))
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(text, values or None)
                return cursor.fetchall() if cursor.description else None
        finally:
            connection.close()

    def database(self, name="db"):
        """Makes an empty database with a name that no other test uses."""
        return Database(self, f"{name}_{os.getpid()}_{next(_names)}")


class SmallDisk:
    """A file system of some megabytes: .tablespace, for CREATE TABLE ... TABLESPACE. What the server writes to it fails while it is full, and
    nothing else."""

    def __init__(self, server, mb, name):
        self.folder, self.tablespace = os.path.join(server.folder, name), name
        os.mkdir(self.folder)
        made = os.geteuid() == 0 and shutil.which("mount") is not None
        if not made or subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mb}m", "tmpfs", self.folder], capture_output=True).returncode != 0:
            raise harness.Skip("file systems cannot be mounted here")
        inner = os.path.join(self.folder, "tables")
        os.mkdir(inner)
        os.chmod(self.folder, 0o711)
        shutil.chown(inner, server.user, server.user)
        os.chmod(inner, 0o700)
        server.sql(f"CREATE TABLESPACE {name} LOCATION '{inner}'")

    def fill(self):
        """Until there is no room for another page."""
        with open(os.path.join(self.folder, "ballast"), "wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                pass

    def free(self):
        os.unlink(os.path.join(self.folder, "ballast"))


class Database:
    """One database. .name; .url as Flink has it, .uri as libpq has it; user postgres, no password."""

    def __init__(self, server, name):
        self.server, self.name, self.port = server, name, server.port
        self.url = f"jdbc:postgresql://127.0.0.1:{server.port}/{name}"
        self.uri = self.uri_at(server.port)
        server.sql(f'CREATE DATABASE "{name}"')

    def uri_at(self, port):
        """The same at another port, that of a proxy."""
        return f"postgresql://postgres@127.0.0.1:{port}/{self.name}"

    def url_at(self, port):
        return f"jdbc:postgresql://127.0.0.1:{port}/{self.name}"

    def sql(self, text, *values):
        return self.server.sql(text, *values, database=self.name)

    def connect(self):
        """A psycopg2 connection, to be closed by the caller."""
        return self.server.client.connect(self.server.dsn(self.name))

    def copy_in(self, table, lines):
        """COPY FROM: lines of PostgreSQL's text format, without their ends."""
        import io
        connection = self.connect()
        try:
            with connection, connection.cursor() as cursor:
                cursor.copy_expert(f"COPY {table} FROM STDIN", io.StringIO("".join(line + "\n" for line in lines)))
        finally:
            connection.close()

    def slots(self):
        """{name: (active, confirmed position)} of the replication slots of this database."""
        found = self.server.sql("SELECT slot_name, active, confirmed_flush_lsn::text FROM pg_replication_slots WHERE database = %s", self.name)
        return {name: (active, position) for name, active, position in found}

    def drop(self):
        """Ends its connections and removes it with its slots."""
        for name in self.slots():
            self.server.sql("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = %s AND active", name)
            until = time.monotonic() + 30
            while self.slots().get(name, (False,))[0] and time.monotonic() < until:
                time.sleep(0.02)
            self.server.sql("SELECT pg_drop_replication_slot(%s)", name)
        self.server.sql(f'DROP DATABASE "{self.name}" WITH (FORCE)')

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.drop()


def _stat(pid):
    """(state, parent) of a process; None: it is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            state, parent = file.read().rsplit(")", 1)[1].split()[:2]
            return state, int(parent)
    except (OSError, IndexError, ValueError):
        return None


def _lives(pid):
    found = _stat(pid)
    return found is not None and found[0] != "Z"


def _children(parent):
    return [int(name) for name in os.listdir("/proc") if name.isdigit() and (_stat(name) or (None, None))[1] == parent]

# SPDX-License-Identifier: Apache-2.0
"""schemas - the schema registry: Apicurio, which speaks the Confluent Schema Registry's protocol. Its schemas are kept over restarts."""
import glob
import itertools
import json
import os
import urllib.error
import urllib.parse
import urllib.request

import harness

from . import process

POM = os.path.join(process.HERE, "registry.pom.xml")
_numbers = itertools.count(1)


class Refused(harness.Failure):
    """The registry's answer was an error: .code (HTTP) and .said (its words)."""

    def __init__(self, what, code, said):
        super().__init__(f"{what}: {code} {said}")
        self.code, self.said = code, said


class Registry(process.Server):
    name = "registry"
    home = None  # where it is installed

    @classmethod
    def prepare(cls):
        process.need("java", "default-jre-headless", "the schema registry")
        cls.home = process.installed("registry", process.read(POM), cls._install)

    @staticmethod
    def _install(folder):
        maven = process.need("mvn", "maven", "installing the schema registry")
        process.run([maven, "-q", "-B", "-f", POM, "dependency:unpack", f"-Dtarget.folder={folder}"], "mvn")

    def choose_ports(self):
        self.port = process.free_port()
        self.url = f"http://127.0.0.1:{self.port}/apis/ccompat/v7"

    def configure(self):
        pass

    def command(self):
        jar, = glob.glob(os.path.join(self.home, "*-runner.jar"))
        return ["java", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dquarkus.http.host=127.0.0.1",
                f"-Dquarkus.http.port={self.port}", f"-Dapicurio.datasource.url=jdbc:h2:file:{self.folder}/schemas;WRITE_DELAY=0",
                "-Dapicurio.datasource.jdbc.initial-size=1", "-Dapicurio.datasource.jdbc.min-size=1", "-Dquarkus.http.access-log.enabled=false", "-jar", jar]

    def answers(self):
        try:
            self.call("GET", "/subjects")
            return True
        except (OSError, harness.Failure):
            return False

    # ---- what tests do with it

    def call(self, method, path, body=None):
        """One request; returns the decoded answer."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/vnd.schemaregistry.v1+json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            raise Refused(f"{method} {path}", error.code, error.read().decode("utf-8", "replace"))

    @staticmethod
    def subject(name="subject"):
        """A name that no other test uses."""
        return f"{name}-{os.getpid()}-{next(_numbers)}"

    @staticmethod
    def _path(subject):
        return urllib.parse.quote(subject, safe="")

    def register(self, subject, schema, kind="AVRO", references=()):
        """Registers a schema (text, or what json.dumps makes one of); returns its id."""
        text = schema if isinstance(schema, str) else json.dumps(schema)
        body = {"schema": text, "schemaType": kind, "references": list(references)}
        return self.call("POST", f"/subjects/{self._path(subject)}/versions", body)["id"]

    def schema(self, number):
        """The text of the schema with this id."""
        return self.call("GET", f"/schemas/ids/{number}")["schema"]

    def latest(self, subject):
        """The newest version of a subject: a dict with id, version, schema."""
        return self.call("GET", f"/subjects/{self._path(subject)}/versions/latest")

    def versions(self, subject):
        return self.call("GET", f"/subjects/{self._path(subject)}/versions")

    def set_compatibility(self, subject, level):
        """NONE, BACKWARD, FORWARD, FULL and the like; registering what breaks it is Refused with 409."""
        self.call("PUT", f"/config/{self._path(subject)}", {"compatibility": level})

# SPDX-License-Identifier: Apache-2.0
"""sql_client - Flink's own SQL client, which talks to a SQL Gateway.

Installed once for a user: the jars of the PyPI package apache-flink-libraries, and the gateway's classes from Maven Central. What sql-client.sh
does besides setting the class path is nothing that a test needs.
"""
import glob
import os
import subprocess
import sys
import tarfile

import harness

from . import process

VERSION = "2.1.3"
POM = os.path.join(os.path.dirname(__file__), "gateway.pom.xml")


def _install(folder):
    maven = process.need("mvn", "maven", "installing Flink's SQL client")
    got = subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:", "--no-build-isolation", "-d", folder,
                          f"apache-flink-libraries=={VERSION}"], capture_output=True, text=True, timeout=900, check=False)
    packed = glob.glob(os.path.join(folder, "apache*flink*libraries*.tar.gz"))
    if not packed:
        raise harness.Skip("sql-client: pip reaches no registry: " + (got.stderr.strip().splitlines() or ["?"])[-1][:200])
    with tarfile.open(packed[0]) as archive:
        for member in archive:
            if "/deps/lib/" in member.name and member.name.endswith(".jar") or "/flink-sql-client-" in member.name:
                with open(os.path.join(folder, os.path.basename(member.name)), "wb") as file:
                    file.write(archive.extractfile(member).read())
    os.unlink(packed[0])
    process.run([maven, "-q", "-B", "-f", POM, "dependency:copy", f"-Dtarget.folder={folder}"], "mvn")


class SqlClient:
    """run(url, script) -> what it printed. `folder`: of the test."""

    def __init__(self, folder):
        process.need("java", "default-jre-headless", "Flink's SQL client")
        self.home = process.installed("sql-client", VERSION + process.read(POM), _install)
        self.folder = folder
        process.write(os.path.join(folder, "config.yaml"), "parallelism:\n  default: 1\n")
        self.log = process.write(os.path.join(folder, "log4j2.properties"), "rootLogger.level = OFF\n")

    def run(self, url, script, seconds=60, **environ):
        path = process.write(os.path.join(self.folder, "script.sql"), script)
        done = subprocess.run(["java", "-Xmx400m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
                               "-Duser.timezone=UTC", f"-Duser.home={self.folder}", f"-Dlog4j2.configurationFile={self.log}",
                               "-cp", os.path.join(self.home, "*"), "org.apache.flink.table.client.SqlClient", "gateway", "-e", url, "-f", path],
                              capture_output=True, text=True, timeout=seconds, stdin=subprocess.DEVNULL, check=False,
                              env=dict(os.environ, FLINK_CONF_DIR=self.folder, **environ))
        return done.stdout + done.stderr

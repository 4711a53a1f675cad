# SPDX-License-Identifier: Apache-2.0
"""proxy - Toxiproxy: TCP connections that can be delayed, throttled, cut, or left half-open.

    with servers.toxiproxy().proxy(upstream=database.port) as way:   # way.port leads there
        way.delay(50); way.half_open(); way.cut(); way.heal()
"""
import json
import os
import urllib.error
import urllib.request

import harness

from . import process

MODULE = "github.com/Shopify/toxiproxy/v2/cmd/server@v2.5.0"


class Toxiproxy(process.Server):
    name = "toxiproxy"
    home = None

    @classmethod
    def prepare(cls):
        cls.home = process.installed("toxiproxy", MODULE, cls._install)

    @staticmethod
    def _install(folder):
        go = process.need("go", "golang-go", "installing toxiproxy")
        process.run([go, "install", MODULE], "go install", env=dict(os.environ, GOBIN=folder))

    def choose_ports(self):
        self.port = process.free_port()
        self.names = 0

    def configure(self):
        pass

    def command(self):
        return [os.path.join(self.home, "server"), "-host", "127.0.0.1", "-port", str(self.port)]

    def answers(self):
        try:
            self.call("GET", "/proxies")
            return True
        except (OSError, harness.Failure):
            return False

    def call(self, method, path, body=None):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", None if body is None else json.dumps(body).encode(),
                                         {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            raise harness.Failure(f"toxiproxy, {method} {path}: {error.code} {error.read().decode('utf-8', 'replace')}")

    def proxy(self, upstream, listen=None):
        """A way to the port `upstream` of this machine."""
        return Proxy(self, upstream, listen or process.free_port())


class Proxy:
    """A port that leads to another. What spoils it stays until heal()."""

    def __init__(self, server, upstream, port):
        self.server, self.port, self.path, self.toxics = server, port, f"/proxies/to-{upstream}-by-{port}", 0
        server.call("POST", "/proxies", {"name": self.path.rsplit("/", 1)[1], "listen": f"127.0.0.1:{port}",
                                         "upstream": f"127.0.0.1:{upstream}", "enabled": True})

    def toxic(self, kind, stream="downstream", toxicity=1.0, **attributes):
        """Adds a toxic by its name (latency, bandwidth, slow_close, timeout, reset_peer, slicer, limit_data); returns the name it got here.
        Stream: downstream is what comes from the server, upstream what goes to it."""
        self.toxics += 1
        name = f"{kind}-{self.toxics}"
        self.server.call("POST", self.path + "/toxics", {"name": name, "type": kind, "stream": stream, "toxicity": toxicity,
                                                         "attributes": attributes})
        return name

    def remove(self, name):
        self.server.call("DELETE", f"{self.path}/toxics/{name}")

    def delay(self, ms, jitter_ms=0):
        """Everything takes so long, in each direction."""
        for stream in ("upstream", "downstream"):
            self.toxic("latency", stream, latency=ms, jitter=jitter_ms)

    def half_open(self, stream=None):
        """Connections stay, new ones are accepted, and nothing goes through any more: the other side has vanished without a word. With `stream`
        only in one direction: what is sent arrives, and the answer does not (downstream)."""
        for one in [stream] if stream else ("upstream", "downstream"):
            self.toxic("timeout", one, timeout=0)

    def reset(self):
        """Connections that are there, and new ones, are reset."""
        for stream in ("upstream", "downstream"):
            self.toxic("reset_peer", stream, timeout=0)

    def cut(self):
        """Connections are closed and new ones refused."""
        self.server.call("POST", self.path, {"enabled": False})

    def heal(self):
        """All is well again: the port listens and nothing spoils it. Connections that were half-open stay lost."""
        for toxic in self.server.call("GET", self.path)["toxics"]:
            self.remove(toxic["name"])
        self.server.call("POST", self.path, {"enabled": True})

    def close(self):
        self.server.call("DELETE", self.path)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

# SPDX-License-Identifier: Apache-2.0
"""server - a weir serve for tests, and a small client of its REST API.

    with server.Server(env, folder) as weir:
        weir.post("/v1/statements", {"sql": "SELECT 1"})

It listens on a free port of the loopback, and is killed at the end if it is still there.
"""
import base64
import http.client
import json
import os
import re
import ssl
import time

import harness


class Refused(Exception):
    """An answer that is no success: code of HTTP, and the error's members."""

    def __init__(self, code, error):
        super().__init__(f"{code}: {error}")
        self.code, self.error = code, error


class Server:
    """`settings`: pairs for --set; `config`: the text of weir.yaml; login: (name, password) or a token."""

    def __init__(self, env, folder, settings=(), config=None, login=None, trust=None, **environ):
        self.env, self.folder, self.login, self.trust = env, folder, login, trust
        self._args = ["serve", "--data", os.path.join(folder, "data"), "--port", "0"]
        if config is not None:
            path = os.path.join(folder, "weir.yaml")
            with open(path, "w", encoding="utf-8") as file:
                file.write(config)
            self._args += ["--config", path]
        for key, value in settings:
            self._args += ["--set", f"{key}={value}"]
        self._environ = environ
        self.start()

    def start(self):
        self.process = self.env.start(*self._args, **self._environ)
        self.process.until_said("weir: http")
        found = re.search(r"weir: (https?)://(\S+):(\d+)", self.process.said())
        self.secure, self.host, self.port = found[1] == "https", found[2].strip("[]"), int(found[3])

    def restart(self, kill=False):
        if kill:
            self.process.kill()
        else:
            self.process.stop(0)
        self.start()

    def again(self):
        """Started once more, on the port that it had: who knows its address finds it there."""
        at = self._args.index("--port") + 1
        self._args[at] = str(self.port)
        for tries in range(50):
            try:
                return self.start()
            except harness.Failure:  # somebody else has the port for a moment
                if tries == 49:
                    raise
                time.sleep(0.2)

    @property
    def url(self):
        return f"{'https' if self.secure else 'http'}://{self.host}:{self.port}"

    def connect(self, timeout=60):
        if self.secure:
            return http.client.HTTPSConnection(self.host, self.port, timeout=timeout, context=ssl.create_default_context(cafile=self.trust))
        return http.client.HTTPConnection(self.host, self.port, timeout=timeout)

    def headers(self):
        if isinstance(self.login, tuple):
            return {"Authorization": "Basic " + base64.b64encode(":".join(self.login).encode()).decode()}
        return {} if self.login is None else {"Authorization": f"Bearer {self.login}"}

    def ask(self, method, path, body=None, headers=None, timeout=60):
        """(code, headers, bytes) of the answer. A body that is no bytes is sent as JSON."""
        connection = self.connect(timeout)
        sent = dict(self.headers(), **(headers or {}))
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        try:
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def json(self, method, path, body=None, timeout=60):
        """The JSON of an answer; Refused when it is an error."""
        code, _, text = self.ask(method, path, body, timeout=timeout)
        try:
            found = json.loads(text) if text else None
        except ValueError:
            raise harness.Failure(f"{method} {path} did not answer with JSON, but {code}: {text[:500]}")
        if code >= 400:
            raise Refused(code, found["error"])
        return found

    def get(self, path, **more):
        return self.json("GET", path, **more)

    def post(self, path, body=None, **more):
        return self.json("POST", path, {} if body is None else body, **more)

    def refused(self, code, method, path, body=None):
        """The error with which it is refused."""
        try:
            found = self.json(method, path, body)
        except Refused as refused:
            if refused.code != code:
                raise harness.Failure(f"{method} {path}: {refused.code}, wanted {code}: {refused.error}")
            return refused.error
        raise harness.Failure(f"{method} {path} was not refused: {found}")

    def events(self, path, timeout=60):
        """The server-sent events of a stream: (name, data), data read as JSON. Ends with the stream."""
        connection = self.connect(timeout)
        try:
            connection.request("GET", path, headers=dict(self.headers(), Accept="text/event-stream"))
            answer = connection.getresponse()
            if answer.status != 200:
                raise Refused(answer.status, json.loads(answer.read())["error"])
            name, data = "message", []
            for line in answer:
                line = line.decode().rstrip("\r\n")
                if line == "":
                    if data:
                        yield name, json.loads("\n".join(data))
                    name, data = "message", []
                elif line.startswith("event: "):
                    name = line[7:]
                elif line.startswith("data: "):
                    data.append(line[6:])
        finally:
            connection.close()

    def rss(self):
        """Kilobytes of memory that it has."""
        with open(f"/proc/{self.process.process.pid}/status", encoding="utf-8") as file:
            return int(re.search(r"VmRSS:\s+(\d+)", file.read())[1])

    def stop(self):
        self.process.stop(0)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        if self.process.process.poll() is None:
            self.process.kill()

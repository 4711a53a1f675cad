# SPDX-License-Identifier: Apache-2.0
"""server_http_suite - the HTTP side of weir serve: configuration, logins and roles, TLS, limits, and clients that behave badly."""
import errno
import http.client
import os
import re
import socket
import threading
import time

import harness
import server
from servers import certificates

USERS = """
server:
  users:
    - {name: ann, role: admin, password: "${env:ANN}"}
    - {name: olga, role: operator, token: "${file:FOLDER/token}"}
    - {name: vic, password: "p:w"}
"""


def expect(got, want, what):
    if got != want:
        raise harness.Failure(f"{what}\n  got  {str(got)[:2000]}\n  want {str(want)[:2000]}")


def with_users(env, folder, **more):
    with open(os.path.join(folder, "token"), "w", encoding="utf-8") as file:
        file.write("olga's token\n")
    return server.Server(env, folder, config=USERS.replace("FOLDER", folder), ANN="ann's password", **more)


def logins(env):
    with with_users(env, env.folder("http-logins")) as weir:
        def who(login):
            weir.login = login
            found = weir.get("/v1/info")
            return found["user"], found["role"]

        expect(who(("ann", "ann's password")), ("ann", "admin"), "a password of the environment")
        expect(who("olga's token"), ("olga", "operator"), "a token of a file")
        expect(who(("vic", "p:w")), ("vic", "viewer"), "a password with a colon, no role")
        for wrong in (None, ("ann", "p:w"), ("ann", ""), ("", ""), ("nobody", "p:w"), ("vic", "p:wp:w"), "olga's toke", "", ("olga", "olga's token")):
            weir.login = wrong
            error = weir.refused(401, "GET", "/v1/info")
            expect((error["code"], error["message"]), ("login_needed", "A login is needed" if wrong is None else "No user has this name and password, or this token"), f"login {wrong}")
        weir.login = ("vic", "p:w")
        expect(weir.refused(403, "POST", "/v1/jobs", {"sql": ""})["hint"], "Log in as somebody who has it", "a role")
        for header in ("Basic", "Basic !!!", "Basic YW5u", "Bearer", "Digest x", "Basic " + "A" * 9000):
            code, headers, _ = weir.ask("GET", "/v1/info", headers={"Authorization": header})
            expect((code, headers["WWW-Authenticate"]), (401, 'Basic realm="weir"'), header[:40])
        expect(weir.ask("GET", "/healthz")[0], 200, "health needs no login")
        if "ann's password" in weir.process.said() or "olga's token" in weir.process.said():
            raise harness.Failure("a secret is shown")


def foreign(env):
    """Pages of other sites: by their Origin, and by a name of theirs that points here."""
    with server.Server(env, env.folder("http-foreign")) as weir:
        for headers, code in (({}, 200), ({"Origin": weir.url}, 200), ({"Origin": "http://evil.example"}, 403), ({"Origin": "null"}, 403),
                              ({"Host": "evil.example"}, 403), ({"Host": f"localhost:{weir.port}"}, 200), ({"Host": "localhost.evil.example"}, 403)):
            expect(weir.ask("GET", "/v1/info", headers=headers)[0], code, headers)


def paths(env):
    with server.Server(env, env.folder("http-paths")) as weir:
        expect(weir.refused(404, "GET", "/")["code"] if weir.ask("GET", "/")[0] == 404 else "not_found", "not_found", "/")
        for path in ("/v1", "/v1/info/", "//v1/info", "/v1/nothing", "/v1/info%2f", "/../etc/passwd", "/v1/" + "x" * 4000):
            expect(weir.ask("GET", path)[0], 404, path[:60])
        error = weir.refused(405, "DELETE", "/v1/jobs")
        expect((error["code"], error["hint"]), ("method_not_allowed", "It takes GET, POST"), "a wrong method")
        # What to do next is part of what is said.
        for method, path, body, hint in (("GET", "/v1/nothing", None, "/v1/openapi.json"), ("GET", "/v1/views/none", None, "GET /v1/views"), ("GET", "/v1/catalog/none", None, "GET /v1/catalog"),
                                         ("GET", "/v1/runbooks/none", None, "GET /v1/alerts"), ("POST", "/v1/statements", b"none", "JSON object"),
                                         ("POST", "/v1/jobs/none/rescale", {"workers": 2}, "There is only parallelism")):
            error = weir.refused(400 if path == "/v1/statements" else 404, method, path, body)
            if hint not in error.get("hint", ""):
                raise harness.Failure(f"{method} {path}: {error}")
        # Bytes that are no UTF-8 are quoted so that the answer is JSON all the same.
        for method, path, code in (("GET", "/v1/%ff", 404), ("GET", "/v1/jobs/%c3", 404), ("POST", "/v1/jobs/a%e2%82/stop", 404), ("DELETE", "/v1/queries/%ed%a0%80", 404),
                                   ("GET", "/v1/statements/x/rows?token=%fe", 400), ("GET", "/v1/alerts?history=%ff", 400)):
            if "\ufffd" not in weir.refused(code, method, path)["message"]:
                raise harness.Failure(f"{method} {path} is not quoted: {weir.refused(code, method, path)}")
        code, headers, text = weir.ask("HEAD", "/v1/info")
        expect((code, text), (200, b""), "HEAD")
        expect(headers["X-Content-Type-Options"], "nosniff", "headers")


def limits(env):
    """Bytes of a request, requests in a second; the server goes on."""
    with server.Server(env, env.folder("http-limits"), [("server.request.max-size", "10 kb"), ("server.http.rate", "5")]) as weir:
        error = weir.refused(413, "GET", "/v1/info", b"x" * 20000)
        expect((error["code"], error["hint"]), ("too_large", "Send less at once; server.request.max-size is the bound"), "a large body")
        expect(weir.ask("GET", "/v1/info", b"x" * 10000)[0], 200, "a body within the limit")
        together = b"GET /v1/info HTTP/1.1\r\nHost: localhost\r\n\r\n" * 200  # at once: a slow machine asks for less one by one
        with socket.create_connection((weir.host, weir.port), timeout=60) as client:
            client.sendall(together + b"GET /v1/info HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            answers = b"".join(iter(lambda: client.recv(65536), b""))
        expect(set(re.findall(rb"HTTP/1.1 (\d+) ", answers)), {b"200", b"429"}, "a rate")
        time.sleep(1.1)
        expect(weir.ask("GET", "/v1/info")[0], 200, "the next second")


def rude(env):
    """Halves of requests, nonsense, long heads, many connections that say nothing."""
    with server.Server(env, env.folder("http-rude"), [("server.http.connections", "50")]) as weir:
        def send(data):
            with socket.create_connection((weir.host, weir.port), timeout=5) as client:
                client.sendall(data)
                try:
                    client.shutdown(socket.SHUT_WR)
                except OSError as error:
                    if error.errno != errno.ENOTCONN:  # the server has cut it off; its answer may still be there
                        raise
                try:
                    return client.recv(100)
                except (ConnectionError, TimeoutError):  # a half of a request may be waited for
                    return b""

        for data in (b"", b"\0\xff" * 100, b"GET", b"GET /v1/info HTTP/1.1\r\n", b"GET /v1/info HTTP/9.9\r\n\r\n", b"POST /v1/info HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
                     b"GET /v1/info HTTP/1.1\r\nContent-Length: 100\r\n\r\nabc", b"GET / HTTP/1.1\r\nA: " + b"x" * 100000 + b"\r\n\r\n",
                     b"GET /v1/info HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"):
            if send(data).startswith(b"HTTP/1.1 200"):
                raise harness.Failure(f"answered well: {data[:80]}")
        idle = [socket.create_connection((weir.host, weir.port)) for _ in range(30)]
        expect(weir.get("/v1/info")["role"], "admin", "beside connections that say nothing")
        for client in idle:
            client.close()
        found = []

        def many():
            for _ in range(50):
                found.append(weir.ask("GET", "/v1/info")[0])

        threads = [threading.Thread(target=many) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        expect((len(found), set(found)), (400, {200}), "eight clients at once")


def tls(env):
    folder = env.folder("http-tls")
    made = certificates.Certificates(os.path.join(folder, "certificates"))
    settings = [("server.tls.cert", made.server), ("server.tls.key", made.server_key)]
    with server.Server(env, folder, settings, trust=made.ca) as weir:
        expect((weir.secure, weir.get("/v1/info")["role"]), (True, "admin"), "over TLS")
        plain = http.client.HTTPConnection(weir.host, weir.port, timeout=20)
        try:
            plain.request("GET", "/healthz")
            raise harness.Failure(f"answered without TLS: {plain.getresponse().status}")
        except (http.client.HTTPException, ConnectionError):
            pass


def refused(env):
    """What does not fit together is said, and nothing is left behind."""
    folder = env.folder("http-refused")

    files = []

    def write(text):
        path = os.path.join(folder, f"{len(files)}c.yaml")
        files.append(path)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return ["--config", path]

    def user(text):
        return write("server:\n  users:\n    - " + text + "\n")

    cases = [
        (["--set", "server.http.address=0.0.0.0"], "there are no users"),
        (["--set", "server.http.address=example.com", "--set", "server.users.0.name=a", "--set", "server.users.0.token=t", "--set",
          "server.tls.required=false"], "is no address to listen on"),
        (["--set", "server.http.address=0.0.0.0", "--set", "server.users.0.name=a", "--set", "server.users.0.token=t"], "without TLS passwords could be read"),
        (["--set", "server.http.prot=1"], "server.http.port"),
        (["--set", "server.users=ann"], "See weir serve --print-config"),
        (["--set", "server.http.port=70000"], "65535"),
        (["--set", "parallelism.defualt=1"], "parallelism.default"),
        (["--set", "nothing"], "KEY=VALUE"),
        (["--nothing"], "no option '--nothing'"),
        (["--port"], "needs a value"),
        (["--config", os.path.join(folder, "missing.yaml")], "missing.yaml"),
        (["--set", "server.tls.cert=x"], "go together"),
        (write("server: [1, 2"), "c.yaml, line"),
        (write("server:\n  data: x\n bad"), "c.yaml, line 3"),
        (write("server:\n  http:\n    port: many\n"), "c.yaml, line 3"),
        (write("just a word"), "in place of keys"),
        (write("a: &x 1\nb: *x"), "option"),
        (write("[" * 100), "levels deep"),
        (user("{role: admin, token: t}"), "no name"),
        (user("{name: a, role: king, token: t}"), "'king'"),
        (user("{name: a}"), "cannot log in"),
        (user("{name: a, token: t, colour: red}"), "server.users.0.colour"),
        (user("{name: a, token: t}\n    - {name: a, token: u}"), "twice"),
        (user("{name: a, token: '${env:WEIR_NOT_SET}'}"), "WEIR_NOT_SET"),
    ]
    for args, words in cases:
        done = env.weir("serve", "--port", "0", "--data", os.path.join(folder, "data"), *args, timeout=30)
        if done.returncode != 2 or words not in done.stderr:
            raise harness.Failure(f"weir serve {' '.join(args)}\nexit {done.returncode}, wanted '{words}'\n{done.stderr}")
    with server.Server(env, folder) as weir:
        done = env.weir("serve", "--data", os.path.join(folder, "other"), "--port", str(weir.port), timeout=30)
        if done.returncode != 2 or "in use" not in done.stderr:
            raise harness.Failure(f"a port that is taken: exit {done.returncode}\n{done.stderr}")
        weir.stop()


def cases(env):
    for function in (logins, foreign, paths, limits, rude, tls, refused):
        yield f"server/http/{function.__name__}", lambda function=function: function(env)

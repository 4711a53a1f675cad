# SPDX-License-Identifier: Apache-2.0
"""server_deploy_suite - what lies in deploy/: the configuration has every option of the server and can be read, the unit is one that
systemd takes, and the server tells systemd how far it is."""
import os
import re
import shutil
import socket
import subprocess

import harness
import server

DEPLOY = os.path.join(harness.ROOT, "deploy")


def sample(env):
    with open(os.path.join(DEPLOY, "weir.yaml"), encoding="utf-8") as file:
        kept = file.read()
    if env.weir("serve", "--print-config", check=0).stdout != kept:
        raise harness.Failure("deploy/weir.yaml is not what the server has: build/weir serve --print-config > deploy/weir.yaml")
    with open(os.path.join(harness.ROOT, "src/server/config.c"), encoding="utf-8") as file:
        options = set(re.findall(r'\{"(server\.[a-z0-9.-]+)", WR_OPTION', file.read()))
    shown = set(re.findall(r"(?m)^#(server\.[a-z0-9.-]+):", kept))
    if shown != options or len(options) < 10:
        raise harness.Failure(f"not in both: {shown ^ options}")


def is_read(env):
    """Every default of the sample is one that the server takes."""
    folder = env.folder("server-deploy-read")
    with open(os.path.join(DEPLOY, "weir.yaml"), encoding="utf-8") as file:
        text = re.sub(r"(?m)^#([a-z0-9.-]+: \S.*)$", r"\1", file.read())
    text = re.sub(r"(?m)^server\.(data|http\.port): .*$", "", text)
    if len(re.findall(r"(?m)^server\.", text)) < 10:
        raise harness.Failure(f"the sample has few defaults:\n{text}")
    with server.Server(env, folder, config=text) as weir:
        weir.get("/v1/info")


def unit(env):
    if shutil.which("systemd-analyze") is None:
        raise harness.Skip("no systemd-analyze here (Debian: systemd)")
    folder = env.folder("server-deploy-unit")
    path = os.path.join(folder, "weir.service")
    with open(os.path.join(DEPLOY, "weir.service"), encoding="utf-8") as file:
        text = file.read()
    if "/usr/bin/weir serve --config /etc/weir/weir.yaml" not in text:
        raise harness.Failure("the unit does not start the server")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace("/usr/bin/weir", env.weir_path))
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", path], capture_output=True, text=True, timeout=60)
    if done.returncode != 0 or "weir.service:" in done.stderr:
        raise harness.Failure(f"systemd-analyze: {done.stderr}")


def notify(env):
    """As systemd starts and stops it: READY when it answers, STOPPING when it is asked to end."""
    folder = env.folder("server-deploy-notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        path = os.path.join(folder, "s")
        listener.bind(path if len(path) < 100 else "\0weir-notify-test")
        listener.settimeout(60)
        with server.Server(env, folder, NOTIFY_SOCKET=path if len(path) < 100 else "@weir-notify-test") as weir:
            if listener.recv(100) != b"READY=1":
                raise harness.Failure("it is not ready")
            weir.get("/v1/info")
            weir.stop()
            if listener.recv(100) != b"STOPPING=1":
                raise harness.Failure("it does not say that it stops")


def cases(env):
    yield "server-deploy/sample", lambda: sample(env)
    yield "server-deploy/is-read", lambda: is_read(env)
    yield "server-deploy/unit", lambda: unit(env)
    yield "server-deploy/notify", lambda: notify(env)

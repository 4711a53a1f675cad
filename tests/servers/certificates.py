# SPDX-License-Identifier: Apache-2.0
"""certificates - an authority of our own, a certificate for the servers on 127.0.0.1 and one for clients, made when a server begins."""
import os

from . import process


class Certificates:
    """Paths of PEM files in a folder: ca, server_key, server (its certificate), client_key, client; other_ca has signed nothing."""

    def __init__(self, folder):
        openssl = process.need("openssl", "openssl", "TLS")
        for name in ("ca", "other_ca", "server", "client"):
            setattr(self, name, os.path.join(folder, name + ".pem"))
            setattr(self, name + "_key", os.path.join(folder, name + ".key"))
        self.folder = folder
        os.makedirs(folder, exist_ok=True)
        for name in ("ca", "other_ca"):
            self._run(openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj",
                      f"/CN=weir test {name}", "-keyout", name + ".key", "-out", name + ".pem")
        process.write(os.path.join(folder, "names"), "subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        for name, subject in (("server", "localhost"), ("client", "weir")):
            self._run(openssl, "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={subject}",
                      "-keyout", name + ".key", "-out", name + ".csr")
            self._run(openssl, "x509", "-req", "-in", name + ".csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "30",
                      "-extfile", "names", "-out", name + ".pem")

    def _run(self, *command):
        process.run(command, "openssl", cwd=self.folder)

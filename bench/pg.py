# SPDX-License-Identifier: Apache-2.0
"""pg - ./dev bench pg: look-ups in a materialized table of a server over the PostgreSQL protocol, from 1, 4 and 16 connections on the loopback."""
import os
import re
import subprocess
import sys
import tempfile
import time

KEYS = 100000
SCRIPT = f"""
CREATE TABLE orders (id BIGINT, customer STRING, amount DECIMAL(10, 2)) WITH ('connector' = 'datagen', 'number-of-rows' = '{KEYS}',
  'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '{KEYS}', 'fields.customer.length' = '12');
CREATE MATERIALIZED TABLE totals (PRIMARY KEY (id) NOT ENFORCED) AS SELECT id, customer, amount FROM orders"""


def main():
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    build = os.path.join(root, "build")
    bench = os.path.join(build, "pg_lookups")
    include = subprocess.run(["pg_config", "--includedir"], capture_output=True, text=True, check=False).stdout.strip() or "/usr/include/postgresql"
    subprocess.run(["cc", "-O2", f"-I{include}", os.path.join(root, "bench", "postgres", "lookups.c"), "-o", bench, "-lpq", "-lpthread"], check=True)
    with tempfile.TemporaryDirectory() as folder:
        log = os.path.join(folder, "log")
        with open(log, "w", encoding="utf-8") as file:
            weir = subprocess.Popen([os.path.join(build, "weir"), "serve", "--data", os.path.join(folder, "data"), "--port", "0",
                                     "--set", "server.pg.port=0"], stderr=file, cwd=folder)
        try:
            found = None
            while found is None:
                time.sleep(0.1)
                with open(log, encoding="utf-8") as file:
                    found = re.search(r"postgresql://127.0.0.1:(\d+)", file.read())
            where = f"host=127.0.0.1 port={found[1]} user=bench dbname=bench sslmode=disable"
            subprocess.run(["psql", "-X", "-q", where, "-c", SCRIPT], check=True)
            while subprocess.run(["psql", "-X", "-q", "-A", "-t", where, "-c", "SELECT count(*) FROM totals"], capture_output=True, text=True,
                                 check=True).stdout.strip() != str(KEYS):
                time.sleep(0.5)
            for connections in sys.argv[1:] or ["1", "4", "16"]:
                subprocess.run([bench, where, connections, "5", str(KEYS)], check=True)
        finally:
            weir.terminate()
            weir.wait()


if __name__ == "__main__":
    main()

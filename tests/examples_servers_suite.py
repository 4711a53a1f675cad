# SPDX-License-Identifier: Apache-2.0
"""examples_servers_suite - the examples with Kafka and PostgreSQL do what their pages say; what they print is compared by themselves with
what the database, or a run in one go, makes of the same input."""
import os
import shutil
import subprocess

import harness
import servers

EXAMPLES = os.path.join(harness.ROOT, "examples")


def run(env, name, topics, *words, more=()):
    """Runs the example in a copy of its folder; its output must have the words."""
    folder = env.folder("examples-servers-" + name)
    for one in (name, *more):
        shutil.copytree(os.path.join(EXAMPLES, one), os.path.join(folder, one), dirs_exist_ok=True, ignore=shutil.ignore_patterns("out", "out.log"))
    kafka = servers.kafka() if topics else None
    topic = kafka.topic(name, 3) if topics else ""
    for suffix in topics[1:]:
        kafka.create_topic(topic + suffix, 3)
    with servers.postgres().database("example") as database:
        environ = dict(os.environ, WEIR=env.weir_path, BROKER=kafka.bootstrap if kafka else "", TOPIC=topic, DB_HOST="127.0.0.1",
                       DB_PORT=str(database.port), DB_NAME=database.name, DB_USER="postgres", LC_ALL="C.UTF-8", TZ="UTC")
        done = subprocess.run([os.path.join(folder, name, "run")], capture_output=True, text=True, timeout=300, env=environ)
    if done.returncode != 0:
        raise harness.Failure(f"exit code {done.returncode}\n{done.stdout[-1500:]}\n{done.stderr[-1500:]}")
    for word in words:
        if word not in done.stdout:
            raise harness.Failure(f"does not say '{word}':\n{done.stdout}\n{done.stderr[-1500:]}")


def cases(env):
    yield "examples_servers/kafka_to_postgres", lambda: run(
        env, "kafka_to_postgres", [""], "missing:    0 large payments, 0 minutes", "too many:   0 large payments, 0 minutes", "killed; committed so far")
    yield "examples_servers/fraud_kafka", lambda: run(
        env, "fraud_kafka", ["", "-alerts"], "in the end: 5 alerts, 5 different ones", "the same as in one go", more=["outliers"])
    yield "examples_servers/cdc_totals", lambda: run(
        env, "cdc_totals", [], "the rows that were there: 100 customers, 20000 orders", "what was changed while no job ran: 102 customers, 19001 orders")
    yield "examples_servers/enrichment", lambda: run(env, "enrichment", ["", "-enriched"], "|  10000 |         9063 | 2266232.10 |")

# SPDX-License-Identifier: Apache-2.0
"""pipelines_suite - the short form of pipelines.py: jobs between Kafka and PostgreSQL killed and restored, and their servers as well."""
import contextlib
import os
import random
import shutil
import time

import harness
import pipelines
import servers

BOTH = ["kafka", "postgres"]


# What does not hold yet, with the reason.
WAITING = {}


def connected(env):
    """Those of BOTH that this build can write to; skips if there are none, before servers are started for it."""
    pipelines.need(env, "kafka", False)
    found = []
    for kind in BOTH:
        try:
            pipelines.need(env, kind, True)
            found.append(kind)
        except harness.Skip as skip:
            missing = skip
    if not found:
        raise missing
    return found


def with_world(env, name, body, source="kafka", sinks=None, **given):
    if name in WAITING:
        raise harness.Skip(f"not yet: {WAITING[name]}")
    folder = env.folder("pipelines-" + name)
    world = pipelines.World(env, folder, source, sinks or connected(env), **given)
    try:
        body(world)
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        world.close()


# ---- what notices

def notices(env, kind):
    """The comparison sees a row too many, one too few and another one, in any place."""
    world = pipelines.World.__new__(pipelines.World)
    world.tablespace, world.folder, world.count = None, env.folder("pipelines-notices"), 0
    if kind == "kafka":
        world.kafka = servers.kafka()
    else:
        world.database = servers.postgres().database()
    rows = [{"id": 1, "k": "a", "v": 5}, {"id": 2, "k": "b", "v": 5}]
    want = {(1, "a", 5): 1, (2, "b", 5): 1}

    def seen(key, given, ended):
        place = pipelines.PLACES[kind](world, "notices", pipelines.PLAIN.columns, None)
        place.fill(given)
        place.key = key
        try:
            pipelines.compare(kind, place, pipelines.collections.Counter(want), ended)
        except harness.Failure:
            return True
        return False

    for given, ended, wrong in ((rows, True, False), (rows, False, False), (rows[:1], False, False), (rows[:1], True, True),
                                (rows + rows[1:], False, True), (rows + rows[1:], True, True), ([{**rows[0], "v": 6}], False, True)):
        if seen(None, given, ended) != wrong:
            raise harness.Failure(f"{given}, ended {ended}: {'not ' if wrong else ''}taken for wrong")


# ---- kills

def killed(world, name, source, sinks, kills, guarantee="exactly-once"):
    r = random.Random(name)
    world.guarantee = guarantee
    pipeline = pipelines.Pipeline(world, name, source, sinks)
    plan = [r.uniform(0.1, 0.8) * pipeline.seconds for _ in range(kills)]
    pipeline.run("killed").disturb(plan, lambda: r.choice([1, 2, 3]))


def fault(world, names):
    missed = pipelines.faults(pipelines.Pipeline(world, "windows", "kafka", world.sinks), names)
    if missed:
        raise harness.Failure(f"fault points that no run passes: {missed}")


# ---- servers that fail: the job waits and goes on by itself

def live_through(world, name, events):
    if not pipelines.Pipeline(world, name, "kafka", world.sinks).run("servers").go(events):
        raise harness.Failure("the job has not ended well")


def timed_out(env):
    """Transactions run out of their time: the job dies with one open and comes back too late; and the broker vanishes for longer than that."""
    def body(world):
        world.topic_options = {"properties.transaction.timeout.ms": 1000, "properties.socket.timeout.ms": 1000}
        with world.kafka.through_proxy() as way:
            world.bootstrap = way.bootstrap
            pipeline = pipelines.Pipeline(world, "all", "kafka", world.sinks)
            run = pipeline.run("away")
            for place in ("kafka-sent:2", "kafka-noted:4"):
                if run.go([], place):
                    raise harness.Failure(f"{place} is not met")
                time.sleep(2)
            run.go([])
            if not pipeline.run("silent").go([(0.6, way.half_open), (4.2, way.heal)]):
                raise harness.Failure("the job has not ended well")
    with_world(env, "timed-out", body)


def second_instance(env, sinks):
    def body(world):  # the older one must not end by itself before the younger one is at work
        pipelines.Pipeline(world, "all", "kafka", sinks).run("twice").twice(30, pipelines.PACED_SECONDS)

    with_world(env, "twice-" + "-".join(sinks), body, sinks=sinks)


def forgotten(failure):
    """A broker that dies after it has taken a commit, and before it has marked the messages, may forget to do that when it is back: its
    coordinator takes partitions that have no leader yet for deleted ones. They then are open, and end with the next transaction of the same id. No
    client can know (one of confluent_kafka sees the same: kafka_killed in servers_suite)."""
    return "not committed: [(" in str(failure) or "an open transaction?" in str(failure)


def broker_killed(env):
    def body(world):
        pipeline = pipelines.Pipeline(world, "all", "kafka", world.sinks)
        for attempt in range(3):
            try:
                if not pipeline.run(f"servers-{attempt}").go([(0.5, world.kafka.kill), (1, world.kafka.start)]):
                    raise harness.Failure("the job has not ended well")
                return
            except harness.Failure as failure:
                if attempt == 2 or not forgotten(failure):
                    raise

    connected(env)
    with servers.kafka(fresh=True) as kafka:
        with_world(env, "broker-killed", body, kafka=kafka)


def database_killed(env):
    pipelines.need(env, "postgres", True)
    with servers.postgres(fresh=True) as postgres:
        with_world(env, "database-killed", lambda world: live_through(
            world, "all", [(0.5, postgres.kill), (1, postgres.start), (2, postgres.restart)]), postgres=postgres)


def database_full(env):
    def body(world):
        disk = postgres.small_disk(8)
        world.tablespace = disk.tablespace
        live_through(world, "plain", [(0.5, disk.fill), (2, disk.free)])

    pipelines.need(env, "postgres", True)
    with servers.postgres(fresh=True) as postgres:
        with_world(env, "database-full", body, postgres=postgres)


def spoiled(env, how):
    """Every connection of the job goes through a proxy."""
    def body(world):
        with contextlib.ExitStack() as stack:
            ways = [stack.enter_context(world.kafka.through_proxy())]
            world.bootstrap = ways[0].bootstrap
            if world.database:
                ways.append(stack.enter_context(servers.toxiproxy().proxy(world.database.port)))
                world.url = world.database.url_at(ways[1].port)
            pipeline, events = pipelines.Pipeline(world, "all", "kafka", world.sinks), []
            for number, way in enumerate(ways):
                spoil = {"cut": way.cut, "reset": way.reset, "half-open": way.half_open, "slow": lambda w=way: w.delay(200, 100)}[how]
                events += [(0.5 + number, spoil), (1.3 + number, way.heal)]
            if not pipeline.run(how).go(events):
                raise harness.Failure("the job has not ended well")
    with_world(env, "spoiled-" + how, body)


def cases(env):
    for kind in BOTH:
        yield f"pipelines/notices/{kind}", lambda k=kind: notices(env, k)
    for source, sink in (("files", "files"), ("kafka", "files"), ("files", "kafka"), ("files", "postgres")):
        yield f"pipelines/kill/{source}-{sink}", lambda a=source, b=sink: with_world(
            env, f"kill-{a}-{b}", lambda world: killed(world, "all", a, [b], 3), a, [b])
    for name in ("all", "totals"):
        yield f"pipelines/kill/{name}", lambda n=name: with_world(env, f"kill-{n}", lambda world: killed(
            world, n, "kafka", world.sinks, 2 if env.sanitize else 5))
    yield "pipelines/kill/totals-at-least-once", lambda: with_world(env, "kill-least", lambda world: killed(
        world, "totals", "kafka", world.sinks, 3, "at-least-once"))
    if env.sanitize:
        return
    names = pipelines.fault_names(env) if os.path.exists(env.weir_path) else []
    for i in range(0, len(names), 5):
        yield f"pipelines/fault/{names[i]}...", lambda part=names[i:i + 5]: with_world(env, f"fault-{part[0]}", lambda world: fault(world, part))
    yield "pipelines/lost_answers", lambda: with_world(env, "lost", lambda world: pipelines.lost_answers(
        pipelines.Pipeline(world, "windows", "kafka", world.sinks), ["kafka-noted", "kafka-committed"] + [n for n in names if n.startswith("postgres-")]))
    for sinks in (["kafka"], ["postgres"], BOTH):
        yield f"pipelines/second_instance/{'-'.join(sinks)}", lambda s=sinks: second_instance(env, s)
    yield "pipelines/timed_out", lambda: timed_out(env)
    yield "pipelines/broker_killed", lambda: broker_killed(env)
    yield "pipelines/database_killed", lambda: database_killed(env)
    yield "pipelines/database_full", lambda: database_full(env)
    for how in ("cut", "reset", "half-open", "slow"):
        yield f"pipelines/spoiled/{how}", lambda h=how: spoiled(env, h)

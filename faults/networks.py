"""Workers on several hosts: one is cut off, one loses every packet, one has a slow line that loses some, all run at once."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import psycopg

from faults.hosts import Host, hosts
from faults.scene import Process, Scene, wait, wait_until
from faults.servers import EVERYWHERE, stage, uids
from tests.faults.load import Load, check
from tests.postgres.proxy import Proxy
from tests.postgres.server import PostgresServer

NOTICED_MAX_S: Final = 5.0
"""From the first statement that waits."""
TURN_MAX_S: Final = 2.0
"""Until a worker says something, and until it has written down what became of it."""
CUT_LEASE_S: Final = 6.0
"""A few times what the server waits for a session that stands still in a transaction, with the lock: all wait for it so long."""
MANY: Final = 100_000
ARCHIVE_AFTER_S: Final = 3_600
"""As it is by default."""
CROWD: Final = 8
LOOK_S: Final = 0.5
FIRERS: Final = 10
FIRING_S: Final = 20.0


@contextlib.contextmanager
def company(folder: Path, count: int) -> Iterator[tuple[PostgresServer, Scene, list[Host]]]:
    """A server on this machine, and so many hosts around it."""
    with stage(folder, near=False) as (server, scene), hosts(count) as every:
        yield server, scene, every


def on(scene: Scene, host: Host, **options: object) -> Process:
    """A worker on that host."""
    assert scene.url is not None
    return scene.worker(wrap=host.wrap, environment={"FAULTS_STORE": host.url(scene.url)}, **options)


def cut_off(folder: Path) -> str:
    """One of three hosts is cut off for two leases while it runs jobs, and healed."""
    with company(folder, 3) as (_, scene, every):
        workers = [on(scene, every[0], lease=CUT_LEASE_S, children=2)]
        first = scene.node_of(workers[0])
        assert first is not None
        assert scene.url is not None
        with Load(scene.url) as load:
            its = scene.put_many([("rests_apart", {"s": 3 * CUT_LEASE_S})] * 2)
            for job in its:
                scene.begun(job)
            workers += [on(scene, host, lease=CUT_LEASE_S, children=4) for host in every[1:]]
            jobs = its + scene.put_many([("rests_apart", {"s": 3 * CUT_LEASE_S})] * 4)
            for job in jobs:
                scene.begun(job)
            every[0].cut()
            cut = time.time()
            again = [scene.begun(job, 2, seconds=4 * CUT_LEASE_S) for job in its]
            overlap = [
                job
                for job, mark in zip(its, again, strict=True)
                if not _ended(scene, job) or _ended(scene, job)[0] > mark.at
            ]
            wait(max(0.0, 2 * CUT_LEASE_S - (time.time() - cut)))
            every[0].heal()
            wait_until(lambda: scene.node_of(workers[0]) not in {None, first}, "it comes back under a new name", 30)
        assert not overlap, f"bodies that ran in two places: {overlap}"
        assert set(scene.finish(*jobs, seconds=60)) == {"completed"}
        others = set(jobs) - set(its)
        kinds = {tuple(scene.kinds(job)) for job in others}
        assert kinds == {("returned",)}, f"of the others: {kinds}"
        check(scene, load)
        taken = max(mark.at for mark in again) - cut
        return (
            f"{len(its)} jobs of the cut host began elsewhere after {taken:.1f} s at a lease of {CUT_LEASE_S:g} s, bodies in two places: 0; "
            f"{len(load.acknowledged)} short jobs all completed; healed, it works under a new name"
        )


def _ended(scene: Scene, job: int) -> list[float]:
    return [mark.at for mark in scene.diary(job, "F")]


def black_hole(folder: Path) -> str:
    """Every packet between a worker and the server is dropped, and nobody is told."""
    with company(folder, 1) as (server, scene, (host,)):
        worker = on(scene, host, lease=30.0)
        nodes = uids(scene)
        job = scene.put("rests", s=1)
        scene.begun(job)
        host.drop("-p", "tcp", "--sport", str(server.port))
        host.drop("-p", "tcp", "--dport", str(server.port))
        begun = time.monotonic()
        wait_until(lambda: "fail" in worker.text, lambda: f"it notices: {worker.text}", 30)
        noticed = time.monotonic() - begun
        wait(3)
        host.drop_nothing()
        assert scene.finish(job, seconds=30) == ["completed"]
        late = scene.put("rests", s=0)
        assert scene.finish(late, seconds=30) == ["completed"]
        assert scene.kinds(job) == ["returned"]
        assert uids(scene) == nodes
        assert noticed < NOTICED_MAX_S + TURN_MAX_S, f"{noticed:.1f} s"
        return f"noticed and told after {noticed:.1f} s; afterwards its job was settled once, and it went on under its name"


def slow_line(folder: Path) -> str:
    """A host whose line takes 200 ms there and as long back, and loses every twentieth packet."""
    with company(folder, 1) as (_, scene, (host,)):
        assert scene.url is not None
        with Proxy(scene.url, at=EVERYWHERE) as proxy:
            proxy.delay_s = 0.2
            direct, scene.url = scene.url, proxy.url
            worker = on(scene, host, lease=30.0, ready=False)
            scene.url = direct
            wait_until(lambda: scene.node_of(worker), lambda: f"the worker registers: {worker.text}", 60)
            host.drop("-p", "tcp", "-m", "statistic", "--mode", "random", "--probability", "0.05")
            node = scene.node_of(worker)
            assert node is not None
            jobs = scene.put_many([("rests", {"s": 15})] * 4)
            for job in jobs:
                scene.begun(job, seconds=60)
            scene.worker(lease=30.0)
            assert set(scene.finish(*jobs, seconds=60)) == {"completed"}
            assert {tuple(scene.kinds(job)) for job in jobs} == {("returned",)}
            now = scene.node_of(worker)
            assert now is not None
            assert now.uid == node.uid, "its beats hold"
            host.drop_nothing()
            return f"{len(jobs)} jobs of 15 s settled once over 200 ms and 5 % loss, no lease lost"


def hundred_thousand(folder: Path) -> str:
    """A hundred thousand jobs are due at once, for eight workers on as many hosts."""
    with company(folder, CROWD) as (_, scene, every):
        assert scene.url is not None
        for host in every:
            on(scene, host, lease=30.0, concurrency=100, archive_after=ARCHIVE_AFTER_S, ready=False)
        wait_until(lambda: len(scene.nodes()) == CROWD, "all are there", 60)
        scene.store.call(scene.store.hold_claims())
        scene.put_many([("nothing", {})] * MANY)
        with psycopg.connect(scene.url, autocommit=True) as line:

            def left() -> int:
                wait(LOOK_S)  # to count them costs as much as to run some
                return int(line.execute(OPEN).fetchall()[0][0])

            scene.store.call(scene.store.resume_claims())
            wait_until(lambda: not left(), lambda: f"{left()} are left", 120)
            took = float(line.execute(TOOK).fetchall()[0][0])
            twice = line.execute(TWICE).fetchall()[0][0]
            nodes = line.execute(WORKED).fetchall()[0][0]
        assert twice == 0, f"{twice} were granted twice"
        assert len(scene.nodes("dead")) == 0, "no lease was lost"
        assert scene.breaches() == []
        return (
            f"{MANY} jobs by {nodes} nodes on {CROWD} hosts in {took:.1f} s ({MANY / took:.0f}/s, hosts, server and workers on one "
            f"machine), granted twice: 0, leases lost: 0"
        )


OPEN: Final = b"SELECT count(*) FROM headway.headway_job WHERE state <> 'completed'"
TOOK: Final = b"SELECT (max(finished_at) - min(started_at)) / 1e6 FROM headway.headway_attempt"
TWICE: Final = b"SELECT count(*) FROM headway.headway_job WHERE epoch > 1"
WORKED: Final = b"SELECT count(DISTINCT node_id) FROM headway.headway_attempt"


def ten_schedulers(folder: Path) -> str:
    """Ten workers fire the same schedules, each second."""
    with stage(folder) as (_, scene):
        assert scene.url is not None
        for _ in range(FIRERS):
            scene.worker(application="faults.firing_application:jobs", lease=30.0, ready=False)
        wait_until(lambda: len(scene.nodes()) == FIRERS, "all are there", 60)
        wait(FIRING_S)
        with psycopg.connect(scene.url, autocommit=True) as line:
            ticks, with_job, jobs = line.execute(TICKS).fetchall()[0]
        assert with_job == jobs, f"{with_job} ticks with a job, {jobs} jobs"
        assert scene.breaches() == []
        return f"{ticks} ticks by {FIRERS} workers, {with_job} of them with a job, {jobs} jobs in all"


TICKS: Final = (
    b"SELECT count(*), count(DISTINCT job_id), (SELECT count(*) FROM headway.headway_job) FROM headway.headway_tick"
)


CASES: Final = {
    "host cut off": cut_off,
    "black hole": black_hole,
    "slow line": slow_line,
    "hundred thousand at once": hundred_thousand,
    "ten schedulers": ten_schedulers,
}

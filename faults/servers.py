"""Servers that are killed, promoted, filled up or told a wrong time, under load and with several workers."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import psycopg

from faults.clocks import HOUR_S, false_time
from faults.hosts import NETWORK
from faults.scene import Scene, is_alive, wait, wait_until
from faults.tools import mounted_memory, resize
from headway.model.errors import StoreError, StoreFull
from tests.faults.load import Load, check
from tests.postgres.binaries import binaries, server_user
from tests.postgres.replica import both, standby_of
from tests.postgres.server import FAST, PostgresServer, made, postgres_server

LEASE_S: Final = 6.0
ROUNDS: Final = 10
WORKERS: Final = 3
EVERYWHERE: Final = "0.0.0.0"
BACK_MAX_S: Final = 5.0


@contextlib.contextmanager
def stage(folder: Path, *, near: bool = True) -> Iterator[tuple[PostgresServer, Scene]]:
    """A server of its own, and a scene on it; if not `near`, other hosts reach it."""
    with postgres_server() as server:
        if not near:
            server.stop()
            server.let_in(f"{NETWORK}.0.0/16")
            server.addresses = EVERYWHERE
            server.start()
        with Scene(folder, server.url(server.fresh())) as scene:
            yield server, scene


def uids(scene: Scene) -> set[str]:
    """The nodes that live."""
    return {node.uid for node in scene.nodes()}


def kill_server(folder: Path) -> str:
    """Its first process is killed, its processes are ended, it is stopped in haste: ten times, under load."""
    with stage(folder) as (server, scene):
        assert scene.url is not None
        workers = [scene.worker(lease=LEASE_S) for _ in range(WORKERS)]
        nodes, longest = uids(scene), 0.0
        with Load(scene.url) as load:
            for turn in range(ROUNDS):
                load.more(50)
                server.stop((signal.SIGQUIT, signal.SIGINT, signal.SIGKILL)[turn % 3])
                wait(0.1 * turn)
                server.start()
                begun = time.monotonic()
                load.more(1)
                longest = max(longest, time.monotonic() - begun)
        begun_bodies = check(scene, load)
        again = sum(count - 1 for count in begun_bodies.values())
        assert longest < BACK_MAX_S
        assert all(is_alive(worker.pid) for worker in workers)
        assert uids(scene) == nodes, "nobody took a node for dead"
        return (
            f"{ROUNDS} restarts, {len(load.acknowledged)} acknowledged, all completed, bodies begun again: {again}, "
            f"longest until a client went on: {longest:.1f} s"
        )


def fail_over(folder: Path) -> str:
    """A standby that has not heard of the last commits is promoted, and the first server is gone."""
    with postgres_server() as first, standby_of(first) as second:
        name = first.fresh()
        with Scene(folder, both(first, second, name)) as scene:
            assert scene.url is not None
            for _ in range(WORKERS):
                scene.worker(lease=LEASE_S)
            nodes = uids(scene)
            scene.close_store()
            with Load(scene.url) as load:
                load.more(100)
                wait(1)  # the standby hears of it
                before = dict(load.acknowledged)
                second.lose_touch()
                load.more(50)
                wait(0.5)
                first.stop_at_once()
                with psycopg.connect(second.url(name)) as line:
                    kept = {ref: (number, state) for number, ref, state in line.execute(JOBS).fetchall()}
                promoted = time.time()
                second.promote()
                load.more(100)
            lost = {
                number: ref
                for number, ref in load.acknowledged.items()
                if ref not in kept and number < promoted_at(load)
            }
            assert not set(lost) & set(before), "what the standby had heard of is there"
            for number in lost:
                del load.acknowledged[number]
            check(scene, load)
            ended = {number for number, state in kept.values() if state == "completed"}
            again = {mark.id for mark in scene.diary(kind="S") if mark.at > promoted and mark.id in ended}
            assert not again, f"what had completed ran again: {again}"
            assert uids(scene) == nodes, "the same nodes"
            return (
                f"{len(lost)} jobs were lost with the commits that the server lost, {len(load.acknowledged)} others completed once; "
                f"of {len(ended)} that had completed none ran again; all nodes went on under their names"
            )


JOBS: Final = b"SELECT id, ref_id, state FROM headway.headway_job"
JUMP: Final = 1_000_000


def promoted_at(load: Load) -> int:
    """The first number that was given out after the jump."""
    return min((number for number in load.acknowledged if number > JUMP), default=JUMP)


def step_clock(folder: Path) -> str:
    """The server's clock is set an hour ahead, then back by an hour and ten minutes, while jobs run."""
    offset = folder / "offset"
    folder.chmod(0o755)
    offset.write_text("+0s")
    with stage(folder) as (server, scene):
        server.stop()
        server.environment = {
            **server.environment,
            **false_time(FAKETIME_TIMESTAMP_FILE=str(offset), FAKETIME_NO_CACHE="1"),
        }
        server.start()
        for _ in range(2):
            scene.worker(lease=LEASE_S, concurrency=5)
        nodes = uids(scene)
        jobs = scene.put_many([("rests", {"s": 14})] * 10)
        for job in jobs:
            scene.begun(job)
        for text in (f"+{HOUR_S}s", "-600s", "+0s"):
            offset.write_text(text)
            wait(4)
            with psycopg.connect(scene.url or "") as line:
                off = (
                    line.execute(b"SELECT extract(epoch FROM clock_timestamp())::float8").fetchall()[0][0] - time.time()
                )
            assert abs(off - int(text[:-1])) < HOUR_S / 60, f"the server's clock is off by {off:.0f} s, not by {text}"
        assert set(scene.finish(*jobs)) == {"completed"}
        taken = sum(len(scene.detail(job).attempts) - 1 for job in jobs)
        assert taken == 0, f"{taken} leases were taken"
        assert uids(scene) == nodes
        late = scene.put_many([("rests", {"s": 0})] * 5)
        assert set(scene.finish(*late)) == {"completed"}
        return (
            f"{len(jobs)} jobs over steps of +1 h, -1 h 10 min and +10 min, leases taken: 0, all nodes kept their names"
        )


def fill_disk(folder: Path) -> str:
    """The server's disk is full under load; later there is room again."""
    place = folder / "disk"
    with mounted_memory(place, "400M"), made(PostgresServer, next(iter(binaries().values())), settings=FAST) as server:
        folder.chmod(0o755)
        place.chmod(0o755)
        (place / "own").mkdir()
        _give(place / "own")
        server.data = place / "own" / "data"
        server.make()
        server.start()
        with Scene(folder, server.url(server.fresh())) as scene:
            assert scene.url is not None
            scene.worker(lease=LEASE_S)
            with Load(scene.url) as load:
                load.more(50)
                ballast = place / "ballast"
                with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
                    while True:
                        file.write(b"\0" * 65536)
                refused = _refusal(scene)
                was = len(load.acknowledged)
                wait(2)
                ballast.unlink()
                resize(place, "800M")
                if server.pid is None or not is_alive(server.pid):  # as whatever keeps services would
                    server.stop()
                    server.start()
                load.more(20)
            check(scene, load)
            return (
                f"{was} acknowledged before, a large job refused with {refused}, {load.refused} refused; "
                f"with room again all {len(load.acknowledged)} completed"
            )


def _give(path: Path) -> None:
    import shutil

    user = server_user()
    if user is not None:
        shutil.chown(path, user)
    path.chmod(0o700)


def _refusal(scene: Scene) -> str:
    """What a client is told that wants more than there is room for."""

    def told() -> str:
        try:
            scene.put_many([("returns", {"what": "x" * 200_000})] * 20)
        except StoreFull:
            return "StoreFull"
        except StoreError as error:
            return type(error).__name__
        return ""

    return str(wait_until(told, "the disk is full", 30))


CASES: Final = {
    "server killed": kill_server,
    "failover": fail_over,
    "clock of the server": step_clock,
    "full disk of the server": fill_disk,
}

"""Workers and migrators behind a pooler that stands still, that has no room, or that does not hear."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import psycopg

from faults.bouncer import SESSIONS, Bouncer, bouncer
from faults.networks import NOTICED_MAX_S, TURN_MAX_S
from faults.scene import Process, Scene, is_alive, wait, wait_until
from faults.servers import stage, uids
from headway.model.claim import NewJob
from headway.model.clock import SystemClock
from headway.model.errors import StoreUnavailable
from headway.model.ids import new_ref_id
from headway.store.open import open_store
from headway.store.protocol import Store
from tests.faults.load import Load, check
from tests.postgres.later_index import MADE, make_index
from tests.postgres.proxy import Proxy

LEASE_S: Final = 30.0
OUTAGE_S: Final = 10.0
ROUNDS: Final = 15
HEARD_MAX_S: Final = 0.3
LOOKED_MAX_S: Final = 2.0
LIMIT: Final = "ALTER DATABASE {} SET statement_timeout = '10min'"


@contextlib.contextmanager
def behind(folder: Path, *, sessions: int = SESSIONS) -> Iterator[tuple[Scene, str, Bouncer]]:
    """A scene that reaches the server itself, and the address of its store by way of a pooler."""
    with stage(folder) as (server, scene), bouncer(folder, server, sessions=sessions) as pooler:
        assert scene.url is not None
        scene.store.call(scene.store.enqueue([]))  # its tables are made
        yield scene, pooler.url(scene.url), pooler


def on(scene: Scene, url: str) -> Process:
    """A worker that goes that way."""
    return scene.worker(environment={"FAULTS_STORE": url}, lease=LEASE_S)


def stand_still(folder: Path) -> str:
    """The pooler is stopped for ten seconds while a worker runs a job and a client enqueues."""
    with behind(folder) as (scene, url, pooler):
        return _silence(scene, url, pooler.stand_still, pooler.go_on)


def silent_server(folder: Path) -> str:
    """The pooler works, and its lines to the server hand on nothing for ten seconds."""
    with stage(folder) as (server, scene):
        assert scene.url is not None
        scene.store.call(scene.store.enqueue([]))
        with Proxy(scene.url) as proxy, bouncer(folder, server, port=proxy.port) as pooler:
            return _silence(scene, pooler.url(scene.url), proxy.stall, proxy.flow)


def _silence(scene: Scene, url: str, begin: Callable[[], None], end: Callable[[], None]) -> str:
    worker = on(scene, url)
    nodes = uids(scene)
    job = scene.put("rests", s=2)
    scene.begun(job)
    with Load(url) as load, contextlib.closing(open_store(url)) as client:
        load.more(20)
        begin()
        begun = time.monotonic()
        told = _told(client, begun)
        wait_until(lambda: "fail" in worker.text, lambda: f"it notices: {worker.text}", 30)
        noticed = time.monotonic() - begun
        wait(max(0.0, OUTAGE_S - (time.monotonic() - begun)))
        end()
        load.more(20)
    _check(scene, load, job, nodes)
    assert told < NOTICED_MAX_S, f"{told:.1f} s"
    assert noticed < NOTICED_MAX_S + TURN_MAX_S, f"{noticed:.1f} s"
    return (
        f"a client was told after {told:.1f} s, and it was in the worker's log after {noticed:.1f} s; then its job was settled once, "
        f"{len(load.acknowledged)} others completed once, and it went on under its name"
    )


def _check(scene: Scene, load: Load, job: int, nodes: set[str]) -> None:
    """All went on where it was."""
    assert scene.finish(job, seconds=30) == ["completed"]
    assert scene.kinds(job) == ["returned"]
    runs = check(scene, load)
    assert max(runs.values()) == 1, "none ran twice"
    assert uids(scene) == nodes, "under its name"


def _told(client: Store, begun: float) -> float:
    """When an enqueue was refused."""
    try:
        _enqueue(client, "short", '{"ms": 0}')
    except StoreUnavailable:
        return time.monotonic() - begun
    msg = "an enqueue came through"
    raise AssertionError(msg)


def _enqueue(client: Store, name: str, payload: str) -> int:
    new = NewJob(ref_id=new_ref_id(SystemClock()), name=name, payload=payload)
    return client.call(client.enqueue([new]))[0].id


def wake_ups(folder: Path) -> str:
    """Workers behind the pooler: one hears past it, one looks by itself, one is told that it will not hear."""
    said = []
    with behind(folder) as (scene, url, _), contextlib.closing(open_store(url)) as client:
        assert scene.url is not None
        direct = urlsplit(scene.url)
        heard = f"{url}?listen={direct.hostname}:{direct.port}"
        for way, place in {"heard past it": heard, "looking alone": f"{url}?listen=no", "told so": url}.items():
            worker = on(scene, place)
            took = sorted(_start(scene, client, turn) for turn in range(ROUNDS))
            middle = took[ROUNDS // 2]
            assert middle < (HEARD_MAX_S if place == heard else LOOKED_MAX_S), f"{way}: {took}"
            assert ("wake-ups are not heard" in worker.text) == (place == url), worker.text
            said.append(f"{way} {middle * 1000:.0f} ms (at most {took[-1] * 1000:.0f})")
            worker.popen.terminate()
            worker.ended()
    return f"a job that is enqueued through it starts after, by the median: {', '.join(said)}"


def _start(scene: Scene, client: Store, turn: int) -> float:
    """How long after its enqueue a body begins; looks are a second apart, so each time it is another part of it."""
    wait(0.1 + turn / ROUNDS)
    begun = time.time()
    return scene.begun(_enqueue(client, "short", '{"ms": 0}')).at - begun


def no_room(folder: Path) -> str:
    """Transactions of the application take all sessions of the pooler for ten seconds."""
    with behind(folder, sessions=2) as (scene, url, _):
        worker = on(scene, url)
        nodes = uids(scene)
        job = scene.put("rests", s=2)
        scene.begun(job)
        with Load(url) as load, contextlib.closing(open_store(url)) as client:
            load.more(20)
            with psycopg.connect(url) as one, psycopg.connect(url) as other:
                for line in (one, other):
                    line.execute("SELECT 1")
                begun = time.monotonic()
                told = _told(client, begun)
                wait(max(0.0, OUTAGE_S - (time.monotonic() - begun)))
            load.more(20)
        _check(scene, load, job, nodes)
        assert is_alive(worker.pid)
        assert told < NOTICED_MAX_S, f"{told:.1f} s"
        return f"a client was told after {told:.1f} s; {len(load.acknowledged)} jobs were acknowledged and completed once, no lease was lost"


def limits(folder: Path) -> str:
    """An index is to be made beside the running work, where it would be cut short, and where there is one session for all."""
    said = []

    def refusal(place: str) -> str:
        try:
            make_index(place)
        except StoreUnavailable as error:
            return str(error)
        return ""

    with behind(folder, sessions=1) as (scene, url, _):
        assert scene.url is not None
        said.append(refusal(url))
        assert "more sessions" in said[-1], said
    with behind(folder) as (scene, url, _):
        assert scene.url is not None
        with psycopg.connect(scene.url, autocommit=True) as line:
            name = line.info.dbname
            line.execute(LIMIT.format(name).encode())
            said.append(refusal(url))
            assert "statement_timeout would cut it short" in said[-1], said
            assert line.execute(MADE.encode()).fetchall() == [(0,)], "nothing is begun"
        assert refusal(scene.url) == "", "past the pooler it is made"
    return f"refused: {' / '.join(one.partition(' of the store')[2].partition(' ')[2].partition(' ')[2] for one in said)}; past it: made"


CASES: Final = {
    "pooler stands still": stand_still,
    "server silent behind a pooler": silent_server,
    "pooler without room": no_room,
    "wake-ups past a pooler": wake_ups,
    "index through a pooler": limits,
}

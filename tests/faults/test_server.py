"""A store on a server: the server dies, connections are cut and stand still, nodes stand still; workers go on by themselves."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import psycopg
import pytest

from faults.scene import LEASE_S, Scene, is_alive, state_of, wait, wait_until
from headway import Jobs
from headway.model.claim import NewJob
from headway.model.clock import SystemClock
from headway.model.errors import StoreError, StoreUnavailable
from headway.model.ids import new_ref_id
from headway.store.open import open_store
from headway.store.postgres.deadline import SILENT_S
from headway.web import health
from tests.faults.load import Load, check
from tests.postgres.proxy import Proxy
from tests.postgres.server import PostgresServer, postgres_server
from tests.web.asking import asked, request

pytestmark = pytest.mark.timeout(60)

TOLD_MAX_S = 5
"""However a way stands still."""
SESSIONS = (
    "SELECT pid, state FROM pg_stat_activity WHERE application_name LIKE 'headway %' AND datname = current_database()"
)
END_ALL = "SELECT pg_terminate_backend(pid) FROM (" + SESSIONS + ") AS every"
END_LISTENERS = END_ALL.replace("'headway %'", "'headway listener'")


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """One that may be stopped."""
    with postgres_server() as one:
        yield one


@pytest.fixture
def url(server: PostgresServer) -> Iterator[str]:
    name = server.fresh()
    yield server.url(name)
    server.drop(name)


@pytest.fixture
def scene(tmp_path: Path, url: str) -> Iterator[Scene]:
    with Scene(tmp_path, url) as one:
        yield one


def ask(url: str, text: str) -> list[tuple]:
    with psycopg.connect(url, autocommit=True) as connection:
        return connection.execute(text.encode()).fetchall()


def stop_outside_writes(scene: Scene, process) -> None:
    """Let it stand still while no transaction of it is under way."""
    for _ in range(200):
        process.signal(signal.SIGSTOP)
        wait_until(lambda: state_of(process.pid) == "T", "it stands still")
        assert scene.url is not None
        rest = ask(scene.url, SESSIONS + " AND application_name = 'headway writer' AND state <> 'idle'")
        if not rest:
            return
        process.signal(signal.SIGCONT)
    raise AssertionError("it writes all the time")


def uids(scene: Scene) -> set[str]:
    return {node.uid for node in scene.nodes()}


@contextmanager
def away(server: PostgresServer, how: signal.Signals) -> Iterator[None]:
    """The server is gone inside."""
    server.stop(how)
    try:
        yield
    finally:
        server.start()


def test_a_server_that_is_killed_and_started_again_loses_nothing_and_workers_reconnect(
    scene: Scene, url: str, server: PostgresServer
) -> None:
    workers = [scene.worker(lease=6) for _ in range(2)]
    nodes = uids(scene)
    with Load(url) as load:
        for how in (signal.SIGQUIT, signal.SIGINT, signal.SIGQUIT):
            load.more(30)
            with away(server, how):
                wait(0.3)
            begun = time.monotonic()
            load.more(1)
            assert time.monotonic() - begun < 5, "clients reconnect"
    check(scene, load)
    assert all(is_alive(worker.pid) for worker in workers)
    assert uids(scene) == nodes, "the same nodes, which nobody took for dead"


def test_a_server_that_is_away_for_many_beats_takes_no_job_from_a_node_that_lives(
    scene: Scene, server: PostgresServer
) -> None:
    for _ in range(2):
        scene.worker(lease=6)
    nodes = uids(scene)
    jobs = scene.put_many([("rests", {"s": 6}), ("rests_on_thread", {"s": 6}), ("rests_apart", {"s": 6})] * 2)
    for job in jobs:
        scene.begun(job)
    scene.close_store()
    with away(server, signal.SIGQUIT):
        wait(3)
    assert set(scene.finish(*jobs)) == {"completed"}
    assert {tuple(scene.kinds(job)) for job in jobs} == {("returned",)}
    assert (uids(scene), scene.nodes("dead")) == (nodes, [])


def test_a_server_that_is_away_for_two_leases_has_each_job_done_anew_uncharged_and_never_by_two(
    scene: Scene, server: PostgresServer
) -> None:
    """Nodes stop their bodies before others could think them dead, and come back under new identities."""
    for _ in range(2):
        scene.worker(lease=3)
    jobs = scene.put_many([("rests", {"s": 3}), ("rests_on_thread", {"s": 3})] * 2)
    for job in jobs:
        scene.begun(job)
    scene.close_store()
    with away(server, signal.SIGQUIT):
        wait(6)
    assert set(scene.finish(*jobs, seconds=30)) == {"completed"}
    for job in jobs:
        row = scene.detail(job).row
        assert (row.epoch, row.tries, row.crashes, scene.kinds(job)) == (2, 0, 0, ["suspect", "returned"])
        assert scene.diary(job, "S")[1].at - scene.diary(job, "S")[0].at > 6, "not before a lease after the outage"
    assert len(scene.nodes()) == 2
    assert scene.breaches() == []


def test_sessions_that_are_ended_one_after_the_other_cost_no_job_and_make_none_twice(scene: Scene, url: str) -> None:
    for _ in range(2):
        scene.worker(lease=6)
    nodes = uids(scene)
    with Load(url) as load, psycopg.connect(url, autocommit=True) as killer:
        killed = 0
        for _ in range(20):
            killed += len(killer.execute(END_ALL.encode()).fetchall())
            wait(0.2)
    assert killed > 40
    assert load.refused == 0, "each was done again on another connection"
    check(scene, load)
    assert uids(scene) == nodes


def test_a_connection_that_is_cut_behind_the_commit_makes_nothing_twice(scene: Scene, url: str) -> None:
    clock = SystemClock()
    with Proxy(url) as proxy, closing(open_store(proxy.url)) as store:
        store.call(store.enqueue([NewJob(ref_id=new_ref_id(clock), name="first", payload="{}")]))
        for _ in range(20):
            proxy.commits_to_break = 1
            store.call(store.enqueue([NewJob(ref_id=new_ref_id(clock), name="short", payload='{"ms": 1}')]))
        assert proxy.broken == 20
        count = ask(url, "SELECT count(*) FROM headway.headway_job WHERE name = 'short'")
        assert count == [(20,)]


def test_workers_whose_answers_are_lost_settle_each_job_once(scene: Scene, url: str) -> None:
    with Proxy(url) as proxy:
        scene.url = proxy.url
        scene.worker(lease=6)
        scene.worker(lease=6)
        with Load(url) as load:
            for _ in range(30):
                proxy.commits_to_break = 1
                wait(0.1)
        assert proxy.broken > 10
        check(scene, load)
        scene.close()


def test_a_way_that_stands_still_is_noticed_and_left(scene: Scene, url: str) -> None:
    with Proxy(url) as proxy, closing(open_store(proxy.url)) as store:
        clock = SystemClock()
        store.call(store.enqueue([NewJob(ref_id=new_ref_id(clock), name="short", payload="{}")]))
        proxy.stall()
        for what in ("an answer", "a connection"):
            begun = time.monotonic()
            with pytest.raises(StoreUnavailable):
                store.call(store.enqueue([NewJob(ref_id=new_ref_id(clock), name="short", payload="{}")]))
            assert time.monotonic() - begun < TOLD_MAX_S, f"whoever waits for {what} is told"
            with pytest.raises(StoreUnavailable):
                store.call(store.enqueue([NewJob(ref_id=new_ref_id(clock), name="short", payload="{}")]))
            wait(SILENT_S)
        proxy.flow()
        store.call(store.enqueue([NewJob(ref_id=new_ref_id(clock), name="short", payload="{}")]))


def test_of_many_who_wait_for_a_way_that_stands_still_all_are_told_at_once(scene: Scene, url: str) -> None:
    told: list[float] = []

    def ask_for(what: Callable[[], object]) -> None:
        with pytest.raises(StoreUnavailable):
            what()
        told.append(time.monotonic())

    clock = SystemClock()
    with Proxy(url) as proxy, closing(open_store(proxy.url)) as store:
        job = store.call(store.enqueue([NewJob(ref_id=new_ref_id(clock), name="short", payload="{}")]))[0].id
        assert store.reader.call(store.reader.job(job)) is not None
        proxy.stall()
        begun = time.monotonic()
        jobs = [NewJob(ref_id=new_ref_id(clock), name="short", payload="{}") for _ in range(5)]
        asks = [partial(store.call, store.enqueue([one])) for one in jobs]
        asks += [partial(store.reader.call, store.reader.job(job))] * 3
        threads = [threading.Thread(target=ask_for, args=(one,)) for one in asks]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(told) == len(threads)
        assert max(told) - begun < TOLD_MAX_S


def test_a_store_that_cannot_be_opened_leaves_nobody_watching(url: str) -> None:
    with psycopg.connect(url) as line:
        line.execute(b"CREATE SCHEMA headway")
        line.execute(b"CREATE TABLE headway.headway_job (id int)")  # somebody else's
    before = set(threading.enumerate())
    with pytest.raises(StoreError):
        open_store(url)
    wait_until(lambda: not set(threading.enumerate()) - before, "all of its threads end", 2)


def test_one_connection_that_stands_still_is_left_for_another_and_nobody_need_know(scene: Scene, url: str) -> None:
    with Proxy(url) as proxy, closing(open_store(proxy.url)) as store:
        clock = SystemClock()
        store.call(store.enqueue([NewJob(ref_id=new_ref_id(clock), name="short", payload="{}")]))
        proxy.stall_these()
        begun = time.monotonic()
        store.call(store.enqueue([NewJob(ref_id=new_ref_id(clock), name="short", payload="{}")]))
        assert time.monotonic() - begun < TOLD_MAX_S
        assert ask(url, "SELECT count(*) FROM headway.headway_job WHERE name = 'short'") == [(2,)]


def test_who_waits_for_a_server_that_is_at_work_is_left_alone(scene: Scene, url: str) -> None:
    """A lock that somebody holds for longer than a silence may last."""
    clock = SystemClock()
    writers = "SELECT pid FROM pg_stat_activity WHERE application_name = 'headway writer'"
    with closing(open_store(url)) as store:
        store.call(store.enqueue([NewJob(ref_id=new_ref_id(clock), name="short", payload="{}")]))
        before = ask(url, writers)
        with psycopg.connect(url) as holder:
            holder.execute(b"LOCK TABLE headway.headway_job IN ACCESS EXCLUSIVE MODE")
            operation = store.enqueue([NewJob(ref_id=new_ref_id(clock), name="short", payload="{}")])
            done = threading.Event()
            store.submit(operation, lambda _value, _error: done.set())
            assert not done.wait(TOLD_MAX_S + 1)
        assert done.wait(5)
        assert ask(url, writers) == before, "on the same connection"
        probes = "SELECT pid FROM pg_stat_activity WHERE application_name = 'headway probe'"
        wait_until(lambda: not ask(url, probes), "nobody is asked any more")


def test_a_listener_that_is_cut_listens_again_and_meanwhile_workers_look_by_themselves(scene: Scene, url: str) -> None:
    worker = scene.worker(lease=30)
    listening = SESSIONS + " AND application_name = 'headway listener'"
    wait_until(lambda: ask(url, listening), "it listens")
    before = ask(url, listening)
    assert ask(url, END_LISTENERS)
    job = scene.put("short", ms=1)
    put = time.time()
    assert scene.begun(job).at - put < 3, "it looked by itself"
    wait_until(lambda: (now := ask(url, listening)) and now != before, lambda: f"it listens again: {worker.text}")


def test_a_supervisor_that_stood_still_for_longer_than_its_lease_settles_nothing(scene: Scene) -> None:
    victim = scene.worker()
    node = scene.node_of(victim)
    assert node is not None
    jobs = scene.put_many([("rests", {"s": 3}), ("rests_on_thread", {"s": 3}), ("rests_apart", {"s": 3})])
    for job in jobs:
        scene.begun(job)
    scene.worker(children=4)
    stop_outside_writes(scene, victim)
    for job in jobs:
        scene.begun(job, 2)
    victim.signal(signal.SIGCONT)
    wait_until(lambda: (now := scene.node_of(victim)) is not None and now.uid != node.uid, "a new identity")
    assert set(scene.finish(*jobs)) == {"completed"}
    for job in jobs:
        assert scene.kinds(job) == ["suspect", "returned"]
        assert scene.detail(job).row.epoch == 2
    assert [one.uid for one in scene.nodes("dead")] == [node.uid]
    assert scene.breaches() == []


def test_with_a_killed_supervisor_its_jobs_run_on_another_node(scene: Scene) -> None:
    victim = scene.worker()
    jobs = scene.put_many([("rests", {"s": 2}), ("rests_on_thread", {"s": 2}), ("rests_apart", {"s": 2})])
    bodies = {scene.begun(job).pid for job in jobs}
    scene.worker(children=4)
    victim.signal(signal.SIGKILL)
    killed = time.time()
    wait_until(lambda: not any(is_alive(pid) for pid in bodies), "no body outlives its supervisor", 1)
    again = [scene.begun(job, 2) for job in jobs]
    assert max(mark.at for mark in again) - killed < LEASE_S + 2
    assert set(scene.finish(*jobs)) == {"completed"}
    assert {tuple(scene.kinds(job)) for job in jobs} == {("suspect", "returned")}


async def test_readiness_tells_the_truth_while_the_server_is_away_and_afterwards(
    url: str, server: PostgresServer
) -> None:
    with Jobs(url) as jobs:
        app = health(jobs)
        assert (await asked(app, request("GET", "/readyz"))).status == 200
        with away(server, signal.SIGQUIT):
            begun = time.monotonic()
            answer = await asked(app, request("GET", "/readyz"))
            assert (answer.status, answer.json()["waits_for"]) == (503, "store")
            assert time.monotonic() - begun < 3
            assert (await asked(app, request("GET", "/healthz"))).status == 200
        assert (await asked(app, request("GET", "/readyz"))).status == 200


async def test_readiness_tells_the_truth_while_the_way_to_the_server_stands_still(url: str) -> None:
    with Proxy(url) as proxy, Jobs(proxy.url) as jobs:
        app = health(jobs)
        assert (await asked(app, request("GET", "/readyz"))).status == 200
        proxy.stall()
        begun = time.monotonic()
        answer = await asked(app, request("GET", "/readyz"))
        assert (answer.status, answer.json()["waits_for"]) == (503, "store")
        assert time.monotonic() - begun < 3
        proxy.flow()
        proxy.cut()
        assert (await asked(app, request("GET", "/readyz"))).status == 200


def test_a_worker_claims_only_what_its_code_knows(scene: Scene) -> None:
    scene.worker(application="faults.application:jobs")
    new, old = scene.put("rests", s=0), scene.put("short", ms=1)
    assert scene.finish(old) == ["completed"]
    assert (scene.state(new), scene.detail(new).row.epoch) == ("queued", 0)
    scene.worker(application="faults.bodies:jobs")
    assert scene.finish(new) == ["completed"]

"""Schedules that code declares, in running workers: embedded, and with processes of their own."""

import logging
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from faults.tree import kill_tree
from headway import Jobs, State, Worker, every
from headway.model.errors import StoreUnavailable
from headway.model.schedule import ScheduleState
from headway.store.open import open_store
from headway.store.protocol import JobFilter
from headway.store.verbs.fire import Fired
from tests.acceptance.moments import WAIT_S, until
from tests.cli.application import Application, write
from tests.conformance.owned_clock import OwnedClock
from tests.worker.test_scheduler import Bench, definition

HOUR = timedelta(hours=1)


@pytest.fixture
def jobs(tmp_path: Path) -> Iterator[Jobs]:
    with Jobs(tmp_path / "store", durability="relaxed") as made:
        yield made


def test_what_is_due_now_is_fired_and_run_before_a_worker_says_that_it_is_idle(jobs: Jobs) -> None:
    ran: list[str] = []
    job = jobs.register(lambda which: ran.append(which), name="job")  # noqa: PLW0108 - a function of its own
    jobs.recurring("now", every(HOUR), job.call(which="now"), run_at_start=True)
    jobs.recurring("later", every(HOUR), job.call(which="later"))
    assert Worker(jobs).run_until_idle(WAIT_S)
    assert ran == ["now"]
    assert Worker(jobs).run_until_idle(WAIT_S)
    assert ran == ["now"]


def test_one_that_is_declared_while_a_worker_runs_is_registered_at_once(jobs: Jobs) -> None:
    ran = threading.Event()
    job = jobs.register(lambda: ran.set(), name="job")  # noqa: PLW0108 - a function of its own
    with Worker(jobs) as worker:
        assert worker.wait_idle(WAIT_S)
        jobs.recurring("late", every(HOUR), job, run_at_start=True)
        assert ran.wait(WAIT_S)
        assert worker.wait_idle(WAIT_S)
    assert jobs.get_recurring("late").info().run_count == 1


def test_one_that_comes_every_second_comes_on_time(jobs: Jobs) -> None:
    times: list[float] = []
    done = threading.Event()
    clock = jobs.clock

    def note() -> None:
        times.append(clock.now_us() / 1e6)
        if len(times) == 3:
            done.set()

    job = jobs.register(note, name="note")
    jobs.recurring("often", "* * * * * *", job)
    with Worker(jobs):
        assert done.wait(WAIT_S)
    late = sorted(at % 1 for at in times[:3])
    assert late[0] < 0.5  # the best of three: other programs may hold up one or two


def test_a_worker_that_stops_fires_nothing_more(jobs: Jobs) -> None:
    began, go = threading.Event(), threading.Event()

    def slow() -> None:
        began.set()
        go.wait(WAIT_S)

    jobs.recurring("often", "* * * * * *", jobs.register(slow, name="slow"), overlap="allow")
    worker = Worker(jobs)
    with worker:
        assert began.wait(WAIT_S)
        stopping = threading.Thread(target=worker.stop)
        stopping.start()
        core = worker._core
        assert core is not None
        until(lambda: not core._may_fire(), "it has begun to stop")
        before = sum(jobs.counts().values())
        assert core.scheduler.tick(0) == timedelta(seconds=1)
        assert sum(jobs.counts().values()) <= before + 1  # one may have been under way
        go.set()
        stopping.join(WAIT_S)


def test_a_start_that_cannot_register_its_schedules_leaves_no_node_behind(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs.recurring("a", every(HOUR), jobs.register(lambda: None, name="job"))
    monkeypatch.setattr(jobs.store, "declare", _refuse)
    with pytest.raises(StoreUnavailable, match="no room"):
        Worker(jobs).start()
    nodes = jobs.store.reader.call(jobs.store.reader.nodes())
    assert [node.state for node in nodes if node.state == "active"] == []


def _refuse(*_: object, **__: object) -> Fired:
    raise StoreUnavailable("no room")


SOURCE = """
from datetime import timedelta
from headway.client.jobs import Jobs
from headway.model.timetable import every

jobs = Jobs({place!r})

@jobs.job(name="first")
def first() -> None:
    jobs.recurring("second", every(hours=1), other, run_at_start=True)

@jobs.job(name="other")
def other() -> str:
    return "done"

jobs.recurring("first", every(hours=1), first, run_at_start=True)
"""


@pytest.fixture
def app(tmp_path: Path) -> Application:
    return write(tmp_path / "shop", "shop_recurring", SOURCE)


def test_the_supervisor_registers_what_its_hosts_declare_at_their_start_and_later(app: Application) -> None:
    process = app.start("worker", app.spec)
    try:
        store = open_store(str(app.place))

        def finished() -> bool:
            rows = store.reader.call(store.reader.page(JobFilter())).rows
            return {row.name for row in rows if row.state is State.COMPLETED} == {"first", "other"}

        until(finished, "both schedules ran")
        found = store.reader.call(store.reader.schedules())
        assert [(row.name, row.state, row.run_count) for row in found] == [
            ("first", ScheduleState.ACTIVE, 1),
            ("second", ScheduleState.ACTIVE, 1),
        ]
        store.close()
    finally:
        kill_tree(process.pid)
        said, _ = process.communicate()
    assert "registered 1 schedule: 1 new (first)" in said
    assert "registered 2 schedules: 1 new (second)" in said


def test_a_stand_alone_worker_that_exits_when_idle_fires_what_is_due_first(app: Application) -> None:
    said = app.process("worker", app.spec, "--exit-when-idle")
    assert said.code == 0, said.err
    store = open_store(str(app.place))
    rows = store.reader.call(store.reader.page(JobFilter())).rows
    assert "first" in {row.name for row in rows if row.state is State.COMPLETED}
    store.close()


def test_registering_is_told_in_the_log(jobs: Jobs, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="headway.worker")
    jobs.recurring("a", every(HOUR), jobs.register(lambda: None, name="job"))
    with Worker(jobs):
        pass
    assert "registered 1 schedule: 1 new (a)" in caplog.text


def test_a_worker_that_was_declared_dead_registers_anew_and_goes_on_firing(jobs: Jobs) -> None:
    ran: list[str] = []
    jobs.recurring("often", "* * * * * *", jobs.register(lambda: ran.append("often"), name="job"))
    with Worker(jobs, lease=timedelta(seconds=6)) as worker:
        core = worker._core
        assert core is not None
        until(lambda: ran, "it fires")
        old = core.node.uid
        jobs.store.call(jobs.store.reap(dead=(old,), lease_us=1, beat_us=1))
        until(lambda: core.node.uid != old and core.roster.is_said, "it came back")
        before = len(ran)
        until(lambda: len(ran) > before, "it fires again")
    assert jobs.get_recurring("often").info().state is ScheduleState.ACTIVE


def test_a_node_that_the_store_has_as_dead_fires_nothing(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "store", OwnedClock(), definition())
    assert bench.node.is_known
    bench.store.call(bench.store.reap(dead=(bench.node.uid,), lease_us=1, beat_us=1))
    bench.node.beat(lambda _beat: None, lambda _why: None)
    until(lambda: not bench.node.is_known, "it is told")
    bench.node.enter_again()
    assert bench.node.is_known
    bench.store.close()

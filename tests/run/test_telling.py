"""Start-up hooks, and the hooks that are told how attempts ended."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from headway.model.errors import StartupFailed
from headway.model.event import EventKind, JobEvent
from headway.run.hooks import EVENTS_MAX
from headway.run.host import Host
from headway.run.runner import Batch
from tests.run.stage import WAIT_S, Claims, Company, Recorder, register


def event(number: int = 1, kind: EventKind = EventKind.FAILED) -> JobEvent:
    return JobEvent(kind=kind, id=number, epoch=1, ref_id=f"r-{number}", name="job", queue="default", attempt=1)


class Stage:
    """A company, its host, and what the hooks saw."""

    def __init__(self) -> None:
        self.company = Company()
        self.told = Recorder()
        self.seen: list[Any] = []
        self.changed = threading.Condition()
        self.host = Host(self.company)

    def start(self) -> Host:
        self.host.start(self.told)
        return self.host

    def see(self, what: Any) -> None:
        with self.changed:
            self.seen.append(what)
            self.changed.notify_all()

    def until(self, count: int) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.seen) >= count, WAIT_S), self.seen


@pytest.fixture
def stage() -> Iterator[Stage]:
    one = Stage()
    yield one
    one.host.close(0.5)


def test_each_hook_is_told_of_events_of_its_kind_in_order_and_once(stage: Stage) -> None:
    registry = stage.company.registry
    registry.on_failure.append(lambda one: stage.see(("first", one.id)))
    registry.on_failure.append(lambda one: stage.see(("second", one.id)))
    registry.on_cancel.append(lambda one: stage.see(("cancel", one.id)))
    assert registry.listens() == {EventKind.FAILED, EventKind.CANCELLED}
    stage.start().tell([event(1), event(2, EventKind.RETRYING), event(3, EventKind.CANCELLED)])
    stage.until(3)
    stage.host.close(1)
    assert stage.seen == [("first", 1), ("second", 1), ("cancel", 3)]


def test_nothing_is_listened_to_without_hooks() -> None:
    assert Company().registry.listens() == frozenset()


def test_a_hook_runs_beside_the_bodies_and_an_asynchronous_one_on_their_loop(stage: Stage) -> None:
    threads: dict[str, int] = {}

    @register(stage.company.registry)
    async def body() -> None:
        threads["body"] = threading.get_ident()

    def plain(_: JobEvent) -> None:
        threads["plain"] = threading.get_ident()

    async def awaited(_: JobEvent) -> None:
        await asyncio.wait([asyncio.get_running_loop().create_future()], timeout=0)
        threads["awaited"] = threading.get_ident()
        stage.see("done")

    stage.company.registry.on_failure += [plain, awaited]
    claim = Claims()("body")
    stage.start().give([claim])
    stage.told.ending(claim)
    stage.host.tell([event()])
    stage.until(1)
    assert threads["awaited"] == threads["body"]
    assert threads["plain"] not in {threads["body"], threading.get_ident()}


@pytest.mark.parametrize("error", [ValueError, SystemExit])
def test_an_error_of_a_hook_is_a_warning_and_the_others_are_told(stage: Stage, error: type[BaseException]) -> None:
    def broken(_: JobEvent) -> None:
        raise error("out of order")

    async def abroken(_: JobEvent) -> None:
        raise ValueError("late")

    stage.company.registry.on_failure += [broken, abroken, stage.see]
    stage.start().tell([event(7)])
    stage.until(1)
    stage.told.until(lambda: len(stage.told.warnings) == 2)
    for warning, word in zip(stage.told.warnings, ("out of order", "late"), strict=True):
        assert "broken failed; it was told that job 7 (job) is failed" in warning
        assert word in warning


def test_events_that_hooks_cannot_keep_up_with_are_dropped_and_counted(stage: Stage) -> None:
    entered, gate = threading.Event(), threading.Event()

    def slow(one: JobEvent) -> None:
        entered.set()
        assert gate.wait(WAIT_S)
        stage.see(one.id)

    stage.company.registry.on_failure.append(slow)
    stage.start().tell([event(0)])
    assert entered.wait(WAIT_S)
    stage.host.tell([event(n) for n in range(1, EVENTS_MAX + 4)])
    stage.host.tell([event(9999)])
    stage.told.until(lambda: any("more are dropped" in one for one in stage.told.warnings))
    gate.set()
    stage.until(EVENTS_MAX + 1)
    stage.told.until(lambda: any("4 events were dropped" in one for one in stage.told.warnings))
    assert stage.seen == list(range(EVENTS_MAX + 1))


def test_closing_lets_the_hooks_finish_and_drops_what_takes_too_long(stage: Stage) -> None:
    gate = threading.Event()

    def slow(one: JobEvent) -> None:
        assert gate.wait(WAIT_S)
        stage.see(one.id)

    stage.company.registry.on_failure.append(slow)
    stage.start().tell([event(1), event(2)])
    stage.host.close(0.05)
    assert stage.seen == []
    assert any("1 events were not told" in one for one in stage.told.warnings)
    gate.set()
    stage.until(1)
    stage.host.tell([event(3)])
    assert stage.seen == [1]


def test_start_up_hooks_run_before_the_host_is_ready_higher_priority_first(stage: Stage) -> None:
    async def connect() -> None:
        stage.see(("connect", asyncio.get_running_loop()))

    @register(stage.company.registry)
    async def body() -> None:
        stage.see(("body", asyncio.get_running_loop()))

    stage.company.registry.on_startup += [
        (0, lambda: stage.see(("last", None))),
        (5, connect),
        (9, lambda: stage.see(("first", threading.get_ident()))),
    ]
    stage.start()
    assert [name for name, _ in stage.seen] == ["first", "connect", "last"]
    assert stage.seen[0][1] == threading.get_ident()
    stage.host.give([Claims()("body")])
    stage.until(4)
    assert stage.seen[3] == ("body", stage.seen[1][1])


@pytest.mark.parametrize("is_async", [True, False])
def test_a_start_up_hook_that_raises_stops_the_start(stage: Stage, is_async: bool) -> None:
    def no_pool() -> None:
        raise ConnectionError("no pool")

    async def ano_pool() -> None:
        raise ConnectionError("no pool")

    stage.company.registry.on_startup += [(1, ano_pool if is_async else no_pool), (0, lambda: stage.see("never"))]
    with pytest.raises(StartupFailed, match="no_pool failed: ConnectionError: no pool; the worker did not start"):
        stage.start()
    assert stage.seen == []
    assert not [one.name for one in threading.enumerate() if one.name in {"headway-loop", "headway-watcher"}]


async def test_an_asynchronous_start_up_hook_runs_on_the_loop_that_was_given(stage: Stage) -> None:
    async def connect() -> None:
        stage.see(asyncio.get_running_loop())

    stage.company.registry.on_startup.append((0, connect))
    host = Host(stage.company, loop=asyncio.get_running_loop())
    await asyncio.to_thread(host.start, lambda _batch: None)
    await asyncio.to_thread(host.close, 0.5)
    assert stage.seen == [asyncio.get_running_loop()]


def test_a_loop_that_does_not_turn_yet_is_turned_for_an_asynchronous_start_up_hook(stage: Stage) -> None:
    async def connect() -> None:
        stage.see(asyncio.get_running_loop())

    stage.company.registry.on_startup.append((0, connect))
    loop = asyncio.new_event_loop()
    host = Host(stage.company, loop=loop, owns_loop=True)
    batches: list[Batch] = []
    host.start(batches.append)
    host.close(0.5)
    loop.close()
    assert stage.seen == [loop]

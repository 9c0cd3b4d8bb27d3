"""What becomes of a runner in which something of our own breaks: nothing of it ends unnoticed."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from headway.model.outcome import Ending, EndKind
from headway.run.attempt import Attempt, Key
from headway.run.duty import on_duty
from headway.run.frames import HEADER, FromChild, Spec
from headway.run.host import Host
from headway.run.hostprocess import HostProcess
from headway.run.outbox import Outbox
from headway.run.pipe import PipeRunner
from headway.run.pool import ChildPool
from headway.run.process import ChildProcess, Death
from headway.run.runner import Batch
from headway.run.site import Site
from headway.run.turn import turn
from headway.run.watcher import Watcher
from tests.run.stage import QUICK, WAIT_S, Claims, Company, Recorder, register, wait_for

ROOT = str(Path(__file__).parents[2])
SPEC = Spec("tests.run.troupe:jobs", paths=(ROOT,), settings=QUICK)
QUICKLY_S = 8.0
"""Far below the time-out of the jobs here, which is ten minutes."""


@pytest.fixture
def told() -> Recorder:
    return Recorder()


@pytest.fixture
def host(told: Recorder) -> Iterator[PipeRunner]:
    runner = PipeRunner(SPEC)
    runner.open(WAIT_S)
    runner.start(told)
    yield runner
    runner.close(0.2)


@pytest.fixture
def pool(told: Recorder) -> Iterator[ChildPool]:
    runner = ChildPool(SPEC, size=1)
    runner.start(told)
    yield runner
    runner.close(0.2)


def garble(process: ChildProcess) -> None:
    """Say something that its reader cannot understand."""
    process._channel.send(HEADER.pack(3) + b"???")


def test_a_child_whose_reader_breaks_ends_at_once_and_its_job_with_it(pool: ChildPool, told: Recorder) -> None:
    claim, after = Claims()("sleeps"), Claims()("double", {"n": 2}, epoch=2)
    pool.give([claim])
    told.have_started(claim)
    garble(pool._members[0].process)
    ending = told.ending(claim, QUICKLY_S)
    assert ending.error is not None
    assert (ending.kind, ending.reason) == (
        EndKind.CRASHED,
        "its process ended itself because of a defect (exit status 70)",
    )
    assert "headway-reader broke because of a defect" in ending.error.traceback
    assert "in messages" in ending.error.traceback
    pool.give([after])
    assert told.ending(after).result == "4"


def test_a_host_whose_reader_breaks_ends_at_once_and_is_replaced(host: PipeRunner, told: Recorder) -> None:
    claims = Claims()
    claim, after = claims("asleeps"), claims("double", {"n": 2})
    host.give([claim])
    told.have_started(claim)
    garble(host._members[0].process)
    assert told.ending(claim, QUICKLY_S).kind is EndKind.SUSPECT
    host.give([after])
    assert told.ending(after).result == "4"
    assert any("because of a defect" in text for text in told.warnings)


@pytest.mark.parametrize("name", ["breaks_lane", "abreaks_lane", "closes_loop"])
def test_a_host_process_whose_lane_breaks_ends_at_once(host: PipeRunner, told: Recorder, name: str) -> None:
    claim = Claims()(name)
    host.give([claim])
    ending = told.ending(claim, QUICKLY_S)
    assert (ending.kind, "because of a defect" in (ending.reason or "")) == (EndKind.SUSPECT, True)


class Broken(Host):
    """A host that cannot enter what ended."""

    def _free(self, pairs: Sequence[tuple[Attempt, Ending]]) -> tuple[list[Ending], list[Key], list[Attempt]]:
        raise LookupError("planted")


@pytest.mark.parametrize("name", ["plain", "coroutine"])
def test_a_host_of_the_application_s_own_process_tells_its_worker_that_a_lane_broke(told: Recorder, name: str) -> None:
    company = Company()

    @register(company.registry)
    def plain() -> None:
        pass

    @register(company.registry)
    async def coroutine() -> None:
        pass

    host = Broken(company)
    host.start(told)
    host.give([Claims()(name)])
    words = told.until(lambda: [batch.broken for batch in tuple(told.batches) if batch.broken])
    assert "LookupError: planted" in words[0]
    host.close(0)


def test_a_child_that_cannot_be_heard_is_ended() -> None:
    died = threading.Event()
    deaths: list[Death] = []

    def heard(_process: ChildProcess, _message: FromChild) -> None:
        raise LookupError("planted")

    def buried(_process: ChildProcess, death: Death) -> None:
        deaths.append(death)
        died.set()

    ChildProcess(SPEC, heard=heard, died=buried, monotonic=lambda: 0.0)
    assert died.wait(WAIT_S)
    assert deaths[0].status < 0


def test_a_child_that_closes_its_socket_and_lives_on_is_ended(monkeypatch: pytest.MonkeyPatch, told: Recorder) -> None:
    monkeypatch.setattr("headway.run.process.REAP_S", 0.2)
    claim = Claims()("hangs_up")
    pool = ChildPool(SPEC, size=1)
    pool.start(told)
    pool.give([claim])
    assert told.ending(claim, QUICKLY_S).kind is EndKind.CRASHED
    pool.close(0.2)


class Careless(PipeRunner):
    """Loses what was in a host that died."""

    def _bury(self, member: HostProcess, death: Death, now: float, now_us: int) -> Batch:
        raise LookupError("planted")


def test_a_runner_that_cannot_tell_what_a_dead_process_held_says_that_it_is_broken(told: Recorder) -> None:
    runner = Careless(SPEC)
    runner.open(WAIT_S)
    runner.start(told)
    claim = Claims()("leaves", {"status": 3})
    runner.give([claim])
    assert "planted" in told.until(lambda: [batch.broken for batch in tuple(told.batches) if batch.broken])[0]
    runner.close(0.2)


def test_a_loop_that_was_closed_is_not_turned_for_ever() -> None:
    loop = asyncio.new_event_loop()
    loop.close()
    with pytest.raises(RuntimeError, match="closed"):
        turn(loop, lambda: False)


class Moody:
    """Fails at its first look."""

    def __init__(self) -> None:
        self.looks = 0
        self.again = threading.Event()

    def running(self) -> list[Attempt]:
        self.looks += 1
        if self.looks == 1:
            raise LookupError("planted")
        self.again.set()
        return []

    def time_out(self, attempt: Attempt, now: float) -> None: ...

    def give_up(self, attempt: Attempt) -> None: ...

    def look_at_loop(self, now: float) -> None: ...


def test_a_watcher_that_failed_looks_again(told: Recorder, caplog: pytest.LogCaptureFixture) -> None:
    moody = Moody()
    site = Site.of(Company())
    watcher = Watcher(moody, Outbox(told, site.monotonic), site)
    watcher.start()
    assert moody.again.wait(WAIT_S)
    watcher.close()
    assert "the watcher of a host failed" in caplog.text


def test_what_ends_a_thread_on_duty_is_logged_and_told(caplog: pytest.LogCaptureFixture) -> None:
    told: list[str] = []

    def act(number: int) -> None:
        raise LookupError(number)

    thread = on_duty(act, 5, name="somebody", broken=told.append)
    thread.start()
    thread.join(WAIT_S)
    assert told == ["somebody broke because of a defect: LookupError: 5"]
    assert caplog.records[0].levelno == logging.CRITICAL
    assert caplog.records[0].exc_info is not None


def test_a_thread_on_duty_that_ends_by_itself_says_nothing() -> None:
    told: list[str] = []
    thread = on_duty(lambda: None, name="somebody", broken=told.append)
    thread.start()
    thread.join(WAIT_S)
    assert told == []


def test_a_process_that_dies_before_anybody_hears_it_leaves_no_zombie() -> None:
    died = threading.Event()
    process = ChildProcess(
        SPEC, heard=lambda _process, _message: None, died=lambda _process, _death: died.set(), monotonic=lambda: 0.0
    )
    process.kill()
    assert died.wait(WAIT_S)
    wait_for(lambda: not Path(f"/proc/{process.pid}").exists())
    assert not process.send(Spec("x:y"))
    assert os.getpid() != process.pid

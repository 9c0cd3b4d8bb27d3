"""A worker in which something breaks stops, gives back what it ran and says so; a store that fails is waited for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from headway import Jobs, State, Worker, WorkerBroken
from headway.run.runner import Batch
from headway.worker.fitness import EXIT_BROKEN
from headway.worker.service import Upkeep
from tests.conformance.owned_clock import OwnedClock
from tests.run.stage import WAIT_S, wait_for
from tests.worker.stage import Bench


@pytest.fixture
def jobs(tmp_path: Path) -> Iterator[Jobs]:
    with Jobs(tmp_path / "store", durability="relaxed") as jobs:
        yield jobs


def failing(error: Exception, then: Callable[..., Any] | None = None) -> Callable[..., Any]:
    """An `exchange` that fails; the first time only, if it says how to go on."""
    calls: list[int] = []

    def exchange(*args: Any, **kwargs: Any) -> Any:
        calls.append(1)
        if then is None or len(calls) == 1:
            raise error
        return then(*args, **kwargs)

    return exchange


def test_a_worker_whose_engine_breaks_gives_back_what_runs_and_tells_who_waits(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, end = threading.Event(), threading.Event()

    def body() -> None:
        begun.set()
        end.wait(WAIT_S)

    job = jobs.register(body, name="body")
    running = job.enqueue()
    worker = Worker(jobs, concurrency=2, shutdown_grace=timedelta(seconds=0.1))
    assert not worker.is_working
    worker.start()
    assert begun.wait(WAIT_S)
    assert worker.is_working
    monkeypatch.setattr(jobs.store, "exchange", failing(LookupError("planted")))
    waiting = job.enqueue()  # wakes the engine
    with pytest.raises(WorkerBroken, match="LookupError: planted"):
        worker.wait_idle(WAIT_S)
    assert not worker.is_idle
    assert not worker.is_working
    wait_for(lambda: running.status().state is State.QUEUED)
    wait_for(lambda: [node.state for node in jobs.store.reader.call(jobs.store.reader.nodes())] == ["left"])
    assert (running.status().tries, waiting.status().state) == (0, State.QUEUED)
    end.set()
    worker.stop()
    worker.stop()


def test_a_worker_program_ends_with_a_code_of_its_own_when_something_breaks(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs.store, "exchange", failing(LookupError("planted")))
    ref = jobs.register(lambda: None, name="job").enqueue()
    assert Worker(jobs).run() == EXIT_BROKEN
    assert ref.status().state is State.QUEUED


def test_an_operating_system_that_refuses_something_is_waited_for(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    store = jobs.store
    monkeypatch.setattr(store, "exchange", failing(OSError(24, "too many open files"), store.exchange))
    ref = jobs.register(lambda: 5, name="five").enqueue()
    with Worker(jobs):
        assert ref.result(timeout=WAIT_S) == 5


def test_a_runner_that_broke_ends_its_worker(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench(tmp_path)
    told: list[bool] = []
    bench.engine.fitness.on_defect = lambda: told.append(True)
    bench.host.deliver(Batch(broken="its loop"))
    bench.host.deliver(Batch(broken="its loop again"))
    bench.enqueue()
    bench.turn()
    assert (bench.engine.fitness.defect, bench.engine.fitness.exit_code) == ("its loop", EXIT_BROKEN)
    assert told == [True]
    assert bench.host.given == []
    assert "this worker stops" in caplog.text
    bench.close()


class Wrong:
    """A service that answers no pause the first time."""

    def __init__(self) -> None:
        self.ticks = 0
        self.again = threading.Event()

    def tick(self, now: float) -> timedelta:
        self.ticks += 1
        if self.ticks == 1:
            return None  # type: ignore[return-value]
        self.again.set()
        return timedelta(hours=1)


def test_upkeep_outlives_a_turn_that_failed(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr("headway.worker.service.FAILURE_PAUSE", timedelta(milliseconds=10))
    service = Wrong()
    upkeep = Upkeep([service], OwnedClock(), name="test-upkeep")
    upkeep.start()
    assert service.again.wait(WAIT_S)
    upkeep.stop(WAIT_S)
    assert "a turn of upkeep failed" in caplog.text

"""Jobs alone in child processes: how they end, are stopped and are killed."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from headway.model.outcome import EndKind
from headway.run.frames import Spec
from headway.run.pool import ChildPool
from headway.run.runner import StopAttempt, StopReason
from tests.run.stage import QUICK, Claims, Recorder, wait_for

SPEC = Spec("tests.run.troupe:jobs", paths=(str(Path(__file__).parents[2]),), settings=QUICK)


class Stage:
    """A pool with its recorder."""

    def __init__(self) -> None:
        self.told = Recorder()
        self.claim = Claims()
        self.pools: list[ChildPool] = []

    def pool(self, spec: Spec = SPEC, **options: Any) -> ChildPool:
        pool = ChildPool(spec, **{"size": 1, **options})
        pool.start(self.told)
        self.pools.append(pool)
        return pool


@pytest.fixture
def stage() -> Iterator[Stage]:
    one = Stage()
    yield one
    for pool in one.pools:
        pool.close(0.2)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_runs_plain_functions_and_coroutines_in_one_warm_child(stage: Stage) -> None:
    pool = stage.pool()
    claims = [
        stage.claim("double", {"n": 4}),
        stage.claim("adouble", {"n": 5}),
        stage.claim("current"),
        stage.claim("pid"),
        stage.claim("pid"),
    ]
    pool.give(claims)
    endings = [stage.told.ending(claim) for claim in claims]
    assert [one.kind for one in endings] == [EndKind.RETURNED] * 5
    assert [one.result for one in endings[:3]] == ["8", "10", str(claims[2].id)]
    assert endings[3].result == endings[4].result == str(pool.pids[0])
    assert endings[3].result != str(os.getpid())


def test_failures_travel_with_their_traceback(stage: Stage) -> None:
    claim = stage.claim("fails")
    stage.pool().give([claim])
    ending = stage.told.ending(claim)
    assert ending.error is not None
    assert (ending.kind, ending.error.type, ending.error.message) == (EndKind.RAISED, "ValueError", "no")
    assert 'raise ValueError("no")' in ending.error.traceback


@pytest.mark.parametrize(
    ("name", "error"),
    [("raises_exit", "SystemExit"), ("araises_exit", "SystemExit"), ("interrupts", "KeyboardInterrupt")],
)
def test_an_exit_raised_in_a_child_is_a_failure_and_the_child_stays(stage: Stage, name: str, error: str) -> None:
    claim, after = stage.claim(name), stage.claim("double", {"n": 1})
    pool = stage.pool()
    pool.give([claim])
    ending = stage.told.ending(claim)
    assert ending.error is not None
    assert (ending.kind, ending.error.type) == (EndKind.RAISED, error)
    (pid,) = pool.pids
    pool.give([after])
    stage.told.ending(after)
    assert pool.pids == (pid,)


@pytest.mark.parametrize(
    ("name", "payload", "reason", "fault"),
    [
        ("leaves", {"status": 0}, "exited with status 0", ""),
        ("leaves", {"status": 3}, "exited with status 3", ""),
        ("segfaults", {}, "SIGSEGV", "Segmentation fault"),
        ("aborts", {}, "SIGABRT", "Aborted"),
        ("killed", {}, "SIGKILL", ""),
    ],
)
def test_a_child_that_dies_is_a_crash_that_says_how(
    stage: Stage, name: str, payload: dict[str, int], reason: str, fault: str
) -> None:
    claim, waiting = stage.claim(name, payload), stage.claim("double", {"n": 1})
    stage.pool().give([claim, waiting])
    ending = stage.told.ending(claim)
    assert ending.error is not None
    assert ending.kind is EndKind.CRASHED
    assert reason in (ending.reason or "")
    assert fault in ending.error.traceback
    assert bool(fault) == ("troupe.py" in ending.error.traceback)
    assert stage.told.ending(waiting).result == "2"


def test_a_child_that_dies_takes_its_grandchildren_and_its_end_is_not_delayed_by_them(
    stage: Stage, tmp_path: Path
) -> None:
    noted = tmp_path / "pid"
    claim = stage.claim("spawns", {"path": str(noted)})
    stage.pool().give([claim])
    ending = stage.told.ending(claim, 5)
    assert (ending.kind, "status 7" in (ending.reason or "")) == (EndKind.CRASHED, True)
    grandchild = int(noted.read_text())
    wait_for(lambda: not is_alive(grandchild), 5)


def test_programs_that_a_job_starts_can_be_terminated(stage: Stage) -> None:
    claim = stage.claim("terminates_a_program")
    stage.pool().give([claim])
    assert stage.told.ending(claim).result == str(-signal.SIGTERM)


def test_a_child_that_died_idle_costs_no_job_a_crash(stage: Stage) -> None:
    first, second = stage.claim("pid"), stage.claim("double", {"n": 2})
    pool = stage.pool()
    pool.give([first])
    stage.told.ending(first)
    (pid,) = pool.pids
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not is_alive(pid))
    pool.give([second])
    assert stage.told.ending(second).result == "4"


def test_memory_over_the_limit_is_a_failure_with_a_traceback(stage: Stage) -> None:
    settings = msgspec.structs.replace(QUICK, memory_limit_bytes=4 << 30)
    claim = stage.claim("hungry")
    stage.pool(msgspec.structs.replace(SPEC, settings=settings)).give([claim])
    ending = stage.told.ending(claim)
    assert ending.error is not None
    assert (ending.kind, ending.error.type) == (EndKind.RAISED, "MemoryError")


@pytest.mark.parametrize("name", ["sleeps", "asleeps"])
def test_a_stop_interrupts_a_sleeping_body_and_the_child_stays(stage: Stage, name: str) -> None:
    claim = stage.claim(name)
    pool = stage.pool()
    pool.give([claim])
    stage.told.have_started(claim)
    (pid,) = pool.pids
    pool.stop([StopAttempt(claim.id, claim.epoch, StopReason.CANCEL)])
    assert stage.told.ending(claim, 2).kind is EndKind.CANCELLED
    assert pool.pids == (pid,)


def test_a_time_out_interrupts_a_blocking_call(stage: Stage) -> None:
    claim = stage.claim("too_long")
    stage.pool().give([claim])
    ending = stage.told.ending(claim, 5)
    assert (ending.kind, ending.code, ending.delay_us) == (EndKind.TIMED_OUT, "timeout", 1_000_000)


def test_a_body_that_ignores_sigterm_is_killed_after_its_grace(stage: Stage) -> None:
    claim, waiting = stage.claim("deaf"), stage.claim("double", {"n": 1})
    pool = stage.pool()
    pool.give([claim, waiting])
    stage.told.have_started(claim)
    (pid,) = pool.pids
    ending = stage.told.ending(claim, 10)
    assert (ending.kind, ending.code) == (EndKind.TIMED_OUT, "timeout")
    assert not is_alive(pid)
    (warning,) = stage.told.warnings
    assert warning.startswith(
        f"job {claim.id} (deaf) was asked to stop (timeout) and ignored it: its process was killed"
    )
    assert stage.told.ending(waiting).result == "2"


def test_words_of_a_child_reach_the_report(stage: Stage) -> None:
    claim = stage.claim("talks")
    stage.pool().give([claim])
    stage.told.ending(claim)
    assert [line.text for line in stage.told.lines(claim.id)] == ["hello from the child", "a helper says"]
    said = [(one.fraction, one.message, one.checkpoint) for one in stage.told.reports if one.fraction is not None]
    assert said == [(0.5, "half", '{"at":5}')]


def test_children_are_replaced_after_so_many_jobs(stage: Stage) -> None:
    claims = [stage.claim("pid") for _ in range(4)]
    stage.pool(recycle_after=2).give(claims)
    pids = [stage.told.ending(claim).result for claim in claims]
    assert (pids[0] == pids[1], pids[2] == pids[3], pids[1] == pids[2]) == (True, True, False)
    assert {one.kind for one in stage.told.endings} == {EndKind.RETURNED}


def test_release_gives_back_what_waits_for_a_child(stage: Stage) -> None:
    running, waiting = stage.claim("sleeps"), stage.claim("double", {"n": 1})
    pool = stage.pool()
    pool.give([running])
    stage.told.have_started(running)
    pool.give([waiting])
    pool.release()
    assert stage.told.ending(waiting).kind is EndKind.RELEASED


def test_close_is_bounded_and_gives_back_what_ran(stage: Stage) -> None:
    polite, deaf = stage.claim("sleeps"), stage.claim("deaf", options='{"timeout_us":null}')
    pool = stage.pool(size=2)
    pool.give([polite, deaf])
    stage.told.have_started(polite, deaf)
    pids = pool.pids
    pool.close(0.5)
    assert {one.id: one.kind for one in stage.told.endings} == {polite.id: EndKind.RELEASED, deaf.id: EndKind.RELEASED}
    assert [is_alive(pid) for pid in pids] == [False, False]


def test_an_application_that_cannot_be_imported_is_told_and_the_claim_kept(stage: Stage) -> None:
    claim = stage.claim("double", {"n": 1})
    pool = stage.pool(Spec("tests.run.nowhere:jobs", paths=SPEC.paths))
    pool.give([claim])
    stage.told.until(lambda: any("No module named 'tests.run.nowhere'" in text for text in stage.told.warnings))
    assert stage.told.endings == []
    pool.close(0.2)
    assert stage.told.ending(claim).kind is EndKind.RELEASED

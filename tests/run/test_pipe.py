"""A host behind a pipe: who is a suspect, who is not, and how a stuck host is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from headway.model.handler import RunIn
from headway.model.outcome import EndKind
from headway.run.frames import Spec
from headway.run.pipe import PipeRunner, Rhythm
from headway.run.runner import StopAttempt, StopReason
from headway.run.unavailable import HostUnavailable
from tests.run.stage import QUICK, Claims, Recorder, wait_for

ROOT = str(Path(__file__).parents[2])
SPEC = Spec("tests.run.troupe:jobs", paths=(ROOT,), settings=QUICK, concurrency=4)
BRISK = Rhythm(tick_s=0.02, silent_s=0.5, mute_s=0.4, late_s=0.1, retire_s=1.0)


class Stage:
    """A runner with its recorder."""

    def __init__(self) -> None:
        self.told = Recorder()
        self.claim = Claims()
        self.runners: list[PipeRunner] = []

    def runner(self, spec: Spec = SPEC, rhythm: Rhythm = BRISK) -> PipeRunner:
        runner = PipeRunner(spec, rhythm=rhythm)
        self.runners.append(runner)
        runner.open(15)
        runner.start(self.told)
        return runner


@pytest.fixture
def stage() -> Iterator[Stage]:
    one = Stage()
    yield one
    for runner in one.runners:
        runner.close(0.2)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_open_says_what_the_application_is() -> None:
    runner = PipeRunner(SPEC)
    hello = runner.open(15)
    (pid,) = runner.pids
    assert (hello.pid, hello.place, hello.settings) == (pid, "/somewhere/.headway", '{"x":1}')
    assert {one.name: one.run_in for one in hello.handlers}["adouble"] is RunIn.LOOP
    runner.close(1)
    assert runner.pids == ()
    assert not is_alive(pid)


@pytest.mark.parametrize(
    ("application", "words"),
    [
        ("tests.run.nowhere:jobs", "No module named"),
        ("tests.run.troupe:nothing", "has no nothing"),
        ("tests.run.troupe:os", "not a Jobs"),
        ("nonsense", "write module:attribute"),
    ],
)
def test_an_application_that_cannot_be_loaded_is_an_error_with_its_traceback(application: str, words: str) -> None:
    runner = PipeRunner(Spec(application, paths=(ROOT,)))
    with pytest.raises(HostUnavailable, match=words) as caught:
        runner.open(15)
    assert "Traceback" in caught.value.traceback
    assert runner.pids == ()


def test_runs_many_jobs_of_both_kinds(stage: Stage) -> None:
    claims = [stage.claim("double" if n % 2 else "adouble", {"n": n}) for n in range(500)]
    stage.runner().give(claims)
    stage.told.until(lambda: len(stage.told.endings) == 500)
    assert {one.id: one.result for one in stage.told.endings} == {
        claim.id: str(2 * n) for n, claim in enumerate(claims)
    }


@pytest.mark.parametrize("name", ["raises_exit", "araises_exit", "interrupts"])
def test_an_exit_raised_in_a_host_is_a_failure_and_the_host_lives(stage: Stage, name: str) -> None:
    claim, after = stage.claim(name), stage.claim("adouble", {"n": 1})
    runner = stage.runner()
    pids = runner.pids
    runner.give([claim, after])
    assert stage.told.ending(claim).kind is EndKind.RAISED
    assert stage.told.ending(after).kind is EndKind.RETURNED
    assert runner.pids == pids


@pytest.mark.parametrize(
    ("name", "payload", "reason"),
    [("leaves", {"status": 0}, "status 0"), ("segfaults", {}, "SIGSEGV"), ("aborts", {}, "SIGABRT")],
)
def test_a_host_that_dies_makes_all_in_it_suspects_and_is_replaced(
    stage: Stage, name: str, payload: dict[str, int], reason: str
) -> None:
    neighbour, culprit, after = stage.claim("asleeps"), stage.claim(name, payload), stage.claim("double", {"n": 1})
    runner = stage.runner()
    runner.give([neighbour])
    stage.told.have_started(neighbour)
    runner.give([culprit])
    for claim in (neighbour, culprit):
        ending = stage.told.ending(claim)
        assert (ending.kind, reason in (ending.reason or "")) == (EndKind.SUSPECT, True)
    runner.give([after])
    assert stage.told.ending(after).result == "2"
    assert any("died" in text and reason in text for text in stage.told.warnings)


def test_a_stop_reaches_a_coroutine_in_the_host(stage: Stage) -> None:
    claim = stage.claim("asleeps")
    runner = stage.runner()
    runner.give([claim])
    stage.told.have_started(claim)
    runner.stop([StopAttempt(claim.id, claim.epoch, StopReason.CANCEL)])
    assert stage.told.ending(claim, 2).kind is EndKind.CANCELLED


def test_a_blocked_loop_is_timed_out_then_its_host_killed_and_neighbours_released(stage: Stage) -> None:
    neighbour, culprit, after = stage.claim("asleeps"), stage.claim("blocks_loop"), stage.claim("double", {"n": 3})
    runner = stage.runner()
    (old,) = runner.pids
    runner.give([neighbour])
    stage.told.have_started(neighbour)
    runner.give([culprit])
    ending = stage.told.ending(culprit, 10)
    assert (ending.kind, ending.code) == (EndKind.TIMED_OUT, "timeout")
    assert stage.told.ending(neighbour, 10).kind is EndKind.RELEASED
    wait_for(lambda: not is_alive(old))
    runner.give([after])
    assert stage.told.ending(after, 10).result == "6"
    assert any("blocks_loop" in text and "has not turned" in text for text in stage.told.warnings)


def test_a_held_gil_is_timed_out_from_outside_and_its_host_killed(stage: Stage) -> None:
    neighbour, culprit, after = stage.claim("asleeps"), stage.claim("holds_gil"), stage.claim("double", {"n": 3})
    runner = stage.runner()
    (old,) = runner.pids
    runner.give([neighbour])
    stage.told.have_started(neighbour)
    runner.give([culprit])
    ending = stage.told.ending(culprit, 10)
    assert (ending.kind, ending.code) == (EndKind.TIMED_OUT, "timeout")
    assert stage.told.ending(neighbour, 10).kind is EndKind.RELEASED
    wait_for(lambda: not is_alive(old))
    runner.give([after])
    assert stage.told.ending(after, 10).result == "6"
    assert any("has shown no life" in text for text in stage.told.warnings)


def test_a_thread_that_ignores_its_stop_retires_the_host_and_neighbours_may_finish(
    stage: Stage, tmp_path: Path
) -> None:
    go_on = tmp_path / "go on"
    neighbour, culprit = stage.claim("awaits_file", {"path": str(go_on)}), stage.claim("too_long")
    # Patient: a host that a busy machine keeps waiting must not count as stuck.
    calm = msgspec.structs.replace(SPEC, settings=msgspec.structs.replace(QUICK, blocked_after_s=60.0))
    runner = stage.runner(calm, Rhythm(tick_s=0.02, silent_s=60.0, mute_s=60.0, retire_s=60.0))
    (old,) = runner.pids
    runner.give([neighbour, culprit])
    assert stage.told.ending(culprit, 10).kind is EndKind.TIMED_OUT
    wait_for(lambda: len(runner.pids) == 2)
    assert old in runner.pids
    after = stage.claim("pid")
    wait_for(lambda: runner._active() is not None)
    runner.give([after])
    assert stage.told.ending(after, 10).result != str(old)
    go_on.touch()
    assert stage.told.ending(neighbour, 10).result == '"found"'
    wait_for(lambda: not is_alive(old))


def test_a_retiring_host_is_killed_when_its_time_is_over_and_the_rest_released(stage: Stage) -> None:
    neighbour, culprit = stage.claim("asleeps"), stage.claim("too_long")
    runner = stage.runner()
    (old,) = runner.pids
    runner.give([neighbour, culprit])
    assert stage.told.ending(culprit, 10).kind is EndKind.TIMED_OUT
    ending = stage.told.ending(neighbour, 10)
    assert (ending.kind, ending.code) == (EndKind.RELEASED, "host_killed")
    wait_for(lambda: not is_alive(old))


def test_release_gives_back_what_the_host_has_not_started(stage: Stage) -> None:
    running = [stage.claim("asleeps") for _ in range(4)]
    waiting = [stage.claim("double", {"n": 1}) for _ in range(3)]
    runner = stage.runner()
    runner.give([*running, *waiting])
    stage.told.have_started(*running)
    runner.release()
    for claim in waiting:
        assert stage.told.ending(claim).kind is EndKind.RELEASED
    assert len(stage.told.endings) == 3


def test_close_is_bounded_also_with_a_body_that_hears_nothing(stage: Stage) -> None:
    deaf, polite = stage.claim("sleeps"), stage.claim("asleeps")
    runner = stage.runner()
    runner.give([deaf, polite])
    stage.told.have_started(deaf, polite)
    pids = runner.pids
    began = time.monotonic()
    runner.close(0.3)
    assert time.monotonic() - began < 4
    assert {one.id: one.kind for one in stage.told.endings} == {deaf.id: EndKind.RELEASED, polite.id: EndKind.RELEASED}
    assert [is_alive(pid) for pid in pids] == [False]


def test_signals_of_a_terminal_or_a_service_manager_do_not_end_a_host(stage: Stage) -> None:
    runner = stage.runner()
    (pid,) = runner.pids
    os.kill(pid, signal.SIGINT)
    os.kill(pid, signal.SIGTERM)
    claim = stage.claim("pid")
    runner.give([claim])
    assert stage.told.ending(claim).result == str(pid)


def test_children_die_with_their_parent() -> None:
    program = (
        "import sys, time; from tests.run.test_pipe import SPEC, PipeRunner\n"
        "runner = PipeRunner(SPEC); runner.open(15); print(runner.pids[0], flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, cwd=ROOT, text=True)
    assert parent.stdout is not None
    with parent.stdout:
        pid = int(parent.stdout.readline())
        assert is_alive(pid)
        parent.kill()
        parent.wait()
    wait_for(lambda: not is_alive(pid), 5)


def test_a_script_is_imported_by_its_path_under_its_own_name(tmp_path: Path) -> None:
    script = tmp_path / "shop.py"
    script.write_text(
        "from tests.run.stage import Company\njobs = Company(url=__name__)\nif __name__ == '__main__': 1 / 0\n"
    )
    runner = PipeRunner(msgspec.structs.replace(SPEC, application="shop:jobs", main=str(script)))
    assert runner.open(15).place == "shop"
    runner.close(1)


def test_the_parents_side_imports_no_event_loop() -> None:
    program = "import sys, headway.run.pipe, headway.run.pool; print('asyncio' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"

"""What becomes of workers whose store is copied away under them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from headway import Jobs, State, Worker
from headway.store.moving.move import Move, move
from tests.acceptance.moments import until
from tests.moving.stores import place_of

BEAT = timedelta(milliseconds=200)
PROCESS_S = 40.0
"""For a process of its own, on a busy machine."""
APPLICATION = """
import headway

jobs = headway.Jobs()


@jobs.job
def note(number: int) -> int:
    return number
"""


@pytest.fixture(params=["sqlite-to-postgres", "postgres-to-sqlite"])
def places(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str]:
    one, other = str(request.param).split("-to-")
    return place_of(one, tmp_path / "source"), place_of(other, tmp_path / "target")


def copied(source: str, target: str) -> None:
    move(source, target, Move(), tell=lambda *_: None, say=lambda _: None)


def note(number: int) -> int:
    return number


def test_an_embedded_worker_stops_and_says_that_it_does_not_work(
    places: tuple[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    source, target = places
    with Jobs(source) as jobs, Worker(jobs, beat=BEAT, lease=BEAT * 10, sweep=BEAT, margin=BEAT * 2) as worker:
        jobs.register(note, name="note")
        assert worker.is_working
        copied(source, target)
        assert until(lambda: not worker.is_working)
    assert any("has moved to" in record.getMessage() for record in caplog.records if record.levelname == "CRITICAL")


@pytest.mark.timeout(120)
def test_worker_processes_end_with_the_new_place_and_their_jobs_go_on_there(
    places: tuple[str, str], tmp_path: Path
) -> None:
    source, target = places
    (tmp_path / "shop.py").write_text(APPLICATION)
    with Jobs(source) as jobs:
        call = jobs.register(note, name="shop:note")
        done = [call.enqueue(number) for number in range(20)]
        with processes(tmp_path, source) as workers:
            assert until(
                lambda: all(jobs.get(ref.id).status().state is State.COMPLETED for ref in done), seconds=PROCESS_S
            )
            late = call.using(run_after=timedelta(hours=1)).enqueue(7)
            copied(source, target)
            said = [worker.communicate(timeout=PROCESS_S)[0] for worker in workers]
            assert [worker.returncode for worker in workers] == [4, 4], said
            assert all("has moved to" in text for text in said), said
    with Jobs(target) as jobs:
        jobs.register(note, name="shop:note")
        assert [jobs.get(ref.id).status().state for ref in done] == [State.COMPLETED] * len(done)
        jobs.revise(late.id, run_after=timedelta(0))
        with processes(tmp_path, target):
            assert until(lambda: jobs.get(late.id).status().state is State.COMPLETED, seconds=PROCESS_S)
        assert jobs.get(late.id).result() == 7


@contextmanager
def processes(folder: Path, place: str) -> Iterator[list[subprocess.Popen[str]]]:
    """Two workers of their own, which are ended with the block."""
    words = [sys.executable, "-m", "headway", "worker", "shop:jobs", "--concurrency", "2"]
    environment = {**os.environ, "HEADWAY_URL": place, "PYTHONPATH": str(folder)}
    started = [
        subprocess.Popen(
            words, cwd=folder, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        for _ in range(2)
    ]
    try:
        yield started
    finally:
        for one in started:
            one.terminate()
            one.communicate(timeout=PROCESS_S)

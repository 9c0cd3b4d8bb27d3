"""Workers that are started before the copy into their store is whole."""

import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from headway import Jobs, State, StoreMoved, Worker
from headway.model.claim import NewJob
from headway.store.moving import fence, filling
from headway.store.moving.move import Who, release
from headway.store.moving.sides import opened
from headway.store.open import open_store
from headway.worker.admission import enter_when_open, wait_until_open
from tests.acceptance.moments import until
from tests.cli.stage import run
from tests.moving.stores import place_of
from tests.moving.workers import PROCESS_S, started

APPLICATION = """
import headway

jobs = headway.Jobs()


@jobs.job
def note(number: int) -> int:
    return number
"""
WORKER = ("-m", "headway", "worker", "shop:jobs", "--concurrency", "2", "--processes")
SHAPES = [("sqlite", "1"), ("sqlite", "0"), ("postgres", "1"), ("postgres", "0")]
WAITS = "the worker waits and begins when it can: the store {} is being filled by a copy from /old/place, started 20"


def begin_a_copy(place: str) -> None:
    with opened(place) as side:
        filling.begin(side, "interrupted", "/old/place")


def note(number: int) -> int:
    return number


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("kind", "hosts"), SHAPES)
def test_a_worker_process_waits_and_works_when_the_store_is_open(kind: str, hosts: str, tmp_path: Path) -> None:
    place = place_of(kind, tmp_path)
    begin_a_copy(place)
    (tmp_path / "shop.py").write_text(APPLICATION)
    with Jobs(place) as jobs:
        call = jobs.register(note, name="shop:note")
        with started(tmp_path, place, [*WORKER, hosts], name="worker") as worker:
            worker.says(WAITS.format(jobs.store.place))
            release(place)
            ref = call.enqueue(7)
            assert until(lambda: jobs.get(ref.id).status().state is State.COMPLETED, seconds=PROCESS_S), worker.said()
            assert worker.stop() == 0


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("kind", "hosts"), SHAPES[:2])
def test_one_that_waits_can_be_stopped(kind: str, hosts: str, tmp_path: Path) -> None:
    place = place_of(kind, tmp_path)
    begin_a_copy(place)
    (tmp_path / "shop.py").write_text(APPLICATION)
    with started(tmp_path, place, [*WORKER, hosts], name="worker") as worker:
        worker.says("the worker waits and begins when it can")
        assert worker.stop() == 0


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_an_embedded_one_is_refused_and_starts_nothing(kind: str, tmp_path: Path) -> None:
    place = place_of(kind, tmp_path)
    begin_a_copy(place)
    with Jobs(place) as jobs:
        jobs.register(note, name="note")
        worker = Worker(jobs)
        with pytest.raises(StoreMoved, match="is being filled by a copy from /old/place"):
            worker.start()
        assert not worker.is_working


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_source_that_is_copied_is_waited_for_until_it_has_moved(kind: str, tmp_path: Path) -> None:
    place = place_of(kind, tmp_path)
    with opened(place) as side:
        stands = fence.drain(side, fence.Fence(uid="a", target="/new", since_us=0))
        stands = fence.close(side, stands, Who().did("copy"), force=False)
        looked = threading.Event()
        store = open_store(place)

        def wait() -> None:
            wait_until_open(store, threading.Event(), look_s=0.01)
            looked.set()

        waiting = threading.Thread(target=wait)
        waiting.start()
        assert not looked.wait(0.2)
        fence.say_moved(side, stands)
        assert looked.wait(PROCESS_S)
        waiting.join()
        store.close()


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_check_says_that_the_store_is_closed_and_why(kind: str, tmp_path: Path) -> None:
    place = place_of(kind, tmp_path)
    begin_a_copy(place)
    (finding,) = [one for one in run("check", "--json", "--store", place).json["findings"] if one["topic"] == "claims"]
    assert finding["level"] == "warning"
    assert finding["what"].startswith("closed: the store is being filled by a copy from /old/place, started 20")
    assert "headway copy PLACE --release" in finding["advice"]


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_one_that_looked_before_the_copy_began_waits_all_the_same(kind: str, tmp_path: Path) -> None:
    """Between its look and its entering the door was closed."""
    place = place_of(kind, tmp_path)
    begin_a_copy(place)
    tries = []
    with Jobs(place) as jobs:

        def patience() -> bool:
            tries.append(1)
            if len(tries) > 1:
                release(place)
            return True

        enter_when_open(partial(put, jobs), patience)
        assert (len(tries), jobs.counts()[State.QUEUED]) == (2, 1)


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
@pytest.mark.parametrize("patience", [None, lambda: False], ids=["none", "used up"])
def test_whoever_has_no_patience_is_refused_at_once(
    kind: str, patience: Callable[[], bool] | None, tmp_path: Path
) -> None:
    place = place_of(kind, tmp_path)
    begin_a_copy(place)
    with Jobs(place) as jobs, pytest.raises(StoreMoved):
        enter_when_open(partial(put, jobs), patience)


def put(jobs: Jobs) -> None:
    jobs.store.call(jobs.store.enqueue([NewJob(ref_id="r", name="note", payload="{}")]))

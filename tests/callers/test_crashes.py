"""Processes killed around commits: nothing that was committed is lost, and an effect happens once."""

import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from faults.scene import Process, Scene, wait_until
from faults.tree import kill_tree
from headway import Jobs, State
from tests.acceptance.moments import WAIT_S, until

APPLICATION = "tests.callers.application:jobs"
ENQUEUES = """
import os, signal, sys
from tests.callers.application import jobs, ships
if jobs.url.startswith("postgresql"):
    import psycopg
    connection = psycopg.connect(jobs.url)
else:
    import sqlite3
    connection = sqlite3.connect(jobs.url.removeprefix("sqlite:///"))
connection.execute("INSERT INTO orders VALUES (7)")
print(jobs.within(connection).enqueue(ships, 7).ref_id, flush=True)
if sys.argv[1:] == ["commit"]:
    connection.commit()
os.kill(os.getpid(), signal.SIGKILL)
"""


@dataclass
class Place:
    """A database with the application's table in it, and processes on it."""

    scene: Scene
    url: str
    jobs: Jobs
    orders: Callable[[], list[int]]

    @property
    def diary(self) -> Path:
        return self.scene.folder / "diary"

    def lines(self) -> list[str]:
        return self.diary.read_text().splitlines() if self.diary.exists() else []

    def start(self, *words: str) -> Process:
        return self.scene.start(words, environment={"HEADWAY_URL": self.url, "CALLERS_DIARY": str(self.diary)})

    def work(self) -> Process:
        return self.start("-m", "faults.worker", "1.5", "--application", APPLICATION, "--archive-after", "3600")


@pytest.fixture(params=["postgresql", "sqlite"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    with Scene(tmp_path / "scene") as scene:
        scene.folder.mkdir()
        if request.param == "postgresql":
            url, jobs = request.getfixturevalue("url"), request.getfixturevalue("jobs")
            yield Place(scene, url, jobs, request.getfixturevalue("orders"))
        else:
            shop = request.getfixturevalue("shop")

            def read() -> list[int]:
                with closing(sqlite3.connect(shop)) as connection:
                    return [row[0] for row in connection.execute("SELECT number FROM orders").fetchall()]

            yield Place(scene, f"sqlite:///{shop}", request.getfixturevalue("shop_jobs"), read)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("commits", [True, False])
def test_an_enqueuer_that_dies_around_its_commit(place: Place, commits: bool) -> None:
    died = place.start("-c", ENQUEUES, *(["commit"] if commits else []))
    assert died.ended() == -signal.SIGKILL, died.text
    place.work()
    later = place.jobs.enqueue_by_name("ships", {"number": 8}, allow_unknown=True)
    assert later.result(WAIT_S) == 8
    ref = died.text.split()[0]
    assert place.orders() == ([7] if commits else [])
    if commits:
        assert place.jobs.get(ref).result(WAIT_S) == 7
    else:
        assert place.jobs.wake() == 0
        assert place.jobs.list().total == 1


@pytest.mark.timeout(60)
@pytest.mark.parametrize("how", ["host", "tree"])
@pytest.mark.parametrize("at", ["inside", "behind"])
def test_a_body_that_dies_around_its_commit(place: Place, at: str, how: str) -> None:
    ref = place.jobs.enqueue_by_name("pays", {"at": at, "how": how}, allow_unknown=True, retries=3)
    worker = place.work()
    wait_until(lambda: "there" in place.lines(), lambda: f"the body comes there: {worker.text}")
    if how == "tree":
        kill_tree(worker.pid)
        worker.popen.wait(WAIT_S)
        place.work()
    result = ref.result(WAIT_S)
    bodies = [line for line in place.lines() if line.startswith("body")]
    if at == "behind":
        assert (result, place.orders(), bodies) == ("order 1", [1], ["body 1"])
        assert ref.status().state is State.COMPLETED
    else:
        assert (result, place.orders(), bodies) == ("order 2", [2], ["body 1", "body 2"])


@pytest.mark.timeout(60)
def test_a_host_awaits_it_and_what_it_enqueued_runs(
    url: str, jobs: Jobs, orders: Callable[[], list[int]], tmp_path: Path
) -> None:
    with Scene(tmp_path / "scene") as scene:
        scene.folder.mkdir()
        place = Place(scene, url, jobs, orders)
        place.work()
        ref = jobs.enqueue_by_name("moves", {}, allow_unknown=True)
        shipped = jobs.get(until(lambda: ref.result(WAIT_S)))
        assert (shipped.result(WAIT_S), orders()) == (7, [7])


@pytest.mark.timeout(60)
def test_a_commit_elsewhere_starts_the_job_at_once(url: str, jobs: Jobs, heard: str, tmp_path: Path) -> None:
    """Not after the worker's next look, which it makes once a second."""
    with Scene(tmp_path / "scene") as scene:
        scene.folder.mkdir()
        Place(scene, heard, jobs, list).work()
        ships = jobs.register(lambda number: number, name="ships")
        assert ships.enqueue(1).result(WAIT_S) == 1
        waits = []
        for number in range(11):
            with psycopg.connect(url) as connection:
                ref = jobs.within(connection).enqueue(ships, number)
            row = jobs.store.reader.call(jobs.store.reader.job(ref.ref_id, app="default"))
            begun = jobs.clock.monotonic()
            until(lambda ref=ref: row_ended(jobs, ref.ref_id), "the job has run")
            waits.append(jobs.clock.monotonic() - begun)
            assert row is None or row.ref_id == ref.ref_id
        assert sorted(waits)[5] < 0.3, waits


def row_ended(jobs: Jobs, ref_id: str) -> bool:
    """Only looks: admits nothing."""
    row = jobs.store.reader.call(jobs.store.reader.job(ref_id, app="default"))
    return row is not None and row.state is State.COMPLETED

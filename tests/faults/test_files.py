"""Disks that are full or fail, and files that somebody takes away: nothing acknowledged is lost, and it says what is wrong."""

import re
import resource
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from faults.scene import Scene, wait_until
from headway.model.claim import NewJob
from headway.model.errors import StoreFull, StoreUnavailable
from headway.store.open import open_store
from headway.store.protocol import Operation
from headway.store.sqlite import month
from headway.store.sqlite.connect import open_archive
from headway.store.sqlite.month import month_file

BIG = "x" * 20_000
PAGES_FREE = 20
LOG_ROOM_BYTES = 200_000
LITTLE_BYTES = 20_000
"""Enough for what a worker says, and less than its store's log already has."""


def pragma(scene: Scene, text: str) -> int:
    """Ask the writing connection, on its own thread."""

    def run(tx: Any) -> int:
        return int(tx.connection.execute(f"PRAGMA {text}").fetchall()[0][0])

    return scene.store.call(Operation("pragma", run, alone=True))


@contextmanager
def full_disk(scene: Scene) -> Iterator[None]:
    """The database cannot grow: SQLite answers as it does when the disk is full."""
    pragma(scene, f"max_page_count={pragma(scene, 'page_count') + PAGES_FREE}")
    yield
    pragma(scene, "max_page_count=1000000")


def fill(scene: Scene) -> list[int]:
    """Enqueue until the store refuses; what it had acknowledged."""
    acknowledged: list[int] = []

    def go_on() -> None:
        while True:
            acknowledged.extend(scene.put_many([("rests", {"s": 0, "why": BIG})] * 2))

    with pytest.raises(StoreFull, match=r"no space left for the store .*; nothing accepted was lost"):
        go_on()
    return acknowledged


def test_a_full_disk_refuses_new_jobs_whole_keeps_the_old_ones_and_needs_no_restart(scene: Scene) -> None:
    with full_disk(scene):
        acknowledged = fill(scene)
        counts = scene.store.reader.call(scene.store.reader.counts())
        assert sum(counts.values()) == len(acknowledged) > 0, "both jobs of the refused call are missing"
        assert all(scene.state(job) == "queued" for job in acknowledged)
    assert scene.state(scene.put("rests", s=0)) == "queued"
    assert scene.breaches() == []


WRITES_WITH_LIMIT = """
import os, resource, sys
from headway.store.open import open_store
from headway.model.claim import NewJob
from headway.model.errors import StoreError
store = open_store(os.environ["FAULTS_STORE"])
log = os.environ["FAULTS_STORE"] + "/jobs.db-wal"
def put(number):
    return store.call(store.enqueue([NewJob(ref_id=f"n-{number}", name="rests", payload='{"x":"' + "y" * 20_000 + '"}')]))[0].id
put(0)
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
resource.setrlimit(resource.RLIMIT_FSIZE, (os.stat(log).st_size + ROOM, hard))
number = 0
try:
    while True:
        number += 1
        print("acknowledged", put(number), flush=True)
except StoreError as error:
    print("refused", number, type(error).__name__, error, flush=True)
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
print("acknowledged", put(number), flush=True)
store.close()
""".replace("ROOM", str(LOG_ROOM_BYTES))


def test_a_write_error_is_told_leaves_nothing_behind_and_the_next_write_succeeds(scene: Scene) -> None:
    writer = scene.program(WRITES_WITH_LIMIT)
    assert writer.ended() == 0, writer.text
    lines = [line.split(maxsplit=3) for line in writer.text.splitlines()]
    (refused,) = (line for line in lines if line[0] == "refused")
    assert refused[2] == "StoreUnavailable"
    assert "disk I/O error" in refused[3]
    acknowledged = [int(line[1]) for line in lines if line[0] == "acknowledged"]
    assert len(acknowledged) > 1
    assert [scene.state(job) for job in acknowledged] == ["queued"] * len(acknowledged)
    counts = scene.store.reader.call(scene.store.reader.counts())
    assert sum(counts.values()) == len(acknowledged) + 1
    with closing(sqlite3.connect(scene.place / "jobs.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_worker_whose_writes_fail_keeps_its_outcomes_and_settles_them_later(scene: Scene) -> None:
    """No job runs twice because the disk failed for a while."""
    worker = scene.worker(lease=30)
    jobs = scene.put_many([("rests", {"s": 1})] * 5)
    for job in jobs:
        scene.begun(job)
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.prlimit(worker.pid, resource.RLIMIT_FSIZE, (LITTLE_BYTES, hard))
    wait_until(lambda: "trying again" in worker.text, "it says that the store failed")
    assert {scene.state(job) for job in jobs} == {"running"}
    resource.prlimit(worker.pid, resource.RLIMIT_FSIZE, (hard, hard))
    assert set(scene.finish(*jobs)) == {"completed"}
    assert {len(scene.diary(job, "S")) for job in jobs} == {1}
    assert scene.breaches() == []


# -- the archive ----------------------------------------------------------------------------------------------------


@pytest.fixture
def ended(scene: Scene) -> list[int]:
    """Jobs that can be archived."""
    jobs = scene.put_many([("rests", {"s": 0, "why": BIG})] * 10)
    scene.store.call(scene.store.cancel(jobs[0]))
    for job in jobs[1:]:
        scene.store.call(scene.store.cancel(job))
    return jobs


def archive(scene: Scene) -> int:
    return scene.store.call(scene.store.archive(before_us=1 << 60))


def whole(scene: Scene, jobs: list[int]) -> bool:
    """Every job can be read with its arguments, wherever they are."""
    return all(BIG in (scene.detail(job).payload or "") for job in jobs)


def test_an_archive_that_cannot_be_written_leaves_every_job_where_it_is(scene: Scene, ended: list[int]) -> None:
    path = month_file(scene.place, scene.detail(ended[0]).row.created_us)
    path.mkdir()  # nobody can write a database there, not even root
    with pytest.raises(StoreUnavailable, match="cannot open"):
        archive(scene)
    assert whole(scene, ended)
    assert not any(scene.detail(job).row.archived for job in ended)
    path.rmdir()
    assert archive(scene) == len(ended)
    assert whole(scene, ended)
    assert scene.breaches() == []


def test_a_full_archive_leaves_every_job_where_it_is(
    scene: Scene, ended: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def small(path: Path) -> sqlite3.Connection:
        connection = open_archive(path)
        connection.execute("PRAGMA max_page_count=10").fetchall()
        return connection

    with monkeypatch.context() as patch:
        patch.setattr(month, "open_archive", small)
        with pytest.raises(StoreFull):
            archive(scene)
    assert whole(scene, ended)
    assert not any(scene.detail(job).row.archived for job in ended)
    assert archive(scene) == len(ended)
    assert whole(scene, ended)


def test_a_month_that_was_taken_away_costs_its_bodies_and_nothing_else(scene: Scene, ended: list[int]) -> None:
    assert archive(scene) == len(ended)
    month_file(scene.place, scene.detail(ended[0]).row.created_us).unlink()
    detail = scene.detail(ended[0])
    assert (detail.row.state, detail.row.archived, detail.payload) == ("cancelled", True, None)
    again = scene.put("rests", s=0)
    scene.store.call(scene.store.cancel(again))
    assert archive(scene) == 1, "the month is begun anew"


def test_a_worker_whose_archive_fails_goes_on_with_its_jobs_and_archives_later(scene: Scene) -> None:
    first = scene.put("rests", s=0)
    scene.store.call(scene.store.cancel(first))
    path = month_file(scene.place, scene.detail(first).row.created_us)
    path.mkdir()
    worker = scene.worker(archive_after=0.01)
    wait_until(lambda: "Archiver failed" in worker.text, "it says so")
    assert scene.finish(scene.put("rests", s=0)) == ["completed"]
    path.rmdir()
    wait_until(lambda: scene.detail(first).row.archived, "it archives by itself")
    assert scene.detail(first).payload is not None


# -- files taken away -----------------------------------------------------------------------------------------------


def test_a_log_file_deleted_under_a_worker_stops_it_within_a_beat(scene: Scene) -> None:
    worker = scene.worker()
    scene.close_store()
    (scene.place / "jobs.db-wal").unlink()
    assert worker.ended(5) == 4
    assert re.search(
        "jobs.db-wal was (deleted|replaced) while it was open", worker.text
    )  # whoever reads may have made another
    assert "stop every process that uses this store" in worker.text


def test_a_client_whose_log_file_was_deleted_acknowledges_nothing_more(scene: Scene) -> None:
    scene.put("rests", s=0)
    (scene.place / "jobs.db-wal").unlink()
    with pytest.raises(StoreUnavailable, match="was deleted while it was open"):
        scene.put("rests", s=0)


def test_a_log_file_deleted_while_nothing_runs_leaves_a_sound_store_without_what_it_held(scene: Scene) -> None:
    """Nobody can know what it held: the three files are one thing."""
    worker = scene.worker()
    jobs = scene.put_many([("rests_apart", {"s": 60})] * 2)
    scene.begun(jobs[0])
    scene.store.reader.call(scene.store.reader.counts())
    scene.close_store()
    worker.signal(signal.SIGKILL)
    worker.ended()
    assert (scene.place / "jobs.db-wal").stat().st_size > 0
    (scene.place / "jobs.db-wal").unlink()
    assert scene.breaches() == []
    assert scene.state(scene.put("rests", s=0)) == "queued"


READS_THE_FILE = """
import os, sys
from headway.store.open import open_store
from headway.model.claim import NewJob
from headway.model.errors import StoreError
place = os.environ["FAULTS_STORE"]
store = open_store(place)
def put(name):
    return store.call(store.enqueue([NewJob(ref_id=name, name="rests", payload="{}")]))[0].id
put("before")
with open(place + "/jobs.db", "rb") as file, open(place + "/jobs.db-shm", "rb") as index:  # what no program may do
    file.read(1), index.read(1)
print("read", flush=True)
sys.stdin.readline()
try:
    print("acknowledged", put("after"), flush=True)
except StoreError as error:
    print("refused", error, flush=True)
"""


def test_reading_the_live_file_in_the_same_process_is_noticed_before_anything_more_is_acknowledged(
    scene: Scene,
) -> None:
    """POSIX drops a process's locks when it closes any handle of the file; then somebody else's close removes the log."""
    reader = subprocess.Popen(
        [sys.executable, "-c", READS_THE_FILE], env=scene.environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )  # fmt: skip
    assert reader.stdout is not None
    assert reader.stdout.readline() == b"read\n"
    other = open_store(str(scene.place))
    other.call(other.enqueue([NewJob(ref_id="other", name="rests", payload="{}")]))
    other.close()
    said, _ = reader.communicate(b"\n", timeout=10)
    answers = {ref: scene.store.reader.call(scene.store.reader.job(ref)) for ref in ("before", "other", "after")}
    assert answers["before"] is not None
    assert answers["other"] is not None
    assert answers["after"] is None
    assert b"jobs.db-wal was deleted while it was open" in said or b"was replaced while" in said
    assert scene.breaches() == []

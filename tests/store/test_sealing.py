"""Months are sealed when nothing changes them any more; whatever opens them again may be killed at every step."""

import logging
import os
import sqlite3
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from headway.model.errors import StoreError, StoreForeign
from headway.store.open import open_store
from headway.store.protocol import Breach, Operation
from headway.store.sqlite import backup, month
from headway.store.sqlite.connect import open_archive
from headway.store.sqlite.lock import LockFile
from headway.store.sqlite.month import Seal
from headway.store.sqlite.scan import Scan
from headway.store.sqlite.seal import SEALER_FILE, seals
from headway.store.sqlite.store import SqliteStore
from headway.worker.upkeep import SEAL_AFTER
from tests.conformance.failing import FailingConnection, Fuse
from tests.conformance.owned_clock import SECOND_US, OwnedClock
from tests.conformance.world import World

DAY_US = 24 * 3600 * SECOND_US
STEPS_MAX = 1000
STATEMENTS_MAX = 200


def moment(year: int, number: int, day: int) -> int:
    return int(datetime(year, number, day, tzinfo=UTC).timestamp()) * SECOND_US


class Place(World):
    """A store whose months can be looked at."""

    def __init__(self, folder: Path) -> None:
        clock = OwnedClock()
        clock.wall = moment(2027, 1, 10)
        store = open_store(str(folder), clock=clock, durability="relaxed")
        assert isinstance(store, SqliteStore)
        super().__init__(store=store, clock=clock)
        self.own = store
        self.path = folder / "jobs_2027-01.db"
        self.runner = self.node("first")

    def ended(self, count: int = 1) -> list[int]:
        """Jobs that completed."""
        self.enqueue(*[self.new() for _ in range(count)])
        claims = self.claim(self.runner, count)
        self.turn(self.runner, *(self.settlement(claim, result="1") for claim in claims))
        return [claim.id for claim in claims]

    def failed(self) -> int:
        claim = self.running(self.runner)
        self.fail(self.runner, claim)
        return claim.id

    def later(self, days: int = 40) -> None:
        self.clock.wall += days * DAY_US

    def seal(self, *, after_us: int = DAY_US) -> None:
        """What a worker's archiver does, until there is no more."""
        for _ in range(STEPS_MAX):
            if not self.store.seal(before_us=self.clock.now_us() - after_us):
                return
        raise AssertionError("sealing never ends")

    def says(self) -> Seal | None:
        return month.seal_of(self.path)

    def known(self) -> Seal | None:
        reader = self.store.reader
        return dict(reader.call(Operation("seals", seals))).get("2027-01")

    @property
    def sealed(self) -> bool:
        """In the file and in the main file alike, and nobody may write it."""
        says = self.says()
        return (
            says is not None
            and says.digest is not None
            and says == self.known()
            and stat.S_IMODE(self.path.stat().st_mode) == 0o400
        )

    def purge(self, **facts: int) -> int:
        values: dict[str, int | None] = {"completed_before_us": None, "failed_before_us": None}
        return self.store.call(self.store.purge(**values | facts))  # type: ignore[arg-type]

    def breaches(self) -> list[Breach]:
        """Of both audits, which must agree."""
        at_once, in_steps = self.store.call(self.store.audit()), self.store.inspect()
        assert at_once == in_steps
        return list(at_once)

    def write(self, statement: str, *values: Any) -> None:
        """What somebody else does to the month's file."""
        self.path.chmod(0o600)
        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.execute(statement, values)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    place = Place(tmp_path / "store")
    yield place
    place.store.close()


def read(path: Path) -> Scan:
    scan = Scan(path)
    while not scan.over:
        scan.step(lambda count: count >= 2)
    return scan


# -- when, and what of -----------------------------------------------------------------------------------------------


def test_a_month_is_sealed_a_day_after_it_ended_and_after_its_last_change(place: Place) -> None:
    place.ended(3)
    place.archive()
    place.seal()
    assert not place.sealed, "the month goes on"
    place.clock.wall = moment(2027, 2, 1) + DAY_US - 1
    place.seal()
    assert not place.sealed
    place.clock.wall += 1
    place.seal()
    assert place.sealed
    found = place.known()
    assert found is not None
    assert (found.jobs, found.sealed_at) == (3, place.clock.now_us())
    assert SEAL_AFTER.total_seconds() * SECOND_US == DAY_US
    place.healthy()


def test_a_late_arrival_opens_the_month_and_it_is_sealed_again_a_day_later(place: Place) -> None:
    late, early = place.running(place.runner), place.ended()
    place.archive()
    place.later()
    place.seal()
    first = place.known()
    place.end(place.runner, late)
    assert place.archive() == 1
    assert (place.known(), stat.S_IMODE(place.path.stat().st_mode)) == (None, 0o600)
    assert place.detail(early[0]).result == "1"
    place.clock.wall += DAY_US
    place.seal()
    assert not place.sealed
    place.clock.wall += 1
    place.seal()
    assert place.sealed
    again = place.known()
    assert first is not None
    assert again is not None
    assert (first.jobs, again.jobs) == (1, 2)
    assert first.digest != again.digest
    assert place.breaches() == []


def test_a_sealed_month_is_read_and_copied_like_any(place: Place, tmp_path: Path) -> None:
    (job,) = place.ended()
    place.archive()
    place.later()
    place.seal()
    assert place.detail(job).result == "1"
    place.store.call(place.store.backup(str(tmp_path / "copy")))
    copied = tmp_path / "copy" / place.path.name
    assert stat.S_IMODE(copied.stat().st_mode) == 0o400
    assert read(copied).found() == read(place.path).found()


def test_sealed_months_are_copied_while_writers_write_and_the_others_of_one_moment(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = place.running(place.runner)
    place.ended(2)
    place.later(31)
    place.ended(3)
    place.archive()
    place.later()
    place.seal()
    place.later(0)
    place.ended(4)
    place.archive()
    done: list[tuple[str, int]] = []
    real = backup.copy

    def copied(source: Any, path: Path, **facts: Any) -> None:
        done.append((path.name, facts.get("pages", -1)))
        real(source, path, **facts)
        if path.name == "jobs_2027-02.db" and place.state(late.id) == "running":
            place.end(place.runner, late)  # nobody waits; and the month that was copied first is opened again
            assert place.archive() == 1

    monkeypatch.setattr(backup, "copy", copied)
    place.store.copy_to(str(tmp_path / "copy"))
    assert done == [
        ("jobs_2027-01.db", backup.STEP_PAGES),
        ("jobs_2027-02.db", backup.STEP_PAGES),
        ("jobs.db", -1),
        ("jobs_2027-01.db", -1),
        ("jobs_2027-03.db", -1),
    ]
    other = open_store(str(tmp_path / "copy"), clock=place.clock)
    try:
        assert other.call(other.audit()) == ()
        detail = other.reader.call(other.reader.detail(late.id))
        assert detail is not None
        assert detail.payload == '{"x":1}'
    finally:
        other.close()


def test_neither_a_copy_nor_a_vacuum_changes_what_was_sealed(place: Place) -> None:
    jobs = place.ended(40)
    place.archive()
    place.later()
    place.seal()
    before = place.path.read_bytes()
    place.path.chmod(0o600)
    with closing(sqlite3.connect(place.path, isolation_level=None)) as connection:
        connection.execute("PRAGMA page_size=16384")
        connection.execute("VACUUM")
    assert place.path.read_bytes() != before
    assert place.breaches() == []
    assert place.detail(jobs[0]).result == "1"


def test_a_purge_of_nothing_in_it_leaves_a_month_sealed(place: Place) -> None:
    place.ended()
    place.archive()
    place.later()
    place.seal()
    month.drop(place.path, [999], place.clock.now_us())
    says = place.says()
    assert says is not None
    assert says.digest is not None


def test_its_number_of_changes_grows_also_with_a_clock_that_goes_back(place: Place) -> None:
    place.ended()
    place.archive()
    first = place.says()
    place.clock.wall -= 10 * SECOND_US
    place.ended()
    place.archive()
    second = place.says()
    assert first is not None
    assert second is not None
    assert second.changed_at == first.changed_at + 1


def test_sealing_is_left_to_one_process(place: Place) -> None:
    place.ended()
    place.archive()
    place.later()
    other = LockFile(place.path.parent / SEALER_FILE)
    other.take()
    place.seal()
    assert not place.sealed
    other.close()
    place.seal()
    assert place.sealed


# -- meanwhile -------------------------------------------------------------------------------------------------------


def test_a_month_that_changes_while_it_is_read_is_not_sealed_over_it(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = place.running(place.runner)
    place.ended(5)
    place.archive()
    place.later()
    monkeypatch.setattr("headway.store.sqlite.seal.until", lambda clock: lambda count: True)
    moves = iter([True] + [False] * STEPS_MAX)
    while place.store.seal(before_us=place.clock.now_us()):
        if next(moves):
            place.end(place.runner, late)
            assert place.archive() == 1, "the reader holds up nobody between its steps"
    assert not place.sealed
    place.clock.wall += 1
    place.seal(after_us=0)
    assert place.sealed
    known = place.known()
    assert known is not None
    assert known.jobs == 6
    assert place.breaches() == []


def test_a_change_between_the_reading_and_the_seal_prevents_it(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    late = place.running(place.runner)
    place.ended(2)
    place.archive()
    place.later()
    real = Scan.found

    def found(scan: Scan) -> Seal | None:
        answer = real(scan)
        if place.state(late.id) == "running":
            place.end(place.runner, late)
            place.archive()
        return answer

    monkeypatch.setattr(Scan, "found", found)
    place.seal()
    assert not place.sealed
    assert place.breaches() == []


def test_reading_a_month_keeps_no_writer_out(place: Place) -> None:
    """The writer lock is free between the steps, and a step never waits for it."""
    place.ended(3)
    place.archive()
    place.later()
    lock = LockFile(place.path.parent / "writer.lock")
    lock.take()
    read_on = threading.Event()

    def look() -> None:
        scan = read(place.path)
        if scan.found() is not None:
            read_on.set()

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    assert read_on.wait(5)
    thread.join(5)
    lock.close()


# -- months that are empty -------------------------------------------------------------------------------------------


def test_a_month_whose_last_record_was_purged_loses_its_file(place: Place) -> None:
    jobs = place.ended(3)
    place.archive()
    place.later()
    place.seal()
    reader = sqlite3.connect(place.path)
    assert reader.execute("SELECT count(*) FROM headway_record").fetchall() == [(3,)]
    assert place.purge(completed_before_us=1 << 60, limit=2) == 2
    assert place.path.exists()
    assert place.purge(completed_before_us=1 << 60) == 1
    assert not place.path.exists()
    assert reader.execute("SELECT 1").fetchall() == [(1,)], "whoever has it open is not disturbed"
    reader.close()
    assert place.known() is None
    assert place.store.reader.call(place.store.reader.detail(jobs[0])) is None
    assert place.breaches() == []


def test_a_month_whose_last_job_was_requeued_loses_its_file_and_is_begun_anew(place: Place) -> None:
    job = place.failed()
    place.archive()
    place.later()
    place.seal()
    assert place.sealed
    place.store.call(place.store.requeue(job))
    assert not place.path.exists()
    assert place.detail(job).payload == '{"x":1}'
    place.end(place.runner, place.take(place.runner, job))
    assert place.archive() == 1
    assert place.detail(job).payload == '{"x":1}'
    place.later()
    place.seal()
    assert place.sealed
    assert place.breaches() == []


def test_what_is_no_month_of_ours_is_never_deleted(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    with closing(sqlite3.connect(place.path)) as theirs, theirs:
        theirs.execute("CREATE TABLE orders (id INTEGER)")
    other = place.path.with_name("jobs_2027-02.db")
    other.write_text("no database, but long enough to be read as one " * 100)
    place.later(100)
    assert not month.remove_if_empty(place.path)
    with caplog.at_level(logging.ERROR):
        place.seal(after_us=-(1 << 60))
    assert "jobs_2027-02.db cannot be read" in caplog.text
    assert other.exists()
    assert place.path.exists()


def test_a_month_that_is_gone_though_jobs_are_archived_in_it_is_a_finding(place: Place) -> None:
    place.ended(3)
    place.archive()
    place.path.unlink()
    (found,) = place.breaches()
    assert found.note == "jobs_2027-01.db is not there, and 3 archived job(s) have their bodies in it"
    assert "bring it back" in found.advice


# -- what was damaged ------------------------------------------------------------------------------------------------


def test_a_changed_record_is_told_by_month_and_job(place: Place) -> None:
    jobs = place.ended(5)
    place.archive()
    place.later()
    place.seal()
    place.write("UPDATE headway_record SET payload = '{\"x\":2}' WHERE id = ?", jobs[2])
    (found,) = place.breaches()
    assert (found.job_id, found.note) == (jobs[2], "its record in jobs_2027-01.db is damaged")
    with pytest.raises(StoreForeign, match="is damaged"):
        place.detail(jobs[2])
    assert place.detail(jobs[1]).result == "1", "the others are served"


def test_text_that_is_no_text_any_more_is_a_damaged_record(place: Place) -> None:
    jobs = place.ended(5)
    place.archive()
    place.write("UPDATE headway_record SET payload = CAST(x'ff00fe' AS TEXT) WHERE id = ?", jobs[2])
    (found,) = place.breaches()
    assert found.job_id == jobs[2]
    with pytest.raises(StoreForeign, match="is damaged"):
        place.detail(jobs[2])


def test_a_damaged_month_is_not_sealed_and_told_once(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    jobs = place.ended(3)
    place.archive()
    place.write("UPDATE headway_record SET result = '2' WHERE id = ?", jobs[0])
    place.later()
    with caplog.at_level(logging.ERROR):
        place.seal()
        place.seal()
    assert not place.sealed
    assert [record.getMessage() for record in caplog.records] == [
        f"{place.path} has damaged records: jobs {jobs[0]}; headway check --audit says more"
    ]


def test_a_record_with_its_checksum_that_somebody_deleted_breaks_the_seal(place: Place) -> None:
    jobs = place.ended(3)
    place.archive()
    place.later()
    place.seal()
    place.write("DELETE FROM headway_record WHERE id = ?", jobs[1])
    missing, broken = sorted(place.breaches(), key=lambda breach: breach.job_id is None)
    assert (missing.job_id, missing.note) == (jobs[1], "it is neither here nor in jobs_2027-01.db")
    assert "was written by somebody since: 2 jobs" in broken.note


def test_an_older_copy_in_the_place_of_a_sealed_month_is_told_until_it_is_accepted(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    late = place.running(place.runner)
    place.ended(2)
    place.archive()
    place.later()
    place.seal()
    older = place.path.read_bytes()
    place.end(place.runner, late)
    place.archive()
    place.later()
    place.seal()
    assert place.breaches() == []
    place.path.unlink()
    place.path.write_bytes(older)
    found = place.breaches()
    assert {breach.job_id for breach in found} == {late.id, None}
    (replaced,) = (breach for breach in found if breach.job_id is None)
    assert "is another file than the one that was sealed here (3 jobs" in replaced.note
    assert "headway archive --accept 2027-01" in replaced.advice
    with caplog.at_level(logging.ERROR):
        place.seal()
    assert "is not the file that was sealed here" in caplog.text
    assert place.store.call(place.store.accept_month("2027-01"))
    place.seal()
    assert place.sealed
    assert [breach.job_id for breach in place.breaches()] == [late.id]


def test_a_file_cut_short_is_told_and_the_other_months_are_served(place: Place) -> None:
    place.enqueue(*[place.new(payload='{"x":"' + "y" * 5000 + '"}') for _ in range(20)])
    place.turn(place.runner, *(place.settlement(claim) for claim in place.claim(place.runner, 20)))
    place.later(30)
    (other,) = place.ended()
    place.archive()
    os.truncate(place.path, place.path.stat().st_size // 2 // 4096 * 4096)
    found = place.breaches()
    assert "a month's file can be read" in {breach.invariant for breach in found}
    assert all("2027-01" in breach.note for breach in found)
    assert place.detail(other).result == "1"


def test_a_month_under_another_name_is_told(place: Place) -> None:
    jobs = place.ended(2)
    place.archive()
    place.path.with_name("jobs_2027-02.db").write_bytes(place.path.read_bytes())
    found = place.breaches()
    assert [(breach.job_id, breach.invariant) for breach in found] == [
        (job, "a job's body is in one month") for job in jobs
    ]
    place.later(100)
    place.seal()
    assert len(place.breaches()) == 2, "nothing is deleted that nobody asked for"


def test_records_that_the_main_file_does_not_know_are_told_and_kept(place: Place) -> None:
    place.ended()
    place.archive()
    columns = "ref_id, name, queue, state, created_at, finished_at, payload, attempts, events, lines, checksum"
    place.write(f"INSERT INTO headway_record (id, {columns}) SELECT 77, {columns} FROM headway_record")
    found = place.breaches()
    assert {(breach.job_id, breach.invariant) for breach in found} == {
        (77, "every record of an archive belongs to a job"),
        (77, "an archived record is what was written"),
    }
    place.later()
    place.seal()
    assert len(place.breaches()) == 2


# -- killed in the middle --------------------------------------------------------------------------------------------


@contextmanager
def breaking(place: Place, fuse: Fuse) -> Iterator[None]:
    """Every statement on a month's file and on the main file counts, BEGIN and COMMIT too."""
    real = place.own._writing._connection
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(month, "open_archive", lambda path: FailingConnection(open_archive(path), fuse))
        place.own._writing._connection = FailingConnection(real, fuse)  # type: ignore[assignment]
        try:
            yield
        finally:
            place.own._writing._connection = real


def sound(place: Place) -> None:
    """A seal says what is there, or there is none; and every job is somewhere."""
    assert place.breaches() == []
    says, known = place.says(), place.known()
    found = read(place.path).found() if place.path.exists() else None
    if says is not None and says.digest is not None:
        assert found is not None
        assert (says.jobs, says.digest) == (found.jobs, found.digest)
    if known is not None and says is not None and known.changed_at == says.changed_at:
        assert found is not None
        assert (known.jobs, known.digest) == (found.jobs, found.digest)


def sealing(place: Place) -> Callable[[], object]:
    place.ended(2)
    place.archive()
    place.later()
    return place.seal


def late_arrival(place: Place) -> Callable[[], object]:
    late = place.running(place.runner)
    place.ended(2)
    place.archive()
    place.later()
    place.seal()
    place.end(place.runner, late)
    return lambda: place.archive() or place.row(late.id).archived


def purging(place: Place) -> Callable[[], object]:
    place.ended(2)
    place.failed()
    place.archive()
    place.later()
    place.seal()
    return lambda: place.purge(completed_before_us=1 << 60)


def purging_all(place: Place) -> Callable[[], object]:
    place.ended(2)
    place.archive()
    place.later()
    place.seal()
    return lambda: place.purge(completed_before_us=1 << 60)


def requeueing(place: Place) -> Callable[[], object]:
    job = place.failed()
    place.ended(1)
    place.archive()
    place.later()
    place.seal()
    return lambda: place.store.call(place.store.requeue(job))


def requeueing_the_last(place: Place) -> Callable[[], object]:
    job = place.failed()
    place.archive()
    place.later()
    place.seal()
    return lambda: place.store.call(place.store.requeue(job))


EMPTYING = frozenset({purging_all, requeueing_the_last})
ACTS = (sealing, late_arrival, purging, purging_all, requeueing, requeueing_the_last)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__)
def test_a_statement_that_fails_never_leaves_a_wrong_seal(
    act: Callable[[Place], Any], after: bool, tmp_path: Path
) -> None:
    """Killed before it was carried out, or after that and before anybody heard of it."""
    for number in range(1, STATEMENTS_MAX):
        fuse = Fuse(number, after=after)
        place = Place(tmp_path / str(number))
        try:
            go = act(place)
            with breaking(place, fuse), suppress(StoreError):
                go()
            sound(place)
            if not fuse.blown:
                break
            go()
            for _ in range(2):
                place.later()
                place.seal()
            sound(place)
            assert place.path.exists() == (act not in EMPTYING)
            assert place.sealed or act in EMPTYING
        finally:
            place.store.close()
    assert 5 < fuse.breaks_at < STATEMENTS_MAX - 1


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__)
@pytest.mark.parametrize("call", ["chmod", "unlink"])
def test_a_call_on_the_file_that_fails_never_leaves_a_wrong_seal(
    act: Callable[[Place], Any], call: str, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = act(place)

    def refuse(path: Path, *_: Any, **__: Any) -> None:
        raise PermissionError(f"{call} {path}")

    with monkeypatch.context() as patch:
        patch.setattr(Path, call, refuse)
        with suppress(StoreError):  # whoever is not root may then not write a sealed month
            go()
        sound(place)
    go()
    place.later()
    place.seal()
    place.later()
    place.seal()
    sound(place)
    assert place.sealed or not place.path.exists()


def test_what_a_purge_could_not_delete_in_the_month_is_deleted_later(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.ended(2)
    place.failed()
    place.archive()

    def killed(path: Path, ids: list[int], now_us: int) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(month, "drop", killed)
        with pytest.raises(KeyboardInterrupt):
            place.purge(completed_before_us=1 << 60)
    assert read(place.path).jobs == 3
    assert place.breaches() == []
    place.later()
    place.seal()
    assert read(place.path).jobs == 1
    place.later()
    place.seal()
    assert place.sealed
    assert place.breaches() == []


def test_a_write_that_was_killed_leaves_a_month_that_can_be_read(place: Place) -> None:
    """The journal that it left is rolled back by the next one who looks, though he only reads."""
    (job,) = place.ended()
    place.archive()
    before = place.path.read_bytes()
    with closing(sqlite3.connect(place.path, isolation_level=None)) as writer:
        writer.execute("PRAGMA cache_size=1")
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE headway_record SET payload = ?", ("x" * 100_000,))
        journal = place.path.with_name(place.path.name + "-journal")
        left, half = journal.read_bytes(), place.path.read_bytes()
        writer.execute("ROLLBACK")
    assert left[:8] != bytes(8)
    place.path.write_bytes(half)
    journal.write_bytes(left)
    assert place.detail(job).result == "1"
    assert place.path.read_bytes() == before
    assert place.breaches() == []

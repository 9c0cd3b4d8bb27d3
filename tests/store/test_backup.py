"""A backup is taken while everything runs, has everything, and does nothing until a person says so."""

import errno
import os
import threading
from contextlib import closing
from pathlib import Path

import pytest

from headway.model.claim import NewJob
from headway.model.errors import StoreForeign, StorePlaceInvalid, StoreUnavailable
from headway.model.job import State
from headway.model.outcome import Budget, Ending, EndKind, decide
from headway.store.acting import Act
from headway.store.open import open_store
from headway.store.protocol import Ask, NodeInfo, Store

LEASE_US = 30_000_000


def job(number: int) -> NewJob:
    return NewJob(ref_id=f"r{number}", name="a", payload='{"n":1}')


def node(store: Store, uid: str) -> int:
    store.hold(uid)
    info = NodeInfo(uid=uid, app="default", host="h", pid=1, names=("a",), queues=None, concurrency=9, version="0")
    return store.call(store.register(info, lease_us=LEASE_US))


def run_all(store: Store, node_id: int) -> int:
    """Claim and complete what there is; answers how many."""
    asks = [Ask(limit=9, names=frozenset({"a"}))]
    answer = store.call(store.exchange(node_id, asks=asks, lease_us=LEASE_US))
    done = [
        decide(Budget(0, 0, 2), Ending(one.id, one.epoch, EndKind.RETURNED, one.claimed_us, one.claimed_us, "1"))
        for one in answer.claims
    ]
    store.call(store.exchange(node_id, settlements=done, lease_us=LEASE_US))
    return len(done)


def test_a_copy_has_everything_with_its_archives_and_starts_held(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "live"), durability="relaxed")
    store.call(store.enqueue([job(n) for n in range(3)]))
    assert run_all(store, node(store, "one")) == 3
    assert store.call(store.archive(before_us=1 << 60)) == 3
    store.call(store.enqueue([job(n) for n in range(3, 5)]))
    stop = threading.Event()
    busy = threading.Thread(target=lambda: [store.call(store.tend()) for _ in iter(stop.is_set, True)], daemon=True)
    busy.start()
    assert store.call(store.backup(str(tmp_path / "copy"))) > 0
    stop.set()
    busy.join(10)
    store.close()

    copy = open_store(str(tmp_path / "copy"), durability="relaxed")
    counts = copy.reader.call(copy.reader.counts())
    assert (counts[State.COMPLETED], counts[State.QUEUED]) == (3, 2)
    detail = copy.reader.call(copy.reader.detail(1))
    assert detail is not None
    assert detail.result == "1"
    runner = node(copy, "two")
    assert run_all(copy, runner) == 0
    assert copy.call(copy.resume_claims())
    assert run_all(copy, runner) == 2
    assert copy.call(copy.audit()) == ()
    copy.close()


def test_a_copy_knows_what_people_did_and_who_may(tmp_path: Path) -> None:
    act = Act(kind="pause", subject="queue", subject_id="mail", app="default", by="ann", via="command")
    with closing(open_store(str(tmp_path / "live"), durability="relaxed")) as store:
        store.call(store.recorded(store.pause_queue("mail", app="default", by="ann"), lambda _: act))
        store.call(store.put_user("ann", password="hash", permissions=("view",)))
        store.call(store.backup(str(tmp_path / "copy")))
    with closing(open_store(str(tmp_path / "copy"), durability="relaxed")) as copy:
        (row,) = copy.reader.call(copy.reader.acts())
        assert row.act == act
        assert [user.name for user in copy.reader.call(copy.reader.users())] == ["ann"]
        assert copy.call(copy.audit()) == ()


def test_a_held_store_goes_on_settling_what_runs(tmp_path: Path) -> None:
    store = open_store(str(tmp_path), durability="relaxed")
    store.call(store.enqueue([job(1), job(2)]))
    runner = node(store, "one")
    asks = [Ask(limit=1, names=frozenset({"a"}))]
    (claim,) = store.call(store.exchange(runner, asks=asks, lease_us=LEASE_US)).claims
    store.call(store.hold_claims())
    end = decide(Budget(0, 0, 2), Ending(claim.id, claim.epoch, EndKind.RETURNED, 0, 0))
    answer = store.call(store.exchange(runner, settlements=[end], asks=asks, lease_us=LEASE_US))
    assert (answer.states, answer.claims, answer.held) == ((State.COMPLETED,), (), True)
    store.close()


def test_a_copy_is_on_the_disk_before_it_bears_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files, then their folder, then the name, then the folders that name it: whatever the moment of a power cut."""
    store = open_store(str(tmp_path / "live"), durability="relaxed")
    store.call(store.enqueue([job(1)]))
    run_all(store, node(store, "one"))
    store.call(store.archive(before_us=1 << 60))
    done: list[int | str] = []
    sync, rename = os.fsync, Path.rename

    def synced(handle: int) -> None:
        done.append(os.fstat(handle).st_ino)
        sync(handle)

    def renamed(path: Path, target: Path) -> Path:
        done.append("renamed")
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "rename", renamed)
    target = tmp_path / "new" / "newer" / "copy"
    store.call(store.backup(str(target)))
    store.close()
    *files, folder = done[: done.index("renamed")]
    assert set(files) == {file.stat().st_ino for file in target.iterdir()}
    assert len(files) == 2
    assert folder == target.stat().st_ino
    above = [target.parent, target.parent.parent, tmp_path]
    assert done[done.index("renamed") + 1 :] == [path.stat().st_ino for path in above]


def test_a_copy_that_cannot_be_brought_to_the_disk_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store(str(tmp_path / "live"), durability="relaxed")

    def fails(_handle: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(StoreUnavailable, match="could not be brought to the disk: Input/output error"):
        store.call(store.backup(str(tmp_path / "copy")))
    assert [file.name for file in tmp_path.iterdir()] == ["live"]
    store.close()


def test_a_copy_that_fails_leaves_nothing_that_looks_like_one(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "live"), durability="relaxed")
    (tmp_path / "live" / "jobs_2026-01.db").write_text("no database, but long enough to be read as one " * 100)
    with pytest.raises(StoreForeign):
        store.call(store.backup(str(tmp_path / "copy")))
    assert [file.name for file in tmp_path.iterdir()] == ["live"]
    store.close()


def test_what_is_left_of_a_killed_copy_is_named(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "live"), durability="relaxed")
    (tmp_path / "copy.unfinished").mkdir()
    with pytest.raises(StorePlaceInvalid, match=r"copy\.unfinished is left of a copy"):
        store.call(store.backup(str(tmp_path / "copy")))
    assert (tmp_path / "copy.unfinished").exists()
    store.close()


def test_a_target_that_is_there_already_is_refused(tmp_path: Path) -> None:
    store = open_store(str(tmp_path / "live"), durability="relaxed")
    with pytest.raises(StorePlaceInvalid, match="not there yet"):
        store.call(store.backup(str(tmp_path)))
    store.close()

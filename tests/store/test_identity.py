"""A copy that was made behind the store's back starts held; what only moved, or was mounted elsewhere, does not."""

import logging
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from headway.model.claim import NewJob
from headway.store.open import look, open_store
from headway.store.sqlite.identity import Identity, Mark, is_copy

MARKER = "store.id"


@pytest.fixture
def live(tmp_path: Path) -> Path:
    """A store with a job, closed."""
    place = tmp_path / "live"
    store = open_store(str(place), durability="relaxed")
    store.call(store.enqueue([NewJob(ref_id="r", name="a", payload="{}")]))
    store.close()
    return place


def why(place: Path | str) -> str | None:
    """Open the store for writing, as a worker does; why it is held then."""
    open_store(str(place), durability="relaxed").close()
    found = look(str(place))
    assert found is not None
    assert (found.held_us is None) == (found.held_why is None)
    return found.held_why


def remembered(place: Path) -> Identity:
    with closing(sqlite3.connect(place / "jobs.db")) as connection:
        ((text,),) = connection.execute("SELECT value FROM headway_setting WHERE name = 'identity'").fetchall()
    return msgspec.json.decode(text, type=Identity)


def remember(place: Path, identity: Identity) -> None:
    """As though the store had been seen so."""
    with closing(sqlite3.connect(place / "jobs.db")) as connection, connection:
        text = msgspec.json.encode(identity).decode()
        connection.execute("UPDATE headway_setting SET value = ? WHERE name = 'identity'", (text,))


# -- copies ----------------------------------------------------------------------------------------------------------


def test_a_copied_folder_is_held_and_says_of_what_it_is_a_copy(
    live: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    shutil.copytree(live, tmp_path / "copy")
    with caplog.at_level(logging.WARNING):
        said = why(tmp_path / "copy")
    assert said == f"this is a copy of the store that was {live}, or was restored from one"
    assert f"no job is started before headway resume --store {tmp_path / 'copy'}" in caplog.text
    assert why(live) is None, "the original goes on"


def test_a_copy_with_all_its_dates_is_held(live: Path, tmp_path: Path) -> None:
    """As `cp -a`, `rsync -a` and `tar` make it."""
    shutil.copytree(live, tmp_path / "copy", copy_function=shutil.copy2)
    assert why(tmp_path / "copy")


def test_a_copy_that_was_resumed_stays_so(live: Path, tmp_path: Path) -> None:
    shutil.copytree(live, tmp_path / "copy")
    assert why(tmp_path / "copy")
    store = open_store(str(tmp_path / "copy"), durability="relaxed")
    assert store.call(store.resume_claims())
    store.close()
    assert why(tmp_path / "copy") is None
    assert remembered(tmp_path / "copy").id != remembered(live).id
    shutil.copytree(tmp_path / "copy", tmp_path / "second")
    said = why(tmp_path / "second")
    assert said is not None
    assert str(tmp_path / "copy") in said


def test_a_copy_by_sqlites_own_backup_is_held(live: Path, tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir(mode=0o700)
    with (
        closing(sqlite3.connect(live / "jobs.db")) as source,
        closing(sqlite3.connect(tmp_path / "copy" / "jobs.db")) as copied,
    ):
        source.backup(copied)
    assert why(tmp_path / "copy")


def test_a_main_file_restored_in_the_stores_own_folder_is_held(live: Path, tmp_path: Path) -> None:
    shutil.copy(live / "jobs.db", tmp_path / "yesterday.db")
    (tmp_path / "yesterday.db").replace(live / "jobs.db")
    assert why(live)


def test_a_folder_restored_in_the_place_of_the_old_one_is_held(live: Path, tmp_path: Path) -> None:
    shutil.copytree(live, tmp_path / "backup")
    shutil.move(live, tmp_path / "broken")
    shutil.copytree(tmp_path / "backup", live)
    assert why(live)


def test_a_folder_restored_after_the_old_one_was_deleted_is_held_whatever_its_numbers(
    live: Path, tmp_path: Path
) -> None:
    """Many file systems give the numbers of deleted files to the next ones."""
    shutil.copytree(live, tmp_path / "backup", copy_function=shutil.copy2)
    for _ in range(5):
        shutil.rmtree(live)
        shutil.copytree(tmp_path / "backup", live, copy_function=shutil.copy2)
        assert why(live)


def test_a_copied_database_of_an_application_is_held(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first, second = (f"sqlite:///{tmp_path / name / 'shop.db'}" for name in "ab")
    assert why(first) is None
    shutil.copy(tmp_path / "a" / "shop.db", tmp_path / "b" / "shop.db")
    assert why(second)
    assert why(first) is None


def test_a_backup_of_headways_own_is_held_until_it_is_resumed_and_then_no_more(live: Path, tmp_path: Path) -> None:
    store = open_store(str(live), durability="relaxed")
    store.call(store.backup(str(tmp_path / "copy")))
    store.close()
    assert why(tmp_path / "copy") == "this is a copy that headway backup made"
    copy = open_store(str(tmp_path / "copy"), durability="relaxed")
    assert copy.call(copy.resume_claims())
    copy.close()
    assert why(tmp_path / "copy") is None


def test_a_hold_by_a_person_says_so(live: Path) -> None:
    store = open_store(str(live), durability="relaxed")
    store.call(store.hold_claims())
    store.close()
    assert why(live) == "headway hold was run"


# -- what is no copy -------------------------------------------------------------------------------------------------


def test_a_new_store_and_one_that_is_opened_again_are_not_held(live: Path) -> None:
    assert why(live) is None
    before = remembered(live)
    assert why(live) is None
    assert remembered(live) == before, "nothing is written when nothing changed"


def test_a_folder_that_was_renamed_or_moved_is_not_held(live: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    moved = live.rename(tmp_path / "elsewhere" / "renamed")
    assert why(moved) is None
    assert remembered(moved).place == str(moved)


def test_another_device_alone_is_not_held(live: Path) -> None:
    """A restart, another mount, a volume attached to another machine."""
    known = remembered(live)
    assert known.marker is not None
    remember(
        live,
        msgspec.structs.replace(
            known,
            main=msgspec.structs.replace(known.main, device=known.main.device + 1),
            marker=msgspec.structs.replace(known.marker, device=known.marker.device + 1),
        ),
    )
    assert why(live) is None
    assert remembered(live) == known


def test_a_file_system_that_numbers_its_files_anew_is_not_held(live: Path) -> None:
    known = remembered(live)
    assert known.marker is not None
    remember(
        live,
        msgspec.structs.replace(
            known,
            main=msgspec.structs.replace(known.main, inode=known.main.inode + 1),
            marker=msgspec.structs.replace(known.marker, inode=known.marker.inode + 1),
        ),
    )
    assert why(live) is None


def test_other_owners_and_modes_are_not_held(live: Path) -> None:
    """`chmod -R`, `chown -R`: the moment of the marker's last change of status moves, the number stays."""
    for file in live.iterdir():
        file.chmod(0o700 if file.is_dir() else 0o600)
    (live / MARKER).chmod(0o640)
    assert why(live) is None


def test_a_marker_that_was_deleted_is_made_anew_and_nothing_is_held(live: Path) -> None:
    (live / MARKER).unlink()
    assert why(live) is None
    assert (live / MARKER).read_text().strip() == remembered(live).id
    (live / MARKER).write_text("something else\n")
    assert why(live) is None
    assert (live / MARKER).read_text().strip() == remembered(live).id


def test_it_can_be_turned_off(live: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(live, tmp_path / "copy")
    monkeypatch.setenv("HEADWAY_HOLD_COPIES", "0")
    assert why(tmp_path / "copy") is None
    monkeypatch.delenv("HEADWAY_HOLD_COPIES")
    assert why(tmp_path / "copy") is None, "it is a store of its own from then on"


# Device and inode of the main file; device, inode, change of status and generation of the marker.
WAS = ((1, 10), (1, 11, 5, 7))
CASES = {
    "the same": ((1, 10), (1, 11, 5, 7), False),
    "mounted elsewhere": ((2, 10), (2, 11, 5, 7), False),
    "owners changed": ((1, 10), (1, 11, 9, 7), False),
    "owners changed on a volume that was attached elsewhere": ((2, 10), (2, 11, 9, 7), False),
    "marker deleted": ((1, 10), None, False),
    "numbered anew at a mount": ((2, 20), (2, 21, 5, 7), False),
    "numbered anew with other generations": ((1, 20), (1, 21, 5, 8), False),
    "the marker alone numbered anew": ((2, 10), (2, 99, 5, 7), False),
    "main file copied up by an overlay": ((3, 20), (2, 11, 5, 7), False),
    "copied": ((1, 20), (1, 21, 9, 8), True),
    "copied to another disk": ((2, 20), (2, 21, 9, 8), True),
    "copied to the numbers of what was deleted": ((1, 10), (1, 11, 9, 8), True),
    "copied to the number of the deleted main file": ((1, 10), (1, 21, 9, 8), True),
    "copied to another disk that has the same numbers": ((2, 10), (2, 11, 9, 8), True),
    "main file replaced": ((1, 20), (1, 11, 5, 7), True),
    "main file replaced and owners changed": ((1, 20), (1, 11, 9, 7), True),
    "main file copied alone": ((1, 20), None, True),
    "without generations: owners changed": ((1, 10), (1, 11, 9, 0), False),
    "without generations: marker made anew": ((1, 10), (1, 21, 9, 0), False),
    "without generations: copied": ((1, 20), (1, 21, 9, 0), True),
    "without generations: the main file's number by chance": ((2, 10), (2, 21, 9, 0), True),
}


@pytest.mark.parametrize(("main", "marker", "copied"), CASES.values(), ids=CASES)
def test_what_is_taken_for_a_copy(main: Any, marker: Any, copied: bool) -> None:
    known = Identity(id="x", place="/a", main=Mark(*WAS[0], 0), marker=Mark(*WAS[1]))
    seen = Identity(id="x", place="/b", main=Mark(*main, 0), marker=None if marker is None else Mark(*marker))
    assert is_copy(known, seen) is copied

"""Looking at a store from outside tells the facts and makes nothing."""

import os
import sqlite3
from pathlib import Path

import pytest

from headway.model.claim import NewJob
from headway.model.errors import StoreForeign
from headway.store.facts import Holder
from headway.store.open import lock_holder, look, open_store
from headway.store.sqlite.lock import LockFile


def test_where_nothing_is_nothing_is_made(tmp_path: Path) -> None:
    assert look(str(tmp_path / "jobs")) is None
    assert lock_holder(str(tmp_path / "jobs")) is None
    assert look(f"sqlite:///{tmp_path / 'shop.db'}") is None
    assert list(tmp_path.iterdir()) == []


def test_the_database_of_somebody_else_is_no_store_and_is_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "shop.db"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE orders (id)")
    connection.close()
    before = file.read_bytes()
    assert look(f"sqlite:///{file}") is None
    assert file.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["shop.db"]


def test_a_file_that_is_no_database_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "jobs.db").write_text("no database, but long enough to be read as one " * 100)
    with pytest.raises(StoreForeign):
        look(str(tmp_path))


def test_an_open_store_tells_its_facts(tmp_path: Path) -> None:
    store = open_store(str(tmp_path), durability="relaxed")
    store.call(store.enqueue([NewJob(ref_id="r", name="a", payload="{}")]))
    found = look(str(tmp_path))
    assert found is not None
    assert found.schema == found.schema_newest
    assert (found.held_us, found.held_why, found.months, found.sealed, found.unfit) == (None, None, (), (), None)
    assert found.log_bytes > 0
    assert found.free_bytes > 0
    store.call(store.hold_claims())
    (tmp_path / "jobs_2026-01.db").touch()
    found = look(str(tmp_path))
    assert found is not None
    assert found.held_us is not None
    assert found.held_why == "headway hold was run"
    assert found.months == ("jobs_2026-01.db",)
    store.close()


def test_of_a_newer_schema_only_its_number_is_read(tmp_path: Path) -> None:
    open_store(str(tmp_path), durability="relaxed").close()
    with sqlite3.connect(tmp_path / "jobs.db") as connection:
        connection.execute(
            "UPDATE headway_schema SET version = 999 WHERE version = (SELECT max(version) FROM headway_schema)"
        )
        connection.execute("DROP TABLE headway_setting")
    connection.close()
    found = look(str(tmp_path))
    assert found is not None
    assert (found.schema, found.held_us) == (999, None)


def test_who_sits_on_the_writer_lock_is_named(tmp_path: Path) -> None:
    open_store(str(tmp_path), durability="relaxed").close()
    assert lock_holder(str(tmp_path)) is None
    lock = LockFile(tmp_path / "writer.lock")
    lock.take()
    lock.sign(os.getpid())
    assert lock_holder(str(tmp_path)) == Holder(pid=os.getpid())
    lock.close()

"""What enforces unique keys: the index of the main file, and the audit that looks behind it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from headway.model.claim import NewJob
from headway.store.open import open_store
from headway.store.protocol import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(str(tmp_path), durability="relaxed")
    yield store
    store.close()


def put(store: Store, key: str) -> int:
    job = NewJob(ref_id=f"r-{key}", name="work", payload="{}", unique_key=key)
    return store.call(store.enqueue((job,)))[0].id


def write(folder: Path, sql: str) -> None:
    with closing(sqlite3.connect(folder / "jobs.db")) as connection:
        connection.execute(sql)
        connection.commit()


def test_no_two_jobs_hold_one_key_whoever_writes(store: Store, tmp_path: Path) -> None:
    one, two = put(store, "one"), put(store, "two")
    with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
        write(tmp_path, f"UPDATE headway_job SET unique_held = 'one' WHERE id = {two}")
    assert store.call(store.audit()) == ()
    assert one != two


@pytest.mark.parametrize(
    "damage",
    [
        "unique_held = NULL WHERE unique_key = 'active'",
        "unique_held = unique_key WHERE unique_key = 'ended'",
        "unique_held = 'another' WHERE unique_key = 'active'",
    ],
)
def test_the_audit_finds_a_key_held_too_long_or_not_at_all(store: Store, tmp_path: Path, damage: str) -> None:
    put(store, "active")
    store.call(store.cancel(put(store, "ended")))
    assert store.call(store.audit()) == ()
    write(tmp_path, f"UPDATE headway_job SET {damage}")
    (found,) = store.call(store.audit())
    assert "unique key" in found.invariant


def test_a_key_is_found_by_its_index_and_spans_by_theirs(store: Store, tmp_path: Path) -> None:
    from headway.store.sqlite.statements import SQL

    values = {"keys": "[]", "now": 1, "limit": 1, "id": 1, "app": "a", "key": "k"}
    with closing(sqlite3.connect(tmp_path / "jobs.db")) as connection:
        for name in ("key_holders", "key_rivals", "holder_of", "free_windows"):
            steps = "\n".join(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {SQL[name]}", values))
            index = "headway_job_window" if name == "free_windows" else "headway_job_unique (app=? AND unique_held=?)"
            assert index in steps, (name, steps)

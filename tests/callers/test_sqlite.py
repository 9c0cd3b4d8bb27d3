"""Enqueueing in a transaction of sqlite3, where the jobs live in the application's own file."""

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from headway import ConnectionRefused, JobNotFound, Jobs, State
from tests.callers.conftest import ship


def test_a_commit_makes_it_a_job_and_a_rollback_leaves_nothing(shop_jobs: Jobs, shop: Path) -> None:
    job = shop_jobs.register(ship)
    with closing(sqlite3.connect(shop)) as connection:
        connection.row_factory = sqlite3.Row
        connection.execute("INSERT INTO orders VALUES (7)")
        kept = shop_jobs.within(connection).enqueue(job, 7)
        with pytest.raises(JobNotFound):
            kept.status()
        connection.commit()
        gone = shop_jobs.within(connection).enqueue(job, 8)
        connection.rollback()
        assert connection.execute("SELECT number FROM orders").fetchone()["number"] == 7
    assert kept.status().state is State.QUEUED
    with pytest.raises(JobNotFound):
        gone.status()


def test_a_store_that_is_there_is_opened_inside_the_transaction(shop_jobs: Jobs, shop: Path) -> None:
    with Jobs(f"sqlite:///{shop}", durability="relaxed") as others, closing(sqlite3.connect(shop)) as connection:
        connection.execute("INSERT INTO orders VALUES (7)")
        ref = others.within(connection).enqueue(others.register(ship), 7)
        connection.commit()
        assert ref.status().state is State.QUEUED


def test_a_connection_that_commits_by_itself_is_refused(shop_jobs: Jobs, shop: Path) -> None:
    job = shop_jobs.register(ship)
    with closing(sqlite3.connect(shop, isolation_level=None)) as connection:
        with pytest.raises(ConnectionRefused, match="no transaction is open"):
            shop_jobs.within(connection).enqueue(job, 7)
        connection.execute("BEGIN")
        kept = shop_jobs.within(connection).enqueue(job, 7)
        connection.execute("COMMIT")
    assert kept.status().state is State.QUEUED


def test_the_modes_of_newer_pythons(shop_jobs: Jobs, shop: Path) -> None:
    job = shop_jobs.register(ship)
    if sys.version_info < (3, 12):
        return  # sqlite3 has no such modes before
    with closing(sqlite3.connect(shop, autocommit=False)) as connection:
        kept = shop_jobs.within(connection).enqueue(job, 7)
        connection.commit()
    with closing(sqlite3.connect(shop, autocommit=True)) as connection, pytest.raises(ConnectionRefused):
        shop_jobs.within(connection).enqueue(job, 8)
    assert kept.status().state is State.QUEUED


@pytest.mark.parametrize("other", [":memory:", "other.db"])
def test_another_file_is_refused(shop_jobs: Jobs, tmp_path: Path, other: str) -> None:
    job = shop_jobs.register(ship)
    place = other if other == ":memory:" else str(tmp_path / other)
    with closing(sqlite3.connect(place)) as connection:
        connection.execute("CREATE TABLE notes (id int)")
        connection.execute("INSERT INTO notes VALUES (1)")
        with pytest.raises(ConnectionRefused, match="the jobs are in"):
            shop_jobs.within(connection).enqueue(job, 7)
        assert connection.in_transaction


def test_the_same_file_by_another_name_is_the_same(shop_jobs: Jobs, shop: Path, tmp_path: Path) -> None:
    job = shop_jobs.register(ship)
    link = tmp_path / "folder"
    link.symlink_to(tmp_path)
    with closing(sqlite3.connect(link / "shop.db")) as connection:
        ref = shop_jobs.within(connection).enqueue(job, 7)
        connection.commit()
    assert ref.status().state is State.QUEUED


def test_a_connection_to_sqlite_is_refused_where_the_jobs_are_in_postgresql(jobs: Jobs, shop: Path) -> None:
    job = jobs.register(ship)
    with closing(sqlite3.connect(shop)) as connection, pytest.raises(ConnectionRefused, match="leads to sqlite"):
        jobs.within(connection).enqueue(job, 7)

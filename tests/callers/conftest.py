"""Fixtures: jobs in a database (or a file) that the application has tables of its own in."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from headway import Jobs
from tests.postgres.databases import DATABASES, POOLER, database_of, drop_databases

TABLE = "CREATE TABLE orders (number bigint PRIMARY KEY)"
POOLED = POOLER in os.environ
"""Whether the connections go through a pooler, by whose sessions no prepared statement goes along. Then drivers are told so:"""
OF_PSYCOPG: dict[str, Any] = {"prepare_threshold": None} if POOLED else {}
OF_ASYNCPG: dict[str, Any] = {"statement_cache_size": 0} if POOLED else {}
NAMED: dict[str, Any] = {"prepared_statement_name_func": lambda: f"__asyncpg_{uuid4()}__"} if POOLED else {}
OF_SQLALCHEMY: dict[str, dict[str, Any]] = {
    "psycopg": {"connect_args": OF_PSYCOPG},
    "asyncpg": {"connect_args": {**OF_ASYNCPG, **NAMED}},
}
"""By driver, for an engine."""


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("HEADWAY_URL", "HEADWAY_APP"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """A database with the store's tables and one of the application's."""
    url = database_of(tmp_path)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(TABLE)
    yield url
    drop_databases(tmp_path)


@pytest.fixture
def heard(url: str, tmp_path: Path) -> str:
    """The same, for workers that hear wake-ups whatever stands in between."""
    assert url
    return DATABASES.heard(tmp_path)


@pytest.fixture
def jobs(url: str) -> Iterator[Jobs]:
    with Jobs(url) as jobs:
        yield jobs


@pytest.fixture
def orders(url: str) -> Callable[[], list[int]]:
    def read() -> list[int]:
        with psycopg.connect(url) as connection:
            return [row[0] for row in connection.execute("SELECT number FROM orders ORDER BY number").fetchall()]

    return read


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """The application's own file."""
    file = tmp_path / "shop.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(TABLE)
    return file


@pytest.fixture
def shop_jobs(shop: Path) -> Iterator[Jobs]:
    with Jobs(f"sqlite:///{shop}", durability="relaxed") as jobs:
        jobs.wake()  # its tables are made in the file
        yield jobs


def ship(number: int) -> int:
    return number


def reverse(text: str) -> str:
    return text[::-1]

"""The stores that must mean the same: each is one entry here, and every test of this folder runs over all of them."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import psycopg

from headway.store.open import open_store
from headway.store.protocol import Store
from headway.store.sqlite.connect import open_archive
from tests.conformance.failing import Fuse, disk_fails, fuses, some_fuses
from tests.conformance.owned_clock import OwnedClock
from tests.postgres.databases import ask, database_of, tamper


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """How one kind of store is opened and, where it keeps months in files, how a month is lost."""

    open: Callable[[Path, OwnedClock], Store]
    months: Callable[[Path], list[str]]
    """The months that have an archive, as YYYY-MM."""
    lose_month: Callable[[Path, str], None]
    place: Callable[[Path], str]
    """What another process opens it by."""
    tamper: Callable[[Path, str], None]
    """Runs a statement past the store."""
    spoil_records: Callable[[Path], None]
    """Writes into archived records what was never archived."""
    error: Callable[[], Exception]
    """What the database raises when its disk fails."""
    fuses: Callable[[Callable[[], Exception]], Iterator[Fuse]] = fuses
    """At which statements operations are made to fail."""
    lives: int = 1
    """Of so many random lives that the models have for the quickest store, one is lived here."""


def _open_sqlite(folder: Path, clock: OwnedClock) -> Store:
    return open_store(str(folder / "store"), clock=clock, durability="relaxed")


def _tamper_sqlite(folder: Path, text: str) -> None:
    with closing(sqlite3.connect(folder / "store" / "jobs.db", isolation_level=None)) as connection:
        connection.execute(text)


def _spoil_sqlite_records(folder: Path) -> None:
    for file in _month_files(folder).values():
        with closing(open_archive(file)) as connection:
            connection.execute(SPOIL)


def _month_files(folder: Path) -> dict[str, Path]:
    return {file.stem[-7:]: file for file in (folder / "store").rglob("*[0-9][0-9][0-9][0-9]-[0-9][0-9].db")}


def _sqlite_months(folder: Path) -> list[str]:
    return sorted(_month_files(folder))


def _lose_sqlite_month(folder: Path, month: str) -> None:
    _month_files(folder)[month].unlink()


def _open_postgres(folder: Path, clock: OwnedClock) -> Store:
    return open_store(database_of(folder), clock=clock, durability="relaxed")


def _postgres_months(folder: Path) -> list[str]:
    found = ask(
        folder, "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'headway.headway_record'::regclass"
    )
    return sorted(name[0][-7:].replace("_", "-") for name in found)


def _lose_postgres_month(folder: Path, month: str) -> None:
    ask(folder, f"DROP TABLE headway.headway_record_{month.replace('-', '_')}")


SPOIL = "UPDATE headway_record SET payload = '{}'"


KINDS: Mapping[str, Kind] = MappingProxyType({
    "sqlite": Kind(
        open=_open_sqlite,
        months=_sqlite_months,
        lose_month=_lose_sqlite_month,
        place=lambda folder: str(folder / "store"),
        tamper=_tamper_sqlite,
        spoil_records=_spoil_sqlite_records,
        error=disk_fails,
    ),
    "postgres": Kind(
        open=_open_postgres,
        months=_postgres_months,
        lose_month=_lose_postgres_month,
        place=database_of,
        tamper=tamper,
        spoil_records=lambda folder: tamper(folder, SPOIL),
        error=lambda: psycopg.errors.IoError("disk I/O error"),
        fuses=some_fuses,
        lives=8,
    ),
})  # fmt: skip

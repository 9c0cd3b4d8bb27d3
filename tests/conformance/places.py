"""The stores that must mean the same: each is one entry here, and every test of this folder runs over all of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from headway.store.open import open_store
from headway.store.protocol import Store
from tests.conformance.owned_clock import OwnedClock
from tests.postgres.databases import ask, database_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """How one kind of store is opened and, where it keeps months in files, how a month is lost."""

    open: Callable[[Path, OwnedClock], Store]
    months: Callable[[Path], list[str]]
    """The months that have an archive, as YYYY-MM."""
    lose_month: Callable[[Path, str], None]


def _open_sqlite(folder: Path, clock: OwnedClock) -> Store:
    return open_store(str(folder / "store"), clock=clock, durability="relaxed")


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


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "sqlite": Kind(open=_open_sqlite, months=_sqlite_months, lose_month=_lose_sqlite_month),
        "postgres": Kind(open=_open_postgres, months=_postgres_months, lose_month=_lose_postgres_month),
    }
)

"""The stores that must mean the same: each is one entry here, and every test of this folder runs over all of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from headway.store.open import open_store
from headway.store.protocol import Store
from tests.conformance.owned_clock import OwnedClock


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


KINDS: Mapping[str, Kind] = MappingProxyType(
    {"sqlite": Kind(open=_open_sqlite, months=_sqlite_months, lose_month=_lose_sqlite_month)}
)

"""Where an acceptance test keeps its jobs: in a folder, or in a database of its own."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from headway import Jobs
from tests.postgres.databases import database_of

PLACES: Final[Mapping[str, Callable[[Path], str]]] = MappingProxyType(
    {"sqlite": lambda folder: str(folder / "store"), "postgres": database_of}
)
"""By the kind of store: what `Jobs` is given."""


def opened(place: str, app: str = "default") -> Jobs:
    """The jobs of an app there."""
    return Jobs(place, app=app) if "://" in place else Jobs(place, app=app, durability="relaxed")

"""What every acceptance test stands on: a store of its own, and for faults a scene with real processes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from faults.scene import Scene
from headway import Jobs
from tests.acceptance.places import SQLITE
from tests.postgres.databases import database_of, drop_databases


@pytest.fixture
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str | None]:
    """Of a store on a server, in tests that ask for both kinds (places.py); None for one in a folder."""
    if getattr(request, "param", SQLITE) == SQLITE:
        yield None
        return
    yield database_of(tmp_path)
    drop_databases(tmp_path)


@pytest.fixture
def jobs(tmp_path: Path, url: str | None) -> Iterator[Jobs]:
    with Jobs(url or tmp_path / "store", durability="relaxed") as made:
        yield made


@pytest.fixture
def scene(tmp_path: Path, url: str | None) -> Iterator[Scene]:
    with Scene(tmp_path, url) as one:
        yield one

"""An application whose real store must stay untouched by every test here."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.testing.application import Shop, shop


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Shop]:
    place = tmp_path / "real"
    made = shop(place)
    yield made
    made.jobs.close()
    assert not place.exists(), "the real store was opened"

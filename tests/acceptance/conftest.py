"""What every acceptance test stands on: a store of its own, and for faults a scene with real processes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from faults.scene import Scene
from headway import Jobs


@pytest.fixture
def jobs(tmp_path: Path) -> Iterator[Jobs]:
    with Jobs(tmp_path / "store", durability="relaxed") as made:
        yield made


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with Scene(tmp_path) as one:
        yield one

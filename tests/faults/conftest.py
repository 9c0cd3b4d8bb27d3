"""Every fault has a scene of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from faults.scene import Scene


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with Scene(tmp_path) as one:
        yield one

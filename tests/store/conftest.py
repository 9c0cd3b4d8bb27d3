"""What the tests of a store from inside stand on: a world of its own whose files can be got at."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from headway.store.open import open_store
from tests.conformance.owned_clock import OwnedClock
from tests.conformance.world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    clock = OwnedClock()
    with closing(open_store(str(tmp_path / "store"), clock=clock, durability="relaxed")) as store:
        yield World(store=store, clock=clock)

"""Fixtures: an empty store of each kind, with a clock of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from headway.store.protocol import Store
from tests.conformance.owned_clock import OwnedClock
from tests.conformance.places import KINDS, Kind
from tests.conformance.world import World
from tests.postgres.databases import drop_databases


@pytest.fixture(params=sorted(KINDS))
def store_kind(request: pytest.FixtureRequest) -> Kind:
    return KINDS[request.param]


@pytest.fixture
def clock() -> OwnedClock:
    return OwnedClock()


@pytest.fixture
def store(store_kind: Kind, tmp_path: Path, clock: OwnedClock) -> Iterator[Store]:
    store = store_kind.open(tmp_path, clock)
    yield store
    store.close()
    drop_databases(tmp_path)


@pytest.fixture
def world(store: Store, clock: OwnedClock) -> World:
    return World(store=store, clock=clock)


@pytest.fixture
def node(world: World) -> int:
    """A worker that knows every handler and serves every queue."""
    return world.node("first")

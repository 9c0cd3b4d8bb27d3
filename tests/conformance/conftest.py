"""Fixtures: an empty store of each kind, with a clock of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from headway.store.protocol import Store
from tests.conformance.owned_clock import OwnedClock
from tests.conformance.places import KINDS, Kind
from tests.conformance.world import World
from tests.postgres.databases import drop_databases

POSTGRES_TIMEOUT_S = 120


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """A test that is about one kind of store says so, and why; of the others it is not a test."""
    others = []
    for item in items:
        if "postgres" in getattr(
            getattr(item, "callspec", None), "id", ""
        ):  # a way to the server and back for each statement
            item.add_marker(pytest.mark.timeout(POSTGRES_TIMEOUT_S))
        marker = item.get_closest_marker("only_on")
        kind = getattr(item, "callspec", None)
        if marker is not None and kind is not None and kind.params.get("store_kind") not in {None, marker.args[0]}:
            others.append(item)
    if others:
        gone = set(map(id, others))
        items[:] = [item for item in items if id(item) not in gone]
        config.hook.pytest_deselected(items=others)


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

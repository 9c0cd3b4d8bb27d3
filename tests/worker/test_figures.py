"""A worker sums up what ended: soon while there is more, and otherwise every two seconds."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from headway.store.open import open_store
from headway.store.verbs import fold
from headway.worker.upkeep import FOLD_PAUSE, FOLD_STEP_PAUSE, Figures
from tests.conformance.owned_clock import OwnedClock
from tests.conformance.world import World
from tests.worker.lookouts import lookout


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    clock = OwnedClock()
    store = open_store(str(tmp_path), clock=clock, durability="relaxed")
    yield World(store=store, clock=clock)
    store.close()


def test_steps_follow_each_other_until_all_is_summed_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fold, "JOBS_MAX", 2)
    node = world.node()
    for _ in range(5):
        world.end(node, world.running(node))
        world.clock.advance(1)
    world.clock.advance(1)
    service = Figures(world.store, lookout(world))
    pauses = [service.tick(0.0)]
    while pauses[-1] == FOLD_STEP_PAUSE:
        pauses.append(service.tick(0.0))
    assert pauses[-1] == FOLD_PAUSE
    assert len(pauses) > 3
    assert service.tick(2.0) == FOLD_PAUSE

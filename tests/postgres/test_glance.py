"""One look for a worker at rest: where nothing is to do it sees nothing, and each thing there is to do it sees.

That it overlooks nothing is also asked at every step of upkeep in the conformance tests (`World.tend`, `reap`, `archive`).
"""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from headway.model.outcome import EndKind
from headway.store.glance import Glance
from tests.conformance.owned_clock import SECOND_US, OwnedClock
from tests.conformance.places import KINDS
from tests.conformance.scheduling import MINUTE_US, fire, minutely, pass_minutes, pause, put
from tests.conformance.world import LEASE_US, World
from tests.postgres.databases import drop_databases


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    clock = OwnedClock()
    with closing(KINDS["postgres"].open(tmp_path, clock)) as store:
        yield World(store=store, clock=clock)
    drop_databases(tmp_path)


@pytest.fixture
def node(world: World) -> int:
    """One that has swept, and beats."""
    node = world.node()
    world.reap()
    return node


def seen(world: World) -> Glance:
    glance = world.glance()
    assert glance is not None
    return glance


def summed_up(world: World) -> None:
    while world.store.fold():
        pass


NOTHING = Glance(
    ready=False, next_due_us=None, upkeep=False, lapsed=False, figures=False, oldest_ended_us=None, next_instant_us=None
)


def test_an_empty_store_has_nothing_to_do(world: World, node: int) -> None:
    world.beat(node)
    assert seen(world) == NOTHING


def test_a_job_that_may_be_claimed_is_seen_by_its_own_app_alone(world: World, node: int) -> None:
    world.put()
    assert seen(world).ready
    other = world.store.glance("another", lease_us=LEASE_US)
    assert other is not None
    assert not other.ready
    world.claim(node)
    assert not seen(world).ready


def test_what_becomes_ready_by_itself_is_seen_with_its_moment(world: World, node: int) -> None:
    world.put(delay_us=5 * SECOND_US)
    assert seen(world).next_due_us == world.clock.now_us() + 5 * SECOND_US
    assert not seen(world).ready


@pytest.mark.parametrize("wait_s", [10, 11])
def test_an_expiry_is_seen_when_it_has_come(world: World, node: int, wait_s: int) -> None:
    world.put(expires_us=world.clock.now_us() + 11 * SECOND_US)
    world.clock.advance(wait_s)
    assert seen(world).upkeep == (wait_s == 11)
    assert world.tend() == (wait_s == 11)


def test_a_span_of_a_key_that_is_over_is_seen(world: World, node: int) -> None:
    claim = world.running(node, unique_key="k", unique_for_us=60 * SECOND_US)
    world.end(node, claim)
    assert not seen(world).upkeep
    world.clock.advance(60)
    assert seen(world).upkeep
    world.tend()
    assert not seen(world).upkeep


def test_a_parked_job_is_seen_until_somebody_knows_it(world: World, node: int) -> None:
    world.put(name="stranger")
    world.claim(node)
    assert seen(world).upkeep
    world.node("knows", names=("stranger",))
    assert not seen(world).upkeep


def test_a_lease_that_is_over_is_seen(world: World, node: int) -> None:
    for _ in range(7):
        assert not seen(world).lapsed
        world.clock.advance(5)
        world.beat(world.node())  # others go on
    assert seen(world).lapsed


def test_beats_note_that_leases_could_be_renewed_and_a_silence_is_seen(world: World, node: int) -> None:
    for _ in range(3):
        world.clock.advance(7)
        world.beat(node)
        assert not seen(world).lapsed
    world.clock.advance(8)
    assert seen(world).lapsed
    world.beat(node)
    assert seen(world).lapsed, "only a sweep may judge what a silence means"
    world.reap()
    assert not seen(world).lapsed


def test_a_sweep_after_beats_alone_takes_a_lapsed_lease_at_once(world: World, node: int) -> None:
    other = world.node("other")
    world.put()
    (claim,) = world.claim(other)
    for _ in range(7):
        world.clock.advance(5)
        world.beat(node)
    reaped = world.reap()
    assert (reaped.nodes, reaped.jobs, reaped.held) == (("other",), 1, False)
    assert world.claim_ids(node) == [claim.id]


def test_what_ended_is_seen_until_it_is_summed_up(world: World, node: int) -> None:
    world.end(node, world.running(node))
    assert not seen(world).figures, "it may still be taken back"
    world.clock.advance(2)
    assert seen(world).figures
    summed_up(world)
    assert not seen(world).figures
    world.end(node, world.running(node), EndKind.RETURNED)
    world.clock.advance(2)
    assert seen(world).figures


def test_what_may_go_to_the_archive_is_seen_with_its_moment(world: World, node: int) -> None:
    ended_us = world.clock.now_us()
    world.end(node, world.running(node))
    assert seen(world).oldest_ended_us == ended_us
    world.archive()
    assert seen(world).oldest_ended_us is None


def test_the_next_instant_of_a_schedule_is_seen_unless_schedules_are_off(world: World, node: int) -> None:
    put(world, minutely())
    assert seen(world).next_instant_us == world.clock.now_us() + MINUTE_US
    assert fire(world).runs == 0
    world.store.call(world.store.hold_claims())
    assert seen(world).next_instant_us is None
    world.store.call(world.store.resume_claims())
    pass_minutes(world)
    assert seen(world).next_instant_us == world.clock.now_us() + MINUTE_US
    pause(world)
    assert seen(world).next_instant_us is None


def test_a_clock_that_was_set_back_is_seen_at_once(world: World, node: int) -> None:
    put(world, minutely())
    pass_minutes(world)
    world.clock.step_wall(-30)
    assert seen(world).next_instant_us == 0

"""Driving a job into each state, by the verbs that lead there."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from headway.model.callback import NewCallback, as_text
from headway.model.claim import Claim
from headway.model.job import State
from headway.model.outcome import EndKind
from tests.conformance.owned_clock import SECOND_US
from tests.conformance.world import World, new

LATER = {"delay_us": 60 * SECOND_US}
CALLBACK = as_text(NewCallback(job=new("", name="later", payload="{}"), argument="result"))
"""A callback whose handler no node of these tests knows, so that it is there and never runs."""


def _claimed(world: World, node: int, job: int) -> Claim:
    claims = {claim.id: claim for claim in world.claim(node, 100)}
    return claims[job]


def _scheduled(world: World, node: int) -> int:
    return world.put(**LATER)


def _waiting(world: World, node: int) -> int:
    return world.put(depends_on=(world.put(**LATER),))


def _queued(world: World, node: int) -> int:
    return world.put()


def _running(world: World, node: int) -> int:
    return _claimed(world, node, world.put()).id


def _ended(kind: EndKind) -> Callable[[World, int], int]:
    def drive(world: World, node: int) -> int:
        claim = _claimed(world, node, world.put())
        world.end(node, claim, kind, permanent=True)
        return claim.id

    return drive


def _executed(world: World, node: int) -> int:
    claim = _claimed(world, node, world.put(callback=CALLBACK))
    world.end(node, claim)
    return claim.id


def _skipped(world: World, node: int) -> int:
    parent = _claimed(world, node, world.put())
    child = world.put(depends_on=(parent.id,), condition="failure")
    world.end(node, parent)
    return child


DRIVE: Mapping[State, Callable[[World, int], int]] = MappingProxyType(
    {
        State.SCHEDULED: _scheduled,
        State.WAITING: _waiting,
        State.QUEUED: _queued,
        State.RUNNING: _running,
        State.EXECUTED: _executed,
        State.COMPLETED: _ended(EndKind.RETURNED),
        State.FAILED: _ended(EndKind.RAISED),
        State.CANCELLED: _ended(EndKind.CANCELLED),
        State.SKIPPED: _skipped,
    }
)
"""The verbs that lead into each state."""


def drive(world: World, node: int, state: State) -> int:
    """A job in this state; its id."""
    job = DRIVE[state](world, node)
    assert world.state(job) is state
    return job

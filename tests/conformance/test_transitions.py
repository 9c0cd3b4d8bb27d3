"""The table of transitions, driven through the verbs: each arrow leads where it says, everything else changes nothing."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from headway.model.claim import Claim
from headway.model.job import FINAL, PENDING, TRANSITIONS, State, may_become
from headway.model.outcome import EndKind, Settlement
from headway.store.protocol import CancelAnswer, JobDetail, RequeueAnswer
from tests.conformance.owned_clock import SECOND_US
from tests.conformance.stages import DRIVE, drive
from tests.conformance.test_settle import ENDINGS
from tests.conformance.world import World

Verb = Callable[[World, int, int], object]


def _settle(name: str) -> Verb:
    def act(world: World, node: int, job: int) -> object:
        kind, facts, handler, _ = ENDINGS[name]
        return world.turn(node, guess(world, job, kind, facts, handler))

    return act


def guess(world: World, job: int, kind: EndKind, facts: dict[str, Any], handler: dict[str, bool]) -> Settlement:
    """A settlement with the epoch that the job has at this moment: only the state can refuse it."""
    row = world.row(job)
    claim = Claim(
        id=job, epoch=row.epoch, name=row.name, payload="{}", queue=row.queue, ref_id=row.ref_id, tries=row.tries,
        crashes=row.crashes, retries=row.retries, suspect=row.suspect, created_us=row.created_us, due_us=row.due_us,
        claimed_us=world.clock.now_us(),
    )  # fmt: skip
    return world.settlement(claim, kind, handler=handler, **facts)


VERBS: dict[str, Verb] = {
    "claim": lambda world, node, job: world.claim(node, 100),
    "cancel": lambda world, node, job: world.store.call(world.store.cancel(job)),
    "requeue": lambda world, node, job: world.store.call(world.store.requeue(job)),
    "tend": lambda world, node, job: world.tend(),
    "turn": lambda world, node, job: world.turn(node),
    "beat": lambda world, node, job: world.beat(node),
    "reap": lambda world, node, job: world.reap(),
    "reap the node": lambda world, node, job: world.reap("first"),
    "leave": lambda world, node, job: world.store.call(world.store.leave(node)),
    "archive": lambda world, node, job: world.archive(),
    **{f"settle as {name}": _settle(name) for name in ENDINGS},
}

LEADS: dict[tuple[str, State], State] = {
    ("claim", State.QUEUED): State.RUNNING,
    **{("cancel", state): State.CANCELLED for state in PENDING},
    ("cancel", State.EXECUTED): State.FAILED,
    ("requeue", State.FAILED): State.QUEUED,
    ("requeue", State.CANCELLED): State.QUEUED,
    ("reap the node", State.RUNNING): State.QUEUED,
    ("leave", State.RUNNING): State.QUEUED,
    **{(f"settle as {name}", State.RUNNING): ending[3] for name, ending in ENDINGS.items()},
}
"""Where each verb leads, by the state it meets; for every pair that is not here the job stays where it is."""


@pytest.mark.parametrize("state", list(DRIVE))
@pytest.mark.parametrize("verb", list(VERBS))
class TestEveryVerbInEveryState:
    def test_leads_where_the_table_says_or_nowhere(self, world: World, node: int, verb: str, state: State) -> None:
        job = drive(world, node, state)
        before = world.detail(job)
        VERBS[verb](world, node, job)
        after = world.detail(job)
        expected = LEADS.get((verb, state), state)
        assert after.row.state is expected
        assert expected is state or may_become(state, expected)
        if (verb, state) not in LEADS and (verb, state) != ("cancel", State.RUNNING):
            same = {"archived": before.row.archived} if verb == "archive" else {}
            assert unaudited(after, **same) == unaudited(before)
        world.healthy()


def unaudited(detail: JobDetail, **row_facts: Any) -> JobDetail:
    """All of a job but the audit line that a refused outcome leaves."""
    events = tuple(event for event in detail.events if event.kind != "late_result")
    return replace(detail, events=events, row=replace(detail.row, **row_facts))


@pytest.mark.parametrize("new", list(State))
@pytest.mark.parametrize("state", list(DRIVE))
def test_a_settlement_can_only_take_the_arrows_of_running(world: World, node: int, state: State, new: State) -> None:
    """Whatever state a settlement names: it is written for a running job alone, and only where an arrow leads.

    Executed is the store's own word, for a success with a callback.
    """
    job = drive(world, node, state)
    before = world.detail(job)
    written = msgspec.structs.replace(guess(world, job, EndKind.RETURNED, {}, {}), state=new)
    allowed = state is State.RUNNING and may_become(State.RUNNING, new) and new is not State.EXECUTED
    try:
        accepted = world.turn(node, written).accepted
    except ValueError:  # a store may say it so, as no worker ever asks for it
        accepted = (False,)
    assert accepted == (allowed,)
    assert world.state(job) is (new if allowed else state)
    if not allowed:
        assert unaudited(world.detail(job)) == unaudited(before)


def test_every_state_was_driven_to() -> None:
    assert set(DRIVE) == set(State)
    assert set(TRANSITIONS) == set(State)
    assert FINAL | PENDING | {State.RUNNING, State.EXECUTED} == set(State)


@pytest.mark.parametrize("state", list(DRIVE))
def test_time_alone_leads_only_from_scheduled_to_queued(world: World, node: int, state: State) -> None:
    job = drive(world, node, state)
    world.beat(node)
    world.clock.step_wall(3600)
    world.tend()
    world.turn(node)
    assert world.state(job) is (State.QUEUED if state is State.SCHEDULED else state)


@pytest.mark.parametrize("state", list(DRIVE))
def test_expiry_leads_to_cancelled_only_before_the_start(world: World, node: int, state: State) -> None:
    soon = world.clock.now_us() + SECOND_US
    job = world.put(expires_us=soon, ref_id="short") if state is State.QUEUED else None
    if job is None:
        job = drive(world, node, state)
    world.beat(node)
    world.clock.step_wall(2)
    world.tend()
    assert world.state(job) is (State.CANCELLED if state is State.QUEUED else state)


@pytest.mark.parametrize(
    ("state", "answer"),
    [
        (State.SCHEDULED, CancelAnswer.CANCELLED),
        (State.WAITING, CancelAnswer.CANCELLED),
        (State.QUEUED, CancelAnswer.CANCELLED),
        (State.RUNNING, CancelAnswer.REQUESTED),
        (State.COMPLETED, CancelAnswer.FINAL),
        (State.FAILED, CancelAnswer.FINAL),
        (State.EXECUTED, CancelAnswer.CANCELLED),
        (State.CANCELLED, CancelAnswer.FINAL),
        (State.SKIPPED, CancelAnswer.FINAL),
    ],
)
def test_cancel_answers_with_what_happened(world: World, node: int, state: State, answer: CancelAnswer) -> None:
    job = drive(world, node, state)
    assert world.store.call(world.store.cancel(job)) is answer


@pytest.mark.parametrize("state", list(DRIVE))
def test_requeue_answers_with_what_happened(world: World, node: int, state: State) -> None:
    job = drive(world, node, state)
    reopened = state in {State.FAILED, State.CANCELLED}
    assert world.store.call(world.store.requeue(job)) is (RequeueAnswer.REQUEUED if reopened else RequeueAnswer.REFUSED)

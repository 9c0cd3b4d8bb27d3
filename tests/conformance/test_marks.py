"""A job whose own transaction was committed is done: its attempt's end changes nothing any more."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from headway.model.callback import NewCallback, as_text
from headway.model.claim import Claim
from headway.model.job import State
from headway.model.outcome import EndKind
from headway.store.protocol import RequeueAnswer
from tests.conformance.places import Kind
from tests.conformance.world import World, new

CALLBACK = as_text(NewCallback(job=new("")))
Mark = Callable[[Claim], None]


@pytest.fixture
def mark(world: World, store_kind: Kind, tmp_path: Path) -> Mark:
    def put_mark(claim: Claim) -> None:
        values = f"{claim.id}, {claim.epoch}, '7', {world.clock.now_us()}"
        store_kind.tamper(tmp_path, f"INSERT INTO headway_done (job_id, epoch, result, done_at) VALUES ({values})")

    return put_mark


@pytest.mark.parametrize("kind", [kind for kind in EndKind if kind is not EndKind.RETURNED])
def test_whatever_the_attempt_ended_with_the_job_is_completed(
    world: World, node: int, mark: Mark, kind: EndKind
) -> None:
    claim = world.running(node)
    mark(claim)
    assert world.end(node, claim, kind, permanent=True) is State.COMPLETED
    assert world.detail(claim.id).result == "7"
    assert world.row(claim.id).code is None
    world.healthy()


def test_a_cancellation_comes_too_late(world: World, node: int, mark: Mark) -> None:
    claim = world.running(node)
    mark(claim)
    world.store.call(world.store.cancel(claim.id, by="ann"))
    assert world.end(node, claim) is State.COMPLETED
    world.healthy()


def test_a_dead_nodes_job_is_completed(world: World, node: int, mark: Mark) -> None:
    done, open_ = world.running(node), world.running(node, unique_key="k", tags=("a",))
    mark(done)
    assert world.reap("first").jobs == 1
    assert (world.state(done.id), world.state(open_.id)) == (State.COMPLETED, State.QUEUED)
    assert world.detail(done.id).result == "7"
    world.healthy()


@pytest.mark.parametrize("callback", [None, CALLBACK])
def test_children_that_are_refused_do_not_undo_it(world: World, node: int, mark: Mark, callback: str | None) -> None:
    """Its effect was committed: it ends well, says what is missing, and nobody can run it once more."""
    claim = world.running(node, callback=callback, retries=3)
    mark(claim)
    children = msgspec.json.encode([world.new(ref_id="good"), world.new(depends_on=(999_999,))]).decode()
    settled = world.settlement(claim, children=children, result="7")
    for _ in range(2):  # the answer was lost, and it is repeated
        world.turn(node, settled)
    assert world.row(claim.id).state is (State.COMPLETED if callback is None else State.EXECUTED)
    row, detail = world.row(claim.id), world.detail(claim.id)
    assert (row.code, row.tries) == ("children_refused", 0)
    assert (row.reason or "").startswith("its own transaction was committed; its children could not be enqueued: ")
    assert detail.result == "7"
    assert [(one.kind, one.code) for one in detail.attempts] == [(EndKind.RETURNED, "children_refused")]
    assert "late_result" not in [event.kind for event in detail.events]
    (line,) = world.store.reader.call(world.store.reader.lines(claim.id))
    assert (line.line.level, line.line.text.partition(":")[0]) == (30, "its children could not be enqueued")
    assert world.store.reader.call(world.store.reader.job("good")) is None
    assert world.store.call(world.store.requeue(claim.id)) is RequeueAnswer.REFUSED
    world.healthy()


def test_children_of_one_that_is_not_done_fail_it(world: World, node: int) -> None:
    claim = world.running(node)
    children = msgspec.json.encode([world.new(depends_on=(999_999,))]).decode()
    assert world.end(node, claim, children=children) is State.FAILED
    assert world.row(claim.id).code == "children_refused"


def test_what_waits_for_it_goes_on(world: World, node: int, mark: Mark) -> None:
    parent = world.running(node, unique_key="k")
    child = world.put(depends_on=(parent.id,))
    mark(parent)
    world.reap("first")
    assert world.state(child) is State.QUEUED
    assert world.enqueue(world.new(unique_key="k"))[0].existing is False


def test_a_job_of_a_node_that_leaves_is_completed(world: World, node: int, mark: Mark) -> None:
    claim = world.running(node)
    mark(claim)
    assert world.store.call(world.store.leave(node)) == 0
    assert world.state(claim.id) is State.COMPLETED


def test_a_mark_tells_its_result(world: World, node: int, mark: Mark) -> None:
    claim = world.running(node)
    assert world.store.reader.call(world.store.mark_of(claim.id)) is None
    mark(claim)
    assert world.store.reader.call(world.store.mark_of(claim.id)) == "7"


def test_marks_stay_for_an_hour_and_as_long_as_the_job_has_not_ended(world: World, node: int, mark: Mark) -> None:
    ended, running = world.running(node), world.running(node)
    mark(ended)
    mark(running)
    world.end(node, ended)
    world.clock.advance(3601)
    world.tend()
    found = [world.store.reader.call(world.store.mark_of(claim.id)) for claim in (ended, running)]
    assert found == [None, "7"]

"""Each statement of an operation fails in turn: the store is as before or as after, never between."""

from collections.abc import Callable
from typing import Any

import pytest

from headway.model.errors import StoreError
from headway.model.job import State
from headway.model.outcome import EndKind, Report
from headway.store.protocol import Ask, JobFilter, Operation
from headway.store.sqlite import month
from headway.store.sqlite.connect import open_archive
from tests.conformance.failing import FailingConnection, Fuse, fused
from tests.conformance.owned_clock import SECOND_US
from tests.conformance.places import Kind
from tests.conformance.test_audit import together
from tests.conformance.world import BEAT_US, LEASE_US, World, said

STATEMENTS_MAX = 200
Prepare = Callable[[World, int], Callable[[], Operation[Any]]]
MONTH_S = 31 * 24 * 3600


def enqueue(world: World, node: int) -> Callable[[], Operation[Any]]:
    done, parent = world.running(node), world.put()
    world.end(node, done)
    jobs = [
        world.new(tags=("a", "b"), content=b"c", depends_on=(done.id, parent)),
        world.new(delay_us=SECOND_US, options="{}"),
        world.new(depends_on=(parent,), parent_id=parent),
    ]
    return lambda: world.store.enqueue(jobs)


def exchange(world: World, node: int) -> Callable[[], Operation[Any]]:
    """Everything that a turn can do at once."""
    world.enqueue(*[world.new() for _ in range(8)])
    good, plain, bad, retried, crashed, unwanted, silent, stale = world.claim(node, 8)
    for parent in (good, plain, bad, unwanted):
        child = world.put(depends_on=(parent.id,))
        world.put(depends_on=(child,))
    world.put(depends_on=(good.id, plain.id))
    world.end(node, stale)
    world.store.call(world.store.cancel(unwanted.id))
    world.put(delay_us=SECOND_US)
    world.put(expires_us=world.clock.now_us() + SECOND_US, delay_us=60 * SECOND_US)
    world.put(name="renamed")
    world.clock.advance(2)
    words = Report(id=good.id, epoch=1, fraction=1.0, checkpoint="{}", lines=said(world.clock, "bye"))
    settlements = [
        world.settlement(good, result="1", report=words, code="noted"),
        world.settlement(plain, result="2"),
        world.settlement(bad, EndKind.RAISED, permanent=True),
        world.settlement(retried, EndKind.RAISED, delay_us=SECOND_US),
        world.settlement(crashed, EndKind.CRASHED),
        world.settlement(unwanted),
        world.settlement(stale),
    ]
    reports = [Report(id=silent.id, epoch=1, status="on", checkpoint="{}", lines=said(world.clock, "one", "two"))]
    asks = [Ask(limit=2, names=frozenset({"work"}))]
    return lambda: world.store.exchange(node, settlements=settlements, reports=reports, asks=asks, lease_us=LEASE_US)


def archive(world: World, node: int) -> Callable[[], Operation[Any]]:
    """Over two months."""
    for _ in range(2):
        claim = world.running(node)
        world.say(node, claim, "one", status="s")
        world.end(node, claim, result="1")
        world.fail(node, world.running(node))
        world.clock.advance(MONTH_S)
    before = world.clock.now_us()
    return lambda: world.store.archive(before_us=before)


def requeue(world: World, node: int) -> Callable[[], Operation[Any]]:
    parent = world.running(node)
    child = world.put(depends_on=(parent.id,))
    world.fail(node, parent)
    world.store.call(world.store.requeue(parent.id))
    return lambda: world.store.requeue(child)


def requeue_archived(world: World, node: int) -> Callable[[], Operation[Any]]:
    claim = world.running(node)
    world.say(node, claim, "one", status="s", checkpoint="{}")
    world.store.call(world.store.cancel(claim.id, by="ann"))
    world.end(node, claim)
    world.archive()
    return lambda: world.store.requeue(claim.id)


def cancel(world: World, node: int) -> Callable[[], Operation[Any]]:
    parent = world.put()
    child = world.put(depends_on=(parent,))
    world.put(depends_on=(child,))
    return lambda: world.store.cancel(parent, by="ann")


def reap(world: World, node: int) -> Callable[[], Operation[Any]]:
    world.enqueue(world.new(), world.new(interrupt_fails=True), world.new())
    claims = world.claim(node, 3)
    world.put(depends_on=(claims[1].id,))
    world.store.call(world.store.cancel(claims[2].id))
    return lambda: world.store.reap(dead=["first"], lease_us=LEASE_US, beat_us=BEAT_US)


def leave(world: World, node: int) -> Callable[[], Operation[Any]]:
    world.enqueue(world.new(), world.new())
    world.claim(node, 2)
    return lambda: world.store.leave(node)


def tend(world: World, node: int) -> Callable[[], Operation[Any]]:
    dying = world.put(expires_us=world.clock.now_us() + SECOND_US)
    world.put(depends_on=(dying,))
    world.put(delay_us=SECOND_US)
    world.clock.advance(2)
    return world.store.tend


def purge(world: World, node: int) -> Callable[[], Operation[Any]]:
    world.end(node, world.running(node, tags=("a",)))
    world.archive()
    world.fail(node, world.running(node))
    later = world.clock.now_us() + 1
    return lambda: world.store.purge(completed_before_us=later, failed_before_us=later)


def delete(world: World, node: int) -> Callable[[], Operation[Any]]:
    """One that is archived, and one that others wait for."""
    done = world.running(node, tags=("a",))
    world.end(node, done)
    world.archive()
    parent = world.put()
    world.put(depends_on=(parent,))
    return lambda: world.store.delete_many((done.id, parent), where=MINE, by="ann")


OPERATIONS: dict[str, Prepare] = {
    prepare.__name__: prepare
    for prepare in (enqueue, exchange, archive, requeue, requeue_archived, cancel, reap, leave, tend, purge, delete)
}
MINE = JobFilter(names=("work", "other", "renamed"))
every_operation = pytest.mark.parametrize("name", list(OPERATIONS))


@pytest.fixture
def months(monkeypatch: pytest.MonkeyPatch) -> Callable[[Fuse], None]:
    """Makes the statements on the months' files count too."""

    def fuse_months(fuse: Fuse) -> None:
        monkeypatch.setattr(month, "open_archive", lambda path: FailingConnection(open_archive(path), fuse))

    return fuse_months


def look(world: World) -> Any:
    """All of the jobs that the operation is about, with everything."""
    return world.everything(MINE)


CLEARS_AFTER_COMMIT = frozenset({"purge", "requeue_archived", "delete"})


@every_operation
def test_a_statement_that_fails_leaves_everything_as_it_was(
    store_kind: Kind, world: World, node: int, name: str, months: Callable[[Fuse], None]
) -> None:
    operation = OPERATIONS[name](world, node)
    before = look(world)
    broken = tried = 0
    for fuse in store_kind.fuses(store_kind.error):
        months(fuse)
        tried += 1
        try:
            world.store.call(fused(operation(), fuse))
        except StoreError:
            broken += 1
            assert look(world) == before, fuse
            continue
        break
    # What is only cleared away after the commit may fail too: then the operation is done all the same.
    assert not fuse.blown or name in CLEARS_AFTER_COMMIT
    assert 1 < fuse.breaks_at < STATEMENTS_MAX
    assert broken == tried - 1, "every statement at which it was to fail failed, and was told"
    assert look(world) != before
    world.healthy()


@every_operation
def test_a_neighbour_in_the_same_group_is_unharmed(
    store_kind: Kind, world: World, node: int, name: str, months: Callable[[Fuse], None]
) -> None:
    operation = OPERATIONS[name](world, node)
    before = look(world)
    added = 0
    for fuse in store_kind.fuses(store_kind.error):
        months(fuse)
        first, broken, last = together(
            world.store,
            [
                world.store.enqueue([world.new(name="neighbour")]),
                fused(operation(), fuse),
                world.store.enqueue([world.new(name="neighbour")]),
            ],
        )
        added += 2
        for answer in (first[0], last[0]):
            assert (answer.existing, world.row(answer.id).ref_id) == (False, answer.ref_id)
        if not isinstance(broken, BaseException):
            break
        assert look(world) == before, fuse
    neighbours = world.store.reader.call(world.store.reader.page(JobFilter(names=("neighbour",)), limit=1000))
    assert neighbours.total == added
    world.healthy()


@pytest.mark.parametrize("statement", ["BEGIN", "COMMIT"])
@every_operation
def test_a_transaction_that_cannot_begin_or_end_leaves_everything_as_it_was(
    store_kind: Kind, world: World, node: int, name: str, statement: str
) -> None:
    operation = OPERATIONS[name](world, node)
    before = look(world)
    store: Any = world.store
    real = store._writing._connection
    store._writing._connection = Refusing(real, statement, store_kind.error)
    try:
        with pytest.raises(StoreError):
            store.call(operation())
    finally:
        store._writing._connection = real
    assert look(world) == before
    store.call(operation())
    assert look(world) != before
    world.healthy()


@pytest.mark.only_on("sqlite", "its months are files, which are written after the commit")
def test_copies_that_a_broken_step_left_in_the_archive_are_purged_with_their_jobs(
    store_kind: Kind, world: World, node: int
) -> None:
    world.end(node, world.running(node))
    store: Any = world.store
    real = store._writing._connection
    store._writing._connection = Refusing(real, "COMMIT", store_kind.error)
    with pytest.raises(StoreError):
        world.archive()
    store._writing._connection = real
    assert len(month.month_files(store._where.folder)) == 1
    later = world.clock.now_us() + 1
    assert store.call(store.purge(completed_before_us=later, failed_before_us=later)) == 1
    world.healthy()


class Refusing(FailingConnection):
    """Fails on one word, as a full disk does at COMMIT."""

    def __init__(self, real: Any, word: str, error: Callable[[], Exception]) -> None:
        super().__init__(real, Fuse(0, False, error))
        self._word = word

    def execute(self, *words: Any) -> Any:
        if words[0].startswith(self._word):
            self._fuse.breaks_at, self._fuse.count = 1, 0
            return self._fuse.guard(lambda: None)
        return self._real.execute(*words)


def test_a_job_being_archived_is_seen_at_every_point(world: World, node: int, months: Callable[[Fuse], None]) -> None:
    claim = world.running(node, ref_id="order-7")
    world.end(node, claim, result='{"r":1}')
    seen: list[tuple[bool, str | None]] = []
    operation = world.store.archive(before_us=world.clock.now_us() + 1)

    def watched(transaction: Any) -> Any:
        """The reader looks between every two statements of the move."""
        real = transaction.connection

        class Watched(FailingConnection):
            def execute(self, *words: Any) -> Any:
                detail = world.detail("order-7")
                seen.append((detail.row.state is State.COMPLETED, detail.result))
                return real.execute(*words)

        transaction.connection = Watched(real, Fuse(0, False, RuntimeError))
        try:
            return operation.run(transaction)
        finally:
            transaction.connection = real

    assert world.store.call(Operation("archive", watched, alone=True)) == 1
    assert len(seen) > 3
    assert set(seen) == {(True, '{"r":1}')}
    assert world.row(claim.id).archived

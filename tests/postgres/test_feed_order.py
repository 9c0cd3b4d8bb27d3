"""Transactions that share the lock commit in any order; whoever follows the store misses nothing all the same."""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from headway.model.job import State
from headway.store.figures import FeedCursor
from headway.store.open import open_store
from headway.store.operation import Operation
from headway.store.protocol import Store
from headway.store.verbs.enqueue import enqueue
from headway.store.verbs.settle import settle
from tests.conformance.owned_clock import OwnedClock
from tests.conformance.world import World
from tests.postgres.databases import database_of, drop_databases

WAIT_S = 10


@pytest.fixture
def worlds(tmp_path: Path) -> Iterator[tuple[World, World]]:
    """Two processes' worth of stores over one place."""
    clock = OwnedClock()
    with (
        closing(open_store(database_of(tmp_path), clock=clock, durability="relaxed")) as one,
        closing(open_store(database_of(tmp_path), clock=clock, durability="relaxed")) as two,
    ):
        yield World(store=one, clock=clock, prefix="one"), World(store=two, clock=clock, prefix="two")
    drop_databases(tmp_path)


@contextmanager
def held(store: Store, act: Any) -> Iterator[None]:
    """Inside, a transaction that shares the lock has done this and is not committed; after it, it is."""
    done, go, over = threading.Event(), threading.Event(), threading.Event()
    errors: list[BaseException | None] = []

    def run(tx: Any) -> None:
        act(tx)
        done.set()
        assert go.wait(WAIT_S)

    def end(_: None, error: BaseException | None) -> None:
        errors.append(error)
        over.set()

    store.submit(Operation("exchange", run), end)
    assert done.wait(WAIT_S)
    yield
    go.set()
    assert over.wait(WAIT_S)
    assert errors == [None]


def told(store: Store, since: FeedCursor) -> tuple[set[str], FeedCursor]:
    changes = store.reader.call(store.reader.changes(since, app=None))
    assert not changes.too_old
    return {row.ref_id for row in changes.rows}, changes.cursor


def test_a_job_that_is_committed_after_later_ones_is_told(worlds: tuple[World, World]) -> None:
    one, two = worlds
    reader = two.store.reader
    two.put(ref_id="before")
    cursor = reader.call(reader.feed_start(app=None))
    with held(one.store, lambda tx: enqueue(tx, [one.new(ref_id="slow")])):
        two.put(ref_id="quick")
        first, cursor = told(two.store, cursor)
    second, cursor = told(two.store, cursor)
    assert first | second == {"slow", "quick"}
    assert told(two.store, cursor)[0] == set()


def test_so_it_is_to_whoever_began_meanwhile(worlds: tuple[World, World]) -> None:
    one, two = worlds
    reader = two.store.reader
    with held(one.store, lambda tx: enqueue(tx, [one.new(ref_id="slow")])):
        two.put(ref_id="quick")
        cursor = reader.call(reader.feed_start(app=None))
    assert "slow" in told(two.store, cursor)[0]


def test_an_event_that_is_committed_after_later_ones_is_told(worlds: tuple[World, World]) -> None:
    one, two = worlds
    reader = two.store.reader
    slow, quick = one.put(ref_id="slow"), two.put(ref_id="quick")
    cursor = reader.call(reader.feed_start(app=None))
    with held(one.store, lambda tx: tx.event(slow, 0, "noted")):
        with held(two.store, lambda tx: tx.event(quick, 0, "noted")):
            pass
        first, cursor = told(two.store, cursor)
    second, _ = told(two.store, cursor)
    assert first | second == {"slow", "quick"}


def test_an_end_that_is_committed_after_later_ones_is_told(tmp_path: Path) -> None:
    """By the server's own clock, and after more than the half second that a follower looks back."""
    with (
        closing(open_store(database_of(tmp_path), durability="relaxed")) as slow,
        closing(open_store(database_of(tmp_path), durability="relaxed")) as quick,
    ):
        one = World(store=slow, clock=OwnedClock(), prefix="one")  # its clock is not asked
        two = World(store=quick, clock=OwnedClock(), prefix="two")
        node = one.node()
        claims = {name: one.take(node, one.put(ref_id=name)) for name in ("slow", "quick")}
        cursor = quick.reader.call(quick.reader.feed_start(app=None))

        began: list[int] = []

        def end(tx: Any) -> None:
            began.append(tx.now_us)
            assert list(settle(tx, node, [one.settlement(claims["slow"])])) == [State.COMPLETED]

        with held(slow, end):
            two.end(node, claims["quick"])
            while (two.row(two.put()).created_us or 0) - began[0] < 600_000:
                pass  # until the half second is over by the server's clock
            first, cursor = told(quick, cursor)
            late = quick.reader.call(quick.reader.feed_start(app=None))
        second, _ = told(quick, cursor)
        assert ("quick" in first, {"slow", "quick"} <= second) == (False, True)
        assert "slow" in told(quick, late)[0]
    drop_databases(tmp_path)


def test_numbers_that_were_given_up_hold_nothing_back(worlds: tuple[World, World]) -> None:
    one, two = worlds
    reader = two.store.reader
    cursor = reader.call(reader.feed_start(app=None))

    def give_up(tx: Any) -> None:
        tx.reserve(3)
        msg = "given up"
        raise ValueError(msg)

    with pytest.raises(ValueError, match="given up"):
        one.store.call(Operation("exchange", give_up))
    two.put(ref_id="next")
    assert told(two.store, cursor)[0] == {"next"}

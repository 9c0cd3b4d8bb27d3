"""Where claims begin to read: at the front, and behind the dead rows once the way there is long."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import psycopg
import pytest

from headway.store.postgres.front import EVERY_S, LAG_US, LONG_S, MANY, SHARE, Front
from tests.conformance.owned_clock import OwnedClock, SlowClock
from tests.conformance.places import KINDS
from tests.conformance.world import World
from tests.postgres.databases import database_of, drop_databases

APP: Final = "default"
NOW_US: Final = 1_000_000_000
LATELY_US: Final = NOW_US - LAG_US
DEAD: Final = """INSERT INTO headway.headway_job (app, ref_id, name, queue, state, due_at, created_at, retries)
SELECT 'default', 'dead ' || n, 'dead', 'default', 'queued', 0, 0, 0 FROM generate_series(1, %(count)s) AS n"""


class Hand:
    """A clock and the front that goes by it."""

    def __init__(self) -> None:
        self.now = 100.0
        self.entries = MANY
        self.front = Front(lambda: self.now)

    def claim(self, *oldest_us: int, takes: float = 0.0, now_us: int = NOW_US) -> int:
        """One that reads for so long and sees groups whose oldest jobs are these; from where on it read."""
        since_us = self.front.begin(APP)
        for one in oldest_us:
            self.front.saw(one)
        self.now += takes
        self.front.end(now_us, lambda: self.entries)
        return since_us


@pytest.fixture
def hand() -> Hand:
    return Hand()


def test_quick_claims_read_everything(hand: Hand) -> None:
    assert [hand.claim(5, takes=LONG_S * 0.9) for _ in range(3)] == [0, 0, 0]
    assert not hand.front.is_known(APP)


def test_on_a_busy_machine_few_entries_take_long_as_well(hand: Hand) -> None:
    hand.entries = MANY - 1
    assert [hand.claim(5, takes=1.0) for _ in range(2)] == [0, 0]
    assert not hand.front.is_known(APP)


@pytest.mark.parametrize(
    ("oldest_us", "since_us"), [((), LATELY_US), ((7, 5), 5), ((NOW_US - 1,), LATELY_US)], ids=["none", "old", "new"]
)
def test_after_a_long_one_they_begin_at_the_oldest_or_two_seconds_ago(
    hand: Hand, oldest_us: tuple[int, ...], since_us: int
) -> None:
    hand.claim(*oldest_us, takes=LONG_S * 1.1)
    assert hand.front.is_known(APP)
    assert hand.claim(*oldest_us) == since_us


def test_they_go_on_with_what_they_see_and_never_back(hand: Hand) -> None:
    hand.claim(10, takes=1.0)
    assert hand.claim(20) == 10
    assert hand.claim(15) == 20, "another process gave back what it had locked: the next whole look finds it"
    assert hand.claim() == 20
    assert hand.claim() == LATELY_US


@pytest.mark.parametrize(("takes", "every"), [(LONG_S * 1.1, EVERY_S), (1.0, SHARE)])
def test_now_and_then_everything_is_read_the_more_seldom_the_longer_it_takes(
    hand: Hand, takes: float, every: float
) -> None:
    hand.claim(takes=takes)
    hand.now += every - 0.1
    assert hand.claim() != 0
    hand.now += 0.2
    assert hand.claim(takes=takes) == 0
    assert hand.claim() != 0


def test_when_that_is_quick_again_all_is_as_before(hand: Hand) -> None:
    hand.claim(takes=1.0)
    hand.now += SHARE
    assert hand.claim() == 0
    assert not hand.front.is_known(APP)


def test_what_became_ready_here_is_looked_for_at_once(hand: Hand) -> None:
    hand.claim(takes=1.0)
    hand.front.forget()
    assert hand.claim() == 0


def test_of_another_app_nothing_is_known(hand: Hand) -> None:
    hand.claim(takes=1.0)
    assert not hand.front.is_known("other")
    assert hand.front.begin("other") == 0


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Every look at the clock shows a tenth of a second more, so that each claim takes long."""
    clock = OwnedClock()
    with closing(KINDS["postgres"].open(tmp_path, SlowClock(clock))) as store:  # type: ignore[arg-type]
        yield World(store=store, clock=clock)
    drop_databases(tmp_path)


def _leave_dead(folder: Path) -> None:
    """Rows that are gone, and that somebody may still see."""
    with psycopg.connect(database_of(folder)) as connection:
        connection.execute(DEAD, {"count": MANY})
        connection.execute("DELETE FROM headway.headway_job WHERE name = 'dead'")


def test_nothing_that_waits_is_overlooked_for_ever(world: World, tmp_path: Path) -> None:
    node = world.node()
    with psycopg.connect(database_of(tmp_path)) as other:
        other.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        other.execute("SELECT 1 FROM headway.headway_node")
        _leave_dead(tmp_path)
        world.claim(node)
        assert world.glance() is None, "they begin behind the dead rows"
        wanted: list[int] = []
        for number in range(30):
            wanted += [world.put(priority=number % 3), world.put(name="other", delay_us=number * 500_000)]
            world.clock.advance(1)
        got = world.claim_ids(node, limit=1)
        for turn in range(300):
            got += world.claim_ids(node, limit=1 + turn % 3)
            if turn == 5:  # what ran is given back, and is due since long ago
                world.store.call(world.store.leave(node))
                node, got = world.node(), []
            world.clock.advance(0.2)
        other.rollback()
    assert sorted(got) == sorted(wanted)

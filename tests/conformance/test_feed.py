"""Following a store: whoever goes from cursor to cursor sees every job that is created, ends, or has something done to it."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from headway.model.job import FINAL, JobRow, State
from headway.store.figures import FeedCursor
from headway.store.protocol import JobFilter, Reader, Store
from tests.conformance.owned_clock import OwnedClock
from tests.conformance.places import Kind
from tests.conformance.world import World

PAGES_MAX = 100


def start(store: Store, app: str | None = None) -> FeedCursor:
    return store.reader.call(store.reader.feed_start(app=app))


def follow(
    reader: Reader, since: FeedCursor, *, app: str | None = None, limit: int = 500
) -> tuple[list[JobRow], FeedCursor]:
    """To the end."""
    rows: list[JobRow] = []
    for _ in range(PAGES_MAX):
        changes = reader.call(reader.changes(since, app=app, limit=limit))
        assert not changes.too_old
        assert len(changes.rows) <= limit
        assert [row.id for row in changes.rows] == sorted({row.id for row in changes.rows})
        rows += changes.rows
        since = changes.cursor
        if not changes.more:
            return rows, since
    pytest.fail("there is always more")


def seen(world: World, since: FeedCursor, **facts: object) -> tuple[list[tuple[int, State]], FeedCursor]:
    rows, cursor = follow(world.store.reader, since, **facts)  # type: ignore[arg-type]
    return [(row.id, row.state) for row in rows], cursor


def test_what_was_before_is_not_told(world: World, node: int) -> None:
    world.end(node, world.running(node))
    world.put()
    assert seen(world, start(world.store))[0] == []


def test_a_job_is_told_when_it_is_created_and_when_it_has_ended(world: World, node: int) -> None:
    cursor = start(world.store)
    job = world.put()
    rows, cursor = seen(world, cursor)
    assert rows == [(job, State.QUEUED)]
    claim = world.take(node, job)
    assert seen(world, cursor)[0] == []
    world.end(node, claim)
    rows, cursor = seen(world, cursor)
    assert rows == [(job, State.COMPLETED)]
    assert seen(world, cursor)[0] == []


def test_what_somebody_does_to_a_job_is_told(world: World, node: int) -> None:
    claim = world.running(node)
    cursor = start(world.store)
    world.store.call(world.store.cancel(claim.id, by="ann"))
    rows, cursor = seen(world, cursor)
    assert rows == [(claim.id, State.RUNNING)]
    world.end(node, claim)
    rows, cursor = seen(world, cursor)
    assert rows == [(claim.id, State.CANCELLED)]
    world.store.call(world.store.requeue(claim.id))
    rows, cursor = seen(world, cursor)
    assert rows == [(claim.id, State.QUEUED)]


def test_jobs_of_other_apps_are_not_told(world: World) -> None:
    cursor = start(world.store, "shop")
    world.put()
    job = world.put(app="shop")
    assert seen(world, cursor, app="shop")[0] == [(job, State.QUEUED)]


def test_a_page_of_other_apps_jobs_is_followed_by_the_rest(world: World) -> None:
    cursor = start(world.store, "shop")
    for _ in range(20):
        world.put()
    job = world.put(app="shop")
    assert seen(world, cursor, app="shop", limit=6)[0] == [(job, State.QUEUED)]


def test_a_job_that_was_deleted_meanwhile_is_not_told(world: World, node: int) -> None:
    cursor = start(world.store)
    world.end(node, world.running(node))
    later = world.clock.now_us() + 1
    world.store.call(world.store.purge(completed_before_us=later, failed_before_us=later))
    assert seen(world, cursor)[0] == []


def test_ends_of_the_same_microsecond_are_told_however_they_are_cut(world: World, node: int) -> None:
    cursor = start(world.store)
    claims = [world.running(node) for _ in range(8)]
    _, cursor = seen(world, cursor)
    world.turn(node, *[world.settlement(claim) for claim in claims[4:]])
    rows, cursor = seen(world, cursor, limit=3)
    assert [job for job, _ in rows] == [claim.id for claim in claims[4:]]
    world.turn(node, *[world.settlement(claim) for claim in claims[:4]])
    rows, cursor = seen(world, cursor, limit=3)
    assert {job for job, _ in rows} >= {claim.id for claim in claims[:4]}
    assert seen(world, cursor, limit=3)[0] == []


def test_events_are_told_also_when_the_newest_ones_went_to_the_archive(world: World, node: int) -> None:
    claim = world.running(node)
    world.store.call(world.store.cancel(claim.id))
    world.end(node, claim)
    cursor = start(world.store)
    world.archive()
    other = world.running(node)
    _, cursor = seen(world, cursor)
    world.store.call(world.store.cancel(other.id))
    assert seen(world, cursor)[0] == [(other.id, State.RUNNING)]


@pytest.mark.parametrize("seconds", [-2, -3600])
def test_a_cursor_of_before_the_clock_was_set_back_is_too_old(world: World, node: int, seconds: int) -> None:
    world.end(node, world.running(node))
    cursor = start(world.store)
    world.clock.step_wall(seconds)
    changes = world.store.reader.call(world.store.reader.changes(cursor, app=None))
    assert changes.too_old
    assert changes.rows == ()
    claim = world.running(node)
    world.end(node, claim)
    assert seen(world, changes.cursor)[0] == [(claim.id, State.COMPLETED)]


def test_a_cursor_of_another_store_is_too_old(
    world: World, store_kind: Kind, tmp_path: Path, clock: OwnedClock
) -> None:
    world.put()
    cursor = start(world.store)
    (tmp_path / "other").mkdir()
    other = store_kind.open(tmp_path / "other", clock)
    assert other.reader.call(other.reader.changes(cursor, app=None)).too_old
    other.close()


def test_a_cursor_is_read_as_it_was_written(world: World, node: int) -> None:
    world.end(node, world.running(node))
    cursor = start(world.store)
    assert FeedCursor.read(str(cursor)) == cursor


@pytest.mark.parametrize(
    "text", ["", "1", "1.2.3.4.5", "1.2.3.4.5.x", "1.2.3.4.5.6.7", "1..2.3.4.5", "9" * 30 + ".1.1.1.1.1"]
)
def test_no_other_text_is_a_cursor(text: str) -> None:
    assert FeedCursor.read(text) is None


def test_the_version_changes_with_each_commit_of_any_process(
    world: World, store_kind: Kind, tmp_path: Path, clock: OwnedClock
) -> None:
    reader = world.store.reader
    other = store_kind.open(tmp_path, clock)
    versions = [reader.call(reader.version())]
    assert reader.call(reader.version()) == versions[0]
    for store in (world.store, other, world.store, other):
        store.call(store.enqueue([world.new()]))
        versions.append(reader.call(reader.version()))
    assert len(set(versions)) == 5
    other.close()


def ends(world: World) -> dict[tuple[int, int], State]:
    rows = world.store.reader.call(world.store.reader.page(JobFilter(states=tuple(FINAL)), limit=1000)).rows
    return {(row.id, row.epoch): row.state for row in rows}


def lives(world: World, node: int, choose: random.Random) -> Iterator[None]:
    """Jobs that come and go, sometimes many in one microsecond, while the clock goes on, stands, or goes back a little."""
    running = []
    for _ in range(80):
        match choose.choice(("put", "end", "end", "time", "cancel", "requeue", "archive")):
            case "put":
                world.enqueue(*[world.new() for _ in range(choose.randint(1, 7))])
                running += world.claim(node, choose.randint(1, 5))
            case "end":
                choose.shuffle(running)
                some, running = running[:3], running[3:]
                world.turn(node, *[world.settlement(claim) for claim in some])
            case "time":
                world.clock.advance(choose.choice((0.000_001, 0.2, 0.7, 3)))
                world.clock.step_wall(choose.choice((0, 0, -0.2)))
                world.beat(node)
            case "cancel":
                world.store.call(world.store.cancel(world.put(delay_us=10**9)))
            case "requeue":
                bad = [job for (job, _), state in ends(world).items() if state is State.CANCELLED]
                if bad:
                    world.store.call(world.store.requeue(choose.choice(bad)))
            case _:
                world.archive()
        yield


class Follower:
    """Looks now and then, and anew when it is told to."""

    def __init__(self, world: World, share: float) -> None:
        self.world = world
        self.share = share
        self.cursor = start(world.store)
        self.told: set[tuple[int, int, State]] = set()
        self.anew = 0

    def look(self, limit: int) -> None:
        reader = self.world.store.reader
        changes = reader.call(reader.changes(self.cursor, app=None, limit=limit))
        if changes.too_old:
            self.anew += 1
            rows = reader.call(reader.page(JobFilter(), limit=1000)).rows
        else:
            assert len(changes.rows) <= limit
            rows = changes.rows
        self.told |= {(row.id, row.epoch, row.state) for row in rows}
        self.cursor = changes.cursor
        if changes.more:
            self.look(limit)


@pytest.mark.parametrize("seed", range(15))
def test_who_follows_now_and_then_sees_every_creation_and_every_end(world: World, node: int, seed: int) -> None:
    choose = random.Random(seed)
    followers = [Follower(world, share) for share in (1.0, 0.5, 0.1)]
    ended: set[tuple[int, int, State]] = set()
    for _ in lives(world, node, choose):
        ended |= {(job, epoch, state) for (job, epoch), state in ends(world).items() if state is State.COMPLETED}
        for follower in followers:
            if choose.random() < follower.share:
                follower.look(choose.choice((3, 9, 500)))
    every = world.store.reader.call(world.store.reader.page(JobFilter(), limit=1000)).rows
    for follower in followers:
        follower.look(9)
        assert ended <= follower.told
        assert {row.id for row in every} == {job for job, _, _ in follower.told}
        final = {(row.id, row.state) for row in every if row.state in FINAL}
        assert final <= {(job, state) for job, _, state in follower.told}
    assert followers[0].anew == 0

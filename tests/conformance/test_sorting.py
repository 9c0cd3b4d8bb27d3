"""Lists in other orders than newest first: each page exact, all pages together each job once, with any filter."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from headway.model.errors import OptionInvalid
from headway.model.job import JobRow, State
from headway.model.sort import Sort, SortKey, read_sort
from headway.store.protocol import JobFilter, JobPage
from headway.store.verbs import pages, stretch
from tests.conformance.owned_clock import SECOND_US, SlowClock
from tests.conformance.world import World

PAGES_MAX = 50
ORDERS = [minus + key.value for key in SortKey for minus in ("", "-")]
every_order = pytest.mark.parametrize("order", ORDERS)


def duration(row: JobRow) -> int | None:
    if row.started_us is None or row.finished_us is None or row.finished_us < row.started_us:
        return None
    return row.finished_us - row.started_us


KEYS: dict[SortKey, Callable[[JobRow], int | None]] = {
    SortKey.CREATED: lambda row: row.id,
    SortKey.DUE: lambda row: row.due_us,
    SortKey.STARTED: lambda row: row.started_us,
    SortKey.ENDED: lambda row: row.finished_us,
    SortKey.PRIORITY: lambda row: row.priority,
    SortKey.DURATION: duration,
    SortKey.ATTEMPTS: lambda row: row.epoch,
}


def expected(rows: list[JobRow], sort: Sort) -> list[int]:
    sign = -1 if sort.descending else 1

    def place(row: JobRow) -> tuple[bool, int, int]:
        key = KEYS[sort.by](row)
        return key is None, sign * (key or 0), sign * row.id

    return [row.id for row in sorted(rows, key=place)]


def page(world: World, where: JobFilter | None = None, **facts: Any) -> JobPage:
    return world.store.reader.call(world.store.reader.page(where or JobFilter(), **facts))


def ids(found: JobPage) -> list[int]:
    return [row.id for row in found.rows]


def walk(world: World, where: JobFilter, sort: Sort, limit: int) -> Iterator[JobPage]:
    after = None
    for _ in range(PAGES_MAX):
        found = page(world, where, limit=limit, sort=sort, after=after)
        yield found
        after = found.next_after
        if after is None:
            return
    pytest.fail("the pages have no end")


@pytest.fixture
def mixed(world: World, node: int) -> list[JobRow]:
    """Thirty jobs: waiting, running, ended, ended before they started, tried again, archived, with many ties."""
    for number in range(30):
        job = world.put(
            priority=100 if number % 3 else 100 + number % 4,
            tags=("red",) if number % 2 else (),
            payload='{"x":"needle"}' if number % 3 else "{}",
            extras='{"args":{"k":"v"}}' if number % 5 else None,
        )
        world.clock.advance(number % 2)
        if number % 6 == 0:
            continue
        if number % 6 == 1:
            world.store.call(world.store.cancel(job))
            continue
        claim = next(claim for claim in world.claim(node, 30) if claim.id == job)
        world.clock.advance(number % 4)
        if number % 6 == 2:
            world.fail(node, claim)
        elif number % 6 > 3:
            world.end(node, claim)
    world.archive()
    world.put(priority=1, delay_us=99 * SECOND_US)
    world.put(priority=1, due_us=world.clock.now_us() - SECOND_US)
    return list(page(world, limit=1000).rows)


@every_order
def test_all_at_once_and_in_pages_of_any_size(world: World, mixed: list[JobRow], order: str) -> None:
    sort = read_sort(order)
    assert {row.state for row in mixed} >= {State.QUEUED, State.RUNNING, State.COMPLETED, State.FAILED, State.CANCELLED}
    wanted = expected(mixed, sort)
    whole = page(world, limit=1000, sort=sort)
    assert (ids(whole), whole.total, whole.total_exact, whole.next_after) == (wanted, len(mixed), True, None)
    assert whole.searched_to_us is None
    for limit in (1, 7, len(mixed)):
        seen = [job for found in walk(world, JobFilter(), sort, limit) for job in ids(found)]
        assert seen == wanted


@every_order
def test_by_page_numbers(world: World, mixed: list[JobRow], order: str) -> None:
    sort = read_sort(order)
    seen = [job for offset in range(0, len(mixed), 9) for job in ids(page(world, limit=9, offset=offset, sort=sort))]
    assert seen == expected(mixed, sort)


@every_order
@pytest.mark.parametrize(
    ("where", "fits"),
    [
        (JobFilter(tag="red"), lambda row: "red" in row.tags),
        (JobFilter(states=(State.FAILED, State.CANCELLED)), lambda row: row.state in {State.FAILED, State.CANCELLED}),
        (JobFilter(app="default", states=(State.COMPLETED,)), lambda row: row.state is State.COMPLETED),
        (JobFilter(app="nobody"), lambda _row: False),
        (JobFilter(facts=(("k", "v"),), tag="red"), lambda row: "red" in row.tags and row.id % 5 != 1),
    ],
)
def test_with_a_filter(
    world: World, mixed: list[JobRow], order: str, where: JobFilter, fits: Callable[[JobRow], bool]
) -> None:
    sort = read_sort(order)
    wanted = expected([row for row in mixed if fits(row)], sort)
    found = list(walk(world, where, sort, 4))
    assert [job for one in found for job in ids(one)] == wanted
    assert {(one.total, one.total_exact) for one in found} == {(len(wanted), True)}


@every_order
def test_with_free_text(world: World, mixed: list[JobRow], order: str) -> None:
    sort = read_sort(order)
    where = JobFilter(text="needle")
    holding = {row.id for row in page(world, where, limit=1000).rows}
    wanted = expected([row for row in mixed if row.id in holding], sort)
    assert [job for found in walk(world, where, sort, 3) for job in ids(found)] == wanted
    assert ids(page(world, where, sort=sort, limit=3, offset=3)) == wanted[3:6]


@every_order
def test_new_jobs_move_no_cursor(world: World, mixed: list[JobRow], order: str) -> None:
    sort = read_sort(order)
    first = page(world, limit=10, sort=sort)
    new = {world.put(priority=number, due_us=number) for number in (0, 101, 10**6)}
    seen = ids(first)
    after = first.next_after
    while after is not None and len(seen) < 100:
        found = page(world, limit=10, sort=sort, after=after)
        seen += ids(found)
        after = found.next_after
    assert [job for job in seen if job not in new] == expected(mixed, sort)
    assert len(seen) == len(set(seen))


@pytest.fixture
def slow(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Forty jobs, and a scan whose time is over after a few of its slices."""
    jobs = [world.put(priority=number % 4, payload='{"x":"needle"}') for number in range(40)]
    assert len(jobs) == 40
    monkeypatch.setattr(stretch, "SLICE", 5)
    monkeypatch.setattr(pages, "TEXT_SLICE", 5)
    monkeypatch.setattr(world.store.reader, "_clock", SlowClock(world.clock))
    return world


@pytest.mark.parametrize("where", [JobFilter(), JobFilter(text="needle")])
def test_a_scan_whose_time_is_over_says_how_far_it_came_and_keeps_to_it(slow: World, where: JobFilter) -> None:
    world = slow
    rows = list(page(world, limit=1000).rows)
    first = page(world, where, limit=3, sort=read_sort("-priority"))
    assert (first.searched_to_us, first.total_exact) == (rows[0].created_us, False)
    seen = ids(first)
    after, looked_at = first.next_after, None
    while after is not None and len(seen) < 100:
        looked_at = int(after.rsplit(".", 1)[1])
        found = page(world, where, limit=3, sort=read_sort("-priority"), after=after)
        assert found.searched_to_us is not None
        seen += ids(found)
        after = found.next_after
    assert looked_at is not None
    assert 0 < looked_at < 40
    assert seen == expected([row for row in rows if row.id > looked_at], read_sort("-priority"))


def test_counting_stops_at_its_deadline(slow: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "COUNT_DEADLINE_US", 1)
    found = page(slow, limit=5)
    assert (found.total_exact, len(found.rows)) == (False, 5)
    assert 5 < found.total < 40
    assert page(slow, limit=5, before_id=found.next_cursor).rows[0].id == found.rows[-1].id - 1


@pytest.mark.parametrize(
    "after",
    ["", "x", "-due", "-due.1", "-due.1.2", "-due.1.2.3.4", "-due.x.2.3", "-due.1.y.3", f"-due.{10**30}.1.0", "-due.1..0"],
)  # fmt: skip
def test_what_is_no_cursor_is_refused(world: World, after: str) -> None:
    with pytest.raises(OptionInvalid, match="is no cursor; give the next_after"):
        page(world, sort=read_sort("-due"), after=after)


def test_a_cursor_of_another_order_is_refused(world: World, mixed: list[JobRow]) -> None:
    after = page(world, limit=3, sort=read_sort("-due")).next_after
    for order in ("due", "-created", "ended"):
        with pytest.raises(OptionInvalid, match=f"was sorted by -due, not by {order}; sort by -due, or start anew"):
            page(world, sort=read_sort(order), after=after)


def test_a_number_goes_on_newest_first_only(world: World) -> None:
    for facts in ({"sort": read_sort("due")}, {"after": "-created.3.3.0"}):
        with pytest.raises(OptionInvalid, match="before_id goes on newest first"):
            page(world, before_id=3, **facts)


def test_newest_first_both_cursors_go_on_alike(world: World, mixed: list[JobRow]) -> None:
    first = page(world, limit=5)
    rest = ids(page(world, limit=1000, before_id=first.next_cursor))
    assert ids(page(world, limit=1000, after=first.next_after)) == rest
    assert ids(first) + rest == [row.id for row in mixed]
    assert page(world, limit=5, sort=read_sort("created")).next_cursor is None

"""Reads that somebody waits for: they keep to their time, say how far they came, and what is counted is exact."""

from typing import Any

import pytest

from headway.model.errors import OptionInvalid
from headway.model.job import State
from headway.model.outcome import EndKind
from headway.model.sort import read_sort
from headway.store.protocol import JobFilter, JobPage
from headway.store.verbs import pages, stretch
from tests.conformance.owned_clock import SECOND_US, SlowClock
from tests.conformance.stages import DRIVE, drive
from tests.conformance.world import World

HOUR_US = 3600 * SECOND_US
WITHIN_US = 60_000


def page(world: World, where: JobFilter | None = None, **facts: Any) -> JobPage:
    return world.store.reader.call(world.store.reader.page(where or JobFilter(), **facts))


def ids(found: JobPage) -> list[int]:
    return [row.id for row in found.rows]


@pytest.fixture
def slow(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Forty jobs, of which every tenth is rare, and a clock by which the time is over after one slice of five."""
    for number in range(40):
        world.put(name="rare" if number % 10 == 0 else "work", payload='{"x":"needle"}')
    monkeypatch.setattr(stretch, "SLICE", 5)
    monkeypatch.setattr(pages, "TEXT_SLICE", 5)
    monkeypatch.setattr(world.store.reader, "_clock", SlowClock(world.clock))
    return world


@pytest.mark.parametrize("order", ["-created", "created"])
@pytest.mark.parametrize("where", [JobFilter(), JobFilter(names=("rare",)), JobFilter(names=("nobody",))])
def test_a_page_whose_time_is_over_says_how_far_it_came_and_its_cursor_goes_on_there(
    slow: World, where: JobFilter, order: str
) -> None:
    sort = read_sort(order)
    whole = page(slow, where, limit=1000, sort=sort)
    assert (whole.total_exact, whole.searched_to_us, whole.next_after) == (True, None, None)
    rows = {row.id: row for row in page(slow, limit=1000).rows}
    seen: list[int] = []
    after, looks = None, 0
    while looks == 0 or after is not None:
        found = page(slow, where, limit=6, sort=sort, after=after, within_us=WITHIN_US)
        seen += ids(found)
        after, looks = found.next_after, looks + 1
        assert looks < 40
        if found.searched_to_us is not None:
            assert found.searched_to_us in {row.created_us for row in rows.values()}
            assert not found.total_exact
    assert seen == ids(whole)
    assert looks > len(seen) // 6


def test_without_a_time_a_list_by_numbers_is_looked_for_to_the_end(slow: World) -> None:
    found = page(slow, JobFilter(names=("rare",)), limit=50)
    assert (len(found.rows), found.total, found.total_exact, found.searched_to_us) == (4, 4, True, None)


def test_counting_keeps_to_the_time_too_and_then_the_total_is_a_floor(slow: World) -> None:
    found = page(slow, limit=3, within_us=WITHIN_US)
    assert (len(found.rows), found.total_exact) == (3, False)
    assert 3 < found.total < 40


def test_who_shows_no_total_lets_nothing_be_counted(slow: World) -> None:
    found = page(slow, limit=3, counted=False)
    assert (len(found.rows), found.total_exact) == (3, False)
    assert found.total == 4


def test_the_total_of_a_state_alone_is_that_of_the_counts_however_little_time_there_is(
    world: World, node: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(8):
        world.fail(node, world.running(node))
        world.end(node, world.running(node))
        world.store.call(world.store.cancel(world.put()))
    for _ in range(8):
        world.put()
    monkeypatch.setattr(stretch, "SLICE", 5)
    monkeypatch.setattr(world.store.reader, "_clock", SlowClock(world.clock))
    for state in (State.QUEUED, State.FAILED, State.COMPLETED, State.CANCELLED):
        found = page(world, JobFilter(states=(state,)), limit=1, within_us=WITHIN_US)
        assert (found.total, found.total_exact) == (8, True)


def test_run_times_that_are_not_found_quickly_are_told_by_the_latest_day_that_was_summed_up(
    world: World, node: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seconds in (100, 40, 300):
        claim = world.running(node, name="other")
        world.clock.advance(seconds)
        world.end(node, claim)
    for _ in range(40):
        world.put()
    monkeypatch.setattr(stretch, "SLICE", 5)
    reader = world.store.reader
    monkeypatch.setattr(reader, "_clock", SlowClock(world.clock))
    assert reader.call(reader.durations("other")) == ()
    world.clock.advance(2 * 86_400)
    while world.store.fold():
        pass
    (middle,) = reader.call(reader.durations("other"))
    assert 93 * SECOND_US <= middle <= 107 * SECOND_US
    assert reader.call(reader.durations("never")) == ()


def test_free_text_keeps_to_the_time(slow: World) -> None:
    found = page(slow, JobFilter(text="nothing like it"), within_us=WITHIN_US)
    assert (found.rows, found.total_exact) == ((), False)
    assert found.searched_to_us is not None
    assert found.next_cursor is not None
    further = page(slow, JobFilter(text="needle"), before_id=found.next_cursor)
    assert ids(further) == list(range(found.next_cursor - 1, 0, -1))[: len(further.rows)]


def test_before_a_number_goes_on_newest_first_only(world: World) -> None:
    with pytest.raises(OptionInvalid, match="next_after"):
        page(world, before_id=3, sort=read_sort("created"))


@pytest.mark.parametrize("few", [0, 3, 1000])
def test_lists_of_unfinished_jobs_are_the_same_however_many_there_are(
    world: World, node: int, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    for number, state in enumerate(DRIVE):
        for _ in range(number % 3 + 1):
            drive(world, node, state)
    running = world.running(node, lane="smtp")
    for facts in (
        {"lane": "smtp"},
        {"lane": "smtp", "key": "ann"},
        {"key": "ann"},
        {"key": "ann"},
        {"name": "nobody.knows"},
    ):
        world.put(**facts)
    world.claim(node, names=("work", "other"))
    monkeypatch.setattr(stretch, "FEW_MAX", few)
    monkeypatch.setattr(stretch, "APP_FEW_MAX", few)
    monkeypatch.setattr(stretch, "MANY_MIN", few // 3)
    monkeypatch.setattr(stretch, "SLICE", 10)
    rows = page(world, limit=1000).rows
    for wanted in (
        (State.QUEUED,),
        (State.WAITING, State.SCHEDULED),
        (State.RUNNING, State.EXECUTED),
        (State.QUEUED, State.FAILED),
    ):
        for facts in (
            {},
            {"app": "default"},
            {"names": ("work",)},
            {"created_from_us": running.claimed_us},
            {"tag": "red"},
        ):
            where = JobFilter(states=wanted, **facts)
            found = page(world, where, limit=1000)
            every = [
                row
                for row in rows
                if row.state in wanted and "tag" not in facts and row.name in facts.get("names", row.name)
            ]
            assert list(found.rows) == every
            assert (found.total, found.total_exact) == (len(every), True)
            assert ids(page(world, where, limit=2)) == [row.id for row in every[:2]]
            assert sorted(ids(page(world, where, limit=1000, sort=read_sort("due")))) == sorted(row.id for row in every)
    world.healthy()


def test_jobs_that_ended_stay_counted_until_they_go_again_or_are_deleted(world: World, node: int) -> None:
    def counted() -> None:
        world.counted()
        world.clock.advance(90)
        while world.store.fold():
            pass
        world.counted()

    for app in ("default", "shop"):
        there = world.node(app=app) if app != "default" else node
        for kind in (EndKind.RETURNED, EndKind.RAISED, EndKind.CANCELLED, EndKind.RAISED):
            claim = world.running(there, app=app)
            world.end(there, claim, kind, permanent=True)
    counted()
    world.end(node, world.running(node))
    counted()
    assert world.archive() == 9
    counted()
    failed = [row.id for row in page(world, JobFilter(states=(State.FAILED,))).rows]
    world.store.call(world.store.requeue(failed[0]))
    counted()
    world.clock.step_wall(-7200)
    counted()
    later = world.clock.now_us() + 4 * HOUR_US
    world.store.call(world.store.purge(completed_before_us=later, failed_before_us=None))
    counted()
    world.store.call(world.store.purge(completed_before_us=None, failed_before_us=later))
    counted()
    assert sum(world.store.reader.call(world.store.reader.counts()).values()) == 1


def test_moments_of_creation_are_found_among_the_numbers_also_after_a_clock_was_set_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stretch, "SEARCHED_TO", 2)
    for number in range(60):
        world.put()
        world.clock.advance(600)
        if number in {20, 45}:
            world.clock.step_wall(-3600)
    rows = page(world, limit=1000).rows
    first = min(row.created_us for row in rows)
    for hours in range(10):
        begins, ends = first + hours * HOUR_US, first + (hours + 1) * HOUR_US
        for since, until in ((begins, ends), (begins, None), (None, ends)):
            where = JobFilter(created_from_us=since, created_until_us=until)
            every = [row for row in rows if (since or 0) <= row.created_us < (until or ends * 2)]
            found = page(world, where, limit=1000)
            assert list(found.rows) == every
            assert (found.total, found.total_exact) == (len(every), True)
            assert ids(page(world, where, limit=1000, sort=read_sort("created"))) == [row.id for row in every[::-1]]

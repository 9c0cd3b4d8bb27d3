"""Instants at which nothing looked: what runs of them, what is recorded, and what a pause leaves behind."""

import pytest

from headway.model.schedule import Misfire, ScheduleState
from headway.model.timetable import every
from tests.conformance.owned_clock import SECOND_US, START_US
from tests.conformance.scheduling import (
    APP,
    MINUTE,
    MINUTE_US,
    declare,
    end_all,
    fire,
    look,
    minutely,
    missed,
    next_instant,
    pass_minutes,
    pause,
    resume,
    runs,
    ticks,
)
from tests.conformance.world import World


def at(*minutes: int) -> list[int]:
    return [START_US + minute * MINUTE_US for minute in minutes]


def away(world: World, node: int, **facts: object) -> list[int]:
    """Nothing looks for ten and a half minutes; the minutes of which something ran then."""
    declare(world, node, minutely(overlap="allow", **facts))
    world.clock.advance(10.5 * MINUTE)
    fire(world)
    assert fire(world).runs == 0
    assert look(world).next_us == START_US + 11 * MINUTE_US
    world.healthy()
    return [(tick.instant_us - START_US) // MINUTE_US for tick in ticks(world)]


class TestAway:
    def test_once_runs_the_latest(self, world: World, node: int) -> None:
        assert away(world, node) == [10]
        (gone,) = missed(world)
        assert ([gone.from_us, gone.until_us], gone.count, gone.is_least) == (at(1, 9), 9, False)
        assert gone.noted_us == world.clock.now_us()
        assert look(world).missed_count == 9

    def test_skip_runs_none(self, world: World, node: int) -> None:
        assert away(world, node, misfire=Misfire.SKIP) == []
        assert look(world).missed_count == missed(world)[0].count == 10

    def test_all_runs_each(self, world: World, node: int) -> None:
        assert away(world, node, misfire=Misfire.ALL) == list(range(1, 11))
        assert (missed(world), look(world).missed_count, look(world).run_count) == ((), 0, 10)

    def test_all_within_a_number(self, world: World, node: int) -> None:
        assert away(world, node, misfire=Misfire.ALL, misfire_limit=3) == [8, 9, 10]
        assert missed(world)[0].count == 7

    def test_all_within_an_age(self, world: World, node: int) -> None:
        assert away(world, node, misfire=Misfire.ALL, misfire_age_us=2 * MINUTE_US) == [9, 10]
        assert missed(world)[0].count == 8

    def test_all_after_another_in_order_where_they_may_not_overlap(self, world: World, node: int) -> None:
        declare(world, node, minutely(misfire=Misfire.ALL))
        world.clock.advance(4.5 * MINUTE)
        assert (fire(world).runs, len(runs(world))) == (4, 4)
        for place, row in enumerate(runs(world)):
            (claim,) = world.claim(node, 10)
            assert (claim.id, claim.due_us) == (row.id, at(place + 1)[0])
            world.end(node, claim)
        world.healthy()

    def test_more_are_made_up_for_than_may_wait_for_an_overlap(self, world: World, node: int) -> None:
        declare(world, node, minutely(misfire=Misfire.ALL, misfire_limit=150))
        world.clock.advance(200.5 * MINUTE)
        assert fire(world).runs == 150
        end_all(world, node)
        assert look(world).skip_count == 0
        world.healthy()

    def test_a_year_of_seconds_costs_no_walk(self, world: World, node: int) -> None:
        declare(world, node, minutely(timetable=every(seconds=1), misfire=Misfire.ALL, overlap="allow"))
        world.clock.advance(365 * 86_400 + 0.5)
        fired = fire(world)
        assert (fired.runs, fired.passed) == (100, 365 * 86_400 - 100)
        assert not missed(world)[0].is_least

    def test_a_look_makes_so_many_runs_and_leaves_the_rest_to_the_next(self, world: World, node: int) -> None:
        names = [f"m{number}" for number in range(5)]
        declare(world, node, *(minutely(one, misfire=Misfire.ALL, overlap="allow") for one in names))
        world.clock.advance(90.5 * MINUTE)
        done = [fire(world)]
        while done[-1].more:
            done.append(fire(world))
        assert [one.runs for one in done] == [180, 180, 90]
        assert {len(runs(world, name)) for name in names} == {90}
        world.healthy()

    def test_a_single_one_is_fired_whole(self, world: World, node: int) -> None:
        declare(world, node, *(minutely(one, misfire=Misfire.ALL, misfire_limit=300) for one in "mn"))
        world.clock.advance(300.5 * MINUTE)
        assert [(one.runs, one.more) for one in (fire(world), fire(world))] == [(300, True), (300, False)]

    def test_the_newest_ranges_are_kept(self, world: World, node: int) -> None:
        declare(world, node, minutely(misfire=Misfire.SKIP))
        for _ in range(105):
            world.clock.advance(1.5 * MINUTE)
            fire(world)
        assert len(missed(world)) == 100
        assert missed(world)[-1].until_us > world.clock.now_us() - 3 * MINUTE_US

    def test_what_comes_within_the_grace_is_no_misfire(self, world: World, node: int) -> None:
        declare(world, node, minutely(misfire=Misfire.SKIP, misfire_grace_us=5 * SECOND_US))
        world.clock.advance(MINUTE + 5)
        assert fire(world).runs == 1
        world.clock.advance(MINUTE + 1)
        assert (fire(world).runs, look(world).missed_count) == (0, 1)


class TestPause:
    def test_nothing_is_missed_by_a_paused_one(self, world: World, node: int) -> None:
        declare(world, node, minutely())
        assert (pause(world, by="ann"), pause(world, by="bob")) == (True, False)
        row = look(world)
        assert (row.state, row.paused_us, row.paused_by, row.next_us) == (
            ScheduleState.PAUSED, START_US, "ann", None,
        )  # fmt: skip
        assert next_instant(world) is None
        assert [fired.runs for fired in pass_minutes(world, 3)] == [0, 0, 0]
        world.clock.advance(20)
        assert (resume(world), resume(world)) == (True, False)
        row = look(world)
        assert (row.state, row.next_us, row.paused_by) == (ScheduleState.ACTIVE, at(4)[0], None)
        assert (fire(world).runs, missed(world)) == (0, ())
        world.healthy()

    def test_what_was_due_as_it_began_is_missed(self, world: World, node: int) -> None:
        declare(world, node, minutely())
        world.clock.advance(2.5 * MINUTE)
        pause(world)
        assert [(one.from_us, one.count) for one in missed(world)] == [(at(1)[0], 2)]
        resume(world)
        assert (look(world).missed_count, fire(world).runs) == (2, 0)
        world.healthy()

    def test_of_one_whose_end_came_meanwhile(self, world: World, node: int) -> None:
        declare(world, node, minutely(end_us=at(3)[0]))
        pause(world)
        world.clock.advance(10 * MINUTE)
        assert resume(world)
        assert (look(world).state, look(world).next_us) == (ScheduleState.FINISHED, None)
        world.healthy()

    def test_an_orphaned_one_stays_one(self, world: World, node: int) -> None:
        declare(world, node, minutely())
        pause(world)
        declare(world, node)
        assert resume(world)
        assert (look(world).state, look(world).next_us) == (ScheduleState.ORPHANED, None)
        declare(world, node, minutely())
        assert look(world).state is ScheduleState.ACTIVE
        world.healthy()

    @pytest.mark.parametrize("misfire", [Misfire.ONCE, Misfire.SKIP])
    def test_of_all_is_an_absence(self, world: World, node: int, misfire: Misfire) -> None:
        store = world.store
        declare(world, node, minutely(misfire=misfire))
        assert store.call(store.pause_scheduler(APP, by="ann"))
        assert not store.call(store.pause_scheduler(APP, by="bob"))
        row = store.reader.call(store.reader.scheduler(APP))
        assert (row.app, row.paused_us, row.paused_by) == (APP, START_US, "ann")
        world.clock.advance(10.5 * MINUTE)
        assert (fire(world).runs, next_instant(world)) == (0, None)
        assert store.call(store.resume_scheduler(APP))
        assert not store.call(store.resume_scheduler(APP))
        assert store.reader.call(store.reader.scheduler(APP)).paused_us is None
        fired = fire(world)
        assert (fired.runs, fired.passed) == ((1, 9) if misfire is Misfire.ONCE else (0, 10))

    def test_of_another_app_is_none_of_ours(self, world: World, node: int) -> None:
        declare(world, node, minutely())
        world.store.call(world.store.pause_scheduler("other"))
        assert pass_minutes(world)[0].runs == 1

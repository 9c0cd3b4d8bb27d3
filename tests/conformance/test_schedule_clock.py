"""A clock that was set: nothing fires twice, and nothing goes missing silently."""

import pytest

from headway.model.schedule import Misfire
from headway.model.timetable import Timetable, cron, every
from headway.store.scheduling import TickOutcome
from tests.conformance.owned_clock import SECOND_US, START_US
from tests.conformance.scheduling import (
    MINUTE,
    MINUTE_US,
    declare,
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

HOUR = 60 * MINUTE
BY_THE_CLOCK = cron("* * * * *")


def minutes(world: World) -> list[float]:
    """Of which something ran, in order."""
    return [(tick.instant_us - START_US) / MINUTE_US for tick in ticks(world)]


def begin(world: World, node: int, timetable: Timetable = BY_THE_CLOCK, **facts: object) -> None:
    declare(world, node, minutely(timetable=timetable, overlap="allow", **facts))


class TestSetBack:
    def test_by_less_than_a_second_is_no_matter(self, world: World, node: int) -> None:
        begin(world, node)
        pass_minutes(world, 2)
        world.clock.step_wall(-0.9)
        assert next_instant(world) == START_US + 3 * MINUTE_US
        assert fire(world).set_back == 0

    def test_what_ran_by_the_clock_does_not_run_again(self, world: World, node: int) -> None:
        begin(world, node)
        pass_minutes(world, 5)
        world.clock.step_wall(-5 * MINUTE)
        assert next_instant(world) == 0
        fired = fire(world)
        assert (fired.set_back, fired.runs, fired.next_us) == (1, 0, START_US + 6 * MINUTE_US)
        assert next_instant(world) == START_US + 6 * MINUTE_US
        assert look(world).waits_for_clock
        assert [fired.runs for fired in pass_minutes(world, 5)] == [0] * 5
        assert not look(world).waits_for_clock
        assert [fired.runs for fired in pass_minutes(world, 2)] == [1, 1]
        assert minutes(world) == list(range(1, 8))
        world.healthy()

    @pytest.mark.parametrize("step", [5 * MINUTE, 5 * MINUTE + 7, HOUR, 86_400])
    def test_an_interval_is_time_that_passes(self, world: World, node: int, step: int) -> None:
        begin(world, node, every(minutes=1))
        pass_minutes(world, 5)
        world.clock.step_wall(-step)
        assert fire(world).set_back == 1
        assert 0 < (look(world).next_us or 0) - world.clock.now_us() <= MINUTE_US + 1
        assert sum(fired.runs for fired in pass_minutes(world, 20)) >= 19
        assert {tick.outcome for tick in ticks(world)} == {TickOutcome.STARTED}
        world.healthy()

    def test_an_interval_waits_no_longer_for_a_small_step(self, world: World, node: int) -> None:
        begin(world, node, every(minutes=1))
        pass_minutes(world, 5)
        world.clock.step_wall(-5)
        fire(world)
        assert look(world).next_us == START_US + 6 * MINUTE_US

    def test_after_a_jump_that_missed_what_has_not_come_after_all(self, world: World, node: int) -> None:
        """The clock was an hour ahead for a moment: what it passed over comes, but for what ran then."""
        begin(world, node)
        pass_minutes(world, 1)
        world.clock.step_wall(HOUR)
        assert (fire(world).passed, minutes(world)) == (59, [1, 61])
        world.clock.step_wall(-HOUR)
        fired = fire(world)
        assert (fired.set_back, fired.next_us) == (1, START_US + 2 * MINUTE_US)
        assert look(world).missed_count == 59
        assert [fired.runs for fired in pass_minutes(world, 62)] == [1] * 59 + [0] + [1, 1]
        assert minutes(world) == list(range(1, 64))
        assert (look(world).missed_count, missed(world)) == (0, ())
        world.healthy()

    def test_into_a_range_that_was_missed(self, world: World, node: int) -> None:
        begin(world, node, misfire=Misfire.SKIP)
        world.clock.advance(10.5 * MINUTE)
        assert fire(world).passed == 10
        world.clock.step_wall(-5 * MINUTE)  # 5.5
        assert fire(world).next_us == START_US + 6 * MINUTE_US
        world.clock.advance(MINUTE / 2)
        assert fire(world).runs == 1
        assert [(one.from_us - START_US, one.until_us - START_US, one.count) for one in missed(world)] == [
            (MINUTE_US, 5 * MINUTE_US, 5), (7 * MINUTE_US, 10 * MINUTE_US, 4),
        ]  # fmt: skip
        assert look(world).missed_count == 9
        world.clock.advance(6.5 * MINUTE)  # 12.5: the rest is missed again, and then what never came
        while fire(world).passed:
            pass
        assert [(one.from_us - START_US) // MINUTE_US for one in missed(world)] == [1, 7, 11]
        assert sum(one.count for one in missed(world)) == look(world).missed_count == 11
        assert minutes(world) == [6]
        world.healthy()

    def test_into_a_range_of_a_timetable_that_it_has_no_more(self, world: World, node: int) -> None:
        """Its ends are no instants of the new one: what is left of it is counted by that, and no further than it went."""
        begin(world, node, every(minutes=1), misfire=Misfire.SKIP)
        world.clock.advance(55.5 * MINUTE)
        begin(world, node, cron("*/7 * * * *"), misfire=Misfire.SKIP)
        assert [one.count for one in missed(world)] == [55]
        world.clock.step_wall(-55 * MINUTE)  # 0.5
        assert fire(world).next_us == START_US + 7 * MINUTE_US
        world.clock.advance(13.5 * MINUTE)
        assert fire(world).runs == 1
        assert [((one.until_us - START_US) // MINUTE_US, one.count) for one in missed(world)] == [(7, 1), (49, 5)]
        assert look(world).missed_count == 1 + 5
        world.healthy()

    def test_twice(self, world: World, node: int) -> None:
        begin(world, node)
        pass_minutes(world, 10)
        for _ in range(2):
            world.clock.step_wall(-3 * MINUTE)
            assert fire(world).set_back == 1
            pass_minutes(world, 1)
        pass_minutes(world, 5)
        assert minutes(world) == list(range(1, 12))
        world.healthy()

    def test_many_schedules_are_looked_at_in_steps(self, world: World, node: int) -> None:
        declare(world, node, *(minutely(f"m{number}") for number in range(5)))
        world.clock.step_wall(-HOUR)
        assert [(fired.set_back, fired.more) for fired in (fire(world, limit=2) for _ in range(4))] == [
            (2, True), (2, True), (1, False), (0, False),
        ]  # fmt: skip

    def test_an_interval_has_not_missed_what_has_not_come_after_all(self, world: World, node: int) -> None:
        begin(world, node, every(minutes=1))
        world.clock.step_wall(HOUR + 30)
        assert (fire(world).passed, look(world).missed_count) == (59, 59)
        world.clock.step_wall(-HOUR)
        fire(world)
        assert (look(world).missed_count, missed(world)) == (0, ())
        pass_minutes(world, 2)
        world.healthy()

    def test_nor_has_one_of_another_timing(self, world: World, node: int) -> None:
        begin(world, node, misfire=Misfire.SKIP)
        world.clock.advance(10.5 * MINUTE)
        fire(world)
        world.clock.step_wall(-5 * MINUTE)
        begin(world, node, every(minutes=2))
        assert [(one.from_us, one.until_us) for one in missed(world)] == [
            (START_US + MINUTE_US, START_US + 5 * MINUTE_US)
        ]
        assert look(world).missed_count == 5
        world.healthy()

    def test_a_new_interval_that_is_paused_then_waits_no_longer_than_it_is(self, world: World, node: int) -> None:
        begin(world, node, every(minutes=1))
        world.clock.step_wall(-HOUR)
        pause(world)
        resume(world)
        assert look(world).next_us == world.clock.now_us() + MINUTE_US + 1

    def test_a_schedule_that_was_new_while_it_was_ahead_waits_for_nothing(self, world: World, node: int) -> None:
        world.clock.step_wall(86_400)
        begin(world, node)
        world.clock.step_wall(-86_400)
        assert [fired.runs for fired in pass_minutes(world, 2)] == [1, 1]
        world.healthy()

    def test_nor_does_one_that_was_resumed_then(self, world: World, node: int) -> None:
        begin(world, node)
        pass_minutes(world, 2)
        pause(world)
        world.clock.step_wall(86_400)
        resume(world)
        world.clock.step_wall(-86_400)
        assert [fired.runs for fired in pass_minutes(world, 2)] == [1, 1]
        world.healthy()

    @pytest.mark.parametrize("timetable", [BY_THE_CLOCK, every(minutes=1)], ids=str)
    def test_a_pause_that_ends_after_it(self, world: World, node: int, timetable: Timetable) -> None:
        begin(world, node, timetable)
        pass_minutes(world, 5)
        pause(world)
        world.clock.step_wall(-3 * MINUTE)
        resume(world)
        pass_minutes(world, 4)
        assert len(runs(world)) == (6 if timetable is BY_THE_CLOCK else 8)  # the ninth is due in a microsecond
        assert len({tick.instant_us for tick in ticks(world)}) == len(runs(world))
        world.healthy()

    def test_another_timing_after_it_does_not_run_what_ran(self, world: World, node: int) -> None:
        begin(world, node)
        pass_minutes(world, 5)
        world.clock.step_wall(-5 * MINUTE)
        begin(world, node, cron("*/2 * * * *"))
        pass_minutes(world, 8)
        assert minutes(world) == [1, 2, 3, 4, 5, 6, 8]
        world.healthy()


class TestSetForward:
    def test_is_an_absence(self, world: World, node: int) -> None:
        begin(world, node)
        pass_minutes(world, 1)
        world.clock.step_wall(10 * MINUTE + 30)
        fired = fire(world)
        assert (fired.runs, fired.passed, minutes(world)) == (1, 9, [1, 11])

    def test_a_suspended_machine_is_one_too(self, world: World, node: int) -> None:
        begin(world, node, misfire=Misfire.ALL)
        world.clock.advance(HOUR + 30)
        assert fire(world).runs == 60
        assert fire(world).runs == 0

    def test_a_date_without_meaning_comes_to_its_end(self, world: World, node: int) -> None:
        begin(world, node, cron("* * * * * *"), misfire=Misfire.ALL)
        world.clock.step_wall(200 * 365 * 86_400)
        assert (fire(world).runs, missed(world)[0].is_least) == (100, True)
        world.clock.step_wall(-200 * 365 * 86_400)
        fire(world)
        world.clock.advance(1)
        assert fire(world).runs == 1
        assert look(world).next_us == world.clock.now_us() + SECOND_US
        world.healthy()

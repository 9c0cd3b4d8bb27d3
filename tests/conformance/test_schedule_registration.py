"""Registration: what code declares is compared with what is stored; nothing fires because of it, and nothing is lost."""

from typing import Any

import pytest
from msgspec.structs import replace

from headway.model.errors import OptionInvalid, ScheduleExists, ScheduleManaged, ScheduleNotFound
from headway.model.schedule import Definition, Managed, ScheduleState
from headway.model.timetable import every
from headway.store.scheduling import Declared, Removed, Review
from tests.conformance.owned_clock import SECOND_US
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
    put,
    remove,
    resume,
    review,
    runs,
    ticks,
    trigger,
)
from tests.conformance.world import World


class TestNew:
    def test_is_due_at_its_first_instant_after_now(self, world: World, node: int) -> None:
        now = world.clock.now_us()
        assert declare(world, node, minutely()) == Declared(added=("m",))
        row = look(world)
        assert (row.state, row.next_us, row.anchor_us) == (ScheduleState.ACTIVE, now + MINUTE_US, now)
        assert next_instant(world) == now + MINUTE_US
        assert fire(world).runs == 0

    def test_is_due_at_once_if_it_says_so_and_only_when_it_is_new(self, world: World, node: int) -> None:
        definition = minutely(run_at_start=True)
        declare(world, node, definition)
        assert fire(world).runs == 1
        declare(world, node, definition)
        assert fire(world).runs == 0
        assert look(world).next_us == world.clock.now_us() + MINUTE_US

    def test_is_not_due_at_once_before_its_start(self, world: World, node: int) -> None:
        start_us = world.clock.now_us() + 10 * MINUTE_US
        declare(world, node, minutely(run_at_start=True, start_us=start_us))
        assert look(world).next_us == start_us

    def test_whose_end_has_come_is_finished(self, world: World, node: int) -> None:
        declare(world, node, minutely(end_us=world.clock.now_us() + 1))
        assert (look(world).state, look(world).next_us) == (ScheduleState.FINISHED, None)
        world.healthy()

    @pytest.mark.parametrize("job", [{"depends_on": (1,)}, {"after_batches": ("b",)}, {"condition": "failure"}])
    def test_with_a_job_that_waits_for_others_is_refused(self, world: World, node: int, job: dict[str, Any]) -> None:
        with pytest.raises(OptionInvalid, match="waits for nothing but its instant"):
            declare(world, node, minutely(job=replace(minutely().job, **job)))

    def test_two_of_one_name_are_refused(self, world: World, node: int) -> None:
        with pytest.raises(ScheduleExists, match="'m'"):
            declare(world, node, minutely(), minutely(description="another"))

    def test_of_another_app_is_refused(self, world: World, node: int) -> None:
        with pytest.raises(OptionInvalid, match="'other'"):
            declare(world, node, minutely(job=replace(minutely().job, app="other")))


class TestAgain:
    def test_unchanged_touches_nothing(self, world: World, node: int) -> None:
        declare(world, node, minutely())
        pass_minutes(world, 2)
        before = look(world)
        world.clock.advance(20)
        assert declare(world, node, minutely()) == Declared()
        assert look(world) == before

    def test_another_definition_keeps_the_next_instant_and_the_history(self, world: World, node: int) -> None:
        declare(world, node, minutely())
        pass_minutes(world, 2)
        pause_by = look(world)
        world.clock.advance(20)
        assert declare(world, node, minutely(description="better")) == Declared(changed=("m",))
        row = look(world)
        assert row.definition is not None
        assert row.definition.description == "better"
        assert row.changed_us == world.clock.now_us()
        kept = ("next_us", "anchor_us", "judged_us", "run_count", "skip_count", "last", "created_us", "state")
        assert [getattr(row, name) for name in kept] == [getattr(pause_by, name) for name in kept]

    def test_another_timing_is_due_at_its_first_instant_after_now(self, world: World, node: int) -> None:
        declare(world, node, minutely())
        pass_minutes(world, 1)
        world.clock.advance(20)
        declare(world, node, minutely(timetable=every(hours=1)))
        row = look(world)
        assert (row.next_us, row.run_count) == (world.clock.now_us() + 60 * MINUTE_US, 1)
        assert (fire(world).runs, missed(world)) == (0, ())

    def test_what_was_due_under_the_former_timing_is_missed(self, world: World, node: int) -> None:
        declare(world, node, minutely())
        world.clock.advance(2.5 * MINUTE)
        declare(world, node, minutely(timetable=every(hours=1)))
        assert [one.count for one in missed(world)] == [2]
        assert (look(world).missed_count, fire(world).runs) == (2, 0)
        world.healthy()

    def test_a_due_one_that_was_not_fired_yet_is_still_due(self, world: World, node: int) -> None:
        declare(world, node, minutely())
        world.clock.advance(MINUTE)
        declare(world, node, minutely(description="better"))
        assert fire(world).runs == 1

    def test_a_pause_stays(self, world: World, node: int) -> None:
        declare(world, node, minutely())
        pause(world, by="ann")
        declare(world, node, minutely(timetable=every(hours=1)))
        row = look(world)
        assert (row.state, row.paused_by, row.next_us) == (ScheduleState.PAUSED, "ann", None)
        assert resume(world)
        assert look(world).next_us == world.clock.now_us() + 60 * MINUTE_US

    def test_a_finished_one_fires_again_when_it_may_run_more_often(self, world: World, node: int) -> None:
        declare(world, node, minutely(max_runs=1))
        pass_minutes(world, 1)
        assert look(world).state is ScheduleState.FINISHED
        declare(world, node, minutely(max_runs=2))
        assert look(world).state is ScheduleState.ACTIVE
        end_all(world, node)
        assert [fired.runs for fired in pass_minutes(world, 2)] == [1, 0]
        world.healthy()

    def test_an_active_one_is_over_when_it_ran_as_often_as_it_may_by_now(self, world: World, node: int) -> None:
        declare(world, node, minutely())
        pass_minutes(world, 1)
        declare(world, node, minutely(max_runs=1))
        assert (look(world).state, look(world).next_us) == (ScheduleState.FINISHED, None)

    def test_thousands_are_declared_in_steps(self, world: World, node: int) -> None:
        many = [minutely(f"m{number:04}") for number in range(1_200)]
        first = world.store.call(world.store.declare(APP, many, node_id=node))
        assert (len(first.added), first.more) == (500, True)
        last = declare(world, node, *many)
        assert (len(last.added), last.more) == (200, False)
        assert declare(world, node, *many) == Declared()
        assert len(world.store.reader.call(world.store.reader.schedules(app=APP, limit=2_000))) == 1_200


class TestOrphans:
    def test_what_no_living_node_declares_fires_no_more(self, world: World, node: int) -> None:
        declare(world, node, minutely(), minutely("n"))
        assert declare(world, node, minutely("n")) == Declared(orphaned=("m",))
        assert (look(world).state, look(world).next_us) == (ScheduleState.ORPHANED, None)
        assert [fired.runs for fired in pass_minutes(world, 1)] == [1]
        assert runs(world) == ()
        world.healthy()

    def test_what_another_node_declares_stays(self, world: World, node: int) -> None:
        declare(world, node, minutely())
        assert declare(world, world.node(), minutely("n")) == Declared(added=("n",))

    def test_comes_back_at_its_first_instant_after_now(self, world: World, node: int) -> None:
        declare(world, node, minutely(), minutely("n"))
        pass_minutes(world, 1)
        declare(world, node, minutely("n"))
        world.clock.advance(3_600)
        assert declare(world, node, minutely(), minutely("n")) == Declared(returned=("m",))
        row = look(world)
        assert (row.state, row.next_us, row.run_count) == (
            ScheduleState.ACTIVE, world.clock.now_us() + MINUTE_US, 1,
        )  # fmt: skip
        (absence,) = missed(world)  # nothing was run, and nothing is hidden
        assert (absence.count, absence.until_us, row.missed_count) == (60, world.clock.now_us(), 60)
        world.healthy()

    def test_that_comes_back_soon_goes_on_where_it_stood(self, world: World, node: int) -> None:
        """Two kinds of workers restart at once; the one that has no part in it is the faster."""
        declare(world, node, minutely())
        due_us = look(world).next_us
        world.store.call(world.store.leave(node))
        declare(world, world.node(), minutely("n"))
        assert look(world).state is ScheduleState.ORPHANED
        world.clock.advance(MINUTE + 5)
        declare(world, world.node(), minutely())
        assert look(world).next_us == due_us
        fire(world)
        assert [tick.instant_us for tick in ticks(world)] == [due_us]

    def test_a_restart_of_the_only_worker_loses_nothing(self, world: World, node: int) -> None:
        declare(world, node, minutely())
        world.store.call(world.store.leave(node))
        world.clock.advance(90)
        world.tend()
        assert look(world).state is ScheduleState.ACTIVE
        declare(world, world.node(), minutely())
        assert fire(world).runs == 1

    @pytest.mark.parametrize("end", ["leaves", "dies"])
    def test_the_last_node_that_had_it_has_gone_for_a_while(self, world: World, end: str) -> None:
        old, young = world.node("old"), world.node("young")
        declare(world, old, minutely())
        declare(world, young, minutely("n"))
        if end == "leaves":
            world.store.call(world.store.leave(old))
        else:
            world.reap("old")
        world.tend()
        assert look(world).state is ScheduleState.ACTIVE
        world.clock.advance(61)
        world.tend()
        assert (look(world).state, look(world, "n").state) == (ScheduleState.ORPHANED, ScheduleState.ACTIVE)

    def test_the_only_one_left_has_none_any_more(self, world: World) -> None:
        old, young = world.node("old"), world.node("young")
        declare(world, old, minutely())
        assert declare(world, young) == Declared()
        world.store.call(world.store.leave(old))
        world.clock.advance(61)
        world.tend()
        assert look(world).state is ScheduleState.ORPHANED

    def test_a_node_that_has_ended_orphans_nothing(self, world: World, node: int) -> None:
        declare(world, node, minutely())
        gone = world.node()
        world.store.call(world.store.leave(gone))
        assert declare(world, gone) == Declared()
        assert look(world).state is ScheduleState.ACTIVE

    def test_what_is_forgotten_of_nodes_harms_nothing(self, world: World, node: int) -> None:
        declare(world, node, minutely())
        world.store.call(world.store.leave(node))
        world.clock.advance(25 * 3_600)
        world.tend()
        assert look(world).state is ScheduleState.ACTIVE
        assert declare(world, world.node(), minutely("n")) == Declared(added=("n",), orphaned=("m",))


class TestManagedInTheStore:
    def test_code_creates_it_and_leaves_it_alone_then(self, world: World, node: int) -> None:
        definition = minutely(managed=Managed.DB)
        assert declare(world, node, definition) == Declared(added=("m",))
        put(world, minutely(timetable=every(hours=1)), by="ann")
        assert declare(world, node, definition) == Declared(kept=("m",))
        row = look(world)
        assert (row.next_us, row.changed_by) == (world.clock.now_us() + 60 * MINUTE_US, "ann")

    def test_is_no_orphan_when_no_code_has_it(self, world: World, node: int) -> None:
        put(world, minutely(), by="ann")
        assert declare(world, node, minutely("n")) == Declared(added=("n",))
        assert (look(world).state, look(world).created_by) == (ScheduleState.ACTIVE, "ann")

    def test_keeps_its_name_from_code(self, world: World, node: int) -> None:
        put(world, minutely())
        assert declare(world, node, minutely(description="mine")) == Declared(kept=("m",))
        assert look(world).definition == minutely(managed=Managed.DB)

    def test_code_hands_over_what_it_managed(self, world: World, node: int) -> None:
        declare(world, node, minutely())
        assert declare(world, node, minutely(managed=Managed.DB)) == Declared(changed=("m",))
        put(world, minutely(description="mine"))
        assert declare(world, node) == Declared()

    def test_nobody_changes_in_the_store_what_code_manages(self, world: World, node: int) -> None:
        declare(world, node, minutely())
        before = look(world)
        with pytest.raises(ScheduleManaged, match="'m' is managed by code"):
            put(world, minutely(description="mine"))
        assert look(world) == before

    def test_a_change_keeps_what_stands_by_the_rules_of_a_registration(self, world: World, node: int) -> None:
        put(world, minutely())
        pass_minutes(world, 1)
        due_us = look(world).next_us
        world.clock.advance(5)
        assert put(world, minutely(description="mine")).next_us == due_us
        assert put(world, minutely(timetable=every(seconds=30))).next_us == world.clock.now_us() + 30 * SECOND_US


class TestRemoved:
    def test_comes_back_with_a_worker_that_has_it(self, world: World, node: int) -> None:
        declare(world, node, minutely())
        pass_minutes(world, 1)
        assert remove(world) is Removed.RETURNS
        assert world.store.reader.call(world.store.reader.schedule(APP, "m")) is None
        assert [fired.runs for fired in pass_minutes(world, 1)] == [0]
        assert declare(world, node, minutely()) == Declared(added=("m",))
        assert look(world).run_count == 0
        assert len(runs(world)) == 1
        world.healthy()

    def test_for_good_is_not_brought_back_by_code(self, world: World, node: int) -> None:
        declare(world, node, minutely())
        assert remove(world, by="ann", for_good=True) is Removed.REMOVED
        assert declare(world, node, minutely(description="better")) == Declared(kept=("m",))
        row = look(world)
        assert (row.state, row.next_us, row.changed_by) == (ScheduleState.REMOVED, None, "ann")
        assert remove(world, for_good=True) is Removed.NOT_FOUND
        assert remove(world) is Removed.RETURNS
        assert declare(world, node, minutely()) == Declared(added=("m",))

    def test_for_good_is_resumed_from_the_first_instant_after_now_on(self, world: World, node: int) -> None:
        declare(world, node, minutely(), minutely("n"))
        pass_minutes(world, 2)
        pause(world)
        remove(world, for_good=True)
        declare(world, node, minutely(), minutely("n"))
        world.clock.advance(10.5 * MINUTE)
        assert resume(world)
        row = look(world)
        assert (row.state, row.next_us) == (ScheduleState.ACTIVE, world.clock.now_us() + MINUTE_US // 2)
        assert not resume(world)
        assert declare(world, node, minutely(), minutely("n")) == Declared()
        world.clock.advance(MINUTE)
        assert fire(world).runs == 1 + 1
        world.healthy()

    def test_for_good_and_resumed_without_code_that_has_it_is_an_orphan(self, world: World, node: int) -> None:
        declare(world, node, minutely())
        remove(world, for_good=True)
        declare(world, node)
        assert resume(world)
        assert (look(world).state, look(world).next_us) == (ScheduleState.ORPHANED, None)
        world.healthy()
        assert declare(world, node, minutely()) == Declared(returned=("m",))
        assert look(world).state is ScheduleState.ACTIVE

    def test_for_good_and_resumed_takes_what_the_code_says_by_now(self, world: World, node: int) -> None:
        declare(world, node, minutely())
        remove(world, for_good=True)
        declare(world, node, minutely(description="better"))
        resume(world)
        assert review(world, node) == Review(outdated=("m",))

    def test_for_good_from_the_store_is_resumed(self, world: World) -> None:
        put(world, minutely())
        remove(world, for_good=True)
        assert resume(world)
        assert look(world).state is ScheduleState.ACTIVE

    def test_for_good_is_neither_paused_nor_run_before_it_is_resumed(self, world: World, node: int) -> None:
        declare(world, node, minutely())
        remove(world, for_good=True)
        for touch in (pause, trigger):
            with pytest.raises(ScheduleNotFound, match="removed for good: resume it first"):
                touch(world)

    def test_from_the_store_is_gone(self, world: World) -> None:
        put(world, minutely())
        assert (remove(world), remove(world)) == (Removed.REMOVED, Removed.NOT_FOUND)

    def test_for_good_can_be_put_anew(self, world: World) -> None:
        before = put(world, minutely())
        remove(world, for_good=True)
        assert put(world, minutely()).id != before.id
        assert look(world).state is ScheduleState.ACTIVE

    def test_a_run_of_one_that_was_made_anew_is_never_a_second_one(self, world: World, node: int) -> None:
        declare(world, node, minutely())
        pass_minutes(world, 1)
        remove(world)
        world.clock.step_wall(-MINUTE)
        declare(world, node, minutely())
        assert [fired.runs for fired in pass_minutes(world, 1)] == [0]
        (tick,) = ticks(world)
        assert (tick.outcome, tick.job_id) == ("refused", None)
        assert tick.note is not None
        assert "m@2027-01-15T08:01:00Z" in tick.note
        assert len(runs(world)) == 1


class TestAgainAsAnotherNode:
    """A process that was taken for dead, or goes on after a pause, tells what it told before."""

    OLD, NEW = minutely(description="old"), minutely(description="new", timetable=every(hours=1))

    def say_again(self, world: World, node: int, *definitions: Definition) -> Declared:
        names = [one.name for one in definitions]
        return world.store.call(world.store.declare(APP, definitions, node_id=node, again=names))

    def test_does_not_undo_what_living_code_says_now(self, world: World) -> None:
        declare(world, world.node("old"), self.OLD)
        declare(world, world.node("new"), self.NEW)
        world.reap("old")
        assert self.say_again(world, world.node("old again"), self.OLD) == Declared()
        assert look(world).definition == self.NEW

    def test_adds_what_is_not_there_and_brings_back_what_was_orphaned(self, world: World) -> None:
        first = world.node("first")
        declare(world, first, self.OLD, minutely("gone"))
        remove(world, "gone")
        world.reap("first")
        declare(world, world.node("other"), minutely("n"))
        again = self.say_again(world, world.node("first again"), self.OLD, minutely("gone"))
        assert (again.added, again.returned, again.changed) == (("gone",), ("m",), ())

    def test_changes_what_no_living_code_says_any_more(self, world: World) -> None:
        old, new = world.node("old"), world.node("new")
        declare(world, old, self.OLD)
        declare(world, new, self.NEW)
        world.store.call(world.store.leave(new))
        world.clock.advance(59)
        assert self.say_again(world, old, self.OLD) == Declared()
        world.clock.advance(2)
        assert self.say_again(world, old, self.OLD) == Declared(changed=("m",))
        assert look(world).definition == self.OLD

    def test_says_what_it_has_and_so_keeps_it_from_being_orphaned(self, world: World) -> None:
        declare(world, world.node("old"), self.OLD)
        new = world.node("new")
        declare(world, new, self.NEW)
        world.reap("old")
        again = world.node("old again")
        self.say_again(world, again, self.OLD)
        assert declare(world, new, minutely("n")) == Declared(added=("n",))

    def test_a_review_names_what_says_another_thing_than_stored_code_that_has_gone(self, world: World) -> None:
        old, new = world.node("old"), world.node("new")
        declare(world, old, self.OLD, minutely("same"))
        declare(world, new, self.NEW, minutely("same"))
        world.store.call(world.store.leave(new))
        world.clock.advance(59)
        assert review(world, old) == Review()
        world.clock.advance(2)
        assert review(world, old) == Review(outdated=("m",))
        self.say_again(world, old, self.OLD, minutely("same"))
        assert review(world, old) == Review()

    def test_a_review_names_orphans(self, world: World, node: int) -> None:
        declare(world, node, minutely(), minutely("n"), minutely("o"))
        declare(world, node, minutely("n"))
        remove(world, "o", for_good=True)
        assert review(world, node) == Review(orphaned=("m",))

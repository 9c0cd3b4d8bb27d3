"""Firing: one job for each instant, its run followed to the end, and a bad schedule that stops only itself."""

import json
from typing import Any

import pytest
from msgspec.structs import replace

from headway.model.claim import NewJob
from headway.model.condition import Condition
from headway.model.errors import ScheduleNotFound
from headway.model.job import State
from headway.model.occurrence import run_of
from headway.model.outcome import EndKind
from headway.model.schedule import ScheduleState
from headway.store.protocol import JobFilter
from headway.store.scheduling import TickOutcome
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
    next_instant,
    pass_minutes,
    put,
    runs,
    ticks,
)
from tests.conformance.test_callbacks import callback
from tests.conformance.world import World


def job(**facts: Any) -> NewJob:
    return replace(minutely().job, **facts)


class TestRuns:
    def test_an_instant_has_one_job_that_knows_it(self, world: World, node: int) -> None:
        declare(world, node, minutely(job=job(payload='{"x":2}', tags=("nightly",), extras='{"args":{"k":"v"}}')))
        (fired,) = pass_minutes(world)
        assert (fired.runs, fired.skipped, fired.passed, fired.more) == (1, 0, 0, False)
        (row,) = runs(world)
        assert (row.ref_id, row.state, row.tags, row.due_us) == (
            "m@2027-01-15T08:01:00Z", State.QUEUED, ("nightly",), START_US + MINUTE_US,
        )  # fmt: skip
        detail = world.detail(row.id)
        assert detail.extras is not None
        assert run_of(json.loads(detail.extras)) == ("m", START_US + MINUTE_US)
        assert fire(world).runs == 0
        world.healthy()

    def test_the_next_instant_is_told(self, world: World, node: int) -> None:
        declare(world, node, minutely(), minutely("n", start_us=START_US + 90 * SECOND_US))
        assert next_instant(world) == START_US + MINUTE_US
        (fired,) = pass_minutes(world)
        assert fired.next_us == next_instant(world) == START_US + 2 * MINUTE_US

    def test_there_is_none_without_a_schedule(self, world: World) -> None:
        assert next_instant(world) is None
        assert fire(world).next_us is None

    def test_schedules_of_other_apps_are_left_alone(self, world: World) -> None:
        other = minutely(job=job(app="other"))
        put(world, other)
        assert pass_minutes(world)[0].runs == 0
        assert world.store.call(world.store.fire("other")).runs == 1
        assert (next_instant(world), look_at(world, "other")) == (None, START_US + 2 * MINUTE_US)

    def test_at_most_so_many_schedules_at_a_time(self, world: World, node: int) -> None:
        declare(world, node, *(minutely(f"m{number}") for number in range(5)))
        world.clock.advance(MINUTE)
        assert [(fired.runs, fired.more) for fired in (fire(world, limit=2) for _ in range(4))] == [
            (2, True), (2, True), (1, False), (0, False),
        ]  # fmt: skip

    def test_its_jobs_are_listed_by_the_schedule(self, world: World, node: int) -> None:
        declare(world, node, minutely(), minutely("n"))
        world.put()
        pass_minutes(world, 3)
        assert [row.ref_id[0] for row in runs(world)] == ["m"] * 3
        where = JobFilter(app=APP, schedule="m", states=(State.SKIPPED,))
        assert len(world.store.reader.call(world.store.reader.page(where)).rows) == 2
        assert len(world.store.reader.call(world.store.reader.ids(JobFilter(app="other", schedule="m")))) == 0

    def test_each_run_is_put_off_by_its_own_share_of_the_jitter(self, world: World, node: int) -> None:
        declare(world, node, minutely(jitter_us=30 * SECOND_US, overlap="allow"))
        pass_minutes(world, 4)
        shares = [row.due_us % MINUTE_US for row in runs(world)]
        assert len(set(shares)) == 4
        assert all(0 <= share < 30 * SECOND_US for share in shares)

    def test_nothing_fires_in_a_held_store(self, world: World, node: int) -> None:
        declare(world, node, minutely())
        world.store.call(world.store.hold_claims())
        assert [fired.runs for fired in pass_minutes(world, 3)] == [0, 0, 0]
        assert next_instant(world) is None
        world.store.call(world.store.resume_claims())
        assert (fire(world).runs, look(world).missed_count) == (1, 2)


def look_at(world: World, app: str) -> int | None:
    row = world.store.reader.call(world.store.reader.schedule(app, "m"))
    assert row is not None
    return row.next_us


class TestEnds:
    def test_a_success_is_written_into_tick_and_schedule(self, world: World, node: int) -> None:
        declare(world, node, minutely())
        pass_minutes(world)
        assert (ticks(world)[0].state, look(world).last_success_us) == (State.QUEUED, None)
        (claim,) = world.claim(node)
        began = world.clock.now_us()
        assert (ticks(world)[0].state, ticks(world)[0].started_us) == (State.RUNNING, began)
        world.clock.advance(7)
        world.end(node, claim)
        ended = world.clock.now_us()
        (tick,) = ticks(world)
        assert (tick.outcome, tick.state, tick.started_us, tick.finished_us, tick.error) == (
            TickOutcome.STARTED, State.COMPLETED, began, ended, None,
        )  # fmt: skip
        row = look(world)
        assert (row.last, row.last_success_us) == (tick, ended)

    def test_a_failure_says_why(self, world: World, node: int) -> None:
        declare(world, node, minutely())
        pass_minutes(world)
        world.fail(node, world.claim(node)[0])
        (tick,) = ticks(world)
        assert (tick.state, tick.error) == (State.FAILED, "ValueError: no")
        assert look(world).last_success_us is None
        world.healthy()

    def test_a_run_that_waits_for_its_retry_has_not_ended(self, world: World, node: int) -> None:
        declare(world, node, minutely(job=job(retries=2)))
        pass_minutes(world)
        (claim,) = world.claim(node)
        assert world.end(node, claim, EndKind.RAISED) is State.SCHEDULED
        assert ticks(world)[0].finished_us is None
        assert pass_minutes(world)[0].skipped == 1

    @pytest.mark.parametrize("how", ["cancelled", "expired"])
    def test_an_end_without_an_attempt_is_written_too(self, world: World, node: int, how: str) -> None:
        declare(world, node, minutely(expires_after_us=MINUTE_US))
        pass_minutes(world)
        if how == "cancelled":
            world.store.call(world.store.cancel(runs(world)[0].id, by="ann"))
        else:
            world.clock.advance(MINUTE)
            world.tend()
        (tick,) = ticks(world)
        assert (tick.state, tick.code) == (State.CANCELLED, how)
        world.healthy()

    def test_a_run_that_goes_again_has_not_ended_and_then_ends_anew(self, world: World, node: int) -> None:
        declare(world, node, minutely())
        pass_minutes(world)
        world.fail(node, world.claim(node)[0])
        world.store.call(world.store.requeue(runs(world)[0].id))
        (tick,) = ticks(world)
        assert (tick.state, tick.finished_us, tick.error) == (State.QUEUED, None, None)
        assert pass_minutes(world)[0].skipped == 1
        end_all(world, node)
        assert ticks(world)[0].state is State.COMPLETED
        world.healthy()

    def test_a_run_with_a_callback_ends_with_it(self, world: World, node: int) -> None:
        declare(world, node, minutely(job=job(callback=callback())))
        pass_minutes(world)
        world.end(node, world.claim(node)[0])
        (tick,) = ticks(world)
        assert (tick.state, tick.finished_us) == (State.EXECUTED, None)
        assert pass_minutes(world)[0].skipped == 1
        world.end(node, world.claim(node)[0])
        assert ticks(world)[0].state is State.COMPLETED
        world.healthy()

    def test_what_dies_with_its_node_goes_again_in_the_same_run(self, world: World, node: int) -> None:
        declare(world, node, minutely())
        pass_minutes(world)
        world.claim(node)
        world.reap("first")
        other = world.node("second")
        assert ticks(world)[0].finished_us is None
        end_all(world, other)
        assert [tick.state for tick in ticks(world)] == [State.COMPLETED]

    def test_a_purge_leaves_how_it_ended(self, world: World, node: int) -> None:
        declare(world, node, minutely())
        pass_minutes(world)
        end_all(world, node)
        world.clock.advance(1)
        now = world.clock.now_us()
        world.archive()
        assert world.store.call(world.store.purge(completed_before_us=now, failed_before_us=now)) == 1
        (tick,) = ticks(world)
        assert (tick.job_id, tick.state) == (None, State.COMPLETED)
        assert runs(world) == ()
        world.healthy()

    def test_the_newest_hundred_ends_are_kept_and_the_latest_run(self, world: World, node: int) -> None:
        declare(world, node, minutely())
        pass_minutes(world, 150)
        found = ticks(world)
        assert 100 < len(found) <= 133
        assert found[0].outcome is TickOutcome.STARTED
        end_all(world, node)
        pass_minutes(world, 70)
        assert 100 <= len(ticks(world)) <= 133
        assert len(runs(world)) == 220


class TestFleeting:
    def test_a_run_is_forgotten_soon_after_its_end_and_the_tick_knows_how_it_was(self, world: World, node: int) -> None:
        declare(world, node, minutely(job=job(fleeting=True)))
        pass_minutes(world)
        world.fail(node, world.claim(node)[0])
        world.tend()
        assert len(runs(world)) == 1
        world.clock.advance(11)
        world.tend()
        assert runs(world) == ()
        (tick,) = ticks(world)
        assert (tick.job_id, tick.state, tick.error) == (None, State.FAILED, "ValueError: no")
        assert look(world).last == tick
        world.healthy()

    def test_nothing_is_left_of_an_archived_one(self, world: World, node: int) -> None:
        declare(world, node, minutely(job=job(fleeting=True)))
        pass_minutes(world)
        end_all(world, node)
        world.archive()
        world.clock.advance(11)
        world.tend()
        assert runs(world) == ()
        world.healthy()

    def test_skipped_runs_are_forgotten_too(self, world: World, node: int) -> None:
        declare(world, node, minutely(job=job(fleeting=True)))
        pass_minutes(world, 3)
        world.tend()
        assert [row.state for row in runs(world)] == [State.QUEUED, State.SKIPPED]
        end_all(world, node)
        world.clock.advance(11)
        world.tend()
        assert runs(world) == ()
        assert [tick.state for tick in ticks(world)] == [State.COMPLETED, State.SKIPPED, State.SKIPPED]

    def test_of_a_removed_schedule_they_are_forgotten_without_a_trace(self, world: World, node: int) -> None:
        row = put(world, minutely(job=job(fleeting=True)))
        pass_minutes(world)
        world.store.call(world.store.remove_schedule(APP, "m"))
        end_all(world, node)
        world.clock.advance(11)
        world.tend()
        assert runs(world) == ()
        assert world.store.reader.call(world.store.reader.ticks(row.id)) == ()
        world.healthy()


class TestEnd:
    def test_it_is_over_after_so_many_runs_and_skipped_ones_do_not_count(self, world: World, node: int) -> None:
        declare(world, node, minutely(max_runs=2))
        assert [fired.runs for fired in pass_minutes(world, 3)] == [1, 0, 0]
        assert look(world).state is ScheduleState.ACTIVE
        end_all(world, node)
        assert [fired.runs for fired in pass_minutes(world, 2)] == [1, 0]
        row = look(world)
        assert (row.state, row.next_us, row.run_count, row.skip_count) == (ScheduleState.FINISHED, None, 2, 2)
        world.healthy()

    def test_runs_that_are_skipped_do_not_end_it(self, world: World, node: int) -> None:
        declare(world, node, minutely(max_runs=2))
        first, second = pass_minutes(world, 2)
        assert (first.runs, second.skipped, look(world).state) == (1, 1, ScheduleState.ACTIVE)
        end_all(world, node)
        pass_minutes(world)
        assert look(world).state is ScheduleState.FINISHED
        world.healthy()

    def test_what_is_not_counted_leaves_the_next_instant_its_turn(self, world: World, node: int) -> None:
        """Only one may run: as long as it is refused, none of those that were due with it is lost."""
        declare(world, node, minutely(max_runs=1, misfire="all", job=job(unique_key="k")))
        world.put(unique_key="k")
        world.clock.advance(3 * MINUTE)
        assert [fire(world).runs for _ in range(2)] == [0, 0]
        end_all(world, node)
        assert (fire(world).runs, look(world).state) == (1, ScheduleState.FINISHED)
        assert [tick.outcome for tick in ticks(world)] == ["refused", "refused", "started"]
        world.healthy()

    def test_it_is_over_after_its_end(self, world: World, node: int) -> None:
        declare(world, node, minutely(end_us=START_US + 2 * MINUTE_US, overlap="allow"))
        assert [fired.runs for fired in pass_minutes(world, 3)] == [1, 1, 0]
        assert look(world).state is ScheduleState.FINISHED


class TestQueued:
    @pytest.mark.parametrize("how", ["cancelled", "expired"])
    def test_who_waits_behind_one_that_is_given_up_waits_for_the_one_that_runs(
        self, world: World, node: int, how: str
    ) -> None:
        expires_after_us = 150 * SECOND_US if how == "expired" else None
        declare(world, node, minutely(overlap="queue", expires_after_us=expires_after_us))
        pass_minutes(world)
        (first,) = world.claim(node)
        pass_minutes(world, 3)
        world.end(node, first)
        (second,) = world.claim(node)
        _, running, third, last = runs(world)
        assert second.id == running.id
        if how == "cancelled":
            world.store.call(world.store.cancel(third.id, by="ann"))
        else:
            world.clock.advance(100)
            world.tend()
        assert [world.state(one.id) for one in (third, last)] == [State.CANCELLED, State.WAITING]
        world.end(node, second)
        assert world.claim_ids(node) == [last.id]
        world.healthy()

    def test_and_so_do_those_that_are_made_up_for(self, world: World, node: int) -> None:
        declare(world, node, minutely(misfire="all"))
        world.clock.advance(3.5 * MINUTE)
        fire(world)
        (running,) = world.claim(node)
        _, second, third = runs(world)
        world.store.call(world.store.cancel(second.id, by="ann"))
        assert world.claim(node) == ()
        world.end(node, running)
        assert [one.id for one in world.claim(node)] == [third.id]
        world.healthy()


class TestRefused:
    def test_a_unique_key_that_another_job_holds(self, world: World, node: int) -> None:
        declare(world, node, minutely(job=job(unique_key="k")))
        other = world.put(unique_key="k")
        assert pass_minutes(world)[0].runs == 0
        (tick,) = ticks(world)
        assert (tick.outcome, tick.job_id, tick.note) == (
            TickOutcome.REFUSED, None, f"the unique key 'k' belongs to job {other}",
        )  # fmt: skip
        end_all(world, node)
        assert pass_minutes(world)[0].runs == 1
        world.healthy()

    def test_and_a_duplicate_that_raises(self, world: World, node: int) -> None:
        declare(world, node, minutely(job=job(unique_key="k", duplicate_raises=True)), minutely("n"))
        world.put(unique_key="k")
        assert pass_minutes(world)[0].runs == 1
        (tick,) = ticks(world)
        assert tick.outcome is TickOutcome.REFUSED
        assert tick.note is not None
        assert "the unique key 'k' belongs to job" in tick.note
        assert (len(runs(world, "n")), look(world).state) == (1, ScheduleState.ACTIVE)

    def test_a_reference_that_somebody_else_took(self, world: World, node: int) -> None:
        declare(world, node, minutely(), minutely("n"))
        world.put(ref_id="m@2027-01-15T08:01:00Z")
        assert [fired.runs for fired in pass_minutes(world, 2)] == [1, 1]
        assert [tick.outcome for tick in ticks(world)] == [TickOutcome.REFUSED, TickOutcome.STARTED]
        world.healthy()

    def test_and_one_that_was_to_be_skipped(self, world: World, node: int) -> None:
        declare(world, node, minutely())
        world.put(ref_id="m@2027-01-15T08:02:00Z")
        pass_minutes(world, 3)
        assert [tick.outcome for tick in ticks(world)] == ["started", "refused", "skipped"]
        world.healthy()

    def test_who_was_to_wait_for_a_refused_run_waits_for_the_one_before(self, world: World, node: int) -> None:
        declare(world, node, minutely(misfire="all", overlap="queue"))
        world.put(ref_id="m@2027-01-15T08:02:00Z")
        world.clock.advance(3 * MINUTE)
        assert fire(world).runs == 2
        first, third = runs(world)
        assert (first.state, third.state) == (State.QUEUED, State.WAITING)
        assert world.detail(third.id).parents == (first.id,)
        assert third.condition == Condition.FINISHED

    def test_a_key_that_is_given_back_after_the_run_before(self, world: World, node: int) -> None:
        """A schedule that queues, and whose job may be there once only."""
        declare(world, node, minutely(job=job(unique_key="k"), overlap="queue"))
        pass_minutes(world, 2)
        assert [tick.outcome for tick in ticks(world)] == [TickOutcome.STARTED, TickOutcome.REFUSED]


class TestFaulty:
    def test_a_job_that_cannot_be_stored_stops_only_its_schedule(self, world: World, node: int) -> None:
        declare(world, node, minutely(job=job(batch=99)), minutely("n"))
        world.clock.advance(MINUTE)
        fired = world.store.call(world.store.fire(APP))
        assert (fired.runs, [name for name, _ in fired.faulty]) == (1, ["m"])
        row = look(world)
        assert (row.state, row.next_us) == (ScheduleState.FAULTY, None)
        assert row.error is not None
        assert row.error.startswith("BatchNotFound: there is no batch 99")
        assert (runs(world), ticks(world)) == ((), ())
        assert pass_minutes(world)[0].skipped == 1
        world.healthy()

    def test_it_goes_on_when_it_is_declared_again(self, world: World, node: int) -> None:
        declare(world, node, minutely(job=job(batch=99)))
        world.clock.advance(MINUTE)
        world.store.call(world.store.fire(APP))
        assert declare(world, node, minutely()).changed == ("m",)
        row = look(world)
        assert (row.state, row.error, row.next_us) == (
            ScheduleState.ACTIVE, None, world.clock.now_us() + MINUTE_US,
        )  # fmt: skip

    def test_there_is_none_of_that_name(self, world: World) -> None:
        for verb in (world.store.trigger, world.store.pause_schedule, world.store.resume_schedule):
            with pytest.raises(ScheduleNotFound, match="'m' of the app 'default'"):
                world.store.call(verb(APP, "m"))

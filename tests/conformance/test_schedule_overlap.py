"""An instant at which an earlier run has not ended: skipped, beside it, behind it, or in its place."""

from typing import Any

import pytest

from headway.model.errors import ScheduleBusy
from headway.model.job import State
from headway.model.outcome import EndKind
from headway.model.schedule import Overlap
from headway.store.scheduling import TickOutcome
from tests.conformance.owned_clock import START_US
from tests.conformance.scheduling import (
    APP,
    MINUTE,
    MINUTE_US,
    declare,
    end_all,
    fire,
    look,
    minutely,
    pass_minutes,
    runs,
    ticks,
    trigger,
)
from tests.conformance.world import World

SKIPPED, WAITING, QUEUED = State.SKIPPED, State.WAITING, State.QUEUED


def states(world: World) -> list[State]:
    return [row.state for row in runs(world)]


class TestSkip:
    def test_is_a_job_that_says_why_it_did_not_run(self, world: World, node: int) -> None:
        declare(world, node, minutely())
        assert [(fired.runs, fired.skipped) for fired in pass_minutes(world, 2)] == [(1, 0), (0, 1)]
        first, second = runs(world)
        assert (second.state, second.code, second.finished_us) == (SKIPPED, "overlap", world.clock.now_us())
        assert second.reason == f"an earlier run, {first.ref_id}, has not ended"
        tick = ticks(world)[-1]
        assert (tick.outcome, tick.state, tick.code, tick.error) == (
            TickOutcome.SKIPPED, SKIPPED, "overlap", second.reason,
        )  # fmt: skip
        row = look(world)
        assert (row.run_count, row.skip_count, row.last) == (1, 1, ticks(world)[0])
        world.healthy()

    def test_is_over_with_the_run(self, world: World, node: int) -> None:
        declare(world, node, minutely())
        pass_minutes(world, 2)
        end_all(world, node)
        assert pass_minutes(world)[0].runs == 1

    def test_holds_for_the_runs_of_one_look(self, world: World, node: int) -> None:
        declare(world, node, minutely(misfire="all"))
        world.clock.advance(3 * MINUTE)
        fire(world)
        assert states(world) == [QUEUED, WAITING, SKIPPED]  # two are made up for, and the third is on time

    def test_keeps_nobody_from_its_unique_key_or_its_named_worker(self, world: World, node: int) -> None:
        job = minutely(overlap="skip").job
        declare(world, node, minutely(job=type(job)(ref_id="", name="work", payload="{}", lane="w", retries=0)))
        pass_minutes(world, 3)
        end_all(world, node)
        assert states(world) == [State.COMPLETED, SKIPPED, SKIPPED]
        world.healthy()

    def test_what_ended_in_the_same_commit_has_ended(self, world: World, node: int) -> None:
        declare(world, node, minutely())
        pass_minutes(world)
        (claim,) = world.claim(node)
        world.clock.advance(MINUTE)
        store, done = world.store, list[Any]()
        end = store.exchange(node, settlements=[world.settlement(claim)], lease_us=30_000_000)
        store.submit(end, lambda value, error: done.append(error))
        store.submit(store.fire(APP), lambda value, error: done.append(value))
        store.call(store.enqueue([]))
        assert states(world) == [State.COMPLETED, QUEUED]


class TestAllow:
    def test_runs_beside_it(self, world: World, node: int) -> None:
        declare(world, node, minutely(overlap="allow"))
        pass_minutes(world, 3)
        assert states(world) == [QUEUED] * 3


class TestQueue:
    def test_runs_when_the_one_before_has_ended_however_that_was(self, world: World, node: int) -> None:
        declare(world, node, minutely(overlap="queue"))
        pass_minutes(world, 3)
        assert states(world) == [QUEUED, WAITING, WAITING]
        world.fail(node, world.claim(node, 5)[0])
        assert states(world) == [State.FAILED, QUEUED, WAITING]
        world.store.call(world.store.cancel(runs(world)[1].id))
        assert states(world) == [State.FAILED, State.CANCELLED, QUEUED]
        end_all(world, node)
        assert look(world).run_count == 3
        world.healthy()

    def test_so_many_wait_and_further_ones_are_skipped(self, world: World, node: int) -> None:
        declare(world, node, minutely(overlap="queue"))
        pass_minutes(world, 103)
        found = runs(world)
        assert [row.state for row in found] == [QUEUED, *[WAITING] * 100, SKIPPED, SKIPPED]
        assert found[-1].reason == "100 earlier runs wait already"
        end_all(world, node)
        world.healthy()

    def test_waits_for_a_run_that_goes_again_too(self, world: World, node: int) -> None:
        declare(world, node, minutely(overlap="queue"))
        pass_minutes(world, 2)
        world.fail(node, world.claim(node)[0])
        first, second = runs(world)
        (claim,) = world.claim(node)
        assert claim.id == second.id
        world.store.call(world.store.requeue(first.id))
        pass_minutes(world)
        world.end(node, claim)
        assert states(world) == [QUEUED, State.COMPLETED, WAITING]
        end_all(world, node)
        assert states(world) == [State.COMPLETED] * 3


class TestCancelRunning:
    def test_waits_until_the_cancelled_one_has_stopped(self, world: World, node: int) -> None:
        declare(world, node, minutely(overlap="cancel_running"))
        pass_minutes(world)
        (claim,) = world.claim(node)
        pass_minutes(world)
        assert states(world) == [State.RUNNING, WAITING]
        assert world.row(claim.id).cancel_by == "schedule m"
        pass_minutes(world)
        assert states(world) == [State.RUNNING, State.CANCELLED, WAITING]
        world.settle(node, claim, EndKind.CANCELLED)
        assert states(world) == [State.CANCELLED, State.CANCELLED, QUEUED]
        end_all(world, node)
        world.healthy()

    def test_takes_the_place_of_one_that_has_not_begun(self, world: World, node: int) -> None:
        declare(world, node, minutely(overlap="cancel_running"))
        pass_minutes(world, 2)
        assert states(world) == [State.CANCELLED, QUEUED]
        world.healthy()

    def test_of_one_look_the_last_one_runs(self, world: World, node: int) -> None:
        declare(world, node, minutely(overlap="cancel_running"))
        pass_minutes(world)
        (claim,) = world.claim(node)
        world.clock.advance(3 * MINUTE)
        assert fire(world).passed == 2
        assert states(world) == [State.RUNNING, WAITING]
        world.settle(node, claim, EndKind.CANCELLED)
        assert states(world)[-1] is QUEUED

    def test_what_is_made_up_for_cancels_nothing(self, world: World, node: int) -> None:
        declare(world, node, minutely(overlap="cancel_running", misfire="all"))
        pass_minutes(world)
        world.claim(node)
        world.clock.advance(2.5 * MINUTE)
        fire(world)
        assert states(world) == [State.RUNNING, WAITING, WAITING]


class TestByHand:
    def test_is_a_run_of_its_own(self, world: World, node: int) -> None:
        declare(world, node, minutely(jitter_us=MINUTE_US))
        before = look(world)
        answer = trigger(world, by="ann")
        row = world.row(answer.id)
        assert (answer.ref_id, row.state, row.created_by) == ("m@2027-01-15T08:00:00Z-by-hand", QUEUED, "ann")
        (tick,) = ticks(world)
        assert (tick.outcome, tick.instant_us, tick.by, tick.job_id) == (
            TickOutcome.MANUAL, START_US, "ann", answer.id,
        )  # fmt: skip
        after = look(world)
        assert (after.next_us, after.run_count, after.last) == (before.next_us, 0, tick)
        end_all(world, node)
        assert look(world).last_success_us == START_US
        assert [row.id for row in runs(world)] == [answer.id]
        world.healthy()

    def test_keeps_no_instant_from_its_run(self, world: World, node: int) -> None:
        declare(world, node, minutely(overlap="allow"))
        world.clock.advance(MINUTE)
        ids = [trigger(world).id for _ in range(3)]
        assert len(set(ids)) == 3
        assert fire(world).runs == 1
        assert len(ticks(world)) == 4
        world.healthy()

    def test_is_refused_while_it_runs_unless_forced(self, world: World, node: int) -> None:
        declare(world, node, minutely())
        first = trigger(world)
        with pytest.raises(ScheduleBusy, match="'m' runs already, as job 1") as caught:
            trigger(world)
        assert caught.value.id == first.id
        assert trigger(world, force=True).state is QUEUED
        assert len(runs(world)) == 2

    def test_is_an_earlier_run_for_the_next_instant(self, world: World, node: int) -> None:
        declare(world, node, minutely())
        trigger(world)
        assert pass_minutes(world)[0].skipped == 1

    @pytest.mark.parametrize("overlap", [Overlap.QUEUE, Overlap.CANCEL_RUNNING])
    def test_waits_for_what_runs(self, world: World, node: int, overlap: Overlap) -> None:
        declare(world, node, minutely(overlap=overlap))
        pass_minutes(world)
        (claim,) = world.claim(node)
        assert trigger(world, by="ann").state is WAITING
        assert world.row(claim.id).cancel_by == ("ann" if overlap is Overlap.CANCEL_RUNNING else None)
        world.settle(node, claim, EndKind.RETURNED)
        assert runs(world)[-1].state is QUEUED

    def test_is_refused_where_too_many_wait(self, world: World, node: int) -> None:
        declare(world, node, minutely(overlap="queue"))
        pass_minutes(world, 101)
        with pytest.raises(ScheduleBusy, match="takes no more runs: 100 earlier runs wait already"):
            trigger(world)

    @pytest.mark.parametrize("state", ["paused", "finished", "orphaned"])
    def test_runs_whatever_its_state(self, world: World, node: int, state: str) -> None:
        declare(world, node, minutely(max_runs=1))
        if state == "paused":
            world.store.call(world.store.pause_schedule(APP, "m"))
        elif state == "finished":
            pass_minutes(world)
            end_all(world, node)
        else:
            declare(world, node)
        assert look(world).state == state
        assert trigger(world).existing is False
        assert look(world).state == state

    def test_answers_with_the_job_that_holds_its_unique_key(self, world: World, node: int) -> None:
        job = type(minutely().job)(ref_id="", name="work", payload="{}", unique_key="k")
        declare(world, node, minutely(job=job))
        other = world.put(unique_key="k")
        answer = trigger(world)
        assert (answer.existing, answer.id, ticks(world)) == (True, other, ())

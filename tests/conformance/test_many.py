"""Cancelling and reopening many jobs: exactly those that the filter names at that moment, in short transactions."""

from typing import Any

import pytest

from headway.model.job import State
from headway.store.protocol import CancelAnswer, JobFilter, RequeueAnswer
from headway.store.verbs.many import WORK_S
from tests.conformance.owned_clock import SlowClock
from tests.conformance.places import Kind
from tests.conformance.stages import DRIVE, drive
from tests.conformance.world import World

ANY = JobFilter()


def cancel(world: World, *ids: int, where: JobFilter = ANY, **facts: Any) -> dict[int, CancelAnswer]:
    return dict(world.store.call(world.store.cancel_many(ids, where=where, **facts)).answers)


def requeue(world: World, *ids: int, where: JobFilter = ANY, **facts: Any) -> dict[int, RequeueAnswer]:
    return dict(world.store.call(world.store.requeue_many(ids, where=where, **facts)).answers)


class TestCancel:
    @pytest.mark.parametrize("state", list(DRIVE))
    def test_does_to_each_what_cancel_does(self, world: World, node: int, state: State) -> None:
        one, two = drive(world, node, state), drive(world, node, state)
        answer = world.store.call(world.store.cancel(one, by="ann"))
        assert cancel(world, two, by="ann") == {two: answer}
        assert world.state(two) is world.state(one)
        assert world.events(two) == world.events(one)
        world.healthy()

    def test_only_what_the_filter_still_names(self, world: World, node: int) -> None:
        waiting, started = world.put(tags=("red",)), world.put(priority=1, tags=("red",))
        other, gone = world.put(), 10**9
        where = JobFilter(states=(State.QUEUED,), tag="red")
        world.take(node, started)
        assert cancel(world, waiting, started, other, gone, where=where) == {waiting: CancelAnswer.CANCELLED}
        assert (world.state(started), world.state(other)) == (State.RUNNING, State.QUEUED)

    def test_dependants_go_too(self, world: World) -> None:
        parent = world.put()
        child = world.put(depends_on=(parent,))
        assert cancel(world, child, parent) == dict.fromkeys((child, parent), CancelAnswer.CANCELLED)
        other = world.put()
        late = world.put(depends_on=(other,))
        assert cancel(world, other, late) == {other: CancelAnswer.CANCELLED, late: CancelAnswer.FINAL}
        world.healthy()


class TestRequeue:
    @pytest.mark.parametrize("archived", [True, False])
    @pytest.mark.parametrize("state", list(DRIVE))
    def test_does_to_each_what_requeue_does(self, world: World, node: int, state: State, archived: bool) -> None:
        one, two = drive(world, node, state), drive(world, node, state)
        if archived:
            world.archive()
        answer = world.store.call(world.store.requeue(one, by="ann"))
        assert requeue(world, two, by="ann") == {two: answer}
        assert (world.state(two), world.events(two)) == (world.state(one), world.events(one))
        assert world.detail(two).payload == world.detail(one).payload
        world.healthy()

    def test_a_body_that_is_gone_is_an_answer_and_harms_no_other(
        self, store_kind: Kind, world: World, node: int, tmp_path: Any
    ) -> None:
        pruned = drive(world, node, State.FAILED)
        world.archive()
        later = world.clock.now_us() + 1
        world.store.call(world.store.prune(logs_before_us=None, bodies_before_us=later))
        lost = drive(world, node, State.FAILED)
        world.archive()
        (month,) = store_kind.months(tmp_path)
        store_kind.lose_month(tmp_path, month)
        live = drive(world, node, State.FAILED)
        gone = RequeueAnswer.BODY_GONE
        assert requeue(world, live, pruned, lost) == {live: RequeueAnswer.REQUEUED, pruned: gone, lost: gone}
        assert (world.state(lost), world.state(pruned)) == (State.FAILED, State.FAILED)

    @pytest.mark.only_on("sqlite", "its months are files, which are written after the commit")
    def test_what_was_copied_back_leaves_the_archive_in_one_write(
        self, world: World, node: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        jobs = [drive(world, node, State.FAILED) for _ in range(5)]
        world.archive()
        from headway.store.sqlite import month

        real, dropped = month.drop, []

        def drop(path: Any, ids: Any, now_us: int) -> None:
            dropped.append(list(ids))
            real(path, ids, now_us)

        monkeypatch.setattr(month, "drop", drop)
        requeue(world, *jobs)
        assert dropped == [jobs]
        world.healthy()


def test_a_transaction_ends_when_its_time_is_over_and_says_how_far_it_came(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = [world.put() for _ in range(6)]
    store: Any = world.store
    monkeypatch.setattr(store._writing, "_clock", SlowClock(world.clock, WORK_S * 0.4))
    acted = world.store.call(world.store.cancel_many(jobs, where=JobFilter()))
    assert 1 < acted.seen == len(acted.answers) < 6
    assert {world.state(job) for job in jobs[: acted.seen]} == {State.CANCELLED}
    assert {world.state(job) for job in jobs[acted.seen :]} == {State.QUEUED}

"""The audit: silent over a healthy store; operations alone and together."""

import asyncio
import threading
from typing import Any

import pytest

from headway.model.errors import JobNotFound, StoreError
from headway.model.job import State
from headway.model.outcome import EndKind
from headway.store.protocol import JobFilter, Operation, Store
from tests.conformance.owned_clock import OwnedClock
from tests.conformance.places import Kind
from tests.conformance.stages import DRIVE, drive
from tests.conformance.world import World


class TestAudit:
    def test_finds_nothing_in_an_empty_store(self, world: World) -> None:
        world.healthy()

    def test_finds_nothing_wrong_in_any_state(self, world: World, node: int) -> None:
        for state in DRIVE:
            drive(world, node, state)
            world.healthy()
        world.archive()
        world.healthy()

    def test_finds_nothing_wrong_after_a_long_life(self, world: World, node: int) -> None:
        kinds = list(EndKind)
        for number in range(120):
            parent = world.put(retries=number % 3, priority=number % 2)
            world.put(depends_on=(parent,))
            for claim in world.claim(node, 3):
                if claim.id % 7 == 0:
                    world.store.call(world.store.cancel(claim.id))
                world.end(node, claim, kinds[(claim.id + claim.epoch) % len(kinds)])
            world.clock.advance(1)
            if number % 20 == 10:
                world.archive()
            if number % 30 == 15:
                for job in world.store.reader.call(
                    world.store.reader.ids(JobFilter(states=(State.FAILED, State.CANCELLED)))
                ):
                    world.store.call(world.store.requeue(job))
        world.healthy()
        world.reap("first")
        world.healthy()


class TestRunning:
    def test_awaited(self, world: World) -> None:
        async def go() -> list[int]:
            answers = await asyncio.gather(*[world.store.acall(world.store.enqueue([world.new()])) for _ in range(20)])
            return [answer[0].id for answer in answers]

        jobs = asyncio.run(go())
        assert len(set(jobs)) == 20
        assert {world.state(job) for job in jobs} == {State.QUEUED}

    def test_an_awaited_failure_is_raised(self, world: World) -> None:
        async def go() -> None:
            await world.store.acall(world.store.enqueue([world.new(depends_on=(99,))]))

        with pytest.raises(JobNotFound):
            asyncio.run(go())

    def test_submitted_says_when_it_is_done(self, world: World) -> None:
        done = threading.Event()
        heard: list[Any] = []

        def hear(answer: Any, error: BaseException | None) -> None:
            heard.append((answer, error))
            done.set()

        world.store.submit(world.store.enqueue([world.new(ref_id="one")]), hear)
        assert done.wait(5)
        (((answer,), error),) = heard
        assert (answer.ref_id, error) == ("one", None)

    def test_an_awaited_one_that_is_cancelled_after_it_was_handed_over_still_commits(self, world: World) -> None:
        async def go() -> None:
            waiting = asyncio.create_task(world.store.acall(world.store.enqueue([world.new(ref_id="given")])))
            await asyncio.wait({waiting}, timeout=0)
            waiting.cancel()
            await world.store.acall(world.store.enqueue([world.new(ref_id="next")]))

        asyncio.run(go())
        assert [world.row(ref).state for ref in ("given", "next")] == [State.QUEUED] * 2

    def test_a_done_that_raises_stops_nothing(self, world: World) -> None:
        def fall(answer: Any, error: BaseException | None) -> None:
            raise RuntimeError("a mistake of whoever asked")

        done = threading.Event()
        world.store.submit(world.store.enqueue([world.new()]), fall)
        world.store.submit(world.store.enqueue([world.new()]), lambda answer, error: done.set())
        assert done.wait(5)

    def test_after_the_close_everything_is_refused(self, world: World) -> None:
        operation = world.store.enqueue([world.new()])
        world.store.close()
        with pytest.raises(StoreError):
            world.store.call(operation)

    def test_a_failing_operation_does_not_harm_its_neighbours(self, world: World) -> None:
        outcomes = together(
            world.store,
            [
                world.store.enqueue([world.new(ref_id="a")]),
                world.store.enqueue([world.new(ref_id="b", depends_on=(99,))]),
                world.store.enqueue([world.new(ref_id="c")]),
                world.store.enqueue([world.new(ref_id="d"), world.new(ref_id="e", depends_on=(98,))]),
                world.store.enqueue([world.new(ref_id="f")]),
            ],
        )
        assert [isinstance(outcome, JobNotFound) for outcome in outcomes] == [False, True, False, True, False]
        rows = world.store.reader.call(world.store.reader.page(JobFilter())).rows
        assert sorted(row.ref_id for row in rows) == ["a", "c", "f"]
        good = [outcome[0] for outcome in outcomes if isinstance(outcome, list)]
        assert [world.row(answer.id).ref_id for answer in good] == [answer.ref_id for answer in good] == ["a", "c", "f"]

    def test_many_failing_among_many(self, world: World) -> None:
        operations = [
            world.store.enqueue([world.new(ref_id=f"n{number}", depends_on=(99_999,) if number % 3 == 1 else ())])
            for number in range(60)
        ]
        outcomes = together(world.store, operations)
        good = [outcome[0] for outcome in outcomes if isinstance(outcome, list)]
        assert [answer.ref_id for answer in good] == [f"n{number}" for number in range(60) if number % 3 != 1]
        assert [world.row(answer.id).ref_id for answer in good] == [answer.ref_id for answer in good]

    def test_the_same_reference_twice_at_the_same_time_is_one_job(self, world: World) -> None:
        outcomes = together(world.store, [world.store.enqueue([world.new(ref_id="one")]) for _ in range(9)])
        answers = [outcome[0] for outcome in outcomes]
        assert len({answer.id for answer in answers}) == 1
        assert [answer.existing for answer in answers].count(False) == 1

    def test_close_finishes_what_was_handed_over(self, store_kind: Kind, tmp_path: Any, clock: OwnedClock) -> None:
        store = store_kind.open(tmp_path / "other", clock)
        world = World(store=store, clock=clock)
        heard: list[BaseException | None] = []
        for _ in range(50):
            store.submit(store.enqueue([world.new()]), lambda answer, error: heard.append(error))
        store.close()
        store.close()
        assert heard == [None] * 50
        again = store_kind.open(tmp_path / "other", clock)
        try:
            assert again.reader.call(again.reader.counts())[State.QUEUED] == 50
        finally:
            again.close()

    def test_what_was_acknowledged_is_there_after_opening_again(
        self, store_kind: Kind, store: Store, world: World, node: int, tmp_path: Any, clock: OwnedClock
    ) -> None:
        for state in DRIVE:
            drive(world, node, state)
        before = world.everything()
        store.close()
        again = World(store=store_kind.open(tmp_path, clock), clock=clock)
        try:
            assert again.everything() == before
        finally:
            again.store.close()


def together(store: Store, operations: list[Operation[Any]]) -> list[Any]:
    """Hand all over before the first can be run, so that they share a group; each one's answer or error."""
    outcomes: list[Any] = [None] * len(operations)
    left = threading.Semaphore(0)
    gate = threading.Event()

    def hold(transaction: Any) -> None:
        assert gate.wait(5)

    store.submit(Operation("hold", hold), lambda answer, error: None)
    for number, operation in enumerate(operations):

        def hear(answer: Any, error: BaseException | None, number: int = number) -> None:
            outcomes[number] = answer if error is None else error
            left.release()

        store.submit(operation, hear)
    gate.set()
    for _ in operations:
        assert left.acquire(timeout=5)
    return outcomes

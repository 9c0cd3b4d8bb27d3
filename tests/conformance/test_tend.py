"""Upkeep: expiry and staging."""

from headway.model.job import State
from tests.conformance.owned_clock import SECOND_US
from tests.conformance.world import World


class TestExpiry:
    def test_cancels_what_did_not_start_in_time(self, world: World, node: int) -> None:
        soon = world.clock.now_us() + 5 * SECOND_US
        queued = world.put(expires_us=soon)
        scheduled = world.put(expires_us=soon, delay_us=60 * SECOND_US)
        waiting = world.put(expires_us=soon, depends_on=(scheduled,))
        child = world.put(depends_on=(queued,))
        world.clock.advance(4)
        world.tend()
        assert [world.state(job) for job in (queued, scheduled, waiting)] == [
            State.QUEUED, State.SCHEDULED, State.WAITING,
        ]  # fmt: skip
        world.clock.advance(1)
        assert world.tend() >= 3
        rows = [world.row(job) for job in (queued, scheduled)]
        assert [(row.state, row.code, row.finished_us) for row in rows] == [
            (State.CANCELLED, "expired", world.clock.now_us())
        ] * 2
        assert [world.state(job) for job in (waiting, child)] == [State.CANCELLED] * 2
        assert world.row(child).code == "parent_failed"
        assert world.claim_ids(node) == []
        world.healthy()

    def test_spares_what_started_in_time(self, world: World, node: int) -> None:
        claim = world.running(node, expires_us=world.clock.now_us() + SECOND_US)
        world.clock.advance(2)
        world.tend()
        assert world.state(claim.id) is State.RUNNING
        assert world.end(node, claim) is State.COMPLETED

    def test_a_parked_job_expires_too(self, world: World, node: int) -> None:
        job = world.put(name="renamed", expires_us=world.clock.now_us() + SECOND_US)
        world.claim(node)
        assert world.row(job).blocked == "unknown_handler"
        world.clock.advance(2)
        world.tend()
        assert (world.state(job), world.row(job).blocked) == (State.CANCELLED, None)


class TestSteps:
    def test_stages_what_is_due(self, world: World) -> None:
        due, later = world.put(delay_us=5 * SECOND_US), world.put(delay_us=50 * SECOND_US)
        world.clock.advance(5)
        assert world.tend() == 1
        assert (world.state(due), world.state(later)) == (State.QUEUED, State.SCHEDULED)

    def test_nothing_to_do_answers_nought(self, world: World, node: int) -> None:
        world.put()
        world.put(delay_us=SECOND_US)
        assert world.tend() == 0

    def test_goes_in_small_steps_to_the_end(self, world: World) -> None:
        world.enqueue(*[world.new(delay_us=SECOND_US) for _ in range(25)])
        world.clock.advance(2)
        assert world.store.call(world.store.tend(limit=10)) == 10
        counts = world.store.reader.call(world.store.reader.counts())
        assert (counts[State.QUEUED], counts[State.SCHEDULED]) == (10, 15)
        while world.store.call(world.store.tend(limit=10)):
            pass
        assert world.store.reader.call(world.store.reader.counts())[State.QUEUED] == 25

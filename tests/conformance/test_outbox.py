"""What is committed to the outbox becomes jobs once, by the ordinary rules, and nothing of it vanishes."""

from collections.abc import Callable
from pathlib import Path

import pytest

from headway.model.claim import NewJob
from headway.model.job import State
from headway.store.protocol import JobFilter
from headway.store.verbs.outbox import as_body
from headway.view.timeline import timeline
from tests.conformance.batching import create
from tests.conformance.owned_clock import SECOND_US
from tests.conformance.places import Kind
from tests.conformance.world import PLENTY, World

Put = Callable[..., None]


@pytest.fixture
def put(world: World, store_kind: Kind, tmp_path: Path) -> Put:
    def put_jobs(*jobs: NewJob, body: str | None = None) -> None:
        text = (as_body(jobs) if body is None else body).replace("'", "''")
        store_kind.tamper(
            tmp_path,
            f"INSERT INTO headway_outbox (app, body, put_at) VALUES ('default', '{text}', {world.clock.now_us()})",
        )

    return put_jobs


def admit(world: World, limit: int = 100) -> int:
    return world.store.call(world.store.admit(limit=limit))


class TestAdmission:
    def test_makes_jobs_under_their_references(self, world: World, put: Put, node: int) -> None:
        put(world.new(ref_id="one"))
        put(world.new(ref_id="two", tags=("red",)), world.new(ref_id="three", depends_on=("two",)))
        assert world.store.reader.call(world.store.reader.job("one")) is None
        assert admit(world) == 2
        assert [world.row(ref).state for ref in ("one", "two", "three")] == [State.QUEUED, State.QUEUED, State.WAITING]
        assert world.row("two").tags == ("red",)
        assert admit(world) == 0
        world.healthy()

    def test_rides_in_a_workers_turn(self, world: World, put: Put, node: int) -> None:
        put(world.new(ref_id="one"))
        (claim,) = world.claim(node)
        assert claim.ref_id == "one"
        world.healthy()

    def test_of_jobs_with_ties_rides_there_too(self, world: World, put: Put, node: int) -> None:
        put(world.new(ref_id="one", unique_key="k", lane="press"))
        assert [claim.ref_id for claim in world.claim(node)] == ["one"]

    def test_is_a_part_of_the_upkeep(self, world: World, put: Put) -> None:
        put(world.new(ref_id="one"))
        world.tend()
        assert world.row("one").state is State.QUEUED

    def test_takes_the_oldest_first_and_so_many(self, world: World, put: Put, node: int) -> None:
        for number in range(5):
            put(world.new(ref_id=f"job-{number}"))
        assert [admit(world, 2) for _ in range(4)] == [2, 2, 1, 0]
        assert [claim.ref_id for claim in world.claim(node, PLENTY)] == [f"job-{number}" for number in range(5)]

    def test_a_delay_runs_from_the_call(self, world: World, put: Put) -> None:
        at = world.clock.now_us()
        put(world.new(ref_id="late", delay_us=60 * SECOND_US))
        world.clock.advance(20)
        admit(world)
        assert (world.row("late").state, world.row("late").due_us) == (State.SCHEDULED, at + 60 * SECOND_US)


class TestRefusals:
    def test_are_stored_as_failed_jobs_that_say_why(self, world: World, put: Put) -> None:
        batch = create(world, "closed", sealed=True)
        put(world.new(ref_id="orphan", depends_on=(999_999,)))
        put(world.new(ref_id="late", batch=batch))
        put(world.new(ref_id="fine"))
        assert admit(world) == 3
        for ref in ("orphan", "late"):
            row = world.row(ref)
            assert (row.state, row.code) == (State.FAILED, "not_admitted")
        assert "999999" in (world.row("orphan").reason or "")
        assert "closed" in (world.row("late").reason or "")
        assert world.row("fine").state is State.QUEUED
        world.healthy()

    def test_have_a_history_of_one_line(self, world: World, put: Put) -> None:
        put(world.new(ref_id="orphan", depends_on=(999_999,)))
        admit(world)
        (step,) = timeline(world.detail("orphan"))
        assert (step.was, step.state) == (None, State.FAILED)

    def test_of_a_call_are_of_all_of_it(self, world: World, put: Put) -> None:
        put(world.new(ref_id="a"), world.new(ref_id="b", depends_on=(999_999,)))
        admit(world)
        assert [world.row(ref).code for ref in "ab"] == ["not_admitted"] * 2

    def test_of_a_unique_key_name_the_job_that_has_it(self, world: World, put: Put) -> None:
        holder = world.put(unique_key="k")
        put(world.new(ref_id="second", unique_key="k"))
        put(world.new(ref_id="third", unique_key="k", duplicate_raises=True))
        admit(world)
        second, third = world.row("second"), world.row("third")
        assert (second.state, second.code) == (State.SKIPPED, "duplicate")
        assert f"job {holder} " in (second.reason or "")
        assert (third.state, third.code) == (State.FAILED, "not_admitted")
        assert world.row(holder).state is State.QUEUED
        world.healthy()

    def test_two_calls_of_one_key_in_one_step_are_one_job(self, world: World, put: Put) -> None:
        put(world.new(ref_id="first", unique_key="k"))
        put(world.new(ref_id="second", unique_key="k"))
        admit(world)
        assert [world.row(ref).state for ref in ("first", "second")] == [State.QUEUED, State.SKIPPED]

    def test_of_a_reference_that_is_taken_stand_beside_it(self, world: World, put: Put) -> None:
        world.put(ref_id="mine", content=b"one")
        put(world.new(ref_id="mine", content=b"two"))
        put(world.new(ref_id="mine", content=b"one"))
        admit(world)
        assert world.row("mine").state is State.QUEUED
        refused, standing = world.store.reader.call(world.store.reader.page(JobFilter())).rows
        assert (refused.code, standing.code) == ("not_admitted", None)
        assert refused.ref_id.startswith("mine-refused-")
        world.healthy()

    def test_a_refused_job_may_be_retried(self, world: World, put: Put, node: int) -> None:
        holder = world.running(node, unique_key="k")
        put(world.new(ref_id="again", unique_key="k", duplicate_raises=True))
        admit(world)
        world.end(node, holder)
        world.store.call(world.store.requeue("again"))
        assert [claim.ref_id for claim in world.claim(node)] == ["again"]

    @pytest.mark.parametrize("body", ["no JSON", '{"an": "object"}', '[["ref"]]', "[1]"])
    def test_a_row_that_nobody_can_read_is_set_aside(self, world: World, put: Put, body: str) -> None:
        put(body=body)
        put(world.new(ref_id="fine"))
        assert admit(world) == 2
        assert world.row("fine").state is State.QUEUED
        row = world.row("outbox-1")
        assert (row.state, row.code, row.name) == (State.FAILED, "not_admitted", "unreadable")
        assert body[:4] in world.detail("outbox-1").payload.replace("\\", "")
        world.healthy()

    def test_what_the_database_does_not_take_is_set_aside_too(self, world: World, put: Put) -> None:
        put(world.new(ref_id="zero", priority=2**70))
        put(world.new(ref_id="fine"))
        assert admit(world) == 2
        assert world.row("fine").state is State.QUEUED
        assert world.row("outbox-1").code == "not_admitted"

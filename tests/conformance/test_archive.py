"""Moving what has ended to the archive of the month it was created in, and deleting it at last."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from headway.model.job import State
from headway.model.outcome import EndKind, Report
from headway.store.protocol import JobFilter, RequeueAnswer, Store
from tests.conformance.owned_clock import SECOND_US, OwnedClock
from tests.conformance.places import Kind
from tests.conformance.stages import DRIVE, drive
from tests.conformance.world import World, said


def moment(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> int:
    return int(datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp()) * SECOND_US


def archive(world: World, **facts: int) -> int:
    return world.store.call(world.store.archive(**facts))


class TestWhat:
    @pytest.mark.parametrize("state", list(DRIVE))
    def test_only_what_has_ended(self, world: World, node: int, state: State) -> None:
        job = drive(world, node, state)
        helpers = state is State.SKIPPED  # its parent has ended too
        assert world.archive() == (1 if state.is_final else 0) + helpers
        assert (world.row(job).archived, world.state(job)) == (state.is_final, state)

    def test_only_what_ended_before_the_moment(self, world: World, node: int) -> None:
        old, young = world.running(node), world.running(node)
        world.end(node, old)
        world.clock.advance(10)
        border = world.clock.now_us()
        world.end(node, young)
        assert archive(world, before_us=border) == 1
        assert (world.row(old.id).archived, world.row(young.id).archived) == (True, False)

    def test_again_finds_nothing_left(self, world: World, node: int) -> None:
        world.end(node, world.running(node))
        assert (world.archive(), world.archive(), world.archive()) == (1, 0, 0)

    def test_in_steps_takes_all(self, world: World, node: int) -> None:
        world.enqueue(*[world.new() for _ in range(25)])
        world.turn(node, *(world.settlement(claim) for claim in world.claim(node, 25)))
        steps = [archive(world, before_us=world.clock.now_us() + 1, limit=10) for _ in range(4)]
        assert steps == [10, 10, 5, 0]

    def test_a_parent_of_a_waiting_job_keeps_telling_it(self, world: World, node: int) -> None:
        good, other = world.running(node), world.running(node)
        child = world.put(depends_on=(good.id, other.id))
        world.end(node, good)
        world.archive()
        world.end(node, other)
        assert (world.state(child), world.detail(child).parents) == (State.QUEUED, (good.id, other.id))
        world.healthy()


class TestMonth:
    def test_is_the_month_of_creation_in_utc(self, store_kind: Kind, world: World, node: int, tmp_path: Path) -> None:
        world.clock.wall = moment(2027, 1, 31, 23, 59)
        claim = world.running(node)
        world.clock.wall = moment(2027, 2, 1, 0, 1)
        world.end(node, claim)
        assert world.archive() == 1
        assert store_kind.months(tmp_path) == ["2027-01"]

    @pytest.mark.parametrize(
        ("created", "month"),
        [
            (moment(2027, 1, 31, 23, 59, 59) + 999_999, "2027-01"),
            (moment(2027, 2, 1), "2027-02"),
            (moment(2028, 2, 29, 12), "2028-02"),
            (moment(2027, 12, 31, 23, 59), "2027-12"),
        ],
    )
    def test_borders(self, store_kind: Kind, world: World, node: int, tmp_path: Path, created: int, month: str) -> None:
        world.clock.wall = created
        world.end(node, world.running(node))
        world.archive()
        assert store_kind.months(tmp_path) == [month]

    def test_one_sweep_serves_several_months(self, store_kind: Kind, world: World, node: int, tmp_path: Path) -> None:
        jobs = []
        for month in (3, 4, 5):
            world.clock.wall = moment(2027, month, 10)
            jobs.append(world.put())
        world.turn(node, *(world.settlement(claim) for claim in world.claim(node, 3)))
        assert world.archive() == 3
        assert store_kind.months(tmp_path) == ["2027-03", "2027-04", "2027-05"]
        assert all(world.detail(job).payload == '{"x":1}' for job in jobs)

    def test_a_late_arrival_joins_its_old_month(
        self, store_kind: Kind, world: World, node: int, tmp_path: Path
    ) -> None:
        world.clock.wall = moment(2027, 1, 10)
        early, late = world.running(node), world.running(node)
        world.end(node, early)
        world.archive()
        world.clock.wall = moment(2027, 6, 10)
        world.end(node, late)
        world.archive()
        assert store_kind.months(tmp_path) == ["2027-01"]
        assert [world.detail(claim.id).payload for claim in (early, late)] == ['{"x":1}'] * 2

    def test_losing_a_month_loses_only_its_history(
        self, store_kind: Kind, store: Store, world: World, node: int, tmp_path: Path, clock: OwnedClock
    ) -> None:
        world.clock.wall = moment(2027, 1, 10)
        lost = self._history(world, node, "lost")
        world.clock.wall = moment(2027, 2, 10)
        kept = self._history(world, node, "kept")
        live = world.put()
        world.archive()
        store.close()
        store_kind.lose_month(tmp_path, "2027-01")
        reopened = World(store=store_kind.open(tmp_path, clock), clock=clock, prefix="again")
        try:
            gone = reopened.detail(lost)
            assert (gone.row.state, gone.row.ref_id, gone.row.archived) == (State.FAILED, "lost", True)
            assert (gone.payload, gone.attempts) == (None, ())
            assert reopened.lines(lost) == []
            assert reopened.detail(kept).payload == '{"x":1}'
            assert reopened.lines(kept) == ["bye"]
            assert reopened.state(live) is State.QUEUED
            assert len(reopened.store.reader.call(reopened.store.reader.page(JobFilter())).rows) == 3
            assert reopened.store.reader.call(reopened.store.reader.counts())[State.FAILED] == 2
            assert reopened.claim_ids(reopened.node()) == [live]
            assert reopened.store.call(reopened.store.requeue(kept)) is RequeueAnswer.REQUEUED
            reopened.put()
        finally:
            reopened.store.close()

    @staticmethod
    def _history(world: World, node: int, ref_id: str) -> int:
        claim = world.running(node, ref_id=ref_id)
        words = Report(id=claim.id, epoch=1, lines=said(world.clock, "bye"))
        world.end(node, claim, EndKind.RAISED, permanent=True, report=words)
        return claim.id


class TestLooking:
    def test_an_archived_job_looks_as_it_did(self, world: World, node: int) -> None:
        claim = world.running(
            node, ref_id="order-7", tags=("red",), options='{"o":1}', extras='{"e":1}', created_by="ann"
        )
        world.say(
            node, claim, "one", "two", fraction=0.5, message="m", status="s", stats='{"n":1}', checkpoint='{"c":1}'
        )
        world.end(node, claim, EndKind.RELEASED)
        world.end(node, world.take(node, claim.id), result='{"r":1}')
        before = world.detail(claim.id)
        lines = world.store.reader.call(world.store.reader.lines(claim.id))
        world.archive()
        after = world.detail(claim.id)
        assert after.row.archived
        for name in ("payload", "result", "result_size", "stats", "checkpoint", "options", "extras", "attempts", "events",
                     "parents", "children", "lines_dropped"):  # fmt: skip
            assert getattr(after, name) == getattr(before, name), name
        for name in before.row.__struct_fields__:
            if name != "archived":
                assert getattr(after.row, name) == getattr(before.row, name), name
        assert world.store.reader.call(world.store.reader.lines(claim.id)) == lines
        assert world.row("order-7").id == world.detail("order-7").row.id == claim.id

    def test_each_job_is_shown_once(self, world: World, node: int) -> None:
        world.enqueue(*[world.new() for _ in range(6)])
        claims = world.claim(node, 6)
        world.turn(node, *(world.settlement(claim) for claim in claims[:3]))
        world.archive()
        world.turn(node, *(world.settlement(claim) for claim in claims[3:]))
        page = world.store.reader.call(world.store.reader.page(JobFilter()))
        assert [row.id for row in page.rows] == sorted((claim.id for claim in claims), reverse=True)
        assert world.store.reader.call(world.store.reader.counts())[State.COMPLETED] == 6

    def test_a_late_outcome_for_an_archived_job_is_refused(self, world: World, node: int) -> None:
        claim = world.running(node)
        world.end(node, claim, result="1")
        world.archive()
        assert world.settle(node, claim, result="2").accepted == (False,)
        detail = world.detail(claim.id)
        assert (detail.row.state, detail.result, len(detail.attempts)) == (State.COMPLETED, "1", 1)

    def test_a_late_report_for_an_archived_job_changes_nothing(self, world: World, node: int) -> None:
        claim = world.running(node)
        world.end(node, claim)
        world.archive()
        world.say(node, claim, "late", status="late")
        assert (world.lines(claim.id), world.row(claim.id).status) == ([], None)


class TestPurge:
    def test_none_keeps_for_ever(self, world: World, node: int) -> None:
        drive(world, node, State.COMPLETED)
        drive(world, node, State.FAILED)
        world.archive()
        world.clock.advance(10**8)
        assert self._purge(world) == 0

    @pytest.mark.parametrize("archived", [True, False])
    def test_deletes_what_ended_before_by_kind(self, world: World, node: int, archived: bool) -> None:
        old_good, old_bad = drive(world, node, State.COMPLETED), drive(world, node, State.FAILED)
        world.clock.advance(10)
        border = world.clock.now_us()
        young = drive(world, node, State.COMPLETED)
        if archived:
            world.archive()
        assert self._purge(world, completed_before_us=border) == 1
        self._gone(world, old_good)
        assert (world.state(old_bad), world.state(young)) == (State.FAILED, State.COMPLETED)
        assert self._purge(world, failed_before_us=border) == 1
        self._gone(world, old_bad)
        assert world.state(young) is State.COMPLETED
        world.healthy()

    @pytest.mark.parametrize("state", [state for state in DRIVE if not state.is_final])
    def test_never_what_has_not_ended(self, world: World, node: int, state: State) -> None:
        job = drive(world, node, state)
        later = world.clock.now_us() + 10**12
        self._purge(world, completed_before_us=later, failed_before_us=later)
        assert world.state(job) is state

    def test_never_what_a_waiting_job_depends_on(self, world: World, node: int) -> None:
        parent, other = world.running(node), world.running(node)
        child = world.put(depends_on=(parent.id, other.id))
        world.end(node, parent)
        world.archive()
        self._purge(world, completed_before_us=world.clock.now_us() + 1)
        world.end(node, other)
        assert world.state(child) is State.QUEUED
        assert child in world.claim_ids(node)

    def test_in_steps(self, world: World, node: int) -> None:
        world.enqueue(*[world.new() for _ in range(7)])
        world.turn(node, *(world.settlement(claim) for claim in world.claim(node, 7)))
        world.archive()
        later = world.clock.now_us() + 1
        assert [self._purge(world, completed_before_us=later, limit=3) for _ in range(4)] == [3, 3, 1, 0]

    def test_ids_are_never_used_again(self, world: World, node: int) -> None:
        job = drive(world, node, State.COMPLETED)
        world.archive()
        self._purge(world, completed_before_us=world.clock.now_us() + 1)
        assert world.put() > job

    @staticmethod
    def _purge(world: World, **facts: int) -> int:
        values: dict[str, int | None] = {"completed_before_us": None, "failed_before_us": None}
        return world.store.call(world.store.purge(**values | facts))  # type: ignore[arg-type]

    @staticmethod
    def _gone(world: World, job: int) -> None:
        reader = world.store.reader
        assert reader.call(reader.job(job)) is None
        assert reader.call(reader.detail(job)) is None
        assert reader.call(reader.lines(job)) == ()
        assert job not in reader.call(reader.ids(JobFilter()))

"""What leaves the archive before the summary does: logs, then whole records."""

from pathlib import Path
from typing import Any

import pytest

from headway.model.errors import StoreError, StoreUnavailable
from headway.model.job import State
from headway.model.outcome import EndKind, Report
from headway.store.protocol import JobFilter, Kept, Pruned, RequeueAnswer, Retention
from headway.store.sqlite import archive, month
from headway.store.sqlite.connect import open_archive
from tests.conformance.failing import FailingConnection, Fuse, fused
from tests.conformance.places import Kind
from tests.conformance.stages import DRIVE, drive
from tests.conformance.world import World, said

MONTH_S = 31 * 24 * 3600


def prune_(world: World, *, logs: int | None = None, bodies: int | None = None, limit: int = 200) -> Pruned:
    return world.store.call(world.store.prune(logs_before_us=logs, bodies_before_us=bodies, limit=limit))


def ended(world: World, node: int, *texts: str, **facts: Any) -> int:
    """A failed job with a log, a result and a bit of everything."""
    claim = world.running(node, **facts)
    world.say(node, claim, *texts, status="s")
    words = Report(id=claim.id, epoch=1, lines=said(world.clock, "bye"))
    world.end(node, claim, EndKind.RAISED, permanent=True, report=words)
    return claim.id


def later(world: World) -> int:
    return world.clock.now_us() + 1


class TestLogs:
    def test_go_and_their_number_stays(self, world: World, node: int) -> None:
        job = ended(world, node, "one", "two")
        world.archive()
        before = world.detail(job)
        assert prune_(world, logs=later(world)) == Pruned(logs=1, lines=3, bodies=0)
        after = world.detail(job)
        assert (world.lines(job), after.lines_dropped, after.kept) == ([], 3, Kept.NO_LOG)
        for name in ("row", "payload", "result", "stats", "attempts", "events", "extras"):
            assert getattr(after, name) == getattr(before, name), name
        world.healthy()

    def test_add_to_what_the_limit_of_a_log_had_dropped(self, world: World, node: int) -> None:
        claim = world.running(node)
        world.say(node, claim, *map(str, range(1200)))
        world.end(node, claim)
        world.archive()
        assert prune_(world, logs=later(world)).lines == 1000
        assert world.detail(claim.id).lines_dropped == 1200

    def test_only_of_jobs_that_ended_before(self, world: World, node: int) -> None:
        old = ended(world, node)
        world.clock.advance(10)
        border = world.clock.now_us()
        young = ended(world, node)
        world.archive()
        assert prune_(world, logs=border).logs == 1
        assert (world.lines(old), world.lines(young)) == ([], ["bye"])

    def test_are_not_looked_for_again(self, world: World, node: int) -> None:
        ended(world, node)
        world.archive()
        assert [prune_(world, logs=later(world)).logs for _ in range(2)] == [1, 0]

    def test_in_steps(self, world: World, node: int) -> None:
        for _ in range(5):
            ended(world, node)
        world.archive()
        assert [prune_(world, logs=later(world), limit=2).logs for _ in range(4)] == [2, 2, 1, 0]

    def test_over_several_months_and_one_that_was_taken_away(
        self, store_kind: Any, world: World, node: int, tmp_path: Path
    ) -> None:
        jobs = []
        for _ in range(3):
            jobs.append(ended(world, node))
            world.clock.advance(MONTH_S)
        world.archive()
        store_kind.lose_month(tmp_path, store_kind.months(tmp_path)[1])
        assert prune_(world, logs=later(world)) == Pruned(logs=3, lines=2, bodies=0)
        assert [world.detail(job).payload for job in jobs] == ['{"x":1}', None, '{"x":1}']

    def test_a_job_whose_log_went_runs_again_with_a_new_one(self, world: World, node: int) -> None:
        job = ended(world, node, "old")
        world.archive()
        prune_(world, logs=later(world))
        assert world.store.call(world.store.requeue(job)) is RequeueAnswer.REQUEUED
        assert world.detail(job).kept is Kept.ALL
        claim = world.take(node, job)
        world.say(node, claim, "new")
        world.end(node, claim)
        assert world.lines(job) == ["new"]
        world.archive()
        assert prune_(world, logs=later(world)).logs == 1
        assert (world.lines(job), world.detail(job).lines_dropped) == ([], 3)
        world.healthy()

    def test_a_damaged_record_is_left_for_the_audit_to_tell(
        self, store_kind: Kind, tmp_path: Path, world: World, node: int
    ) -> None:
        job = ended(world, node)
        world.archive()
        store_kind.spoil_records(tmp_path)
        assert prune_(world, logs=later(world)).lines == 0
        with pytest.raises(StoreError, match="is damaged"):
            world.detail(job)


class TestBodies:
    def test_go_and_the_summary_stays(self, world: World, node: int) -> None:
        job = ended(world, node, tags=("red",), extras='{"args":{"k":"v"}}')
        world.archive()
        row = world.row(job)
        assert prune_(world, bodies=later(world)) == Pruned(logs=0, lines=0, bodies=1)
        detail = world.detail(job)
        assert (detail.kept, detail.payload, detail.attempts, world.lines(job)) == (Kept.SUMMARY, None, (), [])
        reader = world.store.reader
        assert detail.row == world.row(job) == row
        found = reader.call(reader.page(JobFilter(tag="red", facts=(("k", "v"),), states=(State.FAILED,))))
        assert [one.id for one in found.rows] == [job]
        world.healthy()

    def test_go_with_or_without_their_log(self, world: World, node: int) -> None:
        first, second = ended(world, node), ended(world, node)
        world.archive()
        prune_(world, logs=later(world), limit=1)
        assert prune_(world, bodies=later(world), logs=later(world)) == Pruned(logs=0, lines=0, bodies=2)
        assert {world.detail(job).kept for job in (first, second)} == {Kept.SUMMARY}
        assert prune_(world, bodies=later(world), logs=later(world)) == Pruned(logs=0, lines=0, bodies=0)

    def test_a_step_of_both_is_no_longer_than_asked(self, world: World, node: int) -> None:
        old = [ended(world, node) for _ in range(3)]
        world.clock.advance(10)
        border = world.clock.now_us()
        young = [ended(world, node) for _ in range(3)]
        world.archive()
        done = [prune_(world, bodies=border, logs=later(world), limit=2) for _ in range(4)]
        assert [(one.bodies, one.logs) for one in done] == [(2, 0), (1, 1), (0, 2), (0, 0)]
        assert {world.detail(job).kept for job in old} == {Kept.SUMMARY}
        assert {world.detail(job).kept for job in young} == {Kept.NO_LOG}

    def test_what_is_left_is_purged_at_last(self, world: World, node: int) -> None:
        job = ended(world, node)
        world.archive()
        prune_(world, bodies=later(world))
        assert world.store.call(world.store.purge(completed_before_us=None, failed_before_us=later(world))) == 1
        assert world.store.reader.call(world.store.reader.job(job)) is None
        world.healthy()

    def test_a_job_without_its_body_is_not_run_again_and_says_why(self, world: World, node: int) -> None:
        job = ended(world, node)
        world.archive()
        prune_(world, bodies=later(world))
        with pytest.raises(StoreUnavailable, match=r"removed by retention \(keep_bodies\); enqueue it anew"):
            world.store.call(world.store.requeue(job))
        assert world.state(job) is State.FAILED
        world.healthy()


@pytest.mark.parametrize("state", list(DRIVE))
def test_what_is_not_archived_is_left_alone(world: World, node: int, state: State) -> None:
    job = drive(world, node, state)
    before = world.detail(job)
    far = world.clock.now_us() + 10**12
    assert prune_(world, logs=far, bodies=far) == Pruned(logs=0, lines=0, bodies=0)
    assert world.detail(job) == before


def test_nothing_goes_without_an_age(world: World, node: int) -> None:
    job = ended(world, node)
    world.archive()
    assert prune_(world) == Pruned(logs=0, lines=0, bodies=0)
    assert world.detail(job).kept is Kept.ALL


def test_a_step_that_breaks_off_is_done_by_the_next_one(
    store_kind: Kind, world: World, node: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At every statement, of the store's and of the months' files."""
    jobs: list[int] = []
    for fuse in store_kind.fuses(store_kind.error):
        old = ended(world, node)
        world.clock.advance(10)
        border = world.clock.now_us()
        young = ended(world, node)
        world.clock.advance(10)
        jobs += [old, young]
        world.archive()
        operation = world.store.prune(logs_before_us=world.clock.now_us(), bodies_before_us=border)

        def fused_archive(path: Path, fuse: Fuse = fuse) -> Any:
            return FailingConnection(open_archive(path), fuse)

        with monkeypatch.context() as broken:
            for module in (month, archive):
                broken.setattr(module, "open_archive", fused_archive)
            try:
                world.store.call(fused(operation, fuse))
            except StoreError:
                assert {world.state(job) for job in (old, young)} == {State.FAILED}
                world.store.call(operation)
        assert [world.detail(job).kept for job in (old, young)] == [Kept.SUMMARY, Kept.NO_LOG]
        assert world.lines(young) == []
        world.healthy()
        if not fuse.blown:
            break
    assert fuse.breaks_at > 8
    assert len(world.everything()[0]) == len(jobs)


def test_a_worker_writes_down_how_long_it_keeps_what(world: World) -> None:
    empty = look_at(world)
    assert (empty.retention, empty.retention_us) == (None, None)
    for days in (1, 2):
        world.store.call(world.store.keep(Retention(logs_us=days, bodies_us=None)))
    found = look_at(world)
    assert (found.retention, found.retention_us) == (Retention(logs_us=2), world.clock.now_us())


def look_at(world: World) -> Any:
    facts = world.store.look()
    assert facts is not None
    return facts

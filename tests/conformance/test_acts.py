"""What people did is written down in the transaction that it changed something in, and stays."""

import contextlib
from typing import Any

import pytest

from headway.model.errors import BatchExists, OptionInvalid, StoreError
from headway.model.job import State
from headway.store.acting import Act, ActRow, as_note
from headway.store.batching import NewBatch
from headway.store.protocol import CancelAnswer
from tests.conformance.failing import fused
from tests.conformance.places import Kind
from tests.conformance.world import World


def act(kind: str = "cancel", **facts: Any) -> Act:
    values: dict[str, Any] = {"subject": "job", "subject_id": "1", "app": "default", "by": "ann", "via": "pages"}
    return Act(kind=kind, **values | facts)


def note(world: World, **facts: Any) -> int:
    return world.store.call(world.store.note_act(act(**facts)))


def acts(world: World, **facts: Any) -> tuple[ActRow, ...]:
    return world.store.reader.call(world.store.reader.acts(**facts))


def kinds(world: World, **facts: Any) -> list[str]:
    return [row.act.kind for row in acts(world, **facts)]


class TestRecorded:
    def test_answers_the_same_and_is_written_down(self, world: World) -> None:
        job = world.put()
        told: list[CancelAnswer] = []

        def tell(answer: CancelAnswer) -> Act:
            told.append(answer)
            return act(subject_id=str(job), note=as_note({"was": "queued", "became": answer.value}))

        operation = world.store.recorded(world.store.cancel(job, by="ann"), tell)
        assert operation.verb == "cancel"
        assert world.store.call(operation) is CancelAnswer.CANCELLED
        (row,) = acts(world)
        assert row.at_us == world.clock.now_us()
        assert row.act == act(subject_id=str(job), note='{"was":"queued","became":"cancelled"}')
        assert told[-1] is CancelAnswer.CANCELLED

    def test_writes_nothing_where_nothing_was_done(self, world: World) -> None:
        operation = world.store.recorded(
            world.store.cancel(4711), lambda answer: act() if answer is CancelAnswer.CANCELLED else None
        )
        assert world.store.call(operation) is CancelAnswer.NOT_FOUND
        assert acts(world) == ()

    def test_writes_nothing_of_what_failed(self, world: World) -> None:
        create = world.store.recorded(
            world.store.create_batch(NewBatch(app="default", name="nightly")), lambda _: act("create")
        )
        world.store.call(create)
        with pytest.raises(BatchExists):
            world.store.call(create)
        assert kinds(world) == ["create"]

    def test_undoes_what_was_done_when_it_cannot_be_written_down(self, world: World) -> None:
        job = world.put()

        def broken(_: CancelAnswer) -> Act:
            raise RuntimeError("no words for this")

        with pytest.raises(RuntimeError, match="no words"):
            world.store.call(world.store.recorded(world.store.cancel(job), broken))
        assert (world.state(job), acts(world)) == (State.QUEUED, ())

    def test_does_both_or_nothing_at_every_point_where_it_can_break(self, store_kind: Kind, world: World) -> None:
        for fuse in store_kind.fuses(store_kind.error):
            job = world.put()
            before = len(acts(world))
            operation = fused(world.store.recorded(world.store.cancel(job), lambda _: act()), fuse)
            with contextlib.suppress(StoreError):
                world.store.call(operation)
            written = len(acts(world)) - before
            assert (world.state(job), written) in {(State.QUEUED, 0), (State.CANCELLED, 1)}
            if not fuse.blown:
                assert written == 1
                return

    def test_inserts_jobs_like_any_other(self, world: World) -> None:
        new = world.new(), world.new()
        plain = world.store.enqueue([world.new()])
        operation = world.store.recorded(
            world.store.enqueue(new), lambda found: act("enqueue", subject_id=None, note=as_note(len(found)))
        )
        answers: list[Any] = []
        for one in (plain, operation, plain):
            world.store.submit(one, lambda value, error: answers.append(error or value))
        world.store.call(world.store.enqueue([world.new()]))
        found = [one.id for one in answers[1]]
        assert [world.state(job) for job in found] == [State.QUEUED] * 2
        assert [(row.act.kind, row.act.note) for row in acts(world)] == [("enqueue", "2")]

    def test_keeps_to_itself_what_runs_alone(self, world: World) -> None:
        claim = world.running(world.node())
        assert world.store.recorded(world.store.archive(before_us=0), lambda _: None).alone
        purge = world.store.purge(completed_before_us=None, failed_before_us=0)
        assert world.store.call(world.store.recorded(purge, lambda count: act("purge", note=str(count)))) == 0
        assert (kinds(world), world.state(claim.id)) == (["purge"], State.RUNNING)


class TestReading:
    def test_is_newest_first_page_by_page(self, world: World) -> None:
        for number in range(7):
            note(world, kind=str(number))
        first = acts(world, limit=3)
        assert [row.act.kind for row in first] == ["6", "5", "4"]
        assert kinds(world, limit=3, before_id=first[-1].id) == ["3", "2", "1"]
        note(world, kind="new")
        assert kinds(world, limit=9, before_id=first[-1].id) == ["3", "2", "1", "0"]

    def test_asks_by_subject_and_actor(self, world: World) -> None:
        note(world, kind="a")
        note(world, kind="b", subject_id="2", by="bob")
        note(world, kind="c", subject="queue", subject_id="1")
        note(world, kind="d", subject="queue", subject_id=None, by=None)
        assert kinds(world, subject="job") == ["b", "a"]
        assert kinds(world, subject="job", subject_id="2") == ["b"]
        assert kinds(world, subject="queue", subject_id="1") == ["c"]
        assert kinds(world, by="ann") == ["c", "a"]
        assert kinds(world, by="ann", subject="queue") == ["c"]
        assert kinds(world, by="bob", subject="job", subject_id="1") == []
        with pytest.raises(OptionInvalid, match="subject_id"):
            acts(world, subject_id="1")

    @pytest.mark.parametrize("where", [{}, {"subject": "job"}, {"subject": "job", "subject_id": "1"}])
    def test_shows_an_app_what_is_its_own_or_nobodys(self, world: World, where: dict[str, str]) -> None:
        for app in ("shop", "mail", None):
            note(world, kind=str(app), app=app)
        assert kinds(world, app="shop", **where) == ["None", "shop"]
        assert kinds(world, **where) == ["None", "mail", "shop"]


def test_acts_outlive_the_purge_of_their_job(world: World) -> None:
    node = world.node()
    claim = world.running(node)
    note(world, subject_id=str(claim.id))
    world.end(node, claim)
    world.clock.advance(1)
    now = world.clock.now_us()
    assert world.store.call(world.store.purge(completed_before_us=now, failed_before_us=now)) == 1
    assert kinds(world, subject="job", subject_id=str(claim.id)) == ["cancel"]

"""What enqueue promises."""

import pytest

from headway.model.errors import DuplicateRefId, JobNotFound
from headway.model.job import State
from headway.model.outcome import EndKind
from headway.store.protocol import CancelAnswer, JobFilter
from tests.conformance.owned_clock import SECOND_US
from tests.conformance.test_audit import together
from tests.conformance.world import World


class TestAnswers:
    def test_come_in_the_order_of_the_call(self, world: World) -> None:
        refs = [f"ref-{number * 7919 % 101:03}" for number in range(101)]
        answers = world.enqueue(*[world.new(ref_id=ref) for ref in refs])
        assert [answer.ref_id for answer in answers] == refs
        assert [world.row(answer.id).ref_id for answer in answers] == refs
        assert all(answer.state is State.QUEUED and not answer.existing for answer in answers)

    def test_ids_grow_with_the_order_of_the_call(self, world: World) -> None:
        ids = [answer.id for answer in world.enqueue(*[world.new() for _ in range(50)])]
        assert ids == sorted(set(ids))

    def test_nothing_asked_is_nothing_done(self, world: World) -> None:
        assert world.enqueue() == []

    def test_ten_thousand_in_one_call_are_all_there_in_order(self, world: World) -> None:
        answers = world.enqueue(*[world.new(ref_id=f"bulk-{number}") for number in range(10_000)])
        assert [answer.ref_id for answer in answers] == [f"bulk-{number}" for number in range(10_000)]
        assert len({answer.id for answer in answers}) == 10_000
        assert world.store.reader.call(world.store.reader.counts())[State.QUEUED] == 10_000

    def test_everything_given_is_kept(self, world: World) -> None:
        due = world.clock.now_us() + 60 * SECOND_US
        parent = world.put()
        job = world.put(
            ref_id="mine", name="other", payload='{"a":[1,2]}', app="default", queue="mail", priority=7, due_us=due,
            expires_us=due + SECOND_US, retries=5, content=b"\x00digest", options='{"timeout_us":5}',
            extras='{"trace":"t"}', tags=("red", "blue"), created_by="ann", user_id="u1", batch_id="b1",
            reply_to="https://example.org/", parent_id=parent,
        )  # fmt: skip
        row, detail = world.row(job), world.detail(job)
        assert (row.id, row.app, row.ref_id, row.name, row.queue) == (job, "default", "mine", "other", "mail")
        assert (row.state, row.priority, row.due_us, row.expires_us) == (State.SCHEDULED, 7, due, due + SECOND_US)
        assert (row.epoch, row.tries, row.crashes, row.retries, row.suspect) == (0, 0, 0, 5, 0)
        assert (row.tags, row.created_by, row.user_id, row.batch_id) == (("red", "blue"), "ann", "u1", "b1")
        assert (row.reply_to, row.parent_id, row.parents_left) == ("https://example.org/", parent, 0)
        assert (row.started_us, row.finished_us, row.node_id, row.cancel_us, row.cancel_by) == (None,) * 5
        assert (row.created_us, row.archived, row.code) == (world.clock.now_us(), False, None)
        assert (detail.payload, detail.options, detail.extras) == ('{"a":[1,2]}', '{"timeout_us":5}', '{"trace":"t"}')
        assert (detail.result, detail.attempts, detail.events) == (None, (), ())
        assert job in world.detail(parent).children

    def test_a_link_to_a_parent_gates_nothing(self, world: World, node: int) -> None:
        parent = world.put()
        child = world.put(parent_id=parent)
        assert world.claim_ids(node) == [parent, child]


class TestTogether:
    """Calls that share a commit are still calls of their own."""

    def test_each_gets_its_own_answers_in_the_order_of_its_call(self, world: World) -> None:
        calls = [[world.new(ref_id=f"{call}-{number}") for number in range(call % 4)] for call in range(90)]
        answers = together(world.store, [world.store.enqueue(jobs) for jobs in calls])
        for jobs, given in zip(calls, answers, strict=True):
            assert [answer.ref_id for answer in given] == [job.ref_id for job in jobs]
            assert [world.row(answer.id).ref_id for answer in given] == [job.ref_id for job in jobs]
        assert world.store.reader.call(world.store.reader.counts())[State.QUEUED] == sum(map(len, calls))

    def test_a_refused_one_harms_no_other(self, world: World) -> None:
        world.put(ref_id="taken", content=b"one")
        calls = [world.new(ref_id=f"job-{number}") for number in range(20)]
        calls[7] = world.new(ref_id="taken", content=b"two")
        calls[13] = world.new(ref_id="child", depends_on=(999_999,))
        answers = together(world.store, [world.store.enqueue((job,)) for job in calls])
        refused = {number: answer for number, answer in enumerate(answers) if isinstance(answer, Exception)}
        assert {number: type(error) for number, error in refused.items()} == {7: DuplicateRefId, 13: JobNotFound}
        stored = {answer[0].ref_id for number, answer in enumerate(answers) if number not in refused}
        assert stored == {job.ref_id for number, job in enumerate(calls) if number not in refused}

    def test_the_same_reference_twice_is_one_job(self, world: World) -> None:
        calls = [world.new(ref_id="same", content=b"c") for _ in range(3)]
        answers = together(world.store, [world.store.enqueue((job,)) for job in calls])
        assert len({answer[0].id for answer in answers}) == 1
        assert [answer[0].existing for answer in answers] == [False, True, True]

    def test_our_own_reference_repeated_in_the_same_commit_is_one_job(self, world: World) -> None:
        answers = together(world.store, [world.store.enqueue((world.new(ref_id="ours"),)) for _ in range(2)])
        assert len({answer[0].id for answer in answers}) == 1
        assert [answer[0].existing for answer in answers] == [False, True]

    def test_other_operations_between_them_keep_their_place(self, world: World) -> None:
        first = world.put()
        operations = [
            world.store.enqueue((world.new(ref_id="before"),)),
            world.store.cancel(first),
            world.store.enqueue((world.new(ref_id="between"),)),
            world.store.cancel("between"),
            world.store.enqueue((world.new(ref_id="after"),)),
        ]
        answers = together(world.store, operations)
        assert (answers[1], answers[3]) == (CancelAnswer.CANCELLED, CancelAnswer.CANCELLED)
        assert [answers[place][0].state for place in (0, 2, 4)] == [State.QUEUED] * 3
        assert world.row("between").state is State.CANCELLED


class TestAllOrNone:
    def test_an_unknown_parent_stores_nothing_of_the_call(self, world: World) -> None:
        with pytest.raises(JobNotFound):
            world.enqueue(world.new(ref_id="a"), world.new(ref_id="b", depends_on=(999_999,)), world.new(ref_id="c"))
        assert world.store.reader.call(world.store.reader.page(JobFilter())).rows == ()

    def test_a_clash_stores_nothing_of_the_call(self, world: World) -> None:
        world.put(ref_id="taken", content=b"one")
        with pytest.raises(DuplicateRefId):
            world.enqueue(world.new(ref_id="a"), world.new(ref_id="taken", content=b"two"))
        assert [row.ref_id for row in world.store.reader.call(world.store.reader.page(JobFilter())).rows] == ["taken"]

    def test_a_failed_call_does_not_harm_the_next(self, world: World, node: int) -> None:
        with pytest.raises(JobNotFound):
            world.put(depends_on=(999_999,))
        job = world.put()
        assert world.claim_ids(node) == [job]


class TestRefId:
    def test_the_same_with_the_same_content_is_the_existing_job(self, world: World) -> None:
        first = world.enqueue(world.new(ref_id="order-7", content=b"same"))[0]
        again = world.enqueue(world.new(ref_id="order-7", content=b"same"))[0]
        assert (again.id, again.existing, first.existing) == (first.id, True, False)
        assert len(world.store.reader.call(world.store.reader.page(JobFilter())).rows) == 1

    def test_our_own_repeated_after_a_lost_answer_is_the_existing_job(self, world: World) -> None:
        first = world.enqueue(world.new(ref_id="ours"))[0]
        again = world.enqueue(world.new(ref_id="ours"))[0]
        assert (again.id, again.existing) == (first.id, True)

    def test_with_other_content_is_refused_and_changes_nothing(self, world: World) -> None:
        world.put(ref_id="order-7", content=b"one")
        before = world.everything()
        with pytest.raises(DuplicateRefId):
            world.put(ref_id="order-7", content=b"two", payload='{"x":2}')
        assert world.everything() == before

    def test_an_existing_job_answers_with_the_state_it_has_now(self, world: World, node: int) -> None:
        world.end(node, world.running(node, ref_id="order-7", content=b"same"))
        again = world.enqueue(world.new(ref_id="order-7", content=b"same"))[0]
        assert (again.state, again.existing) == (State.COMPLETED, True)

    def test_is_still_taken_when_the_job_is_archived(self, world: World, node: int) -> None:
        claim = world.running(node, ref_id="order-7", content=b"same")
        world.end(node, claim)
        world.archive()
        again = world.enqueue(world.new(ref_id="order-7", content=b"same"))[0]
        assert (again.id, again.existing) == (claim.id, True)
        with pytest.raises(DuplicateRefId):
            world.put(ref_id="order-7", content=b"two")

    def test_twice_in_one_call_is_one_job(self, world: World) -> None:
        one, other, two = world.enqueue(
            world.new(ref_id="twin", content=b"c"), world.new(), world.new(ref_id="twin", content=b"c")
        )
        assert one.id == two.id != other.id
        assert (one.existing, two.existing) == (False, True)

    def test_twice_in_one_call_with_other_content_is_refused_whole(self, world: World) -> None:
        with pytest.raises(DuplicateRefId):
            world.enqueue(world.new(ref_id="twin", content=b"1"), world.new(ref_id="twin", content=b"2"))
        assert world.store.reader.call(world.store.reader.page(JobFilter())).rows == ()

    def test_belongs_to_its_app(self, world: World) -> None:
        one = world.put(ref_id="order-7", content=b"one")
        two = world.put(ref_id="order-7", content=b"two", app="shop")
        assert one != two
        assert (world.row("order-7", app="default").id, world.row("order-7", app="shop").id) == (one, two)

    def test_new_and_existing_mix_in_one_call(self, world: World) -> None:
        old = world.put(ref_id="old")
        answers = world.enqueue(world.new(ref_id="n1"), world.new(ref_id="old"), world.new(ref_id="n2"))
        assert [answer.existing for answer in answers] == [False, True, False]
        assert answers[1].id == old

    def test_an_existing_job_keeps_its_own_dependencies(self, world: World) -> None:
        parent = world.put()
        job = world.put(ref_id="kept")
        answer = world.enqueue(world.new(ref_id="kept", depends_on=(parent,)))[0]
        assert (answer.id, answer.existing, world.state(job)) == (job, True, State.QUEUED)
        assert world.detail(job).parents == ()


class TestDue:
    def test_at_once_is_queued_and_due_now(self, world: World) -> None:
        row = world.row(world.put())
        assert (row.state, row.due_us) == (State.QUEUED, world.clock.now_us())

    def test_a_delay_counts_from_the_transaction(self, world: World) -> None:
        row = world.row(world.put(delay_us=90 * SECOND_US))
        assert (row.state, row.due_us) == (State.SCHEDULED, world.clock.now_us() + 90 * SECOND_US)

    def test_a_moment_to_come_is_scheduled(self, world: World) -> None:
        moment = world.clock.now_us() + 1
        row = world.row(world.put(due_us=moment))
        assert (row.state, row.due_us) == (State.SCHEDULED, moment)

    def test_a_moment_that_has_passed_is_queued(self, world: World) -> None:
        moment = world.clock.now_us() - SECOND_US
        row = world.row(world.put(due_us=moment))
        assert (row.state, row.due_us) == (State.QUEUED, moment)

    def test_this_very_moment_is_queued(self, world: World) -> None:
        assert world.state(world.put(due_us=world.clock.now_us())) is State.QUEUED


class TestParents:
    def test_unsettled_ones_make_it_wait(self, world: World) -> None:
        parents = (world.put(), world.put(delay_us=SECOND_US))
        answer = world.enqueue(world.new(depends_on=parents))[0]
        assert answer.state is State.WAITING
        assert world.row(answer.id).parents_left == 2
        assert world.detail(answer.id).parents == parents
        assert all(answer.id in world.detail(parent).children for parent in parents)

    def test_a_running_one_makes_it_wait(self, world: World, node: int) -> None:
        assert world.state(world.put(depends_on=(world.running(node).id,))) is State.WAITING

    def test_completed_ones_hold_nothing(self, world: World, node: int) -> None:
        claim = world.running(node)
        world.end(node, claim)
        assert world.enqueue(world.new(depends_on=(claim.id,)))[0].state is State.QUEUED

    def test_completed_ones_leave_a_delay_as_it_is(self, world: World, node: int) -> None:
        claim = world.running(node)
        world.end(node, claim)
        assert world.enqueue(world.new(depends_on=(claim.id,), delay_us=SECOND_US))[0].state is State.SCHEDULED

    def test_only_the_unsettled_are_counted(self, world: World, node: int) -> None:
        done = world.running(node)
        world.end(node, done)
        row = world.row(world.put(depends_on=(done.id, world.put())))
        assert (row.state, row.parents_left) == (State.WAITING, 1)

    def test_a_failed_one_cancels_it_at_once(self, world: World, node: int) -> None:
        claim = world.running(node)
        world.fail(node, claim)
        answer = world.enqueue(world.new(depends_on=(claim.id,)))[0]
        row = world.row(answer.id)
        assert (answer.state, row.state, row.code) == (State.CANCELLED, State.CANCELLED, "parent_failed")
        assert row.finished_us == world.clock.now_us()

    def test_a_cancelled_one_cancels_it_at_once(self, world: World) -> None:
        parent = world.put()
        world.store.call(world.store.cancel(parent))
        row = world.row(world.put(depends_on=(parent,)))
        assert (row.state, row.code) == (State.CANCELLED, "parent_failed")

    def test_one_bad_among_unsettled_cancels_it_at_once(self, world: World, node: int) -> None:
        claim = world.running(node)
        world.fail(node, claim)
        parent = world.put()
        job = world.put(depends_on=(parent, claim.id))
        assert world.state(job) is State.CANCELLED
        assert world.claim_ids(node) == [parent]

    @pytest.mark.parametrize(
        ("kind", "state"), [(EndKind.RETURNED, State.QUEUED), (EndKind.CANCELLED, State.CANCELLED)]
    )
    def test_an_archived_one_counts_as_it_ended(self, world: World, node: int, kind: EndKind, state: State) -> None:
        claim = world.running(node)
        world.end(node, claim, kind)
        world.archive()
        assert world.row(claim.id).archived
        assert world.enqueue(world.new(depends_on=(claim.id,)))[0].state is state

    def test_one_named_twice_counts_once(self, world: World, node: int) -> None:
        claim = world.running(node)
        job = world.put(depends_on=(claim.id, claim.id))
        assert world.row(job).parents_left == 1
        world.end(node, claim)
        assert world.state(job) is State.QUEUED

    def test_a_child_of_a_child_cancelled_at_once_is_cancelled_too(self, world: World, node: int) -> None:
        claim = world.running(node)
        world.fail(node, claim)
        child = world.put(depends_on=(claim.id,))
        assert world.state(world.put(depends_on=(child,))) is State.CANCELLED

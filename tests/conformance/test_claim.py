"""What a node is given, and in which order."""

import pytest

from headway.model.job import State
from headway.model.outcome import EndKind
from headway.store.protocol import Ask
from tests.conformance.owned_clock import SECOND_US
from tests.conformance.world import LEASE_US, NAMES, World


class TestOrder:
    def test_higher_priority_first_then_due_then_id(self, world: World, node: int) -> None:
        now = world.clock.now_us()
        late = world.put(due_us=now - 1)
        urgent_late = world.put(priority=5, due_us=now - 1)
        early = world.put(due_us=now - 9)
        urgent = world.put(priority=5, due_us=now - 5)
        low = world.put(priority=-1, due_us=now - 99)
        twin = world.put(due_us=now - 9)
        assert world.claim_ids(node) == [urgent, urgent_late, early, twin, late, low]

    def test_one_at_a_time_gives_the_same_order(self, world: World, node: int) -> None:
        jobs = [world.put(priority=number % 3) for number in range(9)]
        by_order = sorted(jobs, key=lambda job: (-world.row(job).priority, job))
        assert [world.claim(node)[0].id for _ in jobs] == by_order

    def test_the_limit_is_kept(self, world: World, node: int) -> None:
        jobs = [world.put() for _ in range(5)]
        assert world.claim_ids(node, 3) == jobs[:3]
        assert world.claim_ids(node, 3) == jobs[3:]
        assert world.claim_ids(node, 3) == []

    def test_a_limit_of_nought_gives_nothing(self, world: World, node: int) -> None:
        world.put()
        assert world.claim_ids(node, 0) == []


class TestWhatIsGiven:
    def test_the_claim_says_all_that_a_runner_needs(self, world: World, node: int) -> None:
        done = world.running(node)
        world.end(node, done)
        job = world.put(
            ref_id="mine", payload='{"a":1}', queue="mail", retries=4, options='{"timeout_us":5}', extras='{"t":1}',
            tags=("red",), created_by="ann", user_id="u", batch_id="b", reply_to="r", parent_id=done.id,
            depends_on=(done.id,), content=b"c",
        )  # fmt: skip
        world.clock.advance(1)
        claim = world.take(node, job)
        assert (claim.id, claim.epoch, claim.name, claim.payload, claim.queue) == (job, 1, "work", '{"a":1}', "mail")
        assert (claim.ref_id, claim.tries, claim.crashes, claim.retries, claim.suspect) == ("mine", 0, 0, 4, 0)
        assert (claim.options, claim.extras, claim.tags) == ('{"timeout_us":5}', '{"t":1}', '["red"]')
        assert (claim.created_by, claim.user_id, claim.batch_id, claim.reply_to) == ("ann", "u", "b", "r")
        assert (claim.parent_id, claim.parents, claim.checkpoint, claim.app) == (done.id, (done.id,), None, "default")
        assert claim.claimed_us == world.clock.now_us()
        assert claim.created_us == claim.due_us == world.clock.now_us() - SECOND_US

    def test_the_row_says_who_runs_it(self, world: World, node: int) -> None:
        claim = world.running(node)
        row = world.row(claim.id)
        assert (row.state, row.epoch, row.node_id) == (State.RUNNING, 1, node)
        assert row.started_us == world.clock.now_us()

    def test_a_running_job_is_given_to_nobody_else(self, world: World, node: int) -> None:
        world.running(node)
        assert world.claim_ids(world.node("second")) == []

    def test_the_epoch_grows_at_each_claim(self, world: World, node: int) -> None:
        job = world.put()
        for epoch in range(1, 6):
            claim = world.take(node, job)
            assert claim.epoch == epoch
            world.end(node, claim, EndKind.RELEASED)
        assert world.row(job).epoch == 5

    def test_the_next_attempt_finds_the_checkpoint(self, world: World, node: int) -> None:
        claim = world.running(node)
        world.report(node, claim, checkpoint='{"at":7}')
        world.end(node, claim, EndKind.RELEASED)
        assert world.take(node, claim.id).checkpoint == '{"at":7}'


class TestFilters:
    def test_only_names_asked_for(self, world: World, node: int) -> None:
        world.put(name="other")
        mine = world.put(name="work")
        assert world.claim_ids(node, names=("work",)) == [mine]

    def test_only_queues_asked_for(self, world: World, node: int) -> None:
        world.put(queue="slow")
        mail, fast = world.put(queue="mail"), world.put(queue="fast")
        assert world.claim_ids(node, queues=("fast", "mail")) == [mail, fast]
        assert world.claim_ids(node, queues=("none",)) == []

    def test_no_queues_named_means_every_queue(self, world: World, node: int) -> None:
        jobs = [world.put(queue=f"q{number}") for number in range(5)]
        assert world.claim_ids(node) == jobs

    def test_several_queues_keep_one_order(self, world: World, node: int) -> None:
        now = world.clock.now_us()
        third = world.put(queue="a", due_us=now - 1)
        first = world.put(queue="b", priority=2)
        second = world.put(queue="b", due_us=now - 2)
        assert world.claim_ids(node, queues=("a", "b")) == [first, second, third]

    def test_several_asks_share_one_turn_and_no_job(self, world: World, node: int) -> None:
        works = [world.put() for _ in range(3)]
        others = [world.put(name="other") for _ in range(3)]
        asks = [
            Ask(limit=2, names=frozenset({"work"})),
            Ask(limit=1, names=frozenset({"other"})),
            Ask(limit=10, names=frozenset({"work"})),
        ]
        claims = [claim.id for claim in world.turn(node, asks=asks).claims]
        assert sorted(claims) == [*works, others[0]]
        assert len(set(claims)) == len(claims)

    def test_apps_are_apart(self, world: World, node: int) -> None:
        shop = world.node("shop-1", app="shop")
        mine, theirs = world.put(), world.put(app="shop")
        assert world.claim_ids(shop) == [theirs]
        assert world.claim_ids(node) == [mine]

    def test_no_names_gives_nothing(self, world: World, node: int) -> None:
        world.put()
        assert world.claim_ids(node, names=()) == []


class TestGates:
    def test_before_its_moment_it_is_not_given(self, world: World, node: int) -> None:
        job = world.put(delay_us=10 * SECOND_US)
        assert world.claim_ids(node) == []
        world.clock.step_wall(9.999999)
        assert world.claim_ids(node) == []
        world.clock.step_wall(0.000001)
        assert world.claim_ids(node) == [job]

    def test_a_waiting_job_is_not_given(self, world: World, node: int) -> None:
        parent = world.put()
        world.put(depends_on=(parent,))
        assert world.claim_ids(node) == [parent]

    def test_past_its_expiry_it_is_never_given(self, world: World, node: int) -> None:
        job = world.put(expires_us=world.clock.now_us() + SECOND_US)
        world.clock.advance(2)
        assert world.claim_ids(node) == []
        world.tend()
        assert (world.state(job), world.row(job).code) == (State.CANCELLED, "expired")

    def test_past_its_expiry_it_is_never_given_even_of_thousands(self, world: World, node: int) -> None:
        expiry = world.clock.now_us() + SECOND_US
        world.enqueue(*[world.new(expires_us=expiry) for _ in range(2500)])
        job = world.put(priority=-1)
        world.clock.advance(2)
        given = [world.claim_ids(node, 10) for _ in range(4)]
        assert [one for turn in given for one in turn] == [job]

    def test_before_its_expiry_it_is_given(self, world: World, node: int) -> None:
        world.running(node, expires_us=world.clock.now_us() + SECOND_US)

    @pytest.mark.parametrize("how", ["dead", "left", "never"])
    def test_a_node_that_is_not_active_gets_nothing(self, world: World, how: str) -> None:
        job = world.put()
        node = world.node("gone")
        match how:
            case "dead":
                world.reap("gone")
            case "left":
                world.store.call(world.store.leave(node))
            case _:
                node = 12_345
        answer = world.turn(node, asks=[Ask(limit=1, names=frozenset({"work"}))])
        assert (answer.alive, answer.claims) == (False, ())
        assert world.state(job) is State.QUEUED


class TestSeveralNames:
    @pytest.mark.parametrize("limit", [1, 7, 40, 300])
    def test_the_order_is_the_same_over_all_queues_and_names(self, world: World, node: int, limit: int) -> None:
        jobs = [
            world.new(
                name=NAMES[number % 2],
                queue=("default", "mail", "x")[number % 3],
                priority=number * 7919 % 5 - 2,
                due_us=world.clock.now_us() - number * 104729 % 50,
            )
            for number in range(200)
        ]
        answers = world.enqueue(*jobs)
        best = sorted(range(200), key=lambda one: (-jobs[one].priority, jobs[one].due_us, answers[one].id))
        given: list[int] = []
        while turn := world.claim_ids(node, limit):
            given += turn
        assert given == [answers[one].id for one in best]

    def test_one_name_with_all_the_first_jobs_is_read_as_far_as_it_takes(self, world: World, node: int) -> None:
        first = [answer.id for answer in world.enqueue(*[world.new(priority=5) for _ in range(100)])]
        world.enqueue(*[world.new(name="other") for _ in range(100)])
        assert world.claim_ids(node, 60) == first[:60]


class TestUnknownHandler:
    def test_is_left_and_shown_as_blocked(self, world: World, node: int) -> None:
        job = world.put(name="renamed")
        assert world.claim_ids(node) == []
        world.tend()
        row = world.row(job)
        assert (row.state, row.blocked) == (State.QUEUED, "unknown_handler")

    def test_does_not_stand_in_the_way_of_the_others(self, world: World, node: int) -> None:
        for _ in range(20):
            world.put(name="renamed", priority=9)
        job = world.put()
        assert world.claim_ids(node, 1) == [job]
        world.tend()
        other = world.put()
        assert world.claim_ids(node, 1) == [other]

    def test_thousands_that_only_another_node_knows_do_not_starve_the_others(self, world: World, node: int) -> None:
        world.node("knows", names=("foreign",))
        world.enqueue(*[world.new(name="foreign", priority=9) for _ in range(7000)])
        job = world.put()
        assert [world.claim_ids(node, 1) for _ in range(3)].count([job]) == 1

    def test_is_unparked_when_a_node_that_knows_it_registers(self, world: World, node: int) -> None:
        job = world.put(name="renamed")
        world.claim(node)
        world.tend()
        knows = world.node("knows", names=("renamed",))
        assert world.row(job).blocked is None
        assert world.claim_ids(knows, names=("renamed",)) == [job]

    def test_a_name_that_is_only_not_asked_for_is_not_blocked(self, world: World, node: int) -> None:
        job = world.put(name="other")
        assert world.claim_ids(node, names=("work",)) == []
        world.tend()
        assert world.row(job).blocked is None
        assert world.claim_ids(node) == [job]

    def test_another_apps_node_does_not_unpark_it(self, world: World, node: int) -> None:
        job = world.put(name="renamed")
        world.claim(node)
        world.tend()
        world.node("shop-1", app="shop", names=("renamed",))
        world.tend()
        assert world.row(job).blocked == "unknown_handler"

    def test_a_parked_job_can_be_cancelled(self, world: World, node: int) -> None:
        job = world.put(name="renamed")
        world.claim(node)
        assert world.row(job).blocked == "unknown_handler"
        world.store.call(world.store.cancel(job))
        assert (world.state(job), world.row(job).blocked) == (State.CANCELLED, None)


class TestStaging:
    def test_due_jobs_are_staged_and_given_in_the_same_turn(self, world: World, node: int) -> None:
        later, sooner = world.put(delay_us=8 * SECOND_US), world.put(delay_us=4 * SECOND_US)
        world.clock.advance(9)
        assert world.claim_ids(node) == [sooner, later]

    def test_the_answer_names_the_next_due_moment(self, world: World, node: int) -> None:
        now = world.clock.now_us()
        assert world.turn(node).next_due_us is None
        world.put(delay_us=8 * SECOND_US)
        world.put(delay_us=4 * SECOND_US)
        assert world.turn(node).next_due_us == now + 4 * SECOND_US
        world.clock.advance(5)
        answer = world.turn(node, asks=[Ask(limit=1, names=frozenset({"work"}))])
        assert (len(answer.claims), answer.next_due_us) == (1, now + 8 * SECOND_US)

    def test_the_answer_counts_a_retry_settled_in_the_same_turn(self, world: World, node: int) -> None:
        claim = world.running(node)
        answer = world.settle(node, claim, EndKind.RAISED, delay_us=7 * SECOND_US)
        assert answer.next_due_us == world.clock.now_us() + 7 * SECOND_US


class TestLease:
    def test_a_claim_gives_a_whole_lease(self, world: World) -> None:
        node = world.node("slow")
        world.sweep(20)
        claim = world.running(node)
        world.sweep(LEASE_US // SECOND_US - 6)
        assert world.state(claim.id) is State.RUNNING
        world.sweep(12)
        assert world.state(claim.id) is State.QUEUED

"""Named workers and concurrency keys: how many run at once, in which order, and that nobody waits for nothing."""

from dataclasses import replace

import pytest

from headway.model.clock import from_us
from headway.model.job import State
from headway.model.outcome import EndKind
from headway.model.transient import TransientRun
from headway.store.protocol import Ask, JobFilter
from headway.store.turns import Stopped, Turn
from tests.conformance.owned_clock import SECOND_US
from tests.conformance.world import PLENTY, World

SMTP = "smtp"
ANN = "customer:ann"

GIVES_BACK = {
    "returned": {"kind": EndKind.RETURNED},
    "raised for good": {"kind": EndKind.RAISED, "permanent": True},
    "raised, to be retried": {"kind": EndKind.RAISED, "delay_us": 60 * SECOND_US},
    "snoozed": {"kind": EndKind.SNOOZED, "delay_us": 60 * SECOND_US},
    "timed out": {"kind": EndKind.TIMED_OUT, "delay_us": 60 * SECOND_US},
    "crashed": {"kind": EndKind.CRASHED},
}
"""Endings after which the job itself does not take the place again at once."""


def cancel(world: World, job: int) -> None:
    world.store.call(world.store.cancel(job))


def ready(world: World, *jobs: int) -> list[int]:
    return [job for job in jobs if world.row(job).blocked is None and world.state(job) is State.QUEUED]


class TestKey:
    def test_no_more_than_the_limit_run(self, world: World, node: int) -> None:
        jobs = [world.put(key=ANN, key_limit=2) for _ in range(5)]
        first, second = world.claim(node, PLENTY)
        assert [first.id, second.id] == jobs[:2]
        assert world.claim_ids(node) == []
        world.end(node, second)
        assert world.claim_ids(node) == [jobs[2]]
        world.end(node, first)
        assert world.claim_ids(node) == [jobs[3]]
        world.healthy()

    def test_other_keys_and_jobs_without_one_go_on(self, world: World, node: int) -> None:
        held = [world.put(key=ANN) for _ in range(3)]
        others = [world.put(key="customer:bob"), world.put()]
        assert world.claim_ids(node) == [held[0], *others]

    def test_the_same_key_of_another_app_is_another_key(self, world: World, node: int) -> None:
        here, there = world.put(key=ANN), world.put(key=ANN, app="shop")
        elsewhere = world.node("shop", app="shop")
        assert world.claim_ids(node) == [here]
        assert world.claim_ids(elsewhere) == [there]

    def test_higher_priority_goes_first_also_when_it_came_later(self, world: World, node: int) -> None:
        low, high = world.put(key=ANN), world.put(key=ANN, priority=5)
        assert ready(world, low, high) == [high]
        world.end(node, world.take(node, high))
        assert world.claim_ids(node) == [low]

    @pytest.mark.parametrize("how", GIVES_BACK)
    def test_every_end_of_an_attempt_gives_the_place_back(self, world: World, node: int, how: str) -> None:
        claim, after = world.running(node, key=ANN), world.put(key=ANN)
        world.end(node, claim, **GIVES_BACK[how])
        assert world.claim_ids(node) == [after]
        assert world.claim_ids(node) == []
        world.healthy()

    def test_between_retries_the_key_is_free_and_then_it_is_waited_for(self, world: World, node: int) -> None:
        claim, after = world.running(node, key=ANN, retries=5), world.put(key=ANN)
        world.end(node, claim, EndKind.RAISED, delay_us=5 * SECOND_US)
        running = world.take(node, after)
        world.clock.advance(6)
        assert world.claim_ids(node) == []
        assert world.row(claim.id).blocked == "line"
        world.end(node, running)
        assert world.claim_ids(node) == [claim.id]

    def test_a_released_job_takes_its_place_by_priority_and_age_again(self, world: World, node: int) -> None:
        claim, after = world.running(node, key=ANN), world.put(key=ANN)
        world.end(node, claim, EndKind.RELEASED)
        assert ready(world, claim.id, after) == [claim.id]

    def test_a_dead_node_gives_its_places_back_once(self, world: World) -> None:
        doomed, node = world.node("doomed"), world.node("other")
        jobs = [world.put(key=ANN, key_limit=2) for _ in range(6)]
        assert world.claim_ids(doomed) == jobs[:2]
        world.reap("doomed")
        world.reap("doomed")
        assert world.claim_ids(node) == jobs[:2]
        world.healthy()

    def test_a_node_that_leaves_gives_its_places_back(self, world: World, node: int) -> None:
        going = world.node("going")
        job, after = world.put(key=ANN), world.put(key=ANN, priority=1)
        world.take(going, after)
        world.store.call(world.store.leave(going))
        assert world.claim_ids(node) == [after]
        assert world.row(job).blocked == "line"

    def test_a_cancelled_job_leaves_the_line(self, world: World, node: int) -> None:
        jobs = [world.put(key=ANN) for _ in range(3)]
        cancel(world, jobs[0])
        cancel(world, jobs[2])
        assert world.claim_ids(node) == [jobs[1]]
        world.healthy()

    def test_an_expired_job_leaves_the_line(self, world: World, node: int) -> None:
        world.put(key=ANN, expires_us=world.clock.now_us() + SECOND_US)
        after = world.put(key=ANN)
        world.clock.advance(2)
        assert world.claim_ids(node) == [after]

    def test_a_requeued_job_lines_up_again(self, world: World, node: int) -> None:
        claim = world.running(node, key=ANN)
        world.fail(node, claim)
        running = world.running(node, key=ANN)
        world.store.call(world.store.requeue(claim.id))
        assert world.claim_ids(node) == []
        world.end(node, running)
        assert world.claim_ids(node) == [claim.id]

    def test_a_scheduled_or_waiting_job_lines_up_when_it_is_queued(self, world: World, node: int) -> None:
        parent = world.running(node)
        running = world.running(node, key=ANN)
        later = world.put(key=ANN, delay_us=SECOND_US)
        child = world.put(key=ANN, depends_on=(parent.id,))
        world.clock.advance(2)
        world.end(node, parent)
        assert world.claim_ids(node) == []
        world.end(node, running)
        (first,) = world.claim(node, PLENTY)
        world.end(node, first)
        assert {first.id, *world.claim_ids(node)} == {later, child}

    def test_a_ready_job_that_nobody_serves_holds_up_no_other_queue_or_handler(self, world: World, node: int) -> None:
        world.put(key=ANN, queue="asleep", priority=9)
        world.put(key=ANN, name="other", priority=9)
        job = world.put(key=ANN)
        assert world.claim_ids(node, queues=("default",), names=("work",)) == [job]
        assert world.claim_ids(node) == [], "and when one of the key runs, the others are not ready any more"
        world.healthy()

    def test_several_groups_of_one_key_are_not_claimed_together(self, world: World, node: int) -> None:
        jobs = [world.put(key=ANN, queue=queue, name=name) for queue in ("a", "b") for name in ("work", "other")]
        for _ in jobs:
            (claim,) = world.claim(node, PLENTY)
            world.end(node, claim)
        assert {world.state(job) for job in jobs} == {State.COMPLETED}

    def test_jobs_that_disagree_are_each_held_by_their_own_limit(self, world: World, node: int) -> None:
        single, first, second = (world.put(key=ANN, key_limit=limit) for limit in (1, 3, 3))
        assert sorted(world.claim_ids(node)) == [single, first, second]
        third, fourth = world.put(key=ANN), world.put(key=ANN, key_limit=4)
        assert world.claim_ids(node) == [fourth]
        assert ready(world, third) == []
        world.healthy()

    def test_few_are_ready_however_many_wait(self, world: World, node: int) -> None:
        jobs = world.enqueue(*[world.new(key=ANN, key_limit=3) for _ in range(500)])
        assert len(ready(world, *[job.id for job in jobs])) == 3
        world.take(node, jobs[0].id)
        assert len(ready(world, *[job.id for job in jobs])) == 2

    def test_a_parked_handler_does_not_take_the_place_of_a_known_one(self, world: World, node: int) -> None:
        world.put(key=ANN, name="strange", priority=9)
        job = world.put(key=ANN)
        assert world.claim_ids(node) == [job]

    def test_parked_jobs_line_up_when_their_handler_is_known(self, world: World, node: int) -> None:
        jobs = [world.put(key=ANN, name="strange") for _ in range(3)]
        assert world.claim_ids(node) == []
        knows = world.node("knows", names=("strange",))
        assert world.claim_ids(knows, names=("strange",)) == jobs[:1]
        world.healthy()


class TestNamedWorker:
    def test_one_at_a_time_in_the_order_of_the_enqueue_whatever_the_priority(self, world: World, node: int) -> None:
        jobs = [world.put(lane=SMTP, priority=number, queue=f"q{number % 2}") for number in range(6)]
        ran = []
        for _ in jobs:
            (claim,) = world.claim(node, PLENTY)
            ran.append(claim.id)
            assert world.claim_ids(world.node()) == []
            world.end(node, claim)
        assert ran == jobs
        world.healthy()

    def test_other_jobs_go_on(self, world: World, node: int) -> None:
        jobs = [world.put(lane=SMTP), world.put(lane=SMTP), world.put(), world.put(lane="fax")]
        assert world.claim_ids(node) == [jobs[0], jobs[2], jobs[3]]

    @pytest.mark.parametrize("how", GIVES_BACK)
    def test_after_every_end_the_next_one_runs(self, world: World, node: int, how: str) -> None:
        claim, after = world.running(node, lane=SMTP), world.put(lane=SMTP)
        world.end(node, claim, **GIVES_BACK[how])
        assert world.claim_ids(node) == [after]
        assert world.claim_ids(node) == []

    def test_a_retry_lets_others_pass_and_then_takes_its_place_by_age(self, world: World, node: int) -> None:
        claim = world.running(node, lane=SMTP, retries=3)
        second, third = world.put(lane=SMTP), world.put(lane=SMTP)
        world.end(node, claim, EndKind.RAISED, delay_us=5 * SECOND_US)
        running = world.take(node, second)
        world.clock.advance(6)
        world.tend()
        world.end(node, running)
        assert ready(world, claim.id, third) == [claim.id]

    def test_an_older_job_that_comes_back_goes_before_the_ready_one(self, world: World, node: int) -> None:
        old = world.put(lane=SMTP, delay_us=5 * SECOND_US)
        new = world.put(lane=SMTP)
        assert ready(world, new) == [new]
        world.clock.advance(6)
        world.tend()
        assert ready(world, old, new) == [old]
        assert world.claim_ids(node) == [old]

    def test_a_dead_node_does_not_hold_the_worker(self, world: World) -> None:
        doomed, node = world.node("doomed"), world.node("other")
        first, second = world.put(lane=SMTP), world.put(lane=SMTP)
        world.take(doomed, first)
        assert world.claim_ids(node) == []
        world.reap("doomed")
        world.end(node, world.take(node, first))
        assert world.claim_ids(node) == [second]

    def test_the_head_whose_queue_nobody_serves_holds_the_worker(self, world: World, node: int) -> None:
        world.put(lane=SMTP, queue="asleep")
        world.put(lane=SMTP)
        assert world.claim_ids(node, queues=("default",)) == []

    def test_jobs_of_an_unknown_handler_are_passed_all_at_once(self, world: World, node: int) -> None:
        strange = [world.put(lane=SMTP, name="strange") for _ in range(40)]
        job = world.put(lane=SMTP)
        assert world.claim_ids(node) == []
        running = world.take(node, job)
        knows = world.node("knows", names=("strange",))
        assert world.claim_ids(knows, names=("strange",)) == []
        world.end(node, running)
        assert world.claim_ids(knows, names=("strange",)) == strange[:1]
        world.healthy()

    def test_a_cancelled_head_lets_the_next_one_run(self, world: World, node: int) -> None:
        jobs = [world.put(lane=SMTP) for _ in range(3)]
        cancel(world, jobs[0])
        assert world.claim_ids(node) == [jobs[1]]

    def test_asks_of_several_kinds_together_get_one(self, world: World, node: int) -> None:
        jobs = [world.put(lane=SMTP, name=name) for name in ("work", "other")]
        asks = [Ask(limit=5, names=frozenset({name})) for name in ("other", "work")]
        assert [claim.id for claim in world.turn(node, asks=asks).claims] == jobs[:1]

    def test_a_filter_finds_the_jobs_of_a_named_worker(self, world: World, node: int) -> None:
        first = world.running(node, lane=SMTP)
        world.end(node, first)
        second = world.put(lane=SMTP)
        world.put(lane="fax")
        world.put()
        reader = world.store.reader
        page = reader.call(reader.page(JobFilter(lane=SMTP)))
        assert [row.id for row in page.rows] == [second, first.id]
        assert page.rows[0].lane == SMTP


class TestBoth:
    """A job with a key and a named worker: both must let it."""

    def test_it_runs_when_both_let_it(self, world: World, node: int) -> None:
        key, lane = world.running(node, key=ANN), world.running(node, lane=SMTP)
        both = world.put(key=ANN, lane=SMTP)
        assert world.claim_ids(node) == []
        world.end(node, key)
        assert world.claim_ids(node) == []
        world.end(node, lane)
        assert world.claim_ids(node) == [both]

    def test_one_that_waits_for_its_worker_does_not_use_its_key_up(self, world: World, node: int) -> None:
        world.running(node, lane=SMTP)
        world.put(key=ANN, lane=SMTP, priority=9)
        free = world.put(key=ANN)
        assert world.claim_ids(node) == [free]
        world.healthy()

    def test_the_head_that_waits_for_its_key_holds_its_worker(self, world: World, node: int) -> None:
        key = world.running(node, key=ANN)
        both, after = world.put(key=ANN, lane=SMTP), world.put(lane=SMTP)
        assert world.claim_ids(node) == []
        world.end(node, key)
        assert world.claim_ids(node) == [both]
        assert ready(world, after) == []

    def test_one_that_was_overtaken_on_its_worker_lets_others_have_the_key(self, world: World, node: int) -> None:
        key = world.running(node, key=ANN)
        older = world.put(lane=SMTP, delay_us=SECOND_US)
        both, other = world.put(key=ANN, lane=SMTP), world.put(key=ANN, priority=-1)
        world.clock.advance(2)
        world.tend()
        world.end(node, key)
        assert sorted(world.claim_ids(node)) == [older, other]
        assert world.row(both).blocked is not None
        world.healthy()


class TestWakeUp:
    def test_whoever_opens_a_line_rings_the_others(self, world: World) -> None:
        one, two = world.node("one"), world.node("two")
        claim = world.running(one, lane=SMTP)
        world.put(lane=SMTP)
        rung: list[int] = []
        world.store.listen("two", lambda: rung.append(1))
        world.claim(two)
        del rung[:]
        world.settle(one, claim)
        assert rung
        world.store.unlisten("two")


class TestTurns:
    """Runs that are not jobs, on a named worker."""

    def ask(self, world: World, node: int, lane: str = SMTP) -> Turn:
        turn = world.store.call(world.store.ask_turn(node, lane, app="default"))
        assert turn is not None
        return turn

    def runs(self, world: World, turn: Turn) -> bool | None:
        return world.store.reader.call(world.store.turns([turn.id])).get(turn.id)

    def test_it_runs_at_once_where_nothing_runs_or_waits(self, world: World, node: int) -> None:
        turn = self.ask(world, node)
        assert turn.runs
        assert self.runs(world, turn) is True

    def test_jobs_wait_until_it_has_ended(self, world: World, node: int) -> None:
        turn = self.ask(world, node)
        job = world.put(lane=SMTP)
        assert world.claim_ids(node) == []
        world.healthy()
        assert world.store.call(world.store.end_turn(turn.id))
        assert world.claim_ids(node) == [job]
        assert not world.store.call(world.store.end_turn(turn.id))

    def test_it_comes_after_the_jobs_that_were_there_and_before_later_ones(self, world: World, node: int) -> None:
        first, second = world.put(lane=SMTP), world.put(lane=SMTP)
        turn = self.ask(world, node)
        third = world.put(lane=SMTP)
        for job in (first, second):
            assert self.runs(world, turn) is False
            world.end(node, world.take(node, job))
        assert self.runs(world, turn) is True
        assert world.claim_ids(node) == []
        world.store.call(world.store.end_turn(turn.id))
        assert world.claim_ids(node) == [third]
        world.healthy()

    def test_an_older_job_that_comes_back_waits_for_a_turn_that_runs(self, world: World, node: int) -> None:
        job = world.put(lane=SMTP, delay_us=SECOND_US)
        turn = self.ask(world, node)
        world.clock.advance(2)
        assert world.claim_ids(node) == []
        assert world.row(job).blocked == "line"
        world.store.call(world.store.end_turn(turn.id))
        assert world.claim_ids(node) == [job]

    def test_turns_run_one_after_the_other(self, world: World, node: int) -> None:
        turns = [self.ask(world, node) for _ in range(3)]
        for number, turn in enumerate(turns):
            assert [self.runs(world, one) for one in turns[number:]] == [True] + [False] * (2 - number)
            world.store.call(world.store.end_turn(turn.id))

    def test_one_that_gives_up_waiting_leaves_the_line(self, world: World, node: int) -> None:
        first, second = self.ask(world, node), self.ask(world, node)
        third = self.ask(world, node)
        world.store.call(world.store.end_turn(second.id))
        world.store.call(world.store.end_turn(first.id))
        assert self.runs(world, third) is True

    def test_other_named_workers_go_on(self, world: World, node: int) -> None:
        self.ask(world, node)
        assert self.ask(world, node, "fax").runs

    @pytest.mark.parametrize("way", ["dies", "leaves"])
    def test_a_node_that_goes_leaves_its_turns(self, world: World, node: int, way: str) -> None:
        going = world.node("going")
        turn, waiting = self.ask(world, going), self.ask(world, going)
        job = world.put(lane=SMTP)
        if way == "dies":
            world.reap("going")
        else:
            world.store.call(world.store.leave(going))
        assert (self.runs(world, turn), self.runs(world, waiting)) == (None, None)
        assert world.claim_ids(node) == [job]

    def test_a_node_that_its_process_abandons_is_as_good_as_dead(self, world: World, node: int) -> None:
        world.store.hold("doubtful")
        self.ask(world, world.node("doubtful"))
        waiting = self.ask(world, node)
        assert world.store.gone() == ()
        world.store.abandon("doubtful")
        world.store.abandon("doubtful")
        assert world.store.gone() == ("doubtful",)
        world.reap("doubtful")
        world.store.forget("doubtful")
        assert (self.runs(world, waiting), world.store.gone()) == (True, ())

    def test_a_dead_node_gets_none(self, world: World) -> None:
        doomed = world.node("doomed")
        world.reap("doomed")
        assert world.store.call(world.store.ask_turn(doomed, SMTP, app="default")) is None

    def test_a_ready_job_with_a_key_too_is_held_by_a_turn(self, world: World, node: int) -> None:
        turn = self.ask(world, node)
        both, other = world.put(lane=SMTP, key=ANN), world.put(key=ANN)
        assert world.claim_ids(node) == [other]
        world.healthy()
        world.store.call(world.store.end_turn(turn.id))
        world.healthy()
        assert ready(world, both) == []

    def test_a_turn_that_starts_rings(self, world: World) -> None:
        one, two = world.node("one"), world.node("two")
        first, _ = self.ask(world, one), self.ask(world, two)
        rung: list[int] = []
        world.store.listen("two", lambda: rung.append(1))
        world.store.call(world.store.end_turn(first.id))
        assert rung
        world.store.unlisten("two")


class TestStop:
    def test_the_running_job_ends_cancelled_and_the_next_one_runs(self, world: World, node: int) -> None:
        claim, after = world.running(node, lane=SMTP), world.put(lane=SMTP)
        world.running(node, lane="fax")
        assert world.store.call(world.store.stop_lane(SMTP, app="default", by="ann")) == Stopped((claim.id,), ())
        assert [stop.id for stop in world.beat(node).stops] == [claim.id]
        assert world.end(node, claim) is State.CANCELLED
        assert world.claim_ids(node) == [after]

    def test_nothing_runs_there(self, world: World, node: int) -> None:
        world.put(lane=SMTP)
        assert world.store.call(world.store.stop_lane(SMTP, app=None)) == Stopped((), ())
        assert len(world.claim_ids(node)) == 1

    def test_a_turn_that_runs_is_asked_to_stop_and_told_with_its_process(self, world: World, node: int) -> None:
        holder = world.node("holder", host="there", pid=77)
        turn, waits = (world.store.call(world.store.ask_turn(holder, SMTP, app="default", name=name)) for name in "ab")
        fax = world.store.call(world.store.ask_turn(holder, "fax", app="default"))
        assert turn is not None
        assert waits is not None
        assert fax is not None
        since = from_us(world.clock.now_us())
        world.clock.advance(5)
        held = TransientRun(name="a", worker=SMTP, host="there", pid=77, since=since, asked=None)
        assert self.asked(world, turn, waits, fax) == {}
        rung: list[int] = []
        world.store.listen("holder", lambda: rung.append(1))
        assert world.store.call(world.store.stop_lane(SMTP, app="default", by="ann")) == Stopped((), (held,))
        assert rung
        world.store.unlisten("holder")
        assert self.asked(world, turn, waits, fax) == {turn.id: "ann"}
        asked = replace(held, asked=from_us(world.clock.now_us()))
        world.clock.advance(5)
        assert world.store.call(world.store.stop_lane(SMTP, app=None, by="bob")) == Stopped((), (asked,))
        assert self.asked(world, turn) == {turn.id: "ann"}
        world.store.call(world.store.end_turn(turn.id))
        assert self.asked(world, turn, waits) == {}
        assert world.store.call(world.store.stop_lane(SMTP, app="elsewhere")) == Stopped((), ())

    @staticmethod
    def asked(world: World, *turns: Turn) -> dict[int, str | None]:
        return world.store.reader.call(world.store.turns_to_stop([turn.id for turn in turns]))

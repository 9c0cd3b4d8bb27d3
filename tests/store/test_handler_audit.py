"""The audit sees what the limits of handlers should have kept back, and is silent where other code or another limit let it start."""

from headway.model.outcome import EndKind
from headway.model.rate import Window
from tests.conformance.owned_clock import SECOND_US
from tests.conformance.valve import limits, put_many
from tests.conformance.world import NAMES, World
from tests.store.tampering import tamper

LIMIT = "no more jobs of a handler run than the limit that its worker knows"
RATE = "no more jobs start in a span than the rate limit of their handler"
MINUTE = Window(2, 60 * SECOND_US)


def breaches(world: World) -> list[tuple[str, int | None]]:
    return [(one.invariant, one.job_id) for one in world.store.call(world.store.audit())]


def start_by_hand(world: World, node: int, job: int) -> None:
    now = world.clock.now_us()
    sql = f"UPDATE headway_job SET state = 'running', epoch = epoch + 1, node_id = {node}, started_at = {now}"
    tamper(world, f"{sql} WHERE id = {job}")


class TestLimit:
    def test_one_that_started_when_as_many_ran_is_found(self, world: World) -> None:
        node = world.node(limits=limits("work", "other", limit=2))
        jobs = [world.put(name=NAMES[number % 2], queue=f"q{number}") for number in range(3)]
        world.claim(node, 9)
        world.clock.advance(1)
        world.healthy()
        start_by_hand(world, node, jobs[2])
        assert breaches(world) == [(LIMIT, jobs[2])]

    def test_so_is_one_that_has_ended_long_ago(self, world: World) -> None:
        node = world.node(limits=limits(limit=1))
        first, second = put_many(world, 2)
        for _ in (first, second):
            (claim,) = world.claim(node, 9)
            world.clock.advance(9)
            world.end(node, claim)
        world.healthy()
        tamper(world, f"UPDATE headway_job SET started_at = started_at - {4 * SECOND_US} WHERE id = {second}")
        assert breaches(world) == [(LIMIT, second)]

    def test_an_attempt_that_failed_counts_as_long_as_it_ran(self, world: World) -> None:
        node = world.node(limits=limits(limit=1))
        claim = world.running(node)
        world.clock.advance(9)
        world.end(node, claim, EndKind.RAISED, delay_us=SECOND_US)
        other = world.take(node, world.put())
        world.clock.advance(9)
        world.end(node, other)
        world.end(node, world.claim(node)[0])
        world.healthy()
        tamper(world, f"UPDATE headway_job SET started_at = started_at - {4 * SECOND_US} WHERE id = {other.id}")
        assert breaches(world) == [(LIMIT, other.id)]

    def test_each_worker_is_held_by_the_limit_of_its_own_code(self, world: World) -> None:
        old, new, free = world.node(limits=limits(limit=5)), world.node(limits=limits(limit=2)), world.node()
        put_many(world, 12)
        assert len(world.claim(new, 9)) == 2
        assert len(world.claim(old, 9)) == 3
        world.clock.advance(1)
        assert len(world.claim(free, 1)) == 1
        world.healthy()
        job = world.put()
        start_by_hand(world, new, job)
        assert breaches(world) == [(LIMIT, job)]

    def test_a_limit_that_was_learned_while_they_ran_is_no_breach(self, world: World) -> None:
        node = world.node(limits=limits(limit=4))
        put_many(world, 9)
        taken = world.claim(node, 9)
        world.store.call(world.store.learn(node, NAMES, limits(limit=2)))
        world.healthy()
        world.clock.advance(1)
        assert world.claim(node, 9) == ()
        world.turn(node, *(world.settlement(claim) for claim in taken[:3]))
        assert len(world.claim(node, 9)) == 1
        world.clock.advance(1)
        world.healthy()

    def test_learning_the_same_again_changes_nothing(self, world: World) -> None:
        node = world.node(limits=limits(limit=1))
        jobs = put_many(world, 2)
        world.claim(node, 9)
        world.clock.advance(1)
        start_by_hand(world, node, jobs[1])
        world.store.call(world.store.learn(node, NAMES, limits(limit=1)))
        assert breaches(world) == [(LIMIT, jobs[1])]

    def test_other_handlers_and_apps_do_not_count(self, world: World) -> None:
        node = world.node(limits=limits(limit=1))
        shop = world.node(app="shop", limits=limits(limit=1))
        for facts in ({}, {"name": "other"}, {"app": "shop"}):
            world.put(**facts)
        assert len(world.claim(node, 9)) + len(world.claim(shop, 9)) == 3
        world.healthy()

    def test_a_clock_that_was_set_back_makes_no_breach(self, world: World) -> None:
        node = world.node(limits=limits(limit=1))
        for back in (0, 15, 0, 4):
            world.clock.step_wall(-back)
            claim = world.running(node)
            world.clock.advance(9)
            world.end(node, claim)
        world.healthy()

    def test_nor_does_one_that_was_set_forth_and_back_while_nothing_was_enqueued(self, world: World) -> None:
        node = world.node(limits=limits(limit=1))
        put_many(world, 2)
        (first,) = world.claim(node, 9)
        world.clock.step_wall(3600)
        world.beat(node)
        world.end(node, first)
        world.clock.step_wall(-3600)
        world.beat(node)
        world.clock.advance(5)
        assert len(world.claim(node, 9)) == 1
        world.clock.advance(1)
        world.healthy()


class TestRate:
    def test_more_starts_in_a_span_are_found(self, world: World) -> None:
        node = world.node(limits=limits(rate=MINUTE))
        put_many(world, 5)
        for _ in range(4):
            world.clock.advance(25)
            world.claim(node, 9)
        world.healthy()
        now = world.clock.now_us() + 1
        tamper(world, f"INSERT INTO headway_start VALUES ('default', 'handler_rate:work', {now}, 1, 5, 0)")
        world.clock.advance(1)
        assert breaches(world) == [(RATE, None)]

    def test_what_any_worker_of_that_moment_would_have_let_start_is_no_breach(self, world: World) -> None:
        old, new = world.node(limits=limits(rate=Window(5, 10 * SECOND_US))), world.node(limits=limits(rate=MINUTE))
        put_many(world, 20)
        assert [len(world.claim(node, 9)) for node in (new, old, new)] == [2, 3, 0]
        world.clock.advance(10)
        assert [len(world.claim(node, 9)) for node in (new, old)] == [0, 5]
        world.healthy()
        world.store.call(world.store.leave(old))
        world.clock.advance(70)
        assert len(world.claim(new, 9)) == 2
        world.healthy()

    def test_a_worker_that_was_gone_by_then_excuses_nothing(self, world: World) -> None:
        world.store.call(world.store.leave(world.node(limits=limits(rate=Window(5, 10 * SECOND_US)))))
        world.clock.advance(2 * 3600)
        self.test_more_starts_in_a_span_are_found(world)

    def test_a_rate_that_was_learned_later_is_no_breach(self, world: World) -> None:
        node = world.node(limits=limits(rate=Window(5, 60 * SECOND_US)))
        put_many(world, 20)
        assert len(world.claim(node, 9)) == 5
        world.clock.advance(1)
        world.store.call(world.store.learn(node, NAMES, limits(rate=MINUTE)))
        assert world.claim(node, 9) == ()
        world.healthy()

    def test_a_clock_that_was_set_back_makes_no_breach(self, world: World) -> None:
        node = world.node(limits=limits(rate=MINUTE))
        put_many(world, 20)
        for seconds in (0, -30, 60, -7200, 30, 60):
            world.clock.step_wall(seconds)
            world.claim(node, 9)
            world.healthy()

    def test_nor_do_starts_of_several_spans_that_it_brought_together(self, world: World) -> None:
        node = world.node(limits=limits(rate=MINUTE))
        for _ in range(2):
            put_many(world, 2)
            assert len(world.claim(node, 9)) == 2
            world.clock.advance(60)
        world.clock.step_wall(-100)
        world.tend()
        world.clock.step_wall(30)
        world.healthy()

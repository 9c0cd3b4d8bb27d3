"""By hand: a real store, and jobs that run in the calling thread when the test says so, in the test's own time."""

import asyncio
import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import pytest

from headway import Context, EventKind, JobEvent, JobFailed, NestedLoop, ResultNotReady, Snooze, StartupFailed, State
from headway.model.outcome import EndKind
from headway.testing import FakeClock, World, manual
from headway.testing.world import CannotPerform, DrainEndless
from tests.testing.application import Shop

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def world(app: Shop) -> Iterator[World]:
    with manual(app.jobs, clock=FakeClock()) as made:
        yield made


def test_nothing_runs_before_it_is_said(app: Shop, world: World) -> None:
    ref = app.plain.enqueue("a")
    assert (ref.status().state, app.diary) == (State.QUEUED, [])
    with pytest.raises(ResultNotReady, match=r"world\.drain"):
        ref.result()
    done = world.drain()
    assert (done.run, done.completed, done.failed) == (1, 1, 0)
    assert ref.result() == 1


def test_every_kind_of_job_runs(app: Shop, world: World) -> None:
    plain, coroutine = app.plain.enqueue("a"), app.coroutine.enqueue("bb")
    command, spoken, heavy = app.command.enqueue("ann"), app.spoken.enqueue(3), app.heavy.enqueue(7)
    assert world.drain().completed == 5
    assert (plain.result(), coroutine.result(), spoken.result(), heavy.result()) == (1, 2, 1, 49)
    assert command.status().state is State.COMPLETED
    assert app.mailer.sent == ["ann"]


def test_plain_functions_run_in_the_thread_of_the_test(app: Shop, world: World) -> None:
    where = app.jobs.register(lambda: threading.current_thread().name, name="where")
    ref = where.enqueue()
    world.drain()
    assert ref.result() == threading.current_thread().name


def test_jobs_run_in_the_order_of_claims(app: Shop, world: World) -> None:
    for text, priority in (("low", -5), ("usual", 0), ("high", 5), ("usual too", 0)):
        app.plain.using(priority=priority).enqueue(text)
    world.drain()
    assert [text for _, text in app.diary] == ["high", "usual", "usual too", "low"]


def test_a_day_of_retries_passes_at_once(app: Shop, world: World) -> None:
    ref = app.flaky.enqueue(4)
    start = world.clock.now()
    done = world.drain(until=start + DAY)
    assert (done.run, done.retried, done.completed) == (5, 4, 1)
    assert [str(error) for error in done.errors] == ["try 1", "try 2", "try 3", "try 4"]
    assert ref.result() == "up"
    assert ref.status().finished == start + 16 * HOUR
    assert world.clock.now() == start + DAY


def test_time_stands_still_unless_until_is_said(app: Shop, world: World) -> None:
    ref = app.flaky.enqueue(1)
    assert world.drain().retried == 1
    assert (world.drain().run, ref.status().state) == (0, State.SCHEDULED)
    world.clock.advance(4 * HOUR)
    assert world.drain().completed == 1


def test_a_job_that_uses_up_its_retries_fails(app: Shop, world: World) -> None:
    ref = app.failing.enqueue()
    done = world.drain(until=world.clock.now() + DAY)
    assert (done.run, done.retried, done.failed) == (4, 3, 1)
    assert all(isinstance(error, KeyError) for error in done.errors)
    with pytest.raises(JobFailed, match="no such thing"):
        ref.result()


def test_delays_and_snoozes_are_waited_for(app: Shop, world: World) -> None:
    moments = []

    def twice() -> Snooze | None:
        moments.append(world.clock.now() - start)
        return Snooze(2 * HOUR) if len(moments) == 1 else None

    start = world.clock.now()
    app.jobs.register(twice, name="twice").using(run_after=HOUR).enqueue()
    done = world.drain(until=start + DAY)
    assert moments == [HOUR, 3 * HOUR]
    assert (done.snoozed, done.completed) == (1, 1)


def test_a_year_of_days_passes_at_once(app: Shop, world: World) -> None:
    days = []

    def daily() -> Snooze:
        days.append(world.clock.now().date())
        return Snooze(DAY)

    app.jobs.register(daily, name="daily").enqueue()
    assert world.drain(until=world.clock.now() + 365 * DAY).snoozed == 366
    assert len(set(days)) == 366


def test_a_delay_beyond_until_is_not_reached(app: Shop, world: World) -> None:
    ref = app.plain.using(run_after=DAY + HOUR).enqueue("later")
    assert world.drain(until=world.clock.now() + DAY).run == 0
    assert ref.status().state is State.SCHEDULED


def test_a_job_expires_in_owned_time(app: Shop, world: World) -> None:
    ref = app.plain.using(run_after=world.clock.now() + HOUR, expires=timedelta(minutes=30)).enqueue("late")
    assert world.drain(until=world.clock.now() + DAY).run == 0
    assert (ref.status().state, ref.status().code) == (State.CANCELLED, "expired")


def test_dependants_follow_their_parents(app: Shop, world: World) -> None:
    parent = app.plain.enqueue("parent")
    child = app.coroutine.using(depends_on=parent).enqueue("child")
    assert world.run_one() is not None
    assert child.status().state is State.QUEUED
    world.drain()
    assert app.diary == [("plain", "parent"), ("coroutine", "child")]


def test_dependants_of_a_failure_are_cancelled(app: Shop, world: World) -> None:
    parent = app.failing.using(retries=0).enqueue()
    child = app.plain.using(depends_on=parent).enqueue("child")
    world.drain()
    assert (child.status().state, child.status().code) == (State.CANCELLED, "parent_failed")


def test_calls_tied_to_an_attempt_are_run(app: Shop, world: World) -> None:
    def tied(ctx: Context) -> None:
        ctx.enqueue(app.plain.call("tied"))

    app.jobs.register(tied, name="tied", takes_context=True).enqueue()
    assert world.drain().completed == 2
    assert app.diary == [("plain", "tied")]


def test_a_cancelled_job_does_not_run(app: Shop, world: World) -> None:
    app.plain.enqueue("a").cancel()
    assert (world.drain().run, app.diary) == (0, [])


def test_a_running_job_sees_its_cancellation_at_the_next_check(app: Shop, world: World) -> None:
    steps = []

    def long(ctx: Context) -> None:
        for step in ctx.track(range(10)):
            steps.append(step)
            if step == 2:
                app.jobs.cancel(ctx.id, by="ann")

    ref = app.jobs.register(long, name="long", takes_context=True).enqueue()
    assert world.drain().cancelled == 1
    assert (steps, ref.status().state) == ([0, 1, 2], State.CANCELLED)


def test_a_body_that_takes_too_long_by_the_clock_is_timed_out(app: Shop, world: World) -> None:
    def slow() -> None:
        world.clock.advance(11 * timedelta(minutes=1))

    job = app.jobs.register(slow, name="slow", timeout=timedelta(minutes=10), retries=0)
    outcome = world.perform(job.call())
    assert (outcome.kind, outcome.state, outcome.code) == (EndKind.TIMED_OUT, State.FAILED, "timeout")
    with pytest.raises(JobFailed, match="timeout"):
        _ = outcome.result


def test_arguments_arrive_as_their_declared_types(app: Shop, world: World) -> None:
    assert world.perform(app.typed.call((1, "one"), date(2027, 1, 2), ["a"])).result == "2027-01-02"
    assert app.diary == [((1, "one"), date(2027, 1, 2), ["a"])]
    assert isinstance(app.diary[0][0], tuple)


def test_perform_runs_one_call_before_all_others_and_tells(app: Shop, world: World) -> None:
    app.plain.using(priority=1000).enqueue("waits")
    outcome = world.perform(app.plain.using(run_after=DAY).call("now"))
    assert (outcome.result, outcome.state, outcome.attempt, outcome.error) == (3, State.COMPLETED, 1, None)
    assert app.diary == [("plain", "now")]


def test_perform_tells_an_error_and_its_result_raises_it(app: Shop, world: World) -> None:
    outcome = world.perform(app.failing.call())
    assert (outcome.state, outcome.kind) == (State.SCHEDULED, EndKind.RAISED)
    assert isinstance(outcome.error, KeyError)
    with pytest.raises(KeyError):
        _ = outcome.result


def test_perform_says_so_when_the_call_cannot_run_now(app: Shop, world: World) -> None:
    parent = app.plain.enqueue("parent")
    with pytest.raises(CannotPerform, match="waiting"):
        world.perform(app.plain.using(depends_on=parent).call("child"))


def test_progress_log_and_attempts_are_stored(app: Shop, world: World) -> None:
    ref = app.spoken.enqueue(2)
    world.drain()
    assert ref.status().progress_percentage == 100
    assert [line.line.text for line in ref.log()] == ["one more", "one more"]
    assert [attempt.kind for attempt in ref.detail().attempts] == [EndKind.RETURNED]


def test_what_helpers_log_is_in_the_jobs_log_once(app: Shop, world: World) -> None:
    def talks() -> None:
        logging.getLogger("shop").warning("low on %s", "paper")

    with manual(app.jobs) as inner:
        ref = app.jobs.register(talks, name="talks").enqueue()
        inner.drain()
        assert [line.line.text for line in ref.log()] == ["low on paper"]


def test_around_hooks_are_open_around_every_attempt(app: Shop, world: World) -> None:
    @app.jobs.around
    @contextmanager
    def seen(ctx: Context) -> Iterator[None]:
        app.diary.append(f"before {ctx.name}")
        yield
        app.diary.append("after")

    app.plain.enqueue("a")
    app.coroutine.enqueue("b")
    world.drain()
    assert app.diary == ["before plain", ("plain", "a"), "after", "before coroutine", ("coroutine", "b"), "after"]


def test_the_limit_ends_a_drain(app: Shop, world: World) -> None:
    for text in "abc":
        app.plain.enqueue(text)
    assert world.drain(limit=2).run == 2
    assert world.drain(limit=2).run == 1


def test_jobs_that_enqueue_themselves_for_ever_are_found(
    app: Shop, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("headway.testing.world.RUNS_MAX", 20)
    app.jobs.register(lambda: app.jobs.enqueue_by_name("again", {}) and None, name="again").enqueue()
    with pytest.raises(DrainEndless, match="without end"):
        world.drain()


def test_inside_a_running_loop_it_is_awaited(app: Shop, world: World) -> None:
    loops = []

    async def which() -> None:
        loops.append(asyncio.get_running_loop())

    def blocking() -> int:
        return asyncio.run(answer())

    async def answer() -> int:
        return 42

    async def test() -> None:
        await app.jobs.register(which, name="which").aenqueue()
        ref = await app.jobs.register(blocking, name="blocking").aenqueue()
        with pytest.raises(NestedLoop, match="adrain"):
            world.drain()
        assert (await world.adrain()).completed == 2
        assert loops == [asyncio.get_running_loop()]
        assert await ref.aresult() == 42
        outcome = await world.aperform(app.coroutine.call("abc"))
        assert outcome.result == 3
        assert await world.arun_one() is None

    asyncio.run(test())


def test_a_time_limit_of_the_test_reaches_it_through_adrain(app: Shop, world: World) -> None:
    async def stuck() -> None:
        await asyncio.Event().wait()

    async def test() -> None:
        await app.jobs.register(stuck, name="stuck").aenqueue()
        async with asyncio.timeout(0.01):
            await world.adrain()

    with pytest.raises(TimeoutError):
        asyncio.run(test())


def test_coroutines_share_one_loop_and_leave_nothing_on_it(app: Shop) -> None:
    loops = []
    ended = []

    async def leaves() -> None:
        resting = asyncio.Event()

        async def rest() -> None:
            resting.set()
            try:
                await asyncio.Event().wait()
            finally:
                ended.append(True)

        loops.append(asyncio.get_running_loop())
        loops.append(asyncio.create_task(rest()))
        await resting.wait()

    with manual(app.jobs) as world:
        job = app.jobs.register(leaves, name="leaves")
        job.enqueue()
        job.enqueue()
        world.drain()
        assert loops[0] is loops[2]
    assert ended == [True, True]


def test_what_ends_a_test_is_not_swallowed_as_a_jobs_failure(app: Shop, world: World) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    def failed() -> None:
        pytest.fail("said inside a job")

    app.jobs.register(interrupted, name="interrupted").enqueue()
    with pytest.raises(KeyboardInterrupt):
        world.drain()
    app.jobs.register(failed, name="failed").enqueue()
    with pytest.raises(pytest.fail.Exception, match="said inside"):
        world.drain()


def test_a_date_set_forward_makes_what_is_due_run_and_a_date_set_back_does_not_stop_what_waits(
    app: Shop, world: World
) -> None:
    later = app.plain.using(run_after=HOUR).enqueue("later")
    world.clock.step_wall(2 * HOUR)
    world.drain()
    assert later.status().state is State.COMPLETED
    now = app.plain.enqueue("now")
    world.clock.step_wall(-DAY)
    retried = app.flaky.enqueue(1)
    world.drain(until=world.clock.now() + 5 * HOUR)
    assert retried.status().state is State.COMPLETED
    assert now.status().state is State.COMPLETED
    assert world.store.call(world.store.audit()) == ()


def test_a_lease_that_lapsed_between_two_drains_costs_nothing(app: Shop, world: World) -> None:
    app.plain.enqueue("a")
    world.drain()
    world.clock.advance(30 * DAY)
    for _ in range(3):  # somebody sweeps: the node of this test is declared dead
        world.store.call(world.store.reap(lease_us=30_000_000, beat_us=5_000_000))
        world.clock.advance(timedelta(seconds=9))
    world.clock.advance(DAY)
    world.store.call(world.store.reap(lease_us=30_000_000, beat_us=5_000_000))
    app.plain.enqueue("b")
    assert world.drain().completed == 1


def test_two_worlds_side_by_side_do_not_see_each_other(app: Shop) -> None:
    together = threading.Barrier(2, timeout=10)

    def one_test(hours: int) -> tuple[int, timedelta]:
        clock = FakeClock()
        start = clock.now()
        with manual(app.jobs, clock=clock) as world:
            together.wait()
            refs = [app.plain.using(run_after=hours * HOUR).enqueue("x" * hours) for _ in range(5)]
            together.wait()
            done = world.drain(until=start + hours * HOUR)
            assert [ref.result() for ref in refs] == [hours] * 5
            together.wait()
        return done.completed, clock.now() - start

    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(one_test, [1, 2])) == [(5, HOUR), (5, 2 * HOUR)]


def test_the_store_is_gone_after_the_block(app: Shop) -> None:
    with manual(app.jobs) as world:
        app.plain.enqueue("a")
        place = Path(world.store.place)
        assert place.exists()
    assert not place.exists()


def test_without_a_clock_time_begins_now_and_stands_still(app: Shop) -> None:
    with manual(app.jobs) as world:
        first = app.plain.enqueue("a").status().created
        assert first == app.plain.enqueue("b").status().created == world.clock.now()


def test_an_outcome_and_a_drain_are_readable(app: Shop, world: World) -> None:
    app.failing.enqueue()
    done = world.drain()
    assert repr(done) == "Drained(run=1, completed=0, failed=0, retried=1, cancelled=0, snoozed=0)"
    assert "<failing 1, attempt 1: raised, now scheduled: KeyError('no such thing')>" in str(done)


def test_hooks_are_told_before_the_next_job_runs_and_what_expired_too(app: Shop, world: World) -> None:
    @app.jobs.on_success
    @app.jobs.on_cancel
    def told(event: JobEvent) -> None:
        app.diary.append((event.name, event.kind, event.code, event.attempt))

    app.plain.enqueue("a")
    app.plain.enqueue("b")
    app.coroutine.using(run_after=world.clock.now() + HOUR, expires=timedelta(minutes=30)).enqueue("late")
    world.drain(until=world.clock.now() + DAY)
    done = ("plain", EventKind.COMPLETED, None, 1)
    assert app.diary == [("plain", "a"), done, ("plain", "b"), done, ("coroutine", EventKind.CANCELLED, "expired", 0)]


def test_a_cancellation_is_told_at_the_next_step(app: Shop, world: World) -> None:
    app.jobs.on_cancel(app.diary.append)
    app.plain.enqueue("a").cancel()
    assert app.diary == []
    assert world.run_one() is None
    assert [event.code for event in app.diary] == ["cancelled"]


def test_a_hook_may_enqueue_and_is_no_part_of_any_job(app: Shop, world: World) -> None:
    @app.jobs.on_failure
    def again(event: JobEvent) -> None:
        logging.getLogger("shop").warning("not in the log of %s", event.name)
        app.plain.enqueue("from a hook")

    failed = app.failing.using(retries=0).enqueue()
    world.drain()
    assert app.diary == [("plain", "from a hook")]
    assert failed.log() == ()


def test_what_ends_a_test_is_not_swallowed_in_a_hook_either(app: Shop, world: World) -> None:
    @app.jobs.on_success
    def fails(_event: JobEvent) -> None:
        pytest.fail("said inside a hook")

    app.plain.enqueue("a")
    with pytest.raises(pytest.fail.Exception, match="inside a hook"):
        world.drain()


def test_start_up_hooks_run_once_before_the_first_job_and_a_failing_one_lets_none_run(app: Shop, world: World) -> None:
    broken = [True]

    @app.jobs.on_startup()
    async def connect() -> None:
        if broken:
            raise ConnectionError(broken.pop())
        app.diary.append("connected")

    ref = app.plain.enqueue("a")
    with pytest.raises(StartupFailed, match="connect failed: ConnectionError"):
        world.drain()
    assert ref.status().state is State.QUEUED
    world.drain()
    world.drain()
    assert app.diary == ["connected", ("plain", "a")]


def test_a_job_is_executed_until_its_callback_was_run(app: Shop) -> None:
    told: list[int] = []
    callback = app.jobs.register(lambda result: told.append(result), name="callback")  # noqa: PLW0108 - a handler is a function
    with manual(app.jobs) as world:
        ref = app.plain.then(callback).enqueue("abc")
        outcome = world.run_one()
        assert outcome is not None
        assert (outcome.state, ref.status().state, told) == (State.EXECUTED, State.EXECUTED, [])
        world.run_one()
        assert (ref.status().state, ref.result(), told) == (State.COMPLETED, 3, [3])


def test_a_job_whose_condition_is_not_met_is_skipped(app: Shop) -> None:
    with manual(app.jobs) as world:
        parent = app.plain.enqueue("a")
        child = app.plain.using(depends_on=parent, when="failure").enqueue("b")
        world.drain()
        assert (child.status().state, child.status().code) == (State.SKIPPED, "condition_unmet")

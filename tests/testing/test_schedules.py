"""Schedules inside the test modes: nothing fires by itself, and each moment comes when the test lets it come."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from headway import Context, Every, Jobs, Occurred, ScheduleNotFound, State, cron, every
from headway.testing import FakeClock, inline, manual, recording
from headway.testing.declared import CannotFire

START = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
Ran = list[tuple[str | None, datetime | None]]


@pytest.fixture
def jobs() -> Jobs:
    return Jobs("memory://")


@pytest.fixture
def ran() -> Ran:
    return []


def into(ran: Ran) -> Callable[[Context], None]:
    def note(ctx: Context) -> None:
        ran.append((ctx.schedule, ctx.scheduled_for))

    return note


def scheduled(jobs: Jobs, ran: Ran) -> None:
    work = jobs.register(into(ran), name="work", takes_context=True)
    jobs.recurring("five", every(minutes=5), work)
    jobs.recurring("seven", every(minutes=7), work)


def test_nothing_fires_by_itself(jobs: Jobs, ran: Ran) -> None:
    scheduled(jobs, ran)
    with manual(jobs, clock=FakeClock()) as world:
        assert world.drain(until=world.clock.now() + timedelta(hours=1)).run == 0
    assert ran == []


def test_the_next_instant_of_a_schedule_comes_and_what_is_due_on_the_way(jobs: Jobs, ran: Ran) -> None:
    scheduled(jobs, ran)
    with manual(jobs, clock=FakeClock()) as world:
        assert world.fire("seven").completed == 2
        assert world.clock.now() == START + 7 * MINUTE
        assert ran == [("five", START + 5 * MINUTE), ("seven", START + 7 * MINUTE)]
        assert world.fire().completed == 1
        assert ran[-1] == ("five", START + 10 * MINUTE)


def test_a_stretch_of_time_passes_with_all_its_instants(jobs: Jobs, ran: Ran) -> None:
    scheduled(jobs, ran)
    with manual(jobs, clock=FakeClock()) as world:
        done = world.drain(until=START + 35 * MINUTE, schedules=True)
        assert done.completed == 12
        assert world.clock.now() == START + 35 * MINUTE
        assert [name for name, at in ran if at == START + 35 * MINUTE] == ["five", "seven"]
        assert ran == sorted(ran, key=lambda one: one[1] or START)


def test_days_pass_and_each_instant_is_on_time(jobs: Jobs, ran: Ran) -> None:
    work = jobs.register(into(ran), name="work", takes_context=True)
    jobs.recurring("daily", cron("30 2 * * *", zone="Europe/Berlin"), work)
    with manual(jobs, clock=FakeClock(datetime(2030, 3, 29, tzinfo=UTC))) as world:
        world.drain(until=datetime(2030, 4, 2, tzinfo=UTC), schedules=True)
        history = jobs.get_recurring("daily").history()
        assert [one.created - one.scheduled_for for one in history] == [timedelta(0)] * 4
        assert [one.outcome for one in history] == [Occurred.STARTED] * 4
    assert [f"{at:%d %H:%M}" for _, at in ran if at] == ["29 01:30", "30 01:30", "31 01:00", "01 00:30"]


def test_jitter_is_waited_for(jobs: Jobs, ran: Ran) -> None:
    work = jobs.register(into(ran), name="work", takes_context=True)
    jobs.recurring("x", Every.hour, work, jitter=timedelta(minutes=20))
    with manual(jobs, clock=FakeClock()) as world:
        assert world.fire("x").completed == 1
        assert START + timedelta(hours=1) < world.clock.now() < START + timedelta(hours=1, minutes=20)
    assert ran == [("x", START + timedelta(hours=1))]


def test_a_clock_that_jumps_leaves_instants_behind(jobs: Jobs, ran: Ran) -> None:
    scheduled(jobs, ran)
    with manual(jobs, clock=FakeClock()) as world:
        world.clock.advance(timedelta(hours=1))
        assert world.drain(schedules=True).completed == 2  # misfire="once": the latest of each
        assert ran == [("seven", START + 56 * MINUTE), ("five", START + 60 * MINUTE)]
        assert jobs.get_recurring("five").info().missed_count == 11


def test_schedules_that_are_declared_or_stored_in_the_block_fire_too(jobs: Jobs, ran: Ran) -> None:
    work = jobs.register(into(ran), name="work", takes_context=True)
    with manual(jobs, clock=FakeClock()) as world:
        with pytest.raises(CannotFire, match="is one declared"):
            world.fire()
        jobs.recurring("late", every(minutes=5), work)
        jobs.add_recurring("stored", every(minutes=3), work)
        assert world.fire("late").completed == 2
        jobs.pause_recurring("late")
        with pytest.raises(CannotFire, match="'late' is not due ever: it is paused"):
            world.fire("late")
        with pytest.raises(CannotFire, match="there is none"):
            world.fire("nobody")


async def test_coroutines_run_on_the_loop_of_the_test(jobs: Jobs) -> None:
    ran: list[str] = []

    async def append() -> None:
        ran.append("here")

    jobs.recurring("x", every(minutes=5), jobs.register(append, name="append"))
    with manual(jobs, clock=FakeClock()) as world:
        assert (await world.afire("x")).completed == 1
        await world.adrain(until=START + 10 * MINUTE, schedules=True)
    assert ran == ["here", "here"]


def test_a_run_by_hand_runs_when_the_test_says_so_or_at_once(jobs: Jobs, ran: Ran) -> None:
    scheduled(jobs, ran)
    with manual(jobs, clock=FakeClock()) as world:
        ref = jobs.trigger("five", by="ann")
        assert (ref.status().state, world.drain().completed) == (State.QUEUED, 1)
    with inline(jobs, clock=FakeClock()):
        assert jobs.trigger("five").status().state is State.COMPLETED
    assert [name for name, _ in ran] == ["five", "five"]


def test_a_recording_has_the_schedules_that_were_declared_and_stored(jobs: Jobs, ran: Ran) -> None:
    with recording(jobs, clock=FakeClock()) as sent:
        assert sent.schedules == ()
    scheduled(jobs, ran)
    with recording(jobs, clock=FakeClock()) as sent:
        jobs.add_recurring("stored", Every.day, jobs.job_named("work"), overlap="queue")
        jobs.recurring("late", Every.week, jobs.job_named("work"))
        jobs.pause_recurring("five")
        jobs.trigger("seven", by="ann")
    assert [(one.name, str(one.state)) for one in sent.schedules] == [
        ("five", "paused"), ("late", "active"), ("seven", "active"), ("stored", "active"),
    ]  # fmt: skip
    run = sent.schedule("seven").last_run
    assert run is not None
    assert (run.outcome, run.by) == (Occurred.MANUAL, "ann")
    assert sent.schedule("stored").overlap == "queue"
    with pytest.raises(ScheduleNotFound, match="no schedule 'nobody'; there are"):
        sent.schedule("nobody")
    assert ran == []
    assert not sent

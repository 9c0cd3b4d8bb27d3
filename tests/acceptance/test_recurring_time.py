"""Schedules over days and years: a real store and real bodies, and the time is the test's."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from headway import Context, Every, Fixed, Jobs, Misfire, Occurred, Overlap, ScheduleState, State, cron, days_off, every
from headway.testing import FakeClock, manual

START = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)  # a Tuesday
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def ran() -> list[datetime]:
    return []


@pytest.fixture
def note(jobs: Jobs, ran: list[datetime]) -> Any:
    """A job that writes down the instant of which it is the run."""

    def note(ctx: Context) -> None:
        assert ctx.scheduled_for is not None
        ran.append(ctx.scheduled_for)

    return jobs.register(note, name="note", takes_context=True)


def test_it_fires_once_at_the_minute_of_its_zone(jobs: Jobs, note: Any, ran: list[datetime]) -> None:
    jobs.cron("0 2 * * *", zone="Europe/Berlin")(note)
    with manual(jobs, clock=FakeClock(START)) as world:
        world.drain(until=START + timedelta(hours=12, minutes=59), schedules=True)
        assert ran == []
        world.drain(until=START + 3 * DAY, schedules=True)
    assert [one.astimezone(BERLIN).isoformat() for one in ran] == [
        f"2030-01-0{day}T02:00:00+01:00" for day in (2, 3, 4)
    ]


def test_an_interval_does_not_drift_however_long_a_run_takes(jobs: Jobs, ran: list[datetime]) -> None:
    clock = FakeClock(START)

    def slow(ctx: Context) -> None:
        assert ctx.scheduled_for is not None
        ran.append(ctx.scheduled_for)
        clock.advance(timedelta(seconds=2))

    jobs.every(timedelta(seconds=7))(jobs.register(slow, name="slow", takes_context=True))
    with manual(jobs, clock=clock) as world:
        world.drain(until=START + timedelta(seconds=40), schedules=True)
    assert ran == [START + timedelta(seconds=7 * number) for number in range(1, 6)]


def test_the_presets_come_when_one_begins(jobs: Jobs) -> None:
    jobs.clock = FakeClock(datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC))
    first = {
        name: jobs.next_runs(getattr(Every, name), n=1)[0]
        for name in ("second", "minute", "hour", "day", "week", "month", "year")
    }
    assert first == {
        "second": datetime(2030, 1, 2, 3, 4, 6, tzinfo=UTC),
        "minute": datetime(2030, 1, 2, 3, 5, tzinfo=UTC),
        "hour": datetime(2030, 1, 2, 4, tzinfo=UTC),
        "day": datetime(2030, 1, 3, tzinfo=UTC),
        "week": datetime(2030, 1, 6, tzinfo=UTC),
        "month": datetime(2030, 2, 1, tzinfo=UTC),
        "year": datetime(2031, 1, 1, tzinfo=UTC),
    }
    assert first["week"].strftime("%A") == "Sunday"


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (datetime(2030, 3, 31, tzinfo=UTC), "2030-03-31T03:00:00+02:00"),  # 02:30 does not exist
        (datetime(2030, 10, 27, tzinfo=UTC), "2030-10-27T02:30:00+02:00"),  # 02:30 comes twice
    ],
    ids=["spring", "autumn"],
)
def test_on_the_days_of_a_clock_change_it_runs_exactly_once(
    jobs: Jobs, note: Any, ran: list[datetime], day: datetime, expected: str
) -> None:
    jobs.cron("30 2 * * *", zone="Europe/Berlin")(note)
    with manual(jobs, clock=FakeClock(day - 2 * DAY)) as world:
        world.drain(until=day + 2 * DAY, schedules=True)
    assert Counter(one.astimezone(BERLIN).date() for one in ran).most_common(1)[0][1] == 1
    assert len(ran) == 4
    assert ran[2].astimezone(BERLIN).isoformat() == expected


def test_a_run_gets_its_arguments_and_an_update_changes_the_next_one_only(jobs: Jobs) -> None:
    got: list[str] = []
    greet = jobs.register(lambda name: got.append(name.title()), name="greet")
    with manual(jobs, clock=FakeClock(START)) as world:
        made = jobs.add_recurring("greet", Every.hour, greet.call("ann"), overlap="allow")
        world.clock.advance(HOUR)
        jobs.store.call(jobs.store.fire(jobs.app))
        jobs.add_recurring("greet", Every.hour, greet.call("bob"), overlap="allow")
        world.drain()
        assert got == ["Ann"]
        world.fire("greet")
        assert got == ["Ann", "Bob"]
        assert made.info().run_count == 2


def test_options_of_the_job_travel_and_runs_that_are_not_durable_leave_no_row_but_the_last_run(jobs: Jobs) -> None:
    seen: list[tuple[str, tuple[str, ...], str | None]] = []

    def work(ctx: Context) -> None:
        seen.append((ctx.queue, ctx.tags, ctx.user_id))

    job = jobs.register(work, name="work", takes_context=True).using(queue="nights", tags=["t"], user_id="u")
    made = jobs.recurring("x", Every.minute, job, durable=False)
    with manual(jobs, clock=FakeClock(START)) as world:
        assert world.fire("x").completed == 1
        run = made.info().last_run
        assert run is not None
        assert run.state is State.COMPLETED
        world.clock.advance(timedelta(seconds=30))
        world.drain()
        assert jobs.list().rows == ()
        assert [(one.outcome, one.state) for one in made.history()] == [(Occurred.STARTED, State.COMPLETED)]
        assert (made.info().run_count, made.info().last_success) == (1, START + MINUTE)
    assert seen == [("nights", ("t",), "u")]


def test_the_last_run_is_known_with_its_job_its_moments_and_its_error(jobs: Jobs) -> None:
    clock, fails = FakeClock(START), [False, True]

    def work() -> None:
        clock.advance(timedelta(seconds=3))
        if fails.pop(0):
            raise ValueError("no paper")

    made = jobs.recurring("x", Every.hour, jobs.register(work, name="work", retries=0))
    with manual(jobs, clock=clock) as world:
        for _ in range(2):
            world.fire("x")
        info = made.info()
        assert info.last_run is not None
        assert (info.last_run.scheduled_for, info.last_run.created) == (START + 2 * HOUR, START + 2 * HOUR)
        assert (info.last_run.state, info.last_run.duration) == (State.FAILED, timedelta(seconds=3))
        assert "no paper" in (info.last_run.error or "")
        assert info.last_success == START + HOUR + timedelta(seconds=3)
        assert info.last_run.job_id is not None
        assert jobs.get(info.last_run.job_id).status().state is State.FAILED


def test_a_job_that_always_fails_goes_on_to_be_fired(jobs: Jobs) -> None:
    def broken() -> None:
        raise ValueError("always")

    made = jobs.recurring("x", Every.hour, jobs.register(broken, name="broken", retries=0))
    with manual(jobs, clock=FakeClock(START)) as world:
        assert world.drain(until=START + 11 * HOUR, schedules=True).failed == 11
        assert (made.info().run_count, made.info().state) == (11, ScheduleState.ACTIVE)
        assert made.info().next_run == START + 12 * HOUR


def test_seconds_are_seconds(jobs: Jobs, note: Any, ran: list[datetime]) -> None:
    jobs.cron("*/2 * * * * *")(note)
    with manual(jobs, clock=FakeClock(START)) as world:
        world.drain(until=START + timedelta(seconds=20), schedules=True)
    assert ran == [START + timedelta(seconds=2 * number) for number in range(1, 11)]


@pytest.mark.parametrize(("misfire", "expected"), [("once", 1), ("skip", 0), ("all", 5)])
def test_after_five_minutes_without_a_worker_what_was_missed_runs_as_the_rule_says(
    jobs: Jobs, note: Any, ran: list[datetime], misfire: Any, expected: int
) -> None:
    made = jobs.recurring("x", Every.minute, note, misfire=misfire, overlap="allow")
    with manual(jobs, clock=FakeClock(START + timedelta(seconds=30))) as world:
        world.clock.advance(5 * MINUTE)
        assert world.drain(schedules=True).completed == expected
        assert made.info().misfire is Misfire(misfire)
        assert made.info().missed_count == 5 - expected
        assert sum(one.count for one in made.history() if one.outcome is Occurred.MISSED) == 5 - expected
        world.fire("x")
    assert ran[-1] == START + 6 * MINUTE


def test_a_run_that_waits_for_its_retry_is_still_open(jobs: Jobs) -> None:
    tries: list[int] = []

    def flaky(ctx: Context) -> None:
        tries.append(ctx.attempt)
        if len(tries) == 1:
            raise ConnectionError

    job = jobs.register(flaky, name="flaky", takes_context=True, retries=1, backoff=Fixed(timedelta(minutes=3)))
    made = jobs.recurring("x", Every.minute, job)
    with manual(jobs, clock=FakeClock(START)) as world:
        world.drain(until=START + 5 * MINUTE, schedules=True)
        outcomes = [(str(one.outcome), one.code) for one in reversed(made.history())]
        assert made.info().overlap is Overlap.SKIP
        assert outcomes[:3] == [("started", None), ("skipped", "overlap"), ("skipped", "overlap")]
        skipped = jobs.list(schedule="x", states=[State.SKIPPED]).rows
        assert all("x@2030-01-01T12:01:00Z" in (row.reason or "") for row in skipped)
        assert made.info().run_count + made.info().skip_count == 5


def test_it_stops_after_its_runs_and_after_its_end_and_stays_listed(jobs: Jobs, note: Any, ran: list[datetime]) -> None:
    jobs.recurring("three", Every.hour, note, max_runs=3)
    jobs.recurring("until", every(hours=1), note, start_at=START + 10 * HOUR, end_at=START + 12 * HOUR)
    with manual(jobs, clock=FakeClock(START)) as world:
        world.drain(until=START + 2 * DAY, schedules=True)
        assert [(one.name, str(one.state), one.run_count) for one in jobs.schedules()] == [
            ("three", "finished", 3), ("until", "finished", 3),
        ]  # fmt: skip
    assert ran == [START + number * HOUR for number in (1, 2, 3, 10, 11, 12)]


def test_days_off_are_no_instants(jobs: Jobs, note: Any, ran: list[datetime]) -> None:
    made = jobs.recurring(
        "x", cron("0 9 * * *", zone="Europe/Berlin"), note, excluding=days_off(weekdays=["sat", "sun"])
    )
    with manual(jobs, clock=FakeClock(START)) as world:
        world.drain(until=START + 28 * DAY, schedules=True)
        assert made.info().missed_count == 0
    assert (len(ran), {one.strftime("%a") for one in ran}) == (20, {"Mon", "Tue", "Wed", "Thu", "Fri"})


def test_weeks_with_the_clock_changes_of_two_zones_pass_in_seconds(jobs: Jobs, ran: list[datetime], note: Any) -> None:
    jobs.recurring("berlin", cron("30 2 * * *", zone="Europe/Berlin"), note, durable=False)
    jobs.recurring("new york", cron("30 2 * * *", zone="America/New_York"), note, durable=False)
    with manual(jobs, clock=FakeClock(datetime(2030, 3, 8, 12, 0, tzinfo=UTC))) as world:
        world.drain(until=world.clock.now() + 28 * DAY, schedules=True)
        assert [(one.run_count, one.missed_count) for one in jobs.schedules()] == [(28, 0), (28, 0)]
    assert len(set(ran)) == len(ran) == 56

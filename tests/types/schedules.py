# pyright: strict, reportUnnecessaryTypeIgnoreComment=true
"""Schedules as type checkers see them. Never run; a wrong line that is accepted fails the check, as its ignore is then unused."""

from datetime import UTC, date, datetime, timedelta
from typing import Any, assert_type
from zoneinfo import ZoneInfo

from headway import (
    Context,
    Every,
    Jobs,
    Managed,
    Misfire,
    Occurred,
    Occurrence,
    Overlap,
    Recurring,
    Ref,
    Removed,
    Schedule,
    ScheduleOptions,
    ScheduleState,
    cron,
    days_off,
    every,
)
from headway.client.job import AsyncContextJob, AsyncJob
from headway.client.method import MethodJob
from headway.testing import Drained, World, manual, recording

jobs = Jobs("memory://")


@jobs.cron("0 2 * * *", zone="Europe/Berlin", overlap="queue", misfire=Misfire.ALL, jitter=timedelta(minutes=1))
@jobs.job(queue="nights")
def clean_up(keep_days: int = 30) -> int:
    return keep_days


@jobs.every(minutes=5, name="poll", durable=False)
async def poll() -> str:
    return ""


@jobs.cron(Every.hour)
@jobs.every(timedelta(minutes=7), name="seven")
@jobs.job(takes_context=True)
async def told(ctx: Context) -> None:
    assert_type(ctx.schedule, str | None)
    assert_type(ctx.scheduled_for, datetime | None)


class Service:
    @jobs.cron("@daily")
    @jobs.job
    def tidy(self) -> float:
        return 0.0


assert_type(clean_up(), int)
assert_type(clean_up(3), int)
assert_type(poll, AsyncJob[[], str])
assert_type(told, AsyncContextJob[[], None])
assert_type(Service.tidy, MethodJob[Service, [], float])

jobs.cron("0 2 * * *", overlap="sometimes")  # type: ignore[arg-type]
jobs.cron(5)  # type: ignore[arg-type]
jobs.every(minutes="5")  # type: ignore[arg-type]
jobs.every(fortnights=1)  # type: ignore[call-arg]
jobs.cron("0 2 * * *", tz="Europe/Berlin")  # type: ignore[call-arg]
jobs.next_runs("0 2 * * *", tz="Europe/Berlin")  # type: ignore[arg-type]
cron("0 2 * * *", tz="Europe/Berlin")  # type: ignore[arg-type]
cron("0 2 * * *", zone=5)  # type: ignore[arg-type]
every(minutes=1, timezone="Europe/Berlin")  # type: ignore[arg-type]
jobs.next_runs("0 2 * * *", zone=ZoneInfo("Europe/Berlin"))
jobs.cron("0 2 * * *", zone=UTC)
every(days=1, zone=ZoneInfo("Europe/Berlin"))


def declare() -> None:
    options: ScheduleOptions = {"overlap": Overlap.SKIP, "managed": "db", "max_runs": 3}
    assert_type(jobs.recurring("a", cron("0 2 * * *"), clean_up.call(keep_days=3), **options), Recurring)
    jobs.recurring(every(hours=1), clean_up, excluding=days_off(weekdays=["sat"], dates=[date(2030, 1, 1)]))
    jobs.recurring(timedelta(hours=1), poll, start_at=datetime(2030, 1, 1, tzinfo=UTC), run_at_start=True)
    jobs.recurring("0 2 * * *", clean_up)
    jobs.recurring("a", clean_up.call())  # a text alone is a timetable
    jobs.recurring(clean_up.call())  # type: ignore[call-overload]
    jobs.recurring("a", 5, clean_up.call())  # type: ignore[call-overload]
    jobs.recurring("a", Every.day, clean_up.call(), overlap="never")  # type: ignore[call-overload]
    jobs.recurring("a", Every.day, clean_up.call(), ref_id="x")  # type: ignore[call-overload]
    assert_type(jobs.next_runs("0 2 * * *", zone="Europe/Berlin", n=3), list[datetime])


async def look() -> None:
    made = jobs.add_recurring("a", Every.day, clean_up.call(), by="ann", overlap="queue")
    assert_type(made, Recurring)
    assert_type(await jobs.aadd_recurring(timedelta(days=1), clean_up), Recurring)
    jobs.add_recurring("a", Every.day, clean_up.call(), managed="code")  # type: ignore[call-overload]
    assert_type(jobs.get_recurring("a"), Recurring)
    assert_type(await jobs.aschedules(limit=3, after="a"), tuple[Schedule, ...])
    schedule = made.info()
    assert_type(schedule.state, ScheduleState)
    assert_type(schedule.managed, Managed | None)
    assert_type(schedule.next_run, datetime | None)
    assert_type(schedule.last_run, Occurrence | None)
    assert_type(made.history(), tuple[Occurrence, ...])
    assert_type((await made.ahistory(limit=3))[0].outcome, Occurred)
    assert_type(made.trigger(by="ann", force=True), Ref[Any])
    assert_type(await jobs.atrigger("a"), Ref[Any])
    assert_type(made.pause(by="ann"), bool)
    assert_type(jobs.resume_recurring("a"), bool)
    assert_type(made.remove(for_good=True), Removed)
    assert_type(await made.anext_runs(3), list[datetime])
    assert_type(jobs.pause_scheduler(by="ann"), bool)
    assert_type(jobs.scheduler_paused(), datetime | None)
    jobs.list(schedule="a")


async def test() -> None:
    with manual(jobs) as world:
        assert_type(world, World)
        assert_type(world.fire("a"), Drained)
        assert_type(await world.afire(), Drained)
        world.drain(until=world.clock.now() + timedelta(days=1), schedules=True)
    with recording(jobs) as sent:
        assert_type(sent.schedule("a"), Schedule)
        assert_type(sent.schedules, tuple[Schedule, ...])

"""`@jobs.cron` and `@jobs.every`: the job stays what it is, and has a schedule."""

from datetime import timedelta

import pytest

from headway import ArgumentsInvalid, Context, Every, HandlerRefused, Jobs, OptionInvalid, ScheduleExists
from headway.client.job import AsyncJob, CommandJob, SyncJob


def plain() -> str:
    return "plain"


async def coroutine() -> str:
    return "coroutine"


def needs(customer: int, month: str, note: str = "") -> None: ...


def with_context(ctx: Context) -> None: ...


class Report:
    def run(self) -> str:
        return "report"


class Service:
    def clean(self) -> None: ...


def declared(jobs: Jobs) -> list[tuple[str, str, str]]:
    return [(one.name, str(one.timetable), one.job.name) for one in jobs.registry.schedules]


def test_a_job_gets_a_schedule_and_stays_what_it_is(jobs: Jobs) -> None:
    job = jobs.job(queue="nights", name="plain")(plain)
    assert jobs.cron("0 2 * * *", zone="Europe/Berlin", overlap="queue")(job) is job
    (made,) = jobs.registry.schedules
    assert declared(jobs) == [("plain", "0 2 * * * Europe/Berlin", "plain")]
    assert (made.overlap, made.job.queue) == ("queue", "nights")
    assert job() == "plain"


def test_a_function_a_coroutine_function_and_a_class_are_made_jobs(jobs: Jobs) -> None:
    made = [jobs.every(minutes=5)(plain), jobs.cron(Every.day)(coroutine), jobs.every(timedelta(hours=2))(Report)]
    assert [type(one) for one in made] == [SyncJob, AsyncJob, CommandJob]
    assert [table for _, table, _ in declared(jobs)] == ["every 0:05:00", "0 0 * * *", "every 2:00:00"]
    assert [one.name for one in made] == [name for name, _, _ in declared(jobs)]


def test_a_job_has_several_schedules_by_their_names(jobs: Jobs) -> None:
    job = jobs.job(name="plain")(plain)
    jobs.cron("0 2 * * *")(jobs.every(hours=1, name="hourly")(job))
    assert [name for name, _, _ in declared(jobs)] == ["hourly", "plain"]
    with pytest.raises(ScheduleExists, match="give one of them a name"):
        jobs.cron("0 3 * * *")(job)


def test_a_job_with_the_context_has_no_arguments_to_give(jobs: Jobs) -> None:
    jobs.cron("0 2 * * *")(jobs.job(takes_context=True, name="ctx")(with_context))
    assert declared(jobs) == [("ctx", "0 2 * * *", "ctx")]


def test_a_method_is_scheduled_in_its_class(jobs: Jobs) -> None:
    class Local:
        @jobs.every(hours=1, name="clean")
        @jobs.job(name="local.clean")
        def clean(self) -> None: ...

    assert declared(jobs) == [("clean", "every 1:00:00", "local.clean")]
    jobs.cron("0 1 * * *", name="service")(jobs.register(Service.clean, of=Service))
    assert declared(jobs)[1][0] == "service"


def test_what_needs_arguments_is_refused_and_they_are_named(jobs: Jobs) -> None:
    for target in (needs, jobs.job(name="needs")(needs)):
        with pytest.raises(
            ArgumentsInvalid, match=r"'customer', 'month'; a schedule has none .* needs\.call\(\.\.\.\)"
        ):
            jobs.cron("0 2 * * *")(target)
    assert declared(jobs) == []


def test_the_decorators_stand_above_the_one_of_the_job(jobs: Jobs) -> None:
    with pytest.raises(HandlerRefused, match=r"@jobs\.cron and @jobs\.every go above @jobs\.job"):
        jobs.job(jobs.cron("0 2 * * *")(plain))


def test_a_decorator_without_its_timetable_says_so(jobs: Jobs) -> None:
    with pytest.raises(OptionInvalid, match=r"cron\(\.\.\.\) takes an expression"):
        jobs.cron(plain)  # type: ignore[arg-type]
    with pytest.raises(OptionInvalid, match=r"every\(\.\.\.\) takes a duration"):
        jobs.every(plain)  # type: ignore[arg-type]
    with pytest.raises(OptionInvalid, match="1 second to"):
        jobs.every()

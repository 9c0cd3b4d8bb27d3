"""Schedules as code declares them: what stands in the registry then, and what is refused."""

import logging
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from headway import (
    ArgumentsInvalid,
    CronInvalid,
    EnqueueVetoed,
    Every,
    HandlerRefused,
    Jobs,
    NameInvalid,
    OptionInvalid,
    OptionUnknown,
    ScheduleExists,
    ZoneUnknown,
    cron,
    days_off,
    every,
)
from headway.model.occurrence import job_of
from headway.model.schedule import Definition
from headway.model.timetable import CronTable, IntervalTable

NOON = datetime(2030, 5, 1, 12, 0, tzinfo=UTC)
NOON_US = int(NOON.timestamp() * 1_000_000)


@pytest.fixture
def jobs(jobs: Jobs) -> Jobs:
    jobs.register(lambda: None, name="work")
    jobs.register(_cleanup, name="cleanup")
    return jobs


def _cleanup(keep_days: int = 7) -> None: ...


def _named(keep_days: int) -> None: ...


def only(jobs: Jobs) -> Definition:
    (made,) = jobs.registry.schedules
    return made


def call(jobs: Jobs, name: str = "cleanup", **arguments: object):
    return jobs.call_by_name(name, arguments)


# -- what is declared ------------------------------------------------------------------------------------------------


def test_a_declaration_stores_and_opens_nothing(jobs: Jobs, tmp_path: Path) -> None:
    made = jobs.recurring("nightly", cron("0 2 * * *", zone="Europe/Berlin"), call(jobs, keep_days=30))
    assert (made.name, made.app, repr(made)) == ("nightly", "default", "<Recurring nightly>")
    assert not (tmp_path / "store").exists()
    assert only(jobs).timetable == CronTable("0 2 * * *", "Europe/Berlin")
    assert (only(jobs).job.name, only(jobs).job.payload) == ("cleanup", '{"keep_days":30}')


def test_without_a_name_it_has_its_handlers(jobs: Jobs) -> None:
    assert jobs.recurring(Every.day, call(jobs)).name == "cleanup"


def test_two_of_one_handler_without_names_are_told_to_take_one(jobs: Jobs) -> None:
    jobs.recurring("0 2 * * *", call(jobs))
    with pytest.raises(
        ScheduleExists, match=r"0 2 \* \* \*, and cleanup at every 1:00:00; give one of them a name.*timetable"
    ):
        jobs.recurring(timedelta(hours=1), call(jobs))
    jobs.recurring("hourly", timedelta(hours=1), call(jobs))
    assert [one.name for one in jobs.registry.schedules] == ["cleanup", "hourly"]


def test_two_of_one_name_with_different_jobs_are_refused(jobs: Jobs) -> None:
    jobs.recurring("x", "0 2 * * *", call(jobs, "work"))
    with pytest.raises(ScheduleExists, match="'x'"):
        jobs.recurring("x", "0 2 * * *", call(jobs))


def test_the_same_declared_again_is_the_same(jobs: Jobs) -> None:
    for _ in range(2):
        jobs.recurring("x", "0 2 * * *", call(jobs, keep_days=3), overlap="queue")
    assert only(jobs).name == "x"


@pytest.mark.parametrize(
    ("given", "table"),
    [
        ("*/5 * * * *", CronTable("*/5 * * * *")),
        (timedelta(minutes=5), IntervalTable(300_000_000)),
        (every(hours=1, minutes=30), IntervalTable(5_400_000_000)),
        (Every.week, CronTable("0 0 * * 0")),
    ],
)
def test_a_timetable_is_written_in_several_ways(jobs: Jobs, given: Any, table: object) -> None:
    jobs.recurring(given, call(jobs))
    assert only(jobs).timetable == table


def test_a_call_is_a_call_a_job_or_the_function_of_one(jobs: Jobs) -> None:
    job = jobs.register(_named, name="named")
    jobs.recurring("a", Every.day, job.call(3))
    jobs.recurring("b", Every.day, jobs.job_named("cleanup"))
    jobs.recurring("c", Every.day, _cleanup)
    assert [one.job.payload for one in jobs.registry.schedules] == ['{"keep_days":3}', "{}", "{}"]


def test_every_option_arrives_in_the_definition(jobs: Jobs) -> None:
    off = days_off(dates=[date(2030, 5, 2)], weekdays=["sat"])
    jobs.recurring(
        "x",
        "0 2 * * *",
        call(jobs),
        description="Deletes what is old",
        managed="db",
        overlap="cancel_running",
        misfire="all",
        misfire_grace=timedelta(minutes=1),
        misfire_limit=7,
        misfire_age=timedelta(days=2),
        start_at=NOON,
        end_at=NOON + timedelta(days=9),
        max_runs=5,
        jitter=timedelta(seconds=30),
        excluding=off,
        run_at_start=True,
        durable=False,
    )
    made = only(jobs)
    assert (made.description, made.managed, made.overlap, made.misfire) == (
        "Deletes what is old", "db", "cancel_running", "all",
    )  # fmt: skip
    assert (made.misfire_grace_us, made.misfire_limit, made.misfire_age_us) == (60_000_000, 7, 172_800_000_000)
    assert (made.start_us, made.end_us) == (NOON_US, NOON_US + 9 * 86_400_000_000)
    assert (made.max_runs, made.jitter_us, made.excluding, made.run_at_start) == (5, 30_000_000, off, True)
    assert made.job.fleeting


def test_none_stands_for_no_limit(jobs: Jobs) -> None:
    jobs.recurring(
        "a", "0 2 * * *", call(jobs), misfire_age=None, start_at=None, end_at=None, max_runs=None, excluding=None
    )
    jobs.recurring("a", "0 2 * * *", call(jobs))
    assert only(jobs).max_runs is None


def test_options_of_the_call_travel_with_each_run(jobs: Jobs) -> None:
    given = call(jobs).using(
        queue="nights", priority="low", retries=9, timeout=timedelta(minutes=2), tags=["t"], worker="w", user_id="u",
        concurrency_key="k", concurrency_limit=3, unique_key="one", args={"from": "schedule"}, created_by="me",
    )  # fmt: skip
    jobs.recurring("x", "0 2 * * *", given.then(jobs.job_named("work")))
    job = job_of(only(jobs), NOON_US)
    assert (job.queue, job.priority, job.retries, job.tags, job.lane) == ("nights", -10, 9, ("t",), "w")
    assert (job.user_id, job.key, job.key_limit, job.unique_key, job.created_by) == ("u", "k", 3, "one", "me")
    assert job.options == '{"timeout_us":120000000}'
    assert job.extras == f'{{"args":{{"from":"schedule"}},"run":["x",{NOON_US}]}}'
    assert job.callback is not None
    assert '"work"' in job.callback
    assert (job.ref_id, job.recurring, job.due_us) == ("x@2030-05-01T12:00:00Z", True, NOON_US)


def test_a_duration_of_expiry_is_counted_from_when_each_run_is_due(jobs: Jobs) -> None:
    jobs.recurring("x", "0 * * * *", call(jobs).using(expires=timedelta(minutes=10)), jitter=timedelta(minutes=5))
    job = job_of(only(jobs), NOON_US)
    assert only(jobs).job.expires_us is None
    assert job.due_us is not None
    assert job.expires_us == job.due_us + 600_000_000


def test_a_declaration_is_the_same_in_every_process(jobs: Jobs, tmp_path: Path) -> None:
    def declare(where: Jobs) -> Definition:
        where.recurring("x", "0 2 * * *", where.call_by_name("work", {}).using(expires=timedelta(hours=1)))
        return only(where)

    with Jobs(tmp_path / "other") as other:
        other.register(lambda: None, name="work")
        assert declare(other).digest == declare(jobs).digest


def test_hooks_of_enqueues_see_the_call_when_it_is_declared(jobs: Jobs) -> None:
    jobs.on_enqueue(lambda call: None if call.name == "work" else call.using(tags=["hooked"]))
    jobs.recurring("x", "0 2 * * *", call(jobs))
    assert only(jobs).job.tags == ("hooked",)
    with pytest.raises(EnqueueVetoed):
        jobs.recurring("y", "0 2 * * *", call(jobs, "work"))


def test_warnings_of_an_expression_are_logged_once(jobs: Jobs, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "headway.schedules"):
        for _ in range(2):
            jobs.recurring("friday-13", "0 4 13 * 5", call(jobs))
    (record,) = caplog.records
    assert "friday-13" in record.getMessage()
    assert "must both match" in record.getMessage()


# -- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"ref_id": "r"}, "with ref_id: each run has one of its own"),
        ({"run_after": timedelta(hours=1)}, "with run_after: the timetable says when"),
        ({"run_after": NOON}, "with run_after"),
        ({"expires": NOON}, "give a duration"),
        ({"on_success": print}, "with on_success: nobody is there"),
        ({"on_failure": print}, "with on_failure"),
        ({"unique_key": "k", "on_duplicate": "raise"}, "on_duplicate='raise'"),
    ],
)
def test_options_that_make_sense_for_one_enqueue_only_are_refused(
    jobs: Jobs, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(OptionInvalid, match=said):
        jobs.recurring("x", "0 2 * * *", call(jobs).using(**options))
    assert jobs.registry.schedules == ()


def test_what_ties_a_call_to_other_jobs_is_refused(jobs: Jobs) -> None:
    first = jobs.enqueue(call(jobs))
    batch = jobs.open_batch("b")
    for options in (
        {"depends_on": first},
        {"depends_on": first, "when": "finished"},
        {"parent": first},
        {"batch": batch},
    ):
        with pytest.raises(OptionInvalid, match="cannot be scheduled with"):
            jobs.recurring("x", "0 2 * * *", call(jobs).using(**options))
    with pytest.raises(OptionInvalid, match=r"results of other jobs \(keep_days\)"):
        jobs.recurring("x", "0 2 * * *", call(jobs, keep_days=first.value))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"overlap": "never"}, "overlap must be one of 'skip', 'allow', 'queue', 'cancel_running', not 'never'"),
        ({"misfire": "twice"}, "misfire must be one of 'once', 'skip', 'all'"),
        ({"managed": "ui"}, "managed must be one of 'code', 'db'"),
        ({"misfire_grace": 5}, r"misfire_grace must be a duration such as timedelta\(seconds=5\)"),
        ({"misfire_grace": timedelta(days=2)}, "misfire_grace must be at most 1 day"),
        ({"jitter": timedelta(days=-1)}, "jitter must be above 0"),
        ({"misfire_limit": 0}, "misfire_limit must be an integer from 1 to 1,000"),
        ({"max_runs": True}, "max_runs must be an integer from 1"),
        ({"start_at": datetime(2030, 1, 1)}, "no time zone"),  # noqa: DTZ001 - that is the point
        ({"end_at": timedelta(days=1)}, "end_at must be an aware datetime"),
        ({"start_at": NOON, "end_at": NOON - timedelta(days=1)}, "exclude each other: it would never fire"),
        ({"excluding": ["sat"]}, r"excluding must be days_off\(...\)"),
        ({"description": "x" * 1_001}, "description must be text of at most 1,000 characters"),
        ({"durable": 0}, "durable must be True or False"),
    ],
)
def test_an_option_says_what_it_can_be(jobs: Jobs, options: dict[str, Any], said: str) -> None:
    with pytest.raises(OptionInvalid, match=said):
        jobs.recurring("x", "0 2 * * *", call(jobs), **options)


def test_an_unknown_option_names_the_nearest(jobs: Jobs) -> None:
    with pytest.raises(OptionUnknown, match="did you mean 'overlap'"):
        jobs.recurring("x", "0 2 * * *", call(jobs), overlapp="skip")  # type: ignore[call-overload]


def test_bad_timetables_are_refused_where_they_are_written(jobs: Jobs) -> None:
    with pytest.raises(CronInvalid, match=r"25 2 \* \*"):
        jobs.recurring("x", "25 2 * *", call(jobs))
    with pytest.raises(CronInvalid):
        jobs.cron("0 0 30 2 *")
    with pytest.raises(ZoneUnknown, match="Europe/Berlino"):
        jobs.cron("0 2 * * *", zone="Europe/Berlino")
    with pytest.raises(OptionInvalid, match="1 second to"):
        jobs.every(seconds=0)
    with pytest.raises(OptionInvalid, match="a timetable must be"):
        jobs.recurring("x", 5, call(jobs))  # type: ignore[call-overload]
    with pytest.raises(OptionInvalid, match="give the zone once"):
        jobs.cron(Every.day, zone="Europe/Berlin")


def test_a_zone_under_another_word_is_told_to_be_called_zone(jobs: Jobs) -> None:
    for word in ("tz", "timezone"):
        given: Any = {word: "Europe/Berlin"}
        for make in (partial(cron, "0 2 * * *"), partial(every, minutes=1), partial(jobs.next_runs, "0 2 * * *")):
            with pytest.raises(OptionUnknown, match=f"no option '{word}': write zone='Europe/Berlin'"):
                make(**given)
        for declare in (jobs.cron("0 2 * * *", **given), jobs.every(minutes=1, **given)):
            with pytest.raises(OptionUnknown, match=f"no option '{word}': .*zone='Europe/Berlin'"):
                declare(_cleanup)
        with pytest.raises(OptionUnknown, match="a zone belongs to the timetable"):
            jobs.recurring("x", "0 2 * * *", call(jobs), **given)
    odd: Any = {"minute": 5}
    with pytest.raises(OptionUnknown, match="did you mean 'minutes'"):
        every(**odd)


def test_an_interval_that_is_written_as_an_expression_is_told_how_to_write_it(jobs: Jobs) -> None:
    with pytest.raises(OptionInvalid, match=r"write every\(seconds=90\)"):
        jobs.recurring("x", "every 90s", call(jobs))
    with pytest.raises(OptionInvalid, match=r"write every\(minutes=5\)"):
        jobs.recurring("x", "@every 5m", call(jobs))


def test_start_and_end_between_which_it_never_comes_are_refused(jobs: Jobs) -> None:
    span = {"start_at": datetime(2031, 1, 2, tzinfo=UTC), "end_at": datetime(2031, 1, 3, tzinfo=UTC)}
    with pytest.raises(OptionInvalid, match="no instant of it lies between"):
        jobs.recurring("x", "0 0 1 * *", call(jobs), **span)  # type: ignore[call-overload]
    jobs.recurring("once", "0 0 1 * *", call(jobs), run_at_start=True, **span)  # type: ignore[call-overload]
    jobs.recurring("edge", "0 0 2 * *", call(jobs), **span)  # type: ignore[call-overload]
    jobs.recurring("week", every(weeks=1), call(jobs), **span)  # type: ignore[call-overload]


def test_what_is_over_or_spreads_over_its_next_run_is_warned_about(
    jobs: Jobs, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "headway.schedules"):
        jobs.recurring("fine", "*/10 * * * *", call(jobs), jitter=timedelta(minutes=10))
        jobs.recurring("over", "0 2 * * *", call(jobs), end_at=datetime(2020, 1, 1, tzinfo=UTC))
        jobs.recurring("spread", "*/10 * * * *", call(jobs), jitter=timedelta(hours=1))
        jobs.recurring("beside", "*/10 * * * *", call(jobs), jitter=timedelta(hours=1), overlap="allow")
    over, spread, beside = (record.getMessage() for record in caplog.records)
    assert over.startswith("the schedule over (0 2 * * *): its end was 2020-01-01 00:00:00 UTC: it is over already")
    assert "jitter of up to 1:00:00 is longer than the 0:10:00" in spread
    assert "the next one is skipped" in spread
    assert "another order" in beside


def test_days_off_that_leave_no_day_are_refused(jobs: Jobs) -> None:
    with pytest.raises(OptionInvalid, match="would never fire"):
        jobs.recurring("x", "0 8 25 12 *", call(jobs), excluding=days_off(yearly=["12-25"]))
    jobs.recurring(
        "x", "0 8 * 12 *", call(jobs), excluding=days_off(yearly=["12-25"]), end_at=NOON - timedelta(days=9_000)
    )


def test_jitter_is_shorter_than_its_interval(jobs: Jobs) -> None:
    with pytest.raises(OptionInvalid, match=r"jitter must be shorter than the interval of x \(every 0:01:00\)"):
        jobs.recurring("x", every(minutes=1), call(jobs), jitter=timedelta(minutes=1))
    jobs.recurring("x", every(minutes=1), call(jobs), jitter=timedelta(seconds=59))


def test_a_method_of_an_instance_is_the_job_of_its_class(jobs: Jobs) -> None:
    class Service:
        @jobs.job(name="service.tidy")
        def tidy(self) -> None: ...

    jobs.recurring("bound", Every.day, Service().tidy)
    jobs.recurring("taken", Every.day, Service.tidy)
    assert [one.job.name for one in jobs.registry.schedules] == ["service.tidy", "service.tidy"]


def test_what_is_no_call_is_refused(jobs: Jobs, tmp_path: Path) -> None:
    with pytest.raises(HandlerRefused, match="is no job"):
        jobs.recurring("x", "0 2 * * *", _named)
    with pytest.raises(ArgumentsInvalid, match="takes a timetable and a call"):
        jobs.recurring("x")  # type: ignore[call-overload]
    job = jobs.register(_named, name="named")
    with pytest.raises(
        ArgumentsInvalid, match=r"'keep_days'; a schedule has none to give: write jobs.recurring\(.*call"
    ):
        jobs.recurring("x", "0 2 * * *", job)
    with Jobs(tmp_path / "crm", app="crm") as other, pytest.raises(OptionInvalid, match="belongs to the app 'default'"):
        other.recurring("x", "0 2 * * *", job.call(3))


def test_names_fit_a_reference_with_the_instant(jobs: Jobs) -> None:
    with pytest.raises(NameInvalid, match="the limit is 150"):
        jobs.recurring("x" * 151, "0 2 * * *", call(jobs))
    jobs.register(lambda: None, name="y" * 151)
    with pytest.raises(NameInvalid, match="give the schedule a name of its own"):
        jobs.recurring("0 2 * * *", call(jobs, "y" * 151))
    jobs.recurring("x" * 150, "0 2 * * *", call(jobs))
    assert len(job_of(only(jobs), NOON_US + 1).ref_id) <= 200


# -- the next instants -----------------------------------------------------------------------------------------------


def test_the_next_instants_are_told_by_the_clocks_of_the_zone(jobs: Jobs) -> None:
    first, second = jobs.next_runs("0 2 * * *", zone="Europe/Berlin", n=2)
    assert (first.hour, second - first, str(first.tzinfo)) == (2, timedelta(days=1), "Europe/Berlin")
    assert len(jobs.next_runs(every(minutes=5))) == 5
    with pytest.raises(OptionInvalid, match="zone= goes with a cron expression"):
        jobs.next_runs(Every.day, zone="Europe/Berlin")
    with pytest.raises(OptionInvalid, match="from 1 to 1,000"):
        jobs.next_runs(Every.day, n=0)

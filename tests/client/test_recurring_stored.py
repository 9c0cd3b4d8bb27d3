"""Schedules in the store, as programs see them: added, looked at, paused, run by hand, removed."""

import logging
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from headway import (
    Every,
    Jobs,
    Managed,
    Misfire,
    Occurred,
    OptionInvalid,
    OptionUnknown,
    Overlap,
    Recurring,
    Removed,
    ScheduleBusy,
    ScheduleManaged,
    ScheduleNotFound,
    ScheduleState,
    State,
    cron,
    every,
)
from headway.model.clock import from_us
from headway.store.scheduling import Fired
from tests.client.turns import Turns
from tests.conformance.owned_clock import OwnedClock

START = datetime(2027, 1, 15, 8, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def jobs(jobs: Jobs) -> Jobs:
    jobs.register(lambda number=0: None, name="work", retries=0)
    return jobs


def work(jobs: Jobs, **arguments: object):
    return jobs.call_by_name("work", arguments)


def declare(turns: Turns) -> None:
    jobs = turns.jobs
    jobs.store.call(jobs.store.declare(jobs.app, jobs.registry.schedules, node_id=turns.node))


def fire(jobs: Jobs) -> Fired:
    return jobs.store.call(jobs.store.fire(jobs.app))


# -- adding ----------------------------------------------------------------------------------------------------------


def test_one_that_is_added_is_stored_at_once_and_belongs_to_the_store(jobs: Jobs) -> None:
    made = jobs.add_recurring(
        "ann", cron("0 9 * * *", zone="Europe/Berlin"), work(jobs, number=7), by="admin", overlap="queue",
        misfire="all", description="For Ann", start_at=START, end_at=START + timedelta(days=9), max_runs=4,
    )  # fmt: skip
    info = made.info()
    assert info.timetable == cron("0 9 * * *", zone="Europe/Berlin")
    assert (info.name, info.app, info.job, info.arguments) == ("ann", "default", "work", {"number": 7})
    assert (info.state, info.managed, info.description) == (ScheduleState.ACTIVE, Managed.DB, "For Ann")
    assert (info.overlap, info.misfire, info.max_runs, info.durable) == (Overlap.QUEUE, Misfire.ALL, 4, True)
    assert (info.start_at, info.end_at) == (START, START + timedelta(days=9))
    assert (info.created, info.created_by, info.changed) == (START, "admin", START)
    assert (info.next_run, info.last_run, info.last_success) == (START + timedelta(days=1), None, None)
    assert (info.run_count, info.skip_count, info.missed_count, info.error) == (0, 0, 0, None)
    assert (info.paused, info.is_paused, info.waits_for_clock) == (None, False, False)
    assert jobs.registry.schedules == ()


def test_the_same_name_is_the_same_schedule_changed(jobs: Jobs, clock: OwnedClock) -> None:
    jobs.add_recurring("ann", every(minutes=1), work(jobs), by="admin")
    clock.advance(60)
    assert fire(jobs).runs == 1
    again = jobs.add_recurring("ann", Every.day, work(jobs, number=2), by="ann", durable=False)
    info = again.info()
    assert (info.created_by, info.changed_by, info.changed, info.run_count) == ("admin", "ann", START + MINUTE, 1)
    assert (info.next_run, info.arguments, info.durable) == (datetime(2027, 1, 16, tzinfo=UTC), {"number": 2}, False)
    assert [one.outcome for one in again.history()] == [Occurred.STARTED]


def test_one_of_the_code_is_not_changed_from_outside(jobs: Jobs, turns: Turns) -> None:
    jobs.recurring("ours", Every.day, work(jobs))
    declare(turns)
    with pytest.raises(ScheduleManaged, match="'ours' is managed by code"):
        jobs.add_recurring("ours", Every.hour, work(jobs))
    assert str(jobs.get_recurring("ours").info().timetable) == "0 0 * * *"


def test_one_that_this_process_declares_is_not_added_beside_it(jobs: Jobs) -> None:
    jobs.recurring("ours", Every.day, work(jobs))
    with pytest.raises(ScheduleManaged, match="'ours' is managed by code, which declares it in this process"):
        jobs.add_recurring("ours", Every.hour, work(jobs))
    assert jobs.schedules() == ()
    jobs.recurring("theirs", Every.day, work(jobs), managed="db")
    assert jobs.add_recurring("theirs", Every.hour, work(jobs)).info().managed is Managed.DB


def test_a_warning_about_one_that_is_stored_again_is_said_once(jobs: Jobs, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "headway.schedules"):
        for number in range(2):
            jobs.add_recurring("ann", "0 4 13 * 5", work(jobs, number=number))
    assert [record.getMessage() for record in caplog.records if "must both match" in record.getMessage()] == [
        caplog.records[0].getMessage()
    ]


def test_what_is_added_is_checked_like_what_is_declared(jobs: Jobs) -> None:
    with pytest.raises(OptionUnknown, match="no option 'managed'"):
        jobs.add_recurring("x", Every.day, work(jobs), managed="code")  # type: ignore[call-overload]
    with pytest.raises(OptionInvalid, match="with run_after"):
        jobs.add_recurring("x", Every.day, work(jobs).using(run_after=MINUTE))
    with pytest.raises(ScheduleNotFound):
        jobs.get_recurring("x")


# -- looking ---------------------------------------------------------------------------------------------------------


def test_one_that_is_only_declared_is_not_in_the_store_yet(jobs: Jobs, turns: Turns) -> None:
    made = jobs.recurring("ours", cron("0 9 * * *", zone="Europe/Berlin"), work(jobs))
    for look in (made.info, made.history, made.pause, made.resume, made.trigger, lambda: jobs.get_recurring("ours")):
        with pytest.raises(ScheduleNotFound, match=r"'ours' .*stored when a worker starts that has it"):
            look()
    assert made.next_runs(1) == [datetime(2027, 1, 16, 9, tzinfo=ZoneInfo("Europe/Berlin"))]
    declare(turns)
    assert made.info().managed is Managed.CODE
    assert made == jobs.get_recurring("ours") != jobs.recurring("other", Every.day, work(jobs))
    assert len({made, jobs.get_recurring("ours")}) == 1
    assert made != "ours"


def test_a_name_that_nobody_has_is_told(jobs: Jobs) -> None:
    with pytest.raises(ScheduleNotFound, match="there is no schedule 'nobody' of the app 'default'"):
        Recurring(jobs, "nobody").next_runs()
    for act in (jobs.pause_recurring, jobs.resume_recurring, jobs.trigger):
        with pytest.raises(ScheduleNotFound):
            act("nobody")
    assert jobs.remove_recurring("nobody") is Removed.NOT_FOUND


def test_schedules_are_listed_by_name_a_page_at_a_time(jobs: Jobs) -> None:
    for name in ("c", "a", "b"):
        jobs.add_recurring(name, Every.day, work(jobs))
    assert [one.name for one in jobs.schedules()] == ["a", "b", "c"]
    assert [one.name for one in jobs.schedules(limit=2)] == ["a", "b"]
    assert [one.name for one in jobs.schedules(after="b")] == ["c"]


def test_the_next_runs_are_those_that_will_be(jobs: Jobs, clock: OwnedClock) -> None:
    made = jobs.add_recurring("x", every(minutes=10), work(jobs), max_runs=3)
    clock.advance(90)
    assert made.next_runs() == [START + MINUTE * 10 * number for number in (1, 2, 3)]
    clock.advance(600)
    fire(jobs)
    assert made.next_runs() == [START + MINUTE * 20, START + MINUTE * 30]
    made.pause()
    assert made.next_runs(1) == [START + MINUTE * 20]
    made.resume()
    for _ in range(2):
        clock.advance(600)
        fire(jobs)
    assert (made.info().state, made.next_runs()) == (ScheduleState.FINISHED, [])


def test_the_history_tells_what_ran_what_was_skipped_and_what_was_missed(
    jobs: Jobs, turns: Turns, clock: OwnedClock
) -> None:
    made = jobs.add_recurring("x", every(minutes=1), work(jobs), misfire="skip")
    clock.advance(60)
    fire(jobs)
    clock.advance(2)
    turns.fail("broken")
    clock.advance(58)
    fire(jobs)
    clock.advance(60)
    fire(jobs)
    clock.advance(3 * 60 + 30)
    assert fire(jobs).passed == 3
    missed, skipped, started, failed = made.history()
    assert (missed.outcome, missed.count, missed.is_least) == (Occurred.MISSED, 3, False)
    assert (missed.scheduled_for, missed.until) == (START + 4 * MINUTE, START + 6 * MINUTE)
    assert (skipped.outcome, skipped.state, skipped.code) == (Occurred.SKIPPED, State.SKIPPED, "overlap")
    assert (started.outcome, started.state, started.duration) == (Occurred.STARTED, State.QUEUED, None)
    assert (failed.state, failed.error) == (State.FAILED, "broken")
    assert (failed.scheduled_for, failed.created, failed.finished) == (
        START + MINUTE, START + MINUTE, START + MINUTE + timedelta(seconds=2),
    )  # fmt: skip
    assert failed.job_id is not None
    assert jobs.get(failed.job_id).status().state is State.FAILED
    assert made.history(2) == (missed, skipped)
    info = made.info()
    assert info.last_run == started
    assert (info.run_count, info.skip_count, info.missed_count) == (2, 1, 3)


def test_runs_of_a_schedule_are_found_among_all_jobs(jobs: Jobs, clock: OwnedClock) -> None:
    jobs.add_recurring("x", every(minutes=1), work(jobs))
    jobs.add_recurring("y", every(minutes=1), work(jobs))
    jobs.enqueue(work(jobs))
    clock.advance(60)
    fire(jobs)
    by_hand = jobs.trigger("x", force=True)
    assert jobs.list(schedule="x").rows[0].id == by_hand.id
    assert {row.ref_id for row in jobs.list(schedule="x").rows} == {"x@2027-01-15T08:01:00Z", by_hand.ref_id}
    assert len(jobs.list(schedule="y", states=[State.QUEUED]).rows) == 1


# -- acting ----------------------------------------------------------------------------------------------------------


def test_a_paused_one_does_not_fire_until_it_is_resumed(jobs: Jobs, clock: OwnedClock) -> None:
    made = jobs.add_recurring("x", every(minutes=1), work(jobs))
    assert (made.pause(by="ann"), made.pause(by="bob")) == (True, False)
    clock.advance(600)
    assert fire(jobs).runs == 0
    info = made.info()
    assert (info.state, info.paused, info.paused_by, info.is_paused) == (ScheduleState.PAUSED, START, "ann", True)
    assert (jobs.resume_recurring("x"), jobs.resume_recurring("x")) == (True, False)
    assert made.next_runs(1) == [START + 11 * MINUTE]
    assert fire(jobs).runs == 0


def test_a_run_by_hand_leaves_the_schedule_where_it_is(jobs: Jobs, clock: OwnedClock) -> None:
    made = jobs.add_recurring("x", every(minutes=5), work(jobs, number=3))
    clock.advance(90)
    ref = made.trigger(by="ann")
    assert (ref.name, ref.detail().payload, ref.status().state) == ("work", '{"number":3}', State.QUEUED)
    (run,) = made.history()
    assert (run.outcome, run.by, run.job_id) == (Occurred.MANUAL, "ann", ref.id)
    assert run.scheduled_for == from_us(clock.now_us())
    assert (made.info().run_count, made.next_runs(1)) == (0, [START + 5 * MINUTE])
    with pytest.raises(ScheduleBusy, match=f"runs already, as job {ref.id}") as busy:
        jobs.trigger("x")
    assert busy.value.id == ref.id
    assert jobs.trigger("x", force=True) != ref


def test_one_that_is_removed_is_gone_and_its_jobs_stay(jobs: Jobs, turns: Turns, clock: OwnedClock) -> None:
    made = jobs.add_recurring("x", every(minutes=1), work(jobs))
    clock.advance(60)
    fire(jobs)
    assert made.remove(by="ann") is Removed.REMOVED
    with pytest.raises(ScheduleNotFound):
        made.info()
    assert jobs.get("x@2027-01-15T08:01:00Z").status().state is State.QUEUED
    jobs.recurring("ours", Every.day, work(jobs))
    declare(turns)
    assert jobs.remove_recurring("ours") is Removed.RETURNS
    declare(turns)
    assert jobs.get_recurring("ours").remove(for_good=True) is Removed.REMOVED
    declare(turns)
    assert jobs.get_recurring("ours").info().state is ScheduleState.REMOVED


def test_all_schedules_of_an_app_are_paused_and_resumed(jobs: Jobs, clock: OwnedClock) -> None:
    jobs.add_recurring("x", every(minutes=1), work(jobs))
    assert jobs.scheduler_paused() is None
    assert (jobs.pause_scheduler(by="ann"), jobs.pause_scheduler()) == (True, False)
    assert jobs.scheduler_paused() == START
    clock.advance(300)
    assert fire(jobs).runs == 0
    assert (jobs.resume_scheduler(), jobs.resume_scheduler()) == (True, False)
    assert (fire(jobs).runs, jobs.get_recurring("x").info().missed_count) == (1, 4)


def test_a_bad_row_in_the_store_stops_only_itself_and_says_why(jobs: Jobs, clock: OwnedClock, tmp_path: Path) -> None:
    for name in ("a", "bad", "z"):
        jobs.add_recurring(name, cron("* * * * *", zone="Europe/Berlin"), work(jobs))
    with closing(sqlite3.connect(tmp_path / "store" / "jobs.db")) as raw, raw:
        bad = "definition = replace(definition, 'Europe/Berlin', 'Mars/Base')"
        raw.execute(f"UPDATE headway_schedule SET {bad} WHERE name = 'bad'")
    clock.advance(60)
    assert fire(jobs).runs == 2
    info = jobs.get_recurring("bad").info()
    assert (info.state, info.next_run, jobs.get_recurring("bad").next_runs()) == (ScheduleState.FAULTY, None, [])
    assert "Mars/Base" in (info.error or "")
    clock.advance(60)
    assert fire(jobs).skipped == 2
    jobs.add_recurring("bad", cron("* * * * *", zone="Europe/Berlin"), work(jobs))
    clock.advance(60)
    fire(jobs)
    assert jobs.get_recurring("bad").info().run_count == 1


def test_two_apps_have_schedules_of_one_name(jobs: Jobs, clock: OwnedClock, tmp_path: Path) -> None:
    with Jobs(tmp_path / "store", clock=clock, app="crm", durability="relaxed") as crm:
        crm.register(lambda: None, name="work")
        for one in (jobs, crm):
            one.add_recurring("daily", every(minutes=1), one.call_by_name("work", {}))
        crm.pause_recurring("daily")
        clock.advance(60)
        assert (fire(jobs).runs, fire(crm).runs) == (1, 0)
        assert crm.trigger("daily").app == "crm"
        assert jobs.remove_recurring("daily") is Removed.REMOVED
        assert ([one.name for one in crm.schedules()], jobs.schedules()) == (["daily"], ())


async def test_each_has_a_twin_for_coroutines(jobs: Jobs, clock: OwnedClock) -> None:
    made = await jobs.aadd_recurring("x", every(minutes=1), work(jobs), by="ann")
    assert await jobs.aget_recurring("x") == made
    assert (await made.ainfo()).created_by == "ann"
    assert [one.name for one in await jobs.aschedules()] == ["x"]
    clock.advance(60)
    fire(jobs)
    assert len(await made.ahistory()) == 1
    assert await made.anext_runs(1) == [START + 2 * MINUTE]
    assert (await jobs.atrigger("x", force=True)).name == "work"
    assert await jobs.apause_recurring("x")
    assert await jobs.aresume_recurring("x")
    assert await jobs.apause_scheduler()
    assert await jobs.ascheduler_paused() is not None
    assert await jobs.aresume_scheduler()
    assert await jobs.aremove_recurring("x") is Removed.REMOVED
    with pytest.raises(ScheduleNotFound):
        await made.ainfo()

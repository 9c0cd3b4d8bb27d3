from datetime import UTC

import pytest

from headway.model.job import State
from headway.model.schedule import Misfire, Overlap, ScheduleState
from headway.model.timetable import cron, every
from headway.store.scheduling import MissedRange, SchedulerRow, TickOutcome
from headway.view import schedule_page, schedules
from headway.view.schedule_page import Shown
from headway.view.secrets import Masking, declared
from tests.view.rows import MINUTE, NOW_US, SECOND, definition, schedule_row, tick

SET_BACK = {"waits_for_clock": True, "next_us": NOW_US + 90 * MINUTE}


def cells(*rows, **given):
    table = schedules.table(rows, now_us=NOW_US, zone=UTC, **given)
    titles = [column.title for column in table.columns]
    return [dict(zip(titles, row, strict=True)) for row in table.rows], table


def test_a_list_says_when_each_comes_and_how_its_last_run_ended():
    row = schedule_row(
        definition(cron("30 4 * * *", zone="Europe/Berlin")), last=tick(), run_count=1200, skip_count=2, missed_count=3
    )
    (shown,), table = cells(row)
    assert shown == {
        "app": "",
        "name": "clean",
        "state": "active",
        "when": "At 04:30",
        "zone": "Europe/Berlin",
        "next run": "in 1 h (2026-11-22 04:00:00)",
        "last run": "completed 3 min ago",
        "runs": "1 200",
        "skipped": "2",
        "missed": "3",
        "note": "",
    }
    assert table.foot == "1 schedule"
    assert table.states == (State.COMPLETED,)


def test_the_app_is_told_where_there_are_several():
    shown, _ = cells(schedule_row(), schedule_row(app="crm"))
    assert [one["app"] for one in shown] == ["default", "crm"]


@pytest.mark.parametrize(
    ("given", "note"),
    [
        ({"state": ScheduleState.PAUSED, "paused_us": NOW_US - MINUTE, "paused_by": "ann"}, "paused by ann 1 min ago"),
        ({"state": ScheduleState.FAULTY, "error": "no zone 'X'"}, "no zone 'X'"),
        ({"state": ScheduleState.ORPHANED}, "no worker's code has it"),
        (SET_BACK, "waits: the clock was set back"),
        ({"state": ScheduleState.FINISHED}, ""),
        ({"state": ScheduleState.REMOVED}, "headway recurring resume brings it back"),
        ({"next_us": NOW_US - 24 * MINUTE}, "overdue by 24 min"),
        ({"next_us": NOW_US - 9 * SECOND}, ""),
    ],
)
def test_what_keeps_a_schedule_from_firing_is_said(given, note):
    (shown,), _ = cells(schedule_row(**given))
    assert shown["note"] == note


def test_where_all_are_paused_no_next_run_is_shown_and_the_foot_says_who_did_it():
    stopped = SchedulerRow(app="default", paused_us=NOW_US - MINUTE, paused_by="bob")
    (shown,), table = cells(schedule_row(), paused=[stopped])
    assert shown["next run"] == "-"
    assert table.foot == "1 schedule; none of app default fires: paused by bob 1 min ago"


def test_one_that_is_overdue_says_why_nothing_looks_at_it():
    late = {"next_us": NOW_US - 24 * MINUTE}
    (shown,), _ = cells(schedule_row(**late), idle={"default": "no worker of this app is running"})
    assert shown["note"] == "overdue by 24 min: no worker of this app is running"
    (shown,), _ = cells(schedule_row(**late), paused=[SchedulerRow(app="default", paused_us=1, paused_by=None)])
    assert shown["note"] == ""
    assert schedules.record(schedule_row(**late), NOW_US)["overdue_seconds"] == 24 * 60
    patient = definition(misfire_grace_us=30 * SECOND)
    assert schedules.record(schedule_row(patient, next_us=NOW_US - 20 * SECOND), NOW_US)["overdue_seconds"] is None
    assert schedules.record(schedule_row(patient, next_us=NOW_US - 31 * SECOND), NOW_US)["overdue_seconds"] == 31


def test_one_that_should_have_fired_is_said_to_be_due():
    (shown,), _ = cells(schedule_row(next_us=NOW_US - 5 * SECOND))
    assert shown["next run"] == "due 5 s ago (2026-11-22 02:59:55)"


def test_a_list_that_was_cut_says_so():
    assert cells(schedule_row(), more=True)[1].foot == "1 schedule; there are more: raise --limit"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "completed 3 min ago"),
        ({"state": State.RUNNING, "finished_us": None}, "running 4 min ago"),
        ({"outcome": TickOutcome.SKIPPED, "state": None, "started_us": None, "finished_us": None}, "skipped 5 min ago"),
        ({"outcome": TickOutcome.REFUSED, "job_id": None}, "refused 3 min ago"),
        ({"state": None}, "forgotten 3 min ago"),
    ],
)
def test_a_run_is_said_in_a_few_words(given, said):
    assert schedules.run(tick(**given), NOW_US) == said


def test_a_schedule_that_cannot_be_read_has_the_same_fields_for_programs():
    whole = schedules.record(schedule_row(), NOW_US)
    broken = schedules.record(schedule_row(definition=None, state=ScheduleState.FAULTY, error="no"), NOW_US)
    assert set(whole) == set(broken)
    assert (whole["cron"], whole["every_seconds"], broken["cron"]) == ("0 2 * * *", None, None)
    assert schedules.record(schedule_row(definition(every(minutes=1))), NOW_US)["every_seconds"] == 60
    (shown,), _ = cells(schedule_row(definition=None))
    assert shown["when"] == "-"


def shown(made=None, *, ticks=(), missed=(), all_paused_us=None, **given):
    return Shown(
        row=schedule_row(made, **given),
        scheduler=SchedulerRow(app="default", paused_us=all_paused_us, paused_by=None),
        next_us=(NOW_US + 60 * MINUTE,),
        ticks=tuple(ticks),
        missed=tuple(missed),
    )


def page(given, masking=Masking()):  # noqa: B008 - it is frozen
    found = schedule_page.page(given, masking, now_us=NOW_US, zone=UTC)
    return found, {fact.label: fact.value for fact in found.facts}, {one.title: one.text for one in found.sections}


def test_a_page_says_what_a_schedule_is_and_what_it_runs():
    made = definition(
        "0 2 * * *",
        job={"queue": "mail", "priority": 5, "options": '{"timeout_us":1}', "fleeting": True},
        overlap=Overlap.QUEUE,
        misfire=Misfire.ALL,
        misfire_age_us=60 * MINUTE,
        max_runs=3,
        jitter_us=30 * SECOND,
        description="tidies up",
        run_at_start=True,
        end_us=NOW_US + 60 * MINUTE,
    )
    _, facts, sections = page(shown(made, app="crm"))
    assert facts["when"] == "At 02:00"
    assert facts["written"] == "0 2 * * *"
    assert (facts["runs"], facts["for"], facts["managed"]) == ("shop:clean", "tidies up", "by code")
    assert facts["overlap"] == "queue"
    assert facts["missed"] == "all, later than 10 s is missed, none older than 1 h, at most 100"
    assert (facts["at most"], facts["jitter"], facts["at first start"]) == ("3 runs", "up to 30 s", "runs at once")
    assert facts["its jobs"] == "are forgotten soon after their end"
    assert (facts["queue"], facts["priority"], facts["options"]) == ("mail", "5", '{"timeout_us":1}')
    assert facts["not after"] == "2026-11-22 04:00:00 (in 1 h)"
    assert facts["app"] == "crm"
    assert sections["next runs"] == "Sun 2026-11-22 04:00:00 +00:00  in 1 h"


def test_a_page_says_who_paused_what_was_missed_and_how_the_last_runs_ended():
    failed = tick(state=State.FAILED, code="ValueError", error="no hush-hush here", job_id=43)
    missed = MissedRange(
        from_us=NOW_US - 9 * MINUTE, until_us=NOW_US - 6 * MINUTE, count=4, is_least=True, noted_us=NOW_US - MINUTE
    )
    made = definition(job={"payload": '{"token": "hush-hush"}'})
    given = shown(
        made,
        ticks=[failed, tick(outcome=TickOutcome.MANUAL, by="ann")],
        missed=[missed],
        state=ScheduleState.PAUSED,
        paused_us=NOW_US - MINUTE,
    )
    found, facts, sections = page(given, declared(["token"]))
    assert facts["state"] == "paused (1 min ago)"
    assert sections["arguments"] == '{\n  "token": "•••"\n}'
    assert set(sections) == {"arguments", "next runs if it were resumed now", "missed"}
    assert sections["missed"].endswith("at least 4 instants, noted 1 min ago")
    assert [one.text for one in found.history] == [
        "job 43 failed 3 min ago, took 1 min: ValueError: no ••• here",
        "job 41 completed 3 min ago, took 1 min, run by ann",
    ]
    record = schedule_page.record(given, declared(["token"]), now_us=NOW_US)
    assert record["runs_listed"][0]["error"] == "no ••• here"
    assert record["arguments"] == {"token": "•••"}


def test_how_a_run_ended_is_said_once():
    cancelled = tick(state=State.CANCELLED, code="cancelled", error="cancelled by schedule a:cr")
    found, _, _ = page(shown(ticks=[cancelled]))
    assert found.history[0].text == "job 41 cancelled 3 min ago, took 1 min: cancelled by schedule a:cr"


def test_a_page_of_one_that_cannot_be_read_says_why_and_shows_no_more():
    row = {"definition": None, "state": ScheduleState.FAULTY, "error": "there is no zone 'X'", "next_us": None}
    _, facts, sections = page(shown(all_paused_us=NOW_US, **row))
    assert facts["error"] == "there is no zone 'X'"
    assert facts["all of the app"] == "paused just now"
    assert sections == {}

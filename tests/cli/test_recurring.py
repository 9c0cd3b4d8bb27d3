import json
import re
import sqlite3
from contextlib import closing

import pytest

from headway.cli.target import load_jobs
from headway.model.clock import SystemClock
from headway.model.schedule import Managed, ScheduleState
from headway.model.timetable import cron, every
from headway.store.protocol import NodeInfo
from headway.view.words import utc
from tests.cli.application import write
from tests.cli.stage import LEASE_US, Stage, run
from tests.view.rows import definition

SECRET = {"payload": '{"days": 3, "password": "hush-hush"}'}


def declare(stage, *definitions, app="default", node="node-1"):
    info = NodeInfo(
        uid=node, app=app, host="here", pid=1, names=("shop:clean",), queues=None, concurrency=4, version="1"
    )
    node_id = stage.store.call(stage.store.register(info, lease_us=LEASE_US))
    return stage.store.call(stage.store.declare(app, definitions, node_id=node_id))


def row(stage, name="clean", app="default"):
    return stage.store.reader.call(stage.store.reader.schedule(app, name))


@pytest.fixture
def schedules(stage):
    """One by code, one that an operator made."""
    declare(stage, definition(cron("0 2 * * *", zone="Europe/Berlin"), job=SECRET))
    stage.store.call(stage.store.put_schedule(definition(every(days=1), name="report", managed=Managed.DB), by="ann"))
    return stage


def test_schedules_are_listed_with_what_comes_next(schedules):
    said = schedules.run("recurring", "list")
    assert said.code == 0
    assert said.lines[0].split() == ["name", "state", "when", "zone", "next", "run", "last", "run", "runs"]
    assert said.lines[1].split()[:5] == ["clean", "active", "At", "02:00", "Europe/Berlin"]
    assert said.lines[2].split()[:5] == ["report", "active", "every", "1", "d"]
    assert said.lines[-1] == "2 schedules"
    document = schedules.run("recurring", "list", "--json").json
    assert [(one["name"], one["managed"], one["runs"]) for one in document["schedules"]] == [
        ("clean", "code", 0),
        ("report", "db", 0),
    ]
    assert (document["more"], document["all_paused"]) == (False, [])


def test_a_list_is_narrowed_by_state_and_cut_to_a_number(schedules):
    schedules.run("recurring", "pause", "clean")
    assert [one["name"] for one in schedules.run("recurring", "list", "--state", "paused", "--json").json["schedules"]] == ["clean"]  # fmt: skip
    cut = schedules.run("recurring", "list", "--limit", 1)
    assert cut.lines[-1] == "1 schedule; there are more: raise --limit"
    none = schedules.run("recurring", "list", "--state", "faulty")
    assert (none.code, none.lines) == (1, ["0 schedules"])


def test_one_is_shown_with_its_next_and_latest_instants_and_its_secrets_masked(schedules):
    job = schedules.run("recurring", "run", "clean", "--by", "ann", "--json").json["job"]
    said = schedules.run("recurring", "show", "clean")
    assert said.code == 0
    assert said.lines[0] == "schedule clean"
    assert "At 02:00 in Europe/Berlin" in said.out
    assert "hush-hush" not in said.out
    assert said.lines[-1].endswith(f"job {job} queued just now, run by ann")
    document = schedules.run("recurring", "show", "clean", "--json").json
    assert len(document["next_runs"]) == 5
    assert document["arguments"] == {"days": 3, "password": "•••"}
    assert [(one["outcome"], one["job"], one["by"]) for one in document["runs_listed"]] == [("manual", job, "ann")]


def set_standing(stage, name, **columns):
    with closing(sqlite3.connect(stage.place / "jobs.db")) as connection:
        given = ", ".join(f"{column} = ?" for column in columns)
        connection.execute(f"UPDATE headway_schedule SET {given} WHERE name = ?", (*columns.values(), name))
        connection.commit()


@pytest.mark.parametrize("error", [None, "ZoneUnknown: there is no zone 'Mars/Olympus'"])
@pytest.mark.parametrize(
    ("before", "after", "what"),
    [("Europe/Berlin", "Mars/Olympus", "there is no zone 'Mars/Olympus'"), ("0 2 * * *", "0 2 * * 8", "day of week")],
)
def test_one_that_cannot_be_fired_is_shown_with_its_error_and_its_history(schedules, error, before, after, what):
    job = schedules.run("recurring", "run", "clean", "--by", "ann", "--json").json["job"]
    with closing(sqlite3.connect(schedules.place / "jobs.db")) as connection:
        connection.execute("UPDATE headway_schedule SET definition = replace(definition, ?, ?)", (before, after))
        connection.commit()
    if error:
        set_standing(schedules, "clean", error=error, next_at=None)
        what = error
    said = schedules.run("recurring", "show", "clean")
    assert said.code == 0
    assert what in said.out
    assert said.lines[-1].endswith(f"job {job} queued just now, run by ann")
    document = schedules.run("recurring", "show", "clean", "--json").json
    assert what in document["error"]
    assert document["state"] == ("faulty" if error else "active")
    assert [one["job"] for one in document["runs_listed"]] == [job]
    assert document["next_runs"] == []


def test_one_whose_next_run_is_beyond_the_calendar_is_shown(schedules):
    set_standing(schedules, "clean", next_at=2**62)
    assert schedules.run("recurring", "show", "clean").code == 0
    assert schedules.run("recurring", "show", "clean", "--json").code == 0


def test_one_that_is_overdue_says_so_and_its_next_runs_lie_ahead(schedules):
    now_us = SystemClock().now_us()
    set_standing(schedules, "report", next_at=now_us - 24 * 60_000_000, anchor_at=now_us - 86_460_000_000)
    assert "overdue by 24 min" in schedules.run("recurring", "list").lines[2]
    assert "no worker of this app is running" not in schedules.run("recurring", "list").out
    with closing(sqlite3.connect(schedules.place / "jobs.db")) as connection:
        connection.execute("UPDATE headway_node SET state = 'stopped'")
        connection.commit()
    said = schedules.run("recurring", "show", "report")
    assert re.search(r"active \(overdue by 24 min( \d+ s)?: no worker of this app is running\)", said.out)
    assert "no worker of this app is running" in schedules.run("recurring", "list").lines[2]
    document = schedules.run("recurring", "show", "report", "--json").json
    assert document["overdue_seconds"] >= 24 * 60
    assert document["next_runs"][0] > utc(now_us)
    assert "should have fired: report" in "".join(one["what"] for one in topics(schedules))
    schedules.run("hold")
    assert re.search(r"overdue by 24 min( \d+ s)?: the store is held", schedules.run("recurring", "list").lines[2])


def test_one_that_is_not_there_is_said_to_be_missing_and_the_nearest_name_is_told(schedules):
    for words in (("show", "clear"), ("pause", "clear"), ("run", "clear"), ("remove", "clear", "--yes")):
        said = schedules.run("recurring", *words)
        assert said.code == 1
        assert "there is no schedule 'clear'" in said.err
        assert "did you mean clean?" in said.err


def test_some_are_paused_and_resumed_by_name(schedules):
    said = schedules.run("recurring", "pause", "clean", "report", "--by", "bob")
    assert (said.code, said.lines) == (0, ["clean paused", "report paused"])
    assert (row(schedules).state, row(schedules).paused_by) == (ScheduleState.PAUSED, "bob")
    again = schedules.run("recurring", "pause", "clean", "--json")
    assert (again.code, again.json["results"][0]["changed"]) == (0, False)
    assert "paused by bob" in schedules.run("recurring", "list").out
    assert schedules.run("recurring", "resume", "clean").lines == ["clean resumed"]
    assert row(schedules).state is ScheduleState.ACTIVE


def test_all_of_an_app_are_paused_and_resumed(schedules):
    said = schedules.run("recurring", "pause", "--all", "--by", "bob")
    assert (said.code, said.lines) == (0, ["all schedules of app default paused"])
    assert "none of app default fires: paused by bob" in schedules.run("recurring", "list").lines[-1]
    assert schedules.run("recurring", "show", "clean", "--json").json["all_paused_by"] == "bob"
    assert schedules.run("recurring", "pause", "--all").lines == ["nothing was changed: they were paused before"]
    assert schedules.run("recurring", "resume", "--all", "--json").json == {"app": "default", "changed": True}


def test_an_app_that_nobody_ever_had_is_not_paused(schedules):
    for verb in ("pause", "resume"):
        said = schedules.run("recurring", verb, "--all", "--app-name", "defualt")
        assert said.code == 1
        assert "no app 'defualt' has schedules or workers" in said.err
        assert "did you mean default?" in said.err
    store = schedules.store
    assert store.reader.call(store.reader.scheduler("defualt")).paused_us is None


@pytest.mark.parametrize("words", [("pause",), ("pause", "clean", "--all"), ("resume",)])
def test_what_is_meant_must_be_clear(schedules, words):
    assert schedules.run("recurring", *words).code == 2
    assert row(schedules).state is ScheduleState.ACTIVE


def test_a_run_by_hand_is_refused_while_one_has_not_ended_unless_forced(schedules):
    first = schedules.run("recurring", "run", "clean")
    assert first.code == 0
    assert first.out.startswith("clean enqueued as job ")
    second = schedules.run("recurring", "run", "clean")
    assert second.code == 1
    assert "clean" in second.err
    assert schedules.run("recurring", "run", "clean", "--force").code == 0
    assert (len(schedules.ids()), row(schedules).run_count) == (2, 0)


def test_a_run_says_of_which_schedule_and_instant_it_is(schedules):
    job = schedules.run("recurring", "run", "clean", "--json").json["job"]
    shown = schedules.run("jobs", "show", job, "--json").json
    assert (shown["schedule"], shown["scheduled_for"]) == ("clean", utc(row(schedules).last.instant_us))
    assert f"schedule clean, for {shown['scheduled_for']}" in schedules.run("jobs", "show", job).out
    other = schedules.run("jobs", "show", schedules.add(), "--json").json
    assert (other["schedule"], other["scheduled_for"]) == (None, None)


def test_its_runs_are_found_among_all_jobs(schedules):
    schedules.add()
    job = schedules.run("recurring", "run", "clean", "--json").json["job"]
    for words in (("--schedule", "clean"), ("schedule:clean",)):
        assert [one["id"] for one in schedules.run("jobs", "list", *words, "--json").json["jobs"]] == [job]


def test_remove_asks_for_yes_and_tells_whether_it_comes_back(schedules):
    refused = schedules.run("recurring", "remove", "clean")
    assert refused.code == 2
    assert row(schedules) is not None
    schedules.run("recurring", "run", "clean")
    said = schedules.run("recurring", "remove", "clean", "report", "--yes")
    assert said.code == 0
    assert said.lines[0].startswith("clean removed; code declares it, so it comes back")
    assert said.lines[1] == "report removed"
    assert len(schedules.ids()) == 1


def test_one_that_is_removed_for_good_does_not_come_back(schedules):
    said = schedules.run("recurring", "remove", "clean", "--for-good", "--yes", "--json")
    assert [one["outcome"] for one in said.json["results"]] == ["removed"]
    declare(schedules, definition(), node="node-2")
    assert row(schedules).state is ScheduleState.REMOVED
    said = schedules.run("recurring", "remove", "report", "--for-good", "--yes")
    assert said.lines == ["report removed for good: headway recurring resume report brings it back"]
    assert "removed (headway recurring resume brings it back)" in schedules.run("recurring", "show", "report").out
    assert "headway recurring resume brings it back" in schedules.run("recurring", "list").lines[1]


def test_where_several_apps_have_one_of_that_name_the_app_must_be_given(schedules):
    declare(schedules, definition(job={"app": "crm"}), app="crm", node="node-2")
    said = schedules.run("recurring", "pause", "clean")
    assert said.code == 2
    assert "crm, default" in said.err
    assert schedules.run("recurring", "pause", "--all").code == 2
    assert schedules.run("recurring", "pause", "clean", "--app-name", "crm").code == 0
    assert [row(schedules, app=app).state.value for app in ("crm", "default")] == ["paused", "active"]
    assert schedules.run("recurring", "list").lines[0].split()[0] == "app"


def test_check_finds_what_cannot_fire_has_no_code_or_is_paused(schedules):
    fine = topics(schedules)
    assert [one["what"] for one in fine] == ["2 schedules, 2 active, 0 stopped by an error"]
    with closing(sqlite3.connect(schedules.place / "jobs.db")) as connection:
        connection.execute("UPDATE headway_schedule SET error = 'no zone X', next_at = NULL WHERE name = 'clean'")
        connection.execute("UPDATE headway_schedule SET next_at = 1 WHERE name = 'report'")
        connection.commit()
    declare(schedules, definition(name="other"), node="node-2")
    found = [one["what"] for one in topics(schedules)]
    assert found[0] == "clean is stopped by an error: no zone X"
    assert "1 schedule should have fired: report" in found
    schedules.run("recurring", "pause", "--all", "--by", "bob")
    found = [one["what"] for one in topics(schedules)]
    assert any(what.startswith("all schedules of app default are paused by bob") for what in found)
    assert not any("should have fired" in what for what in found)


def topics(stage):
    return [one for one in stage.run("check", "--json").json["findings"] if one["topic"] == "schedules"]


def test_a_preview_says_when_an_expression_comes():
    said = stage_less("preview", "30 2 * * *", "--zone", "Europe/Berlin", "-n", 2, "--from", "2027-03-27T12:00")
    assert said.code == 0
    assert said.lines[0] == "30 2 * * *: At 02:30 in Europe/Berlin"
    assert said.lines[3].startswith("Sun 2027-03-28 03:00:00 +02:00  2027-03-28 01:00:00")
    assert said.lines[3].endswith("clocks go forward 1 h that day")
    document = stage_less("preview", "every 90s", "-n", 1, "--json").json
    assert (document["when"], len(document["next"])) == ("every 1 min 30 s", 1)
    assert "but note: day of month" in stage_less("preview", "0 0 13 * 5").out


def test_a_wrong_expression_is_shown_with_a_mark_under_what_is_wrong():
    said = stage_less("preview", "0 2 * * 8; ")
    assert said.code == 2
    what, shown, mark = said.err.splitlines()
    assert "in the day of week" in what
    assert shown.strip() == "0 2 * * 8;"
    assert shown[mark.index("^")] == "8"
    assert stage_less("preview", "0 2 * * *", "--zone", "Nowhere").code == 2
    assert stage_less("preview", "every 10").code == 2
    assert stage_less("preview", "0 2 * * *", "--from", "gibberish").code == 2


def stage_less(*words):
    return run("recurring", *words)


SOURCE = """
from headway.client.jobs import Jobs
from headway.model.timetable import cron

jobs = Jobs({place!r})

@jobs.job(name="shop:clean", redact=["pin"])
def clean(days: int = 3, pin: str = "") -> None:
    pass

jobs.recurring("clean", cron("0 3 * * *"), clean.call(days=3, pin="4711-4711"))
jobs.recurring("report", cron("0 4 * * *"), clean)
"""


@pytest.fixture
def shop(app, tmp_path):
    return write(app.folder, app.module, SOURCE)


def test_a_diff_says_what_a_deployment_would_change_and_changes_nothing(shop):
    said = shop.run("recurring", "diff", shop.spec, "--exit-code")
    assert (said.code, said.lines[-1]) == (1, "2 differences, 0 schedules as they are; nothing was changed")
    assert not shop.place.exists()
    stage = Stage(shop.place)
    payload = json.dumps({"days": 3, "pin": "0815-0815"})
    declare(stage, definition("0 2 * * *", job={"payload": payload}), definition(name="old"))
    said = shop.run("recurring", "diff", shop.spec, "--days", 2)
    assert said.code == 0
    assert said.lines[0] == "~ clean (changed): At 03:00"
    assert "    when: 0 2 * * * -> 0 3 * * *" in said.lines
    assert any(line.startswith("    2 new instants in the next 2 days: ") for line in said.lines)
    assert any(line.startswith("    2 lost instants in the next 2 days: ") for line in said.lines)
    assert "- old (would be orphaned, unless another worker's code has it: this code does not): At 02:00" in said.lines
    assert "+ report (new): At 04:00" in said.lines
    assert "4711-4711" not in said.out
    document = shop.run("recurring", "diff", "--app", shop.spec, "--json").json
    assert (document["differs"], document["days"]) == (True, 90)
    assert [one["name"] for one in document["changes"]] == ["clean", "old", "report"]
    assert row(stage, "report") is None
    stage.store.close()


def test_what_the_code_has_and_no_worker_registered_is_said_to_be_declared(shop):
    stage = Stage(shop.place)
    said = shop.run("recurring", "run", "clean", "--app", shop.spec)
    assert said.code == 1
    assert "the application declares it, and it is stored when a worker starts that has it" in said.err
    assert (
        shop.run("recurring", "pause", "--all", "--app", shop.spec).code == 0
    )  # the code says that there is such an app
    stage.store.close()


def test_a_diff_needs_an_application(shop):
    assert shop.run("recurring", "diff").code == 2
    assert shop.run("recurring", "diff", shop.spec, "--app", "other:jobs").code == 2


def test_a_diff_without_differences_says_so(shop):
    stage = Stage(shop.place)
    declare(stage, *load_jobs(shop.spec).registry.schedules)
    said = shop.run("recurring", "diff", shop.spec, "--exit-code")
    assert (said.code, said.lines) == (0, ["0 differences, 2 schedules as they are; nothing was changed"])
    assert row(stage).next_us > SystemClock().now_us()
    stage.store.close()

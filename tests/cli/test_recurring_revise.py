import pytest

from headway import Jobs
from headway.model.schedule import Managed
from headway.model.timetable import CronTable, IntervalTable, cron, every
from tests.cli.application import write
from tests.cli.test_recurring import declare, row
from tests.view.rows import definition

BY_CODE = definition(cron("0 2 * * *", zone="Europe/Berlin"))
STORED = definition(cron("0 5 * * *"), name="report", managed=Managed.DB)


@pytest.fixture
def schedules(stage):
    """One by code, and one that the code only created."""
    declare(stage, BY_CODE, STORED)
    return stage


def test_what_is_named_changes_and_stays_when_the_code_is_deployed_again(schedules):
    before = row(schedules, "report")
    said = schedules.run(
        "recurring", "revise", "report", "--when", "0 6 * * *", "--zone", "Europe/Berlin", "--by", "ann"
    )
    assert (said.code, said.lines[0].startswith("report revised; its next run is in ")) == (0, True)
    after = row(schedules, "report")
    assert (after.definition.timetable, after.changed_by) == (CronTable("0 6 * * *", "Europe/Berlin"), "ann")
    assert (after.id, after.run_count, after.definition.overlap) == (before.id, 0, before.definition.overlap)
    declare(schedules, BY_CODE, STORED, node="node-2")
    assert row(schedules, "report").definition == after.definition


def test_one_by_code_is_refused_with_where_to_change_it(schedules):
    said = schedules.run("recurring", "revise", "clean", "--when", "0 6 * * *")
    assert said.code == 1
    assert "managed by code" in said.err
    assert row(schedules).definition == BY_CODE


def test_the_zone_alone_keeps_the_expression(schedules):
    assert schedules.run("recurring", "revise", "report", "--zone", "Asia/Tokyo").code == 0
    assert row(schedules, "report").definition.timetable == CronTable("0 5 * * *", "Asia/Tokyo")


def test_an_interval_takes_the_place_of_an_expression(schedules):
    assert schedules.run("recurring", "revise", "report", "--when", "every 90s", "--json").code == 0
    assert row(schedules, "report").definition.timetable == IntervalTable(90_000_000)


def test_rules_and_arguments_change_and_others_stay(schedules):
    words = ("--overlap", "queue", "--misfire", "all", "--max-runs", "9", "--arguments", '{"days": 7}')
    assert schedules.run("recurring", "revise", "report", *words, "--description", "weekly").code == 0
    made = row(schedules, "report").definition
    assert (made.overlap, made.misfire, made.max_runs, made.description) == ("queue", "all", 9, "weekly")
    assert '"days":7' in made.job.payload
    assert schedules.run("recurring", "revise", "report", "--max-runs", "none").code == 0
    again = row(schedules, "report").definition
    assert (again.max_runs, again.misfire, again.job) == (None, "all", made.job)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "nothing is to be changed"),
        (("--when", "0 25 * * *"), "25 is out of range"),
        (("--when", "every 0s"), "every"),
        (("--zone", "Mars/Olympus"), "there is no zone 'Mars/Olympus'"),
        (("--max-runs", "0"), "--max-runs must be a number from 1"),
        (("--max-runs", "many"), "--max-runs must be a number"),
        (("--overlap", "sometimes"), "sometimes"),
        (("--arguments", "[1]"), "--arguments must be a JSON object"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(schedules, words, says):
    before = row(schedules, "report")
    said = schedules.run("recurring", "revise", "report", *words)
    assert (said.code, says in said.err) == (2, True), said.err
    assert row(schedules, "report") == before


def test_one_that_was_removed_for_good_is_not_made_anew_by_the_way(schedules):
    schedules.run("recurring", "remove", "report", "--for-good", "--yes")
    said = schedules.run("recurring", "revise", "report", "--max-runs", "3")
    assert (said.code, "removed for good" in said.err) == (1, True)


def test_arguments_are_checked_against_the_handler_where_the_application_is_given(tmp_path):
    made = write(tmp_path / "application", "revised")
    with Jobs(made.place) as jobs:
        jobs.register(lambda name, times=1: None, name="greet")
        jobs.add_recurring("hello", every(days=1), jobs.call_by_name("greet", {"name": "ann"}))
    wrong = made.process("recurring", "revise", "hello", "--app", made.spec, "--arguments", '{"times": "x"}')
    assert (wrong.code, "times" in wrong.err) == (2, True), wrong.err
    assert made.process("recurring", "revise", "hello", "--app", made.spec, "--arguments", '{"times": 3}').code == 0
    with Jobs(made.place) as jobs:
        assert jobs.get_recurring("hello").info().arguments == {"name": "ann", "times": 3}

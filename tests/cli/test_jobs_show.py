import json
import sqlite3
from contextlib import closing

import pytest

from headway import Jobs
from headway.cli.jobs_log import print_log
from headway.cli.output import Output
from headway.cli.target import Opened
from headway.model.job import State
from headway.model.outcome import EndKind, LogLine, Report
from tests.cli.stage import run


def test_everything_about_a_job_is_shown(stage):
    job = stage.fail(payload='{"to": "ann", "password": "hunter22"}', tags=("x",), created_by="ann")
    said = stage.run("jobs", "show", job)
    assert said.code == 0
    assert said.lines[0] == f"job {job} shop:send"
    for part in (
        "failed (ValueError: no such street)",
        "by ann",
        "Traceback (most recent call last):",
        "history",
        "3 failed of 3",
    ):
        assert part in said.out
    assert "hunter22" not in said.out
    assert "masked by name only" in said.out


def test_a_job_is_found_by_its_reference(stage):
    job = stage.add(ref_id="welcome-17")
    assert stage.run("jobs", "show", "welcome-17", "--json").json["id"] == job
    assert stage.run("jobs", "show", f"#{job}", "--json").json["ref_id"] == "welcome-17"


def test_what_was_just_committed_with_data_of_the_application_is_found(tmp_path):
    shop = tmp_path / "shop.db"
    with Jobs(f"sqlite:///{shop}") as jobs, closing(sqlite3.connect(shop)) as connection:
        call = jobs.register(lambda: None, name="shop:send")
        assert call.enqueue().id == 1
        ref = jobs.within(connection).enqueue(call)
        connection.commit()
    assert run("jobs", "show", ref.ref_id, "--store", f"sqlite:///{shop}", "--json").json["state"] == "queued"


def test_json_holds_arguments_result_attempts_and_history(stage):
    job = stage.complete(payload='{"to": "ann", "api_key": "k-123456"}')
    shown = stage.run("jobs", "show", job, "--json", "--log").json
    assert shown["arguments"] == {"to": "ann", "api_key": "•••"}
    assert shown["result"] == 7
    assert [each["end"] for each in shown["attempts"]] == ["returned"]
    assert [each["state"] for each in shown["history"]] == ["queued", "running", "completed"]
    assert shown["log"] == []


def test_a_result_that_is_an_address_is_a_link_and_plain_where_nobody_looks(stage):
    job = stage.complete(result='"s3://reports/11.pdf"')
    assert stage.run("jobs", "show", job, "--json").json["result_link"] == "s3://reports/11.pdf"
    said = stage.run("jobs", "show", job)
    assert '  "s3://reports/11.pdf"' in said.lines
    assert "\x1b" not in said.out


@pytest.mark.parametrize("result", ['"javascript:alert(1)"', '"well done"', '["s3://a"]', "7"])
def test_any_other_result_is_no_link(stage, result):
    assert stage.run("jobs", "show", stage.complete(result=result), "--json").json["result_link"] is None


def test_an_address_with_a_secret_in_it_is_no_link(stage):
    job = stage.complete(payload='{"token": "s3cr3t-t0ken"}', result='"https://example.org/?key=s3cr3t-t0ken"')
    shown = stage.run("jobs", "show", job, "--json").json
    assert (shown["result"], shown["result_link"]) == ("https://example.org/?key=•••", None)


def test_a_job_that_is_not_there_is_exit_1_with_advice(stage):
    stage.add()
    said = stage.run("jobs", "show", 999)
    assert said.code == 1
    assert said.err.startswith("headway: there is no job 999 in ")
    assert "headway jobs list" in said.err
    said = stage.run("jobs", "show", 999, "--json")
    assert said.json["error"]["kind"] == "job_not_found"


def test_what_a_job_says_cannot_steer_the_terminal(stage):
    stage.start("\x1b]0;owned\x07 line")
    said = stage.run("jobs", "show", stage.ids()[0], "--log")
    assert "\x1b" not in said.out
    assert "owned" in said.out


@pytest.mark.parametrize("follow", [(), ("--follow",)])
def test_a_log_is_printed_with_moments_and_secrets_masked(stage, follow):
    job = stage.add(payload='{"token": "s3cr3t-t0ken"}')
    claim = stage.claim()[0]
    stage.report(claim, "first with s3cr3t-t0ken", "second")
    stage.store.call(stage.store.leave(stage.node))
    stage.run("jobs", "cancel", job)
    said = stage.run("jobs", "log", job, *follow)
    assert said.code == 0
    assert [line.split(maxsplit=2)[2] for line in said.lines] == ["first with •••", "second"]


def test_a_log_as_json_is_one_line_each_and_goes_on_after_a_number(stage):
    stage.start("one", "two")
    said = stage.run("jobs", "log", stage.ids()[0], "--json")
    lines = [json.loads(line) for line in said.lines]
    assert [line["text"] for line in lines] == ["one", "two"]
    assert lines[0]["level"] == "info"
    said = stage.run("jobs", "log", stage.ids()[0], "--json", "--after", lines[0]["number"])
    assert [json.loads(line)["text"] for line in said.lines] == ["two"]


def test_a_job_without_a_log_says_so_on_standard_error(stage):
    said = stage.run("jobs", "log", stage.add())
    assert (said.code, said.out) == (0, "")
    assert "no log lines" in said.err


def history(stage, job):
    return [(step["state"], step["kind"]) for step in stage.run("jobs", "show", job, "--json").json["history"]]


def test_the_history_of_a_job_that_was_retried_given_back_and_requeued(stage):
    job = stage.add()
    stage.settle(stage.claim()[0], State.SCHEDULED, EndKind.RAISED, tries=1)
    stage.settle(stage.claim()[0], State.QUEUED, EndKind.RELEASED)
    stage.settle(stage.claim()[0], State.FAILED, EndKind.RAISED, tries=2)
    stage.run("jobs", "retry", job, "--by", "ann")
    stage.settle(stage.claim()[0], State.COMPLETED, EndKind.RETURNED)
    told = history(stage, job)
    assert told == [
        ("queued", "created"), ("running", "started"),
        ("scheduled", "raised"), ("queued", "due"), ("running", "started"),
        ("queued", "released"), ("running", "started"),
        ("failed", "raised"), ("queued", "requeue"), ("running", "started"),
        ("completed", "returned"),
    ]  # fmt: skip
    stage.run("archive", "--older-than", "0s")
    assert history(stage, job) == told


def test_the_history_of_a_job_whose_node_left(stage):
    job = stage.start()
    stage.store.call(stage.store.leave(stage.node))
    told = history(stage, job)
    assert told[:3] == [("queued", "created"), ("running", "started"), ("queued", "released")]
    assert told[-1][0] == "queued"


def test_following_a_log_ends_with_the_job_and_misses_no_line(stage, capsys):
    job = stage.add()
    claim = stage.claim()[0]
    stage.report(claim, "first")
    words = iter(["second", "third"])

    def pause():
        text = next(words, None)
        if text is None:
            stage.settle(
                claim,
                State.COMPLETED,
                EndKind.RETURNED,
                report=Report(job, claim.epoch, lines=(LogLine(1, 20, "last"),)),
            )
        else:
            stage.report(claim, text)

    opened = Opened(store=stage.store, jobs=None)
    detail = stage.store.reader.call(stage.store.reader.detail(job))
    print_log(opened, detail, Output(as_json=True), after=0, follow=True, pause=pause)
    printed = [json.loads(line)["text"] for line in capsys.readouterr().out.splitlines()]
    assert printed == ["first", "second", "third", "last"]

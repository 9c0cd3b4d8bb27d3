import json
import signal
import subprocess

import pytest

from headway.cli.jobs_list import show_changes
from headway.cli.output import Output
from headway.store.protocol import JobFilter
from tests.cli.application import LIMIT_S, command


def test_jobs_are_listed_newest_first_as_aligned_text(stage):
    first = stage.add()
    second = stage.fail(queue="reports")
    said = stage.run("jobs", "list")
    assert said.code == 0
    assert said.lines[0].split() == ["id", "state", "name", "queue", "tries", "created", "took", "note"]
    assert [line.split()[0] for line in said.lines[1:3]] == [str(second), str(first)]
    assert "ValueError: no such street" in said.lines[1]
    assert said.lines[-1] == "2 jobs"
    assert "\x1b" not in said.out


def test_json_has_stable_fields_and_utc_moments(stage):
    job = stage.fail(tags=("a", "b"), created_by="ann")
    said = stage.run("jobs", "list", "--json")
    listed = said.json["jobs"][0]
    assert said.json["total"] == 1
    assert said.json["total_exact"] is True
    assert (listed["id"], listed["state"], listed["group"], listed["tags"]) == (job, "failed", "Failed", ["a", "b"])
    assert listed["created_by"] == "ann"
    assert listed["created_at"].endswith("Z")


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (("state:failed",), "failed"),
        (("--state", "failed"), "failed"),
        (("queue:reports",), "queued"),
        (("--queue", "reports", "--since", "1h"), "queued"),
        (("--state", "completed", "--state", "failed", "queue:mail", "tag:x"), "completed"),
        (("street",), "failed"),
    ],
)
def test_words_and_options_filter_alike(stage, words, wanted):
    made = {"failed": stage.fail(), "completed": stage.complete(tags=("x",)), "queued": stage.add(queue="reports")}
    said = stage.run("jobs", "list", *words, "--json")
    assert [job["id"] for job in said.json["jobs"]] == [made[wanted]]


def test_jobs_are_found_by_reply_address_and_facts(stage):
    extras = '{"args":{"customer":17,"city":"Rome"}}'
    job = stage.add(reply_to="mailto:ann", extras=extras)
    stage.add(reply_to="mailto:bob", extras='{"args":{"customer":17,"city":"Oslo"}}')
    for words in (
        ("--reply-to", "mailto:ann"),
        ("reply_to:mailto:ann",),
        ("--fact", "customer=17", "--fact", "city=Rome"),
        ("fact:customer=17", "fact:city=Rome"),
    ):
        assert [each["id"] for each in stage.run("jobs", "list", *words, "--json").json["jobs"]] == [job]
    said = stage.run("jobs", "list", "--fact", "customer")
    assert (said.code, "write name=value" in said.err) == (2, True)


def test_jobs_are_sorted_and_the_next_page_goes_on_in_that_order(stage):
    ids = [stage.add(priority=number % 3) for number in range(6)]
    wanted = [ids[5], ids[2], ids[4], ids[1], ids[3], ids[0]]
    said = stage.run("jobs", "list", "--sort", "-priority", "--limit", 4, "--json").json
    assert ([job["id"] for job in said["jobs"]], said["next_before"]) == (wanted[:4], None)
    words = ("jobs", "list", "--sort", "-priority", "--after", said["next_after"])
    assert [job["id"] for job in stage.run(*words, "--json").json["jobs"]] == wanted[4:]
    assert [line.split()[0] for line in stage.run("jobs", "list", "--sort", "created").lines[1:-1]] == list(
        map(str, ids)
    )
    assert "2 of 6 jobs; go on with --after=due." in stage.run("jobs", "list", "--sort", "due", "--limit", 2).out


def test_an_order_that_is_none_names_the_nearest(stage):
    stage.add()
    said = stage.run("jobs", "list", "--sort", "-duraton")
    assert (said.code, "did you mean duration?" in said.err) == (2, True)
    said = stage.run("jobs", "list", "--sort", "due", "--after", "-created.1.1.0")
    assert (said.code, "sort by -created, or start anew" in said.err) == (2, True)
    assert stage.run("jobs", "list", "--sort", "due", "--before", 3).code == 2


def test_nothing_found_is_exit_1(stage):
    stage.add()
    said = stage.run("jobs", "list", "state:failed")
    assert (said.code, said.out) == (1, "0 jobs\n")


def test_a_page_tells_how_to_go_on(stage):
    ids = [stage.add() for _ in range(3)]
    said = stage.run("jobs", "list", "--limit", 2)
    assert f"2 of 3 jobs; go on with --before {ids[1]}" in said.out
    said = stage.run("jobs", "list", "--limit", 2, "--before", ids[1], "--json")
    assert [job["id"] for job in said.json["jobs"]] == [ids[0]]


def test_a_wrong_filter_is_a_usage_error_that_names_the_right_word(stage):
    stage.add()
    said = stage.run("jobs", "list", "state:faild")
    assert said.code == 2
    assert said.err.splitlines() == ["headway: there is no state 'faild'", "  did you mean failed?"]
    said = stage.run("jobs", "list", "--quue", "mail", "--json")
    assert said.code == 2
    assert said.json["error"]["exit_code"] == 2
    assert "--queue" in said.json["error"]["message"]


def test_a_running_job_shows_its_progress(stage):
    stage.start()
    said = stage.run("jobs", "list")
    assert "40 % checking" in said.out


def test_watching_prints_a_job_when_it_is_new_or_changed(stage, capsys):
    out = Output(as_json=True)
    job = stage.add()

    def page():
        return stage.store.reader.call(stage.store.reader.page(JobFilter()))

    shown = show_changes(out, page(), {})
    shown = show_changes(out, page(), shown)
    stage.run("jobs", "cancel", job)
    show_changes(out, page(), shown)
    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [each["state"] for each in printed] == ["queued", "cancelled"]


def test_watching_for_people_prints_a_line_for_each_change(stage, capsys):
    out = Output(as_json=False)
    assert show_changes(out, stage.store.reader.call(stage.store.reader.page(JobFilter())), {}) == {0: None}
    job = stage.add()
    show_changes(out, stage.store.reader.call(stage.store.reader.page(JobFilter())), {0: None})
    (line,) = capsys.readouterr().out.splitlines()
    assert line.split()[:4] == [str(job), "queued", "shop:send", "mail"]


def test_watching_goes_on_until_ctrl_c_which_is_its_usual_end(stage):
    job = stage.add()
    words = command("jobs", "list", "--watch", "--json", "--store", stage.place)
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert json.loads(process.stdout.readline())["state"] == "queued"
            stage.run("jobs", "cancel", job)
            assert json.loads(process.stdout.readline())["state"] == "cancelled"
            process.send_signal(signal.SIGINT)
            _, complaint = process.communicate(timeout=LIMIT_S)
        finally:
            process.kill()
    assert (process.returncode, complaint) == (0, "")


def test_a_silent_running_job_is_shown_with_an_estimate_and_programs_get_what_it_reported(stage):
    stage.complete()
    job = stage.add()
    stage.claim()
    for words in (("list", "state:running"), ("show", job)):
        said = stage.run("jobs", *words)
        assert "% estimated" in said.out
    assert [row["progress"] for row in stage.run("jobs", "list", "state:running", "--json").json["jobs"]] == [None]
    assert stage.run("jobs", "show", job, "--json").json["progress"] is None

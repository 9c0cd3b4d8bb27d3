import pytest

from headway.client import errand
from headway.model.job import State


def test_a_pending_job_is_cancelled_and_the_history_says_by_whom(stage):
    job = stage.add()
    said = stage.run("jobs", "cancel", job, "--by", "ann")
    assert (said.code, said.out) == (0, f"{job} cancelled\n")
    assert stage.state(job) is State.CANCELLED
    assert stage.run("jobs", "show", job, "--json").json["history"][-1]["by"] == "ann"


def test_a_running_job_is_asked_to_stop(stage):
    job = stage.start()
    said = stage.run("jobs", "cancel", job, "--json")
    assert said.json == {"results": [{"job": job, "outcome": "requested", "done": True}], "done": 1, "not_done": 0}
    assert stage.state(job) is State.RUNNING


def test_an_ended_or_unknown_job_is_exit_1_with_an_answer_for_each(stage):
    ended, pending = stage.complete(), stage.add()
    said = stage.run("jobs", "cancel", ended, 999, pending, "--json")
    assert said.code == 1
    assert [each["outcome"] for each in said.json["results"]] == ["final", "not_found", "cancelled"]
    assert stage.state(pending) is State.CANCELLED


def test_a_filter_cancels_what_it_names_and_nothing_else(stage):
    mail, report = stage.add(queue="mail"), stage.add(queue="reports")
    done = stage.run("jobs", "cancel", "--queue", "mail")
    assert done.code == 0
    assert (stage.state(mail), stage.state(report)) == (State.CANCELLED, State.QUEUED)


def test_an_empty_filter_needs_all(stage):
    job = stage.add()
    said = stage.run("jobs", "cancel")
    assert said.code == 2
    assert "--all" in said.err
    assert stage.state(job) is State.QUEUED
    assert stage.run("jobs", "cancel", "--all").code == 0
    assert stage.state(job) is State.CANCELLED


@pytest.mark.parametrize("verb", ["cancel", "retry"])
def test_ids_and_a_filter_exclude_each_other(stage, verb):
    job = stage.add()
    assert stage.run("jobs", verb, job, "--queue", "mail").code == 2
    assert stage.run("jobs", verb, job, "--all").code == 2


def test_a_dry_run_changes_nothing(stage):
    job = stage.add()
    said = stage.run("jobs", "cancel", "--queue", "mail", "--dry-run", "--json")
    assert said.json == {"dry_run": True, "jobs": [job]}
    assert stage.run("jobs", "cancel", "--queue", "mail", "--dry-run").lines[-1] == "1 job; nothing was changed"
    assert stage.state(job) is State.QUEUED


def test_a_filter_that_matches_nothing_is_exit_1(stage):
    stage.complete()
    said = stage.run("jobs", "cancel", "--queue", "mail")
    assert (said.code, said.out) == (1, "no job matches\n")


def test_failed_and_cancelled_jobs_are_retried_and_others_are_not(stage):
    failed, completed = stage.fail(), stage.complete()
    said = stage.run("jobs", "retry", failed, completed, "--json")
    assert said.code == 1
    assert [each["outcome"] for each in said.json["results"]] == ["requeued", "refused"]
    assert (stage.state(failed), stage.state(completed)) == (State.QUEUED, State.COMPLETED)


def test_retry_all_means_all_that_can_be_retried(stage):
    failed, completed = stage.fail(), stage.complete()
    said = stage.run("jobs", "retry", "--all")
    assert said.code == 0
    assert (stage.state(failed), stage.state(completed)) == (State.QUEUED, State.COMPLETED)


def test_each_answer_is_told_in_words(stage):
    ended, running, pending = stage.complete(), stage.start(), stage.add()
    said = stage.run("jobs", "cancel", ended, running, 999, pending)
    assert said.lines == [
        f"{ended} not cancelled: it had ended before",
        f"{running} asked to stop (it is running)",
        "999 not found",
        f"{pending} cancelled",
        "2 jobs of 4",
    ]
    assert stage.run("jobs", "cancel", running).out == f"{running} was asked to stop before and is still running\n"
    said = stage.run("jobs", "retry", ended, 999)
    assert said.lines[:2] == [f"{ended} not retried: only failed and cancelled jobs can be", "999 not found"]


def test_a_filter_reaches_every_job_over_many_pages_and_transactions(stage, monkeypatch):
    monkeypatch.setattr(errand, "PAGE", 7)
    monkeypatch.setattr(errand, "CHUNK", 3)
    jobs = [stage.add(queue="mail" if number % 2 else "reports") for number in range(40)]
    said = stage.run("jobs", "cancel", "--queue", "mail", "--json")
    assert (said.code, said.json["done"], said.json["not_done"]) == (0, 20, 0)
    assert [each["job"] for each in said.json["results"]] == jobs[:0:-2]
    assert {stage.state(job) for job in jobs[::2]} == {State.QUEUED}


def test_a_filter_goes_on_past_a_job_whose_arguments_are_gone(stage):
    lost = stage.fail()
    stage.run("archive", "--older-than", "0s")
    (month,) = stage.place.glob("jobs_*.db")
    month.unlink()
    failed = stage.fail()
    said = stage.run("jobs", "retry", "--all")
    assert said.code == 1
    assert said.lines == [
        f"{failed} goes again", f"{lost} not retried: its arguments are not there any more", "1 job of 2",
    ]  # fmt: skip


def test_whoever_has_no_name_acts_as_the_command_line(stage, monkeypatch):
    def nobody():
        raise KeyError("uid not found")

    monkeypatch.setattr("getpass.getuser", nobody)
    job = stage.add()
    assert stage.run("jobs", "cancel", job).code == 0
    assert stage.run("jobs", "show", job, "--json").json["history"][-1]["by"] == "command line"


def test_a_dry_run_of_ids_names_them_and_changes_nothing(stage):
    job = stage.add()
    assert stage.run("jobs", "cancel", job, "--dry-run").lines == [
        f"{job} would be cancelled",
        "1 job; nothing was changed",
    ]
    assert stage.run("jobs", "retry", "--all", "--dry-run").code == 1
    assert stage.state(job) is State.QUEUED

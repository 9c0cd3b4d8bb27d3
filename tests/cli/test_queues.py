"""Pausing, sizing and limiting queues, and asking why a job is not running, from the command line."""

import pytest


def queue(stage, name="mail"):
    found = {one["queue"]: one for one in stage.run("queues", "list", "--json").json["queues"]}
    return found.get(name)


def test_a_queue_is_paused_by_whoever_says_so_and_resumed(stage):
    stage.add()
    said = stage.run("queues", "pause", "mail", "--by", "ann")
    assert said.code == 0
    assert "paused by ann just now" in said.out
    assert stage.claim() == ()
    assert (queue(stage)["paused_by"], queue(stage)["queued"]) == ("ann", 1)
    again = stage.run("queues", "pause", "mail", "--by", "bob", "--json")
    assert (again.code, again.json["changed"], again.json["queue"]["paused_by"]) == (0, False, "ann")
    assert stage.run("queues", "resume", "mail", "--json").json["changed"] is True
    assert "it was not paused" in stage.run("queues", "resume", "mail").err
    assert len(stage.claim()) == 1


def test_a_queue_without_jobs_whose_name_is_like_anothers_is_asked_about(stage):
    stage.add(queue="mail")
    asked = "no unfinished job is in queue mial; did you mean mail?"
    assert asked in stage.run("queues", "pause", "mial").err
    assert "did you mean" not in stage.run("queues", "pause", "mail").err


def test_a_pause_without_a_name_bears_that_of_the_user(stage):
    stage.run("queues", "pause", "mail")
    assert queue(stage)["paused_by"]


def test_a_queue_is_resized_and_the_limit_taken_away(stage):
    assert stage.run("queues", "resize", "mail", 3).code == 0
    assert queue(stage)["size"] == 3
    assert "3 at once" in stage.run("queues", "list").out
    assert stage.run("queues", "resize", "mail", "none").code == 0
    assert queue(stage) is None


def test_a_rate_is_set_and_taken_away(stage):
    said = stage.run("queues", "rate", "mail", 10, "1m", "--json").json["queue"]
    assert (said["rate_starts"], said["rate_per_seconds"]) == (10, 60.0)
    assert "10 per 1 min" in stage.run("queues", "list").out
    assert stage.run("queues", "rate", "mail", "none").code == 0
    assert queue(stage) is None


@pytest.mark.parametrize(
    "words",
    [
        ("resize", "mail", "0"),
        ("resize", "mail", "many"),
        ("rate", "mail", "0", "1m"),
        ("rate", "mail", "10"),
        ("rate", "mail", "none", "1m"),
        ("rate", "mail", "10", "soon"),
        ("pause", "ma\nil"),
    ],
)
def test_what_cannot_be_set_is_exit_2_and_nothing_is_set(stage, words):
    said = stage.run("queues", *words)
    assert said.code == 2
    assert said.err
    assert queue(stage) is None


def test_with_several_apps_in_the_store_the_app_must_be_named(stage):
    stage.add()
    stage.add(app="shop")
    said = stage.run("queues", "pause", "mail")
    assert said.code == 2
    assert "--app-name" in said.err
    assert stage.run("queues", "pause", "mail", "--app-name", "shop").code == 0
    assert len(stage.claim()) == 1


def test_a_job_says_why_it_does_not_run(stage):
    stage.claim()  # a worker is there
    job = stage.add()
    assert stage.run("jobs", "explain", job).lines[1].strip().startswith("ready, the next one of queue mail")
    stage.run("queues", "pause", "mail", "--by", "ann")
    said = stage.run("jobs", "explain", job)
    assert said.lines[0] == f"job {job} is queued"
    assert "queue mail paused by ann since" in said.lines[1]
    (gate,) = stage.run("jobs", "explain", "ref-0", "--json").json["gates"]
    assert (gate["kind"], gate["subject"], gate["by"]) == ("paused", "mail", "ann")


def test_a_job_that_is_not_there_is_exit_1(stage):
    assert stage.run("jobs", "explain", 99).code == 1

import pytest

from headway import Jobs
from headway.model.job import State


class TestReplay:
    def test_a_new_job_for_each_and_the_history_says_by_whom(self, stage):
        one, two = stage.complete(), stage.fail()
        said = stage.run("jobs", "replay", one, two, "--by", "ann")
        assert (said.code, said.lines) == (0, [f"{one} is done once more as 3", f"{two} is done once more as 4"])
        assert (stage.state(one), stage.state(3)) == (State.COMPLETED, State.QUEUED)
        shown = stage.run("jobs", "show", 3, "--json").json
        assert (shown["replay_of"], shown["arguments"]) == (one, {"to": "ann"})
        assert [(step["kind"], step["by"]) for step in shown["history"]][-1] == ("replay", "ann")
        assert f"repeats job {one}" in " ".join(stage.run("jobs", "show", 3).out.split())

    def test_what_cannot_be_replayed_is_exit_1_with_an_answer_for_each(self, stage):
        pending, ended = stage.add(), stage.complete()
        held = stage.complete(unique_key="k", priority=2)
        holder = stage.add(unique_key="k")
        said = stage.run("jobs", "replay", pending, 999, held, ended)
        assert said.code == 1
        assert said.lines == [
            f"{pending} not replayed: it has not ended",
            "999 not found",
            f"{held} not replayed: its unique key belongs to job {holder}",
            f"{ended} is done once more as 5",
        ]
        assert stage.run("jobs", "replay", ended, pending, "--json").json == {
            "results": [
                {"job": ended, "outcome": "replayed", "done": True, "new": 6},
                {"job": pending, "outcome": "refused", "done": False, "new": None},
            ],
            "done": 1,
            "not_done": 1,
        }


class TestRetry:
    def test_with_revive_dependants_go_too(self, stage):
        parent = stage.add(priority=1)
        child = stage.add(depends_on=(parent,))
        stage.run("jobs", "cancel", parent)
        assert stage.run("jobs", "retry", parent).code == 0
        assert stage.state(child) is State.CANCELLED
        stage.run("jobs", "cancel", parent)
        assert stage.run("jobs", "retry", "--name", "shop:send", "--code", "cancelled", "--revive").code == 0
        assert stage.state(child) is State.WAITING

    def test_a_key_that_is_taken_is_an_answer(self, stage):
        ended = stage.fail(unique_key="k")
        stage.add(unique_key="k")
        said = stage.run("jobs", "retry", ended)
        assert (said.code, said.out) == (1, f"{ended} not retried: another job has its unique key\n")


class TestRevise:
    def test_what_is_given_is_changed(self, stage):
        job = stage.add()
        words = ("--priority", "high", "--queue", "reports", "--run-after", "2h", "--arguments", '{"to": "bob"}')
        said = stage.run("jobs", "revise", job, *words, "--by", "ann")
        assert (said.code, said.out) == (0, f"{job} revised\n")
        shown = stage.run("jobs", "show", job, "--json").json
        assert (shown["priority"], shown["queue"], shown["state"]) == (10, "reports", "scheduled")
        assert shown["arguments"] == {"to": "bob"}
        (step,) = [step for step in shown["history"] if step["kind"] == "revise"]
        assert step["by"] == "ann"
        assert "priority 0 -> 10; queue mail -> reports; due " in step["note"]
        assert 'to "ann" -> "bob"' in step["note"]

    @pytest.mark.parametrize(("when", "state"), [("now", "queued"), ("2099-01-01T08:00", "scheduled")])
    def test_a_moment(self, stage, when, state):
        job = stage.add(delay_us=3_600_000_000)
        assert stage.run("jobs", "revise", job, "--run-after", when).code == 0
        assert stage.state(job).value == state

    def test_what_runs_or_is_not_there_is_exit_1(self, stage):
        job = stage.start()
        said = stage.run("jobs", "revise", job, "--priority", "5")
        assert (said.code, said.out) == (1, f"{job} not revised: it runs or has ended\n")
        said = stage.run("jobs", "revise", 999, "--priority", "5", "--json")
        assert (said.code, said.json["results"]) == (1, [{"job": 999, "outcome": "not_found", "done": False}])
        assert "there is no job 999" in stage.run("jobs", "revise", 999, "--arguments", "{}").err

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            ((), "nothing says what to change"),
            (("--priority", "highest"), "one of low, normal, high, urgent"),
            (("--priority", "5000"), "from -1000 to 1000"),
            (("--run-after", "soon"), "--run-after: 'soon' is not a moment"),
            (("--arguments", "{"), "--arguments is no JSON"),
            (("--arguments", "[1]"), "must be a JSON object"),
        ],
    )
    def test_what_is_wrong_is_a_usage_error_and_changes_nothing(self, stage, words, said):
        job = stage.add()
        answer = stage.run("jobs", "revise", job, *words)
        assert answer.code == 2
        assert said in answer.err
        assert len(stage.run("jobs", "show", job, "--json").json["history"]) == 1

    def test_with_the_application_arguments_are_checked_and_secrets_stay_secret(self, app):
        with Jobs(app.place) as jobs:
            job = jobs.enqueue_by_name("login", {"user": "ann", "pin": "1234"}, allow_unknown=True).id
        said = app.run("jobs", "revise", job, "--arguments", '{"pin": 9}', "--app", app.module)
        assert said.code == 2
        assert "expected `str`, got `int`" in said.err
        assert app.run("jobs", "revise", job, "--arguments", '{"pin": "98765"}', "--app", app.spec).code == 0
        shown = app.run("jobs", "show", job, "--app", app.spec).out
        assert "pin *** -> ***" in shown
        assert "98765" not in shown


def test_jobs_of_a_named_worker_are_listed_and_cancelled(stage):
    job, other = stage.add(lane="smtp"), stage.add()
    assert [each["id"] for each in stage.run("jobs", "list", "worker:smtp", "--json").json["jobs"]] == [job]
    assert stage.run("jobs", "cancel", "--worker", "smtp").code == 0
    assert (stage.state(job), stage.state(other)) == (State.CANCELLED, State.QUEUED)

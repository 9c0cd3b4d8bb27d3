"""Schedules, queues, nodes, batches, handlers and figures through the API."""

from datetime import timedelta
from typing import Any

import pytest

from headway import Context, Jobs, State, Worker
from tests.web.api.conftest import Site


@pytest.fixture
def nightly(jobs: Jobs) -> Jobs:
    jobs.add_recurring("nightly", "0 2 * * *", jobs.job_named("greet").call("x", 3), description="says it")
    return jobs


def test_a_schedule_is_shown_with_its_next_runs_in_words(site: Site, nightly: Jobs) -> None:
    found = site.get("/recurring/nightly")
    assert (found["when"], found["zone"], found["managed"], found["handler"]) == ("At 02:00", "UTC", "db", "greet")
    assert found["arguments"] == {"name": "x", "times": "•••"}
    assert len(found["nextRuns"]) == 5
    assert found["nextRuns"][0]["at"] == found["nextRunAt"]
    assert found["nextRuns"][0]["words"].startswith("in ")
    assert found["idle"] == "no worker of this app is running"
    assert site.get(f"/recurring/{found['id']}")["name"] == "nightly"


def test_a_schedule_is_run_now_paused_resumed_and_revised(site: Site, nightly: Jobs) -> None:
    answered = site.web.post("/api/jobs/recurring/nightly/run")
    assert answered.status_code == 202
    assert site.web.get(answered.headers["location"]).json()["schedule"] == "nightly"
    assert site.problem("/recurring/nightly/run", "POST")[:2] == (409, "schedule-busy")
    site.post("/recurring/nightly/run", {"force": True}, status=202)
    assert site.post("/recurring/nightly/pause") == {"isEnabled": False, "changed": True}
    assert site.post("/recurring/nightly/pause") == {"isEnabled": False, "changed": False}
    assert site.post("/recurring/nightly/resume") == {"isEnabled": True, "changed": True}
    body: dict[str, Any] = {
        "when": "every 90s",
        "overlap": "queue",
        "misfireGraceSeconds": 5,
        "maxRuns": 3,
        "endAt": "2040-01-01T00:00Z",
        "arguments": {"name": "y"},
    }
    changed = site.post("/recurring/nightly", body, method="PATCH")
    assert (changed["everySeconds"], changed["overlap"], changed["maxRuns"]) == (90.0, "queue", 3)
    assert changed["endAt"] == "2040-01-01T00:00:00.000000Z"
    assert nightly.get_recurring("nightly").info().arguments == {"name": "y", "times": 3}
    cleared = site.post("/recurring/nightly", {"maxRuns": None, "endAt": None}, method="PATCH")
    assert (cleared["maxRuns"], cleared["endAt"]) == (None, None)
    told = [(one["kind"], one["by"]) for one in site.get("/acts", subject="schedule", subjectId="nightly")["items"]]
    assert told == [
        ("revise", "ann"),
        ("revise", "ann"),
        ("resume", "ann"),
        ("pause", "ann"),
        ("run", "ann"),
        ("run", "ann"),
    ]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "nothing says what to change"),
        ({"when": "0 2 * *"}, "4 fields"),
        ({"when": "every blue moon"}, "interval"),
        ({"zone": "Europe/Berln"}, "Europe/Berlin"),
        ({"overlap": "skipp"}, "overlap"),
        ({"maxRuns": 0}, "maxRuns"),
        ({"endAt": "2h"}, "end_at"),
        ({"arguments": {"nam": "x"}}, "did you mean 'name'?"),
    ],
)
def test_a_schedule_is_not_made_what_cannot_be(site: Site, nightly: Jobs, body: object, said: str) -> None:
    before = nightly.get_recurring("nightly").info()
    status, _, detail = site.problem("/recurring/nightly", "PATCH", json=body)
    assert status == 422
    assert said in detail
    assert nightly.get_recurring("nightly").info() == before


def test_a_schedule_that_code_declares_is_not_revised(site: Site, jobs: Jobs) -> None:
    jobs.recurring("hourly", "0 * * * *", jobs.job_named("greet").call("x"))
    with Worker(jobs):
        while not site.get("/recurring"):
            assert jobs.registry.schedules
        assert site.problem("/recurring/hourly", "PATCH", json={"when": "0 2 * * *"})[:2] == (409, "schedule-managed")


def test_one_that_was_removed_for_good_is_shown_when_asked_for_and_comes_back(site: Site, nightly: Jobs) -> None:
    site.post("/recurring/nightly?forGood=true", status=204, method="DELETE")
    assert site.get("/recurring") == []
    assert [(one["name"], one["state"]) for one in site.get("/recurring", state="removed")] == [("nightly", "removed")]
    assert site.post("/recurring/nightly/toggle") in ({"isEnabled": True}, {"isEnabled": False})


def test_all_schedules_stop_and_go_on(site: Site, nightly: Jobs) -> None:
    assert site.get("/scheduler")["pausedAt"] is None
    assert site.post("/scheduler/pause")["pausedBy"] == "ann"
    assert nightly.scheduler_paused() is not None
    assert site.post("/scheduler/resume")["pausedAt"] is None


def test_a_timetable_is_tried_out(site: Site) -> None:
    found = site.get("/scheduler/preview", when="0 2 * * *", zone="Europe/Berlin", count=3)
    assert (found["when"], found["zone"], len(found["next"])) == ("At 02:00", "Europe/Berlin", 3)
    assert site.problem("/scheduler/preview?when=0+25+*+*+*")[:2] == (422, "cron-invalid")
    assert site.problem("/scheduler/preview?when=0+2+*+*+*&zone=Mars")[0] == 422


def test_a_queue_is_paused_limited_and_set_free(site: Site, jobs: Jobs) -> None:
    jobs.job_named("greet").using(queue="mail/eu").enqueue("x")
    assert [one["queue"] for one in site.get("/queues")] == ["mail/eu"]
    assert site.post("/queues/mail/eu/pause")["pausedBy"] == "ann"
    limited = site.post("/queues/mail/eu", {"size": 3, "rate": {"starts": 10, "perSeconds": 60}}, method="PATCH")
    assert (limited["size"], limited["rateStarts"], limited["ratePerSeconds"], limited["isPaused"]) == (
        3,
        10,
        60.0,
        True,
    )
    status = jobs.queue("mail/eu").status()
    assert (status.size, status.is_paused) == (3, True)
    freed = site.post("/queues/mail/eu", {"size": None, "rate": None}, method="PATCH")
    assert (freed["size"], freed["rateStarts"]) == (None, None)
    assert site.post("/queues/mail/eu/resume")["isPaused"] is False
    assert site.problem("/queues/mail/eu", "PATCH", json={"size": 0})[0] == 422
    assert site.problem("/queues/mail/eu", "PATCH", json={"sise": 1})[0] == 400


def test_a_node_is_drained_and_works_again(site: Site, jobs: Jobs) -> None:
    with Worker(jobs):
        while not (found := site.get("/nodes")):
            assert jobs.app
        (node,) = found
        assert (node["state"], "greet" in node["names"]) == ("active", True)
        assert site.post(f"/nodes/{node['uid']}/drain")["state"] == "draining"
        assert site.post(f"/nodes/{node['uid']}/undrain")["state"] == "active"
    assert site.problem(f"/nodes/{node['uid']}/drain", "POST")[:2] == (409, "conflict")
    assert site.problem("/nodes/nobody/drain", "POST")[:2] == (404, "not-found")
    assert [one["kind"] for one in site.get("/acts", subject="node")["items"]] == ["undrain", "drain"]


def test_a_batch_is_listed_shown_and_cancelled(site: Site, jobs: Jobs) -> None:
    batch = jobs.open_batch("big")
    refs = [batch.enqueue(jobs.job_named("greet").call(str(number))) for number in range(3)]
    (listed,) = site.get("/batches", active="true")["items"]
    assert (listed["name"], listed["jobs"], listed["pending"], listed["state"]) == ("big", 3, 3, "open")
    assert site.get(f"/batches/{listed['id']}") == site.get("/batches/big") == listed
    done = site.post("/batches/big/cancel")
    assert (done["jobs"], done["batch"]["state"]) == (3, "cancelled")
    assert {ref.status().state for ref in refs} == {State.CANCELLED}
    assert site.problem("/batches/big/cancel", "POST")[0] == 409
    assert site.problem("/batches/small")[:2] == (404, "batch-not-found")


def test_handlers_are_listed_with_what_they_take(site: Site, jobs: Jobs) -> None:
    jobs.enqueue_by_name("elsewhere", {}, allow_unknown=True)
    found = {one["name"]: one for one in site.get("/handlers")}
    assert set(found) == {"greet", "leave", "elsewhere"}
    assert (found["greet"]["summary"], found["greet"]["isExposed"], found["leave"]["isExposed"]) == (
        "Say hello.",
        True,
        False,
    )
    assert (found["elsewhere"]["isKnown"], found["elsewhere"]["queue"]) == (False, None)
    schema = site.get("/handlers/greet")["arguments"]
    assert schema["required"] == ["name"]
    assert schema["properties"]["times"] == {"type": "integer", "writeOnly": True}
    answered = site.web.get("/api/jobs/handlers/greet/schema")
    assert (answered.headers["content-type"], answered.json()) == ("application/schema+json", schema)
    assert site.problem("/handlers/gret")[2].endswith("did you mean 'greet'?")
    assert site.get("/handlers/elsewhere")["arguments"] is None


def test_the_figures_are_those_of_the_store(site: Site, jobs: Jobs) -> None:
    fails = jobs.register(lambda: 1 / 0, name="fails", retries=0)
    with Worker(jobs) as worker:
        for number in range(4):
            jobs.job_named("greet").using(queue="mail").enqueue(str(number))
        fails.enqueue()
        assert worker.wait_idle(10)
    jobs.job_named("greet").using(run_after=timedelta(hours=1)).enqueue("later")
    stored = jobs.counts()
    counts = site.get("/counts")
    assert counts["states"] == {state.value: stored[state] for state in State}
    assert counts["groups"] == {
        "Pending": 1, "Running": 0, "Completed": 4, "Failed": 1, "Cancelled": 0, "Skipped": 0,
    }  # fmt: skip
    assert counts["total"] == sum(stored.values()) == site.get("/")["totalCount"]
    over_time = site.get("/stats/throughput", hours=1)
    assert over_time["stepSeconds"] == 60
    assert sum(one["completed"] for one in over_time["items"]) == 4
    assert sum(one["failed"] for one in over_time["items"]) == 1
    by_name = {one["name"]: one for one in site.get("/stats/handlers", hours=1)}
    assert (by_name["greet"]["completed"], by_name["fails"]["failed"]) == (4, 1)
    assert 0 <= by_name["greet"]["run"]["p50"] <= by_name["greet"]["run"]["longest"]
    assert by_name["greet"]["wait"]["p95"] >= 0
    by_queue = {one["name"]: one["completed"] for one in site.get("/stats/queues", hours=1)}
    assert by_queue == {"mail": 4, "default": 0}
    (failure,) = site.get("/stats/failures")["items"]
    assert (failure["name"], failure["jobs"]) == ("fails", 1)
    assert [one["completed"] for one in site.get("/stats/months")] == [4]
    assert site.problem("/stats/handlers?hours=0")[0] == 400
    assert site.problem("/stats/handlers?hours=99999")[0] == 400


def test_a_log_is_read_line_by_line_and_kept_whole(site: Site, jobs: Jobs) -> None:
    def counts(ctx: Context, password: str) -> None:
        for number in range(5):
            ctx.log(f"line {number} {password}")

    job = jobs.register(counts, name="counts", takes_context=True, redact=["password"])
    with Worker(jobs) as worker:
        ref = job.enqueue("sesame!")
        assert worker.wait_idle(10)
    first = site.get(f"/{ref.id}/lines", limit=2)
    assert [one["text"] for one in first["items"]] == ["line 0 •••", "line 1 •••"]
    rest = site.get(f"/{ref.id}/lines", after=first["nextAfter"])
    assert [one["message"] for one in rest["items"]] == ["line 2 •••", "line 3 •••", "line 4 •••"]
    assert (rest["nextAfter"], rest["dropped"]) == (None, 0)
    whole = site.web.get(f"/api/jobs/{ref.id}/log")
    assert whole.headers["content-type"] == "text/plain; charset=utf-8"
    assert whole.headers["content-disposition"] == f'attachment; filename="job-{ref.id}.log"'
    assert [line.split(" ", 2)[-1] for line in whole.text.splitlines()] == [f"line {number} •••" for number in range(5)]

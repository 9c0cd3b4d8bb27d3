"""The seven routes that came first, with the names and the meaning that they were promised with."""

import threading

from headway import Context, Jobs, Worker
from headway.view.words import utc
from tests.web.api.conftest import Site

LISTED = {"items", "totalCount", "page", "pageSize"}
DETAILED = {
    "id", "jobType", "moduleName", "state", "progressPercentage", "progressMessage", "error", "data", "logs",
    "retryCount", "createdAt", "startedAt", "completedAt",
}  # fmt: skip
SCHEDULED = {"id", "name", "jobType", "cronExpression", "isEnabled", "lastRunAt", "nextRunAt", "createdAt"}


def test_jobs_are_listed_newest_first_by_state_and_type_page_by_page(site: Site) -> None:
    greets = [site.jobs.job_named("greet").enqueue(str(number)).id for number in range(25)]
    left = site.jobs.job_named("leave").enqueue("x").id
    first = site.get("/")
    assert set(first) >= LISTED
    assert (first["totalCount"], first["totalExact"], first["page"], first["pageSize"]) == (26, True, 1, 20)
    assert [one["id"] for one in first["items"]] == [left, *reversed(greets)][:20]
    second = site.get("/", state="Pending", jobType="greet", page=2, pageSize=20)
    assert [one["id"] for one in second["items"]] == list(reversed(greets))[20:]
    assert (second["totalCount"], second["page"]) == (25, 2)
    assert site.get("/", state="Running")["totalCount"] == 0


def test_runs_of_schedules_are_listed_as_well(site: Site) -> None:
    site.jobs.add_recurring("nightly", "0 2 * * *", site.jobs.job_named("greet").call("x"))
    run = site.jobs.trigger("nightly")
    assert [one["id"] for one in site.get("/")["items"]] == [run.id]
    assert [one["id"] for one in site.get("/", schedule="nightly")["items"]] == [run.id]


def test_a_job_is_shown_with_its_progress_its_data_and_its_log(site: Site) -> None:
    def fails(ctx: Context, n: int) -> None:
        ctx.progress(40, "checking")
        ctx.log("so far")
        raise ValueError("no such thing")

    job = site.jobs.register(fails, name="shop.tasks:fails", takes_context=True, retries=0)
    with Worker(site.jobs) as worker:
        ref = job.enqueue(7)
        assert worker.wait_idle(10)
    found = site.get(f"/{ref.id}")
    assert set(found) >= DETAILED
    assert site.get(f"/{ref.ref_id}") == found
    assert (found["jobType"], found["state"], found["group"]) == ("shop.tasks:fails", "failed", "Failed")
    assert (found["progress"], found["progressPercentage"], found["progressMessage"]) == (0.4, 40, "checking")
    assert (found["data"], found["error"], found["retryCount"]) == ({"n": 7}, "ValueError: no such thing", 0)
    assert found["moduleName"] == __name__
    row = ref.detail().row
    assert (found["createdAt"], found["startedAt"], found["completedAt"]) == (
        utc(row.created_us),
        utc(row.started_us),
        utc(row.finished_us),
    )
    assert [(one["message"], bool(one["timestamp"])) for one in found["logs"]] == [("so far", True)]
    (attempt,) = found["attempts"]
    assert attempt["error"]["type"] == "ValueError"
    assert "Traceback" in attempt["error"]["traceback"]
    assert site.problem("/4711")[:2] == (404, "job-not-found")


def test_pending_jobs_are_cancelled_and_failed_ones_run_again(site: Site) -> None:
    ref = site.jobs.job_named("greet").enqueue("x")
    assert site.post(f"/{ref.id}/cancel") == {
        "id": ref.id,
        "outcome": "cancelled",
        "state": "cancelled",
        "group": "Cancelled",
    }
    assert site.problem(f"/{ref.id}/cancel", "POST")[:2] == (409, "conflict")
    assert site.post(f"/{ref.id}/retry") == {"id": ref.id, "state": "queued", "group": "Pending"}
    assert site.problem(f"/{ref.id}/retry", "POST")[:2] == (409, "job-not-retryable")
    assert [site.problem(f"/4711/{verb}", "POST")[0] for verb in ("cancel", "retry")] == [404, 404]


def test_what_runs_is_asked_to_stop_and_what_completed_is_not_run_again(site: Site) -> None:
    pause = threading.Event()

    def waits(ctx: Context) -> None:
        while not pause.wait(0.02):
            ctx.raise_if_cancelled()

    job = site.jobs.register(waits, name="waits", takes_context=True)
    with Worker(site.jobs) as worker:
        done = site.jobs.job_named("greet").enqueue("x")
        assert done.result(10) == "x"
        assert site.problem(f"/{done.id}/retry", "POST")[:2] == (409, "job-not-retryable")
        ref = job.enqueue()
        while site.get(f"/{ref.id}")["group"] != "Running":
            assert not ref.status().state.is_final
        assert site.post(f"/{ref.id}/cancel")["outcome"] == "requested"
        assert worker.wait_idle(10)
    assert site.get(f"/{ref.id}")["state"] == "cancelled"


def test_schedules_are_listed_once_switched_and_deleted(site: Site) -> None:
    site.jobs.add_recurring("nightly", "0 2 * * *", site.jobs.job_named("greet").call("x"))
    for _ in range(3):
        site.jobs.trigger("nightly", force=True)
    (found,) = site.get("/recurring")
    assert set(found) >= SCHEDULED
    assert (found["name"], found["jobType"], found["cronExpression"]) == ("nightly", "greet", "0 2 * * *")
    assert found["isEnabled"] is True
    assert found["nextRunAt"].endswith("T02:00:00.000000Z")
    assert found["lastRunAt"] is not None
    assert site.post(f"/recurring/{found['id']}/toggle") == {"isEnabled": False}
    assert site.get("/recurring")[0]["isEnabled"] is False
    assert site.post("/recurring/nightly/toggle") == {"isEnabled": True}
    assert site.post(f"/recurring/{found['id']}", status=204, method="DELETE") is None
    assert site.get("/recurring") == []
    assert [
        site.problem(path, method)[:2]
        for path, method in (("/recurring/nightly/toggle", "POST"), ("/recurring/1", "DELETE"), ("/recurring/1", "GET"))
    ] == [(404, "schedule-not-found")] * 3


def test_looking_changes_nothing(site: Site, jobs: Jobs) -> None:
    ref = jobs.job_named("greet").enqueue("x")
    for path in (f"/{ref.id}/cancel", f"/{ref.id}/retry", "/recurring/1/toggle", "/bulk"):
        status, kind, _ = site.problem(path)
        assert (status, kind) == (405, "method-not-allowed")
    assert ref.status().state.value == "queued"

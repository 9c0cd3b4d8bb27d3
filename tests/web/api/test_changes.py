"""Jobs changed through the API: each is written down with who did it, and what cannot be is refused as it stands."""

import threading
from datetime import UTC, datetime

import pytest

from headway import Jobs, State, Worker
from tests.web.api.conftest import Site, site_of


def acts(site: Site) -> list[tuple[str, str | None, str | None]]:
    return [(one["kind"], one["subjectId"], one["by"]) for one in site.get("/acts")["items"]]


def test_a_job_that_waits_is_revised(site: Site) -> None:
    ref = site.jobs.job_named("greet").enqueue("a", 2)
    changed = site.post(
        f"/{ref.id}",
        {"priority": "high", "queue": "mail", "runAfter": "2h", "arguments": {"name": "b"}},
        method="PATCH",
    )
    assert (changed["priority"], changed["queue"], changed["state"]) == (10, "mail", "scheduled")
    assert ref.detail().payload == '{"name":"b","times":2}'
    site.post(f"/{ref.id}", {"runAfter": "2031-01-01T00:00Z"}, method="PATCH")
    assert ref.detail().row.due_us == int(datetime(2031, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000
    assert acts(site) == [("revise", str(ref.id), "ann")] * 2


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({}, 422, "nothing says what to change"),
        ({"prioritee": 1}, 400, "did you mean priority?"),
        ({"priority": "hihg"}, 422, "priority"),
        ({"priority": 5_000}, 422, "priority"),
        ({"queue": 3}, 422, "queue: expected `str`"),
        ({"queue": " x"}, 422, "spaces around it"),
        ({"runAfter": "soonish"}, 422, "runAfter"),
        ({"arguments": {"nam": "x"}}, 422, "did you mean 'name'?"),
        ({"arguments": [1]}, 422, "arguments"),
    ],
)
def test_a_revision_that_does_not_fit_changes_nothing(site: Site, body: object, status: int, said: str) -> None:
    ref = site.jobs.job_named("greet").enqueue("a")
    before = ref.detail()
    found = site.problem(f"/{ref.id}", "PATCH", json=body)
    assert found[0] == status
    assert said in found[2]
    assert ref.detail() == before
    assert acts(site) == []


def test_what_has_ended_is_repeated_deleted_and_not_revised(site: Site) -> None:
    ref = site.jobs.job_named("greet").enqueue("a")
    assert site.problem(f"/{ref.id}/replay", "POST")[:2] == (409, "job-not-replayable")
    ref.cancel()
    assert site.problem(f"/{ref.id}", "PATCH", json={"priority": 1})[:2] == (409, "job-not-revisable")
    answered = site.web.post(f"/api/jobs/{ref.id}/replay")
    assert answered.status_code == 202
    again = site.web.get(answered.headers["location"]).json()
    assert (again["id"], again["replayOf"]) == (answered.json()["id"], ref.id)
    assert site.post(f"/{ref.id}", status=204, method="DELETE") is None
    assert site.problem(f"/{ref.id}")[0] == 404
    assert acts(site) == [("delete", str(ref.id), "ann"), ("replay", str(ref.id), "ann")]


def test_a_job_that_others_wait_for_is_not_deleted(site: Site) -> None:
    greets = site.jobs.job_named("greet")
    first, other = greets.enqueue("a"), greets.enqueue("b")
    child = greets.using(depends_on=[first, other], when="finished").enqueue("c")
    first.cancel()
    assert site.problem(f"/{first.id}", "DELETE")[:2] == (409, "conflict")
    assert child.status().state is State.WAITING


def test_a_failed_job_and_those_that_depend_on_it_run_again(site: Site) -> None:
    first = site.jobs.job_named("greet").enqueue("a")
    child = site.jobs.job_named("greet").using(depends_on=first).enqueue("b")
    first.cancel()
    assert child.status().state is State.CANCELLED
    site.post(f"/{first.id}/retry", {"revive": True})
    assert child.status().state is State.WAITING


def test_a_retry_whose_key_another_job_holds_says_which(site: Site) -> None:
    unique = site.jobs.job_named("greet").using(unique_key="k")
    first = unique.enqueue("a")
    first.cancel()
    holder = unique.enqueue("a")
    found = site.web.post(f"/api/jobs/{first.id}/retry")
    assert (found.status_code, found.json()["type"], found.json()["jobId"]) == (
        409,
        "urn:headway:duplicate-job",
        holder.id,
    )


def test_many_jobs_are_named_and_each_has_its_result(site: Site) -> None:
    refs = [site.jobs.job_named("greet").enqueue(str(number)) for number in range(3)]
    refs[0].cancel()
    ids = [ref.id for ref in refs]
    dry = site.post("/bulk", {"action": "cancel", "ids": [*ids, 999], "dryRun": True})
    assert [(one["id"], one["outcome"]) for one in dry["results"]] == [
        (ids[0], "cancelled"),
        (ids[1], "would"),
        (ids[2], "would"),
        (999, "not_found"),
    ]
    assert refs[1].status().state is State.QUEUED
    done = site.post("/bulk", {"action": "cancel", "ids": [*ids, 999]})
    assert [(one["id"], one["outcome"], one["done"]) for one in done["results"]] == [
        (ids[0], "final", False),
        (ids[1], "cancelled", True),
        (ids[2], "cancelled", True),
        (999, "not_found", False),
    ]
    assert (done["done"], done["notDone"]) == (2, 2)
    retried = site.post("/bulk", {"action": "retry", "ids": ids})
    assert [one["outcome"] for one in retried["results"]] == ["requeued"] * 3
    (act, *_) = site.get("/acts", subject="jobs")["items"]
    assert (act["kind"], act["by"], act["note"]["done"]) == ("retry", "ann", ids)


def test_all_that_a_filter_names_are_done_step_by_step(site: Site) -> None:
    refs = [site.jobs.job_named("greet").using(queue="mail").enqueue(str(number)) for number in range(5)]
    other = site.jobs.job_named("greet").enqueue("other")
    body = {"action": "cancel", "filter": "queue:mail", "limit": 2}
    assert site.post("/bulk", {**body, "dryRun": True})["left"] == 5
    first = site.post("/bulk", body)
    assert [one["id"] for one in first["results"]] == [refs[4].id, refs[3].id]
    assert first["left"] == 3
    before = first["nextBefore"]
    while before is not None:
        before = site.post("/bulk", {**body, "before": before})["nextBefore"]
    assert {ref.status().state for ref in refs} == {State.CANCELLED}
    assert other.status().state is State.QUEUED
    deleted = site.post("/bulk", {"action": "delete", "filter": "state:cancelled"})
    assert [one["outcome"] for one in deleted["results"]] == ["deleted"] * 5


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"action": "retry"}, "nothing says which jobs"),
        ({"action": "retry", "filter": "  "}, "nothing says which jobs"),
        ({"action": "retry", "ids": [1], "all": True}, "exclude each other"),
        ({"action": "explode", "ids": [1]}, "action"),
        ({"action": "retry", "ids": list(range(1, 1_002))}, "ids"),
        ({"action": "retry", "ids": [0]}, "ids"),
        ({"ids": [1]}, "action"),
    ],
)
def test_a_bulk_action_that_is_unclear_does_nothing(site: Site, body: object, said: str) -> None:
    ref = site.jobs.job_named("greet").enqueue("a")
    status, _, detail = site.problem("/bulk", "POST", json=body)
    assert status == 422
    assert said in detail
    assert ref.status().state is State.QUEUED


def test_jobs_of_another_app_are_neither_seen_nor_touched(jobs: Jobs, site: Site) -> None:
    with Jobs(jobs.place, app="theirs") as theirs:
        hidden = theirs.job(name="hidden")(lambda: None).enqueue()
        for method, path in (
            ("GET", ""), ("GET", "/lines"), ("GET", "/log"), ("GET", "/explain"), ("POST", "/cancel"), ("POST", "/retry"),
            ("POST", "/replay"), ("DELETE", ""),
        ):  # fmt: skip
            assert site.problem(f"/{hidden.id}{path}", method)[:2] == (404, "job-not-found")
        assert site.problem(f"/{hidden.id}", "PATCH", json={"priority": 1})[0] == 404
        for action in ("cancel", "retry", "delete"):
            for dry in (True, False):
                done = site.post("/bulk", {"action": action, "ids": [hidden.id], "dryRun": dry})
                assert done["results"] == [{"id": hidden.id, "outcome": "not_found", "done": False}]
        assert hidden.status().state is State.QUEUED
        assert hidden.detail().row.priority == 0


def test_jobs_of_exposed_handlers_are_enqueued_and_followed_to_their_end(site: Site) -> None:
    answered = site.web.post(
        "/api/jobs/", json={"name": "greet", "arguments": {"name": "ab", "times": 2}, "queue": "mail", "tags": ["red"]}
    )
    assert answered.status_code == 202
    made, where = answered.json(), answered.headers["location"]
    assert where == f"/api/jobs/{made['id']}"
    assert (made["state"], made["group"], made["existing"]) == ("queued", "Pending", False)
    found = site.web.get(where).json()
    assert (found["group"], found["createdBy"], found["queue"], found["tags"]) == ("Pending", "ann", "mail", ["red"])
    with Worker(site.jobs) as worker:
        assert worker.wait_idle(10)
    found = site.web.get(where).json()
    assert (found["group"], found["result"]) == ("Completed", "abab")
    assert site.problem("/999")[0] == 404


def test_the_same_reference_is_the_same_job(site: Site) -> None:
    body = {"jobType": "greet", "data": {"name": "a"}, "refId": "order-17"}
    first = site.post("/", body, status=202)
    again = site.post("/", body, status=202)
    assert (again["id"], again["existing"]) == (first["id"], True)
    assert site.problem("/", "POST", json={**body, "data": {"name": "b"}})[:2] == (409, "duplicate-ref-id")
    assert site.get("/")["totalCount"] == 1


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"name": "leave", "arguments": {"name": "x"}}, 403, "does not expose it"),
        ({"name": "os.system", "arguments": {}}, 403, "does not expose it"),
        ({"arguments": {}}, 422, "name"),
        ({"name": "greet", "jobType": "greet"}, 422, "two names of the same"),
        ({"name": "greet", "arguments": {}}, 422, "missing 1 required argument"),
        ({"name": "greet", "arguments": {"name": 3}}, 422, "name"),
        ({"name": "greet", "arguments": {"name": "x"}, "runafter": "1h"}, 400, "did you mean runAfter?"),
        ({"name": "greet", "arguments": {"name": "x"}, "retries": -1}, 422, "retries"),
    ],
)
def test_a_job_that_may_not_be_enqueued_is_not(site: Site, body: object, status: int, said: str) -> None:
    found = site.problem("/", "POST", json=body)
    assert found[0] == status
    assert said in found[2]
    assert site.get("/")["totalCount"] == 0


def test_nothing_is_exposed_unless_it_is_said(jobs: Jobs) -> None:
    site = site_of(jobs)
    assert site.problem("/", "POST", json={"name": "greet", "arguments": {"name": "x"}})[:2] == (403, "forbidden")


def test_an_api_that_only_looks_changes_nothing(jobs: Jobs) -> None:
    site, ref = site_of(jobs, readonly=True, expose=["greet"]), jobs.job_named("greet").enqueue("x")
    assert site.get("/me")["readonly"] is True
    for path, method, body in (
        (f"/{ref.id}/cancel", "POST", None),
        ("/bulk", "POST", {"action": "cancel", "ids": [ref.id]}),
        ("/", "POST", {"name": "greet", "arguments": {"name": "x"}}),
        ("/queues/mail/pause", "POST", None),
    ):
        assert site.problem(path, method, json=body)[:2] == (403, "read-only")
    assert ref.status().state is State.QUEUED


def test_whoever_polls_sees_a_job_go_its_way(jobs: Jobs) -> None:
    goes_on = threading.Event()
    jobs.register(lambda: goes_on.wait(10), name="waits")
    site = site_of(jobs, expose=["waits"])
    where = site.web.post("/api/jobs/", json={"name": "waits"}).headers["location"]
    seen = [site.web.get(where).json()["group"]]
    with Worker(jobs) as worker:
        while seen[-1] != "Completed":
            group = site.web.get(where).json()["group"]
            seen += [group] if group != seen[-1] else []
            if group == "Running":
                goes_on.set()
        assert worker.wait_idle(10)
    assert seen == ["Pending", "Running", "Completed"]
    assert site.web.get("/api/jobs/4711").status_code == 404


def test_the_applications_own_check_is_asked_for_each_of_many(jobs: Jobs) -> None:
    mine, other = (jobs.job_named("greet").using(created_by=who).enqueue("x") for who in ("ann", "bob"))
    site = site_of(jobs, authorize=lambda _request, _kind, job: job is None or job.created_by == "ann")
    for body in ({"ids": [mine.id, other.id]}, {"filter": "name:greet"}):
        done = site.post("/bulk", {"action": "cancel", **body, "dryRun": True})
        assert {one["id"]: one["outcome"] for one in done["results"]} == {mine.id: "would", other.id: "forbidden"}
    done = site.post("/bulk", {"action": "cancel", "filter": "name:greet"})
    assert {one["id"]: one["outcome"] for one in done["results"]} == {mine.id: "cancelled", other.id: "forbidden"}
    assert site.problem(f"/{other.id}/cancel", "POST")[:2] == (403, "forbidden")
    assert other.status().state is State.QUEUED

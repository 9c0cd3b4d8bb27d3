"""Lists: every filter, the search box, orders, pages by number and by cursor."""

from datetime import timedelta
from typing import Any

import pytest

from headway import Jobs
from headway.view.filters import KEYS
from headway.web.api.jobs import JobQuery
from tests.web.api.conftest import Site


@pytest.fixture
def stored(jobs: Jobs) -> dict[str, int]:
    """Jobs by what is special about them."""
    greets, leaves = jobs.job_named("greet"), jobs.job_named("leave")
    jobs.add_recurring("nightly", "0 2 * * *", leaves.call("x"))
    batch = jobs.open_batch("big")
    batch.enqueue(greets.using(priority=-9).call("batch"))
    found = {
        "first": greets.enqueue("findme"),
        "queue": greets.using(queue="mail").enqueue("a"),
        "tag": greets.using(tags=["red"]).enqueue("a"),
        "created_by": greets.using(created_by="bob").enqueue("a"),
        "user": greets.using(user_id="u1").enqueue("a"),
        "ref": greets.using(ref_id="order 17").enqueue("a"),
        "worker": greets.using(worker="printer").enqueue("a"),
        "fact": greets.using(args={"customer": 17}).enqueue("a"),
        "reply_to": greets.using(reply_to="bus:x").enqueue("a"),
        "scheduled": greets.using(run_after=timedelta(hours=1)).enqueue("a"),
        "name": leaves.enqueue("a"),
        "schedule": jobs.trigger("nightly"),
        "code": greets.enqueue("a"),
    }
    found["parent"] = greets.using(parent=found["first"]).enqueue("a")
    found["code"].cancel()
    return {name: ref.id for name, ref in found.items()}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"queue": "mail"}, "queue"),
        ({"tag": "red"}, "tag"),
        ({"createdBy": "bob"}, "created_by"),
        ({"created_by": "bob"}, "created_by"),
        ({"user": "u1"}, "user"),
        ({"ref": "order 17"}, "ref"),
        ({"worker": "printer"}, "worker"),
        ({"fact": "customer=17"}, "fact"),
        ({"replyTo": "bus:x"}, "reply_to"),
        ({"state": "scheduled"}, "scheduled"),
        ({"group": "Cancelled"}, "code"),
        ({"state": "Cancelled"}, "code"),
        ({"code": "cancelled"}, "code"),
        ({"schedule": "nightly"}, "schedule"),
        ({"text": "findme"}, "first"),
        ({"q": "findme"}, "first"),
        ({"q": "queue:mail"}, "queue"),
        ({"q": "created_by:bob state:queued"}, "created_by"),
    ],
)
def test_a_filter_names_its_job(site: Site, stored: dict[str, int], query: dict[str, Any], expected: str) -> None:
    assert [one["id"] for one in site.get("/", **query)["items"]] == [stored[expected]]


def test_a_parent_a_batch_and_a_span_of_time_are_filters(site: Site, stored: dict[str, int]) -> None:
    assert [one["id"] for one in site.get("/", parent=stored["first"])["items"]] == [stored["parent"]]
    assert [one["batchId"] for one in site.get("/", batch="big")["items"]] == ["big"]
    assert site.get("/", since="1h")["totalCount"] == len(stored) + 1
    assert site.get("/", until="1h")["totalCount"] == 0


def test_the_box_finds_a_job_by_its_number_and_by_its_reference(site: Site, stored: dict[str, int]) -> None:
    for text in (str(stored["tag"]), f"#{stored['tag']}", site.get(f"/{stored['tag']}")["refId"]):
        assert [one["id"] for one in site.get("/", q=text)["items"]] == [stored["tag"]]


def test_filters_must_hold_together_and_values_of_one_may_be_several(site: Site, stored: dict[str, int]) -> None:
    both = site.web.get("/api/jobs/?state=scheduled&state=cancelled&name=greet").json()
    assert {one["id"] for one in both["items"]} == {stored["scheduled"], stored["code"]}
    assert site.get("/", tag="red", queue="mail")["totalCount"] == 0


def test_each_key_of_the_filter_is_a_parameter() -> None:
    assert set(KEYS) - {"app"} <= set(JobQuery.__struct_fields__)


def test_jobs_come_in_the_order_that_is_asked_for(site: Site, stored: dict[str, int]) -> None:
    priorities = [one["priority"] for one in site.get("/", sort="priority", pageSize=3)["items"]]
    assert priorities == sorted(priorities)
    assert priorities[0] == -9
    assert site.get("/", sort="-due")["items"][0]["id"] == stored["scheduled"]


@pytest.mark.parametrize("sort", ["-created", "created", "priority", "-due"])
def test_a_cursor_leads_through_all_jobs_each_once(site: Site, stored: dict[str, int], sort: str) -> None:
    seen: list[int] = []
    page = site.get("/", sort=sort, pageSize=4)
    seen += [one["id"] for one in page["items"]]
    while page["nextAfter"] is not None:
        page = site.get("/", sort=sort, pageSize=4, after=page["nextAfter"])
        assert page["page"] is None
        seen += [one["id"] for one in page["items"]]
    assert len(seen) == len(set(seen)) == len(stored) + 1


def test_pages_by_number_have_an_end(site: Site) -> None:
    assert site.get("/", page=51, pageSize=200)["items"] == []
    status, kind, detail = site.problem("/?page=52&pageSize=200")
    assert (status, kind) == (400, "request-invalid")
    assert "nextAfter" in detail


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("stat=failed", "did you mean state?"),
        ("pagesize=3", "did you mean pageSize?"),
        ("page=0", "page"),
        ("page=x", "page"),
        ("pageSize=201", "pageSize"),
        ("page=1&page=2", "page is given 2 times"),
        ("state=faild", "did you mean failed?"),
        ("group=Fail", "there is no group"),
        ("q=stat:failed", "did you mean state:?"),
        ("q=%22", "double quote"),
        ("q=app:other", "app"),
        ("since=tomorrow-ish", "since"),
        ("after=x", "no cursor"),
        ("sort=size", "jobs can be sorted by"),
        ("parent=x", "parent"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_hint(site: Site, query: str, said: str) -> None:
    status, _, detail = site.problem(f"/?{query}")
    assert status in {400, 422}
    assert said in detail


def test_another_app_is_not_there(site: Site) -> None:
    assert site.problem("/?app=other")[:2] == (404, "not-found")


def test_what_a_handler_declares_secret_is_shown_nowhere(site: Site) -> None:
    ref = site.jobs.job_named("greet").enqueue("x", 4_711)
    found = site.get(f"/{ref.id}")
    assert found["arguments"] == found["data"] == {"name": "x", "times": "•••"}
    assert "4711" not in site.web.get(f"/api/jobs/{ref.id}").text


def test_why_a_job_does_not_run_is_told(site: Site) -> None:
    ref = site.jobs.job_named("greet").enqueue("x")
    found = site.get(f"/{ref.id}/explain")
    assert [gate["kind"] for gate in found["gates"]] == ["no_worker"]
    assert found["text"][0].startswith("no worker is running")
    assert site.problem("/999/explain")[0] == 404

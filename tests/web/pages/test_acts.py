"""Who did what, as the pages show it."""

import re
from html import unescape

import msgspec
from starlette.testclient import TestClient

from headway import Jobs, every
from headway.store.acting import Act, ActRow
from headway.store.values import NodeInfo
from headway.testing import World
from headway.web import Look
from headway.web.desk.acts import Known
from headway.web.pages.acts import act_line
from tests.web.pages.conftest import Site
from tests.web.pages.reading import part, rows, words


def links(page: str) -> dict[str, str]:
    """What acts were done to, and the page that each leads to."""
    found = re.findall(r'<td data-label="What">(.*?)</td>', page, re.DOTALL)
    hrefs = [re.search(r'href="/admin/jobs/([^"]*)"', cell) for cell in found]
    return {words(cell): unescape(href[1]) if href else "" for cell, href in zip(found, hrefs, strict=True)}


def work() -> None:
    """Nothing."""


def test_what_was_done_is_told_newest_first_with_who_and_to_what(jobs: Jobs, world: World, ann: TestClient) -> None:
    ref = jobs.job(name="work", queue="mail")(work).enqueue()
    ann.post("queues/pause", data={"queue": "mail"})
    ann.post("queues/limit", data={"queue": "mail", "size": "3"})
    ann.post(f"jobs/{ref.id}/cancel", data={"sure": "yes"})
    page = ann.get("acts").text
    assert [(row["Who"], row["Did"], row["What"]) for row in rows(part(page, "acts"))] == [
        ("ann", "cancelled", "job 1"),
        ("ann", "limited", "queue mail"),
        ("ann", "paused", "queue mail"),
    ]
    assert 'href="/admin/jobs/jobs/1"' in page
    assert "size 3" in rows(part(page, "acts"))[1]["Note"]


def test_they_are_filtered_by_person_subject_and_number(jobs: Jobs, world: World, ann: TestClient) -> None:
    ann.post("queues/pause", data={"queue": "mail"})
    ann.post("queues/pause", data={"queue": "<b>"})

    def found(query: str) -> list[str]:
        return [row["What"] for row in rows(part(ann.get(f"acts?{query}").text, "acts"))]

    assert found("by=ann") == ["queue <b>", "queue mail"]
    assert found("by=bob") == []
    assert found("subject=queue&subject_id=mail") == ["queue mail"]
    assert found("subject=job") == []
    assert "No such act" in ann.get("acts?by=bob").text
    assert "<b>mail" not in ann.get("acts").text
    assert "queue &lt;b&gt;" not in ann.get("acts").text or "<b>" in words(ann.get("acts").text)


def test_the_next_page_goes_on_where_this_one_ends(jobs: Jobs, world: World, site: Site) -> None:
    client = site("ann", look=Look(page_size=2))
    for name in ("a", "b", "c"):
        client.post("queues/pause", data={"queue": name})
    first = client.get("acts").text
    assert [row["What"] for row in rows(first)] == ["queue c", "queue b"]
    assert "Next page" in first
    second = client.get("acts?before=2").text
    assert [row["What"] for row in rows(second)] == ["queue a"]
    assert "Next page" not in second
    assert client.get("acts?before=x").status_code == 400


def test_they_lead_to_the_very_thing_as_long_as_it_is_there(jobs: Jobs, world: World, ann: TestClient) -> None:
    job = jobs.job(name="work")(work)
    jobs.add_recurring("each hour", every(hours=1), job.call())
    jobs.open_batch("nightly")
    kept, deleted = job.enqueue(), job.enqueue()
    for name in ("recurring/1/toggle", "recurring/pause-all", "batches/1/cancel", "jobs/1/cancel"):
        ann.post(name, data={"sure": "yes"})
    ann.post(f"jobs/{deleted.id}/cancel", data={"sure": "yes"})
    ann.post("queues/pause", data={"queue": "a b/ü"})
    gone = Act(kind="pause", subject="schedule", subject_id="gone", app="default", by="ann", via="api")
    jobs.store.call(jobs.store.note_act(gone))
    ann.post(f"jobs/{deleted.id}/delete", data={"sure": "yes"})
    assert kept.id == 1
    found = links(ann.get("acts").text)
    assert {ann.get(path).status_code for path in found.values() if path} == {200}
    assert found == {
        "job 1": "jobs/1",
        "job 2": "",
        "queue a b/ü": "queues#queue-a%20b%2F%C3%BC",
        "batch nightly": "batches/1",
        "scheduler default": "recurring",
        "schedule gone": "",
        "schedule each hour": "recurring/1",
    }
    assert 'id="queue-a%20b%2F%C3%BC"' in ann.get("queues").text


def test_a_worker_is_led_to_where_it_stands(jobs: Jobs, world: World, ann: TestClient) -> None:
    info = NodeInfo(uid="u1", app="default", host="h", pid=42, names=("work",), queues=None, concurrency=2, version="1")
    node = jobs.store.call(jobs.store.register(info, lease_us=30_000_000))
    ann.post("workers/drain", data={"uid": "u1", "sure": "yes"})
    assert links(ann.get("acts").text) == {"node u1": f"workers#node-{node}"}


def test_an_empty_list_says_what_will_stand_there(world: World, vic: TestClient) -> None:
    assert "Nobody did anything yet" in vic.get("acts").text


def test_what_was_done_to_users_is_told_in_words() -> None:
    given = Act(kind="add", subject="user", subject_id="vic", app=None, by="ann", via="command", note=None)
    may = '{"permissions":["BackgroundJobs.ViewJobs","BackgroundJobs.ManageJobs"],"apps":[]}'
    line = act_line(ActRow(id=1, at_us=0, act=msgspec.structs.replace(given, note=may)), Known())
    assert line.done == "added"
    assert line.note == "permissions BackgroundJobs.ViewJobs and BackgroundJobs.ManageJobs, apps none"

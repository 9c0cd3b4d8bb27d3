"""What holds of all pages: who sees buttons, what foreign text may do, how a console is made to look."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from starlette.testclient import TestClient

from headway import Jobs, State, every
from headway.store.acting import Act
from headway.testing import World
from headway.web import Look
from tests.web.pages.conftest import Site
from tests.web.pages.reading import forms, part, rows, words

PAGES = (
    "",
    "live",
    "history",
    "recurring",
    "recurring/1",
    "batches",
    "batches/1",
    "queues",
    "workers",
    "commands",
    "acts",
)
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'`{{7*7}}${7*7}%00&amp;</title></textarea><!--"


def work(text: str) -> str:
    raise ValueError(text)


@pytest.fixture
def hostile(jobs: Jobs, world: World, ann: TestClient) -> str:
    """A store in which every text that somebody chooses is an attack."""
    job = jobs.job(name=HOSTILE, queue=HOSTILE, retries=0)(work)
    jobs.recurring(HOSTILE, every(hours=1), job.call(HOSTILE), description=HOSTILE)
    with jobs.batch(HOSTILE) as batch:
        batch.add(job.using(tags=[HOSTILE], created_by=HOSTILE).call(HOSTILE))
    world.drain(schedules=True)
    world.fire()
    job.using(worker=HOSTILE).enqueue(HOSTILE)
    jobs.queue(HOSTILE).pause(by=HOSTILE)
    ann.post("queues/limit", data={"queue": HOSTILE, "size": "3"})
    return HOSTILE


@pytest.mark.parametrize("path", [*PAGES, "command"])
def test_foreign_text_is_shown_as_text(hostile: str, ann: TestClient, path: str) -> None:
    answer = ann.get(path, params={"name": hostile} if path == "command" else {})
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text
    assert "<img src=x" not in answer.text
    assert "<!--" not in answer.text
    if path not in {"live", "history", "workers"}:
        assert "&lt;script&gt;alert(1)" in answer.text
    assert "49" not in words(answer.text).replace("149", "")
    assert not [name for name in (" style=", " onclick=", "javascript:") if name in answer.text]


def test_a_console_that_only_looks_offers_nothing_and_changes_nothing(jobs: Jobs, world: World, site: Site) -> None:
    job = jobs.job(name="work")(work)
    jobs.add_recurring("hourly", every(hours=1), job.call("x"))
    with jobs.batch("all") as batch:
        batch.add(job.call("y"))
    client = site("ann", readonly=True)
    before = jobs.counts()
    for path in (*PAGES, "command?name=work"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert forms(answer.text) == []
    assert jobs.counts() == before
    assert before[State.QUEUED] == 1


def act(**given: str) -> Act:
    return Act(**{"kind": "pause", "subject": "queue", "subject_id": "mine", "by": "ann", "via": "pages"} | given)


def test_a_console_over_several_apps_shows_each_alone(jobs: Jobs, world: World, site: Site) -> None:
    jobs.job(name="work", queue="mine")(work).enqueue("x")
    jobs.store.call(jobs.store.note_act(act(app="other")))
    client = site("vic", apps=["default", "other"], readonly=True)
    assert [row["Ready"] for row in rows(part(client.get("queues").text, "queues"))] == ["1"]
    assert 'href="/admin/jobs/queues?app=other#queue-mine"' in client.get("acts?app=other").text
    page = client.get("queues?app=other").text
    assert "No queue has anything to do" in page
    assert 'href="/admin/jobs/workers?app=other"' in page
    assert client.get("queues?app=third").status_code == 404


def test_title_way_back_theme_and_zone_are_as_was_chosen(jobs: Jobs, world: World, site: Site) -> None:
    job = jobs.job(name="work")(work)
    jobs.recurring("hourly", every(hours=1), job.call("x"))
    world.drain(schedules=True)
    plain = site("vic").get("recurring").text
    assert "2026-11-22 13:00:00</time>" in plain
    assert "<title>Recurring · Background jobs</title>" in plain
    assert 'data-theme="auto"' in plain
    look = Look(title="Shop <jobs>", back="/shop", back_label="To the shop", theme="dark", zone=ZoneInfo("Asia/Tokyo"))
    page = site("vic", look=look).get("recurring").text
    assert "<title>Recurring · Shop &lt;jobs&gt;</title>" in page
    assert 'href="/shop" title="To the shop"' in page
    assert 'data-theme="dark"' in page
    assert 'title="2026-11-22 13:00:00 UTC"' in page
    assert "2026-11-22 22:00:00</time>" in page


def test_pages_need_no_script_and_no_style_of_their_own() -> None:
    templates = Path(__file__).parents[3] / "src" / "headway" / "web" / "templates"
    found = list(templates.glob("*.html"))
    assert len(found) > 10
    for template in found:
        text = template.read_text()
        assert " style=" not in text, template.name
        assert "<style" not in text, template.name
        assert "| safe" not in text, template.name
        assert " onclick=" not in text, template.name

"""Workers in the pages: what each runs, drained and let work again, and the lines that jobs stand in."""

import pytest
from starlette.testclient import TestClient

from headway import Jobs
from headway.store.values import NodeInfo
from headway.testing import World
from tests.web.pages.conftest import Site
from tests.web.pages.reading import forms, part, rows, stats, words


@pytest.fixture
def node(jobs: Jobs, world: World) -> str:
    """A second worker, of another computer."""
    info = NodeInfo(
        uid="node-2", app="default", host="<b>web</b>-2", pid=4242, names=("a", "b"), queues=("mail",), concurrency=8,
        version="1.2.3",
    )  # fmt: skip
    jobs.store.call(jobs.store.register(info, lease_us=30_000_000))
    return info.uid


def card(page: str, uid: str, jobs: Jobs) -> str:
    found = next(one for one in jobs.store.reader.call(jobs.store.reader.nodes()) if one.uid == uid)
    return part(page, f"node-{found.id}")


def test_each_worker_tells_who_it_is_and_what_it_serves(jobs: Jobs, node: str, vic: TestClient) -> None:
    page = vic.get("workers").text
    said = words(card(page, node, jobs))
    for text in (
        "active <b>web</b>-2 process 4242",
        "0 of 8",
        "Queues mail",
        "2 handlers",
        "headway 1.2.3",
        "App default",
    ):
        assert text in said
    assert "<b>web" not in page
    assert forms(page) == []


def test_a_worker_is_drained_after_a_question_and_works_again(jobs: Jobs, node: str, ann: TestClient) -> None:
    sent = {"uid": node, "ask": "Drain?"}
    assert "Are you sure?" in ann.post("workers/drain", data=sent).text
    page = ann.post("workers/drain", data=sent | {"sure": "yes"}).text
    assert "process" not in words(page).split("drains")[0][-20:]
    assert "The worker 4242" in words(page)
    assert words(card(page, node, jobs)).startswith("draining")
    assert ("/admin/jobs/workers/undrain", "Work again") in forms(page)
    page = ann.post("workers/undrain", data={"uid": node}).text
    assert words(card(page, node, jobs)).startswith("active")


def test_who_may_only_look_drains_nothing(node: str, site: Site) -> None:
    for client in (site("vic"), site("ann", readonly=True)):
        assert client.post("workers/drain", data={"uid": node}).status_code == 403
    assert site("ann").post("workers/drain", data={"uid": "nobody"}).status_code == 404


def test_what_a_worker_runs_is_told_with_it(jobs: Jobs, world: World, vic: TestClient) -> None:
    seen = []

    @jobs.job(name="long", worker="supplier")
    def long() -> None:
        seen.append(vic.get("workers").text)

    long.enqueue()
    long.enqueue()
    world.drain()
    assert "long 1" in words(part(seen[0], "nodes"))
    (line,) = rows(part(seen[0], "lines"))
    assert (line["Name"], line["Kind"], line["At once"], line["Waiting"]) == ("supplier", "named worker", "1", "1")
    assert "long 1" in line["Running"]
    assert stats(seen[0])["Running"] == "1"


def test_a_worker_that_left_is_told_apart(jobs: Jobs, node: str, vic: TestClient) -> None:
    found = next(one for one in jobs.store.reader.call(jobs.store.reader.nodes()) if one.uid == node)
    jobs.store.call(jobs.store.leave(found.id))
    past = part(vic.get("workers").text, "past")
    assert [row["State"] for row in rows(past)] == ["left"]


def test_without_a_worker_the_page_says_how_to_start_one(jobs: Jobs, site: Site) -> None:
    page = words(site("vic").get("workers").text)
    assert "No worker is active" in page
    assert "headway worker module:jobs" in page

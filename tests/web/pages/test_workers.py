"""Workers in the pages: what each runs, drained and let work again, and the lines that jobs stand in."""

import pytest
from starlette.testclient import TestClient

from headway import Jobs, State
from headway.model.outcome import EndKind, Settlement
from headway.store.values import Ask, NodeInfo
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


class TestTwoNodes:
    """What is clicked holds for every worker of the store, at its very next look."""

    LEASE_US = 30_000_000

    def ask(self, jobs: Jobs, node_id: int, settlements=()):
        asked = [Ask(limit=1, names=frozenset({"work"}))]
        return jobs.store.call(
            jobs.store.exchange(node_id, asks=asked, settlements=settlements, lease_us=self.LEASE_US)
        )

    @pytest.fixture
    def nodes(self, jobs: Jobs, world: World) -> tuple[int, int]:
        """Two workers of any queue, and four ready jobs."""
        job = jobs.job(name="work", queue="mail")(lambda: None)
        for _ in range(4):
            job.enqueue()
        infos = [
            NodeInfo(
                uid=f"n{one}",
                app="default",
                host="h",
                pid=one,
                names=("work",),
                queues=None,
                concurrency=2,
                version="1",
            )
            for one in (1, 2)
        ]
        first, second = (jobs.store.call(jobs.store.register(one, lease_us=self.LEASE_US)) for one in infos)
        return first, second

    def test_a_queue_that_is_paused_here_starts_on_neither(
        self, jobs: Jobs, nodes: tuple[int, int], ann: TestClient
    ) -> None:
        assert len(self.ask(jobs, nodes[0]).claims) == 1
        ann.post("queues/pause", data={"queue": "mail"})
        assert [self.ask(jobs, one).claims for one in nodes] == [(), ()]
        ann.post("queues/resume", data={"queue": "mail"})
        assert [len(self.ask(jobs, one).claims) for one in nodes] == [1, 1]

    def test_a_size_that_is_set_here_holds_over_both(self, jobs: Jobs, nodes: tuple[int, int], ann: TestClient) -> None:
        ann.post("queues/limit", data={"queue": "mail", "size": "1"})
        assert [len(self.ask(jobs, one).claims) for one in nodes] == [1, 0]

    def test_a_drained_worker_ends_what_it_runs_and_starts_nothing_more(
        self, jobs: Jobs, nodes: tuple[int, int], ann: TestClient
    ) -> None:
        (claim,) = self.ask(jobs, nodes[0]).claims
        page = ann.post("workers/drain", data={"uid": "n1"}).text
        assert "1 of 2" in words(card(page, "n1", jobs))
        ended = Settlement(
            claim.id,
            claim.epoch,
            State.COMPLETED,
            EndKind.RETURNED,
            0,
            1,
            due_delay_us=0,
            tries=0,
            crashes=0,
            suspect=0,
        )
        assert self.ask(jobs, nodes[0], [ended]).claims == ()
        assert "0 of 2" in words(card(ann.get("workers").text, "n1", jobs))
        assert len(self.ask(jobs, nodes[1]).claims) == 1

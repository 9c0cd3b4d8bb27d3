"""Queues in the pages: how they stand, paused, resumed, limited."""

from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from headway import Jobs
from headway.testing import World
from tests.web.pages.conftest import Site
from tests.web.pages.reading import forms, part, rows, words


def work() -> None:
    """Nothing."""


@pytest.fixture
def mail(jobs: Jobs, world: World):
    """Three ready jobs of one queue, since a minute."""
    job = jobs.job(name="work", queue="mail")(work)
    for _ in range(3):
        job.enqueue()
    world.clock.advance(timedelta(minutes=1))
    return job


def line(page: str, name: str = "mail") -> dict[str, str]:
    return next(row for row in rows(part(page, "queues")) if row["Queue"].split()[0] == name)


def stored(jobs: Jobs):
    (found,) = jobs.queues()
    return found


@pytest.mark.usefixtures("mail")
class TestPage:
    def test_a_queue_shows_depth_age_and_who_serves_it(self, vic: TestClient) -> None:
        found = line(vic.get("queues").text)
        assert (found["Ready"], found["Oldest"], found["Later"], found["Running"]) == ("3", "1 min", "0", "0")
        assert found["Limits"] == "none"

    def test_who_may_only_look_sees_no_forms(self, site: Site, vic: TestClient) -> None:
        assert forms(vic.get("queues").text) == []
        assert forms(site("ann", readonly=True).get("queues").text) == []

    def test_the_last_hour_is_drawn(self, world: World, vic: TestClient) -> None:
        world.drain()
        world.clock.advance(timedelta(minutes=2))
        jobs = vic.get("queues").text
        assert "mail" in words(jobs)

    def test_pausing_holds_its_jobs_and_is_told_with_who_did_it(
        self, jobs: Jobs, world: World, ann: TestClient
    ) -> None:
        page = ann.post("queues/pause", data={"queue": "mail"}).text
        assert "mail is paused" in words(page)
        assert "by ann" in line(page)["Queue"]
        assert world.drain().run == 0
        assert "was paused already" in words(ann.post("queues/pause", data={"queue": "mail"}).text)
        assert "mail goes on" in words(ann.post("queues/resume", data={"queue": "mail"}).text)
        assert world.drain().run == 3

    def test_limits_are_set_and_taken_away(self, jobs: Jobs, ann: TestClient) -> None:
        page = ann.post("queues/limit", data={"queue": "mail", "size": "2", "starts": "10", "per": "1min"}).text
        assert line(page)["Limits"] == "2 at once 10 in 1 min"
        found = stored(jobs)
        assert (found.size, found.rate.starts, found.rate.per) == (2, 10, timedelta(minutes=1))
        ann.post("queues/limit", data={"queue": "mail", "size": "", "starts": "", "per": ""})
        found = stored(jobs)
        assert (found.size, found.rate) == (None, None)

    @pytest.mark.parametrize(
        ("sent", "said"),
        [
            ({"size": "many"}, "the size must be a number"),
            ({"size": "0"}, "size must be"),
            ({"starts": "10", "per": ""}, "a rate needs the time"),
            ({"starts": "10", "per": "soon"}, "is not a duration"),
            ({"starts": "0", "per": "1min"}, "a rate must allow 1"),
            ({}, "nothing says what to limit"),
        ],
    )
    def test_a_limit_that_cannot_be_is_refused_and_nothing_is_set(
        self, jobs: Jobs, ann: TestClient, sent: dict[str, str], said: str
    ) -> None:
        answer = ann.post("queues/limit", data={"queue": "mail"} | sent)
        assert answer.status_code == 422
        assert said in words(answer.text)
        assert (stored(jobs).size, stored(jobs).rate) == (None, None)
        for name, value in sent.items():
            assert f'name="{name}" value="{value}"' in answer.text, "what was typed is there to be corrected"

    def test_who_may_only_look_changes_nothing(self, jobs: Jobs, site: Site) -> None:
        for client in (site("vic"), site("ann", readonly=True)):
            for path in ("pause", "resume", "limit"):
                assert client.post(f"queues/{path}", data={"queue": "mail", "size": "1"}).status_code == 403
        assert not stored(jobs).is_paused


def test_a_queue_without_a_worker_is_marked(jobs: Jobs, site: Site) -> None:
    jobs.job(name="work", queue="mail")(work).enqueue()
    page = site("vic").get("queues").text
    assert "no active worker serves it" in line(page)["Queue"]


def test_hostile_names_are_shown_as_text_and_can_be_paused(jobs: Jobs, world: World, ann: TestClient) -> None:
    name = 'q"><img src=x onerror=alert(1)>/../?a=b#c'
    jobs.job(name="work", queue=name)(work).enqueue()
    page = ann.get("queues").text
    assert "<img" not in page
    page = ann.post("queues/pause", data={"queue": name}).text
    assert "<img" not in page
    assert stored(jobs).is_paused


def test_an_empty_store_says_what_a_queue_is(ann: TestClient) -> None:
    assert "No queue has anything to do" in ann.get("queues").text

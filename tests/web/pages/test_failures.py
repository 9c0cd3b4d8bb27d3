"""What failed: grouped, shown with its last frames, retried."""

import re
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from headway import Jobs, State
from headway.testing import World
from tests.web.pages.conftest import ROOT, Site
from tests.web.pages.reading import forms, part, words


def work(text: str) -> None:
    raise ValueError(f"no <b>{text}</b>\nmore")


@pytest.fixture
def failed(jobs: Jobs, world: World) -> None:
    """Three failures of two handlers."""
    for name, number in (("mail", 2), ("orders", 1)):
        job = jobs.job(name=name, retries=0)(work)
        for _ in range(number):
            job.enqueue(name)
    world.drain()


@pytest.mark.usefixtures("failed")
class TestPage:
    def test_groups_come_largest_first_with_a_link_to_their_jobs(self, vic: TestClient) -> None:
        groups = part(vic.get("failures").text, "groups")
        assert re.findall(r'<a class="job" href="([^"]*)">', groups) == [
            f"{ROOT}/jobs?state=failed&amp;name={name}" for name in ("mail", "orders")
        ]

    def test_the_newest_show_the_first_line_and_the_last_frames(self, vic: TestClient) -> None:
        newest = part(vic.get("failures").text, "newest")
        assert "ValueError: no <b>orders</b>" in words(newest)
        assert "<b>orders" not in newest
        assert "in work" in newest

    def test_an_old_job_that_failed_again_just_now_comes_first(self, jobs: Jobs, world: World, ann: TestClient) -> None:
        world.clock.advance(timedelta(minutes=1))
        ann.post("jobs/1/retry")
        world.drain()
        newest = part(ann.get("failures").text, "newest")
        assert re.findall(r'href="/admin/jobs/jobs/(\d+)"', newest)[0] == "1"

    def test_a_group_is_retried_by_its_button(self, jobs: Jobs, ann: TestClient) -> None:
        page = part(ann.get("failures").text, "groups")
        form = re.search(r"<form.*?</form>", page, re.DOTALL)[0]
        fields = dict(re.findall(r'name="([^"]*)" value="([^"]*)"', form))
        assert "2 retried." in words(ann.post("jobs/bulk", data={**fields, "sure": "yes"}).text)
        assert jobs.counts()[State.FAILED] == 1

    def test_all_are_retried_by_one(self, jobs: Jobs, ann: TestClient) -> None:
        page = ann.get("failures").text
        form = re.search(r'<form class="act".*?</form>', page, re.DOTALL)[0]
        fields = dict(re.findall(r'name="([^"]*)" value="([^"]*)"', form))
        assert "Retry all 3 failed jobs?" in fields["ask"]
        ann.post("jobs/bulk", data={**fields, "sure": "yes"})
        assert jobs.counts()[State.FAILED] == 0

    def test_who_may_only_look_sees_no_buttons(self, site: Site, vic: TestClient) -> None:
        for client in (vic, site("ann", readonly=True)):
            assert forms(client.get("failures").text) == []


def test_five_hundred_are_retried_at_once(jobs: Jobs, world: World, ann: TestClient) -> None:
    job = jobs.job(name="mail", retries=0)(work)
    jobs.enqueue_many([job.call("x") for _ in range(500)])
    world.drain()
    sent = {"scope": "filter", "deed": "retry", "state": "failed", "back": "/failures", "sure": "yes"}
    assert "500 retried." in words(ann.post("jobs/bulk", data=sent).text)
    assert jobs.counts()[State.QUEUED] == 500


def test_nothing_failed_says_so(vic: TestClient) -> None:
    assert "Nothing has failed" in words(vic.get("failures").text)

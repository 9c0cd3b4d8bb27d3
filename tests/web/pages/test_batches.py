"""Batches in the pages."""

import re

import pytest
from starlette.testclient import TestClient

from headway import Jobs, State
from headway.testing import World
from tests.web.pages.conftest import Site
from tests.web.pages.reading import forms, part, rows, words


def work(number: int) -> int:
    if number < 0:
        raise ValueError("below zero")
    return number


@pytest.fixture
def batch(jobs: Jobs, world: World):
    """Four jobs, one of which fails, and a callback."""
    job = jobs.job(name="work", retries=0)(work)
    with jobs.batch("nightly <import>", on_finish=job.call(9)) as made:
        for number in (1, 2, 3, -1):
            made.add(job.call(number))
    return made


def test_a_batch_is_listed_with_its_counts(batch, world: World, vic: TestClient) -> None:
    (line,) = rows(part(vic.get("batches").text, "batches"))
    assert (line["State"], line["Jobs"], line["Pending"]) == ("running", "4", "4")
    world.drain()
    (line,) = rows(part(vic.get("batches").text, "batches"))
    assert (line["State"], line["Completed"], line["Failed"]) == ("failed", "3", "1")
    assert "3 completed, 1 failed" in line["Progress"]
    assert "100 %" in line["Progress"]


def test_its_page_shows_members_and_what_it_called_back(batch, world: World, vic: TestClient) -> None:
    world.drain()
    page = vic.get("batches/1").text
    standing = words(part(page, "standing"))
    assert "3 completed , 1 failed" in standing or "3 completed, 1 failed" in standing
    assert "On finish job 5" in standing
    assert len(rows(part(page, "members"))) == 4
    assert forms(page) == []
    assert "<import>" not in page


def test_batches_in_it_are_listed_with_it(jobs: Jobs, world: World, vic: TestClient) -> None:
    job = jobs.job(name="work")(work)
    whole = jobs.open_batch("whole")
    with jobs.batch("part", parent=whole) as inner:
        inner.add(job.call(2))
    page = vic.get("batches/1").text
    assert [row["Batch"] for row in rows(part(page, "parts"))] == ["part 2"]
    assert 'href="/admin/jobs/batches/1"' in vic.get("batches/2").text


def test_cancelling_asks_first_and_cancels_what_has_not_ended(batch, jobs: Jobs, world: World, ann: TestClient) -> None:
    assert ("/admin/jobs/batches/1/cancel", "Cancel") in forms(ann.get("batches/1").text)
    assert "Are you sure?" in ann.post("batches/1/cancel", data={"ask": "Cancel?"}).text
    page = ann.post("batches/1/cancel", data={"ask": "Cancel?", "sure": "yes"}).text
    assert "is cancelled, 4 jobs with it" in words(page)
    assert jobs.counts()[State.CANCELLED] == 4
    world.drain()
    assert ann.post("batches/1/cancel").status_code == 409
    assert forms(ann.get("batches/1").text) == []


def test_who_may_only_look_cancels_nothing(batch, jobs: Jobs, site: Site) -> None:
    for client in (site("vic"), site("ann", readonly=True)):
        assert client.post("batches/1/cancel").status_code == 403
    assert jobs.counts()[State.CANCELLED] == 0


def test_those_that_have_not_ended_alone_and_pages(jobs: Jobs, world: World, site: Site) -> None:
    job = jobs.job(name="work")(work)
    for number in range(3):
        with jobs.batch(f"b{number}") as made:
            made.add(job.call(number))
    client = site("vic")
    assert len(rows(client.get("batches?active=1").text)) == 3
    world.drain()
    assert rows(client.get("batches?active=1").text) == []
    assert "Every batch has ended" in client.get("batches?active=1").text
    assert [row["Batch"] for row in rows(client.get("batches?before=2").text)] == ["b0 1"]
    assert client.get("batches?before=x").status_code == 400


def test_what_is_not_there_is_not_found(world: World, vic: TestClient) -> None:
    assert vic.get("batches/17").status_code == 404
    assert vic.get("batches/nightly").status_code == 404
    assert "No batch yet" in vic.get("batches").text


def test_a_member_links_the_page_of_its_batch(batch, vic: TestClient) -> None:
    facts = part(vic.get("jobs/1").text, "facts")
    assert 'href="/admin/jobs/batches/1"' in facts
    assert vic.get("batches/1").status_code == 200


def test_a_batch_id_that_no_batch_has_is_looked_for(jobs: Jobs, vic: TestClient) -> None:
    jobs.job(name="work")(work).using(batch_id="of/old").enqueue(1)
    (link,) = re.findall(r'href="/admin/jobs/(jobs\?batch=[^"]*)"', part(vic.get("jobs/1").text, "facts"))
    assert [row["Job"] for row in rows(part(vic.get(link).text, "rows"))] == ["work 1"]

"""What runs and what is to run."""

from datetime import timedelta

from starlette.testclient import TestClient

from headway import Jobs
from headway.testing import World
from tests.web.pages.reading import part, rows, words


def work(number: int) -> int:
    return number


def test_pending_jobs_are_shown_newest_first_with_their_states(jobs: Jobs, world: World, vic: TestClient) -> None:
    job = jobs.job(name="work")(work)
    first = job.enqueue(1)
    job.using(depends_on=first).enqueue(2)
    job.using(run_after=timedelta(hours=2)).enqueue(3)
    pending = part(vic.get("live").text, "pending")
    assert [(row["State"], row["Job"]) for row in rows(pending)] == [
        ("scheduled", "work 3"),
        ("waiting", "work 2"),
        ("queued", "work 1"),
    ]
    assert "3 queued, waiting or scheduled" in words(pending)


def test_a_running_job_shows_its_progress_and_others_an_estimate(jobs: Jobs, world: World, vic: TestClient) -> None:
    seen = []

    @jobs.job(name="long", takes_context=True)
    def long(ctx) -> None:
        world.clock.advance(timedelta(seconds=10))
        seen.append(vic.get("live").text)

    for _ in range(2):
        long.enqueue()
    world.drain()
    (row,) = rows(part(seen[1], "running"))
    assert row["State"] == "running"
    assert row["Job"] == "long 2"
    assert "99 %" in row["Says"]
    assert "estimated" in row["Says"]


def test_one_queue_alone(jobs: Jobs, world: World, vic: TestClient) -> None:
    jobs.job(name="a", queue="mail")(lambda: None).enqueue()
    jobs.job(name="b")(lambda: None).enqueue()
    pending = part(vic.get("live?queue=mail").text, "pending")
    assert [row["Job"] for row in rows(pending)] == ["a 1"]


def test_both_parts_are_kept_up_to_date(world: World, vic: TestClient) -> None:
    page = vic.get("live").text
    assert "data-live" in part(page, "running")[:200]
    assert "data-live" in part(page, "pending")[:200]
    assert "data-live-from" in page


def test_an_empty_store_says_so(world: World, vic: TestClient) -> None:
    page = words(vic.get("live").text)
    assert "Nothing runs now" in page
    assert "Nothing is pending" in page

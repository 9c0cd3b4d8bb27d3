"""What runs and what is to run."""

from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from headway import Jobs, Rate
from headway.store.sqlite.reader import SqliteReader
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


def says(client: TestClient, page: str = "live") -> dict[str, str]:
    return {row["Job"]: row["Says"] for row in rows(client.get(page).text)}


@pytest.mark.parametrize("page", ["live", "jobs", "jobs?state=pending"])
def test_what_does_not_run_says_why(jobs: Jobs, world: World, vic: TestClient, page: str) -> None:
    job, mail, busy, slow = (
        jobs.job(name=f"in_{queue}", queue=queue)(work) for queue in ("plain", "mail", "busy", "slow")
    )
    mail.enqueue(1)
    parents = [job.enqueue(2), job.enqueue(3)]
    job.using(depends_on=parents).enqueue(4)
    job.using(run_after=timedelta(minutes=3)).enqueue(5)
    jobs.queue("mail").pause(by="ann")
    jobs.queue("busy").resize(1)
    jobs.queue("slow").limit_rate(Rate(1, per=timedelta(minutes=1)))
    seen = []

    @jobs.job(name="holds", queue="busy")
    def holds() -> None:
        seen.append(says(vic, page))

    holds.using(priority=9).enqueue()
    busy.enqueue(7)
    slow.enqueue(8)
    slow.enqueue(9)
    assert says(vic, page) == {
        "in_mail 1": "queue mail is paused",
        "in_plain 2": "",
        "in_plain 3": "",
        "in_plain 4": "waits for 2 others",
        "in_plain 5": "due in 3 min",
        "holds 6": "",
        "in_busy 7": "",
        "in_slow 8": "",
        "in_slow 9": "",
    }
    world.drain()
    assert seen[0]["in_busy 7"] == "queue busy is full: 1 job may run at once"
    assert says(vic, page)["in_slow 9"] == "queue slow may start 1 job per 1 min"


def test_of_what_waits_for_a_batch_it_is_told_too(jobs: Jobs, world: World, vic: TestClient) -> None:
    job = jobs.job(name="work")(work)
    with jobs.batch("nightly") as batch:
        batch.add(job.call(1))
    job.using(depends_on=batch).enqueue(2)
    assert says(vic)["work 2"] == "waits for 1 other"


def test_the_gates_are_read_once_for_a_page(jobs: Jobs, world: World, vic: TestClient, monkeypatch) -> None:
    job = jobs.job(name="work", queue="mail")(work)
    for number in range(20):
        job.enqueue(number)
    jobs.queue("mail").pause()
    asked = []
    closed = SqliteReader.closed_queues
    monkeypatch.setattr(
        SqliteReader, "closed_queues", lambda *args, **given: asked.append(given) or closed(*args, **given)
    )
    assert set(says(vic).values()) == {"queue mail is paused"}
    assert asked == [{"app": "default"}]
    assert set(says(vic, "jobs?state=completed")) == set()
    assert len(asked) == 1


def test_both_parts_are_kept_up_to_date(world: World, vic: TestClient) -> None:
    page = vic.get("live").text
    assert "data-live" in part(page, "running")[:200]
    assert "data-live" in part(page, "pending")[:200]
    assert "data-live-from" in page


def test_an_empty_store_says_so(world: World, vic: TestClient) -> None:
    page = words(vic.get("live").text)
    assert "Nothing runs now" in page
    assert "Nothing is pending" in page

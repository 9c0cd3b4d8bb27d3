"""What was, month by month."""

from datetime import UTC, datetime

import pytest
from starlette.testclient import TestClient

from headway import Jobs
from headway.model.job import State
from headway.store.figures import Month
from headway.testing import World
from headway.web.pages.history import month_line
from tests.web.pages.reading import part, rows, words


def test_months_are_counted_by_when_jobs_were_created_and_lead_to_their_jobs(
    jobs: Jobs, world: World, vic: TestClient
) -> None:
    @jobs.job(name="work", retries=0)
    def work(number: int) -> None:
        if number < 0:
            raise ValueError

    for number in (1, 2, -1):
        work.enqueue(number)
    world.drain()
    world.clock.set(datetime(2026, 12, 3, tzinfo=UTC))
    work.enqueue(4)
    world.drain()
    page = part(vic.get("history").text, "months")
    found = rows(page)
    assert [(row["Month"], row["Ended"], row["Completed"], row["Failed"]) for row in found] == [
        ("December 2026", "1", "1", "0"),
        ("November 2026", "3", "2", "1"),
    ]
    assert found[1]["Of them failed"] == "33 %"
    assert "since=2026-11-01T00%3A00Z&amp;until=2026-12-01T00%3A00Z" in page
    assert "until=2027-01-01T00%3A00Z" in page
    listed = vic.get("jobs?since=2026-11-01T00%3A00Z&until=2026-12-01T00%3A00Z").text
    assert len([row for row in rows(listed) if row.get("State")]) == 3


@pytest.mark.parametrize(
    ("name", "until"),
    [("2026-01", "2026-02-01T00:00Z"), ("2026-12", "2027-01-01T00:00Z"), ("2026-09", "2026-10-01T00:00Z")],
)
def test_a_month_ends_where_the_next_begins(name: str, until: str) -> None:
    line = month_line(Month(name=name, jobs=4, ended={State.COMPLETED: 4}), 8)
    assert (line.since, line.until, line.width) == (f"{name}-01T00:00Z", until, 50)


def test_an_empty_store_says_so(world: World, vic: TestClient) -> None:
    assert "Nothing has ended yet" in words(vic.get("history").text)

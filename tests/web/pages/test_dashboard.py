"""The first page: what is wrong, and numbers that are the store's."""

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from starlette.testclient import TestClient

from headway import Jobs, State, cron, every
from headway.testing import World
from headway.web import Look
from tests.web.pages.conftest import Site
from tests.web.pages.reading import forms, part, rows, stats, words

HOUR_US = 3_600_000_000


def work(number: int) -> int:
    if number < 0:
        raise ValueError(f"{number} is below zero")
    return number


def test_the_numbers_are_those_of_the_store(jobs: Jobs, world: World, ann: TestClient) -> None:
    job = jobs.job(name="work", retries=0)(work)
    other = jobs.job(name="other", queue="mail", retries=0)(work)
    for number in (1, 2, 3, -1):
        job.enqueue(number)
    other.enqueue(5)
    world.drain()
    job.using(run_after=timedelta(hours=1)).enqueue(6)
    other.enqueue(7)
    world.clock.advance(timedelta(seconds=1))
    reader, now = jobs.store.reader, world.clock.now_us()
    page = ann.get("").text

    counts = reader.call(reader.counts(app="default"))
    assert {state: int(stats(page)[state.value.capitalize()]) for state in State} == counts
    assert counts[State.COMPLETED] == 4

    figures = reader.call(reader.handler_figures(app="default", from_us=now - 24 * HOUR_US, until_us=now))
    shown = {row["Handler"]: row for row in rows(part(page, "handlers"))}
    assert {name: (row["Ended"], row["Failed"].split()[0]) for name, row in shown.items()} == {
        one.name: (str(sum(one.ended.values())), str(one.ended.get(State.FAILED, 0))) for one in figures
    }
    spans = reader.call(
        reader.ended_over_time(app="default", from_us=now - 24 * HOUR_US, until_us=now, step_us=HOUR_US)
    )
    assert sum(span.ended.get(State.COMPLETED, 0) for span in spans) == 4
    assert "4 completed" in words(part(page, "ended"))
    assert "1 failed" in words(part(page, "ended"))
    queues = {row["Queue"]: (row["Ready"], row["Later"]) for row in rows(part(page, "queues"))}
    assert queues == {
        one.queue: (str(one.queued), str(one.scheduled + one.waiting)) for one in reader.call(reader.queues())
    }


def test_a_failure_is_shown_with_its_reason_and_its_job(jobs: Jobs, world: World, ann: TestClient) -> None:
    ref = jobs.job(name="work", retries=0)(work).enqueue(-1)
    world.drain()
    failed = part(ann.get("").text, "failed")
    assert "-1 is below zero" in words(failed)
    assert f'href="/admin/jobs/jobs/{ref.id}"' in failed


def test_the_chart_says_that_it_counts_ends(jobs: Jobs, world: World, ann: TestClient) -> None:
    jobs.job(name="work", retries=0)(work).enqueue(-1)
    world.drain()
    world.clock.advance(timedelta(seconds=1))
    assert "1 failed each end counts: a retried job ends again" in words(part(ann.get("").text, "ended"))


def test_what_runs_is_shown_while_it_runs(jobs: Jobs, world: World, ann: TestClient) -> None:
    seen = []

    @jobs.job(name="long", takes_context=True)
    def long(ctx) -> None:
        ctx.progress(40, "reading")
        seen.append(ann.get("").text)

    long.enqueue()
    world.drain()
    assert "long 1" in words(part(seen[0], "running"))
    assert stats(seen[0])["Running"] == "1"


def test_next_runs_stand_on_a_line(jobs: Jobs, world: World, ann: TestClient) -> None:
    job = jobs.job(name="work")(work)
    jobs.recurring("nightly", cron("0 2 * * *"), job.call(1))
    jobs.recurring("often", cron("*/30 * * * *"), job.call(2))
    world.drain(schedules=True)
    ahead = part(ann.get("").text, "ahead")
    assert "often: 47 runs, the next in 30 min" in words(ahead)
    assert ahead.index("often") < ahead.index("nightly: 1 run")
    assert ahead.count("<circle") == 47 + 1


@pytest.mark.parametrize(("text", "title"), [("1h", "hour"), ("24h", "24 hours"), ("30d", "30 days")])
def test_the_range_is_in_the_address(text: str, title: str, ann: TestClient) -> None:
    page = ann.get(f"?range={text}").text
    assert f"Ended in the last {title}" in page
    assert f'range={text}" aria-current="true"' in page


def test_an_impossible_range_or_order_is_refused(jobs: Jobs, ann: TestClient) -> None:
    assert ann.get("?range=2y").status_code == 400
    answer = ann.get("?sort=price")
    assert answer.status_code == 400
    assert "it can be by name, jobs, failed" in answer.text


def test_handlers_are_sorted_as_is_asked_for(jobs: Jobs, world: World, ann: TestClient) -> None:
    for name, count in (("b", 1), ("a", 3), ("c", 2)):
        job = jobs.job(name=name)(lambda: None)
        for _ in range(count):
            job.enqueue()
    world.drain()
    world.clock.advance(timedelta(seconds=1))

    def order(sort: str) -> list[str]:
        return [row["Handler"] for row in rows(part(ann.get(f"?sort={sort}").text, "handlers"))]

    assert order("-jobs") == ["a", "c", "b"]
    assert order("jobs") == ["b", "c", "a"]
    assert order("name") == ["a", "b", "c"]


def test_charts_carry_their_moments_for_the_clocks_of_who_looks(jobs: Jobs, world: World, site: Site) -> None:
    job = jobs.job(name="work")(work)
    jobs.add_recurring("often", every(minutes=5), job.call(1))
    job.enqueue(4)
    world.drain()
    world.clock.advance(timedelta(seconds=1))
    page = site("ann", look=Look(zone=ZoneInfo("Asia/Tokyo"))).get("?range=1h").text
    ended, ahead = part(page, "ended"), part(page, "ahead")
    assert re.search(r'<text [^>]*data-at="2026-11-22T11:30:00\.000000Z">20:30</text>', ended)
    assert '<title data-at="2026-11-22T12:00:00.000000Z" data-rest=": 1 completed">21:00: 1 completed</title>' in ended
    assert '<span data-at="2026-11-22T12:00:00.000000Z">21:00</span>' in ended
    assert '<span class="zone" data-zone>by the clocks of Asia/Tokyo</span>' in ended
    assert re.search(r'<text [^>]*data-at="2026-11-22T12:20:00\.000000Z">21:20</text>', ahead)
    assert "data-zone" in ahead
    month = part(site("ann").get("?range=30d").text, "ended")
    assert "data-at" not in month
    assert '<span class="zone">by the clocks of UTC</span>' in month


def test_a_held_store_is_told_first(jobs: Jobs, world: World, ann: TestClient) -> None:
    jobs.job(name="work")(work).enqueue(1)
    jobs.store.call(jobs.store.hold_claims())
    alarms = words(part(ann.get("").text, "alarms"))
    assert alarms.startswith("The store is held: no worker starts a job")


def test_an_empty_store_says_what_to_do_next(ann: TestClient) -> None:
    page = words(ann.get("").text)
    for text in ("Nothing runs", "Nothing failed", "Nothing ended", "No queue has anything to do", "Nothing is due"):
        assert text in page


def test_there_is_nothing_to_change_on_it(jobs: Jobs, world: World, ann: TestClient) -> None:
    jobs.job(name="work")(work).enqueue(1)
    assert forms(ann.get("").text) == []


def test_nothing_is_called_well_while_jobs_fail(jobs: Jobs, world: World, ann: TestClient) -> None:
    job = jobs.job(name="work", retries=0)(work)
    job.enqueue(4)
    world.drain()
    assert "Nothing is wrong." in words(part(ann.get(".").text, "alarms"))
    job.enqueue(-1)
    world.drain()
    world.clock.advance(timedelta(seconds=1))
    said = words(part(ann.get(".").text, "alarms"))
    assert "Nothing is wrong." not in said
    assert "1 failure in the last hour" in said


def test_a_handler_that_fails_wholly_is_an_alarm_of_its_own(jobs: Jobs, world: World, ann: TestClient) -> None:
    fine, broken = (jobs.job(name=name, retries=0)(work) for name in ("fine", "broken"))
    for number in range(5):
        fine.enqueue(number)
        fine.enqueue(number)
        broken.enqueue(-1)
    world.drain()
    world.clock.advance(timedelta(seconds=1))
    said = part(ann.get(".").text, "alarms")
    assert words(said).startswith("Every job of broken fails All 5 that ended in the last hour failed.")
    assert 'class="flash alarm bad"' in said
    assert 'href="/admin/jobs/jobs?state=failed&amp;name=broken&amp;sort=-ended"' in said
    world.clock.advance(timedelta(hours=2))
    assert "broken" not in words(part(ann.get(".").text, "alarms"))

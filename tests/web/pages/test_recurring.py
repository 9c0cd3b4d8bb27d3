"""Schedules in the pages: seen, paused, resumed, run, removed."""

import re
import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from headway import Jobs, State, cron, every
from headway.model.schedule import Overlap
from headway.testing import World
from headway.web import Look
from tests.web.pages.conftest import Site
from tests.web.pages.reading import forms, part, rows, words

HOUR = timedelta(hours=1)


def work(number: int) -> int:
    if number < 0:
        raise ValueError("below zero")
    return number


@pytest.fixture
def schedules(jobs: Jobs, world: World) -> None:
    """A nightly one in Berlin, one of each hour, and one that is managed in the store."""
    job = jobs.job(name="work", retries=0)(work)
    jobs.recurring("nightly", cron("0 2 * * *", zone="Europe/Berlin"), job.call(1))
    jobs.recurring("hourly", every(hours=1), job.call(-1))
    jobs.recurring("stored", cron("30 4 * * 1-5"), job.call(3), managed="db")
    world.drain(schedules=True)


def shown(page: str) -> dict[str, dict[str, str]]:
    return {row["Schedule"].split()[0]: row for row in rows(part(page, "schedules"))}


def number(jobs: Jobs, name: str) -> int:
    row = jobs.store.reader.call(jobs.store.reader.schedule("default", name))
    assert row is not None
    return row.id


def acts(jobs: Jobs) -> list[tuple[str, str, str | None, str | None, str]]:
    found = jobs.store.reader.call(jobs.store.reader.acts())
    return [(one.act.kind, one.act.subject, one.act.subject_id, one.act.by, one.act.via) for one in found]


@pytest.mark.usefixtures("schedules")
class TestList:
    def test_each_is_told_in_words_with_its_next_run_by_its_own_clocks(self, vic: TestClient) -> None:
        found = shown(vic.get("recurring").text)
        assert found["nightly"]["Schedule"] == "nightly At 02:00 in Europe/Berlin"
        assert found["nightly"]["Next run"] == "in 13 h Mon 2026-11-23 02:00:00 +01:00"
        assert found["hourly"]["Schedule"] == "hourly every 1 h"
        assert found["hourly"]["State"] == "active"
        assert found["hourly"]["Last run"] == "never"

    def test_many_are_listed_page_by_page_and_each_once(self, jobs: Jobs, world: World, site: Site) -> None:
        job = jobs.job_named("work")
        for place in range(7):
            jobs.add_recurring(f"more-{place}", every(hours=2), job.call(place))
        vic = site("vic", look=Look(page_size=4))
        pages = [vic.get(f"recurring?page={page}").text for page in (1, 2, 3)]
        names = [set(shown(page)) for page in pages]
        assert [len(found) for found in names] == [4, 4, 2]
        assert len(set.union(*names)) == 10
        assert "1 to 4 of 10" in words(pages[0])
        assert "recurring?page=2" in pages[0]
        assert "Next page" not in pages[2]
        assert vic.get("recurring?page=0").status_code == 400
        assert vic.get("recurring?page=x").status_code == 400

    def test_the_last_run_is_linked_with_its_outcome(self, world: World, vic: TestClient) -> None:
        world.fire("hourly")
        page = vic.get("recurring").text
        assert shown(page)["hourly"]["Last run"] == "failed 1 now"
        assert 'href="/admin/jobs/jobs/1"' in part(page, "schedules")

    def test_who_may_only_look_sees_no_buttons(self, vic: TestClient, ann: TestClient) -> None:
        assert forms(vic.get("recurring").text) == []
        assert len(forms(ann.get("recurring").text)) == 1 + 3 * 3

    def test_one_that_cannot_be_fired_is_first_with_its_error_and_the_others_stand(
        self, jobs: Jobs, world: World, vic: TestClient
    ) -> None:
        break_zone(jobs, "nightly")
        world.drain(world.clock.now() + timedelta(days=1), schedules=True)
        page = vic.get("recurring").text
        found = shown(page)
        assert next(iter(found)) == "nightly"
        assert found["nightly"]["State"] == "faulty"
        assert "Nowhere/Land" in found["nightly"]["Schedule"]
        assert found["hourly"]["State"] == "active"
        assert list(shown(vic.get("recurring?state=faulty").text)) == ["nightly"]
        assert vic.get("recurring?state=bogus").status_code == 400
        detail = vic.get(f"recurring/{number(jobs, 'nightly')}")
        assert detail.status_code == 200
        assert "Nowhere/Land" in detail.text


@pytest.mark.usefixtures("schedules")
class TestActions:
    def test_toggle_pauses_and_resumes_and_says_who(self, jobs: Jobs, ann: TestClient) -> None:
        path = f"recurring/{number(jobs, 'hourly')}/toggle"
        answer = ann.post(path, data={"back": "list"})
        assert str(answer.url).endswith("/recurring")
        assert "hourly is paused." in words(answer.text)
        assert shown(answer.text)["hourly"]["State"] == "paused"
        assert "paused by ann just now" in shown(answer.text)["hourly"]["Schedule"]
        answer = ann.post(path)
        assert str(answer.url).endswith(f"/recurring/{number(jobs, 'hourly')}")
        assert "hourly fires again" in words(answer.text)
        assert acts(jobs)[:2] == [
            ("resume", "schedule", "hourly", "ann", "pages"),
            ("pause", "schedule", "hourly", "ann", "pages"),
        ]

    def test_run_now_stores_its_job(self, jobs: Jobs, world: World, ann: TestClient) -> None:
        answer = ann.post(f"recurring/{number(jobs, 'stored')}/run")
        assert "stored runs now, as job 1." in words(answer.text)
        world.drain()
        page = ann.get(f"recurring/{number(jobs, 'stored')}").text
        assert "run by ann" in words(part(page, "ticks"))
        assert rows(part(page, "ticks"))[0]["Outcome"] == "completed"

    def test_a_run_beside_one_that_has_not_ended_is_refused_unless_it_is_forced(
        self, jobs: Jobs, ann: TestClient
    ) -> None:
        path = f"recurring/{number(jobs, 'stored')}/run"
        ann.post(path)
        answer = ann.post(path)
        assert answer.status_code == 200
        assert "stored was not run" in words(answer.text)
        ann.post(path, data={"force": "yes"})
        assert jobs.counts()[State.QUEUED] == 2

    def test_removing_asks_first_and_keeps_its_jobs(self, jobs: Jobs, ann: TestClient) -> None:
        ann.post(f"recurring/{number(jobs, 'stored')}/run")
        path = f"recurring/{number(jobs, 'stored')}/remove"
        asked = ann.post(path, data={"ask": "Remove the schedule stored?"})
        assert "Are you sure?" in asked.text
        assert number(jobs, "stored")
        done = ann.post(path, data={"ask": "Remove the schedule stored?", "sure": "yes"})
        assert "stored is removed" in words(done.text)
        assert "stored" not in shown(done.text)
        assert jobs.counts()[State.QUEUED] == 1

    def test_removed_for_good_stays_away_until_it_is_resumed(self, jobs: Jobs, world: World, ann: TestClient) -> None:
        path = f"recurring/{number(jobs, 'nightly')}"
        ann.post(f"{path}/remove", data={"for_good": "yes"})
        assert shown(ann.get("recurring").text)["nightly"]["State"] == "removed"
        ann.post(f"{path}/toggle")
        assert shown(ann.get("recurring").text)["nightly"]["State"] == "active"

    def test_all_are_paused_and_resumed(self, jobs: Jobs, world: World, ann: TestClient) -> None:
        page = ann.post("recurring/pause-all").text
        assert "All schedules are paused by ann" in words(part(page, "state-of-all"))
        assert world.drain(world.clock.now() + 3 * HOUR, schedules=True).run == 0
        assert "All schedules are paused" in words(part(ann.get("").text, "alarms"))
        assert "The schedules fire again." in words(ann.post("recurring/resume-all").text)

    def test_who_may_only_look_changes_nothing(self, jobs: Jobs, site: Site) -> None:
        one = number(jobs, "hourly")
        for client in (site("vic"), site("ann", readonly=True)):
            for path in ("toggle", "run", "remove", "edit"):
                assert client.post(f"recurring/{one}/{path}", data={"sure": "yes"}).status_code == 403
            assert client.post("recurring/pause-all").status_code == 403
        assert acts(jobs) == []

    def test_one_that_is_not_there_is_not_found(self, ann: TestClient) -> None:
        assert ann.post("recurring/999/toggle").status_code == 404
        assert ann.get("recurring/hourly").status_code == 404


@pytest.mark.usefixtures("schedules")
class TestDetail:
    def test_it_shows_what_it_is_its_next_runs_and_its_instants(
        self, jobs: Jobs, world: World, vic: TestClient
    ) -> None:
        for _ in range(3):
            world.fire("hourly")
        page = vic.get(f"recurring/{number(jobs, 'hourly')}").text
        ticks = part(page, "ticks")
        assert [row["Outcome"] for row in rows(ticks)] == ["failed"] * 3
        assert "below zero" in rows(ticks)[0]["Note"]
        assert ticks.count("<li>") == 3
        assert "in 1 h Sun 2026-11-22 17:00:00 +00:00 in 2 h" in words(page)
        assert '"number": -1' in words(page)
        assert forms(page) == []

    def test_a_skipped_instant_is_shown_so(self, jobs: Jobs, world: World, vic: TestClient) -> None:
        jobs.store.call(jobs.store.trigger("default", "hourly"))
        world.clock.advance(HOUR)
        jobs.store.call(jobs.store.fire("default"))
        page = vic.get(f"recurring/{number(jobs, 'hourly')}").text
        assert {row["Outcome"] for row in rows(part(page, "ticks"))} == {"skipped", "queued"}
        assert "1 skipped" in words(part(page, "standing"))

    def test_missed_ranges_are_told(self, jobs: Jobs, world: World, vic: TestClient) -> None:
        world.clock.advance(5 * HOUR)
        jobs.store.call(jobs.store.fire("default"))
        page = vic.get(f"recurring/{number(jobs, 'hourly')}").text
        assert [row["How many"] for row in rows(part(page, "missed"))] == ["4 instants"]


@pytest.mark.usefixtures("schedules")
class TestEdit:
    def test_the_next_five_runs_are_seen_before_it_is_saved(self, jobs: Jobs, ann: TestClient) -> None:
        path = f"recurring/{number(jobs, 'stored')}/edit"
        assert 'value="30 4 * * 1-5"' in ann.get(path).text
        page = ann.get(path, params={"when": "0 6 * * *", "zone": "Europe/Berlin"}).text
        assert "These would be its next runs" in page
        assert "At 06:00 in Europe/Berlin" in words(page)
        assert page.count("06:00:00 +01:00") == 5
        assert acts(jobs) == []

    def test_a_saved_change_is_kept_and_told(self, jobs: Jobs, ann: TestClient) -> None:
        path = f"recurring/{number(jobs, 'stored')}/edit"
        sent = {
            "when": "0 6 * * *", "zone": "Europe/Berlin", "description": "early", "overlap": "queue",
            "misfire": "skip", "max_runs": "7", "arguments": '{"number": 8}',
        }  # fmt: skip
        answer = ann.post(path, data=sent)
        assert "stored is changed; its next run is in 17 h." in words(answer.text)
        row = jobs.store.reader.call(jobs.store.reader.schedule("default", "stored"))
        assert row is not None
        made = row.definition
        assert made is not None
        assert (made.timetable.zone, made.description, made.overlap, made.max_runs) == (
            "Europe/Berlin",
            "early",
            Overlap.QUEUE,
            7,
        )
        assert made.job.payload == '{"number":8}'
        assert acts(jobs)[0][:3] == ("revise", "schedule", "stored")

    @pytest.mark.parametrize(
        ("field", "value", "said"),
        [
            ("when", "61 * * * *", "61"),
            ("when", "every soon", "the interval cannot be read"),
            ("zone", "Nowhere/Land", "there is no zone"),
            ("max_runs", "many", "must be a number"),
            ("arguments", "[1]", "must be an object"),
            ("arguments", "{", "no JSON"),
            ("arguments", '{"number": "x"}', "expected `int`"),
            ("overlap", "sometimes", "overlap"),
        ],
    )
    def test_what_cannot_be_is_refused_beside_what_was_filled_in(
        self, jobs: Jobs, ann: TestClient, field: str, value: str, said: str
    ) -> None:
        path = f"recurring/{number(jobs, 'stored')}/edit"
        sent = {"when": "30 4 * * 1-5", "zone": "UTC", "overlap": "skip", "misfire": "once"} | {field: value}
        answer = ann.post(path, data=sent)
        assert answer.status_code == 422
        assert said in words(answer.text)
        assert 'action="/admin/jobs/' + path in answer.text
        assert acts(jobs) == []

    def test_a_wrong_expression_is_shown_in_the_preview(self, jobs: Jobs, ann: TestClient) -> None:
        page = ann.get(f"recurring/{number(jobs, 'stored')}/edit", params={"when": "nonsense", "zone": "UTC"})
        assert page.status_code == 200
        assert 'aria-invalid="true"' in page.text
        assert "It cannot be read" in page.text

    def test_one_that_code_declares_is_changed_there(self, jobs: Jobs, ann: TestClient) -> None:
        one = number(jobs, "nightly")
        assert f"/recurring/{one}/edit" not in ann.get(f"recurring/{one}").text
        answer = ann.get(f"recurring/{one}/edit")
        assert answer.status_code == 409
        assert "managed by code" in answer.text
        assert ann.post(f"recurring/{one}/edit", data={"when": "0 6 * * *", "zone": "UTC"}).status_code == 409

    def test_nothing_changed_is_said(self, jobs: Jobs, ann: TestClient) -> None:
        path = f"recurring/{number(jobs, 'stored')}/edit"
        sent = {"when": "30 4 * * 1-5", "zone": "UTC", "overlap": "skip", "misfire": "once"}
        assert "Nothing was to be changed." in words(ann.post(path, data=sent).text)


def test_hostile_names_are_shown_as_text(jobs: Jobs, world: World, ann: TestClient) -> None:
    job = jobs.job(name="work")(work)
    jobs.recurring(
        "<img src=x onerror=alert(1)>\"'", every(hours=1), job.call(1), description="<script>alert(1)</script>"
    )
    world.drain(schedules=True)
    for path in ("recurring", "recurring/1", ""):
        page = ann.get(path).text
        assert "<img" not in page
        assert "<script>alert" not in page
        assert "&lt;img" in page


def test_without_a_schedule_the_page_says_how_to_make_one(ann: TestClient) -> None:
    page = ann.get("recurring").text
    assert "No schedule yet" in page
    assert forms(page) == []


def break_zone(jobs: Jobs, name: str) -> None:
    """A schedule of a zone that this computer does not know, as another one may have stored it."""
    with closing(sqlite3.connect(jobs.store.place + "/jobs.db")) as db, db:
        db.execute("UPDATE headway_schedule SET definition = replace(definition, 'Europe/Berlin', 'Nowhere/Land')")


def test_a_run_links_the_page_of_its_schedule_while_there_is_one(jobs: Jobs, world: World, vic: TestClient) -> None:
    schedule = jobs.recurring("each/hour", every(hours=1), jobs.job(name="work")(work).call(1))
    world.drain(schedules=True)
    world.clock.advance(HOUR)
    world.drain(schedules=True)
    (link,) = re.findall(r'href="/admin/jobs/(recurring/[^"]*)"', part(vic.get("jobs/1").text, "facts"))
    assert vic.get(link).status_code == 200
    schedule.remove()
    facts = part(vic.get("jobs/1").text, "facts")
    assert "Run of each/hour, for 2026-11-22 13:00:00" in words(facts)
    assert "000000Z" not in words(facts)
    assert "recurring/" not in facts

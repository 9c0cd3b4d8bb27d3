"""The list of jobs: filters in the address, the box that finds anything, pages, and what is done to many."""

import re
from datetime import timedelta
from html import unescape

import pytest
from starlette.testclient import TestClient

from headway import Jobs, State
from headway.testing import World
from tests.web.pages.conftest import ROOT, Site
from tests.web.pages.reading import forms, part, rows, words

HOSTILE = "<script>alert(1)</script>\"'&"


def work(text: str = "") -> None:
    """Fails when it is told to."""
    if text == "fail":
        raise ValueError("no such thing <script>alert(1)</script> \x1b[31m \u202e")


@pytest.fixture
def job(jobs: Jobs):
    return jobs.job(name="mail:send", retries=0)(work)


def listed(page: str) -> list[int]:
    """The jobs of the list, by number."""
    return [int(number) for number in re.findall(r'<tr id="job-(\d+)"', page)]


def near(href: str) -> str:
    """An address of a page as seen from the console's root."""
    return unescape(href).removeprefix(f"{ROOT}/")


def chips(page: str) -> list[str]:
    return [words(text) for text in re.findall(r'<a class="chip accent".*?</a>', page, re.DOTALL)]


def tabs(page: str) -> dict[str, str]:
    found = re.findall(r"<a [^>]*>([A-Z][a-z]+)(?: <span class=\"num\">([\d ]+)</span>)?</a>", part(page, "tabs"))
    return dict(found)


def test_newest_come_first_with_their_states_counted(job, vic: TestClient) -> None:
    for _ in range(3):
        job.enqueue()
    page = vic.get("jobs").text
    assert listed(page) == [3, 2, 1]
    assert (tabs(page)["All"], tabs(page)["Queued"], tabs(page)["Failed"]) == ("3", "3", "0")


def test_each_filter_stands_in_the_address_and_can_be_taken_away(job, vic: TestClient) -> None:
    job.using(tags=["welcome"], queue="mail").enqueue()
    job.enqueue()
    page = vic.get("jobs?queue=mail&tag=welcome").text
    assert listed(page) == [1]
    assert chips(page) == ["queue mail", "tag welcome"]
    without = re.findall(r'<a class="chip accent" href="([^"]*)"', page)
    assert [unescape(one) for one in without] == [f"{ROOT}/jobs?tag=welcome", f"{ROOT}/jobs?queue=mail"]


def test_keys_written_into_the_box_become_filters_of_the_address(job, vic: TestClient) -> None:
    answer = vic.get("jobs", params={"q": "state:failed queue:mail late"}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{ROOT}/jobs?state=failed&queue=mail&q=late")


@pytest.mark.parametrize("text", ["2", "#2", "order-17"])
def test_a_number_or_a_reference_leads_to_its_job(job, vic: TestClient, text: str) -> None:
    job.enqueue()
    job.using(ref_id="order-17").enqueue()
    answer = vic.get("jobs", params={"q": text}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{ROOT}/jobs/2")


def test_words_find_what_arguments_hold(job, vic: TestClient) -> None:
    job.enqueue("ann@example.org")
    job.enqueue("bob@example.org")
    assert listed(vic.get("jobs", params={"q": "bob@"}).text) == [2]


def test_what_cannot_be_understood_is_said_with_what_can(vic: TestClient) -> None:
    answer = vic.get("jobs", params={"q": "stat:failed"})
    assert answer.status_code == 400
    assert "did you mean state:?" in words(answer.text)
    assert 'value="stat:failed"' in answer.text
    assert vic.get("jobs?month=2026-13").status_code == 400


@pytest.mark.parametrize(
    "text",
    ["state:bogus", 'state:bogus queue:"a b" slow', "since:whenever timeout", 'tag:"never closed', "state:failed,x"],
)
def test_what_cannot_be_understood_stays_in_the_box_to_be_corrected(vic: TestClient, text: str) -> None:
    answer = vic.get("jobs", params={"q": text})
    assert answer.status_code == 400
    assert text in [unescape(found) for found in re.findall(r'id="search" value="([^"]*)"', answer.text)]


@pytest.mark.parametrize("query", ["size=0", "size=201", "size=x", "after=" + "x" * 600])
def test_numbers_out_of_range_are_refused(vic: TestClient, query: str) -> None:
    assert vic.get(f"jobs?{query}").status_code == 400


def test_pages_follow_each_other_and_show_each_job_once(job, vic: TestClient) -> None:
    for _ in range(5):
        job.enqueue()
    seen, address = [], "jobs?size=2"
    while address:
        page = vic.get(address).text
        seen += listed(page)
        following = re.search(r'rel="next" href="([^"]*)"', page)
        address = near(following[1]) if following else ""
    assert seen == [5, 4, 3, 2, 1]


def test_a_head_of_a_column_sorts_and_turns(job, world: World, vic: TestClient) -> None:
    job.enqueue("fail")
    job.enqueue()
    world.drain()
    heads = dict(re.findall(r'<a class="sort[^"]*" href="([^"]*)">([A-Z][a-z]+)<', vic.get("jobs").text))
    by = {label: near(href) for href, label in heads.items()}
    assert by["Created"] == "jobs?sort=created"
    assert listed(vic.get(by["Created"]).text) == [1, 2]
    assert by["Attempts"].endswith("sort=-attempts")


def test_the_moment_by_which_a_list_stands_is_shown_and_marked(job, world: World, vic: TestClient) -> None:
    old = job.enqueue("fail")
    world.clock.advance(timedelta(minutes=1))
    new = job.enqueue("fail")
    world.drain()
    world.clock.advance(timedelta(minutes=5))
    old.retry()
    world.drain()
    world.clock.advance(timedelta(minutes=1))
    page = vic.get("jobs?state=failed").text
    assert listed(page) == [new.id, old.id]
    assert [(row["Created"], row["Ended"]) for row in rows(page)] == [
        ("6 min ago", "6 min ago"),
        ("7 min ago", "1 min ago"),
    ]
    assert re.findall(r'<a class="sort (?:up|down)"[^>]*>(\w+)<', page) == ["Created"]
    page = vic.get("jobs?state=failed&sort=-ended").text
    assert listed(page) == [old.id, new.id]
    assert [row["Ended"] for row in rows(page)] == ["1 min ago", "6 min ago"]
    assert re.findall(r'<a class="sort (?:up|down)"[^>]*>(\w+)<', page) == ["Ended"]
    assert "Created" not in rows(page)[0]
    assert set(rows(vic.get("jobs?sort=-ended").text)[0]) >= {"Created", "Ended"}
    assert "Ended" not in rows(vic.get("jobs").text)[0]


def test_a_month_narrows_the_list(job, world: World, vic: TestClient) -> None:
    job.enqueue()
    assert listed(vic.get("jobs?month=2026-11").text) == [1]
    assert listed(vic.get("jobs?month=2026-10").text) == []


def test_an_empty_store_and_an_empty_answer_say_what_to_do(job, vic: TestClient) -> None:
    assert "No jobs yet" in words(vic.get("jobs").text)
    job.enqueue()
    assert "No job matches" in words(vic.get("jobs?queue=none").text)
    assert "None failed" in words(vic.get("jobs?state=failed").text)


def test_hostile_names_are_shown_as_text(jobs: Jobs, world: World, vic: TestClient) -> None:
    jobs.job(name="x<b>&'\"", retries=0)(work).using(tags=[HOSTILE], queue="<i>q", created_by=HOSTILE).enqueue("fail")
    world.drain()
    page = vic.get("jobs").text
    assert "<script>alert" not in page
    assert "<b>&" not in page
    assert "\x1b" not in page
    assert "\u202e" not in page
    assert listed(vic.get("jobs", params={"tag": HOSTILE}).text) == [1]


def test_who_may_only_look_sees_nothing_to_act_with(job, site: Site, vic: TestClient) -> None:
    job.enqueue()
    for client in (vic, site("ann", readonly=True)):
        page = client.get("jobs").text
        assert 'type="checkbox"' not in page
        assert 'name="deed"' not in page
    assert vic.post("jobs/bulk", data={"scope": "ids", "deed": "cancel", "id": "1"}).status_code == 403


class TestMany:
    def test_selected_jobs_are_acted_on_after_a_question(self, jobs: Jobs, job, ann: TestClient) -> None:
        refs = [job.enqueue() for _ in range(3)]
        sent = {"scope": "ids", "deed": "cancel", "id": ["1", "3", "77"], "back": "/jobs?queue=default"}
        asked = ann.post("jobs/bulk", data=sent).text
        assert "Cancel 3 jobs?" in words(asked)
        assert [ref.status().state for ref in refs] == [State.QUEUED] * 3
        answer = ann.post("jobs/bulk", data={**sent, "sure": "yes"}, follow_redirects=False)
        assert answer.headers["location"] == f"{ROOT}/jobs?queue=default"
        assert [ref.status().state for ref in refs] == [State.CANCELLED, State.QUEUED, State.CANCELLED]
        assert "2 cancelled, 1 not there any more." in words(ann.get("jobs").text)

    def test_the_question_can_be_answered_without_scripts(self, job, ann: TestClient) -> None:
        ref = job.enqueue()
        asked = ann.post("jobs/bulk", data={"scope": "ids", "deed": "cancel", "id": "1", "back": "/jobs"}).text
        fields = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', part(asked, "main")))
        assert forms(asked) == [(f"{ROOT}/jobs/bulk", "Yes")]
        ann.post("jobs/bulk", data=fields)
        assert ref.status().state is State.CANCELLED

    def test_nothing_selected_is_nothing_done(self, job, ann: TestClient) -> None:
        job.enqueue()
        page = ann.post("jobs/bulk", data={"scope": "ids", "deed": "delete"}).text
        assert "Nothing was selected" in words(page)

    def test_all_that_match_are_offered_with_their_number(self, job, world: World, ann: TestClient) -> None:
        job.enqueue("fail")
        world.drain()
        job.enqueue()
        offered = words(ann.get("jobs/bulk?name=mail:send").text)
        assert "Cancel 1 job " in offered
        assert "Retry 1 job " in offered
        assert "Delete 2 jobs " in offered

    def test_a_state_to_which_nothing_of_the_kind_can_be_done_is_neither_offered_nor_touched(
        self, job, world: World, ann: TestClient
    ) -> None:
        ref = job.enqueue("fail")
        world.drain()
        job.enqueue()
        offered = words(ann.get("jobs/bulk?state=failed").text)
        assert "Cancel" not in offered
        assert "Retry 1 job " in offered
        sent = {"scope": "filter", "deed": "cancel", "state": "failed", "sure": "yes"}
        assert "There was nothing to do." in words(ann.post("jobs/bulk", data=sent).text)
        assert ref.status().state is State.FAILED

    def test_more_than_a_thousand_are_done_in_steps_that_say_how_far_they_are(
        self, jobs: Jobs, job, ann: TestClient
    ) -> None:
        for _ in range(3):
            jobs.enqueue_many([job.call() for _ in range(350)])
        sent = {"scope": "filter", "deed": "cancel", "queue": "default", "back": "/jobs", "sure": "yes"}
        between = ann.post("jobs/bulk", data=sent).text
        assert "1 000 of 1 050" in words(between)
        assert "1 000 cancelled" in words(between)
        fields = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', part(between, "steps")))
        assert "1 050 cancelled." in words(ann.post("jobs/bulk", data=fields).text)
        assert {state: number for state, number in jobs.counts().items() if number} == {State.CANCELLED: 1050}

    @pytest.mark.parametrize(
        "sent",
        [
            {"deed": "explode", "scope": "ids"},
            {"deed": "cancel"},
            {"deed": "cancel", "scope": "everything"},
            {"deed": "cancel", "scope": "ids", "id": "1; DROP TABLE"},
            {"deed": "cancel", "scope": "filter", "state": "failed", "sure": "yes", "before": "x"},
        ],
    )
    def test_what_no_form_of_ours_sends_is_refused(self, ann: TestClient, sent: dict[str, str]) -> None:
        assert ann.post("jobs/bulk", data=sent).status_code == 400

    def test_the_way_back_stays_within_the_console(self, job, ann: TestClient) -> None:
        for back in ("https://evil.example", "//evil.example", "/\\evil.example"):
            answer = ann.post(
                "jobs/bulk", data={"deed": "cancel", "scope": "ids", "back": back}, follow_redirects=False
            )
            assert answer.headers["location"] == f"{ROOT}/jobs"


def test_a_running_job_shows_how_far_it_is_and_an_estimate_where_it_says_nothing(
    jobs: Jobs, world: World, vic: TestClient
) -> None:
    job = jobs.job(name="slow")(work)
    job.using(run_after=timedelta(hours=2)).enqueue()
    assert "due in 2 h" in words(vic.get("jobs").text)

"""One job: everything about it, and each thing that can be done to it."""

import re
from datetime import timedelta

import msgspec
import pytest
from starlette.testclient import TestClient

from headway import Context, Jobs, State
from headway.testing import World
from headway.web.pages.families import DRAWN_MAX
from tests.web.pages.conftest import ROOT, Site
from tests.web.pages.reading import forms, part, rows, words

SECRET = "hunter2hunter2"


def work(text: str = "", rows: list | None = None, password: str = "") -> object:
    """Fails when it is told to, and tells its secret."""
    if text == "fail":
        raise ValueError(f"cannot log in with {password}")
    return {"text": text, "link": None, "rows": rows, "word": password}


def talk(ctx: Context, levels: list[int]) -> str:
    for number, level in enumerate(levels):
        ctx.log.log(level, "line %d <b>", number)
    ctx.progress(50, "half <i>")
    return "https://files.example.org/report?x=1"


def count(ctx: Context) -> None:
    ctx.stats.lines += 3
    ctx.stats.files += 1


@pytest.fixture
def job(jobs: Jobs):
    return jobs.job(name="mail:send", retries=0, redact=["password"])(work)


@pytest.fixture
def speaker(jobs: Jobs):
    return jobs.job(name="talk", takes_context=True)(talk)


def buttons(page: str) -> list[str]:
    """What the forms of its head do."""
    return [action.rpartition("/")[2] for action, _ in forms(part(page, "head"))]


class TestLook:
    def test_arguments_and_result_are_trees_with_secrets_masked_everywhere(
        self, job, world: World, vic: TestClient
    ) -> None:
        job.enqueue("hello", [1, {"deep": [True, None]}], SECRET)
        world.drain()
        page = vic.get("jobs/1").text
        said = words(part(page, "main"))
        assert SECRET not in page
        assert "text : hello".replace(" :", "") in said
        assert "deep [ 2 values ] 0 true 1 null" in said
        assert "password •••" in said
        assert "word •••" in said

    def test_a_failure_shows_its_traceback_open_and_says_nothing_of_the_secret(
        self, job, world: World, vic: TestClient
    ) -> None:
        job.enqueue("fail", None, SECRET)
        world.drain()
        page = vic.get("jobs/1").text
        assert SECRET not in page
        assert '<details id="trace-1" open>' in page
        assert "ValueError: cannot log in with •••" in words(part(page, "attempts"))

    def test_the_default_of_a_secret_argument_is_masked_too(self, jobs: Jobs, world: World, vic: TestClient) -> None:
        def login(user: str, pin: str = "1234-5678", api_key: str = "abcd-efgh") -> None:
            raise ValueError(f"{user} cannot log in with {pin}, {api_key}")

        jobs.job(name="login", retries=0, redact=["pin"])(login).enqueue("ann")
        world.drain()
        for page in ("jobs/1", "jobs", "failures", "", "command?name=login"):
            text = vic.get(page).text
            assert "1234-5678" not in text
            assert "abcd-efgh" not in text
        assert "ann cannot log in with •••, •••" in words(vic.get("jobs/1").text)

    def test_the_history_tells_each_state_with_how_long_it_lasted(self, job, world: World, vic: TestClient) -> None:
        job.using(run_after=timedelta(seconds=30)).enqueue("fail")
        world.clock.advance(timedelta(seconds=45))
        world.drain()
        told = words(part(vic.get("jobs/1").text, "history"))
        assert re.search(
            r"scheduled created 2026-11-22 12:00:00 45 s queued due by .*running started attempt 1 .*failed raised",
            told,
        )

    def test_a_job_that_waits_says_why(self, job, world: World, vic: TestClient) -> None:
        job.using(run_after=timedelta(hours=1)).enqueue()
        now = part(vic.get("jobs/1").text, "now")
        assert "Why it is not running due in 1 h, at 2026-11-22 13:00:00" in words(now)
        assert '<time datetime="2026-11-22T13:00:00' in now, "shown in the viewer's zone like all others"

    def test_what_a_body_counted_is_told_by_name(self, jobs: Jobs, world: World, vic: TestClient) -> None:
        jobs.job(name="count", takes_context=True)(count).enqueue()
        world.drain()
        assert "Statistics lines 3, files 1" in words(part(vic.get("jobs/1").text, "facts"))

    def test_relatives_are_drawn_with_links(self, job, vic: TestClient) -> None:
        parent = job.enqueue()
        middle = job.using(depends_on=parent).enqueue()
        job.using(depends_on=middle).enqueue()
        drawn = part(vic.get("jobs/2").text, "family")
        assert re.findall(r'<a href="([^"]*)"', drawn) == [f"{ROOT}/jobs/{one}" for one in (1, 2, 3)]
        assert drawn.count("<path") == 2

    def test_too_many_relatives_are_a_list(self, job, vic: TestClient) -> None:
        parent = job.enqueue()
        for _ in range(DRAWN_MAX + 1):
            job.using(depends_on=parent).enqueue()
        family = part(vic.get("jobs/1").text, "family")
        assert "<svg" not in family
        assert family.count("<a ") == DRAWN_MAX + 1

    def test_a_result_that_is_an_address_is_a_link_and_a_script_is_none(
        self, jobs: Jobs, speaker, world: World, vic: TestClient
    ) -> None:
        speaker.enqueue([20])
        jobs.job(name="evil")(lambda: "javascript:alert(1)").enqueue()
        world.drain()
        assert 'href="https://files.example.org/report?x=1"' in vic.get("jobs/1").text
        assert 'href="javascript' not in vic.get("jobs/2").text

    def test_one_that_is_not_there_is_a_page_that_says_so(self, vic: TestClient) -> None:
        answer = vic.get("jobs/77")
        assert answer.status_code == 404
        assert "there is no job &#39;77&#39; here" in answer.text

    def test_its_reference_finds_it_too(self, job, vic: TestClient) -> None:
        job.using(ref_id="order-17").enqueue()
        assert vic.get("jobs/order-17").status_code == 200

    def test_what_people_did_to_it_stands_there(self, job, ann: TestClient) -> None:
        job.enqueue()
        ann.post("jobs/1/cancel")
        assert "cancelled by ann" in words(part(ann.get("jobs/1").text, "acts"))

    def test_enormous_arguments_are_cut(self, jobs: Jobs, job, vic: TestClient) -> None:
        job.enqueue("x" * 50_000, [list(range(40)) for _ in range(200)])
        page = vic.get("jobs/1").text
        assert len(page) < 120_000
        assert " more" in words(page)


class TestLog:
    def test_lines_are_shown_with_their_level_and_can_be_narrowed(self, speaker, world: World, vic: TestClient) -> None:
        speaker.enqueue([20, 30, 40])
        world.drain()
        assert re.findall(r'class="l-(\w+)"', vic.get("jobs/1").text) == ["info", "warning", "error"]
        assert re.findall(r'class="l-(\w+)"', vic.get("jobs/1?level=warning").text) == ["warning", "error"]
        assert vic.get("jobs/1?level=loud").status_code == 400

    def test_an_open_page_asks_for_what_came_since(self, speaker, world: World, vic: TestClient) -> None:
        speaker.enqueue([20, 30, 40])
        world.drain()
        piece = vic.get("jobs/1/lines?after=2").text
        assert re.findall(r'data-number="(\d+)"', piece) == ["3"]
        assert "line 2 &lt;b&gt;" in piece
        assert vic.get("jobs/1/lines?after=-1").status_code == 400

    def test_the_whole_of_it_is_a_file(self, speaker, world: World, vic: TestClient) -> None:
        speaker.enqueue([20, 30])
        world.drain()
        answer = vic.get("jobs/1/log")
        assert answer.headers["content-disposition"] == 'attachment; filename="job-1.log"'
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert answer.text.count("\n") == 2


class TestDoing:
    def test_each_state_offers_what_can_be_done(self, job, world: World, ann: TestClient) -> None:
        job.enqueue("fail")
        job.enqueue()
        world.drain()
        job.enqueue()
        assert buttons(ann.get("jobs/1").text) == ["retry", "replay", "delete"]
        assert buttons(ann.get("jobs/2").text) == ["replay", "delete"]
        assert buttons(ann.get("jobs/3").text) == ["cancel", "delete"]
        assert f'href="{ROOT}/jobs/3/revise"' in ann.get("jobs/3").text

    def test_one_that_runs_shows_how_far_it_is_and_can_be_cancelled(
        self, jobs: Jobs, world: World, ann: TestClient
    ) -> None:
        seen = []

        def body(ctx: Context) -> None:
            ctx.progress(40, "forty <b>")
            seen.append(ann.get("jobs/1").text)
            seen.append(ann.post("jobs/1/cancel").text)

        jobs.job(name="long", takes_context=True)(body).enqueue()
        world.drain()
        assert buttons(seen[0]) == ["cancel"]
        assert "running for" in words(part(seen[0], "now"))
        assert "The job is asked to stop." in words(seen[1])
        assert "asked to stop" in words(part(seen[1], "now"))

    def test_who_may_only_look_is_offered_nothing_and_refused(self, job, site: Site, vic: TestClient) -> None:
        ref = job.enqueue()
        assert forms(vic.get("jobs/1").text) == []
        assert forms(site("ann", readonly=True).get("jobs/1").text) == []
        for path in ("cancel", "retry", "replay", "delete", "revise"):
            assert vic.post(f"jobs/1/{path}").status_code == 403
        assert vic.get("jobs/1/revise").status_code == 403
        assert ref.status().state is State.QUEUED

    def test_cancel_asks_first_when_there_are_no_scripts(self, job, ann: TestClient) -> None:
        ref = job.enqueue()
        asked = ann.post("jobs/1/cancel", data={"ask": "Cancel job 1?"}).text
        assert "Cancel job 1?" in words(asked)
        assert forms(asked) == [(f"{ROOT}/jobs/1/cancel", "Yes")]
        assert ref.status().state is State.QUEUED
        said = ann.post("jobs/1/cancel", data={"ask": "Cancel job 1?", "sure": "yes"}).text
        assert "The job is cancelled." in words(said)
        assert ref.status().state is State.CANCELLED

    def test_retry_and_replay(self, jobs: Jobs, job, world: World, ann: TestClient) -> None:
        ref = job.enqueue("fail")
        world.drain()
        assert "The job is retried: it is queued." in words(ann.post("jobs/1/retry").text)
        assert ref.status().state is State.QUEUED
        world.drain()
        answer = ann.post("jobs/1/replay", follow_redirects=False)
        assert answer.headers["location"] == f"{ROOT}/jobs/2"
        assert jobs.get(2).detail().row.replay_of == 1

    def test_history_acts_and_buttons_tell_a_deed_in_one_word(
        self, jobs: Jobs, job, world: World, ann: TestClient
    ) -> None:
        first = job.enqueue("fail")
        after = job.using(depends_on=first).enqueue()
        waiting = job.using(run_after=timedelta(hours=1)).enqueue()
        world.drain()
        page = ann.get("jobs/1").text
        assert {"Retry", "Replay", "Delete"} <= {label for _, label in forms(part(page, "head"))}
        world.clock.advance(timedelta(minutes=1))
        ann.post("jobs/1/retry", data={"revive": "yes"})
        page = ann.get("jobs/1").text
        assert "queued retried by ann" in words(part(page, "history"))
        assert "What people did retried by ann" in words(part(page, "acts"))
        assert "retried" in words(part(ann.get("acts").text, "acts"))
        assert "revived by ann" in words(part(ann.get(f"jobs/{after.id}").text, "history"))
        ann.post(f"jobs/{waiting.id}/revise", data={"priority": "7", "queue": "mail", "due": "2h", "arguments": "{}"})
        ann.post(f"jobs/{waiting.id}/cancel", data={"sure": "yes"})
        page = ann.get(f"jobs/{waiting.id}").text
        assert "What people did cancelled by ann" in words(part(page, "acts"))
        assert "changed by ann" in words(part(page, "history"))
        assert "cancelled by ann" in words(part(page, "history"))
        for number in (first.id, after.id, waiting.id):
            told = words(part(ann.get(f"jobs/{number}").text, "history"))
            assert not [word for word in ("requeue", "revise ", "cancel ") if word in told]

    def test_delete_leads_to_the_list(self, job, ann: TestClient) -> None:
        job.enqueue()
        answer = ann.post("jobs/1/delete", follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, f"{ROOT}/jobs")
        assert ann.get("jobs/1").status_code == 404

    def test_what_runs_is_not_deleted_and_the_act_of_a_deletion_stays(
        self, jobs: Jobs, job, world: World, ann: TestClient
    ) -> None:
        answers = []
        jobs.job(name="long")(lambda: answers.append(ann.post("jobs/1/delete"))).enqueue()
        world.drain()
        assert answers[0].status_code == 409
        assert "job 1 runs" in words(answers[0].text)
        assert jobs.get(1).status().state is State.COMPLETED
        job.enqueue()
        for number in (1, 2):
            ann.post(f"jobs/{number}/delete")
            assert ann.get(f"jobs/{number}").status_code == 404
        acts = rows(part(ann.get("acts").text, "acts"))
        assert [(one["Who"], one["Did"], one["What"]) for one in acts] == [
            ("ann", "deleted", "job 2"),
            ("ann", "deleted", "job 1"),
        ]

    def test_what_cannot_be_done_is_said(self, job, world: World, ann: TestClient) -> None:
        job.enqueue()
        world.drain()
        answer = ann.post("jobs/1/cancel")
        assert answer.status_code == 409
        assert "had ended before" in words(answer.text)


class TestRevise:
    def test_what_is_changed_is_changed_and_nothing_else(self, jobs: Jobs, job, ann: TestClient) -> None:
        job.enqueue("old", [1], SECRET)
        form = ann.get("jobs/1/revise").text
        assert SECRET not in form
        assert "kept unless you write them anew: password" in words(form)
        sent = {"priority": "7", "queue": "mail", "due": "2h", "arguments": '{"text": "new", "rows": [1]}'}
        assert "The job is changed." in words(ann.post("jobs/1/revise", data=sent).text)
        detail = jobs.get(1).detail()
        assert (detail.row.priority, detail.row.queue, detail.row.state) == (7, "mail", State.SCHEDULED)
        assert msgspec.json.decode(detail.payload) == {"text": "new", "rows": [1], "password": SECRET}

    @pytest.mark.parametrize(
        ("sent", "said"),
        [
            ({"priority": "high"}, "priority must be a whole number"),
            ({"due": "soon"}, "is not a moment"),
            ({"arguments": "{"}, "are no JSON"),
            ({"arguments": "[]"}, "must be a JSON object"),
            ({"arguments": '{"nonsense": 1}'}, "nonsense"),
        ],
    )
    def test_what_does_not_fit_is_said_in_the_form(self, jobs: Jobs, job, ann: TestClient, sent, said: str) -> None:
        job.enqueue("old")
        usual = {"priority": "0", "queue": "default", "due": "", "arguments": "{}"}
        answer = ann.post("jobs/1/revise", data={**usual, **sent})
        assert answer.status_code == 422
        assert said in words(part(answer.text, "main"))
        assert jobs.get(1).detail().row.priority == 0

    def test_a_job_that_ended_cannot_be_changed(self, job, world: World, ann: TestClient) -> None:
        job.enqueue()
        world.drain()
        assert ann.get("jobs/1/revise").status_code == 409

"""The frame of all pages: where links lead, what is asked twice, what is said once, and that nothing is inline."""

import re
from html import unescape

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from headway import Jobs
from headway.web import Look, admin
from headway.web.pages.navigation import NAVIGATION
from tests.web.pages.conftest import PEOPLE, ROOT, Site
from tests.web.pages.reading import part, words

PATHS = [item.path.lstrip("/") for group in NAVIGATION for item in group]

INLINE = re.compile(r"""\sstyle=|\son[a-z]+=["']|<style|<script(?![^>]*\ssrc=)|href=.javascript:""")


def work(text: str = "") -> None:
    """Nothing."""


@pytest.fixture
def job(jobs: Jobs):
    made = jobs.job(name="mail:send")(work)
    made.enqueue("hello")
    return made


def links(html: str) -> set[str]:
    return {unescape(one) for one in re.findall(r'(?:href|action|src)="([^"]*)"', html)}


@pytest.mark.parametrize("path", [*PATHS, "jobs/1", "jobs?q=a:b"])
@pytest.mark.usefixtures("job")
def test_every_link_of_every_page_is_under_the_prefix_and_nothing_is_inline(ann: TestClient, path: str) -> None:
    page = ann.get(path).text
    assert {one for one in links(page) if not one.startswith((f"{ROOT}/", "#", "?"))} == set()
    assert not re.search(INLINE, page)


@pytest.mark.usefixtures("job")
def test_a_proxys_prefix_is_part_of_every_link(jobs: Jobs) -> None:
    app = Starlette(routes=[Mount("/jobs", admin(jobs, allow=lambda _: PEOPLE["ann"]))])
    page = TestClient(app, root_path="/behind").get("/behind/jobs/jobs").text
    assert {one for one in links(page) if not one.startswith(("/behind/jobs/", "#", "?"))} == set()


@pytest.mark.usefixtures("job")
def test_pages_at_the_root_of_an_application_have_links_of_one_slash(jobs: Jobs) -> None:
    page = TestClient(admin(jobs, allow=lambda _: PEOPLE["ann"])).get("/jobs").text
    assert {one for one in links(page) if one.startswith("//")} == set()
    assert "/jobs/1" in links(page)


def test_the_page_that_is_shown_is_marked(vic: TestClient) -> None:
    assert re.findall(r'aria-current="page"[^>]*>.*?<span>(.*?)</span></a>', vic.get("failures").text) == ["Failures"]


def test_title_way_back_and_theme_are_as_the_application_says(site: Site) -> None:
    page = (
        site("vic", look=Look(title="Shop & jobs", back="/shop", back_label="To the shop", theme="dark"))
        .get("jobs")
        .text
    )
    assert "<title>Jobs · Shop &amp; jobs</title>" in page
    assert '<a class="back" href="/shop"' in page
    assert '<html lang="en" data-theme="dark">' in page


def test_style_and_scripts_may_be_kept_as_long_as_they_stay_the_same(vic: TestClient) -> None:
    page = vic.get("jobs").text
    files = {one.removeprefix(f"{ROOT}/") for one in links(page) if "/static/" in one and "#" not in one}
    assert any("style.css" in one for one in files)
    for one in files:
        answer = vic.get(one)
        assert (one, answer.status_code) == (one, 200)
        assert "immutable" in answer.headers["cache-control"]
    assert vic.get("static/style.css").headers["cache-control"] == "no-cache"
    mark = vic.get("static/style.css").headers["etag"]
    assert vic.get("static/style.css", headers={"If-None-Match": mark}).status_code == 304
    assert vic.get("static/style.css?v=other").headers["cache-control"] == "no-cache"


def test_style_and_scripts_come_packed_to_whoever_unpacks_them(vic: TestClient) -> None:
    packed = vic.get("static/style.css", headers={"Accept-Encoding": "gzip"})
    plain = vic.get("static/style.css", headers={"Accept-Encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.content == plain.content
    assert int(packed.headers["content-length"]) < len(plain.content) / 2
    assert packed.headers["etag"] != plain.headers["etag"]
    mark = {"Accept-Encoding": "gzip", "If-None-Match": packed.headers["etag"]}
    assert vic.get("static/style.css", headers=mark).status_code == 304


def test_what_cannot_be_shown_is_said_within_the_frame(ann: TestClient) -> None:
    answer = ann.get("jobs/77")
    assert answer.status_code == 404
    assert f"{ROOT}/failures" in links(answer.text)
    assert "Job not found" in words(part(answer.text, "main"))


def test_who_is_refused_sees_no_more_than_why(jobs: Jobs) -> None:
    app = Starlette(routes=[Mount(ROOT, admin(jobs))])
    page = TestClient(app).get(f"{ROOT}/jobs").text
    assert "<nav" not in page
    assert "Nobody said who may see these pages" in words(page)


def test_after_what_could_not_be_done_there_is_a_way_back(ann: TestClient, job) -> None:
    here = f"http://jobs.example{ROOT}/jobs/1"
    ann.post("jobs/1/cancel")
    page = ann.post("jobs/1/cancel", headers={"Referer": here}).text
    assert here in links(page)
    assert here not in links(ann.post("jobs/1/cancel", headers={"Referer": "https://evil.example/x"}).text)


def test_what_a_form_did_is_said_once(ann: TestClient, job) -> None:
    said = "The job is cancelled."
    assert said in words(ann.post("jobs/1/cancel").text)
    assert said not in words(ann.get("jobs/1").text)


def test_what_is_said_is_text(ann: TestClient, job) -> None:
    ann.cookies.set("headway_said", "good.%3Cb%3Ehello%3C%2Fb%3E")
    page = ann.get("jobs").text
    assert "<b>hello</b>" not in page
    assert "&lt;b&gt;hello" in page


def test_a_question_keeps_every_field_of_its_form(ann: TestClient, job) -> None:
    page = ann.post("jobs/1/retry", data={"ask": "Really <b>?", "revive": "yes", "other": '"x"'}).text
    fields = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', part(page, "main")))
    assert fields == {"revive": "yes", "other": "&#34;x&#34;", "sure": "yes"}
    assert "Really &lt;b&gt;?" in page


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"content": b"\xff", "headers": {"Content-Type": "application/x-www-form-urlencoded"}}, 400),
        ({"content": b"{}", "headers": {"Content-Type": "application/json"}}, 415),
        ({"content": b"a&" * 3_000, "headers": {"Content-Type": "application/x-www-form-urlencoded"}}, 400),
    ],
)
def test_what_is_no_form_is_refused(ann: TestClient, job, sent, status: int) -> None:
    assert ann.post("jobs/1/cancel", **sent).status_code == status


def test_a_console_of_several_apps_keeps_to_the_one_that_was_chosen(site: Site, job) -> None:
    page = site("vic", apps=["default", "other"], readonly=True).get("jobs?app=other").text
    assert f"{ROOT}/jobs?app=other" in links(page)
    assert words(part(page, "rows")).startswith("No jobs yet")


def test_moments_are_told_in_words_with_the_exact_one_beside(world, vic: TestClient, job) -> None:
    page = vic.get("jobs").text
    assert '<time datetime="2026-11-22T12:00:00.000000Z" title="2026-11-22 12:00:00 UTC">now</time>' in page


def test_an_address_where_nothing_is_says_so_and_leads_home(vic: TestClient) -> None:
    answer = vic.get("nope/nope")
    assert answer.status_code == 404
    assert "There is nothing at this address." in answer.text
    assert '<a class="button" href="/admin/jobs/">To the first page</a>' in answer.text

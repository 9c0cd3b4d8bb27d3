"""Bodies that are none, or that want to harm: refused quickly, and nothing is changed."""

import sys

import pytest

from headway.model.clock import SystemClock
from headway.web.api.reading import decoded
from headway.web.problems import RequestInvalid
from tests.web.api.conftest import Site

DEEP = 100_000
BODIES = {
    "not closed": (b'{"ids": [1', "no JSON"),
    "nothing": (b"", "application/json"),
    "deep lists": (b"[" * DEEP, "deeper than 64"),
    "deep objects": (b'{"a":' * DEEP, "deeper than 64"),
    "deep after a text": (b'{"a":"\\"[", "b":' + b"[" * DEEP, "deeper than 64"),
    "long integer": (b'{"limit":' + b"9" * DEEP + b"}", "beyond 64 bit"),
    "65 bit": (b'{"limit": 18446744073709551616}', "beyond 64 bit"),
    "long fraction": (b'{"limit": 1e999}', "too large"),
    "not a number": (b'{"limit": NaN}', "NaN is no JSON number"),
    "infinity": (b'{"limit": -Infinity}', "-Infinity is no JSON number"),
    "a name twice": (b'{"ids": [1], "ids": [2]}', "given twice"),
    "deep down a name twice": (b'{"ids": [{"a": 1, "a": 1}]}', "given twice"),
    "no UTF-8": (b'{"filter": "\xff"}', "no JSON"),
    "half a character": (b'{"filter": "\\ud800"}', "lone surrogate"),
    "many escapes": (b'{"filter": "' + b'\\"' * 400_000, "no JSON"),
    "a long text": (b'{"filter": "' + b"x" * (256 * 1024 + 1) + b'"}', "longer than 262144"),
    "a list": (b"[1]", "must be a JSON object"),
    "null": (b"null", "must be a JSON object"),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_cannot_be_is_refused(site: Site, name: str) -> None:
    body, said = BODIES[name]
    headers = {"Content-Type": "application/json"} if body else {}
    status, kind, detail = site.problem("/bulk", "POST", content=body, headers=headers)
    assert status in {400, 415, 422}
    assert kind in {"request-invalid", "content-type-unsupported"}
    assert said in detail
    assert len(detail) < 300


@pytest.mark.parametrize("name", ["deep lists", "deep objects", "deep after a text", "long integer", "many escapes"])
def test_what_wants_to_take_long_is_refused_at_once(name: str) -> None:
    clock, spans = SystemClock(), []
    for _ in range(5):
        before = clock.monotonic()
        with pytest.raises(RequestInvalid):
            decoded(BODIES[name][0])
        spans.append(clock.monotonic() - before)
    assert min(spans) < 0.05


def test_a_name_in_an_error_is_cut(site: Site) -> None:
    status, _, detail = site.problem("/bulk", "POST", json={"x" * 100_000: 1})
    assert status == 400
    assert len(detail) < 300


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "x"])
def test_a_body_of_another_kind_is_refused(site: Site, kind: str) -> None:
    found = site.problem("/bulk", "POST", content=b'{"action": "cancel", "ids": [1]}', headers={"Content-Type": kind})
    assert found[:2] == (415, "content-type-unsupported")


def test_a_charset_may_be_said(site: Site) -> None:
    headers = {"Content-Type": "application/json; charset=utf-8"}
    answer = site.web.post("/api/jobs/bulk", content=b'{"action": "cancel", "ids": [1]}', headers=headers)
    assert answer.status_code == 200


def test_a_body_that_nobody_would_read_is_refused(site: Site) -> None:
    ref = site.jobs.job_named("greet").enqueue("x")
    assert site.problem(f"/{ref.id}/cancel", "POST", json={"by": "somebody else"})[0] == 400
    assert site.post(f"/{ref.id}/cancel", {})["outcome"] == "cancelled"


def test_too_much_is_refused(site: Site) -> None:
    body = b'{"filter": "' + b"x" * (1024 * 1024) + b'"}'
    assert site.problem("/bulk", "POST", content=body, headers={"Content-Type": "application/json"})[:2] == (
        413,
        "body-too-large",
    )


def test_numbers_of_64_bit_and_64_levels_are_read() -> None:
    assert decoded(b'{"a": 9223372036854775807, "b": -9223372036854775808}') == {"a": 2**63 - 1, "b": -(2**63)}
    assert decoded(b"[" * 64 + b"]" * 64)
    assert decoded(b'{"a": "' + b"[" * 1_000 + b'"}') == {"a": "[" * 1_000}
    assert sys.getrecursionlimit() > 64


@pytest.mark.parametrize(
    "path", ["/%2e%2e%2f1", "/1%2f..%2f1", "/1%00", "/1;drop", "/1'--", "/9" * 99, "/" + "9" * 400]
)
def test_strange_paths_are_no_jobs(site: Site, path: str) -> None:
    site.jobs.job_named("greet").enqueue("x")
    assert site.problem(path)[0] in {400, 404}


@pytest.mark.parametrize("word", ["' OR 1=1 --", "%' OR '1'='1", "1; DROP TABLE headway_job", "\\", "%00", "🙂" * 50])
@pytest.mark.parametrize("key", ["name", "queue", "tag", "text", "createdBy", "schedule", "fact"])
def test_no_word_of_a_filter_is_sql(site: Site, key: str, word: str) -> None:
    site.jobs.job_named("greet").enqueue("x")
    answer = site.web.get("/api/jobs/", params={key: f"a={word}" if key == "fact" else word})
    assert answer.status_code in {200, 400}
    if answer.status_code == 200:
        assert answer.json()["totalCount"] == 0


def test_what_breaks_here_is_not_told(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**_: object) -> None:
        raise RuntimeError("the password is sesame")

    monkeypatch.setattr(site.jobs.store.reader, "counts", broken)
    found = site.web.get("/api/jobs/counts")
    assert (found.status_code, found.json()["type"]) == (500, "urn:headway:internal-error")
    assert "sesame" not in found.text


def test_a_store_that_fails_is_not_named(site: Site) -> None:
    site.get("/counts")
    place = site.jobs.place
    site.jobs.store.close()
    found = site.web.get("/api/jobs/counts")
    assert (found.status_code, found.headers["retry-after"]) == (503, "1")
    assert place not in found.text

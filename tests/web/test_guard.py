"""Limits of requests, and the headers of answers, whoever makes them."""

import asyncio

import pytest
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Mount

from headway import Jobs
from headway.web import admin, api, guard
from headway.web.problems import RequestInvalid
from tests.web.asking import asked, request

OWN = (("Sec-Fetch-Site", "same-origin"), ("X-Requested-With", "test"))
MIB = 1024 * 1024


@pytest.fixture
def jobs(tmp_path):
    with Jobs(tmp_path / "store") as jobs:
        yield jobs


@pytest.fixture
def app(jobs):
    jobs.job(name="greet")(lambda: None).enqueue()
    return Starlette(
        routes=[Mount("/admin", admin(jobs, allow=lambda _: True)), Mount("/api", api(jobs, allow=lambda _: True))]
    )


def state(jobs):
    return jobs.store.reader.call(jobs.store.reader.detail(1, app=jobs.app)).row.state


ADDRESSES = ("/api/1/cancel", "/admin/jobs/1/cancel")


@pytest.mark.parametrize("path", ADDRESSES)
@pytest.mark.parametrize(
    ("pieces", "length", "status"),
    [
        ([b"x" * (MIB + 1)], None, 413),
        ([b"x" * 1024] * 1025, None, 413),
        ([b"x"], str(MIB + 1), 413),
        ([b"x"], "9" * 5000, 413),
        ([b"x"], "-1", 400),
        ([b"x"], "1e3", 400),
        ([b"x"], "٣", 400),
    ],
)
async def test_a_body_that_is_too_long_changes_nothing(app, jobs, path, pieces, length, status):
    headers = OWN if length is None else (*OWN, ("Content-Length", length)) if length.isascii() else OWN
    scope = request("POST", path, headers=headers)
    if length is not None and not length.isascii():
        scope["headers"].append((b"content-length", length.encode()))
    assert (await asked(app, scope, pieces)).status == status
    assert state(jobs) == "queued"


async def test_a_body_of_just_the_limit_is_read(app):
    assert (await asked(app, request("POST", "/api/1/cancel", headers=OWN), [b" " * MIB])).status < 413


async def test_nobody_makes_us_read_a_body_who_may_not_ask(jobs):
    async def nobody_reads():
        pytest.fail("the body was read")

    sent = []

    async def send(message):
        sent.append(message)

    app = api(jobs, allow=lambda _: None)
    await app(request("POST", "/1/cancel", headers=OWN), nobody_reads, send)
    assert sent[0]["status"] == 401


async def test_a_body_that_does_not_come_is_not_waited_for(app, jobs, monkeypatch):
    monkeypatch.setattr(guard, "BODY_SECONDS", 0.05)
    never = asyncio.Event()
    pieces = iter([{"type": "http.request", "body": b"x", "more_body": True}])
    sent = []

    async def receive():
        piece = next(pieces, None)
        if piece is None:
            await never.wait()
        return piece

    async def send(message):
        sent.append(message)

    await app(request("POST", "/api/1/cancel", headers=OWN), receive, send)
    assert sent[0]["status"] == 408
    assert state(jobs) == "queued"


@pytest.mark.parametrize("start", ["/api", "/admin/jobs"])
@pytest.mark.parametrize(
    ("rest", "headers", "status"),
    [
        ("/1?" + "x" * 8192, (), 200),
        ("/1?" + "x" * 8193, (), 414),
        ("/1?" + "&".join("a=1" for _ in range(200)), (), 200),
        ("/1?" + "&" * 200, (), 414),
        ("/" + "1" * 2048, (), 414),
        ("/1\x00", (), 400),
        ("/1\x01", (), 400),
        ("/1\x7f", (), 400),
        ("/1", [(f"X-{n}", "v") for n in range(100)], 431),
        ("/1", [("X-Long", "v" * 32768)], 431),
        ("/1", [("Host", "jobs.example")], 400),
    ],
)
async def test_addresses_and_headers_have_their_limits(app, start, rest, headers, status):
    answer = await asked(app, request("GET", start + rest, headers=headers))
    assert answer.status == status
    assert status == 200 or ("x" * 100) not in answer.text
    assert answer.header("set-cookie") is None


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/admin/jobs/1", 200),
        ("HEAD", "/admin/jobs/1", 200),
        ("GET", "/admin/jobs/99", 404),
        ("POST", "/admin/jobs/1/cancel", 303),
        ("GET", "/admin/nothing/here/at/all", 404),
        ("PUT", "/admin/jobs/1", 405),
        ("GET", "/admin/static/nothing.css", 404),
        ("GET", "/admin/static/../app.py", 404),
        ("GET", "/api/1", 200),
        ("GET", "/api/99", 404),
        ("GET", "/api/1/2/3/4/5/6", 404),
        ("PUT", "/api/1/cancel", 405),
        ("OPTIONS", "/api/1", 405),
        ("POST", "/api/99/cancel", 404),
    ],
)
async def test_every_answer_has_the_headers(app, method, path, status):
    answer = await asked(app, request(method, path, headers=OWN))
    assert answer.status == status
    for name, value in guard.HEADERS:
        assert answer.header(name) == value
    assert answer.header("cache-control") == "no-store"
    assert answer.header("strict-transport-security") is None
    assert not [name for name, _ in answer.headers if name.startswith("access-control-")]


async def test_a_defect_is_answered_with_the_headers_and_says_nothing_of_itself(jobs, caplog):
    def broken(*_, **__):
        raise KeyError("hunter2")

    jobs.job(name="greet")(lambda: None).enqueue()
    app = admin(jobs, allow=lambda _: True)
    jobs.store.reader.detail = broken
    for path in ("/jobs/1", "/api/1"):
        answer = await asked(app, request("GET", path))
        assert answer.status == 500
        assert "hunter2" not in answer.text
        assert answer.header("content-security-policy") == guard.CONTENT_SECURITY_POLICY
    assert "hunter2" in caplog.text


async def test_whoever_looks_from_another_site_gets_no_leave_to_read(app):
    asks = (("Origin", "https://evil.example"), ("Access-Control-Request-Method", "POST"))
    for method in ("GET", "OPTIONS"):
        answer = await asked(app, request(method, "/api/1", headers=asks))
        assert not [name for name, _ in answer.headers if name.startswith("access-control-")]


async def test_a_path_says_which_methods_it_takes(app):
    answer = await asked(app, request("PUT", "/api/1"))
    assert (answer.status, set((answer.header("allow") or "").split(", "))) >= (405, {"GET", "HEAD"})


async def test_another_slash_is_another_path_and_leads_nowhere(app):
    answer = await asked(app, request("GET", "/admin/jobs/1/"))
    assert (answer.status, answer.header("location")) == (404, None)


async def test_an_answer_may_say_itself_how_long_it_is_kept(app):
    async def plain(scope, receive, send):
        await Response("x", headers={"Cache-Control": "max-age=1"})(scope, receive, guard.with_headers(send))

    assert (await asked(plain, request("GET", "/"))).header("cache-control") == "max-age=1"


def test_a_body_over_the_limit_is_not_gathered_first():
    taken = 0

    async def endless():
        nonlocal taken
        taken += 1
        return {"type": "http.request", "body": b"x" * 65536, "more_body": True}

    async def read():
        receive = guard.limited(endless)
        for _ in range(100):
            await receive()

    with pytest.raises(RequestInvalid, match="longer"):
        asyncio.run(read())
    assert taken == 17

"""Endpoints as jobs: what may be asked for, what becomes of the answer, who is seen, and whose lifespan runs where."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.authentication import AuthCredentials, AuthenticationBackend, SimpleUser, requires
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route

from headway import ArgumentsInvalid, HandlerExists, JobCancelled, JobFailed, Jobs, OptionInvalid, State, Worker
from headway.contrib.asgi import Answer, Endpoints
from headway.testing import inline
from headway.web import Scopes, admin, loopback
from tests.acceptance.moments import AT_ONCE, WAIT_S, until
from tests.web.asking import asked
from tests.web.asking import request as from_outside

App = Callable[[Any, Any, Any], Awaitable[None]]


@pytest.fixture
def jobs(tmp_path: Path) -> Iterator[Jobs]:
    with Jobs(tmp_path / "store", durability="relaxed", result_max_bytes=20_000) as made:
        yield made


def replying(*messages: dict[str, Any], seen: list[Any] | None = None) -> App:
    """An application that says this, whatever it is asked; it knows no lifespan."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "http"
        if seen is not None:
            seen.append((scope, await receive()))
        for message in messages:
            await send(message)

    return app


def answering(status: int = 200, body: bytes = b"", kind: str = "application/json", **headers: str) -> tuple[Any, Any]:
    named = [(b"content-type", kind.encode()), *((key.encode(), value.encode()) for key, value in headers.items())]
    return {"type": "http.response.start", "status": status, "headers": named}, {
        "type": "http.response.body", "body": body
    }  # fmt: skip


def ran(jobs: Jobs, app: App, *, path: str = "/x", **options: Any) -> Answer:
    shop = Endpoints(jobs, app, name="shop", retries=0)
    with Worker(jobs):
        return shop.enqueue("GET", path, **options).result(WAIT_S)


# -- what is asked ---------------------------------------------------------------------------------------------------


def test_the_application_is_asked_as_by_a_server(jobs: Jobs) -> None:
    seen: list[Any] = []
    shop = Endpoints(jobs, replying(*answering(), seen=seen), name="shop", origin="https://shop.example:8443")
    headers = {"Accept-Language": "de", "X-Request-ID": "17"}
    with Worker(jobs):
        ref = shop.enqueue(
            "PUT",
            "/caf%C3%A9/a%20b",
            json={"a": None},
            query={"page": 2, "all": True, "tag": ["x", "y&z"]},
            headers=headers,
        )
        assert ref.result(WAIT_S) == Answer(status=200)
    ((scope, message),) = seen
    assert message == {"type": "http.request", "body": b'{"a":null}', "more_body": False}
    assert scope["headers"] == [
        (b"host", b"shop.example:8443"),
        (b"user-agent", b"headway"),
        (b"accept", b"application/json"),
        (b"content-type", b"application/json"),
        (b"content-length", b"10"),
        (b"accept-language", b"de"),
        (b"x-request-id", b"17"),
    ]
    told = {key: scope[key] for key in ("method", "scheme", "path", "raw_path", "query_string", "client", "server")}
    assert told == {
        "method": "PUT",
        "scheme": "https",
        "path": "/café/a b",
        "raw_path": b"/caf%C3%A9/a%20b",
        "query_string": b"page=2&all=true&tag=x&tag=y%26z",
        "client": ("headway", 0),
        "server": ("shop.example", 8443),
    }
    assert scope["headway.job"] == ref.id
    assert not {"user", "auth"} & set(scope), "it runs for nobody"


@pytest.mark.parametrize(
    ("asked_for", "why"),
    [
        ({"method": "TRACE"}, "the method cannot be 'TRACE': it is one of DELETE, GET, PATCH, POST, PUT"),
        ({"method": "get"}, "the method cannot be"),
        ({"path": "orders"}, "begins with one / and has no scheme or host"),
        ({"path": "https://bank.example/"}, "begins with one /"),
        ({"path": "//bank.example/"}, "begins with one /"),
        ({"path": "/a?b=1"}, "as query="),
        ({"path": "/a#b"}, "no fragment"),
        ({"path": "/a/../admin"}, "and .. in it"),
        ({"path": "/a/%2e%2E/admin"}, "and .. in it"),
        ({"path": "/a%0d%0ab"}, "control characters"),
        ({"path": "/a\\b"}, "a backslash"),
        ({"query": ["a"]}, "give a mapping"),
        ({"query": {"a": {"b": 1}}}, "query: a cannot be"),
        ({"query": {"a": [None]}}, "query: a cannot be None"),
        ({"headers": {"Authorization": "Bearer x"}}, "Who asks is said by user_id="),
        *(
            ({"headers": {name: "x"}}, f"the header {name} cannot be stored")
            for name in ("cookie", "Host", "X-Forwarded-For", "Forwarded", "X-Real-IP", "remote-user", "headway.job")
        ),
        ({"headers": {"accept": "a\r\nauthorization: b"}}, "printable ASCII"),
        ({"headers": {"accept": "ä"}}, "printable ASCII"),
        ({"headers": {"accept": "a" * 1001}}, "at most 1000"),
        ({"headers": {"accept": 1}}, "printable ASCII"),
        ({"headers": {1: "x"}}, "headers cannot be"),
        ({"headers": {"content-type": "text/xml"}}, "the body is JSON"),
        ({"json": object}, "json"),
    ],
    ids=lambda value: None if isinstance(value, str) else str(value)[:40],
)
def test_what_cannot_be_asked_for_is_refused_at_the_enqueue_and_in_the_attempt(
    jobs: Jobs, asked_for: dict[str, Any], why: str
) -> None:
    seen: list[Any] = []
    shop = Endpoints(jobs, replying(*answering(), seen=seen), name="shop", retries=3)
    given = {"method": "GET", "path": "/", **asked_for}
    with pytest.raises(ArgumentsInvalid, match=why.replace("(", r"\(")):
        shop.enqueue(**given)
    if "json" in asked_for or 1 in asked_for.get("headers", ()) or not isinstance(asked_for.get("query", {}), dict):
        return  # cannot be stored in any way
    if asked_for.get("headers") == {"accept": 1}:
        return
    ref = jobs.enqueue_by_name("shop", given)
    with Worker(jobs), pytest.raises(JobFailed, match=why.replace("(", r"\(")) as failed:
        ref.result(WAIT_S)
    assert (failed.value.attempts, seen) == (1, [])


def test_a_route_is_found_by_its_name(jobs: Jobs) -> None:
    async def show(asking: Request) -> Response:
        return JSONResponse(asking.path_params)

    routes = [Mount("/api", routes=[Route("/orders/{order}", show, name="show_order")], name="api")]
    shop = Endpoints(jobs, Starlette(routes=routes), name="shop")
    path = shop.path("api:show_order", order="a b%2F?ü")
    with Worker(jobs):
        assert shop.enqueue("GET", path).result(WAIT_S).body == {"order": "a b%2F?ü"}
    with pytest.raises(ArgumentsInvalid, match="names no routes"):
        Endpoints(jobs, replying(), name="bare").path("show_order")


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({}, "give the endpoints a name"),
        ({"name": "a", "run_in": "process"}, "run on the event loop"),
        ({"name": "a", "origin": "shop.example"}, "write a scheme and a host"),
        ({"name": "a", "origin": "https://shop.example/api"}, "write a scheme and a host"),
    ],
)
def test_endpoints_that_cannot_be_are_refused(jobs: Jobs, options: Any, why: str) -> None:
    with pytest.raises(OptionInvalid, match=why):
        Endpoints(jobs, replying(), **options)


def test_two_applications_need_two_names(jobs: Jobs) -> None:
    Endpoints(jobs, replying(), name="shop")
    with pytest.raises(HandlerExists):
        Endpoints(jobs, replying(), name="shop")


def test_a_request_is_a_call_like_any_other(jobs: Jobs) -> None:
    seen: list[Any] = []
    shop = Endpoints(jobs, replying(*answering(body=b'{"n":1}'), seen=seen), name="shop")
    first = shop.call("POST", "/a", json=[1], queue="mail", user_id="ann")
    assert (first.name, first.options) == ("shop", {"queue": "mail", "user_id": "ann"})
    second = shop.call("POST", "/b", json=shop.call("GET", "/c").value)
    assert second.name == "shop"
    a = shop.call("GET", "/a")
    with Worker(jobs):
        refs = jobs.enqueue_many([a, shop.call("POST", "/b", json=a.value)])
        assert refs[1].result(WAIT_S) == Answer(status=200, body={"n": 1})
    assert json.loads(seen[1][1]["body"])["body"] == {"n": 1}, "the answer of the first is the body of the second"


async def test_a_request_is_enqueued_in_a_coroutine(jobs: Jobs) -> None:
    shop = Endpoints(jobs, replying(*answering(204)), name="shop")
    ref = await shop.aenqueue("DELETE", "/a", ref_id="once")
    assert (await shop.aenqueue("DELETE", "/a", ref_id="once")).existing
    async with Worker(jobs).lifespan():
        assert await ref.aresult(WAIT_S) == Answer(status=204)


def test_tests_run_endpoints_at_the_enqueue(jobs: Jobs) -> None:
    shop = Endpoints(jobs, replying(*answering(body=b"[1]")), name="shop")
    with inline(jobs):
        assert shop.enqueue("GET", "/").result() == Answer(status=200, body=[1])


# -- what is answered ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("messages", "answer"),
    [
        (answering(201, b'{"a": [1, "\xc3\xa9"]}'), Answer(status=201, body={"a": [1, "é"]})),
        (answering(200, b"null"), Answer(status=200)),
        (answering(200, b'{"a":1}', "application/problem+json; charset=utf-8"), Answer(status=200, body={"a": 1})),
        (answering(200, b"{broken"), Answer(status=200, body="{broken")),
        (answering(200, b"a,b\n", "text/csv"), Answer(status=200, body="a,b\n")),
        (answering(204, b"", "text/plain"), Answer(status=204)),
        (
            answering(200, b"\x89PNG\0", "image/png"),
            Answer(status=200, omitted="the body is neither JSON nor UTF-8 text, but image/png"),
        ),
        (
            answering(200, json.dumps("a" * 20_000).encode()),
            Answer(status=200, omitted="the body takes 20,002 bytes, the limit is 18,976"),
        ),
        (
            (
                answering(200, kind="text/plain")[0],
                {"type": "http.response.debug", "info": {}},
                {"type": "http.response.body", "body": b"a", "more_body": True},
                {"type": "http.response.body"},
            ),
            Answer(status=200, body="a"),
        ),
    ],
    ids=["json", "null", "problem", "broken", "text", "empty", "binary", "large", "pieces"],
)
def test_status_and_body_become_the_result(jobs: Jobs, messages: tuple[Any, ...], answer: Answer) -> None:
    assert ran(jobs, replying(*messages)) == answer


@pytest.mark.parametrize(
    ("messages", "code", "why", "attempts"),
    [
        (answering(404, b'{"detail":"none"}'), "http_404", 'GET /x answered 404: {"detail":"none"}', 1),
        (answering(429), "http_429", "GET /x answered 429", 1),
        (answering(400, b"a" * 9000), "http_400", "GET /x answered 400: " + "a" * 500, 1),
        (answering(307, location="/x/"), "http_307", "GET /x answered 307, to /x/: redirects are not followed", 1),
        (answering(503, b"\xff busy"), "http_503", "GET /x answered 503: \ufffd busy", 3),
        ((), "http_500", "GET /x ended without a whole answer", 3),
        (answering(200)[:1], "http_200", "GET /x ended without a whole answer", 3),
    ],
    ids=["404", "429", "long", "redirect", "503", "silent", "half"],
)
def test_an_answer_that_is_no_success_fails_the_job(
    jobs: Jobs, messages: tuple[Any, ...], code: str, why: str, attempts: int
) -> None:
    shop = Endpoints(jobs, replying(*messages), name="shop", retries=2, backoff=AT_ONCE)
    with Worker(jobs), pytest.raises(JobFailed) as failed:
        shop.enqueue("GET", "/x").result(WAIT_S)
    assert (failed.value.code, failed.value.attempts) == (code, attempts)
    assert (failed.value.message or "").startswith(why)
    assert len(failed.value.message or "") < 700


@pytest.mark.parametrize("error", [SystemExit(3), ConnectionError("no warehouse")], ids=["exit", "error"])
def test_what_an_application_raises_fails_the_attempt_also_after_its_answer(jobs: Jobs, error: BaseException) -> None:
    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        for message in answering(200):
            await send(message)
        raise error

    shop = Endpoints(jobs, app, name="shop", retries=1, backoff=AT_ONCE, lifespan=False)
    with Worker(jobs), pytest.raises(JobFailed, match=r"no warehouse|SystemExit") as failed:
        shop.enqueue("GET", "/").result(WAIT_S)
    assert failed.value.attempts == 2


def test_a_cancelled_job_tells_its_application_that_the_client_has_gone(jobs: Jobs) -> None:
    heard: list[str] = []

    async def app(_scope: Any, receive: Any, _send: Any) -> None:
        await receive()
        listener = asyncio.ensure_future(receive())
        heard.append("waits")
        try:
            await asyncio.Event().wait()
        finally:
            with contextlib.suppress(asyncio.CancelledError):
                heard.append((await listener)["type"])
            heard.append("ended")
            raise ValueError("in its end")

    shop = Endpoints(jobs, app, name="shop", lifespan=False)
    with Worker(jobs):
        ref = shop.enqueue("GET", "/")
        until(lambda: heard)
        ref.cancel()
        with pytest.raises(JobCancelled):
            ref.result(WAIT_S)
    assert heard == ["waits", "http.disconnect", "ended"]


# -- who is seen -----------------------------------------------------------------------------------------------------


class Tokens(AuthenticationBackend):
    """As the guide shows it: a job's user stands, everybody else needs a token."""

    async def authenticate(self, conn: HTTPConnection) -> Any:
        if "headway.job" in conn.scope:
            return (conn.auth, conn.user) if "user" in conn.scope else None
        token = conn.headers.get("authorization")
        return (AuthCredentials(["buy"]), SimpleUser("token")) if token == "Bearer right" else None


@requires("buy")
async def me(request: Request) -> Response:
    return PlainTextResponse(
        f"{request.user.display_name} {list(request.auth.scopes)} {request.scope.get('headway.job')}"
    )


GUARDED = Starlette(routes=[Route("/me", me)], middleware=[Middleware(AuthenticationMiddleware, backend=Tokens())])


def test_an_authentication_middleware_lets_the_jobs_user_stand(jobs: Jobs) -> None:
    @jobs.load_user
    def find(user_id: str) -> Any:
        return SimpleNamespace(display_name=user_id, scopes=("buy",) if user_id == "ann" else ())

    shop = Endpoints(jobs, GUARDED, name="shop", retries=0)
    with Worker(jobs):
        ref = shop.enqueue("GET", "/me", user_id="ann")
        assert ref.result(WAIT_S).body == f"ann ['buy'] {ref.id}"
        for options in ({"user_id": "bob"}, {}):
            with pytest.raises(JobFailed) as failed:
                shop.enqueue("GET", "/me", **options).result(WAIT_S)
            assert failed.value.code == "http_403"


@pytest.mark.parametrize(
    ("scopes", "code"),
    [(["sell", "buy"], None), ("sell buy", None), ("buys", "http_403"), (None, "http_403"), ((), "http_403")],
    ids=str,
)
def test_the_scopes_are_the_users_own(jobs: Jobs, scopes: Any, code: str | None) -> None:
    jobs.load_user(lambda user_id: SimpleNamespace(display_name=user_id, scopes=scopes))
    ref = Endpoints(jobs, GUARDED, name="shop", retries=0).enqueue("GET", "/me", user_id="ann")
    with Worker(jobs):
        ref.wait(WAIT_S)
    assert ref.status().code == code


@pytest.mark.parametrize("allow", [None, loopback, Scopes()], ids=["nobody", "whoever is near", "scopes"])
def test_a_job_is_nobody_at_the_pages_that_are_mounted_in_its_application(jobs: Jobs, allow: Any) -> None:
    tokens = Middleware(AuthenticationMiddleware, backend=Tokens())
    app = Starlette(debug=True, routes=[Mount("/jobs", admin(jobs, allow=allow))], middleware=[tokens])
    shop = Endpoints(jobs, app, name="shop", retries=0)
    refs = [shop.enqueue("GET", "/jobs/api/"), shop.enqueue("POST", "/jobs/api/1/cancel", json={})]
    with Worker(jobs):
        for ref in refs:
            ref.wait(WAIT_S)
    assert {ref.status().code for ref in refs} <= {"http_401", "http_403"}


async def test_no_request_from_outside_can_pass_for_a_job() -> None:
    forged = [
        (name, value)
        for name in (
            "headway.job",
            "headway-job",
            "x-headway-job",
            "user",
            "auth",
            "x-user",
            "scope",
            "x-forwarded-for",
        )
        for value in ("1", "headway", '{"display_name": "ann", "scopes": ["buy"]}')
    ]
    for path in ("/me", "/me?headway.job=1&user=ann", "/me?scope[headway.job]=1"):
        assert (await asked(GUARDED, from_outside("GET", path, headers=forged))).status == 403
    right = [*forged, ("authorization", "Bearer right")]
    assert (await asked(GUARDED, from_outside("GET", "/me", headers=right))).text == "token ['buy'] None"


# -- whose lifespan runs where -----------------------------------------------------------------------------------------


class Site:
    """An application that opens something, and tells its requests of it."""

    def __init__(self, *, fails: int = 0) -> None:
        self.heard: list[str] = []
        self.fails = fails
        self.app = Starlette(routes=[Route("/", self.show)], lifespan=self.lifespan)

    async def show(self, asking: Request) -> Response:
        return PlainTextResponse(getattr(asking.state, "pool", "none"))

    @asynccontextmanager
    async def lifespan(self, _app: Any) -> AsyncIterator[dict[str, str]]:
        self.heard.append("open")
        if self.fails:
            self.fails -= 1
            raise ConnectionError("no database")
        yield {"pool": "own"}
        self.heard.append("close")


@pytest.mark.parametrize("given", ["own", "another"])
def test_on_a_loop_of_headways_own_the_lifespan_is_run_once_and_ended_with_the_loop(jobs: Jobs, given: str) -> None:
    site, other = Site(), Site()
    lifespan = True if given == "own" else other.lifespan
    shop = Endpoints(jobs, site.app, name="shop", lifespan=lifespan)
    heard = (site if given == "own" else other).heard
    for _ in range(2):
        with Worker(jobs):
            refs = [shop.enqueue("GET", "/") for _ in range(5)]
            assert {ref.result(WAIT_S).body for ref in refs} == {"own"}
            assert heard[-1] == "open"
    assert heard == ["open", "close"] * 2
    assert not (other if given == "own" else site).heard


def test_a_lifespan_that_fails_fails_the_attempt_and_is_tried_again(jobs: Jobs) -> None:
    site = Site(fails=2)
    shop = Endpoints(jobs, site.app, name="shop", retries=2, backoff=AT_ONCE)
    with Worker(jobs):
        ref = shop.enqueue("GET", "/")
        assert ref.result(WAIT_S).body == "own"
    assert site.heard == ["open", "open", "open", "close"]
    assert ref.status().tries == 2


def test_no_lifespan_is_run_where_none_is_wanted(jobs: Jobs) -> None:
    site = Site()
    shop = Endpoints(jobs, site.app, name="shop", lifespan=False)
    with Worker(jobs):
        assert shop.enqueue("GET", "/").result(WAIT_S).body == "none"
    assert site.heard == []


async def test_on_the_applications_own_loop_its_server_has_run_the_lifespan(jobs: Jobs) -> None:
    site = Site()
    shop = Endpoints(jobs, site.app, name="shop")
    async with Worker(jobs).lifespan():
        ref = await shop.aenqueue("GET", "/")
        assert (await ref.aresult(WAIT_S)).body == "none"
        assert ref.status().state is State.COMPLETED
    assert site.heard == []

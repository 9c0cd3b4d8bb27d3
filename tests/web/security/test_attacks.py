"""What somebody may try: paths and headers that mean two things, bodies that never end, secrets that slip out."""

import asyncio
import json

import msgspec
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from headway import Jobs
from headway.testing import manual
from headway.web import Permission, Role, Viewer, admin, api, loopback
from headway.web.api import table as operations
from headway.web.pages import table as pages
from tests.web.asking import asked, request
from tests.web.security.test_routes import concrete

ANN = Viewer(name="ann", permissions=frozenset({Permission.MANAGE}))
VIC = Viewer(name="vic", permissions=frozenset({Permission.VIEW}))
OWN = (("Sec-Fetch-Site", "same-origin"), ("X-Requested-With", "x"))
JSON = ("Content-Type", "application/json")
SOON_S = 5.0


@pytest.fixture
def jobs(tmp_path):
    with Jobs(tmp_path / "store") as jobs:
        jobs.job(name="greet")(lambda name="": name).enqueue()
        yield jobs


def mounted(jobs, allow):
    return Starlette(
        routes=[Mount("/pages", admin(jobs, allow=allow)), Mount("/api", api(jobs, allow=allow, expose=["greet"]))]
    )


@pytest.fixture
def app(jobs):
    return mounted(jobs, lambda _: ANN)


PATHS = [
    "//", "/..", "/../..", "/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/....//....//etc/passwd", "/static/../guard.py",
    "/static/%2e%2e/guard.py", "/static//etc/passwd", "/static/..\\guard.py", "/static/\x00style.css", "/static/style.css/", "/static",
    "/static/", "/static/vendor", "/static/.hidden", "/static/%00", "//evil.example", "//evil.example/%2f..", "/\\evil.example",
    "/jobs/1/../../api/1", "/jobs//1", "/jobs/1%2fcancel", "/jobs/1;x=y", "/jobs/1.json", "/jobs/-1", "/jobs/0", "/jobs/1e3", "/jobs/٣",
    "/jobs/99999999999999999999999999", "/jobs/1 OR 1=1", "/jobs/'", "/jobs/<script>", "/jobs/{{7*7}}", "/jobs/${7*7}", "/jobs/\u202e", "/jobs/\ud7ff",
    "/JOBS/1", "/jobs/1/", "/.env", "/.git/config", "/api", "/api//1", "/api/../jobs/1",
]  # fmt: skip


@pytest.mark.parametrize("who", ["nobody", "ann"])
@pytest.mark.parametrize("start", ["/pages", "/api", ""])
async def test_tricks_with_paths_find_nothing_that_is_not_there(jobs, start, who):
    app = mounted(jobs, lambda _: ANN if who == "ann" else None)
    alone = admin(jobs, allow=lambda _: ANN if who == "ann" else None)
    for path in PATHS:
        for method in ("GET", "POST", "DELETE"):
            answer = await asked(app if start else alone, request(method, start + path, headers=OWN))
            told = (method, start + path, answer.status)
            assert answer.status < 500, told
            assert b"root:x:0" not in answer.body, told
            assert b"def check_origin" not in answer.body, told
            assert "evil" not in (answer.header("location") or "").partition("?")[0], told
            if who == "nobody":
                assert answer.status in {303, 307, 400, 401, 404, 405} or "style.css" in path, told
                assert b"greet" not in answer.body, told


@pytest.mark.parametrize("raw", ["/api/1", "/pages/jobs/1"])
@pytest.mark.parametrize(
    "headers",
    [
        (("X-Original-URL", "/"), ("X-Rewrite-URL", "/")),
        (("X-Forwarded-User", "ann"), ("Remote-User", "ann"), ("X-Remote-User", "ann")),
        (("X-User", "ann"), ("X-Role", "admin"), ("X-Headway-User", "ann")),
        (("Cookie", "headway=" + "A" * 43),),
        (("Cookie", "user=ann; role=admin; headway.user=ann"),),
        (("Authorization", "Basic YW5uOmFubg=="),),
        (("Authorization", "Bearer eyJhbGciOiJub25lIn0.eyJyb2xlIjoiYWRtaW4ifQ."),),
        (("X-Forwarded-For", "127.0.0.1"), ("X-Forwarded-Host", "localhost")),
        (("Forwarded", "for=127.0.0.1;host=localhost"),),
        (("Host", "localhost"),),
    ],
)
async def test_no_header_says_who_somebody_is(jobs, headers, raw):
    for allow in (None, loopback, Role("admin"), lambda request: "user" in request.scope):
        answer = await asked(mounted(jobs, allow), request("GET", raw, headers=headers, client=("203.0.113.9", 1)))
        assert answer.status in {400, 401, 403}


async def test_no_header_leads_a_redirect_or_a_link_elsewhere(app):
    for headers in (
        (("X-Forwarded-Host", "evil.example"),),
        (("Forwarded", "host=evil.example"),),
        (("X-Forwarded-Prefix", "//evil.example"),),
        (("X-Script-Name", "//evil.example"),),
        (("Referer", "https://evil.example/"),),
    ):
        page = await asked(app, request("GET", "/pages/jobs/1", headers=headers))
        assert "evil.example" not in page.text
        done = await asked(app, request("POST", "/pages/jobs/1/cancel", headers=(*OWN, *headers)))
        assert "evil.example" not in (done.header("location") or "")
        asked_first = await asked(
            app,
            request(
                "POST",
                "/pages/jobs/1/cancel",
                headers=(*OWN, *headers, ("Content-Type", "application/x-www-form-urlencoded")),
            ),
            [b"ask=Really%3F"],
        )
        assert "evil.example" not in asked_first.text


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80@jobs.example", "jobs.example\\@evil.example", "a" * 300, "<script>", ""]
)
async def test_no_host_stands_in_a_page_or_a_redirect(app, host):
    for path in ("/pages/jobs", "/pages/jobs/1", "/pages/", "/api/openapi.json"):
        answer = await asked(app, request("GET", path, host=host))
        assert not host or host not in answer.text
    done = await asked(app, request("POST", "/pages/jobs/1/cancel", headers=OWN, host=host))
    assert done.header("location") is None or done.header("location").startswith("/")


BODIES = {
    "deep arrays": b"[" * 100_000 + b"]" * 100_000,
    "deep objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "never closed": b"[" * 500_000,
    "a long number": b'{"action":"cancel","ids":[' + b"9" * 100_000 + b"]}",
    "a long fraction": b'{"name":"greet","priority":1.' + b"9" * 100_000 + b"}",
    "a great exponent": b'{"name":"greet","priority":1e999999}',
    "not a number": b'{"name":"greet","priority":NaN}',
    "many keys": b"{" + b",".join(b'"k%d":1' % n for n in range(60_000)) + b"}",
    "one key often": b"{" + b",".join([b'"name":"greet"'] * 50_000) + b"}",
    "a long text": b'{"name":"' + b"x" * 900_000 + b'"}',
    "half a surrogate": b'{"name":"\\ud800"}',
    "no UTF-8": b'{"name":"\xff\xfe"}',
    "nul": b'{"name":"\\u0000"}',
    "a proto": b'{"__proto__":{"admin":true},"constructor":1,"name":"__class__"}',
    "a byte order mark": b'\xef\xbb\xbf{"name":"greet"}',
    "many numbers": b'{"action":"cancel","ids":[' + b",".join([b"1"] * 400_000) + b"]}",
    "nothing": b"",
    "null": b"null",
    "a list": b"[]",
    "deep in arguments": b'{"name":"greet","arguments":{"name":' + b"[" * 1_000 + b"]" * 1_000 + b"}}",
}  # fmt: skip


@pytest.mark.parametrize("name", BODIES)
async def test_a_body_that_is_meant_to_hurt_is_refused_soon(app, jobs, name):
    before = jobs.store.reader.call(jobs.store.reader.counts())
    changes = [one for one in operations.ROUTES if one.method != "GET" and one.operation and one.operation.body]
    assert len(changes) >= 5
    for one in changes:
        async with asyncio.timeout(SOON_S):
            answer = await asked(
                app, request(one.method, f"/api{concrete(one.path)}", headers=(*OWN, JSON)), [BODIES[name]]
            )
        assert 400 <= answer.status < 500 or BODIES[name] in {b"", b"null"}, (one.method, one.path, answer.status)
        assert len(answer.body) < 5_000
        assert answer.header("content-type") == "application/problem+json" or answer.status < 400
    after = jobs.store.reader.call(jobs.store.reader.counts())
    assert sum(after.values()) == sum(before.values())


@pytest.mark.parametrize("name", BODIES)
async def test_a_form_that_is_meant_to_hurt_breaks_nothing(app, name):
    form = ("Content-Type", "application/x-www-form-urlencoded")
    for one in pages.ROUTES:
        if one.method == "POST":
            answer = await asked(
                app, request("POST", f"/pages{concrete(one.path)}", headers=(*OWN, form)), [BODIES[name]]
            )
            assert answer.status < 500, (one.path, answer.status)
            assert len(answer.body) < 1_500_000


async def test_queries_that_are_meant_to_hurt_break_nothing(app):
    values = ["'", '"', "1' OR '1'='1", "%", "_" * 100, "%" * 1_000, "-1", "0", "9" * 30, "1e9", "NaN", "\x00", "\u202e", "[]", "{}", "a:b:c:d",
              "state:" + "x" * 500, "since:9999999d", "since:-1d", "(" * 500, "\\", "\\Q", ".*" * 200, "=" * 200, "null", "true", "../..", "\ufffd"]  # fmt: skip
    names = ["q", "state", "page", "page_size", "pageSize", "before", "after", "limit", "offset", "sort", "since", "until", "hours", "days", "month",
             "level", "text", "app", "zone", "live", "name", "queue", "count", "when"]  # fmt: skip
    looks = [("pages", one) for one in pages.ROUTES if one.method == "GET"]
    looks += [("api", one) for one in operations.ROUTES if one.method == "GET"]
    for number, (table, one) in enumerate(looks):
        for step in range(len(values)):
            name, value = names[(number + step) % len(names)], values[step]
            query = f"{name}={''.join(f'%{byte:02x}' for byte in value.encode())}"
            answer = await asked(app, request("GET", f"/{table}{concrete(one.path)}?{query}"))
            assert answer.status < 500, (table, one.path, name, value)


# -- secrets ---------------------------------------------------------------------------------------------------------

SECRET = "canary-s3cret"
PLACES = (
    "password", "passwd", "token", "secret", "authorization", "api_key", "apikey", "cookie", "access_token", "private_key",
    "client_secret", "cookies", "credential", "db_password", "x_api_key",
)  # fmt: skip


async def test_no_secret_is_shown_in_any_page_or_answer(tmp_path):
    with Jobs(tmp_path / "store") as jobs, manual(jobs) as world:
        url = f"https://user:{SECRET}-url@hooks.example/x"

        def login(given: dict[str, str], deep: dict[str, dict[str, str]], pin: str) -> str:
            raise ValueError(f"cannot reach {url}")

        made = jobs.job(name="login", redact=["pin"], retries=0)(login)
        given = {name: f"{SECRET}-{number}" for number, name in enumerate(PLACES)}
        call = made.using(reply_to=url, args={"token": f"{SECRET}-fact"}, tags=["plain"])
        await call.aenqueue(given, {"within": dict(given)}, f"{SECRET}-pin")
        await world.adrain()
        await call.aenqueue(given, {"within": dict(given)}, f"{SECRET}-pin")
        await jobs.aadd_recurring("nightly", "0 2 * * *", made.call(given, {"within": given}, f"{SECRET}-pin"))
        app = mounted_all(jobs)
        shown = {}
        for table, routes in (("pages", pages.ROUTES), ("api", operations.ROUTES)):
            for one in routes:
                for number in ("1", "2", "nightly", "login"):
                    if one.method != "GET":
                        continue
                    path = (
                        one.path
                        if "{" not in one.path
                        else "".join((one.path.partition("{")[0], number, one.path.partition("}")[2]))
                    )
                    answer = await asked(
                        app, request("GET", f"/{table}{path}{'?name=login' if 'command' in path else ''}")
                    )
                    assert answer.status < 500
                    if SECRET in answer.text:
                        at = answer.text.index(SECRET)
                        shown[f"{table}{path}"] = answer.text[max(0, at - 120) : at + 40]
        assert shown == {}


def mounted_all(jobs):
    allow = lambda _: VIC  # noqa: E731 - one word for a doorkeeper
    return Starlette(routes=[Mount("/pages", admin(jobs, allow=lambda _: ANN)), Mount("/api", api(jobs, allow=allow))])


async def test_what_programs_are_told_of_a_defect_is_no_more_than_that_there_is_one(jobs, monkeypatch):
    app = mounted(jobs, lambda _: ANN)

    def broken(*_, **__):
        raise RuntimeError(f"postgres://admin:{SECRET}@db/x")

    monkeypatch.setattr(jobs.store.reader, "detail", broken)
    for path in ("/api/1", "/pages/jobs/1"):
        answer = await asked(app, request("GET", path))
        assert answer.status == 500
        assert SECRET not in answer.text
        assert "Traceback" not in answer.text


def test_the_bodies_are_what_they_are_called():
    assert json.loads(BODIES["one key often"]) == {"name": "greet"}
    assert len(msgspec.json.decode(BODIES["many keys"])) == 60_000

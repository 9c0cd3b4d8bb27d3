"""The whole table of routes is tried, each method of each path, as each kind of visitor: who may, may; nobody else gets in.

What each route asks for stands in routes.txt, apart from the code, so that a route that is opened by mistake is seen.
"""

import hashlib
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Match, Mount

from headway import Jobs
from headway.web import Login, Permission, Viewer, admin, api
from headway.web.api import table as operations
from headway.web.login import pages as signing
from headway.web.pages import table as pages
from tests.web.asking import asked, request

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
TABLES = {"pages": pages.ROUTES, "api": operations.ROUTES}
DOOR = signing.ROUTES
"""Only with the built-in login."""
WORDS = {None: "open", Permission.VIEW: "view", Permission.MANAGE: "manage"}
OWN = (("Sec-Fetch-Site", "same-origin"), ("X-Requested-With", "test"))

VIEWER = Viewer(name="viewer", permissions=frozenset({Permission.VIEW}))
MANAGER = Viewer(name="manager", permissions=frozenset({Permission.MANAGE}))
PEOPLE = {
    "nobody": None,
    "stranger": Viewer(name="stranger"),
    "viewer": VIEWER,
    "manager": MANAGER,
    "other app's viewer": Viewer(permissions=VIEWER.permissions, apps=frozenset({"other"})),
    "other app's manager": Viewer(permissions=MANAGER.permissions, apps=frozenset({"other"})),
}
ANSWERS = {
    # open, view, manage; None: let in, whatever becomes of it
    "nobody": (None, 401, 401),
    "stranger": (None, 403, 403),
    "viewer": (None, None, 403),
    "manager": (None, None, None),
    "other app's viewer": (None, 404, 403),
    "other app's manager": (None, 404, 404),
}
READONLY = (None, None, 403)
CLOSED = (None, 403, 403)


def expected():
    """(table, method, path) -> open, view or manage."""
    lines = Path(__file__).with_name("routes.txt").read_text().splitlines()
    rows = [line.split() for line in lines if line.strip() and not line.startswith("#")]
    assert len(rows) == len({tuple(row[:3]) for row in rows})
    return {(table, method, path): word for table, method, path, word in rows}


def real():
    return {
        (name, one.method, one.path): WORDS[one.permission]
        for name, table in {**TABLES, "door": DOOR}.items()
        for one in table
    }


def concrete(path):
    """An address of a path: each number 1, each other word `x`."""
    return re.sub(r"\{(\w+)(:\w+)?\}", lambda found: "1" if found[1] == "id" or found[2] == ":int" else "x", path)


def answering(app, table, method, path):
    """The route that answers this request, as its application matches it; None where none takes the method."""
    mount = next(one for one in app.routes if one.path == f"/{table}")
    routes = mount.routes if table == "api" else [one for one in mount.routes if not isinstance(one, Mount)]
    scope = {"type": "http", "method": method, "path": path, "root_path": ""}
    matches = [(one.matches(scope)[0], one) for one in routes]
    found = next((one for match, one in matches if match is Match.FULL), None)
    wanted = "GET" if method == "HEAD" else method
    return next((one for one in TABLES[table] if found and one.path == found.path and one.method == wanted), None)


def every_request():
    """(table, method, address) of each method of each path."""
    paths = {(name, concrete(one.path)) for name, table in TABLES.items() for one in table}
    return [(table, method, path) for table, path in sorted(paths) for method in METHODS]


@pytest.fixture
def jobs(tmp_path):
    with Jobs(tmp_path / "store") as jobs:
        jobs.job(name="greet")(lambda: None).enqueue()
        yield jobs


def site(jobs, allow, **options):
    return Starlette(
        routes=[Mount("/pages", admin(jobs, allow=allow, **options)), Mount("/api", api(jobs, allow=allow, **options))]
    )


def everything_in(tmp_path):
    """What stands in the store, as one number."""
    files = [file for file in (tmp_path / "store").rglob("*") if file.suffix in {".db", ".sqlite", ".sqlite3"}]
    assert files
    found = hashlib.sha256()
    for file in files:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
            for line in connection.iterdump():
                found.update(line.encode())
    return found.hexdigest()


def acts(jobs):
    """What was written down."""
    return [row.act for row in jobs.store.reader.call(jobs.store.reader.acts())]


async def walk(app, right, *, only=lambda _method, _route: True):
    """Every request, and how its answer differs from the right one."""
    wrong = []
    for table, method, path in every_request():
        route = answering(app, table, method, path)
        if not only(method, route):
            continue
        status = (await asked(app, request(method, f"/{table}{path}", headers=OWN))).status
        wanted = 405 if route is None else right[("open", "view", "manage").index(WORDS[route.permission])]
        if status != wanted if wanted is not None else status in {401, 403, 405} or status >= 500:
            wrong.append((method, f"/{table}{path}", status, wanted))
    return wrong


def test_each_route_asks_for_what_is_written_down_here():
    assert real() == expected()


def test_whatever_changes_something_is_for_managers():
    lax = {key for key, word in real().items() if key[1] not in {"GET", "HEAD"} and word != "manage"}
    assert {
        key for key in lax if expected()[key] != "open" or key[2] not in {"/sign-in", "/sign-in/link", "/sign-out"}
    } == set()


@pytest.mark.parametrize("person", PEOPLE)
async def test_each_visitor_gets_as_far_as_they_may(jobs, person):
    assert await walk(site(jobs, lambda _: PEOPLE[person]), ANSWERS[person]) == []


async def test_the_door_is_open_and_all_behind_it_shut(jobs):
    app = admin(jobs, allow=Login())
    for path in {one.path for one in DOOR}:
        takes = {one.method for one in DOOR if one.path == path}
        takes |= {"HEAD"} if "GET" in takes else set()
        for method in METHODS:
            status = (await asked(app, request(method, path, headers=OWN))).status
            assert (status == 405) == (method not in takes), (method, path, status)
            assert status in {200, 303, 401, 405}, (method, path, status)
    assert [act.kind for act in acts(jobs)] == ["sign_in_failed", "sign_in_failed"]
    for one in pages.ROUTES:
        answer = await asked(app, request(one.method, concrete(one.path), headers=OWN))
        assert answer.status == (303 if one.method == "GET" else 401), one.path
        assert one.method != "GET" or (answer.header("location") or "").startswith("/sign-in?next=")
    for one in operations.ROUTES:
        assert (await asked(app, request(one.method, f"/api{concrete(one.path)}", headers=OWN))).status == 401
    assert len(acts(jobs)) == 2


async def test_a_closed_console_lets_nobody_in(jobs):
    assert await walk(site(jobs, None), CLOSED) == []


async def test_a_console_that_only_looks_changes_nothing_even_for_managers(jobs):
    assert await walk(site(jobs, lambda _: MANAGER, readonly=True), READONLY) == []


@pytest.mark.parametrize("person", ["nobody", "stranger", "viewer", "other app's manager"])
async def test_what_is_refused_leaves_the_store_as_it_was(jobs, person, tmp_path):
    before = everything_in(tmp_path)
    await walk(site(jobs, lambda _: PEOPLE[person]), ANSWERS[person])
    assert everything_in(tmp_path) == before


async def test_looking_and_a_console_that_only_looks_leave_the_store_as_it_was(jobs, tmp_path):
    before = everything_in(tmp_path)
    await walk(site(jobs, lambda _: MANAGER, readonly=True), READONLY)
    looks = await walk(
        site(jobs, lambda _: MANAGER), ANSWERS["manager"], only=lambda method, _: method in {"GET", "HEAD"}
    )
    assert (looks, everything_in(tmp_path)) == ([], before)


async def test_no_change_is_made_for_a_page_of_another_site(jobs, tmp_path):
    app = site(jobs, lambda _: MANAGER)
    before = everything_in(tmp_path)
    for table, method, path in every_request():
        if method in {"GET", "HEAD"} or answering(app, table, method, path) is None:
            continue
        for headers in (
            (("Sec-Fetch-Site", "cross-site"), ("X-Requested-With", "x")),
            (("Sec-Fetch-Site", "same-site"), ("Content-Type", "application/json")),
            (("Origin", "https://evil.example"), ("Authorization", "Bearer x")),
            (("Origin", "null"), ("Content-Type", "text/plain")),
            (("Content-Type", "application/x-www-form-urlencoded"),),
        ):
            answer = await asked(app, request(method, f"/{table}{path}", headers=headers), [b"{}"])
            assert (method, path, answer.status) == (method, path, 403)
    assert everything_in(tmp_path) == before


async def test_nobody_can_ask_by_another_method_than_they_use(jobs):
    app = site(jobs, lambda _: VIEWER)
    for name in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
        assert (await asked(app, request("GET", "/api/1/cancel", headers=((name, "POST"), *OWN)))).status == 405
        assert (
            await asked(app, request("POST", "/api/1/cancel?_method=GET", headers=((name, "GET"), *OWN)))
        ).status == 403


@pytest.mark.parametrize("path", ["/api/1", "/pages/jobs/1", "/pages/", "/nothing"])
async def test_a_web_socket_is_opened_for_nobody(jobs, path):
    app = site(jobs, lambda _: MANAGER)
    sent = []

    async def receive():
        return {"type": "websocket.connect"}

    async def send(message):
        sent.append(message["type"])

    scope = {**request("GET", path), "type": "websocket", "subprotocols": []}
    await app(scope, receive, send)
    assert sent == ["websocket.close"]

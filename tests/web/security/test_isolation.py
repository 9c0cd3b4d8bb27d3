"""What belongs to another app is not there: no word of it is shown, and nothing of it changes, whatever number is asked for."""

import re
from urllib.parse import urlencode

import msgspec
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from headway import Jobs
from headway.store.protocol import JobFilter
from headway.web import Permission, Viewer, admin, api
from headway.web.api import table as operations
from headway.web.pages import table as pages
from tests.web.asking import asked, request
from tests.web.security.test_acts import DEEDS, FORM, JSON, filled

ANN = Viewer(name="ann", permissions=frozenset({Permission.MANAGE}))
OWN = (("Sec-Fetch-Site", "same-origin"), ("X-Requested-With", "x"))
CANARY = "canary-of-the-other-app"
THEIRS = JobFilter(app="theirs")


@pytest.fixture
def place(tmp_path):
    return tmp_path / "store"


@pytest.fixture
def theirs(place):
    """Another app of the same store, with one of everything."""
    with Jobs(place, app="theirs") as jobs:
        job = jobs.job(name=CANARY, queue=CANARY)(lambda text: text)
        job.using(ref_id=CANARY, tags=[CANARY]).enqueue(CANARY)
        jobs.add_recurring(CANARY, "0 2 * * *", job.call(CANARY))
        with jobs.batch(CANARY) as batch:
            batch.add(job.call(CANARY))
        yield jobs


@pytest.fixture
def app(place, theirs):
    with Jobs(place, app="mine") as jobs:
        jobs.job(name="greet")(lambda: None)
        yield Starlette(
            routes=[
                Mount("/pages", admin(jobs, allow=lambda _: ANN)),
                Mount("/api", api(jobs, allow=lambda _: ANN, expose=["greet"])),
            ]
        )


def addresses(path):
    """A path with each number and name that the other app's things have."""
    if "{" not in path:
        return {path}
    return {re.sub(r"\{\w+(:\w+)?\}", given, path) for given in ("1", "2", "3", CANARY)}


def theirs_as_it_is(jobs):
    """All that the other app has, but for what passes by itself."""
    reader = jobs.store.reader
    return (
        reader.call(reader.page(THEIRS)).rows,
        reader.call(reader.schedules(app="theirs")),
        reader.call(reader.queues(app="theirs")),
        reader.call(reader.batches(app="theirs")),
    )


async def test_nothing_of_another_app_is_shown_or_changed(app, theirs):
    before = theirs_as_it_is(theirs)
    for table, one in [("pages", one) for one in pages.ROUTES] + [("api", one) for one in operations.ROUTES]:
        for path in addresses(one.path):
            answer = await asked(app, request(one.method, f"/{table}{path}", headers=OWN))
            said = answer.text.replace(path, "").replace(f'"queue":"{CANARY}"', "")  # what was asked for is said again
            said = said.replace(f"'{CANARY}'", "").replace(f"&#39;{CANARY}&#39;", "")
            assert CANARY not in said or answer.status == 404, (one.method, path, answer.text)
            assert "{" not in one.path or answer.status in {400, 404, 409, 415, 422} or "queues" in path, (
                one.method,
                path,
            )
    assert theirs_as_it_is(theirs) == before


async def test_no_change_that_is_made_elsewhere_is_made_here(app, theirs):
    before = theirs_as_it_is(theirs)
    names = dict.fromkeys(("q1", "q2", "q3", "q4", "q5", "f1", "f2", "f3", "f4", "s", "t", "b1", "b2"), 1)
    for (table, method, _), (path, body) in DEEDS.items():
        content = filled(body, names)
        sent = urlencode(content or {}).encode() if table == "pages" else msgspec.json.encode(content) if body else b""
        kind = (FORM,) if table == "pages" else (JSON,) if body else ()
        for address in {path.format(**names), path.format(**names).replace("nightly", CANARY)}:
            answer = await asked(app, request(method, f"/{table}{address}", headers=(*OWN, *kind)), [sent])
            assert answer.status < 500, (method, table, address, answer.text)
    assert theirs_as_it_is(theirs) == before


@pytest.mark.parametrize("action", ["cancel", "retry", "delete"])
@pytest.mark.parametrize(
    "which", [{"ids": [1, 2]}, {"filter": f"queue:{CANARY}"}, {"filter": "app:theirs"}, {"all": True}]
)
async def test_numbers_and_filters_inside_a_request_reach_no_other_app(app, theirs, action, which):
    before = theirs_as_it_is(theirs)
    body = msgspec.json.encode({"action": action, **which})
    headers = (*OWN, ("Content-Type", "application/json"))
    answer = await asked(app, request("POST", "/api/bulk", headers=headers), [body])
    assert CANARY not in answer.text.replace(f"queue:{CANARY}", "")
    assert answer.status in {400, 422} or answer.json()["done"] == 0
    assert theirs_as_it_is(theirs) == before


@pytest.mark.parametrize(
    "query",
    ["app=theirs", "app=mine&app=theirs", "q=app:theirs", f"q={CANARY}", "q=1", f"q=tag:{CANARY}", f"q=queue:{CANARY}"],
)
@pytest.mark.parametrize("path", ["/pages/jobs", "/api/", "/api/acts", "/api/counts"])
async def test_no_query_finds_it(app, path, query):
    answer = await asked(app, request("GET", f"{path}?{query}"))
    shown = answer.text.replace(f"queue:{CANARY}", "").replace(f"tag:{CANARY}", "").replace(f'"{CANARY}"', "")
    shown = re.sub(rf"(value=|q=|%3A|&#39;|>text |tag |queue ){CANARY}", "", shown)
    assert f'jobs/{1}"' not in shown
    assert '"id":1' not in shown

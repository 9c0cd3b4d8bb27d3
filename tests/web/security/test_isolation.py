"""What belongs to another app is not there: no word of it is shown, and nothing of it changes, whatever number is asked for."""

import re

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
from tests.web.security.test_routes import everything_in

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


async def test_nothing_of_another_app_is_shown_or_changed(app, theirs, tmp_path):
    everything = [("pages", one) for one in pages.ROUTES] + [("api", one) for one in operations.ROUTES]
    await asked(app, request("GET", "/pages/"))  # the first use of a store opens it
    before = everything_in(tmp_path)
    for table, one in sorted(everything, key=lambda pair: (pair[1].method != "GET", pair[0], pair[1].path)):
        for path in addresses(one.path):
            answer = await asked(app, request(one.method, f"/{table}{path}", headers=OWN))
            said = (
                answer.text.replace(path, "")
                .replace(f'"queue":"{CANARY}"', "")
                .replace(f"'{CANARY}'", "")
                .replace(f"&#39;{CANARY}&#39;", "")
            )
            assert CANARY not in said or answer.status == 404, (one.method, path, answer.text)
            assert "{" not in one.path or answer.status in {400, 404, 409, 415, 422} or "queues" in path, (
                one.method,
                path,
            )
            if one.method == "GET":
                assert everything_in(tmp_path) == before, (one.method, path)
    reader = theirs.store.reader
    assert {row.state for row in reader.call(reader.page(THEIRS)).rows} == {"queued"}
    assert all(row.enabled for row in reader.call(reader.schedules(app="theirs")))
    assert all(row.paused_by is None for row in reader.call(reader.queues(app="theirs")))


@pytest.mark.parametrize("action", ["cancel", "retry", "delete"])
@pytest.mark.parametrize(
    "which", [{"ids": [1, 2]}, {"filter": f"queue:{CANARY}"}, {"filter": "app:theirs"}, {"all": True}]
)
async def test_numbers_and_filters_inside_a_request_reach_no_other_app(app, theirs, tmp_path, action, which):
    before = states(theirs)
    body = msgspec.json.encode({"action": action, **which})
    headers = (*OWN, ("Content-Type", "application/json"))
    answer = await asked(app, request("POST", "/api/bulk", headers=headers), [body])
    assert CANARY not in answer.text.replace(f"queue:{CANARY}", "")
    assert answer.status in {400, 422} or answer.json()["done"] == 0
    assert states(theirs) == before


def states(jobs):
    reader = jobs.store.reader
    return [(row.id, row.state) for row in reader.call(reader.page(THEIRS)).rows]


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

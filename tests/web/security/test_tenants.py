"""A viewer of one tenant: every route there is, asked for what is another's. Not a byte of it comes back, and nothing changes."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

import headway
from headway import Context, Jobs, State, Worker
from headway.web import Login, Permission, Viewer, admin
from headway.web.api import table as operations
from headway.web.login.accounts import Accounts
from headway.web.narrowed import narrowed
from headway.web.pages import table as pages
from headway.web.route import Route
from headway.web.tenancy import OPEN, OPERATIONS, PAGES
from tests.web.asking import Answer, asked, request

MARK = "umbrella"
"""Stands in everything of the other tenant's, and in nothing else."""
OWN = ("Sec-Fetch-Site", "same-origin")
SCRIPT = ("X-Requested-With", "test")
FORM = ("Content-Type", "application/x-www-form-urlencoded")
JSON = ("Content-Type", "application/json")
EVERYTHING = frozenset(Permission)
PATHS = re.compile(r"\{[a-z]+(:path)?\}")


def done(ctx: Context, word: str) -> str:
    ctx.log.info("said %s", word)
    ctx.status(word)
    return word


def fails(word: str) -> None:
    raise ValueError(word)


class Stage:
    """A store with the jobs of two tenants in every state, and a console that one of them looks at."""

    def __init__(self, jobs: Jobs) -> None:
        self.jobs = jobs
        self.ids: dict[str, dict[str, int]] = {}
        for name in ("acme", MARK):
            self._fill(name)
        allow = lambda _: Viewer(name="ann", permissions=EVERYTHING, tenant="acme")  # noqa: E731 - it is that short
        exposed = [f"{MARK}.done", "acme.done"]
        self.app = Starlette(routes=[Mount("/jobs", admin(jobs, allow=allow, expose=exposed))])

    def _fill(self, name: str) -> None:
        jobs = self.jobs
        good = jobs.register(done, name=f"{name}.done", takes_context=True)
        bad = jobs.register(fails, name=f"{name}.fails", retries=0)
        options = {
            "queue": f"{name}-queue",
            "tags": [f"{name}-tag"],
            "user_id": f"{name}-user",
            "args": {"k": f"{name}-fact"},
        }
        with headway.tenant(name):
            ended = [good.using(**options, ref_id=f"{name}-ref").enqueue(f"{name}-word"), bad.enqueue(f"{name}-why")]
            with Worker(jobs) as worker:
                assert worker.wait_idle(10)
            with jobs.batch(f"{name}-batch") as batch:
                batch.add(good.using(worker=f"{name}-lane", run_after=timedelta(hours=1)).call(f"{name}-later"))
            waiting = good.using(**options, unique_key=f"{name}-key").enqueue(f"{name}-word")
            jobs.add_recurring(f"{name}-nightly", "0 2 * * *", good.call(f"{name}-word"))
        jobs.cancel(good.using(**options).enqueue(f"{name}-word").id, by=f"{name}-boss")
        jobs.queue(f"{name}-queue").pause(by=f"{name}-boss")
        self.ids[name] = {
            "done": ended[0].id, "failed": ended[1].id, "later": batch.refs[0].id, "waiting": waiting.id, "batch": batch.id,
            "schedule": 1 if name == "acme" else 2,
        }  # fmt: skip

    async def ask(self, method: str, path: str, body: bytes = b"", *, kind: str = "pages") -> Answer:
        headers = (OWN, SCRIPT, JSON if kind == "api" else FORM)
        return await asked(self.app, request(method, "/jobs" + path, headers=headers), [body])

    def states(self, name: str) -> list[object]:
        """Everything about the tenant's jobs, as the store has it."""
        rows = self.jobs.list(tenant=name, limit=100).rows
        return [*rows, self.jobs.get_batch(f"{name}-batch").status(), self.jobs.schedules()]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with Jobs(tmp_path / "store", durability="relaxed") as jobs:
        yield Stage(jobs)


def routes() -> list[tuple[str, Route]]:
    return [*(("pages", one) for one in pages.ROUTES), *(("api", one) for one in operations.ROUTES)]


def address(kind: str, path: str, value: object) -> str:
    return ("/api" if kind == "api" else "") + PATHS.sub(str(value), path)


def bodies(route: Route, ids: dict[str, int]) -> list[bytes]:
    """What a request that changes something may carry."""
    if route.method == "GET":
        return [b""]
    many = list(ids.values())
    form = "&".join([f"id={one}" for one in many] + ["scope=ids", "deed=cancel", "sure=1", "confirmed=1", "priority=5"])
    filtered = "deed=delete&sure=1&scope=filter&state=pending"
    found = [form, filtered, "{}", json.dumps({"priority": 5}), json.dumps({"ids": many, "action": "cancel"})]
    found += [
        json.dumps({"ids": many, "action": "delete"}),
        json.dumps({"filter": f"queue:{MARK}-queue", "all": True, "action": "cancel"}),
    ]
    return [text.encode() for text in found]


def test_every_route_that_is_open_to_tenants_exists() -> None:
    assert {one.name for kind, one in routes() if kind == "pages"} >= PAGES
    assert {one.name for kind, one in routes() if kind == "api"} >= OPERATIONS


@pytest.mark.timeout(120)
async def test_no_route_tells_or_changes_anything_of_another_tenant(stage: Stage) -> None:
    before, ids = stage.states(MARK), stage.ids[MARK]
    for kind, route in routes():
        values = [ids[what] for what in ids] if "{" in route.path else [""]
        for value in values:
            for body in bodies(route, ids):
                answer = await stage.ask(route.method, address(kind, route.path, value), body, kind=kind)
                assert MARK.encode() not in answer.body, (route.method, route.path, value, body)
                assert answer.status != 403, "that would say that it is there"
                assert answer.status < 500
                if route.name not in OPEN:
                    assert answer.status == 404, (route.name, answer.status)
    assert stage.states(MARK) == before


@pytest.mark.parametrize("what", ["done", "failed", "later", "waiting"])
async def test_a_job_of_another_is_not_there_and_one_of_ones_own_is(stage: Stage, what: str) -> None:
    theirs, own = stage.ids[MARK][what], stage.ids["acme"][what]
    for path in (
        "/jobs/{}",
        "/jobs/{}/lines",
        "/jobs/{}/log",
        "/api/{}",
        "/api/{}/lines",
        "/api/{}/log",
        "/api/{}/events",
    ):
        missing, found = await stage.ask("GET", path.format(theirs)), await stage.ask("GET", path.format(own))
        assert (missing.status, found.status) == (404, 200), path
        assert MARK.encode() not in found.body
    never = await stage.ask("GET", "/jobs/987654")
    theirs_answer = await stage.ask("GET", f"/jobs/{theirs}")
    said = "there is no job &#39;{}&#39; here"
    assert said.format(theirs) in theirs_answer.text
    assert never.text.replace(said.format(987654), "") == theirs_answer.text.replace(said.format(theirs), "")


async def test_the_arguments_of_anothers_jobs_are_not_given_to_whoever_names_their_numbers(stage: Stage) -> None:
    reader = narrowed(stage.jobs.store.reader, "acme")
    own, theirs = (stage.ids[name]["waiting"] for name in ("acme", MARK))
    assert set(stage.jobs.store.reader.call(reader.payloads([own, theirs], longest=100))) == {own}


async def test_searches_lists_and_counts_are_of_ones_own(stage: Stage) -> None:
    own = sorted(row.id for row in stage.jobs.list(tenant="acme", limit=100).rows)
    for query in ("", "?q=word", "?state=final", "?state=queued", "?text=word"):
        told = (await stage.ask("GET", f"/api/{query}")).json()
        assert told["items"]
        assert {one["id"] for one in told["items"]} <= set(own)
        assert {one["tenant"] for one in told["items"]} == {"acme"}
    assert (await stage.ask("GET", "/api/")).json()["totalCount"] == len(own)
    counted = (await stage.ask("GET", "/api/counts")).json()["states"]
    assert sum(counted.values()) == len(own)
    for query in (
        f"?q={MARK}-word",
        f"?queue={MARK}-queue",
        f"?tag={MARK}-tag",
        f"?batch={MARK}-batch",
        f"?ref={MARK}-ref",
    ):
        assert (await stage.ask("GET", f"/api/{query}")).json()["totalCount"] == 0, query
    refused = await stage.ask("GET", f"/api/?tenant={MARK}")
    assert refused.status == 400


async def test_many_at_once_touch_only_ones_own(stage: Stage) -> None:
    everything = [*stage.ids["acme"].values(), *stage.ids[MARK].values()]
    before = stage.states(MARK)
    done = await stage.ask(
        "POST", "/api/bulk", json.dumps({"action": "cancel", "ids": everything}).encode(), kind="api"
    )
    assert done.status == 200, done.text
    answers = {one["id"]: one["outcome"] for one in done.json()["results"]}
    assert answers[stage.ids["acme"]["waiting"]] == "cancelled"
    assert answers[stage.ids[MARK]["waiting"]] == "not_found"
    assert stage.states(MARK) == before


async def test_what_they_enqueue_is_their_own_whatever_they_say(stage: Stage) -> None:
    for body in (
        {"name": "acme.done", "arguments": {"word": "x"}},
        {"name": "acme.done", "arguments": {"word": "x"}, "tenant": MARK},
    ):
        made = await stage.ask("POST", "/api/", json.dumps(body).encode(), kind="api")
        row = stage.jobs.store.reader.call(stage.jobs.store.reader.job(made.json()["id"]))
        assert row is not None
        assert row.tenant == "acme"


async def test_ones_own_jobs_can_be_acted_on(stage: Stage) -> None:
    own = stage.ids["acme"]
    assert (await stage.ask("POST", f"/jobs/{own['failed']}/retry")).status == 303
    assert stage.jobs.get(own["failed"]).status().state is State.QUEUED
    assert (await stage.ask("POST", f"/api/{own['waiting']}/cancel", kind="api")).status == 200
    assert (await stage.ask("POST", f"/batches/{own['batch']}/cancel")).status == 303


async def test_the_frame_leads_to_what_there_is_for_them(stage: Stage) -> None:
    page = (await stage.ask("GET", "/jobs")).text
    for path in ("recurring", "queues", "workers", "commands", "acts", "failures", "history", "live"):
        assert f'href="/jobs/{path}"' not in page, path
    assert 'href="/jobs/batches"' in page
    assert (await stage.ask("GET", "/")).header("location") == "/jobs/jobs"


async def test_live_pages_and_events_stream_ones_own(stage: Stage) -> None:
    for path in ("/jobs?live=1", f"/jobs/{stage.ids['acme']['waiting']}?live=1", "/api/events", "/batches?live=1"):
        answer = await stage.ask("GET", path)
        assert answer.status == 200, path
        assert MARK.encode() not in answer.body


async def test_a_token_of_a_tenant_sees_its_jobs(stage: Stage) -> None:
    store = stage.jobs.store
    accounts = Accounts(store=store, by="root", now_us=stage.jobs.clock.now_us())
    secret = accounts.token("ci", (Permission.VIEW,), apps=None, lives=None, tenant="acme")
    app = Starlette(routes=[Mount("/jobs", admin(stage.jobs, allow=Login()))])
    bearer = ("Authorization", f"Bearer {secret}")
    for name, status in (("acme", 200), (MARK, 404)):
        answer = await asked(app, request("GET", f"/jobs/api/{stage.ids[name]['done']}", headers=[bearer]))
        assert answer.status == status
    assert (await asked(app, request("GET", "/jobs/api/queues", headers=[bearer]))).status == 404


async def test_the_applications_own_sign_in_can_give_a_tenant(stage: Stage) -> None:
    allow = lambda request: Viewer(permissions=EVERYTHING, tenant=request.headers["x-company"])  # noqa: E731 - it is that short
    app = Starlette(routes=[Mount("/jobs", admin(stage.jobs, allow=allow))])
    for name in ("acme", MARK):
        told = await asked(app, request("GET", "/jobs/api/", headers=[("X-Company", name)]))
        assert {one["tenant"] for one in told.json()["items"]} == {name}

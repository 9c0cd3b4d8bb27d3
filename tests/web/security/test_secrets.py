"""A secret argument is planted in everything that a job can say: no page, no answer, no stream tells it, and no search finds it."""

import threading
from datetime import timedelta
from urllib.parse import quote

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from headway import Cancelled, Jobs, Retry, State, Success, Worker
from headway.web import Permission, Viewer, admin, api
from headway.web.api import table as operations
from headway.web.pages import table as pages
from tests.run.stage import WAIT_S, wait_for
from tests.web.api.listening import listening
from tests.web.asking import asked, request

ANN = Viewer(name="ann", permissions=frozenset({Permission.MANAGE}))
PIN = 'canary-7431 "x"'
"""What must not be seen; in JSON it is written in another way."""
TOKEN = "canary-token-9902"
CANARY = "canary"
HEADERS = (("Sec-Fetch-Site", "same-origin"), ("Content-Type", "application/json"))


class Shop:
    """Jobs of every kind, each of which says its secret wherever it can say something."""

    def __init__(self, jobs):
        self.jobs, self.go, self.runs = jobs, threading.Event(), threading.Event()

        def pay(ctx, what: str, pin: str):
            ctx.progress(50, f"checking {pin}")
            ctx.status(f"has {pin}")
            ctx.log.info("took %s", pin)
            ctx.state["pin"] = pin
            match what:
                case "fail":
                    raise ValueError(f"{pin} was refused")
                case "cancel":
                    return Cancelled(f"{pin} is unknown")
                case "retry":
                    raise Retry(timedelta(hours=1), f"{pin} is late")
                case "done":
                    return Success({"pin": pin, "said": f"it was {pin}"}, message=f"{pin} is right")
                case _:
                    self.runs.set()
                    assert self.go.wait(WAIT_S)
                    return pin

        def send(given: dict[str, str]) -> None:
            raise ValueError(f"no access with {given['access_token']}")

        options = {"redact": ["pin"], "retries": 1, "no_retry_on": [ValueError]}
        self.pay = jobs.job(name="pay", takes_context=True, **options)(pay)
        self.send = jobs.job(name="send", retries=0)(send)

    def fill(self):
        """Everything but what goes on running."""
        for what in ("fail", "cancel", "retry", "done"):
            self.pay.using(args={"token": TOKEN}).enqueue(what, PIN)
        self.send.enqueue({"access_token": TOKEN})
        nightly = self.jobs.add_recurring("nightly", "0 2 * * *", self.pay.call("cancel", PIN))
        nightly.trigger()
        with self.jobs.batch("month") as batch:
            batch.add(self.pay.call("fail", PIN))
        self.pay.using(run_after=timedelta(days=1)).enqueue("done", PIN)

    def is_over(self):
        states = self.jobs.counts()
        return not states[State.QUEUED] and not states[State.RUNNING]


@pytest.fixture
def shop(tmp_path):
    with Jobs(tmp_path / "store", durability="relaxed") as jobs:
        shop = Shop(jobs)
        shop.fill()
        with Worker(jobs, concurrency=4):
            wait_for(shop.is_over)
            shop.pay.enqueue("run", PIN)
            assert shop.runs.wait(WAIT_S)
            wait_for(lambda: any(row.message for row in listed(jobs) if row.state is State.RUNNING))
            yield shop
            shop.go.set()


def listed(jobs):
    reader = jobs.store.reader
    return reader.call(reader.page(jobs_filter())).rows


def jobs_filter():
    from headway.store.protocol import JobFilter

    return JobFilter()


def site(jobs):
    return Starlette(
        routes=[Mount("/pages", admin(jobs, allow=lambda _: ANN)), Mount("/api", api(jobs, allow=lambda _: ANN))]
    )


def looks(jobs):
    """Every address that only looks, for each job, schedule, batch and handler there is."""
    ids = [str(row.id) for row in listed(jobs)]
    words = {"id": ids, "name": ["pay", "send", "nightly", "month", "default"], "uid": ["x"]}
    for table, routes in (("pages", pages.ROUTES), ("api", operations.ROUTES)):
        for one in routes:
            if one.method != "GET":
                continue
            before, _, rest = one.path.partition("{")
            if not rest:
                yield f"/{table}{before}"
                continue
            word, _, after = rest.partition("}")
            for value in [*words.get(word.partition(":")[0], ["x"]), *words["name"]]:
                yield f"/{table}{before}{value}{after}"
    for state in State:
        yield f"/pages/jobs?state={state}"
        yield f"/api/?state={state}"
    for number in ids:
        yield f"/api/?q={number}"
    yield "/pages/command?name=pay"


async def test_no_page_and_no_answer_tells_it(shop):
    app, shown, seen = site(shop.jobs), {}, 0
    for address in looks(shop.jobs):
        answer = await asked(app, request("GET", address))
        assert answer.status < 500, address
        seen += answer.status == 200
        if CANARY in answer.text:
            at = answer.text.index(CANARY)
            shown[address] = answer.text[max(0, at - 200) : at + 40]
    assert seen > 150
    assert shown == {}


async def test_what_is_masked_is_there(shop):
    app = site(shop.jobs)
    for address in ("/api/", "/pages/jobs", "/pages/", "/pages/failures", "/pages/live", "/api/recurring"):
        assert "•••" in (await asked(app, request("GET", address))).text, address


async def test_no_stream_tells_it(shop):
    app, ids = site(shop.jobs), [row.id for row in listed(shop.jobs)]
    for address in ("/api/events", *(f"/api/{number}/events" for number in ids)):
        async with listening(app, address) as heard:
            await heard.until(lambda heard: heard.of("job"))
            assert any("•••" in str(one.data) for one in heard.events) or "events" in address
            assert CANARY not in str(heard.events), address
    async with listening(app, "/api/events") as heard:
        await heard.until(lambda heard: heard.of("counts"))
        await shop.pay.aenqueue("fail", PIN)
        await shop.pay.aenqueue("done", PIN)
        await heard.until(lambda heard: any(one["state"] == "completed" for one in heard.of("job")))
        assert CANARY not in str(heard.events)


async def test_no_search_finds_it(shop):
    app = site(shop.jobs)
    for text in ("canary", "canary-7", "7431", "CANARY-7431", "canary-token", "9902", '"pin":"c', 'pin\\":'):
        found = (await asked(app, request("GET", f"/api/?text={quote(text)}"))).json()
        assert (text, found["items"], found["totalCount"]) == (text, [], 0)
        body = f'{{"action": "delete", "dryRun": true, "filter": "text:{quote(text)}"}}'
        if '"' not in text:
            dry = await asked(app, request("POST", "/api/bulk", headers=HEADERS), [body.encode()])
            assert (text, dry.status, dry.json()["results"]) == (text, 200, [])
    assert (await asked(app, request("GET", "/api/?text=was%20refused"))).json()["totalCount"] == 2
    assert (await asked(app, request("GET", "/api/?text=retry"))).json()["totalCount"] == 1
    assert (await asked(app, request("GET", f"/api/?fact=token%3D{TOKEN}"))).status == 400


async def test_what_is_done_is_written_down_without_it(shop):
    app = site(shop.jobs)
    number = next(row.id for row in listed(shop.jobs) if row.state is State.SCHEDULED and row.reason is None)
    changed = await asked(
        app, request("PATCH", f"/api/{number}", headers=HEADERS), [b'{"arguments": {"pin": "canary-new"}}']
    )
    assert changed.status == 200
    assert CANARY not in changed.text
    for address in ("/api/acts", "/pages/acts", f"/api/{number}", f"/pages/jobs/{number}"):
        answer = await asked(app, request("GET", address))
        assert (address, answer.status, CANARY in answer.text) == (address, 200, False)

"""Whatever somebody changes is written down with who did it, in the same step: each change of both tables is made once."""

from urllib.parse import urlencode

import msgspec
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from headway import Jobs
from headway.store.protocol import NodeInfo
from headway.testing import manual
from headway.web import Permission, Viewer, admin, api
from headway.web.api import table as operations
from headway.web.pages import table as pages
from tests.web.asking import asked, request

ANN = Viewer(name="ann", permissions=frozenset({Permission.MANAGE}))
FORM = ("Content-Type", "application/x-www-form-urlencoded")
JSON = ("Content-Type", "application/json")
OWN = ("Sec-Fetch-Site", "same-origin")

# Each change, with an address and a body that it can be made with. {q1} {q2} ... are jobs that wait, {f1} ... failed ones.
DEEDS = {
    ("pages", "POST", "/jobs/bulk"): ("/jobs/bulk", {"deed": "cancel", "scope": "ids", "id": "{q1}", "sure": "1"}),
    ("pages", "POST", "/jobs/{id}/cancel"): ("/jobs/{q2}/cancel", {}),
    ("pages", "POST", "/jobs/{id}/retry"): ("/jobs/{f1}/retry", {}),
    ("pages", "POST", "/jobs/{id}/replay"): ("/jobs/{f2}/replay", {}),
    ("pages", "POST", "/jobs/{id}/delete"): ("/jobs/{f2}/delete", {}),
    ("pages", "POST", "/jobs/{id}/revise"): ("/jobs/{q3}/revise", {"priority": "7", "queue": "mail", "due": "", "arguments": ""}),
    ("pages", "POST", "/recurring/pause-all"): ("/recurring/pause-all", {}),
    ("pages", "POST", "/recurring/resume-all"): ("/recurring/resume-all", {}),
    ("pages", "POST", "/recurring/{id}/toggle"): ("/recurring/{s}/toggle", {}),
    ("pages", "POST", "/recurring/{id}/run"): ("/recurring/{s}/run", {"force": "1"}),
    ("pages", "POST", "/recurring/{id}/edit"): ("/recurring/{s}/edit", {"description": "another"}),
    ("pages", "POST", "/recurring/{id}/remove"): ("/recurring/{t}/remove", {}),
    ("pages", "POST", "/batches/{id}/cancel"): ("/batches/{b1}/cancel", {}),
    ("pages", "POST", "/queues/pause"): ("/queues/pause", {"queue": "mail"}),
    ("pages", "POST", "/queues/resume"): ("/queues/resume", {"queue": "mail"}),
    ("pages", "POST", "/queues/limit"): ("/queues/limit", {"queue": "mail", "size": "3", "starts": "", "per": ""}),
    ("pages", "POST", "/workers/drain"): ("/workers/drain", {"uid": "node-2"}),
    ("pages", "POST", "/workers/undrain"): ("/workers/undrain", {"uid": "node-2"}),
    ("pages", "POST", "/command"): ("/command", {"name": "greet", "mode": "raw", "raw": '{"name": "x"}'}),
    ("api", "POST", "/"): ("/", {"name": "greet", "arguments": {"name": "x"}}),
    ("api", "POST", "/bulk"): ("/bulk", {"action": "cancel", "ids": ["{q4}"]}),
    ("api", "PATCH", "/{id}"): ("/{q5}", {"priority": 7}),
    ("api", "POST", "/{id}/cancel"): ("/{q5}/cancel", None),
    ("api", "POST", "/{id}/retry"): ("/{f3}/retry", None),
    ("api", "POST", "/{id}/replay"): ("/{f4}/replay", None),
    ("api", "DELETE", "/{id}"): ("/{f4}", None),
    ("api", "POST", "/scheduler/pause"): ("/scheduler/pause", None),
    ("api", "POST", "/scheduler/resume"): ("/scheduler/resume", None),
    ("api", "POST", "/recurring/{id:path}/toggle"): ("/recurring/nightly/toggle", None),
    ("api", "POST", "/recurring/{id:path}/pause"): ("/recurring/nightly/pause", None),
    ("api", "POST", "/recurring/{id:path}/resume"): ("/recurring/nightly/resume", None),
    ("api", "POST", "/recurring/{id:path}/run"): ("/recurring/nightly/run", {"force": True}),
    ("api", "PATCH", "/recurring/{id:path}"): ("/recurring/nightly", {"description": "a third"}),
    ("api", "DELETE", "/recurring/{id:path}"): ("/recurring/nightly", None),
    ("api", "POST", "/batches/{name:path}/cancel"): ("/batches/{b2}/cancel", None),
    ("api", "POST", "/queues/{name:path}/pause"): ("/queues/mail/pause", None),
    ("api", "POST", "/queues/{name:path}/resume"): ("/queues/mail/resume", None),
    ("api", "PATCH", "/queues/{name:path}"): ("/queues/mail", {"size": 4}),
    ("api", "POST", "/nodes/{uid}/drain"): ("/nodes/node-2/drain", None),
    ("api", "POST", "/nodes/{uid}/undrain"): ("/nodes/node-2/undrain", None),
}  # fmt: skip


@pytest.fixture
def jobs(tmp_path):
    with Jobs(tmp_path / "store") as jobs:
        yield jobs


async def stage(jobs, world):
    """Something of each kind; where it is, by the names that DEEDS uses."""

    def greet(name: str) -> str:
        return name

    def fail(name: str) -> None:
        raise ValueError(name)

    greets, fails = jobs.job(name="greet", queue="mail")(greet), jobs.job(name="fail", retries=0)(fail)
    failed = [(await fails.aenqueue("x")).id for _ in range(4)]
    await world.adrain()
    waiting = [(await greets.aenqueue("x")).id for _ in range(5)]
    for name in ("nightly", "weekly"):
        await jobs.aadd_recurring(name, "0 2 * * *", greets.call("x"))
    for name in ("one", "two"):
        with jobs.batch(name) as batch:
            batch.add(greets.call("x"))
    node = NodeInfo(
        uid="node-2", app=jobs.app, host="web", pid=1, names=("greet",), queues=None, concurrency=1, version="1"
    )
    jobs.store.call(jobs.store.register(node, lease_us=30_000_000))
    reader = jobs.store.reader
    schedules = {row.name: row.id for row in reader.call(reader.schedules())}
    batches = {row.name: row.id for row in reader.call(reader.batches())}
    names = {f"q{n}": one for n, one in enumerate(waiting, 1)} | {f"f{n}": one for n, one in enumerate(failed, 1)}
    return names | {"s": schedules["nightly"], "t": schedules["weekly"], "b1": batches["one"], "b2": batches["two"]}


def filled(value, names):
    """The names of DEEDS, told apart from others by what stands for them: a number stays one in JSON."""
    match value:
        case str() if value.startswith("{") and value.strip("{}") in names:
            return names[value.strip("{}")]
        case list():
            return [filled(one, names) for one in value]
        case dict():
            return {key: filled(one, names) for key, one in value.items()}
        case _:
            return value


def changes():
    """Every route that changes something."""
    tables = {"pages": pages.ROUTES, "api": operations.ROUTES}
    return {(name, one.method, one.path) for name, table in tables.items() for one in table if one.method != "GET"}


def test_each_change_stands_here():
    assert changes() == set(DEEDS)


async def test_each_change_is_written_down_with_who_made_it(jobs):
    with manual(jobs) as world:
        names = await stage(jobs, world)
        app = Starlette(
            routes=[
                Mount("/pages", admin(jobs, allow=lambda _: ANN)),
                Mount("/api", api(jobs, allow=lambda _: ANN, expose=["greet"])),
            ]
        )
        reader = jobs.store.reader
        seen = {row.id for row in reader.call(reader.acts())}
        silent = []
        for (table, method, _), (path, body) in DEEDS.items():
            address = path.format(**names) if "{" in path else path
            content = filled(body, names)
            sent = (
                urlencode(content or {}).encode() if table == "pages" else msgspec.json.encode(content) if body else b""
            )
            headers = (OWN, FORM) if table == "pages" else (OWN, JSON) if body else (OWN, ("X-Requested-With", "x"))
            answer = await asked(app, request(method, f"/{table}{address}", headers=headers), [sent])
            assert answer.status < 400, (method, table, address, answer.status, answer.text[-600:])
            new = [row.act for row in reader.call(reader.acts()) if row.id not in seen]
            seen |= {row.id for row in reader.call(reader.acts())}
            if not new or {(act.by, act.via, act.app) for act in new} != {("ann", table, jobs.app)}:
                silent.append((method, table, address, new))
        assert silent == []

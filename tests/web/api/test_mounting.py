"""The API in applications of other kinds, under any path, and behind a proxy that takes a prefix off."""

from typing import Any

import django
import pytest
from django.conf import settings
from django.core.asgi import get_asgi_application
from fastapi import FastAPI
from starlette.testclient import TestClient

from headway import Jobs
from headway.web import Permission, Viewer, api

ANN = Viewer(name="ann", permissions=frozenset(Permission))


def in_fastapi(app: Any) -> Any:
    outer = FastAPI()
    outer.mount("/api/jobs", app)
    return outer


def in_django(app: Any) -> Any:
    """As Django's documentation has other ASGI applications beside its own."""
    if not settings.configured:
        settings.configure(ALLOWED_HOSTS=["*"], SECRET_KEY="test")
        django.setup()
    own = get_asgi_application()

    async def outer(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"].startswith("/api/jobs/"):
            await app({**scope, "root_path": scope.get("root_path", "") + "/api/jobs"}, receive, send)
        else:
            await own(scope, receive, send)

    return outer


@pytest.mark.parametrize("mount", [in_fastapi, in_django])
def test_the_seven_routes_answer_in_any_application(jobs: Jobs, mount: Any) -> None:
    ref = jobs.job_named("greet").enqueue("x")
    jobs.add_recurring("nightly", "0 2 * * *", jobs.job_named("greet").call("x"))
    web = TestClient(mount(api(jobs, allow=lambda _: ANN)), headers={"X-Requested-With": "test"})
    assert web.get("/api/jobs/").json()["totalCount"] == 1
    assert web.get(f"/api/jobs/{ref.id}").json()["jobType"] == "greet"
    assert web.post(f"/api/jobs/{ref.id}/cancel").json()["state"] == "cancelled"
    assert web.post(f"/api/jobs/{ref.id}/retry").json()["state"] == "queued"
    (schedule,) = web.get("/api/jobs/recurring").json()
    assert web.post(f"/api/jobs/recurring/{schedule['id']}/toggle").json() == {"isEnabled": False}
    assert web.delete(f"/api/jobs/recurring/{schedule['id']}").status_code == 204
    assert web.get("/api/jobs/openapi.json").json()["servers"] == [{"url": "/api/jobs"}]


def test_addresses_are_made_for_whoever_asks_through_a_proxy(jobs: Jobs) -> None:
    outer = in_fastapi(api(jobs, allow=lambda _: ANN, expose=["greet"]))
    web = TestClient(outer, headers={"X-Requested-With": "test"}, root_path="/behind")
    answered = web.post("/behind/api/jobs/", json={"name": "greet", "arguments": {"name": "x"}})
    assert (answered.status_code, answered.headers["location"]) == (202, "/behind/api/jobs/1")
    assert web.get(answered.headers["location"]).status_code == 200

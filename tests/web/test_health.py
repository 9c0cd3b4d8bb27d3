"""Whether a process lives, and whether it is ready: open to everybody, and telling them no more."""

import sqlite3
import threading
from contextlib import closing

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from headway import Jobs
from headway.web import health
from tests.web.asking import asked, request


@pytest.fixture
def jobs(tmp_path):
    with Jobs(tmp_path / "store") as jobs:
        yield jobs


async def get(app, path, method="GET"):
    return await asked(app, request(method, path))


async def test_a_process_that_answers_lives_and_one_that_reads_its_store_is_ready(jobs):
    app = Starlette(routes=[Mount("/health", health(jobs))])
    assert (await get(app, "/health/healthz")).json() == {"status": "ok"}
    ready = await get(app, "/health/readyz")
    assert (ready.status, ready.json()) == (200, {"status": "ready"})
    assert ready.header("cache-control") == "no-store"
    assert ready.header("x-content-type-options") == "nosniff"
    assert (await get(app, "/health/readyz", "POST")).status == 405


async def test_it_is_not_ready_before_its_start_is_done(jobs):
    done = threading.Event()
    app = health(jobs, ready=done.is_set)
    answer = await get(app, "/readyz")
    assert (answer.status, answer.header("retry-after")) == (503, "1")
    assert answer.json() == {"status": "unavailable", "waits_for": "starting"}
    assert (await get(app, "/healthz")).status == 200
    done.set()
    assert (await get(app, "/readyz")).status == 200


async def test_it_is_not_ready_any_more_once_what_works_in_it_does_not(jobs):
    works = threading.Event()
    works.set()
    app = health(jobs, working=works.is_set)
    assert (await get(app, "/readyz")).status == 200
    works.clear()
    answer = await get(app, "/readyz")
    assert (answer.status, answer.header("retry-after")) == (503, "1")
    assert answer.json() == {"status": "unavailable", "waits_for": "worker"}
    assert (await get(app, "/healthz")).status == 200


async def test_a_store_that_cannot_be_opened_is_not_ready_and_is_not_described(tmp_path, caplog):
    (tmp_path / "store").write_text("hunter2")
    with Jobs(tmp_path / "store") as jobs:
        app = health(jobs)
        answer = await get(app, "/readyz")
        assert (answer.status, answer.json()) == (503, {"status": "unavailable", "waits_for": "store"})
        assert (await get(app, "/healthz")).status == 200
    assert "not ready" in caplog.text


async def test_a_store_of_a_newer_version_is_not_ready(tmp_path):
    with Jobs(tmp_path / "store") as jobs:
        assert (await get(health(jobs), "/readyz")).status == 200
    with closing(sqlite3.connect(tmp_path / "store" / "jobs.db")) as newer:
        newer.execute("INSERT INTO headway_schema VALUES (999, 0, '')")
        newer.commit()
    with Jobs(tmp_path / "store") as jobs:
        assert (await get(health(jobs), "/readyz")).status == 503

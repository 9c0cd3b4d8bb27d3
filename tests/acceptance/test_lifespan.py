"""A worker inside of a web application: alone, beside what the application opens itself, and under a real server."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from headway import Jobs, State, Worker
from headway.store.protocol import JobFilter
from tests.acceptance.moments import WAIT_S, until

APPLICATION = """
from headway import Jobs, Worker, every
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

jobs = Jobs("store", durability="relaxed")
worker = Worker(jobs, concurrency=2)

@jobs.every(seconds=1)
def beat() -> None: ...

async def home(request):
    return PlainTextResponse("VERSION")

app = Starlette(routes=[Route("/", home)], lifespan=worker.lifespan)
"""


def test_the_application_s_own_lifespan_is_around_the_worker_s(jobs: Jobs) -> None:
    order: list[str] = []
    job = jobs.register(lambda: order.append("job"), name="job")

    @asynccontextmanager
    async def own(_app: Starlette) -> AsyncIterator[dict[str, str]]:
        order.append("opened")
        yield {"pool": "open"}
        order.append("closed")

    async def enqueue(request: Request) -> JSONResponse:
        ref = await job.aenqueue()
        await ref.aresult(WAIT_S)
        return JSONResponse(request.state.pool)

    worker = Worker(jobs)
    app = Starlette(routes=[Route("/", enqueue)], lifespan=worker.lifespan_with(own))
    with TestClient(app) as client:
        assert client.get("/").json() == "open"
    assert order == ["opened", "job", "closed"]


def test_a_lifespan_that_is_entered_again_works_again(jobs: Jobs) -> None:
    job = jobs.register(lambda: 1, name="job")
    app = Starlette(lifespan=Worker(jobs).lifespan)
    for _ in range(3):
        with TestClient(app):
            assert job.enqueue().result(WAIT_S) == 1
    ref = job.enqueue()
    assert ref.status().state is State.QUEUED
    assert not [node for node in jobs.store.reader.call(jobs.store.reader.nodes()) if node.state == "active"]


def test_a_worker_that_was_stopped_knows_handlers_that_came_meanwhile(jobs: Jobs) -> None:
    worker = Worker(jobs)
    with worker:
        assert jobs.register(lambda: 1, name="first").enqueue().result(WAIT_S) == 1
    second = jobs.register(lambda: 2, name="second")
    with worker:
        assert second.enqueue().result(WAIT_S) == 2
        assert jobs.register(lambda: 3, name="third").enqueue().result(WAIT_S) == 3


async def test_a_loop_of_the_application_s_own_runs_beside_it_and_ends_cleanly(jobs: Jobs, caplog: Any) -> None:
    seen: list[int] = []
    job = jobs.register(lambda n: n, name="job")
    turned = asyncio.Event()

    async def forever() -> None:
        while True:
            seen.append(await (await job.aenqueue(len(seen))).aresult(WAIT_S))
            turned.set()

    @asynccontextmanager
    async def own(_app: object) -> AsyncIterator[None]:
        loop = asyncio.create_task(forever())
        yield
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)

    async with Worker(jobs).lifespan_with(own)(None):
        await asyncio.wait_for(turned.wait(), WAIT_S)
    assert seen[0] == 0
    assert "never awaited" not in caplog.text
    assert "pending" not in caplog.text


@contextmanager
def served(folder: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """The application under uvicorn, until the block ends."""
    command = [sys.executable, "-m", "uvicorn", "shop:app", "--uds", "web.sock", *options]
    with (folder / "server.log").open("w") as log:
        server = subprocess.Popen(
            command, cwd=folder, stdout=log, stderr=subprocess.STDOUT, text=True, start_new_session=True
        )
        try:
            yield server
        finally:
            if server.poll() is None:
                os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def test_two_server_processes_fire_each_instant_once_and_stop_cleanly(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(APPLICATION)
    jobs = Jobs(tmp_path / "store", durability="relaxed")
    reader = jobs.store.reader
    with jobs, served(tmp_path, "--workers", "2") as server:
        until(lambda: len(nodes(jobs)) == 2, "two workers")
        until(lambda: len(ticks(jobs)) >= 3, "three instants fired")
        server.send_signal(signal.SIGTERM)
        assert server.wait(WAIT_S) in {0, -signal.SIGTERM}, (tmp_path / "server.log").read_text()
        assert nodes(jobs) == []
        fired = ticks(jobs)
        assert len({tick.instant_us for tick in fired}) == len(fired)
        assert {row.state for row in reader.call(reader.page(JobFilter())).rows} <= {State.COMPLETED, State.QUEUED}


def test_a_reload_stops_the_old_worker_and_starts_a_new_one(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(APPLICATION)
    jobs = Jobs(tmp_path / "store", durability="relaxed")
    with jobs, served(tmp_path, "--reload") as server:
        first = until(lambda: nodes(jobs), "a worker")[0]
        until(lambda: ticks(jobs), "an instant fired")
        (tmp_path / "shop.py").write_text(APPLICATION.replace("VERSION", "another"))
        until(lambda: (found := nodes(jobs)) and len(found) == 1 and found[0].uid != first.uid, "another worker alone")
        before = len(ticks(jobs))
        until(lambda: len(ticks(jobs)) > before, "it fires")
        server.send_signal(signal.SIGINT)
        server.wait(WAIT_S)
        assert nodes(jobs) == []
        assert "Traceback" not in (tmp_path / "server.log").read_text()


def nodes(jobs: Jobs) -> list[Any]:
    """The workers that live."""
    return [node for node in jobs.store.reader.call(jobs.store.reader.nodes()) if node.state == "active"]


def ticks(jobs: Jobs) -> list[Any]:
    """The instants that were judged."""
    reader = jobs.store.reader
    return [tick for row in reader.call(reader.schedules()) for tick in reader.call(reader.ticks(row.id))]

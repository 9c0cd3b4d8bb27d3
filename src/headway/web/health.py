"""Whether this process lives, and whether it can do its work: for whoever starts processes and sends them requests."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from headway.web.guard import with_headers

if TYPE_CHECKING:
    from headway.client.jobs import Jobs

log = logging.getLogger("headway.web")

ANSWER_SECONDS: Final = 2
"""A store that does not answer in this time is not ready."""
RETRY_SECONDS: Final = 1
UNAVAILABLE: Final = 503


class Health(Starlette):
    """`app.mount("/health", health(jobs))`: `/healthz` and `/readyz` below it. Open to everybody, as they say nothing more.

    `/healthz`: the process answers. `/readyz`: `ready` (such as a worker's start) says yes, `working` says that what goes on
    in this process besides still does (`lambda: worker.is_working`), and the store can be read and has the tables of this
    version; else 503 with Retry-After, and `waits_for` says which.
    """

    def __init__(
        self, jobs: Jobs, *, ready: Callable[[], bool] | None = None, working: Callable[[], bool] | None = None
    ) -> None:
        """With the jobs whose store is asked."""
        super().__init__(routes=[Route("/healthz", self._lives), Route("/readyz", self._is_ready)])
        self.router.redirect_slashes = False
        self._jobs = jobs
        self._ready = ready
        self._working = working

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        await super().__call__(scope, receive, with_headers(send) if scope["type"] == "http" else send)

    async def _lives(self, _request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def _is_ready(self, _request: Request) -> Response:
        if self._ready is not None and not self._ready():
            return _not_yet("starting")
        if self._working is not None and not self._working():
            return _not_yet("worker")
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await asyncio.to_thread(self._open)
        except Exception as error:  # noqa: BLE001 - whatever it is: not ready
            log.warning("not ready: %s: %s", type(error).__name__, error)
            return _not_yet("store")
        return JSONResponse({"status": "ready"})

    def _open(self) -> None:
        """Opens the store if it is not, which looks at its tables, and reads something of it."""
        reader = self._jobs.store.reader
        reader.call(reader.version())


def health(jobs: Jobs, *, ready: Callable[[], bool] | None = None, working: Callable[[], bool] | None = None) -> Health:
    """`/healthz` and `/readyz` as an application to be mounted; `ready` says when start-up is done, `working` that nothing broke since."""
    return Health(jobs, ready=ready, working=working)


def _not_yet(why: str) -> Response:
    return JSONResponse(
        {"status": "unavailable", "waits_for": why}, UNAVAILABLE, headers={"Retry-After": str(RETRY_SECONDS)}
    )

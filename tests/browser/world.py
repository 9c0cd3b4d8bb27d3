"""The worlds that the pages are looked at in: made up once in a run, and copied for each test, which may do with it what it likes."""

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route

from headway import Jobs
from headway.web import Look, Permission, Viewer, admin
from tests.browser import hostile, present, usual
from tests.browser.served import served
from tests.browser.shop import Shop

MOUNT = "/office/background-jobs"
"""No page may think that it is at the root."""
VIEWER = Viewer(name="ann", permissions=frozenset(Permission))
LOOKER = Viewer(name="ben", permissions=frozenset({Permission.VIEW}))


async def _front(_request: Request) -> Response:
    """The application that the pages are mounted in."""
    return PlainTextResponse("The shop")


BEAT_SECONDS = 5


class Kind(StrEnum):
    """How a world is furnished."""

    EMPTY = "empty"
    """Nothing has ever happened."""
    USUAL = "usual"
    """A bookshop after two months."""
    HOSTILE = "hostile"
    """Everything was written by somebody who means harm."""


def make(kind: Kind, folder: Path) -> None:
    """Make up the store of a world."""
    now = datetime.now(UTC)
    match kind:
        case Kind.EMPTY:
            with Jobs(folder) as jobs:
                jobs.counts()
        case Kind.USUAL:
            usual.make(folder, now)
            present.stand(folder)
        case Kind.HOSTILE:
            hostile.make(folder, now)


class Pause:
    """How bodies of live workers let time pass: really, but scaled, and no longer than the test."""

    def __init__(self) -> None:
        self.scale = 1.0
        self._over = threading.Event()

    def __call__(self, seconds: float) -> None:
        self._over.wait(seconds * self.scale)

    def end(self) -> None:
        """Nobody waits any more."""
        self._over.set()


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A store that is served."""

    kind: Kind
    jobs: Jobs
    shop: Shop
    pause: Pause
    host: str
    """Where the application is."""

    @property
    def address(self) -> str:
        """Where the pages are, without a slash at the end."""
        return self.host + MOUNT


@contextmanager
def beating(jobs: Jobs) -> Iterator[None]:
    """Let the machines that are at work give signs of life, and let schedules fire, as their processes would."""
    over = threading.Event()
    store = jobs.store
    nodes = [node.id for node in store.reader.call(store.reader.nodes()) if node.state == "active"]

    def beat() -> None:
        while nodes:
            for node in nodes:
                store.call(store.beat(node, lease_us=present.LEASE_US))
            store.call(store.fire(jobs.app))
            if over.wait(BEAT_SECONDS):
                return

    thread = threading.Thread(target=beat, name="browser-beats")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@contextmanager
def opened(
    kind: Kind, seed: Path, folder: Path, *, viewer: Viewer = VIEWER, allow: Any = None, **options: Any
) -> Iterator[World]:
    """A copy of a made-up store, and its pages, served: to this viewer, or to whom a gate lets in."""
    shutil.copytree(seed, folder)
    pause = Pause()
    with Jobs(folder) as jobs:
        shop = Shop(jobs=jobs, spend=pause)
        jobs.store.call(jobs.store.resume_claims())  # a copy starts held
        look = Look(title="Harbour Books", back="/", back_label="Back to the shop")
        pages = admin(jobs, allow=allow or (lambda _request: viewer), look=look, **options)
        app = Starlette(routes=[Mount(MOUNT, pages), Route("/", _front), Route("/favicon.ico", _front)])
        try:
            with served(app) as host, beating(jobs):
                yield World(kind=kind, jobs=jobs, shop=shop, pause=pause, host=host)
        finally:
            pause.end()

"""A console over a store whose time stands still, seen by a manager and by a viewer."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from headway import Jobs
from headway.testing import FakeClock, World, manual
from headway.web import Permission, Viewer, admin

ROOT = "/admin/jobs"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
PEOPLE = {
    "ann": Viewer(name="ann", permissions=frozenset({Permission.MANAGE})),
    "vic": Viewer(name="vic", permissions=frozenset({Permission.VIEW})),
}
Site = Callable[..., TestClient]


@pytest.fixture
def jobs(tmp_path: Path) -> Iterator[Jobs]:
    with Jobs(tmp_path / "store") as jobs:
        yield jobs


@pytest.fixture
def world(jobs: Jobs) -> Iterator[World]:
    """Its clock stands at noon; jobs run when the test says so."""
    with manual(jobs, clock=FakeClock(NOON)) as world:
        yield world


@pytest.fixture
def site(jobs: Jobs) -> Iterator[Site]:
    """Makes a client of the pages: who looks, and options of the console."""

    def made(who: str = "ann", **options) -> TestClient:
        app = Starlette(routes=[Mount(ROOT, admin(jobs, allow=lambda _: PEOPLE[who], **options))])
        return TestClient(app, base_url="http://jobs.example" + ROOT + "/", headers={"Sec-Fetch-Site": "same-origin"})

    return made


@pytest.fixture
def ann(site: Site, world: World) -> TestClient:
    """Who may manage."""
    return site("ann")


@pytest.fixture
def vic(site: Site, world: World) -> TestClient:
    """Who may only look."""
    return site("vic")

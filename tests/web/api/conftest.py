"""An API mounted in an application, as programs find it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from headway import Jobs
from headway.web import Permission, Viewer, api


def greet(name: str, times: int = 1) -> str:
    """Say hello."""
    return name * times


def leave(name: str) -> None:
    """Say goodbye."""


@dataclass(frozen=True)
class Site:
    """Jobs, and a program that asks for them."""

    jobs: Jobs
    web: TestClient

    def get(self, path: str, **query: Any) -> Any:
        """What is answered, when all is well."""
        found = self.web.get(f"/api/jobs{path}", params=query)
        assert found.status_code == 200, found.text
        return found.json()

    def post(self, path: str, body: Any = None, *, status: int = 200, method: str = "POST") -> Any:
        """The answer to a change."""
        found = self.web.request(method, f"/api/jobs{path}", json=body)
        assert found.status_code == status, found.text
        return found.json() if found.content else None

    def problem(self, path: str, method: str = "GET", **request: Any) -> tuple[int, str, str]:
        """Status, type and detail of what could not be done."""
        found = self.web.request(method, f"/api/jobs{path}", **request)
        assert found.headers["content-type"] == "application/problem+json", found.text
        told = found.json()
        assert told["status"] == found.status_code
        return found.status_code, told["type"].removeprefix("urn:headway:"), told["detail"]


@pytest.fixture
def jobs(tmp_path: Path) -> Iterator[Jobs]:
    with Jobs(tmp_path / "store") as jobs:
        jobs.job(name="greet", redact=["times"])(greet)
        jobs.job(name="leave")(leave)
        yield jobs


@pytest.fixture
def site(jobs: Jobs) -> Site:
    return site_of(jobs, expose=["greet"])


def site_of(jobs: Jobs, **options: Any) -> Site:
    ann = Viewer(name="ann", permissions=frozenset(Permission))
    outer = Starlette(routes=[Mount("/api/jobs", api(jobs, allow=lambda _: ann, **options))])
    return Site(jobs, TestClient(outer, headers={"X-Requested-With": "test"}))

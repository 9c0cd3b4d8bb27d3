"""What no route takes: a page says so to people, the API in its own shape."""

from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from headway import Jobs
from headway.web import admin, api


@pytest.fixture
def web(tmp_path: Path):
    with Jobs(tmp_path / "store") as jobs:
        routes = [Mount("/api/jobs", api(jobs)), Mount("/admin/jobs", admin(jobs))]
        yield TestClient(Starlette(routes=routes))


@pytest.mark.parametrize("path", ["/admin/jobs/nowhere", "/admin/jobs/jobs/1/2/3", "/admin/jobs/static/nothing.css"])
def test_a_page_that_is_not_there_is_told_on_a_page(web: TestClient, path: str) -> None:
    answer = web.get(path)

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"]
    assert "<h1>" in answer.text


@pytest.mark.parametrize("path", ["/admin/jobs/api/nowhere/at/all", "/api/jobs/nowhere/at/all"])
def test_an_operation_that_is_not_there_is_a_problem(web: TestClient, path: str) -> None:
    answer = web.get(path)

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_method_that_a_page_does_not_take_is_told_on_a_page(web: TestClient) -> None:
    answer = web.delete("/admin/jobs/jobs")

    assert answer.status_code == 405
    assert answer.headers["content-type"] == "text/html; charset=utf-8"

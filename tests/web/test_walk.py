"""The walking skeleton: a job is seen and cancelled through the API and through a page."""

from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from headway import Jobs, State
from headway.web import admin, api


def greet(name: str) -> str:
    return name


@pytest.fixture
def jobs(tmp_path: Path):
    with Jobs(tmp_path / "store") as jobs:
        yield jobs


@pytest.fixture
def web(jobs: Jobs):
    outer = Starlette(
        routes=[
            Mount("/api/jobs", api(jobs, allow=lambda _: True)),
            Mount("/admin/jobs", admin(jobs, allow=lambda _: True)),
            Mount("/closed", admin(jobs)),
        ]
    )
    return TestClient(outer, headers={"X-Requested-With": "test", "Origin": "http://testserver"})


def test_a_job_is_seen_and_cancelled_through_the_api(jobs: Jobs, web: TestClient) -> None:
    ref = jobs.job(name="greet")(greet).enqueue("<script>")
    assert web.get(f"/api/jobs/{ref.id}").json()["arguments"] == {"name": "<script>"}
    assert web.post(f"/api/jobs/{ref.id}/cancel").json()["outcome"] == "cancelled"
    assert ref.status().state is State.CANCELLED
    assert web.post(f"/api/jobs/{ref.id}/cancel").status_code == 409
    assert web.get("/api/jobs/999").json()["type"] == "urn:headway:job-not-found"


def test_a_job_is_seen_and_cancelled_through_a_page(jobs: Jobs, web: TestClient) -> None:
    ref = jobs.job(name="greet")(greet).enqueue("<script>")
    page = web.get(f"/admin/jobs/jobs/{ref.id}")
    assert page.status_code == 200
    assert "&lt;script&gt;" in page.text
    assert "<script>" not in page.text
    answer = web.post(f"/admin/jobs/jobs/{ref.id}/cancel", follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/admin/jobs/jobs/{ref.id}"
    assert ref.status().state is State.CANCELLED


def test_without_a_gate_the_pages_are_closed(jobs: Jobs, web: TestClient) -> None:
    assert web.get("/closed/jobs/1").status_code == 403


def test_a_change_that_another_site_asks_for_is_refused(jobs: Jobs, web: TestClient) -> None:
    answer = web.post("/admin/jobs/jobs/1/cancel", headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403

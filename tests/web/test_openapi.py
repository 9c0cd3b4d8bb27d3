"""The published description: whole, valid, true wherever the API is mounted, and what is asked by it is answered by it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.python import asgi
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from headway import Jobs
from headway.web import Permission, Viewer, admin, api
from headway.web.api.table import ROUTES

ANN = Viewer(name="ann", permissions=frozenset(Permission))


def greet(name: str, times: int = 1) -> str:
    return name * times


@pytest.fixture(scope="module")
def jobs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jobs]:
    with Jobs(tmp_path_factory.mktemp("openapi") / "store", durability="relaxed") as jobs:
        greets = jobs.job(name="greet")(greet)
        jobs.add_recurring("nightly", "0 2 * * *", greets.call("x"))
        batch = jobs.open_batch("big")
        for number in range(5):
            batch.enqueue(greets.call(str(number)))
        greets.enqueue("z").cancel()
        yield jobs


def document(app: Any, path: str, **options: Any) -> dict[str, Any]:
    found = TestClient(app, **options).get(path)
    assert found.status_code == 200
    told: dict[str, Any] = found.json()
    return told


@pytest.fixture(scope="module")
def told(jobs: Jobs) -> dict[str, Any]:
    return document(api(jobs, allow=lambda _: ANN), "/openapi.json")


def operations(told: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in told["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def test_each_route_is_in_it_with_its_permission(told: dict[str, Any]) -> None:
    described = {(method, path): one["x-permission"] for method, path, one in operations(told)}
    assert described == {(route.method, route.path.replace(":path", "")): route.permission for route in ROUTES}
    names = [one["operationId"] for _, _, one in operations(told)]
    assert len(names) == len(set(names)) == len(ROUTES)


def test_each_operation_says_what_it_answers_and_how_it_refuses(told: dict[str, Any]) -> None:
    for method, path, one in operations(told):
        answers = one["responses"]
        assert any(status.startswith("2") for status in answers), (method, path)
        for status in ("400", "401", "403", "404", "default"):
            assert "application/problem+json" in answers[status]["content"], (method, path, status)
        assert one["summary"]
        assert one["tags"]


@pytest.mark.parametrize(
    ("mounted", "root_path", "server"),
    [("/api/jobs", "", "/api/jobs"), ("/api/jobs", "/behind/a/proxy", "/behind/a/proxy/api/jobs"), ("", "", "/")],
)
def test_it_says_where_the_api_is(jobs: Jobs, mounted: str, root_path: str, server: str) -> None:
    app = api(jobs, allow=lambda _: ANN)
    outer = Starlette(routes=[Mount(mounted, app)]) if mounted else app
    assert document(outer, f"{root_path}{mounted}/openapi.json", root_path=root_path)["servers"] == [{"url": server}]
    pages = Starlette(routes=[Mount("/admin", admin(jobs, allow=lambda _: ANN))])
    assert document(pages, "/admin/api/openapi.json")["servers"] == [{"url": "/admin/api"}]


@pytest.mark.timeout(90)  # the rules of the whole format, in plain Python
def test_it_is_a_valid_description_without_loose_ends(told: dict[str, Any]) -> None:
    schemathesis.openapi.from_dict(told).validate()
    text = json.dumps(told)
    for name in told["components"]["schemas"]:
        assert f"#/components/schemas/{name}" in text, name
    assert "headway.web" not in text


EXAMPLES = {GenerationMode.POSITIVE: 3, GenerationMode.NEGATIVE: 2}
CHECKS = [
    not_a_server_error,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
]
APART = {"followJobs", "followJob", "getOpenapi"}
"""Streams do not end by themselves (tests/web/api/test_events.py listens to them); the description is what is read here."""
REAL: list[tuple[str, dict[str, Any]]] = [
    ("listJobs", {}),
    ("listJobs", {"query": {"q": "state:queued", "pageSize": 2, "sort": "-due"}}),
    ("getJob", {"path_parameters": {"id": "1"}}),
    ("listLines", {"path_parameters": {"id": "1"}}),
    ("getLog", {"path_parameters": {"id": "1"}}),
    ("explainJob", {"path_parameters": {"id": "2"}}),
    ("getCounts", {}),
    ("getThroughput", {"query": {"hours": 1}}),
    ("getHandlerFigures", {}),
    ("getQueueFigures", {}),
    ("getMonths", {}),
    ("getFailures", {}),
    ("listActs", {}),
    ("getMe", {}),
    ("listHandlers", {}),
    ("getHandler", {"path_parameters": {"name": "greet"}}),
    ("getHandlerSchema", {"path_parameters": {"name": "greet"}}),
    ("listQueues", {}),
    ("getQueue", {"path_parameters": {"name": "mail"}}),
    ("listNodes", {}),
    ("listBatches", {}),
    ("getBatch", {"path_parameters": {"name": "big"}}),
    ("listSchedules", {}),
    ("getSchedule", {"path_parameters": {"id": "nightly"}}),
    ("getScheduler", {}),
    ("previewTimetable", {"query": {"when": "0 2 * * *"}}),
    ("reviseJob", {"path_parameters": {"id": "2"}, "body": {"priority": 3}}),
    ("cancelJob", {"path_parameters": {"id": "2"}}),
    ("retryJob", {"path_parameters": {"id": "2"}}),
    ("enqueueJob", {"body": {"name": "greet", "arguments": {"name": "x"}}}),
    ("actOnJobs", {"body": {"action": "cancel", "filter": "state:queued", "limit": 1, "dryRun": True}}),
    ("toggleSchedule", {"path_parameters": {"id": "nightly"}}),
    ("runSchedule", {"path_parameters": {"id": "nightly"}, "body": {"force": True}}),
    ("reviseSchedule", {"path_parameters": {"id": "nightly"}, "body": {"when": "every 90s"}}),
    ("limitQueue", {"path_parameters": {"name": "mail"}, "body": {"size": 3}}),
    ("pauseQueue", {"path_parameters": {"name": "mail"}}),
    ("pauseScheduler", {}),
    ("cancelBatch", {"path_parameters": {"name": "big"}}),
    ("replayJob", {"path_parameters": {"id": "3"}}),
    ("deleteJob", {"path_parameters": {"id": "4"}}),
    ("removeSchedule", {"path_parameters": {"id": "nightly"}}),
]
"""Operations on what is really there, in this order."""


@dataclass(frozen=True)
class Asking:
    """The operations by their names, and whom they are asked of."""

    operations: dict[str, Any]
    client: Any


@pytest.fixture(scope="module")
def asking(jobs: Jobs) -> Iterator[Asking]:
    app = api(jobs, allow=lambda _: ANN, expose=["greet"])
    schema = schemathesis.openapi.from_asgi("/openapi.json", app)
    found = [result.ok() for result in schema.get_all_operations()]
    with asgi.get_client(app) as client:
        yield Asking({one.definition.raw["operationId"]: one for one in found}, client)


def test_what_is_there_is_told_as_described(asking: Asking) -> None:
    for name, given_ in REAL:
        case = asking.operations[name].Case(**{"headers": {"X-Requested-With": "test"}, **given_})
        answer = case.call(session=asking.client)
        assert 200 <= answer.status_code < 300, (name, answer.content)
        case.validate_response(answer, checks=CHECKS)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize("name", sorted(route.name for route in ROUTES if route.name not in APART))
def test_whatever_is_asked_is_answered_as_described(asking: Asking, name: str, mode: GenerationMode) -> None:
    operation = asking.operations[name]
    if mode is GenerationMode.NEGATIVE and not operation.body and not operation.query and not operation.path_parameters:
        assert name.startswith(("get", "list", "pause", "resume"))
        return
    cases = operation.as_strategy(generation_mode=mode)

    @settings(
        max_examples=EXAMPLES[mode],
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(cases)
    def ask(case: Any) -> None:
        case.validate_response(case.call(session=asking.client), checks=CHECKS)

    ask()

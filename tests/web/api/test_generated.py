"""A client that is generated from the published description, and knows nothing else, does the work of one written by hand."""

import json
from collections.abc import Iterator, Mapping
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import jsonschema_rs
import pytest
from schemathesis.specs.openapi.definitions import OPENAPI_31

from headway import Worker
from tests.acceptance.moments import until
from tests.web.api.conftest import Site
from tests.web.api.generator import generated, named

DIALECT = "https://json-schema.org/draft/2020-12/schema"
SCHEMAS = "#/components/schemas/"


@pytest.fixture
def document(site: Site) -> dict[str, Any]:
    found: dict[str, Any] = site.get("/openapi.json")
    return found


@pytest.fixture
def module(document: dict[str, Any], tmp_path: Path) -> ModuleType:
    file = tmp_path / "generated_client.py"
    file.write_text(generated(document), encoding="utf-8")
    spec = spec_from_file_location(file.stem, file)
    assert spec is not None
    assert spec.loader is not None
    made = module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


@pytest.fixture
def client(module: ModuleType, site: Site) -> Any:
    site.web.headers.clear()  # what a request needs is in the description

    def send(method: str, url: str, headers: dict[str, str], body: bytes) -> tuple[int, Mapping[str, str], bytes]:
        answer = site.web.request(method, url, headers=headers, content=body)
        return answer.status_code, answer.headers, answer.content

    return module.Client(send)


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for operation in methods.values():
            yield path, operation


def schemas(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Each that stands in it, of a component, a parameter, a body, an answer or a header."""
    yield from document["components"]["schemas"].values()
    for _, operation in operations(document):
        yield from (one["schema"] for one in operation["parameters"])
        for one in (operation.get("requestBody", {}), *operation["responses"].values()):
            yield from (content["schema"] for content in one.get("content", {}).values())
            yield from (header["schema"] for header in one.get("headers", {}).values())


def parts(node: Any) -> Iterator[dict[str, Any]]:
    """Every object within it."""
    if isinstance(node, dict):
        yield node
    for one in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from parts(one)


# -- the client ------------------------------------------------------------------------------------------------------


def test_each_operation_is_a_method_of_it(client: Any, document: dict[str, Any]) -> None:
    methods = {name for name in vars(type(client)) if not name.startswith("_")}
    assert methods == {named(operation["operationId"]) for _, operation in operations(document)}
    assert {"list_jobs", "get_job", "enqueue_job", "cancel_job", "retry_job", "act_on_jobs"} <= methods


def test_a_job_is_enqueued_polled_to_its_end_listed_and_looked_at(client: Any, site: Site) -> None:
    accepted = client.enqueue_job({"name": "greet", "arguments": {"name": "ab", "times": 2}, "tags": ["red"]})
    assert client.get_job(accepted["id"])["state"] == "queued"
    with Worker(site.jobs, concurrency=1):
        ended = until(
            lambda: (found := client.get_job(accepted["id"]))["state"] == "completed" and found, "it completes"
        )
    assert (ended["result"], ended["tags"]) == ("abab", ["red"])
    assert [one["id"] for one in client.list_jobs(state="completed", tag="red", page_size=5)["items"]] == [ended["id"]]
    assert client.list_jobs(q="state:failed")["items"] == []
    assert client.get_counts()["states"]["completed"] == 1


def test_a_job_is_cancelled_and_retried(client: Any, site: Site) -> None:
    later = client.enqueue_job({"name": "greet", "arguments": {"name": "a"}, "runAfter": "2h"})["id"]
    client.cancel_job(later)
    assert client.get_job(later)["state"] == "cancelled"
    client.retry_job(later)
    with Worker(site.jobs, concurrency=1):
        until(lambda: client.get_job(later)["state"] == "completed", "it completes")


def test_many_jobs_are_acted_on_at_once(client: Any) -> None:
    made = [client.enqueue_job({"name": "greet", "arguments": {"name": str(one)}})["id"] for one in range(3)]
    asked = {"action": "cancel", "filter": "state:queued"}
    assert client.act_on_jobs({**asked, "dryRun": True})["done"] == 3
    assert client.get_counts()["states"]["queued"] == 3
    answered = client.act_on_jobs(asked)
    assert (answered["done"], {one["id"] for one in answered["results"]}) == (3, set(made))
    assert client.act_on_jobs({"action": "retry", "ids": made[:2]})["done"] == 2


def test_what_cannot_be_done_is_a_problem_with_its_words(client: Any, module: ModuleType) -> None:
    with pytest.raises(module.Refused, match="job-not-found") as refused:
        client.get_job(999)
    assert refused.value.status == 404
    with pytest.raises(module.Refused, match="did you mean 'name'"):
        client.enqueue_job({"name": "greet", "arguments": {"nam": "x"}})
    with pytest.raises(TypeError, match="unexpected keyword argument 'pagesize'"):
        client.list_jobs(pagesize=5)


# -- the description, by the rules -----------------------------------------------------------------------------------


def test_it_keeps_the_rules_of_the_format_and_each_schema_those_of_its_dialect(document: dict[str, Any]) -> None:
    jsonschema_rs.Draft202012Validator(OPENAPI_31, validate_formats=True).validate(document)
    assert "jsonSchemaDialect" not in document
    for one in schemas(document):
        jsonschema_rs.meta.validate({"$schema": DIALECT, **one})


def test_schemas_say_nothing_that_no_reader_knows(document: dict[str, Any]) -> None:
    known = {
        "$ref", "additionalProperties", "anyOf", "const", "default", "description", "enum", "examples",
        "exclusiveMinimum", "format", "items", "maxItems", "maxLength", "maximum", "minItems", "minLength", "minimum", "pattern", "properties",
        "required", "title", "type",
    }  # fmt: skip
    for one in schemas(document):
        for part in schema_parts(one):
            assert part.keys() <= known, part
            assert set(part.get("required", ())) <= set(part.get("properties", ())), part
            whole = {**part, "components": document["components"]}
            for value in (*part.get("examples", ()), *([part["default"]] if "default" in part else ())):
                jsonschema_rs.Draft202012Validator(whole).validate(value)


def schema_parts(schema: Any) -> Iterator[dict[str, Any]]:
    """A schema and those within it; the names of its properties are no keywords."""
    if not isinstance(schema, dict):
        return
    yield schema
    within = [*schema.get("properties", {}).values(), *schema.get("anyOf", ())]
    for one in (*within, schema.get("items"), schema.get("additionalProperties")):
        yield from schema_parts(one)


def test_every_reference_leads_somewhere_and_every_tag_and_scheme_is_declared(document: dict[str, Any]) -> None:
    for part in parts(document):
        if "$ref" in part:
            assert part["$ref"].removeprefix(SCHEMAS) in document["components"]["schemas"], part
    declared = [one["name"] for one in document["tags"]]
    assert sorted({tag for _, one in operations(document) for tag in one["tags"]}) == sorted(declared)
    assert {name for one in document["security"] for name in one} == set(document["components"]["securitySchemes"])
    assert json.loads(json.dumps(document, allow_nan=False)) == document


def test_addresses_and_parameters_fit_each_other(document: dict[str, Any]) -> None:
    shapes = [
        "/".join("{}" if word.startswith("{") else word for word in path.split("/")) for path in document["paths"]
    ]
    assert len(shapes) == len(set(shapes)), "two addresses that differ in the names of their parameters alone"
    for path, operation in operations(document):
        given = [(one["in"], one["name"]) for one in operation["parameters"]]
        assert len(given) == len(set(given)), path
        in_path = {word[1:-1] for word in path.split("/") if word.startswith("{")}
        assert {name for place, name in given if place == "path"} == in_path, path
        assert all(one["required"] for one in operation["parameters"] if one["in"] == "path"), path

"""The published description of the API (OpenAPI 3.1), made from the table of routes and from what each operation says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from http import HTTPStatus
from typing import Any, Final

import msgspec

from headway.model.version import VERSION
from headway.web.api.operation import JSON, Operation
from headway.web.guard import SAFE
from headway.web.problems import MEDIA_TYPE
from headway.web.route import Route

OPENAPI: Final = "3.1.0"
REF: Final = "#/components/schemas/{name}"
SCHEMAS: Final = "#/components/schemas/"
PROBLEM: Final = "Problem"
PATH_MAX: Final = 200
"""Characters of a name in an address."""
EACH: Final = (400, 401, 403, 404)
"""Problems that each operation may answer with."""
BY_CHANGES: Final = (413, 415)
DESCRIPTION: Final = (
    "Everything is asked for within one app: `app` names another one, where several are shown. Moments are ISO 8601 in UTC, "
    "durations are seconds. What could not be done is answered with problem details (RFC 9457), whose `type` is a word "
    "that stays. A change needs a header that a form cannot send: a JSON body, Authorization or X-Requested-With."
)
APP: Final = "app"


class Problem(msgspec.Struct, kw_only=True):
    """What went wrong, for programs (RFC 9457)."""

    type: str
    """urn:headway:job-not-found"""
    title: str
    status: int
    detail: str


Document = dict[str, Any]


def published(described: Document, *, title: str, server: str) -> Document:
    """The description, as it is to be published under this address."""
    info = {"title": title, "version": VERSION, "description": DESCRIPTION}
    return {"openapi": OPENAPI, "info": info, "servers": [{"url": server or "/"}], **described}


def described(routes: Sequence[Route]) -> Document:
    """What is the same wherever the API is mounted. It takes some 40 ms to make."""
    table = [(route, route.operation) for route in routes if route.operation is not None]
    schemas = _Schemas(one for _, operation in table for one in _types(operation))
    paths: Document = {}
    for route, operation in table:
        paths.setdefault(route.path.replace(":path}", "}"), {})[route.method.lower()] = _operation(
            route, operation, schemas
        )
    return {
        "security": [{"bearer": []}, {}],
        "tags": [{"name": name} for name in dict.fromkeys(operation.tag for _, operation in table)],
        "paths": paths,
        "components": {
            "schemas": schemas.components(),
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A token of the built-in login; an application that says itself who may do what may ask for something else.",
                }
            },
        },
    }


class _Schemas:
    """The schemas of all types, made together so that each has one name."""

    def __init__(self, types: Iterable[Any]) -> None:
        unlike: list[Any] = []
        for one in (Problem, *types):
            if one not in unlike:
                unlike.append(one)
        self._types = unlike
        self._schemas, self._components = msgspec.json.schema_components(unlike, ref_template=REF)
        self._inlined: set[str] = set()

    def of(self, one: Any) -> Document:
        """The schema of a type."""
        found: Document = self._schemas[self._types.index(one)]
        return found

    def parameters(self, one: Any) -> Iterator[Document]:
        """The fields of a struct as parameters of a query; it is no component then."""
        name = self.of(one)["$ref"].removeprefix(SCHEMAS)
        self._inlined.add(name)
        whole = self._components[name]
        needed = set(whole.get("required", ()))
        for field, schema in whole["properties"].items():
            said = {key: schema[key] for key in ("description",) if key in schema}
            yield {"name": field, "in": "query", "required": field in needed, "schema": schema, **said}

    def components(self) -> Document:
        """All that are referred to."""
        return {name: schema for name, schema in sorted(self._components.items()) if name not in self._inlined}


def _types(operation: Operation) -> Iterator[Any]:
    yield from (one for one in (operation.query, operation.body) if one is not None)
    yield from (one for one in operation.answers.values() if one is not None)


def _operation(route: Route, operation: Operation, schemas: _Schemas) -> Document:
    said: Document = {
        "operationId": route.name,
        "summary": operation.summary,
        "tags": [operation.tag],
        "x-permission": None if route.permission is None else route.permission.value,
        "parameters": list(_parameters(route, operation, schemas)),
        "responses": dict(_responses(route, operation, schemas)),
    }
    if operation.body is not None:
        content = {JSON: {"schema": schemas.of(operation.body)}}
        said["requestBody"] = {"required": operation.body_needed, "content": content}
    return said


def _parameters(route: Route, operation: Operation, schemas: _Schemas) -> Iterator[Document]:
    for word in route.path.split("/"):
        if word.startswith("{"):
            text = {"type": "string", "minLength": 1, "maxLength": PATH_MAX}
            yield {"name": word[1:-1].partition(":")[0], "in": "path", "required": True, "schema": text}
    if operation.query is not None:
        yield from schemas.parameters(operation.query)
    yield {"name": APP, "in": "query", "required": False, "schema": {"type": "string", "maxLength": PATH_MAX}}
    if route.method not in SAFE and (operation.body is None or not operation.body_needed):
        text = {"type": "string", "minLength": 1, "default": "headway", "pattern": "^[A-Za-z]+$"}
        yield {"name": "X-Requested-With", "in": "header", "required": True, "schema": text}


def _responses(route: Route, operation: Operation, schemas: _Schemas) -> Iterator[tuple[str, Document]]:
    for status, kind in operation.answers.items():
        answer: Document = {"description": HTTPStatus(status).phrase}
        if kind is not None:
            answer["content"] = {operation.media: {"schema": schemas.of(kind)}}
        headers = {
            name: {"description": text, "schema": {"type": "string"}}
            for at, name, text in operation.headers
            if at == status
        }
        yield str(status), {**answer, **({"headers": headers} if headers else {})}
    problems = {*EACH, *operation.problems, *(() if route.method in SAFE else BY_CHANGES)}
    problem = {MEDIA_TYPE: {"schema": schemas.of(Problem)}}
    for status in sorted(problems):
        yield str(status), {"description": HTTPStatus(status).phrase, "content": problem}
    yield "default", {"description": "Another problem", "content": problem}

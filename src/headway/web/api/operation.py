"""What the published description says of an operation of the API, and how one is answered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from starlette.responses import Response

from headway.web.access import Permission
from headway.web.route import Kind, Route
from headway.web.visit import Visit

JSON: Final = "application/json"
TEXT: Final = "text/plain"
EVENTS: Final = "text/event-stream"
SCHEMA: Final = "application/schema+json"

Run = Callable[[Visit], Awaitable[Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation."""

    summary: str
    tag: str
    query: Any = None
    """A msgspec Struct: each field a parameter of the query."""
    body: Any = None
    body_needed: bool = True
    answers: Mapping[int, Any] = field(default_factory=dict)
    """The type of each answer that is no problem; None for one without a body."""
    media: str = JSON
    headers: tuple[tuple[int, str, str], ...] = ()
    """Headers that an answer has: its status, their name, what they say."""
    problems: tuple[int, ...] = ()
    """Which problems it may answer with besides those that each may."""


def look(path: str, name: str, run: Run, operation: Operation) -> Route:
    """An operation that changes nothing."""
    return Route(
        method="GET", path=path, permission=Permission.VIEW, run=run, kind=Kind.API, name=name, operation=operation
    )


def change(method: str, path: str, name: str, run: Run, operation: Operation) -> Route:
    """An operation that changes something."""
    return Route(
        method=method, path=path, permission=Permission.MANAGE, run=run, kind=Kind.API, name=name, operation=operation
    )


def answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A value as JSON."""
    return Response(msgspec.json.encode(value), status, headers, media_type=JSON)


def nothing() -> Response:
    """It is done, and there is nothing to say."""
    return Response(status_code=204)


def address(visit: Visit, path: str) -> str:
    """The address of a path of the API, wherever it is mounted; `path` begins with a slash."""
    root: str = visit.request.scope.get("root_path", "")
    return f"{root.rstrip('/')}{path}"

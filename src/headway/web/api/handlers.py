"""Handlers: what there is to run, and what it takes."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from starlette.responses import Response

from headway.web.api.operation import SCHEMA, Operation, answer, look
from headway.web.api.shapes.base import Shape
from headway.web.desk import handlers as desk
from headway.web.visit import Visit

TAG: Final = "handlers"


class HandlerItem(Shape, frozen=True, kw_only=True):
    """A name under which jobs run. What only its code says is null where that is not known here."""

    name: str
    is_known: bool
    """Whether its code is known here."""
    is_exposed: bool
    """Whether its jobs may be enqueued by `POST /`."""
    nodes: int
    """How many processes that work know it."""
    summary: str
    aliases: list[str]
    module: str | None
    queue: str | None
    priority: int | None
    retries: int | None
    timeout_seconds: float | None
    run_in: str | None
    tags: list[str]
    worker: str | None
    max_concurrency: int | None
    rate_starts: int | None
    rate_per_seconds: float | None


class HandlerAnswer(HandlerItem, frozen=True, kw_only=True):
    """A handler with what it takes."""

    arguments: dict[str, Any] | None
    """The JSON schema of its arguments."""


async def listed(visit: Visit) -> Response:
    """All handlers by name."""
    return answer([HandlerItem(**_item(row)) for row in await desk.listed(visit)])


async def one(visit: Visit) -> Response:
    """One handler."""
    row = await desk.one(visit, visit.request.path_params["name"])
    form = None if row.handler is None else desk.form(visit, row.name)
    return answer(HandlerAnswer(**_item(row), arguments=form))


async def schema(visit: Visit) -> Response:
    """The JSON schema of its arguments."""
    form = desk.form(visit, visit.request.path_params["name"])
    return Response(msgspec.json.encode(form), media_type=SCHEMA)


def _item(row: desk.HandlerRow) -> dict[str, Any]:
    handler = row.handler
    rate = None if handler is None else handler.rate_limit
    timeout = None if handler is None else handler.timeout
    return {
        "name": row.name,
        "is_known": handler is not None,
        "is_exposed": row.exposed,
        "nodes": row.nodes,
        "summary": row.summary,
        "aliases": [] if handler is None else list(handler.aliases),
        "module": None if handler is None else handler.module,
        "queue": None if handler is None else handler.queue,
        "priority": None if handler is None else handler.priority,
        "retries": None if handler is None else handler.retries,
        "timeout_seconds": None if timeout is None else timeout.total_seconds(),
        "run_in": None if handler is None else handler.run_in.value,
        "tags": [] if handler is None else list(handler.tags),
        "worker": None if handler is None else handler.worker,
        "max_concurrency": None if handler is None else handler.max_concurrency,
        "rate_starts": None if rate is None else rate.starts,
        "rate_per_seconds": None if rate is None else rate.per.total_seconds(),
    }


ROUTES: Final = (
    look(
        "/handlers",
        "listHandlers",
        listed,
        Operation(summary="What there is to run", tag=TAG, answers={200: list[HandlerItem]}),
    ),
    look(
        "/handlers/{name:path}/schema",
        "getHandlerSchema",
        schema,
        Operation(
            summary="The JSON schema of a handler's arguments",
            tag=TAG,
            answers={200: dict[str, Any]},
            media=SCHEMA,
            problems=(404,),
        ),
    ),
    look(
        "/handlers/{name:path}",
        "getHandler",
        one,
        Operation(summary="A handler, and what it takes", tag=TAG, answers={200: HandlerAnswer}, problems=(404,)),
    ),
)

"""Queues, nodes and batches: how they stand, and what is done to them."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Final

from msgspec import UNSET, Meta, UnsetType
from starlette.responses import Response

from headway.client.checks import CONCURRENCY_MAX
from headway.model.rate import PER_MAX, STARTS_MAX, Rate
from headway.store.protocol import CancelAnswer
from headway.web.api.operation import Operation, answer, change, look
from headway.web.api.reading import body_of, no_body, query_of
from headway.web.api.shapes import places as shapes
from headway.web.api.shapes.base import Asked, Shape
from headway.web.desk import batches, nodes, queues
from headway.web.visit import Visit

BATCHES: Final = 50
Number = Annotated[int, Meta(ge=1, le=2**63 - 1)]


class RateLimit(Asked, frozen=True, kw_only=True):
    """How many may start in any span of a length."""

    starts: Annotated[int, Meta(ge=1, le=STARTS_MAX)]
    per_seconds: Annotated[float, Meta(gt=0, le=PER_MAX.total_seconds())]


class LimitQueue(Asked, frozen=True, kw_only=True):
    """What is to be set; null takes a limit away, what is not given stays."""

    size: Annotated[int, Meta(ge=1, le=CONCURRENCY_MAX)] | UnsetType | None = UNSET
    """How many of its jobs may run at once, over all workers."""
    rate: RateLimit | UnsetType | None = UNSET


class BatchQuery(Asked, frozen=True, kw_only=True):
    """Which batches."""

    active: bool = False
    limit: Annotated[int, Meta(ge=1, le=batches.LISTED_MAX)] = BATCHES
    before: Number | None = None


class BatchCancelled(Shape, frozen=True, kw_only=True):
    """What cancelling a batch did."""

    outcome: CancelAnswer
    jobs: int
    """So many were cancelled or asked to stop by now."""
    more: bool
    """Workers go on with the rest."""
    batch: shapes.BatchAnswer


async def list_queues(visit: Visit) -> Response:
    """Queues by name."""
    return answer([shapes.queue(one) for one in await queues.listed(visit)])


async def get_queue(visit: Visit) -> Response:
    """One queue."""
    return answer(shapes.queue(await queues.one(visit, _name(visit))))


async def pause_queue(visit: Visit) -> Response:
    """Let none of its jobs start."""
    await no_body(visit.request)
    await queues.pause(visit, _name(visit))
    return await get_queue(visit)


async def resume_queue(visit: Visit) -> Response:
    """Let its jobs start again."""
    await no_body(visit.request)
    await queues.resume(visit, _name(visit))
    return await get_queue(visit)


async def limit_queue(visit: Visit) -> Response:
    """Set its limits."""
    body = await body_of(visit.request, LimitQueue)
    rate: Rate | UnsetType | None = UNSET
    match body.rate:
        case RateLimit() as given:
            rate = Rate(given.starts, per=timedelta(seconds=given.per_seconds))
        case other:
            rate = other
    await queues.limit(visit, _name(visit), size=body.size, rate=rate)
    return await get_queue(visit)


async def list_nodes(visit: Visit) -> Response:
    """Nodes, newest first."""
    return answer([shapes.node(one) for one in await nodes.listed(visit)])


async def drain_node(visit: Visit) -> Response:
    """Let a node start nothing more."""
    await no_body(visit.request)
    return answer(shapes.node(await nodes.drain(visit, visit.request.path_params["uid"])))


async def undrain_node(visit: Visit) -> Response:
    """Let a draining node work again."""
    await no_body(visit.request)
    return answer(shapes.node(await nodes.undrain(visit, visit.request.path_params["uid"])))


async def list_batches(visit: Visit) -> Response:
    """Batches, newest first."""
    query = query_of(visit.request, BatchQuery)
    found = await batches.listed(visit, active=query.active, limit=query.limit, before_id=query.before)
    more = found[-1].id if len(found) == query.limit else None
    return answer(shapes.BatchPage(items=[shapes.batch(one) for one in found], next_before=more))


async def get_batch(visit: Visit) -> Response:
    """One batch."""
    return answer(shapes.batch(await batches.one(visit, _name(visit))))


async def cancel_batch(visit: Visit) -> Response:
    """Cancel a batch with all its jobs."""
    await no_body(visit.request)
    done = await batches.cancel(visit, _name(visit))
    batch = shapes.batch(await batches.one(visit, _name(visit)))
    return answer(BatchCancelled(outcome=done.answer, jobs=done.jobs, more=done.more, batch=batch))


def _name(visit: Visit) -> str:
    name: str = visit.request.path_params["name"]
    return name


def _queues(summary: str, **more: Any) -> Operation:
    return Operation(summary=summary, tag="queues", answers={200: shapes.QueueAnswer}, problems=(422,), **more)


def _nodes(summary: str) -> Operation:
    return Operation(summary=summary, tag="nodes", answers={200: shapes.NodeAnswer}, problems=(404, 409))


ROUTES: Final = (
    look(
        "/queues",
        "listQueues",
        list_queues,
        Operation(
            summary="Queues that have unfinished jobs or limits", tag="queues", answers={200: list[shapes.QueueAnswer]}
        ),
    ),
    change("POST", "/queues/{name:path}/pause", "pauseQueue", pause_queue, _queues("Let none of a queue's jobs start")),
    change(
        "POST", "/queues/{name:path}/resume", "resumeQueue", resume_queue, _queues("Let a queue's jobs start again")
    ),
    look("/queues/{name:path}", "getQueue", get_queue, _queues("How a queue stands; any name is a queue")),
    change("PATCH", "/queues/{name:path}", "limitQueue", limit_queue, _queues("Set a queue's limits", body=LimitQueue)),
    look(
        "/nodes",
        "listNodes",
        list_nodes,
        Operation(
            summary="Processes that run jobs, or did within a day", tag="nodes", answers={200: list[shapes.NodeAnswer]}
        ),
    ),
    change("POST", "/nodes/{uid}/drain", "drainNode", drain_node, _nodes("Let a node start nothing more")),
    change("POST", "/nodes/{uid}/undrain", "undrainNode", undrain_node, _nodes("Let a draining node work again")),
    look(
        "/batches",
        "listBatches",
        list_batches,
        Operation(summary="Batches, newest first", tag="batches", query=BatchQuery, answers={200: shapes.BatchPage}),
    ),
    change(
        "POST",
        "/batches/{name:path}/cancel",
        "cancelBatch",
        cancel_batch,
        Operation(
            summary="Cancel a batch with all its jobs",
            tag="batches",
            answers={200: BatchCancelled},
            problems=(404, 409),
        ),
    ),
    look(
        "/batches/{name:path}",
        "getBatch",
        get_batch,
        Operation(
            summary="A batch, by its name or its number",
            tag="batches",
            answers={200: shapes.BatchAnswer},
            problems=(404,),
        ),
    ),
)

"""Queues, nodes, batches and acts, as the API tells them."""

from __future__ import annotations

from typing import Any

import msgspec

from headway.model.batch import BatchRow, BatchState
from headway.store.acting import ActRow
from headway.store.protocol import NodeRow, QueueCount
from headway.view import batches, records
from headway.view.words import utc
from headway.web.api.shapes.base import Fraction, Moment, Shape


class QueueAnswer(Shape, frozen=True, kw_only=True):
    """How a queue stands, and what was set for it."""

    queue: str
    app: str
    queued: int
    scheduled: int
    waiting: int
    running: int
    oldest_due_at: Moment | None
    is_paused: bool
    paused_at: Moment | None
    paused_by: str | None
    size: int | None
    rate_starts: int | None
    rate_per_seconds: float | None


class NodeAnswer(Shape, frozen=True, kw_only=True):
    """A process that runs jobs."""

    id: int
    uid: str
    app: str
    host: str
    pid: int
    version: str
    state: str
    """active, draining, gone, dead or left."""
    started_at: Moment
    seen_at: Moment
    queues: list[str] | None
    """None: all."""
    names: list[str]
    concurrency: int
    running: int


class BatchAnswer(Shape, frozen=True, kw_only=True):
    """A batch with its counts."""

    id: int
    app: str
    name: str
    state: BatchState
    total: int | None
    jobs: int
    pending: int
    completed: int
    failed: int
    cancelled: int
    skipped: int
    existing: int
    progress: Fraction | None
    batches: int
    batches_pending: int
    parent: int | None
    created_at: Moment
    created_by: str | None
    tenant: str | None
    closed_at: Moment | None
    finished_at: Moment | None
    cancel_requested_at: Moment | None
    cancel_requested_by: str | None
    finish_job: int | None
    success_job: int | None


class BatchPage(Shape, frozen=True, kw_only=True):
    """Batches, newest first."""

    items: list[BatchAnswer]
    next_before: int | None


class ActAnswer(Shape, frozen=True, kw_only=True):
    """Something that somebody did."""

    id: int
    at: Moment
    kind: str
    subject: str
    subject_id: str | None
    app: str | None
    by: str | None
    via: str
    note: Any


class ActPage(Shape, frozen=True, kw_only=True):
    """Acts, newest first."""

    items: list[ActAnswer]
    next_before: int | None


def queue(value: QueueCount) -> QueueAnswer:
    """A queue."""
    return QueueAnswer(**records.queue(value), is_paused=value.is_paused)


def node(value: NodeRow) -> NodeAnswer:
    """A node."""
    return NodeAnswer(**records.node(value))


def batch(value: BatchRow) -> BatchAnswer:
    """A batch."""
    return BatchAnswer(**batches.record(value))


def act(value: ActRow) -> ActAnswer:
    """An act."""
    told = msgspec.structs.asdict(value.act)
    return ActAnswer(**{**told, "id": value.id, "at": utc(value.at_us), "note": records.parsed(value.act.note)})

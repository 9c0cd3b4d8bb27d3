"""The values that the store's verbs take and give: frozen, without behaviour; Structs, because they are made by the thousand."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Generic, TypeVar

import msgspec

from headway.model.claim import Claim
from headway.model.gate import HandlerGate
from headway.model.job import JobRow, State
from headway.model.rate import Rate


class Enqueued(msgspec.Struct, frozen=True, kw_only=True):
    """Answer to one NewJob."""

    id: int
    ref_id: str
    state: State
    existing: bool
    """Whether the job was there already, by its ref_id or by its unique key; then nothing was inserted."""
    name: str | None = None
    """The handler, where the caller does not know it: of a job that was there by its unique key, or that a schedule made."""
    asked: str | None = None
    """And the ref_id that was asked for, which is no job's."""


class NodeInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A node that wants to run jobs."""

    uid: str
    """New at every process start."""
    app: str
    host: str
    pid: int
    names: tuple[str, ...]
    """Handler names and aliases that it can run."""
    queues: tuple[str, ...] | None
    """The queues it serves; None means all."""
    concurrency: int
    version: str
    shielded: bool = False
    """Its own process runs no user code: when all of it dies, no job of it is to blame, at least not the first time."""
    limits: tuple[HandlerGate, ...] = ()
    """Of those of its handlers that have any."""


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """How many jobs a node can start now, and of which kind."""

    limit: int
    names: frozenset[str]
    queues: tuple[str, ...] | None = None
    """None means every queue of the app."""


class Stop(msgspec.Struct, frozen=True, kw_only=True):
    """A running attempt of this node whose cancellation was asked for."""

    id: int
    epoch: int
    by: str | None


class Beat(msgspec.Struct, frozen=True, kw_only=True):
    """Answer to a heartbeat."""

    alive: bool
    """False: the node was declared dead; it must drop everything, kill its bodies and register anew."""
    stops: tuple[Stop, ...]
    owned: frozenset[tuple[int, int]]
    """Every (id, epoch) that is still running under this node."""
    draining: bool = False


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """Answer to one turn of a worker's loop."""

    alive: bool
    accepted: tuple[bool, ...]
    """Per settlement: written, or refused because the attempt no longer holds the job (a normal answer)."""
    states: tuple[State | None, ...]
    """Per settlement: the state that was really written (a cancellation asked for in time wins), None when refused."""
    claims: tuple[Claim, ...]
    next_due_us: int | None
    """The earliest moment at which a scheduled job becomes due, if any."""
    stops: tuple[Stop, ...] = ()
    """Running attempts of this node whose cancellation was asked for (repeated until they end)."""
    held: bool = False
    """The store is held (a restored copy, or by somebody's word): nothing is granted."""
    draining: bool = False
    """The node is to start nothing more: nothing is granted, and what it was granted ahead it gives back."""


class CancelAnswer(StrEnum):
    """What a cancel did."""

    CANCELLED = "cancelled"
    """It had not started, and never will."""
    REQUESTED = "requested"
    """It is running; its node is told."""
    ALREADY_REQUESTED = "already_requested"
    FINAL = "final"
    """It had ended before; nothing changed."""
    NOT_FOUND = "not_found"


class RequeueAnswer(StrEnum):
    """What a requeue did."""

    REQUEUED = "requeued"
    REFUSED = "refused"
    """It is not failed or cancelled; nothing changed."""
    NOT_FOUND = "not_found"
    BODY_GONE = "body_gone"
    """Its arguments are gone: retention removed them, or its month's archive was taken away. Nothing changed."""
    KEY_HELD = "key_held"
    """Another job holds its unique key by now; nothing changed."""
    CYCLE = "cycle"
    """It would wait for its own batch, or for what waits for that; nothing changed."""


class DeleteAnswer(StrEnum):
    """What a deletion did."""

    DELETED = "deleted"
    RUNNING = "running"
    """It runs (or its callback is due): cancel it first. Nothing changed."""
    NEEDED = "needed"
    """Unfinished jobs or batches depend on it. Nothing changed."""
    NOT_FOUND = "not_found"


A = TypeVar("A", CancelAnswer, RequeueAnswer, DeleteAnswer)


class Acted(msgspec.Struct, Generic[A], frozen=True, kw_only=True):
    """What was done to several jobs in one transaction."""

    answers: tuple[tuple[int, A], ...]
    """For each job that the filter still named: its id, and what was done."""
    seen: int
    """So many of the given ids were looked at, in their order, before the time for one transaction was over."""


class Reaped(msgspec.Struct, frozen=True, kw_only=True):
    """What a sweep did."""

    nodes: tuple[str, ...]
    """Uids of the nodes declared dead."""
    jobs: int
    """Jobs that went back to the queue as suspects, or failed because their handler says so."""
    held: bool = False
    """The sweeper or the store was away too long: nobody's lease is taken until one lease has passed."""


class JobFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which jobs; all given parts must hold. Empty tuples and None mean "any"."""

    app: str | None = None
    states: tuple[State, ...] = ()
    names: tuple[str, ...] = ()
    queues: tuple[str, ...] = ()
    tag: str | None = None
    batch_id: str | None = None
    created_by: str | None = None
    user_id: str | None = None
    tenant: str | None = None
    ref_id: str | None = None
    parent_id: int | None = None
    reply_to: str | None = None
    lane: str | None = None
    """The named worker."""
    facts: tuple[tuple[str, str], ...] = ()
    """Names and texts of free facts (the call's `args`); all of them must be there. See `model/fact.py` for what a text is."""
    schedule: str | None = None
    """The name of the schedule whose runs they are, also of those that were skipped or run by hand."""
    code: str | None = None
    created_from_us: int | None = None
    created_until_us: int | None = None
    text: str | None = None
    """Free text in name, reason, payload or error; scans newest first up to a deadline."""
    shown: Callable[[JobRow, str | None, str | None], Iterable[str | None]] | None = None
    """Which texts of a job free text may be found in, of its row, payload and errors: whoever may not see something must not
    be able to find it either. None: in all of them. Asked only of jobs that hold it."""


class JobPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of jobs, newest first or as they were sorted."""

    rows: tuple[JobRow, ...]
    total: int
    total_exact: bool
    """False: total is a floor, because counting stopped at a limit or a deadline."""
    next_cursor: int | None
    """Newest first: give it as `before_id` to go on; None at the end, and None in any other order."""
    searched_to_us: int | None = None
    """How far the scan came before its deadline, by moment of creation; None when it came to the end, or the page is full.

    In an order that is not that of creation, jobs created before that moment are on no page; else the cursor goes on there.
    """
    next_after: str | None = None
    """In any order: give it as `after` to go on; None at the end."""


class QueueCount(msgspec.Struct, frozen=True, kw_only=True):
    """How a queue stands, and what was set for it."""

    queue: str
    app: str = "default"
    queued: int
    scheduled: int
    waiting: int
    running: int
    oldest_due_us: int | None
    """Due moment of the job that has been ready longest."""
    paused_us: int | None = None
    """Since when none of its jobs may start."""
    paused_by: str | None = None
    size: int | None = None
    """How many of its jobs may run at once, over all workers; None for as many as there are places."""
    rate: Rate | None = None
    """How many of its jobs may start in any span of a certain length."""

    @property
    def is_paused(self) -> bool:
        """Whether none of its jobs may start."""
        return self.paused_us is not None


class NodeRow(msgspec.Struct, frozen=True, kw_only=True):
    """A node as the store knows it."""

    id: int
    uid: str
    app: str
    host: str
    pid: int
    version: str
    state: str
    """active, draining, dead or left."""
    started_us: int
    seen_us: int
    """Wall clock of its latest beat."""
    queues: tuple[str, ...] | None
    names: tuple[str, ...]
    concurrency: int
    running: int


class Breach(msgspec.Struct, frozen=True, kw_only=True):
    """An invariant that does not hold, as the audit found it."""

    invariant: str
    job_id: int | None
    note: str
    advice: str = ""
    """What to do, where it is known."""

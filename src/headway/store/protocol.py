"""The store's verbs and their promises: the contract that every store keeps (tests/conformance is its specification).

A verb returns an `Operation`: a value that says what to do, run by `call` (blocking), `acall` (awaited) or `submit`
(fire and tell). Each operation is **one transaction**: all of it or none of it. What is submitted together may share
one commit; a failing operation never harms its neighbours. An awaited operation that is cancelled after it was handed
over still commits.

Every write to a running job is fenced by (id, epoch): when the job is not running under that epoch any more, nothing
changes and the answer says so. The store never runs user code and reads time only from its own clock, inside the
transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar

from headway.model.claim import Claim, NewJob
from headway.model.job import JobRow, State
from headway.model.outcome import EndKind, ErrorText, LogLine, Report, Settlement

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Operation(Generic[T]):
    """One verb with its arguments, still to be run. Only the store that made it can run it; it may be run again after a rollback."""

    verb: str
    run: Callable[[Any], T]
    """Called with the store's own transaction object."""
    alone: bool = False
    """Never in a group with others (long or unusual work)."""


# -- values that verbs take and give ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Enqueued:
    """Answer to one NewJob."""

    id: int
    ref_id: str
    state: State
    existing: bool
    """Whether the same ref_id with the same content was there already; then nothing was inserted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeInfo:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """How many jobs a node can start now, and of which kind."""

    limit: int
    names: frozenset[str]
    queues: tuple[str, ...] | None = None
    """None means every queue of the app."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A running attempt of this node whose cancellation was asked for."""

    id: int
    epoch: int
    by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """Answer to a heartbeat."""

    alive: bool
    """False: the node was declared dead; it must drop everything, kill its bodies and register anew."""
    stops: tuple[Stop, ...]
    owned: frozenset[tuple[int, int]]
    """Every (id, epoch) that is still running under this node."""
    draining: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaped:
    """What a sweep did."""

    nodes: tuple[str, ...]
    """Uids of the nodes declared dead."""
    jobs: int
    """Jobs that went back to the queue as suspects, or failed because their handler says so."""
    held: bool = False
    """The sweeper or the store was away too long: nobody's lease is taken until one lease has passed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRow:
    """One run of a job."""

    epoch: int
    node_uid: str | None
    started_us: int
    finished_us: int
    kind: EndKind
    code: str | None
    reason: str | None
    error: ErrorText | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow:
    """An unusual transition: who did what to a job, when and why."""

    at_us: int
    kind: str
    """cancel, requeue, release, crash, reap, late_result, ..."""
    epoch: int
    by: str | None
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredLine:
    """A log line with its number; numbers only grow, so they serve as a cursor."""

    number: int
    epoch: int
    line: LogLine


@dataclass(frozen=True, slots=True, kw_only=True)
class JobDetail:
    """Everything about one job, wherever it lies."""

    row: JobRow
    payload: str | None
    """None when the month's archive was taken away."""
    result: str | None
    result_size: int | None
    stats: str | None
    checkpoint: str | None
    options: str | None
    extras: str | None
    attempts: tuple[AttemptRow, ...]
    events: tuple[EventRow, ...]
    parents: tuple[int, ...]
    children: tuple[int, ...]
    """Jobs that depend on it, and jobs linked to it as their parent."""
    lines_dropped: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFilter:
    """Which jobs; all given parts must hold. Empty tuples and None mean "any"."""

    app: str | None = None
    states: tuple[State, ...] = ()
    names: tuple[str, ...] = ()
    queues: tuple[str, ...] = ()
    tag: str | None = None
    batch_id: str | None = None
    created_by: str | None = None
    user_id: str | None = None
    ref_id: str | None = None
    parent_id: int | None = None
    code: str | None = None
    created_from_us: int | None = None
    created_until_us: int | None = None
    text: str | None = None
    """Free text in name, reason, payload or error; scans newest first up to a deadline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobPage:
    """A page of jobs, newest first."""

    rows: tuple[JobRow, ...]
    total: int
    total_exact: bool
    """False: total is a floor, because counting stopped at a limit."""
    next_cursor: int | None
    """Give it as `before_id` to go on; None at the end."""
    searched_to_us: int | None = None
    """With free text: how far back the scan came before its deadline; None when it came to the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueCount:
    """How a queue stands."""

    queue: str
    queued: int
    scheduled: int
    waiting: int
    running: int
    oldest_due_us: int | None
    """Due moment of the job that has been ready longest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeRow:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """An invariant that does not hold, as the audit found it."""

    invariant: str
    job_id: int | None
    note: str


# -- the two halves --------------------------------------------------------------------------------------------------


class Runs(Protocol):
    """Runs operations, from sync or async code."""

    def call(self, operation: Operation[T]) -> T:
        """Run it and wait; raises what it raises, only after the rollback."""
        ...

    async def acall(self, operation: Operation[T]) -> T:
        """The same, awaited."""
        ...

    def submit(self, operation: Operation[T], done: Callable[[T | None, BaseException | None], None]) -> None:
        """Hand it over; `done` is called on the store's own thread after the commit (or the failure)."""
        ...


class Reader(Runs, Protocol):
    """The looking half: short reads on connections of their own, never blocking a writer."""

    def job(self, id_or_ref: int | str, *, app: str | None = None) -> Operation[JobRow | None]:
        """One job's row wherever it is in its life, also while it is being archived."""
        ...

    def detail(self, id_or_ref: int | str, *, app: str | None = None) -> Operation[JobDetail | None]:
        """One job with everything: from the main file, else from its month's archive."""
        ...

    def page(
        self, where: JobFilter, *, limit: int = 50, before_id: int | None = None, offset: int = 0
    ) -> Operation[JobPage]:
        """Jobs newest first (by id). `limit` 1 to 1000; `offset` up to 10 000, beyond that use `before_id`."""
        ...

    def ids(self, where: JobFilter, *, limit: int = 1000) -> Operation[tuple[int, ...]]:
        """The ids that a filter names, newest first."""
        ...

    def lines(self, job_id: int, *, after: int = 0, limit: int = 1000) -> Operation[tuple[StoredLine, ...]]:
        """The job's log after line number `after`, in order; works for archived jobs too."""
        ...

    def counts(self, *, app: str | None = None) -> Operation[dict[State, int]]:
        """How many jobs are in each state (every state is a key)."""
        ...

    def queues(self, *, app: str | None = None) -> Operation[tuple[QueueCount, ...]]:
        """How each queue stands, by name."""
        ...

    def nodes(self, *, app: str | None = None) -> Operation[tuple[NodeRow, ...]]:
        """The nodes that are active or were seen in the last day, newest first."""
        ...

    def durations(self, name: str, *, last: int = 5) -> Operation[tuple[int, ...]]:
        """Run times (us) of the latest successes of a handler, newest first: for estimated progress."""
        ...

    def handlers(self, *, app: str | None = None) -> Operation[tuple[str, ...]]:
        """Every handler name that unfinished jobs are stored under."""
        ...


class Store(Runs, Protocol):
    """The writing half, and the door to the reading half."""

    @property
    def place(self) -> str:
        """Where it is, as a person would write it (an absolute path or a URL without secrets)."""
        ...

    @property
    def reader(self) -> Reader:
        """The looking half."""
        ...

    # client verbs

    def enqueue(self, jobs: Sequence[NewJob]) -> Operation[list[Enqueued]]:
        """Insert all jobs or none; answers in the order given. After the commit the workers are woken.

        A job with unsettled parents is waiting; with parents that ended badly it is inserted as cancelled (code
        parent_failed); a parent that does not exist raises JobNotFound and nothing is stored. The same ref_id with
        the same content answers with the existing job; with other content it raises DuplicateRefId.
        """
        ...

    def cancel(self, id_or_ref: int | str, *, by: str | None = None, app: str | None = None) -> Operation[CancelAnswer]:
        """Cancel a job: at once when it has not started (its dependants with it), else ask its node to stop it."""
        ...

    def requeue(
        self, id_or_ref: int | str, *, by: str | None = None, app: str | None = None
    ) -> Operation[RequeueAnswer]:
        """Reopen a failed or cancelled job: queued (or waiting), with its whole budget back; old attempts are kept.

        An archived job is copied back first. The epoch is untouched.
        """
        ...

    # worker verbs

    def register(self, node: NodeInfo, *, lease_us: int) -> Operation[int]:
        """Enter a node, active, with a lease; answers its id. Jobs parked as unknown_handler that it knows are unparked."""
        ...

    def learn(self, node_id: int, names: Sequence[str]) -> Operation[None]:
        """The node knows these handlers now (all of them); jobs parked for lack of them are unparked."""
        ...

    def beat(self, node_id: int, *, lease_us: int) -> Operation[Beat]:
        """Renew the node's lease and so its jobs'; a lapsed lease that nobody reaped is revived."""
        ...

    def leave(self, node_id: int) -> Operation[int]:
        """The node goes: what still runs under it is released uncharged; answers how many that were."""
        ...

    def exchange(
        self,
        node_id: int,
        *,
        settlements: Sequence[Settlement] = (),
        reports: Sequence[Report] = (),
        asks: Sequence[Ask] = (),
        lease_us: int,
    ) -> Operation[Exchange]:
        """One turn of a worker: write what ended, then reports, then stage what is due, then claim; one commit.

        Settlements are fenced and each is accepted or refused on its own; in the same transaction: attempt row,
        result, last report, children, dependants released or cancelled. A refused one leaves an event "late result".
        When the node is not active any more nothing is claimed and `alive` is False (settlements are still judged by
        their fence). Claims come by priority (higher first), then due moment, then id.
        """
        ...

    def reap(self, *, dead: Sequence[str] = (), lease_us: int, beat_us: int) -> Operation[Reaped]:
        """Take jobs from nodes that are dead: those named in `dead` (their process is gone), and those whose lease lapsed.

        Re-checks state, epoch and lease; jobs first, then the node, in one transaction. Jobs go back to queued as
        suspects, uncharged (or fail with code interrupted where their handler says so). After the sweeper or the
        store was away longer than two beats, lapsed leases are held for one lease before any is taken.
        """
        ...

    def tend(self, *, limit: int = 1000) -> Operation[int]:
        """Upkeep in small steps: expire jobs past their expiry, stage due ones, park or unpark; answers how many changed."""
        ...

    def archive(self, *, before_us: int, limit: int = 500) -> Operation[int]:
        """Move jobs that ended before that moment to their created month's archive; answers how many.

        Copy, durable commit there, then delete here: at every moment the job is in at least one place and is shown once.
        """
        ...

    def purge(
        self, *, completed_before_us: int | None, failed_before_us: int | None, limit: int = 500
    ) -> Operation[int]:
        """Delete the summaries (and archived bodies) of jobs that ended before those moments; None keeps them for ever."""
        ...

    def audit(self) -> Operation[tuple[Breach, ...]]:
        """Read everything and report each invariant that does not hold."""
        ...

    # between processes (none of these is a transaction)

    def listen(self, uid: str, ring: Callable[[], None]) -> None:
        """Call `ring` (quickly, from any thread) when there may be something to do: a commit in this process or another.

        A hint: one that is lost costs a poll's time and never a job.
        """
        ...

    def unlisten(self, uid: str) -> None:
        """Stop; idempotent."""
        ...

    def hold(self, uid: str) -> None:
        """Give a node of this process its sign of life, before it registers."""
        ...

    def let_go(self, uid: str) -> None:
        """Take the sign away, after the node left; idempotent."""
        ...

    def gone(self) -> tuple[str, ...]:
        """Uids of nodes whose process is known to be gone (their sign of life is): reap them at once, then `forget`."""
        ...

    def forget(self, uid: str) -> None:
        """Clear away what a dead node left behind, after it was reaped."""
        ...

    def stuck_since(self) -> tuple[float, int | None] | None:
        """Since when (monotonic) writing waits for another process's write lock, and that process's pid; else None."""
        ...

    def close(self) -> None:
        """Finish what was handed over, then close; idempotent and safe from any thread."""
        ...

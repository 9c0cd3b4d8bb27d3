"""Why a job is not running: the decision about what is known of it, as values and as sentences. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, assert_never

import msgspec

from headway.model.gate import Bound, GateKind
from headway.model.job import JobRow, State
from headway.model.rate import Window

UNKNOWN_HANDLER: Final = "unknown_handler"
"""What the column `blocked` says."""
_STANDING: Final = frozenset({GateKind.PAUSED})
"""What is worth saying of a job that has to wait for something else first."""


class Gate(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that keeps a job from starting."""

    kind: GateKind
    subject: str = ""
    """The queue, handler, key or worker, by name."""
    jobs: tuple[int, ...] = ()
    """The jobs that it waits for: parents, those that hold the key, those that go first."""
    batches: tuple[str, ...] = ()
    """The batches that it waits for."""
    limit: int | None = None
    """How many may run at once, or start in a span."""
    span_us: int | None = None
    """The length of the span of a rate limit."""
    since_us: int | None = None
    """Since when it is closed, or since when the first of `jobs` runs."""
    by: str | None = None
    """Who closed it, or why."""
    opens_us: int | None = None
    """When it opens by itself, where that is known."""


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """Why a job is not running."""

    id: int
    state: State
    queue: str
    now_us: int
    gates: tuple[Gate, ...] = ()
    """What keeps it from starting, the foremost first; none if only those ahead of it do, or if it is past starting."""
    ahead: int | None = None
    """How many ready jobs of its queue come before it; None unless it is ready itself."""
    ahead_exact: bool = True
    """False: there are at least so many."""
    starts_in_us: int | None = None
    """When it may be expected to start, by how long its handler took lately; None if nobody can tell."""
    since_us: int | None = None
    """Since when it runs, or when it ended."""
    reason: str | None = None
    """Of a job that ended: why."""

    @property
    def is_ready(self) -> bool:
        """Whether only the jobs ahead of it, or a free place, are waited for."""
        return self.ahead is not None


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A named worker or a concurrency key of a job, as it stands."""

    kind: GateKind
    subject: str
    limit: int
    running: tuple[tuple[int, int | None], ...]
    """Who runs, and since when."""
    before: tuple[int, ...] = ()
    """Who goes first, as many as there are places left."""
    turn: bool = False
    """A run that is not stored runs there, or goes first."""
    turn_us: int | None = None
    """Since when it runs."""
    rate: Window | None = None
    room: int = 0
    """Of a key with a rate limit: how many may start now."""
    opens_us: int | None = None
    """When that is one more, if it is none."""

    @property
    def is_full(self) -> bool:
        """Whether those that run, and none that go first, keep others back."""
        return len(self.running) >= self.limit or self.turn_us is not None

    @property
    def is_spent(self) -> bool:
        """Whether as many have started as may."""
        return self.rate is not None and self.room <= 0

    @property
    def is_taken(self) -> bool:
        """Whether those that go first take all there is."""
        places = self.limit - len(self.running)
        return self.turn or len(self.before) >= (places if self.rate is None else min(places, self.room))


class Worker(msgspec.Struct, frozen=True, kw_only=True):
    """A node that is active, as far as it matters here."""

    knows: bool
    """Whether it knows the job's handler."""
    serves: bool
    """Whether it serves the job's queue."""
    concurrency: int
    bounds: tuple[Bound, ...]
    """The gates of the job's group, with the limits that this node knows."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known of a job when it is to be explained."""

    job: JobRow
    now_us: int
    held_us: int | None = None
    held_why: str | None = None
    parents: tuple[int, ...] = ()
    batches: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()
    workers: tuple[Worker, ...] = ()
    bounds: tuple[Bound, ...] = ()
    """The gates of its group where no worker has a say."""
    openings: tuple[tuple[GateKind, str, int], ...] = ()
    """When closed rate limits open."""
    ahead: int = 0
    ahead_exact: bool = True
    durations: tuple[int, ...] = ()


def explain(known: Standing) -> Explanation:
    """Name what keeps the job from starting."""
    job, now_us = known.job, known.now_us
    match job.state:
        case State.RUNNING | State.EXECUTED:
            return _said(known, since_us=job.started_us)
        case State.COMPLETED | State.FAILED | State.CANCELLED | State.SKIPPED:
            return _said(known, since_us=job.finished_us, reason=job.reason or job.code)
        case State.WAITING:
            return _said(known, gates=(*_waits(known), *_elsewhere(known)))
        case State.SCHEDULED if job.due_us > now_us:
            return _said(known, gates=(Gate(kind=GateKind.DUE, opens_us=job.due_us), *_elsewhere(known)))
        case State.SCHEDULED | State.QUEUED:  # what has just become due is queued by the next claim
            gates = (*_own(known), *_elsewhere(known), *_lines(known), *_group(known, every=True))
            if gates:
                return _said(known, gates=gates)
            return _said(known, ahead=known.ahead, ahead_exact=known.ahead_exact, starts_in_us=expected(known))
        case _:
            assert_never(job.state)


def expected(known: Standing) -> int | None:
    """In how long those ahead will have started, at the pace of the latest runs and within every limit."""
    if not known.ahead_exact or not known.durations:
        return None
    able = _able(known)
    slots = sum(worker.concurrency for worker in able)
    waits: list[int] = []
    for bound in min((worker.bounds for worker in able), key=len, default=()):
        if bound.rate is None:
            slots = min(slots, bound.limit)
        else:
            spans = -(-max(0, known.ahead - bound.room + 1) // bound.rate.starts)
            waits.append(spans * bound.rate.span_us)
    run_us = sum(known.durations) // len(known.durations)
    return max(known.ahead * run_us // max(1, slots), *waits, 0)


def _said(
    known: Standing,
    *,
    gates: tuple[Gate, ...] = (),
    ahead: int | None = None,
    ahead_exact: bool = True,
    starts_in_us: int | None = None,
    since_us: int | None = None,
    reason: str | None = None,
) -> Explanation:
    job = known.job
    return Explanation(
        id=job.id,
        state=job.state,
        queue=job.queue,
        now_us=known.now_us,
        gates=gates,
        ahead=ahead,
        ahead_exact=ahead_exact,
        starts_in_us=starts_in_us,
        since_us=since_us,
        reason=reason,
    )


def _own(known: Standing) -> Iterator[Gate]:
    expires_us = known.job.expires_us
    if expires_us is not None and expires_us <= known.now_us:
        yield Gate(kind=GateKind.EXPIRED, since_us=expires_us)


def _waits(known: Standing) -> Iterator[Gate]:
    if known.parents or not known.batches:
        yield Gate(kind=GateKind.PARENTS, jobs=known.parents)
    if known.batches:
        yield Gate(kind=GateKind.BATCHES, batches=known.batches)


def _elsewhere(known: Standing) -> Iterator[Gate]:
    """What has nothing to do with its turn: the whole store, and who could run it at all."""
    job = known.job
    if known.held_us is not None:
        yield Gate(kind=GateKind.HELD, since_us=known.held_us, by=known.held_why)
    if not known.workers:
        yield Gate(kind=GateKind.NO_WORKER)
    elif job.blocked == UNKNOWN_HANDLER or not any(worker.knows for worker in known.workers):
        yield Gate(kind=GateKind.NO_HANDLER, subject=job.name)
    elif not _able(known):
        yield Gate(kind=GateKind.NO_WORKER, subject=job.name)
    if job.state is State.WAITING or (job.state is State.SCHEDULED and job.due_us > known.now_us):
        yield from _group(known, every=False)


def _lines(known: Standing) -> Iterator[Gate]:
    """The named worker and the key, as the next claim finds them: not by whether the job is marked as blocked."""
    for line in known.lines:
        if line.is_full:
            since_us = line.running[0][1] if line.running else line.turn_us
            jobs = tuple(number for number, _ in line.running)
            yield Gate(kind=line.kind, subject=line.subject, jobs=jobs, limit=line.limit, since_us=since_us)
        elif line.is_taken and not line.is_spent:
            yield Gate(kind=line.kind, subject=line.subject, jobs=line.before)
        if line.rate is not None and line.is_spent:
            yield Gate(
                kind=GateKind.KEY_RATE,
                subject=line.subject,
                limit=line.rate.starts,
                span_us=line.rate.span_us,
                opens_us=line.opens_us,
            )


def _group(known: Standing, *, every: bool) -> Iterator[Gate]:
    """The closed gates of its queue and handler, as the worker sees them that is kept back by fewest."""
    closed = [_closed(worker.bounds) for worker in _able(known)] or [_closed(known.bounds)]
    for bound in min(closed, key=len):
        if every or bound.kind in _STANDING:
            yield _gate_of(known, bound)


def _closed(bounds: Sequence[Bound]) -> tuple[Bound, ...]:
    return tuple(bound for bound in bounds if bound.room <= 0)


def _gate_of(known: Standing, bound: Bound) -> Gate:
    opens = {(kind, subject): at_us for kind, subject, at_us in known.openings}
    rate: Window | None = bound.rate
    return Gate(
        kind=bound.kind,
        subject=bound.subject,
        limit=bound.limit or None,
        span_us=None if rate is None else rate.span_us,
        since_us=bound.since_us,
        by=bound.by,
        opens_us=opens.get((bound.kind, bound.subject)),
    )


def _able(known: Standing) -> list[Worker]:
    return [worker for worker in known.workers if worker.knows and worker.serves]

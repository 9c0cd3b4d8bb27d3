"""Gates: what keeps all jobs of a queue or of a handler from starting, or bounds how many. Pure: claims and explanations ask here.

A gate closes or bounds groups (a queue and a handler's name) as a whole, so that what it holds back is never read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final

import msgspec

from headway.model.rate import Window

Group = tuple[str, str]
"""A queue and a handler's name."""
UNBOUNDED: Final = 1 << 62


class GateKind(StrEnum):
    """What a job may have to wait for."""

    DUE = "due"
    """Its moment."""
    PARENTS = "parents"
    """Jobs that must end first."""
    BATCHES = "batches"
    """Batches that must end first."""
    EXPIRED = "expired"
    """Nothing any more: it will be cancelled."""
    HELD = "held"
    """The whole store is held."""
    NO_HANDLER = "no_handler"
    """No worker knows its handler."""
    NO_WORKER = "no_worker"
    """No worker that knows its handler serves its queue."""
    WORKER = "worker"
    """Its named worker is busy, or others go there first."""
    KEY = "key"
    """Its concurrency key is full, or others of it go first."""
    PAUSED = "paused"
    """Its queue is paused."""
    QUEUE_SIZE = "queue_size"
    """As many jobs of its queue run as may."""
    QUEUE_RATE = "queue_rate"
    """As many jobs of its queue have started as may in that time."""
    HANDLER_LIMIT = "handler_limit"
    """As many jobs of its handler run as may."""
    KEY_RATE = "key_rate"
    """As many jobs of its concurrency key have started as may in that time."""
    HANDLER_RATE = "handler_rate"
    """As many jobs of its handler have started as may in that time."""


_COUNTED: Final = frozenset({GateKind.QUEUE_SIZE, GateKind.HANDLER_LIMIT})


class QueueGate(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody set for a queue at run time."""

    queue: str
    paused_us: int | None = None
    paused_by: str | None = None
    size: int | None = None
    rate: Window | None = None


class HandlerGate(msgspec.Struct, frozen=True, array_like=True):
    """What a handler's code says of it."""

    names: tuple[str, ...]
    """Its name, then its aliases: they share the limits."""
    limit: int | None = None
    """How many of its jobs may run at once."""
    rate: Window | None = None


class StartLog(msgspec.Struct, frozen=True):
    """What a rate limit remembers: how many starts there were in all, and how many of those are out of its span."""

    total: int = 0
    before: int = 0


NO_STARTS: Final = StartLog()


class Bound(msgspec.Struct):
    """A gate in force, and how many more it lets through."""

    kind: GateKind
    subject: str
    """The queue's name, or the handler's."""
    room: int
    limit: int = 0
    rate: Window | None = None
    log: StartLog = NO_STARTS
    since_us: int | None = None
    by: str | None = None
    taken: int = 0
    """How many it let through since."""
    first_room: int = 0
    """What the room was before something was taken."""

    @property
    def is_counted(self) -> bool:
        """Whether it bounds how many run at once."""
        return self.kind in _COUNTED


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """What gates are judged by, at one moment."""

    queues: Mapping[str, QueueGate]
    handlers: Mapping[str, HandlerGate]
    """By each name that a handler has."""
    running: Mapping[Group, int]
    """How many jobs of each group run, over all nodes; read only when something is counted."""
    logs: Mapping[str, StartLog]
    """By `log_name`."""


def log_name(kind: GateKind, subject: str) -> str:
    """Under which name the starts of a rate limit are remembered."""
    return f"{kind}:{subject}"


def rates(
    groups: Sequence[Group], queues: Mapping[str, QueueGate], handlers: Mapping[str, HandlerGate]
) -> dict[str, Window]:
    """The rate limits that bound these groups, by the names of their logs."""
    found: dict[str, Window] = {}
    for queue, name in groups:
        at_queue, at_handler = queues.get(queue), handlers.get(name)
        if at_queue is not None and at_queue.rate is not None:
            found[log_name(GateKind.QUEUE_RATE, queue)] = at_queue.rate
        if at_handler is not None and at_handler.rate is not None:
            found[log_name(GateKind.HANDLER_RATE, at_handler.names[0])] = at_handler.rate
    return found


def is_counted(queues: Mapping[str, QueueGate], handlers: Mapping[str, HandlerGate]) -> bool:
    """Whether running jobs must be counted to judge these."""
    return any(one.size is not None for one in queues.values()) or any(
        one.limit is not None for one in handlers.values()
    )


def rate_room(rate: Window, log: StartLog) -> int:
    """How many may start now."""
    return max(0, rate.starts - (log.total - log.before))


def freeing_total(bound: Bound) -> int:
    """With which start (counted from the first one ever) leaving the span one more may start."""
    assert bound.rate is not None
    return bound.log.total + bound.taken - bound.rate.starts + 1


def freeing(rate: Window, log: StartLog) -> int:
    """The same of any rate limit, also of one with room: with which start leaving the span there is room for one more."""
    return log.total - min(log.total - log.before, rate.starts) + 1


def opening(freeing_us: int, now_us: int, rate: Window) -> int:
    """When the start of that moment leaves the span. A clock that was set back leaves starts in the future: they count as now."""
    return min(freeing_us, now_us) + rate.span_us


class Rooms:
    """How many jobs of each group may start now: every gate is one number, shared by the groups that it bounds."""

    __slots__ = ("_bounds", "_by_group", "_load")

    def __init__(self, load: Load) -> None:
        """Judge by this."""
        self._load = load
        self._bounds: dict[tuple[GateKind, str], Bound] = {}
        self._by_group: dict[Group, tuple[Bound, ...]] = {}

    def bounds(self, group: Group) -> tuple[Bound, ...]:
        """The gates of a group; none if nothing bounds it."""
        found = self._by_group.get(group)
        if found is None:
            found = self._by_group[group] = (*self._of_queue(group[0]), *self._of_handler(group[1]))
        return found

    def room(self, group: Group) -> int:
        """How many more of its jobs may start."""
        return min((bound.room for bound in self.bounds(group)), default=UNBOUNDED)

    def take(self, group: Group) -> None:
        """One of its jobs is to start."""
        for bound in self.bounds(group):
            bound.room -= 1

    def start(self, group: Group) -> None:
        """One of its jobs starts."""
        for bound in self.bounds(group):
            bound.taken += 1

    def closed(self, group: Group) -> tuple[Bound, ...]:
        """The gates that let nothing of a group through now."""
        return tuple(bound for bound in self.bounds(group) if bound.room <= 0)

    def started(self) -> list[Bound]:
        """The rate limits that have something new to remember."""
        return [bound for bound in self._bounds.values() if bound.rate is not None and bound.taken]

    def _of_queue(self, queue: str) -> list[Bound]:
        gate = self._load.queues.get(queue)
        if gate is None:
            return []
        found: list[Bound] = []
        if gate.paused_us is not None:
            found.append(self._one(GateKind.PAUSED, queue, 0, since_us=gate.paused_us, by=gate.paused_by))
        if gate.size is not None:
            running = sum(count for (at, _), count in self._load.running.items() if at == queue)
            found.append(self._one(GateKind.QUEUE_SIZE, queue, max(0, gate.size - running), limit=gate.size))
        if gate.rate is not None:
            found.append(self._rate(GateKind.QUEUE_RATE, queue, gate.rate))
        return found

    def _of_handler(self, name: str) -> list[Bound]:
        gate = self._load.handlers.get(name)
        if gate is None:
            return []
        found: list[Bound] = []
        if gate.limit is not None:
            running = sum(count for (_, one), count in self._load.running.items() if one in gate.names)
            found.append(
                self._one(GateKind.HANDLER_LIMIT, gate.names[0], max(0, gate.limit - running), limit=gate.limit)
            )
        if gate.rate is not None:
            found.append(self._rate(GateKind.HANDLER_RATE, gate.names[0], gate.rate))
        return found

    def _rate(self, kind: GateKind, subject: str, rate: Window) -> Bound:
        log = self._load.logs.get(log_name(kind, subject), NO_STARTS)
        return self._one(kind, subject, rate_room(rate, log), limit=rate.starts, rate=rate, log=log)

    def _one(
        self,
        kind: GateKind,
        subject: str,
        room: int,
        *,
        limit: int = 0,
        rate: Window | None = None,
        log: StartLog = NO_STARTS,
        since_us: int | None = None,
        by: str | None = None,
    ) -> Bound:
        """The one gate of this kind and subject, whichever of its groups asks first."""
        made = Bound(kind, subject, room, limit=limit, rate=rate, log=log, since_us=since_us, by=by, first_room=room)
        return self._bounds.setdefault((kind, subject), made)

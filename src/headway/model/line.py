"""Lines: jobs of one named worker or of one concurrency key, of which only so many may run at once. Who is next, decided.

A queued job whose turn it is not is blocked, and so costs a claim nothing. Nothing here is counted and kept: who runs is
looked up whenever something changes, so a slot is given back by whatever way a job ends.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

import msgspec

from headway.model.terms import limit_of

IN_LINE: Final = "line"
"""Why a queued job is not ready: others of its named worker or of its key go first, or all places are taken."""
IN_LANE: Final = "lane"
"""The same, of a job that has a key as well: its named worker does not let it stand in the line of the key yet."""
LIMIT_MAX: Final = 1_000
"""The highest limit of a key: so many jobs are looked at whenever one of them changes."""
_UNRATED: Final[Mapping[int, int]] = MappingProxyType({})


class Lane(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """How a named worker stands."""

    app: str
    name: str
    busy: bool
    """One of its jobs runs."""
    ready: int | None
    """The job that may be claimed."""
    waiting: int | None
    """The lowest id of those that wait."""
    turn: int | None
    """The first of the runs that are not stored."""
    turn_after: int | None
    """The newest job when that one came: those up to here go first."""
    turn_runs: bool
    waiting_key: str | None = None
    """The key of the one that waits: it must stand in that line as well."""


class LaneStep(msgspec.Struct, frozen=True, gc=False):
    """What is to be changed."""

    next: int | None = None
    """The only job that may be ready."""
    close: int | None = None
    """The job that was, and may not be any more."""
    turn: int | None = None
    """The run that starts now."""


def lane_step(lane: Lane) -> LaneStep:
    """Who is next: the lowest id of the queued jobs, or a run that came before it; nobody while one of them runs."""
    if lane.busy or lane.turn_runs:
        return LaneStep(close=lane.ready)
    head = lane.waiting if lane.ready is None else lane.ready
    if head is not None and lane.waiting is not None:
        head = min(head, lane.waiting)
    if lane.turn is not None and (head is None or lane.turn_after is None or head > lane.turn_after):
        return LaneStep(close=lane.ready, turn=lane.turn)
    return LaneStep(next=head, close=lane.ready if lane.ready != head else None)


class Place(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A queued job in the line of a key."""

    id: int
    app: str
    key: str
    terms: int
    """As in headway.model.terms: its limit and its rate."""
    queue: str
    name: str
    priority: int
    due_us: int
    laned: bool
    """It has a named worker too, which must let it in."""

    @property
    def order(self) -> tuple[int, int, int]:
        """Higher priority first, then the earlier due moment, then the lower id."""
        return -self.priority, self.due_us, self.id


class Key(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """How a concurrency key stands, beside those that are ready."""

    app: str
    name: str
    running: int
    first: int | None
    """The first who waits, of the first group, and what a Place knows of it."""
    terms: int | None
    queue: str | None
    handler: str | None
    priority: int | None
    due_us: int | None
    laned: bool
    mixed: bool | None
    """Jobs of other groups wait as well."""

    @property
    def is_simple(self) -> bool:
        """Whether `next` is all that can be ready, should nobody be: one group waits at most, and has one place at most.

        What has a rate is never simple: its terms, taken as a limit, are above all that can run.
        """
        return not self.mixed and (self.terms is None or self.terms - self.running <= 1)

    @property
    def next(self) -> int | None:
        """Who is to start, if all is that simple."""
        return self.first if self.terms is not None and self.terms - self.running == 1 else None

    @property
    def head(self) -> Place | None:
        """The first who waits, with all that is known of it."""
        match self:
            case Key(first=int(id_), terms=int(terms), queue=str(queue), handler=str(name)):
                return Place(
                    id_, self.app, self.name, terms, queue, name, self.priority or 0, self.due_us or 0, self.laned
                )
            case _:
                return None


class KeyStep(msgspec.Struct, frozen=True, gc=False):
    """What is to be changed in one group of a key."""

    open: tuple[int, ...] = ()
    close: tuple[int, ...] = ()


def is_enough(ready: Sequence[Place], first: Place | None, free: int) -> bool:
    """Whether the first of those who wait tells all there is to know, and the next ones need not be looked at."""
    if first is None or free <= 1:
        return True
    return len(ready) == free and max(one.order for one in ready) < first.order


def key_step(ready: Sequence[Place], waiting: Sequence[Place], free: int) -> KeyStep:
    """The first `free` of a group are ready, and no others. `waiting` holds at least the first `free` of those who wait."""
    among = sorted([*ready, *waiting], key=lambda one: one.order)[: max(0, free)]
    chosen = {one.id for one in among}
    were = {one.id for one in ready}
    return KeyStep(open=tuple(sorted(chosen - were)), close=tuple(sorted(were - chosen)))


class Candidate(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A ready job that has a key, as a claim sees it."""

    id: int
    key: str
    terms: int


class Front(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Who is at the front of the line of a key, as a claim sees it."""

    key: str
    running: int
    ready: int


class Admitted(msgspec.Struct, frozen=True, gc=False):
    """Which candidates may be granted together."""

    ids: frozenset[int]
    unsettled: tuple[int, ...]
    """Jobs whose lines must be looked at again: not all who are ready there were granted."""


def admit(candidates: Sequence[Candidate], fronts: Sequence[Front], rooms: Mapping[int, int] = _UNRATED) -> Admitted:
    """In their order: of each key as many as have places. (Of a named worker no more than one is ever ready.)

    `rooms` says of candidates with a rate how many of their key may start now, counted over all that have a rate.
    """
    by_key = {front.key: front for front in fronts}
    granted: Counter[str] = Counter()
    started: Counter[str] = Counter()
    ids: set[int] = set()
    for one in candidates:
        if by_key[one.key].running + granted[one.key] < limit_of(one.terms):
            if one.id in rooms:
                if started[one.key] >= rooms[one.id]:
                    continue
                started[one.key] += 1
            granted[one.key] += 1
            ids.add(one.id)
    unsettled = [one.id for one in candidates if one.id not in ids or by_key[one.key].ready > granted[one.key]]
    return Admitted(ids=frozenset(ids), unsettled=tuple(unsettled))

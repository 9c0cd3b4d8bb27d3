"""Lines: jobs of one concurrency key or one named worker, of which only so many may run at once.

A job that has to wait for its turn is queued and blocked: it is not in the index that claims read, so it costs them
nothing. Whenever jobs of a line have changed, the line is looked at anew: by seeks, so it does not matter how many wait.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from headway.model.job import State
from headway.model.line import (
    IN_LINE,
    Admitted,
    Candidate,
    Front,
    Key,
    Lane,
    LaneStep,
    Place,
    admit,
    is_enough,
    key_step,
    lane_step,
)
from headway.model.tie import LINED_UP
from headway.store.verbs.key_rate import KeyRooms, KeyStarts
from headway.store.verbs.transaction import Transaction, as_json

if TYPE_CHECKING:
    from headway.store.verbs.aftermath import Touched

Named = tuple[str, str]
"""An app, and a named worker or a key of it."""
_Line = tuple[str, str, int, str, str]
"""App, key, terms, queue, handler: jobs of one line are in one order, and those of another (that perhaps nobody serves)
never stand in their way."""


_decode_lanes = msgspec.json.Decoder(list[Lane], strict=False).decode
_decode_keys = msgspec.json.Decoder(list[Key], strict=False).decode
_decode_places = msgspec.json.Decoder(list[Place], strict=False).decode
_decode_candidates = msgspec.json.Decoder(list[Candidate], strict=False).decode
_decode_fronts = msgspec.json.Decoder(list[Front]).decode


def open_lines(tx: Transaction, jobs: Sequence[Touched]) -> None:
    """Make those ready whose turn it is, in the lines that these jobs stand in, and in those that were touched."""
    lanes, tx.lanes = tx.lanes, set()
    keys, tx.keys = tx.keys, set()
    for job in jobs:
        if job.ties & LINED_UP:
            if job.lane is not None:
                lanes.add((job.app, job.lane))
            if job.key is not None:
                keys.add((job.app, job.key))
    if lanes:
        _open_lanes(tx, lanes, jobs, keys)
    while keys:
        keys = _open_keys(tx, keys)


def admitted(tx: Transaction, ids: Sequence[int]) -> Admitted:
    """Which of these ready jobs, which have keys, are granted together."""
    row = tx.row("keyed", {"ids": as_json(ids)})
    assert row is not None
    candidates = _decode_candidates(row[0])
    starts = KeyStarts(tx, candidates)
    found = admit(candidates, _decode_fronts(row[1]), starts.rooms)
    starts.start(found.ids)
    tx.touched.update(found.unsettled)
    return found


def _open_lanes(tx: Transaction, lanes: Iterable[Named], jobs: Sequence[Touched], keys: set[Named]) -> None:
    """Open the named workers; the keys whose lines changed by that are added to `keys`."""
    row = tx.row("lanes", {"lanes": as_json(sorted(lanes))})
    steps = {(lane.app, lane.name): (lane, lane_step(lane)) for lane in ([] if row is None else _decode_lanes(row[0]))}
    nexts = {step.next for _, step in steps.values() if step.next is not None}
    close = [step.close for _, step in steps.values() if step.close is not None]
    close += [job.id for job in jobs if _stands_too_early(job, nexts)]
    if close:
        keys.update((app, key) for app, key in tx.rows("close_lanes", {"ids": as_json(close)}) if key is not None)
    _let_in(tx, [lane for lane, step in steps.values() if _opens(lane, step)], keys)
    turns = [step.turn for _, step in steps.values() if step.turn is not None]
    if turns:
        tx.change("start_turns", {"ids": as_json(turns), "now": tx.now_us})
        tx.wake = True


def _let_in(tx: Transaction, lanes: Sequence[Lane], keys: set[Named]) -> None:
    """The first who wait there are ready; those with a key stand in its line now."""
    ready = [lane.waiting for lane in lanes if lane.waiting is not None and lane.waiting_key is None]
    if ready:
        tx.change("open_line", {"ids": as_json(ready)})
        tx.opened.update(ready)
    if len(ready) < len(lanes):
        tx.change("open_lanes", {"ids": as_json([lane.waiting for lane in lanes if lane.waiting_key is not None])})
        keys.update((lane.app, lane.waiting_key) for lane in lanes if lane.waiting_key is not None)


def _opens(lane: Lane, step: LaneStep) -> bool:
    return step.next is not None and step.next != lane.ready


def _stands_too_early(job: Touched, nexts: set[int]) -> bool:
    """It lined up for its key before its named worker lets it."""
    return (
        job.ties & LINED_UP == LINED_UP and job.state is State.QUEUED and job.blocked == IN_LINE and job.id not in nexts
    )


def _open_keys(tx: Transaction, named: Iterable[Named]) -> set[Named]:
    """Open the keys; answers those that must be looked at again, because who was to start was not let in."""
    row = tx.row("keys", {"keys": as_json(sorted(named))})
    assert row is not None
    change = _Change()
    ready = _decode_places(row[0])
    taken = {(place.app, place.key) for place in ready}
    rest: list[Key] = []
    for key in _decode_keys(row[1]):
        if not key.is_simple or (taken and (key.app, key.name) in taken):
            rest.append(key)
        elif key.next is not None:
            change.opened.append(key.next)
            if key.laned:
                change.laned.append(key.next)
    if rest:
        _open_groups(tx, rest, ready, change)
    return change.write(tx)


def _open_groups(tx: Transaction, keys: Sequence[Key], places: Sequence[Place], change: _Change) -> None:
    """Compare who is ready with who waits, group by group."""
    running = {(key.app, key.name): key.running for key in keys}
    ready: dict[_Line, list[Place]] = defaultdict(list)
    for place in places:
        ready[_line(place)].append(place)
    heads = {_line(place): place for place in _heads(tx, keys)}
    rooms = KeyRooms(tx, ready.keys() | heads.keys())
    for line in sorted(ready.keys() | heads.keys()):
        free = rooms.free(line, running[line[:2]])
        head = heads.get(line)
        waiting = [] if head is None else [head]
        if head is not None and (rooms.is_rated(line) or not is_enough(ready[line], head, free)):
            waiting = _page(tx, head, max(0, free) + rooms.is_rated(line))
        step = key_step(ready[line], waiting, free)
        if rooms.is_rated(line) and (step.close or len(waiting) > len(step.open)):
            rooms.wait(line, running[line[:2]])
        change.opened += step.open
        change.closed += step.close
        change.laned += [place.id for place in waiting if place.laned and place.id in step.open]
    rooms.note()


@dataclass(slots=True)
class _Change:
    """What is to be written."""

    opened: list[int] = field(default_factory=list)
    closed: list[int] = field(default_factory=list)
    laned: list[int] = field(default_factory=list)
    """Those to be opened that have a named worker too, which may have closed to them since they lined up."""

    def write(self, tx: Transaction) -> set[Named]:
        """Write it; answers the keys of those that were not let in."""
        left = tx.rows("leave_line", {"ids": as_json(self.laned)}) if self.laned else []
        if self.closed:
            tx.change("close_line", {"ids": as_json(self.closed)})
        if self.opened:
            tx.change("open_line", {"ids": as_json(self.opened)})
            tx.opened.update(self.opened)
        return {(app, key) for app, key in left}


def _heads(tx: Transaction, keys: Sequence[Key]) -> list[Place]:
    """The first who waits of each group."""
    heads = [head for key in keys if not key.mixed and (head := key.head) is not None]
    mixed = [key.first for key in keys if key.mixed]
    row = tx.row("key_heads", {"ids": as_json(mixed)}) if mixed else None
    return heads if row is None else heads + _decode_places(row[0])


def _line(place: Place) -> _Line:
    return place.app, place.key, place.terms, place.queue, place.name


def _page(tx: Transaction, head: Place, limit: int) -> list[Place]:
    values = {"app": head.app, "key": head.key, "queue": head.queue, "name": head.name, "key_terms": head.terms}
    row = tx.row("key_line", {**values, "limit": limit})
    return [] if row is None else _decode_places(row[0])

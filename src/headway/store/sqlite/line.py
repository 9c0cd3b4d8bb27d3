"""Lines: jobs of one concurrency key or one named worker, of which only so many may run at once.

A job that has to wait for its turn is queued and blocked: it is not in the index that claims read, so it costs them
nothing. Whenever jobs of a line have changed, the line is looked at anew: by seeks, so it does not matter how many wait.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

import msgspec

from headway.model.job import State
from headway.model.line import IN_LINE, Admitted, Candidate, Lane, LaneStep, Place, admit, is_enough, key_step, lane_step
from headway.model.tie import LINED_UP, Tie
from headway.store.sqlite.transaction import Transaction, as_json

if TYPE_CHECKING:
    from headway.store.sqlite.aftermath import Touched

Named = tuple[str, str]
"""An app, and a named worker or a key of it."""

_BOTH: Final = Tie.KEY | Tie.LANE

_decode_lanes = msgspec.json.Decoder(list[Lane], strict=False).decode
_decode_running = msgspec.json.Decoder(list[tuple[str, str, int]]).decode
_decode_places = msgspec.json.Decoder(list[Place], strict=False).decode
_decode_candidates = msgspec.json.Decoder(list[Candidate], strict=False).decode


def open_lines(tx: Transaction, jobs: Sequence[Touched]) -> None:
    """Make those ready whose turn it is, in the lines that these jobs stand in, and in the lanes that were touched."""
    lanes, tx.lanes = tx.lanes, set()
    keys: set[Named] = set()
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
    """Which of these ready jobs, which stand in lines, may be granted together."""
    row = tx.row("lined_up", {"ids": as_json(ids)})
    found = admit([] if row is None else _decode_candidates(row[0]))
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
    opened = [step.next for lane, step in steps.values() if _opens(lane, step)]
    if opened:
        for job_id, app, key in tx.rows("open_lanes", {"ids": as_json(opened)}):
            if key is None:
                tx.opened.add(job_id)
            else:
                keys.add((app, key))
    turns = [step.turn for _, step in steps.values() if step.turn is not None]
    if turns:
        tx.change("start_turns", {"ids": as_json(turns), "now": tx.now_us})
        tx.wake = True


def _opens(lane: Lane, step: LaneStep) -> bool:
    return step.next is not None and step.next != lane.ready


def _stands_too_early(job: Touched, nexts: set[int]) -> bool:
    """It lined up for its key before its named worker lets it."""
    return job.ties & _BOTH == _BOTH and job.state is State.QUEUED and job.blocked == IN_LINE and job.id not in nexts


def _open_keys(tx: Transaction, keys: Iterable[Named]) -> set[Named]:
    """Open the keys; answers those that must be looked at again, because who was first there was not let in."""
    row = tx.row("keys", {"keys": as_json(sorted(keys))})
    assert row is not None
    running = {(app, key): count for app, key, count in _decode_running(row[0])}
    ready: dict[tuple[Named, tuple[str, str, int]], list[Place]] = defaultdict(list)
    for place in _decode_places(row[1]):
        ready[(place.app, place.key), place.group].append(place)
    heads = {((place.app, place.key), place.group): place for place in _decode_places(row[2])}
    opened: list[int] = []
    closed: list[int] = []
    stale: list[Place] = []
    for line in ready.keys() | heads.keys():
        named, group = line
        free = group[2] - running[named]
        head = heads.get(line)
        waiting = [] if head is None else [head]
        if head is not None and not is_enough(ready[line], head, free):
            waiting = _page(tx, head, free)
        stale += [place for place in waiting if place.stale]
        step = key_step(ready[line], [place for place in waiting if not place.stale], free)
        opened += step.open
        closed += step.close
    if closed:
        tx.change("close_line", {"ids": as_json(closed)})
    if opened:
        tx.change("open_line", {"ids": as_json(opened)})
        tx.opened.update(opened)
    if not stale:
        return set()
    tx.change("leave_line", {"ids": as_json([place.id for place in stale])})
    return {(place.app, place.key) for place in stale}


def _page(tx: Transaction, head: Place, limit: int) -> list[Place]:
    queue, name, key_limit = head.group
    values = {"app": head.app, "key": head.key, "queue": queue, "name": name, "key_limit": key_limit, "limit": limit}
    row = tx.row("key_line", values)
    return [] if row is None else _decode_places(row[0])

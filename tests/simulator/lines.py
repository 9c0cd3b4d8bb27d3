"""The rules of named workers and concurrency keys, asked after every commit and at every start of a body."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Final

from headway.model.terms import limit_of, rate_of

if TYPE_CHECKING:
    from tests.simulator.bodies import Body
    from tests.simulator.record import Row

Must = Callable[[bool, str], None]

FORWARD: Final = frozenset({"enqueue", "exchange", "beat"})
"""Verbs after which nothing older can be queued that was not queued when a claim in the same transaction looked."""


def hold_to_lines(rows: Iterable[Row], granted: Sequence[Row], must: Must, *, forward: bool) -> None:
    """No lane runs two, no key more than its limit, and a lane's jobs start in the order in which they came."""
    lanes: defaultdict[str, list[Row]] = defaultdict(list)
    keys: Counter[str] = Counter()
    limits: dict[str, int] = {}
    for row in rows:
        if row.is_final:
            continue
        if row.lane is not None:
            lanes[row.lane].append(row)
        if row.key is not None and row.state == "running":
            keys[row.key] += 1
            limits[row.key] = max(limits.get(row.key, 0), limit_of(row.key_limit or 1))
    for lane, members in lanes.items():
        running = [row.ref_id for row in members if row.state == "running"]
        must(len(running) <= 1, f"the named worker {lane} runs {running} at once")
    for key, count in keys.items():
        must(count <= limits[key], f"{count} jobs of the key {key} run at once, and {limits[key]} may")
    for row in granted if forward else ():
        if row.lane is not None:
            waits = [one for one in lanes[row.lane] if one.state == "queued" and one.blocked != "unknown_handler"]
            older = [one.ref_id for one in waits if one.id < row.id]
            must(not older, f"{row.ref_id} was granted on the named worker {row.lane} before {older}")


def hold_to_one_body(body: Body, others: Iterable[Body], is_awake: Callable[[Body], bool], must: Must) -> None:
    """A body starts on a named worker: no other may run on there that has not been told to stop."""
    lane = body.claim.lane
    if lane is None:
        return
    for other in others:
        if other is not body and other.claim.lane == lane and other.told is None and is_awake(other):
            must(False, f"{body.claim.ref_id} begins on the named worker {lane} while {other.claim.ref_id} runs there")


def has_a_turn_to_wait_for(row: Row, rows: Iterable[Row]) -> bool:
    """Whether somebody of its lane or of its key runs, or its key has a rate: then it is not stuck, however long that takes."""
    if row.lane is None and row.key is None:
        return False
    running = [one for one in rows if one.state == "running"]
    if row.key_limit is not None and rate_of(row.key_limit):
        return (
            True  # the next one starts when the oldest start leaves the span; that all come to rest is asked in the end
        )
    in_lane = row.lane is not None and any(one.lane == row.lane for one in running)
    return in_lane or (row.key is not None and any(one.key == row.key for one in running))

"""Where the jobs of a filter are looked for, slice by slice: a stretch of numbers, or the few jobs that can be meant at all.

Jobs that have not ended are few among millions, and so are those of a small app: their numbers are known at once by an
index. Everything else is looked for along the numbers. As they grow with time, moments of creation bound them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from msgspec.structs import replace

from headway.model.clock import Clock
from headway.model.job import FINAL, PENDING, State
from headway.store.protocol import JobFilter
from headway.store.verbs.select import Chosen, choose
from headway.store.verbs.tally import counts, is_only
from headway.store.verbs.transaction import Transaction, as_json

SLICE: Final = 20_000
"""Numbers of one look: a few milliseconds."""
QUICK_S: Final = 0.002
"""After a look that was quicker (few of those numbers are left, or an index leads to the filter's) the next is twice as wide."""
FEW_MAX: Final = 20_000
"""Unfinished jobs are looked at one by one up to so many."""
APP_FEW_MAX: Final = 2_000
FEW_SLICE: Final = 1_000
MANY_MIN: Final = 1_000
"""From here on unfinished jobs are first looked for among the newest numbers."""
SEARCHED_TO: Final = 1_000
"""Moments are looked for among the numbers down to so many."""
SET_BACK_US: Final = 2 * 3600 * 1_000_000
"""A clock that is set back gives a later number an earlier moment: by so much it does not matter."""
_NARROW: Final = ("batch_id", "ref_id", "parent_id", "reply_to", "lane")
"""Each leads to few jobs by an index of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Jobs that a filter may name."""

    chosen: Chosen
    lowest: int
    highest: int
    """Numbers of jobs, these two included; the highest is less than the lowest where there are none."""
    ids: tuple[int, ...] | None = None
    """All that there are, upward; None: any number."""
    total: int | None = None
    """How many the filter names, where that is known."""

    def values(self, low: int, high: int) -> dict[str, Any]:
        """The parameters of a look at the numbers above `low` up to `high`."""
        if self.ids is None:
            return {**self.chosen.values, "low": low, "high": high}
        among = self.ids[bisect_right(self.ids, low) : bisect_right(self.ids, high)]
        return {**self.chosen.values, "among": as_json(among)}

    def down(self, clock: Clock, high: int, stop: int) -> Iterator[tuple[int, int]]:
        """Slices from a number down to above another; each is above its first number up to its second."""
        size, before = SLICE, clock.monotonic()
        while high > stop:
            low = max(stop, high - size) if self.ids is None else self._below(high, stop)
            yield low, high
            high, now = low, clock.monotonic()
            size, before = size * (2 if now - before < QUICK_S else 1), now

    def up(self, clock: Clock, low: int, stop: int) -> Iterator[tuple[int, int]]:
        """Slices from above a number up to another."""
        size, before = SLICE, clock.monotonic()
        while low < stop:
            high = min(stop, low + size) if self.ids is None else self._above(low, stop)
            yield low, high
            low, now = high, clock.monotonic()
            size, before = size * (2 if now - before < QUICK_S else 1), now

    def _below(self, high: int, stop: int) -> int:
        assert self.ids is not None
        at = bisect_right(self.ids, high) - FEW_SLICE
        return stop if at <= 0 else max(stop, self.ids[at] - 1)

    def _above(self, low: int, stop: int) -> int:
        assert self.ids is not None
        at = bisect_right(self.ids, low) + FEW_SLICE
        return stop if at >= len(self.ids) else min(stop, self.ids[at])


OPEN: Final[Mapping[State, str]] = MappingProxyType({
    State.SCHEDULED: "open_scheduled",
    State.WAITING: "open_waiting",
    State.QUEUED: "open_queued",
    State.RUNNING: "open_running",
    State.EXECUTED: "open_executed",
})  # fmt: skip
"""Which statement finds the unfinished jobs of a state."""


def stretch(tx: Transaction, where: JobFilter, *, counted: bool) -> Stretch:
    """Where the jobs of this filter are, as far as that is known quickly; `counted`: also how many there are."""
    few = _few(tx, where)
    if few is not None:
        ids = tuple(sorted(few))
        rest = replace(where, app=None if where.states == () or is_only(tx, where.app) else where.app, states=())
        chosen = choose(rest, tx.dialect, among=True)
        total = len(ids) if not chosen.parts else None if len(ids) <= FEW_SLICE or not counted else _total(tx, where)
        lowest, highest = (ids[0], ids[-1]) if ids else (1, 0)
        return Stretch(chosen=chosen, lowest=lowest, highest=highest, ids=ids, total=total)
    lowest, highest = tx.rows("job_numbers")[0]
    if where.created_from_us is not None:
        lowest = _first_since(tx, where.created_from_us - SET_BACK_US, lowest, highest)
    if where.created_until_us is not None:
        highest = _last_before(tx, where.created_until_us + SET_BACK_US, lowest, highest)
    total = _total(tx, where) if counted else None
    return Stretch(chosen=choose(where, tx.dialect), lowest=lowest, highest=highest, total=total)


def newest(tx: Transaction, where: JobFilter) -> Stretch | None:
    """The newest numbers, where jobs that have not ended are wanted and there are many: a page of them is mostly there."""
    total = None if PENDING.isdisjoint(where.states) else _total(tx, where)
    if total is None or total < MANY_MIN:
        return None
    lowest, highest = tx.rows("job_numbers")[0]
    return Stretch(
        chosen=choose(where, tx.dialect), lowest=max(lowest, highest - SLICE + 1), highest=highest, total=total
    )


def _total(tx: Transaction, where: JobFilter) -> int | None:
    """How many there are, where only states are asked for: they are counted anyway."""
    if not where.states or replace(where, app=None, states=()) != JobFilter():
        return None
    return sum(counts(tx, where.app, set(where.states)).values())


def _few(tx: Transaction, where: JobFilter) -> list[int] | None:
    """The jobs in the filter's states, or of its app, where they are known to be few."""
    if any(getattr(where, column) is not None for column in _NARROW):
        return None
    if where.states and FINAL.isdisjoint(where.states):
        return _unfinished(tx, where)
    if where.app is not None and not where.states:
        rows = tx.rows("ids_of_app", {"app": where.app, "limit": APP_FEW_MAX + 1})
        return None if len(rows) > APP_FEW_MAX else [row[0] for row in rows]
    return None


def _unfinished(tx: Transaction, where: JobFilter) -> list[int] | None:
    found: list[int] = []
    for state, statement in OPEN.items():
        if state in where.states:
            found += [row[0] for row in tx.rows(statement, {"limit": FEW_MAX + 1})]
            if len(found) > FEW_MAX:
                return None
    return found


def _first_since(tx: Transaction, moment_us: int, low: int, high: int) -> int:
    """A number below which every job was created before that moment."""
    while high - low > SEARCHED_TO:
        middle = (low + high) // 2
        job, created_us = tx.rows("job_above", {"id": middle})[0]
        if created_us < moment_us:
            low = job
        else:
            high = middle
    return low


def _last_before(tx: Transaction, moment_us: int, low: int, high: int) -> int:
    """A number above which no job was created before that moment."""
    while high - low > SEARCHED_TO:
        middle = (low + high) // 2
        job, created_us = tx.rows("job_above", {"id": middle})[0]
        if created_us >= moment_us:
            high = middle
        else:
            low = job
    return high

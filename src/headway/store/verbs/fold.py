"""Summing up what ended, a few thousand jobs at a time.

The jobs are read on a reading connection, for as long as that takes. Under the writer lock it is only looked whether they
are still those that were read, and whether nobody else has moved on meanwhile; then the cells are written with how far
that is. So a job is counted once, however many processes sum up, and whatever of it is lost is done again.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec.structs import replace

from headway.store.operation import Operation
from headway.store.verbs.cells import Cell, Key, count_ended, spread, with_stored
from headway.store.verbs.find import ID_MAX
from headway.store.verbs.folded import (
    DAY_US,
    HOUR_US,
    LAG_US,
    MINUTE_US,
    SECOND_US,
    SETTING,
    Folded,
    clocks_of,
    floor,
    holds_until,
    moved_on,
    read_folded,
    taken_back,
)
from headway.store.verbs.months import add_months, months_between, months_in
from headway.store.verbs.transaction import Transaction, as_json

if TYPE_CHECKING:
    from headway.store.operation import Runs

JOBS_MAX: Final = 10_000
"""Jobs of one step, unless more ended in the same microsecond."""
CELLS_MAX: Final = 1_000
"""Cells of one step: a store whose jobs ended long ago, here and there, is gone through with fewer jobs at a time."""
FEWER: Final = 4


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What one step has to write, if everything is still as it was read."""

    was: str | None
    will: Folded
    from_us: int
    until_us: int
    jobs: int
    ids: int
    cells: list[dict[str, Any]]
    months: list[dict[str, Any]]
    more: bool


class Back(msgspec.Struct, frozen=True, kw_only=True):
    """The clock was set back: what was summed up from a moment on does not hold any more."""

    was: str | None
    will: Folded


def fold(reads: Runs, writes: Runs) -> bool:
    """One step; whether there is more to do at once. Where somebody else has moved on meanwhile it is left to them."""
    found = reads.call(Operation("look_at_figures", look))
    match found:
        case None:
            return False
        case Back():
            writes.call(Operation("take_figures_back", partial(take_back, found=found)))
            return True
        case Step():
            written = writes.call(Operation("write_figures", partial(write, step=found)))
            return written and found.more


def look(tx: Transaction) -> Step | Back | None:
    """What the next step is, read off one snapshot."""
    folded, was = read_folded(tx)
    clocks = clocks_of(tx)
    until = holds_until(folded, *clocks)
    if until < folded.until_us:
        will = replace(taken_back(folded, until, tx.now_us), wall_us=clocks[0], boot_us=clocks[1], boot_id=clocks[2])
        return Back(was=was, will=will)
    if folded.months_us < folded.until_us:
        return _months_step(tx, folded, was)
    return _step(tx, folded, was, clocks)


def _step(tx: Transaction, folded: Folded, was: str | None, clocks: tuple[int, int, str]) -> Step | None:
    limit, end = JOBS_MAX, tx.now_us - LAG_US
    if end <= folded.until_us:
        return None
    kept = moved_on(folded, end, end, clocks)
    # What is too old for figures of its minutes is counted by the hour, and so not together with what is not.
    step_us, last = (HOUR_US, kept.minutes_us) if folded.until_us < kept.minutes_us else (MINUTE_US, end)
    while True:
        until = _end_of_step(tx, folded.until_us, last, limit)
        will = moved_on(folded, until, until, clocks)
        found = count_ended(tx, folded.until_us, until, step_us=step_us)
        cells = spread(found, will.kept(tx.now_us))
        if len(cells) <= CELLS_MAX or limit <= FEWER:
            break
        limit //= FEWER
    if not found and until == end:
        return None
    return Step(
        was=was,
        will=will,
        from_us=folded.until_us,
        until_us=until,
        jobs=sum(one.jobs for one in found),
        ids=sum(one.ids for one in found),
        cells=with_stored(tx, cells),
        months=months_in(tx, found, folded.until_us, until),
        more=until < end,
    )


def _months_step(tx: Transaction, folded: Folded, was: str | None) -> Step:
    """Only the months are counted anew."""
    from_us = folded.months_us
    until = _end_of_step(tx, from_us, folded.until_us, JOBS_MAX)
    jobs, ids = tx.rows("ended_sum", {"from": from_us, "until": until})[0]
    return Step(
        was=was,
        will=replace(folded, months_us=until),
        from_us=from_us,
        until_us=until,
        jobs=jobs,
        ids=ids,
        cells=[],
        months=months_between(tx, from_us, until),
        more=True,
    )


def _end_of_step(tx: Transaction, from_us: int, last_us: int, limit: int) -> int:
    """A moment until which about so many jobs ended; always further on than where it begins."""
    end = tx.rows("ended_ahead", {"from": from_us, "until": last_us, "skip": limit})[0][0]
    return last_us if end is None else max(end, from_us + 1)


def write(tx: Transaction, step: Step) -> bool:
    """Write it; False when something is not as it was read. Nobody else writes meanwhile, so whatever ends later ends after it."""
    _, said = read_folded(tx)
    if said != step.was or tx.now_us < step.until_us:
        return False
    if (step.jobs, step.ids) != tx.rows("ended_sum", {"from": step.from_us, "until": step.until_us})[0]:
        return False
    tx.many("put_figure", step.cells)
    add_months(tx, step.months)
    _say(tx, step.will)
    for step_us, kept_us in step.will.kept(tx.now_us):
        tx.change("drop_figures", {"step": step_us // SECOND_US, "from": 0, "until": kept_us})
    return True


def take_back(tx: Transaction, found: Back) -> bool:
    """Drop what does not hold any more; the hour and the day that are cut are summed up from what is left of them."""
    _, said = read_folded(tx)
    if said != found.was:
        return False
    until = found.will.until_us
    for step_us, part_us in ((MINUTE_US, 0), (HOUR_US, MINUTE_US), (DAY_US, HOUR_US)):
        begins = floor(until, step_us)
        seconds = step_us // SECOND_US
        tx.change("drop_figures", {"step": seconds, "from": begins, "until": ID_MAX})
        if begins < until:
            tx.many("put_figure", _summed(tx, part_us // SECOND_US, seconds, begins, until))
    tx.change("drop_months")
    _say(tx, found.will)
    return True


def _summed(tx: Transaction, part: int, step: int, from_us: int, until_us: int) -> list[dict[str, Any]]:
    """The cells of one hour (or day) from those of its minutes (or hours)."""
    cells: dict[Key, Cell] = {}
    values = {"step": part, "from": from_us, "until": until_us, "app": None}
    for _, app, name, queue, state, *rest in tx.rows("figures_of", values):
        cells.setdefault(Key(step, from_us, app, name, queue, state), Cell()).add(tuple(rest))
    return with_stored(tx, cells)


def _say(tx: Transaction, folded: Folded) -> None:
    tx.change("set_setting", {"name": SETTING, "value": as_json(folded)})

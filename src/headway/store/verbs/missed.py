"""Ranges of instants that were passed over: noted, opened again by a clock that was set back, forgotten in the end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from headway.model.firing import Passed, passed_over
from headway.model.timeline import Timeline
from headway.store.verbs.transaction import Transaction

MISSED_KEPT: Final = 100
"""Ranges of a schedule that are kept, the newest."""


def ranges_from(tx: Transaction, schedule_id: int, from_us: int) -> list[Passed]:
    """Those that end at that moment or later, oldest first."""
    rows = tx.rows("missed_ahead", {"id": schedule_id, "from_us": from_us})
    found = [Passed(from_us, until_us, count, bool(is_least)) for from_us, until_us, count, is_least in rows]
    return sorted(found, key=lambda one: one.from_us)


def note_passed(tx: Transaction, schedule_id: int, passed: Passed) -> None:
    """Write down one range."""
    _insert(tx, schedule_id, passed)
    tx.change("prune_missed", {"id": schedule_id, "now": tx.now_us, "kept": MISSED_KEPT})


def cut(
    tx: Transaction, schedule_id: int, timeline: Timeline, ranges: Sequence[Passed], first_us: int, last_us: int | None
) -> int:
    """Take out of these ranges the instants from one to another, or all from one on; what is left on either side stays.

    Answers how many fewer are on record then; by a denser timetable than they were counted by there may be more.
    """
    taken = 0
    for one in ranges:
        if one.until_us < first_us or (last_us is not None and one.from_us > last_us):
            continue
        tx.change("drop_missed", {"id": schedule_id, "from_us": one.from_us})
        taken += one.count
        before = timeline.latest(first_us - 1) if one.from_us < first_us else None
        if before is not None and before >= one.from_us:
            taken -= _insert(tx, schedule_id, _left(timeline, one.from_us, before))
        after = timeline.after(last_us) if last_us is not None and last_us < one.until_us else None
        if after is not None and after <= one.until_us:
            taken -= _insert(tx, schedule_id, _left(timeline, after, one.until_us))
    return taken


def close_ahead(tx: Transaction, schedule_id: int, timeline: Timeline) -> None:
    """What was passed over ahead of now is no instant any more: there are others, or it is counted anew."""
    ranges = ranges_from(tx, schedule_id, tx.now_us + 1)
    if ranges:
        taken = cut(tx, schedule_id, timeline, ranges, tx.now_us + 1, None)
        tx.change("count_missed", {"id": schedule_id, "count": -taken})


def let_pass(tx: Transaction, schedule_id: int, passed: Passed) -> None:
    """Instants that have come, were not fired and never will be."""
    note_passed(tx, schedule_id, passed)
    tx.change("count_missed", {"id": schedule_id, "count": passed.count})


def _left(timeline: Timeline, from_us: int, until_us: int) -> Passed:
    """What is left of a range; its ends may be instants of a timetable that the schedule has no more."""
    first = timeline.after(from_us - 1) or from_us
    return passed_over(timeline, first, max(first, timeline.latest(until_us) or first))


def _insert(tx: Transaction, schedule_id: int, passed: Passed) -> int:
    values = (schedule_id, passed.from_us, passed.until_us, passed.count, passed.is_least, tx.now_us)
    tx.change("insert_missed", values)
    return passed.count

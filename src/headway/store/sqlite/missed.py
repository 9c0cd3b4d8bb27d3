"""Ranges of instants that were passed over: noted, opened again by a clock that was set back, forgotten in the end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from headway.model.firing import Passed, passed_over
from headway.model.timeline import Timeline
from headway.store.sqlite.transaction import Transaction

MISSED_KEPT: Final = 100
"""Ranges of a schedule that are kept, the newest."""


def note_passed(tx: Transaction, schedule_id: int, passed: Passed) -> None:
    """Write down one range."""
    _insert(tx, schedule_id, passed)
    tx.change("prune_missed", {"id": schedule_id, "now": tx.now_us, "kept": MISSED_KEPT})


def cut(
    tx: Transaction, schedule_id: int, timeline: Timeline, ranges: Sequence[Passed], first_us: int, last_us: int
) -> None:
    """Take out what was judged again, from one instant to another: what is left of a range on either side stays."""
    for one in ranges:
        if one.until_us < first_us or one.from_us > last_us:
            continue
        tx.change("drop_missed", {"id": schedule_id, "from_us": one.from_us})
        before = timeline.latest(first_us - 1) if one.from_us < first_us else None
        if before is not None and before >= one.from_us:
            _insert(tx, schedule_id, passed_over(timeline, one.from_us, before))
        after = timeline.after(last_us) if last_us < one.until_us else None
        if after is not None and after <= one.until_us:
            _insert(tx, schedule_id, passed_over(timeline, after, one.until_us))


def _insert(tx: Transaction, schedule_id: int, passed: Passed) -> None:
    values = (schedule_id, passed.from_us, passed.until_us, passed.count, passed.is_least, tx.now_us)
    tx.change("insert_missed", values)

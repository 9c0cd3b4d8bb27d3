"""What workers should have seen and did not: schedules, by how much they are overdue and why, and calls that were committed."""

from __future__ import annotations

from typing import Final

from headway.model.schedule import ScheduleState
from headway.store.scheduling import ScheduleRow
from headway.view import words

LATE_MIN_US: Final = 10_000_000
"""A worker looks every second; a shorter delay says nothing."""
LATE_MAX_US: Final = 60_000_000
"""What is later has nobody who looks, whatever its schedule still calls on time."""
NO_WORKER: Final = "no worker of this app is running"
HELD: Final = "the store is held"


def overdue_us(row: ScheduleRow, now_us: int) -> int:
    """By how much an active schedule is later than its grace allows, counted from its instant; 0 where it is not."""
    if row.state is not ScheduleState.ACTIVE or row.next_us is None or row.waits_for_clock:
        return 0
    grace_us = 0 if row.definition is None else row.definition.misfire_grace_us or 0
    late_us = now_us - row.next_us
    return late_us if late_us > min(LATE_MAX_US, max(LATE_MIN_US, grace_us)) else 0


def overdue(row: ScheduleRow, now_us: int, idle: str = "") -> str:
    """The same in words, with why nothing looks at it; nothing where it is not."""
    late_us = overdue_us(row, now_us)
    return f"overdue by {words.duration(late_us)}{f': {idle}' if idle else ''}" if late_us else ""


def is_unseen(since_us: int, now_us: int) -> bool:
    """Whether a call that was committed then should have been made a job by now."""
    return now_us - since_us > LATE_MIN_US

"""The demo's schedule, looked at: what it did, and whether every instant had one run at most."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime

from headway import ScheduleNotFound
from headway.demo.jobs import STOCK, jobs

STEP_S = 2
"""Stock is taken whenever the seconds are a multiple of this."""
LOOKED_AT_MAX = 1_000


def stock_words() -> str:
    """What the schedule has done so far."""
    try:
        schedule = jobs.get_recurring(STOCK).info()
    except ScheduleNotFound:
        return ""
    missed = f", {schedule.missed_count} instants missed while no worker was there" if schedule.missed_count else ""
    return f"stock taken {schedule.run_count} times{missed}"


def stock_differences() -> list[str]:
    """What is wrong with the latest runs of the schedule; an empty list if nothing is."""
    refs = [row.ref_id for row in jobs.list(schedule=STOCK, limit=LOOKED_AT_MAX).rows]
    return list(differences_of([datetime.fromisoformat(ref.partition("@")[2]) for ref in refs if "@" in ref]))


def differences_of(instants: Iterable[datetime]) -> Iterator[str]:
    """What is wrong with these instants of its runs."""
    for instant, times in Counter(instants).items():
        if times > 1:
            yield f"stock was taken {times} times for {instant}"
        if instant.microsecond or instant.second % STEP_S:
            yield f"stock was taken for {instant}, which is no instant of the schedule"

"""How long the latest successes of a handler took.

They are looked for newest first, and for a moment only: among millions of other jobs those of a rare handler are not
found in that time. Then the middle one of the latest day that was summed up is told.
"""

from __future__ import annotations

from typing import Final

from headway.model.histogram import quantile
from headway.model.job import State
from headway.model.sort import NEWEST_FIRST
from headway.store.protocol import JobFilter
from headway.store.verbs.cells import Times
from headway.store.verbs.folded import DAY_US, SECOND_US
from headway.store.verbs.pages import first
from headway.store.verbs.stretch import stretch
from headway.store.verbs.transaction import Transaction, as_json

LAST_MAX: Final = 100
DEADLINE_US: Final = 5_000
"""A page may ask for twenty handlers."""


def durations(tx: Transaction, name: str, last: int) -> tuple[int, ...]:
    """In microseconds, newest first."""
    where = JobFilter(names=(name,), states=(State.COMPLETED,))
    end = tx.clock.monotonic() + DEADLINE_US / 1e6
    found, _ = first(tx, stretch(tx, where, counted=False), NEWEST_FIRST, None, min(last, LAST_MAX), end)
    rows = tx.rows("durations_of", {"ids": as_json(found)})
    return tuple(row[0] for row in rows) or _middle(tx, name)


def _middle(tx: Transaction, name: str) -> tuple[int, ...]:
    times = Times()
    for run, longest in tx.rows("latest_run_times", {"name": name, "step": DAY_US // SECOND_US}):
        times.add(run, longest)
    return () if times.longest is None else (min(times.longest, quantile(times.buckets, 0.5)),)

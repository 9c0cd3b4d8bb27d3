"""The estimated progress of running jobs that report none, for what people look at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from msgspec.structs import replace

from headway.model.job import JobRow, State
from headway.model.progress import estimate

MARK: Final = "estimated"

Durations = Callable[[str], Sequence[int]]
"""How long the latest successes of a handler took, in microseconds, by its name."""


def with_estimates(rows: Sequence[JobRow], durations: Durations, *, now_us: int) -> tuple[JobRow, ...]:
    """The rows; a running one without progress of its own gets that of its handler's earlier runs, marked in its message.

    Each handler is asked for once; one without a success has no estimate.
    """
    names = dict.fromkeys(row.name for row in rows if _is_silent(row))
    known = {name: tuple(durations(name)) for name in names}
    return tuple(_estimated(row, known[row.name], now_us) if _is_silent(row) else row for row in rows)


def _is_silent(row: JobRow) -> bool:
    return row.state is State.RUNNING and row.fraction is None and row.started_us is not None


def _estimated(row: JobRow, durations_us: Sequence[int], now_us: int) -> JobRow:
    fraction = None if row.started_us is None else estimate(now_us - row.started_us, durations_us)
    if fraction is None:
        return row
    said = row.message or row.status
    return replace(row, fraction=fraction, message=MARK if said is None else f"{MARK}, {said}")

"""Bars for running jobs that report no progress: by how long their handler took lately, marked as estimated."""

from __future__ import annotations

from collections.abc import Sequence

from headway.model.job import JobRow, State
from headway.view.estimates import with_estimates
from headway.web.visit import Visit


async def estimated(visit: Visit, rows: Sequence[JobRow]) -> tuple[JobRow, ...]:
    """The rows, with estimates where there is something to estimate by; each handler is asked for once."""
    silent = {row.name for row in rows if row.state is State.RUNNING and row.fraction is None}
    known = {name: await visit.read(visit.reader.durations(name)) for name in sorted(silent)}
    return with_estimates(rows, lambda name: known[name], now_us=visit.console.now_us())

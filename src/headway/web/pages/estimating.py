"""Rows with the estimated progress of those that run and report none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from headway.model.job import JobRow, State
from headway.view.estimates import with_estimates
from headway.web.visit import Visit

NAMES_MAX: Final = 20
"""Handlers that are asked for on one page."""


async def estimated(visit: Visit, rows: Sequence[JobRow]) -> tuple[JobRow, ...]:
    """The same rows; of the first so many handlers that run here and report nothing, with an estimate."""
    silent = [row.name for row in rows if row.state is State.RUNNING and row.fraction is None]
    names = tuple(dict.fromkeys(silent))[:NAMES_MAX]
    known = {name: await visit.read_lately(visit.reader.durations(name), name) for name in names}
    return with_estimates(rows, lambda name: known.get(name, ()), now_us=visit.console.now_us())

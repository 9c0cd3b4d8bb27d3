"""A batch that a job waits for: it is named, and need not be there yet."""

from __future__ import annotations

import msgspec

from headway.model.job import State


class Awaited(msgspec.Struct, frozen=True, kw_only=True):
    """A batch that a job waits for, or waited for."""

    name: str
    exists: bool
    """False: nobody has created it yet."""
    outcome: State | None
    """How it ended; None while it has not."""
    waits: bool
    """The job still waits for it."""

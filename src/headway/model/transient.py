"""A run that is not stored and holds a named worker, as other processes see it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TransientRun:
    """What `start` or `arun` runs on a named worker, in some process."""

    name: str
    """The handler's name."""
    worker: str
    """The named worker that it holds."""
    host: str
    pid: int
    """The process in which it runs."""
    since: datetime
    """When it began."""
    asked: datetime | None
    """When it was first asked to stop; None if that was never before."""

"""Telling the event loops that headway turns for jobs alone from those that an application lends."""

from __future__ import annotations

import asyncio

from headway.run.loop import LoopLane


def serves_jobs_alone(loop: asyncio.AbstractEventLoop) -> bool:
    """Whether this loop is headway's own: of a host process, or of a worker's thread. False for an application's."""
    return isinstance(getattr(loop.get_task_factory(), "__self__", None), LoopLane)

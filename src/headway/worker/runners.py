"""The runners of an embedded worker: a host in this process, and children where the application can be imported."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from headway.run.host import Host
from headway.worker.crew import Crew

if TYPE_CHECKING:
    from headway.worker.judge import Judge
    from headway.worker.settings import WorkerSettings
    from headway.worker.worker import Application


def embedded_crew(
    jobs: Application, settings: WorkerSettings, judge: Judge, loop: asyncio.AbstractEventLoop | None
) -> Crew:
    """A host for coroutines and threads; a pool of children for process jobs and suspects."""
    host = Host(jobs.registry, concurrency=settings.concurrency, clock=jobs.clock, loop=loop)
    return Crew([host], None, runs_in_child=judge.runs_in_child)

"""The runners of a worker: a host in this process or hosts behind pipes, and children for what must run alone."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

from headway.model.errors import ConfigInvalid
from headway.model.handler import RunIn
from headway.worker.crew import Crew
from headway.worker.locate import locate

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Sequence

    from headway.run.frames import Spec
    from headway.run.pipe import PipeRunner
    from headway.worker.judge import Judge
    from headway.worker.settings import WorkerSettings
    from headway.worker.worker import Application

log = logging.getLogger("headway.worker")


def embedded_crew(
    jobs: Application, settings: WorkerSettings, judge: Judge, loop: asyncio.AbstractEventLoop | None
) -> Crew:
    """A host here for coroutines and threads; a pool of children for process jobs and suspects.

    Raises ConfigInvalid when a process job is registered and no child could import the application.
    """
    from headway.run.host import Host

    host = Host(jobs, concurrency=settings.concurrency, clock=jobs.clock, loop=loop)
    spec = locate(jobs) if os.name == "posix" else None
    if spec is None:
        _refuse_process_jobs(jobs)
        return Crew([host], None, runs_in_child=judge.runs_in_child, hosts_near=True)
    from headway.run.pool import ChildPool

    pool = ChildPool(spec, size=settings.children, clock=jobs.clock)
    return Crew([host], pool, runs_in_child=judge.runs_in_child, hosts_near=True)


def standalone_crew(spec: Spec, hosts: Sequence[PipeRunner], settings: WorkerSettings, judge: Judge) -> Crew:
    """Hosts and children behind pipes: this process runs no user code."""
    from headway.run.pool import ChildPool

    return Crew(hosts, ChildPool(spec, size=settings.children), runs_in_child=judge.runs_in_child)


def _refuse_process_jobs(jobs: Application) -> None:
    names = [handler.name for handler in jobs.registry if handler.run_in is RunIn.PROCESS]
    if names and os.name == "posix":
        msg = (
            f'{names[0]} has run_in="process", but a child process cannot find this Jobs: '
            "assign it to a name at the top of a module"
        )
        raise ConfigInvalid(msg)
    if names:
        log.warning("this system has no child processes for %s: it runs on a thread and cannot be killed", names[0])

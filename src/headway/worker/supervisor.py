"""The stand-alone worker: a supervisor process that runs no user code, with hosts and children behind pipes.

The supervisor does not import the application: its first host does, and tells where the store is and which handlers
there are. So leases are renewed, deaths noticed and time-outs kept whatever user code does to its own process.
"""

from __future__ import annotations

import logging
import os
import sys
from typing import TYPE_CHECKING, Final

import msgspec

from headway.model.clock import SystemClock
from headway.model.displaced import StoreMoved
from headway.model.version import VERSION
from headway.run import logformat
from headway.run.frames import Hello, Spec
from headway.run.pipe import PipeRunner
from headway.store.open import open_store
from headway.worker.admission import wait_until_open
from headway.worker.core import Core
from headway.worker.learning import Learning
from headway.worker.runners import standalone_crew
from headway.worker.signals import stop_signals

if TYPE_CHECKING:
    from collections.abc import Callable

    from headway.worker.crew import Crew
    from headway.worker.judge import Judge
    from headway.worker.settings import WorkerSettings

log = logging.getLogger("headway.worker")

IMPORT_WAIT_S: Final = 60.0
LOOK_S: Final = 0.1


class ToldSettings(msgspec.Struct, frozen=True):
    """What the application's settings say about its worker; the first host tells it as JSON."""

    app: str = "default"
    durability: str = "full"
    migrate: bool | None = None


class Supervisor:
    """Runs the jobs of an application that lives in other processes."""

    def __init__(self, application: str, settings: WorkerSettings) -> None:
        """`application` is module:attribute, importable from the current directory. Nothing is started yet."""
        self._settings = settings
        share = -(-settings.concurrency // settings.hosts)
        self._spec = Spec(
            application=application,
            concurrency=share,
            paths=(os.getcwd(), *(path for path in sys.path if path)),  # noqa: PTH109
            cwd=os.getcwd(),  # noqa: PTH109
            log_format=logformat.in_use(),
        )

    def run(self, announce: Callable[[Hello], None]) -> int:
        """Work until SIGTERM or SIGINT (a second one ends at once) or, with `exit_when_idle`, until nothing is due.

        While a copy fills the store, or copies it elsewhere, it waits, and begins when that is done.
        `announce` is told what the first host says of the application, before the first claim. Answers the exit code:
        0 after a clean stop, 4 when the store has moved, was changed for newer code or tampered with, 70 after a defect. Raises HostUnavailable when
        the application could not be imported or took longer than a minute, its kind HostUnstarted when an `on_startup` hook raised.
        """
        with stop_signals() as asked:
            hosts = [PipeRunner(self._spec) for _ in range(self._settings.hosts)]
            learning = Learning(hosts)
            hello = hosts[0].open(IMPORT_WAIT_S)
            announce(hello)
            core = self._compose(hello, hosts)
            if not wait_until_open(core.store, asked):
                core.crew.close(0)
                core.store.close()
                return 0
            try:
                core.start(lambda: wait_until_open(core.store, asked))
            except StoreMoved:
                if asked.is_set():  # before it could enter
                    return 0
                raise
            learning.attend(core.know, core.plan)
            while not asked.wait(LOOK_S):
                if not core.fitness.is_good:
                    break
                if self._settings.exit_when_idle and core.is_idle:
                    break
            core.stop()
            core.store.close()
            log.info("worker stopped")
        return core.fitness.exit_code

    def _compose(self, hello: Hello, hosts: list[PipeRunner]) -> Core:
        told = msgspec.json.decode(hello.settings or "{}", type=ToldSettings)
        clock = SystemClock()
        listened = frozenset(hello.hooks)

        def crew(judge: Judge) -> Crew:
            return standalone_crew(self._spec, hosts, self._settings, judge)

        return Core(
            open_store(hello.place, clock=clock, durability=told.durability, migrate=told.migrate),
            clock,
            self._settings,
            app=told.app,
            version=VERSION,
            infos=hello.handlers,
            schedules=hello.schedules,
            crew=crew,
            listens=lambda: listened,
        )

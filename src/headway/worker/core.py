"""Everything of a worker but its runners: the same for the embedded and the stand-alone form."""

from __future__ import annotations

import contextlib
import logging
import os
import random
import threading
from collections.abc import Callable, Sequence
from typing import Final

from headway.model.clock import Clock
from headway.model.errors import HeadwayError
from headway.model.handler import HandlerInfo
from headway.model.schedule import Definition
from headway.store.protocol import Store
from headway.worker.admission import enter_when_open
from headway.worker.crew import Crew
from headway.worker.engine import Engine
from headway.worker.herald import Herald, Listens
from headway.worker.judge import Judge
from headway.worker.lookout import Lookout
from headway.worker.node import Node
from headway.worker.roster import Roster
from headway.worker.scheduler import FAILURE_PAUSE_MAX, Scheduler
from headway.worker.service import Upkeep
from headway.worker.settings import WorkerSettings
from headway.worker.upkeep import Archiver, Figures, Heart, Janitor, Purger, Sweep, Watch

STOP_WAIT_S: Final = 10.0
"""How long the worker's own threads may take to end."""
QUIET_LOOK_S: Final = 0.02

log = logging.getLogger("headway.worker")


class Core:
    """Node, engine and upkeep over one store and one crew."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        settings: WorkerSettings,
        *,
        app: str,
        version: str,
        infos: Sequence[HandlerInfo],
        schedules: Sequence[Definition] = (),
        crew: Callable[[Judge], Crew],
        listens: Listens,
        draw: Callable[[], float] = random.random,
        entropy: Callable[[int], bytes] = os.urandom,
    ) -> None:
        """Nothing runs before `start`. `draw` gives the back-off its jitter, `entropy` the node its identity."""
        self.settings = settings
        self.judge = Judge(infos, draw=draw)
        self.crew = crew(self.judge)
        self.store = store
        self._clock = clock
        self.node = Node(store, clock, settings, app=app, version=version, entropy=entropy)
        self._herald = herald = Herald(listens, self.crew.tell, clock, store.reader, app)
        lookout = Lookout(store, app, clock, lease_us=self.node.lease_us)
        self.engine = Engine(store, self.node, self.crew, self.judge, clock, settings, herald, lookout)
        self.fitness = self.engine.fitness
        self.fitness.on_defect = self._break_down
        self.crew.on_lacking(self.lack)
        self._learning = threading.Lock()
        self._stopping = threading.Lock()
        self._stopped = False
        self._stops = False
        """Whether it has begun to stop."""
        self.roster = Roster(store, self.node, app, schedules)
        self.scheduler = Scheduler(store, app, clock, self.roster, self._may_fire, lookout)
        self.scheduling = Upkeep([self.scheduler], clock, name="headway-scheduler", patience=FAILURE_PAUSE_MAX)
        self.keeper = Upkeep(
            [Heart(store, self.node, self.engine, settings), Watch(store, settings)], clock, name="headway-keeper"
        )
        self.janitor = Upkeep(
            [
                Sweep(store, settings, lookout),
                Janitor(store, clock, lookout),
                Archiver(store, clock, settings, lookout),
                Purger(store, clock, settings),
                Figures(store, lookout),
            ],
            clock,
            name="headway-janitor",
        )

    def start(self, patience: Callable[[], bool] | None = None) -> None:
        """Enter, then start to work on threads of its own.

        `patience`: see admission.enter_when_open. What a start-up hook raises is raised here as StartupFailed; nothing was entered or claimed then.
        """
        self.enter(patience)
        self.engine.start()
        self.keeper.start()
        self.janitor.start()
        self.scheduling.start()
        self.engine.ring()

    def enter(self, patience: Callable[[], bool] | None = None) -> None:
        """Start the crew, which runs the application's start-up hooks, and enter the store; no thread is started."""
        try:
            self.crew.start(self.engine.deliver)
            self.node.ring = self.engine.ring
            enter_when_open(lambda: self.node.enter(self.judge.names.every, self.judge.limits), patience)
            if not self.roster.is_empty:
                self.roster.say()
        except BaseException:
            self.crew.close(0)
            if self.node.id:
                with contextlib.suppress(HeadwayError, OSError):  # its lease ends in any case
                    self.node.leave()
            raise
        self.store.attend(self._herald.hear)

    def learn(self, infos: Sequence[HandlerInfo], modules: Sequence[str] = ()) -> None:
        """More handlers are known now; new child processes import those modules too."""
        with self._learning:
            self.judge.learn(infos)
            self.crew.learn(infos, modules)
            self._say_names()

    def know(self, infos: Sequence[HandlerInfo], modules: Sequence[str]) -> None:
        """These handlers are known now, and no others any more."""
        with self._learning:
            self.judge.know(infos)
            self.crew.learn(infos, modules)
            self._say_names()

    def plan(self, definitions: Sequence[Definition]) -> None:
        """More schedules are declared now."""
        if self.scheduler.learn(definitions):
            self.scheduling.poke()

    @property
    def is_idle(self) -> bool:
        """Whether nothing runs, and the latest looks at the store found neither a schedule to fire nor a job to claim."""
        # In this order: what a schedule fired has rung the engine before the scheduler is quiet again.
        return self.scheduler.quiet.is_set() and self.engine.idle.is_set()

    def wait_idle(self, seconds: float) -> bool:
        """Wait until it is idle, or something changed, so long at most; answers whether it is idle."""
        wanting = self.engine.idle if self.scheduler.quiet.is_set() else self.scheduler.quiet
        return wanting.wait(seconds) and self.is_idle

    def lack(self, names: frozenset[str]) -> None:
        """No child process knows these handlers."""
        with self._learning:
            self.judge.lack(names)
            self._say_names()
        text = ", ".join(sorted(names))
        log.warning(
            "no child process knows %s: register it when its module is imported, not only in this process", text
        )

    def _say_names(self) -> None:
        if not self.node.uid:
            return  # it will enter with all of them
        operation = self.store.learn(self.node.id, self.judge.names.every, self.judge.limits)
        self.store.submit(operation, lambda _answer, _error: self.engine.ring())

    def stop(self) -> None:
        """Claim no more, let running jobs end until the time is over, stop the rest uncharged, leave. Idempotent."""
        with self._stopping:
            if not self._stopped:
                self._stop()
            self._stopped = True

    def _may_fire(self) -> bool:
        """Whether this node may have schedules fired: it claims jobs, and knows of nothing that is wrong with it."""
        fit = self.fitness.is_good and not self._stops
        return fit and self.node.is_known and not self.node.is_past_deadline()

    def _stop(self) -> None:
        self._stops = True
        self.engine.stop_claiming()
        if self.fitness.is_good:
            self._wait_until_quiet(self.settings.shutdown_timeout.total_seconds())
        self.store.unattend(self._herald.hear)
        self.crew.close(self.settings.shutdown_grace.total_seconds())
        self.engine.end(STOP_WAIT_S)
        self.scheduling.stop(STOP_WAIT_S)
        self.janitor.stop(STOP_WAIT_S)
        self.keeper.stop(STOP_WAIT_S)
        if self.fitness.damage is None:
            self.node.leave()

    def _break_down(self) -> None:
        """Whoever started this worker may look away for hours, and its node would go on beating for jobs that cannot end."""
        threading.Thread(target=self._stop_broken, name="headway-end", daemon=True).start()

    def _stop_broken(self) -> None:
        try:
            self.stop()
        except Exception:
            log.exception("the broken worker could not be stopped in good order")

    def _wait_until_quiet(self, seconds: float) -> None:
        end = self._clock.monotonic() + seconds
        pause = threading.Event()
        while self.fitness.is_good and not self.engine.quiet and self._clock.monotonic() < end:
            pause.wait(QUIET_LOOK_S)

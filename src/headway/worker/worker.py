"""The worker: composes store, node, engine, runners and upkeep; starts them, drains them, ends them."""

from __future__ import annotations

import logging
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Final, Protocol, Self, TypeVar, Unpack

from headway.model.clock import Clock
from headway.model.displaced import StoreMoved
from headway.model.errors import ConfigInvalid
from headway.model.handler import Handler
from headway.model.schedule import Definition
from headway.model.version import VERSION
from headway.run.application import Application as HostedApplication
from headway.store.protocol import Store
from headway.worker.admission import wait_until_open
from headway.worker.core import Core
from headway.worker.crew import Crew
from headway.worker.fitness import Fitness
from headway.worker.judge import Judge
from headway.worker.locate import real_name
from headway.worker.options import NO_HOSTS, WorkerOptions, settings_of
from headway.worker.settings import WorkerSettings
from headway.worker.signals import stop_signals

if TYPE_CHECKING:
    import asyncio


log = logging.getLogger("headway.worker")

A = TypeVar("A")
S = TypeVar("S")


class Application(HostedApplication, Protocol):
    """What a worker needs of a `Jobs`: the room of clients is not known here."""

    @property
    def store(self) -> Store:
        """The opened store."""
        ...

    @property
    def clock(self) -> Clock:
        """The clock."""
        ...

    @property
    def app(self) -> str:
        """The app whose jobs are run."""
        ...


class Worker:
    """Runs the jobs of a `Jobs` inside this process: coroutines on a loop, functions on threads, process jobs in children.

    Use it as a context manager, by `start` and `stop`, by `run` (which waits for a signal), or give `worker.lifespan`
    to an ASGI application. One that was stopped can be started again: under a lifespan that is entered for each test, say.
    """

    def __init__(
        self, jobs: Application, *, settings: WorkerSettings | None = None, **options: Unpack[WorkerOptions]
    ) -> None:
        """Check the settings; nothing is opened or started yet.

        Raises OptionUnknown for a name that is no option, and ConfigInvalid for settings that cannot work.
        """
        if settings is not None and options:
            msg = f"give a worker settings=..., or options such as {next(iter(options))}=..., not both"
            raise ConfigInvalid(msg)
        self.settings = settings_of(options) if settings is None else settings
        if self.settings.hosts:
            raise ConfigInvalid(NO_HOSTS)
        self._jobs = jobs
        self._core: Core | None = None
        self._stopped = False
        self._heard = False
        self._lock = threading.Lock()

    # -- starting and stopping -----------------------------------------------------------------------------------

    def start(self) -> None:
        """Start to work, on threads of its own; returns when jobs are being claimed. Idempotent.

        Runs the `on_startup` hooks first, in this thread; StartupFailed, and nothing was started, if one raises.
        """
        self._start(None)

    def stop(self) -> None:
        """Claim no more, let running jobs finish (up to `shutdown_timeout`), give back the rest, leave. Idempotent."""
        with self._lock:
            core, stopped, self._stopped = self._core, self._stopped, True
        if core is not None and not stopped:
            core.stop()
            log.info("worker stopped")

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self.stop()

    @asynccontextmanager
    async def lifespan(self, app: object = None) -> AsyncIterator[None]:  # noqa: ARG002 - the ASGI signature
        """Work while an ASGI application lives; coroutines run on the application's own loop, where its pools are.

        Give it to the application as it is (`FastAPI(lifespan=worker.lifespan)`), enter it inside of the application's
        own (`async with worker.lifespan(app): yield`), or see `lifespan_with`.
        """
        import asyncio

        loop = asyncio.get_running_loop()
        await asyncio.to_thread(self._start, loop)
        try:
            yield
        finally:
            await asyncio.to_thread(self.stop)

    def lifespan_with(
        self, own: Callable[[A], AbstractAsyncContextManager[S]]
    ) -> Callable[[A], AbstractAsyncContextManager[S]]:
        """A lifespan that is the application's own with this worker inside: `FastAPI(lifespan=worker.lifespan_with(own))`.

        What the application opens is there before the first job starts, and is closed after the last one has ended; the
        state that its lifespan yields is passed on.
        """

        @asynccontextmanager
        async def both(app: A) -> AsyncIterator[S]:
            async with own(app) as state, self.lifespan(app):
                yield state

        return both

    @property
    def is_working(self) -> bool:
        """Whether it was started and goes on: not before its start, not once it was stopped, not after something in it broke."""
        return self._core is not None and not self._stopped and self._core.fitness.is_good

    @property
    def is_idle(self) -> bool:
        """Whether nothing runs, and the latest look at the store found nothing to claim and no schedule to fire."""
        return self._core is not None and self._fitness.is_good and self._core.is_idle

    @property
    def running(self) -> int:
        """How many attempts are under way."""
        return 0 if self._core is None else self._core.engine.running

    def wait_idle(self, timeout: float | None = None) -> bool:
        """Wait until nothing is due and nothing runs; False if that took longer than `timeout` seconds.

        Raises WorkerBroken when the worker stopped because of a defect.
        """
        if self._core is None:
            return True
        left = timeout
        while True:
            look = RUN_LOOK_S if left is None else min(RUN_LOOK_S, max(0.0, left))
            is_idle = self._core.wait_idle(look)
            self._fitness.check()
            left = None if left is None else left - look
            if is_idle or (left is not None and left <= 0):
                return is_idle

    def run_until_idle(self, timeout: float | None = None) -> bool:
        """Start, work until nothing is due and nothing runs, stop. Jobs and schedules that are due later are not waited for."""
        with self:
            return self.wait_idle(timeout)

    def run(self) -> int:
        """Work until SIGTERM or SIGINT (a second one ends at once) or, with `exit_when_idle`, until nothing is due.

        While a copy fills the store, or copies it elsewhere, it waits, and begins when that is done.
        Answers the exit code: 0 after a clean stop, 4 when the store has moved, was changed for newer code or tampered with, 70 after
        a defect.
        Must be called on the main thread.
        """
        with stop_signals() as asked:
            if not wait_until_open(self._jobs.store, asked):
                return 0
            try:
                self._start(None, lambda: wait_until_open(self._jobs.store, asked))
            except StoreMoved:
                if asked.is_set():  # before it could enter
                    return 0
                raise
            try:
                while not asked.wait(RUN_LOOK_S):
                    if not self._fitness.is_good:
                        break
                    if self.settings.exit_when_idle and self.is_idle:
                        break
            finally:
                self.stop()
        return self._fitness.exit_code

    # -- inside --------------------------------------------------------------------------------------------------

    @property
    def _fitness(self) -> Fitness:
        return Fitness() if self._core is None else self._core.fitness

    def _start(self, loop: asyncio.AbstractEventLoop | None, patience: Callable[[], bool] | None = None) -> None:
        with self._lock:
            if self._core is not None and not self._stopped:
                return
            self._core, self._stopped = self._compose(loop), False
            core, heard, self._heard = self._core, self._heard, True
        if not heard:
            self._jobs.registry.on_add(self._learn)
            self._jobs.registry.on_schedule(self._plan)
        try:
            core.start(patience)
        except BaseException:
            self._core = None  # there is nothing to stop
            raise
        log.info("%s", self._banner())

    def _compose(self, loop: asyncio.AbstractEventLoop | None) -> Core:
        from headway.worker.runners import embedded_crew

        jobs, settings = self._jobs, self.settings

        def crew(judge: Judge) -> Crew:
            return embedded_crew(jobs, settings, judge, loop)

        return Core(
            jobs.store,
            jobs.clock,
            settings,
            app=jobs.app,
            version=VERSION,
            infos=[handler.info() for handler in jobs.registry],
            schedules=jobs.registry.schedules,
            crew=crew,
            listens=jobs.registry.listens,
        )

    def _learn(self, handler: Handler) -> None:
        if self._core is not None and not self._stopped:
            self._core.learn([handler.info()], [real_name(handler.target.__module__)])

    def _plan(self, definition: Definition) -> None:
        if self._core is not None and not self._stopped:
            self._core.plan([definition])

    def _banner(self) -> str:
        queues = "every queue" if self.settings.queues is None else ", ".join(self.settings.queues)
        return (
            f"worker started: {len(self._jobs.registry)} handler(s), {queues}, "
            f"{self.settings.concurrency} at once, store {self._jobs.place}"
        )


RUN_LOOK_S: Final = 0.1

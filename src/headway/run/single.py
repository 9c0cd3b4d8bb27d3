"""A child process that runs one job at a time, its body on the main thread, where a signal can interrupt it."""

from __future__ import annotations

import asyncio
import contextvars
import os
import signal
import sys
import threading
from collections.abc import Awaitable, Iterator
from queue import SimpleQueue
from types import FrameType
from typing import assert_never

from headway.model.claim import Claim
from headway.model.errors import JobInterrupted
from headway.model.outcome import Ending
from headway.run.application import Application
from headway.run.attempt import Attempt
from headway.run.duty import on_duty
from headway.run.ending import raised
from headway.run.frames import BeatFrame, CloseNow, Give, ReleaseAll, Spec, StopThese, Tell, ToChild
from headway.run.greeting import hello
from headway.run.line import EXIT_ORPHANED, Line
from headway.run.logs import JobLogHandler, of_site
from headway.run.loop import cancel, run_coroutine
from headway.run.outbox import Outbox
from headway.run.runner import StopAttempt, StopReason
from headway.run.settings import HostSettings
from headway.run.site import Site
from headway.run.threads import run_plain
from headway.run.unstarted import unknown
from headway.run.watcher import Watcher


def serve(spec: Spec, application: Application, line: Line, messages: Iterator[ToChild]) -> None:
    """Run what is given, one after the other, until told to close."""
    single = Single(spec, application, line)
    hello(application, line, single.settings)
    if single.settings.memory_limit_bytes is not None:
        _limit_memory(single.settings.memory_limit_bytes)
    single.run(messages)


class Single:
    """One job at a time. A stop raises JobInterrupted between two bytecodes of a plain function, and cancels a coroutine."""

    def __init__(self, spec: Spec, application: Application, line: Line) -> None:
        self._registry = application.registry
        self._site = Site.of(application, settings=spec.settings).turned_by(self._complete)
        self._line = line
        self._outbox = Outbox(line.deliver, self._site.monotonic, line.break_off)
        self._watcher = Watcher(self, self._outbox, self._site)
        self._logs = JobLogHandler(self._site.settings.log_level, of_site(self._site))
        self._queue: SimpleQueue[Claim | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._current: Attempt | None = None
        self._early: dict[tuple[int, int], StopReason] = {}
        """Stops of claims that are still in the queue."""
        self._closing = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._main = threading.main_thread().ident or 0

    @property
    def settings(self) -> HostSettings:
        """The settings in force."""
        return self._site.settings

    def run(self, messages: Iterator[ToChild]) -> None:
        """Serve on the main thread."""
        self._logs.install()
        self._watcher.start()
        on_duty(self._listen, messages, name="headway-reader", broken=self._line.break_off).start()
        while (claim := self._queue.get()) is not None:
            self._outbox.end((self._run_one(claim),))
        self._watcher.close()

    # -- Watched -------------------------------------------------------------------------------------------------

    def running(self) -> list[Attempt]:
        """The one that runs."""
        attempt = self._current
        return [] if attempt is None else [attempt]

    def time_out(self, attempt: Attempt, now: float) -> None:  # noqa: ARG002 - Watched's signature
        """Its time is over: interrupt it."""
        self._stop(attempt, StopReason.TIMEOUT)

    def give_up(self, attempt: Attempt) -> None:
        """Nothing: the parent kills this process when the job's grace is over."""

    def look_at_loop(self, now: float) -> None:
        """Nothing: a job alone in its process may block its loop."""

    # -- inside --------------------------------------------------------------------------------------------------

    def _listen(self, messages: Iterator[ToChild]) -> None:
        for message in messages:
            match message:
                case Give(claims):
                    self._line.send(BeatFrame())  # before the body may begin: dying without this charges nobody
                    for claim in claims:
                        self._queue.put(claim)
                case StopThese(stops):
                    for one in stops:
                        self._stop_one(one)
                case ReleaseAll() | Tell():
                    pass  # the parent sends one claim at a time, which starts at once; hooks are told in a host
                case CloseNow():
                    self._closing = True
                    attempt = self._current
                    if attempt is not None:
                        self._stop(attempt, StopReason.SHUTDOWN)
                    self._queue.put(None)
                case Spec():
                    pass
                case _:
                    assert_never(message)
        os._exit(EXIT_ORPHANED)

    def _run_one(self, claim: Claim) -> Ending:
        handler = self._registry.find(claim.name)
        if handler is None:
            return unknown(claim)
        attempt = Attempt(claim, handler, self._site)
        with self._lock:
            attempt.stop = self._early.pop(attempt.key, StopReason.SHUTDOWN if self._closing else None)
            self._early.clear()
            self._current = attempt
        # Whatever an earlier job made of it.
        signal.signal(signal.SIGTERM, self._interrupt)
        self._watcher.work_came()
        try:
            if handler.is_async:
                return self._await(attempt)
            return contextvars.copy_context().run(run_plain, attempt, self._site)
        except BaseException as error:  # noqa: BLE001 - an interruption that came just after the body
            attempt.entered = False
            return raised(attempt, error)
        finally:
            with self._lock:
                self._current = None

    def _await(self, attempt: Attempt) -> Ending:
        loop = self._turned()
        attempt.begin(self._site.now_us(), self._site.monotonic())
        task = asyncio.Task(run_coroutine(attempt), loop=loop, context=contextvars.copy_context())
        attempt.task = task
        try:
            return loop.run_until_complete(task)
        except BaseException as error:  # noqa: BLE001 - an interruption inside the loop's own code
            attempt.entered = False
            # The loop was torn out of its turn: the next coroutine gets a new one.
            task._log_destroy_pending = False  # type: ignore[attr-defined] # noqa: SLF001 - it is given up on purpose
            self._loop = None
            return raised(attempt, error)

    def _complete(self, awaitable: Awaitable[object]) -> object:
        """Await something for a plain function, on the loop of coroutines; an interruption tears that out of its turn."""
        loop = self._turned()
        task = asyncio.ensure_future(awaitable, loop=loop)
        try:
            return loop.run_until_complete(task)
        except JobInterrupted:
            task._log_destroy_pending = False  # type: ignore[attr-defined] # noqa: SLF001 - see _await
            self._loop = None
            raise

    def _turned(self) -> asyncio.AbstractEventLoop:
        """The loop, made for the first that needs one."""
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            asyncio.set_event_loop(self._loop)
        return self._loop

    def _stop_one(self, one: StopAttempt) -> None:
        with self._lock:
            attempt = self._current
            if attempt is None or attempt.key != (one.id, one.epoch):
                self._early[one.id, one.epoch] = one.reason
                return
        self._stop(attempt, one.reason)

    def _stop(self, attempt: Attempt, reason: StopReason) -> None:
        with self._lock:
            if attempt.stop is not None:
                return
            attempt.stop, attempt.stop_at = reason, float("inf")
        loop = self._loop
        if attempt.handler.is_async and loop is not None:
            loop.call_soon_threadsafe(cancel, attempt)
        else:
            signal.pthread_kill(self._main, signal.SIGTERM)

    def _interrupt(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002 - a signal handler's signature
        """On the main thread. Without a stop request it is a service manager's broadcast, which the supervisor answers."""
        attempt = self._current
        if attempt is not None and attempt.stop is not None and attempt.entered:
            raise JobInterrupted(attempt.stop)


def _limit_memory(limit_bytes: int) -> None:
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (limit_bytes, limit_bytes))

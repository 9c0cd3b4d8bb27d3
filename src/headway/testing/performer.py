"""The performer: takes a claim through the real body (hooks, container, codecs, Context) to its ending, here and now.

A runner that brings no threads. Where a worker's watcher would ask the body to stop (its job was cancelled, its time is
over by the test's clock), the attempt here looks for itself whenever somebody asks it.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import sys
import threading
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from headway.client.waiting import loop_runs
from headway.model.claim import Claim
from headway.model.context import CURRENT
from headway.model.errors import JobInterrupted
from headway.model.outcome import Ending
from headway.model.voice import Voice
from headway.run.attempt import Attempt, Key
from headway.run.hooks import call_hooks
from headway.run.logs import JobLogHandler
from headway.run.loop import run_coroutine
from headway.run.runner import StopReason
from headway.run.site import Site
from headway.run.startup import run_startup
from headway.run.threads import run_plain
from headway.run.unstarted import unknown

if TYPE_CHECKING:
    from headway.client.jobs import Jobs
    from headway.model.event import JobEvent
    from headway.model.handler import Handler
    from headway.testing.clock import FakeClock

JOBS_OWN: Final = (Exception, JobInterrupted, SystemExit, asyncio.CancelledError)
"""What a body may raise as its failure."""
R = TypeVar("R")

log = logging.getLogger("headway.worker")

DRAW: Final = 0.5
"""Instead of randomness: the jitter of a back-off is always the middle of what it could be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Performed:
    """What running a claim came to."""

    ending: Ending
    error: BaseException | None
    """What the body raised, itself and not as text."""
    is_foreign: bool
    """It is not the job's own failure: it ends the test, as Ctrl-C does, or a fail or skip of the test framework."""


class StagedAttempt(Attempt):
    """An attempt that looks itself whether it should stop, and keeps what its body raised."""

    __slots__ = ("_said", "_stopping", "error", "performer")

    def __init__(self, claim: Claim, handler: Handler, site: Site, performer: Performer) -> None:
        self.performer = performer
        self._said: StopReason | None = None
        self._stopping = performer.stopping
        self.error: BaseException | None = None
        # A hook like any other, outside of all others: it sees what the ending will be made of.
        around: list[Callable[..., Any]] = [lambda _context: self, *site.around]
        super().__init__(claim, handler, replace(site, around=around))

    # Where a worker's watcher writes, this one looks.
    @property
    def stop(self) -> StopReason | None:
        """Why it should stop, if it should."""
        if self._said is None:
            if self._stopping(self.key):
                self._said = StopReason.CANCEL
            elif self.deadline is not None and self.site.monotonic() >= self.deadline:
                self._said = StopReason.TIMEOUT
        return self._said

    @stop.setter
    def stop(self, reason: StopReason | None) -> None:  # pyright: ignore[reportIncompatibleVariableOverride] # it reads and writes like the attribute
        self._said = reason

    def failed(self, error: BaseException) -> None:
        """Before the hooks: remember it, too."""
        self.error = error

    def __enter__(self) -> None:
        """Before the body."""

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        """After the body: remember what it raised."""
        self.error = error


@dataclass(frozen=True, slots=True)
class StartUp:
    """Run the start-up hooks, unless they were."""


@dataclass(frozen=True, slots=True)
class Telling:
    """Call the hooks for these."""

    events: tuple[JobEvent, ...]


class Complete(Protocol):
    """Runs what an asynchronous hook answered to its end, for so many seconds at most."""

    def __call__(self, awaitable: Awaitable[object], timeout_s: float | None = None) -> object:
        """Answer what it came to."""
        ...


Step = StartUp | Telling | Claim
"""What a test's world wants done, apart from how: in this thread, or on a running loop."""


class Performer:
    """Runs claims one at a time. Plain functions run in the calling thread, coroutines on the caller's loop or its own."""

    def __init__(self, jobs: Jobs, clock: FakeClock, stopping: Callable[[Key], bool]) -> None:
        self._registry = jobs.registry
        self.stopping = stopping
        """Whether the cancellation of an attempt was asked for."""
        site = Site.of(jobs, clock=clock)
        self._site = replace(site, random=lambda: DRAW)
        self._logs = JobLogHandler(site.settings.log_level, self._owns)
        self._home = threading.get_ident()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._started = False

    def open(self) -> None:
        """Listen to what is logged inside jobs."""
        self._logs.install()

    def close(self) -> None:
        """Stop listening; end what coroutines left on the loop."""
        self._logs.remove()
        if self._loop is not None:
            _wind_up(self._loop)

    def run(self, step: Step) -> Performed | None:
        """Take the step to its end."""
        if loop_runs():
            # User code may want a loop of its own, and this thread's is busy with the caller.
            with ThreadPoolExecutor(1, thread_name_prefix="headway-test") as thread:
                return thread.submit(contextvars.copy_context().run, self._take, step, self._complete).result()
        return self._take(step, self._complete)

    async def arun(self, step: Step) -> Performed | None:
        """The same inside a running loop: coroutines run on that loop, plain functions on a thread."""
        loop = asyncio.get_running_loop()

        def complete(awaitable: Awaitable[object], timeout_s: float | None = None) -> object:
            return asyncio.run_coroutine_threadsafe(_within(awaitable, timeout_s), loop).result()

        if not isinstance(step, Claim):
            return await asyncio.to_thread(self._take, step, complete)
        claim = step
        attempt = self._attempt(claim, complete)
        if attempt is None:
            return _unknown(claim)
        if not attempt.handler.is_async:
            return await asyncio.to_thread(self._run, attempt)
        ending = await loop.create_task(self._body(attempt), context=contextvars.copy_context())
        caller = asyncio.current_task()
        # A cancellation of the caller reaches the body, which makes an ending of it: it must not be lost.
        return _performed(attempt, ending, cancelled=caller is not None and caller.cancelling() > 0)

    def _owns(self, voice: Voice) -> bool:
        """Others may be at work in this process."""
        return isinstance(voice, StagedAttempt) and voice.performer is self

    def _take(self, step: Step, complete: Complete) -> Performed | None:
        match step:
            case StartUp():
                self._start_up(complete)
            case Telling(events):
                outside = contextvars.copy_context()
                outside.run(CURRENT.set, None)  # a hook is no part of the job in which somebody enqueued another
                for event in events:
                    outside.run(call_hooks, self._registry, event, complete, _warn)
            case _:
                attempt = self._attempt(step, complete)
                return self._run(attempt) if attempt is not None else _unknown(step)
        return None

    def _start_up(self, complete: Complete) -> None:
        if self._started:
            return
        self._started = True  # before: what a hook enqueues may be run inside it
        try:
            run_startup(self._registry, complete)
        except BaseException:
            self._started = False
            raise

    def _complete(self, awaitable: Awaitable[object], timeout_s: float | None = None) -> object:
        return self._on_loop(_within(awaitable, timeout_s), contextvars.copy_context())

    def _attempt(self, claim: Claim, complete: Complete) -> StagedAttempt | None:
        handler = self._registry.find(claim.name)
        return None if handler is None else StagedAttempt(claim, handler, self._site.turned_by(complete), self)

    def _run(self, attempt: StagedAttempt) -> Performed:
        context = contextvars.copy_context()
        if attempt.handler.is_async:
            ending = self._on_loop(self._body(attempt), context)
        else:
            ending = context.run(run_plain, attempt, attempt.site)
        return _performed(attempt, ending)

    async def _body(self, attempt: StagedAttempt) -> Ending:
        attempt.begin(self._site.now_us(), self._site.monotonic())
        return await run_coroutine(attempt)

    def _on_loop(self, coroutine: Coroutine[Any, Any, R], context: contextvars.Context) -> R:
        """On the one loop of this performer, where a test's pools may live; elsewhere on a loop for this alone."""
        if threading.get_ident() != self._home:
            with asyncio.Runner() as runner:
                return runner.run(coroutine, context=context)
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
        return self._loop.run_until_complete(self._loop.create_task(coroutine, context=context))


async def _within(awaitable: Awaitable[object], timeout_s: float | None) -> object:
    return await asyncio.wait_for(awaitable, timeout_s)


def _unknown(claim: Claim) -> Performed:
    return Performed(ending=unknown(claim), error=None, is_foreign=False)


def _warn(words: str) -> None:
    """While what a hook raised is being handled: it is logged as a worker does, unless it is to end the test."""
    error = sys.exception()
    if error is not None and not isinstance(error, JOBS_OWN):
        raise error
    log.warning("%s", words)


def _performed(attempt: StagedAttempt, ending: Ending, *, cancelled: bool = False) -> Performed:
    error = attempt.error
    return Performed(
        ending=ending, error=error, is_foreign=error is not None and (cancelled or not isinstance(error, JOBS_OWN))
    )


def _wind_up(loop: asyncio.AbstractEventLoop) -> None:
    """Cancel what bodies left running, and let it react."""
    left = asyncio.all_tasks(loop)
    for one in left:
        one.cancel()
    if left:
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()

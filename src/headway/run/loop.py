"""The loop lane: coroutine bodies, each in an asyncio task and a context of its own."""

from __future__ import annotations

import asyncio
import contextvars
import sys
import threading
import traceback
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from types import FrameType
from typing import Any, Final

from headway.model.context import CURRENT
from headway.model.errors import JobInterrupted
from headway.model.handler import Handler
from headway.model.outcome import Ending
from headway.model.tenant import AMBIENT
from headway.run.attempt import Attempt
from headway.run.body import acall
from headway.run.duty import on_duty, tell_broken
from headway.run.eager import begin, new_loop
from headway.run.ending import raised, returned, stopped, undecodable, unlinked
from headway.run.lane import Desk
from headway.run.runner import StopReason
from headway.run.site import Site, awaited
from headway.run.turn import JOIN_S, turn, wind_up

WARNING: Final = 30
STACK_LINES_MAX: Final = 12
LEFT_S: Final = 0.1
"""How long what a body left running may take to react to its cancellation before the attempt ends."""
READY_WITHIN_S: Final = 10.0


class LoopLane:
    """Runs coroutines on the application's loop if one is given, else on a loop of its own thread."""

    def __init__(self, desk: Desk, site: Site, loop: asyncio.AbstractEventLoop | None, *, adopts: bool) -> None:
        self._desk = desk
        self._site = site
        self._base = contextvars.copy_context()
        self._loop = loop
        if loop is not None and adopts:
            loop.set_task_factory(self._adopt)
        self._home = threading.get_ident()
        self._thread: threading.Thread | None = None
        self._untold = False
        """Something has ended since the loop last told of it."""
        self._starting = threading.Lock()
        self._turning = threading.Event()
        self._closing = False
        self.thread_id: int | None = None
        self.answered_at = 0.0
        """Monotonic seconds of the loop's latest answer to a ping."""

    def prepare(self, handlers: Iterable[Handler]) -> None:
        """Start the own loop if there are coroutines among them, so that the first body need not wait for it."""
        if any(one.is_async for one in handlers):
            self._start()

    def submit(self, attempts: Sequence[Attempt]) -> None:
        """Begin bodies, from any thread; one wake-up for all of them."""
        if threading.get_ident() == self.thread_id:
            self._begin(attempts)
        else:
            self._ready()
            if not self._post(self._begin, attempts):
                # The application closed its loop under us: nothing of this began.
                self._desk.finished([(one, stopped(one, StopReason.SHUTDOWN)) for one in attempts])

    def interrupt(self, attempt: Attempt) -> None:
        """Cancel a body whose stop was asked for."""
        self._post(cancel, attempt)

    def complete(self, awaitable: Awaitable[object], timeout_s: float | None = None) -> object:
        """Run it on the loop to its end and wait for that; a given loop that does not turn yet is turned by its own thread.

        Raises what it raises; TimeoutError, after it was cancelled, when it takes too long.
        """
        self._ready()
        loop = self._loop
        assert loop is not None
        if self._thread is None and not loop.is_running() and threading.get_ident() == self._home:
            return loop.run_until_complete(awaited(awaitable))
        future = asyncio.run_coroutine_threadsafe(awaited(awaitable), loop)
        try:
            return future.result(timeout_s)
        except TimeoutError:
            future.cancel()
            raise

    def ping(self) -> None:
        """Ask the loop to show that it turns."""
        self._post(self._answer)

    def describe_block(self, waited: float, bodies: Sequence[Attempt]) -> str:
        """Say what keeps the loop: the job whose body is on its stack if there is one, with the stack."""
        frame = sys._current_frames().get(self.thread_id or 0)  # noqa: SLF001 - the only way to see another thread's stack
        attempt = _body_on(frame)
        if attempt is not None:
            who = f"job {attempt.claim.id} ({attempt.claim.name})"
        else:
            who = f"something beside the jobs on it ({', '.join(sorted({one.claim.name for one in bodies}))})"
        stack = "".join(traceback.format_stack(frame)[-STACK_LINES_MAX:]) if frame is not None else ""
        return f"the event loop has not turned for {waited:.1f} s, held by {who}:\n{stack}"

    def close(self) -> None:
        """End the own loop; what is still on it is cancelled once more and left."""
        thread = self._thread
        if thread is not None:
            self._turning.wait(READY_WITHIN_S)
        loop = self._loop
        if thread is None or loop is None:
            return
        self._closing = True
        loop.call_soon_threadsafe(loop.stop)
        if threading.get_ident() != self.thread_id:
            thread.join(JOIN_S)

    def _post(self, act: Callable[..., None], *args: object) -> bool:
        """Have the loop do something; False when there is none or it is closed."""
        if self._loop is None:
            return False
        try:
            self._loop.call_soon_threadsafe(act, *args)
        except RuntimeError:  # closed
            return False
        return True

    def _ready(self) -> None:
        if self._loop is None:
            self._start()
            self._turning.wait(READY_WITHIN_S)

    def _start(self) -> None:
        with self._starting:
            if self._loop is None and self._thread is None:
                self._thread = on_duty(self._turn_loop, name="headway-loop", broken=self._desk.broke)
                self._thread.start()

    def _turn_loop(self) -> None:
        try:
            loop = new_loop()
            loop.set_task_factory(self._adopt)
            self.thread_id = threading.get_ident()
            self._loop = loop
            asyncio.set_event_loop(loop)
        finally:
            self._turning.set()
        try:
            turn(loop, lambda: self._closing)
        finally:
            wind_up(loop)

    def _adopt(self, loop: asyncio.AbstractEventLoop, coro: Any, **options: Any) -> asyncio.Task[Any]:
        """Make an asyncio task for a body, and remember whose it is: it must not outlive its job."""
        task: asyncio.Task[Any] = asyncio.Task(coro, loop=loop, **options)
        context = CURRENT.get()
        if context is not None and isinstance(owner := context._voice, Attempt):  # noqa: SLF001 - the room's own
            if owner.tasks is None:
                owner.tasks = set()
            owner.tasks.add(task)
            task.add_done_callback(owner.tasks.discard)
        return task

    def _begin(self, attempts: Sequence[Attempt]) -> None:
        loop = self._loop
        assert loop is not None
        if self.thread_id is None:
            self.thread_id = threading.get_ident()
        base = self._base
        now_us, now = self._site.now_us(), self._site.monotonic()
        ended: list[tuple[Attempt, Ending]] = []
        for attempt in attempts:
            attempt.begin(now_us, now)
            task = begin(loop, run_coroutine(attempt), base.copy())
            if task.done():
                ended.append((attempt, task.result()))
            else:
                attempt.task = task
                task.add_done_callback(partial(self._left, attempt), context=base)
        if ended:
            # Not now: bodies that never wait would keep the loop from everybody else.
            following = self._end(ended)
            if following:
                loop.call_soon(self._desk.dispatch, following)

    def _left(self, attempt: Attempt, task: asyncio.Task[Ending]) -> None:
        """A body that waited has ended. What has room now begins at once, here: inside the task that ended none could."""
        attempt.task = None
        if not task.cancelled():  # before its first step, by a loop that winds up
            following = self._end(((attempt, task.result()),))
            if following:
                self._desk.dispatch(following)

    def _end(self, pairs: Sequence[tuple[Attempt, Ending]]) -> list[Attempt]:
        """Bodies ended, to be told of once per turn of the loop; answers the attempts that have room now."""
        try:
            following = self._desk.ended(pairs)
            if not self._untold:
                self._untold = True
                assert self._loop is not None
                self._loop.call_soon(self._turn)
        except Exception as error:  # noqa: BLE001 - asyncio would log it and go on, and these would never end
            tell_broken("the event loop's lane", error, self._desk.broke)
            return []
        return following

    def _turn(self) -> None:
        """Once per turn of the loop: tell of what has ended in it."""
        self._untold = False
        self._desk.flush()

    def _answer(self) -> None:
        self.thread_id = threading.get_ident()
        self.answered_at = self._site.monotonic()


def _body_on(frame: FrameType | None) -> Attempt | None:
    """The attempt whose body is on this stack."""
    while frame is not None:
        if frame.f_code is run_coroutine.__code__:
            attempt = frame.f_locals.get("attempt")
            return attempt if isinstance(attempt, Attempt) else None
        frame = frame.f_back
    return None


async def run_coroutine(attempt: Attempt) -> Ending:
    """The whole life of one body; nothing it raises, not even SystemExit, leaves this coroutine."""
    CURRENT.set(attempt.context)
    AMBIENT.set(attempt.claim.tenant)
    attempt.entered = True
    handler = attempt.handler
    try:
        if attempt.stop is not None:
            raise JobInterrupted(attempt.stop)  # noqa: TRY301 - handled like a stop inside the body
        if attempt.claim.links is not None:
            return unlinked(attempt)
        try:
            arguments = handler.codec.decode(attempt.claim.payload)
        except Exception as error:  # noqa: BLE001 - a user's type may raise anything while it is rebuilt
            return undecodable(attempt, error)
        if handler.is_command or attempt.site.around or attempt.claim.user_id is not None or not handler.is_async:
            value = await acall(attempt, arguments)
        elif handler.takes_context:
            value = await handler.target(attempt.context, **arguments)
        else:
            value = await handler.target(**arguments)
        if attempt.tasks:
            await _leave_none(attempt)
    except BaseException as error:  # noqa: BLE001 - see the docstring
        for task in tuple(attempt.tasks or ()):
            task.cancel()
        return raised(attempt, error)
    return returned(attempt, value)


def cancel(attempt: Attempt) -> None:
    """Cancel a body; called on its loop."""
    # A task that was not entered yet looks at the stop request itself; cancelled now, it would end without an Ending.
    if attempt.entered and attempt.task is not None:
        attempt.task.cancel()


async def _leave_none(attempt: Attempt) -> None:
    """Cancel what the body started and left running."""
    left = [task for task in attempt.tasks or () if not task.done()]
    if not left:
        return
    attempt.line(WARNING, f"the body returned while {len(left)} asyncio tasks that it had started still ran: cancelled")
    for task in left:
        task.cancel()
    await asyncio.wait(left, timeout=LEFT_S)

"""Beginning a body at once: its first step runs now and not in the loop's next turn.

Bodies that end in one turn of the loop would else all end before the first of their successors begins: they would sleep
together, wake together and wait for each other, in step for ever (100 bodies that sleep 10 ms took 14 ms a round, and
take 11.7). Python 3.12 can do it (`eager_start`). Before that, a loop of our own keeps the first step of a new asyncio
task back and runs it; on a loop that an application gave us bodies then begin in its next turn.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from contextvars import Context
from functools import partial
from typing import Any, TypeVar, TypeVarTuple

T = TypeVar("T")
Args = TypeVarTuple("Args")

if sys.platform == "win32":
    Stock = asyncio.ProactorEventLoop
else:
    Stock = asyncio.SelectorEventLoop


class EagerEventLoop(Stock):
    """The standard library's loop, with a way to begin an asyncio task at once."""

    _beginning = False
    _step: tuple[Callable[[], object], Context | None] | None = None
    _kept: asyncio.Handle | None = None

    def call_soon(
        self, callback: Callable[[*Args], object], *args: *Args, context: Context | None = None
    ) -> asyncio.Handle:
        """Put it into the next turn, or keep it: it is the first step of the asyncio task that is being made."""
        if not self._beginning:
            return super().call_soon(callback, *args, context=context)
        self._beginning = False
        self._step = partial(callback, *args), context
        if self._kept is None:  # asyncio looks at no handle of a first step
            self._kept = asyncio.Handle(_nothing, (), self)
        return self._kept

    def begin(self, body: Coroutine[Any, Any, T], context: Context) -> asyncio.Task[T]:
        """Make an asyncio task and run its first step. Not to be called inside another asyncio task."""
        self._beginning = True
        try:
            task = asyncio.Task(body, loop=self, context=context)
        finally:
            self._beginning = False
        kept, self._step = self._step, None
        if kept is not None:
            step, own = kept
            (own or context).run(step)
        return task


def _nothing() -> None:
    """What the handle of a first step that was kept would do."""


def new_loop() -> asyncio.AbstractEventLoop:
    """A loop as the process's policy makes them; where that is the standard library's own, one that begins at once."""
    loop = asyncio.new_event_loop()
    if sys.version_info >= (3, 12) or type(loop) is not Stock:
        return loop
    loop.close()
    return EagerEventLoop()


def begin(loop: asyncio.AbstractEventLoop, body: Coroutine[Any, Any, T], context: Context) -> asyncio.Task[T]:
    """Begin a body in an asyncio task of its own, at once where that can be had."""
    if isinstance(loop, EagerEventLoop):
        return loop.begin(body, context)
    if sys.version_info >= (3, 12):
        return asyncio.Task(body, loop=loop, context=context, eager_start=True)
    return asyncio.Task(body, loop=loop, context=context)

"""Waiting for something that another thread or process does: ask, pause a little longer each time, ask again."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from typing import Final, Protocol

from headway.model.clock import Clock
from headway.model.errors import NestedLoop

PAUSE_FIRST_S: Final = 0.01
PAUSE_MAX_S: Final = 0.1
PAUSE_GROWTH: Final = 1.5


class Waiter(Protocol):
    """How to let time pass."""

    def pause(self, seconds: float) -> None:
        """Block this thread for so long."""
        ...

    async def apause(self, seconds: float) -> None:
        """Let others run for so long."""
        ...


class RealWaiter:
    """Real time passes."""

    __slots__ = ()

    def pause(self, seconds: float) -> None:
        """Block this thread; a signal's handler still runs."""
        threading.Event().wait(seconds)

    async def apause(self, seconds: float) -> None:
        """Wait for a timer of the running loop."""
        import asyncio

        loop = asyncio.get_running_loop()
        over = loop.create_future()
        timer = loop.call_later(seconds, _finish, over)
        try:
            await over
        finally:
            timer.cancel()


def _finish(over: object) -> None:
    if not over.done():  # type: ignore[attr-defined] # an asyncio.Future; asyncio is imported only where a loop runs
        over.set_result(None)  # type: ignore[attr-defined] # as above


def pauses(clock: Clock, timeout_s: float | None) -> Iterator[float]:
    """How long to pause before each further look, until the clock says that `timeout_s` is over; without end for None."""
    deadline = None if timeout_s is None else clock.monotonic() + timeout_s
    pause = PAUSE_FIRST_S
    while True:
        left = pause if deadline is None else deadline - clock.monotonic()
        if left <= 0:
            return
        yield min(pause, left)
        pause = min(PAUSE_MAX_S, pause * PAUSE_GROWTH)


def refuse_in_loop(method: str, twin: str) -> None:
    """A thread whose event loop runs must not block: the job that is waited for may need that very loop."""
    if loop_runs():
        raise NestedLoop(f"{method} would block the running event loop; await {twin} instead")


def loop_runs() -> bool:
    """Whether an event loop runs in this thread; a process without one never pays for asyncio."""
    if "asyncio" not in sys.modules:
        return False
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True

"""A coroutine under way that another thread may interrupt, told apart from a cancel by whoever awaits it."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    import asyncio


class Interruptible:
    """A with-block of one asyncio task, as `asyncio.timeout` is one."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[object] | None = None
        self._before = 0
        self._is_over = False
        self._is_sent = False
        self.is_ours = False
        """After the block: it was interrupted, and nobody else cancelled the task."""

    def __enter__(self) -> Self:
        import asyncio

        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        assert self._task is not None
        self._before = self._task.cancelling()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self._is_over = True
        if self._is_sent and self._task is not None:
            self.is_ours = self._task.uncancel() <= self._before

    def interrupt(self) -> None:
        """Raise CancelledError where the block awaits. From any thread; nothing once it is over."""
        if self._loop is not None:
            try:
                self._loop.call_soon_threadsafe(self._cancel)
            except RuntimeError:  # the loop is closed, so it is over
                return

    def _cancel(self) -> None:
        if not self._is_over and not self._is_sent and self._task is not None:
            self._is_sent = True
            self._task.cancel()

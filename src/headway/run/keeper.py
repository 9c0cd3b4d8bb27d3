"""The one thread of a runner that keeps child processes: it starts them, outlives them, and looks at the time."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Final

JOIN_S: Final = 5.0
PAUSES_S: Final = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Before a new process, after one, two, ... that died at once."""


class Keeper:
    """Calls `tick` when poked and after the pause that `tick` answers (None: until poked). A failing tick is logged and repeated."""

    def __init__(self, name: str, tick: Callable[[], float | None]) -> None:
        self._tick = tick
        self._wake = threading.Event()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin; may be called again."""
        if self._thread.ident is None:
            self._thread.start()

    def poke(self) -> None:
        """Look now."""
        self._wake.set()

    def close(self) -> None:
        """End the thread. Its children must be gone: the kernel would kill them with it."""
        self._closed = True
        self._wake.set()
        if self._thread.ident is not None and threading.current_thread() is not self._thread:
            self._thread.join(JOIN_S)

    def _run(self) -> None:
        pause: float | None = None
        while not self._closed:
            try:
                pause = self._tick()
            except Exception:
                logging.getLogger(__name__).exception("looking after child processes failed")
                pause = 1.0
            self._wake.wait(pause)
            self._wake.clear()


class Respawn:
    """When the next process may be started: at once, or after a growing pause where they die at once."""

    def __init__(self, jitter: Callable[[], float]) -> None:
        self._jitter = jitter
        self._deaths = 0
        self._at = 0.0

    def died(self, now: float, *, quick: bool) -> None:
        """A process ended by itself; quick: before it was of any use."""
        self._deaths = self._deaths + 1 if quick else 0
        if self._deaths:
            pause = PAUSES_S[min(self._deaths, len(PAUSES_S)) - 1]
            self._at = now + pause * (1 + self._jitter()) / 2

    def lived(self) -> None:
        """A process came up well."""
        self._deaths = 0

    def tried(self, start: Callable[[], None], now: float) -> bool:
        """Start one; False when the system has no process (or file) to spare now: the next try comes after a pause."""
        try:
            start()
        except OSError as error:
            self.died(now, quick=True)
            logging.getLogger(__name__).warning("no process can be started: %s; trying again later", error)
            return False
        return True

    def wait_s(self, now: float) -> float:
        """Seconds until the next one may be started; 0 or less: now."""
        return self._at - now

"""The watcher of a host: time-outs, stops that are ignored, announcements, reports and a blocked loop.

It runs no user code, and only counts time while something runs.
"""

from __future__ import annotations

import logging
import threading
from typing import Final, Protocol

from headway.run.attempt import Attempt
from headway.run.outbox import LINGER_S, Outbox
from headway.run.runner import Started
from headway.run.site import Site

JOIN_S: Final = 1.0
FAILED_PAUSE_S: Final = 0.5


class Watched(Protocol):
    """What the watcher looks at and may do."""

    def running(self) -> list[Attempt]:
        """Every attempt with a body that has not ended for the store."""
        ...

    def time_out(self, attempt: Attempt, now: float) -> None:
        """Its time is over: ask it to stop."""
        ...

    def give_up(self, attempt: Attempt) -> None:
        """It ignored its stop: end it without its body."""
        ...

    def look_at_loop(self, now: float) -> None:
        """See whether the loop still turns."""
        ...


class Watcher:
    """One thread per host."""

    def __init__(self, watched: Watched, outbox: Outbox, site: Site) -> None:
        self._watched = watched
        self._outbox = outbox
        self._site = site
        self._wake = threading.Event()
        self._lingering = False
        self._asleep = False
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="headway-watcher", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def work_came(self) -> None:
        """Something runs now; cheap when the watcher is awake."""
        if self._asleep:
            self._wake.set()

    def flush_soon(self) -> None:
        """An ending waits for company; hand it over in a moment."""
        self._lingering = True
        self._wake.set()

    def close(self) -> None:
        """End the thread."""
        self._closed = True
        self._wake.set()
        if threading.current_thread() is not self._thread and self._thread.ident is not None:
            self._thread.join(JOIN_S)

    def _run(self) -> None:
        while not self._closed:
            try:
                self._look()
            except Exception:
                # Without a watcher no time-out holds: whatever went wrong, it looks again after a pause.
                logging.getLogger(__name__).exception("the watcher of a host failed; it goes on")
                self._wake.wait(FAILED_PAUSE_S)

    def _look(self) -> None:
        wake = self._wake
        # The order matters: asleep is said before looking, so that work that comes in between wakes us.
        self._asleep = True
        running = self._watched.running()
        self._asleep = not running  # else it looks again at the next tick by itself
        wake.wait(self._site.settings.tick_s if running else None)
        self._asleep = False
        wake.clear()
        if self._lingering:
            self._lingering = False
            wake.wait(LINGER_S)
            self._outbox.flush()
        self.tick(self._site.monotonic())

    def tick(self, now: float) -> None:
        """Look once at everything that runs."""
        settings = self._site.settings
        for attempt in self._watched.running():
            if attempt.stop is not None:
                if now >= attempt.stop_at:
                    self._watched.give_up(attempt)
                    continue
            elif attempt.started_us == 0:
                continue  # behind a blocked loop
            elif attempt.deadline is not None and now >= attempt.deadline:
                self._watched.time_out(attempt, now)
            if not attempt.announced and attempt.started_us and now - attempt.started_at >= settings.announce_after_s:
                attempt.announced = True
                self._outbox.start(Started(attempt.claim.id, attempt.claim.epoch, attempt.started_us))
            if attempt.buffer is not None and self._is_due(attempt, now):
                attempt.buffer.flushed_at = now
                self._outbox.report(attempt.report)
        self._watched.look_at_loop(now)
        self._outbox.flush()

    def _is_due(self, attempt: Attempt, now: float) -> bool:
        buffer = attempt.buffer
        assert buffer is not None
        settings = self._site.settings
        passed = now - buffer.flushed_at
        if passed >= settings.flush_s:
            return True
        return buffer.lines >= settings.flush_lines and passed >= settings.flush_lines_s

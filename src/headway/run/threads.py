"""The thread lane: plain functions on threads of their own, each call in a context of its own."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Sequence
from queue import SimpleQueue
from typing import Final

from headway.model.context import CURRENT
from headway.model.errors import JobInterrupted
from headway.model.outcome import Ending
from headway.model.tenant import AMBIENT
from headway.run.attempt import Attempt
from headway.run.body import call
from headway.run.duty import on_duty
from headway.run.ending import raised, returned, undecodable, unlinked
from headway.run.lane import Desk
from headway.run.site import Site

SHORT_S: Final = 0.001
"""After a body that took less, the thread goes on with the next one before its ending is handed over."""


class ThreadLane:
    """As many threads as bodies were ever running at once; started when needed, all of them daemons."""

    def __init__(self, desk: Desk, site: Site) -> None:
        self._desk = desk
        self._site = site
        self._base = contextvars.copy_context()
        self._queue: SimpleQueue[Attempt | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._threads = 0
        self._free = 0
        """Threads that wait, less what is queued for them."""

    def submit(self, attempts: Sequence[Attempt]) -> None:
        """Begin bodies, from any thread."""
        for attempt in attempts:
            self._queue.put(attempt)
        with self._lock:
            self._free -= len(attempts)
            missing = max(0, -self._free)
            self._free += missing
            first = self._threads
            self._threads += missing
        for number in range(first, first + missing):
            on_duty(self._work, name=f"headway-thread-{number}", broken=self._desk.broke).start()

    def close(self) -> None:
        """Let the waiting threads end; a body that still runs ends with the process."""
        for _ in range(self._threads):
            self._queue.put(None)

    def _work(self) -> None:
        get = self._queue.get
        while (attempt := get()) is not None:
            if not self._run_on(attempt):
                break
            with self._lock:
                self._free += 1
        with self._lock:
            self._threads -= 1

    def _run_on(self, attempt: Attempt | None) -> bool:
        """Run this body and what follows it; answers whether the thread may go on (False: it was written off)."""
        site, desk = self._site, self._desk
        while attempt is not None:
            ending = self._base.copy().run(run_plain, attempt, site)
            short = site.monotonic() - attempt.started_at < SHORT_S
            leaked = desk.is_leaked(attempt)
            following = desk.finished(((attempt, ending),), lingering=short)
            # A thread that was written off was replaced long ago: what follows is for the others.
            attempt = None if leaked else _own(following)
            if following:
                desk.dispatch(following)
            if leaked:
                return False
        return True


def run_plain(attempt: Attempt, site: Site) -> Ending:
    """The whole life of one plain function's body, on the thread that calls this; raises nothing at all."""
    CURRENT.set(attempt.context)
    AMBIENT.set(attempt.claim.tenant)
    attempt.begin(site.now_us(), site.monotonic())
    handler = attempt.handler
    try:
        # In this order: a signal that comes after the look finds the attempt entered and interrupts it.
        attempt.entered = True
        if attempt.stop is not None:
            raise JobInterrupted(attempt.stop)  # noqa: TRY301 - handled like a stop inside the body
        if attempt.claim.links is not None:
            return unlinked(attempt)
        try:
            arguments = handler.codec.decode(attempt.claim.payload)
        except Exception as error:  # noqa: BLE001 - a user's type may raise anything while it is rebuilt
            return undecodable(attempt, error)
        value = call(attempt, arguments)
        attempt.entered = False
    except BaseException as error:  # noqa: BLE001 - SystemExit and KeyboardInterrupt of a job are its failures
        attempt.entered = False
        return raised(attempt, error)
    return returned(attempt, value)


def _own(following: list[Attempt]) -> Attempt | None:
    """Take the first that runs on a thread out of the list."""
    for place, attempt in enumerate(following):
        if not attempt.handler.is_async:
            return following.pop(place)
    return None

"""Telling the application's hooks what became of jobs, beside the bodies and without delaying them."""

from __future__ import annotations

import inspect
import logging
import threading
import traceback
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from headway.model.event import JobEvent
from headway.model.failure import TRACEBACK_MAX_CHARS, cut
from headway.model.registry import Registry
from headway.run.startup import name_of

EVENTS_MAX: Final = 1000
"""So many events may wait for the hooks; more are dropped, and counted."""
ASYNC_HOOK_S_MAX: Final = 30.0
"""How long an asynchronous hook may take before it is cancelled. A plain one cannot be stopped."""

Complete = Callable[[Awaitable[object], float], object]
"""Runs what an asynchronous hook answered to its end, for so many seconds at most."""


class Waiting:
    """Events that wait for somebody; its owner guards it."""

    def __init__(self) -> None:
        self._events: deque[JobEvent] = deque()
        self.dropped = 0

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._events)

    def add(self, events: Sequence[JobEvent]) -> int:
        """Keep as many as there is room for; answers how many were dropped."""
        kept = events[: EVENTS_MAX - len(self._events)]
        self._events.extend(kept)
        self.dropped += len(events) - len(kept)
        return len(events) - len(kept)

    def take(self) -> JobEvent:
        """The oldest."""
        return self._events.popleft()

    def take_all(self) -> tuple[JobEvent, ...]:
        """Everything, oldest first."""
        events = tuple(self._events)
        self._events.clear()
        return events


class Teller:
    """Calls the hooks, one event after the other, on a thread of its own; an asynchronous one runs on the host's loop.

    What a hook raises goes to `warn` as text and changes nothing. Too many events that wait are dropped, and `warn` is
    told so once and again with their number when the hooks have caught up.
    """

    def __init__(self, registry: Registry, complete: Complete, warn: Callable[[str], None]) -> None:
        self._registry = registry
        self._complete = complete
        self._warn = warn
        self._changed = threading.Condition()
        self._waiting = Waiting()
        self._busy = False
        self._closed = False
        self._thread: threading.Thread | None = None

    def tell(self, events: Sequence[JobEvent]) -> None:
        """Have the hooks told; never blocks."""
        with self._changed:
            if self._closed:
                return
            first = not self._waiting.dropped
            dropped = self._waiting.add(events)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="headway-hooks", daemon=True)
                self._thread.start()
            self._changed.notify_all()
        if dropped and first:
            self._warn(f"{EVENTS_MAX} events wait for hooks: more are dropped")

    def close(self, timeout_s: float) -> None:
        """Let the hooks finish, for at most so long; what is left then is dropped. Idempotent."""
        with self._changed:
            self._changed.wait_for(lambda: not self._waiting and not self._busy, timeout_s)
            self._closed = True
            left = len(self._waiting.take_all())
            self._changed.notify_all()
        if left:
            self._warn(f"{left} events were not told to hooks: the worker stops")

    def _work(self) -> None:
        while True:
            with self._changed:
                self._busy = False
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._waiting or self._closed)
                if not self._waiting:
                    return
                event, self._busy = self._waiting.take(), True
                dropped = 0
                if not self._waiting:
                    dropped, self._waiting.dropped = self._waiting.dropped, 0
            if dropped:
                self._warn(f"{dropped} events were dropped while the hooks were behind")
            try:
                call_hooks(self._registry, event, self._complete, self._warn)
            except Exception:
                logging.getLogger(__name__).exception("hooks could not be called for job %d", event.id)


def call_hooks(registry: Registry, event: JobEvent, complete: Complete, warn: Callable[[str], None]) -> None:
    """Call every hook for this event; what one raises goes to `warn` as text, while it is being handled."""
    for hook in tuple(registry.hooks(event.kind)):
        try:
            answer = hook(event)
            if inspect.isawaitable(answer):
                complete(answer, ASYNC_HOOK_S_MAX)
        except BaseException:  # noqa: BLE001 - whatever a hook raises is told, and the others are still called
            what = f"the hook {name_of(hook)} failed; it was told that job {event.id} ({event.name}) is {event.kind}"
            warn(f"{what}:\n{cut(traceback.format_exc(), TRACEBACK_MAX_CHARS)}")

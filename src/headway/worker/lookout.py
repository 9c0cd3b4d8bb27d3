"""What a worker's parts know of what there is to do, where to look costs less than to do it: one look serves them all."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from headway.model.clock import Clock
    from headway.store.glance import Glance
    from headway.store.protocol import Store

FRESH_S: Final = 1.2
"""The engine of an idle worker looks once a second; whoever comes in between takes what it saw."""
ALL_THE_SAME_S: Final = 60.0
"""So often a part does its work whatever was seen."""


class Lookout:
    """Looks at the store for the parts of one worker; thread-safe."""

    def __init__(self, store: Store, app: str, clock: Clock, *, lease_us: int) -> None:
        """Nothing was seen yet."""
        self._store = store
        self._app = app
        self._clock = clock
        self._lease_us = lease_us
        self._lock = threading.Lock()
        self._seen: tuple[float, Glance] | None = None

    def now(self) -> Glance | None:
        """Look; None where nothing can be told without doing it. Raises what the store raises."""
        at = self._clock.monotonic()
        glance = self._store.glance(self._app, lease_us=self._lease_us)
        if glance is not None:
            self._seen = (at, glance)
        return glance

    def lately(self) -> Glance | None:
        """What was seen a moment ago, or is seen now."""
        with self._lock:  # two that come together look once
            seen = self._seen
            if seen is not None and self._clock.monotonic() - seen[0] < FRESH_S:
                return seen[1]
            return self.now()


class Rounds:
    """When a part of a worker last did its work, seen or unseen. Used by one thread."""

    def __init__(self) -> None:
        """It has done nothing yet."""
        self._done: float | None = None
        self._goes_on = False

    def is_due(self, now: float, *, seen: bool) -> bool:
        """Whether to do it: something is to be seen, or was not all done, or it was long ago."""
        due = seen or self._goes_on or self._done is None or now - self._done >= ALL_THE_SAME_S
        if due:
            self._done = now
        return due

    def note(self, *, changed: bool) -> None:
        """It was done; what it changed may have brought more, which nobody has seen yet."""
        self._goes_on = changed

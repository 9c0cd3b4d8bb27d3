"""Services: small things done again and again, each with a `tick`; one loop runs them all on one thread."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from datetime import timedelta
from typing import Final, Protocol

from headway.model.clock import Clock

log = logging.getLogger("headway.worker")

FAILURE_PAUSE: Final = timedelta(seconds=1)
"""After an error a service pauses so long, twice as long after the next, up to a maximum."""
FAILURE_PAUSE_MAX: Final = timedelta(minutes=1)
PAUSE_MAX_S: Final = 60.0


class Service(Protocol):
    """Something done again and again."""

    def tick(self, now: float) -> timedelta:
        """Do it once; answers how long to pause. `now` is monotonic seconds."""
        ...


class Upkeep:
    """Runs services on a thread of its own: each tick alone, errors logged and waited out."""

    def __init__(
        self, services: Sequence[Service], clock: Clock, *, name: str, patience: timedelta = FAILURE_PAUSE_MAX
    ) -> None:
        """Nothing runs before `start`. A service that fails is tried again after `patience` at the latest."""
        self._due: list[tuple[float, Service]] = [(0.0, service) for service in services]
        self._failures: dict[int, int] = {}
        self._clock = clock
        self._patience = patience
        self._wake = threading.Event()
        self._ended = False
        self._poked = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Start the thread; the first ticks come at once."""
        self._thread.start()

    def stop(self, timeout_s: float) -> None:
        """End after the tick that runs now; idempotent."""
        self._ended = True
        self._wake.set()
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join(timeout_s)

    def poke(self) -> None:
        """Have every service tick now; from any thread."""
        self._poked = True
        self._wake.set()

    def turn(self) -> float:
        """Run every service that is due; answers the seconds until the next one is."""
        now = self._clock.monotonic()
        poked, self._poked = self._poked, False
        for index, (due, service) in enumerate(self._due):
            if (poked or due <= now) and not self._ended:
                self._due[index] = (now + self._tick(service, now).total_seconds(), service)
        soonest = min((due for due, _ in self._due), default=now + PAUSE_MAX_S)
        return max(0.0, min(PAUSE_MAX_S, soonest - self._clock.monotonic()))

    def _run(self) -> None:
        pause = 0.0
        while self._goes_on(pause):
            try:
                pause = self.turn()
            except Exception:
                log.exception("a turn of upkeep failed; it goes on")
                pause = FAILURE_PAUSE.total_seconds()

    def _goes_on(self, pause: float) -> bool:
        """Sleep so long, or until somebody wakes it; False when it is to end."""
        self._wake.wait(pause)
        self._wake.clear()
        return not self._ended

    def _tick(self, service: Service, now: float) -> timedelta:
        key = id(service)
        try:
            pause = service.tick(now)
        except Exception:
            failures = self._failures.get(key, 0) + 1
            self._failures[key] = failures
            log.exception("%s failed (%d in a row); it goes on", type(service).__name__, failures)
            return min(FAILURE_PAUSE * float(1 << min(failures - 1, 10)), self._patience)
        self._failures.pop(key, None)
        return pause

"""Cancellations on their way from the store to the runners."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from headway.run.runner import StopAttempt, StopReason
from headway.store.protocol import Stop
from headway.worker.ledger import Ledger


class Stops:
    """Heard from any thread, passed on by the engine's."""

    def __init__(self) -> None:
        """Start empty."""
        self._heard: deque[Sequence[Stop]] = deque()

    def hear(self, stops: Sequence[Stop]) -> None:
        """The store says that these are to stop; it says so until they have ended."""
        self._heard.append(stops)

    def pass_on(self, ledger: Ledger) -> None:
        """Tell each attempt's runner, once."""
        while self._heard:
            for stop in self._heard.popleft():
                flight = ledger.find(stop.id, stop.epoch)
                if flight is not None and not flight.stopping:
                    flight.stopping = True
                    flight.runner.stop([StopAttempt(stop.id, stop.epoch, StopReason.CANCEL)])

"""What this node runs at the moment: every claim given to a runner, until its ending is durable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from headway.model.claim import Claim
from headway.run.runner import Runner, StopAttempt, StopReason


@dataclass(slots=True)
class Flight:
    """One attempt under way."""

    claim: Claim
    runner: Runner
    in_child: bool
    stopping: bool = False
    """Its runner was told to stop it."""
    lost: bool = False
    """The node lost its lease meanwhile: what it says is not settled any more."""


class Ledger:
    """Attempts by (id, epoch), counted by queue and by kind of runner. Used by the engine's thread only, but for `lose`."""

    def __init__(self) -> None:
        """Start empty."""
        self._flights: dict[tuple[int, int], Flight] = {}
        self.by_queue: Counter[str] = Counter()
        """Attempts in this process or its hosts, by queue."""
        self.in_hosts = 0
        self.in_children = 0

    def __len__(self) -> int:
        """How many attempts are under way."""
        return len(self._flights)

    def __iter__(self) -> Iterator[Flight]:
        """Each attempt."""
        return iter(tuple(self._flights.copy().values()))

    def add(self, flight: Flight) -> None:
        """An attempt begins."""
        claim = flight.claim
        self._flights[(claim.id, claim.epoch)] = flight
        self.by_queue[claim.queue] += 1
        if flight.in_child:
            self.in_children += 1
        else:
            self.in_hosts += 1

    def lose(self) -> None:
        """The node lost its lease: stop every body, and let none of them say anything more. From any thread."""
        for flight in self:
            if not flight.lost:
                flight.lost = True
                flight.runner.stop([StopAttempt(flight.claim.id, flight.claim.epoch, StopReason.LEASE_LOST)])

    def find(self, job_id: int, epoch: int) -> Flight | None:
        """The attempt, if it is under way."""
        return self._flights.get((job_id, epoch))

    def take(self, job_id: int, epoch: int) -> Flight | None:
        """The attempt has ended: remove and answer it."""
        flight = self._flights.pop((job_id, epoch), None)
        if flight is not None:
            self.by_queue[flight.claim.queue] -= 1
            if flight.in_child:
                self.in_children -= 1
            else:
                self.in_hosts -= 1
        return flight

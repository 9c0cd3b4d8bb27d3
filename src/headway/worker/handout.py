"""The way from a grant to the runners: each claim is noted as under way, then given."""

from __future__ import annotations

from collections.abc import Sequence

from headway.model.claim import Claim
from headway.model.clock import Clock
from headway.run.duty import Broken, tell_broken
from headway.worker.capacity import Paces
from headway.worker.crew import Crew
from headway.worker.ledger import Ledger


class Handout:
    """Used by one thread at a time: the engine's, or the one that committed a claim that stood by."""

    def __init__(self, crew: Crew, ledger: Ledger, paces: Paces, clock: Clock, broken: Broken) -> None:
        """`broken` is told when a claim could not be given: nobody would ever hear of its end."""
        self._broken = broken
        self._crew = crew
        self._ledger = ledger
        self._paces = paces
        self._clock = clock

    def is_near(self, claims: Sequence[Claim]) -> bool:
        """Whether giving these waits for no other process."""
        return self._crew.is_near(claims)

    def give(self, claims: Sequence[Claim]) -> None:
        """Have them run. Nothing is raised here: on the thread that committed, whoever enqueued would be told it failed."""
        try:
            self._paces.began(self._ledger.in_hosts, self._ledger.in_children, self._clock.monotonic())
            for runner, flights in self._crew.assign(claims):
                for flight in flights:
                    self._ledger.add(flight)
                runner.give([flight.claim for flight in flights])
        except Exception as error:  # noqa: BLE001 - see above
            tell_broken("the giving of claims to their runners", error, self._broken)

"""What bodies have said and how they ended, until it is durable."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Self

from headway.model.claim import Claim
from headway.model.outcome import Report, Settlement

log = logging.getLogger("headway.worker")


class Unsettled:
    """Settlements with their claims, and reports, in order. Used by the engine's thread only."""

    __slots__ = ("claims", "reports", "settlements")

    def __init__(self) -> None:
        """Nothing is unsettled."""
        self.settlements: list[Settlement] = []
        self.claims: list[Claim] = []
        """Of each settlement."""
        self.reports: list[Report] = []

    def __bool__(self) -> bool:
        """Whether there is anything to write."""
        return bool(self.settlements or self.reports)

    def add(self, settlement: Settlement, claim: Claim) -> None:
        """An attempt has ended."""
        self.settlements.append(settlement)
        self.claims.append(claim)

    def take(self) -> Self:
        """Everything there is, as a value of its own; afterwards nothing is unsettled here."""
        taken = type(self)()
        taken.settlements, self.settlements = self.settlements, []
        taken.claims, self.claims = self.claims, []
        taken.reports, self.reports = self.reports, []
        return taken

    def tell_refused(self, accepted: Sequence[bool]) -> None:
        """Log each settlement that the store refused, because its attempt did not hold the job any more."""
        for settlement, written in zip(self.settlements, accepted, strict=True):
            if not written:
                log.warning("late result of job %d, epoch %d: ignored", settlement.id, settlement.epoch)

    def put_back(self, taken: Unsettled) -> None:
        """It was not written: it comes first the next time (the fence makes a repeat harmless)."""
        self.settlements[:0] = taken.settlements
        self.claims[:0] = taken.claims
        self.reports[:0] = taken.reports

"""What bodies have said and how they ended, until it is durable."""

from __future__ import annotations

from typing import Self

from headway.model.claim import Claim
from headway.model.outcome import Report, Settlement


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

    def put_back(self, taken: Unsettled) -> None:
        """It was not written: it comes first the next time (the fence makes a repeat harmless)."""
        self.settlements[:0] = taken.settlements
        self.claims[:0] = taken.claims
        self.reports[:0] = taken.reports

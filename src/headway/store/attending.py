"""Whoever wants to be told which jobs ended without an attempt."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from headway.store.presence import Attend, Bystander

log = logging.getLogger("headway.store")


class Attending:
    """The part of `store/presence.py` that is within this process, the same in every store."""

    def __init__(self) -> None:
        """Nobody asked yet."""
        self._attendants: tuple[Attend, ...] = ()

    def attend(self, ended: Attend) -> None:
        """Have told which jobs ended without an attempt."""
        self._attendants = (*self._attendants, ended)

    def unattend(self, ended: Attend) -> None:
        """Stop."""
        self._attendants = tuple(one for one in self._attendants if one != ended)

    def tell_ended(self, ended: Sequence[Bystander]) -> None:
        """After a commit in which jobs ended without an attempt."""
        for attend in self._attendants[:1]:
            try:
                attend(ended)
            except Exception:
                log.exception("%d jobs ended, and who asked for it could not be told", len(ended))

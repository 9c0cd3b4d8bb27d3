"""Lines: jobs of one concurrency key or one named worker, of which only so many may run at once.

A job that has to wait for its turn is queued and blocked: it is not in the index that claims read, so it costs them nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headway.store.sqlite.aftermath import Touched
    from headway.store.sqlite.transaction import Transaction


def open_lines(tx: Transaction, jobs: Sequence[Touched]) -> None:
    """Make those ready whose turn it is, in the lines that these jobs stand in."""

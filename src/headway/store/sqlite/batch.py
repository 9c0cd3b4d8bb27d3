"""Batches: they count their jobs in the transaction that ends them, and fire their calls when all have ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headway.store.sqlite.aftermath import Touched
    from headway.store.sqlite.transaction import Transaction


def count_members(tx: Transaction, jobs: Sequence[Touched]) -> None:
    """Count these jobs under the states that they have now, and fire what is to follow."""

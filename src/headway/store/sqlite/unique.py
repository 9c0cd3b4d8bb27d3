"""Unique keys: no two active jobs have one, which the store's own index enforces."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headway.store.sqlite.aftermath import Touched
    from headway.store.sqlite.transaction import Transaction


def let_go(tx: Transaction, jobs: Sequence[Touched]) -> None:
    """Free the keys of those that have ended."""

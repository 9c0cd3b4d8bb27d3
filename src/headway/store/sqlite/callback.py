"""Callbacks: a job that has returned is executed; it completes when its callback has, and fails with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headway.store.sqlite.aftermath import Touched
    from headway.store.sqlite.transaction import Transaction


def follow_callbacks(tx: Transaction, jobs: Sequence[Touched]) -> None:
    """Insert the callbacks of those that were executed, and end the jobs whose callbacks have ended."""

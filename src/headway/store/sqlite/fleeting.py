"""Fleeting runs: rows like all others until they end, and forgotten soon after."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from headway.store.sqlite.archive import forget
from headway.store.sqlite.transaction import Transaction, as_json

KEPT_US: Final = 10 * 1_000_000
"""So long whoever waits for the end finds it; then only the tick says how it was."""


def forget_fleeting(tx: Transaction, folder: Path, limit: int) -> int:
    """Delete those that have ended; how many."""
    found = tx.rows("fleeting_jobs", {"before": tx.now_us - KEPT_US, "limit": limit})
    if found:
        tx.change("drop_left_ticks", {"ids": as_json([row[0] for row in found])})
        forget(tx, folder, found)
    return len(found)

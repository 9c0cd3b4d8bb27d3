"""Fleeting runs: rows like all others until they end, and forgotten soon after."""

from __future__ import annotations

from typing import Final

from headway.store.verbs.archive import forget
from headway.store.verbs.transaction import Transaction, as_json

KEPT_US: Final = 10 * 1_000_000
"""So long whoever waits for the end finds it; then only the tick says how it was."""


def forget_fleeting(tx: Transaction, limit: int) -> int:
    """Delete those that have ended; how many."""
    rows = tx.rows("fleeting_jobs", {"before": tx.now_us - KEPT_US, "limit": limit})
    found = [(row[0], row[1]) for row in rows]
    if found:
        tx.change("drop_left_ticks", {"ids": as_json([row[0] for row in found])})
        forget(tx, found)
    return len(found)

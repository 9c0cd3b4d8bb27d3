"""Schedules whose code is gone: which living node has which is written down, and what none has fires no more."""

from __future__ import annotations

from typing import Final

from headway.store.verbs.transaction import Transaction

LIVING: Final = frozenset({"active", "draining"})
GONE_FOR_US: Final = 60 * 1_000_000
"""A node that ended is remembered for so long: what only it had is not orphaned by its restart."""


def orphan(tx: Transaction, app: str) -> list[str]:
    """Stop what no living node of the app declares; the names."""
    return sorted(row[0] for row in tx.rows("orphan_schedules", {"app": app, "now": tx.now_us}))


def orphan_of_the_gone(tx: Transaction) -> int:
    """Orphan what only nodes declared that ended a while ago, where others of the app live that declare; how many.

    Where none lives the schedules wait for the next one, and their misfire rule applies.
    """
    orphaned = 0
    for node_id, app in tx.rows("ended_declarers", {"before": tx.now_us - GONE_FOR_US}):
        if tx.rows("any_declarer", {"app": app}):
            orphaned += len(orphan(tx, app))
            tx.change("forget_declarer", {"node_id": node_id})
    return orphaned

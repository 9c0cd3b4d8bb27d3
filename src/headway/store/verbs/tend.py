"""Upkeep in small steps: the outbox, expiries, due moments, remembered families, parked jobs, spans of unique keys, fleeting runs, forgotten nodes, sessions."""

from __future__ import annotations

from typing import Final

from headway.store.verbs.accounts import end_sessions
from headway.store.verbs.batch import tell_on
from headway.store.verbs.batches import cancel_on
from headway.store.verbs.cancel import cancel_pending
from headway.store.verbs.family import go_on
from headway.store.verbs.fleeting import forget_fleeting
from headway.store.verbs.gates import forget_old_starts, pull_starts
from headway.store.verbs.key_rate import open_due, upkeep
from headway.store.verbs.marks import forget_marks
from headway.store.verbs.node import unpark
from headway.store.verbs.orphan import orphan_of_the_gone
from headway.store.verbs.outbox import admit
from headway.store.verbs.revive import go_on as revive
from headway.store.verbs.transaction import Transaction
from headway.store.verbs.unique import end_spans

NODES_KEPT_US: Final = 24 * 3600 * 1_000_000
"""Dead and departed nodes are listed for a day."""

ADMIT_STEP: Final = 100


def tend(tx: Transaction, limit: int) -> int:
    """One step of everything; answers how many jobs changed."""
    pull_starts(tx)
    changed = admit(tx, ADMIT_STEP)
    changed += expire(tx, limit) + stage(tx, limit) + go_on(tx, limit) + revive(tx, limit)
    changed += end_spans(tx, limit)
    changed += cancel_on(tx, limit) + tell_on(tx, limit)
    for app, name in tx.rows("live_names") if tx.rows("any_blocked") else ():
        changed += unpark(tx, app, name, limit)
    changed += forget_fleeting(tx, limit)
    orphan_of_the_gone(tx)
    if tx.change("forget_nodes", {"before": tx.now_us - NODES_KEPT_US}):
        tx.change("forget_declarations")
    forget_old_starts(tx)
    end_sessions(tx)
    forget_marks(tx)
    upkeep(tx, limit)
    return changed


def expire(tx: Transaction, limit: int) -> int:
    """Cancel what was not started by its expiry."""
    rows = tx.rows("expired_jobs", {"now": tx.now_us, "limit": limit})
    if not rows:
        return 0
    return cancel_pending(tx, [row[0] for row in rows], code="expired", reason="not started by its expiry")


def stage(tx: Transaction, limit: int) -> int:
    """Queue what has become due, and open the lines that have room again by now."""
    opened = open_due(tx, limit)
    staged = tx.rows("stage_jobs", {"now": tx.now_us, "limit": limit})
    if staged:
        tx.touched.update(row[0] for row in staged if row[0] is not None)
        tx.wake = True
    return len(staged) + opened

"""What there is to do, in one statement outside of any transaction: all that a worker at rest asks for, once a second."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from headway.store.glance import Glance
from headway.store.postgres.clock import DatabaseClock, here
from headway.store.verbs.fire import STEP_BACK_US
from headway.store.verbs.fleeting import KEPT_US
from headway.store.verbs.folded import LAG_US
from headway.store.verbs.node import SILENCE_PART

if TYPE_CHECKING:
    from headway.store.verbs.transaction import Transaction

VERB: Final = "glance"
"""The only verb that reads without a transaction."""


def glance(tx: Transaction, app: str, lease_us: int) -> Glance:
    """Ask for everything at once."""
    own = not isinstance(tx.clock, DatabaseClock)  # a clock of its own, in tests
    values = {
        "app": app,
        "now": tx.now_us if own else None,
        "boot_id": tx.clock.boot_id(),
        "boot_now": tx.boot_us if own else None,
        "silence": lease_us // SILENCE_PART,
        "lag": LAG_US,
        "kept": KEPT_US,
        "step_back": STEP_BACK_US,
    }
    now_us, ready, due_us, upkeep, lapsed, figures, ended_us, is_off, next_us, is_ahead = tx.rows("glance", values)[0]
    tx.now_us = now_us  # it had none before: there was no BEGIN that told
    return Glance(
        ready=ready,
        next_due_us=here(due_us, tx),
        upkeep=upkeep,
        lapsed=lapsed,
        figures=figures,
        oldest_ended_us=here(ended_us, tx),
        next_instant_us=None if is_off else 0 if is_ahead else here(next_us, tx),
    )

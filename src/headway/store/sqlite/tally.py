"""How many jobs are in each state, without going through them all.

Those that have not ended are counted in the indexes that hold only them, those that ended by the counts of their months
and, as far as these do not reach yet, one by one.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from headway.model.job import State
from headway.store.sqlite.spans import Stand
from headway.store.sqlite.transaction import Transaction

ENDED: Final = (State.COMPLETED, State.FAILED, State.CANCELLED, State.SKIPPED)
"""As the statement names them."""


def counts(tx: Transaction, app: str | None) -> dict[State, int]:
    """Of an app or of all; every state is a key."""
    if is_only(tx, app):
        app = None
    found = unfinished(tx, app)
    counted_us = Stand(tx).months_us
    if counted_us:
        for _app, _month, state, jobs in tx.rows("month_counts", {"app": app}):
            found[state] += jobs
    since = tx.rows("count_ended", {"app": app, "from": counted_us})[0]
    found.update(dict(zip(ENDED, since, strict=True)))
    return {state: found[state] for state in State}


def unfinished(tx: Transaction, app: str | None) -> Counter[str]:
    """Those that have not ended."""
    found: Counter[str] = Counter()
    for state, jobs in tx.rows("count_open", {"app": app}):
        found[state] += jobs
    return found


def is_only(tx: Transaction, app: str | None) -> bool:
    """Whether all jobs are of this app: then none has to be asked for it."""
    first, last = tx.rows("outer_apps")[0]
    return bool(first == last == app)

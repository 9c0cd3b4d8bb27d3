"""How many jobs are in each state, without going through them all.

Those that have not ended are counted in the indexes that hold only them. Archived ones are counted when they are
archived. Between the two are those that ended and are not archived yet: their index tells how many, and, where the store
has one app only, nothing more has to be known.
"""

from __future__ import annotations

from collections import Counter

from headway.model.job import State
from headway.store.sqlite.transaction import Transaction

_ENDED = (State.COMPLETED, State.FAILED, State.CANCELLED, State.SKIPPED)


def counts(tx: Transaction, app: str | None) -> dict[State, int]:
    """Of an app or of all; every state is a key."""
    first, last = tx.rows("outer_apps")[0]
    if first == last == app:
        app = None
    found: Counter[str] = Counter()
    for state, jobs in tx.rows("count_open", {"app": app}):
        found[state] += jobs
    archived: Counter[str] = Counter(dict(tx.rows("archived_counts", {"app": app})))
    if app is None:
        found.update(_fresh(tx, archived))
    else:
        found.update(dict(zip(_ENDED, tx.rows("count_ended_of", {"app": app})[0], strict=True)))
    found.update(archived)
    return {state: found[state] for state in State}


def _fresh(tx: Transaction, archived: Counter[str]) -> Counter[str]:
    """Of every app, those that ended and are not archived: the completed ones are those that did not end badly."""
    bad: Counter[str] = Counter(dict(tx.rows("count_bad")))
    bad -= Counter({state.value: archived[state] for state in _ENDED[1:]})
    every: int = tx.rows("count_ended")[0][0]
    return bad + Counter({State.COMPLETED.value: every - bad.total()})

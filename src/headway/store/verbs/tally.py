"""How many jobs are in each state, without going through them all.

Those that have not ended are counted in the indexes that hold only them, those that ended by the counts of their months
and, as far as these do not reach yet, one by one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Final

from headway.model.job import FINAL, State
from headway.store.verbs.spans import Stand
from headway.store.verbs.transaction import Transaction

NEWEST_COUNTED: Final = 10_000
"""Of a tenant's jobs so many are counted, one by one."""
ENDED: Final = (State.COMPLETED, State.FAILED, State.CANCELLED, State.SKIPPED)
"""As the statement names them."""
_OPEN: Final[Mapping[State, str]] = MappingProxyType({
    State.SCHEDULED: "count_scheduled",
    State.WAITING: "count_waiting",
    State.QUEUED: "count_queued",
    State.RUNNING: "count_running",
    State.EXECUTED: "count_executed",
})  # fmt: skip
"""Which statement counts the unfinished jobs of a state."""


def counts(tx: Transaction, app: str | None, states: Collection[State] = tuple(State)) -> dict[State, int]:
    """Of an app or of all, by state."""
    if is_only(tx, app):
        app = None
    found: Counter[str] = Counter()
    for state in _OPEN.keys() & set(states):
        found[state] = tx.rows(_OPEN[state], {"app": app})[0][0]
    if not FINAL.isdisjoint(states):
        found.update(_ended(tx, app))
    return {state: found[state] for state in states}


def counts_of(tx: Transaction, app: str | None, tenant: str) -> dict[State, int]:
    """Of a tenant's newest jobs, by state."""
    found: dict[str, int] = dict(tx.rows("count_tenant", {"app": app, "tenant": tenant, "limit": NEWEST_COUNTED}))
    return {state: found.get(state, 0) for state in State}


def _ended(tx: Transaction, app: str | None) -> Counter[str]:
    found: Counter[str] = Counter()
    counted_us = Stand(tx).months_us
    if counted_us:
        for _app, _month, state, jobs in tx.rows("month_counts", {"app": app}):
            found[state] += jobs
    since = tx.rows("count_ended", {"app": app, "from": counted_us})[0]
    found.update(dict(zip(ENDED, since, strict=True)))
    return found


def is_only(tx: Transaction, app: str | None) -> bool:
    """Whether all jobs are of this app: then none has to be asked for it."""
    first, last = tx.rows("outer_apps")[0]
    return bool(first == last == app)

"""How a transaction that writes begins: settings for it alone, the schema's lock, then the time, the line of history, and what was read so far."""

from __future__ import annotations

from typing import Final, LiteralString

from headway.store.postgres.clock import NOW
from headway.store.postgres.horizon import publish
from headway.store.postgres.statements import ours, qualified

IDLE_MAX_MS: Final = 2_000
"""A process that stands still in the middle of a transaction, with the lock, loses it after that: the server ends it. Others may
wait so long, and their shortest leases have to outlast it.
"""


ENTRIES: Final = "coalesce(pg_stat_get_xact_tuples_returned(to_regclass('headway_job_ready')), 0)"
"""As an expression: how many entries of the index of what is ready this session has read lately, dead ones included."""


def beginning(schema: str, durability: str, timeline: str, *, alone: bool) -> LiteralString:
    """All of it, in one way there and back. `alone`: whether it shares the lock; `timeline`: the expression that tells the line."""
    commit = "on" if durability == "full" else "off"
    settings = (
        f"SET LOCAL synchronous_commit = {commit}; SET LOCAL idle_in_transaction_session_timeout = {IDLE_MAX_MS}; "
        "SET LOCAL jit = off"  # to compile a statement takes longer than any of ours runs
    )
    lock = "pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared"
    key = f"hashtext('headway'), hashtext('{schema}')"
    return ours(
        f"BEGIN; {settings}; SELECT {lock}({key}); SELECT {publish(schema)}, {timeline}, {NOW}, {qualified(ENTRIES, schema)}"
    )

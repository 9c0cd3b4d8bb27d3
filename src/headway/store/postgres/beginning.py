"""How a transaction that writes begins: settings for it alone, the schema's lock, then what it has to know.

That is the line of history, the time, what was read so far, and which schema the tables have now.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, LiteralString

from headway.store.postgres.clock import NOW
from headway.store.postgres.front import ENTRIES
from headway.store.postgres.horizon import publish
from headway.store.postgres.migrate import VERSION, WRITERS
from headway.store.postgres.prepared import kept_ready
from headway.store.postgres.statements import ours, qualified

if TYPE_CHECKING:
    from headway.store.postgres.prepared import OwnConnection

IDLE_MAX_MS: Final = 2_000
"""A process that stands still in the middle of a transaction, with the lock, loses it after that: the server ends it. Others may
wait so long, and their shortest leases have to outlast it.
"""


class Beginning:
    """Tells whoever writes what to begin with."""

    def __init__(self, schema: str, durability: str) -> None:
        """For transactions in that schema."""
        commit = "on" if durability == "full" else "off"
        self._schema = schema
        self._settings = (
            f"BEGIN; SET LOCAL synchronous_commit = {commit}; SET LOCAL idle_in_transaction_session_timeout = {IDLE_MAX_MS}; "
            "SET LOCAL jit = off"  # to compile a statement takes longer than any of ours runs
        )
        self._key = WRITERS.format(schema)

    def text(self, connection: OwnConnection, timeline: str, *, alone: bool) -> LiteralString:
        """All of it, in one way there and back. `alone`: whether it shares the lock; `timeline`: the expression that tells the line."""
        lock = f"SELECT {'pg_advisory_xact_lock' if alone else 'pg_advisory_xact_lock_shared'}({self._key})"
        told = f"SELECT {publish(self._schema)}, {timeline}, {NOW}, {qualified(f'{ENTRIES}, {VERSION}', self._schema)}"
        if connection.is_direct:
            lock, told = (
                kept_ready(connection, f"headway {self._schema} {name}", text)
                for name, text in ((f"lock {alone}", lock), ("begin", told))
            )
        return ours(f"{self._settings}; {lock}; {told}")

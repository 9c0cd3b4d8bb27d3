"""The database's clock: the only one that leases and due times go by, for machines' own clocks differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from headway.model.clock import SystemClock

if TYPE_CHECKING:
    from headway.store.verbs.transaction import Transaction

NOW: Final = "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
"""As an expression: microseconds since 1970 at the moment when it is evaluated, not when the transaction began."""


def here(moment_us: int | None, tx: Transaction) -> int | None:
    """A moment of the database as this machine's clock will show it: machines sleep by their own."""
    if moment_us is None or not isinstance(tx.clock, DatabaseClock):
        return moment_us
    return moment_us + tx.clock.now_us() - tx.now_us


class DatabaseClock(SystemClock):
    """Durations are measured here; moments are read in the database, when a transaction has begun."""

    __slots__ = ("server_id",)

    def __init__(self) -> None:
        super().__init__()
        self.server_id = ""
        """Which history of which server it is, once a connection is open: after a failover that lost commits it is another."""

    def boot_id(self) -> str:
        """Leases mean something on one server and one timeline of it."""
        return self.server_id

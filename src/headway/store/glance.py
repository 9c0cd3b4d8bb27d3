"""What there is to do in a store, as one short read tells a worker at rest."""

from __future__ import annotations

from typing import Protocol

import msgspec


class Glance(msgspec.Struct, frozen=True, kw_only=True):
    """A verb for which nothing is seen here would find nothing to do. Moments are by this machine's wall clock."""

    ready: bool
    """Some job of the app may be claimed, or something waits in the outbox that may be one."""
    next_due_us: int | None
    """When the next one becomes ready by itself; it may be past."""
    upkeep: bool
    """Something is to be admitted, expired, told, cancelled or freed."""
    lapsed: bool
    """A lease is over, or nobody has noted for a while that leases could be renewed: sweep."""
    figures: bool
    """Something ended that is not summed up yet."""
    oldest_ended_us: int | None
    """When the first of those jobs ended that are not in the archive yet."""
    next_instant_us: int | None
    """When the next schedule of the app is due; 0: the clock was set back, look at once."""


class Glancing(Protocol):
    """The verb."""

    def glance(self, app: str, *, lease_us: int) -> Glance | None:
        """What there is to do now; None where to look costs no less than to do it. Blocks until the store answers.

        What may wait for a minute is not in it (what is forgotten after days, clocks that were set back): now and then
        `tend`, `archive` and `fold` are to be run all the same.
        """
        ...

"""Long work on a store that must not be one transaction: it would keep every writer waiting, beats among them."""

from __future__ import annotations

from typing import Protocol

from headway.store.facts import Facts
from headway.store.values import Breach


class Keeping(Protocol):
    """The half of a store that is kept up outside of transactions, on the caller's thread, for as long as it takes."""

    def seal(self, *, before_us: int) -> bool:
        """Work for some milliseconds at sealing the months that ended and did not change since `before_us`; whether to go on.

        Only writing the seal is a transaction. Also finishes what a purge or a requeue could not delete in a month. False
        also when another process is at it.
        """
        ...

    def fold(self) -> bool:
        """Sum up some thousand jobs that ended, for the figures over time; whether there are more now.

        Only writing the sums is a transaction. Any number of processes may be at it: each job is counted once.
        """
        ...

    def copy_to(self, target: str) -> int:
        """What `backup` copies, as it is at the end of it: what cannot change (sealed months) comes first, while writers write."""
        ...

    def look(self) -> Facts | None:
        """What can be told of it from outside, as `headway.store.open.look` finds it; None when somebody deleted it."""
        ...

    def inspect(self) -> tuple[Breach, ...]:
        """What `audit` reports, in short reads: what looks wrong is looked at again inside a transaction."""
        ...

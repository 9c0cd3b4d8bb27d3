"""What a host and its two lanes (loop, threads) know of each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from headway.model.outcome import Ending
from headway.run.attempt import Attempt


class Desk(Protocol):
    """The host, as its lanes see it."""

    def finished(self, pairs: Sequence[tuple[Attempt, Ending]], *, lingering: bool = False) -> list[Attempt]:
        """Bodies ended. Answers the attempts that have room now, for the asking lane to begin or pass on.

        `lingering`: the caller goes on with what it gets, so the endings may wait a moment for company.
        """
        ...

    def ended(self, pairs: Sequence[tuple[Attempt, Ending]]) -> list[Attempt]:
        """Bodies ended, and more of the lane's may end at this moment: they are told of with the next `flush`."""
        ...

    def flush(self) -> None:
        """Tell of what has ended."""
        ...

    def dispatch(self, attempts: Sequence[Attempt]) -> None:
        """Hand attempts to the lanes they run in."""
        ...

    def is_leaked(self, attempt: Attempt) -> bool:
        """Whether it was ended without its body."""
        ...

    def broke(self, words: str) -> None:
        """A lane broke because of a defect: what it runs may never end."""
        ...

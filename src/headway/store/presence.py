"""What processes on one store tell each other outside of any transaction: wake-ups, signs of life, room and damage."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Bystander:
    """A job that ended without anybody settling an attempt of it."""

    id: int
    was_running: bool
    """It has an attempt that was charged to nothing: under way on a node that is dead or that left, or a success whose
    callback has ended now."""


Attend = Callable[[Sequence[Bystander]], None]


class Presence(Protocol):
    """The half of a store that lies between processes. None of it waits for a transaction."""

    def listen(self, uid: str, ring: Callable[[], None]) -> None:
        """Call `ring` (quickly, from any thread) when there may be something to do: a commit in this process or another.

        A hint: one that is lost costs a poll's time and never a job.
        """
        ...

    def unlisten(self, uid: str) -> None:
        """Stop; idempotent."""
        ...

    def attend(self, ended: Attend) -> None:
        """Have told, quickly and after the commit, which jobs this process ended, and not by settling an attempt: expired,
        cancelled before they started or because a parent ended badly, taken from a dead node. Told to the first who asks.
        """
        ...

    def unattend(self, ended: Attend) -> None:
        """Stop; the next one who asked is told. Idempotent."""
        ...

    def hold(self, uid: str) -> None:
        """Give a node of this process its sign of life, before it registers."""
        ...

    def let_go(self, uid: str) -> None:
        """Take the sign away, after the node left; idempotent."""
        ...

    def abandon(self, uid: str) -> None:
        """Let the sign of life of a node of this process go as if the process had died: whoever looks next reaps it; idempotent."""
        ...

    def gone(self) -> tuple[str, ...]:
        """Uids of nodes whose process is known to be gone (their sign of life is): reap them at once, then `forget`."""
        ...

    def forget(self, uid: str) -> None:
        """Clear away what a dead node left behind, after it was reaped."""
        ...

    def has_room(self) -> bool:
        """Whether there is room for new work; below the floor a worker claims nothing and settles what runs."""
        ...

    def damage(self) -> str | None:
        """What was done to the store's files behind its back, as a sentence; None while all is well. Then stop at once."""
        ...

    def reserve(self) -> None:
        """Keep room for settling should the place fill up; a worker asks for it now and then."""
        ...

    def stuck_since(self) -> tuple[float, int | None] | None:
        """Since when (monotonic) writing waits for another process's write lock, and that process's pid; else None."""
        ...

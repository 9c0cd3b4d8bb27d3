"""Calls that a transaction of the caller's leaves in the store, and what a job's own transaction says of it."""

from __future__ import annotations

from typing import Protocol

from headway.store.guest import Guest
from headway.store.operation import Operation


class Outbox(Protocol):
    """The half of a store that foreign connections write to."""

    def admit(self, *, limit: int = 100) -> Operation[int]:
        """Make jobs of what was committed to the outbox, oldest first, each call once; answers how many rows there were.

        By the rules of `enqueue`. What these refuse, or what cannot be read, is stored as a job that has ended: failed with
        code not_admitted, or skipped with code duplicate where another job has its unique key. Workers do it in their turns.
        """
        ...

    def unadmitted(self) -> Operation[int | None]:
        """Since when the oldest call is in the outbox that was committed and is no job yet; None where there is none. For the reader."""
        ...

    def guest(self) -> Operation[Guest]:
        """What is said on connections of callers, to leave something in the outbox or a mark; run by the reader."""
        ...

    def mark_of(self, job_id: int) -> Operation[str | None]:
        """For the reader: whether a job's own transaction said that it is done: the JSON of its result (null for none); None if it did not."""
        ...

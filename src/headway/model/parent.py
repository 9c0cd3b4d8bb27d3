"""What a job sees of the jobs it depended on, and who can read that for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from headway.model.batch import BatchStatus
from headway.model.claim import Claim, NewJob
from headway.model.job import State
from headway.model.transacting import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Parent:
    """A job that another one depended on; also after it was archived."""

    id: int
    ref_id: str
    name: str
    state: State
    arguments: dict[str, Any]
    """By name, with the types of its handler where that is registered here; empty when the archive is gone."""
    result: Any
    """As its handler returned it; None if there is none or it was not stored."""


class Surroundings(Protocol):
    """What a Context needs of the application that its job belongs to."""

    def encode_call(self, call: Any, /) -> NewJob:
        """The row to insert for a call."""
        ...

    def read_parents(self, ids: Sequence[int], /) -> tuple[Parent, ...]:
        """These jobs, in order; JobNotFound for one that was deleted. Opens the store at the first use."""
        ...

    async def aread_parents(self, ids: Sequence[int], /) -> tuple[Parent, ...]:
        """The same, awaited."""
        ...

    def read_batch(self, number: int, /) -> BatchStatus:
        """How this batch stands; BatchNotFound if it was deleted."""
        ...

    async def aread_batch(self, number: int, /) -> BatchStatus:
        """The same, awaited."""
        ...

    def transaction(self, claim: Claim, connection: Any, done: Callable[[str], None], /) -> Transaction[Any]:
        """A transaction in which this attempt may end its job; `done` is told the JSON of a result that was committed with it."""
        ...

"""The part of `Jobs` that stores chains."""

from __future__ import annotations

from typing import Any, TypeAlias, TypeVar, overload

from headway.client.call import Call
from headway.client.chain import Chain
from headway.client.ref import Ref
from headway.client.sending import Sending
from headway.model.errors import ArgumentsInvalid

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
Refs: TypeAlias = "tuple[Ref[Any], ...]"


class Chaining(Sending):
    """Stores calls that wait for each other, all or none."""

    @overload
    def chain(self, one: Call[A], two: Call[B], /) -> tuple[Ref[A], Ref[B]]: ...
    @overload
    def chain(self, one: Call[A], two: Call[B], three: Call[C], /) -> tuple[Ref[A], Ref[B], Ref[C]]: ...
    @overload
    def chain(
        self, one: Call[A], two: Call[B], three: Call[C], four: Call[D], /
    ) -> tuple[Ref[A], Ref[B], Ref[C], Ref[D]]: ...
    @overload
    def chain(self, *calls: Call[Any] | Chain) -> Refs: ...
    def chain(self, *calls: Call[Any] | Chain) -> Refs:
        """Store these calls, each waiting for the one before it as with `depends_on`; all or none, in one transaction.

        `first.value` as an argument of a later call is the result of the first. Answers the references in order.
        """
        prepared = self.prepare_calls(_flat(calls), chained=True)
        return tuple(self.refs(prepared, self.store.call(self.store.enqueue([job for job, _ in prepared]))))

    @overload
    async def achain(self, one: Call[A], two: Call[B], /) -> tuple[Ref[A], Ref[B]]: ...
    @overload
    async def achain(self, one: Call[A], two: Call[B], three: Call[C], /) -> tuple[Ref[A], Ref[B], Ref[C]]: ...
    @overload
    async def achain(
        self, one: Call[A], two: Call[B], three: Call[C], four: Call[D], /
    ) -> tuple[Ref[A], Ref[B], Ref[C], Ref[D]]: ...
    @overload
    async def achain(self, *calls: Call[Any] | Chain) -> Refs: ...
    async def achain(self, *calls: Call[Any] | Chain) -> Refs:
        """The same, awaited."""
        prepared = self.prepare_calls(_flat(calls), chained=True)
        return tuple(self.refs(prepared, await self.store.acall(self.store.enqueue([job for job, _ in prepared]))))


def _flat(calls: tuple[Call[Any] | Chain, ...]) -> list[Call[Any]]:
    found = [call for one in calls for call in (one.calls if isinstance(one, Chain) else (one,))]
    if not found:
        raise ArgumentsInvalid("a chain needs at least one call: jobs.chain(first.call(...), second.call(...))")
    return found

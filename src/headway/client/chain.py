"""A chain: calls of which each waits for the one before it."""

from __future__ import annotations

from typing import Any

from headway.client.call import Call


class Chain:
    """What `first.call(...) >> second.call(...)` makes: a value that `jobs.chain(...)` stores."""

    __slots__ = ("_calls",)

    def __init__(self, *calls: Call[Any]) -> None:
        self._calls = calls

    @property
    def calls(self) -> tuple[Call[Any], ...]:
        """In their order."""
        return self._calls

    def __rshift__(self, other: Call[Any] | Chain) -> Chain:
        """This chain, and then that."""
        if isinstance(other, Call):
            return Chain(*self._calls, other)
        if isinstance(other, Chain):
            return Chain(*self._calls, *other.calls)
        return NotImplemented

    def __eq__(self, other: object) -> bool:
        """The same calls in the same order."""
        return self._calls == other.calls if isinstance(other, Chain) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._calls)

    def __repr__(self) -> str:
        return " >> ".join(map(repr, self._calls))

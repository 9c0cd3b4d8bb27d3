"""A standing offer: an operation that waits for work and runs in the very transaction that brings it.

An idle worker offers its claim. The enqueue that makes a job ready in the same process then grants it in its own
commit: one wait for the disk between the call and the first line of the job, where two commits would need two.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from headway.model.errors import StoreError

if TYPE_CHECKING:
    from headway.store.protocol import Operation

T = TypeVar("T")

ANSWER_WAIT_S: Final = 60.0
"""How long a transaction may take that has begun."""


class StandBy(Generic[T]):
    """Taken by the thread that commits or withdrawn by whoever made it: one of both, once."""

    __slots__ = ("_answered", "_error", "_free", "_operation", "_served", "_value", "uid")

    def __init__(self, operation: Operation[T], uid: str, served: Callable[[T], bool]) -> None:
        """`served` is called on the thread that committed, before `result` answers. It must be quick, and answers
        whether the listener `uid` knows enough by it, so that it need not be rung for this commit.
        """
        self.uid = uid
        self._operation = operation
        self._served = served
        self._free = [True]
        """Emptied by whoever comes first: taking out of a list is one step of the interpreter."""
        self._answered = threading.Event()
        self._value: list[T] = []
        self._error: BaseException | None = None

    def withdraw(self) -> bool:
        """Take it back; False when the store has taken it: then `result` answers."""
        return self.take()

    def take(self) -> bool:
        """Whether it was still free; from now on it is not."""
        try:
            return self._free.pop()
        except IndexError:
            return False

    def result(self) -> T:
        """What the operation answered, after the commit; raises what went wrong, after the rollback."""
        if not self._answered.wait(ANSWER_WAIT_S):
            msg = "the store does not answer what it has begun"
            raise StoreError(msg)
        if self._error is not None:
            raise self._error
        return self._value[0]

    def run(self, transaction: Any) -> None:
        """Run it as a part of an open transaction."""
        self._value = [self._operation.run(transaction)]

    def fail(self, error: BaseException) -> None:
        """The transaction was rolled back."""
        self._error = error
        self._answered.set()

    def resolve(self) -> bool:
        """The transaction is durable; answers whether the listener knows enough."""
        if self._error is not None:
            return False
        try:
            return self._served(self._value[0])
        finally:
            self._answered.set()

"""What an awaited thing costs: how long it keeps its thread busy itself, whatever else runs while it waits."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator
from math import inf
from typing import Any, Generic, TypeVar

from headway.model.clock import busy_s
from headway.store.operation import Operation

T = TypeVar("T")


class Metered(Generic[T]):
    """Awaits a coroutine, and knows afterwards what it cost."""

    def __init__(self, inner: Coroutine[Any, Any, T]) -> None:
        """Awaited once."""
        self._inner = inner
        self.cost_s = 0.0
        """Seconds, also of one that raised."""

    def __await__(self) -> Generator[Any, Any, T]:
        """Its answer."""
        step: Callable[[Any], Any] = self._inner.send
        value: Any = None
        while True:
            begun_s = busy_s()
            try:
                waits_for = step(value)
            except StopIteration as over:
                answer: T = over.value
                return answer
            finally:
                self.cost_s += busy_s() - begun_s
            try:
                step, value = self._inner.send, (yield waits_for)
            except BaseException as error:  # noqa: BLE001 - a cancellation above all: it is the inner one's to answer
                step, value = self._inner.throw, error


class Reading:
    """What is read through this: how long the store's thread is busy with it, and how old the oldest of it is."""

    def __init__(self, busy: Callable[[], float] = busy_s) -> None:
        """Nothing was read; `busy` tells how long the thread that calls it has worked."""
        self.cost_s = 0.0
        self.oldest_s = inf
        """When the oldest of what had been read before was read, by the monotonic clock."""
        self._busy = busy

    def measured(self, operation: Operation[T]) -> Operation[T]:
        """The same operation, counted."""

        def run(tx: Any) -> T:
            begun_s = self._busy()
            try:
                return operation.run(tx)
            finally:
                self.cost_s += self._busy() - begun_s

        return Operation(operation.verb, run)

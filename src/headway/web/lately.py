"""What was read a moment ago, for whoever asks the same: a figure that takes long to count is counted only so often.

A reading that kept the store's thread busy for a time t serves everybody for the next twenty t, a second at most; then
however many look, it takes a twentieth of that thread. What is read quickly is read each time: on all but large stores
that is everything, so there nothing is older than the request.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from headway.model.clock import Clock, busy_s
from headway.store.operation import Operation
from headway.web.metering import Reading

if TYPE_CHECKING:
    from headway.store.protocol import Reader

T = TypeVar("T")

LONG_S: Final = 0.005
"""What takes less is not kept; nor is what took so long for the first time, as a cold start does."""
SHARE: Final = 20
"""It serves for so many lengths of what it took,"""
KEPT_MAX_S: Final = 1.0
"""and no longer than this."""
KEYS_MAX: Final = 100
"""Whoever asks for a thousand different things is not to fill the memory: then all is forgotten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known(Generic[T]):
    """What was read."""

    value: T
    begun_s: float
    """When, by the monotonic clock."""
    until_s: float
    """So long it serves."""


class Lately:
    """The long readings of one console."""

    def __init__(self, busy: Callable[[], float] = busy_s) -> None:
        """Nothing was read; `busy` tells how long the thread that calls it has worked."""
        self._known: dict[Hashable, Known[Any]] = {}
        self._long: set[Hashable] = set()
        self._forgotten = 0
        self._busy = busy

    async def read(self, key: Hashable, operation: Operation[T], reader: Reader, clock: Clock) -> Known[T]:
        """The answer to an operation; `key` names it with its arguments."""
        begun_s = clock.monotonic()
        known = self._known.get(key)
        if known is not None and begun_s < known.until_s:
            return known
        forgotten, reading = self._forgotten, Reading(self._busy)
        value = await reader.acall(reading.measured(operation))
        known = Known(value=value, begun_s=begun_s, until_s=begun_s + min(KEPT_MAX_S, reading.cost_s * SHARE))
        if reading.cost_s < LONG_S:
            self._long.discard(key)
        elif key not in self._long:
            if len(self._long) >= KEYS_MAX:
                self._long.clear()
                self._known.clear()
            self._long.add(key)
        elif forgotten == self._forgotten:
            self._known[key] = known
        return known

    def forget(self) -> None:
        """Something was changed by one of those who look: they are to see it."""
        self._forgotten += 1
        self._known.clear()

"""Making jobs of what was committed in transactions of callers a moment ago, and no worker has seen yet, for whoever looks."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from headway.store.operation import Operation
    from headway.store.protocol import Store

T = TypeVar("T")

CALLS_MAX: Final = 1_000
"""So many calls at a time."""
WAIT_S: Final = 0.25
"""A list waits no longer for it: on SQLite whoever looks may have a transaction open that holds everybody up."""


def admit_all(store: Store) -> int:
    """Admit what waits; answers how many calls there were."""
    count = 0
    while store.reader.call(store.unadmitted()) is not None:
        admitted = store.call(store.admit())
        count += admitted
        if not admitted:  # others are at it
            break
    return count


async def aadmit_all(store: Store) -> int:
    """The same, awaited."""
    count = 0
    while await store.reader.acall(store.unadmitted()) is not None:
        admitted = await store.acall(store.admit())
        count += admitted
        if not admitted:
            break
    return count


def look(store: Store, asked: Operation[T | None]) -> T | None:
    """What is asked of the job; where there is none, what waits in the outbox is made jobs first. Writes only if something waits there."""
    row = store.reader.call(asked)
    while row is None and store.reader.call(store.unadmitted()) is not None:
        admitted = store.call(store.admit())
        row = store.reader.call(asked)
        if not admitted:
            break
    return row


async def alook(store: Store, asked: Operation[T | None]) -> T | None:
    """The same, awaited."""
    row = await store.reader.acall(asked)
    while row is None and await store.reader.acall(store.unadmitted()) is not None:
        admitted = await store.acall(store.admit())
        row = await store.reader.acall(asked)
        if not admitted:
            break
    return row


def see_committed(store: Store) -> None:
    """For whoever lists or counts next: admit what waits, if that can be done now. A store that takes no change is looked at as it is."""
    if store.reader.call(store.unadmitted()) is not None:
        _admit(store)


async def asee_committed(store: Store) -> None:
    """The same, awaited."""
    if await store.reader.acall(store.unadmitted()) is not None:
        import asyncio  # it is there already where somebody awaits

        await asyncio.to_thread(_admit, store)


def _admit(store: Store) -> None:
    done = threading.Event()
    store.submit(store.admit(limit=CALLS_MAX), lambda _count, _error: done.set())
    done.wait(WAIT_S)

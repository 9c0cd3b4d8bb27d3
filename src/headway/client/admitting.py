"""Looking for a job that may have been committed in a transaction of somebody's a moment ago, and that no worker has seen yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from headway.store.operation import Operation
    from headway.store.protocol import Store

T = TypeVar("T")


def look(store: Store, asked: Operation[T | None]) -> T | None:
    """What is asked of the job; where there is none, what waits in the outbox is made jobs first. Writes only if something waits there."""
    row = store.reader.call(asked)
    while row is None and store.reader.call(store.unadmitted()):
        admitted = store.call(store.admit())
        row = store.reader.call(asked)
        if not admitted:
            break
    return row


async def alook(store: Store, asked: Operation[T | None]) -> T | None:
    """The same, awaited."""
    row = await store.reader.acall(asked)
    while row is None and await store.reader.acall(store.unadmitted()):
        admitted = await store.acall(store.admit())
        row = await store.reader.acall(asked)
        if not admitted:
            break
    return row

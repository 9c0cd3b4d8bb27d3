"""The schedules of the code under test, in the throw-away store: registered as a worker does at its start."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from headway.model.errors import HeadwayError
from headway.model.ids import uuid7
from headway.model.occurrence import jitter_us
from headway.model.version import VERSION
from headway.store.protocol import NodeInfo

if TYPE_CHECKING:
    from headway.model.clock import Clock
    from headway.model.schedule import Definition
    from headway.store.protocol import Store
    from headway.store.scheduling import ScheduleRow

LEASE_US: Final = 30_000_000


class CannotFire(HeadwayError):
    """The schedule <name> is not due ever: it is <state>."""


def enter(store: Store, app: str, clock: Clock) -> int:
    """A node that runs nothing, for a store in which nothing runs; its number."""
    info = NodeInfo(
        uid=uuid7(clock.now_us(), os.urandom(10)),
        app=app,
        host="test",
        pid=os.getpid(),
        names=(),
        queues=None,
        concurrency=1,
        version=VERSION,
    )
    return store.call(store.register(info, lease_us=LEASE_US))


def declare(store: Store, app: str, made: Sequence[Definition], node: int) -> None:
    """Register these for a node."""
    while store.call(store.declare(app, made, node_id=node)).more:
        pass


def next_due(store: Store, app: str, name: str | None) -> int:
    """When the run of a schedule's next instant is due, or of the next instant of any schedule; CannotFire if none is."""
    reader = store.reader
    rows = reader.call(reader.schedules(app=app)) if name is None else (reader.call(reader.schedule(app, name)),)
    found = [row for row in rows if row is not None and row.next_us is not None]
    if not found:
        raise CannotFire(_why(name, rows[0] if rows else None))
    row = min(found, key=lambda one: one.next_us or 0)
    assert row.next_us is not None
    assert row.definition is not None  # what cannot be read is never due
    return row.next_us + jitter_us(row.definition, row.next_us)


def _why(name: str | None, row: ScheduleRow | None) -> str:
    if name is None:
        return "no schedule is due ever: is one declared, and active?"
    return f"the schedule {name!r} is not due ever: " + ("there is none" if row is None else f"it is {row.state}")

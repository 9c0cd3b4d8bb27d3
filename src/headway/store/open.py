"""Opening a store by where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headway.model.clock import SystemClock
from headway.store.place import parse_place

if TYPE_CHECKING:
    from headway.model.clock import Clock
    from headway.store.protocol import Store


def open_store(place: str, *, clock: Clock | None = None, durability: str = "full") -> Store:
    """Open (or make) the store at a place: a directory, or sqlite:///file.

    `durability="full"` (the default) survives power loss: what was acknowledged is there afterwards.
    `durability="relaxed"` does not wait for the disk: nothing is lost when a process dies, but a power cut can undo
    the last seconds, enqueued and finished jobs alike.
    """
    from headway.store.sqlite.store import SqliteStore

    return SqliteStore(parse_place(place), clock or SystemClock(), durability=durability)

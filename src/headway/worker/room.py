"""Telling, once, that the store has no room for new work, and once that it has again."""

from __future__ import annotations

import logging

from headway.store.protocol import Store

log = logging.getLogger("headway.worker")


class Room:
    """Remembers whether the store had room at the latest look."""

    def __init__(self, store: Store) -> None:
        """It has room until a look says otherwise."""
        self._store = store
        self._had_room = True

    def look(self) -> bool:
        """Whether there is room for new work."""
        room = self._store.has_room()
        if room != self._had_room:
            self._had_room = room
            if room:
                log.warning("the store has room again: jobs are claimed again")
            else:
                log.error("the store's disk is nearly full: no job is claimed until there is room; running ones go on")
        return room

"""Telling, once, that the store's disk is nearly full: a worker that claims nothing must say why."""

from __future__ import annotations

import logging

log = logging.getLogger("headway.worker")


class RoomNotice:
    """Remembers whether there was room at the latest look, and says so when that changes."""

    def __init__(self) -> None:
        """Begin with room."""
        self._had_room = True

    def hear(self, *, room: bool) -> bool:
        """Whether there is room again, after there was none."""
        if room == self._had_room:
            return False
        self._had_room = room
        if room:
            log.warning("the store has room again: jobs are claimed again")
        else:
            log.error("the store's disk is nearly full: no job is claimed until there is room; running ones go on")
        return room

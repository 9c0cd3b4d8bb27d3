"""Telling, once, that the store is held: a worker that starts nothing must say why, and what to do."""

from __future__ import annotations

import logging

from headway.store.protocol import Exchange

log = logging.getLogger("headway.worker")


class HoldNotice:
    """Remembers whether the store was held at the latest ask, and says so when that changes."""

    def __init__(self, place: str) -> None:
        """`place` is what a person would give to `--store`."""
        self._place = place
        self._held = False

    def hear(self, answer: Exchange, *, asked: bool) -> None:
        """The store answered; whether it is held it says only to a node that is alive and asked for jobs."""
        if not asked or not answer.alive or answer.held == self._held:
            return
        self._held = answer.held
        if answer.held:
            log.warning(
                "the store is held (headway hold was run, or it is a copy): no job is started until: "
                "headway resume --store %s",
                self._place,
            )
        else:
            log.warning("the store is held no more: jobs are started again")

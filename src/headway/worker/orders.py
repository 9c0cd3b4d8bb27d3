"""What people order a worker that goes on living: the store is held, or this node drains."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sized

from headway.store.protocol import Beat, Exchange, Store
from headway.worker.hold import HoldNotice

log = logging.getLogger("headway.worker")


class Orders:
    """Remembers what the store said last. It grants nothing meanwhile, whatever this worker asks."""

    def __init__(self, place: str, release: Callable[[], None]) -> None:
        """`place` is what a person would give to `--store`; `release` gives back what was granted and has not begun."""
        self._hold = HoldNotice(place)
        self._release = release
        self.draining = False
        """This node starts nothing more; what runs ends."""

    def hear(self, answer: Exchange, *, asked: bool) -> None:
        """The store answered a turn."""
        self._hold.hear(answer, asked=asked)
        self.hear_of_drain(answer)

    def hear_of_drain(self, answer: Exchange | Beat) -> bool:
        """The store answered something, on any thread; whether that is news."""
        if not answer.alive or answer.draining == self.draining:
            return False
        self.draining = answer.draining
        if self.draining:
            log.warning(
                "this node is drained (headway nodes drain): it starts nothing more; what runs goes on to its end"
            )
        else:
            log.warning("this node is drained no more: it starts jobs again")
        return True

    def pass_on(self, running: Sized) -> None:
        """Have given back what has not begun; in each turn, as what was just handed out had not come to its runner before."""
        if self.draining and len(running):
            self._release()

    def carry_over(self, store: Store, uid: str) -> None:
        """This node entered the store anew, under that uid: what it was told holds for its process."""
        if self.draining:
            store.call(store.drain_node(uid))

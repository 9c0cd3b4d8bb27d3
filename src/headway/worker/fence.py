"""The fence around this node: past its lease, all that it runs belongs to others, whatever the store would say."""

from __future__ import annotations

import logging

from headway.worker.ledger import Ledger
from headway.worker.node import Node

log = logging.getLogger("headway.worker")


class Fence:
    """Open as long as the lease holds. Safe from any thread, and it waits for nobody: the engine may be waiting for the store."""

    def __init__(self, node: Node, ledger: Ledger) -> None:
        """Open, around what is in the ledger."""
        self._node = node
        self._ledger = ledger
        self._is_closed = False

    @property
    def is_closed(self) -> bool:
        """Whether nothing here is ours any more, by our own reckoning or by the store's word."""
        return self._is_closed or self._node.is_past_deadline()

    def close(self) -> None:
        """Tell every body to stop, and let none of them say anything more; what came in since the last time, too."""
        if not self._is_closed:
            log.error("this node's lease is over: stopping %d running jobs and starting anew", len(self._ledger))
        self._is_closed = True
        self._ledger.lose()

    def open(self) -> None:
        """The node has entered the store anew."""
        self._is_closed = False

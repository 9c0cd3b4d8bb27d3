"""Waiting until a store takes changes: a worker that is started while a copy is under way begins when that is done."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from headway.model.displaced import MOVED_TO, StoreMoved
from headway.model.errors import StoreError
from headway.store.moving.closed import closed

if TYPE_CHECKING:
    from headway.store.protocol import Store

log = logging.getLogger("headway.worker")

LOOK_S: Final = 1.0
LOOKS_BEFORE_TOLD_AGAIN: Final = 60


def enter_when_open(enter: Callable[[], None], patience: Callable[[], bool] | None) -> None:
    """Enter a store; where a copy has just closed it, `patience` waits, and answers whether to try again. Without it StoreMoved is raised."""
    while True:
        try:
            return enter()
        except StoreMoved as error:
            if error.is_for_good or patience is None or not patience():
                raise


def wait_until_open(store: Store, asked: threading.Event, *, look_s: float = LOOK_S) -> bool:
    """Wait while a copy fills the store, or copies it elsewhere; False when `asked` to stop meanwhile.

    One that has moved for good is not waited for: entering it says so. How long a copy takes nobody here knows, and a worker
    that ended instead would be started again and again until its process manager gives up.
    """
    looks = 0
    words = _closed(store)
    while words is not None:
        if looks % LOOKS_BEFORE_TOLD_AGAIN == 0:
            log.warning("the worker waits and begins when it can: the store %s %s", store.place, words)
        looks += 1
        if asked.wait(look_s):
            return False
        try:
            words = _closed(store)
        except StoreError as error:
            log.warning("looking whether the store is open failed, trying again: %s", error)
    return True


def _closed(store: Store) -> str | None:
    words = store.reader.call(closed())
    return None if words is None or words.startswith(MOVED_TO) else words

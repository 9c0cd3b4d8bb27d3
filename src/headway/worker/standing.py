"""The standing claim of an idle worker: it takes what this process enqueues next in the very commit that stores it."""

from __future__ import annotations

import logging
from collections.abc import Callable

from msgspec.structs import replace

from headway.model.errors import StoreError
from headway.store.protocol import Exchange, Operation, StandBy, Store

log = logging.getLogger("headway.worker")


class Standing:
    """At most one offer at a time. Used by the engine's thread only."""

    def __init__(self, store: Store, served: Callable[[Exchange], bool], unsure: Callable[[], None]) -> None:
        """`served` is called on the thread that committed, as soon as an offer was granted something or nothing, and
        answers whether it gave the claims to their runners.

        `unsure` is called when nobody can say what an offer was granted.
        """
        self._store = store
        self._unsure = unsure
        self._tell = served
        self._offer: StandBy[Exchange] | None = None
        self._given = False

    def offer(self, operation: Operation[Exchange], uid: str, limit: int) -> None:
        """Offer this claim of up to `limit` jobs; the one before must have been ended."""

        def served(answer: Exchange) -> bool:
            self._given = self._tell(answer)
            return answer.alive and len(answer.claims) < limit  # else there may be more: the bell rings

        self._given = False
        self._offer = StandBy(operation, uid, served)
        self._store.stand_by(self._offer)

    def end(self) -> Exchange | None:
        """Withdraw the offer; what it was granted, if that came first, without the claims that are with their runners."""
        offer, self._offer = self._offer, None
        if offer is None or offer.withdraw():
            return None
        try:
            answer = offer.result()
        except StoreError as error:  # rolled back with what it was part of, most likely: then nothing was granted
            log.debug("a standing claim came to nothing: %s", error)
            self._unsure()
            return None
        return replace(answer, claims=()) if self._given else answer

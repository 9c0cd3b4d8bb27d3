"""What a store says to the processes that share it, and what it knows of them."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable

from headway.store.attending import Attending
from headway.store.postgres.bell import Bell, Listener
from headway.store.postgres.place import PostgresPlace

OWN_BYTES = 6


class Between(Attending):
    """The part of `store/presence.py` that needs no transaction. Signs of life are the leases: machines see no more of each other."""

    def __init__(self, place: PostgresPlace) -> None:
        """Nobody listens yet."""
        super().__init__()
        self._place = place
        self._own = os.urandom(OWN_BYTES).hex()
        self._bell = Bell(place, self._own)
        self._listener: Listener | None = None
        self._starting = threading.Lock()
        self._listeners: dict[str, Callable[[], None]] = {}
        self._abandoned: tuple[str, ...] = ()

    def listen(self, uid: str, ring: Callable[[], None]) -> None:
        """Call `ring` (quickly, from any thread) when there may be something to do: a commit here or elsewhere."""
        self._listeners[uid] = ring
        if self._place.listen:
            with self._starting:
                if self._listener is None:
                    self._listener = Listener(self._place, self._own, self._heard)

    def unlisten(self, uid: str) -> None:
        """Stop; idempotent."""
        self._listeners.pop(uid, None)
        if not self._listeners:
            self.stop_listening()

    def hold(self, uid: str) -> None:
        """A node's sign of life is its lease."""

    def let_go(self, uid: str) -> None:
        """Its lease ends as it leaves."""

    def abandon(self, uid: str) -> None:
        """This process knows; for all others its lease lapses. Idempotent."""
        self._abandoned = (*(one for one in self._abandoned if one != uid), uid)

    def gone(self) -> tuple[str, ...]:
        """Those that this process abandoned: of others nothing is known but their leases."""
        return self._abandoned

    def forget(self, uid: str) -> None:
        """It was reaped."""
        self._abandoned = tuple(one for one in self._abandoned if one != uid)

    def has_room(self) -> bool:
        """The server's disk is the server's business; a full one refuses the write."""
        return True

    def damage(self) -> str | None:
        """A server says itself what is wrong with it."""
        return None

    def reserve(self) -> None:
        """There is nothing to keep here."""

    def ring(self, told: str | None) -> None:
        """After a commit: in this process by a call, elsewhere by a notification; but not `told`, who knows already."""
        for uid, ring in tuple(self._listeners.items()):
            if uid != told:
                with contextlib.suppress(Exception):
                    ring()
        if self._place.listen:
            self._bell.ring()

    def stop_listening(self) -> None:
        """Nobody is rung any more."""
        with self._starting:
            listener, self._listener = self._listener, None
        if listener is not None:
            listener.close()
        self._listeners.clear()

    def close_presence(self) -> None:
        """Let go of everything; idempotent."""
        self._bell.close()

    def _heard(self) -> None:
        for ring in tuple(self._listeners.values()):
            with contextlib.suppress(Exception):
                ring()

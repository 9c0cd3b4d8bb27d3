"""What a store says to the processes that share it, and what it sees of them: bells, and signs of life."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from headway.store.attending import Attending
from headway.store.place import Place
from headway.store.sqlite.bell import Bell, Listener
from headway.store.sqlite.vigil import Vigil


class Between(Attending):
    """The part of `store/presence.py` that needs no connection."""

    def __init__(self, place: Place) -> None:
        """Nobody listens yet."""
        super().__init__()
        self._place = place
        nodes = place.folder / "nodes"
        self._bell = Bell(nodes)
        self._vigil = Vigil(nodes)
        self._listeners: dict[str, tuple[Callable[[], None], Listener]] = {}

    def listen(self, uid: str, ring: Callable[[], None]) -> None:
        """Call `ring` (quickly, from any thread) when there may be something to do: a commit here or elsewhere."""
        log_file = self._place.main.with_name(self._place.main.name + "-wal")
        self._listeners[uid] = (ring, Listener(self._place.folder / "nodes", uid, log_file, ring))

    def unlisten(self, uid: str) -> None:
        """Stop; idempotent."""
        found = self._listeners.pop(uid, None)
        if found is not None:
            found[1].close()

    def hold(self, uid: str) -> None:
        """Give a node its sign of life, before it registers."""
        self._vigil.hold(uid)

    def let_go(self, uid: str) -> None:
        """Take the sign away, after it left."""
        self._vigil.let_go(uid)

    def abandon(self, uid: str) -> None:
        """Leave its sign behind without a holder."""
        self._vigil.abandon(uid)

    def gone(self) -> tuple[str, ...]:
        """Uids of nodes whose process is known to be gone."""
        return self._vigil.gone()

    def forget(self, uid: str) -> None:
        """Clear away what a dead node left behind, after it was reaped."""
        self._vigil.forget(uid)

    def ring(self, told: str | None) -> None:
        """After a commit: in this process by a call, elsewhere by a datagram; but not `told`, who knows already."""
        if not self._listeners:
            self._bell.ring()
            return
        own = tuple(self._listeners.items())
        for uid, (ring, _) in own:
            if uid != told:
                with contextlib.suppress(Exception):
                    ring()
        self._bell.ring(but=frozenset(uid for uid, _ in own))

    def stop_listening(self) -> None:
        """Nobody is rung any more."""
        for _, listener in tuple(self._listeners.values()):
            listener.close()
        self._listeners.clear()

    def close_presence(self) -> None:
        """Let go of everything; idempotent."""
        self._bell.close()
        self._vigil.close()

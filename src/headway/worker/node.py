"""The node: this worker's identity in the store, its lease, and its end when the lease is lost."""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Callable
from typing import Final

from headway.model.clock import Clock
from headway.model.displaced import is_displaced
from headway.model.gate import HandlerGate
from headway.model.ids import uuid7
from headway.store.protocol import Beat, NodeInfo, Store
from headway.worker.settings import WorkerSettings, microseconds

log = logging.getLogger("headway.worker")

UID_BYTES: Final = 10


class Node:
    """Registers, beats, and tells when it was declared dead. Thread-safe.

    `deadline` is monotonic time taken *before* a beat was sent, plus the lease, minus the margin: past it this node
    must believe that its jobs belong to others, whatever the store would say.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        settings: WorkerSettings,
        *,
        app: str,
        version: str,
        entropy: Callable[[int], bytes] = os.urandom,
    ) -> None:
        """Nothing is registered yet. `entropy` makes its identities unlike all others."""
        self._store = store
        self._clock = clock
        self._settings = settings
        self._app = app
        self._version = version
        self._entropy = entropy
        self._lock = threading.Lock()
        self._names: tuple[str, ...] = ()
        self._limits: tuple[HandlerGate, ...] = ()
        self.ring: Callable[[], None] = _nobody
        """Called when there may be something new in the store."""
        self.lease_us = microseconds(settings.lease)
        self.uid = ""
        self.id = 0
        self.deadline = 0.0
        self.is_known = False
        """Whether the store has it as alive, by its latest answer to a beat."""

    def enter(self, names: tuple[str, ...], limits: tuple[HandlerGate, ...] = ()) -> None:
        """Take a new identity: sign of life first, then the entry in the store."""
        self._names, self._limits = names, limits
        sent = self._clock.monotonic()
        self.uid = uuid7(self._clock.now_us(), self._entropy(UID_BYTES))
        self._store.hold(self.uid)
        queues = None if self._settings.queues is None else tuple(self._settings.queues)
        info = NodeInfo(
            uid=self.uid,
            app=self._app,
            host=socket.gethostname(),
            pid=os.getpid(),
            names=names,
            queues=queues,
            concurrency=self._settings.concurrency,
            version=self._version,
            shielded=self._settings.hosts > 0,
            limits=limits,
        )
        self.id = self._store.call(self._store.register(info, lease_us=self.lease_us))
        self._store.listen(self.uid, self.ring)
        self.is_known = True
        self._extend(sent)

    def leave(self) -> None:
        """Go in good order; what still runs is released."""
        self._store.unlisten(self.uid)
        self._store.call(self._store.leave(self.id))
        self._store.let_go(self.uid)

    def enter_again(self, names: tuple[str, ...] | None = None, limits: tuple[HandlerGate, ...] | None = None) -> None:
        """After it was declared dead, or with more handlers: a new identity."""
        old = self.uid
        self._store.unlisten(old)
        self.enter(self._names if names is None else names, self._limits if limits is None else limits)
        self._store.let_go(old)

    def is_past_deadline(self) -> bool:
        """Whether the lease may be over by this node's own reckoning."""
        return self._clock.monotonic() > self.deadline

    def beat(self, answer: Callable[[Beat], None], moved: Callable[[str], None]) -> None:
        """Send a beat without waiting; `answer` is called on the store's thread, `moved` if there is no store here for this code any more."""
        sent = self._clock.monotonic()

        def done(beat: Beat | None, error: BaseException | None) -> None:
            if error is not None or beat is None:
                if is_displaced(error):
                    moved(str(error))
                else:
                    log.warning("a beat failed: %s", error)
                return
            self.is_known = beat.alive
            if beat.alive:
                self._extend(sent)
            answer(beat)

        self._store.submit(self._store.beat(self.id, lease_us=self.lease_us), done)

    def _extend(self, sent: float) -> None:
        with self._lock:
            until = sent + (self._settings.lease - self._settings.margin).total_seconds()
            self.deadline = max(self.deadline, until) if self.deadline else until


def _nobody() -> None:
    """Nobody listens yet."""

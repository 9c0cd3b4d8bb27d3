"""This process's turns on named workers: it is a node of the store for as long as it lives, without being a worker.

The kernel takes a dead process's sign of life away, and with it go its turns; there is no lease to lapse under a run that
takes long, because nobody could stop its body.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Final

from headway.client.holding import Holding, Stop
from headway.model.clock import Clock
from headway.model.errors import StoreError
from headway.model.ids import uuid7
from headway.model.version import VERSION
from headway.store.turns import Turn

if TYPE_CHECKING:
    from headway.store.protocol import Store

UID_BYTES: Final = 10
LEASE_US: Final = 100 * 365 * 24 * 3600 * 1_000_000
"""For as long as the process lives."""
LOOK_S: Final = 0.5
"""A wake-up may be lost, and a process may have died with its turn where no worker runs."""
SWEEP_LEASE_US: Final = 30_000_000
SWEEP_BEAT_US: Final = 5_000_000

log = logging.getLogger("headway.runs")


class TurnLost(StoreError):
    """The turn is not there any more: it was given up, or this process was taken for dead."""


class Turns:
    """Asks for turns, waits for them, ends them. Thread-safe; nothing is entered before the first one."""

    def __init__(self, store: Store, app: str, clock: Clock) -> None:
        self._store = store
        self._app = app
        self._clock = clock
        self._lock = threading.Lock()
        self._uid = ""
        self._node = 0
        self._holding = Holding(lambda ids: store.reader.call(store.turns_to_stop(ids)))
        self._bells: set[Callable[[], None]] = {self._holding.ring}

    def ask(self, lane: str, name: str) -> Turn:
        """Line up on a named worker, for a run of this handler."""
        with self._lock:
            turn = self._store.call(self._store.ask_turn(self._entered(), lane, app=self._app, name=name))
            if turn is None:  # taken for dead
                self._leave()
                turn = self._store.call(self._store.ask_turn(self._entered(), lane, app=self._app, name=name))
            assert turn is not None
            return turn

    def wait(self, turn: Turn) -> None:
        """Until it runs; TurnLost if it is taken away."""
        if turn.runs:
            return
        rung = threading.Event()
        self._bells.add(rung.set)
        try:
            while not self._runs(turn):
                rung.wait(LOOK_S)
                rung.clear()
                self._bury()
        finally:
            self._bells.discard(rung.set)

    async def await_(self, turn: Turn) -> None:
        """The same, awaited."""
        if turn.runs:
            return
        import asyncio

        loop, rung = asyncio.get_running_loop(), asyncio.Event()

        def ring() -> None:
            loop.call_soon_threadsafe(rung.set)

        self._bells.add(ring)
        try:
            while not await asyncio.to_thread(self._runs, turn):
                try:
                    await asyncio.wait_for(rung.wait(), LOOK_S)
                except TimeoutError:
                    await asyncio.to_thread(self._bury)
                rung.clear()
        finally:
            self._bells.discard(ring)

    def held(self, turn: Turn, stop: Stop) -> AbstractContextManager[None]:
        """While it runs: `stop` is called if somebody asks for its end."""
        return self._holding.held(turn.id, stop)

    def end(self, turn: Turn) -> None:
        """Let the next one run; that the turn is gone already is only told in the log."""
        if not self._store.call(self._store.end_turn(turn.id)):
            log.warning("the turn of a run on a named worker was taken away before the run ended")

    def give_up(self, turn: Turn) -> None:
        """The run does not want to begin any more. Waits for nothing."""
        self._store.submit(self._store.end_turn(turn.id), lambda _answer, _error: self._ring())

    def close(self) -> None:
        """Leave; the turns that are left end. Idempotent."""
        self._holding.close()
        with self._lock:
            self._leave()

    def _entered(self) -> int:
        if not self._uid:
            from headway.store.protocol import NodeInfo

            uid = uuid7(self._clock.now_us(), os.urandom(UID_BYTES))
            self._store.hold(uid)
            info = NodeInfo(
                uid=uid,
                app=self._app,
                host=socket.gethostname(),
                pid=os.getpid(),
                names=(),
                queues=(),
                concurrency=0,
                version=VERSION,
            )
            self._node = self._store.call(self._store.register(info, lease_us=LEASE_US))
            self._store.listen(uid, self._ring)
            self._uid = uid
        return self._node

    def _leave(self) -> None:
        uid, self._uid = self._uid, ""
        if uid:
            self._store.unlisten(uid)
            self._store.call(self._store.leave(self._node))
            self._store.let_go(uid)

    def _runs(self, turn: Turn) -> bool:
        found = self._store.reader.call(self._store.turns([turn.id])).get(turn.id)
        if found is None:
            raise TurnLost("the run's turn on its worker was taken away while it waited")
        return found

    def _bury(self) -> None:
        """Where no worker runs, whoever waits sees that the process before it has died."""
        gone = self._store.gone()
        if gone:
            self._store.call(self._store.reap(dead=gone, lease_us=SWEEP_LEASE_US, beat_us=SWEEP_BEAT_US))
            for uid in gone:
                self._store.forget(uid)

    def _ring(self) -> None:
        for bell in tuple(self._bells):
            bell()

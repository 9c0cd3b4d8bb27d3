"""This process's turns on named workers: it is a node of the store for as long as it lives, without being a worker.

The kernel takes a dead process's sign of life away, and with it go its turns; there is no lease to lapse under a run that
takes long, because nobody could stop its body.

Where the store does not answer, a turn may be there that nobody can name, or one that could not be ended. No call could
be relied on to clear it away: the process takes another identity for its next turns, and lets the sign of life of the old
one go with the last run under it. Then whoever looks next buries that identity with its turns.
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
        self._names = threading.Lock()
        """Held for moments only, also by the thread of the store: of what follows."""
        self._held: dict[int, str] = {}
        """The turns of this process, and under which identity."""
        self._asking = ""
        """The identity under which one is asked for now."""
        self._doubtful: set[str] = set()
        """Identities that may have a turn that nobody will end."""
        self._left: set[int] = set()
        """Turns that could not be ended: others of this process may wait behind them, and end them."""

    def ask(self, lane: str, name: str) -> Turn:
        """Line up on a named worker, for a run of this handler."""
        with self._lock:
            turn = self._asked(lane, name)
            if turn is None:  # taken for dead
                self._leave()
                turn = self._asked(lane, name)
            assert turn is not None
            return turn

    def _asked(self, lane: str, name: str) -> Turn | None:
        node = self._entered()
        uid = self._asking = self._uid
        try:
            turn = self._store.call(self._store.ask_turn(node, lane, app=self._app, name=name))
            if turn is not None:
                with self._names:
                    self._held[turn.id] = uid
        except BaseException:  # it may be there
            with self._names:
                self._doubtful.add(uid)
            raise
        finally:
            self._asking = ""
            self._retire(uid)
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
        """Let the next one run; that the turn is gone already, or cannot be ended now, is only told in the log."""
        try:
            if not self._store.call(self._store.end_turn(turn.id)):
                log.warning("the turn of a run on a named worker was taken away before the run ended")
        except StoreError as error:
            log.warning(
                "the turn of a run on a named worker was not ended, it goes with this process's sign: %s", error
            )
            self._over(turn, ended=False)
        else:
            self._over(turn, ended=True)

    def give_up(self, turn: Turn) -> None:
        """The run does not want to begin any more. Waits for nothing."""

        def done(_answer: object, error: BaseException | None) -> None:
            self._over(turn, ended=error is None)
            self._ring()

        self._store.submit(self._store.end_turn(turn.id), done)

    def _over(self, turn: Turn, *, ended: bool) -> None:
        with self._names:
            uid = self._held.pop(turn.id, None)
            if uid is not None and not ended:
                self._doubtful.add(uid)
                self._left.add(turn.id)
        if uid is not None:
            self._retire(uid)

    def _retire(self, uid: str) -> None:
        """Let a doubtful identity die, unless something runs or waits under it."""
        with self._names:
            over = uid in self._doubtful and uid != self._asking and uid not in self._held.values()
            if over:
                self._doubtful.discard(uid)
                if self._uid == uid:
                    self._uid = ""
        if over:
            self._store.unlisten(uid)
            self._store.abandon(uid)

    def close(self) -> None:
        """Leave; the turns that are left end. Idempotent."""
        self._holding.close()
        with self._lock:
            self._leave()
            for uid in tuple(self._doubtful):
                self._store.unlisten(uid)
                self._store.abandon(uid)
            self._doubtful.clear()

    def _entered(self) -> int:
        if not self._uid or self._uid in self._doubtful:
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
            try:
                self._node = self._store.call(self._store.register(info, lease_us=LEASE_US))
            except StoreError:
                self._store.abandon(uid)
                raise
            self._store.listen(uid, self._ring)
            self._uid = uid
        return self._node

    def _leave(self) -> None:
        uid, self._uid = self._uid, ""
        if uid:
            self._store.unlisten(uid)
            try:
                self._store.call(self._store.leave(self._node))
            except StoreError:
                self._store.abandon(uid)
                raise
            self._store.let_go(uid)

    def _runs(self, turn: Turn) -> bool:
        found = self._store.reader.call(self._store.turns([turn.id])).get(turn.id)
        if found is None:
            raise TurnLost("the run's turn on its worker was taken away while it waited")
        return found

    def _bury(self) -> None:
        """Where no worker runs, whoever waits sees that the process before it has died, or that its own left a turn."""
        for left in tuple(self._left):
            self._store.call(self._store.end_turn(left))
            self._left.discard(left)
        gone = self._store.gone()
        if gone:
            self._store.call(self._store.reap(dead=gone, lease_us=SWEEP_LEASE_US, beat_us=SWEEP_BEAT_US))
            for uid in gone:
                self._store.forget(uid)

    def _ring(self) -> None:
        for bell in tuple(self._bells):
            bell()

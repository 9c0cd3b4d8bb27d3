"""The runs of this process that hold turns on named workers: each is stopped when somebody asked for that, in any process."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final, TypeAlias

from headway.model.errors import HeadwayError

Stop: TypeAlias = "Callable[[str | None], None]"
"""Asks a run to stop, on behalf of somebody. Called on the watching thread, once."""
LOOK_S: Final = 0.5
"""A wake-up may be lost."""
LOOK_LEAST_S: Final = 0.05
"""Whatever is committed rings; so often it is looked at most."""

log = logging.getLogger("headway.runs")


class Holding:
    """Watches while something is held, on a thread of its own. Thread-safe."""

    def __init__(self, look: Callable[[Sequence[int]], Mapping[int, str | None]]) -> None:
        self._look = look
        self._lock = threading.Lock()
        self._rung = threading.Event()
        self._over = threading.Event()
        self._held: dict[int, Stop] = {}
        self._thread: threading.Thread | None = None

    @contextmanager
    def held(self, turn_id: int, stop: Stop) -> Iterator[None]:
        """For as long as the block runs it may be stopped."""
        with self._lock:
            self._held[turn_id] = stop
            if self._thread is None and not self._over.is_set():
                self._thread = threading.Thread(target=self._watch, name="headway-run-watch", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._lock:
                self._held.pop(turn_id, None)

    def ring(self) -> None:
        """Something has happened in the store."""
        self._rung.set()

    def close(self) -> None:
        """Watch no more. Idempotent."""
        self._over.set()
        self._rung.set()
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def _watch(self) -> None:
        while True:
            self._rung.wait(LOOK_S)
            self._over.wait(LOOK_LEAST_S)
            self._rung.clear()
            with self._lock:
                ids = tuple(self._held)
                if not ids or self._over.is_set():
                    self._thread = None
                    return
            self._stop(ids)

    def _stop(self, ids: Sequence[int]) -> None:
        try:
            asked = self._look(ids)
        except HeadwayError as error:
            log.warning("cannot see whether a run on a named worker is to stop, and looks again: %s", error)
            return
        for turn_id, by in asked.items():
            with self._lock:
                stop = self._held.pop(turn_id, None)
            if stop is not None:
                stop(by)

"""Places for streams that stay open: few for each viewer, so many for all."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from headway.web.access import Viewer
from headway.web.problems import RequestInvalid

PER_VIEWER: Final = 5
"""Open streams of one session, or of one name where there is none."""
TOTAL: Final = 500
"""Open streams of one console."""
BUSY: Final = 429


class Streams:
    """The places of one console. Thread-safe."""

    def __init__(self, *, per_viewer: int = PER_VIEWER, total: int = TOTAL) -> None:
        """All are free."""
        self._per_viewer, self._total = per_viewer, total
        self._lock = threading.Lock()
        self._taken: Counter[str] = Counter()

    @property
    def taken(self) -> int:
        """How many are taken."""
        return self._taken.total()

    def check(self, viewer: Viewer, host: str) -> None:
        """RequestInvalid (429) where there is no place left, before a stream is begun."""
        with self._lock:
            self._refuse(viewer.session or viewer.name or host)

    @contextmanager
    def place(self, viewer: Viewer, host: str) -> Iterator[None]:
        """Take a place for as long as the block runs; RequestInvalid (429) where there is none left."""
        whose = viewer.session or viewer.name or host
        with self._lock:
            self._refuse(whose)
            self._taken[whose] += 1
        try:
            yield
        finally:
            with self._lock:
                self._taken[whose] -= 1
                if not self._taken[whose]:
                    del self._taken[whose]

    def _refuse(self, whose: str) -> None:
        if self._taken[whose] >= self._per_viewer:
            msg = f"{self._per_viewer} event streams of yours are open already: close one first"
            raise RequestInvalid(msg, status=BUSY)
        if self._taken.total() >= self._total:
            raise RequestInvalid("too many event streams are open here: try again later", status=BUSY)

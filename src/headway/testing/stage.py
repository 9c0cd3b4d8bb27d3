"""A stage: one with-block of a test, with a clock and a throw-away store that stand in for those of a `Jobs`.

Whose stage an enqueue belongs to is looked up in the context (`contextvars`), which asyncio tasks and threads of
`asyncio.to_thread` inherit; so two tests in one process do not see each other. A plain thread inherits no context: as
long as the `Jobs` has one stage open it belongs to that one, and with several it is told that this is not clear, rather
than writing to the real store.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from headway.model.errors import ResultNotReady
from headway.store.place import Place, parse_place
from headway.store.sqlite.store import SqliteStore
from headway.testing.clock import FakeClock
from headway.testing.hearing import Hearing

if TYPE_CHECKING:
    from headway.client.call import Call
    from headway.client.callbacks import Callbacks
    from headway.client.jobs import Jobs
    from headway.model.claim import NewJob

STAGES: Final[ContextVar[tuple[Stage, ...]]] = ContextVar("headway_testing_stages", default=())
"""The stages open in this context, the innermost last."""


class Stage:
    """The surroundings of one with-block. Its store is a real one, in a temporary directory, made at the first use."""

    hint: str = "nothing runs here"
    """Why a job does not end, for who waits for it."""

    def __init__(self, jobs: Jobs, clock: FakeClock) -> None:
        self.jobs = jobs
        self.clock = clock
        self.is_open = False
        self.outer: Stage | None = None
        """The stage of the same `Jobs` that this one stands on."""
        self.hearing = Hearing(jobs)
        """The callbacks of calls that were made here."""
        self._lock = threading.Lock()
        self._folder: Path | None = None
        self._store: SqliteStore | None = None

    @property
    def place(self) -> str:
        """Where the store is."""
        return str(self._made())

    @property
    def store(self) -> SqliteStore:
        """The store."""
        store = self._store
        if store is None:
            folder = self._made()
            with self._lock:
                if self._store is None:
                    self._store = self.open_store(parse_place(str(folder)))
                store = self._store
        return store

    @property
    def is_used(self) -> bool:
        """Whether anybody asked for the store."""
        return self._store is not None

    def open_store(self, place: Place) -> SqliteStore:
        """Make the store."""
        return SqliteStore(place, self.clock, durability="relaxed")

    def encoded(self, call: Call[Any], job: NewJob) -> None:
        """A call was made a job, which will be stored now."""

    def listen(self, job_id: int, callbacks: Callbacks) -> None:
        """A call with callbacks was stored."""

    def waited(self) -> None:
        """Somebody waits for a job that has not ended: it would be for ever."""
        raise ResultNotReady(f"the job has not ended: {self.hint}")

    def close(self) -> None:
        """Close the store and remove it."""
        self.hearing.close()
        if self._store is not None:
            self._store.close()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _made(self) -> Path:
        with self._lock:
            if self._folder is None:
                self._folder = Path(tempfile.mkdtemp(prefix="headway-test-"))
            return self._folder

"""Listening for the ends of jobs that have callbacks in this process: one thread, one look for many jobs."""

from __future__ import annotations

import logging
import os
import threading
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, Protocol

from headway.client.callbacks import RAISED, Callbacks, Errands, Telling
from headway.client.waiting import PAUSE_FIRST_S, PAUSE_GROWTH, PAUSE_MAX_S
from headway.model.errors import OptionInvalid, ResultNotReady
from headway.model.registry import Registry

if TYPE_CHECKING:
    from headway.client.door import Door
    from headway.model.job import State
    from headway.store.protocol import JobDetail

log = logging.getLogger("headway.callbacks")

LOOK_MAX: Final = 1_000
"""Jobs in one look; of more, each look takes the next ones."""
HEARD_MAX: Final = 100_000
"""Jobs with callbacks that have not ended: each keeps its functions, and what they hold, in memory."""
PAUSE_FAILED_S: Final = 1.0
"""After a look that the store refused."""
JOIN_S: Final = 5.0
"""How long closing waits for a callback that is being called."""


class Listens(Protocol):
    """Whom an enqueue tells of a call with callbacks."""

    def expect(self) -> None:
        """Before the call is stored: OptionInvalid when there is no room for one more."""
        ...

    def listen(self, job_id: int, callbacks: Callbacks) -> None:
        """The call is stored, or the job was there: call them once when it has ended, also if it has already."""
        ...

    def close(self) -> None:
        """Forget all of them, and call none any more."""
        ...


class Heard:
    """The jobs that are listened for, and the calls that each of them makes once. Owns no thread and no lock."""

    def __init__(self, registry: Registry) -> None:
        self.errands = Errands()
        self._registry = registry
        self._callbacks: dict[int, list[Callbacks]] = {}

    def __len__(self) -> int:
        return len(self._callbacks)

    def add(self, job_id: int, callbacks: Callbacks) -> None:
        """One more call; several may have found the same job."""
        self._callbacks.setdefault(job_id, []).append(callbacks)

    def clear(self) -> None:
        """Forget all."""
        self.errands.are_open = False
        self._callbacks.clear()

    def next_ids(self, most: int = LOOK_MAX) -> list[int]:
        """The jobs to look at now; those that are looked at come last next time."""
        ids = list(islice(self._callbacks, most))
        if len(ids) < len(self._callbacks):
            for one in ids:
                self._callbacks[one] = self._callbacks.pop(one)
        return ids

    def wants(self, job_id: int, state: State) -> bool:
        """Whether anything is to be called for this end."""
        return any(one.wants(state) for one in self._callbacks.get(job_id, ()))

    def take(self, job_id: int, detail: JobDetail | None) -> list[Telling]:
        """Take out a job that has ended, with the calls to make: whoever takes it makes them, and nobody else.

        One that somebody lets run again at this moment stays.
        """
        wanted = self._callbacks.pop(job_id, [])
        if detail is None:
            log.warning("no callback of job %s is called: the job is gone", job_id)
            return []
        handler = self._registry.find(detail.row.name)
        result_type: Any = Any if handler is None else handler.result_type
        try:
            found = [one.telling(detail, result_type) for one in wanted]
        except ResultNotReady:
            self._callbacks[job_id] = wanted
            return []
        return [one for one in found if one is not None]

    def drop(self, job_id: int) -> None:
        """Take out a job whose end nobody wants to be told of."""
        self._callbacks.pop(job_id, None)


class Ear:
    """The one of this process: a thread that looks while there is something to listen for."""

    def __init__(self, door: Door, registry: Registry) -> None:
        self._door = door
        self._heard = Heard(registry)
        self._turn = threading.Condition()
        self._thread: threading.Thread | None = None
        self._fresh = False
        self._closed = False

    def __len__(self) -> int:
        return len(self._heard)

    def listen(self, job_id: int, callbacks: Callbacks) -> None:
        """Listen for this one too."""
        with self._turn:
            if self._closed:
                return
            self._heard.add(job_id, callbacks)
            self._fresh = True
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="headway-callbacks", daemon=True)
                self._thread.start()
            self._turn.notify()

    def close(self) -> None:
        """Call none any more; waits a while for one that is being called."""
        with self._turn:
            self._closed = True
            self._heard.clear()
            self._turn.notify()
            thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(JOIN_S)

    def _run(self) -> None:
        pause = PAUSE_FIRST_S
        while self._goes_on():
            try:
                pause = PAUSE_FIRST_S if self._look() else min(PAUSE_MAX_S, pause * PAUSE_GROWTH)
            except Exception:
                if not self._closed:
                    log.exception("the store cannot be asked for the ends of jobs; trying again")
                pause = PAUSE_FAILED_S
            with self._turn:
                if self._turn.wait_for(lambda: self._closed or self._fresh, pause) and not self._closed:
                    # What is new may end soon; but many that come one by one share a look.
                    self._fresh, pause = False, PAUSE_FIRST_S
                    self._turn.wait_for(lambda: self._closed, pause)

    def _goes_on(self) -> bool:
        """Without anything to listen for the thread ends; the next one that comes starts another."""
        with self._turn:
            if self._heard and not self._closed:
                return True
            self._thread = None
            return False

    def _look(self) -> bool:
        """Look once; whether anything had ended."""
        with self._turn:
            ids = self._heard.next_ids()
        reader = self._door.store.reader
        states = reader.call(reader.states(ids))
        ended = [one for one in ids if one not in states or states[one].is_final]
        for job_id in ended:
            state = states.get(job_id)
            if state is not None and not self._heard.wants(job_id, state):
                self._heard.drop(job_id)
                continue
            detail = reader.call(reader.detail(job_id))  # while it is still kept: the store may refuse
            with self._turn:
                tellings = self._heard.take(job_id, detail)
            for telling in tellings:
                self._tell(telling)
        return bool(ended)

    def _tell(self, telling: Telling) -> None:
        if self._closed:
            return
        try:
            telling.call(self._heard.errands)
        except BaseException:  # SystemExit too: this thread belongs to the other callbacks as well
            log.exception(RAISED, telling.job_id)


class Ears:
    """One for each process: after a fork the parent's callbacks are the parent's."""

    def __init__(self, door: Door, registry: Registry) -> None:
        self._door = door
        self._registry = registry
        self._by_process: dict[int, Ear] = {}

    def expect(self) -> None:
        """Before the call is stored."""
        if len(self._own()) >= HEARD_MAX:
            raise OptionInvalid(
                f"{HEARD_MAX:,} jobs with on_success or on_failure have not ended yet: this process keeps no more"
            )

    def listen(self, job_id: int, callbacks: Callbacks) -> None:
        """The call is stored."""
        self._own().listen(job_id, callbacks)

    def close(self) -> None:
        """Call none any more."""
        ear = self._by_process.get(os.getpid())
        if ear is not None:
            ear.close()

    def _own(self) -> Ear:
        pid = os.getpid()
        found = self._by_process.get(pid)
        # setdefault is atomic: two threads get the same one.
        return self._by_process.setdefault(pid, Ear(self._door, self._registry)) if found is None else found

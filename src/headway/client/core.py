"""What every part of a `Jobs` stands on: settings, registry, clock, and the store behind its door."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, Unpack, cast

from headway.client.door import Door
from headway.client.listening import Ears, Listens
from headway.client.settings import JobsSettings, environment, load_settings
from headway.client.waiting import RealWaiter, Waiter
from headway.model.clock import Clock, SystemClock
from headway.model.errors import OptionInvalid
from headway.model.ids import RefIds
from headway.model.registry import Registry
from headway.store.open import shown

if TYPE_CHECKING:
    from headway.client.call import Call
    from headway.client.sending import Sending
    from headway.client.transient import Runs
    from headway.model.batch import BatchStatus
    from headway.model.claim import NewJob
    from headway.model.parent import Parent
    from headway.run.settings import HostSettings
from headway.store.protocol import Store

EnqueueHook = Callable[["Call[Any]"], "Call[Any] | None"]


class Core:
    """Settings, registry, clock and store. Nothing is opened before it is needed; several in one process are independent."""

    def __init__(
        self,
        place: str | os.PathLike[str] | None = None,
        *,
        clock: Clock | None = None,
        waiter: Waiter | None = None,
        **settings: Unpack[JobsSettings],
    ) -> None:
        if place is not None and "url" in settings:
            raise OptionInvalid("give the store's place once: as the first argument or as url=")
        start = Path.cwd()
        given = dict(settings) if place is None else {**settings, "url": _text(place)}
        self.settings = load_settings(given, environment(), start)
        self.clock: Clock = SystemClock() if clock is None else clock
        self.waiter: Waiter = RealWaiter() if waiter is None else waiter
        self.registry = Registry()
        self.ref_ids = RefIds(self.clock)
        """Makes the reference of each job that the caller gives none."""
        self.trace_context: Callable[[], str | None] | None = None
        """Asked at each enqueue; what it answers travels with the job as its traceparent."""
        self.witness: Callable[[Call[Any], NewJob], None] | None = None
        """Told of each call and the job that it was made, before it is stored: the recorder of a test."""
        self._enqueue_hooks: list[EnqueueHook] = []
        self._door = Door(self.settings.url, clock=self.clock, settings=self.settings, start=start)
        self._warned: set[str] = set()
        """What was said of schedules that their authors may not have meant."""
        self._runs: dict[int, Runs] = {}
        """By process: a forked child has none of its parent's threads and turns."""
        self._listens: Listens = Ears(self._door, self.registry)

    @property
    def app(self) -> str:
        """The app whose jobs these are."""
        return self.settings.app

    @property
    def place(self) -> str:
        """Where the store is: an absolute directory, sqlite:/// and an absolute file, or postgresql:// without its password."""
        return shown(self._door.place)

    @property
    def url(self) -> str:
        """The same for whoever opens it, with the password if there is one: nothing to print."""
        return self._door.place

    @property
    def store(self) -> Store:
        """The store, opened at the first use in this process."""
        return self._door.store

    @property
    def worker_settings(self) -> str:
        """What a supervisor, which does not import the application, is told of these settings: a JSON object."""
        import json

        settings = self.settings
        return json.dumps({"app": self.app, "durability": settings.durability, "migrate": settings.migrate})

    @property
    def host_settings(self) -> HostSettings:
        """What a host that runs these jobs is told of these settings."""
        from headway.run.settings import HostSettings

        return HostSettings(result_bytes_max=self.settings.result_max_bytes)

    @property
    def runs(self) -> Runs:
        """Runs calls in this process without storing them."""
        pid = os.getpid()
        found = self._runs.get(pid)
        if found is None:
            from headway.client.transient import Runs

            found = self._runs.setdefault(pid, Runs(cast("Sending", self)))  # atomic: two threads get the same one
        return found

    def read_parents(self, ids: Sequence[int], /) -> tuple[Parent, ...]:
        """These jobs, in order, as `ctx.parents` shows them; JobNotFound for one that was deleted."""
        from headway.client.parents import parent_of

        reader = self.store.reader
        return tuple(parent_of(self.registry, one, reader.call(reader.detail(one, app=self.app))) for one in ids)

    async def aread_parents(self, ids: Sequence[int], /) -> tuple[Parent, ...]:
        """These jobs, in order, as `ctx.parents` shows them; JobNotFound for one that was deleted."""
        from headway.client.parents import parent_of

        reader = self.store.reader
        details = [await reader.acall(reader.detail(one, app=self.app)) for one in ids]
        return tuple(parent_of(self.registry, one, detail) for one, detail in zip(ids, details, strict=True))

    def read_batch(self, number: int, /) -> BatchStatus:
        """This batch, as `ctx.batch` shows it; BatchNotFound if it was deleted."""
        from headway.client.batch import status_found

        reader = self.store.reader
        return status_found(self, number, reader.call(reader.batch(number, app=self.app)))

    async def aread_batch(self, number: int, /) -> BatchStatus:
        """This batch, as `ctx.batch` shows it; BatchNotFound if it was deleted."""
        from headway.client.batch import status_found

        reader = self.store.reader
        return status_found(self, number, await reader.acall(reader.batch(number, app=self.app)))

    def close(self) -> None:
        """Finish what was handed to the store and close it; idempotent. Afterwards these jobs cannot be used any more.

        Callbacks of calls whose jobs have not ended are forgotten; one that is being called is waited for, for 5 seconds.
        """
        runs = self._runs.get(os.getpid())
        if runs is not None:
            runs.close()
        self._listens.close()
        self._door.close()

    async def aclose(self) -> None:
        """The same, from a coroutine, without blocking its loop."""
        import asyncio

        await asyncio.to_thread(self.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _text(place: Any) -> str:
    try:
        return os.fsdecode(place)
    except TypeError:
        raise OptionInvalid(
            f"the store's place must be a directory or a URL such as sqlite:///jobs.db, not {place!r}"
        ) from None

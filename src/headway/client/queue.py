"""A queue, by its name: paused, sized and limited in its rate at run time, for all workers of the store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headway.client import checks
from headway.model.rate import Rate, Window
from headway.store.protocol import Operation, QueueCount

if TYPE_CHECKING:
    from headway.client.core import Core


class Queue:
    """A queue of one app. What is set here is kept in the store and holds for all its workers from then on.

    Every method has an `a` twin for coroutines.
    """

    __slots__ = ("_core", "_name")

    def __init__(self, core: Core, name: str) -> None:
        self._core = core
        self._name = checks.name("queue", name)

    @property
    def name(self) -> str:
        """Its name."""
        return self._name

    def pause(self, by: str | None = None) -> bool:
        """Let none of its jobs start until `resume`; what runs goes on. False if it was paused already."""
        return self._core.store.call(self._pausing(by))

    async def apause(self, by: str | None = None) -> bool:
        """Let none of its jobs start until `resume`; what runs goes on. False if it was paused already."""
        return await self._core.store.acall(self._pausing(by))

    def resume(self) -> bool:
        """Let its jobs start again; whether it was paused."""
        return self._core.store.call(self._resuming())

    async def aresume(self) -> bool:
        """Let its jobs start again; whether it was paused."""
        return await self._core.store.acall(self._resuming())

    def resize(self, size: int | None) -> None:
        """Let so many of its jobs run at once, over all workers; None for as many as there are places.

        What runs goes on: after a smaller size nothing starts until fewer than that run.
        """
        self._core.store.call(self._sizing(size))

    async def aresize(self, size: int | None) -> None:
        """The same, awaited."""
        await self._core.store.acall(self._sizing(size))

    def limit_rate(self, rate: Rate | None) -> None:
        """Let never more of its jobs start in a span than that, over all workers; None for any number.

        Starts are counted from when there is a limit. Another limit goes on with what the one before remembers.
        """
        self._core.store.call(self._rating(rate))

    async def alimit_rate(self, rate: Rate | None) -> None:
        """The same, awaited."""
        await self._core.store.acall(self._rating(rate))

    def status(self) -> QueueCount:
        """How many of its jobs stand where, and what was set for it."""
        return self._found(self._core.store.reader.call(self._core.store.reader.queues(app=self._core.app)))

    async def astatus(self) -> QueueCount:
        """How many of its jobs stand where, and what was set for it."""
        reader = self._core.store.reader
        return self._found(await reader.acall(reader.queues(app=self._core.app)))

    def __repr__(self) -> str:
        return f"<Queue {self._name}>"

    def _pausing(self, by: str | None) -> Operation[bool]:
        who = None if by is None else checks.name("by", by)
        return self._core.store.pause_queue(self._name, app=self._core.app, by=who)

    def _resuming(self) -> Operation[bool]:
        return self._core.store.resume_queue(self._name, app=self._core.app)

    def _sizing(self, size: int | None) -> Operation[None]:
        given = None if size is None else checks.concurrency("size", size)
        return self._core.store.size_queue(self._name, given, app=self._core.app)

    def _rating(self, rate: Rate | None) -> Operation[None]:
        window: Window | None = None if rate is None else checks.rate("rate", rate).window
        return self._core.store.rate_queue(self._name, window, app=self._core.app)

    def _found(self, queues: tuple[QueueCount, ...]) -> QueueCount:
        empty = QueueCount(
            queue=self._name, app=self._core.app, queued=0, scheduled=0, waiting=0, running=0, oldest_due_us=None
        )
        return next((one for one in queues if one.queue == self._name), empty)

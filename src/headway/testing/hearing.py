"""Callbacks inside a stage: called in the thread of the test, as soon as the store says that the job has ended."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from headway.client.callbacks import Callbacks
from headway.client.listening import Heard
from headway.store.protocol import Operation
from headway.store.sqlite.store import SqliteStore

if TYPE_CHECKING:
    from headway.client.jobs import Jobs
    from headway.store.place import Place
    from headway.testing.stage import Stage

T = TypeVar("T")


class Hearing:
    """What is listened for in one stage; looked at after each write of its store, whoever made it."""

    def __init__(self, jobs: Jobs) -> None:
        self._heard = Heard(jobs.registry)

    def add(self, job_id: int, callbacks: Callbacks) -> None:
        """Listen for this one too."""
        self._heard.add(job_id, callbacks)

    def look(self, store: SqliteStore) -> None:
        """Make the calls of jobs that have ended. A coroutine function begins at the next turn of its loop."""
        if not self._heard:
            return
        reader = store.reader
        ids = self._heard.next_ids(len(self._heard))
        states = reader.call(reader.states(ids))
        for job_id in [one for one in ids if one not in states or states[one].is_final]:
            for telling in self._heard.take(job_id, reader.call(reader.detail(job_id))):
                telling.call(self._heard.errands)

    async def rest(self) -> None:
        """Wait for the coroutine functions that were handed to the running loop."""
        loop, own = asyncio.get_running_loop(), asyncio.current_task()
        turned = loop.create_future()
        loop.call_soon(turned.set_result, None)  # behind what was handed over, which has begun then
        await turned
        while mine := [one for one in self._heard.errands.tasks if one.get_loop() is loop and one is not own]:
            await asyncio.wait(mine)

    def close(self) -> None:
        """Call none any more."""
        self._heard.clear()


class HeardStore(SqliteStore):
    """A store after each of whose writes the callbacks of ended jobs are called."""

    def __init__(self, place: Place, stage: Stage) -> None:
        super().__init__(place, stage.clock, durability="relaxed")
        self._hearing = stage.hearing

    def call(self, operation: Operation[T]) -> T:
        """Run it and wait."""
        answer = super().call(operation)
        self._hearing.look(self)
        return answer

    async def acall(self, operation: Operation[T]) -> T:
        """The same, awaited."""
        answer = await super().acall(operation)
        self._hearing.look(self)
        return answer

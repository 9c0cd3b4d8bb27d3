"""One look-out over a store for everybody who follows it: begun with the first of them, over with the last.

What is committed in this process or another rings; the look-out then asks the store once for its version, and wakes all
followers. What several of them want to know of the same version is read once.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final, TypeVar

from headway.model.errors import StoreError

if TYPE_CHECKING:
    from headway.client.jobs import Jobs

T = TypeVar("T")

log = logging.getLogger("headway.web")

SPACING_S: Final = 0.2
"""Followers are woken at most so often, however much is committed."""
POLL_S: Final = 0.5
"""A ring may be lost: so long it is waited for at most."""
FAILED_PAUSE_S: Final = 1.0


class Watch:
    """The look-out of one console. Its followers may be in several event loops: each has a post of its own."""

    def __init__(self) -> None:
        """Nobody follows yet, and nothing runs."""
        self._lock = threading.Lock()
        self._posts: dict[asyncio.AbstractEventLoop, Post] = {}

    @asynccontextmanager
    async def following(self, jobs: Jobs) -> AsyncIterator[Post]:
        """Follow the store of these jobs for as long as the block runs."""
        loop = asyncio.get_running_loop()
        with self._lock:
            post = self._posts.get(loop)
            if post is None:
                post = self._posts[loop] = Post(jobs)
            post.followers += 1
        try:
            yield post
        finally:
            with self._lock:
                post.followers -= 1
                if not post.followers:
                    self._posts.pop(loop, None)
            if not post.followers:
                await post.close()


class Post:
    """The look-out of one event loop."""

    def __init__(self, jobs: Jobs) -> None:
        """Begin to look."""
        self.followers = 0
        self.version = 1
        """Grows with each change that was seen; no number of the store's."""
        self._clock = jobs.clock
        self.changed_s = self._clock.monotonic()
        """When the latest was seen, by the monotonic clock."""
        self._store = jobs.store
        self._uid = f"watch-{jobs.ref_ids.new()}"
        self._loop = asyncio.get_running_loop()
        self._rung = asyncio.Event()
        self._changed = asyncio.Event()
        self._over = asyncio.Event()
        self._known: dict[Hashable, asyncio.Task[Any]] = {}
        self._task = self._loop.create_task(self._look(), name="headway-watch")

    async def next(self, seen: int) -> int:
        """Wait until there is another version than that, and answer it."""
        while self.version == seen:
            await self._changed.wait()
        return self.version

    async def once(self, key: Hashable, load: Callable[[], Awaitable[T]]) -> T:
        """What `load` answers; asked by several under one key before the next change it is run once, and all get its answer."""
        task = self._known.get(key)
        if task is None:
            task = self._known[key] = self._loop.create_task(_loaded(load))
            task.add_done_callback(_heard)
        found: T = await asyncio.shield(task)
        return found

    async def close(self) -> None:
        """Look no more; returns when the look-out is over, or at once where whoever waits is cancelled."""
        self._over.set()
        self._rung.set()
        await asyncio.wait({self._task})

    def _ring(self) -> None:
        """Something was committed; called by any thread."""
        if not self._rung.is_set():
            try:
                self._loop.call_soon_threadsafe(self._rung.set)
            except RuntimeError:  # the loop was closed with a stream open
                log.debug("rung after the event loop was closed")

    async def _look(self) -> None:
        await asyncio.to_thread(self._begin)
        try:
            seen: int | None = None
            while not self._over.is_set():
                self._rung.clear()
                found = await self._version()
                if found not in {seen, None}:
                    seen = found
                    self._tell()
                await _heard_within(self._over, FAILED_PAUSE_S if found is None else SPACING_S)
                if not self._over.is_set():
                    await _heard_within(self._rung, POLL_S)
        finally:
            await asyncio.to_thread(self._end)

    def _begin(self) -> None:
        # The sign of life is for whoever clears away what a process leaves behind that was killed: workers do.
        self._store.hold(self._uid)
        self._store.listen(self._uid, self._ring)

    def _end(self) -> None:
        self._store.unlisten(self._uid)
        self._store.let_go(self._uid)

    async def _version(self) -> int | None:
        """The store's; None when it cannot be told."""
        reader = self._store.reader
        try:
            return await reader.acall(reader.version())
        except StoreError as error:
            log.warning("cannot see what changes in the store, and looks again: %s", error)
            return None

    def _tell(self) -> None:
        self.version += 1
        self.changed_s = self._clock.monotonic()
        self._known.clear()
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()


async def _loaded(load: Callable[[], Awaitable[T]]) -> T:
    return await load()


async def _heard_within(event: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)


def _heard(task: asyncio.Task[Any]) -> None:
    """Whoever asked may be gone: then nobody hears of an error."""
    if not task.cancelled():
        task.exception()

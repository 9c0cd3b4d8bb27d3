"""Renderings of live pages that are shared by all who look at the same: made only while somebody looks, and only so often.

A rendering that kept its thread busy for a time t is followed by a pause of twenty t, whichever page comes next, and what
was read for it on the store's thread by nearly as many; so pages cost a worker in the same process about a tenth of its
time at most. Who waits longest comes next. The first rendering of a page is counted as cheap: what it has to warm up would
keep the next change away for seconds, and it costs no more than the request for the page did.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager, suppress
from typing import Final, Protocol

from headway.model.clock import Clock
from headway.web.lately import KEPT_MAX_S
from headway.web.metering import Metered, Reading
from headway.web.watch import Post

EVERY_S: Final = 0.7
"""A page is made again at most so often."""
STALE_S: Final = 5.0
"""And at least so often, though nothing was written: estimates grow, and what was due becomes late."""
SETTLES_S: Final = KEPT_MAX_S + 0.1
"""Sooner where it shows what was read before the last change: then that is read again."""
SHARE: Final = 20
"""The pause after a rendering, in lengths of it."""
READING_SHARE: Final = 14
"""And in lengths of what was read for it: on the store's own thread, which lets others run meanwhile."""
PAUSE_MAX_S: Final = 4.0
FIRST_COST_MAX_S: Final = 0.01


class Page(Protocol):
    """A page that somebody looks at."""

    @property
    def reading(self) -> Reading:
        """What was read when it was made last."""
        ...

    async def make(self) -> dict[str, str]:
        """Make its live parts anew."""
        ...


class Pace:
    """Turns at rendering, one after the other, with pauses in between."""

    def __init__(self, clock: Clock) -> None:
        """Of one console and event loop."""
        self._clock = clock
        self._lock = asyncio.Lock()
        self._free_s = 0.0

    async def turn(self, page: Page, *, is_first: bool) -> dict[str, str]:
        """Wait for a turn, and use it."""
        async with self._lock:
            await rest(self._free_s - self._clock.monotonic())
            making = Metered(page.make())
            try:
                return await making
            finally:
                pause_s = SHARE * making.cost_s + READING_SHARE * page.reading.cost_s
                if is_first:
                    pause_s = min(SHARE * FIRST_COST_MAX_S, pause_s)
                self._free_s = self._clock.monotonic() + min(PAUSE_MAX_S, pause_s)


class Shared:
    """One page as several look at it."""

    def __init__(self, page: Page, pace: Pace, post: Post, clock: Clock) -> None:
        """Nothing is made before somebody looks."""
        self._page = page
        self._clock = clock
        self._waits_since_s: float | None = None
        self._pace = pace
        self._post = post
        self._task: asyncio.Task[None] | None = None
        self._parts: dict[str, tuple[int, str]] = {}
        self._told: tuple[tuple[int, int], bytes | None] | None = None
        self.stamp = 0
        """Grows with each change."""
        self.trouble: str | None = None
        """Why it cannot be made at present."""
        self.viewers = 0
        self.changed = asyncio.Event()
        """Set at the next change, and then replaced by another."""

    def enter(self) -> None:
        """Somebody looks."""
        self.viewers += 1
        if self._task is None:
            self._task = asyncio.create_task(self._keep())

    def leave(self) -> None:
        """Somebody looks away; the last one stops the work."""
        self.viewers -= 1
        if self.viewers == 0 and self._task is not None:
            self._task.cancel()
            self._task = None

    @property
    def behind_s(self) -> float:
        """For how long something has been written that it does not show."""
        return 0.0 if self._waits_since_s is None else self._clock.monotonic() - self._waits_since_s

    def since(self, stamp: int) -> dict[str, str]:
        """The parts that changed after a stamp."""
        return {name: text for name, (changed, text) in self._parts.items() if changed > stamp}

    def told_since(self, stamp: int, tell: Callable[[dict[str, str]], bytes]) -> bytes | None:
        """The same as it is sent, made once for all who know as much; None where nothing changed."""
        known = (stamp, self.stamp)
        if self._told is None or self._told[0] != known:
            parts = self.since(stamp)
            self._told = known, tell(parts) if parts else None
        return self._told[1]

    async def _keep(self) -> None:
        while True:
            seen = self._post.version
            await self._renew()
            await rest(EVERY_S)
            with suppress(TimeoutError):
                wait_s = STALE_S if self._page.reading.oldest_s >= self._post.changed_s else SETTLES_S
                await asyncio.wait_for(self._post.next(seen), wait_s)
                self._waits_since_s = self._clock.monotonic()

    async def _renew(self) -> None:
        try:
            made = await self._pace.turn(self._page, is_first=not self._parts)
        except Exception as error:  # noqa: BLE001 - whatever it is, who looks must be told that the page is stale
            self._tell(trouble=str(error) or type(error).__name__)
        else:
            self._take(made)

    def _take(self, made: dict[str, str]) -> None:
        self._waits_since_s = None
        known = self._parts
        stamp = self.stamp + 1
        self._parts = {
            name: known[name] if self.trouble is None and name in known and known[name][1] == text else (stamp, text)
            for name, text in made.items()
        }
        if any(changed == stamp for changed, _ in self._parts.values()):
            self.stamp = stamp
            self._tell(trouble=None)

    def _tell(self, *, trouble: str | None) -> None:
        self.trouble = trouble
        told, self.changed = self.changed, asyncio.Event()
        told.set()


class Sharing:
    """All live pages of a console."""

    def __init__(self) -> None:
        """Nobody looks yet."""
        self._shared: dict[tuple[Post, Hashable], Shared] = {}
        self._paces: dict[Post, Pace] = {}

    @contextmanager
    def looking(self, key: Hashable, page: Page, post: Post, clock: Clock) -> Iterator[Shared]:
        """Look at a page for as long as the block runs; this one is made where nobody looks at the same already."""
        place = (post, key)
        pace = self._paces.setdefault(post, Pace(clock))
        shared = self._shared.setdefault(place, Shared(page, pace, post, clock))
        shared.enter()
        try:
            yield shared
        finally:
            shared.leave()
            if not shared.viewers:
                del self._shared[place]
            if not any(other is post for other, _ in self._shared):
                self._paces.pop(post, None)


async def rest(seconds: float) -> None:
    """Let so much time pass, and everything else run."""
    if seconds > 0:
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), seconds)

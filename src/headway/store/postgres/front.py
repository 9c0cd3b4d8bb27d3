"""Where the ready jobs begin, behind the dead rows of those that ran already.

A row that somebody's open transaction may still see stays in the index of what is ready, in front of all that is: a claim
would walk past millions of them. So one that found the way long remembers the oldest job that it saw, and the next ones begin
there, or two seconds ago. What became ready meanwhile although it is due for longer (it was given back, it waited in a line)
is found by the next whole look, which comes the later the longer it takes, and at once in the process that made it ready.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

LONG_S: Final = 0.01
"""A claim that reads for longer may have found too many dead rows, or a busy machine:"""
MANY: Final = 20_000
"""then it counts the entries that it read."""
ENTRIES: Final = "coalesce(pg_stat_get_xact_tuples_returned(to_regclass('headway_job_ready')), 0)"
"""As an expression: of the index of what is ready, how many this session has read in this transaction and shortly before, dead
ones included.
"""
SUSPECT_S: Final = 0.05
"""Whoever reads for so long and cannot count has the next claim find out why."""
LAG_US: Final = 2_000_000
"""What is due for less may come into sight late, because its transaction took so long."""
EVERY_S: Final = 5.0
"""So often everything is looked at, or more seldom:"""
SHARE: Final = 20
"""it shall take no more than this part of the time."""


class Front:
    """Used by the thread that writes."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        """Nothing takes long yet."""
        self._monotonic = monotonic
        self._apps: dict[str, tuple[int, float]] = {}
        """From which due moment on to read, and when to look at everything again (monotonic)."""
        self._app = ""
        self._began = 0.0
        self._since_us = 0
        self._oldest_us: int | None = None

    def begin(self, app: str) -> int:
        """A claim begins to read; answers from which due moment on, 0 for everything."""
        self._app, self._began, self._oldest_us = app, self._monotonic(), None
        since_us, until = self._apps.get(app, (0, 0.0))
        self._since_us = since_us if self._began < until else 0
        return self._since_us

    def saw(self, oldest_us: int) -> None:
        """Among what was read there is one that is due since then, and none in its group for longer."""
        if self._oldest_us is None or oldest_us < self._oldest_us:
            self._oldest_us = oldest_us

    def end(self, now_us: int, entries: Callable[[], int]) -> None:
        """All was read; `entries` counts what was read of the index."""
        now = self._monotonic()
        if self._since_us:
            _, until = self._apps.get(self._app, (0, now))
        elif now - self._began < LONG_S or entries() < MANY:
            self._apps.pop(self._app, None)
            return
        else:
            until = now + max(EVERY_S, (now - self._began) * SHARE)
        lately_us = now_us - LAG_US
        front_us = lately_us if self._oldest_us is None else min(self._oldest_us, lately_us)
        self._apps[self._app] = max(front_us, self._since_us), until

    def is_known(self, app: str) -> bool:
        """Whether claims of this app begin further on."""
        return app in self._apps

    def suspect(self, app: str) -> None:
        """A look at what is ready took long; a claim is to find out why. From any thread."""
        self._apps.setdefault(app, (0, 0.0))

    def forget(self) -> None:
        """Something became ready that may be due for long: look at everything."""
        self._apps.clear()

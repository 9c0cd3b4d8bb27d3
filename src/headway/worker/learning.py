"""Handlers that hosts register while they work: what all of them know by now, the worker claims too."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial

from headway.model.handler import HandlerInfo
from headway.run.pipe import PipeRunner

Learn = Callable[[Sequence[HandlerInfo]], None]


class Learning:
    """Listens to the hosts of a worker.

    A handler counts when every host has announced it, because a claim may go to any of them. A host that is replaced
    knows only what its imports register: register at import time what must be there after a crash.
    """

    def __init__(self, hosts: Sequence[PipeRunner]) -> None:
        """Listen; the hosts were not opened yet."""
        self._lock = threading.Lock()
        self._known: list[dict[str, HandlerInfo]] = [{} for _ in hosts]
        self._learn: Learn | None = None
        self._told: set[str] = set()
        for index, host in enumerate(hosts):
            host.learned = partial(self._heard, index)

    def attend(self, learn: Learn) -> None:
        """Have what is known already, and whatever comes later, learnt."""
        with self._lock:
            self._learn = learn
        self._pass_on()

    def _heard(self, index: int, handlers: Sequence[HandlerInfo]) -> None:
        with self._lock:
            self._known[index].update((one.name, one) for one in handlers)
        self._pass_on()

    def _pass_on(self) -> None:
        with self._lock:
            first, *others = self._known
            found = [one for name, one in first.items() if all(name in known for known in others)]
            new = [one for one in found if one.name not in self._told]
            learn = self._learn
            if learn is not None:
                self._told.update(one.name for one in new)
        if new and learn is not None:
            learn(new)

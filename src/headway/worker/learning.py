"""What the hosts of a worker know: handlers that all of them have, now, are what the worker claims; schedules count when one has them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from functools import partial

from headway.model.clock import SystemClock
from headway.model.handler import HandlerInfo
from headway.model.schedule import Definition
from headway.model.schedule_advice import LOG, news_of
from headway.run.frames import Hello, Learned
from headway.run.pipe import PipeRunner

log = logging.getLogger(LOG)

Know = Callable[[Sequence[HandlerInfo], Sequence[str]], None]
"""Told all handlers that count now, and the modules from which some came late."""
Plan = Callable[[Sequence[Definition]], None]
"""Told of schedules that a host's code declares."""


class Learning:
    """Listens to the hosts of a worker.

    A handler counts when every host that came up has announced it, because a claim may go to any of them. A host that
    is replaced imports the modules again from which handlers came late; what it does not know then is claimed no more.
    A schedule counts as soon as one has announced it, as its jobs may wait for a handler, and of two with one name the later.
    """

    def __init__(self, hosts: Sequence[PipeRunner]) -> None:
        """Listen; the hosts were not opened yet."""
        self._lock = threading.Lock()
        self._telling = threading.Lock()
        self._known: dict[int, dict[str, HandlerInfo]] = {}
        """Of each host that came up."""
        self._modules: dict[str, None] = {}
        self._know: Know | None = None
        self._plan: Plan | None = None
        self._schedules: dict[str, Definition] = {}
        """That nobody was told of."""
        self._advised: set[str] = set()
        """What was said of schedules, for all hosts once."""
        self._told: tuple[HandlerInfo, ...] | None = None
        for index, host in enumerate(hosts):
            host.news = partial(self._heard, index)

    def attend(self, know: Know, plan: Plan) -> None:
        """Have told what is known already, and whatever changes later."""
        with self._lock:
            self._know, self._plan = know, plan
        self._pass_on()

    def _heard(self, index: int, said: Hello | Learned) -> None:
        with self._lock:
            known = {} if isinstance(said, Hello) else self._known.get(index, {})
            self._known[index] = known | {one.name: one for one in said.handlers}
            if isinstance(said, Learned):
                self._modules.update(dict.fromkeys(said.modules))
            self._schedules |= {one.name: one for one in said.schedules}
        self._pass_on()

    def _pass_on(self) -> None:
        with self._telling:  # in order: an older word must not come after a newer one
            self._pass_on_handlers()
            self._pass_on_schedules()

    def _pass_on_handlers(self) -> None:
        with self._lock:
            first, *others = self._known.values() or [{}]
            found = tuple(one for name, one in first.items() if all(name in known for known in others))
            know, modules = self._know, tuple(self._modules)
            if know is None or not self._known or found == self._told:
                return
            self._told = found
        know(found, modules)

    def _pass_on_schedules(self) -> None:
        with self._lock:
            plan = self._plan
            if plan is None or not self._schedules:
                return
            found, self._schedules = tuple(self._schedules.values()), {}
        plan(found)
        now_us = SystemClock().now_us()
        for one in found:
            for advice in news_of(one, now_us, self._advised):
                log.warning("%s", advice)

"""What all attempts of one host share: the application, clocks, randomness and settings."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any, Self

from headway.model.clock import Clock, SystemClock
from headway.run.application import Application
from headway.run.container import Container
from headway.run.settings import HostSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The surroundings of an attempt."""

    application: Application
    now_us: Callable[[], int]
    monotonic: Callable[[], float]
    random: Callable[[], float]
    settings: HostSettings
    around: list[Callable[..., Any]]
    """The registry's own list: hooks that are registered later count too."""
    complete: Callable[[Awaitable[object]], object]
    """Awaits something on the loop where coroutines run; for plain functions, from their threads."""
    lock: threading.Lock = field(default_factory=threading.Lock)
    """Guards the making of an attempt's buffer."""

    @classmethod
    def of(cls, application: Application, *, settings: HostSettings | None = None, clock: Clock | None = None) -> Site:
        """Fill in what was not given; the settings are the application's own if there are no others."""
        clock = clock or SystemClock()
        return cls(
            application=application,
            now_us=clock.now_us,
            monotonic=clock.monotonic,
            random=random.random,
            settings=application.host_settings if settings is None else settings,
            around=application.registry.around,
            complete=alone,
        )

    def turned_by(self, complete: Callable[[Awaitable[object]], object]) -> Self:
        """The same where there is a loop."""
        return replace(self, complete=complete)

    @property
    def container(self) -> Container:
        """Builds the instances of command classes."""
        return self.application.build


def alone(awaitable: Awaitable[object]) -> object:
    """Await it on a loop of its own, where there is no other."""
    return asyncio.run(awaited(awaitable))


async def awaited(awaitable: Awaitable[object]) -> object:
    """A coroutine of whatever can be awaited."""
    return await awaitable

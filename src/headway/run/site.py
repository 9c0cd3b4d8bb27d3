"""What all attempts of one host share: clocks, randomness, settings, and how calls are encoded."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from headway.model.clock import Clock, SystemClock
from headway.model.context import CallEncoder
from headway.run.container import Container
from headway.run.settings import HostSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The surroundings of an attempt."""

    now_us: Callable[[], int]
    monotonic: Callable[[], float]
    random: Callable[[], float]
    settings: HostSettings
    encode_call: CallEncoder | None
    around: list[Callable[..., Any]]
    """The registry's own list: hooks that are registered later count too."""
    container: Container
    lock: threading.Lock = field(default_factory=threading.Lock)
    """Guards the making of an attempt's buffer."""

    @classmethod
    def of(
        cls,
        *,
        around: list[Callable[..., Any]],
        settings: HostSettings | None = None,
        clock: Clock | None = None,
        build: Container | Callable[[type], object] | None = None,
        encode_call: CallEncoder | None = None,
    ) -> Site:
        """Fill in what was not given."""
        clock = clock or SystemClock()
        return cls(
            now_us=clock.now_us,
            monotonic=clock.monotonic,
            random=random.random,
            settings=settings or HostSettings(),
            encode_call=encode_call,
            around=around,
            container=build if isinstance(build, Container) else Container(build),
        )

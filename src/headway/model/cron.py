"""Cron expressions (to come)."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import msgspec


class Cron(msgspec.Struct, frozen=True):
    """A parsed expression."""

    text: str
    warnings: tuple[str, ...] = ()

    def after(self, us: int, zone: ZoneInfo) -> int | None:
        """The first instant after a moment."""
        raise NotImplementedError

    def before(self, us: int, zone: ZoneInfo) -> int | None:
        """The last instant up to a moment."""
        raise NotImplementedError


def parse(text: str, *, seed: str = "") -> Cron:  # noqa: ARG001 - to come
    """Read it."""
    return Cron(text)

"""Counters that a job keeps while it runs."""

from __future__ import annotations

from typing import Any, Final

import msgspec

STATS_MAX: Final = 100
"""More different counters than this are refused: they are meant to be read by people."""


class Stats:
    """Numbers by attribute; one that was never set is 0. `+=` from several threads at once may lose a count."""

    __slots__ = ("_values",)

    def __init__(self) -> None:
        object.__setattr__(self, "_values", {})

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self._values.get(name, 0)

    def __setattr__(self, name: str, value: float) -> None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise TypeError(f"stats.{name} must be a number, not {type(value).__name__}")
        if name not in self._values and len(self._values) >= STATS_MAX:
            raise ValueError(f"a job may keep {STATS_MAX} counters; {name} would be one more")
        self._values[name] = value

    def to_json(self) -> str:
        """All counters as a JSON object."""
        return msgspec.json.encode(self._values).decode()

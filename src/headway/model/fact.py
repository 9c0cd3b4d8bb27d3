"""A free fact of a job (`args=` of its call) as lists look for it: a name and a text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

FACT_NAME_MAX: Final = 200
FACT_VALUE_MAX: Final = 500
"""Characters; a longer name or text is kept with the job and not looked for."""
FACTS_MAX: Final = 10
"""Facts of one filter."""

_encode: Final = msgspec.json.Encoder().encode


def fact_text(value: Any) -> str | None:
    """A text as it is, a number, true, false or null as JSON writes it; None for a list or an object."""
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool | int | float):
        return _encode(value).decode()
    return None


def searchable(extras: str | None) -> Iterator[tuple[str, str]]:
    """The facts among a stored job's extras that can be looked for, as names and texts."""
    facts = msgspec.json.decode(extras).get("args") if extras else None
    if not isinstance(facts, dict):
        return
    for name, value in facts.items():
        text = fact_text(value)
        if text is not None and len(name) <= FACT_NAME_MAX and len(text) <= FACT_VALUE_MAX:
            yield name, text

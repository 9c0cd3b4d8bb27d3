"""In which order a list of jobs stands: one key, one direction, and ties broken by the job's number.

`-created` is newest first and the usual order; a key without the minus counts upward. Jobs that lack the key (never
started, not ended) come last in either direction.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, Literal

import msgspec

from headway.model.errors import OptionInvalid
from headway.model.nearest import nearest

SortText = Literal[
    "created", "-created", "due", "-due", "started", "-started", "ended", "-ended", "priority", "-priority",
    "duration", "-duration", "attempts", "-attempts",
]  # fmt: skip


class SortKey(StrEnum):
    """What jobs can be sorted by."""

    CREATED = "created"
    """The order in which they were stored, which is that of their numbers."""
    DUE = "due"
    STARTED = "started"
    """The start of the latest attempt."""
    ENDED = "ended"
    PRIORITY = "priority"
    DURATION = "duration"
    """How long the latest attempt of an ended job took."""
    ATTEMPTS = "attempts"
    """How often it was started, all requeues together."""


class Sort(msgspec.Struct, frozen=True, kw_only=True):
    """An order of jobs."""

    by: SortKey = SortKey.CREATED
    descending: bool = True

    @property
    def is_usual(self) -> bool:
        """Whether it is newest first."""
        return self.by is SortKey.CREATED and self.descending

    def __str__(self) -> str:
        """As it is written: `-created`."""
        return ("-" if self.descending else "") + self.by.value


NEWEST_FIRST: Final = Sort()


def read_sort(text: str) -> Sort:
    """The order that a text such as `-duration` names; OptionInvalid, with the nearest key, for another one."""
    word = str(text).strip().lower()
    key = word.removeprefix("-")
    try:
        return Sort(by=SortKey(key), descending=word.startswith("-"))
    except ValueError:
        near = nearest(key, SortKey)
        hint = f"did you mean {near}?" if near else f"jobs can be sorted by {', '.join(SortKey)}"
        msg = f"sort cannot be {text!r}; {hint} (with a minus in front: downward)"
        raise OptionInvalid(msg) from None

"""What the published description says of an operation of the API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation."""

    summary: str
    query: Any = None
    """A msgspec Struct: each field a parameter of the query."""
    body: Any = None
    answers: Mapping[int, Any] = field(default_factory=dict)
    """The type of each answer that is no problem; None for one without a body."""
    problems: tuple[int, ...] = ()
    """Which problems it may answer with besides those that each may."""

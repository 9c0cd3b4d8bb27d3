"""What all answers have in common."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

Moment = Annotated[str, msgspec.Meta(extra_json_schema={"format": "date-time"})]
"""ISO 8601 in UTC."""
Fraction = Annotated[float, msgspec.Meta(ge=0, le=1)]
Record = dict[str, Any]


class Shape(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An answer, or a part of one."""


class Asked(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What a request gives: a query or a body."""

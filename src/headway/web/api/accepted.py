"""What was accepted and goes on by itself: a job that was stored, and where to ask how it stands. And moments to come."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Final

from msgspec import Meta
from starlette.responses import Response

from headway.model.clock import from_us
from headway.model.errors import OptionInvalid
from headway.model.job import State
from headway.view import spans
from headway.web.api.operation import address, answer
from headway.web.api.shapes.base import Shape
from headway.web.desk import jobs as desk
from headway.web.visit import Visit

When = Annotated[str, Meta(max_length=100, description="A moment (2026-11-22T14:00Z), or from now on: 15min, 2h30m")]
LOCATION: Final = ((202, "Location", "Where to ask how it stands"),)


class Accepted(Shape, frozen=True, kw_only=True):
    """A job that was stored, or was there already."""

    id: int
    ref_id: str
    state: State
    group: str
    existing: bool = False
    """Whether it was there already, by its reference or its unique key."""


async def accepted(visit: Visit, number: int, *, existing: bool = False) -> Response:
    """202: the job is stored, and where to ask how it stands."""
    row = await desk.row(visit, str(number))
    made = Accepted(id=row.id, ref_id=row.ref_id, state=row.state, group=row.state.group, existing=existing)
    return answer(made, 202, {"Location": address(visit, f"/{row.id}")})


def moment(visit: Visit, option: str, text: str) -> datetime | timedelta:
    """A moment, or a span that counts from now on."""
    word = text.strip()
    try:
        if spans.SPAN.match(word.lower()):
            return spans.span(word)
        console = visit.console
        return spans.moment(word, now=from_us(console.now_us()), zone=console.look.zone)
    except spans.SpanInvalid as error:
        raise OptionInvalid(f"{option}: {error}") from None

"""The templates, and the words that they make of what the store holds."""

from __future__ import annotations

from datetime import tzinfo
from functools import cache, partial
from typing import Final
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from headway.model.job import JobRow
from headway.view import words

UNITS: Final = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
"""An age is said in one unit: the exact moment stands beside it, hidden."""
WEEK_S: Final = 7 * 86_400
"""What is further away is said as a date."""


@cache
def environment() -> Environment:
    """The templates: everything that is put into them is escaped, and nothing may be missing."""
    made = Environment(
        loader=PackageLoader("headway.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        age=age,
        clock=clock,
        cut=words.cut,
        duration=words.duration,
        exact=exact,
        grouped=words.grouped,
        held=words.held,
        iso=words.utc,
        lines=words.safe_lines,
        percent=words.percent,
        quoted=partial(quote, safe=""),
        since=since,
        took=took,
        utc=utc,
        visible=words.visible,
    )
    return made


@pass_context
def age(context: Context, at_us: int) -> str:
    """How long ago, in one unit; a date where that is more than a week. Of a live page: exact, as its script says the age."""
    if context["is_live_part"]:
        return exact(context, at_us)
    return brief(at_us, context["now_us"], context["zone"])


@pass_context
def since(context: Context, at_us: int) -> str:
    """For how long by now; of a live page the moment itself, as its script counts."""
    return exact(context, at_us) if context["is_live_part"] else words.duration(max(0, context["now_us"] - at_us))


@pass_context
def exact(context: Context, at_us: int) -> str:
    """A moment to the second, in the zone of the pages."""
    return words.moment(at_us, context["zone"])


@pass_context
def clock(context: Context, at_us: int) -> str:
    """The time of day, in the zone of the pages."""
    return f"{words.local(at_us, context['zone']):%H:%M:%S}"


@pass_context
def took(context: Context, row: JobRow) -> str:
    """How long the latest attempt ran."""
    return words.took(row, context["now_us"])


def utc(at_us: int) -> str:
    """A moment to the second, with its zone, to be read on hover."""
    return f"{words.instant(at_us):%Y-%m-%d %H:%M:%S} UTC"


def brief(at_us: int, now_us: int, zone: tzinfo | None) -> str:
    """How long ago or in how long: "3 min ago", "in 2 h", "now", "2026-11-03"."""
    seconds = abs(now_us - at_us) // words.SECOND_US
    if seconds >= WEEK_S:
        return f"{words.local(at_us, zone):%Y-%m-%d}"
    for unit, length in UNITS:
        if seconds >= length:
            said = f"{seconds // length} {unit}"
            return f"{said} ago" if now_us > at_us else f"in {said}"
    return "now"

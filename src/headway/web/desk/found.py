"""Which job is meant by a text in an address."""

from __future__ import annotations

from typing import Final

from headway.model.errors import JobNotFound
from headway.model.job import JobRow
from headway.web.visit import Visit

ID_DIGITS_MAX: Final = 18


def id_or_ref(text: str) -> int | str:
    """A job's number, or its reference."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= ID_DIGITS_MAX else text


async def row(visit: Visit, given: str) -> JobRow:
    """One job of the app; JobNotFound if it has none of that number or reference."""
    asked = visit.reader.job(id_or_ref(given), app=visit.app)
    found = await visit.read(asked)
    while found is None and await visit.admit():
        found = await visit.read(asked)
    if found is None:
        raise lost(given)
    return found


def lost(given: object) -> JobNotFound:
    """What to say of a job that is not there, or not this app's."""
    return JobNotFound(f"there is no job {str(given)!r} here")

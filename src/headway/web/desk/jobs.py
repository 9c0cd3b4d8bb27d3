"""Jobs: one looked up, one cancelled."""

from __future__ import annotations

from headway.model.errors import JobNotFound
from headway.store.protocol import CancelAnswer, JobDetail
from headway.web.problems import Conflict
from headway.web.visit import Visit

ID_DIGITS_MAX = 18


def id_or_ref(text: str) -> int | str:
    """A job's number, or its reference."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= ID_DIGITS_MAX else text


async def detail(visit: Visit, given: str) -> JobDetail:
    """Everything about one job; JobNotFound if the app has none of that number or reference."""
    found = await visit.read(visit.reader.detail(id_or_ref(given), app=visit.app))
    if found is None:
        raise JobNotFound(f"there is no job {given!r} here")
    return found


async def cancel(visit: Visit, given: str) -> CancelAnswer:
    """Cancel a job: at once, or by asking its worker; Conflict when it has ended."""
    store = visit.console.store
    row = (await detail(visit, given)).row
    answer = await visit.change(
        store.cancel(row.id, by=visit.by, app=visit.app),
        lambda answer: visit.act("cancel", "job", row.id) if answer is not CancelAnswer.FINAL else None,
        kind="cancel",
        job=row,
    )
    match answer:
        case CancelAnswer.NOT_FOUND:
            raise JobNotFound(f"there is no job {given!r} here")
        case CancelAnswer.FINAL:
            raise Conflict(f"job {row.id} had ended before: it is {row.state.value}")
        case _:
            return answer

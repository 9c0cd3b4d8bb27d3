"""Arguments that are results of other jobs: written into the arguments of a job when it has done waiting.

A completed job is never run again, so what was written stays true. Where a parent has no result (it ended otherwise, or
its result was not stored or is gone) the link stays, and the attempt fails by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from headway.model.callback import with_argument
from headway.model.errors import HeadwayError
from headway.model.job import State
from headway.model.link import Link, parent_of, read_links
from headway.model.stored_result import NOT_STORABLE, OMITTED
from headway.model.tie import Tie
from headway.store.verbs.record import Record
from headway.store.verbs.transaction import Transaction, as_json

if TYPE_CHECKING:
    from headway.store.verbs.aftermath import Touched

_READY: Final = frozenset({State.QUEUED, State.SCHEDULED})
_NOT_STORED: Final = frozenset({NOT_STORABLE, OMITTED})
NULL: Final = "null"


def fill_links(tx: Transaction, jobs: Sequence[Touched]) -> None:
    """Give these jobs the results that they wait for no more."""
    for job in jobs:
        if job.ties & Tie.LINKS and job.state in _READY:
            _fill(tx, job.id)


def _fill(tx: Transaction, job_id: int) -> None:
    row = tx.row("links_of", {"id": job_id})
    if row is None:
        return
    payload, missing = with_results(tx, row[0], row[1])
    if payload != row[0]:
        tx.change("fill_body", {"id": job_id, "payload": payload, "links": as_json(missing) if missing else None})


def with_results(tx: Transaction, payload: str, links: str) -> tuple[str, dict[str, Link]]:
    """The arguments with the results that are there, and the links of the others."""
    missing: dict[str, Link] = {}
    for name, link in read_links(links).items():
        result = _result(tx, int(parent_of(link)))
        if result is None:
            missing[name] = link
        else:
            payload = with_argument(payload, name, result)
    return payload, missing


def _result(tx: Transaction, job_id: int) -> str | None:
    """Its JSON; None where there is none. A job that returned nothing has null."""
    row = tx.row("result_of", {"id": job_id})
    if row is None:
        return None
    archived, created_us, code, result, size = row
    if archived:
        record = _record(tx, job_id, created_us)
        if record is None:
            return None
        result, size = record.result, record.result_size
    if result is None and (size is not None or code in _NOT_STORED):
        return None
    return NULL if result is None else result


def _record(tx: Transaction, job_id: int, created_us: int) -> Record | None:
    """What the archive has of it. A damaged one is none: whoever waits for this transaction has not damaged it."""
    try:
        return tx.archive.get(tx, job_id, created_us)
    except HeadwayError:
        return None

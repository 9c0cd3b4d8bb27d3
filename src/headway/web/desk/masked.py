"""What lists and streams may tell of jobs: their reasons and messages, without the secrets among their arguments.

A job of a list comes without its arguments, which may be long. Those of the jobs that say something are read beside it,
and what is secret in them is masked in what they say, as their own pages do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from headway.model.job import JobRow
from headway.store.figures import FailureGroup
from headway.view.secrets import MASK, Masked, mask
from headway.web.visit import Visit

LONGEST: Final = 32 * 1024
"""Characters of arguments that are looked through for a list. What a job with longer ones says is masked whole; its own page
looks through all of them."""


async def masked(visit: Visit, rows: Sequence[JobRow]) -> tuple[JobRow, ...]:
    """The same jobs, as they may be shown."""
    telling = [row.id for row in rows if row.reason or row.message or row.status]
    if not telling:
        return tuple(rows)
    payloads = await visit.read(visit.reader.payloads(telling, longest=LONGEST))
    return tuple(_masked(visit, row, payloads) for row in rows)


async def masked_groups(visit: Visit, groups: Sequence[FailureGroup]) -> tuple[FailureGroup, ...]:
    """The same groups of failures, the reason of each group's newest as it may be shown."""
    newest = [one.newest_id for one in groups if one.newest_reason]
    payloads = await visit.read(visit.reader.payloads(newest, longest=LONGEST)) if newest else {}
    return tuple(
        msgspec.structs.replace(
            one, newest_reason=_said(one.newest_reason, _known(visit, one.newest_id, one.name, payloads))
        )
        for one in groups
    )


def with_texts(row: JobRow, found: Masked) -> JobRow:
    """A job whose texts are masked."""
    return msgspec.structs.replace(
        row, reason=found.text(row.reason), message=found.text(row.message), status=found.text(row.status)
    )


def _masked(visit: Visit, row: JobRow, payloads: dict[int, str | None]) -> JobRow:
    found = _known(visit, row.id, row.name, payloads)
    return msgspec.structs.replace(
        row, reason=_said(row.reason, found), message=_said(row.message, found), status=_said(row.status, found)
    )


def _known(visit: Visit, job_id: int, name: str, payloads: dict[int, str | None]) -> Masked | None:
    """What is secret of a job; None where nobody looked."""
    return mask(payloads[job_id], visit.console.masking(name)) if job_id in payloads else None


def _said(text: str | None, found: Masked | None) -> str | None:
    if not text:
        return text
    return MASK if found is None else found.text(text)

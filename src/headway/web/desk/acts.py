"""What people did."""

from __future__ import annotations

from typing import Final

from headway.store.acting import ActRow
from headway.web.visit import Visit

LISTED_MAX: Final = 200


async def listed(
    visit: Visit,
    *,
    subject: str | None = None,
    subject_id: str | None = None,
    by: str | None = None,
    before_id: int | None = None,
    limit: int = 50,
) -> tuple[ActRow, ...]:
    """Acts of the app, and those that concern no app, newest first."""
    return await visit.read(
        visit.reader.acts(
            app=visit.app,
            subject=subject,
            subject_id=subject_id,
            by=by,
            limit=max(1, min(limit, LISTED_MAX)),
            before_id=before_id,
        )
    )

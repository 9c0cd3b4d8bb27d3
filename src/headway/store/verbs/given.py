"""The arguments of many jobs at once, from the main tables and from the archive."""

from __future__ import annotations

from collections.abc import Sequence

from headway.store.protocol import Operation
from headway.store.verbs.record import Placed
from headway.store.verbs.transaction import Transaction, as_json


class GivenReader:
    """Reads of arguments."""

    def payloads(
        self, ids: Sequence[int], *, longest: int, tenant: str | None = None
    ) -> Operation[dict[int, str | None]]:
        """The stored arguments of these jobs; those that are too long, or not of the tenant, are left out."""
        values = {"ids": as_json(ids), "longest": longest, "tenant": tenant}
        return Operation("payloads", lambda tx: _payloads(tx, values))


def _payloads(tx: Transaction, values: dict[str, object]) -> dict[int, str | None]:
    found: dict[int, str | None] = {}
    archived: list[Placed] = []
    for job_id, created_us, is_archived, payload, too_long in tx.rows("payloads_of", values):
        if is_archived:
            archived.append((job_id, created_us))
            found[job_id] = None
        elif not too_long:
            found[job_id] = payload
    for job_id, payload, too_long in tx.archive.payloads(tx, archived, values) if archived else ():
        if too_long:
            del found[job_id]
        else:
            found[job_id] = payload
    return found

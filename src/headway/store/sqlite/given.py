"""The arguments of many jobs at once, from the main file and from the months' archives."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from headway.store.protocol import Operation
from headway.store.sqlite import month
from headway.store.sqlite.transaction import Transaction, as_json


class GivenReader:
    """Reads of arguments."""

    folder: Path

    def payloads(self, ids: Sequence[int], *, longest: int) -> Operation[dict[int, str | None]]:
        """The stored arguments of these jobs; those that are too long are left out."""
        values = {"ids": as_json(ids), "longest": longest}
        return Operation("payloads", lambda tx: _payloads(tx, self.folder, values))


def _payloads(tx: Transaction, folder: Path, values: dict[str, object]) -> dict[int, str | None]:
    found: dict[int, str | None] = {}
    months: dict[Path, list[int]] = {}
    for job_id, created_us, archived, payload, too_long in tx.rows("payloads_of", values):
        if archived:
            months.setdefault(month.month_file(folder, created_us), []).append(job_id)
        elif not too_long:
            found[job_id] = payload
    for path, ids in months.items():
        found |= dict.fromkeys(ids)
        for job_id, payload, too_long in month.payloads(path, {**values, "ids": as_json(ids)}):
            if too_long:
                del found[job_id]
            else:
                found[job_id] = payload
    return found

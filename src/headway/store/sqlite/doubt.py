"""What looks wrong in the archive, and the look inside a transaction that says whether it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, assert_never

from headway.model.errors import StoreError
from headway.store.protocol import Breach
from headway.store.sqlite import month
from headway.store.sqlite.scan import Scan
from headway.store.sqlite.seal import is_other, seals
from headway.store.verbs.record import month_of
from headway.store.verbs.transaction import Transaction

RESTORE: Final = "restore that file from a backup"


class Doubt(StrEnum):
    """What looks wrong."""

    GONE = "gone"
    """Jobs are archived in a month that has no file."""
    BROKEN = "broken"
    """The file cannot be read to its end."""
    SEAL = "seal"
    """Asked of every month that could be read: is it as it was sealed?"""
    MISSING = "missing"
    """A job that should be in it is not."""
    DAMAGED = "damaged"
    """A record is not what was written."""
    EXTRA = "extra"
    """A record that should not be in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """One thing to look at again."""

    doubt: Doubt
    path: Path
    scan: Scan
    job_id: int | None = None


def judge(tx: Transaction, suspects: Sequence[Suspect]) -> list[Breach]:
    """Look again, where nothing moves: what is still wrong."""
    purged = {(name, job_id) for name, job_id in tx.rows("purged_jobs")}
    known = dict(seals(tx))
    found: list[Breach] = []
    for one in suspects:
        match one.doubt:
            case Doubt.GONE:
                found += _gone(tx, one)
            case Doubt.BROKEN:
                note = f"{one.path.name}: {one.scan.broken}"
                found.append(Breach(invariant="a month's file can be read", job_id=None, note=note, advice=RESTORE))
            case Doubt.SEAL:
                found += _seal(one, known.get(one.scan.month))
            case Doubt.MISSING:
                found += _missing(tx, one)
            case Doubt.DAMAGED:
                found += _damaged(one)
            case Doubt.EXTRA:
                found += _extra(tx, one, purged)
            case _:
                assert_never(one.doubt)
    return found


def _gone(tx: Transaction, one: Suspect) -> Iterator[Breach]:
    begins, ends = month.bounds(one.path)
    jobs = tx.rows("count_archived", {"begins": begins, "ends": ends})[0][0]
    if jobs and not one.path.exists():
        yield Breach(
            invariant="the archive of a month that has jobs is there",
            job_id=None,
            note=f"{one.path.name} is not there, and {jobs} archived job(s) have their bodies in it",
            advice="bring it back; if it was deleted for good, headway purge deletes what is left of its jobs, by their age",
        )


def _seal(one: Suspect, known: month.Seal | None) -> Iterator[Breach]:
    scan, name = one.scan, one.path.name
    try:
        says = month.seal_of(one.path)
    except StoreError:
        return  # read whole a moment ago; the next audit says what has become of it
    if scan.changed or says is None or scan.seal is None or says.changed_at != scan.seal.changed_at:
        return
    found, note, advice = scan.found(), "", RESTORE
    if known is not None and is_other(known, says):
        note = f"{name} is another file than the one that was sealed here ({known.jobs} jobs, {known.digest})"
        advice = f"{RESTORE}; if it shall stay as it is: headway archive --accept {scan.month}"
    elif (
        found is not None and known is not None and known.changed_at == says.changed_at and found.digest != known.digest
    ):
        note = f"{name} was written by somebody since: {found.jobs} jobs, {found.digest}; sealed were {known.jobs}, {known.digest}"
    elif found is not None and says.digest not in {None, found.digest}:
        note = f"{name} does not hold what was sealed in it"
    if note:
        yield Breach(invariant="a sealed month is as it was sealed", job_id=None, note=note, advice=advice)


def _missing(tx: Transaction, one: Suspect) -> Iterator[Breach]:
    job_id, row = one.job_id, tx.row("where_archived", {"id": one.job_id})
    if job_id is None or row is None or not row[0] or _holds(one.path, job_id):
        return
    yield Breach(
        invariant="every job is in the main file or in its archive",
        job_id=job_id,
        note=f"it is neither here nor in {one.path.name}",
        advice=RESTORE,
    )


def _damaged(one: Suspect) -> Iterator[Breach]:
    try:
        assert one.job_id is not None
        month.get(one.path, one.job_id)
    except StoreError:
        yield Breach(
            invariant="an archived record is what was written",
            job_id=one.job_id,
            note=f"its record in {one.path.name} is damaged",
            advice=RESTORE,
        )


def _extra(tx: Transaction, one: Suspect, purged: set[tuple[str, int]]) -> Iterator[Breach]:
    """A copy of a job that lies whole here is left of a crash, and the sealer deletes it; so is a purged one."""
    job_id, row = one.job_id, tx.row("where_archived", {"id": one.job_id})
    if job_id is None or not _holds(one.path, job_id):
        return
    if row is None:
        if (one.scan.month, job_id) not in purged:
            yield Breach(
                invariant="every record of an archive belongs to a job",
                job_id=job_id,
                note=f"{one.path.name} has a record of it, and the main file does not know it",
                advice="is the main file older than its archive, or was a month's file of another store put here?",
            )
    elif row[0] and month_of(row[1]) != one.scan.month:
        yield Breach(
            invariant="a job's body is in one month",
            job_id=job_id,
            note=f"{one.path.name} has a record of it, and its month is {month_of(row[1])}",
            advice="was a month's file copied or renamed? Bring back the one that belongs there",
        )


def _holds(path: Path, job_id: int) -> bool:
    try:
        return month.get(path, job_id) is not None
    except StoreError:
        return True  # damaged, which is told of itself

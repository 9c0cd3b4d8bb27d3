"""Records: ended jobs whole, as they lie in the archive, and what every archive of them can do."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from headway.model.clock import from_us
from headway.store.verbs.transaction import Transaction, as_json

if TYPE_CHECKING:
    from collections.abc import Mapping

Placed = tuple[int, int]
"""A job's number, and when it was created (us)."""


class Record(msgspec.Struct, frozen=True, array_like=True):
    """A job whole, as it lies in the archive; JSON texts are kept as texts."""

    id: int
    ref_id: str
    name: str
    queue: str
    state: str
    created_us: int
    finished_us: int | None
    payload: str
    options: str | None
    extras: str | None
    result: str | None
    result_size: int | None
    checkpoint: str | None
    callback: str | None
    links: str | None
    fraction: float | None
    message: str | None
    status: str | None
    stats: str | None
    last_line: int | None
    attempts: str
    events: str
    lines: str


class Archive(Protocol):
    """Where records lie, by the month in which their jobs were created."""

    def put(self, tx: Transaction, jobs: Sequence[Placed]) -> None:
        """Copy these jobs, durably once the transaction commits; repeating it is harmless."""
        ...

    def get(self, tx: Transaction, job_id: int, created_us: int) -> Record | None:
        """One record; None when it, or its month, was taken away. StoreForeign for a damaged one."""
        ...

    def payloads(
        self, tx: Transaction, jobs: Sequence[Placed], values: Mapping[str, object]
    ) -> list[tuple[int, str | None, bool | None]]:
        """Arguments of records: id, the arguments unless they are too long, whether they are."""
        ...

    def take_out(self, tx: Transaction, job_id: int, created_us: int) -> None:
        """Delete a record whose job is whole in the main tables again, once the transaction commits."""
        ...

    def drop(self, tx: Transaction, jobs: Sequence[Placed]) -> None:
        """Delete the records of these jobs for good, once the transaction commits; those that have none are passed over."""
        ...

    def empty_logs(self, tx: Transaction, jobs: Sequence[Placed]) -> int:
        """Delete the log lines of these records; answers how many. A damaged record is left for the audit to tell."""
        ...

    def clear(self, tx: Transaction) -> None:
        """Finish what a killed process left of an earlier `drop`."""
        ...


def month_of(created_us: int) -> str:
    """The month of creation, UTC, as in 2026-11: it alone decides where a job is archived."""
    return from_us(created_us).strftime("%Y-%m")


def checksum(fields: Sequence[Any]) -> int:
    """CRC-32 over the canonical JSON of a record: most flipped bits are silent to a database's own check."""
    return zlib.crc32(as_json(fields).encode())

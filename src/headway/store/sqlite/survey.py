"""The audit with the archive: every archived job is whole in exactly one month, and sealed months are as they were sealed.

Main file and months are read side by side, both in the order of ids, a few hundred jobs at a time; never more is in
memory. Read without a lock, a job may move between two looks: what looks wrong is looked at again inside a
transaction, where nothing moves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final, Protocol

from headway.store.protocol import Breach, Operation, Runs
from headway.store.sqlite.doubt import Doubt, Suspect, judge
from headway.store.sqlite.month import bounds, month_file, month_files
from headway.store.sqlite.scan import Scan
from headway.store.verbs.audit import FINDINGS_MAX, check_main
from headway.store.verbs.transaction import Parameters, Transaction

STEP: Final = 500
"""Jobs, or records, of one read."""


class Ask(Protocol):
    """Runs a named statement on the main file."""

    def __call__(self, name: str, parameters: Parameters = ()) -> list[tuple[Any, ...]]:
        """All rows."""
        ...


def audit(tx: Transaction, folder: Path) -> tuple[Breach, ...]:
    """Everything at one moment, inside one transaction."""
    return (*check_main(tx), *judge(tx, tuple(survey(folder, tx.rows))))


def inspect(folder: Path, reads: Runs, writes: Runs) -> tuple[Breach, ...]:
    """The same in short reads; the transaction sees only what looked wrong."""

    def ask(name: str, parameters: Parameters = ()) -> list[tuple[Any, ...]]:
        return reads.call(Operation(name, lambda tx: tx.rows(name, parameters)))

    main = reads.call(Operation("check_main", check_main))
    suspects = tuple(survey(folder, ask))
    if suspects:
        main += writes.call(Operation("judge", partial(judge, suspects=suspects), alone=True))
    return tuple(main)


def survey(folder: Path, ask: Ask) -> Iterator[Suspect]:
    """What looks wrong, at most so many of each kind and month."""
    sides: dict[Path, _Side] = {path: _Side(path) for path in month_files(folder)}
    side: _Side | None = None
    begins = ends = after = 0
    while rows := ask("archived_jobs", {"after": after, "limit": STEP}):
        for job_id, created_at in rows:
            if side is None or not begins <= created_at < ends:  # jobs of one month lie together
                path = month_file(folder, created_at)
                side = sides.setdefault(path, _Side(path))
                begins, ends = bounds(path)
            side.expect(job_id)
        after = rows[-1][0]
    for _, side in sorted(sides.items()):
        side.read_on()
        yield from side.suspects()


class _Side:
    """One month beside the main file."""

    def __init__(self, path: Path) -> None:
        self._scan = Scan(path)
        self._window: list[int] = []
        """Ids that were read and not yet asked for, the next one last."""
        self._extra: list[int] = []
        self._missing: list[int] = []

    def expect(self, job_id: int) -> None:
        """The main file says that this job's record is here; said in the order of ids."""
        if not self._has(job_id) and len(self._missing) < FINDINGS_MAX:
            self._missing.append(job_id)

    def _has(self, job_id: int) -> bool:
        while True:
            while self._window and self._window[-1] < job_id:
                self._keep(self._window.pop())
            if self._window:
                if self._window[-1] > job_id:
                    return False
                self._window.pop()
                return True
            if self._scan.over:
                return False
            self._read()

    def read_on(self) -> None:
        """To the end: whatever nobody asked for is too much."""
        while True:
            while self._window:
                self._keep(self._window.pop())
            if self._scan.over:
                return
            self._read()

    def suspects(self) -> Iterator[Suspect]:
        """What looks wrong in it."""
        scan, missing = self._scan, self._missing
        suspect: Callable[..., Suspect] = partial(Suspect, path=scan.path, scan=scan)
        if scan.gone:
            if missing:
                yield suspect(doubt=Doubt.GONE, job_id=missing[0])
            return
        if scan.broken is not None:  # then nobody can tell what it has
            yield suspect(doubt=Doubt.BROKEN)
        else:
            yield from (suspect(doubt=Doubt.MISSING, job_id=job_id) for job_id in missing)
            yield suspect(doubt=Doubt.SEAL)
        yield from (suspect(doubt=Doubt.DAMAGED, job_id=job_id) for job_id in scan.damaged)
        yield from (suspect(doubt=Doubt.EXTRA, job_id=job_id) for job_id in self._extra)

    def _read(self) -> None:
        self._window = self._scan.step(lambda count: count >= STEP)[::-1]

    def _keep(self, job_id: int) -> None:
        if len(self._extra) < FINDINGS_MAX:
            self._extra.append(job_id)

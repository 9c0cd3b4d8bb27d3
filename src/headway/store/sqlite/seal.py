"""Sealing months: their content's hash, written into the file and into the main file once nothing changes any more.

The long part, reading the month, happens outside of every lock and in steps of milliseconds. Under the writer lock it
is only looked whether the file is still the one that was read, which its own number of changes tells.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from headway.model.clock import Clock
from headway.model.errors import StoreError
from headway.store.protocol import Operation
from headway.store.sqlite import month
from headway.store.sqlite.lock import LockFile
from headway.store.sqlite.month import Seal
from headway.store.sqlite.scan import Scan
from headway.store.verbs.transaction import Transaction, as_json

if TYPE_CHECKING:
    from headway.store.protocol import Runs

log = logging.getLogger("headway.store")

SEALER_FILE: Final = "sealer.lock"
"""Whoever holds it seals; the other processes need not read the same months."""
SLICE_S: Final = 0.01
LOOK_RECORDS: Final = 16
"""The time is looked at so often."""
SHOWN: Final = 10


class Sealer:
    """Seals one store's months, a moment at a time; lives wherever `step` is called, one caller at once."""

    def __init__(self, folder: Path, clock: Clock, writes: Runs, reads: Runs) -> None:
        """Nothing is opened before the first step."""
        self._folder = folder
        self._clock = clock
        self._writes = writes
        self._reads = reads
        self._turn = threading.Lock()
        self._lock: LockFile | None = None
        self._left: Iterator[Path] = iter(())
        self._scan: Scan | None = None
        self._strays: list[int] = []
        self._known: dict[str, Seal] = {}
        self._bad: set[tuple[str, Seal | None, Seal | None]] = set()
        """Months that were found damaged, as they were then: told once, and not read again before they change."""

    def step(self, before_us: int) -> bool:
        """Go on for some milliseconds; whether there is more to do now. False also when another process is at it."""
        if not self._turn.acquire(blocking=False):
            return False
        try:
            if self._lock is None and not self._begin(before_us):
                return False
            if self._scan is None and not self._next(before_us):
                self._end()
                return False
            self._go_on()
        except BaseException:
            self._end()
            raise
        finally:
            self._turn.release()
        return True

    def close(self) -> None:
        """Let another process do it; idempotent."""
        with self._turn:
            self._end()

    def _begin(self, before_us: int) -> bool:
        candidates = [path for path in month.month_files(self._folder) if month.bounds(path)[1] <= before_us]
        if not candidates:
            return False
        if self._reads.call(Operation("purged", lambda tx: bool(tx.rows("purged_jobs")))):
            self._writes.call(Operation("clear_purged", lambda tx: tx.archive.clear(tx), alone=True))
        lock = LockFile(self._folder / SEALER_FILE)
        if not lock.try_take():
            lock.close()
            return False
        self._lock, self._left = lock, iter(candidates)
        return True

    def _end(self) -> None:
        lock, self._lock, self._scan = self._lock, None, None
        if lock is not None:
            lock.close()

    def _next(self, before_us: int) -> bool:
        """Find the next month that should be sealed and is not."""
        self._known = dict(self._reads.call(Operation("seals", seals)))
        for path in self._left:
            try:
                if self._wanted(path, self._known.get(month.month_in(path)), before_us):
                    self._scan, self._strays = Scan(path), []
                    return True
            except StoreError as error:
                self._tell(path, None, f"cannot be read: {error.__cause__}", None)
        return False

    def _wanted(self, path: Path, known: Seal | None, before_us: int) -> bool:
        says = month.seal_of(path)
        if (path.name, says, known) in self._bad:
            return False
        if says is None:
            return path.exists() and path.stat().st_mtime_ns // 1000 < before_us
        if known is not None and known == says:
            month.protect(path)  # a change that failed may have left it writable
            return False
        if known is not None and is_other(known, says):
            self._tell(path, says, "is not the file that was sealed here", known)
            return False
        return says.changed_at < before_us

    def _go_on(self) -> None:
        scan = self._scan
        assert scan is not None
        ids = scan.step(until(self._clock))
        if ids:
            self._strays += self._reads.call(Operation("strays", lambda tx: strays(tx, ids)))
        if scan.over:
            self._scan = None
            self._finish(scan)

    def _finish(self, scan: Scan) -> None:
        path, says, found, left = scan.path, scan.seal, scan.found(), self._strays
        if scan.gone or scan.changed:
            return  # another time
        if scan.broken is not None or scan.damaged:
            what = f"cannot be read: {scan.broken}" if scan.broken else f"has damaged records: {few(scan.damaged)}"
            self._tell(path, says, what, self._known.get(scan.month))
        elif left or scan.jobs == 0:
            self._writes.call(Operation("clear", lambda tx: clear(tx, path, left), alone=True))
        elif found is not None and says is not None and says.digest not in {None, found.digest}:
            self._tell(path, says, "does not hold what was sealed in it", self._known.get(scan.month))
        elif found is not None:
            self._writes.call(Operation("seal", partial(seal, path=path, found=found), alone=True))

    def _tell(self, path: Path, says: Seal | None, what: str, known: Seal | None) -> None:
        if (path.name, says, known) not in self._bad:
            self._bad.add((path.name, says, known))
            log.error("%s %s; headway check --audit says more", path, what)


def is_other(known: Seal, says: Seal) -> bool:
    """Whether a file cannot be the one that was sealed: it is older, or was sealed over something else.

    A file that changed since is newer: whoever changed it died before it could say so in the main file.
    """
    if known.changed_at == says.changed_at:
        return says.digest not in {None, known.digest}
    return known.changed_at > says.changed_at


def few(ids: Sequence[int]) -> str:
    """The first of them."""
    return "jobs " + ", ".join(map(str, ids[:SHOWN])) + (f" and {len(ids) - SHOWN} more" if len(ids) > SHOWN else "")


def until(clock: Clock) -> Callable[[int], bool]:
    """Enough after some milliseconds."""
    end = clock.monotonic() + SLICE_S
    return lambda count: count % LOOK_RECORDS == 0 and clock.monotonic() > end


def seals(tx: Transaction) -> list[tuple[str, Seal]]:
    """What the main file knows of the months that it knows to be sealed."""
    return [(name, Seal(*rest)) for name, *rest in tx.rows("sealed_months")]


def seal(tx: Transaction, path: Path, found: Seal) -> bool:
    """Seal a month in its file, then here; False when it was changed since it was read.

    A crash between the two leaves a sealed file that the main file does not know: it is read again, and then it does.
    """
    says = month.seal_of(path)
    if says is None or says.changed_at != found.changed_at:
        return False
    sealed = says if says.digest is not None else Seal(found.changed_at, found.jobs, found.digest, tx.now_us)
    if says.digest is None and not month.seal(path, sealed):
        return False
    month.protect(path)
    tx.change("seal_month", {"month": month.month_in(path), **as_values(sealed)})
    return True


def forget_seal(tx: Transaction, name: str) -> bool:
    """What the main file knows of a month's seal is void: its file is taken as it is. Whether there was one."""
    return tx.change("unseal_month", {"month": name}) == 1


def strays(tx: Transaction, ids: Sequence[int]) -> list[int]:
    """Records whose job lies whole in the main file."""
    return [row[0] for row in tx.rows("strays", {"ids": as_json(list(ids))})]


def clear(tx: Transaction, path: Path, ids: Sequence[int]) -> None:
    """Delete copies that a crash left in the month, and the file that has nothing left."""
    tx.change("unseal_month", {"month": month.month_in(path)})
    tx.after_commit.append(partial(month.drop, path, strays(tx, ids), tx.now_us))


def as_values(one: Seal) -> dict[str, Any]:
    """For a statement's parameters."""
    return {name: getattr(one, name) for name in Seal.__struct_fields__}

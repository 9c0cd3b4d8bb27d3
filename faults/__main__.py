"""The ring by hand: `python -m faults` breaks real system calls, disks and clocks, and says what held.

Needs Linux, root, strace, mount, unshare, ip, iptables and libfaketime; without one of them it says which, and fails.
"""

from __future__ import annotations

import argparse
import functools
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Final

from faults import behind, catalogue, clocks, disks, mounts, networks, points, poolers, servers
from faults.record import append
from faults.scene import ROOT, TookTooLong
from faults.tools import missing

CASE_S: Final = 150
"""No case may take longer, but for one; the whole takes half an hour."""
SLOW_S: Final = {"pooler in transaction mode": poolers.SUITE_S}
"""Two thousand tests, whose stores are opened by a pooler that first has to open sessions."""
PAGE: Final = ROOT / "docs" / "reference" / "faults.md"

CASES: Final[Mapping[str, Callable[[Path], str]]] = {
    **{f"kill points of {name}": functools.partial(points.every_point, name) for name in points.ACTS},
    "failing writes": disks.failing_writes,
    "failing writes of a worker": disks.failing_worker,
    "small disk": disks.small_disk,
    "filled disk": disks.filled_disk,
    "read-only archive": disks.read_only_archive,
    "other mounts": mounts.other_mounts,
    "wall clock ahead": functools.partial(clocks.wall_clock_off, seconds=clocks.HOUR_S),
    "wall clock behind": functools.partial(clocks.wall_clock_off, seconds=-clocks.HOUR_S),
    "wall clock stepped": clocks.wall_clock_stepped,
    "other boot clock": clocks.other_boot_clock,
    **servers.CASES,
    **networks.CASES,
    **poolers.CASES,
    **behind.CASES,
}


@dataclass(frozen=True, slots=True)
class Result:
    """What a case found."""

    name: str
    held: bool
    words: str
    seconds: float


def show(name: str, case: Callable[[Path], str]) -> Result:
    """Run one case in a folder of its own, for a bounded time."""
    begun = time.monotonic()
    signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(SLOW_S.get(name, CASE_S))
    with tempfile.TemporaryDirectory(prefix="headway-faults-", ignore_cleanup_errors=True) as folder:
        try:
            held, words = True, case(Path(folder))
        except Exception as error:  # noqa: BLE001 - whatever went wrong, the fault was not shown to be survived
            held, words = False, f"{type(error).__name__}: {error}"
        finally:
            signal.alarm(0)
    return Result(name, held, words, time.monotonic() - begun)


def _too_long(_number: int, _frame: FrameType | None) -> None:
    msg = "the case took longer than it may"
    raise TookTooLong(msg)


def record(results: Sequence[Result]) -> None:
    """Append to the page of results."""
    rows = [
        f"| {one.name} | {'yes' if one.held else '**no**'} | {' '.join(one.words.split())[:300]} | {one.seconds:.0f} |"
        for one in results
    ]
    total = sum(one.seconds for one in results)
    append(f"make faults, {total:.0f} s", ["| Fault | Held | What was seen | Seconds |", "|---|---|---|---|", *rows])


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m faults", description=__doc__)
    parser.add_argument("--only", action="append", choices=list(CASES), help="only this case; may be repeated")
    parser.add_argument("--record", action="store_true", help="append the results to RELIABILITY.md")
    parser.add_argument("--document", action="store_true", help="write docs/reference/faults.md and do nothing else")
    chosen: Any = parser.parse_args(arguments)
    if chosen.document:
        PAGE.write_text(catalogue.document(), encoding="utf-8")
        return 0
    lacking = missing()
    if lacking:
        print("\n".join(lacking), file=sys.stderr)
        return 2
    results: list[Result] = []
    for name in chosen.only or CASES:
        one = show(name, CASES[name])
        results.append(one)
        print(f"{'held  ' if one.held else 'FAILED'} {one.seconds:5.0f} s  {one.name}: {one.words}", flush=True)
    failed = [one.name for one in results if not one.held]
    print(f"{len(results) - len(failed)} of {len(results)} held" + (f"; failed: {', '.join(failed)}" if failed else ""))
    if chosen.record:
        record(results)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

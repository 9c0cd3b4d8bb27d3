"""`python -m bench`: measure all figures, or those named. `--quick` measures less, `--record` writes the document.

`server` names all that are of PostgreSQL; the others, of the embedded store, are `file`. Each of the two is recorded by itself.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from collections.abc import Sequence
from types import MappingProxyType

from bench import table
from bench.figure import Figure, Scale
from bench.machine import describe
from bench.steal import Steal

GROUPS = (
    *("imports", "enqueue", "drain", "latency", "sleepers", "cpu", "claim", "batch", "flow", "gates"),
    *("schedules", "standalone", "memory", "reads", "web"),
)
SERVER_GROUPS = ("postgres", "pghistory")
SETS = MappingProxyType({"file": GROUPS, "server": SERVER_GROUPS})
EVERY = (*SETS, *GROUPS, *SERVER_GROUPS)
ROUNDS = 5
TAKEN = "wanted here and given to other guests of the host"


def main() -> int:
    """Run; answers 1 when a figure was missed."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("groups", nargs="*", metavar="FIGURE", help=f"which: {', '.join(EVERY)} (default: all)")
    parser.add_argument("--quick", action="store_true", help="smaller numbers, for a look; never for the record")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"rounds per figure, their median counts ({ROUNDS})")
    parser.add_argument("--record", action="store_true", help="write docs/benchmarks.md (of file, server or all)")
    given = parser.parse_args()
    unknown = [name for name in given.groups if name not in EVERY]
    if unknown:
        parser.error(f"there is no figure {unknown[0]!r}: {', '.join(EVERY)}")
    wanted = [SETS.get(name, (name,)) for name in given.groups or SETS]
    if given.record and (given.quick or len(wanted) != 1 or wanted[0] not in SETS.values()):
        parser.error("only a whole run at full size is recorded: file, or server")
    steal = Steal()
    figures = run([name for names in wanted for name in names], Scale(quick=given.quick, rounds=given.rounds))
    facts = [*describe(), (f"processor time {TAKEN}", steal.words())]
    print()
    print("\n".join(f"{name}: {words}" for name, words in facts))
    if given.record:
        table.record(given.groups[0], figures, facts)
        print(f"recorded in {table.DOCUMENT}")
    return int(any(figure.verdict == "missed" for figure in figures))


def run(groups: Sequence[str], scale: Scale) -> list[Figure]:
    """Measure each group and show it as soon as it is there."""
    figures: list[Figure] = []
    for name in groups:
        began, steal = time.perf_counter(), Steal()
        found = importlib.import_module(f"bench.{name}").measure(scale)
        print(table.shown(found), flush=True)
        print(f"{'':>14}({name} took {time.perf_counter() - began:.0f} s; {TAKEN}: {steal.words()})", flush=True)
        figures += found
    return figures


if __name__ == "__main__":
    sys.exit(main())

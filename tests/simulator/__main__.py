"""python -m tests.simulator --seeds 20000: lives many worlds and tells what broke; one seed alone is told whole."""

from __future__ import annotations

import argparse
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from typing import Final

from faults.record import append
from tests.simulator.campaign import Tally, campaign
from tests.simulator.script import write
from tests.simulator.shrink import shrink, story
from tests.simulator.world import live

PORTION: Final = 50
TOLD_MAX: Final = 3
"""Failing seeds that are told whole."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulator", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000, help="how many (default 1000)")
    parser.add_argument("--first", type=int, default=0, help="the first one (default 0)")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="at once (default: one a core)")
    parser.add_argument("--trace", action="store_true", help="tell every world whole, also those that hold")
    parser.add_argument("--record", action="store_true", help="append the result to RELIABILITY.md")
    chosen = parser.parse_args()
    seeds = range(chosen.first, chosen.first + chosen.seeds)
    if chosen.trace:
        for seed in seeds:
            world, words = live(write(seed))
            sys.stdout.write(f"seed {seed}\n{world.trace}\n{words or 'every promise held'}\n")
        return 0
    begun, tally = time.perf_counter(), Tally()
    with ProcessPoolExecutor(chosen.processes) as pool:
        portions = [seeds[at : at + PORTION] for at in range(0, len(seeds), PORTION)]
        for done in pool.map(campaign, portions):
            tally.merge(done)
            sys.stderr.write(f"\r{tally.worlds} seeds, {len(tally.broken)} broken")
    lines = [*tally.lines(), f"seconds: {time.perf_counter() - begun:.0f} on {chosen.processes} cores"]
    sys.stdout.write("\n" + "\n".join(lines) + "\n")
    for seed in sorted(tally.broken)[:TOLD_MAX]:
        sys.stdout.write("\n" + story(seed, *shrink(write(seed))) + "\n")
    if chosen.record:
        append(f"make simulate, seeds {seeds.start} to {seeds.stop - 1}", [f"- {line}" for line in lines])
    return 1 if tally.broken else 0


if __name__ == "__main__":
    sys.exit(main())

"""python -m tests.simulator.find NAME ...: the first seed that notices each planted bug, for tests/planted/simulator.toml.

Which world a seed is hangs on every step of the engine: after a change of it the planted bugs may need other seeds.
"""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from tools.planted import ROOT, Bug, copy_with, read_bugs

SEEDS: Final = 1_000
SECONDS_MAX: Final = 600
LOOK: Final = f"""
from tests.simulator.script import write
from tests.simulator.world import live
for seed in range({SEEDS}):
    words = live(write(seed))[1]
    if words is not None:
        print(seed, words.splitlines()[0])
        break
else:
    print("not noticed by {SEEDS} seeds")
"""


def main(names: list[str]) -> None:
    bugs = [bug for bug in read_bugs() if "test_simulator" in bug.test and (not names or bug.name in names)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for bug, words in zip(bugs, pool.map(find, bugs), strict=True):
            sys.stdout.write(f"{bug.name}: {words}\n")
            sys.stdout.flush()


def find(bug: Bug) -> str:
    """The first seed that notices it, and the promise that it breaks."""
    with copy_with(bug) as folder:
        environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)])}
        words = [sys.executable, "-c", LOOK]
        done = subprocess.run(
            words, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=SECONDS_MAX, check=False
        )
    return done.stdout.strip() or done.stderr[-500:]


if __name__ == "__main__":
    main(sys.argv[1:])

"""python -m tests.simulator.find NAME ...: the first seed that notices each planted bug, for tests/planted/simulator.toml.

Which world a seed is hangs on every step of the engine: after a change of it the planted bugs may need other seeds.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Final

from tools.planted import ROOT, copy_with, read_bugs

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
    for bug in read_bugs():
        if "test_simulator" not in bug.test or (names and bug.name not in names):
            continue
        with copy_with(bug) as folder:
            environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)])}
            words = [sys.executable, "-c", LOOK]
            done = subprocess.run(
                words, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=SECONDS_MAX, check=False
            )
        sys.stdout.write(f"{bug.name}: {done.stdout.strip() or done.stderr[-500:]}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])

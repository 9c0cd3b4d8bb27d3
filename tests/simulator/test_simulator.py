"""A hundred worlds in which everything goes wrong that can: the engine, the worker and the store as they are shipped.

Only threads, time, randomness and processes are ours. HEADWAY_SIMULATE_SEEDS tells how many worlds, or `make simulate`.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulator.campaign import campaign
from tests.simulator.script import CALLING, FAULTS, FLOWS, REQUESTS, SCHEDULED, TIDYING, write
from tests.simulator.shrink import story
from tests.simulator.world import live

SEEDS = int(os.environ.get("HEADWAY_SIMULATE_SEEDS", "120"))
PINNED = (132, 259, 294, 918)
"""The first worlds that notice some of the planted bugs."""
ROOT = Path(__file__).resolve().parents[2]
DIGESTS = "from tests.simulator.world import live; from tests.simulator.script import write; import json; print(json.dumps([live(write(seed))[0].trace.digest for seed in range(5)]))"


@pytest.mark.parametrize("seed", sorted({*range(SEEDS), *PINNED}))
def test_whatever_happens_every_promise_is_kept(seed: int) -> None:
    world, words = live(write(seed))
    if words is not None:
        pytest.fail(story(seed, world, words), pytrace=False)


def test_the_same_seed_is_the_same_world_in_every_process() -> None:
    told = []
    for hash_seed in ("1", "2"):
        environment = os.environ | {"PYTHONHASHSEED": hash_seed}
        done = subprocess.run(
            [sys.executable, "-c", DIGESTS], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
        )
        told.append(done.stdout)
    assert told[0] == told[1]
    assert len(set(json.loads(told[0]))) == 5


@pytest.mark.timeout(60)  # two hundred scripts and fifteen worlds in one test
def test_the_worlds_meet_every_deed_and_every_end() -> None:
    scripts = [write(seed) for seed in range(200)]
    met = {one.deed for script in scripts for one in script.incidents}
    assert met == {*FAULTS, *REQUESTS, *FLOWS, *SCHEDULED, *TIDYING, *CALLING}
    tally = campaign(range(15))
    assert {"completed", "failed", "cancelled"} <= set(tally.ends)
    assert tally.batches
    assert {"a batch", "a callback", "a condition", "a unique key", "a parent's success"} <= set(tally.parts)
    assert {"committed", "admitted", "completed by themselves"} <= set(tally.calls)
    assert {"started", "missed", "by hand"} <= set(tally.schedules)
    assert tally.bodies > 15 * 5

"""Kill points: a process is killed at each of the system calls that write, in the middle of one operation of the store.

Afterwards the store is as it was before or as it is after, never between; what was acknowledged is there; the audit
finds nothing; and the operation can be done again.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Final
from unittest import mock

from faults import acts, months
from faults.acts import Act, Facts
from faults.scene import ROOT, Scene
from headway.store.open import open_store
from headway.store.sqlite.identity import ALLOW_VARIABLE

SYSCALLS: Final = ("pwrite64", "fdatasync", "fsync", "unlink", "ftruncate", "?chmod,?fchmodat")
POINTS_MAX: Final = 200
RUN_S: Final = 30.0
ACTS: Final = {
    "enqueue": Act(acts.before_enqueue, acts.do_enqueue, acts.look_enqueue),
    "claim": Act(acts.before_claim, acts.do_claim, acts.look_claim),
    "settle": Act(acts.before_settle, acts.do_settle, acts.look_settle),
    "archive": Act(acts.before_archive, acts.do_archive, acts.look_archive),
    "seal": Act(months.before_seal, months.do_seal, months.look_seal),
    "late arrival": Act(months.before_late_arrival, acts.do_archive, months.look_late_arrival),
    "purge of a month": Act(months.before_purge, months.do_purge, months.look_purge),
    "requeue of a month's last": Act(months.before_requeue, months.do_requeue, months.look_requeue),
}


def every_point(name: str, folder: Path) -> str:
    """Kill it at every point; answers how many there were. An AssertionError says where something was wrong."""
    with mock.patch.dict(os.environ, {ALLOW_VARIABLE: "0"}):  # each try begins with a copy
        return _every_point(name, folder)


def _every_point(name: str, folder: Path) -> str:
    act = ACTS[name]
    source = folder / "prepared"
    store = open_store(str(source))
    facts = act.prepare(store)
    assert act.look(store, facts) == "before", "the preparation"
    store.close()
    points = befores = acknowledged = 0
    for syscall in SYSCALLS:
        for k in itertools.count(1):
            assert k <= POINTS_MAX, f"more than {POINTS_MAX} calls of {syscall}"
            found = one_point(name, act, facts, source, folder / "tried", syscall, k)
            if found is None:
                break
            points += 1
            befores += found[0] == "before"
            acknowledged += found[1]
    assert points > 0, "nothing was killed"
    return f"{points} points: {befores} before, {points - befores} after, {acknowledged} of these acknowledged"


def one_point(
    name: str, act: Act, facts: Facts, source: Path, tried: Path, syscall: str, k: int
) -> tuple[str, bool] | None:
    """What is there after a kill at the k-th such call, and whether it was acknowledged; None when it was not reached."""
    shutil.rmtree(tried, ignore_errors=True)
    shutil.copytree(source, tried)
    with Scene(tried.parent) as scene:
        environment = scene.environment()
    words = [
        "strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={syscall}",
        "-e", f"inject={syscall}:signal=SIGKILL:when={k}",
        sys.executable, "-m", "faults.points", name, str(tried), json.dumps(facts),
    ]  # fmt: skip
    done = subprocess.run(words, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=RUN_S, check=False)
    where = f"{name} killed at {syscall} number {k}"
    said = "acknowledged" in done.stdout
    if done.returncode == 0:
        assert said, f"{where}: {done.stderr}"
        return None
    assert done.returncode in {-signal.SIGKILL, 128 + signal.SIGKILL}, f"{where}: {done.stderr}"
    store = open_store(str(tried))
    try:
        state = act.look(store, facts)
        assert state in {"before", "after"}, f"{where}: {state}"
        assert state == "after" or not said, f"{where}: it was acknowledged and is not there"
        breaches = store.call(store.audit())
        assert not breaches, f"{where}: {breaches}"
        if state == "before":
            act.do(store, facts)
            assert act.look(store, facts) == "after", f"{where}: it cannot be done again"
    finally:
        store.close()
    return state, said


def main() -> None:
    """The process that is killed: `python -m faults.points <act> <store> <facts>`."""
    name, place, facts = sys.argv[1:4]
    store = open_store(place)
    ACTS[name].do(store, json.loads(facts))
    print("acknowledged", flush=True)
    store.close()


if __name__ == "__main__":
    main()

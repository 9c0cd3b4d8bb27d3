"""Clocks that are wrong for real: one node with another wall clock, one that is stepped, one with another boot clock."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from faults.scene import LEASE_S, Scene, wait
from faults.tools import FAKETIME, IN_OTHER_BOOT_CLOCK

HOUR_S: Final = 3600
WATCH_S: Final = 3 * LEASE_S


def false_time(**more: str) -> dict[str, str]:
    """An environment in which the wall clock is false and the others are true."""
    return {"LD_PRELOAD": str(FAKETIME[0]), "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1", **more}


def nothing_is_stolen(scene: Scene) -> str:
    """Jobs run on both nodes for three leases, then short ones too; each once, and both nodes keep their identity."""
    nodes = {node.uid for node in scene.nodes()}
    assert len(nodes) == 2, f"two nodes: {nodes}"
    long = scene.put_many([("rests", {"s": WATCH_S})] * 10)
    for job in long:
        scene.begun(job)
    assert len({mark.pid for mark in scene.diary(kind="S")}) == 2, "both nodes run some"
    short = scene.put_many([("rests", {"s": 0.01})] * 20)
    wait(WATCH_S)
    states = scene.finish(*long, *short)
    assert set(states) == {"completed"}
    taken = sum(len(scene.detail(job).attempts) - 1 for job in (*long, *short))
    assert taken == 0, f"{taken} leases were taken early"
    assert {node.uid for node in scene.nodes()} == nodes, "both nodes kept their identity"
    assert scene.breaches() == []
    return f"{len(long) + len(short)} jobs over {WATCH_S:g} s, leases taken early: 0"


def wall_clock_off(folder: Path, seconds: int) -> str:
    """One of two nodes has a wall clock that is wrong by an hour."""
    with Scene(folder) as scene:
        scene.worker(concurrency=5)
        scene.worker(concurrency=5, environment=false_time(FAKETIME=f"{seconds:+d}s"))
        return nothing_is_stolen(scene)


def wall_clock_stepped(folder: Path) -> str:
    """The wall clock of one of two nodes is stepped by an hour and back, while jobs run."""
    with Scene(folder) as scene:
        offset = folder / "offset"
        offset.write_text("+0s")
        scene.worker(concurrency=5)
        scene.worker(concurrency=5, environment=false_time(FAKETIME_TIMESTAMP_FILE=str(offset), FAKETIME_NO_CACHE="1"))
        nodes = {node.uid for node in scene.nodes()}
        jobs = scene.put_many([("rests", {"s": WATCH_S})] * 10)
        for job in jobs:
            scene.begun(job)
        for text in ("+3600s", "-3600s", "+0s"):
            offset.write_text(text)
            wait(LEASE_S)
        assert set(scene.finish(*jobs)) == {"completed"}
        assert {len(scene.detail(job).attempts) for job in jobs} == {1}
        assert {node.uid for node in scene.nodes()} == nodes
        assert scene.breaches() == []
        return "10 jobs, steps of +1 h, -2 h and +1 h: leases taken early: 0"


def other_boot_clock(folder: Path) -> str:
    """One of two nodes lives in a time namespace whose boot clock is two hours ahead."""
    with Scene(folder) as scene:
        scene.worker(concurrency=5)
        scene.worker(concurrency=5, wrap=IN_OTHER_BOOT_CLOCK)
        return nothing_is_stolen(scene)


if __name__ == "__main__":
    import tempfile

    for name in sys.argv[1:]:
        with tempfile.TemporaryDirectory() as one:
            if name.startswith("off"):
                print(name, wall_clock_off(Path(one), int(name[3:])), flush=True)
            else:
                print(name, globals()[name](Path(one)), flush=True)

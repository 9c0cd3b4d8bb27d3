"""Watching a job: every status that differs, from now to its end."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from headway import Context, Jobs, State, Worker


@pytest.fixture
def working(tmp_path: Path) -> Iterator[Jobs]:
    jobs = Jobs(tmp_path / "store", durability="relaxed")

    def steps(ctx: Context, gate: str) -> None:
        ctx.progress(50, "half")
        while not Path(gate).exists():
            ctx.check_cancelled()

    jobs.register(steps, takes_context=True, name="steps")
    with jobs, Worker(jobs):
        yield jobs


def test_a_watcher_is_told_of_progress_and_of_the_end(working: Jobs, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    ref = working.enqueue(working.call_by_name("steps", {"gate": str(gate)}))
    seen = []
    for status in ref.watch():
        seen.append((status.state, status.message))
        if status.message == "half":
            gate.touch()
    assert (State.RUNNING, "half") in seen
    assert seen[-1][0] is State.COMPLETED
    assert len(seen) == len(set(seen)) or seen[-1] != seen[-2]


async def test_the_awaited_twin_tells_the_same(working: Jobs, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    ref = await working.aenqueue(working.call_by_name("steps", {"gate": str(gate)}))
    states = []
    async for status in ref.awatch():
        states.append(status.state)
        if status.message == "half":
            gate.touch()
    assert states[-1] is State.COMPLETED

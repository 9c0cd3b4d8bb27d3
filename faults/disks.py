"""Disks that fail or fill up for real: errors injected into system calls, small file systems, read-only mounts."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

from faults.scene import Scene, wait, wait_until
from faults.tools import mounted_memory, read_only, resize
from headway.model.errors import HeadwayError, StoreFull
from headway.store.sqlite.month import month_file

BIG: Final = "x" * 20_000
FAILING_CALLS: Final = (
    ("fdatasync", "EIO", 5),
    ("fdatasync", "EIO", 1),
    ("pwrite64", "EIO", 20),
    ("pwrite64", "EIO", 21),
    ("pwrite64", "ENOSPC", 20),
    ("pwrite64", "ENOSPC", 33),
)
WRITER: Final = """
import json, os
from headway.store.open import open_store
from headway.model.claim import NewJob
from headway.model.errors import StoreError
store = open_store(os.environ["FAULTS_STORE"])
for number in range(40):
    try:
        ref = f"n-{number}"
        store.call(store.enqueue([NewJob(ref_id=ref, name="rests", payload='{"s":0}'), NewJob(ref_id=ref + "+", name="rests", payload='{"s":0}')]))
        print(json.dumps(["acknowledged", ref]), flush=True)
    except StoreError as error:
        print(json.dumps(["refused", ref, str(error)]), flush=True)
store.close()
"""


def traced(call: str, error: str, when: str) -> list[str]:
    """Make that call fail."""
    return [
        "strace",
        "-f",
        "-qq",
        "-o",
        "/dev/null",
        "-e",
        f"trace={call}",
        "-e",
        f"inject={call}:error={error}:when={when}",
    ]


def failing_writes(folder: Path) -> str:
    """An enqueue whose write or sync fails is refused and absent; the ones before and after it are there."""
    refused = 0
    for number, (call, error, when) in enumerate(FAILING_CALLS):
        with Scene(folder / str(number)) as scene:
            scene.folder.mkdir(parents=True)
            scene.put("rests", s=0)
            scene.close_store()
            writer = scene.program(WRITER, wrap=traced(call, error, str(when)))
            assert writer.ended(60) == 0, writer.text
            answers = [json.loads(line) for line in writer.text.splitlines()]
            bad = [answer for answer in answers if answer[0] == "refused"]
            assert len(bad) <= 1, f"{call} {error} at {when}: {bad}"  # none: it was the pid in the lock file
            for kind, ref, *_ in answers:
                for one in (ref, f"{ref}+"):
                    there = scene.store.reader.call(scene.store.reader.job(one)) is not None
                    assert there == (kind == "acknowledged"), f"{call} {error} at {when}: {one} {kind}, there: {there}"
            assert scene.breaches() == []
            with closing(sqlite3.connect(scene.place / "jobs.db")) as connection:
                assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            refused += len(bad)
    assert refused >= len(FAILING_CALLS) - 2, f"only {refused} enqueues were refused"
    return f"{len(FAILING_CALLS)} injected errors, {refused} enqueues refused whole, all others acknowledged and there"


def failing_worker(folder: Path) -> str:
    """A worker whose writes fail for a while settles later what it ran; no body runs twice."""
    with Scene(folder) as scene:
        jobs = scene.put_many([("rests", {"s": 0.05})] * 60)
        worker = scene.worker(lease=30, wrap=traced("pwrite64", "EIO", "80..120"))
        states = scene.finish(*jobs, seconds=60)
        assert set(states) == {"completed"}
        assert {len(scene.diary(job, "S")) for job in jobs} == {1}
        failed = worker.text.count("trying again")
        assert failed > 0, worker.text
        assert scene.breaches() == []
        return f"60 jobs, {failed} turns failed, none ran twice"


def fill(scene: Scene) -> list[int]:
    """Enqueue until it is refused; what was acknowledged."""
    acknowledged: list[int] = []
    with contextlib.suppress(StoreFull):
        while True:
            acknowledged += scene.put_many([("rests", {"s": 0, "why": BIG})] * 2)
    return acknowledged


def small_disk(folder: Path) -> str:
    """A store on 4 MB: refused when full, nothing lost, nothing claimed; with more room it goes on by itself."""
    with mounted_memory(folder / "store", "4m"), Scene(folder) as scene:
        acknowledged = fill(scene)
        assert all(scene.state(job) == "queued" for job in acknowledged)
        counts = scene.store.reader.call(scene.store.reader.counts())
        assert sum(counts.values()) == len(acknowledged), "half of a refused call is there"
        resize(folder / "store", "5m")
        worker = scene.worker()
        wait_until(lambda: "no job is claimed until there is room" in worker.text, "it says why it claims nothing")
        assert not scene.diary()
        resize(folder / "store", "128m")
        assert set(scene.finish(*acknowledged, seconds=60)) == {"completed"}
        assert scene.breaches() == []
        return f"{len(acknowledged)} acknowledged before it was full, all completed after it was enlarged"


def filled_disk(folder: Path) -> str:
    """A disk that somebody else fills: running jobs are settled from the ballast, no new one starts, then all goes on."""
    with mounted_memory(folder / "store", "64m"), Scene(folder) as scene:
        worker = scene.worker(lease=30)
        wait_until((folder / "store" / "ballast").exists, "the ballast is made")
        running = scene.put_many([("rests", {"s": 3})] * 6)
        for job in running:
            scene.begun(job)
        later = scene.put_many([("rests", {"s": 0})] * 20, delay_us=2_000_000)
        filler = folder / "store" / "filler"
        with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
            while True:
                file.write(b"\0" * 65536)
        with contextlib.suppress(OSError), filler.open("ab", buffering=0) as file:
            while True:
                file.write(b"\0")
        assert set(scene.finish(*running)) == {"completed"}, "settled although the disk is full"
        assert not (folder / "store" / "ballast").exists(), "the ballast was given up for it"
        wait(1.0)
        assert not any(scene.diary(job) for job in later), "nothing new is begun"
        filler.unlink()
        assert set(scene.finish(*later, seconds=30)) == {"completed"}
        wait_until((folder / "store" / "ballast").exists, "the ballast is made again")
        assert worker.popen.poll() is None
        assert scene.breaches() == []
        return "6 running jobs settled on the full disk, 20 due ones waited for room and completed"


def read_only_archive(folder: Path) -> str:
    """A month that cannot be written keeps its jobs in the main file, whole; afterwards they are archived by themselves."""
    with Scene(folder) as scene:
        first = scene.put("rests", s=0)
        scene.store.call(scene.store.cancel(first))
        scene.store.call(scene.store.archive(before_us=1 << 60))
        jobs = scene.put_many([("rests", {"s": 0, "why": BIG})] * 10)
        path = month_file(scene.place, scene.detail(first).row.created_us)
        with read_only(path):
            worker = scene.worker(archive_after=0.01)
            scene.finish(*jobs)
            refused = False
            try:
                scene.store.call(scene.store.archive(before_us=1 << 60))
            except HeadwayError:
                refused = True
            assert refused, "a read-only file was written"
            assert all(BIG in (scene.detail(job).payload or "") for job in jobs)
            assert not any(scene.detail(job).row.archived for job in jobs)
        wait_until(lambda: all(scene.detail(job).row.archived for job in jobs), "archived by itself", 40)
        assert all(BIG in (scene.detail(job).payload or "") for job in jobs)
        assert worker.popen.poll() is None
        assert scene.breaches() == []
        return "10 jobs stayed whole in the main file while the month was read-only, then moved"


def held(names: Sequence[str]) -> None:
    """For a look by hand: `python -m faults.disks small_disk`."""
    import tempfile

    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            print(name, globals()[name](Path(folder)), flush=True)


if __name__ == "__main__":
    held(sys.argv[1:])

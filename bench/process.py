"""Processes of the benchmark: an embedded worker in a process of its own, and what the system says of a process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bench.disk import base

ROOT = Path(__file__).resolve().parent.parent
STOP_WAIT_S = 20.0
READY = "ready"
WORKER = """
import sys
from bench.application import jobs
from headway import Worker
with Worker(jobs, concurrency=int(sys.argv[1])):
    print("ready", flush=True)
    sys.stdin.read()
"""
APPLICATION = "bench.application:jobs"


def environment(place: str | Path) -> dict[str, str]:
    """What a child process needs to find the benchmark and its store; "" for no store."""
    paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    found = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in paths if path)}
    if place:
        found["HEADWAY_URL"] = str(place)
    # Programs are measured as they are installed, with their compiled files; ours lie where nobody minds them.
    found.pop("PYTHONDONTWRITEBYTECODE", None)
    found["PYTHONPYCACHEPREFIX"] = str(base() / "headway-bench-compiled")
    return found


@contextmanager
def worker_process(place: str | Path, concurrency: int = 10) -> Iterator[subprocess.Popen[str]]:
    """An embedded worker in another process, until the end of the block."""
    with python("-c", WORKER, str(concurrency), place=place) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == READY, "the worker did not start"
        yield process


@contextmanager
def supervisor_process(place: str | Path, hosts: int, concurrency: int) -> Iterator[subprocess.Popen[str]]:
    """A stand-alone worker with so many hosts, until the end of the block."""
    words = (
        "worker",
        APPLICATION,
        "--processes",
        str(hosts),
        "--concurrency",
        str(concurrency),
        "--log-level",
        "warning",
    )
    with python("-m", "headway", *words, place=place) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)


@contextmanager
def python(*words: str, place: str | Path) -> Iterator[subprocess.Popen[str]]:
    """A Python with these arguments; its input is closed at the end, which is its sign to stop."""
    process = subprocess.Popen(
        [sys.executable, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment(place),
        cwd=ROOT,
        text=True,
    )
    try:
        yield process
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            process.wait(STOP_WAIT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def output_of(*words: str, place: str | Path = "") -> str:
    """What a Python prints."""
    done = subprocess.run(
        [sys.executable, *words], env=environment(place), cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    )
    return done.stdout


def resident_mb(pid: int) -> float:
    """Resident memory of a process in megabytes."""
    return int(_status(pid)["VmRSS"].split()[0]) / 1024


def processor_s(pid: int) -> float:
    """Processor time of a process so far, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def children_of(pid: int) -> list[int]:
    """The process's own children."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += [int(word) for word in (task / "children").read_text(encoding="ascii").split()]
    return found


def _status(pid: int) -> Mapping[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)

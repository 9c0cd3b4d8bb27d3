"""A store, real workers on it, and what can be seen of them: the stage on which every fault is shown."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from faults.tree import family, kill_tree
from headway.model.claim import NewJob
from headway.model.clock import SystemClock
from headway.model.ids import new_ref_id
from headway.model.job import State
from headway.store.open import open_store
from headway.store.protocol import JobDetail, NodeRow, Store
from headway.store.sqlite.lock import GATE_FILE, WRITER_FILE, LockFile

ROOT: Final = Path(__file__).resolve().parent.parent
APPLICATION: Final = "faults.bodies:jobs"
WAIT_S: Final = 15.0
LOOK_S: Final = 0.01
LEASE_S: Final = 2.0


class TookTooLong(AssertionError):
    """Something that was to happen did not, in the time it had."""


def wait_until(condition: Callable[[], Any], what: str | Callable[[], str], seconds: float = WAIT_S) -> Any:
    """Look until it is so; answers what the look found."""
    end, pause = time.monotonic() + seconds, threading.Event()
    while not (found := condition()):
        if time.monotonic() > end:
            msg = f"not within {seconds:g} s: {what if isinstance(what, str) else what()}"
            raise TookTooLong(msg)
        pause.wait(LOOK_S)
    return found


def wait(seconds: float) -> None:
    """Let time pass that is part of the fault itself (a stopped process, an outage)."""
    threading.Event().wait(seconds)


def is_alive(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    return state_of(pid) not in {"", "Z", "X"}


def state_of(pid: int) -> str:
    """The letter of /proc/pid/stat: R, S, T (stopped), Z (dead), or nothing."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rsplit(")", 1)[1].split()[0]
    except (OSError, IndexError):
        return ""


@dataclass(frozen=True, slots=True)
class Mark:
    """One line of the diary: a body began (S) or ended (E)."""

    kind: str
    id: int
    epoch: int
    pid: int
    at: float


@dataclass(slots=True)
class Process:
    """A worker tree, or another program on the scene."""

    popen: subprocess.Popen[bytes]
    log: Path

    @property
    def pid(self) -> int:
        """The supervisor's."""
        return self.popen.pid

    @property
    def text(self) -> str:
        """What it logged."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def signal(self, number: int) -> None:
        """To the supervisor alone."""
        self.popen.send_signal(number)

    def ended(self, seconds: float = WAIT_S) -> int:
        """Its exit code, once it has ended."""
        return self.popen.wait(seconds)

    def family(self) -> list[int]:
        """Everything below it."""
        return [pid for pid in family(self.pid) if pid != self.pid]


@dataclass(slots=True)
class Scene:
    """A folder with a store in it, or a folder and a store on a server."""

    folder: Path
    url: str | None = None
    """Of the store on a server."""
    processes: list[Process] = field(default_factory=list)
    _store: Store | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- the store ---------------------------------------------------------------------------------------------------

    @property
    def place(self) -> Path:
        """Where the store is, when it is a folder."""
        return self.folder / "store"

    @property
    def at(self) -> str:
        """What the store is opened by."""
        return str(self.place) if self.url is None else self.url

    @property
    def store(self) -> Store:
        """The store as a client has it open."""
        if self._store is None:
            self._store = open_store(self.at)
        return self._store

    def put(self, name: str, **arguments: Any) -> int:
        """Enqueue one job; its id."""
        return self.put_many([(name, arguments)])[0]

    def put_many(self, calls: Sequence[tuple[str, Mapping[str, Any]]], *, retries: int = 0, **facts: Any) -> list[int]:
        """Enqueue several in one call."""
        clock = SystemClock()
        new = [
            NewJob(ref_id=new_ref_id(clock), name=name, payload=json.dumps(given), retries=retries, **facts)
            for name, given in calls
        ]
        return [one.id for one in self.store.call(self.store.enqueue(new))]

    def detail(self, job: int) -> JobDetail:
        """Everything about it."""
        found = self.store.reader.call(self.store.reader.detail(job))
        assert found is not None, f"job {job} is nowhere"
        return found

    def state(self, job: int) -> State:
        """Its state."""
        return self.detail(job).row.state

    def kinds(self, job: int) -> list[str]:
        """How its attempts ended, in order."""
        return [attempt.kind.value for attempt in self.detail(job).attempts]

    def nodes(self, state: str = "active") -> list[NodeRow]:
        """The nodes in that state."""
        return [node for node in self.store.reader.call(self.store.reader.nodes()) if node.state == state]

    def finish(self, *jobs: int, seconds: float = WAIT_S) -> list[State]:
        """Wait until these have ended."""
        wait_until(
            lambda: all(self.state(job).is_final for job in jobs), lambda: f"jobs end: {self.stands(jobs)}", seconds
        )
        return [self.state(job) for job in jobs]

    def stands(self, jobs: Sequence[int]) -> str:
        """For people, when it took too long."""
        return ", ".join(f"{job} {self.state(job)} {self.kinds(job)}" for job in jobs)

    def breaches(self) -> list[str]:
        """What the audit finds."""
        return [f"{one.invariant}: {one.job_id}: {one.note}" for one in self.store.call(self.store.audit())]

    # -- processes ---------------------------------------------------------------------------------------------------

    def environment(self) -> dict[str, str]:
        """What a process of this scene is told."""
        return {
            **os.environ,
            "FAULTS_STORE": self.at,
            "FAULTS_DIARY": str(self.folder / "diary"),
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")]),
        }

    def start(
        self, words: Sequence[str], *, wrap: Sequence[str] = (), environment: Mapping[str, str] | None = None
    ) -> Process:
        """Start a Python program; `wrap` comes before the interpreter (strace, unshare, a shell with a limit)."""
        log = self.folder / f"log-{len(self.processes)}"
        with log.open("ab") as file:
            popen = subprocess.Popen(
                [*wrap, sys.executable, *words],
                env={**self.environment(), **(environment or {})},
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
            )
        process = Process(popen, log)
        self.processes.append(process)
        return process

    def worker(self, *, ready: bool = True, lease: float = LEASE_S, **options: Any) -> Process:
        """A worker, registered when this returns; the options are those of `faults.worker`, or of `start`."""
        given = {key: options.pop(key) for key in ("wrap", "environment") if key in options}
        words = ["-m", "faults.worker", str(lease), "--application", APPLICATION]
        for name, value in options.items():
            words += [f"--{name.replace('_', '-')}", str(value)]
        process = self.start(words, **given)
        if ready:
            wait_until(lambda: self.node_of(process), lambda: f"the worker registers: {process.text}")
        return process

    def stop_outside_writes(self, process: Process) -> None:
        """Let it stand still (SIGSTOP) while it neither writes nor is next to: it would hold up everybody, another fault."""
        locks = [LockFile(self.place / name) for name in (GATE_FILE, WRITER_FILE)]
        for lock in locks:
            lock.take()
        process.signal(signal.SIGSTOP)
        wait_until(lambda: state_of(process.pid) == "T", "it stands still")
        for lock in reversed(locks):
            lock.close()

    def node_of(self, process: Process) -> NodeRow | None:
        """Its node, if it is active; the process may stand below a wrapper."""
        pids = set(family(process.pid))
        return next((node for node in self.nodes() if node.pid in pids), None)

    def program(self, code: str, **given: Any) -> Process:
        """A program that has this text."""
        return self.start(["-c", code], **given)

    # -- the diary ---------------------------------------------------------------------------------------------------

    def diary(self, job: int | None = None, kind: str | None = None) -> list[Mark]:
        """What bodies wrote down, in order."""
        found: list[Mark] = []
        with contextlib.suppress(FileNotFoundError):
            for line in (self.folder / "diary").read_text().splitlines():
                what, *rest = line.split()
                mark = Mark(what, int(rest[0]), int(rest[1]), int(rest[2]), float(rest[3]))
                if job in {None, mark.id} and kind in {None, what}:
                    found.append(mark)
        return found

    def begun(self, job: int, times: int = 1, seconds: float = WAIT_S) -> Mark:
        """Wait until its body has begun so many times; the latest beginning."""
        wait_until(lambda: len(self.diary(job, "S")) >= times, f"job {job} begins for time {times}", seconds)
        return self.diary(job, "S")[times - 1]

    # -- the end -----------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Kill what still runs, close the store."""
        for process in self.processes:
            if process.popen.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGCONT)
                kill_tree(process.pid)
                process.popen.wait(WAIT_S)
        self.close_store()

    def close_store(self) -> None:
        """Close the client's store; the next use opens it again."""
        if self._store is not None:
            self._store.close()
            self._store = None

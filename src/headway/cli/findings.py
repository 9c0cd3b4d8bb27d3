"""What `headway check` looks at: each look is a function that answers findings, fine or not."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final

from headway.cli.target import stored_schema
from headway.model.errors import HeadwayError, StorePlaceInvalid
from headway.view import words
from headway.view.tables import few

if TYPE_CHECKING:
    from headway.model.registry import Registry
    from headway.store.place import Place
    from headway.store.protocol import Breach, NodeRow, QueueCount

FREE_MIN_BYTES: Final = 200 * 1024 * 1024
OTHERS_MODE: Final = 0o077
LOCK_TRIES: Final = 10
LOCK_PAUSE_S: Final = 0.1
ACTIVE: Final = "active"


class Level(StrEnum):
    """How bad a finding is."""

    FINE = "fine"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    level: Level = Level.FINE
    topic: str
    what: str
    advice: str = ""


def settings() -> Iterator[Finding]:
    """Whether the environment and the settings file can be read."""
    from headway.client.settings import environment, load_settings

    try:
        load_settings({}, environment(), Path.cwd())
    except HeadwayError as error:
        what, _, advice = str(error).partition("; ")
        yield Finding(level=Level.PROBLEM, topic="settings", what=what, advice=advice or "correct it where it is set")
    else:
        yield Finding(topic="settings", what="environment and settings file are understood")


def files(place: Place) -> Iterator[Finding]:
    """Where the store is, who may read it, on what file system, with how much room."""
    from headway.store.sqlite.connect import check_file_system

    yield Finding(topic="place", what=str(place))
    own = () if place.shared else (place.main,)
    for path in (place.folder, *own):
        yield from _private(path)
    try:
        check_file_system(place.main)
    except StorePlaceInvalid as error:
        what, _, advice = str(error).partition("; ")
        yield Finding(level=Level.PROBLEM, topic="file system", what=what, advice=advice)
    free = shutil.disk_usage(place.main.parent).free
    room = f"{words.grouped(free // 2**20)} MiB free"
    if free < FREE_MIN_BYTES:
        advice = f"make room: below {FREE_MIN_BYTES // 2**20} MiB writing may soon fail"
        yield Finding(level=Level.WARNING, topic="space", what=room, advice=advice)
    else:
        yield Finding(topic="space", what=room)


def _private(path: Path) -> Iterator[Finding]:
    if os.name != "posix" or not path.exists():
        return
    status = path.stat()
    if status.st_mode & OTHERS_MODE:
        mode, right = f"{status.st_mode & 0o777:04o}", "700" if path.is_dir() else "600"
        what = f"{path} can be read by other users (mode {mode})"
        yield Finding(level=Level.WARNING, topic="permissions", what=what, advice=f"chmod {right} {path}")
    elif status.st_uid != os.getuid():
        what = f"{path} belongs to user id {status.st_uid}, this is {os.getuid()}"
        yield Finding(
            level=Level.WARNING, topic="permissions", what=what, advice="run everything of a store as one user"
        )
    else:
        yield Finding(topic="permissions", what=f"{path} is private")


def schema(place: Place) -> Iterator[Finding]:
    """Whether this headway and the file agree on the schema."""
    from headway.store.sqlite.migrate import migrations

    found, newest = stored_schema(place), migrations()[-1].version
    if found > newest:
        what = f"the store has schema {found}, this headway knows up to {newest}"
        yield Finding(level=Level.PROBLEM, topic="schema", what=what, advice="upgrade headway here")
    elif found < newest:
        yield Finding(topic="schema", what=f"version {found}; the next worker or enqueue brings it to {newest}")
    else:
        yield Finding(topic="schema", what=f"version {found}, the newest")


def library(place: Place, nodes: tuple[NodeRow, ...]) -> Iterator[Finding]:
    """Whether this SQLite can lose rows when several processes write and one of them does not keep our lock."""
    from headway.store.sqlite.connect import library_is_safe

    version = f"SQLite {sqlite3.sqlite_version}"
    several = place.shared or sum(node.state == ACTIVE for node in nodes) > 1
    if several and not library_is_safe():
        yield Finding(
            level=Level.WARNING,
            topic="SQLite",
            what=f"{version} can lose rows when a program other than headway writes or checkpoints this file",
            advice="use SQLite 3.51.3 or newer (3.44.6 and 3.50.7 are mended too), or let only headway write the file",
        )
    else:
        yield Finding(topic="SQLite", what=version)


def lock(place: Place) -> Iterator[Finding]:
    """Whether somebody sits on the writer lock; a short turn is no finding."""
    from headway.store.sqlite.lock import LockFile

    path = place.folder / "writer.lock"
    if not path.exists():
        return
    file = LockFile(path)
    pause = threading.Event()
    try:
        for _ in range(LOCK_TRIES):
            if file.try_take():
                file.let_go()
                yield Finding(topic="writer lock", what="free")
                return
            pause.wait(LOCK_PAUSE_S)
        pid = file.signature()
        what = f"held for more than a second by {_process(pid)}"
        advice = "if that process does not go on by itself, stop it: the lock ends with it"
        yield Finding(level=Level.WARNING, topic="writer lock", what=what, advice=advice)
    finally:
        file.close()


def _process(pid: int | None) -> str:
    if pid is None:
        return "an unknown process"
    command = ""
    if sys.platform == "linux":
        try:
            raw = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            raw = b""
        command = words.cut(raw.replace(b"\0", b" ").decode(errors="replace").strip(), 80)
    return f"process {pid}" + (f" ({command})" if command else "")


def handlers(stored: tuple[str, ...], nodes: tuple[NodeRow, ...], registry: Registry | None) -> Iterator[Finding]:
    """Whether unfinished jobs are stored under names that nobody can run."""
    running = frozenset(name for node in nodes if node.state == ACTIVE for name in node.names)
    unknown = [name for name in stored if name not in running and (registry is None or registry.find(name) is None)]
    if registry is None and not running:
        yield Finding(
            topic="handlers",
            what=f"{words.count(len(stored), 'name')} of unfinished jobs; no code was given to compare with",
        )
    elif unknown:
        yield Finding(
            level=Level.WARNING,
            topic="handlers",
            what=f"unfinished jobs are stored under names that nobody knows: {few(unknown)}",
            advice="register them, or give their new handler aliases=[...] with the old name, or cancel those jobs",
        )
    else:
        yield Finding(topic="handlers", what="every unfinished job has a handler")


def workers(nodes: tuple[NodeRow, ...], queues: tuple[QueueCount, ...]) -> Iterator[Finding]:
    """Whether somebody runs what is ready."""
    active = [node for node in nodes if node.state == ACTIVE]
    for queue in queues:
        served = any(node.queues is None or queue.queue in node.queues for node in active)
        if queue.queued and not served:
            yield Finding(
                level=Level.WARNING,
                topic="workers",
                what=f"{words.count(queue.queued, 'job')} of queue {queue.queue} can run, and no active worker serves it",
                advice=f"start one: headway worker module:jobs --queue {queue.queue}=8",
            )
    yield Finding(topic="workers", what=f"{words.count(len(active), 'node')} active")


def breaches(found: tuple[Breach, ...]) -> Iterator[Finding]:
    """What the audit read."""
    for breach in found:
        which = "" if breach.job_id is None else f"job {breach.job_id}: "
        what = f"{which}{breach.invariant} does not hold: {breach.note}"
        yield Finding(level=Level.PROBLEM, topic="audit", what=what, advice="keep a copy of the store and report this")
    if not found:
        yield Finding(topic="audit", what="every invariant holds")

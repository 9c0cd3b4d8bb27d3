"""What `headway check` looks at: each look is a function that answers findings, fine or not."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final

from headway.model.errors import HeadwayError
from headway.view import words
from headway.view.alive import ACTIVE, DRAINING, GONE
from headway.view.lateness import is_unseen
from headway.view.tables import few

if TYPE_CHECKING:
    from headway.model.registry import Registry
    from headway.store.facts import Facts, Holder
    from headway.store.place import Place
    from headway.store.protocol import Breach, NodeRow, QueueCount

FREE_MIN_BYTES: Final = 200 * 1024 * 1024
OTHERS_MODE: Final = 0o077
LOG_MAX_BYTES: Final = 256 * 1024 * 1024
"""A log is copied back at a few MiB; one so long is kept from it by a reader."""
APPLICATION: Final = "module:jobs"
"""How an application is named where none was given."""


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


def files(place: Place, facts: Facts) -> Iterator[Finding]:
    """Where the store is, who may read it, on what file system, with how much room."""
    yield Finding(topic="place", what=str(place))
    own = () if place.shared else (place.main,)
    for path in (place.folder, *own):
        yield from _private(path)
    if facts.unfit is not None:
        what, _, advice = facts.unfit.partition("; ")
        yield Finding(level=Level.PROBLEM, topic="file system", what=what, advice=advice)
    free = facts.free_bytes or 0
    room = f"{words.grouped(free // 2**20)} MiB free"
    if free < FREE_MIN_BYTES:
        advice = f"make room: below {FREE_MIN_BYTES // 2**20} MiB writing may soon fail"
        yield Finding(level=Level.WARNING, topic="space", what=room, advice=advice)
    else:
        yield Finding(topic="space", what=room)
    if facts.log_bytes > LOG_MAX_BYTES:
        yield Finding(
            level=Level.WARNING,
            topic="log",
            what=f"the database's log has grown to {words.grouped(facts.log_bytes // 2**20)} MiB",
            advice="look for a program that keeps a read of the store open; the log is copied back when it lets go",
        )


def server(place: str, facts: Facts) -> Iterator[Finding]:
    """Where a store on a server is, and what server that is."""
    yield Finding(topic="place", what=place)
    yield Finding(topic="database", what=facts.library)


def held(facts: Facts) -> Iterator[Finding]:
    """Whether workers may take jobs."""
    if facts.closed is not None:
        what, _, advice = facts.closed.partition("; ")
        yield Finding(level=Level.WARNING, topic="claims", what=f"closed: the store {what}", advice=advice)
    elif facts.held_us is None:
        yield Finding(topic="claims", what="jobs may be claimed")
    else:
        yield Finding(
            level=Level.WARNING,
            topic="claims",
            what=f"held since {words.moment(facts.held_us)}: {facts.held_why}; no worker starts a job",
            advice="headway resume lets jobs run again; in a copy, only when the original will not run them too, and after "
            "cancelling what ran since and must not run twice",
        )


def archive(facts: Facts) -> Iterator[Finding]:
    """Whether the sealed months are there as they were sealed, by what their files say; `--audit` reads them."""
    if facts.broken_seals:
        yield Finding(
            level=Level.PROBLEM,
            topic="archive",
            what=f"sealed, and not there as they were sealed: {few(facts.broken_seals)}",
            advice="restore them from a backup; headway check --audit says what is missing",
        )
    else:
        yield Finding(topic="archive", what=f"{words.count(len(facts.months), 'month')}, {len(facts.sealed)} sealed")


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


def schema(facts: Facts) -> Iterator[Finding]:
    """Whether this headway and the file agree on the schema."""
    found, newest = facts.schema, facts.schema_newest
    if facts.schema_oldest > newest:
        what = f"the store has schema {found}, this headway knows up to {newest}"
        yield Finding(level=Level.PROBLEM, topic="schema", what=what, advice="upgrade headway here")
    elif found > newest:
        yield Finding(topic="schema", what=f"version {found}; this headway knows up to {newest}, and works with it")
    elif found < newest:
        yield Finding(topic="schema", what=f"version {found}; the next worker or enqueue brings it to {newest}")
    else:
        yield Finding(topic="schema", what=f"version {found}, the newest")


def library(place: Place, facts: Facts, nodes: tuple[NodeRow, ...]) -> Iterator[Finding]:
    """Whether this SQLite can lose rows when several processes write and one of them does not keep our lock."""
    processes = {(node.host, node.pid) for node in nodes if node.state == ACTIVE}
    if not facts.library_safe and (place.shared or len(processes) > 1):
        who = "the application and headway" if place.shared else f"{len(processes)} processes of headway"
        yield Finding(
            level=Level.WARNING,
            topic="SQLite",
            what=f"{who} use this file, and {facts.library} can lose rows when a program other than headway writes "
            "or checkpoints it meanwhile",
            advice="use SQLite 3.51.3 or newer (3.44.6 and 3.50.7 are mended too), or let only headway write the file",
        )
    else:
        yield Finding(topic="SQLite", what=facts.library)


def retention(facts: Facts, now_us: int) -> Iterator[Finding]:
    """How long the worker that purged last keeps what; whoever runs without one must purge by hand."""
    ages = facts.retention
    if ages is None or facts.retention_us is None:
        yield Finding(topic="retention", what="no worker has purged here yet; everything is kept until one does")
        return
    named = (
        ("completed", ages.completed_us),
        ("failed", ages.failed_us),
        ("logs", ages.logs_us),
        ("bodies", ages.bodies_us),
    )
    kept = ", ".join(f"{what} {'for ever' if age is None else words.duration(age)}" for what, age in named)
    archived = "never archived" if ages.archive_us is None else f"archived after {words.duration(ages.archive_us)}"
    looked = words.age(facts.retention_us, now_us)
    yield Finding(topic="retention", what=f"{kept}; {archived} (a worker looked {looked})")


def lock(holder: Holder | None) -> Iterator[Finding]:
    """Whether somebody sits on the writer lock; a short turn is no finding."""
    if holder is None:
        yield Finding(topic="writer lock", what="free")
    else:
        what = f"held for more than a second by {_process(holder.pid)}"
        advice = "if that process does not go on by itself, stop it: the lock ends with it"
        yield Finding(level=Level.WARNING, topic="writer lock", what=what, advice=advice)


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
    running = frozenset(name for node in nodes if node.state in {ACTIVE, DRAINING} for name in node.names)
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


def workers(
    nodes: tuple[NodeRow, ...], queues: tuple[QueueCount, ...], *, now_us: int, spec: str | None = None
) -> Iterator[Finding]:
    """Whether somebody runs what is ready, and whether one was killed whom nobody has buried."""
    active, drained = ([node for node in nodes if node.state == state] for state in (ACTIVE, DRAINING))
    start = f"headway worker {spec or APPLICATION}"
    for queue in queues:
        if queue.queued and not any(_serves(node, queue) for node in active):
            back = "".join(f", or headway nodes undrain {node.id}" for node in drained if _serves(node, queue))
            yield Finding(
                level=Level.WARNING,
                topic="workers",
                what=f"{words.count(queue.queued, 'job')} of queue {queue.queue} can run, and no active worker serves it",
                advice=f"start one: {start} --queue {queue.queue}=8{back}",
            )
    yield from (_gone(node, start, now_us) for node in nodes if node.state == GONE)
    others = f", {len(drained)} drained" if drained else ""
    yield Finding(topic="workers", what=f"{words.count(len(active), 'node')} active{others}")


def _serves(node: NodeRow, queue: QueueCount) -> bool:
    return node.queues is None or queue.queue in node.queues


def _gone(node: NodeRow, start: str, now_us: int) -> Finding:
    left = f"; {words.count(node.running, 'job')} that it ran not given back" if node.running else ""
    return Finding(
        level=Level.WARNING,
        topic="workers",
        what=f"node {node.id} (process {node.pid} on {node.host}) is gone, its last beat {words.age(node.seen_us, now_us)}"
        + left,
        advice=f"start a worker, which clears it away and gives its jobs back: {start}",
    )


def calls(since_us: int | None, now_us: int) -> Iterator[Finding]:
    """Whether workers make jobs of what applications commit in transactions of their own."""
    if since_us is None or not is_unseen(since_us, now_us):
        yield Finding(topic="calls", what="what was committed in transactions of applications is in the store")
    else:
        yield Finding(
            level=Level.WARNING,
            topic="calls",
            what=f"calls that were committed in transactions of applications are no jobs yet, the oldest since {words.moment(since_us)}",
            advice=f"start a worker, which makes jobs of them: headway worker {APPLICATION}",
        )


def breaches(found: tuple[Breach, ...]) -> Iterator[Finding]:
    """What the audit read."""
    for breach in found:
        advice = breach.advice or "keep a copy of the store and report this"
        which = "" if breach.job_id is None else f"job {breach.job_id}: "
        what = f"{which}{breach.invariant} does not hold: {breach.note}"
        yield Finding(level=Level.PROBLEM, topic="audit", what=what, advice=advice)
    if not found:
        yield Finding(topic="audit", what="every invariant holds")

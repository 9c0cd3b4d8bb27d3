"""What `headway check` looks at about schedules: those that cannot fire, have no code, are paused together, or are late."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from headway.cli.findings import APPLICATION, Finding, Level
from headway.model.schedule import ScheduleState
from headway.view import words
from headway.view.lateness import overdue_us
from headway.view.tables import few

if TYPE_CHECKING:
    from headway.store.scheduling import ScheduleRow, SchedulerRow

TOPIC: Final = "schedules"
FAULTY_SHOWN: Final = 10


def schedules(
    rows: Sequence[ScheduleRow],
    stopped: Sequence[SchedulerRow],
    *,
    now_us: int,
    held: bool = False,
    spec: str | None = None,
) -> Iterator[Finding]:
    """Whether every schedule fires that should."""
    paused = {one.app: one for one in stopped if one.paused_us is not None}
    faulty = [row for row in rows if row.state is ScheduleState.FAULTY]
    orphaned = [row.name for row in rows if row.state is ScheduleState.ORPHANED]
    late = [row for row in rows if overdue_us(row, now_us) and row.app not in paused]
    found = [
        *map(_faulty, faulty[:FAULTY_SHOWN]),
        *(_paused(app, one.paused_us or 0, one.paused_by, now_us) for app, one in sorted(paused.items())),
    ]
    if orphaned:
        found.append(
            _warning(
                f"no worker's code declares {words.count(len(orphaned), 'schedule')}: {few(orphaned)}",
                "deploy the code that does, or forget them with headway recurring remove",
            )
        )
    if late and not held:
        found.append(
            _warning(
                f"{words.count(len(late), 'schedule')} should have fired: {few(row.name for row in late)}",
                f"start a worker: headway worker {spec or APPLICATION}",
            )
        )
    yield from found
    active = sum(row.state is ScheduleState.ACTIVE for row in rows)
    if len(faulty) > FAULTY_SHOWN or not found:
        yield Finding(
            level=Level.WARNING if found else Level.FINE,
            topic=TOPIC,
            what=f"{words.count(len(rows), 'schedule')}, {active} active, {len(faulty)} stopped by an error",
            advice="headway recurring list --state faulty shows them all" if found else "",
        )


def _faulty(row: ScheduleRow) -> Finding:
    return _warning(
        f"{row.name} is stopped by an error: {row.error}",
        f"headway recurring show {row.name} shows it; once corrected, headway recurring resume {row.name}",
    )


def _paused(app: str, at_us: int, by: str | None, now_us: int) -> Finding:
    return _warning(
        f"all schedules of app {app} are paused{f' by {by}' if by else ''} {words.age(at_us, now_us)}",
        "headway recurring resume --all",
    )


def _warning(what: str, advice: str) -> Finding:
    return Finding(level=Level.WARNING, topic=TOPIC, what=what, advice=advice)

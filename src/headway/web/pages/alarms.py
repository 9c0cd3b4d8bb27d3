"""What is wrong, worst first: what somebody who is woken at night has to see in one look."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from headway.model.job import State
from headway.model.schedule import ScheduleState
from headway.store.figures import HandlerEnds
from headway.store.protocol import NodeRow
from headway.store.scheduling import ScheduleRow
from headway.view import words
from headway.view.alive import ACTIVE, GONE
from headway.view.lateness import is_unseen, overdue_us
from headway.view.tables import few
from headway.web.pages.links import with_query
from headway.web.pages.situation import Situation

BEHIND_US: Final = 600 * words.SECOND_US
"""A queue whose oldest job has been ready for so long is behind."""
PAUSED_US: Final = 3_600 * words.SECOND_US
"""A queue that is paused for longer may have been forgotten."""
SILENT_US: Final = 60 * words.SECOND_US
"""A worker beats every few seconds."""
AHEAD_US: Final = 30 * words.SECOND_US
"""A beat that lies so far in the future is one of another clock."""
FAILED_MIN: Final = 10
FAILED_SHARE: Final = 0.5
HANDLER_ENDS_MIN: Final = 5
"""Of fewer ends of a handler it is not judged whether it fails."""
FAILING_SHOWN: Final = 3
"""So many handlers that fail have an alarm each; the others share one."""
ERROR_WIDTH: Final = 160
DRAINING: Final = "draining"


class Gravity(StrEnum):
    """How bad it is."""

    BAD = "bad"
    """Jobs do not run that should."""
    WARN = "warn"
    """It will be bad, or was; or somebody meant it so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One thing that is wrong."""

    gravity: Gravity
    title: str
    text: str
    path: str = ""
    """The page that shows more."""


def alarms(found: Situation) -> tuple[Alarm, ...]:
    """What is wrong, worst first."""
    told = [
        *_held(found),
        *_calls(found),
        *_workers(found),
        *_queues(found),
        *_failures(found),
        *_schedules(found),
        *_clocks(found),
    ]
    return tuple(sorted(told, key=lambda one: one.gravity is not Gravity.BAD))


def asides(found: Situation) -> tuple[str, ...]:
    """What is no alarm, and yet keeps anybody from saying that all is well."""
    failed = found.ended[State.FAILED]
    paused = [queue for queue in found.queues if queue.paused_us is not None and queue.queued]
    return (
        *([f"{words.count(failed, 'failure')} in the last hour"] if failed else []),
        *(
            f"the queue {words.cut(one.queue, 60)} is paused with {words.count(one.queued, 'job')} in it"
            for one in paused
        ),
    )


def _held(found: Situation) -> Iterator[Alarm]:
    if found.held_us is not None:
        yield Alarm(
            gravity=Gravity.BAD,
            title="The store is held: no worker starts a job",
            text=f"For {words.duration(max(0, found.now_us - found.held_us))}: {found.held_why or 'somebody said so'}. "
            "headway resume lets jobs run again.",
        )


def _calls(found: Situation) -> Iterator[Alarm]:
    since_us = found.calls_since_us
    if since_us is not None and is_unseen(since_us, found.now_us):
        yield Alarm(
            gravity=Gravity.BAD,
            title="Calls are committed and no jobs yet",
            text=f"The oldest for {words.duration(found.now_us - since_us)}: workers make jobs of what applications enqueue in their "
            "own transactions, or jobs.wake() does. Until then it is in no list.",
        )


def _workers(found: Situation) -> Iterator[Alarm]:
    ready = sum(queue.queued for queue in found.queues)
    if not found.active:
        draining = [node for node in found.nodes if node.state == DRAINING]
        nothing = "Nothing is waiting at the moment. " if found.calls_since_us is None else ""
        yield Alarm(
            gravity=Gravity.BAD if ready else Gravity.WARN,
            title="Every worker is draining" if draining else "No worker is running",
            text=(f"{words.count(ready, 'job')} could run now. " if ready else nothing)
            + ("Let one work again, or start another." if draining else "Start one: headway worker module:jobs"),
            path="/workers",
        )
    for node in found.nodes:
        if node.state == GONE:
            left = f" {words.count(node.running, 'job')} that it ran will be given back." if node.running else ""
            yield Alarm(
                gravity=Gravity.WARN,
                title=f"The worker {node.pid} on {words.cut(node.host, 60)} is gone",
                text=f"Its last beat was {words.age(node.seen_us, found.now_us)}; another worker will clear it away.{left}",
                path="/workers",
            )
        elif node.state == ACTIVE and found.now_us - node.seen_us > SILENT_US:
            yield Alarm(
                gravity=Gravity.WARN,
                title=f"The worker {node.pid} on {words.cut(node.host, 60)} is silent",
                text=f"Its last beat was {words.age(node.seen_us, found.now_us)}.",
                path="/workers",
            )


def _queues(found: Situation) -> Iterator[Alarm]:
    active = found.active
    for queue in found.queues:
        name = words.cut(queue.queue, 60)
        if queue.paused_us is not None:
            if found.now_us - queue.paused_us > PAUSED_US:
                yield Alarm(
                    gravity=Gravity.WARN,
                    title=f"The queue {name} is paused for long",
                    text=f"Paused{f' by {words.visible(queue.paused_by)}' if queue.paused_by else ''} "
                    f"{words.age(queue.paused_us, found.now_us)}; {words.count(queue.queued, 'job')} in it could run.",
                    path="/queues",
                )
        elif queue.queued and active and not any(_serves(node, queue.queue) for node in active):
            yield Alarm(
                gravity=Gravity.BAD,
                title=f"No worker serves the queue {name}",
                text=f"{words.count(queue.queued, 'job')} of it could run now.",
                path="/queues",
            )
        elif queue.oldest_due_us is not None and found.now_us - queue.oldest_due_us > BEHIND_US and active:
            yield Alarm(
                gravity=Gravity.WARN,
                title=f"The queue {name} is behind",
                text=f"Its oldest job has been ready for {words.duration(found.now_us - queue.oldest_due_us)}; "
                f"{words.grouped(queue.queued)} wait.",
                path="/queues",
            )


def _serves(node: NodeRow, queue: str) -> bool:
    return node.queues is None or queue in node.queues


def _failures(found: Situation) -> Iterator[Alarm]:
    ended = found.ended
    failed, all_of_them = ended[State.FAILED], sum(ended.values())
    if failed >= FAILED_MIN and failed >= FAILED_SHARE * all_of_them:
        yield Alarm(
            gravity=Gravity.BAD,
            title="Most jobs fail",
            text=f"{words.grouped(failed)} of {words.grouped(all_of_them)} that ended in the last hour failed.",
            path="/failures",
        )
        return
    failing = [one for one in found.handlers if _mostly_fails(one)]
    failing.sort(key=lambda one: (not _wholly_fails(one), -one.ended[State.FAILED], one.name))
    yield from map(_failing, failing[:FAILING_SHOWN])
    if others := failing[FAILING_SHOWN:]:
        yield Alarm(
            gravity=Gravity.BAD if any(map(_wholly_fails, others)) else Gravity.WARN,
            title=f"{words.count(len(others), 'more handler')} {'fails' if len(others) == 1 else 'fail'} mostly or wholly",
            text=f"{few(words.cut(one.name, 48) for one in others)}.",
            path="/failures",
        )


def _failing(one: HandlerEnds) -> Alarm:
    name, failed, ended = words.cut(one.name, 60), one.ended[State.FAILED], sum(one.ended.values())
    wholly = _wholly_fails(one)
    return Alarm(
        gravity=Gravity.BAD if wholly else Gravity.WARN,
        title=f"Every job of {name} fails" if wholly else f"Most jobs of {name} fail",
        text=f"{f'All {words.grouped(failed)}' if wholly else f'{words.grouped(failed)} of {words.grouped(ended)}'} "
        "that ended in the last hour failed.",
        path=with_query("/jobs", [("state", "failed"), ("name", one.name), ("sort", "-ended")]),
    )


def _mostly_fails(one: HandlerEnds) -> bool:
    ended = sum(one.ended.values())
    return ended >= HANDLER_ENDS_MIN and one.ended.get(State.FAILED, 0) >= FAILED_SHARE * ended


def _wholly_fails(one: HandlerEnds) -> bool:
    return one.ended.get(State.FAILED, 0) == sum(one.ended.values())


def _schedules(found: Situation) -> Iterator[Alarm]:
    stopped = found.scheduler is not None and found.scheduler.paused_us is not None
    if stopped and found.schedules:
        assert found.scheduler is not None
        assert found.scheduler.paused_us is not None
        by = f" by {words.visible(found.scheduler.paused_by)}" if found.scheduler.paused_by else ""
        yield Alarm(
            gravity=Gravity.WARN,
            title="All schedules are paused",
            text=f"Paused{by} {words.age(found.scheduler.paused_us, found.now_us)}: none fires.",
            path="/recurring",
        )
    faulty = [row for row in found.schedules if row.state is ScheduleState.FAULTY]
    if faulty:
        first = faulty[0]
        yield Alarm(
            gravity=Gravity.BAD,
            title=f"{words.count(len(faulty), 'schedule')} cannot fire: {_few(faulty)}",
            text=f"{words.cut(first.error or 'it cannot be read', ERROR_WIDTH)}",
            path="/recurring?state=faulty",
        )
    orphaned = [row for row in found.schedules if row.state is ScheduleState.ORPHANED]
    if orphaned:
        yield Alarm(
            gravity=Gravity.WARN,
            title=f"{words.count(len(orphaned), 'schedule')} without code: {_few(orphaned)}",
            text="No worker's code declares them any more, so they fire no more. Deploy it, or remove them.",
            path="/recurring?state=orphaned",
        )
    late = [row for row in found.schedules if not stopped and found.held_us is None and overdue_us(row, found.now_us)]
    if late:
        yield Alarm(
            gravity=Gravity.BAD,
            title=f"{words.count(len(late), 'schedule')} should have fired: {_few(late)}",
            text="No worker of this app looks after them." if not found.active else "Its workers are late.",
            path="/recurring",
        )


def _clocks(found: Situation) -> Iterator[Alarm]:
    waiting = [row for row in found.schedules if row.waits_for_clock]
    if waiting:
        yield Alarm(
            gravity=Gravity.WARN,
            title=f"The clock was set back: {words.count(len(waiting), 'schedule')} waited for it",
            text=f"{_few(waiting)} ran up to a moment that is ahead of now, and will go on from there.",
            path="/recurring",
        )
    ahead = [node for node in found.nodes if node.seen_us - found.now_us > AHEAD_US]
    if ahead:
        first = ahead[0]
        yield Alarm(
            gravity=Gravity.WARN,
            title=f"The clock of {words.cut(first.host, 60)} is ahead of this computer's",
            text=f"By {words.duration(first.seen_us - found.now_us)} and more: schedules and delays go by the wrong time.",
            path="/workers",
        )


def _few(rows: Sequence[ScheduleRow]) -> str:
    return few(words.cut(row.name, 48) for row in rows)
